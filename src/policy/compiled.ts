// A rule that is ready to be applied, and the question whether it applies.
import type { AskTerms, Mode, RuleRef } from '../abi/decision.ts';
import type { Json } from '../abi/json.ts';
import type { RuleId } from '../abi/names.ts';
import type { ArgumentPath } from './arguments.ts';
import { commandName, findHits, type Hits, liftsCall } from './command-hits.ts';
import type { CommandTest } from './command-test.ts';
import type { Condition } from './condition.ts';
import type { Look } from './look.ts';
import { firstFailure } from './match.ts';
import type { CompiledRedaction } from './redact.ts';
import type { Regex } from './regex.ts';
import type { CommandRewrite, Match, Rate, Rule, SandboxTerms, Truncation, Waiver } from './rule.ts';
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
	| { readonly kind: 'hide' | 'deny' | 'allow' | 'lock' }
	| { readonly kind: 'rewrite-command'; readonly command: CommandRewrite }
	| { readonly kind: 'ask'; readonly terms: AskTerms }
	| { readonly kind: 'pin'; readonly params: readonly Pinned[] }
	| { readonly kind: 'narrow'; readonly params: readonly Narrowed[] }
	| { readonly kind: 'rewrite'; readonly edits: readonly Edit[] }
	| { readonly kind: 'limit'; readonly rate: Rate }
	| { readonly kind: 'redact'; readonly redaction: CompiledRedaction }
	| { readonly kind: 'truncate'; readonly truncation: Truncation }
	| { readonly kind: 'sandbox'; readonly terms: SandboxTerms };

/** What an exception says: of the call, and of one command in it. */
export interface Part {
	readonly conditions: readonly Condition[];
	readonly command?: CommandTest;
}

export interface CompiledWaiver extends Part {
	readonly until: number;
	readonly waiver: Waiver;
}

/** INVARIANT: every rule has every member, in this order: engines read objects of one shape many times faster. */
export interface CompiledRule {
	readonly lean: Lean;
	readonly conditions: readonly Condition[];
	/** What must hold of one command; undefined in rules that are not about commands. */
	readonly command: CommandTest | undefined;
	readonly except: readonly Part[];
	readonly waivers: readonly CompiledWaiver[];
	readonly id: RuleId;
	readonly rule: Rule;
	/** The rule's own match, with variables in names put in. */
	readonly match: Match;
	/** How a rule that is not about commands is reported where it matched both forms. */
	readonly ref: RuleRef;
	readonly action: CompiledAction;
	/** The highest of the set's, its file's and its own. */
	readonly mode: Mode;
	readonly reason: string | undefined;
	readonly instead: string | undefined;
}

export type RuleOf<Kind extends CompiledAction['kind']> = CompiledRule & {
	readonly action: Extract<CompiledAction, { kind: Kind }>;
};

export function isKind<Kind extends CompiledAction['kind']>(kind: Kind): (rule: CompiledRule) => rule is RuleOf<Kind> {
	return (rule): rule is RuleOf<Kind> => rule.action.kind === kind;
}

/** The rule, with these conditions instead of its own. */
export function withConditions(rule: CompiledRule, conditions: readonly Condition[]): CompiledRule {
	const { lean, command, except, waivers, id, rule: source, match, ref, action, mode, reason, instead } = rule;
	return { lean, conditions, command, except, waivers, id, rule: source, match, ref, action, mode, reason, instead };
}

/** While a list is built there are no arguments yet: an allow rule counts all the same, nothing else does. */
export type Stage = 'call' | 'list';

/**
 * Why the rule does not apply: the name of the first condition that fails, `except` or `waiver`; undefined when it
 * applies. A rule about commands applies when it is about one of them.
 */
export function whyNot(rule: CompiledRule, look: Look, stage: Stage = 'call'): string | undefined {
	return firstObstacle(rule, look, stage, rule.lean);
}

/** `grant`: as a rule that opens something, so that doubt fails; `catch`: as one that restricts, so that doubt applies. */
function firstObstacle(rule: CompiledRule, look: Look, stage: Stage, lean: Lean): string | undefined {
	const obstacle = obstacleOfCall(rule, look, stage, lean);
	if (obstacle !== undefined) return obstacle;
	const { command } = rule;
	if (stage === 'list')
		return command === undefined || (lean === 'grant' && rule.match.tool !== undefined) ? undefined : 'command';
	if (command !== undefined) {
		const { hits, failed } = hitsOf(rule, look, lean);
		return hits.length > 0 ? undefined : failed;
	}
	for (const { name, part } of liftingParts(rule, look, stage, lean)) {
		if (part.command !== undefined && liftsCall(part.command, look, lean)) return name;
	}
	return undefined;
}

/** As {@link firstObstacle}, of everything that is not about a command. */
function obstacleOfCall(rule: CompiledRule, look: Look, stage: Stage, lean: Lean): string | undefined {
	const { conditions } = rule;
	const failed = stage === 'list' ? firstFailureInList(conditions, look, lean) : firstFailure(conditions, look, lean);
	if (failed !== undefined) return failed;
	return liftingParts(rule, look, stage, lean).find(({ part }) => part.command === undefined)?.name;
}

/** An exception or a waiver of a rule that holds, as far as the call itself goes. */
export type Lifting =
	| { readonly name: 'except'; readonly part: Part }
	| { readonly name: 'waiver'; readonly part: CompiledWaiver };

const none: readonly never[] = [];

function firstFailureInList(conditions: readonly Condition[], look: Look, lean: Lean): string | undefined {
	const unread = conditions.find(({ reads }) => reads === 'args');
	if (unread === undefined) return firstFailure(conditions, look, lean);
	if (lean === 'catch') return unread.name;
	return firstFailure(
		conditions.filter(({ reads }) => reads !== 'args'),
		look,
		lean,
	);
}

/** The exceptions and waivers that hold as far as the call itself goes. */
export function liftingParts(rule: CompiledRule, look: Look, stage: Stage, lean: Lean): readonly Lifting[] {
	if (rule.except.length === 0 && rule.waivers.length === 0) return none;
	const isHeld = ({ conditions }: Part) =>
		!(stage === 'list' && conditions.some(({ reads }) => reads === 'args')) &&
		firstFailure(conditions, look, opposite(lean)) === undefined;
	return [
		...rule.except.filter(isHeld).map((part) => ({ name: 'except' as const, part })),
		...rule.waivers
			.filter((waiver) => look.at < waiver.until && isHeld(waiver))
			.map((part) => ({ name: 'waiver' as const, part })),
	];
}

/** The commands of the call that the rule is about; looked for once. */
export function hitsOf(rule: CompiledRule, look: Look, lean: Lean = rule.lean): Hits {
	const known = look.hits().get(rule)?.get(lean);
	if (known !== undefined) return known;
	const lifting = liftingParts(rule, look, 'call', lean).map(({ part }) => part);
	const found = findHits(rule, look, lean, lifting);
	const own = look.hits().get(rule) ?? new Map<Lean, Hits>();
	look.hits().set(rule, own.set(lean, found));
	return found;
}

/** Could the rule be about a command of this call, whatever the commands are? */
export function watchesCommands(rule: CompiledRule, look: Look): boolean {
	if (rule.command === undefined || !look.carriesCommand) return false;
	return obstacleOfCall(rule, look, 'call', rule.lean) === undefined;
}

/** The commands that a rule lets run for certain. */
export function opensCommands(rule: CompiledRule, look: Look): Hits['hits'] {
	const isAbout = rule.command !== undefined && obstacleOfCall(rule, look, 'call', 'grant') === undefined;
	return isAbout ? hitsOf(rule, look, 'grant').hits : [];
}

export function applies(rule: CompiledRule, look: Look, stage: Stage = 'call'): boolean {
	const { lean, conditions, command, except, waivers } = rule;
	// Most rules: nothing but conditions.
	if (stage === 'call' && command === undefined && except.length === 0 && waivers.length === 0) {
		return firstFailure(conditions, look, lean) === undefined;
	}
	return whyNot(rule, look, stage) === undefined;
}

/** Does the rule let the call happen: an allow, or an ask, which a person may answer with yes? Doubt opens nothing. */
export function opens(rule: CompiledRule, look: Look, stage: Stage = 'call'): boolean {
	const { kind } = rule.action;
	return (kind === 'allow' || kind === 'ask') && firstObstacle(rule, look, stage, 'grant') === undefined;
}

/** Why conditions of the rule are unsure of the call, in words; the first of each. */
export function doubtsOf({ conditions }: CompiledRule, look: Look): string[] {
	return conditions.flatMap((condition) => condition.doubt?.(look) ?? []);
}

/** How a rule that took part is reported; `look` is the form that it matched. */
export function ruleRef(rule: CompiledRule, matched: RuleRef['matched'], look: Look): RuleRef {
	if (rule.command === undefined) return matched === 'both' ? rule.ref : { ...rule.ref, matched };
	const [hit] = hitsOf(rule, look).hits;
	return { ...rule.ref, matched, ...(hit === undefined ? {} : { command: commandName(hit.command) }) };
}

/** What the rule does, in the words of a policy file. */
export function effectOf({ kind }: Pick<CompiledAction, 'kind'>): string {
	return kind === 'rewrite-command' ? 'rewrite' : kind;
}
