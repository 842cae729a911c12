// Link: both sides ask at once, nobody waits for somebody else, and nothing that comes in breaks it.
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Note, Reply } from '../../src/abi/driver.ts';
import { ExactNumber, type Json, type JsonObject, member } from '../../src/abi/json.ts';
import { readJson } from '../../src/wire/json.ts';
import { type Incoming, Link, type LinkOptions } from '../../src/wire/link.ts';
import { errorReply, readMessage, resultReply } from '../../src/wire/message.ts';
import { FakeChannel, Inflow } from './streams.ts';

async function connect(options: Partial<LinkOptions> = {}) {
	const channel = new FakeChannel();
	const link = new Link(channel, { peer: 'client', ...options });
	const incoming = new Inflow<Incoming & { answer(reply: Reply): void; fail(error: unknown): void }>();
	const notes = new Inflow<Note>();
	const closes: string[] = [];
	const warnings: string[] = [];
	await link.start({
		request: (request) => new Promise((answer, fail) => incoming.push({ ...request, answer, fail })),
		note: (note) => notes.push(note),
		close: (reason) => closes.push(reason),
		warn: (text) => warnings.push(text),
	});
	const from = options.peer ?? 'client';
	const receive = (message: unknown) =>
		channel.events?.message(readMessage(typeof message === 'string' ? message : JSON.stringify(message), from));
	const sent = async (): Promise<Json> => {
		const { text } = await channel.sent.next();
		const read = readJson(text);
		if (!read.ok) throw new Error(text);
		return read.value;
	};
	return { channel, link, incoming, notes, closes, warnings, receive, sent };
}

/** Lets everything that can happen without further input happen. */
const settled = () => new Promise(setImmediate);
const request = (id: unknown, method = 'tools/call', params?: object) => ({ jsonrpc: '2.0', id, method, params });
const answer = (id: unknown, result: object = {}) => ({ jsonrpc: '2.0', id, result });
const cancel = (requestId: unknown, reason?: unknown) => ({
	jsonrpc: '2.0',
	method: 'notifications/cancelled',
	params: { requestId, reason },
});

describe('asking', () => {
	test('the reply comes back with its bytes', async () => {
		const { link, receive, sent } = await connect({ peer: 'driver' });
		const reply = link.request('m', { a: new ExactNumber('1.0') }, { extra: { x: 1 } });
		expect(await sent()).toEqual({ jsonrpc: '2.0', id: 1, method: 'm', params: { a: new ExactNumber('1.0') }, x: 1 });
		receive('{"jsonrpc":"2.0","id":1,"result":{"b" : 1.0},"y":2}');
		expect(await reply).toMatchObject({ ok: true, body: { text: '{"b" : 1.0}' }, extra: { y: 2 } });
	});

	test('many at once, answered in any order', async () => {
		const { link, receive } = await connect({ peer: 'driver' });
		const replies = Array.from({ length: 100 }, (_, index) => link.request('m', { index }));
		for (let id = 100; id >= 1; id -= 1) receive(answer(id, { id }));
		expect((await Promise.all(replies)).map(({ body }) => member(body.value(), 'id'))).toEqual(
			Array.from({ length: 100 }, (_, index) => index + 1),
		);
	});

	test('an error is a reply', async () => {
		const { link, receive } = await connect({ peer: 'driver' });
		const reply = link.request('m');
		receive({ jsonrpc: '2.0', id: 1, error: { code: -32050, message: 'custom', data: { why: [1] } } });
		expect(await reply).toMatchObject({
			ok: false,
			body: { text: '{"code":-32050,"message":"custom","data":{"why":[1]}}' },
		});
	});

	test.each<[string, unknown]>([
		['of an unknown id', 99],
		['of a string that looks like the id', '1'],
		['of the id as another number', '1.0'],
	])('a response %s is warned about, and changes nothing', async (_, id) => {
		const { link, receive, warnings } = await connect({ peer: 'driver' });
		const reply = link.request('m');
		receive(id === '1.0' ? '{"jsonrpc":"2.0","id":1.0,"result":{}}' : answer(id));
		expect(warnings).toHaveLength(1);
		receive(answer(1, { right: true }));
		expect((await reply).body.value()).toEqual({ right: true });
		receive(answer(1));
		expect(warnings).toHaveLength(2);
	});

	test('silence ends in an error, and the other side is told', async () => {
		vi.useFakeTimers();
		try {
			const { link, channel, receive, warnings } = await connect({ peer: 'driver' });
			const reply = link.request('slow', {}, { timeoutMs: 5000 });
			const forever = link.request('patient', {}, { timeoutMs: 1e15 });
			await vi.advanceTimersByTimeAsync(5000);
			expect((await reply).body.value()).toEqual({ code: -32001, message: 'no answer to slow within 5000 ms' });
			expect(channel.sent.seen.at(-1)?.text).toBe(
				'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"timed out"}}',
			);
			receive(answer(1));
			expect(warnings).toHaveLength(1);
			receive(answer(2));
			expect((await forever).ok).toBe(true);
			expect(vi.getTimerCount()).toBe(0);
		} finally {
			vi.useRealTimers();
		}
	});

	test('an id of any length fits into one line of the log', async () => {
		const { receive, warnings } = await connect({ peer: 'driver' });
		receive(answer('x'.repeat(10_000)));
		expect(warnings[0]?.length).toBeLessThan(200);
	});

	test('an abort ends it, and the other side is told why', async () => {
		const { link, sent } = await connect({ peer: 'driver' });
		const controller = new AbortController();
		const reply = link.request('m', {}, { signal: controller.signal });
		await sent();
		controller.abort('user pressed stop');
		expect(await reply).toMatchObject({ ok: false });
		expect(await sent()).toEqual(cancel(1, 'user pressed stop'));
	});

	test('what was aborted before is not sent; initialize is never cancelled on the wire', async () => {
		const { link, channel } = await connect({ peer: 'driver' });
		expect(await link.request('m', {}, { signal: AbortSignal.abort() })).toMatchObject({ ok: false });
		expect(channel.sent.seen).toEqual([]);
		const controller = new AbortController();
		const reply = link.request('initialize', {}, { signal: controller.signal });
		controller.abort();
		expect(await reply).toMatchObject({ ok: false });
		expect(channel.sent.seen).toHaveLength(1);
	});

	test('a connection that goes away answers everything with an error', async () => {
		const { link, channel, closes, incoming, receive } = await connect({ peer: 'driver' });
		const replies = [link.request('a'), link.request('b')];
		receive(request('x'));
		const { signal } = await incoming.next();
		channel.events?.close('it died');
		channel.events?.close('again');
		for (const reply of await Promise.all([...replies, link.request('later')])) {
			expect(reply.body.value()).toEqual({ code: -32000, message: 'connection closed: it died' });
		}
		expect(signal.aborted).toBe(true);
		expect(closes).toEqual(['it died']);
	});

	test('close on this side ends everything without news of it', async () => {
		const { link, channel, closes, incoming, receive } = await connect({ peer: 'driver' });
		const reply = link.request('a');
		receive(request('x'));
		const work = await incoming.next();
		await link.close();
		await link.close();
		expect(await reply).toMatchObject({ ok: false });
		expect(work.signal.aborted).toBe(true);
		expect(channel.closed).toBe(true);
		const before = channel.sent.seen.length;
		work.answer(resultReply({}));
		receive(request('y'));
		await link.notify({ method: 'n', params: undefined, extra: {} });
		await settled();
		expect(channel.sent.seen).toHaveLength(before);
		expect(closes).toEqual([]);
	});

	test('a transport that fails to send closes the link instead of leaving the caller waiting', async () => {
		const { link, channel, closes } = await connect({ peer: 'driver' });
		channel.onSend = () => Promise.reject(new Error('no route'));
		expect((await link.request('m')).body.value()).toEqual({ code: -32000, message: 'connection closed: no route' });
		expect(closes).toEqual(['no route']);
	});
});

describe('progress', () => {
	const progress = (progressToken: unknown, extra: object = {}) => ({
		jsonrpc: '2.0',
		method: 'notifications/progress',
		params: { progressToken, progress: 1, ...extra },
	});

	test.each<[Json]>([[0], [''], ['abc'], [new ExactNumber('9007199254740993')], [7]])(
		'the token %j is replaced by our own and put back',
		async (token) => {
			const { link, receive, sent } = await connect({ peer: 'driver' });
			void link.request('first');
			const seen: Note[] = [];
			const params: JsonObject = { name: 'x', _meta: { 'a/b': 1, progressToken: token } };
			const reply = link.request('m', params, { progress: (note) => seen.push(note) });
			await sent();
			expect(await sent()).toMatchObject({ id: 2, params: { name: 'x', _meta: { 'a/b': 1, progressToken: 2 } } });
			receive(progress(2, { message: 'half' }));
			receive(progress('2'));
			receive(progress(1));
			receive(progress(99));
			receive(progress(null));
			receive({ jsonrpc: '2.0', method: 'notifications/progress' });
			receive(answer(2));
			await reply;
			receive(progress(2));
			expect(seen).toEqual([
				{ method: 'notifications/progress', params: { progressToken: token, progress: 1, message: 'half' }, extra: {} },
			]);
		},
	);

	test('a request without a token gets none', async () => {
		const { link, sent } = await connect({ peer: 'driver' });
		void link.request('m', { _meta: { a: 1 } }, { progress: () => {} });
		expect(await sent()).toMatchObject({ params: { _meta: { a: 1 } } });
	});

	test('a callback that throws is a warning', async () => {
		const { link, receive, warnings } = await connect({ peer: 'driver' });
		const fail = () => {
			throw new Error('no');
		};
		const reply = link.request('m', { _meta: { progressToken: 1 } }, { progress: fail });
		receive(progress(1));
		receive(answer(1));
		expect(await reply).toMatchObject({ ok: true });
		expect(warnings).toEqual(['handling notifications/progress failed: no']);
	});
});

describe('answering', () => {
	test.each<[string, string]>([
		['zero', '0'],
		['a string', '"0z"'],
		['a string of digits', '"0"'],
		['the empty string', '""'],
		['a huge integer', '9007199254740993'],
	])('an id that is %s comes back exactly', async (_, id) => {
		const { receive, incoming, channel } = await connect();
		receive(`{"jsonrpc":"2.0","id":${id},"method":"m"}`);
		(await incoming.next()).answer(resultReply({ a: 1 }));
		const { text, related } = await channel.sent.next();
		expect(text).toBe(`{"jsonrpc":"2.0","id":${id},"result":{"a":1}}`);
		expect(related).toBe(id);
	});

	test('a slow request holds up no other', async () => {
		const { receive, incoming, sent } = await connect();
		receive(request(1, 'slow'));
		receive(request(2, 'quick'));
		const slow = await incoming.next();
		(await incoming.next()).answer(resultReply({}));
		expect(await sent()).toMatchObject({ id: 2 });
		slow.answer(resultReply({}));
		expect(await sent()).toMatchObject({ id: 1 });
	});

	test('ping is answered by the link itself', async () => {
		const { receive, incoming, sent } = await connect();
		receive(request('p', 'ping'));
		expect(await sent()).toEqual(answer('p'));
		expect(incoming.seen).toEqual([]);
	});

	test('a handler that throws says nothing of our insides to the other side', async () => {
		const { receive, incoming, sent, warnings } = await connect();
		receive(request(1));
		(await incoming.next()).fail(new Error('/home/me/secret.ts exploded'));
		expect(await sent()).toEqual({ jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'internal error' } });
		expect(warnings).toEqual(['answering tools/call failed: /home/me/secret.ts exploded']);
	});

	test('an answer that can not be written is an error, not silence', async () => {
		const { receive, incoming, sent, warnings } = await connect();
		receive(request(1));
		(await incoming.next()).answer(resultReply({ n: Number.NaN }));
		expect(await sent()).toMatchObject({ id: 1, error: { code: -32603 } });
		expect(warnings).toHaveLength(1);
	});

	test('an id in use is refused, and free again afterwards', async () => {
		const { receive, incoming, sent } = await connect();
		receive(request(1));
		receive(request(1));
		expect(await sent()).toMatchObject({ id: 1, error: { code: -32600 } });
		receive(request('1'));
		(await incoming.next()).answer(resultReply({}));
		expect(await sent()).toEqual(answer(1));
		receive(request(1));
		await incoming.next();
		expect(incoming.seen).toHaveLength(3);
	});

	test('more requests than allowed are refused', async () => {
		const { receive, incoming, sent } = await connect({ maxInFlight: 2 });
		for (const id of [1, 2, 3]) receive(request(id));
		expect(await sent()).toMatchObject({ id: 3, error: { code: -32000 } });
		receive(cancel(1));
		receive(request(4));
		expect(await sent()).toMatchObject({ id: 4, error: { code: -32000 } });
		(await incoming.next()).answer(resultReply({}));
		await settled();
		receive(request(5));
		await settled();
		expect(incoming.seen).toHaveLength(3);
	});

	test.each<[unknown]>([[0], ['a'], [5]])('a cancelled request (%j) is aborted and never answered', async (id) => {
		const { receive, incoming, channel } = await connect();
		receive(request(id));
		const work = await incoming.next();
		receive(cancel(id, 'changed my mind'));
		expect(work.signal.aborted).toBe(true);
		expect(work.signal.reason).toBe('changed my mind');
		work.answer(resultReply({}));
		receive(request('other', 'ping'));
		await settled();
		expect(channel.sent.seen.map(({ text }) => text)).toEqual(['{"jsonrpc":"2.0","id":"other","result":{}}']);
	});

	test('a cancelled request whose handler throws is not answered either', async () => {
		const { receive, incoming, channel } = await connect();
		receive(request(1));
		const work = await incoming.next();
		receive(cancel(1));
		work.fail(new Error('aborted'));
		await settled();
		expect(channel.sent.seen).toEqual([]);
	});

	test('initialize can not be cancelled', async () => {
		const { receive, incoming, sent } = await connect();
		receive(request(1, 'initialize'));
		const work = await incoming.next();
		receive(cancel(1));
		expect(work.signal.aborted).toBe(false);
		work.answer(resultReply({}));
		expect(await sent()).toEqual(answer(1));
	});

	test.each<[string, unknown]>([
		['unknown', 77],
		['of another type', '1'],
		['null', null],
		['an object', {}],
		['absent', undefined],
	])('a cancellation whose id is %s means nothing', async (_, id) => {
		const { receive, incoming, notes, warnings } = await connect();
		receive(request(1));
		const work = await incoming.next();
		receive(cancel(id));
		receive({ jsonrpc: '2.0', method: 'notifications/cancelled' });
		expect(work.signal.aborted).toBe(false);
		expect(notes.seen).toEqual([]);
		expect(warnings).toEqual([]);
	});

	test('a cancellation of what was already answered means nothing', async () => {
		const { receive, incoming, sent } = await connect();
		receive(request(1));
		const first = await incoming.next();
		first.answer(resultReply({}));
		await sent();
		receive(cancel(1));
		receive(request(1));
		await incoming.next();
		expect(first.signal.aborted).toBe(false);
	});
});

describe('notifications', () => {
	test('arrive in order, whole, and a handler that throws is a warning', async () => {
		const { receive, notes, warnings, link, channel } = await connect();
		for (let index = 0; index < 50; index += 1) receive({ jsonrpc: '2.0', method: 'n', params: { index }, x: index });
		expect(notes.seen.map(({ params, extra }) => [params?.index, extra.x])).toEqual(
			Array.from({ length: 50 }, (_, index) => [index, index]),
		);
		notes.push = () => {
			throw new Error('no');
		};
		receive({ jsonrpc: '2.0', method: 'n' });
		expect(warnings).toEqual(['handling n failed: no']);
		await link.notify({ method: 'out', params: undefined, extra: { y: 1 } }, '5' as never);
		expect(await channel.sent.next()).toEqual({ text: '{"jsonrpc":"2.0","method":"out","y":1}', related: '5' });
	});
});

describe('what is no message', () => {
	test.each<[string, object]>([
		['nonsense', { id: null, error: { code: -32700 } }],
		['42', { id: null, error: { code: -32600 } }],
		['{"jsonrpc":"2.0","id":"a","method":"m","params":[]}', { id: 'a', error: { code: -32600 } }],
		['{"jsonrpc":"2.0","id":3,"method":"m","params":{"a":1,"a":2}}', { id: 3, error: { code: -32700 } }],
		['[]', { id: null, error: { code: -32600 } }],
		['[{"jsonrpc":"2.0","id":1,"method":"m"}]', { id: null, error: { code: -32600 } }],
	])('from a client it is answered: %s', async (text, expected) => {
		const { receive, sent, incoming, warnings } = await connect();
		receive(text);
		expect(await sent()).toMatchObject(expected);
		expect(warnings).toHaveLength(1);
		expect(incoming.seen).toEqual([]);
	});

	test.each([
		['{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}}'],
		['{"jsonrpc":"2.0","id":9,"result":{"a":1,"a":2}}'],
		['{"jsonrpc":"2.0","id":9,"error":"boom"}'],
	])('a garbled response is never answered: %s', async (text) => {
		for (const peer of ['client', 'driver'] as const) {
			const { receive, channel, warnings } = await connect({ peer });
			receive(text);
			await settled();
			expect(channel.sent.seen).toEqual([]);
			expect(warnings).toHaveLength(1);
		}
	});

	test('junk of a driver is a warning only', async () => {
		const { receive, channel, warnings, closes } = await connect({ peer: 'driver' });
		for (const junk of ['Server started on port 3000', '{}', '[]', 'null', '[{"jsonrpc":"2.0","id":1,"method":"m"}]'])
			receive(junk);
		await settled();
		expect(channel.sent.seen).toEqual([]);
		expect(warnings).toHaveLength(5);
		expect(closes).toEqual([]);
	});

	test.each([
		['{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2}}'],
		['{"result":{"a":1,"a":2},"jsonrpc":"2.0","id":1}'],
		['{"jsonrpc":"2.0","id":1,"error":"boom"}'],
		['{"jsonrpc":"2.0","id":1}'],
		['{"jsonrpc":"2.0","id":1,"result":{}},'],
		['[{"jsonrpc":"2.0","id":1,"result":{}}]'],
	])('a garbled answer of a driver fails the request it was for: %s', async (text) => {
		const { link, receive, channel } = await connect({ peer: 'driver' });
		const reply = link.request('m');
		receive(text);
		expect((await reply).body.value()).toMatchObject({
			code: -32000,
			message: expect.stringContaining('the answer could not be read'),
		});
		expect(channel.sent.seen).toHaveLength(1);
	});

	test('a garbled request of a driver does not fail our own request with the same id', async () => {
		const { link, receive, sent } = await connect({ peer: 'driver' });
		const reply = link.request('m');
		await sent();
		receive('{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{"a":1,"a":2}}');
		expect(await sent()).toMatchObject({ id: 1, error: { code: -32700 } });
		receive(answer(1, { fine: true }));
		expect((await reply).body.value()).toEqual({ fine: true });
	});
});

describe('batches, where the revision has them', () => {
	test('are answered as one array, without the notifications and the cancelled', async () => {
		const { receive, incoming, notes, channel, link } = await connect({ acceptBatches: () => true });
		const ours = link.request('roots/list');
		await channel.sent.next();
		receive([
			request('a'),
			{ jsonrpc: '2.0', method: 'n' },
			request(0, 'ping'),
			request('gone'),
			7,
			answer(1, { roots: [] }),
			request('init', 'initialize'),
		]);
		expect((await ours).ok).toBe(true);
		expect(notes.seen).toHaveLength(1);
		const [first, second] = [await incoming.next(), await incoming.next()];
		receive(cancel('gone'));
		second.answer(resultReply({}));
		first.answer(errorReply(1, 'no'));
		const { text, related } = await channel.sent.next();
		expect(related).toBe('"a"');
		expect(JSON.parse(text)).toMatchObject([
			{ id: 'a', error: { code: 1 } },
			{ id: 0, result: {} },
			{ id: null, error: { code: -32600 } },
			{ id: 'init', error: { code: -32600 } },
		]);
	});

	test('of a driver with junk in them are not answered for the junk', async () => {
		const { receive, channel, warnings, link } = await connect({ peer: 'driver', acceptBatches: () => true });
		const reply = link.request('m');
		receive([7, { jsonrpc: '2.0', id: 1, result: {}, error: {} }, {}]);
		expect(await reply).toMatchObject({ ok: false });
		await settled();
		expect(channel.sent.seen).toHaveLength(1);
		expect(warnings).toHaveLength(3);
	});

	test('of notifications only get no answer', async () => {
		const { receive, channel, notes } = await connect({ acceptBatches: () => true });
		receive([{ jsonrpc: '2.0', method: 'n' }]);
		await settled();
		expect(notes.seen).toHaveLength(1);
		expect(channel.sent.seen).toEqual([]);
	});
});

test('whatever comes in, the link lives and answers the next request', async () => {
	const { receive, sent, link } = await connect();
	const ids = fc.constantFrom<unknown>(0, 1, 2, 'a', null, {}, -1, 1.5);
	const message = fc.record(
		{
			jsonrpc: fc.constantFrom('2.0', '1.0', 2),
			id: ids,
			method: fc.constantFrom<unknown>('ping', 'notifications/cancelled', 'notifications/progress', 'm', 1, ''),
			params: fc.constantFrom<unknown>({}, { requestId: 1 }, { requestId: 'a' }, { progressToken: 0 }, [], null, 'x'),
			result: fc.jsonValue({ maxDepth: 2 }),
			error: fc.constantFrom<unknown>({ code: 1, message: 'm' }, 'x', null),
		},
		{ requiredKeys: [] },
	);
	fc.assert(
		fc.property(fc.array(fc.oneof(message, fc.array(message), fc.jsonValue())), fc.boolean(), (messages, ask) => {
			if (ask) void link.request('m');
			for (const each of messages) receive(each);
		}),
		{ numRuns: 2000 },
	);
	await settled();
	receive(request('last', 'ping'));
	for (;;) if (member(await sent(), 'id') === 'last') break;
});
