// The log as lines: one a record, in order of time.
import type { CallView } from '../../audit/calls.ts';
import type { AuditRecord } from '../../audit/record.ts';
import { auditCells, calendarDay } from './audit-line.ts';
import { columns } from './columns.ts';
import { painter } from './paint.ts';

export interface TailOptions {
	readonly color: boolean;
	/** Milliseconds since the epoch. */
	readonly now: number;
	/** Shows each call's id behind its time, for `audit show`. */
	readonly ids?: boolean;
}

/** By time, without the questions whose calls are decided by now. */
export function inOrder(records: readonly (AuditRecord | CallView)[]): readonly (AuditRecord | CallView)[] {
	const ended = new Set(records.flatMap((record) => (record.event === 'call' ? [record.id] : [])));
	return records
		.filter((record) => record.event !== 'ask' || !ended.has(record.id))
		.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** One line a record, and one with the date wherever the day is another than before, or than today. */
export function tailText(
	records: readonly (AuditRecord | CallView)[],
	{ color, now, ids = false }: TailOptions,
): string {
	const paint = painter(color);
	const rows = records.flatMap((record) => {
		const cells = auditCells(record);
		if (cells === undefined) return [];
		const id = ids ? [{ text: 'id' in record ? record.id : '', tone: 'quiet' as const }] : [];
		return [{ day: calendarDay(record.time), cells: cells.toSpliced(1, 0, ...id) }];
	});
	const lines = columns(
		rows.map(({ cells }) => cells),
		paint,
	);
	const today = calendarDay(new Date(now).toISOString());
	return lines
		.flatMap((line, at) => {
			const day = rows[at]?.day ?? today;
			return day === (rows[at - 1]?.day ?? today) ? [line] : [paint('quiet', day), line];
		})
		.join('\n');
}
