// `trapgate tools`: the table as one agent sees it, and which rule made it so.
import type { JsonObject } from '../../abi/json.ts';
import { TrustStore } from '../../kernel/trust.ts';
import { requireTrust } from '../../kernel/trusted.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { agentFlag, isSet } from '../flags.ts';
import { type Look, lookAtDrivers } from '../look.ts';
import { writeDocument } from '../output.ts';
import { onOneLine } from '../render/columns.ts';
import { fieldJson } from '../render/lock.ts';
import { painter } from '../render/paint.ts';
import { tableText } from '../render/tools.ts';
import { readSettingHere, requireRevision } from '../setting.ts';
import { listedTools, namedTools, type ToolRow, toolRows, totalsOf } from '../tool-table.ts';

export const tools: Command = {
	name: 'tools',
	usage: '[--agent ID] [--all] [--diff] [--offline]',
	summary: 'the table as one agent sees it, and which rule made it so',
	details: [
		'--agent ID   as this agent; default: unidentified',
		'--all        also tools that are hidden because no rule allows them',
		'--diff       what the policy changes in each definition, and what changed since it was accepted in trapgate.lock',
		'--offline    do not start drivers: only tools that trapgate.lock knows or rules name in full',
	],
	options: {
		agent: { type: 'string' },
		all: { type: 'boolean' },
		diff: { type: 'boolean' },
		offline: { type: 'boolean' },
	},
	words: [0, 0],
	async run(input: CommandInput): Promise<ExitCode> {
		const { flags, global, around } = input;
		const agent = agentFlag('tools', flags);
		const setting = await readSettingHere(input);
		const revision = requireRevision(setting);
		const isOffline = isSet(flags, 'offline');
		if (!isOffline) requireTrust(revision, new TrustStore(setting.directories.state), setting.load.file);
		const look = isOffline ? undefined : await lookAtDrivers(revision, setting, input);
		if (look?.collision !== undefined) throw look.collision;
		const offered = look === undefined ? namedTools(revision) : listedTools(look);
		const rows = toolRows(revision, offered, { agent, at: Date.now(), env: around.env });
		const isDiff = isSet(flags, 'diff');
		const down = look === undefined ? [] : downDrivers(look);
		if (global.format === 'json') {
			writeDocument(around, 'tools', {
				agent,
				tools: rows.map((row) => rowJson(row, isDiff)),
				totals: totalsOf(rows),
				drivers_down: down,
				policy_rev: revision.id,
			});
		} else {
			const view = { isAll: isSet(flags, 'all'), isOffline, isDiff, paint: painter(global.color) };
			around.stdout.write(`${tableText(rows, view)}\n`);
			for (const { driver, code, message } of down)
				around.stderr.write(
					onOneLine(`driver ${driver} is down, its tools are absent: ${code} ${message}`).concat('\n'),
				);
		}
		return down.length === 0 ? exitCodes.fine : exitCodes.connection;
	},
};

function rowJson({ isKnown: _, changes, sinceAccepted, rules, ...row }: ToolRow, isDiff: boolean): JsonObject {
	return {
		...row,
		rules: rules.map((rule) => ({ ...rule })),
		...(isDiff ? { changes: changes.map(fieldJson), since_accepted: sinceAccepted.map(fieldJson) } : {}),
	};
}

function downDrivers({ states }: Look) {
	return [...states].flatMap(([driver, state]) => {
		if (state.is === 'ready') return [];
		const { code, message } = state.is === 'down' ? state.trouble : { code: 'D102', message: 'did not answer in time' };
		return [{ driver, code, message }];
	});
}
