// Which rules can concern a call, sorted by what they do; found once for each tool, and kept.
import type { Mode } from '../abi/decision.ts';
import type { Target } from '../abi/syscall.ts';
import { type CompiledRule, isKind, type RuleOf, withConditions } from './compiled.ts';
import { isAtLeast } from './defaults.ts';
import type { Look } from './look.ts';
import type { RuleIndex } from './rule-index.ts';
import { type Patterns, Sieve } from './sieve.ts';
import { allOf } from './truth.ts';

/** The rules that judge a call where those of at least one mode are in force, each list in id order. */
export interface Plan {
	readonly hide: readonly CompiledRule[];
	readonly deny: readonly CompiledRule[];
	readonly ask: readonly RuleOf<'ask'>[];
	/** In force in any mode. */
	readonly allow: readonly CompiledRule[];
	/** Of the former those that are not about commands. */
	readonly allowCalls: readonly CompiledRule[];
	/** Pins, bounds and rewrites. */
	readonly change: readonly CompiledRule[];
	/** Some allow depends on nothing but the arguments, so the tool is there to be called. */
	readonly isReachable: boolean;
	/** Rules about commands: those that let one happen (an allow, or an ask, which a person may answer with yes), and all others. */
	readonly openingCommands: readonly CompiledRule[];
	/** Of the former those that name a tool: they open it. */
	readonly openingTools: readonly CompiledRule[];
	readonly restrictingCommands: readonly CompiledRule[];
	/** What is left of three of the lists once the arguments are known. */
	readonly sieves: {
		readonly hide: Sieve<CompiledRule>;
		readonly deny: Sieve<CompiledRule>;
		readonly ask: Sieve<RuleOf<'ask'>>;
	};
}

/** What can concern a call, whatever its arguments. */
export interface Prospect {
	/** In id order, without the conditions that the tool's name fulfils. */
	readonly rules: readonly CompiledRule[];
	plan(mode: Mode): Plan;
}

/** In references to rules. Names come from outside, so there is no end to them. */
const mostKept = 500_000;
const longestName = 200;

/**
 * Keeps the prospects of tools: the name decides most of what a decision would cost.
 *
 * INVARIANT: a prospect depends on nothing but the rules and the name, so no answer depends on what was asked before.
 */
export class Prospects {
	readonly #index: RuleIndex;
	/** Rules without the conditions on names. */
	readonly #unnamed = new Map<CompiledRule, CompiledRule>();
	/** By driver and tool. */
	readonly #kept = new Map<string, Map<string, Prospect>>();
	readonly #patterns: Patterns = new Map();
	#size = 0;

	constructor(index: RuleIndex) {
		this.#index = index;
	}

	of(look: Look): Prospect {
		const { target } = look;
		if (target.kind !== 'tool') return prospectOf(this.#index.candidates(target));
		return this.#kept.get(target.driver)?.get(target.tool) ?? this.#find(look, target);
	}

	#find(look: Look, target: Target & { kind: 'tool' }): Prospect {
		const rules = this.#index.candidates(target).flatMap((rule) => {
			const truth = allOf(rule.conditions.filter(isOfName), (condition) => condition.test(look));
			// Where the name may be another spelling of what is meant, the answer depends on who wants to know.
			return truth === 'no' ? [] : [truth === 'yes' ? this.#withoutName(rule) : rule];
		});
		if (target.driver.length + target.tool.length > longestName) return prospectOf(rules);
		const prospect = prospectOf(rules, this.#patterns);
		this.#keep(target, prospect);
		return prospect;
	}

	#withoutName(rule: CompiledRule): CompiledRule {
		const known = this.#unnamed.get(rule);
		if (known !== undefined) return known;
		const unnamed = withConditions(
			rule,
			rule.conditions.filter((condition) => !isOfName(condition)),
		);
		this.#unnamed.set(rule, unnamed);
		return unnamed;
	}

	#keep({ driver, tool }: Target & { kind: 'tool' }, prospect: Prospect): void {
		// A plan holds each rule once more, or twice, and so do its sieves.
		const size = 20 + 5 * prospect.rules.length;
		if (this.#size + size > mostKept) {
			this.#kept.clear();
			this.#patterns.clear();
			this.#size = 0;
		}
		const ofDriver = this.#kept.get(driver) ?? new Map<string, Prospect>();
		this.#kept.set(driver, ofDriver.set(tool, prospect));
		this.#size += size;
	}
}

function isOfName({ isOfName = false }: CompiledRule['conditions'][number]): boolean {
	return isOfName;
}

/** Without `patterns` nothing is prepared: that is only worth it for what is kept. */
function prospectOf(rules: readonly CompiledRule[], patterns?: Patterns): Prospect {
	const plans: Partial<Record<Mode, Plan>> = {};
	return {
		rules,
		plan(mode) {
			plans[mode] ??= planOf(
				rules.filter((rule) => rule.action.kind === 'allow' || isAtLeast(rule.mode, mode)),
				patterns,
			);
			return plans[mode];
		},
	};
}

function planOf(rules: readonly CompiledRule[], patterns: Patterns | undefined): Plan {
	const hide = rules.filter(isKind('hide'));
	const deny = rules.filter(isKind('deny'));
	const ask = rules.filter(isKind('ask'));
	const allow = rules.filter(isKind('allow'));
	const change = rules.filter(({ action }) => action.kind in changing);
	const openingCommands = [...allow, ...ask].filter(isAboutCommands);
	return {
		hide,
		deny,
		ask,
		allow,
		allowCalls: allow.filter((rule) => !isAboutCommands(rule)),
		change,
		isReachable: allow.some(isAboutArgumentsAlone),
		openingCommands,
		openingTools: openingCommands.filter(({ match }) => match.tool !== undefined),
		restrictingCommands: [...hide, ...deny, ...ask, ...change].filter(isAboutCommands),
		sieves: { hide: new Sieve(hide, patterns), deny: new Sieve(deny, patterns), ask: new Sieve(ask, patterns) },
	};
}

/** What has a say when something that a tool started executes a program: the call itself was asked about, and changed, before. */
export function trapPlan(plan: Plan): Plan {
	const ask = plan.ask.filter(isAboutCommands);
	const sieves = { ...plan.sieves, ask: new Sieve(ask) };
	return { ...plan, ask, change: plan.change.filter(isAboutCommands), sieves };
}

function isAboutArgumentsAlone({ conditions, command, except, waivers }: CompiledRule): boolean {
	const isUnconditional = command === undefined && except.length === 0 && waivers.length === 0;
	return isUnconditional && conditions.every(({ reads }) => reads === 'args');
}

/** Actions that change arguments; those that are not named in a plan take no part in judging a call. */
const changing = { pin: true, narrow: true, rewrite: true, 'rewrite-command': true };

export function isAboutCommands({ command }: CompiledRule): boolean {
	return command !== undefined;
}
