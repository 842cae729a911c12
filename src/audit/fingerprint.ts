// The fingerprint of a refused call: calls with the same one are the same refusal in other values.
import { createHash } from 'node:crypto';
import { ExactNumber, type Json } from '../abi/json.ts';
import { canonicalJson } from './chain.ts';

const maxDepth = 12;
const maxMembers = 200;

/**
 * Version 1: the strictest rule, the target, the shape of the arguments with their values removed, and, where the rule is
 * about a command, that command's program and sub-commands. `v1:` and 12 hex digits. Another way of grouping gets another version, so that groups never change under a reader.
 */
export function fingerprint(call: {
	readonly rule: string | undefined;
	readonly target: string;
	readonly args: Json;
	/** `git push`. */
	readonly command?: string | undefined;
}): string {
	const subject = call.command === undefined ? [] : [call.command];
	const text = canonicalJson([call.rule ?? '', call.target, shapeOf(call.args, 0), ...subject]);
	return `v1:${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

/** Names and kinds; a list is the set of its items' shapes, so that its length does not count. */
function shapeOf(value: Json, depth: number): Json {
	if (typeof value === 'number' || value instanceof ExactNumber) return 'number';
	if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
	if (depth >= maxDepth) return '…';
	if (Array.isArray(value)) {
		const shapes = value.slice(0, maxMembers).map((item: Json) => canonicalJson(shapeOf(item, depth + 1)));
		return [...new Set(shapes)].sort();
	}
	const members = Object.entries(value).slice(0, maxMembers);
	return Object.fromEntries(members.map(([name, member]) => [name, shapeOf(member, depth + 1)]));
}
