// Works out what arguments in source text say: texts, lists of texts, or nothing known.
import type { Language } from './language.ts';
import type { Token } from './lexis.ts';

export type Value =
	| { readonly kind: 'text'; readonly pieces: readonly (string | null)[] }
	/** `isOpen`: there may be more items, or they are otherwise. */
	| { readonly kind: 'list'; readonly items: readonly Value[]; readonly isOpen: boolean }
	| { readonly kind: 'unknown' };

/** Arguments of a call: those in order, those by name, and the tokens they take. */
export interface Arguments {
	readonly values: readonly Value[];
	readonly named: ReadonlyMap<string, Value>;
	readonly start: number;
	readonly end: number;
}

/** What an evaluation may look up. */
export interface Scope {
	readonly language: Language;
	readonly tokens: readonly Token[];
	/** Offset of the matching bracket, for each bracket token. */
	readonly partner: ReadonlyMap<number, number>;
	readonly constants: ReadonlyMap<string, Value>;
}

const unknown: Value = { kind: 'unknown' };
/** Lists in lists in texts: deeper ones are unknown. */
const deepest = 8;

export function isMark(token: Token | undefined, ...marks: readonly string[]): boolean {
	return token?.kind === 'mark' && marks.includes(token.text);
}

/** Pairs up brackets; one without a partner is absent. */
export function pairBrackets(tokens: readonly Token[]): ReadonlyMap<number, number> {
	const closers: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
	const open: number[] = [];
	const partner = new Map<number, number>();
	for (const [at, token] of tokens.entries()) {
		if (token.kind !== 'mark') continue;
		if (token.text === '(' || token.text === '[' || token.text === '{') open.push(at);
		const wanted = closers[token.text];
		if (wanted === undefined) continue;
		const last = open.at(-1);
		if (last === undefined || !isMark(tokens[last], wanted)) continue;
		open.pop();
		partner.set(last, at);
		partner.set(at, last);
	}
	return partner;
}

/** The arguments that follow the name at `at`; undefined when none do, and it is no call. */
export function readArguments(scope: Scope, at: number): Arguments | undefined {
	const { tokens, partner, language } = scope;
	const next = tokens[at + 1];
	if (language.calls === 'prefix') {
		const open = at - 1;
		const end = isMark(tokens[open], '(') ? partner.get(open) : undefined;
		return end === undefined ? undefined : spacedArguments(scope, at + 1, end);
	}
	if (isMark(next, '(')) {
		const end = partner.get(at + 1);
		if (language.calls === 'spaced') return spacedArguments(scope, at + 1, endOfStatement(scope, at + 1, false));
		if (end === undefined) return { values: [unknown], named: new Map(), start: at + 1, end: tokens.length };
		// `system ("a") . "b"` is still read up to the bracket, as the languages do.
		return splitArguments(scope, at + 2, end);
	}
	if (language.calls === 'brackets') {
		// Lua and JavaScript call with a lone literal.
		const isLone = next?.kind === 'text' && language.lexis.special === 'lua';
		return isLone ? splitArguments(scope, at + 1, at + 2) : undefined;
	}
	if (
		next === undefined ||
		next.kind === 'break' ||
		isMark(next, ';', ')', ']', '}', ',', '=', '=>', '.', '->', '?', ':')
	)
		return undefined;
	const end = endOfStatement(scope, at + 1, language.calls === 'bare');
	return language.calls === 'spaced' ? spacedArguments(scope, at + 1, end) : splitArguments(scope, at + 1, end);
}

const trailers = new Set([
	'or',
	'and',
	'if',
	'unless',
	'while',
	'until',
	'for',
	'foreach',
	'do',
	'then',
	'rescue',
	'in',
	'x',
	'where',
]);

/** Where a call without brackets ends. */
function endOfStatement({ tokens, partner }: Scope, from: number, withTrailers: boolean): number {
	let at = from;
	while (at < tokens.length) {
		const token = tokens[at] as Token;
		if (token.kind === 'break') return at;
		if (withTrailers && token.kind === 'name' && trailers.has(token.text)) return at;
		if (isMark(token, ';', ')', ']', '}', '||', '&&', '>>=', '?')) return at;
		if (isMark(token, '(', '[', '{')) {
			const end = partner.get(at);
			if (end === undefined) return tokens.length;
			at = end;
		}
		at++;
	}
	return tokens.length;
}

function splitArguments(scope: Scope, start: number, end: number): Arguments {
	const values: Value[] = [];
	const named = new Map<string, Value>();
	let from = start;
	// Perl and Ruby: system {"python3"} "ls": the block names the program.
	if (scope.language.calls === 'bare' && isMark(scope.tokens[start], '{')) {
		const close = scope.partner.get(start);
		if (close !== undefined && close < end) {
			named.set('executable', readValue(scope, start + 1, close));
			from = close + 1;
		}
	}
	for (const [first, last] of commaParts(scope, from, end)) {
		const name = nameBefore(scope, first, last);
		if (name) named.set(name.text, readValue(scope, name.from, last));
		else {
			const isTable =
				isMark(scope.tokens[first], '{') && /^(?:javascript|ruby|python)$/.test(scope.language.lexis.special ?? '');
			if (isTable) addOptions(scope, first, last, named);
			else values.push(readValue(scope, first, last));
		}
	}
	return { values, named, start, end };
}

/** `{ shell: true, cwd: "x" }` as named arguments. */
function addOptions(scope: Scope, first: number, last: number, named: Map<string, Value>): undefined {
	for (const [from, to] of commaParts(scope, first + 1, last - 1)) {
		const name = nameBefore(scope, from, to);
		if (name) named.set(name.text, readValue(scope, name.from, to));
		else named.set(textOf(scope.tokens[from]) ?? '…', unknown);
	}
}

function textOf(token: Token | undefined): string | undefined {
	if (token?.kind === 'name') return token.text;
	return token?.kind === 'text' && token.pieces.length === 1 ? (token.pieces[0] ?? undefined) : undefined;
}

/** `name=`, `name:`, `name =>`, `:name =>` at the start of an argument. */
function nameBefore({ tokens }: Scope, from: number, to: number): { text: string; from: number } | undefined {
	const start = isMark(tokens[from], ':', '(') ? from + 1 : from;
	const text = textOf(tokens[start]);
	if (text === undefined || start + 1 >= to || !isMark(tokens[start + 1], '=', ':', '=>')) return undefined;
	return { text, from: start + 2 };
}

function commaParts({ tokens, partner }: Scope, start: number, end: number): (readonly [number, number])[] {
	const parts: (readonly [number, number])[] = [];
	let from = start;
	for (let at = start; at < end; at++) {
		const token = tokens[at] as Token;
		if (isMark(token, '(', '[', '{')) at = Math.min(partner.get(at) ?? at, end);
		else if (isMark(token, ',', '=>') && !(isMark(token, '=>') && parts.length === 0 && from === at)) {
			if (isMark(token, '=>')) continue;
			parts.push([from, at]);
			from = at + 1;
		}
	}
	if (from < end) parts.push([from, end]);
	return parts;
}

/** `f a (b c) "d"`: every value by itself. */
function spacedArguments(scope: Scope, start: number, end: number): Arguments {
	const { tokens, partner } = scope;
	const values: Value[] = [];
	for (let at = start; at < end; at++) {
		const token = tokens[at] as Token;
		// A quoted list in Lisp; `$` in Haskell applies to all that follows.
		if (isMark(token, "'", '`') || token.kind === 'break' || (token.kind === 'name' && token.text === '$')) continue;
		const close = isMark(token, '(', '[', '{') ? partner.get(at) : undefined;
		const last = close !== undefined && close <= end ? close + 1 : at + 1;
		values.push(isMark(token, '(') ? bracketValue(scope, at, last) : readValue(scope, at, last));
		at = last - 1;
	}
	return { values, named: new Map(), start, end };
}

/** `'("a" "b")`, `(list "a" "b")` in Lisp; `("a" ++ x)` in Haskell. */
function bracketValue(scope: Scope, open: number, end: number): Value {
	if (scope.language.calls !== 'prefix') return readValue(scope, open, end);
	const head = scope.tokens[open + 1];
	const isList = isMark(scope.tokens[open - 1], "'", '`') || head?.kind === 'text';
	const isMaker = head?.kind === 'name' && (scope.language.lists ?? []).includes(head.text);
	if (!isList && !isMaker) return unknown;
	const inner = spacedArguments(scope, isMaker ? open + 2 : open + 1, end - 1);
	return { kind: 'list', items: inner.values, isOpen: false };
}

/** The value of the expression between two tokens. */
export function readValue(scope: Scope, start: number, end: number, depth = 0): Value {
	if (start >= end || depth > deepest) return unknown;
	const parts: Value[] = [];
	let wantsJoin = false;
	for (let at = start; at < end; at++) {
		const token = scope.tokens[at] as Token;
		if (token.kind === 'break' || (!wantsJoin && isPrefix(scope, token))) continue;
		if (token.kind === 'mark' && scope.language.joins.includes(token.text) && wantsJoin) {
			wantsJoin = false;
			continue;
		}
		if (wantsJoin && !scope.language.joins.includes('')) return partly(parts);
		const operand = readOperand(scope, at, end, depth);
		if (operand === undefined) return partly(parts);
		parts.push(operand.value);
		at = operand.last;
		wantsJoin = true;
	}
	return parts.length === 1 ? (parts[0] ?? unknown) : joinValues(parts);
}

/** What stands before a value and leaves it as it is: `new String[] {…}`, `\\@list`, `:symbol`. */
function isPrefix({ language }: Scope, token: Token): boolean {
	if (token.kind === 'name') return token.text === 'new' || token.text === 'await' || token.text === 'my';
	return language.calls !== 'brackets' && isMark(token, '\\', ':');
}

function readOperand(scope: Scope, at: number, end: number, depth: number): { value: Value; last: number } | undefined {
	const { tokens, partner, language } = scope;
	const token = tokens[at] as Token;
	switch (token.kind) {
		case 'text':
			return isFollowed(scope, at, end) ? undefined : { value: { kind: 'text', pieces: token.pieces }, last: at };
		case 'number':
			return { value: { kind: 'text', pieces: [token.text] }, last: at };
		case 'words':
			return { value: { kind: 'list', items: token.words.map((word) => text(word)), isOpen: false }, last: at };
		case 'command':
			// A command as a value is what it prints.
			return { value: unknown, last: at };
		case 'name': {
			const isMaker = (language.lists ?? []).includes(token.text);
			if (token.text === 'join' || token.text === 'implode') return readJoin(scope, at, end);
			// new String[] { … }
			const isTyped = isMark(tokens[at + 1], '[') && isMark(tokens[at + 2], ']');
			const open =
				isMaker && isMark(tokens[at + (isTyped ? 3 : 1)], '(', '[', '{') ? at + (isTyped ? 3 : 1) : undefined;
			const close = open === undefined ? undefined : partner.get(open);
			if (open !== undefined && close !== undefined && close < end) {
				return { value: listBetween(scope, open + 1, close, depth), last: close };
			}
			const constant = scope.constants.get(token.text);
			return constant === undefined || isFollowed(scope, at, end) ? undefined : { value: constant, last: at };
		}
		case 'mark': {
			const close = partner.get(at);
			if (close === undefined || close >= end || close < at) return undefined;
			if (isMark(tokens[close + 1], '.') && isName(tokens[close + 2], 'join')) {
				return joinList(scope, listBetween(scope, at + 1, close, depth), close + 2, end);
			}
			if (isFollowed(scope, close, end)) return undefined;
			if (token.text === '(') {
				const parts = commaParts(scope, at + 1, close);
				const isSingle = parts.length === 1;
				return {
					value: isSingle ? readValue(scope, at + 1, close, depth + 1) : listBetween(scope, at + 1, close, depth),
					last: close,
				};
			}
			return { value: listBetween(scope, at + 1, close, depth), last: close };
		}
		case 'pattern':
		case 'break':
			return undefined;
		default:
			return token satisfies never;
	}
}

/** `join "", qw(a b)` and `join("", "a", "b")`: a separator and a list. */
function readJoin(scope: Scope, at: number, end: number): { value: Value; last: number } | undefined {
	if (scope.language.lexis.special !== 'perl' && scope.language.lexis.special !== 'php') return undefined;
	const args = readArguments(scope, at);
	if (args === undefined || args.end > end) return undefined;
	const [separator, ...items] = args.values;
	const last = isMark(scope.tokens[at + 1], '(') ? args.end : args.end - 1;
	return { value: joinItems(separator, items), last };
}

/** `["a", "b"].join("")`. */
function joinList(scope: Scope, list: Value, at: number, end: number): { value: Value; last: number } | undefined {
	const close = isMark(scope.tokens[at + 1], '(') ? scope.partner.get(at + 1) : undefined;
	if (close === undefined || close >= end || list.kind !== 'list' || list.isOpen || isFollowed(scope, close, end))
		return undefined;
	const separator = close === at + 2 ? undefined : readValue(scope, at + 2, close, deepest - 1);
	const byDefault = scope.language.lexis.special === 'javascript' ? ',' : '';
	return { value: joinItems(separator ?? text(byDefault), list.items), last: close };
}

function joinItems(separator: Value | undefined, items: readonly Value[]): Value {
	if (separator?.kind !== 'text') return unknown;
	const flat = items.flatMap((item) => (item.kind === 'list' ? item.items : [item]));
	if (items.some((item) => item.kind === 'list' && item.isOpen)) return unknown;
	return joinValues(flat.flatMap((item, at) => (at === 0 ? [item] : [separator, item])));
}

function isName(token: Token | undefined, name: string): boolean {
	return token?.kind === 'name' && token.text === name;
}

/** A method call, an index or a range after a value makes another value of it. */
function isFollowed({ tokens, language }: Scope, at: number, end: number): boolean {
	const next = tokens[at + 1];
	if (at + 1 >= end || next === undefined) return false;
	if (isMark(next, '.')) return !language.joins.includes('.');
	return isMark(next, '[', '->', '::', '?.', '(', '%', '*', '=~');
}

function listBetween(scope: Scope, start: number, end: number, depth: number): Value {
	const items: Value[] = [];
	let isOpen = false;
	for (const [from, to] of commaParts(scope, start, end)) {
		if (isMark(scope.tokens[from], '..', '.', '*')) {
			isOpen = true;
			items.push(unknown);
			continue;
		}
		const value = readValue(scope, from, to, depth + 1);
		if (value.kind === 'list') {
			items.push(...value.items);
			isOpen ||= value.isOpen;
		} else {
			items.push(value);
			// In languages that flatten, a variable may be several.
			if (value.kind === 'unknown' && scope.tokens[from]?.kind === 'name') isOpen = true;
		}
	}
	return { kind: 'list', items, isOpen };
}

function text(value: string): Value {
	return { kind: 'text', pieces: [value] };
}

function partly(parts: readonly Value[]): Value {
	return parts.length === 0 ? unknown : joinValues([...parts, unknown]);
}

function joinValues(parts: readonly Value[]): Value {
	const pieces: (string | null)[] = [];
	for (const part of parts) {
		for (const piece of part.kind === 'text' ? part.pieces : [null]) {
			const last = pieces.at(-1);
			if (piece !== null && typeof last === 'string') pieces[pieces.length - 1] = last + piece;
			else if (piece !== null || last !== null) pieces.push(piece);
		}
	}
	return pieces.every((piece) => piece === null) ? unknown : { kind: 'text', pieces };
}
