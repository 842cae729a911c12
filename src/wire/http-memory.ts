// What one caller makes us hold: bodies, answers that it does not read, what is kept until it comes back. One bound for all of it.

export interface MemoryOptions {
	readonly principal: string;
	/** The most that may be held at a time; text counts by its length in UTF-16 units. */
	readonly maxBytes: number;
	/** The most of it on one stream. */
	readonly maxQueuedBytes: number;
	readonly now: () => number;
	readonly warn: (text: string) => void;
	/** Counts what was lost. */
	readonly dropped: (why: Lost) => void;
}

/**
 * `unread`: a connection was cut off, or broke, with an answer on it; `gone`: an answer had no connection; `kept`: something
 * could not be kept for a stream that broke; `unasked`: a question could not wait for its answer.
 */
export type Lost = 'unread' | 'gone' | 'kept' | 'unasked';

/** Something kept in case only: it is the first to go. */
export interface Spare {
	/** Gives up so many bytes, or all that it can. */
	spare(bytes: number): void;
}

/** One caller who does not read can make us say so again and again. */
const quietMs = 10_000;

export class CallerMemory {
	readonly maxQueuedBytes: number;
	readonly #options: MemoryOptions;
	readonly #spares = new Set<Spare>();
	#held = 0;
	#quietUntil = Number.NEGATIVE_INFINITY;
	#unsaid = 0;

	constructor(options: MemoryOptions) {
		this.#options = options;
		this.maxQueuedBytes = options.maxQueuedBytes;
	}

	get held(): number {
		return this.#held;
	}

	get isIdle(): boolean {
		return this.#held === 0 && this.#spares.size === 0 && this.#unsaid === 0;
	}

	/** Counts so many bytes; false where they are too many, and nothing is counted then. */
	take(bytes: number): boolean {
		const { maxBytes } = this.#options;
		for (const one of this.#spares) {
			if (this.#held + bytes <= maxBytes) break;
			one.spare(this.#held + bytes - maxBytes);
		}
		if (this.#held + bytes > maxBytes) return false;
		this.#held += bytes;
		return true;
	}

	/** Counts what is said to whoever loses something: it is short, and takes the place of more. */
	takeAnyway(bytes: number): void {
		this.#held += bytes;
	}

	give(bytes: number): void {
		this.#held -= bytes;
	}

	/** `spare` gives up what it can when there is too much, until the returned function is called. */
	use(spare: Spare): () => void {
		this.#spares.add(spare);
		return () => this.#spares.delete(spare);
	}

	/** Says, now or a little later, and counts what this caller will not have. */
	lost(why: Lost, what: string): void {
		this.#options.dropped(why);
		if (this.#options.now() < this.#quietUntil) this.#unsaid += 1;
		else this.#say(what);
	}

	/** Called now and then. */
	tick(): void {
		if (this.#unsaid === 0 || this.#options.now() < this.#quietUntil) return;
		this.#unsaid -= 1;
		this.#say('more of what it was sent was dropped');
	}

	#say(what: string): void {
		const more = this.#unsaid === 0 ? '' : ` (and ${this.#unsaid} times more since the last such line)`;
		this.#unsaid = 0;
		this.#quietUntil = this.#options.now() + quietMs;
		this.#options.warn(`${this.#options.principal}: ${what}${more}`);
	}
}
