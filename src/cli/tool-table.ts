// The table of tools as one agent sees it: what is left of each, by which rules, and what the list costs.
import type { LockState } from '../abi/decision.ts';
import type { JsonObject } from '../abi/json.ts';
import { stringMember } from '../abi/json.ts';
import { type DriverName, ownDriver, parseToolName, toolName } from '../abi/names.ts';
import { tokensIn } from '../abi/tokens.ts';
import { changedFields, type FieldChange } from '../kernel/lock/differences.ts';
import type { Lock } from '../kernel/lock/lock.ts';
import { readResult, readResultTool } from '../kernel/own-driver.ts';
import type { Revision } from '../kernel/revision.ts';
import { ringDemand } from '../kernel/ring-demands.ts';
import { screenListed } from '../kernel/screen.ts';
import { ownWireName } from '../kernel/syscall-table.ts';
import { effectOf } from '../policy/compiled.ts';
import { maySpill } from '../policy/truncate.ts';
import { viewTool } from '../policy/view.ts';
import { writeJson } from '../wire/json.ts';
import type { Look } from './look.ts';
import { limitsOf } from './render/limits.ts';

export interface ToolRow {
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
	/** The same, with what each does and where it stands. */
	readonly rules: readonly {
		readonly id: string;
		readonly effect: string;
		readonly file: string;
		readonly line: number;
	}[];
	/** `owner = acme`, `head at most 40`, `connection dropped`. */
	readonly limits: readonly string[];
	/** What its definition costs in the list, before and after the policy. */
	readonly tokens: { readonly before: number; readonly after: number };
	/** The whole definition is known: its driver listed it, or a person accepted it. */
	readonly isKnown: boolean;
	/** What the policy changes in the definition that the driver lists. */
	readonly changes: readonly FieldChange[];
	/** What the driver changed since a person accepted it. */
	readonly sinceAccepted: readonly FieldChange[];
}

export interface Tool {
	readonly driver: string;
	readonly definition: JsonObject;
	readonly wire: string | null;
}

const ownTool: Tool = { driver: ownDriver, definition: readResultTool, wire: ownWireName(readResult) };

export function listedTools({ tools }: Look): readonly Tool[] {
	return tools.map(({ driver, definition, wire }) => ({ driver, definition, wire }));
}

/** Without drivers, a tool is known when it was accepted, or when a rule spells it out. */
export function namedTools({ policies, lock }: Revision): readonly Tool[] {
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

/** Whose table it is, and when. */
export interface Viewer {
	readonly agent: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
	readonly env: Readonly<Record<string, string | undefined>>;
}

/** One row for each tool, and one for the kernel's own where a result of this agent could be shortened and kept. */
export function toolRows(revision: Revision, tools: readonly Tool[], viewer: Viewer): readonly ToolRow[] {
	const own = maySpill(revision.set, viewer) ? [ownTool] : [];
	return [...tools, ...own].map((tool) => rowOf(revision, tool, viewer));
}

function rowOf(revision: Revision, { driver, definition, wire }: Tool, viewer: Viewer): ToolRow {
	const bare = stringMember(definition, 'name') ?? '';
	const known = knowledgeOf(revision.lock, driver, definition, wire);
	const view = viewTool(revision.set, { driver: driver as DriverName, ...known, ...viewer });
	const name = toolName(driver as DriverName, bare);
	const demand = ringDemand(revision, name, isShell(revision, driver));
	const by = demand === undefined ? view.by.map(({ id }) => id) : [demand.rule.id];
	const all = revision.policies.flatMap((policy) => policy.rules);
	const rules = by.flatMap((id) => all.find((rule) => rule.id === id) ?? []);
	const lock = revision.lock.isPresent || view.by.some(({ effect }) => effect === 'lock') ? known.lock : null;
	// Without the policy there would be no tool of the kernel's own.
	const before = driver === ownDriver ? 0 : tokensOf(definition, bare);
	const accepted = revision.lock.rememberedTool(driver as DriverName, bare)?.definition;
	const about = {
		tool: name,
		wire,
		lock,
		effect: lock === 'changed' ? null : (known.effect ?? null),
		by,
		rules: rules.map(({ id, action, where: { file, line } }) => ({ id, effect: effectOf(action), file, line })),
		isKnown: wire !== null || accepted !== undefined,
		sinceAccepted: lock === 'changed' && accepted !== undefined ? changedFields(accepted, definition) : [],
	};
	if (view.state === 'hidden' || demand !== undefined)
		return { ...about, state: 'hidden', limits: [], tokens: { before, after: 0 }, changes: [] };
	const state = view.states.includes('pinned') ? 'pinned' : view.states.includes('narrowed') ? 'narrowed' : 'listed';
	const limits = limitsOf(rules).map((text) =>
		text.replaceAll('${workspace}', revision.config.workspace ?? '${workspace}'),
	);
	const after = tokensOf(screenListed(view.definition), wire ?? bare);
	return { ...about, state, limits, tokens: { before, after }, changes: changedFields(definition, view.definition) };
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

/** An entry of the list costs what its JSON costs. */
function tokensOf(definition: JsonObject, name: string): number {
	return tokensIn(writeJson({ ...definition, name }).length);
}

export function totalsOf(rows: readonly ToolRow[]) {
	const hidden = rows.filter(({ state }) => state === 'hidden').length;
	const sum = (which: 'before' | 'after') => rows.reduce((all, { tokens }) => all + tokens[which], 0);
	const [before, after] = [sum('before'), sum('after')];
	return {
		tools: rows.length,
		listed: rows.length - hidden,
		hidden,
		tokens_before: before,
		tokens_after: after,
		tokens_saved: Math.max(0, before - after),
	};
}
