// A record of the log as one line for people.
import { isJsonObject, type Json, type JsonObject } from '../../abi/json.ts';
import type { CallView } from '../../audit/calls.ts';
import type { AuditRecord, TruncatedFields } from '../../audit/record.ts';
import { quoteWord } from '../../shell/quote.ts';
import { showable } from '../../text/characters.ts';
import { changeText } from './change.ts';
import { type Cell, thousands } from './columns.ts';
import { toneOf, wordOf } from './verdict.ts';

const longestDetail = 56;

/** The cells of one line; undefined for records that tell a person nothing (checkpoints). */
export function auditCells(record: AuditRecord | CallView): readonly Cell[] | undefined {
	const time: Cell = { text: clockTime(record.time), tone: 'quiet' };
	switch (record.event) {
		case 'call':
			return callCells(time, record);
		case 'driver': {
			const isUp = record.state === 'up';
			return [
				time,
				{ text: isUp ? 'UP' : 'DOWN', tone: isUp ? 'quiet' : 'bad' },
				{ text: '' },
				{ text: record.driver },
				{ text: cut(record.reason ?? '') },
			];
		}
		case 'reload': {
			const text = record.accepted
				? `policy ${shortRevision(record.policy_rev)} in force`
				: 'a broken edit was not taken up';
			return [time, { text: 'RELOAD', tone: record.accepted ? 'quiet' : 'bad' }, { text: '' }, { text: '' }, { text }];
		}
		case 'ask':
			return [
				time,
				{ text: 'WAITING', tone: 'caution' },
				{ text: record.agent.id },
				{ text: targetText(record) },
				{ text: cut(argumentsText(record.args?.value)) },
				{ text: record.rules.join(', ') },
			];
		case 'opened':
		case 'closed':
		case 'answered':
		// Calls come as one view of both records.
		case 'decided':
		case 'completed':
		case 'checkpoint':
			return undefined;
		default:
			return record satisfies never;
	}
}

function callCells(time: Cell, call: CallView): readonly Cell[] {
	return [
		time,
		{ text: wordOf(call.decision), tone: call.acted ? toneOf(call.decision) : 'quiet' },
		{ text: call.agent.id },
		{ text: targetText(call) },
		{ text: cut(detailText(call)) },
		{ text: [...call.rules.slice(0, 1), ...remarks(call)].join(', '), tone: 'quiet' },
	];
}

/** What was asked, and what became of it where that differs. */
function detailText(call: CallView): string {
	const { parent, lineage = [] } = call;
	const own = ownText(call);
	if (parent === undefined) return own;
	const above = lineage.length === 0 ? [parent] : lineage.map((args) => cut(commandText(args) ?? '…', longestAncestor));
	return [...above, own].join(' ▸ ');
}

const longestAncestor = 24;

/** The command in arguments, text or argv. */
function commandText(args: Json | undefined): string | undefined {
	if (typeof args === 'string') return args;
	const command = isJsonObject(args) ? args['command'] : undefined;
	return typeof command === 'string' ? command : argvText(command);
}

function argvText(value: Json | undefined): string | undefined {
	if (!Array.isArray(value) || !value.every((word) => typeof word === 'string')) return undefined;
	return value.map((word, index) => quoteWord(word, index === 0 ? 'program' : 'argument')).join(' ');
}

function ownText({ args, final, changed: all = [], parent }: CallView): string {
	// Of a refused call nothing ran, changed or not.
	const changed = final === true ? [] : all;
	const command = commandText(args?.value);
	const newCommand = commandText({ command: changed.find(({ path }) => path === '/command')?.to ?? null });
	if (command !== undefined && newCommand !== undefined) return `${command} → ${newCommand}`;
	const asked = (parent === undefined ? undefined : command) ?? argumentsText(args?.value);
	return changed.length === 0 ? asked : `${asked} → ${changed.map((change) => changeText(change)).join(', ')}`;
}

function remarks(call: CallView): string[] {
	const { acted, mode, rules, decision, reason, approval, result, error, interrupted } = call;
	return [
		...(rules.length > 0 || decision === 'allowed' ? [] : [cut(reason ?? 'no rule allows it')]),
		...(!acted ? [`${mode}: it ran as asked`] : []),
		...(approval?.outcome === undefined ? [] : [approvalText(approval.outcome, approval.waited_ms)]),
		...(result?.exit === undefined || result.exit === 0 ? [] : [`exit ${result.exit}`]),
		...(result?.is_error === true && (result.exit ?? 0) === 0 ? ['the driver answered with an error'] : []),
		...(result?.truncated === undefined ? [] : [shortenedText(result.truncated)]),
		...(error?.message === undefined ? [] : [cut(error.message)]),
		...(interrupted === true ? ['no end recorded'] : []),
	];
}

function shortenedText({ from_tokens, to_tokens, spilled }: TruncatedFields): string {
	return `${thousands(from_tokens)} tokens shortened to ${thousands(to_tokens)}${spilled ? '' : ', the rest not kept'}`;
}

function approvalText(outcome: string, waitedMs: number | undefined): string {
	return waitedMs === undefined || waitedMs < 1_000 ? outcome : `${outcome} after ${durationText(waitedMs)}`;
}

/** `42s`, `5m`, `2h`. */
export function durationText(ms: number): string {
	const seconds = Math.round(ms / 1_000);
	if (seconds < 60) return `${seconds}s`;
	return seconds < 3_600 ? `${Math.round(seconds / 60)}m` : `${Math.round(seconds / 3_600)}h`;
}

export function targetText(
	call: Pick<CallView, 'tool' | 'resource' | 'prompt' | 'target' | 'driver' | 'method'>,
): string {
	if (call.tool !== undefined) return showable(call.tool);
	if (call.resource !== undefined) return `${call.driver} ${cut(call.resource, 50)}`.trim();
	return showable(call.prompt ?? [call.driver, call.target ?? call.method].filter((part) => part !== '').join(' '));
}

/** Arguments as a person would say them: a command is its text, a lone argument its value. */
export function argumentsText(value: Json | undefined): string {
	if (!isJsonObject(value)) return value === undefined ? '' : JSON.stringify(value);
	const entries = Object.entries(value);
	const [first] = entries;
	if (typeof value['command'] === 'string') return withRest(value['command'], value, 'command');
	if (typeof value['path'] === 'string') return withRest(value['path'], value, 'path');
	if (entries.length === 1 && typeof first?.[1] === 'string') return first[1];
	return membersText(value);
}

function withRest(text: string, value: JsonObject, key: string): string {
	const { [key]: _, ...rest } = value;
	return `${text}  ${membersText(rest)}`.trimEnd();
}

function membersText(value: JsonObject): string {
	return Object.entries(value)
		.map(([name, item]) => `${name}=${typeof item === 'string' && /^\S+$/.test(item) ? item : JSON.stringify(item)}`)
		.join(' ');
}

/** Local time of day. */
function clockTime(time: string): string {
	const at = new Date(time);
	return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Local date. */
export function calendarDay(time: string): string {
	const at = new Date(time);
	return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;
}

export function shortRevision(revision: string): string {
	return revision.replace(/^sha256:/, '').slice(0, 8);
}

/** On one line, nothing that moves a cursor, not too long. */
function cut(text: string, longest = longestDetail): string {
	const flat = showable(text).replace(/\s+/g, ' ').trim();
	return flat.length <= longest ? flat : `${flat.slice(0, longest)}…`;
}
