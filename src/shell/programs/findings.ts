// What a reader has found out so far about one call of a program; `finish` makes a Reading of it.
import type { Fact } from '../../abi/command.ts';
import { type CompiledGrammar, flagsOf, type Options, readOptions } from '../options.ts';
import type { Around, Launch, ProgramGap, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { firstKnown } from '../word-parts.ts';

/** Filled by the functions of one reader while it reads one argv; never shared between two. */
export interface Findings {
	subcommands: readonly string[];
	readonly flags: Set<string>;
	readonly facts: Map<string, Fact>;
	/** Facts that are lists, each value once. */
	readonly lists: Map<string, Set<string>>;
	readonly unsure: Set<string>;
	readonly launches: Launch[];
	readonly gaps: ProgramGap[];
}

export function startFindings(subcommands: readonly string[] = []): Findings {
	return {
		subcommands,
		flags: new Set(),
		facts: new Map(),
		lists: new Map(),
		unsure: new Set(),
		launches: [],
		gaps: [],
	};
}

export function finish(findings: Findings): Reading {
	const lists = Array.from(findings.lists, ([name, values]) => [name, [...values]] as const);
	return {
		subcommands: findings.subcommands,
		flags: [...findings.flags],
		facts: Object.fromEntries([...findings.facts, ...lists]),
		unsure: [...findings.unsure],
		launches: findings.launches,
		gaps: findings.gaps,
	};
}

/** Adds to a fact that is a list; each value once. */
export function addToList(findings: Findings, fact: string, ...values: readonly string[]): void {
	if (values.length === 0) return;
	const list = findings.lists.get(fact) ?? new Set();
	findings.lists.set(fact, list);
	for (const value of values) list.add(value);
}

/** Adds the known ones of these words to a fact that is a list; an unknown one makes the fact unsure. */
export function addWords(findings: Findings, fact: string, words: readonly Word[]): void {
	const known = words.flatMap((word) => word.value ?? []);
	if (known.length > 0) addToList(findings, fact, ...known);
	if (words.some((word) => word.value === undefined || word.splits)) findings.unsure.add(fact);
}

/** A fact that is one word; unsure where the word is unknown. */
export function setWord(findings: Findings, fact: string, word: Word | undefined): void {
	if (!word) return;
	if (word.value === undefined) findings.unsure.add(fact);
	else findings.facts.set(fact, word.value);
}

/**
 * Adds flags, and what follows from not knowing them all: `affected` names the facts that an option may change,
 * so they are unsure wherever a word may turn out to be an option.
 */
export function addFlags(findings: Findings, options: Options, around: Around, affected: readonly string[] = []): void {
	for (const flag of flagsOf(options)) findings.flags.add(flag);
	if (!mayHoldMoreFlags(options, around)) return;
	for (const name of ['flags', ...affected]) findings.unsure.add(name);
}

/** Whether there may be options that were not found: an unknown word or option, or words appended from input. */
export function mayHoldMoreFlags(options: Options, around: Around): boolean {
	if (options.gap) return true;
	if (options.ended) return false;
	return around.isOpenEnded || options.operands.some(mayBeOption);
}

/**
 * Options and operands, as `readOptions` has them, for a program that launches nothing by position: a glob such as
 * `src/*` or `*.c` is then one operand with an unknown text, because no file name of that form is an option.
 */
export function readArguments(argv: readonly Word[], grammar: CompiledGrammar, from = 1): Options {
	return readOptions(argv.map(settleGlob), grammar, from);
}

/** True for a word that may turn out to start with a dash. */
export function mayBeOption(word: Word): boolean {
	if (word.paths || (word.value !== undefined && !word.splits)) return false;
	const start = firstKnown(word);
	return start === '' || start.startsWith('-') || word.splits;
}

function settleGlob(word: Word): Word {
	if (word.splits && word.paths) return { ...word, splits: false };
	if (!word.splits || !word.place) return word;
	const { layer, start, end } = word.place;
	const raw = layer.text.slice(start, end);
	const isPlainGlob = /^[\w./*?[\]@%+,:=~-]+$/.test(raw) && !/^[-[?]|^\*$|^\*.*[*?\]]$/.test(raw);
	return isPlainGlob ? { value: undefined, pieces: [raw], splits: false, place: word.place } : word;
}
