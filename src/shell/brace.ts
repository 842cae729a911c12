// Brace expansion: `{a,b}` and `{1..3}` over words that may hold quotes and expansions.
import { bare, type Fragment } from './fragment.ts';
import { limits } from './limits.ts';

type Token = Fragment | '{' | ',' | '}';

/** What stands in a word: a fragment, or alternatives of which each is a row of such items. */
type Item = Fragment | { readonly alternatives: readonly (readonly Item[])[] };

/**
 * The rows that a word becomes, itself if it holds no braces; undefined if they are too many.
 * Follows Bash Reference Manual 3.5.1: quoted and expanded braces are text, unmatched ones too.
 */
export function expandBraces(row: readonly Fragment[]): readonly (readonly Fragment[])[] | undefined {
	if (!row.some(hasBrace)) return [row];
	const tokens = tokenize(row);
	const ends = matchBraces(tokens);
	if (!ends) return undefined;
	const items = readItems(tokens, 0, tokens.length, ends);
	return count(items) > limits.braceAlternatives ? undefined : rowsOf(items);
}

function hasBrace(fragment: Fragment): boolean {
	return isBare(fragment) && fragment.piece.includes('{');
}

function isBare(fragment: Fragment): fragment is Fragment & { readonly piece: string } {
	return 'piece' in fragment && !fragment.isQuoted && !fragment.isExpanded && typeof fragment.piece === 'string';
}

function tokenize(row: readonly Fragment[]): readonly Token[] {
	const tokens: Token[] = [];
	for (const fragment of row) {
		if (!isBare(fragment)) {
			tokens.push(fragment);
			continue;
		}
		for (const part of fragment.piece.split(/([{},])/)) {
			if (part === '{' || part === ',' || part === '}') tokens.push(part);
			else if (part !== '') tokens.push(bare(part));
		}
	}
	return tokens;
}

/** Where each opening brace ends; undefined when they are nested too deep. */
function matchBraces(tokens: readonly Token[]): ReadonlyMap<number, number> | undefined {
	const ends = new Map<number, number>();
	const open: number[] = [];
	let deepest = 0;
	for (const [at, token] of tokens.entries()) {
		if (token === '{') open.push(at);
		if (token !== '}') continue;
		deepest = Math.max(deepest, open.length);
		const start = open.pop();
		if (start !== undefined) ends.set(start, at);
	}
	return deepest > 32 ? undefined : ends;
}

function readItems(tokens: readonly Token[], from: number, to: number, ends: ReadonlyMap<number, number>): Item[] {
	const items: Item[] = [];
	for (let at = from; at < to; at += 1) {
		const token = tokens[at];
		if (token === undefined) break;
		const end = token === '{' ? ends.get(at) : undefined;
		if (end === undefined) {
			items.push(typeof token === 'string' ? bare(token) : token);
			continue;
		}
		items.push(...readBraces(tokens, at, end, ends));
		at = end;
	}
	return items;
}

function readBraces(tokens: readonly Token[], start: number, end: number, ends: ReadonlyMap<number, number>): Item[] {
	const alternatives: Item[][] = [];
	let from = start + 1;
	for (let at = start + 1; at < end; at += 1) {
		const token = tokens[at];
		if (token === '{') at = ends.get(at) ?? at;
		if (token !== ',') continue;
		alternatives.push(readItems(tokens, from, at, ends));
		from = at + 1;
	}
	const last = readItems(tokens, from, end, ends);
	if (alternatives.length > 0) return [{ alternatives: [...alternatives, last] }];
	const [only] = last;
	const range = last.length === 1 && only && 'piece' in only && isBare(only) ? readRange(only.piece) : undefined;
	return range ? [{ alternatives: range.map((text) => [bare(text)]) }] : [bare('{'), ...last, bare('}')];
}

function readRange(text: string): readonly string[] | undefined {
	const match = /^(?:(-?\d{1,9})\.\.(-?\d{1,9})|([A-Za-z])\.\.([A-Za-z]))(?:\.\.(-?\d{1,9}))?$/.exec(text);
	if (!match) return undefined;
	const [, low = '', high = '', first = '', last = '', by = '1'] = match;
	const isNumber = low !== '';
	const [from, to] = isNumber ? [Number(low), Number(high)] : [first.charCodeAt(0), last.charCodeAt(0)];
	const step = Math.abs(Number(by)) || 1;
	const width = /^-?0\d/.test(low) || /^-?0\d/.test(high) ? Math.max(low.length, high.length) : 0;
	const made: string[] = [];
	// One more than is allowed is enough to be refused.
	for (let at = from; from <= to ? at <= to : at >= to; at += from <= to ? step : -step) {
		made.push(isNumber ? padded(at, width) : String.fromCharCode(at));
		if (made.length > limits.braceAlternatives) break;
	}
	return made;
}

function padded(number: number, width: number): string {
	const digits = String(Math.abs(number));
	return number < 0 ? `-${digits.padStart(width - 1, '0')}` : digits.padStart(width, '0');
}

function count(items: readonly Item[]): number {
	let product = 1;
	for (const item of items) {
		if (!('alternatives' in item)) continue;
		let sum = 0;
		for (const alternative of item.alternatives) sum += count(alternative);
		product *= sum;
		if (product > limits.braceAlternatives) return product;
	}
	return product;
}

function rowsOf(items: readonly Item[]): Fragment[][] {
	let rows: Fragment[][] = [[]];
	for (const item of items) {
		if (!('alternatives' in item)) {
			for (const row of rows) row.push(item);
			continue;
		}
		const made = item.alternatives.flatMap(rowsOf);
		rows = rows.flatMap((row) => made.map((more) => [...row, ...more]));
	}
	return rows;
}
