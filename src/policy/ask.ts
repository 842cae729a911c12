// `ask`: one question, however many rules want it asked.
import type { AskTerms } from '../abi/decision.ts';
import type { RuleOf } from './compiled.ts';

const plain: AskTerms = { show: [], timeoutMs: 300_000, remember: 'no' };

/** The first prompt in id order, everything any rule shows, the shortest wait; remembered only when all agree. */
export function joinAskTerms(rules: readonly RuleOf<'ask'>[]): AskTerms {
	const terms = rules.map(({ action }) => action.terms);
	if (terms.length === 0) return plain;
	const prompt = terms.find((one) => one.prompt !== undefined)?.prompt;
	return {
		...(prompt === undefined ? {} : { prompt }),
		show: [...new Set(terms.flatMap(({ show }) => show))],
		timeoutMs: Math.min(...terms.map(({ timeoutMs }) => timeoutMs)),
		remember: terms.every(({ remember }) => remember === 'exact-call') ? 'exact-call' : 'no',
	};
}
