// What pins and narrowings do to a tool's parameters, in words.
import type { Json } from '../../abi/json.ts';
import type { Narrowing, Rule } from '../../policy/rule.ts';
import { writeJson } from '../../wire/json.ts';

/** `owner = acme`, `head at most 40`, `connection dropped`: one entry a parameter and rule. */
export function limitsOf(rules: readonly Pick<Rule, 'action'>[]): readonly string[] {
	return rules.flatMap(({ action }) => {
		switch (action.kind) {
			case 'pin':
				return Object.entries(action.params).map(([name, value]) => `${name} = ${valueText(value)}`);
			case 'narrow':
				return Object.entries(action.params).map(([name, narrowing]) => `${name} ${boundsText(narrowing)}`);
			case 'hide':
			case 'deny':
			case 'ask':
			case 'allow':
			case 'rewrite':
			case 'rewrite-command':
			case 'lock':
			case 'limit':
			case 'redact':
			case 'truncate':
			case 'sandbox':
				return [];
			default:
				return action satisfies never;
		}
	});
}

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
