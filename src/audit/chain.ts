// The hash chain: what a record's hash covers, and how JSON is written for it.
import { createHash } from 'node:crypto';
import { ExactNumber } from '../abi/json.ts';

/** `prev` of the first record of a run. */
export const noHash = `sha256:${'0'.repeat(64)}`;

/**
 * JSON with sorted members and no spaces (RFC 8785). Strings and numbers are as JSON.stringify writes them, which is
 * what the RFC asks for; a number kept as text is written as that text; undefined members are left out.
 */
export function canonicalJson(value: unknown): string {
	if (value instanceof ExactNumber) return value.source;
	if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
	if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
	const object = value as Record<string, unknown>;
	const names = Object.keys(object).filter((name) => object[name] !== undefined);
	return `{${names
		.sort()
		.map((name) => `${JSON.stringify(name)}:${canonicalJson(object[name])}`)
		.join(',')}}`;
}

export function sha256(data: string | Uint8Array): string {
	return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

/** The hash of a record; a `hash` member it already has does not count. */
export function hashOf(record: object): string {
	return sha256(canonicalJson({ ...record, hash: undefined }));
}

/** The record with its hash. */
export function seal<T extends object>(record: T): T & { readonly hash: string } {
	return { ...record, hash: hashOf(record) };
}
