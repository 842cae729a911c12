// From the fragments of one expanded word to the words a program gets: splitting, globs, quote removal.
import type { Surroundings } from '../abi/command.ts';
import type { Fragment } from './fragment.ts';
import type { Word } from './word.ts';
import { literal } from './word-parts.ts';

/** Characters that split unquoted expansions; undefined when IFS can't be known. */
export type Separators = string | undefined;

interface Field {
	readonly pieces: (string | null)[];
	/** Something is in it, be it empty quotes. */
	isWord: boolean;
	splits: boolean;
	/** The text with quoted glob characters masked, for the question whether it is a glob. */
	pattern: string;
	/** What it may be where paths stand in it; undefined once anything else that is not known is in it. */
	paths: readonly string[] | undefined;
	hasPath: boolean;
	/** A whole word that came from elsewhere, unchanged. */
	whole: Word | undefined;
}

interface Splitting {
	readonly words: Word[];
	readonly separators: Separators;
	readonly glob: Surroundings['glob'];
	field: Field;
}

/** The words that a row of fragments becomes; possibly none. */
export function toFields(row: readonly Fragment[], separators: Separators, glob: Surroundings['glob']): Word[] {
	const splitting: Splitting = { words: [], separators, glob, field: newField() };
	for (const fragment of row) add(splitting, fragment);
	close(splitting);
	return splitting.words;
}

function add(splitting: Splitting, fragment: Fragment): void {
	const { field } = splitting;
	if ('words' in fragment) {
		addSeveral(splitting, fragment.words);
		return;
	}
	if ('glob' in fragment) {
		field.pattern += fragment.glob;
		addUnknown(field, true);
		return;
	}
	const { piece, isQuoted, isExpanded } = fragment;
	field.isWord ||= isQuoted;
	if (typeof piece !== 'string' && piece.paths && isQuoted) addPaths(field, piece.paths);
	else if (typeof piece !== 'string') addUnknown(field, !isQuoted && !piece.isSteady);
	else if (isQuoted || !isExpanded) addText(field, piece, isQuoted);
	else if (splitting.separators === undefined) addUnknown(field, true);
	else addSplit(splitting, piece, splitting.separators);
}

function newField(): Field {
	return { pieces: [], isWord: false, splits: false, pattern: '', paths: [''], hasPath: false, whole: undefined };
}

function close(splitting: Splitting): void {
	const { field, words, glob } = splitting;
	if (!field.isWord && field.pieces.length === 0) return;
	if (field.whole) words.push(field.whole);
	else for (const word of finish(field, glob)) words.push(word);
	splitting.field = newField();
}

function addPiece(field: Field, piece: string | null): void {
	field.whole = undefined;
	const { pieces } = field;
	const before = pieces.at(-1);
	if (piece === '' || (piece === null && before === null)) return;
	if (typeof piece === 'string' && typeof before === 'string') pieces[pieces.length - 1] = before + piece;
	else pieces.push(piece);
}

function addUnknown(field: Field, splits: boolean): void {
	field.splits ||= splits;
	field.paths = undefined;
	addPiece(field, null);
}

function addPaths(field: Field, paths: readonly string[]): void {
	const [start] = field.paths ?? [];
	// A second one would multiply them.
	const made = field.hasPath || start === undefined ? undefined : paths.map((path) => start + path);
	addUnknown(field, false);
	field.paths = made;
	field.hasPath = true;
}

function addText(field: Field, text: string, isQuoted: boolean): void {
	field.pattern += isQuoted ? text.replace(/[*?[\]]/g, '_') : text;
	if (text !== '') field.paths = field.paths?.map((path) => path + text);
	addPiece(field, text);
}

/** Word splitting, Bash Reference Manual 3.5.7: blanks in IFS come in runs, each other character ends one field. */
function addSplit(splitting: Splitting, text: string, separators: string): void {
	let from = 0;
	for (let at = 0; at < text.length; at += 1) {
		const unit = text.charAt(at);
		if (!separators.includes(unit)) continue;
		addText(splitting.field, text.slice(from, at), false);
		from = at + 1;
		// An empty field before a visible separator is a word; blanks around one are not.
		const isVisible = unit !== ' ' && unit !== '\t' && unit !== '\n';
		const isFirstInField = splitting.field.pieces.length === 0;
		if (isVisible && isFirstInField && !isAfterBlank(text, at, separators)) splitting.field.isWord = true;
		close(splitting);
	}
	addText(splitting.field, text.slice(from), false);
}

/** Only blanks that separate lie between this place and a field before it: `a : b` has no empty field. */
function isAfterBlank(text: string, at: number, separators: string): boolean {
	const before = text.charAt(at - 1);
	return at > 0 && separators.includes(before) && (before === ' ' || before === '\t' || before === '\n');
}

function addSeveral(splitting: Splitting, words: readonly Word[] | undefined): void {
	if (!words) {
		addUnknown(splitting.field, true);
		return;
	}
	for (const [at, word] of words.entries()) {
		if (at > 0) close(splitting);
		const { field } = splitting;
		const isAlone = !field.isWord && field.pieces.length === 0;
		for (const piece of word.pieces) addPiece(field, piece);
		field.paths = undefined;
		field.splits ||= word.splits;
		field.pattern += '_';
		field.isWord = true;
		if (isAlone) field.whole = word;
	}
}

function finish(field: Field, glob: Surroundings['glob']): readonly Word[] {
	const { pieces, splits, pattern, paths, hasPath } = field;
	const [only] = pieces;
	if (only === undefined) return [literal('')];
	if (hasPath && paths && !splits && !isGlob(pattern) && !paths.some((path) => path.startsWith('-'))) {
		return [{ value: undefined, pieces, splits, paths }];
	}
	if (pieces.length > 1 || only === null || splits) {
		return [{ value: undefined, pieces, splits: splits || isGlob(pattern) }];
	}
	if (!isGlob(pattern)) return [literal(only)];
	const matched = only === pattern ? glob?.(only) : undefined;
	if (matched && matched.length > 0) return matched.map(literal);
	return [{ value: undefined, pieces: aroundGlob(only, pattern), splits: true }];
}

function isGlob(pattern: string): boolean {
	const bracket = pattern.indexOf('[');
	return pattern.includes('*') || pattern.includes('?') || (bracket >= 0 && pattern.indexOf(']', bracket) > 0);
}

/** The known text before and after the glob characters. */
function aroundGlob(text: string, pattern: string): readonly (string | null)[] {
	const first = pattern.search(/[*?[]/);
	const last = Math.max(pattern.lastIndexOf('*'), pattern.lastIndexOf('?'), pattern.lastIndexOf(']'));
	const [before, after] = [text.slice(0, first), text.slice(last + 1)];
	return [...(before === '' ? [] : [before]), null, ...(after === '' ? [] : [after])];
}
