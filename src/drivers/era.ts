// Era: whether a server begins with `initialize` or is spoken to in MCP 2026-07-28, and in which order that is tried.

export type Era = 'older' | 'modern';

/** How a server is spoken to first. `either` lets one of both eras say itself that it wants the newer one. */
export type Opening = Era | 'either';

/** What the author of a configuration may say. */
export type Protocol = 'auto' | '2025-11-25' | '2026-07-28';

/** Which era servers were found to be of, beyond one run of the kernel. Nothing that it says is relied on. */
export interface EraMemory {
	/** Undefined when nobody knows, or that is too long ago. Never rejects. */
	recall(server: string): Promise<Era | undefined>;
	/** Never rejects. */
	keep(server: string, era: Era): Promise<void>;
}

export interface EraOptions {
	readonly protocol?: Protocol | undefined;
	/** What is tried first where nobody knows better. */
	readonly likely: Era;
	/** What tells this server from others; it may hold secrets, so it is kept as a hash only. */
	readonly server: string;
	readonly memory?: EraMemory | undefined;
	/** Whether a server that could not be used so may be of the other era. */
	readonly mayBeOther: (tried: Opening, error: unknown) => boolean;
}

export class Eras {
	readonly #options: EraOptions;
	#last: Era | undefined;
	#recalled: Era | undefined;

	constructor(options: EraOptions) {
		this.#options = options;
	}

	/** What to try, the likelier one first. */
	async order(isForModernClient = false): Promise<readonly Opening[]> {
		const { protocol = 'auto', likely, memory, server } = this.#options;
		if (protocol !== 'auto') return [protocol === '2026-07-28' ? 'modern' : 'older'];
		if (this.#last === undefined) this.#recalled = await memory?.recall(server);
		const first = this.#last ?? this.#recalled ?? likely;
		if (first === 'modern') return ['modern', 'older'];
		const isOpen = isForModernClient && likely === 'older' && this.#last === undefined;
		return isOpen ? ['either', 'older', 'modern'] : ['older', 'modern'];
	}

	mayBeOther(tried: Opening, error: unknown): boolean {
		return this.#options.mayBeOther(tried, error);
	}

	/** The server answered in this era. Only what nobody would have guessed is kept, so most servers cost no file. */
	found(era: Era, opening: Opening): void {
		const { protocol = 'auto', likely, memory, server } = this.#options;
		const isNews = era !== (this.#last ?? this.#recalled ?? likely);
		this.#last = era;
		// Of a server that had the choice nothing follows for clients of the older era.
		if (protocol === 'auto' && isNews && opening !== 'either') void memory?.keep(server, era);
	}
}
