// The sandbox of one driver's processes, as the kernel has made it from configuration and policy.
import type { Trapped } from '../abi/sandbox.ts';
import type { Prepared } from '../sandbox/run.ts';
import type { Program } from './reaper.ts';

export interface ProcessSandbox {
	/** Makes a program ready to run confined. Throws TrapgateError when that can't be done: then it must not run. */
	prepare(program: ConfinedProgram): Promise<Prepared>;
	/** Takes away what its programs shared. Never throws. */
	close(): Promise<void>;
}

export interface ConfinedProgram {
	/** The first is an absolute path. */
	readonly argv: readonly string[];
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	/** Answers for the gated programs that it executes; absent: the kernel's own answer for this driver. */
	readonly trapped?: Trapped | undefined;
}

/** What the reaper starts, for a program that runs in a sandbox. */
export function confinedProgram({ file, args, files }: Prepared): Omit<Program, 'stdin'> {
	return { file, args, cwd: '/', env: {}, sandbox: { files } };
}
