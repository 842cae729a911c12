// The headers in which MCP 2026-07-28 repeats parts of a request, for what routes it and reads no bodies.
import { ExactNumber, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import { modernRevision } from '../abi/protocol.ts';

/** A parameter of a tool that goes into a header, too (`x-mcp-header` in its schema). */
export interface MirroredParameter {
	/** What follows `Mcp-Param-`. */
	readonly header: string;
	/** Where the value stands in the arguments. */
	readonly path: readonly string[];
}

/** Which member of `params` names what a request is about. */
const nameOf: Readonly<Record<string, string>> = {
	'tools/call': 'name',
	'prompts/get': 'name',
	'resources/read': 'uri',
};

/** True when headers depend on more than the method. */
export function isNamed(method: string): boolean {
	return Object.hasOwn(nameOf, method);
}

/** The headers of one request, from the very `params` that are sent. */
export function mirroredHeaders(
	method: string,
	params: JsonObject | undefined,
	parametersOf: (tool: string) => readonly MirroredParameter[],
): Record<string, string> {
	const headers: Record<string, string> = {
		'mcp-protocol-version': modernRevision,
		'mcp-method': headerValue(method),
	};
	const key = Object.hasOwn(nameOf, method) ? nameOf[method] : undefined;
	const name = key === undefined ? undefined : stringMember(params, key);
	if (name === undefined) return headers;
	headers['mcp-name'] = headerValue(name);
	if (method !== 'tools/call') return headers;
	for (const { header, path } of parametersOf(name)) {
		const value = path.reduce<Json | undefined>(member, member(params, 'arguments'));
		const text = plainText(value);
		if (text !== undefined) headers[`mcp-param-${header}`] = headerValue(text);
	}
	return headers;
}

/** A text as the value of a header: itself where that is plain, and in the sentinel format of the revision where not. */
export function headerValue(text: string): string {
	const isPlain = /^(?:[!-~](?:[ -~]*[!-~])?)?$/.test(text);
	const looksEncoded = text.startsWith('=?base64?') && text.endsWith('?=');
	return isPlain && !looksEncoded ? text : `=?base64?${Buffer.from(text, 'utf8').toString('base64')}?=`;
}

/** Null and what is no single value have no header. */
function plainText(value: Json | undefined): string | undefined {
	if (typeof value === 'string') return value;
	if (typeof value === 'number' || typeof value === 'boolean' || value instanceof ExactNumber) return String(value);
	return undefined;
}
