// Tells whoever works for a call that nobody waits for it any more, for a fraction of what an AbortSignal costs each call.
import type { CancelSignal } from '../abi/cancel.ts';

/** One call that can be cancelled, once. Its listeners hear of it once, in the order they came. */
export class Cancellation implements CancelSignal {
	#aborted = false;
	#reason: unknown;
	#listeners: (() => void)[] = [];
	#controller: AbortController | undefined;

	get aborted(): boolean {
		return this.#aborted;
	}

	get reason(): unknown {
		return this.#reason;
	}

	/** Never throws: one that breaks keeps none of the others from hearing of it, and ends the process as it would with an AbortSignal. */
	abort(reason?: unknown): void {
		if (this.#aborted) return;
		this.#aborted = true;
		this.#reason = reason;
		// One that is taken off meanwhile hears nothing.
		for (let next = this.#listeners.shift(); next !== undefined; next = this.#listeners.shift()) {
			try {
				next();
			} catch (thrown) {
				queueMicrotask(() => {
					throw thrown;
				});
			}
		}
	}

	/** Whoever comes late hears nothing, as with an AbortSignal, and has to look at {@link aborted}. */
	addEventListener(_type: 'abort', listener: () => void): void {
		if (!this.#aborted && !this.#listeners.includes(listener)) this.#listeners.push(listener);
	}

	removeEventListener(_type: 'abort', listener: () => void): void {
		const at = this.#listeners.indexOf(listener);
		if (at !== -1) this.#listeners.splice(at, 1);
	}

	/** The same one each time: a call may start thousands of programs, each of which wants it. */
	abortSignal(): AbortSignal {
		if (this.#controller === undefined) {
			const controller = new AbortController();
			const abort = () => controller.abort(this.#reason);
			if (this.#aborted) abort();
			else this.addEventListener('abort', abort);
			this.#controller = controller;
		}
		return this.#controller.signal;
	}
}

/** For what takes nothing else: `fetch`, timers, `AbortSignal.any`. */
export function abortSignalOf(signal: CancelSignal): AbortSignal {
	return signal instanceof Cancellation ? signal.abortSignal() : (signal as AbortSignal);
}
