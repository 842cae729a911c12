// The table of tools as a person reads it, and what was changed in each definition.
import type { LockState } from '../../abi/decision.ts';
import type { FieldChange } from '../../kernel/lock/differences.ts';
import { type ToolRow, totalsOf } from '../tool-table.ts';
import { columns, count, onOneLine, thousands } from './columns.ts';
import { differenceLines, fieldNames } from './lock.ts';
import type { Paint, Tone } from './paint.ts';

const tones: Record<ToolRow['state'], Tone> = { listed: 'good', narrowed: 'changed', pinned: 'changed', hidden: 'bad' };

export interface TableView {
	/** Also tools that are hidden because no rule allows them. */
	readonly isAll: boolean;
	readonly isOffline: boolean;
	/** What changed in each definition, too. */
	readonly isDiff: boolean;
	readonly paint: Paint;
}

/** Several lines, without a final line break. */
export function tableText(rows: readonly ToolRow[], { isAll, isOffline, isDiff, paint }: TableView): string {
	const shown = rows.filter(({ state, by }) => isAll || state !== 'hidden' || by.length > 0);
	const head = ['TOOL', 'STATE', 'BY', ''].map((text) => ({ text, tone: 'strong' as const }));
	const body = shown.map(({ tool, state, lock, by, limits }) => [
		{ text: tool },
		{ text: state, tone: tones[state] },
		{ text: by.length === 0 ? 'default' : by.join(', ') },
		{ text: [...lockNote(lock), ...limits].join(', '), tone: 'quiet' as const },
	]);
	const { tools: all, listed, hidden } = totalsOf(rows);
	const left = rows.length - shown.length;
	return [
		...(shown.length === 0 ? [] : columns([head, ...body], paint)),
		`${count(all, 'tool')}: ${listed} listed, ${hidden} hidden${rows.every(({ isKnown }) => isKnown) ? `; ${costText(rows)}` : ''}`,
		...lockSummary(rows, paint),
		...(left === 0 ? [] : [paint('quiet', `${left} of them hidden because no rule allows them: trapgate tools --all`)]),
		...(isOffline
			? [
					paint(
						'quiet',
						'drivers were not started: only tools that trapgate.lock knows or rules name in full are shown',
					),
				]
			: []),
		...(isDiff ? shown.flatMap((row) => diffLinesOf(row, paint)) : []),
	].join('\n');
}

/** What the list costs whoever reads it, with the policy and without. */
function costText(rows: readonly ToolRow[]): string {
	const { tokens_before: before, tokens_after: after, tokens_saved: saved } = totalsOf(rows);
	const cost = `the list costs ${thousands(after)} tokens`;
	if (before === after) return cost;
	return `${cost} instead of ${thousands(before)}${saved === 0 ? '' : `, ${thousands(saved)} saved`}`;
}

/** What became of a definition: first what its driver changed since it was accepted, then what the policy changes in it. */
function diffLinesOf({ tool, state, changes, sinceAccepted }: ToolRow, paint: Paint): string[] {
	const part = (word: string, tone: Tone, fields: readonly FieldChange[]) => {
		if (fields.length === 0) return [];
		const head = `${paint(tone, word.padEnd(8))} ${paint('strong', onOneLine(tool))}  ${fieldNames(fields)}`;
		return ['', head, ...differenceLines({ change: 'changed', fields }, paint)];
	};
	return [...part('CHANGED', 'caution', sinceAccepted), ...part(state.toUpperCase(), tones[state], changes)];
}

function lockNote(lock: ToolRow['lock']): string[] {
	if (lock === 'changed') return ['not as it was accepted'];
	return lock === 'new' ? ['not accepted yet'] : [];
}

function lockSummary(rows: readonly ToolRow[], paint: Paint): string[] {
	const compared = rows.filter(({ lock }) => lock !== null);
	if (compared.length === 0) return [];
	const counted = (state: LockState) => compared.filter(({ lock }) => lock === state).length;
	const [changed, added] = [counted('changed'), counted('new')];
	const open = [...(changed === 0 ? [] : [`${changed} changed`]), ...(added === 0 ? [] : [`${added} new`])];
	const text = [`trapgate.lock: ${counted('accepted')} accepted`, ...open].join(', ');
	return [open.length === 0 ? paint('quiet', text) : `${paint('caution', text)}; look at them: trapgate lock --review`];
}
