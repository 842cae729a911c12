// Parameters that a server without regard to case would take for others, which then nobody has judged.
import { isJsonObject, type JsonObject } from '../abi/json.ts';
import { foldKey } from '../policy/arguments.ts';
import { isProtocolMethod } from '../policy/methods.ts';

/** What the kernel reads in the params of MCP's own requests; the empty name is for params themselves. */
const read = [
	known('', [
		'name',
		'arguments',
		'uri',
		'ref',
		'argument',
		'context',
		'task',
		'taskId',
		'cursor',
		'_meta',
		'inputResponses',
		'requestState',
	]),
	known('ref', ['type', 'name', 'uri']),
	known('argument', ['name', 'value']),
	known('context', ['arguments']),
];

function known(parameter: string, names: readonly string[]) {
	return { parameter, names: new Set(names), folded: new Set(names.map(foldKey)) };
}

/**
 * The first key that is another's but for its case or Unicode spelling: to Go's `encoding/json`, `Arguments` are the
 * arguments. A vendor's method may call its parameters what it likes.
 */
export function misreadKey(method: string, params: JsonObject): string | undefined {
	if (!isProtocolMethod(method)) return undefined;
	for (const { parameter, names, folded } of read) {
		const object = parameter === '' ? params : params[parameter];
		if (!isJsonObject(object)) continue;
		for (const key of Object.keys(object)) if (!names.has(key) && folded.has(foldKey(key))) return key;
	}
	return undefined;
}
