// What becomes of a driver's answer before it is recorded: the result rules of its call are looked up and applied.
import type { Decision } from '../abi/decision.ts';
import type { Reply } from '../abi/driver.ts';
import { errorText } from '../abi/problem.ts';
import { type Syscall, targetOf } from '../abi/syscall.ts';
import { type ResultRules, resultRulesOn } from '../policy/results.ts';
import type { CallContext } from './context.ts';
import { type GatherOptions, requestOf } from './gather.ts';
import { withheldResult } from './refusal.ts';

/** An answer to which every result rule was applied. */
export interface Finished {
	readonly reply: Reply;
	/** How many places were taken out. */
	readonly redacted: number;
	/** Why the answer was withheld: a rule could not be applied to it. */
	readonly error?: string;
}

/** Applies the result rules on one call to its answer. Never throws: an answer that can't be looked at is withheld. */
export type FinishResult = (call: {
	readonly asked: Syscall;
	readonly decision: Decision;
	readonly context: CallContext;
	readonly reply: Reply;
}) => Finished;

export function makeFinishResult(options: GatherOptions): FinishResult {
	return ({ asked, decision, context, reply }) => {
		try {
			const { set } = options.revisions.current();
			// No rule, no look: the bytes of most answers are never parsed.
			if (set.results.length === 0) return { reply, redacted: 0 };
			const request = requestOf(options, asked.caller, context, targetOf(asked));
			return applyRules(reply, resultRulesOn(set, request, decision.final, options.ports));
		} catch (error) {
			const why = errorText(error);
			return { reply: withheldResult(targetOf(asked), why), redacted: 0, error: why };
		}
	};
}

/** Files with such rules do not load in this version. Should one get here all the same, no answer passes it by. */
function applyRules(reply: Reply, { redact, truncate }: ResultRules): Finished {
	const [rule] = [...redact, ...truncate];
	if (rule !== undefined) throw new Error(`rule ${rule.id} can't be applied to results in this version`);
	return { reply, redacted: 0 };
}
