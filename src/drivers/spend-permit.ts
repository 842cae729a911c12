// The first thing every driver does with a call.
import type { DriverName } from '../abi/names.ts';
import { Permit } from '../abi/permit.ts';
import { TrapgateError } from '../abi/problem.ts';
import type { Syscall } from '../abi/syscall.ts';

/** Uses the permit up and returns its call. Throws D106 when it is no permit, was used before, or is for another driver. */
export function spendPermit(permit: unknown, driver: DriverName): Syscall {
	const call = Permit.spend(permit);
	if (call.driver !== driver) {
		throw new TrapgateError('D106', `a permit for driver ${call.driver} was given to ${driver}; nothing ran`);
	}
	return call;
}
