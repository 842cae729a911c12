// One change of a call in a few words, for every page that shows one.
import type { Change } from '../../abi/decision.ts';
import type { Json } from '../../abi/json.ts';
import { showable } from '../../text/characters.ts';
import { writeJson } from '../../wire/json.ts';

/** `head: 500 -> 40`, `timeoutMs = 5000`, `cwd removed`. */
export function changeText({ path, from, to }: Pick<Change, 'path' | 'from' | 'to'>): string {
	const name = path.replace(/^\//, '');
	if (to === undefined) return `${name} removed`;
	return from === undefined ? `${name} = ${valueText(to)}` : `${name}: ${valueText(from)} -> ${valueText(to)}`;
}

const longestValue = 80;

function valueText(value: Json): string {
	const text = showable(typeof value === 'string' ? value : writeJson(value)).replaceAll('\n', '\\n');
	return text.length <= longestValue ? text : `${text.slice(0, longestValue)}…`;
}
