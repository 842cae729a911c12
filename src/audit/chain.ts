// The hash chain: what a record's hash covers, and how JSON is written for it.
import { hash } from 'node:crypto';
import { ExactNumber } from '../abi/json.ts';

/** `prev` of the first record of a run. */
export const noHash = `sha256:${'0'.repeat(64)}`;

/**
 * JSON with sorted members and no spaces (RFC 8785). Strings and numbers are as JSON.stringify writes them, which is
 * what the RFC asks for; a number kept as text is written as that text; undefined members are left out.
 */
export function canonicalJson(value: unknown): string {
	if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
	if (value instanceof ExactNumber) return value.source;
	let text = '';
	if (Array.isArray(value)) {
		for (const item of value) text += `${text === '' ? '' : ','}${canonicalJson(item ?? null)}`;
		return `[${text}]`;
	}
	const object = value as Record<string, unknown>;
	for (const name of Object.keys(object).sort()) {
		const member = object[name];
		if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(member)}`;
	}
	return `{${text}}`;
}

export function sha256(data: string | Uint8Array): string {
	return `sha256:${hash('sha256', data, 'hex')}`;
}

/** The hash of a record; a `hash` member it already has does not count. */
export function hashOf(record: object): string {
	return sha256(canonicalJson({ ...record, hash: undefined }));
}

/** The record with its hash. */
export function seal<T extends object>(record: T): T & { readonly hash: string } {
	return { ...record, hash: hashOf(record) };
}
