// Why a rule did not match, in words: the clause that kept it out, what stood there, and what it asks for.
import type { Json } from '../../abi/json.ts';
import { valueText } from '../../policy/clause-words.ts';
import type { Miss } from '../../policy/near.ts';
import { quote } from '../../text/words.ts';
import { onOneLine } from './columns.ts';

/** `facts.module is pip, not venv or virtualenv`. */
export function missText(
	{ clause, seen, wanted = 'what the rule asks for', doubt }: Miss,
	doubts?: readonly string[],
): string {
	const name = quote(onOneLine(clause));
	const asked = onOneLine(wanted);
	if (clause === 'except') return `an exception holds: ${asked}`;
	if (clause === 'waiver') return `waived ${asked}`;
	if (doubts !== undefined) return `${name} has no answer: ${onOneLine(doubts[0] ?? '')}`;
	if (clause === 'when.cel') return `${name} is false with ${seenText(seen ?? [])}: ${asked}`;
	if (seen === undefined) return `${name} is not ${asked}`;
	if (doubt !== undefined) return `${name} is ${seenText(seen)}: ${doubt}`;
	return seen.length === 0
		? `${name} is absent; the rule asks for ${asked}`
		: `${name} is ${seenText(seen)}, not ${asked}`;
}

const mostValues = 4;
const longestValue = 60;

function seenText(values: readonly Json[]): string {
	const shown = values.slice(0, mostValues).map((value) => {
		const text = onOneLine(valueText(value));
		return text.length <= longestValue ? text : `${text.slice(0, longestValue)}…`;
	});
	return [...shown, ...(values.length > mostValues ? [`${values.length - mostValues} more`] : [])].join(', ');
}
