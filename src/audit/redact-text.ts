// Takes secrets out of free text: messages, URLs, command lines, JSON inside strings.
import { isCredentialHeader, secrecyOf } from './secret-names.ts';
import { afterWords, replaceKnown } from './secret-patterns.ts';

export interface RedactedText {
	readonly text: string;
	/** How many places were replaced. */
	readonly count: number;
}

export const redactedMark = '[redacted]';
const markPattern = /^\[redacted(?::[a-z0-9-]+)?\]$/;

/**
 * The text without what looks like a secret: known token formats, passwords in URLs, and values that a telling name
 * stands before (`--password x`, `TOKEN=x`, `"api_key": "x"`, `Authorization: …`). Linear in the text.
 * A secret without a known form and without a telling name is not seen.
 */
export function redactText(text: string): RedactedText {
	// Words and numbers, most of what a record holds: nothing to look for.
	if (text.length < 12 && !/[=:@%\s]/.test(text)) return { text, count: 0 };
	let count = 0;
	let clean = replaceKnown(text, (kind) => {
		count += 1;
		return `[redacted:${kind}]`;
	});
	for (const { near, pattern } of afterWords) {
		if (!near.test(clean)) continue;
		clean = clean.replace(pattern, (found, kept: string) => {
			if (markPattern.test(found.slice(kept.length))) return found;
			count += 1;
			return `${kept}${redactedMark}`;
		});
	}
	const named = redactNamed(clean);
	return { text: named.text, count: count + named.count };
}

/** A separator that may stand between a name and its value, or a flag with a value behind a space. */
const candidates = /[=:]|%3[da]|(?<![\w-])--?[a-z][\w-]{1,63}\s{1,4}(?![\s=:]|--\w)/gi;

function redactNamed(text: string): RedactedText {
	if (text.search(candidates) === -1) return { text, count: 0 };
	let out = '';
	let done = 0;
	let count = 0;
	const quotes = new OpenQuote(text);
	const pattern = new RegExp(candidates);
	for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
		const isFlag = found[0].startsWith('-');
		const name = isFlag ? found[0].trim() : nameBefore(text, found.index, done);
		if (name === '' || secrecyOf(name) === undefined) continue;
		const isEncoded = found[0].startsWith('%');
		const first = isFlag ? pattern.lastIndex : skipSeparator(text, pattern.lastIndex);
		for (let start: number | undefined = first; start !== undefined; ) {
			const quote = quotes.at(start);
			const value: Span =
				blockAt(text, start) ??
				(isCredentialHeader(name) ? headerValue(text, start, quote) : valueAt(text, start, quote, isEncoded));
			pattern.lastIndex = Math.max(value.to, pattern.lastIndex);
			start = nextStart(text, value);
			if (value.to <= value.from || isReference(text, value)) continue;
			if (markPattern.test(text.slice(value.from, value.to))) continue;
			out += text.slice(done, value.from) + redactedMark;
			done = value.to;
			count += 1;
		}
	}
	return { text: out + text.slice(done), count };
}

/** Where another value begins when what looked like a value names one itself: `token: password: x`, `T=a\ --password x`. */
function nextStart(text: string, { from, to }: Span): number | undefined {
	if (to <= from) return undefined;
	const separator = /^\\{0,4}["'`]?[ \t]{0,2}[:=]/.exec(text.slice(to, to + 9))?.[0];
	if (separator !== undefined) return skipSeparator(text, to + separator.length);
	const tail = text.slice(Math.max(from, to - 80), to);
	if (/[:=]$/.test(tail)) return skipSeparator(text, to);
	const flag = /(?:^|[\s\\])(--?[a-z][\w-]{1,63})$/i.exec(tail)?.[1];
	const space = /^[ \t]{1,4}/.exec(text.slice(to, to + 4))?.[0];
	return flag !== undefined && space !== undefined && secrecyOf(flag) !== undefined ? to + space.length : undefined;
}

interface Span {
	readonly from: number;
	readonly to: number;
}

/** The name that ends before a separator: `password`, `"password"`, `\"password\"`, `['password']`, `--password`. */
function nameBefore(text: string, separator: number, floor: number): string {
	let end = separator;
	for (let room = 3; room > 0 && end > floor && /[ \t]/.test(text.charAt(end - 1)); room -= 1) end -= 1;
	for (let room = 6; room > 0 && end > floor && /[\\"'`\]:]/.test(text.charAt(end - 1)); room -= 1) end -= 1;
	let start = end;
	while (start > floor && end - start < 80 && /[\w.%$-]/.test(text.charAt(start - 1))) start -= 1;
	return text.slice(start, end);
}

function skipSeparator(text: string, from: number): number {
	let start = from;
	while (start < from + 2 && /[=>:~]/.test(text.charAt(start))) start += 1;
	for (let room = 4; room > 0 && /[ \t]/.test(text.charAt(start)); room -= 1) start += 1;
	return start;
}

/** A block of YAML that hangs below its name: `password: |` and the indented lines that follow. */
function blockAt(text: string, start: number): Span | undefined {
	const opening = /^[|>][+-]?\d?[ \t]{0,8}\r?\n([ \t]{1,64})/.exec(text.slice(start, start + 80));
	if (opening === null) return undefined;
	const from = start + opening[0].length;
	for (let to = text.indexOf('\n', from); to !== -1; to = text.indexOf('\n', to + 1)) {
		// Blank lines belong to the block, less indented ones end it.
		if (!text.startsWith(opening[1] ?? '', to + 1) && !/^[ \t\r]{0,64}(?:\n|$)/.test(text.slice(to + 1, to + 66)))
			return { from, to };
	}
	return { from, to: text.length };
}

/** `$NAME`, `"${NAME}"`: names where the secret is, which is worth keeping. In single quotes it would be the secret itself. */
function isReference(text: string, { from, to }: Span): boolean {
	return text.charAt(from - 1) !== "'" && /^\$(?:[A-Z_][A-Z0-9_]*|\{[A-Z_][A-Z0-9_]*\})$/.test(text.slice(from, to));
}

/** From `start` to the end of the line, or to the quote the header stands in. */
function headerValue(text: string, start: number, enclosing: string | undefined): Span {
	const opening = /^\\*["'`]/.exec(text.slice(start, start + 8))?.[0];
	if (opening !== undefined)
		return { from: start + opening.length, to: closing(text, start + opening.length, opening) };
	let to = start;
	while (to < text.length && !/[\r\n]/.test(text.charAt(to)) && text.charAt(to) !== enclosing) to += 1;
	return { from: start, to };
}

/**
 * The value as a shell, a URL or JSON would end it. Where it is not clear the value is taken to be longer: too much is
 * taken out rather than too little.
 */
function valueAt(text: string, start: number, enclosing: string | undefined, encoded: boolean): Span {
	const opening = /^\\*["'`]/.exec(text.slice(start, start + 8))?.[0];
	// `"password="` ends with the quote it stands in; where anything else follows, the quote opens a value.
	const isEnd = opening === enclosing && /^(?:$|[\s,;)}\]&|])/.test(text.slice(start + 1, start + 2));
	if (opening !== undefined && !isEnd) {
		const from = start + opening.length;
		const end = closing(text, from, opening);
		const after = end + opening.length;
		// A quoted part may be glued to more of the same word: 'a'"b"c
		if (after < text.length && /[\w"'`$]/.test(text.charAt(after)))
			return { from, to: wordEnd(text, after, enclosing, encoded) };
		return { from, to: end };
	}
	if (isSecretFlag(text, start)) return { from: start, to: start };
	return { from: start, to: wordEnd(text, start, enclosing, encoded) };
}

/** `TOKEN= --password x`: the flag is no value, it names one. */
function isSecretFlag(text: string, start: number): boolean {
	const flag = /^--?[a-z][\w-]{1,63}(?=[\s=])/i.exec(text.slice(start, start + 72))?.[0];
	return flag !== undefined && secrecyOf(flag) !== undefined;
}

function wordEnd(text: string, start: number, enclosing: string | undefined, encoded: boolean): number {
	let depth = 0;
	for (let index = start; index < text.length; index += 1) {
		const char = text.charAt(index);
		if (char === '$' && text.charAt(index + 1) === '(') {
			depth += 1;
			index += 1;
		} else if (char === ')' && depth > 0) depth -= 1;
		else if (char === '\\') index += 1;
		else if (char === enclosing) return index;
		else if (char === '"' || char === "'" || char === '`') {
			const end = text.indexOf(char, index + 1);
			if (end === -1) return text.length;
			index = end;
		} else if (depth > 0) continue;
		else if (/[\s;]/.test(char)) return index;
		else if (char === '&' && /^&(?:$|[\s&]|(?:amp;)?[a-z_][\w.-]{0,64}=)/i.test(text.slice(index, index + 72)))
			return index;
		else if (encoded && char === '%' && text.startsWith('%26', index)) return index;
	}
	return text.length;
}

/** Where the delimiter closes; one without backslashes is not closed by an escaped quote. */
function closing(text: string, from: number, delimiter: string): number {
	let end = text.indexOf(delimiter, from);
	while (end !== -1 && delimiter.length === 1 && isEscaped(text, end, from)) end = text.indexOf(delimiter, end + 1);
	return end === -1 ? text.length : end;
}

function isEscaped(text: string, index: number, floor: number): boolean {
	let slashes = 0;
	while (index - slashes > floor && text.charAt(index - slashes - 1) === '\\') slashes += 1;
	return slashes % 2 === 1;
}

/** Tells which quote is open at a place; places are asked for from left to right, so that the text is read once. */
class OpenQuote {
	readonly #text: string;
	#read = 0;
	#open: string | undefined;

	constructor(text: string) {
		this.#text = text;
	}

	at(index: number): string | undefined {
		for (; this.#read < index; this.#read += 1) {
			const char = this.#text.charAt(this.#read);
			if (char === this.#open) this.#open = undefined;
			else if (this.#open === undefined && (char === '"' || char === "'" || char === '`')) this.#open = char;
		}
		return this.#open;
	}
}
