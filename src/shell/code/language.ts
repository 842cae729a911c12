// What the analyser knows about a programming language: how it is written, and which of its names start or touch something.
import type { Lexis } from './lexis.ts';

/** What a call of a name does with its arguments; `at` counts them from 0. */
export type Use =
	/** Argument `at` is shell text. */
	| { readonly does: 'shell'; readonly at?: number }
	/** A program and its arguments, one by one or as a list. */
	| { readonly does: 'argv'; readonly at?: number }
	/** One text is shell text; several, or a list, are an argv. */
	| { readonly does: 'either'; readonly at?: number }
	/** A text that is cut at blanks and executed without a shell. */
	| { readonly does: 'split'; readonly at?: number | 'receiver' }
	/** A program; the words of its argv follow with its name repeated: `execlp("sh", "sh", "-c", …)`. */
	| { readonly does: 'exec'; readonly at?: number }
	/** A file name that is a command when a pipe stands in it. */
	| { readonly does: 'open' }
	/** Code, of the same language unless another is named. */
	| { readonly does: 'eval'; readonly language?: string; readonly at?: number }
	/** Loads a module by its name. */
	| { readonly does: 'load' }
	/** Takes something by its name: harmless while the name is known and starts nothing. */
	| { readonly does: 'reach'; readonly at?: number }
	/** Runs a program that is built in, or a module as one, with a list of arguments: `pip.main([…])`. Argument `at` names it, else `program`. */
	| { readonly does: 'program'; readonly program?: string; readonly at?: number }
	/** Changes the directory. */
	| { readonly does: 'move' }
	/** Files: which arguments are read, written, deleted; with `mode`, that argument tells whether it is written. */
	| {
			readonly does: 'touch';
			readonly reads?: number;
			readonly writes?: number;
			readonly deletes?: number;
			readonly mode?: number;
			readonly all?: 'reads' | 'deletes';
			/** What happens to the value before the dot. */
			readonly receiver?: 'reads' | 'writes' | 'deletes';
	  }
	/** Starts something in a way that is not read here. */
	| { readonly does: 'hide' };

export type Uses = Readonly<Record<string, Use>>;

export interface Language {
	readonly lexis: Lexis;
	/** By path: `system`; `IO.popen`; `*.execute` for a method of anything. */
	readonly uses: Uses;
	/** Names that start something once their module is mentioned. */
	readonly modules?: Readonly<Record<string, Uses>>;
	/** How arguments follow a name: `f(a, b)`; also `f a, b`; `(f a b)`; `f a b`. */
	readonly calls: 'brackets' | 'bare' | 'prefix' | 'spaced';
	/** Marks that join texts; `''` when standing side by side does. */
	readonly joins: readonly string[];
	/** Names before a dot that change nothing: `Kernel.system`, `CORE::exec`. */
	readonly receivers: readonly string[];
	/** Functions that only make a list of their arguments. */
	readonly lists?: readonly string[];
	/** A function may be called by a name in a variable or a text. */
	readonly callsByName?: true;
	/** Modules that run another language inside: module, program that this amounts to. */
	readonly embeds?: Readonly<Record<string, string>>;
}
