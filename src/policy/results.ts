// Which rules look at what a driver answers, and at what it says when nobody can tell which call it is about.
import type { Ports, Request } from '../abi/decision.ts';
import type { DriverName } from '../abi/names.ts';
import type { Target } from '../abi/syscall.ts';
import type { PolicySet } from './compile.ts';
import { applies, type CompiledRule, isKind, type RuleOf } from './compiled.ts';
import type { Condition } from './condition.ts';
import { lookAt, noSenses, sensesOf } from './look.ts';

/** Each list in rule-id order. */
export interface ResultRules {
	readonly redact: readonly RuleOf<'redact'>[];
	readonly truncate: readonly RuleOf<'truncate'>[];
}

/** The rules on the answer of one call: a rule counts in the form that it matches, as asked or as it ran. Throws when one can't be judged. */
export function resultRulesOn(set: PolicySet, request: Request, final: Target, ports: Ports): ResultRules {
	if (set.results.length === 0) return none;
	const senses = sensesOf(request, ports);
	const asked = lookAt(request.target, request, senses);
	const candidates = set.prospects.of(asked).rules.filter(isAboutResults);
	if (candidates.length === 0) return none;
	const forms = final === request.target ? [asked] : [asked, lookAt(final, request, senses)];
	return sorted(candidates.filter((rule) => forms.some((form) => applies(rule, form))));
}

/** What is known of a message that belongs to no call one could name. */
export interface Surroundings {
	readonly driver: DriverName;
	/** Undefined where it is for nobody in particular: the diagnostic log. */
	readonly agent: string | undefined;
	/** Milliseconds since the epoch. */
	readonly at: number;
	readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The rules that could be about anything this driver says. Doubt counts as matched: arguments, commands and names are
 * not known, so no condition on them keeps a rule out and no exception lifts one.
 */
export function resultRulesAround(set: PolicySet, around: Surroundings): ResultRules {
	return set.results.length === 0 ? none : sorted(set.results.filter((rule) => mayConcern(rule, around)));
}

/** Could a rule be about a resource of this driver, whatever is asked of it? */
export function hasRulesOnResources(set: PolicySet, driver: DriverName): boolean {
	const anyOne: Target = { kind: 'resource', driver, uri: '', method: 'resources/read' };
	return set.results.length > 0 && set.index.candidates(anyOne).some(isAboutResults);
}

/** The rules of both, each once. */
export function joinRules(one: ResultRules, other: ResultRules | undefined): ResultRules {
	if (other === undefined) return one;
	const all: CompiledRule[] = [...new Set([...one.redact, ...one.truncate, ...other.redact, ...other.truncate])];
	return sorted(all.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)));
}

export function isAboutResults(rule: CompiledRule): boolean {
	return rule.action.kind === 'redact' || rule.action.kind === 'truncate';
}

function sorted(rules: readonly CompiledRule[]): ResultRules {
	return { redact: rules.filter(isKind('redact')), truncate: rules.filter(isKind('truncate')) };
}

const none: ResultRules = Object.freeze({ redact: [], truncate: [] });

function mayConcern(rule: CompiledRule, { driver, agent, at, env }: Surroundings): boolean {
	const patterns = rule.match.tool;
	const isOtherTool = patterns !== undefined && !patterns.some((pattern) => mayName(pattern, driver));
	const isToolAlone = rule.match.resource === undefined && rule.match.prompt === undefined;
	if (isOtherTool && isToolAlone && rule.match.method === undefined && rule.match.driver_asks === undefined)
		return false;
	const target: Target = { kind: 'method', driver, method: '', params: {} };
	const look = lookAt(target, { agent: agent ?? '', at, env, cwd: '/' }, noSenses());
	return rule.conditions
		.filter((condition) => isKnown(condition, agent))
		.every((condition) => condition.test(look) !== 'no');
}

/** What holds or not whatever the call is. */
function isKnown({ name, reads }: Condition, agent: string | undefined): boolean {
	if (reads === 'moment') return agent !== undefined || !mayReadAgent.has(name);
	return name === 'from';
}

const mayReadAgent: ReadonlySet<string> = new Set(['when.agent', 'when.cel']);

/** Could the pattern match a tool of this driver? */
function mayName(pattern: string, driver: string): boolean {
	const own = `${driver}/`.normalize('NFC');
	const [literal = ''] = pattern.normalize('NFC').split(/[*?]/, 1);
	return own.startsWith(literal) || literal.startsWith(own);
}
