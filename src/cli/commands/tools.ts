// `trapgate tools`: the table as one agent sees it, and which rule made it so.
import type { JsonObject } from '../../abi/json.ts';
import { stringMember } from '../../abi/json.ts';
import { type DriverName, parseToolName, toolName } from '../../abi/names.ts';
import { ringDemand } from '../../kernel/governed.ts';
import type { Revision } from '../../kernel/revision.ts';
import { TrustStore } from '../../kernel/trust.ts';
import { requireTrust } from '../../kernel/trusted.ts';
import { viewTool } from '../../policy/view.ts';
import { writeJson } from '../../wire/json.ts';
import type { Command, CommandInput } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { agentFlag, isSet } from '../flags.ts';
import { type Look, lookAtDrivers } from '../look.ts';
import { writeDocument } from '../output.ts';
import { columns, count, onOneLine, thousands } from '../render/columns.ts';
import { limitsOf } from '../render/limits.ts';
import { type Paint, painter, type Tone } from '../render/paint.ts';
import { readSetting, requireRevision } from '../setting.ts';

export const tools: Command = {
	name: 'tools',
	usage: '[--agent ID] [--all] [--offline]',
	summary: 'the table as one agent sees it, and which rule made it so',
	details: [
		'--agent ID   as this agent; default: unidentified',
		'--all        also tools that are hidden because no rule allows them',
		'--offline    do not start drivers: only tools that rules name in full',
	],
	options: { agent: { type: 'string' }, all: { type: 'boolean' }, offline: { type: 'boolean' } },
	words: [0, 0],
	async run(input: CommandInput): Promise<ExitCode> {
		const { flags, global, around } = input;
		const agent = agentFlag('tools', flags);
		const setting = readSetting(input);
		const revision = requireRevision(setting);
		const isOffline = isSet(flags, 'offline');
		if (!isOffline) requireTrust(revision, new TrustStore(setting.directories.state), setting.load.file);
		const look = isOffline ? undefined : await lookAtDrivers(revision, setting, input);
		if (look?.collision !== undefined) throw look.collision;
		const rows = (look === undefined ? namedTools(revision) : listedTools(look)).map((tool) =>
			rowOf(revision, agent, tool, around.env),
		);
		const down = look === undefined ? [] : downDrivers(look);
		if (global.format === 'json') {
			writeDocument(around, 'tools', {
				agent,
				tools: rows.map((row) => ({ ...row, by: [...row.by], limits: [...row.limits] })),
				totals: totalsOf(rows),
				drivers_down: down,
				policy_rev: revision.id,
			});
		} else {
			around.stdout.write(`${tableText(rows, isSet(flags, 'all'), isOffline, painter(global.color))}\n`);
			for (const { driver, code, message } of down)
				around.stderr.write(
					onOneLine(`driver ${driver} is down, its tools are absent: ${code} ${message}`).concat('\n'),
				);
		}
		return down.length === 0 ? exitCodes.fine : exitCodes.connection;
	},
};

interface Row {
	/** `driver/tool`. */
	readonly tool: string;
	/** What clients call it; null when drivers were not started. */
	readonly wire: string | null;
	readonly state: 'listed' | 'narrowed' | 'pinned' | 'hidden';
	/** Rules, the deciding one first; empty when the default decided. */
	readonly by: readonly string[];
	/** `owner = acme`, `head at most 40`, `connection dropped`. */
	readonly limits: readonly string[];
	/** What its definition costs in the list, before and after the policy. */
	readonly tokens: { readonly before: number; readonly after: number };
}

interface Tool {
	readonly driver: string;
	readonly definition: JsonObject;
	readonly wire: string | null;
}

function listedTools({ tools }: Look): readonly Tool[] {
	return tools.map(({ driver, definition, wire }) => ({ driver, definition, wire }));
}

/** Without drivers, a tool is known when a rule spells it out. */
function namedTools({ policies }: Revision): readonly Tool[] {
	const patterns = policies.flatMap(({ rules }) => rules.flatMap(({ match }) => match.tool ?? []));
	return [...new Set(patterns)].sort().flatMap((pattern) => {
		const name = /[*?[\]{}!$]/.test(pattern) ? undefined : parseToolName(pattern);
		return name === undefined ? [] : [{ driver: name.driver, definition: { name: name.tool }, wire: null }];
	});
}

function rowOf(revision: Revision, agent: string, { driver, definition, wire }: Tool, env: NodeJS.ProcessEnv): Row {
	const view = viewTool(revision.set, { driver: driver as never, definition, agent, at: Date.now(), env });
	const before = tokensOf(definition);
	const name = toolName(driver as DriverName, stringMember(definition, 'name') ?? '');
	const demand = ringDemand(revision, name, isShell(revision, driver));
	const by = demand === undefined ? view.by.map(({ id }) => id) : [demand.id];
	if (view.state === 'hidden' || demand !== undefined)
		return { tool: name, wire, state: 'hidden', by, limits: [], tokens: { before, after: 0 } };
	const state = view.states.includes('pinned') ? 'pinned' : view.states.includes('narrowed') ? 'narrowed' : 'listed';
	const rules = revision.policies.flatMap((policy) => policy.rules);
	const took = by.flatMap((id) => rules.find((rule) => rule.id === id) ?? []);
	const limits = limitsOf(took).map((text) =>
		text.replaceAll('${workspace}', revision.config.workspace ?? '${workspace}'),
	);
	return { tool: name, wire, state, by, limits, tokens: { before, after: tokensOf(view.definition) } };
}

function isShell({ config }: Revision, name: string): boolean {
	return config.drivers.some((driver) => driver.name === name && driver.kind === 'shell');
}

/** A model reads about four characters as one token. */
function tokensOf(definition: JsonObject): number {
	return Math.ceil(writeJson(definition).length / 4);
}

function totalsOf(rows: readonly Row[]) {
	const hidden = rows.filter(({ state }) => state === 'hidden').length;
	const saved = rows.reduce((sum, { tokens }) => sum + tokens.before - tokens.after, 0);
	return { tools: rows.length, listed: rows.length - hidden, hidden, tokens_saved: Math.max(0, saved) };
}

const tones: Record<Row['state'], Tone> = { listed: 'good', narrowed: 'changed', pinned: 'changed', hidden: 'bad' };

function tableText(rows: readonly Row[], isAll: boolean, isOffline: boolean, paint: Paint): string {
	const shown = rows.filter(({ state, by }) => isAll || state !== 'hidden' || by.length > 0);
	const head = ['TOOL', 'STATE', 'BY', ''].map((text) => ({ text, tone: 'strong' as const }));
	const body = shown.map(({ tool, state, by, limits }) => [
		{ text: tool },
		{ text: state, tone: tones[state] },
		{ text: by.length === 0 ? 'default' : by.join(', ') },
		{ text: limits.join(', '), tone: 'quiet' as const },
	]);
	const { tools: all, listed, hidden, tokens_saved: saved } = totalsOf(rows);
	const left = rows.length - shown.length;
	return [
		...(shown.length === 0 ? [] : columns([head, ...body], paint)),
		`${count(all, 'tool')}: ${listed} listed, ${hidden} hidden${isOffline ? '' : `; ${thousands(saved)} tokens saved in the list`}`,
		...(left === 0 ? [] : [paint('quiet', `${left} of them hidden because no rule allows them: trapgate tools --all`)]),
		...(isOffline ? [paint('quiet', 'drivers were not started: only tools that rules name in full are shown')] : []),
	].join('\n');
}

function downDrivers({ states }: Look) {
	return [...states].flatMap(([driver, state]) => {
		if (state.is === 'ready') return [];
		const { code, message } = state.is === 'down' ? state.trouble : { code: 'D102', message: 'did not answer in time' };
		return [{ driver, code, message }];
	});
}
