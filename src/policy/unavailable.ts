// Words of the policy language that this version knows and can't enforce: a file that uses one does not load.
import type { Explanation } from '../text/shape.ts';
import { quote } from '../text/words.ts';

const actions = ['truncate'];

/** Says so when `word` is an action of a later version. */
export function unavailableAction(word: string): Explanation | undefined {
	return actions.includes(word) ? explain(word) : undefined;
}

function explain(word: string): Explanation {
	return {
		code: 'P102',
		message: `the action ${quote(word)} is not available in this version`,
		label: 'can not be enforced yet',
		note: 'loaded anyway, the rule would silently not hold',
		help: 'remove this rule, or use a version that enforces it',
	};
}
