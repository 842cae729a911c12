// What a shell text would execute, as the analyser tells it and the policy reads it.

/** UTF-16 offsets into the analysed text, end exclusive. */
export interface Span {
	readonly start: number;
	readonly end: number;
}

/** Shell text, or an argv that is executed without a shell. */
export type CommandSource = string | readonly string[];

/** What is known about a command: a yes or no, a word, or a list of them (paths, branches, packages). */
export type Fact = boolean | string | readonly string[];

/** What starts a command: `sudo`, `uv run`, `bash`, `xargs`. */
export interface Launcher {
	/** Its canonical name with the sub-commands that make it a launcher: `['uv', 'run']`. */
	readonly command: readonly string[];
	/** The program as the text has it, quotes removed: `/usr/bin/sudo`. */
	readonly spelled: string;
	/** It changes the machine, the user or the PATH: `ssh`, `docker exec`, `sudo`, `env -i`, a login shell. */
	readonly elsewhere: boolean;
}

/** One command that the text would, or may, execute. */
export interface Command {
	/** `builtin` is a part of the shell, `function` one that the text defines, `redirection` a file opened by no program. */
	readonly kind: 'program' | 'builtin' | 'function' | 'redirection';
	/** The canonical name: the last part of the path. Empty for a redirection. */
	readonly program: string;
	/** The program as the text has it, quotes removed. */
	readonly spelled: string;
	/** From the program on; null where the text does not say what the argument is. */
	readonly argv: readonly (string | null)[];
	/** More arguments than these may come: from input (`xargs`), a glob, an unquoted expansion. */
	readonly isOpenEnded: boolean;
	/** Canonical sub-commands: `['push']`, `['compose', 'up']`. */
	readonly subcommands: readonly string[];
	/** Canonical flags, long where there is a long form: `--recursive`. */
	readonly flags: readonly string[];
	/** Known facts; a name that is absent does not hold of this command. */
	readonly facts: Readonly<Record<string, Fact>>;
	/** Names of facts that may be otherwise, or hold more, than said; also `flags` and `subcommands`. */
	readonly unsure: readonly string[];
	/** Outermost first. */
	readonly under: readonly Launcher[];
	/** The program is not known to treat its arguments as data: a gated name in one may be what it runs. */
	readonly mayRunArguments: boolean;
	/** Where it runs, relative to where the text starts (`''`); null when a `cd` leads to where nobody knows. */
	readonly cwd: string | null;
	/** From the program word to the last argument; undefined when it stands nowhere in the text as such. */
	readonly span: Span | undefined;
	/** It is one in a manner of speaking: `python -m pip` is also `pip`. No file of that name is executed. */
	readonly isVirtual?: true;
}

/** Why a part of a text can't be known. */
export type GapKind =
	| 'syntax' // the parser can't read it, or reads it in another way than the shell might
	| 'limit' // too long, too deep, too many
	| 'program' // which program runs is known only at run time
	| 'script' // the text of a script is known only at run time
	| 'file' // commands come from a file
	| 'input' // commands come from input
	| 'arguments' // where options end and a launched program begins can't be told
	| 'environment' // a variable that changes what commands mean: PATH, BASH_ENV, LD_PRELOAD
	| 'definition' // a function, an alias or a hash gives a name another meaning
	| 'code'; // a program in another language that starts programs in a way that can't be read

export interface Gap {
	readonly kind: GapKind;
	/** In plain words, for the agent and the log. */
	readonly detail: string;
	readonly span: Span | undefined;
}

/** Everything a text would execute. With `gaps` empty it is complete: nothing else is started by the text itself. */
export interface Analysis {
	/** In source order; a launcher stands right before what it launches. */
	readonly commands: readonly Command[];
	readonly gaps: readonly Gap[];
}

/** What the analyser may ask about the place where the text would run; all of it may be missing. */
export interface Surroundings {
	/** The branch checked out in a directory relative to where the text starts. */
	readonly branch?: (directory: string) => string | undefined;
	/** The paths that a glob stands for; undefined when that can't be told. */
	readonly glob?: (pattern: string) => readonly string[] | undefined;
	/** What the text reads from standard input; absent when it gets none. Judged as shell text wherever a shell would read it. */
	readonly input?: string;
	/** The argv is one that was given to execve(2): its words are bytes of any kind (lone surrogates, as PEP 383 has them), and nobody has read them yet. */
	readonly isExecution?: boolean;
	/** Which shell reads it; `unknown` also distrusts what other shells read differently. Default `bash`. */
	readonly dialect?: 'bash' | 'unknown';
}

/** One word of a new argv: a word of the old one as it stands, or new text. */
export type NewWord = { readonly keep: number } | { readonly put: string };

/** The changed source, of the same kind as the old one, or why it could not be changed safely. */
export type EditOutcome =
	| { readonly kind: 'edited'; readonly source: CommandSource }
	| { readonly kind: 'refused'; readonly reason: string };

/** Reads and changes shell text; the kernel wires it. */
export interface CommandReader {
	analyse(source: CommandSource, around?: Surroundings): Analysis;
	/** Gives command `index` of `analyse(source)` other words; every byte outside of them stays. */
	edit(source: CommandSource, index: number, argv: readonly NewWord[], around?: Surroundings): EditOutcome;
}

/** What the analyser may ever say of programs: what rules ask of them beyond that never holds. */
export interface Vocabulary {
	/** Every fact that there is, of whatever program. */
	readonly facts: readonly string[];
	/** Those that are true or not; of all others there is text. */
	readonly switches: readonly string[];
	/** The facts of one program, those of all programs included; undefined where nobody vouches for the list. */
	factsOf(program: string): readonly string[] | undefined;
	/** Its sub-commands; undefined where nobody vouches for the list. */
	subcommandsOf(program: string): readonly string[] | undefined;
}
