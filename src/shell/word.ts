// A word of shell text: what it says as far as that is known, and where each character of it stands.

/** How a character is quoted where it stands. */
export type Quoting = 'bare' | 'single' | 'double' | 'ansi' | 'heredoc' | 'literal' | 'backquote';

/** Where one decoded character stands in the outer text: offsets there, end exclusive. */
export interface Origin {
	readonly start: number;
	readonly end: number;
	readonly quoting: Quoting;
}

/** A text that is parsed on its own, and where it came from. The outermost one has no `outer`. */
export interface Layer {
	readonly text: string;
	readonly outer?: {
		readonly layer: Layer;
		/** One origin for each UTF-16 unit of `text`, undefined where it stands nowhere (a blank that joins two words). */
		readonly origins: () => readonly (Origin | undefined)[] | undefined;
	};
}

/** One word after expansion, as a program would get it. */
export interface Word {
	/** The exact text; undefined when it can't be known. */
	readonly value: string | undefined;
	/** What is known of it in order: known text, and null for each stretch that is not. `"$D/python3"` is `[null, '/python3']`. */
	readonly pieces: readonly (string | null)[];
	/** It may turn out to be no word, or several (an unquoted expansion, a glob). */
	readonly splits: boolean;
	/** It is a path that one of these patterns names, or several of them where it splits; never an option. What `find` puts in for `{}`. */
	readonly paths?: readonly string[];
	/** The raw word in `layer.text`, quotes included; undefined for a word that is only computed. */
	readonly place?: { readonly layer: Layer; readonly start: number; readonly end: number };
	/** One origin in `place.layer.text` for each UTF-16 unit of `value`; undefined when it does not stand there letter by letter. */
	readonly origins?: () => readonly (Origin | undefined)[] | undefined;
}
