// How messages name things: the user's own words in backticks, values by kind, parts by where they stand.
import { ExactNumber, type Json } from '../abi/json.ts';
import type { Path } from './places.ts';

/** The user's word in backticks, shortened when it is long. */
export function quote(word: string): string {
	const line = word.replace(/\s+/g, ' ');
	return `\`${line.length > 60 ? `${line.slice(0, 59)}…` : line}\``;
}

export interface Noun {
	/** `rule` for an entry of `rules`, `waiver` for one of `waivers`; absent for anything else. */
	readonly kind?: string;
	/** `this rule`, `` `match` ``, `this file`. */
	readonly here: string;
}

/** What the part at `path` is called: an entry of `rules` is a rule, one of `examples` an example. */
export function nounOf(path: Path): Noun {
	const last = path.at(-1);
	if (last === undefined) return { here: 'this file' };
	if (typeof last === 'string') return { here: quote(last) };
	const list = path.at(-2);
	if (typeof list !== 'string') return { here: 'this entry' };
	if (!list.endsWith('s')) return { here: `entry ${last + 1} of ${quote(list)}` };
	const kind = list.slice(0, -1);
	return { kind, here: `this ${kind}` };
}

/** `text`, `a number`, `a list` … */
export function kindOf(value: Json | undefined): string {
	if (value === undefined) return 'nothing';
	if (value === null) return 'null';
	if (typeof value === 'string') return 'text';
	if (typeof value === 'boolean') return `\`${value}\``;
	if (typeof value === 'number' || value instanceof ExactNumber) return 'a number';
	return Array.isArray(value) ? 'a list' : 'a mapping';
}

/** `a`, `a or b`, `a, b or c`. */
export function either(words: readonly string[]): string {
	const last = words.at(-1) ?? '';
	return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
