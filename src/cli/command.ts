// What a command is: a name, its flags, and a function from arguments to an exit code.
import type { Readable, Writable } from 'node:stream';
import type { ParseArgsConfig } from 'node:util';
import type { ExitCode } from './exit-codes.ts';

/** Where a command reads and writes; tests give their own. */
export interface Surroundings {
	readonly cwd: string;
	readonly env: NodeJS.ProcessEnv;
	readonly stdin: Readable & { readonly isTTY?: boolean };
	readonly stdout: Writable & { readonly isTTY?: boolean };
	readonly stderr: Writable & { readonly isTTY?: boolean };
	readonly version: string;
	/** Aborted on SIGINT, SIGTERM and SIGHUP. */
	readonly signal: AbortSignal;
	/** Called when the start is over and the work begins: from here on, what runs often is worth being made fast. */
	readonly started?: () => void;
}

export type Format = 'text' | 'json' | 'sarif';

/** The flags every command has. */
export interface GlobalFlags {
	readonly format: Format;
	/** `--config`, absolute, symlinks resolved; `trapgate.yaml` in the working directory by default. */
	readonly config: string;
	readonly quiet: boolean;
	readonly color: boolean;
}

export interface Command {
	readonly name: string;
	/** What follows the name: `[--agent ID] <command or call>`. */
	readonly usage: string;
	/** One line for `trapgate help`. */
	readonly summary: string;
	/** More lines for `trapgate help <name>`: flags, one a line. */
	readonly details: readonly string[];
	readonly options: NonNullable<ParseArgsConfig['options']>;
	/** How many words may follow: [least, most]. */
	readonly words: readonly [number, number];
	/** What `--format` may ask for; text and json unless told. */
	readonly formats?: readonly Format[];
	/** It calls `started` itself. Absent: it is started when it is loaded. */
	readonly saysWhenStarted?: true;
	run(input: CommandInput): Promise<ExitCode>;
}

export interface CommandInput {
	readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
	readonly words: readonly string[];
	readonly global: GlobalFlags;
	readonly around: Surroundings;
}
