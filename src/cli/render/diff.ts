// What would change in a file, as `diff -u` shows it.
import { type DiffLine, diffLines } from '../../text/line-diff.ts';
import { onOneLine } from './columns.ts';
import type { Paint } from './paint.ts';

const context = 3;

/** Several lines, without a final line break; empty when the texts are the same. */
export function diffText(file: string, before: string, after: string, paint: Paint): string {
	if (before === after) return '';
	const lines = diffLines(linesOf(before), linesOf(after));
	const name = onOneLine(file);
	const hunks = hunksOf(lines).map(([start, end]) => hunkText(lines, start, end, paint));
	return [paint('strong', `--- ${name}`), paint('strong', `+++ ${name}`), ...hunks].join('\n');
}

function linesOf(text: string): readonly string[] {
	const lines = text.split('\n');
	return lines.at(-1) === ''
		? lines.slice(0, -1)
		: [...lines.slice(0, -1), `${lines.at(-1)} (no line break at the end)`];
}

/** Spans of changed lines with what stands around them; those that touch are one. */
function hunksOf(lines: readonly DiffLine[]): readonly (readonly [start: number, end: number])[] {
	const hunks: [number, number][] = [];
	for (const [index, { kind }] of lines.entries()) {
		if (kind === 'same') continue;
		const last = hunks.at(-1);
		const start = Math.max(0, index - context);
		const end = Math.min(lines.length, index + context + 1);
		if (last !== undefined && start <= last[1]) last[1] = end;
		else hunks.push([start, end]);
	}
	return hunks;
}

const marks = { same: ' ', removed: '-', added: '+' } as const;
const tones = { removed: 'bad', added: 'good' } as const;

function hunkText(lines: readonly DiffLine[], start: number, end: number, paint: Paint): string {
	const span = (without: DiffLine['kind']) => {
		const inOne = (part: readonly DiffLine[]) => part.filter(({ kind }) => kind !== without).length;
		const size = inOne(lines.slice(start, end));
		return `${inOne(lines.slice(0, start)) + (size === 0 ? 0 : 1)},${size}`;
	};
	const head = paint('changed', `@@ -${span('added')} +${span('removed')} @@`);
	const rows = lines.slice(start, end).map(({ kind, text }) => {
		const row = `${marks[kind]}${onOneLine(text)}`;
		return kind === 'same' ? row : paint(tones[kind], row);
	});
	return [head, ...rows].join('\n');
}
