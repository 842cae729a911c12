// Finds what makes an SQL text unsafe to read: places where PostgreSQL and others disagree about what is code and what is quoted.

/** How many statements semicolons make of it (undefined where they also stand in a body), or why nobody can be certain. */
export type SqlScan = { readonly statements: number | undefined } | { readonly doubt: string };

/** UTF-16 units. PostgreSQL's parser takes a tenth of a second for so much of the densest text. */
export const longestSql = 65_536;

/**
 * Walks over the text as PostgreSQL's scanner does. Everything it steps over as a whole (a string, a quoted name, a
 * comment) must be one piece for every other reader, too: then no reader finds a statement where another finds a string.
 * It shares no code with the parser, whose number of statements is held against its own.
 */
export function scanSql(text: string): SqlScan {
	const unfit = unfitText(text);
	if (unfit !== undefined) return { doubt: unfit };
	const pieces = new Pieces();
	let at = 0;
	/** Where a reader that quotes names in brackets (SQLite, SQL Server) is code again; 0 outside of brackets. */
	let bracketEnd = 0;
	while (at < text.length) {
		const token = tokenAt(text, at);
		if ('doubt' in token) return token;
		if (token.kind === 'open' && text[at] === '[' && bracketEnd <= at) {
			bracketEnd = text.indexOf(']', at) + 1;
			if (bracketEnd === 0) return { doubt: 'a `[` is never closed' };
		} else if (at < bracketEnd && token.end >= bracketEnd && token.kind !== 'close') {
			return { doubt: 'a `]` inside of quotes ends a name in brackets in other databases' };
		}
		pieces.take(token.kind, text.slice(at, Math.min(token.end, at + longestWord)));
		at = token.end;
	}
	return { statements: pieces.count() };
}

type TokenKind = 'blank' | 'word' | 'quoted' | 'open' | 'close' | 'semicolon' | 'other';

type Token = { readonly kind: TokenKind; readonly end: number } | { readonly doubt: string };

const longestWord = 16;

/** As PostgreSQL's scanner reads `a ; b`, a run of these is one operator, and it starts over for each that it can't use. */
const longestOperator = 256;
const operatorRun = new RegExp(`[-~!@#^&|\`?+*/%<>=]{${longestOperator + 1}}`);

function unfitText(text: string): string | undefined {
	if (text.length > longestSql) return `it is longer than ${longestSql} characters`;
	if (text.includes('\0')) return 'it contains NUL, where some readers stop';
	if (/\p{Surrogate}/u.test(text)) return 'it is not well-formed Unicode';
	if (operatorRun.test(text)) return `it contains a run of more than ${longestOperator} operator characters`;
	return undefined;
}

function tokenAt(text: string, at: number): Token {
	const unit = text[at] as string;
	switch (unit) {
		case "'":
		case '"':
			return quotedAt(text, at, unit);
		case '-':
			return text[at + 1] === '-' ? lineCommentAt(text, at) : { kind: 'other', end: at + 1 };
		case '/':
			return text[at + 1] === '*' ? blockCommentAt(text, at) : { kind: 'other', end: at + 1 };
		case '$':
			// `$1` is a parameter. Anything else may begin a string that only PostgreSQL knows.
			if (/[0-9]/.test(text[at + 1] ?? '')) return { kind: 'other', end: at + 1 };
			return { doubt: 'a `$` quotes text in PostgreSQL only' };
		case '#':
			return { doubt: 'a `#` begins a comment in other databases; for JSON write `->` and `->>`' };
		case '`':
			return { doubt: 'a backquote quotes names in other databases' };
		case '\\':
			return { doubt: 'a backslash outside of quotes is a command to psql' };
		case '(':
		case '[':
			return { kind: 'open', end: at + 1 };
		case ')':
		case ']':
			return { kind: 'close', end: at + 1 };
		case ';':
			return { kind: 'semicolon', end: at + 1 };
		default:
			return plainAt(text, at);
	}
}

/** Closed by the first quote that is not doubled. A backslash before a quote escapes it for some, and is plain text for others. */
function quotedAt(text: string, at: number, quote: string): Token {
	let end = at + 1;
	for (;;) {
		const next = text.indexOf(quote, end);
		if (next === -1) return { doubt: 'a quote is never closed' };
		let backslashes = 0;
		while (next - backslashes > end && text[next - backslashes - 1] === '\\') backslashes += 1;
		if (backslashes % 2 === 1) return { doubt: 'a backslash before a quote escapes it in some databases only' };
		end = next + 1;
		if (text[end] !== quote) return { kind: 'quoted', end };
		end += 1;
	}
}

/** PostgreSQL ends it at a line feed or a carriage return, MySQL at a line feed; MySQL wants a blank behind `--`. */
function lineCommentAt(text: string, at: number): Token {
	const rest = /[\n\r]/g;
	rest.lastIndex = at + 2;
	const end = rest.exec(text)?.index ?? text.length;
	const comment = text.slice(at + 2, end);
	if (comment !== '' && !/^[ \t]/.test(comment))
		return { doubt: 'a `--` without a blank behind it is no comment in MySQL' };
	const isOddEnd = text[end] === '\r' && text[end + 1] !== '\n';
	if (isOddEnd || /[\v\f\u0085\u2028\u2029]/.test(comment)) {
		return { doubt: 'not every reader ends the comment in the same place' };
	}
	return { kind: 'blank', end };
}

function blockCommentAt(text: string, at: number): Token {
	const end = text.indexOf('*/', at + 2);
	if (end === -1) return { doubt: 'a comment is never closed' };
	const comment = text.slice(at + 2, end);
	if (/^[A-Za-z]*!/.test(comment)) return { doubt: 'what stands in `/*! … */` runs in MySQL' };
	// Up to the slash: `/*/*/` is one comment to most, and the beginning of two to PostgreSQL.
	if (text.slice(at + 2, end + 1).includes('/*'))
		return { doubt: 'comments inside of comments end where only PostgreSQL thinks' };
	return { kind: 'blank', end: end + 2 };
}

function plainAt(text: string, at: number): Token {
	const blank = /[ \t\n\r\f\v]+/y;
	const word = /[A-Za-z0-9_\p{L}\p{N}\p{M}]+/uy;
	for (const [kind, pattern] of [
		['blank', blank],
		['word', word],
	] as const) {
		pattern.lastIndex = at;
		if (pattern.test(text)) return { kind, end: pattern.lastIndex };
	}
	const code = text.codePointAt(at) as number;
	if (code < 0x20 || code === 0x7f) return { doubt: 'it contains a control character' };
	// To PostgreSQL part of a name; to others a blank, or nothing.
	if (code > 0x7f)
		return { doubt: `the character U+${code.toString(16).toUpperCase().padStart(4, '0')} stands outside of quotes` };
	return { kind: 'other', end: at + 1 };
}

/** Counts statements: what stands between semicolons, but within parentheses and in the body of a function. */
class Pieces {
	#count = 0;
	#depth = 0;
	#isEmpty = true;
	#last = '';
	#hasBody = false;

	take(kind: TokenKind, text: string): void {
		if (kind === 'blank') return;
		if (kind === 'semicolon' && this.#depth === 0) {
			if (!this.#isEmpty) this.#count += 1;
			this.#isEmpty = true;
			this.#last = '';
			return;
		}
		this.#isEmpty = false;
		if (kind === 'open') this.#depth += 1;
		if (kind === 'close') this.#depth -= 1;
		const word = kind === 'word' ? text.toLowerCase() : '';
		if (word === 'atomic' && this.#last === 'begin') this.#hasBody = true;
		this.#last = word;
	}

	count(): number | undefined {
		return this.#hasBody ? undefined : this.#count + (this.#isEmpty ? 0 : 1);
	}
}
