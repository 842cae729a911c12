// Why a decision is what it is: the decision itself, and every rule that was considered with what kept it out.
import type { Decision, Ports, Request } from '../abi/decision.ts';
import type { PolicySet } from './compile.ts';
import { whyNot } from './compiled.ts';
import { decide } from './decide.ts';
import { argumentsOf, lookAt, resolverOf } from './look.ts';
import type { Rule } from './rule.ts';

export interface Considered {
	readonly rule: Rule;
	readonly matched: boolean;
	/** `tool`, `args.path`, `when.agent`, `except`, `waiver`; of the call as asked. */
	readonly firstFailed?: string;
}

export interface Explanation {
	readonly decision: Decision;
	/** Every rule that could concern such a call, in id order. */
	readonly considered: readonly Considered[];
}

/** Asks {@link decide} and lists what it looked at; there is no second engine. */
export function explain(set: PolicySet, request: Request, ports: Ports): Explanation {
	const decision = decide(set, request, ports);
	const resolve = resolverOf(request, ports);
	const asked = lookAt(request.target, request, resolve);
	const { final } = decision;
	const isChanged = argumentsOf(final) !== argumentsOf(request.target);
	const forms = isChanged ? [asked, lookAt(final, request, resolve)] : [asked];
	const considered = set.index.candidates(request.target).map((compiled): Considered => {
		const failures = forms.map((form) => attempt(() => whyNot(compiled, form)));
		const [firstFailed] = failures;
		const matched = failures.includes(undefined);
		return { rule: compiled.rule, matched, ...(firstFailed === undefined || matched ? {} : { firstFailed }) };
	});
	return { decision, considered };
}

/** A condition that throws has made the decision `errored` already; the explanation goes on. */
function attempt(question: () => string | undefined): string | undefined {
	try {
		return question();
	} catch {
		return 'error';
	}
}
