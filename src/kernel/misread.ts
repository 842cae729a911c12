// Parameters that a server without regard to case would take for others, which then nobody has judged.
import { isJsonObject, type JsonObject } from '../abi/json.ts';
import { foldKey } from '../policy/arguments.ts';
import { isProtocolMethod } from '../policy/methods.ts';

/** What the kernel reads in the params of MCP's own requests; the empty name is for params themselves. */
const read: Readonly<Record<string, readonly string[]>> = {
	'': [
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
	],
	ref: ['type', 'name', 'uri'],
	argument: ['name', 'value'],
	context: ['arguments'],
};

/**
 * The first key that is another's but for its case or Unicode spelling: to Go's `encoding/json`, `Arguments` are the
 * arguments. A vendor's method may call its parameters what it likes.
 */
export function misreadKey(method: string, params: JsonObject): string | undefined {
	if (!isProtocolMethod(method)) return undefined;
	for (const [name, known] of Object.entries(read)) {
		const object = name === '' ? params : params[name];
		if (!isJsonObject(object)) continue;
		const folded = new Set(known.map(foldKey));
		const misread = Object.keys(object).find((key) => !known.includes(key) && folded.has(foldKey(key)));
		if (misread !== undefined) return misread;
	}
	return undefined;
}
