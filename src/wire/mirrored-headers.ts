// The headers in which MCP 2026-07-28 repeats parts of a request, for what routes it and reads no bodies.
import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { ExactNumber, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import { metaKeys, modernRevision } from '../abi/protocol.ts';

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

/**
 * What is wrong with the headers of a request that came in; undefined when nothing is. Whoever routed it by them must
 * have read what is executed. `Mcp-Param-*` take the schema of the tool: {@link paramFault}.
 */
export function headerFault(
	headers: IncomingHttpHeaders,
	{ method, params }: { readonly method: string; readonly params: JsonObject | undefined },
): string | undefined {
	const version = headers['mcp-protocol-version'];
	if (version === undefined) return missing('MCP-Protocol-Version');
	if (version !== member(member(params, '_meta'), metaKeys.protocolVersion)) return mismatch('MCP-Protocol-Version');
	if (headers['mcp-method'] === undefined) return missing('Mcp-Method');
	if (headers['mcp-method'] !== method) return mismatch('Mcp-Method');
	const key = Object.hasOwn(nameOf, method) ? nameOf[method] : undefined;
	if (key === undefined) return undefined;
	const given = headers['mcp-name'];
	if (given === undefined) return missing('Mcp-Name');
	return decodedHeader(String(given)) === stringMember(params, key) ? undefined : mismatch('Mcp-Name');
}

/** The `Mcp-Param-*` headers of a request, by what follows the prefix in lower case. */
export function paramHeaders(headers: IncomingHttpHeaders): ReadonlyMap<string, string> {
	const prefix = 'mcp-param-';
	const found = new Map<string, string>();
	for (const name of Object.keys(headers)) {
		if (name.startsWith(prefix)) found.set(name.slice(prefix.length), String(headers[name] ?? ''));
	}
	return found;
}

/** What is wrong with the `Mcp-Param-*` headers of a call with these arguments. Headers that no parameter has are none of ours. */
export function paramFault(
	headers: ReadonlyMap<string, string>,
	parameters: readonly MirroredParameter[],
	args: Json | undefined,
): string | undefined {
	for (const { header, path } of parameters) {
		const value = path.reduce<Json | undefined>(member, args) ?? null;
		const given = headers.get(header.toLowerCase());
		const name = `Mcp-Param-${header}`;
		if (value === null && given === undefined) continue;
		if (given === undefined) return missing(name);
		const said = decodedHeader(given);
		if (said === undefined || !isSame(said, value)) return mismatch(name);
	}
	return undefined;
}

/** The text that a header stands for; undefined when it has characters that a header may not have. */
export function decodedHeader(header: string): string | undefined {
	if (!/^[\t -~]*$/.test(header)) return undefined;
	const base64 = /^=\?base64\?(.*)\?=$/.exec(header)?.[1];
	if (base64 === undefined) return header;
	if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) return undefined;
	const bytes = Buffer.from(base64, 'base64');
	return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** Numbers are compared as numbers. */
function isSame(said: string, value: Json): boolean {
	if (said === plainText(value)) return true;
	const number = value instanceof ExactNumber ? value.approximate() : value;
	return typeof number === 'number' && said.trim() !== '' && Number.isSafeInteger(number) && Number(said) === number;
}

const missing = (name: string) => `Header mismatch: ${name} is required`;
const mismatch = (name: string) => `Header mismatch: ${name} is not what the body says`;

/** Null and what is no single value have no header. */
function plainText(value: Json | undefined): string | undefined {
	if (typeof value === 'string') return value;
	if (typeof value === 'number' || typeof value === 'boolean' || value instanceof ExactNumber) return String(value);
	return undefined;
}
