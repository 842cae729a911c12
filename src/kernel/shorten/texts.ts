// Shortens the longest texts within a value, wherever they stand, and leaves its structure as it is.
import { isJsonObject, type Json } from '../../abi/json.ts';
import type { Truncation } from '../../policy/rule.ts';
import { endOfHead, lengthInJson, startOfTail } from '../../text/cut.ts';
import { charactersIn } from './size.ts';

export interface TextTerms {
	/** Characters for the whole value. */
	readonly room: number;
	readonly keep: Truncation['keep'];
	/** What stands in a text where that many characters are left out. */
	readonly mark: (characters: number) => string;
}

/** Less than this of a text tells nobody anything. */
const leastKept = 32;

/** The value itself when it fits; undefined when it can't be made to fit by shortening texts. */
export function shortenTexts(value: Json, terms: TextTerms): Json | undefined {
	const excess = charactersIn(value) - terms.room;
	if (excess <= 0) return value;
	const lengths = textsIn(value).map(lengthInJson);
	const longest = longestAllowed(lengths, excess);
	if (longest === undefined) return undefined;
	const least = lengthInJson(terms.mark(lengths.reduce((sum, length) => sum + length, 0))) + leastKept;
	return longest < least ? undefined : mapTexts(value, (text) => shortened(text, longest, terms));
}

/** How long a text may be so that all that are longer give up `excess` together. */
function longestAllowed(lengths: readonly number[], excess: number): number | undefined {
	const sorted = [...lengths].sort((a, b) => b - a);
	let total = 0;
	for (const [index, length] of sorted.entries()) {
		total += length;
		const longest = Math.floor((total - excess) / (index + 1));
		if (longest >= (sorted[index + 1] ?? 0)) return longest < 0 ? undefined : longest;
	}
	return undefined;
}

function shortened(text: string, longest: number, { keep, mark }: TextTerms): string {
	const length = lengthInJson(text);
	if (length <= longest) return text;
	const room = longest - lengthInJson(mark(length));
	const head = keep === 'tail' ? '' : text.slice(0, endOfHead(text, keep === 'head' ? room : Math.floor(room / 2)));
	const tail = keep === 'head' ? '' : text.slice(startOfTail(text, room - lengthInJson(head)));
	return `${head}${mark(length - lengthInJson(head) - lengthInJson(tail))}${tail}`;
}

/** Every text of the value; names of members are not. */
export function textsIn(value: Json): readonly string[] {
	if (typeof value === 'string') return [value];
	if (Array.isArray(value)) return value.flatMap(textsIn);
	return isJsonObject(value) ? Object.values(value).flatMap(textsIn) : [];
}

/** The value with other texts. */
export function mapTexts(value: Json, map: (text: string) => string): Json {
	if (typeof value === 'string') return map(value);
	if (Array.isArray(value)) return value.map((item: Json) => mapTexts(item, map));
	if (!isJsonObject(value)) return value;
	return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapTexts(item, map)]));
}
