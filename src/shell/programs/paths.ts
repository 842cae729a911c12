// Which files a program touches, as facts: `reads`, `writes` and `deletes`, seen from where the text starts.
import type { Around } from '../program.ts';
import type { Word } from '../word.ts';
import { addToList, type Findings } from './findings.ts';

export type PathFact = 'reads' | 'writes' | 'deletes' | 'paths';

/**
 * Adds the paths that these words name. A relative path is joined to the directory of the command. A stretch that
 * is not known is written `*` (`"$D/.env"` is `*` + `/.env`), and the fact is unsure then; a glob is its pattern.
 */
export function addPaths(findings: Findings, fact: PathFact, words: readonly Word[], around: Around): void {
	for (const word of words.flatMap(apart)) {
		const path = joinPath(around.cwd, word);
		if (isStream(path.text)) continue;
		if (path.text !== '' && path.text !== '*') addToList(findings, fact, path.text);
		else if (path.text === '*' && path.isKnown) addToList(findings, fact, path.text);
		if (!path.isKnown) findings.unsure.add(fact);
	}
}

/** A word for each pattern that a word may be. */
function apart(word: Word): readonly Word[] {
	return word.paths?.map((text) => ({ value: text, pieces: [text], splits: false })) ?? [word];
}

/** A path as far as it is known. */
export interface KnownPath {
	readonly text: string;
	readonly isKnown: boolean;
}

export function joinPath(directory: string | null, word: Word): KnownPath {
	const { text, isKnown, startsAnywhere } = textOf(word);
	if (text === '' || isRooted(text) || startsAnywhere) return { text, isKnown };
	if (directory === null) return { text: `*/${text}`, isKnown: false };
	if (directory === '' || directory === '.') return { text, isKnown };
	return { text: `${directory.replace(/\/$/, '')}/${text}`, isKnown };
}

function textOf(word: Word): KnownPath & { readonly startsAnywhere: boolean } {
	if (word.value !== undefined) return { text: word.value, isKnown: !word.splits, startsAnywhere: false };
	const [first = null, ...others] = word.pieces;
	const rest = others.map((piece) => piece ?? '*').join('');
	const raw = rawText(word);
	const variable = first === null ? /^"?\$(?:\{(HOME|PWD)\}|(HOME|PWD)(?!\w))/.exec(raw) : undefined;
	if (variable && (rest === '' || rest.startsWith('/'))) {
		const isHome = variable[1] === 'HOME' || variable[2] === 'HOME';
		const text = isHome ? `~${rest}` : rest.slice(1) || '.';
		return { text, isKnown: !others.includes(null), startsAnywhere: false };
	}
	const text = (first ?? '*') + rest;
	const isGlob = /[*?[]/.test(raw) && !/[$`]/.test(raw);
	return { text, isKnown: isGlob, startsAnywhere: first === null && !isGlob };
}

/** The word as it stands in the text, quotes included; empty where it stands nowhere. */
export function rawText(word: Word): string {
	return word.place ? word.place.layer.text.slice(word.place.start, word.place.end) : '';
}

/** What the shell opened for the program, not a file of a name: `<(…)`, `/dev/stdin`. */
function isStream(path: string): boolean {
	return /^\/dev\/(?:fd\/|(?:stdin|stdout|stderr|tty)$)/.test(path);
}

function isRooted(path: string): boolean {
	return path.startsWith('/') || path.startsWith('~');
}
