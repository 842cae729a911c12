// Which limits a call counts against. How much of them is used up is not the policy's to know.
import type { LimitUse, Ports, Request } from '../abi/decision.ts';
import type { Target } from '../abi/syscall.ts';
import type { PolicySet } from './compile.ts';
import { applies, isKind, ruleRef } from './compiled.ts';
import { lookAt, sensesOf } from './look.ts';

/** The limits on a call that goes through, in rule-id order; a rule counts it in the form that it matches, asked or final. */
export function limitsOn(set: PolicySet, request: Request, final: Target, ports: Ports): LimitUse[] {
	if (!set.hasLimits) return [];
	const senses = sensesOf(request, ports);
	const asked = lookAt(request.target, request, senses);
	const rules = set.prospects.of(asked).rules.filter(isKind('limit'));
	if (rules.length === 0) return [];
	const forms = final === request.target ? [asked] : [asked, lookAt(final, request, senses)];
	return rules.flatMap((rule) => {
		const matched = forms.filter((form) => applies(rule, form));
		const [first] = matched;
		if (first === undefined) return [];
		const { calls, perMs, scope } = rule.action.rate;
		const which = matched.length === forms.length ? 'both' : first === asked ? 'asked' : 'final';
		return [
			{
				rule: ruleRef(rule, which, first),
				scope,
				calls,
				perMs,
				mode: rule.mode,
				...(rule.reason === undefined ? {} : { reason: rule.reason }),
				...(rule.instead === undefined ? {} : { instead: rule.instead }),
			},
		];
	});
}
