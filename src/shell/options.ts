// Splits an argv into options and operands, as getopt does, and says where that can't be told.
import type { ProgramGap } from './program.ts';
import type { Word } from './word.ts';
import { attached, firstKnown } from './word-parts.ts';

/**
 * The options of a program in the notation of Getopt::Long.
 *
 * - `'n|no-verify'` is a flag, `'m|message=s'` takes a value (`-m x`, `-mx`, `--message x`, `--message=x`),
 *   `'color:s'` may have one (attached only: `--color=x`, `-cx`), `'arg=s{2}'` takes two words,
 *   `'verify!'` is also `--no-verify`.
 * - One letter is a short option and clusters (`-uf`); more letters are a long one. A name written with a dash
 *   (`'-name=s'`, as in `find`, `java`, `terraform`) is a long option with a single dash; `-name=x` is read too.
 * - An option's canonical name is its first long name (`--message`, `-name`), else its letter (`-x`).
 */
export interface Grammar {
	/** A list, or one text with blanks between the options. */
	readonly options: readonly string[] | string;
	/** Options end at the first operand, as POSIX has it: for whatever launches what follows. Default false: GNU permutation. */
	readonly stopAtOperand?: boolean;
	/** A unique beginning of a long option stands for it. Default true. */
	readonly abbreviations?: boolean;
	/** `-10` is an option, found as `-#`. Default false. */
	readonly numeric?: boolean;
	/** What an unknown option means: a `gap`, or a `flag` without a value. Default `gap`. */
	readonly onUnknown?: 'gap' | 'flag';
}

export interface Found {
	/** Canonical. */
	readonly name: string;
	/** The first value; absent for a flag, and for an option at the end whose value is missing. */
	readonly value?: Word;
	/** Those after the first, for `=s{2}` and more. */
	readonly more?: readonly Word[];
	/** Index in argv of the word that holds the option. */
	readonly at: number;
}

export interface Options {
	/** In the order of the argv. After a gap the best guess. */
	readonly found: readonly Found[];
	readonly operands: readonly Word[];
	/** Index in argv of each operand. */
	readonly at: readonly number[];
	/** Index of the first operand, or `argv.length`. */
	readonly rest: number;
	/** The layout can't be told: an unknown option, or an unquoted expansion where an option may stand. */
	readonly gap?: ProgramGap;
	/** A quoted unknown word is taken for one operand (or value), but it could be an option: flags are unsure. */
	readonly mayBeOption: boolean;
	/** `--` was seen. */
	readonly ended: boolean;
}

interface Option {
	readonly name: string;
	readonly takes: 'nothing' | 'value' | 'attached';
	/** How many words its value has. */
	readonly count: number;
}

export interface CompiledGrammar {
	/** By letter, by long name without dashes, by single-dash name with its dash. */
	readonly short: ReadonlyMap<string, Option>;
	readonly long: ReadonlyMap<string, Option>;
	readonly single: ReadonlyMap<string, Option>;
	readonly stopAtOperand: boolean;
	readonly abbreviations: boolean;
	readonly numeric: boolean;
	readonly unknownIsGap: boolean;
}

/**
 * Makes a grammar; do it once, at module level. It is compiled when it is first asked for something: there are several hundred, and
 * most commands are of a few programs. That throws on one that can't be meant, so tests/shell/grammars.test.ts asks each.
 */
export function makeGrammar(grammar: Grammar | (() => Grammar)): CompiledGrammar {
	let compiled: CompiledGrammar | undefined;
	const get = () => {
		compiled ??= compileGrammar(typeof grammar === 'function' ? grammar() : grammar);
		return compiled;
	};
	return {
		get short() {
			return get().short;
		},
		get long() {
			return get().long;
		},
		get single() {
			return get().single;
		},
		get stopAtOperand() {
			return get().stopAtOperand;
		},
		get abbreviations() {
			return get().abbreviations;
		},
		get numeric() {
			return get().numeric;
		},
		get unknownIsGap() {
			return get().unknownIsGap;
		},
	};
}

function compileGrammar(grammar: Grammar): CompiledGrammar {
	const short = new Map<string, Option>();
	const long = new Map<string, Option>();
	const single = new Map<string, Option>();
	const add = (name: string, option: Option) => {
		const [map, key] = name.startsWith('-') ? [single, name] : name.length === 1 ? [short, name] : [long, name];
		if (map.has(key)) throw new Error(`option \`${name}\` stands twice in a grammar`);
		map.set(key, option);
	};
	for (const text of optionList(grammar.options)) {
		const { names, takes, count, negatable } = readSpec(text);
		const option: Option = { name: canonicalName(names), takes, count };
		for (const name of names) add(name, option);
		if (!negatable) continue;
		for (const name of names.filter((name) => name.length > 1)) {
			add(`no-${name}`, { name: `--no-${name}`, takes: 'nothing', count: 0 });
		}
	}
	return {
		short,
		long,
		single,
		stopAtOperand: grammar.stopAtOperand ?? false,
		abbreviations: grammar.abbreviations ?? true,
		numeric: grammar.numeric ?? false,
		unknownIsGap: grammar.onUnknown !== 'flag',
	};
}

/**
 * Reads the options and operands of an argv, from index `from` on (default 1: the program itself is skipped).
 * Follows POSIX utility conventions 12.2 and GNU getopt_long. After a `gap` the rest is still the best guess,
 * good for facts but not for deciding what is launched.
 */
export function readOptions(argv: readonly Word[], grammar: CompiledGrammar, from = 1): Options {
	const scan: Scan = { argv, grammar, found: [], gap: undefined, mayBeOption: false, next: from };
	const at: number[] = [];
	let ended = false;
	while (scan.next < argv.length) {
		const index = scan.next;
		const word = argv[index];
		if (!word) break;
		const start = firstKnown(word);
		if (start === '--' && word.value === '--') {
			ended = true;
			scan.next += 1;
			break;
		}
		if (word.splits) scan.gap ??= unknowable(word);
		if (!isOption(word, start)) {
			if (word.value === undefined && start === '' && !word.paths) scan.mayBeOption = true;
			if (grammar.stopAtOperand) break;
			at.push(index);
			scan.next += 1;
			continue;
		}
		scan.next += 1;
		readOption(scan, word, start, index);
	}
	for (let index = scan.next; index < argv.length; index += 1) at.push(index);
	const { found, gap, mayBeOption } = scan;
	return {
		found,
		operands: at.flatMap((index) => argv[index] ?? []),
		at,
		rest: at[0] ?? argv.length,
		...(gap && { gap }),
		mayBeOption,
		ended,
	};
}

/** The canonical names of the options found, each once; one that is switched off (`--force=false`) is left out. */
export function flagsOf(options: Options): readonly string[] {
	return [...new Set(options.found.filter((one) => one.value?.value !== 'false').map((one) => one.name))];
}

/** The value of the last of the options with one of these canonical names. */
export function lastValue(options: Options, ...names: readonly string[]): Word | undefined {
	return options.found.findLast((one) => names.includes(one.name))?.value;
}

/** Every value of the options with one of these canonical names, in order. */
export function valuesOf(options: Options, ...names: readonly string[]): readonly Word[] {
	return options.found.flatMap((one) => (names.includes(one.name) && one.value ? [one.value] : []));
}

/** Whether one of these canonical names was found and not switched off. */
export function hasOption(options: Options, ...names: readonly string[]): boolean {
	return options.found.some((one) => names.includes(one.name) && one.value?.value !== 'false');
}

interface Scan {
	readonly argv: readonly Word[];
	readonly grammar: CompiledGrammar;
	readonly found: Found[];
	gap: ProgramGap | undefined;
	mayBeOption: boolean;
	next: number;
}

function isOption(word: Word, start: string): boolean {
	return start.startsWith('-') && (start.length > 1 || word.value === undefined);
}

function readOption(scan: Scan, word: Word, start: string, at: number): void {
	const { grammar } = scan;
	if (grammar.numeric && /^-[-+]?\d+$/.test(start)) {
		scan.found.push({ name: '-#', value: attached(word, 1), at });
		return;
	}
	const equals = start.indexOf('=');
	const name = equals < 0 ? start : start.slice(0, equals);
	const isComplete = equals >= 0 || word.value !== undefined;
	const option = isComplete ? findLong(grammar, name) : undefined;
	if (option) take(scan, option, equals < 0 ? undefined : attached(word, equals + 1), at);
	else if (start.startsWith('--') || grammar.short.size === 0) unknown(scan, start, at);
	else readCluster(scan, word, start, at);
}

/** `--name` or `-name`: exact, then with the other number of dashes where only one is known, then abbreviated. */
function findLong(grammar: CompiledGrammar, name: string): Option | undefined {
	if (!name.startsWith('--')) return grammar.single.get(name);
	const bare = name.slice(2);
	const exact = grammar.long.get(bare) ?? grammar.single.get(name) ?? grammar.single.get(name.slice(1));
	if (exact || !grammar.abbreviations || bare === '') return exact;
	let only: Option | undefined;
	for (const [key, option] of grammar.long) {
		if (!key.startsWith(bare)) continue;
		if (only && only !== option) return undefined;
		only = option;
	}
	return only;
}

function readCluster(scan: Scan, word: Word, start: string, at: number): void {
	for (let offset = 1; offset < start.length; offset += 1) {
		const letter = start.charAt(offset);
		const option = scan.grammar.short.get(letter);
		if (!option) {
			unknown(scan, `-${letter}`, at);
			// What follows in the cluster may be the value of the unknown option.
			if (scan.grammar.unknownIsGap) return;
			continue;
		}
		if (option.takes === 'nothing') {
			scan.found.push({ name: option.name, at });
			continue;
		}
		const isLast = offset + 1 === start.length && word.value !== undefined;
		// An unknown piece right behind the letter may be empty: then the next word would be the value.
		if (offset + 1 === start.length && word.value === undefined) scan.mayBeOption = true;
		take(scan, option, isLast ? undefined : attached(word, offset + 1), at);
		return;
	}
	// `-v"$x"`: more letters may come.
	if (word.value === undefined) scan.gap ??= unknowable(word);
}

function take(scan: Scan, option: Option, inline: Word | undefined, at: number): void {
	if (option.takes !== 'value') {
		scan.found.push({ name: option.name, ...(inline && { value: inline }), at });
		return;
	}
	const values: Word[] = inline ? [inline] : [];
	while (values.length < option.count) {
		const value = scan.argv[scan.next];
		if (!value) break;
		if (value.splits) scan.gap ??= unknowable(value);
		values.push(value);
		scan.next += 1;
	}
	const [value, ...more] = values;
	scan.found.push({ name: option.name, ...(value && { value }), ...(more.length > 0 && { more }), at });
}

function unknown(scan: Scan, spelled: string, at: number): void {
	scan.found.push({ name: spelled, at });
	if (scan.grammar.unknownIsGap) {
		scan.gap ??= { kind: 'arguments', detail: `the option \`${spelled}\` is not known: it may take the next word` };
	}
}

function unknowable(word: Word): ProgramGap {
	const known = word.pieces.map((piece) => piece ?? '…').join('');
	return { kind: 'arguments', detail: `\`${known}\` may become no word or several, options among them` };
}

/** The options of a grammar one by one, however they are written. */
export function optionList(options: Grammar['options']): readonly string[] {
	return typeof options === 'string' ? options.split(/\s+/).filter((text) => text !== '') : options;
}

function readSpec(text: string): {
	names: readonly string[];
	takes: Option['takes'];
	count: number;
	negatable: boolean;
} {
	const match = /^([^=:!{}]+)(=s(?:\{(\d)\})?|:s|!)?$/.exec(text);
	if (!match) throw new Error(`option specification \`${text}\` can't be read`);
	const [, names = '', kind, count] = match;
	const takes = kind === undefined || kind === '!' ? 'nothing' : kind === ':s' ? 'attached' : 'value';
	return { names: names.split('|'), takes, count: Number(count ?? 1), negatable: kind === '!' };
}

function canonicalName(names: readonly string[]): string {
	const long = names.find((name) => name.length > 1);
	if (long === undefined) return `-${names[0]}`;
	return long.startsWith('-') ? long : `--${long}`;
}
