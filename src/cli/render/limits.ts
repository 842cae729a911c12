// What rules do to a tool's parameters and results, in words.
import type { Json } from '../../abi/json.ts';
import type { Narrowing, Redaction, Rule } from '../../policy/rule.ts';
import { writeJson } from '../../wire/json.ts';
import { thousands } from './columns.ts';

/** `owner = acme`, `head at most 40`, `connection dropped`: one entry a parameter and rule. */
export function limitsOf(rules: readonly Pick<Rule, 'action'>[]): readonly string[] {
	return rules.flatMap(({ action }) => {
		switch (action.kind) {
			case 'pin':
				return Object.entries(action.params).map(([name, value]) => `${name} = ${valueText(value)}`);
			case 'narrow':
				return Object.entries(action.params).map(([name, narrowing]) => `${name} ${boundsText(narrowing)}`);
			case 'redact':
				return [`results without ${foundText(action.redaction)}`];
			case 'truncate':
				return [`results of at most ${thousands(action.truncation.maxTokens)} tokens`];
			case 'hide':
			case 'deny':
			case 'ask':
			case 'allow':
			case 'rewrite':
			case 'rewrite-command':
			case 'lock':
			case 'limit':
			case 'sandbox':
				return [];
			default:
				return action satisfies never;
		}
	});
}

/** `aws, github and 2 own patterns`. */
function foundText({ find }: Redaction): string {
	const names = find.flatMap((entry) => (entry.startsWith('detector:') ? [entry.slice('detector:'.length)] : []));
	const own = find.length - names.length;
	const patterns = own === 0 ? [] : [own === 1 ? '1 own pattern' : `${own} own patterns`];
	const shown =
		names.length > mostNames ? [...names.slice(0, mostNames), `${names.length - mostNames} more kinds`] : names;
	const all = [...shown, ...patterns];
	const last = all.pop() ?? '';
	return all.length === 0 ? last : `${all.join(', ')} and ${last}`;
}

const mostNames = 5;

function boundsText({ drop, min, max, maxLength, pattern, enum: values }: Narrowing): string {
	if (drop === true) return 'dropped';
	return [
		...(min === undefined ? [] : [`at least ${min}`]),
		...(max === undefined ? [] : [`at most ${max}`]),
		...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
		...(pattern === undefined ? [] : [`matches ${pattern}`]),
		...(values === undefined ? [] : [`one of ${values.map(valueText).join(', ')}`]),
	].join(' and ');
}

function valueText(value: Json): string {
	return typeof value === 'string' ? value : writeJson(value);
}
