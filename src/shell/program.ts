// What the analyser knows about one program: its options, its facts, and what it starts.
import type { Fact, GapKind } from '../abi/command.ts';
import type { Word } from './word.ts';

/** What a program does with its arguments. One file in `programs/` each, or one for a family. */
export interface Program {
	/** Base names, the canonical one first. */
	readonly names: readonly string[];
	/** For families of names that can't be listed: `python3.12`. */
	readonly pattern?: RegExp;
	/** Reads an argv; `argv[0]` is the program itself. Never throws; what it can't tell is a gap or `unsure`. */
	read(argv: readonly Word[], around: Around): Reading;
}

/** What a reader may want to know beside the argv. */
export interface Around {
	/** Words appended from input follow the argv (`xargs`). */
	readonly isOpenEnded: boolean;
	/** Directory relative to where the text starts; null when unknown. */
	readonly cwd: string | null;
	readonly branch: (() => string | undefined) | undefined;
	/** Variables set for this command, by name; undefined for a value that can't be known. */
	readonly env: ReadonlyMap<string, Word | undefined>;
}

/** All of it may be missing: then nothing is known, and its arguments are data. */
export interface Reading {
	readonly subcommands?: readonly string[];
	/** Canonical, long where there is a long form. */
	readonly flags?: readonly string[];
	readonly facts?: Readonly<Record<string, Fact>>;
	/** Names of facts, `flags` or `subcommands` that may be otherwise than said. */
	readonly unsure?: readonly string[];
	readonly launches?: readonly Launch[];
	readonly gaps?: readonly ProgramGap[];
	/** True for a program that is not known to treat its arguments as data. Default false. */
	readonly mayRunArguments?: boolean;
}

export interface ProgramGap {
	readonly kind: GapKind;
	readonly detail: string;
}

interface LaunchTerms {
	/** The launcher's name with the sub-commands that make it one; default its canonical name alone. */
	readonly as?: readonly string[];
	/** It changes machine, user or PATH. Default false. */
	readonly elsewhere?: boolean;
	/** Words from input are appended. Default false. */
	readonly isOpenEnded?: boolean;
	/** A text that is replaced by input wherever it stands: `{}`. */
	readonly placeholder?: string;
	/** It is a launch only in a manner of speaking: `python -m pip` is also `pip`. No file of that name is executed. */
	readonly isVirtual?: boolean;
	/** `unknown`: shell text is read by another shell than bash, so what shells read differently is distrusted. Default `bash`. */
	readonly dialect?: 'bash' | 'unknown';
	/** Variables that it sets for what it launches. */
	readonly env?: ReadonlyMap<string, Word | undefined>;
	/** The directory that it changes to. */
	readonly cwd?: Word;
}

/** Something that a program starts. */
export type Launch = LaunchTerms &
	(
		| { readonly kind: 'argv'; readonly argv: readonly Word[] }
		/** Shell text: the words joined by blanks. `positional` are `$0`, `$1` and so on. */
		| { readonly kind: 'script'; readonly words: readonly Word[]; readonly positional?: readonly Word[] }
		/** Its standard input is shell text. */
		| { readonly kind: 'input'; readonly positional?: readonly Word[] }
		/** It reads shell text from a file. */
		| { readonly kind: 'file'; readonly path: Word }
		/** Text of another language: the words joined by line ends, or standard input. Read by `readCode` of `code/read-code.ts`. */
		| { readonly kind: 'code'; readonly language: string; readonly from: 'input' | readonly Word[] }
	);
