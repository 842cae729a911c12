// How the source text of a language is written: comments, quotes, names.

/** One form of string literal. */
export interface Quote {
	readonly open: string;
	readonly close: string;
	/** `c`: `\n`, `\x41` and so on are decoded. `plain`: a backslash keeps the next character. `doubled`: the closing mark twice. */
	readonly escapes: 'c' | 'plain' | 'doubled' | 'none';
	/** What makes part of it computed: `$name` and `${…}`, `#{…}`, `{…}`, `\(…)`. */
	readonly interpolates?: '$' | '$@' | '${' | '#{' | '{' | '\\(';
	/** It runs its text in a shell and stands for the output. */
	readonly isCommand?: true;
	/** A character may stand after it as part of the name instead: `'` in Lisp, Haskell, Julia. */
	readonly isCharacter?: true;
}

export interface Lexis {
	readonly lineComments: readonly string[];
	readonly blockComments: readonly (readonly [open: string, close: string])[];
	/** Longer openings first. */
	readonly quotes: readonly Quote[];
	/** Characters that begin a variable: `$`, `@`. */
	readonly sigils: string;
	/** What may stand in a name beside letters, digits and `_`. */
	readonly nameMarks: string;
	/** A line end ends a statement. */
	readonly hasBreaks: boolean;
	/** `/…/` may be a pattern. */
	readonly hasPatterns: boolean;
	/** Quotes chosen by the author and documents in line: `q{…}`, `%w[…]`, `<<EOF`. */
	readonly special?: 'perl' | 'ruby' | 'php' | 'lua' | 'python' | 'javascript' | 'awk';
}

/** A piece of source text. `at` and `end` are offsets in it. */
export type Token = { readonly at: number; readonly end: number } & (
	| { readonly kind: 'name'; readonly text: string }
	| { readonly kind: 'number'; readonly text: string }
	/** A string literal: known stretches in order, null for what is computed. */
	| { readonly kind: 'text'; readonly pieces: readonly (string | null)[] }
	/** A list of words: `qw(a b)`. */
	| { readonly kind: 'words'; readonly words: readonly string[] }
	/** A literal that runs in a shell: `` `date` ``. */
	| { readonly kind: 'command'; readonly pieces: readonly (string | null)[] }
	/** A pattern; `runs` when what it finds is replaced by executed code. */
	| { readonly kind: 'pattern'; readonly runs: boolean; readonly replacement?: string }
	| { readonly kind: 'mark'; readonly text: string }
	| { readonly kind: 'break' }
);

/** Source text taken apart. */
export interface Tokens {
	readonly tokens: readonly Token[];
	/** A mark could be read in two ways: what is taken for text may be code. */
	readonly isAmbiguous: boolean;
	/** A literal or a comment does not end. */
	readonly isUnclosed: boolean;
	/** Stretches that are text or comment, to be searched when the reading is ambiguous. */
	readonly hidden: readonly (readonly [start: number, end: number])[];
}
