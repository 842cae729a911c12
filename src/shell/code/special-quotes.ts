// Literals whose marks the author chooses, and documents in line: `q{…}`, `%w[…]`, `<<EOF`, `[[…]]`, `r"…"`.
import { readLiteral } from './decode.ts';
import type { Quote } from './lexis.ts';
import { addLiteral, type Reader } from './tokens.ts';

const brackets: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' };

/** Reads a literal of that kind that begins at `at`; returns where it ends, undefined when none begins there. */
export function readSpecial(reader: Reader, at: number): number | undefined {
	switch (reader.lexis.special) {
		case 'perl':
			return (
				readPerlQuote(reader, at) ??
				readDocument(reader, at, /<<~?(?:(["'`])([^"'`\n]*)\1|([A-Za-z_]\w*))/y, '$@') ??
				readPod(reader, at)
			);
		case 'ruby':
			return (
				readRubyQuote(reader, at) ?? readDocument(reader, at, /<<[~-]?(?:(["'`])([^"'`\n]*)\1|([A-Z_]\w*))/y, '#{')
			);
		case 'php':
			return readDocument(reader, at, /<<<[ \t]*(?:(["'])(\w*)\1|([A-Za-z_]\w*))/y, '$') ?? readPhpTag(reader, at);
		case 'lua':
			return readLongBracket(reader, at);
		case 'python':
			return readPythonQuote(reader, at);
		case 'javascript':
			return readTemplateTag(reader, at);
		case 'awk':
		case undefined:
			return undefined;
		default:
			return reader.lexis.special satisfies never;
	}
}

function readPerlQuote(reader: Reader, at: number): number | undefined {
	const { source, tokens } = reader;
	if (/[\w$@%&]/.test(source[at - 1] ?? '') || !/[qmsty]/.test(source[at] ?? '')) return undefined;
	const opening = /(qq|qw|qx|qr|tr|[qmsy])(?:([^\w\s,;)=>])|=(?![>=~])|[ \t\n]+([^\w\s,;)=#]))/y;
	opening.lastIndex = at;
	const found = opening.exec(source);
	if (!found) return undefined;
	const last = tokens.at(-1);
	if (last?.kind === 'mark' && (last.text === '->' || (last.text === '{' && source[opening.lastIndex - 1] === '}')))
		return undefined;
	const kind = found[1] as string;
	const open = found[2] ?? found[3] ?? '=';
	const close = brackets[open] ?? open;
	const nests = close !== open;
	const from = opening.lastIndex;
	if (kind === 'q') return addLiteral(reader, at, from, { open, close, escapes: 'plain' }, nests);
	if (kind === 'qq') return addLiteral(reader, at, from, { open, close, escapes: 'c', interpolates: '$@' }, nests);
	if (kind === 'qx') {
		const quote: Quote = {
			open,
			close,
			escapes: 'c',
			isCommand: true,
			...(open !== "'" && { interpolates: '$@' as const }),
		};
		return addLiteral(reader, at, from, quote, nests);
	}
	if (kind === 'qw') {
		const literal = readLiteral(source, from, { open, close, escapes: 'plain' }, nests);
		if (!literal.isClosed) reader.isUnclosed = true;
		tokens.push({ kind: 'words', words: (literal.pieces[0] ?? '').split(/\s+/).filter(Boolean), at, end: literal.end });
		reader.hidden.push([at, literal.end]);
		return literal.end;
	}
	return readSubstitution(reader, at, from, kind, open, close, nests);
}

/** `m//`, `s///`, `tr///`: a pattern, a replacement, and letters that may make the replacement code. */
function readSubstitution(
	reader: Reader,
	at: number,
	from: number,
	kind: string,
	open: string,
	close: string,
	nests: boolean,
): number {
	const { source } = reader;
	const plain: Quote = { open, close, escapes: 'none' };
	let end = skipDelimited(source, from, plain, nests);
	let replacement: string | undefined;
	if (kind === 's' || kind === 'tr' || kind === 'y') {
		let second = { ...plain };
		let start = end;
		if (nests) {
			while (/\s/.test(source[start] ?? '')) start++;
			const mark = source[start] ?? '';
			second = { open: mark, close: brackets[mark] ?? mark, escapes: 'none' };
			start++;
		}
		end = skipDelimited(source, start, second, second.open !== second.close);
		replacement = source.slice(start, Math.max(start, end - 1));
	}
	if (end > source.length) {
		reader.isUnclosed = true;
		reader.hidden.push([at, source.length]);
		return source.length;
	}
	const letters = /[a-zA-Z]*/y;
	letters.lastIndex = end;
	const flags = letters.exec(source)?.[0] ?? '';
	const runs = kind === 's' && flags.includes('e');
	reader.hidden.push([at, end]);
	const text = source.slice(from, end);
	// Patterns may hold code, too: (?{ … }), (??{ … }), @{[ … ]}.
	if (text.includes('(?{') || text.includes('(??{') || text.includes('@{') || text.includes('${'))
		reader.isAmbiguous = true;
	// With `ee` the value of the code is evaluated once more.
	const code = runs && !/e.*e/.test(flags) ? replacement : undefined;
	reader.tokens.push({
		kind: 'pattern',
		runs,
		at,
		end: letters.lastIndex,
		...(code !== undefined && { replacement: code }),
	});
	if (code !== undefined) reader.inner.push([end - 1 - code.length, end - 1]);
	return letters.lastIndex;
}

function skipDelimited(source: string, from: number, { open, close }: Quote, nests: boolean): number {
	let depth = 0;
	for (let at = from; at < source.length; at++) {
		const character = source[at];
		if (character === '\\') at++;
		else if (nests && character === open) depth++;
		else if (character === close && depth-- === 0) return at + 1;
	}
	return source.length + 1;
}

function readPod(reader: Reader, at: number): number | undefined {
	const { source } = reader;
	if (source[at] !== '=' || (at > 0 && source[at - 1] !== '\n') || !/[a-z]/.test(source[at + 1] ?? ''))
		return undefined;
	const cut = source.indexOf('\n=cut', at);
	const end = cut < 0 ? source.length : cut + 5;
	reader.hidden.push([at, end]);
	return end;
}

function readRubyQuote(reader: Reader, at: number): number | undefined {
	const { source, tokens } = reader;
	if (source[at] !== '%') return undefined;
	const opening = /%(?:([qQwWiIxrs])([^\w\s])|([([{<|!/]))/y;
	opening.lastIndex = at;
	const found = opening.exec(source);
	if (!found) return undefined;
	const last = tokens.at(-1);
	// After a value it is the remainder: `a %(b)`; after a name it may be either.
	if (last?.kind === 'number' || last?.kind === 'text' || (last?.kind === 'mark' && /^[)\]}]$/.test(last.text)))
		return undefined;
	if (last?.kind === 'name' && found[1] === undefined) {
		reader.isAmbiguous = true;
		return undefined;
	}
	const kind = found[1] ?? 'Q';
	const open = found[2] ?? found[3] ?? '(';
	const close = brackets[open] ?? open;
	const nests = close !== open;
	const from = opening.lastIndex;
	if (kind === 'q' || kind === 's') return addLiteral(reader, at, from, { open, close, escapes: 'plain' }, nests);
	if (kind === 'r') {
		const literal = readLiteral(source, from, { open, close, escapes: 'plain', interpolates: '#{' }, nests);
		for (const range of literal.code) reader.inner.push(range);
		reader.hidden.push([at, literal.end]);
		tokens.push({ kind: 'pattern', runs: false, at, end: literal.end });
		return literal.end;
	}
	if (kind === 'w' || kind === 'i' || kind === 'W' || kind === 'I') {
		const literal = readLiteral(source, from, { open, close, escapes: 'plain', interpolates: '#{' }, nests);
		for (const range of literal.code) reader.inner.push(range);
		const known = literal.pieces.length === 1 && typeof literal.pieces[0] === 'string';
		reader.hidden.push([at, literal.end]);
		if (known)
			tokens.push({
				kind: 'words',
				words: (literal.pieces[0] ?? '').split(/\s+/).filter(Boolean),
				at,
				end: literal.end,
			});
		else tokens.push({ kind: 'text', pieces: [null], at, end: literal.end });
		return literal.end;
	}
	return addLiteral(
		reader,
		at,
		from,
		{ open, close, escapes: 'c', interpolates: '#{', ...(kind === 'x' && { isCommand: true as const }) },
		nests,
	);
}

/** `<<EOF`: the text begins on the next line and ends at a line that says `EOF`. */
function readDocument(
	reader: Reader,
	at: number,
	opening: RegExp,
	interpolates: '$' | '$@' | '#{',
): number | undefined {
	const { source } = reader;
	if (!source.startsWith('<<', at)) return undefined;
	const mark = new RegExp(opening, 'y');
	mark.lastIndex = at;
	const found = mark.exec(source);
	if (!found) return undefined;
	if (reader.nextBody < mark.lastIndex) {
		const line = source.indexOf('\n', at);
		reader.nextBody = line < 0 ? source.length : line + 1;
	}
	const body = reader.nextBody;
	const first = reader.bodies.get(body) ?? body;
	const word = found[2] ?? found[3] ?? '';
	let line = first;
	let end = source.length;
	let isClosed = false;
	while (line < source.length) {
		const next = source.indexOf('\n', line);
		const stop = next < 0 ? source.length : next;
		if (
			source
				.slice(line, stop)
				.trim()
				.replace(/[;,)]+$/, '') === word
		) {
			end = line;
			line = stop + 1;
			isClosed = true;
			break;
		}
		line = stop + 1;
	}
	if (!isClosed) reader.isUnclosed = true;
	reader.bodies.set(body, Math.min(line, source.length));
	reader.hidden.push([first, end]);
	const raw = source.slice(first, end);
	const isCommand = found[1] === '`';
	const quote: Quote = {
		open: '\0',
		close: '\0',
		escapes: found[1] === "'" ? 'none' : 'c',
		...(found[1] !== "'" && { interpolates }),
	};
	const literal = readLiteral(raw, 0, quote, false);
	for (const [from, to] of literal.code) reader.inner.push([first + from, first + to]);
	reader.tokens.push({ kind: isCommand ? 'command' : 'text', pieces: literal.pieces, at, end: mark.lastIndex });
	return mark.lastIndex;
}

function readPhpTag({ source }: Reader, at: number): number | undefined {
	if (source.startsWith('<?php', at)) return at + 5;
	return source.startsWith('<?=', at) ? at + 3 : undefined;
}

/** `[[…]]`, `[==[…]==]`, and the same after `--`. */
function readLongBracket(reader: Reader, at: number): number | undefined {
	const { source } = reader;
	const opening = /(?:--)?\[(=*)\[/y;
	if (source[at] !== '[' && source[at] !== '-') return undefined;
	opening.lastIndex = at;
	const found = opening.exec(source);
	if (!found) return undefined;
	const close = `]${found[1]}]`;
	const stop = source.indexOf(close, opening.lastIndex);
	const end = stop < 0 ? source.length : stop + close.length;
	if (stop < 0) reader.isUnclosed = true;
	reader.hidden.push([at, end]);
	if (source[at] === '[') {
		reader.tokens.push({ kind: 'text', pieces: [source.slice(opening.lastIndex, stop < 0 ? end : stop)], at, end });
	}
	return end;
}

function readPythonQuote(reader: Reader, at: number): number | undefined {
	const { source } = reader;
	if (/\w/.test(source[at - 1] ?? '')) return undefined;
	const opening = /([rRbBuUfFtT]{0,2})("""|'''|"|')/y;
	opening.lastIndex = at;
	const found = opening.exec(source);
	if (!found) return undefined;
	const prefix = (found[1] ?? '').toLowerCase();
	const mark = found[2] as string;
	const quote: Quote = {
		open: mark,
		close: mark,
		escapes: prefix.includes('r') ? 'plain' : 'c',
		...(/[ft]/.test(prefix) && { interpolates: '{' as const }),
	};
	return addLiteral(reader, at, opening.lastIndex, quote, false);
}

/** `` String.raw`…` `` and `` $`…` `` are calls with a template as their text. */
function readTemplateTag(reader: Reader, at: number): number | undefined {
	const { source, tokens } = reader;
	if (source[at] !== '`') return undefined;
	const last = tokens.at(-1);
	if (last?.kind !== 'name' || last.end !== at) return undefined;
	tokens.push({ kind: 'mark', text: '(', at, end: at });
	const end = addLiteral(reader, at, at + 1, { open: '`', close: '`', escapes: 'c', interpolates: '${' }, false);
	tokens.push({ kind: 'mark', text: ')', at: end, end });
	return end;
}
