// How an execution ended, in one number.
import type { TrapExit } from '../abi/sandbox.ts';

/** How it ended, as a shell says it. */
export function exitCodeOf({ code, signal }: TrapExit): number {
	return code ?? (signal === undefined ? 255 : 128 + signal);
}
