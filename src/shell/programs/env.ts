// env: variables, an emptied environment, and a command line of its own in `-S`.
import { hasOption, lastValue, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic, literal } from '../word-parts.ts';
import { between, launchTail, merged } from './launching.ts';
import { readingOf, skipAssignments } from './wrapper.ts';

const grammar = makeGrammar({
	options: `
		i|ignore-environment 0|null u|unset=s C|chdir=s S|split-string=s a|argv0=s v|debug P=s block-signal:s
		default-signal:s ignore-signal:s list-signal-handling f|file=s help version
	`,
	stopAtOperand: true,
});

/** `-S` in `-S`: each one splits again, and nobody nests that deep. */
const maxSplits = 4;

export const envPrograms: readonly Program[] = [
	{ names: ['env', 'genv'], read: (argv, around) => readEnv(argv, around, maxSplits) },
];

function readEnv(argv: readonly Word[], around: Around, splitsLeft: number): Reading {
	const options = readOptions(argv, grammar);
	const base = readingOf(options);
	if (options.gap) return { ...base, gaps: [options.gap], mayRunArguments: true };
	const split = options.found.find((one) => one.name === '--split-string');
	if (split) {
		const words = split.value && isStatic(split.value) ? splitString(split.value) : undefined;
		if (!words || splitsLeft === 0) {
			const detail = 'what `env -S` makes of its text is not known';
			return { ...base, gaps: [{ kind: 'script', detail }], mayRunArguments: true };
		}
		// The words take the place of the option, so options may go on behind them.
		const isAttached = argv[split.at + 1] !== split.value;
		const before = clusterBefore(argv[split.at]);
		const after = argv.slice(split.at + (isAttached ? 1 : 2));
		const whole = [...argv.slice(0, split.at), ...before, ...words, ...after];
		return merged(base, readEnv(whole, around, splitsLeft - 1));
	}
	// A lone `-` is `-i`.
	const dash = argv[options.rest]?.value === '-' && !options.ended;
	const { next, env, gap } = skipAssignments(argv, options.rest + (dash ? 1 : 0));
	if (gap) return { ...base, gaps: [gap], mayRunArguments: true };
	const path = env?.has('PATH') || valuesOf(options, '--unset').some((name) => name.value === 'PATH');
	const elsewhere = dash || path || hasOption(options, '--ignore-environment', '-P', '--file');
	const cwd = lastValue(options, '--chdir');
	const file = hasOption(options, '--file')
		? [{ kind: 'environment', detail: '`env -f` takes variables from a file' } as const]
		: [];
	const terms = { ...(elsewhere && { elsewhere: true }), ...(env && { env }), ...(cwd && { cwd }) };
	return merged(base, { gaps: file }, launchTail(argv, next, around, terms));
}

/** The letters before `S` in a cluster such as `-iS…`. */
function clusterBefore(word: Word | undefined): readonly Word[] {
	const letters = /^-([^-S][^S]*)S/.exec(word?.value ?? '')?.[1];
	return letters ? [literal(`-${letters}`)] : [];
}

/**
 * The words of a `-S` text after the rules of GNU env: blanks separate, quotes and backslashes as documented there.
 * Undefined where a variable is expanded (`${NAME}`) or an escape is not understood.
 */
function splitString(text: Word & { readonly value: string }): readonly Word[] | undefined {
	const { value } = text;
	const words: Word[] = [];
	let at = 0;
	while (at < value.length) {
		const blank = /\s/.test(value.charAt(at)) ? 1 : value.startsWith('\\_', at) ? 2 : 0;
		if (blank > 0) {
			at += blank;
			continue;
		}
		if (value.charAt(at) === '#') break;
		const start = at;
		const read = readOne(value, at);
		if (!read) return undefined;
		at = read.end;
		const isVerbatim = value.slice(start, at) === read.text;
		words.push(isVerbatim ? between(text, start, at) : literal(read.text));
		if (read.stops) break;
	}
	return words;
}

const escapes: Readonly<Record<string, string>> = {
	...{ f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '#': '#', $: '$', '"': '"', "'": "'", '\\': '\\' },
};

function readOne(value: string, from: number): { text: string; end: number; stops: boolean } | undefined {
	let text = '';
	let quote = '';
	let at = from;
	for (; at < value.length; at += 1) {
		const letter = value.charAt(at);
		if (quote === '' && /\s/.test(letter)) break;
		if (letter === quote) quote = '';
		else if (quote === '' && (letter === "'" || letter === '"')) quote = letter;
		else if (letter === '$' && quote !== "'") return undefined;
		else if (letter === '\\') {
			at += 1;
			const next = value.charAt(at);
			if (quote === "'") text += next === "'" || next === '\\' ? next : `\\${next}`;
			else if (next === 'c' && quote === '') return { text, end: value.length, stops: true };
			else if (next === '_') {
				if (quote === '') return { text, end: at + 1, stops: false };
				text += ' ';
			} else {
				const plain = escapes[next];
				if (plain === undefined) return undefined;
				text += plain;
			}
		} else text += letter;
	}
	return quote === '' ? { text, end: at, stops: false } : undefined;
}
