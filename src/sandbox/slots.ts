// How many approved programs may run: so many at once on each level, and so many in all.

/** Approved programs live outside of the sandbox that executed them, so its own limit of processes does not count them. */
export class Slots {
	readonly #atOnce: number;
	readonly #inAll: number;
	#taken = 0;
	/** By level: whoever waits on one level never keeps the other from ending. */
	readonly #free: number[] = [];
	readonly #waiting: ((free: () => void) => void)[][] = [];

	constructor({ atOnce, inAll }: { readonly atOnce: number; readonly inAll: number }) {
		this.#atOnce = atOnce;
		this.#inAll = inAll;
	}

	/** A slot on a level, when one is free; the function gives it back. Undefined when all there are have been taken. */
	async take(level: number): Promise<(() => void) | undefined> {
		if (this.#taken >= this.#inAll) return undefined;
		this.#taken++;
		this.#free[level] ??= this.#atOnce;
		const free = this.#free[level];
		if (free > 0) {
			this.#free[level] = free - 1;
			return this.#giveBack(level);
		}
		return new Promise((resolve) => {
			this.#waiting[level] = [...(this.#waiting[level] ?? []), resolve];
		});
	}

	#giveBack(level: number): () => void {
		let isBack = false;
		return () => {
			if (isBack) return;
			isBack = true;
			const next = this.#waiting[level]?.shift();
			if (next !== undefined) next(this.#giveBack(level));
			else this.#free[level] = (this.#free[level] ?? 0) + 1;
		};
	}
}
