// How long a driver waits before it starts its server again.

export interface BackoffOptions {
	/** From 0 up to 1; default Math.random. */
	readonly random?: () => number;
}

const firstMs = 500;
const longestMs = 30_000;
/** A server that lived this long is well again: its next failure is a first one. */
const healthyMs = 60_000;

export class Backoff {
	readonly #random: () => number;
	#failures = 0;

	constructor({ random = Math.random }: BackoffOptions = {}) {
		this.#random = random;
	}

	/**
	 * The next wait, from half a second to thirty, doubling; the server had lived for `livedMs` before it failed.
	 * The chance in it keeps servers that died together from starting together.
	 */
	next(livedMs: number): number {
		if (livedMs >= healthyMs) this.#failures = 0;
		const base = firstMs * 2 ** Math.min(this.#failures, 16);
		this.#failures += 1;
		return Math.round(Math.min(base * (1 + this.#random()), longestMs));
	}
}
