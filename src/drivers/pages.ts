// Reads a whole list from a server, page by page.
import type { ListKind, Reply } from '../abi/driver.ts';
import { isJsonObject, type JsonObject, member } from '../abi/json.ts';
import { TrapgateError } from '../abi/problem.ts';

const maxPages = 1000;

const methods: Readonly<Record<ListKind, string>> = {
	tools: 'tools/list',
	prompts: 'prompts/list',
	resources: 'resources/list',
	resourceTemplates: 'resources/templates/list',
};

/**
 * Every entry of the list. A server that doesn't know the method has no entries. Throws D103 for a list that is not
 * one or never ends, and D104 when the server can't be asked.
 */
export async function readPages(
	kind: ListKind,
	ask: (method: string, params: JsonObject) => Promise<Reply>,
): Promise<readonly JsonObject[]> {
	const method = methods[kind];
	const entries: JsonObject[] = [];
	const seen = new Set<string>();
	let cursor: string | undefined;
	for (let page = 0; page < maxPages; page += 1) {
		const reply = await ask(method, cursor === undefined ? {} : { cursor });
		if (!reply.ok) {
			const code = member(reply.body.value(), 'code');
			const message = String(member(reply.body.value(), 'message'));
			if (code === -32601 && page === 0) return [];
			throw new TrapgateError(code === -32000 || code === -32001 ? 'D104' : 'D103', `${method} failed: ${message}`);
		}
		const listed = member(reply.body.value(), kind);
		if (!Array.isArray(listed) || !listed.every(isJsonObject)) {
			throw new TrapgateError('D103', `the answer to ${method} has no array of objects named ${kind}`);
		}
		entries.push(...(listed as JsonObject[]));
		const next = member(reply.body.value(), 'nextCursor');
		// Null and the empty string are no cursors of the specification, but how some servers say "that was all".
		if (next === undefined || next === null || next === '') return entries;
		if (typeof next !== 'string') throw new TrapgateError('D103', `the cursor of ${method} is not a string`);
		if (seen.has(next)) throw new TrapgateError('D103', `${method} gave the same cursor twice; its list never ends`);
		seen.add(next);
		cursor = next;
	}
	throw new TrapgateError('D103', `${method} has more than ${maxPages} pages`);
}
