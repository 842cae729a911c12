// A list is read to its end, or it is an error: never half of it.
import { describe, expect, test } from 'vitest';
import type { Reply } from '../../src/abi/driver.ts';
import type { Json, JsonObject } from '../../src/abi/json.ts';
import { readPages } from '../../src/drivers/pages.ts';
import { errorReply, resultReply } from '../../src/wire/message.ts';

/** Answers one page after the other, and keeps what it was asked. */
function server(...pages: readonly (Json | Reply)[]) {
	const asked: [string, JsonObject][] = [];
	const ask = async (method: string, params: JsonObject): Promise<Reply> => {
		const page = pages[asked.length];
		asked.push([method, params]);
		if (page === undefined) throw new Error('nobody should ask for more');
		return typeof page === 'object' && page !== null && 'ok' in page ? (page as Reply) : resultReply(page as Json);
	};
	return { asked, ask };
}

test('pages are put together, each asked for with the cursor before it', async () => {
	const { ask, asked } = server(
		{ tools: [{ name: 'a' }], nextCursor: 'x' },
		{ tools: [], nextCursor: 'y' },
		{ tools: [{ name: 'b' }] },
	);
	expect(await readPages('tools', ask)).toEqual([{ name: 'a' }, { name: 'b' }]);
	expect(asked).toEqual([
		['tools/list', {}],
		['tools/list', { cursor: 'x' }],
		['tools/list', { cursor: 'y' }],
	]);
});

test.each([null, '', undefined])('a cursor that is %o means that was all', async (nextCursor) => {
	const page = { prompts: [{ name: 'a' }], ...(nextCursor === undefined ? {} : { nextCursor }) };
	expect(await readPages('prompts', server(page).ask)).toHaveLength(1);
});

test('a server that has no such list has no entries', async () => {
	expect(await readPages('resourceTemplates', server(errorReply(-32601, 'no')).ask)).toEqual([]);
});

describe('it is an error when', () => {
	const first = { tools: [], nextCursor: 'x' };
	test.each<[string, readonly (Json | Reply)[], string]>([
		['the list is missing', [{}], 'D103'],
		['the list is no array', [{ tools: {} }], 'D103'],
		['an entry is no object', [{ tools: ['a'] }], 'D103'],
		['the result is no object', [[]], 'D103'],
		['the cursor is a number', [{ tools: [], nextCursor: 1 }], 'D103'],
		['a cursor comes again later', [first, { tools: [], nextCursor: 'y' }, first], 'D103'],
		['the server fails', [errorReply(-32603, 'broken')], 'D103'],
		['the server forgets the method on the second page', [first, errorReply(-32601, 'no')], 'D103'],
		['the server is gone', [errorReply(-32000, 'closed')], 'D104'],
		['the server is silent', [first, errorReply(-32001, 'timeout')], 'D104'],
	])('%s', async (_, pages, code) => {
		await expect(readPages('tools', server(...pages).ask)).rejects.toMatchObject({ code });
	});
});
