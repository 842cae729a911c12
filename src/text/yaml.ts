// YAML text to a JSON value, with nothing rounded, merged, expanded or guessed; every refusal has a place.
import {
	Composer,
	type CST,
	type Document,
	isMap,
	isScalar,
	isSeq,
	type Node,
	type Pair,
	type YAMLParseError,
} from 'yaml';
import type { Json } from '../abi/json.ts';
import { errorText, type Problem } from '../abi/problem.ts';
import { findInvisible, findTreacherous } from './characters.ts';
import { readNumber } from './numbers.ts';
import { keyText, type Lines, lineStartsOf, type Path, spanPlace, type YamlDocument } from './places.ts';
import { findRefused, readTokens } from './tokens.ts';
import { nounOf, quote } from './words.ts';

export type ReadYaml =
	| { readonly ok: true; readonly document: YamlDocument }
	| { readonly ok: false; readonly problems: readonly Problem[] };

const usualLength = 1 << 20;
const mostProblems = 20;

const composerOptions = {
	// `%YAML 1.1` would make `no` false and `1:30` ninety; the version is ours, not the file's.
	version: '1.2',
	schema: 'core',
	strict: true,
	merge: false,
	stringKeys: true,
	// Compares each key with all earlier ones: seconds on a hostile mapping. Looked for below, with a set.
	uniqueKeys: false,
	prettyErrors: false,
	logLevel: 'silent',
} as const;

export interface YamlOptions {
	/** In UTF-16 units; about 1 MB unless told, or 10,000 rules. */
	readonly maxLength?: number;
}

/** Reads one YAML document. Never throws; what it refuses comes back as problems in the order they stand in the file. */
export function readYaml(source: string, file: string, { maxLength = usualLength }: YamlOptions = {}): ReadYaml {
	const text = source.startsWith('\ufeff') ? source.slice(1) : source;
	const lines: Lines = { file, text, lineStarts: text.length > maxLength ? [0] : lineStartsOf(text) };
	if (text.length > maxLength) {
		return refuse(lines, 'P003', 0, 1, `the file is larger than ${maxLength >> 20} MiB`, 'split it into several files');
	}
	const odd = findTreacherous(text);
	if (odd !== undefined) {
		const message = `the character ${odd.name} hides or reorders what is written`;
		return refuse(lines, 'P004', odd.index, odd.index + 1, message, 'delete it; in a double-quoted value write `\\u…`');
	}
	try {
		return compose(lines);
	} catch (thrown) {
		// The parser met a text it has no answer for; then neither have we.
		return refuse(lines, 'P002', 0, 1, `the YAML parser gave up: ${errorText(thrown)}`, undefined);
	}
}

function compose(lines: Lines): ReadYaml {
	const read = readTokens(lines.text);
	if (!read.ok && 'refused' in read) {
		const { start, end, message, help } = read.refused;
		return refuse(lines, 'P003', start, end, message, help);
	}
	if (!read.ok) {
		const { start, end, message } = read.fault;
		return { ok: false, problems: [syntaxProblem(lines, { code: 'UNEXPECTED_TOKEN', message, pos: [start, end] })] };
	}
	const { tokens } = read;
	const refused = findRefused(tokens);
	if (refused.length > 0) {
		const problems = refused
			.slice(0, mostProblems)
			.map(({ start, end, message, help }) => problemAt(lines, 'P003', start, end, message, help));
		return { ok: false, problems };
	}
	const { document, fault } = composeOne(tokens, lines.text.length);
	// One fault makes the parser stumble over what follows; only the first is a cause.
	if (fault !== undefined) return { ok: false, problems: [syntaxProblem(lines, fault)] };
	const root = document?.contents ?? null;
	const reading: Reading = { lines, problems: [] };
	const value = readNode(reading, root, []);
	if (reading.problems.length > 0) return { ok: false, problems: reading.problems };
	return { ok: true, document: { ...lines, value, root } };
}

type Fault = Pick<YAMLParseError, 'code' | 'message' | 'pos'>;

/**
 * Composes the first document, or stops at the first fault. Left alone the composer makes an error, with its stack, of
 * every one: of half a million stray commas, a minute's work. Its `onError` is private: a
 * version that has none does not get to read.
 */
function composeOne(tokens: readonly CST.Token[], length: number): { document?: Document.Parsed; fault?: Fault } {
	const composer = new Composer(composerOptions);
	const inner = composer as unknown as { onError: (at: unknown, code: Fault['code'], message: string) => void };
	const report = inner.onError;
	let first: Fault | undefined;
	inner.onError = (at, code, message) => {
		first ??= { code, message, pos: positionOf(at) };
		throw new Error(message);
	};
	if (typeof report !== 'function') throw new TypeError('the YAML composer has changed');
	try {
		const [document] = composer.compose(tokens, true, length);
		const fault = document?.errors[0] ?? document?.warnings[0];
		return { ...(document && { document }), ...(fault && { fault }) };
	} catch (thrown) {
		if (first === undefined) throw thrown;
		return { fault: first };
	}
}

function positionOf(at: unknown): [number, number] {
	if (typeof at === 'number') return [at, at + 1];
	if (Array.isArray(at)) return [at[0], at[1]];
	const { offset, source } = at as { offset: number; source?: string };
	return [offset, offset + (source?.length ?? 1)];
}

interface Reading {
	readonly lines: Lines;
	readonly problems: Problem[];
}

/** Recursive, on at most 64 levels: {@link findRefused} has counted them. */
function readNode(reading: Reading, node: Node | null, path: Path): Json {
	if (isMap<Node, Node | null>(node)) return readMap(reading, node.items, path);
	if (isSeq<Node>(node)) return node.items.map((item, index) => readNode(reading, item, [...path, index]));
	if (!isScalar(node)) return null;
	const [start = 0, end = 0] = node.range ?? [];
	const source = node.type === 'PLAIN' ? (node.source ?? '') : '';
	// An empty value of a key is reported there; this one is an entry of a list.
	if (isEmpty(node) && path.length > 0) complainEmpty(reading, path, start - 1, start);
	if (typeof node.value !== 'number') return node.value as Json;
	const number = readNumber(source);
	if (number.ok) return number.value;
	complain(reading, 'P102', start, end, number.message, number.help);
	return null;
}

function readMap(reading: Reading, pairs: readonly Pair<Node, Node | null>[], path: Path): Json {
	const members: Record<string, Json> = {};
	const seen = new Set<string>();
	for (const pair of pairs) {
		const key = keyText(pair) ?? '';
		const [start = 0, end = 0] = pair.key.range ?? [];
		const odd = findInvisible(key);
		if (seen.has(key)) {
			const noun = nounOf(path);
			reading.problems.push({
				...problemAt(reading.lines, 'P001', start, end, `key ${quote(key)} appears twice in ${noun.here}`, undefined),
				label: 'second one',
				help: noun.kind === undefined ? 'keep one' : `keep one; a ${noun.kind} has exactly one ${quote(key)}`,
			});
		} else if (odd !== undefined) {
			complain(reading, 'P004', start, end, `this key contains the invisible character ${odd.name}`, 'type it again');
		} else if (key === '<<') {
			complain(reading, 'P003', start, end, 'merge keys are not read here', 'write the keys out');
		} else if (key === '__proto__') {
			// Half of JavaScript would drop this key or take it for something else.
			complain(reading, 'P003', start, end, 'no key may be called `__proto__`', 'rename or delete it');
		} else if (pair.value === null || isEmpty(pair.value)) {
			complainEmpty(reading, [...path, key], start, end);
		} else {
			members[key] = readNode(reading, pair.value, [...path, key]);
		}
		seen.add(key);
		if (reading.problems.length >= mostProblems) break;
	}
	return members;
}

/** Nothing at all is `null` in YAML, and mostly a slip. */
function isEmpty(node: Node): boolean {
	return isScalar(node) && node.type === 'PLAIN' && node.value === null && (node.source ?? '') === '';
}

function complainEmpty(reading: Reading, path: Path, start: number, end: number) {
	const name = path.at(-1);
	const what = typeof name === 'string' ? `${quote(name)} has no value` : 'this entry has no value';
	complain(reading, 'P102', start, end, what, 'write a value; for nothing at all write `null`');
}

function complain(
	{ lines, problems }: Reading,
	code: Problem['code'],
	start: number,
	end: number,
	message: string,
	help: string,
) {
	if (problems.length < mostProblems) problems.push(problemAt(lines, code, start, end, message, help));
}

function problemAt(
	lines: Lines,
	code: Problem['code'],
	start: number,
	end: number,
	message: string,
	help: string | undefined,
): Problem {
	const where = spanPlace(lines, start, end);
	return { code, severity: 'error', message, where, ...(help === undefined ? {} : { help }) };
}

function refuse(lines: Lines, ...rest: Tail<Parameters<typeof problemAt>>): ReadYaml {
	return { ok: false, problems: [problemAt(lines, ...rest)] };
}

type Tail<List extends readonly unknown[]> = List extends readonly [unknown, ...infer Rest] ? Rest : never;

/** The parser's word for what is wrong, in ours where its own would not help. */
const explanations: Readonly<Record<string, { message: string; help: string }>> = {
	TAB_AS_INDENT: { message: 'a tab can not indent YAML', help: 'indent with spaces' },
	BLOCK_AS_IMPLICIT_KEY: {
		message: 'this value runs into another `key:`',
		help: 'put quotes around text that contains `: `, and align keys that belong together',
	},
	MULTILINE_IMPLICIT_KEY: {
		message: 'this is neither a key nor a value',
		help: 'a key needs a `:` on its own line; check the indentation, and quote text that spans lines',
	},
	BAD_INDENT: {
		message: 'this line is indented differently from those it belongs to',
		help: 'align it with its neighbours',
	},
	BAD_SCALAR_START: { message: 'plain text can not start with this character', help: 'put quotes around the text' },
	NON_STRING_KEY: { message: 'a key must be text', help: 'write the key as plain or quoted text' },
	KEY_OVER_1024_CHARS: { message: 'a key is longer than 1,024 characters', help: 'a missing quote or `:` is likely' },
};

const unclosed = {
	message: 'a quote or a bracket is never closed',
	help: 'close what opens on this line or before it',
};

function syntaxProblem(lines: Lines, fault: Fault): Problem {
	const known = / end with a |[Mm]issing closing/.test(fault.message) ? unclosed : explanations[fault.code];
	const [start, end] = fault.pos;
	// The parser answers at the very end for a quote or bracket that never closes; an end of file has no column to show.
	const at = Math.min(start, Math.max(0, lines.text.trimEnd().length - 1));
	if (known !== undefined) return problemAt(lines, 'P002', at, end, known.message, known.help);
	const message = fault.message.charAt(0).toLowerCase() + fault.message.slice(1);
	return problemAt(lines, 'P002', at, end, message.replace(/\.$/, ''), undefined);
}
