// Which of the rules that were considered are worth telling beside those that decided, for people and for machines.
import type { Decision, RuleRef } from '../abi/decision.ts';
import { effectOf } from '../policy/compiled.ts';
import { goesThrough } from '../policy/decide.ts';
import type { Considered } from '../policy/explain.ts';
import { byNearness, type Miss } from '../policy/near.ts';

/** A rule that did not match, and why. */
export type NearMiss = readonly [rule: Considered, miss: Miss];

/**
 * The nearest first: rules that an exception lifts, then those that fail by a clause beyond what kind of call they are
 * about, then those about other commands of the same program. With `isAll` every rule about such tools follows.
 */
export function nearMisses(considered: readonly Considered[], isAll = false): readonly NearMiss[] {
	return considered
		.flatMap((one): NearMiss[] => {
			const miss = one.matched ? undefined : one.miss?.();
			return miss === undefined ? [] : [[one, miss]];
		})
		.filter(([, { nearness }]) => isAll || nearness !== 'else')
		.sort(([, one], [, other]) => byNearness(one, other));
}

/** The rules about what comes back; a call that does not happen gives nothing back. */
export function resultRules(decision: Decision, considered: readonly Considered[]): readonly Considered['rule'][] {
	const happens = goesThrough(decision);
	const matched = considered.filter((one) => happens && one.matched).map(({ rule }) => rule);
	return matched.filter(({ action }) => action.kind === 'redact' || action.kind === 'truncate');
}

/** Rules that changed a call which is not let happen. */
export function changersBesides(considered: readonly Considered[], { because, changes }: Decision): readonly RuleRef[] {
	const told = new Set(because.map(({ id }) => id));
	return considered
		.filter(({ rule }) => !told.has(rule.id) && changes.some((change) => change.rule === rule.id))
		.map(({ rule }) => ({ id: rule.id, effect: effectOf(rule.action), matched: 'asked' }));
}

/** Rules that match and had no say: a stricter one decides, or they only watch. */
export function matchedBesides(considered: readonly Considered[], decision: Decision): readonly Considered[] {
	const { because, limits = [], changes } = decision;
	const told = new Set([...because, ...limits.map(({ rule }) => rule)].map(({ id }) => id));
	for (const { rule } of changes) told.add(rule);
	for (const { id } of resultRules(decision, considered)) told.add(id);
	return considered.filter(({ rule, matched }) => matched && !told.has(rule.id));
}
