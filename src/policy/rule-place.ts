// Where in a rule its author wrote a word: for problems that are found when places are no longer at hand.
import type { Place } from '../abi/problem.ts';
import { isWritten, keyPlace, type Path, place } from '../text/places.ts';
import { readYaml } from '../text/yaml.ts';
import type { Rule } from './rule.ts';

/**
 * The place of what stands at the first of these paths in the rule that is written there; the rule's own place where none
 * is. Reads the rule again: it is for the few that have a problem.
 */
export function placeInRule(
	{ source, sourceWhere, where }: Pick<Rule, 'source' | 'sourceWhere' | 'where'>,
	paths: readonly Path[],
	at: 'key' | 'value' = 'value',
): Place {
	if (sourceWhere === undefined) return where;
	// Its further lines are indented as in the file, so the first one must be, too.
	const read = readYaml(' '.repeat(sourceWhere.column - 1) + source, sourceWhere.file);
	const path = read.ok ? paths.find((one) => isWritten(read.document, one)) : undefined;
	if (!read.ok || path === undefined) return where;
	const found = (at === 'key' ? keyPlace : place)(read.document, path);
	return { ...found, line: found.line + sourceWhere.line - 1 };
}

/** Undefined when the rule does not write it that way: a text of several lines, or one with other escapes. */
export function placeOfWord(
	{ source, sourceWhere }: Pick<Rule, 'source' | 'sourceWhere'>,
	word: string,
): Place | undefined {
	if (sourceWhere === undefined || word === '' || word.includes('\n')) return undefined;
	// In double quotes a backslash is written twice.
	const at = find(source, word) ?? find(source, JSON.stringify(word).slice(1, -1));
	if (at === undefined) return undefined;
	const { line, column, file } = sourceWhere;
	const before = source.slice(0, at.start).split('\n');
	const last = before.at(-1) ?? '';
	return {
		file,
		line: line + before.length - 1,
		column: before.length === 1 ? column + last.length : last.length + 1,
		length: at.length,
	};
}

/** A word that stands everywhere stands nowhere in particular. */
const mostTries = 50;

function find(source: string, word: string): { start: number; length: number } | undefined {
	let start = source.indexOf(word);
	for (let tries = 0; start !== -1 && tries < mostTries; tries++) {
		const line = source.slice(source.lastIndexOf('\n', start) + 1, start);
		const isComment = /(?:^|\s)#/.test(line);
		// `min` is no part of `minimal`.
		const isPart = joins(source[start - 1], word[0]) || joins(word.at(-1), source[start + word.length]);
		if (!isComment && !isPart) return { start, length: word.length };
		start = source.indexOf(word, start + 1);
	}
	return undefined;
}

function joins(left: string | undefined, right: string | undefined): boolean {
	return /[\w\\-]/.test(left ?? ' ') && /[\w\\-]/.test(right ?? ' ');
}
