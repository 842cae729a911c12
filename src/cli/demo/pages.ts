// What the demo prints around its scenes: the opening, the table, the log, and the lines for the user's own client.
import type { CallView } from '../../audit/calls.ts';
import type { AuditRecord } from '../../audit/record.ts';
import type { VerifyReport } from '../../audit/verify.ts';
import { clientLines, type KernelCommand } from '../clients.ts';
import { columns, count } from '../render/columns.ts';
import { painter } from '../render/paint.ts';
import { inOrder, tailText } from '../render/tail.ts';
import { verifyText } from '../render/verify.ts';
import { type DemoWorld, shownRoot } from './world.ts';

export function openingPage({ root, policy, shown }: DemoWorld, color: boolean): string {
	const paint = painter(color);
	const lines = shown(policy).trimEnd().split('\n');
	return [
		paint('strong', 'Trapgate demo'),
		'',
		'An agent speaks MCP to `trapgate run`, which fronts two drivers: the filesystem server of the MCP project and',
		`the built-in shell. Everything lies in ${root} (shown as ${shownRoot}) and is removed at the end.`,
		'',
		paint('title', 'The policy'),
		'',
		...lines.map((line) => (line === '' ? '' : `    ${/^\s*#/.test(line) ? paint('quiet', line) : line}`)),
		'',
	].join('\n');
}

/** `shown`: tools by name, with their parameters. */
export function tablePage(shown: ReadonlyMap<string, readonly string[]>, color: boolean): string {
	const paint = painter(color);
	const rows = [...shown].map(([name, parameters]) => [
		{ text: name },
		{ text: parameters.join(', '), tone: 'quiet' as const },
	]);
	return [
		paint('title', 'What the agent sees'),
		'',
		`${count(shown.size, 'tool')}: what no rule allows does not exist, and pinned or dropped parameters are gone.`,
		'',
		...columns(rows, paint).map((line) => `    ${line}`),
		'',
		paint('title', 'What the agent does'),
		'',
	].join('\n');
}

export function logPage(
	records: readonly (AuditRecord | CallView)[],
	report: VerifyReport,
	directory: string,
	color: boolean,
): string {
	const paint = painter(color);
	const now = Date.now();
	return [
		paint('title', 'What the log says'),
		'',
		'It has one word for every call that ran in another form, narrowed or rewritten: REWRITE.',
		'',
		paint('quiet', '$ trapgate audit tail'),
		tailText(inOrder(records), { color, now }),
		'',
		paint('quiet', '$ trapgate audit verify'),
		verifyText(report, { directory, color, now }),
		'',
	].join('\n');
}

export function clientPage(command: KernelCommand, color: boolean): string {
	const paint = painter(color);
	const blocks = clientLines(command).flatMap(({ client, file, lines }) => [
		`${paint('strong', client)}, ${file}`,
		'',
		...lines.map((line) => `    ${line}`),
		'',
	]);
	return [
		paint('title', 'Your client'),
		'',
		'Write a trapgate.yaml like the one above (trapgate check finds every mistake), accept it with trapgate trust, and',
		'put these lines into your client, in place of the servers that are behind Trapgate now:',
		'',
		...blocks,
	].join('\n');
}
