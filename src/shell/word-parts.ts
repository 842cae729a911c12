// Making words, and asking what is known of one.
import type { Origin, Word } from './word.ts';

/** A word that is exactly `text` and stands nowhere. */
export function literal(text: string): Word {
	return { value: text, pieces: [text], splits: false };
}

/** One word of which nothing is known. */
export function unknownWord(): Word {
	return { value: undefined, pieces: [null], splits: false };
}

export function isStatic(word: Word): word is Word & { readonly value: string } {
	return word.value !== undefined && !word.splits;
}

/** The known text at the end, after the last unknown piece: `/python3` of `"$D/python3"`; empty when the end is unknown. */
export function lastKnown(word: Word): string {
	if (word.value !== undefined) return word.value;
	return word.pieces.at(-1) ?? '';
}

/** The known text at the start, before the first unknown piece: `--message=` of `--message="$M"`. */
export function firstKnown(word: Word): string {
	if (word.value !== undefined) return word.value;
	return word.pieces[0] ?? '';
}

/**
 * What is left of a word from a character offset on: the value of `--message=text`, of `-mtext`.
 * The offset has to lie in the known start of the word; beyond it the result is unknown.
 */
export function attached(word: Word, offset: number): Word {
	const { place, origins } = word;
	const rest = word.value?.slice(offset);
	const shifted = origins && cut(origins, offset);
	return {
		value: rest,
		pieces: rest === undefined ? piecesAfter(word.pieces, offset) : [rest],
		splits: word.splits,
		...placeAfter(word, offset),
		...(place && shifted && { origins: shifted }),
	};
}

/** Where the rest stands: exactly, or, for a word with unknown parts, if what is cut off stands there letter by letter. */
function placeAfter({ place, origins, pieces }: Word, offset: number): Pick<Word, 'place'> {
	if (!place) return {};
	if (origins) return { place: { ...place, start: origins()?.[offset]?.start ?? place.end } };
	const { layer, start } = place;
	const isPlain = pieces[0]?.startsWith(layer.text.slice(start, start + offset)) ?? false;
	return isPlain ? { place: { ...place, start: start + offset } } : {};
}

/** The words as one text with a blank between them, as `eval` and `ssh` join theirs. */
export function joined(words: readonly Word[]): Word {
	const [first] = words;
	if (first && words.length === 1) return first;
	const value = words.every(isStatic) ? words.map((word) => word.value).join(' ') : undefined;
	const pieces =
		value === undefined ? words.flatMap((word, at) => (at ? [' ', ...word.pieces] : word.pieces)) : [value];
	const layer = first?.place?.layer;
	const splits = words.some((word) => word.splits);
	if (value === undefined || !first?.place || words.some((word) => word.place?.layer !== layer)) {
		return { value, pieces, splits };
	}
	const end = words.at(-1)?.place?.end ?? first.place.end;
	return { value, pieces, splits, place: { ...first.place, end }, origins: () => joinedOrigins(words) };
}

function cut(origins: NonNullable<Word['origins']>, offset: number): NonNullable<Word['origins']> {
	return () => origins()?.slice(offset);
}

function joinedOrigins(words: readonly Word[]): readonly (Origin | undefined)[] | undefined {
	const all: (Origin | undefined)[] = [];
	for (const [at, word] of words.entries()) {
		const own = word.origins?.();
		if (!own) return undefined;
		if (at) all.push(undefined);
		for (const origin of own) all.push(origin);
	}
	return all;
}

function piecesAfter(pieces: readonly (string | null)[], offset: number): readonly (string | null)[] {
	const [first, ...others] = pieces;
	if (typeof first !== 'string' || first.length < offset) return [null];
	const rest = first.slice(offset);
	return rest === '' ? others : [rest, ...others];
}
