// Writes lines to a stream: one write a tick, nothing while the stream is full, no error ever thrown.
import type { Writable } from 'node:stream';

/** Longer lines are written by themselves: copying one costs more than another write. In UTF-16 units. */
const longestJoined = 65_536;

export class LineWriter {
	readonly #output: Writable;
	readonly #maxQueuedBytes: number;
	readonly #broken: (reason: string) => void;
	#queue: string[] = [];
	/** UTF-16 units in the queue: a lower bound of its bytes. */
	#queued = 0;
	/** Settles when the lines now queued were taken. */
	#turn: { promise: Promise<void>; settle: () => void } | undefined;
	#last: Promise<void> = Promise.resolve();
	#full = false;
	#dead = false;

	/** `broken` is called once when nothing can be written any more. */
	constructor(output: Writable, maxQueuedBytes: number, broken: (reason: string) => void) {
		this.#output = output;
		this.#maxQueuedBytes = maxQueuedBytes;
		this.#broken = broken;
		// Stays for good: EPIPE and ECONNRESET may come at any time, and unheard they end the process.
		output.on('error', (error) => this.#die(`the connection broke while writing: ${error.message}`));
		output.on('close', () => this.#die('the other side closed the connection'));
		output.on('drain', () => {
			this.#full = false;
			this.#flush();
		});
	}

	/** Resolves when the stream took the line, or can't take anything any more. */
	write(line: string): Promise<void> {
		if (this.#dead) return Promise.resolve();
		this.#queue.push(line);
		this.#queued += line.length;
		if (this.#queued > this.#maxQueuedBytes) {
			this.#die('the other side does not read what it is sent');
			return Promise.resolve();
		}
		if (this.#turn === undefined) {
			this.#turn = turn();
			this.#last = this.#turn.promise;
			if (!this.#full) void Promise.resolve().then(() => this.#flush());
		}
		return this.#turn.promise;
	}

	/** Resolves when all lines were taken, or after `graceMs`: a peer that doesn't read can't hold up our end. */
	async finish(graceMs: number): Promise<void> {
		let timer: NodeJS.Timeout | undefined;
		const grace = new Promise<void>((resolve) => {
			timer = setTimeout(resolve, graceMs);
		});
		await Promise.race([this.#last, grace]);
		clearTimeout(timer);
	}

	// The callback of a write also comes, with an error, when the stream dies first.
	#flush(): void {
		const current = this.#turn;
		if (current === undefined || this.#full || this.#dead) return;
		const [lines, size] = [this.#queue, this.#queued];
		this.#turn = undefined;
		this.#queue = [];
		this.#queued = 0;
		if (size < longestJoined) {
			lines.push('');
			this.#full = !this.#output.write(lines.join('\n'), 'utf8', current.settle);
			return;
		}
		// Together all the same, but a long line is not copied only to stand in one text.
		this.#output.cork();
		let joined = '';
		for (const line of lines) {
			if (line.length < longestJoined) {
				joined += `${line}\n`;
				continue;
			}
			if (joined !== '') this.#output.write(joined, 'utf8');
			this.#output.write(line, 'utf8');
			joined = '\n';
		}
		this.#full = !this.#output.write(joined, 'utf8', current.settle);
		this.#output.uncork();
	}

	#die(reason: string): void {
		if (this.#dead) return;
		this.#dead = true;
		this.#queue = [];
		this.#turn?.settle();
		this.#turn = undefined;
		this.#broken(reason);
	}
}

function turn(): { promise: Promise<void>; settle: () => void } {
	let settle = () => {};
	const promise = new Promise<void>((resolve) => {
		settle = resolve;
	});
	return { promise, settle };
}
