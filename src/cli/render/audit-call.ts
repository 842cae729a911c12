// One call of the log in full: every member on a line of its own.
import type { Json, JsonObject } from '../../abi/json.ts';
import type { CallView } from '../../audit/calls.ts';
import type { AuditRecord } from '../../audit/record.ts';
import { showable } from '../../text/characters.ts';
import { targetText } from './audit-line.ts';
import { changeText } from './change.ts';
import { onOneLine } from './columns.ts';
import { painter } from './paint.ts';
import { toneOf, wordOf } from './verdict.ts';

/** Members that are said in the first line, or that only a machine needs. */
const leftOut = new Set([
	'v',
	'event',
	'id',
	'decision',
	'acted',
	'agent',
	'tool',
	'resource',
	'prompt',
	'target',
	'driver',
	'changed',
	'args',
]);

/** Several lines, without a final line break. */
export function callInFull(record: AuditRecord | CallView, color: boolean): string {
	const paint = painter(color);
	const row = (name: string, text: string) => `  ${paint('quiet', name.padEnd(11))} ${showable(text)}`;
	if (record.event !== 'call')
		return [record.event, ...members(record as unknown as JsonObject, row, new Set(['v', 'event']))].join('\n');
	const { decision, acted, agent, args, changed = [] } = record;
	const client = agent.name === undefined ? '' : ` (${agent.name} ${agent.version ?? ''})`.replace(' )', ')');
	return [
		`${paint(toneOf(decision), wordOf(decision))}${acted ? '' : ' (not acted on)'} ${paint('strong', targetText(record))}  ${onOneLine(record.id)}`,
		row('agent', `${agent.id}${client}${agent.key === undefined ? '' : `, key ${agent.key}`}`),
		...(args === undefined
			? []
			: [row('asked', args.value === undefined ? `(${args.level})` : JSON.stringify(args.value))]),
		...changed.map((change) => row('changed', `${changeText(change)}  by ${change.rule}`)),
		...members(record as unknown as JsonObject, row, leftOut),
	].join('\n');
}

function members(
	record: JsonObject,
	row: (name: string, text: string) => string,
	without: ReadonlySet<string>,
): string[] {
	return Object.entries(record)
		.filter(([name]) => !without.has(name))
		.map(([name, value]) => row(name, valueText(value)));
}

/** Lists of words are read as words; everything else as it stands in the log. */
function valueText(value: Json | undefined): string {
	if (typeof value === 'string') return value;
	const isWords = Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
	return isWords ? value.join(', ') : JSON.stringify(value);
}
