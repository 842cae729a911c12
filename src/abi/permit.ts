// Permit: proof that a call was judged and recorded. No permit, no call.
import { TrapgateError } from './problem.ts';
import type { Syscall } from './syscall.ts';

let grantor: ((call: Syscall) => Permit) | undefined;

/**
 * The right to make one call, once.
 *
 * INVARIANT: only the function that `takeGrantor` hands out can make one. The constructor is private to the type
 * checker and refuses at run time; `#granted` can't be added from outside, so an object of the same shape, a
 * subclass, a proxy or `Object.create(Permit.prototype)` is no permit.
 */
export class Permit {
	static #making = false;
	readonly #granted = true;
	#spent = false;

	private constructor(readonly call: Syscall) {
		if (!Permit.#making) throw new TrapgateError('D106', 'a permit can only be granted by the door');
		Object.freeze(this);
	}

	static {
		grantor = (call) => {
			Permit.#making = true;
			try {
				return new Permit(call);
			} finally {
				Permit.#making = false;
			}
		};
	}

	/**
	 * Checks that `value` is a granted permit that was not used before, uses it up, and returns its call.
	 * Every driver does this first. Throws D106 otherwise.
	 */
	static spend(value: unknown): Syscall {
		const genuine = typeof value === 'object' && value !== null && #granted in value && value.#granted;
		if (!genuine) throw new TrapgateError('D106', 'a driver was called without a permit; nothing ran');
		const permit = value as Permit;
		if (permit.#spent) throw new TrapgateError('D106', 'a permit was used twice; nothing ran the second time');
		permit.#spent = true;
		return permit.call;
	}
}

/** The one power to grant permits. The first taker gets it (the kernel's boot); every later one gets an error. */
export function takeGrantor(): (call: Syscall) => Permit {
	const taken = grantor;
	grantor = undefined;
	if (taken === undefined) throw new TrapgateError('D106', 'the power to grant permits was already taken');
	return taken;
}
