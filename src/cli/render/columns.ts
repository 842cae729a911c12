// Text in columns: each as wide as its widest cell, the last one free.
import { showable } from '../../text/characters.ts';
import type { Paint, Tone } from './paint.ts';

export interface Cell {
	readonly text: string;
	readonly tone?: Tone;
}

/**
 * Rows of cells → lines, two spaces between columns, nothing trailing. Widths are counted before colours. Cells may
 * come from a server or an agent: nothing in them can break the line or move the cursor.
 */
export function columns(table: readonly (readonly Cell[])[], paint: Paint, widest = 64): string[] {
	const rows = table.map((row) => row.map((cell) => ({ ...cell, text: onOneLine(cell.text) })));
	const widths: number[] = [];
	for (const row of rows) {
		row.forEach((cell, at) => {
			widths[at] = Math.max(widths[at] ?? 0, Math.min(widthOf(cell.text), widest));
		});
	}
	return rows.map((row) => {
		const last = row.findLastIndex((cell) => cell.text !== '');
		return row
			.slice(0, last + 1)
			.map((cell, at) => {
				const padding = at === last ? 0 : (widths[at] ?? 0) - widthOf(cell.text);
				const shown = cell.tone === undefined ? cell.text : paint(cell.tone, cell.text);
				return shown + ' '.repeat(Math.max(0, padding));
			})
			.join('  ');
	});
}

/** Text that can stand in a line of ours, whoever wrote it. */
export function onOneLine(text: string): string {
	return showable(text).replace(/\s*\n\s*/g, ' ');
}

/** Code points, which is right for everything but emoji and East Asian text. */
function widthOf(text: string): number {
	return [...text].length;
}

/** `1 file`, `2 files`, `1,234 files`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
	return `${thousands(number)} ${number === 1 ? noun : plural}`;
}

export function thousands(number: number): string {
	return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}
