// Decodes string literals of other languages: escapes, and the parts that are computed.
import type { Quote } from './lexis.ts';

/** What a literal says, and where it ends. */
export interface Literal {
	readonly pieces: readonly (string | null)[];
	readonly end: number;
	readonly isClosed: boolean;
	/** Code inside of it, as offsets in the source. */
	readonly code: readonly (readonly [start: number, end: number])[];
}

const letters: Readonly<Record<string, string>> = {
	n: '\n',
	t: '\t',
	r: '\r',
	a: '\x07',
	b: '\b',
	f: '\f',
	v: '\v',
	e: '\x1b',
};

/** Reads a literal whose opening mark ends at `from`. `nests` counts bracket pairs, as `q{a{b}}` does. */
export function readLiteral(source: string, from: number, quote: Quote, nests: boolean): Literal {
	const pieces: (string | null)[] = [];
	const code: (readonly [number, number])[] = [];
	let known = '';
	let depth = 0;
	let at = from;
	const unknown = () => {
		if (known !== '') pieces.push(known);
		if (pieces.at(-1) !== null) pieces.push(null);
		known = '';
	};
	const finish = (end: number, isClosed: boolean): Literal => {
		if (known !== '' || pieces.length === 0) pieces.push(known);
		return { pieces, end, isClosed, code };
	};
	while (at < source.length) {
		const character = source[at] as string;
		if (quote.escapes === 'doubled' && source.startsWith(quote.close + quote.close, at)) {
			known += quote.close;
			at += 2 * quote.close.length;
			continue;
		}
		if (depth === 0 && source.startsWith(quote.close, at)) return finish(at + quote.close.length, true);
		if (nests && character === quote.open) depth++;
		if (nests && character === quote.close) depth--;
		if (character === '\\' && (quote.escapes === 'c' || quote.escapes === 'plain')) {
			if (quote.interpolates === '\\(' && source[at + 1] === '(') {
				const end = matching(source, at + 1, ')');
				code.push([at + 2, end - 1]);
				unknown();
				at = end;
				continue;
			}
			const decoded = quote.escapes === 'c' ? readEscape(source, at) : readPlain(source, at, quote);
			if (decoded.text === undefined) unknown();
			else known += decoded.text;
			at = decoded.end;
			continue;
		}
		const hole = quote.interpolates && readHole(source, at, quote.interpolates);
		if (hole) {
			unknown();
			if (hole.code) code.push(hole.code);
			at = Math.max(hole.end, at + 1);
			continue;
		}
		known += character;
		at++;
	}
	return finish(source.length, false);
}

function readPlain(source: string, at: number, quote: Quote): { text: string | undefined; end: number } {
	const next = source[at + 1];
	if (next === undefined) return { text: '\\', end: at + 1 };
	return { text: next === '\\' || next === quote.close || next === quote.open ? next : `\\${next}`, end: at + 2 };
}

/** The escapes of C and its heirs; undefined for one that only some of them know. */
function readEscape(source: string, at: number): { text: string | undefined; end: number } {
	const next = source[at + 1];
	if (next === undefined) return { text: '\\', end: at + 1 };
	if (next === '\n') return { text: '', end: at + 2 };
	const hex = /(?:x([0-9a-fA-F]{1,2})|[xu]\{([0-9a-fA-F]{1,8})\}|u([0-9a-fA-F]{4})|([0-7]{1,3}))/y;
	hex.lastIndex = at + 1;
	const number = hex.exec(source);
	if (number) {
		const code =
			number[4] !== undefined
				? Number.parseInt(number[4], 8)
				: Number.parseInt(number[1] ?? number[2] ?? number[3] ?? '', 16);
		return { text: code <= 0x10ffff ? String.fromCodePoint(code) : undefined, end: hex.lastIndex };
	}
	const letter = letters[next];
	if (letter !== undefined) return { text: letter, end: at + 2 };
	return { text: /[A-Za-z0-9]/.test(next) ? undefined : next, end: at + 2 };
}

/** A computed part of a literal: where it ends, and the code in it where that is set off by brackets. */
function readHole(
	source: string,
	at: number,
	style: NonNullable<Quote['interpolates']>,
): { end: number; code?: readonly [number, number] } | undefined {
	const character = source[at];
	const next = source[at + 1] ?? '';
	switch (style) {
		case '${':
		case '#{':
			return source.startsWith(style, at) ? braced(source, at + 1) : undefined;
		case '{':
			return character === '{' ? braced(source, at) : undefined;
		case '$':
		case '$@': {
			if (character !== '$' && !(style === '$@' && character === '@')) {
				return style === '$' && character === '{' && next === '$' ? braced(source, at) : undefined;
			}
			if (next === '{' || next === '(') return braced(source, at + 1);
			if (!/[A-Za-z_0-9&!@$:]/.test(next) && !(character === '$' && /[^\s"'`]/.test(next))) return undefined;
			if (character === '@' && !/[A-Za-z_$]/.test(next)) return undefined;
			return variable(source, at);
		}
		case '\\(':
			return undefined;
		default:
			return style satisfies never;
	}
}

/** `$name`, `$name[0]`, `$name{key}`, `$name->{key}`. */
function variable(source: string, at: number): { end: number; code?: readonly [number, number] } {
	const name = /[$@]+(?:[A-Za-z_0-9]+|[^\s"'`])(?:::\w+)*(?:->)?/y;
	name.lastIndex = at;
	name.exec(source);
	const end = Math.max(name.lastIndex, at + 1);
	const open = source[end];
	if (open !== '[' && open !== '{') return { end };
	const close = matching(source, end, open === '[' ? ']' : '}');
	return { end: close, code: [end + 1, Math.max(end + 1, close - 1)] };
}

function braced(source: string, open: number): { end: number; code: readonly [number, number] } {
	const end = matching(source, open, source[open] === '(' ? ')' : '}');
	return { end, code: [open + 1, Math.max(open + 1, end - 1)] };
}

/** The offset after the bracket that closes the one at `open`; quotes inside are passed over. */
function matching(source: string, open: number, close: string): number {
	const opening = source[open];
	let depth = 0;
	for (let at = open; at < source.length; at++) {
		const character = source[at];
		if (character === '\\') at++;
		else if (character === '"' || character === "'" || character === '`') {
			const end = closing(source, at);
			if (end !== undefined) at = end;
		} else if (character === opening) depth++;
		else if (character === close && --depth === 0) return at + 1;
	}
	return source.length;
}

/** Where a simple quote on the same line ends. */
function closing(source: string, open: number): number | undefined {
	for (let at = open + 1; at < source.length; at++) {
		const character = source[at];
		if (character === '\\') at++;
		else if (character === source[open]) return at;
		else if (character === '\n') return undefined;
	}
	return undefined;
}
