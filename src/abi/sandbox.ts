// The words of the runtime ring: what a confined process may see, which programs trap, and what is answered when one does.

/** What a process and everything it starts may see and use. Paths are absolute, symlinks resolved. */
export interface Confinement {
	/** Read-only, beside the system's own directories. */
	readonly read: readonly string[];
	/** May be changed, too. */
	readonly write: readonly string[];
	/**
	 * None; the hosts (`api.example.com`, `*.example.com`, with or without `:port`) that the kernel's proxy lets through;
	 * or `all`: the network as the host has it.
	 */
	readonly network: 'none' | 'all' | { readonly hosts: readonly string[] };
	/** `strict`: what can be written can't be executed. */
	readonly exec: 'open' | 'strict';
	/** Below `strict`: trees in `write` that stay executable, and are read-only for it. */
	readonly roExec: readonly string[];
	readonly limits: ConfinementLimits;
	/** What governs the agent, files and folders: read-only where it lies in the view, whether it is there yet or not. */
	readonly guarded: readonly string[];
	/** What nothing inside may even read: log, state, keys. */
	readonly concealed: readonly string[];
}

/** Each process has these, but for `processes` and `tmpBytes`, which all of them share. */
export interface ConfinementLimits {
	readonly processes: number;
	/** Data segment of one process, in bytes (RLIMIT_DATA). */
	readonly memoryBytes: number;
	/** Of one file that is written, in bytes. */
	readonly fileBytes: number;
	readonly openFiles: number;
	/** Processor time of one process, in seconds; absent: no limit. */
	readonly cpuSeconds?: number;
	/** Of each private folder in memory (`/tmp` and others), in bytes. */
	readonly tmpBytes: number;
}

/** Which programs trap. The kernel compiles it from the policy. */
export interface Gates {
	/** The program that a file of this name (no folders) is, by its canonical name, if it is gated; undefined if not. */
	gatedAs(fileName: string): string | undefined;
	/** File names that trap even where the system has no such program: a rule's own words. */
	readonly names: readonly string[];
	/** Changes whenever an answer of the former does. */
	readonly revision: string;
}

/**
 * A gated program that something inside has executed. Texts are bytes decoded as PEP 383 does (`surrogateescape`), so that
 * what is judged is what runs. INVARIANT: all of it can be forged by a process inside, and must be worth no more than
 * executing that program would be.
 */
export interface TrapRequest {
	/** The path given to execve(2). */
	readonly path: string;
	/** The file that was executed, as the sandbox sees it. */
	readonly file: string;
	readonly argv: readonly string[];
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	/** 1 for what the command itself started; more below approved programs. */
	readonly depth: number;
	/** The file is a copy of what stands in for gated programs, so that nobody knows which one is meant. It never runs. */
	readonly isCopy?: true;
	/** PATH leads to this very file by its name, and nothing inside can change that: the name alone says what is meant. */
	readonly isFound?: true;
}

export interface TrapExit {
	readonly code: number | undefined;
	/** The number of the signal that ended it. */
	readonly signal: number | undefined;
}

export type TrapVerdict =
	/** Printed on its stderr; it exits with 126. */
	| { readonly kind: 'refused'; readonly message: string }
	| {
			readonly kind: 'run';
			readonly argv: readonly string[];
			/** Canonical names of the programs that do not trap in the sandbox it runs in. */
			readonly lifted: readonly string[];
			/** Judges what it starts. */
			readonly trapped: Trapped;
			/** Called once, when it has ended or could not be started. */
			ended(exit: TrapExit | { readonly failed: string }): Promise<void>;
	  };

/** What surrounds a trap that waits for its verdict. */
export interface TrapWait {
	/** Aborted when whoever executed the program is gone: nobody needs the verdict any more. */
	readonly signal: AbortSignal;
	/** A person is asked: from now on the verdict may take as long as that person. */
	asksPerson(): void;
}

/** Answers for one execution. A rejection is a refusal. */
export type Trapped = (request: TrapRequest, wait: TrapWait) => Promise<TrapVerdict>;
