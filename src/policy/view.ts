// What an agent sees of a tool: nothing, the tool as it is, or the tool without what policy has fixed.
import type { Request, RuleRef, ToolFacts } from '../abi/decision.ts';
import { isJsonObject, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import { type DriverName, ownDriver } from '../abi/names.ts';
import type { Target } from '../abi/syscall.ts';
import type { ArgumentPath } from './arguments.ts';
import type { PolicySet } from './compile.ts';
import { applies, type CompiledRule, isKind, opens, type RuleOf, ruleRef } from './compiled.ts';
import { locksOn } from './lock.ts';
import { type Look, lookAt, noSenses } from './look.ts';
import { joinNarrowings, narrowSchema } from './narrow.ts';
import { isAboutResults } from './results.ts';
import { inputSchema } from './tool-schema.ts';

export interface ViewQuestion extends Pick<Request, 'lock'>, ToolFacts {
	readonly driver: DriverName;
	readonly agent: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
	readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ToolView {
	readonly state: 'listed' | 'hidden';
	/** The very object that came in when nothing is narrowed or pinned. */
	readonly definition: JsonObject;
	/** What hid, pinned or narrowed it, then what allows it, then what may change its results; empty for a default. */
	readonly by: readonly RuleRef[];
	readonly states: readonly ('narrowed' | 'pinned')[];
}

/**
 * Conditions on time, agent and environment count; those on arguments can't be known yet: an allow rule that has some
 * lists the tool all the same, any other rule that has some waits for the call. Rules that only watch change nothing.
 */
export function viewTool(set: PolicySet, question: ViewQuestion): ToolView {
	const { definition, lock } = question;
	const look = listingLook(question);
	const locking = lock === undefined || lock === 'accepted' ? [] : locksOn(set, look);
	const rules = inForce(set, look);
	const hiding = rules.filter(isKind('hide'));
	const allowing = rules.filter(isKind('allow'));
	const asking = set.index
		.candidates(look.target)
		.filter((rule) => rule.mode === 'enforce' && opensByAsking(rule, look));
	const isOpen = set.defaults.tool !== 'deny' || set.mode !== 'enforce' || question.driver === ownDriver;
	const isReachable = isOpen || allowing.length + asking.length > 0;
	const ref = (rule: CompiledRule) => ruleRef(rule, 'asked', look);
	if (locking.length + hiding.length > 0 || !isReachable)
		return { state: 'hidden', definition, by: [...locking, ...hiding].map(ref), states: [] };

	const pins = rules.filter(isKind('pin'));
	const narrows = rules.filter(isKind('narrow'));
	const schema = inputSchema(definition);
	const shown = schema === undefined ? undefined : withBounds(withoutPinned(schema, pins), narrows);
	return {
		state: 'listed',
		definition: shown === schema || shown === undefined ? definition : { ...definition, inputSchema: shown },
		by: [...pins, ...narrows, ...allowing, ...asking, ...onResults(set, look)].map(ref),
		states: [...(narrows.length > 0 ? (['narrowed'] as const) : []), ...(pins.length > 0 ? (['pinned'] as const) : [])],
	};
}

/** The `instead` lines of the rules that hide something from this agent, for the server's instructions. */
export function hints(set: PolicySet, moment: Pick<ViewQuestion, 'agent' | 'at' | 'env'>): readonly string[] {
	const hiding = set.rules
		.filter(isKind('hide'))
		.filter((rule) => rule.mode === 'enforce' && rule.instead !== undefined && isOfMoment(rule, moment));
	return [...new Set(hiding.map((rule) => rule.instead ?? ''))];
}

/** The rules that are about the results of some call of the tool; arguments are not known yet, so they keep none out. */
function onResults(set: PolicySet, look: Look): readonly CompiledRule[] {
	if (set.results.length === 0) return [];
	return set.index
		.candidates(look.target)
		.filter(isAboutResults)
		.filter(({ conditions }) => conditions.every(({ reads, test }) => reads === 'args' || test(look) !== 'no'));
}

/** A tool that a person can let happen is there to be asked for. */
function opensByAsking(rule: CompiledRule, look: Look): boolean {
	return rule.action.kind === 'ask' && opens(rule, look, 'list');
}

/** Is the rule about this agent at this time, whatever it hides? */
function isOfMoment(rule: CompiledRule, moment: Pick<ViewQuestion, 'agent' | 'at' | 'env'>): boolean {
	const look = listingLook({ ...moment, driver: '' as DriverName, definition: {} });
	return rule.conditions.filter(({ reads }) => reads === 'moment').every((condition) => condition.test(look) !== 'no');
}

function inForce(set: PolicySet, look: Look): readonly CompiledRule[] {
	return set.index
		.candidates(look.target)
		.filter((rule) => rule.mode === 'enforce' || rule.action.kind === 'allow')
		.filter((rule) => applies(rule, look, 'list'));
}

function listingLook({ driver, definition, effect, roles, isChanged, agent, at, env }: ViewQuestion): Look {
	const target: Target = { kind: 'tool', driver, tool: stringMember(definition, 'name') ?? '', args: {} };
	const tool = {
		definition,
		...(effect === undefined ? {} : { effect }),
		...(roles === undefined ? {} : { roles }),
		...(isChanged === undefined ? {} : { isChanged }),
	};
	return lookAt(target, { agent, at, env, cwd: '/', tool }, noSenses());
}

function withoutPinned(schema: JsonObject, pins: readonly RuleOf<'pin'>[]): JsonObject {
	const params = pins.flatMap(({ action }) => action.params);
	return params.reduce((node, { path }) => updateParameter(node, path, () => undefined), schema);
}

function withBounds(schema: JsonObject, narrows: readonly RuleOf<'narrow'>[]): JsonObject {
	return joinNarrowings(narrows).reduce((node, narrowness) => {
		return updateParameter(node, narrowness.path, (parameter) => {
			if (narrowness.drop) return undefined;
			const items = parameter['items'];
			const isList = parameter['type'] === 'array' && isJsonObject(items);
			return isList ? { ...parameter, items: narrowSchema(items, narrowness) } : narrowSchema(parameter, narrowness);
		});
	}, schema);
}

/** A copy in which the parameter at `path` is another one, or gone (from `required` too). */
function updateParameter(
	node: JsonObject,
	path: ArgumentPath,
	update: (parameter: JsonObject) => JsonObject | undefined,
): JsonObject {
	const [segment = '', ...rest] = path;
	const { items, properties, required } = node;
	if (!isJsonObject(properties)) {
		return isJsonObject(items) ? { ...node, items: updateParameter(items, path, update) } : node;
	}
	const own = member(properties, segment);
	if (own === undefined) return node;
	const parameter = isJsonObject(own) ? own : {};
	const next = rest.length > 0 ? updateParameter(parameter, rest, update) : update(parameter);
	if (next !== undefined) return { ...node, properties: { ...properties, [segment]: next } };
	const others = Object.entries(properties).filter(([key]) => key !== segment);
	return {
		...node,
		properties: Object.fromEntries(others),
		...(Array.isArray(required) ? { required: required.filter((name: Json) => name !== segment) } : {}),
	};
}
