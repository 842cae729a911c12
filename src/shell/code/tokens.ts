// Takes source text of a language apart, in time linear in its length.
import { readLiteral } from './decode.ts';
import type { Lexis, Quote, Token, Tokens } from './lexis.ts';
import { readSpecial } from './special-quotes.ts';

/** How deep code may stand in strings that stand in code. */
const deepest = 6;

/** Where a reader of one form of literal stands. */
export interface Reader {
	readonly source: string;
	/** The end of the stretch that is read. */
	readonly end: number;
	readonly lexis: Lexis;
	readonly tokens: Token[];
	/** Bodies of documents in line, to be jumped over at the line end before them. */
	readonly bodies: Map<number, number>;
	/** Code found in literals, still to be read. */
	readonly inner: (readonly [start: number, end: number])[];
	readonly hidden: (readonly [start: number, end: number])[];
	/** Where the next document in line begins, when several open on one line. */
	nextBody: number;
	/** No pattern ends before this offset. */
	noPatternBefore: number;
	isAmbiguous: boolean;
	isUnclosed: boolean;
}

/** The tokens of `source`; code that stands inside literals follows at the end, after a break. */
export function readTokens(source: string, lexis: Lexis): Tokens {
	const tokens: Token[] = [];
	const hidden: (readonly [number, number])[] = [];
	let isAmbiguous = false;
	let isUnclosed = false;
	let stretches: readonly (readonly [number, number])[] = [[0, source.length]];
	for (let depth = 0; stretches.length > 0; depth++) {
		const inner: (readonly [number, number])[] = [];
		for (const [start, end] of stretches) {
			const text = source.slice(0, end);
			const reader: Reader = {
				source: text,
				end,
				lexis,
				tokens,
				bodies: new Map(),
				inner,
				hidden,
				nextBody: -1,
				noPatternBefore: 0,
				isAmbiguous: false,
				isUnclosed: false,
			};
			if (depth > deepest) {
				hidden.push([start, end]);
				isAmbiguous = true;
				continue;
			}
			readStretch(reader, start);
			isAmbiguous ||= reader.isAmbiguous;
			isUnclosed ||= reader.isUnclosed;
			tokens.push({ kind: 'break', at: end, end });
		}
		stretches = inner;
	}
	return { tokens, isAmbiguous, isUnclosed, hidden };
}

function readStretch(reader: Reader, start: number): undefined {
	const { source, end, lexis, tokens } = reader;
	const nameStart = new RegExp(`[\\p{L}_${escaped(lexis.sigils)}${lexis.nameMarks.includes('$') ? '$' : ''}]`, 'u');
	const name = new RegExp(
		`[${escaped(lexis.sigils)}]*[\\p{L}\\p{N}_${escaped(lexis.nameMarks)}]+|[${escaped(lexis.sigils)}]+[^\\s\\w{]?`,
		'uy',
	);
	const number = /\d[\w.]*/y;
	let at = start;
	while (at < end) {
		const character = source[at] as string;
		if (character === '\n') {
			if (lexis.hasBreaks) tokens.push({ kind: 'break', at, end: at + 1 });
			at = reader.bodies.get(at + 1) ?? at + 1;
			continue;
		}
		if (character === ' ' || character === '\t' || character === '\r') {
			at++;
			continue;
		}
		if (character === '\\' && source[at + 1] === '\n') {
			at += 2;
			continue;
		}
		const comment = readComment(reader, at);
		if (comment !== undefined) {
			at = comment;
			continue;
		}
		const special = lexis.special && readSpecial(reader, at);
		if (special !== undefined) {
			at = Math.max(special, at + 1);
			continue;
		}
		const quoted = readQuote(reader, at);
		if (quoted !== undefined) {
			at = quoted;
			continue;
		}
		if (character === '/' && lexis.hasPatterns && at >= reader.noPatternBefore && mayBePattern(reader)) {
			at = readPattern(reader, at);
			continue;
		}
		const found = nameStart.test(character) ? name : number;
		found.lastIndex = at;
		const text = found.exec(source)?.[0];
		if (text !== undefined && found.lastIndex <= end) {
			tokens.push({ kind: found === name ? 'name' : 'number', text, at, end: found.lastIndex });
			at = found.lastIndex;
			continue;
		}
		const mark = longMark(source, at);
		tokens.push({ kind: 'mark', text: mark, at, end: at + mark.length });
		at += mark.length;
	}
}

const longMarks = [
	'->',
	'=>',
	'::',
	'..',
	'?.',
	'|&',
	'==',
	'!=',
	'=~',
	'<-',
	'<<',
	'<>',
	'||',
	'&&',
	'++',
	'--',
	'+=',
	'-=',
	'.=',
	'>=',
];

function longMark(source: string, at: number): string {
	const two = source.slice(at, at + 2);
	return longMarks.includes(two) ? two : (source[at] as string);
}

function readComment(reader: Reader, at: number): number | undefined {
	const { source, lexis } = reader;
	for (const [open, close] of lexis.blockComments) {
		if (!source.startsWith(open, at)) continue;
		const found = source.indexOf(close, at + open.length);
		if (found < 0) reader.isUnclosed = true;
		const end = found < 0 ? source.length : found + close.length;
		reader.hidden.push([at, end]);
		return end;
	}
	for (const open of lexis.lineComments) {
		if (!source.startsWith(open, at)) continue;
		const found = source.indexOf('\n', at);
		const end = found < 0 ? source.length : found;
		reader.hidden.push([at, end]);
		return end;
	}
	return undefined;
}

function readQuote(reader: Reader, at: number): number | undefined {
	const { source, lexis } = reader;
	for (const quote of lexis.quotes) {
		if (!source.startsWith(quote.open, at)) continue;
		if (quote.isCharacter && !isCharacter(source, at)) continue;
		return addLiteral(reader, at, at + quote.open.length, quote, false);
	}
	return undefined;
}

/** Reads a literal that opens at `at` and whose text begins at `from`; returns where it ends. */
export function addLiteral(reader: Reader, at: number, from: number, quote: Quote, nests: boolean): number {
	const literal = readLiteral(reader.source, from, quote, nests);
	if (!literal.isClosed) reader.isUnclosed = true;
	for (const range of literal.code) reader.inner.push(range);
	reader.hidden.push([at, literal.end]);
	reader.tokens.push({ kind: quote.isCommand ? 'command' : 'text', pieces: literal.pieces, at, end: literal.end });
	return literal.end;
}

/** `'x'` and `'\n'` are characters; `'(a b)`, `x'` and `'name` are not. */
function isCharacter(source: string, at: number): boolean {
	return source[at + 2] === "'" || source[at + 1] === '\\';
}

const beforeValues = new Set([
	'return',
	'typeof',
	'case',
	'in',
	'of',
	'and',
	'or',
	'not',
	'if',
	'unless',
	'while',
	'until',
	'when',
	'split',
	'grep',
	'x',
	'void',
	'delete',
	'do',
	'else',
	'puts',
	'print',
	'p',
]);

/** Whether a slash can begin a pattern here; what is not certain is remembered. */
function mayBePattern(reader: Reader): boolean {
	const last = reader.tokens.at(-1);
	if (!last || last.kind === 'break') return true;
	if (last.kind === 'number' || last.kind === 'text' || last.kind === 'words') return false;
	if (last.kind === 'name') {
		if (/^[$@%]/.test(last.text)) return false;
		if (beforeValues.has(last.text)) return true;
		reader.isAmbiguous = true;
		return false;
	}
	if (last.kind !== 'mark') return false;
	if (last.text === ']') return false;
	if (last.text === ')' || last.text === '}' || last.text === '++' || last.text === '--') {
		reader.isAmbiguous = true;
		return last.text === '}';
	}
	return true;
}

function readPattern(reader: Reader, at: number): number {
	const { source } = reader;
	let inClass = false;
	let end = at + 1;
	for (; end < source.length; end++) {
		const character = source[end];
		if (character === '\\') end++;
		else if (character === '\n') break;
		else if (character === '[') inClass = true;
		else if (character === ']') inClass = false;
		else if (character === '/' && !inClass) break;
	}
	if (source[end] !== '/') {
		reader.isAmbiguous = true;
		reader.noPatternBefore = end;
		reader.tokens.push({ kind: 'mark', text: '/', at, end: at + 1 });
		return at + 1;
	}
	reader.hidden.push([at, end + 1]);
	reader.tokens.push({ kind: 'pattern', runs: false, at, end: end + 1 });
	return end + 1;
}

function escaped(characters: string): string {
	return characters.replace(/[\]\\^-]/g, '\\$&');
}
