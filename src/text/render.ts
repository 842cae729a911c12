// A problem as a person reads it: code, sentence, place, label, note, help, in rustc's shape.
import type { Place, Problem } from '../abi/problem.ts';
import { showable } from './characters.ts';

export interface RenderOptions {
	/** ANSI colours; off unless asked for. */
	readonly color?: boolean;
}

/** Longer lines are shown in part, so that a file of one huge line does not fill the terminal. */
const widestLine = 200;

type Paint = (style: keyof typeof styles, text: string) => string;

const styles = { error: '1;31', warning: '1;33', note: '1;36', frame: '1;34', strong: '1' } as const;

/**
 * Renders one problem, without a final line break. The frame with the source line is left out when `sourceText` is
 * not given or has no such line. What could move a terminal's cursor is shown escaped.
 */
export function renderProblem(problem: Problem, sourceText?: string, options: RenderOptions = {}): string {
	const paint: Paint = (style, text) => (options.color ? `\u001b[${styles[style]}m${text}\u001b[0m` : text);
	const { where, severity } = problem;
	const margin = ' '.repeat(where === undefined ? 1 : String(where.line).length);
	const rows = [`${paint(severity, `${severity}[${problem.code}]`)}${paint('strong', `: ${flat(problem.message)}`)}`];
	if (where !== undefined) {
		rows.push(`${margin}${paint('frame', '-->')} ${flat(where.file)}:${where.line}:${where.column}`);
		rows.push(...frameOf(where, problem, sourceText, margin, paint));
	}
	// Without a frame to stand in, the label is a note.
	const notes = [...(rows.length > 2 ? [] : [problem.label]), problem.note];
	for (const [kind, text] of [...notes.map((note) => ['note', note] as const), ['help', problem.help] as const]) {
		if (text !== undefined) rows.push(`${margin} ${paint('frame', '=')} ${paint('strong', `${kind}:`)} ${flat(text)}`);
	}
	return rows.join('\n');
}

/** Renders problems with a blank line between them; `sourceOf` gives the text of a file, if it is at hand. */
export function renderProblems(
	problems: readonly Problem[],
	sourceOf: (file: string) => string | undefined,
	options: RenderOptions = {},
): string {
	return problems
		.map((problem) => renderProblem(problem, problem.where && sourceOf(problem.where.file), options))
		.join('\n\n');
}

function frameOf(
	where: Place,
	{ label, severity }: Problem,
	sourceText: string | undefined,
	margin: string,
	paint: Paint,
): string[] {
	const line = sourceText === undefined ? undefined : lineOf(sourceText, where.line);
	if (line === undefined) return [];
	const { shown, column } = clip(line, where.column - 1);
	const length = Math.max(1, Math.min(where.length, shown.length - column));
	// Padding repeats the tabs of the line, so that the carets stand under their word whatever a tab is worth.
	const padding = shown.slice(0, column).replace(/[^\t]/g, ' ').padEnd(column, ' ');
	const carets = paint(severity, '^'.repeat(length) + (label === undefined ? '' : ` ${flat(label)}`));
	const bar = paint('frame', '|');
	const row = (gutter: string, text: string) => `${paint('frame', gutter)} ${bar}${text === '' ? '' : ` ${text}`}`;
	return [row(margin, ''), row(String(where.line), shown), row(margin, padding + carets)];
}

function lineOf(text: string, line: number): string | undefined {
	let start = text.startsWith('\ufeff') ? 1 : 0;
	for (let current = 1; current < line; current++) {
		const end = text.indexOf('\n', start);
		if (end === -1) return undefined;
		start = end + 1;
	}
	const end = text.indexOf('\n', start);
	return text.slice(start, end === -1 ? text.length : end).replace(/\r$/, '');
}

/** The part of a long line around `column`, and where the column is in it. */
function clip(line: string, column: number): { shown: string; column: number } {
	const at = Math.min(column, line.length);
	if (line.length <= widestLine) return { shown: sameWidth(line), column: at };
	const from = Math.max(0, Math.min(at - 60, line.length - widestLine));
	const head = from > 0 ? '…' : '';
	const tail = from + widestLine < line.length ? '…' : '';
	const part = sameWidth(line.slice(from, from + widestLine));
	return { shown: head + part + tail, column: at - from + head.length };
}

/** What can't be shown gives way to as many marks: an escape would push the carets away from their word. */
function sameWidth(line: string): string {
	return [...line]
		.map((unit) => (unit !== '\t' && showable(unit) !== unit ? '\ufffd'.repeat(unit.length) : unit))
		.join('');
}

function flat(text: string): string {
	return showable(text).replace(/\s*\n\s*/g, ' ');
}
