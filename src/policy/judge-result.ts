// Judges an example about what comes back of a call: by the rules about results alone.
import type { Ports, Request } from '../abi/decision.ts';
import { type Json, member } from '../abi/json.ts';
import { errorText } from '../abi/problem.ts';
import type { Target } from '../abi/syscall.ts';
import { sameJson } from './compare.ts';
import type { PolicySet } from './compile.ts';
import type { Judged } from './judge-example.ts';
import type { RedactRule } from './redact.ts';
import { redactJson } from './redact-json.ts';
import { resultRulesOn } from './results.ts';
import { joinTruncations } from './truncate.ts';

export interface ResultQuestion {
	readonly request: Request;
	readonly final: Target;
	/** The text of a result, or its structured part. */
	readonly result: Json;
	/** Absent: the very same. */
	readonly becomes?: Json | undefined;
}

export function judgeResult(set: PolicySet, question: ResultQuestion, ports: Ports): Judged {
	const { request, final, result, becomes = result } = question;
	try {
		const { redact } = resultRulesOn(set, request, final, ports);
		const outcome = redactedResult(result, redact);
		const took = redact.filter((rule) => !sameJson(redactedResult(result, [rule]), result)).map(({ id }) => id);
		if (sameJson(outcome, becomes)) return { took };
		const isSame = sameJson(outcome, result);
		const found = isSame ? 'is: unchanged' : `becomes: ${JSON.stringify(outcome)}`;
		return { failure: { found, rules: took, isLooser: isSame }, took };
	} catch (error) {
		return withheld(error);
	}
}

export interface LengthQuestion {
	readonly request: Request;
	readonly final: Target;
	/** Of a result, whatever it says. */
	readonly tokens: number;
	/** A number of them. Absent: the very same. */
	readonly becomes?: Json | undefined;
}

export function judgeLength(set: PolicySet, question: LengthQuestion, ports: Ports): Judged {
	const { request, final, tokens, becomes = tokens } = question;
	try {
		const shortening = joinTruncations(resultRulesOn(set, request, final, ports).truncate, tokens);
		const { maxTokens: left, because: took } = shortening ?? { maxTokens: tokens, because: [] };
		if (left === becomes) return { took };
		const found = left === tokens ? 'is: unchanged' : `becomes: ${left}`;
		return { failure: { found, rules: took, isLooser: left > Number(becomes) }, took };
	} catch (error) {
		return withheld(error);
	}
}

function withheld(error: unknown): Judged {
	return { failure: { found: `the result is withheld: ${errorText(error)}`, rules: [], isLooser: false }, took: [] };
}

/** What a model would read of it. An example is short and its author's own, so nothing measures how long this takes. */
function redactedResult(result: Json, rules: readonly RedactRule[]): Json {
	const isText = typeof result === 'string';
	const message: Json = isText ? { content: [{ type: 'text', text: result }] } : { structuredContent: result };
	const { value } = redactJson(message, { rules, meter: () => undefined });
	const content = member(value, 'content');
	const shown = isText ? member((content as readonly Json[])[0], 'text') : member(value, 'structuredContent');
	return shown ?? null;
}
