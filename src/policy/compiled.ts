// A rule that is ready to be applied, and the question whether it applies.
import type { AskTerms, Mode, RuleRef } from '../abi/decision.ts';
import type { Json } from '../abi/json.ts';
import type { RuleId } from '../abi/names.ts';
import type { ArgumentPath } from './arguments.ts';
import type { Condition } from './condition.ts';
import type { Look } from './look.ts';
import { firstFailure } from './match.ts';
import type { Regex } from './regex.ts';
import type { Match, Rule } from './rule.ts';
import { type Lean, opposite } from './truth.ts';

export interface Pinned {
	readonly path: ArgumentPath;
	readonly value: Json;
}

export interface Narrowed {
	readonly path: ArgumentPath;
	readonly drop: boolean;
	/** Leave an absent optional parameter absent. */
	readonly optional: boolean;
	readonly min?: number;
	readonly max?: number;
	readonly maxLength?: number;
	readonly patterns: readonly Regex[];
	readonly enum?: readonly Json[];
}

export type Edit = { readonly path: ArgumentPath } & (
	| { readonly op: 'set' | 'default'; readonly value: Json }
	| { readonly op: 'remove' }
	| { readonly op: 'replace'; readonly pattern: Regex; readonly with: string }
);

export type CompiledAction =
	| { readonly kind: 'hide' | 'deny' | 'allow' | 'rewrite-command' }
	| { readonly kind: 'ask'; readonly terms: AskTerms }
	| { readonly kind: 'pin'; readonly params: readonly Pinned[] }
	| { readonly kind: 'narrow'; readonly params: readonly Narrowed[] }
	| { readonly kind: 'rewrite'; readonly edits: readonly Edit[] };

export interface CompiledWaiver {
	readonly until: number;
	readonly conditions: readonly Condition[];
}

export interface CompiledRule {
	readonly id: RuleId;
	readonly rule: Rule;
	/** The rule's own match, with variables in names put in. */
	readonly match: Match;
	readonly action: CompiledAction;
	/** The highest of the set's, its file's and its own. */
	readonly mode: Mode;
	readonly lean: Lean;
	readonly conditions: readonly Condition[];
	readonly except: readonly (readonly Condition[])[];
	readonly waivers: readonly CompiledWaiver[];
	/** Whether it applies depends on what shell text means, which nobody here can say. */
	readonly judgesCommand: boolean;
	readonly reason?: string;
	readonly instead?: string;
}

export type RuleOf<Kind extends CompiledAction['kind']> = CompiledRule & {
	readonly action: Extract<CompiledAction, { kind: Kind }>;
};

export function isKind<Kind extends CompiledAction['kind']>(kind: Kind): (rule: CompiledRule) => rule is RuleOf<Kind> {
	return (rule): rule is RuleOf<Kind> => rule.action.kind === kind;
}

/** While a list is built there are no arguments yet: an allow rule counts all the same, nothing else does. */
export type Stage = 'call' | 'list';

/** Why the rule does not apply: the name of the first condition that fails, `except` or `waiver`; undefined when it applies. */
export function whyNot(rule: CompiledRule, look: Look, stage: Stage = 'call'): string | undefined {
	return firstObstacle(rule, look, stage, rule.lean);
}

/** `grant`: as a rule that opens something, so that doubt fails; `catch`: as one that restricts, so that doubt applies. */
function firstObstacle(rule: CompiledRule, look: Look, stage: Stage, lean: Lean): string | undefined {
	const unread = stage === 'list' ? rule.conditions.filter(({ reads }) => reads !== 'target') : [];
	const blocking = unread.find(({ reads }) => lean !== 'grant' || reads === 'command');
	if (blocking !== undefined) return blocking.name;
	const failed = firstFailure(unread.length === 0 ? rule.conditions : without(rule.conditions, unread), look, lean);
	if (failed !== undefined) return failed;
	const lifts = (conditions: readonly Condition[]) =>
		!(stage === 'list' && conditions.some(({ reads }) => reads !== 'target')) &&
		firstFailure(conditions, look, opposite(lean)) === undefined;
	if (rule.except.some(lifts)) return 'except';
	return rule.waivers.some(({ until, conditions }) => look.at < until && lifts(conditions)) ? 'waiver' : undefined;
}

export function applies(rule: CompiledRule, look: Look, stage?: Stage): boolean {
	return whyNot(rule, look, stage) === undefined;
}

/** Does the rule let the call happen: an allow, or an ask, which a person may answer with yes? Doubt opens nothing. */
export function opens(rule: CompiledRule, look: Look, stage: Stage = 'call'): boolean {
	const { kind } = rule.action;
	return (kind === 'allow' || kind === 'ask') && firstObstacle(rule, look, stage, 'grant') === undefined;
}

/** How a rule that took part is reported. */
export function ruleRef(rule: CompiledRule, matched: RuleRef['matched']): RuleRef {
	return { id: rule.id, effect: rule.action.kind, where: rule.rule.where, matched };
}

function without(conditions: readonly Condition[], unread: readonly Condition[]): readonly Condition[] {
	return conditions.filter((condition) => !unread.includes(condition));
}
