// What the parts of the analyser share: the frame a command stands in, and the doors between them.
import type { Command, Gap, GapKind, Launcher, Span, Surroundings } from '../abi/command.ts';
import type { Files } from './files.ts';
import { limits } from './limits.ts';
import type { Script } from './parser.ts';
import type { Definition, Scope } from './scope.ts';
import type { Text, Value } from './value.ts';
import type { Layer, Word } from './word.ts';

/** A command with its words, so that an edit can be lifted to where they stand. */
export interface TracedCommand extends Command {
	readonly words: readonly Word[];
	/** No file of that name is executed: `python -m pip` is only in a manner of speaking `pip`. */
	readonly isVirtual?: true;
}

/** Commands in order; a list inside stands for what is filled in later. */
export type Trail = (TracedCommand | Trail)[];

/** What a command reads from its standard input. */
export type Stdin =
	| { readonly kind: 'nothing' | 'unknown'; isTouched: boolean }
	/** `isTouched` once something else may have read a part of it. */
	| { readonly kind: 'text'; readonly text: Word; isTouched: boolean };

/** Where a piece of script stands, and what holds there. */
export interface Frame {
	readonly layer: Layer;
	readonly scope: Scope;
	readonly under: readonly Launcher[];
	readonly stdin: Stdin;
	readonly dialect: 'bash' | 'unknown';
	readonly trail: Trail;
	/** Scripts around this one. */
	readonly depth: number;
	/** Functions that are being called, outermost first. */
	readonly calls: readonly Call[];
	/** What the function that is running has shadowed, to be restored behind it. */
	readonly locals: Locals | undefined;
	/** The loop or the function that a jump leaves; undefined where it leaves only a subshell. */
	readonly exits: Exits | undefined;
	/** The output is of interest. */
	readonly needsOutput: boolean;
	/** Input appends words to what is launched. */
	readonly isOpenEnded: boolean;
}

export interface Locals {
	/** What the variables held before. */
	readonly shadowed: Map<string, Value | undefined>;
	/** Declared where that may not have happened. */
	readonly uncertain: Set<string>;
	/** Where the body starts: what is declared right there is declared for certain. */
	readonly scope: Scope;
	/** Those of the function that called this one. */
	readonly outer: Locals | undefined;
}

/** The states in which `break`, `continue` and `return` leave a loop or a function. */
export interface Exits {
	readonly kind: 'loop' | 'function';
	readonly boundary: Scope;
	readonly layers: Scope[];
	readonly outer: Exits | undefined;
}

export interface Call {
	readonly definition: Definition;
	/** Called with nothing known, which stands for every call inside. */
	readonly isWidest: boolean;
}

/** One analysis: its budget, its findings, and the doors through which its parts call each other. */
export interface Machine {
	readonly around: Surroundings;
	readonly budget: Budget;
	readonly gaps: Gap[];
	readonly files: Files;
	/** Function bodies that no call has shown yet. */
	readonly definitions: { readonly definition: Definition; readonly frame: Frame }[];
	/** How many commands were seen behind which the next one may not run: `exit`, `return`, `break`. */
	jumps: number;
	/** A word somewhere holds a text that would run a command where it is evaluated as arithmetic. */
	hidesCode: boolean;
	/** `set -e`: any command may be the last one. */
	stopsAtErrors: boolean;
	/** Runs a parsed script in a frame; the result is what it writes. */
	readonly runScript: (script: Script, frame: Frame) => Text;
	/** Runs the body of a function. */
	readonly runBody: (definition: Definition, frame: Frame) => Text;
	/** Parses the text of the frame's layer and runs it. */
	readonly runText: (frame: Frame) => Text;
}

/** What has been spent. Once it is exhausted everything returns at once. */
export class Budget {
	#steps = 0;
	#derived = 0;
	#commands = 0;
	#nesting = 0;
	nodes = 0;
	isExhausted = false;
	readonly #report: (detail: string) => void;

	constructor(report: (detail: string) => void) {
		this.#report = report;
	}

	exhaust(detail: string): void {
		if (!this.isExhausted) this.#report(detail);
		this.isExhausted = true;
	}

	/** Whether one more step may be taken. */
	step(): boolean {
		this.#steps += 1;
		if (this.#steps > limits.steps) this.exhaust('it takes too many steps to read');
		return !this.isExhausted;
	}

	command(): boolean {
		this.#commands += 1;
		if (this.#commands > limits.commands) this.exhaust('it has too many commands');
		return !this.isExhausted;
	}

	/** Whether so much more text may be computed. */
	derive(length: number): boolean {
		this.#derived += length;
		if (this.#derived > limits.derivedText) this.exhaust('it builds texts that are too long');
		return !this.isExhausted;
	}

	/** Whether one level deeper is allowed; each that is has to be left again. */
	enter(): boolean {
		if (this.#nesting >= limits.nesting) this.exhaust('it is nested too deep');
		if (this.isExhausted) return false;
		this.#nesting += 1;
		return true;
	}

	leave(): void {
		this.#nesting -= 1;
	}
}

/** Notes that something can't be known; offsets are those of the frame's layer. */
export function addGap(
	machine: Machine,
	kind: GapKind,
	detail: string,
	frame?: Frame,
	start?: number,
	end?: number,
): void {
	if (machine.gaps.length >= 256) return;
	const span = frame && start !== undefined && end !== undefined ? liftSpan(frame.layer, start, end) : undefined;
	machine.gaps.push({ kind, detail, span });
}

/** A stretch of a layer as a span of the outermost text; undefined when it stands nowhere there. */
export function liftSpan(layer: Layer, start: number, end: number): Span | undefined {
	let [from, to] = [start, end];
	for (let { outer } = layer; outer; { outer } = outer.layer) {
		const origins = outer.origins();
		const [first, last] = [origins?.[from], origins?.[Math.max(from, to - 1)]];
		if (!first || !last) return undefined;
		[from, to] = [first.start, last.end];
	}
	return { start: from, end: to };
}
