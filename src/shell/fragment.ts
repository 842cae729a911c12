// A word halfway through expansion: text with the quoting that still matters for splitting and globbing.

import { limits } from './limits.ts';
import { freeHole, type Piece, type Text } from './value.ts';
import type { Word } from './word.ts';

/** A stretch of a word. */
export interface Stretch {
	readonly piece: Piece;
	/** Neither split nor taken for a glob or a brace. */
	readonly isQuoted: boolean;
	/** It came out of an expansion: it is split when it is not quoted. */
	readonly isExpanded: boolean;
}

/** `"$@"` and `"${a[@]}"`: words of their own; undefined when they are not known. */
export interface Several {
	readonly words: readonly Word[] | undefined;
}

/** An unquoted glob operator: it matches what nobody knows. */
export interface GlobMark {
	readonly glob: string;
}

export type Fragment = Stretch | Several | GlobMark;

/** What a word may be: one of several rows of fragments. */
export type Choices = readonly (readonly Fragment[])[];

export const nothing: Choices = [[]];

export function bare(text: string): Stretch {
	return { piece: text, isQuoted: false, isExpanded: false };
}

export function quoted(piece: Piece): Stretch {
	return { piece, isQuoted: true, isExpanded: false };
}

/** The result of an expansion. */
export function expanded(texts: readonly Text[], isQuoted: boolean): Choices {
	return texts.map((text) => {
		const row = text.map((piece): Stretch => ({ piece, isQuoted, isExpanded: true }));
		// An empty quoted expansion still makes a word.
		return row.length === 0 && isQuoted ? [quoted('')] : row;
	});
}

/** Appends what comes next to every row so far; beyond the limit of choices the whole is unknown. */
export function append(rows: Fragment[][], right: Choices): Fragment[][] {
	const [only] = right;
	if (right.length === 1 && only) {
		for (const row of rows) for (const fragment of only) row.push(fragment);
		return rows;
	}
	if (rows.length * right.length > limits.choices) {
		const hole: Stretch = { piece: freeHole, isQuoted: false, isExpanded: true };
		return [[hole]];
	}
	return rows.flatMap((row) => right.map((more) => [...row, ...more]));
}
