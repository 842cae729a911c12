// The decision point: what would be done with a call, whether it is done in this mode, and why.
import type { Decision, Mode, Ports, Request } from '../abi/decision.ts';
import { errorText } from '../abi/problem.ts';
import type { Target } from '../abi/syscall.ts';
import type { PolicySet } from './compile.ts';
import { modesDownTo } from './defaults.ts';
import { type Judgement, judge } from './judge.ts';
import { limitsOn } from './limit.ts';
import { lockRefusal } from './lock.ts';
import { lookAt, sensesOf } from './look.ts';
import { trapPlan } from './plan.ts';

/**
 * Answers for one call: hidden or not, changed how, and then the strictest of deny, ask and allow on the call as asked
 * and as it would run. Limits are named, not counted: whoever lets the call happen does that. The order of rules and files changes nothing. Never throws: what goes wrong is `errored`, and
 * such a call is refused in every mode.
 */
export function decide(set: PolicySet, request: Request, ports: Ports): Decision {
	try {
		const locked = request.isTrap === true ? undefined : lockRefusal(set, request);
		if (locked !== undefined) return locked;
		const asked = lookAt(request.target, request, sensesOf(request, ports));
		const prospect = set.prospects.of(asked);
		// What acts is judged without the rules that only watch, so that no rule on trial can loosen one in force.
		for (const mode of modesDownTo(set.mode)) {
			const plan = request.isTrap === true ? trapPlan(prospect.plan(mode)) : prospect.plan(mode);
			const judgement = judge(set, request, asked, plan, mode);
			if (judgement.verdict === 'allowed' && mode !== set.mode) continue;
			const decided = decisionOf(judgement, mode, request.target);
			// What a call starts is counted with the call.
			const limits =
				goesThrough(decided) && request.isTrap !== true ? limitsOn(set, request, decided.final, ports) : [];
			return limits.length === 0 ? decided : { ...decided, limits };
		}
	} catch (error) {
		return errored(request.target, errorText(error));
	}
	return errored(request.target, `unknown mode ${String(set.mode)}`);
}

/** Member by member: copying an object with whatever it has takes longer than the whole judgement. */
function decisionOf(judgement: Judgement, mode: Mode, asked: Target): Decision {
	const { verdict, because, reason, instead, changes, ask } = judgement;
	const stands = verdict === 'allowed' || (verdict === 'contained' && changes.length === 0);
	const acted = mode === 'enforce' || stands;
	const final = acted ? judgement.final : asked;
	const decision: { -readonly [Member in keyof Decision]: Decision[Member] } = {
		verdict,
		acted,
		mode,
		because,
		final,
		changes,
	};
	if (reason !== undefined) decision.reason = reason;
	if (instead !== undefined) decision.instead = instead;
	if (ask !== undefined) decision.ask = ask;
	return decision;
}

/** False when the verdict stops the call in this mode; of an asked one a person has the last word. */
export function goesThrough({ verdict, acted }: Pick<Decision, 'verdict' | 'acted'>): boolean {
	switch (verdict) {
		case 'allowed':
		case 'rewritten':
		case 'asked':
		// Only where the runtime ring holds is a call contained; elsewhere it is denied.
		case 'contained':
			return true;
		case 'denied':
		case 'hidden':
			return !acted;
		case 'errored':
			return false;
		default:
			return verdict satisfies never;
	}
}

/** A refusal because something broke while judging; it acts in every mode. */
export function errored(target: Target, error: string): Decision {
	return Object.freeze({
		verdict: 'errored',
		acted: true,
		mode: 'enforce',
		because: [],
		reason: 'The policy could not be evaluated for this call, so it was refused.',
		instead: 'tell the user; the audit log has the details',
		final: target,
		changes: [],
		error,
	});
}
