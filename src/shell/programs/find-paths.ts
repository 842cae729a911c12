// find: which paths its tests let through, as patterns: what `{}` stands for, and what `-delete` deletes.
import { matchStart, readPattern } from '../glob-pattern.ts';
import type { Word } from '../word.ts';
import { literal } from '../word-parts.ts';
import { joinPath } from './paths.ts';

/** One level of an expression: what its tests so far, all of which hold, let through. */
interface Level {
	names: readonly Name[] | undefined;
	/** The same of the alternatives before an `-o`. */
	readonly before: (readonly Name[] | undefined)[];
	readonly isNegated: boolean;
}

interface Name {
	readonly pattern: string;
	/** It is matched with the whole path, not with the last part. */
	readonly isPath: boolean;
}

/** Follows an expression from left to right. */
export interface Tests {
	readonly levels: Level[];
	negatesNext: boolean;
}

export function startTests(): Tests {
	return { levels: [{ names: undefined, before: [], isNegated: false }], negatesNext: false };
}

const nameTests: ReadonlyMap<string, boolean> = new Map([
	...['name', 'iname'].map((name) => [name, false] as const),
	...['path', 'ipath', 'wholename', 'iwholename'].map((name) => [name, true] as const),
]);

/** An operator of the expression; false if the text is none. */
export function readOperator(tests: Tests, text: string): boolean {
	const { levels } = tests;
	const level = levels.at(-1);
	switch (text) {
		case '(':
			levels.push({ names: undefined, before: [], isNegated: tests.negatesNext });
			tests.negatesNext = false;
			return true;
		case ')':
			if (levels.length > 1) closeLevel(tests);
			return true;
		case '!':
		case '-not':
			tests.negatesNext = !tests.negatesNext;
			return true;
		case '-o':
		case '-or':
			level?.before.push(level.names);
			if (level) level.names = undefined;
			return true;
		case ',':
			if (level) Object.assign(level, { names: undefined }).before.length = 0;
			return true;
		case '-a':
		case '-and':
			return true;
		default:
			return false;
	}
}

/** Any other test, with its first value. */
export function readTest(tests: Tests, name: string, value: Word | undefined): void {
	const isNegated = tests.negatesNext;
	tests.negatesNext = false;
	const isPath = nameTests.get(name);
	const pattern = value?.value;
	const level = tests.levels.at(-1);
	if (isNegated || isPath === undefined || pattern === undefined || !level || level.names) return;
	const spellings = name.startsWith('i') ? new Set([pattern, pattern.toLowerCase()]) : [pattern];
	level.names = Array.from(spellings, (one) => ({ pattern: one, isPath }));
}

function closeLevel(tests: Tests): void {
	const closed = tests.levels.pop();
	const level = tests.levels.at(-1);
	tests.negatesNext = false;
	if (!closed || !level || closed.isNegated || level.names) return;
	const all = [...closed.before, closed.names];
	if (all.every((names) => names !== undefined)) level.names = all.flat();
}

/** More patterns than this are as good as the directories alone. */
const mostPatterns = 24;

/**
 * Patterns for the paths that reach this place of an expression, as the shell has them (`src/*.ts`: whatever lies below
 * stands right below). Undefined where a starting point is not known.
 */
export function pathsReaching(tests: Tests, roots: readonly Word[]): readonly string[] | undefined {
	const starts = roots.map((root) => joinPath('', root));
	if (starts.some((start) => !start.isKnown || start.text === '')) return undefined;
	const names = tests.levels.findLast((level) => level.names)?.names;
	const named = names?.flatMap((name) => starts.flatMap(({ text }) => namedBelow(text, name)));
	// A directory stands for all below it.
	const anything = starts.map(({ text }) => text);
	return [...new Set(named && named.length <= mostPatterns ? named : anything)];
}

function namedBelow(start: string, { pattern, isPath }: Name): readonly string[] {
	if (isPath) {
		const isRooted = pattern.startsWith(`${start.replace(/\/$/, '')}/`);
		return withHidden(pattern).map((one) => (isRooted ? one : below(start, one)));
	}
	const found = withHidden(pattern).map((one) => below(start, one));
	const last = start.replace(/\/+$/, '').split('/').at(-1) ?? '';
	return mayMatch(pattern, last) ? [start, ...found] : found;
}

function below(start: string, path: string): string {
	return start.endsWith('/') ? start + path : `${start}/${path}`;
}

/** What such names end with is code, text or data that everybody reads; `*.bak` may well be `.env.bak`. */
const openEndings: ReadonlySet<string> = new Set(
	(
		'py pyi pyc ipynb js mjs cjs jsx ts mts cts tsx vue svelte css scss less html htm xml svg md mdx rst txt adoc tex json jsonl ' +
		'yaml yml toml ini cfg csv tsv sql proto graphql go rs c h cc cpp cxx hpp hh m mm java kt kts scala groovy gradle rb erb php ' +
		'pl pm lua r jl swift dart ex exs erl hs ml clj cs fs vb sh bash zsh fish ps1 bat cmake mk tf png jpg jpeg gif ico pdf woff ' +
		'lock log snap map wasm o a so class jar orig rej swp'
	).split(' '),
);

/** The wildcards of find, unlike those of a shell, also stand for the dot of a hidden file: that is a pattern of its own. */
function withHidden(pattern: string): readonly string[] {
	const cut = pattern.lastIndexOf('/') + 1;
	const [folder, last] = [pattern.slice(0, cut), pattern.slice(cut)];
	const rest = /^[*]+(.*)$/s.exec(last)?.[1];
	if (rest === undefined) return /^[?[]/.test(last) ? [pattern, `${folder}.*`] : [pattern];
	if (rest === '') return [pattern];
	const ending = /^\.(\w+)$/.exec(rest)?.[1];
	if (ending !== undefined && openEndings.has(ending.toLowerCase())) return [pattern];
	return [pattern, ...(rest.startsWith('.') ? [folder + rest] : []), `${folder}.*${rest}`];
}

function mayMatch(pattern: string, name: string): boolean {
	const steps = readPattern([{ piece: pattern, isQuoted: false, isExpanded: false }]);
	const match = steps && matchStart(steps, name);
	return match === undefined || match === 'unknown' || (match !== 'none' && match.longest === name.length);
}

/** The files of these names below these directories, `.` if there are none. */
export function pathsNamed(roots: readonly Word[], patterns: readonly Word[]): readonly Word[] {
	const starts = roots.length > 0 ? roots.map((root) => joinPath('', root).text) : ['.'];
	return patterns.flatMap((pattern) => {
		const { value } = pattern;
		if (value === undefined) return [pattern];
		return starts.flatMap((start) =>
			namedBelow(start, { pattern: value.replace(/^\/+/, ''), isPath: false }).map(literal),
		);
	});
}
