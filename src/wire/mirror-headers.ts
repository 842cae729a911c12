// Headers that mirror the body (MCP 2026-07-28): whoever routes by them must have read what is executed.

import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { ExactNumber, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import { statedVersion } from './envelope.ts';

/** Parameters of methods that `Mcp-Name` repeats. */
const named: Readonly<Record<string, string>> = {
	'tools/call': 'name',
	'prompts/get': 'name',
	'resources/read': 'uri',
};

/** What is wrong with the headers of a modern request; undefined when nothing is. `Mcp-Param-*` take the tool's schema. */
export function headerFault(
	headers: IncomingHttpHeaders,
	{ method, params }: { readonly method: string; readonly params: JsonObject | undefined },
): string | undefined {
	const version = headers['mcp-protocol-version'];
	if (version === undefined) return missing('MCP-Protocol-Version');
	if (version !== statedVersion(params)) return mismatch('MCP-Protocol-Version');
	if (headers['mcp-method'] === undefined) return missing('Mcp-Method');
	if (headers['mcp-method'] !== method) return mismatch('Mcp-Method');
	const key = Object.hasOwn(named, method) ? named[method] : undefined;
	if (key === undefined) return undefined;
	const given = headers['mcp-name'];
	if (given === undefined) return missing('Mcp-Name');
	return decoded(String(given)) === stringMember(params, key) ? undefined : mismatch('Mcp-Name');
}

/** The `Mcp-Param-*` headers of a request, by the name in lower case that follows the prefix. */
export function paramHeaders(headers: IncomingHttpHeaders): ReadonlyMap<string, string> {
	const prefix = 'mcp-param-';
	return new Map(
		Object.entries(headers).flatMap(([name, value]) =>
			name.startsWith(prefix) && value !== undefined ? [[name.slice(prefix.length), String(value)] as const] : [],
		),
	);
}

/**
 * What is wrong with the `Mcp-Param-*` headers of a call of a tool with this schema. Only properties that a chain of
 * `properties` leads to are mirrored; an annotation elsewhere makes no header.
 */
export function paramFault(
	headers: ReadonlyMap<string, string>,
	schema: Json | undefined,
	args: Json | undefined,
): string | undefined {
	for (const { header, path } of mirrored(schema, [], 0)) {
		const value = path.reduce<Json | undefined>((at, key) => member(at, key), args) ?? null;
		const given = headers.get(header.toLowerCase());
		const name = `Mcp-Param-${header}`;
		if (value === null) {
			if (given !== undefined) return mismatch(name);
			continue;
		}
		if (given === undefined) return missing(name);
		const said = decoded(given);
		if (said === undefined || !isSame(said, value)) return mismatch(name);
	}
	return undefined;
}

interface Mirrored {
	readonly header: string;
	readonly path: readonly string[];
}

const deepest = 16;

function mirrored(schema: Json | undefined, path: readonly string[], depth: number): readonly Mirrored[] {
	const properties = member(schema, 'properties');
	if (typeof properties !== 'object' || properties === null || depth > deepest) return [];
	return Object.entries(properties as JsonObject).flatMap(([key, property]) => {
		const header = stringMember(property, 'x-mcp-header');
		const here = [...path, key];
		return [...(header === undefined ? [] : [{ header, path: here }]), ...mirrored(property, here, depth + 1)];
	});
}

/** Does this schema have anything to mirror? */
export function isMirrored(schema: Json | undefined): boolean {
	return mirrored(schema, [], 0).length > 0;
}

function isSame(said: string, value: Json): boolean {
	switch (typeof value) {
		case 'string':
			return said === value;
		case 'boolean':
			return said === String(value);
		case 'number':
			return said.trim() !== '' && Number(said) === value;
		default:
			return value instanceof ExactNumber && (said === value.source || Number(said) === value.approximate());
	}
}

/** The value that a header stands for; undefined when it has characters that a header may not have. */
export function decoded(header: string): string | undefined {
	if (!/^[\t -~]*$/.test(header)) return undefined;
	const base64 = /^=\?base64\?(.*)\?=$/.exec(header)?.[1];
	if (base64 === undefined) return header;
	if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) return undefined;
	const bytes = Buffer.from(base64, 'base64');
	return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

const missing = (name: string) => `Header mismatch: ${name} is required`;
const mismatch = (name: string) => `Header mismatch: ${name} is not what the body says`;
