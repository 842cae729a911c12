// HTTP servers of MCP 2026-07-28: what they may answer, how a request is cancelled, and what is never sent.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Note } from '../../src/abi/driver.ts';
import { modernHttpChannel } from '../../src/wire/http-modern.ts';
import { Link } from '../../src/wire/link.ts';
import { resultReply } from '../../src/wire/message.ts';
import type { MirroredParameter } from '../../src/wire/mirrored-headers.ts';
import { Inflow } from './streams.ts';

interface Asked {
	readonly method: string;
	readonly headers: IncomingMessage['headers'];
	readonly message: { readonly id?: number; readonly method?: string };
	readonly response: ServerResponse;
	answer(status: number, body?: unknown, type?: string): void;
	/** Begins an event stream. */
	stream(...messages: object[]): void;
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function connect(handle: (asked: Asked) => void, parameters: readonly MirroredParameter[] = []) {
	const seen: Asked[] = [];
	const http = createServer(async (request, response) => {
		let body = '';
		for await (const chunk of request.setEncoding('utf8')) body += chunk;
		const asked: Asked = {
			method: request.method ?? '',
			headers: request.headers,
			message: JSON.parse(body),
			response,
			answer: (status, answer, type = 'application/json') =>
				void response
					.writeHead(status, answer === undefined ? {} : { 'content-type': type })
					.end(typeof answer === 'object' ? JSON.stringify(answer) : answer),
			stream(...messages) {
				response.writeHead(200, { 'content-type': 'text/event-stream' });
				for (const message of messages) response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
			},
		};
		seen.push(asked);
		handle(asked);
	});
	await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
	cleanups.push(() => {
		http.closeAllConnections();
		return new Promise((resolve) => http.close(resolve));
	});
	const channel = modernHttpChannel({
		url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
		headers: { authorization: 'Bearer very-secret', 'mcp-name': 'forged' },
		parametersOf: () => parameters,
	});
	const link = new Link(channel, { peer: 'driver' });
	const notes = new Inflow<Note>();
	const closes = new Inflow<string>();
	const warnings = new Inflow<string>();
	await link.start({
		request: async () => resultReply({}),
		note: (note) => notes.push(note),
		close: (reason) => closes.push(reason),
		warn: (text) => warnings.push(text),
	});
	cleanups.push(() => link.close());
	return { channel, link, seen, notes, closes, warnings };
}

const ok = (asked: Asked) => asked.answer(200, { jsonrpc: '2.0', id: asked.message.id, result: { ok: true } });
const errorBody = (id: unknown, code: number, message = 'no') => ({ jsonrpc: '2.0', id, error: { code, message } });

test('a request is a POST of its own, whose headers say what is in it', async () => {
	const { link, seen } = await connect(ok, [{ header: 'Region', path: ['region'] }]);
	await link.request('tools/list', {});
	await link.request('tools/call', { name: 'é', arguments: { region: 'us' } });
	expect(seen.map(({ method }) => method)).toEqual(['POST', 'POST']);
	expect(seen[0]?.headers).toMatchObject({
		'mcp-protocol-version': '2026-07-28',
		'mcp-method': 'tools/list',
		accept: 'application/json, text/event-stream',
		'content-type': 'application/json',
		authorization: 'Bearer very-secret',
	});
	expect(seen[1]?.headers).toMatchObject({ 'mcp-name': '=?base64?w6k=?=', 'mcp-param-region': 'us' });
	expect(seen[1]?.headers).not.toHaveProperty('mcp-session-id');
});

test('an answer by stream comes after what belongs to it, and its stream need not end', async () => {
	const { link, notes, seen } = await connect((asked) =>
		asked.stream(
			{ method: 'notifications/message', params: { data: 'hi' } },
			{ id: asked.message.id, result: { ok: true } },
		),
	);
	expect((await link.request('tools/call', { name: 'a' })).body.text).toBe('{"ok":true}');
	expect(notes.seen.map(({ method }) => method)).toEqual(['notifications/message']);
	// What is left open is broken off.
	await new Promise((resolve) => seen[0]?.response.on('close', resolve));
});

describe('a refusal by HTTP', () => {
	test.each<[string, number, (id: unknown) => unknown, object]>([
		['is one by MCP where it says so', 400, (id) => errorBody(id, -32602, 'bad'), { code: -32602, message: 'bad' }],
		['need not name the request', 400, () => errorBody(null, -32020), { code: -32020 }],
		['may be about a method', 404, (id) => errorBody(id, -32601), { code: -32601 }],
		[
			'shows none of our headers',
			400,
			(id) => errorBody(id, -1, 'it was Bearer very-secret'),
			{ message: 'it was ***' },
		],
		['may say nothing', 500, () => undefined, { code: -32000 }],
		['may say something else', 400, () => 'nope', { code: -32000 }],
		['of another request is none of this one', 400, () => errorBody(77, -32602), { code: -32000 }],
		['without a code is none by MCP', 400, (id) => ({ jsonrpc: '2.0', id, error: { message: 'x' } }), { code: -32000 }],
		['is no answer even if it looks like one', 403, (id) => ({ jsonrpc: '2.0', id, result: {} }), { code: -32000 }],
	])('%s', async (_, status, body, error) => {
		const { link, closes } = await connect((asked) => asked.answer(status, body(asked.message.id)));
		const reply = await link.request('tools/list', {});
		expect(reply.ok).toBe(false);
		expect(reply.body.value()).toMatchObject(error);
		expect(closes.seen).toEqual([]);
	});

	test('of our credentials ends the connection', async () => {
		const { link, closes, channel } = await connect((asked) => asked.answer(401));
		expect((await link.request('tools/list', {})).body.value()).toMatchObject({ code: -32000 });
		expect(await closes.next()).toContain('refused our credentials');
		expect(channel.trouble).toMatchObject({ code: 'D107' });
	});
});

test.each<[string, (asked: Asked) => void]>([
	['breaks off', (asked) => asked.response.destroy()],
	[
		'ends its stream too soon',
		(asked) => {
			asked.stream();
			asked.response.end();
		},
	],
	['answers another request', (asked) => asked.answer(200, { jsonrpc: '2.0', id: 99, result: {} })],
	['answers nothing', (asked) => asked.answer(202)],
	['answers with a page', (asked) => asked.answer(200, '<html>', 'text/html')],
	[
		'answers in two ways',
		(asked) =>
			asked.answer(
				200,
				`{"jsonrpc":"2.0","id":${asked.message.id},"result":{"resultType":"complete","resultType":"input_required"}}`,
			),
	],
])('a server that %s has failed that request only', async (_, handle) => {
	let count = 0;
	const { link } = await connect((asked) => {
		count += 1;
		if (count === 1) handle(asked);
		else ok(asked);
	});
	expect((await link.request('tools/list', {})).body.value()).toMatchObject({ code: -32000 });
	expect((await link.request('tools/list', {})).ok).toBe(true);
});

test('to cancel is to break the stream off, and no message', async () => {
	let begun = () => {};
	const isBegun = new Promise<void>((resolve) => {
		begun = resolve;
	});
	const { link, seen } = await connect((asked) => {
		asked.stream();
		asked.response.flushHeaders();
		begun();
	});
	const cancel = new AbortController();
	const reply = link.request('tools/call', { name: 'a' }, { signal: cancel.signal });
	await isBegun;
	const closed = new Promise((resolve) => seen[0]?.response.on('close', resolve));
	cancel.abort();
	await closed;
	expect((await reply).ok).toBe(false);
	expect(seen).toHaveLength(1);
});

test('what a server asks on a stream is not answered', async () => {
	const { link, seen } = await connect((asked) =>
		asked.stream(
			{ id: 'q', method: 'sampling/createMessage', params: {} },
			{ id: 'p', method: 'ping' },
			{ id: asked.message.id, result: {} },
		),
	);
	expect((await link.request('tools/call', { name: 'a' })).ok).toBe(true);
	await link.request('tools/call', { name: 'b' });
	expect(seen.map(({ message }) => message.method)).toEqual(['tools/call', 'tools/call']);
});

test('a notification is posted like a request; a refusal of it is worth a line', async () => {
	const { link, seen, warnings } = await connect((asked) => asked.answer(400));
	await link.notify({ method: 'notifications/vendor', params: undefined, extra: {} });
	expect(seen[0]?.headers['mcp-method']).toBe('notifications/vendor');
	expect(await warnings.next()).toContain('HTTP 400');
});
