// `trapgate tools`: the table as one agent sees it, and which rule made it so.
import type { LockState } from '../../abi/decision.ts';
import type { JsonObject } from '../../abi/json.ts';
import { stringMember } from '../../abi/json.ts';
import { type DriverName, ownDriver, parseToolName, toolName } from '../../abi/names.ts';
import { tokensIn } from '../../abi/tokens.ts';
import { ringDemand } from '../../kernel/governed.ts';
import type { Lock } from '../../kernel/lock/lock.ts';
import { readResult, readResultTool } from '../../kernel/own-driver.ts';
import type { Revision } from '../../kernel/revision.ts';
import { ownWireName } from '../../kernel/syscall-table.ts';
import { TrustStore } from '../../kernel/trust.ts';
import { requireTrust } from '../../kernel/trusted.ts';
import { maySpill } from '../../policy/truncate.ts';
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
		'--offline    do not start drivers: only tools that trapgate.lock knows or rules name in full',
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
		const offered = look === undefined ? namedTools(revision) : listedTools(look);
		const own = maySpill(revision.set, { agent, env: around.env }) ? [ownTool] : [];
		const rows = [...offered, ...own].map((tool) => rowOf(revision, agent, tool, around.env));
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
	/** How it compares with trapgate.lock; null where there is none and no rule asks for one. */
	readonly lock: LockState | null;
	/** As a person confirmed it. */
	readonly effect: 'read' | 'write' | null;
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

/** There where a result of this agent could be shortened and kept. */
const ownTool: Tool = { driver: ownDriver, definition: readResultTool, wire: ownWireName(readResult) };

function listedTools({ tools }: Look): readonly Tool[] {
	return tools.map(({ driver, definition, wire }) => ({ driver, definition, wire }));
}

/** Without drivers, a tool is known when it was accepted, or when a rule spells it out. */
function namedTools({ policies, lock }: Revision): readonly Tool[] {
	const patterns = policies.flatMap(({ rules }) => rules.flatMap(({ match }) => match.tool ?? []));
	const accepted = [...lock.drivers].flatMap(([driver, { tool }]) =>
		[...tool.keys()].map((name) => `${driver}/${name}`),
	);
	const spelled = patterns.filter((pattern) => !/[*?[\]{}!$]/.test(pattern) && !pattern.startsWith(`${ownDriver}/`));
	return [...new Set([...accepted, ...spelled])].sort().flatMap((text) => {
		const name = parseToolName(text);
		if (name === undefined) return [];
		const { definition = { name: name.tool } } = lock.rememberedTool(name.driver, name.tool) ?? {};
		return [{ driver: name.driver, definition, wire: null }];
	});
}

function rowOf(revision: Revision, agent: string, { driver, definition, wire }: Tool, env: NodeJS.ProcessEnv): Row {
	const known = knowledgeOf(revision.lock, driver, definition, wire);
	const view = viewTool(revision.set, { driver: driver as never, ...known, agent, at: Date.now(), env });
	const before = tokensOf(definition);
	const name = toolName(driver as DriverName, stringMember(definition, 'name') ?? '');
	const demand = ringDemand(revision, name, isShell(revision, driver));
	const by = demand === undefined ? view.by.map(({ id }) => id) : [demand.id];
	const lock = revision.lock.isPresent || view.by.some(({ effect }) => effect === 'lock') ? known.lock : null;
	const about = { tool: name, wire, lock, effect: known.effect ?? null, by };
	if (view.state === 'hidden' || demand !== undefined)
		return { ...about, state: 'hidden', limits: [], tokens: { before, after: 0 } };
	const state = view.states.includes('pinned') ? 'pinned' : view.states.includes('narrowed') ? 'narrowed' : 'listed';
	const rules = revision.policies.flatMap((policy) => policy.rules);
	const took = by.flatMap((id) => rules.find((rule) => rule.id === id) ?? []);
	const limits = limitsOf(took).map((text) =>
		text.replaceAll('${workspace}', revision.config.workspace ?? '${workspace}'),
	);
	const after = tokensOf(view.definition);
	return { ...about, state, limits, tokens: { before, after } };
}

/** A driver that was not started is taken to list what was accepted. */
function knowledgeOf(lock: Lock, driver: string, definition: JsonObject, wire: string | null) {
	if (wire !== null) return lock.knowledgeOf(driver, definition);
	const remembered = lock.rememberedTool(driver, stringMember(definition, 'name') ?? '');
	const state: LockState = remembered === undefined ? 'new' : 'accepted';
	return { ...(remembered ?? { definition }), lock: state };
}

function isShell({ config }: Revision, name: string): boolean {
	return config.drivers.some((driver) => driver.name === name && driver.kind === 'shell');
}

function tokensOf(definition: JsonObject): number {
	return tokensIn(writeJson(definition).length);
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
	const body = shown.map(({ tool, state, lock, by, limits }) => [
		{ text: tool },
		{ text: state, tone: tones[state] },
		{ text: by.length === 0 ? 'default' : by.join(', ') },
		{ text: [...lockNote(lock), ...limits].join(', '), tone: 'quiet' as const },
	]);
	const { tools: all, listed, hidden, tokens_saved: saved } = totalsOf(rows);
	const left = rows.length - shown.length;
	return [
		...(shown.length === 0 ? [] : columns([head, ...body], paint)),
		`${count(all, 'tool')}: ${listed} listed, ${hidden} hidden${isOffline ? '' : `; ${thousands(saved)} tokens saved in the list`}`,
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
	].join('\n');
}

function lockNote(lock: Row['lock']): string[] {
	if (lock === 'changed') return ['not as it was accepted'];
	return lock === 'new' ? ['not accepted yet'] : [];
}

function lockSummary(rows: readonly Row[], paint: Paint): string[] {
	const compared = rows.filter(({ lock }) => lock !== null);
	if (compared.length === 0) return [];
	const counted = (state: LockState) => compared.filter(({ lock }) => lock === state).length;
	const [changed, added] = [counted('changed'), counted('new')];
	const open = [...(changed === 0 ? [] : [`${changed} changed`]), ...(added === 0 ? [] : [`${added} new`])];
	const text = [`trapgate.lock: ${counted('accepted')} accepted`, ...open].join(', ');
	return [open.length === 0 ? paint('quiet', text) : `${paint('caution', text)}; look at them: trapgate lock --review`];
}

function downDrivers({ states }: Look) {
	return [...states].flatMap(([driver, state]) => {
		if (state.is === 'ready') return [];
		const { code, message } = state.is === 'down' ? state.trouble : { code: 'D102', message: 'did not answer in time' };
		return [{ driver, code, message }];
	});
}
