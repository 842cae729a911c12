// How long one result may be: the rules about it, joined into one shortening.
import type { RuleId } from '../abi/names.ts';
import type { PolicySet } from './compile.ts';
import { type CompiledRule, isKind, type RuleOf } from './compiled.ts';
import { lookAt, noSenses } from './look.ts';
import type { Truncation } from './rule.ts';

export interface Shortening extends Truncation {
	/** The rules that shorten, the one that decides how much first. */
	readonly because: readonly RuleId[];
}

/**
 * What happens to a result of `tokens`, or undefined when it is short enough for every rule. The smallest wins, and of
 * equal ones the first by id. What one rule says must not be kept is not kept: a smaller truncation beside it may not
 * hand out what it takes away.
 */
export function joinTruncations(rules: readonly RuleOf<'truncate'>[], tokens: number): Shortening | undefined {
	const cutting = rules
		.filter(({ action }) => action.truncation.maxTokens < tokens)
		.sort((a, b) => a.action.truncation.maxTokens - b.action.truncation.maxTokens || (a.id < b.id ? -1 : 1));
	const [smallest] = cutting;
	if (smallest === undefined) return undefined;
	return {
		...smallest.action.truncation,
		spill: cutting.every(({ action }) => action.truncation.spill),
		because: cutting.map(({ id }) => id),
	};
}

/** The most tokens that any of these rules lets through. */
export function smallestLimit(rules: readonly RuleOf<'truncate'>[]): number {
	return Math.min(...rules.map(({ action }) => action.truncation.maxTokens));
}

/** Could a result for this agent be kept to be read in pages? Asked of no call, so what only a call tells counts as met. */
export function maySpill(
	set: Pick<PolicySet, 'results'>,
	{ agent, env }: { readonly agent: string; readonly env: Readonly<Record<string, string | undefined>> },
): boolean {
	// What was kept by day must be readable by night, so the hour is not asked for.
	const look = lookAt(nowhere, { agent, at: 0, env, cwd: '/' }, noSenses());
	const isAbout = ({ conditions }: CompiledRule) =>
		conditions
			.filter(({ name }) => name === 'when.agent' || name.startsWith('when.env.'))
			.every((condition) => condition.test(look) !== 'no');
	return set.results.filter(isKind('truncate')).some((rule) => rule.action.truncation.spill && isAbout(rule));
}

const nowhere = { kind: 'method', driver: '' as never, method: '', params: {} } as const;
