// The decision point: what would be done with a call, whether it is done in this mode, and why.
import type { Decision, Ports, Request } from '../abi/decision.ts';
import { errorText } from '../abi/problem.ts';
import type { Target } from '../abi/syscall.ts';
import type { PolicySet } from './compile.ts';
import { modesDownTo } from './defaults.ts';
import { judge } from './judge.ts';
import { limitsOn } from './limit.ts';

/**
 * Answers for one call: hidden or not, changed how, and then the strictest of deny, ask and allow on the call as asked
 * and as it would run. Limits are named, not counted: whoever lets the call happen does that. The order of rules and files changes nothing. Never throws: what goes wrong is `errored`, and
 * such a call is refused in every mode.
 */
export function decide(set: PolicySet, request: Request, ports: Ports): Decision {
	try {
		// What acts is judged without the rules that only watch, so that no rule on trial can loosen one in force.
		for (const mode of modesDownTo(set.mode)) {
			const judgement = judge(set, request, ports, mode);
			if (judgement.verdict === 'allowed' && mode !== set.mode) continue;
			const acted = mode === 'enforce' || judgement.verdict === 'allowed';
			const decided = { ...judgement, acted, mode, ...(acted ? {} : { final: request.target }) };
			const limits = goesThrough(decided) ? limitsOn(set, request, decided.final, ports) : [];
			return Object.freeze(limits.length === 0 ? decided : { ...decided, limits });
		}
	} catch (error) {
		return errored(request.target, errorText(error));
	}
	return errored(request.target, `unknown mode ${String(set.mode)}`);
}

function goesThrough({ verdict, acted }: Pick<Decision, 'verdict' | 'acted'>): boolean {
	return !acted || verdict === 'allowed' || verdict === 'rewritten' || verdict === 'asked';
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
