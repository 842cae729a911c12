// How often an agent tried what is refused: of its last kinds of tries, for it can think of ever new ones.

const maxKinds = 1_000;

export class Repeats {
	/** The one tried last stands last. */
	readonly #counts = new Map<string, number>();

	/** Counts one more try of this kind; how many there were. A kind that was forgotten begins anew. */
	count(kind: string): number {
		const count = (this.#counts.get(kind) ?? 0) + 1;
		this.#counts.delete(kind);
		this.#counts.set(kind, count);
		const [oldest] = this.#counts.keys();
		if (this.#counts.size > maxKinds && oldest !== undefined) this.#counts.delete(oldest);
		return count;
	}
}
