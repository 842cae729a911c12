// The HTTP front: who gets in, what goes where, and that neither hostile nor vanishing clients break it.
import { randomBytes } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectSocket, Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Note, Reply } from '../../src/abi/driver.ts';
import type { Channel } from '../../src/wire/channel.ts';
import { Admission } from '../../src/wire/http-admission.ts';
import { type HttpFrontOptions, type HttpListener, listenHttp } from '../../src/wire/http-front.ts';
import { HttpSession } from '../../src/wire/http-session.ts';
import { type Incoming, Link } from '../../src/wire/link.ts';
import { errorReply, readMessage, resultReply } from '../../src/wire/message.ts';
import { eventsOf, HttpPeer, initialize } from './http-peer.ts';
import { Inflow } from './streams.ts';

type Work = Incoming & { answer(reply: Reply): void };

interface Served {
	readonly id: string;
	readonly principal: string;
	readonly agent: string;
	readonly link: Link;
	readonly work: Inflow<Work>;
	readonly notes: Inflow<Note>;
	readonly closes: Inflow<string>;
}

const listeners: HttpListener[] = [];
afterEach(async () => {
	vi.useRealTimers();
	for (const listener of listeners.splice(0)) await listener.close();
});

const callers = new Map([
	['alice-token', { principal: 'alice', agent: 'alice' }],
	['alice-other', { principal: 'alice', agent: 'other' }],
	['bob-token', { principal: 'bob', agent: 'bob' }],
	['bob-as-alice', { principal: 'bob', agent: 'alice' }],
]);

/** A front whose sessions answer `initialize` by themselves and leave everything else to the test. */
async function front(
	options: Partial<HttpFrontOptions> = {},
	accept: (incoming: Incoming) => Reply = () => resultReply({ hello: 1 }),
) {
	const sessions = new Inflow<Served>();
	const warnings: string[] = [];
	const listener = await listenHttp(
		{
			host: '127.0.0.1',
			port: 0,
			random: randomBytes,
			authorize: (token) => callers.get(token ?? ''),
			warn: (text) => warnings.push(text),
			...options,
		},
		({ id, principal, agent, channel }) => {
			const link = new Link(channel, { peer: 'client', acceptBatches: () => true });
			const served = {
				id,
				principal,
				agent,
				link,
				work: new Inflow<Work>(),
				notes: new Inflow<Note>(),
				closes: new Inflow<string>(),
			};
			void link.start({
				request: (incoming) =>
					incoming.method === 'initialize'
						? Promise.resolve(accept(incoming))
						: new Promise((answer) => served.work.push({ ...incoming, answer })),
				note: (note) => served.notes.push(note),
				close: (reason) => served.closes.push(reason),
				warn: (text) => warnings.push(text),
			});
			sessions.push(served);
		},
	);
	listeners.push(listener);
	const { port } = listener.address;
	return { listener, port, sessions, warnings, stranger: new HttpPeer(port) };
}

async function introduced(options: Partial<HttpFrontOptions> = {}) {
	const context = await front(options);
	const peer = await context.stranger.introduced();
	return { ...context, peer, session: await context.sessions.next() };
}

const call = (id: unknown, params: object = {}) => ({ jsonrpc: '2.0', id, method: 'tools/call', params });
const note = (method: string, params?: object) => ({ jsonrpc: '2.0', method, params });
const progress: Note = { method: 'notifications/progress', params: { progressToken: 0, progress: 1 }, extra: {} };
const changed: Note = { method: 'notifications/tools/list_changed', params: undefined, extra: {} };

describe('who gets in', () => {
	const loopback = { host: '127.0.0.1' };
	const open = {
		host: '0.0.0.0',
		allowedHosts: ['gate.example', 'other.example:8443'],
		allowedOrigins: ['https://app.example'],
	};
	test.each<[number, Partial<HttpFrontOptions>, Record<string, string>]>([
		[200, loopback, { host: '127.0.0.1:4070' }],
		[200, loopback, { host: 'localhost' }],
		[200, loopback, { host: 'LOCALHOST:1' }],
		[200, loopback, { host: '[::1]:4070' }],
		[403, loopback, { host: 'evil.example' }],
		[403, loopback, { host: 'evil.example:4070' }],
		[403, loopback, { host: 'localhost.evil.example' }],
		[403, loopback, { host: '127.0.0.1.evil.example' }],
		[403, loopback, { host: 'evil@localhost' }],
		[403, loopback, { host: 'localhost:80@evil.example' }],
		[403, loopback, { host: '192.168.0.9' }],
		[403, loopback, { host: 'localhost/' }],
		[200, loopback, { origin: 'http://localhost:6274' }],
		[200, loopback, { origin: 'http://127.0.0.1' }],
		[403, loopback, { origin: 'http://evil.example' }],
		[403, loopback, { origin: 'https://localhost.evil.example' }],
		[403, loopback, { origin: 'http://localhost/@evil.example' }],
		[403, loopback, { origin: 'null' }],
		[403, loopback, { origin: '' }],
		[403, loopback, { origin: 'file://' }],
		[403, loopback, { origin: 'vscode-webview://abc' }],
		[200, { ...loopback, allowedOrigins: ['vscode-webview://abc'] }, { origin: 'vscode-webview://abc' }],
		[200, open, { host: 'gate.example' }],
		[200, open, { host: 'gate.example:9' }],
		[200, open, { host: 'other.example:8443' }],
		[403, open, { host: 'other.example:1' }],
		[200, open, { host: '10.1.2.3:4070' }],
		[200, open, { host: '[fe80::1]:4070' }],
		[403, open, { host: 'localhost' }],
		[403, open, { host: '10.1.2.3.evil.example' }],
		[200, open, { host: 'gate.example', origin: 'https://app.example' }],
		[200, open, { host: 'gate.example', origin: 'https://gate.example' }],
		[403, open, { host: 'gate.example', origin: 'https://app.example.evil' }],
	])('%i for %j, %j', async (status, options, headers) => {
		const { stranger, sessions } = await front(options);
		for (const asked of [{ body: initialize }, { method: 'GET', path: '/healthz' }]) {
			expect((await stranger.ask({ ...asked, headers })).status).toBe(status);
		}
		expect(sessions.seen).toHaveLength(status === 200 ? 1 : 0);
	});

	test.each<[string | undefined, string]>([
		[undefined, 'Bearer realm="trapgate"'],
		['Basic YWxpY2U6eA==', 'Bearer realm="trapgate"'],
		['Bearer ', 'Bearer realm="trapgate"'],
		['Bearer wrong', 'Bearer realm="trapgate", error="invalid_token"'],
		['Bearer alice-token extra', 'Bearer realm="trapgate"'],
	])('401 for Authorization: %s, in every method', async (authorization, challenge) => {
		const { stranger, sessions } = await front();
		for (const method of ['POST', 'GET', 'DELETE', 'PUT']) {
			const answer = await stranger.ask({ method, headers: { authorization }, body: initialize });
			expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': challenge }, json: { id: null } });
		}
		expect(sessions.seen).toEqual([]);
	});

	test('a check that throws lets nobody in', async () => {
		const authorize = () => {
			throw new Error('no token file');
		};
		const { stranger, warnings } = await front({ authorize });
		expect(await stranger.ask({ body: initialize })).toMatchObject({
			status: 500,
			json: { error: { code: -32603, message: 'internal error' } },
		});
		expect(warnings).toEqual(['an HTTP request failed: no token file']);
	});

	test('healthz needs no token and says nothing', async () => {
		const { stranger } = await front();
		const answer = await stranger.ask({ method: 'GET', path: '/healthz', headers: { authorization: undefined } });
		expect(answer).toMatchObject({ status: 200, text: '{"status":"ok"}' });
		expect(await stranger.ask({ path: '/healthz' })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
	});

	test.each<[number, object]>([
		[404, { path: '/', body: initialize }],
		[404, { path: '/mcp/', body: initialize }],
		[404, { path: '/mcp/../x', body: initialize }],
		[200, { path: '/mcp?x=1', body: initialize }],
		[405, { method: 'PUT', body: initialize }],
		[405, { method: 'OPTIONS' }],
		[405, { method: 'HEAD' }],
		[406, { body: initialize, headers: { accept: undefined } }],
		[406, { body: initialize, headers: { accept: 'application/json' } }],
		[406, { body: initialize, headers: { accept: 'text/event-stream' } }],
		[406, { body: initialize, headers: { accept: 'application/json, text/event-stream;q=0' } }],
		[200, { body: initialize, headers: { accept: 'text/event-stream;q=0.5,  Application/JSON; q=1' } }],
		[200, { body: initialize, headers: { accept: '*/*' } }],
		[200, { body: initialize, headers: { accept: 'application/*, text/*' } }],
		[415, { body: initialize, headers: { 'content-type': undefined } }],
		[415, { body: initialize, headers: { 'content-type': 'text/plain' } }],
		[415, { body: initialize, headers: { 'content-type': 'application/json-patch+json' } }],
		[415, { body: initialize, headers: { 'content-type': 'application/json; charset=utf-16' } }],
		[415, { body: initialize, headers: { 'content-encoding': 'gzip' } }],
		[200, { body: initialize, headers: { 'content-type': 'Application/JSON;charset=UTF-8' } }],
		[400, { body: '' }],
		[400, { body: 'hello' }],
		[400, { body: '42' }],
		[400, { body: '[]' }],
		[400, { body: '{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1,"A":2}}' }],
		[
			400,
			{
				body: Buffer.concat([
					Buffer.from('{"jsonrpc":"2.0","id":"'),
					Buffer.from([0xff]),
					Buffer.from('","method":"m"}'),
				]),
			},
		],
		[400, { body: [initialize] }],
		[400, { body: { ...initialize, id: null } }],
		[400, { body: call(1) }],
		[400, { body: note('notifications/initialized') }],
		[400, { method: 'GET' }],
		[406, { method: 'GET', headers: { accept: 'application/json' } }],
		[400, { method: 'DELETE' }],
		[404, { body: call(1), headers: { 'mcp-session-id': 'deadbeef' } }],
		[404, { body: initialize, headers: { 'mcp-session-id': 'deadbeef' } }],
		[404, { method: 'GET', headers: { 'mcp-session-id': '__proto__' } }],
		[404, { method: 'DELETE', headers: { 'mcp-session-id': 'deadbeef' } }],
		[200, { body: initialize, headers: { 'mcp-protocol-version': '2099-01-01' } }],
	])('without a session: %i for %j', async (status, asked) => {
		const { stranger } = await front();
		const answer = await stranger.ask(asked);
		expect(answer.status).toBe(status);
		if (status >= 400 && (asked as { method?: string }).method !== 'HEAD') {
			expect(answer.json).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
		}
		expect((await stranger.introduced()).session).toMatch(/^[0-9a-f]{32}$/);
	});

	test('a message that names its id is refused with it; a garbled response is not', async () => {
		const { peer } = await introduced();
		expect((await peer.ask({ body: '{"jsonrpc":"2.0","id":"x","method":"m","params":[]}' })).json).toMatchObject({
			id: 'x',
		});
		expect((await peer.ask({ body: '{"jsonrpc":"2.0","id":7,"error":"boom"}' })).json).toMatchObject({ id: null });
	});

	test.each([
		['2024-11-05', 202],
		['2025-03-26', 202],
		['2025-06-18', 202],
		['2025-11-25', 202],
		[undefined, 202],
		['2026-07-28', 400],
		['1', 400],
		['', 400],
	])('MCP-Protocol-Version %s in a session: %i', async (version, status) => {
		const { peer } = await introduced();
		const headers = { 'mcp-protocol-version': version };
		expect((await peer.ask({ body: note('n'), headers })).status).toBe(status);
		if (status === 400) expect((await peer.ask({ method: 'GET', headers })).status).toBe(400);
	});
});

describe('sessions', () => {
	test('belong to the caller that made them', async () => {
		const { port, peer, session } = await introduced();
		expect(session).toMatchObject({ id: peer.session, principal: 'alice', agent: 'alice' });
		for (const token of ['bob-token', 'bob-as-alice', 'alice-other']) {
			const thief = new HttpPeer(port, token, peer.session);
			expect((await thief.ask({ body: call(1) })).status).toBe(404);
			expect((await thief.ask({ method: 'GET' })).status).toBe(404);
			expect((await thief.ask({ method: 'DELETE' })).status).toBe(404);
		}
		expect(session.work.seen).toEqual([]);
		expect((await peer.ask({ body: { jsonrpc: '2.0', id: 1, method: 'ping' } })).json).toEqual({
			jsonrpc: '2.0',
			id: 1,
			result: {},
		});
	});

	test('are not initialized twice', async () => {
		const { peer } = await introduced();
		expect(await peer.ask({ body: initialize })).toMatchObject({
			status: 400,
			json: { id: 'init', error: { code: -32600 } },
		});
	});

	test('end with DELETE: work is aborted, waiting POSTs and streams end, the id is unknown', async () => {
		const { peer, session } = await introduced();
		const waiting = peer.ask({ body: call(1) });
		const { signal } = await session.work.next();
		const stream = await peer.listen();
		expect((await peer.ask({ method: 'DELETE' })).status).toBe(200);
		expect(signal.aborted).toBe(true);
		expect(await session.closes.next()).toBe('the client ended the session');
		expect((await waiting).status).toBe(404);
		await stream.ended;
		expect((await peer.ask({ body: call(2) })).status).toBe(404);
		expect((await peer.ask({ method: 'DELETE' })).status).toBe(404);
	});

	test('end when the kernel ends them', async () => {
		const { peer, session } = await introduced();
		const waiting = peer.ask({ body: call(1) });
		await session.work.next();
		await session.link.close();
		expect((await waiting).status).toBe(404);
		expect((await peer.ask({ body: call(2) })).status).toBe(404);
		expect(session.closes.seen).toEqual([]);
	});

	test('are limited for each principal', async () => {
		const { stranger, port } = await front({ maxSessions: 2 });
		const first = await stranger.introduced();
		await stranger.introduced();
		expect(await stranger.ask({ body: initialize })).toMatchObject({ status: 503, headers: { 'retry-after': '60' } });
		expect((await new HttpPeer(port, 'bob-token').ask({ body: initialize })).status).toBe(200);
		await first.ask({ method: 'DELETE' });
		expect((await stranger.ask({ body: initialize })).status).toBe(200);
	});

	test('end when idle, but not while somebody listens or waits', async () => {
		vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
		let now = 0;
		const { peer, session, stranger, sessions } = await introduced({ now: () => now, idleMs: 1000, keepAliveMs: 10 });
		const busy = await stranger.introduced();
		const busySession = await sessions.next();
		const listening = await stranger.introduced();
		const listeningSession = await sessions.next();
		void busy.ask({ body: call(1) }).catch(() => {});
		await busySession.work.next();
		await listening.listen();
		now = 999;
		vi.advanceTimersByTime(10);
		expect(session.closes.seen).toEqual([]);
		now = 1000;
		vi.advanceTimersByTime(10);
		expect(session.closes.seen).toEqual(['the session was idle for too long']);
		expect(busySession.closes.seen).toEqual([]);
		expect(listeningSession.closes.seen).toEqual([]);
		expect((await peer.ask({ body: call(1) })).status).toBe(404);
	});

	test('do not come to be when initialize is answered with an error', async () => {
		const { stranger, sessions } = await front({}, () => errorReply(-32602, 'unsupported version'));
		const answer = await stranger.ask({ body: initialize });
		expect(answer).toMatchObject({ status: 200, json: { id: 'init', error: { code: -32602 } } });
		expect(answer.headers['mcp-session-id']).toBeUndefined();
		const session = await sessions.next();
		expect(await session.closes.next()).toBe('the client was not accepted');
		expect((await new HttpPeer(stranger.port, 'alice-token', session.id).ask({ body: call(1) })).status).toBe(404);
	});

	test('end when the client hangs up before it was introduced', async () => {
		const sessions: string[] = [];
		const closes = new Inflow<string>();
		const started = new Inflow<void>();
		const listener = await listenHttp(
			{ host: '127.0.0.1', port: 0, random: randomBytes, authorize: () => ({ principal: 'a', agent: 'a' }) },
			({ id, channel }) => {
				sessions.push(id);
				void channel.start({
					message: () => started.push(undefined),
					close: (reason) => closes.push(reason),
					warn: () => {},
				});
			},
		);
		listeners.push(listener);
		const socket = connectSocket(listener.address.port, '127.0.0.1');
		const body = JSON.stringify(initialize);
		socket.write(
			`POST /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
		);
		await started.next();
		socket.destroy();
		expect(await closes.next()).toBe('the client hung up before it was introduced');
	});

	test('end when the client hung up even before its message was read', async () => {
		const ended = new Inflow<void>();
		const session = new HttpSession({
			id: 'i',
			caller: { principal: 'p', agent: 'a' },
			memory: new Admission({ authorize: () => undefined }).memoryOf({ principal: 'p', agent: 'a' }),
			now: () => 0,
			keepBody: () => () => undefined,
			ended: () => ended.push(undefined),
		});
		await new Link(session, { peer: 'client' }).start({
			request: async () => resultReply({}),
			note() {},
			close() {},
			warn() {},
		});
		const response = new ServerResponse(new IncomingMessage(new Socket()));
		response.destroy();
		session.receive(readMessage(JSON.stringify(initialize), 'client'), response);
		await ended.next();
	});

	test('whose kernel refuses them do not stay', async () => {
		const listener = await listenHttp(
			{
				host: '127.0.0.1',
				port: 0,
				random: randomBytes,
				maxSessions: 1,
				authorize: () => ({ principal: 'a', agent: 'a' }),
			},
			() => {
				throw new Error('no drivers');
			},
		);
		listeners.push(listener);
		const peer = new HttpPeer(listener.address.port);
		for (let round = 0; round < 3; round += 1) expect((await peer.ask({ body: initialize })).status).toBe(500);
	});

	test('may be started late: what came before is delivered then', async () => {
		const channels = new Inflow<Channel>();
		const listener = await listenHttp(
			{ host: '127.0.0.1', port: 0, random: randomBytes, authorize: () => ({ principal: 'a', agent: 'a' }) },
			({ channel }) => channels.push(channel),
		);
		listeners.push(listener);
		const answer = new HttpPeer(listener.address.port).ask({ body: initialize });
		const link = new Link(await channels.next(), { peer: 'client' });
		await new Promise(setImmediate);
		await link.start({ request: async () => resultReply({}), note() {}, close() {}, warn() {} });
		expect((await answer).json).toMatchObject({ id: 'init', result: {} });
	});
});

describe('what goes where', () => {
	test('a lone answer is JSON', async () => {
		const { peer, session } = await introduced();
		for (const id of [0, '', '0', 'ä']) {
			const answer = peer.ask({ body: call(id) });
			(await session.work.next()).answer(resultReply({ é: 1 }));
			expect(await answer).toMatchObject({
				status: 200,
				headers: { 'content-type': 'application/json', 'mcp-session-id': peer.session, 'cache-control': 'no-store' },
				json: { jsonrpc: '2.0', id, result: { é: 1 } },
			});
		}
	});

	test('an id beyond doubles comes back exactly', async () => {
		const { peer, session } = await introduced();
		const answer = peer.ask({ body: '{"jsonrpc":"2.0","id":9007199254740993,"method":"m"}' });
		(await session.work.next()).answer(resultReply({}));
		expect((await answer).text).toBe('{"jsonrpc":"2.0","id":9007199254740993,"result":{}}');
	});

	test('progress makes the answer a stream, and the response ends it', async () => {
		const { peer, session } = await introduced();
		const opening = peer.open({ body: call(7) });
		const work = await session.work.next();
		await session.link.notify(progress, work.id);
		const response = await opening;
		expect(response.headers).toMatchObject({ 'content-type': 'text/event-stream', 'mcp-session-id': peer.session });
		const events = eventsOf(response);
		expect(await events.next()).toMatchObject({ method: 'notifications/progress', params: { progressToken: 0 } });
		const asked = session.link.request('sampling/createMessage', {}, { related: work.id });
		const question = (await events.next()) as { id: number };
		expect(question).toMatchObject({ method: 'sampling/createMessage' });
		expect((await peer.ask({ body: { jsonrpc: '2.0', id: question.id, result: { text: 'hi' } } })).status).toBe(202);
		expect((await asked).body.value()).toEqual({ text: 'hi' });
		work.answer(resultReply({ done: true }));
		expect(await events.next()).toEqual({ jsonrpc: '2.0', id: 7, result: { done: true } });
		await vi.waitUntil(() => response.complete);
	});

	test('notifications and responses are taken note of with 202', async () => {
		const { peer, session } = await introduced();
		expect(await peer.ask({ body: note('notifications/initialized') })).toMatchObject({ status: 202, text: '' });
		expect(await session.notes.next()).toMatchObject({ method: 'notifications/initialized' });
		expect((await peer.ask({ body: { jsonrpc: '2.0', id: 5, result: {} } })).status).toBe(202);
	});

	test('what belongs to no request waits for the stream of its client, each message on one stream only', async () => {
		const { peer, session } = await introduced();
		await session.link.notify(changed);
		const first = await peer.listen();
		expect(await first.events.next()).toMatchObject({ method: changed.method });
		const second = await peer.listen();
		const asked = session.link.request('roots/list');
		const question = (await second.events.next()) as { id: number };
		await peer.ask({ body: { jsonrpc: '2.0', id: question.id, result: { roots: [] } } });
		expect((await asked).body.value()).toEqual({ roots: [] });
		expect(first.events.seen).toHaveLength(1);
		second.hangUp();
		await vi.waitUntil(async () => {
			await session.link.notify(changed);
			return first.events.seen.length > 1;
		});
	});

	test('a client has a limited number of streams; the oldest goes', async () => {
		const { peer, session } = await introduced();
		const streams = [];
		for (let index = 0; index < 5; index += 1) streams.push(await peer.listen());
		await streams[0]?.ended;
		await session.link.notify(changed);
		expect(await streams[4]?.events.next()).toMatchObject({ method: changed.method });
	});

	test('what nobody fetches is dropped at some point, and said', async () => {
		const dropped: string[] = [];
		const { peer, session, warnings } = await introduced({ dropped: (why) => dropped.push(why) });
		for (let index = 0; index < 300; index += 1) await session.link.notify({ ...changed, params: { index } });
		expect(dropped).toEqual(Array.from({ length: 44 }, () => 'kept'));
		expect(warnings).toEqual(['alice: a message was dropped because its client has no stream open']);
		const { events } = await peer.listen();
		expect(await events.next()).toMatchObject({ params: { index: 44 } });
	});

	test('what nobody fetches is dropped by its size too', async () => {
		const dropped: string[] = [];
		const { peer, session } = await introduced({ dropped: (why) => dropped.push(why) });
		const text = 'x'.repeat(5 << 20);
		for (let index = 0; index < 5; index += 1) await session.link.notify({ ...changed, params: { index, text } });
		expect(dropped).toEqual(['kept', 'kept']);
		const { events } = await peer.listen();
		expect(await events.next()).toMatchObject({ params: { index: 2 } });
	});

	test('a client that hangs up does not cancel its call; its progress goes to its stream, its answer nowhere', async () => {
		const { listener, peer, session, warnings } = await introduced();
		const hungUp = new AbortController();
		const opening = peer.open({ body: call(1), signal: hungUp.signal }).catch(() => undefined);
		const work = await session.work.next();
		const { events } = await peer.listen();
		hungUp.abort();
		await opening;
		await vi.waitUntil(() => listener.openRequests() === 1);
		await session.link.notify(progress, work.id);
		await events.next();
		expect(work.signal.aborted).toBe(false);
		expect((await peer.ask({ body: call(1) })).status).toBe(400);
		work.answer(resultReply({}));
		await vi.waitUntil(() => warnings.length > 0);
		expect(warnings).toEqual(['alice: an answer was dropped because its client had hung up']);
		expect(events.seen).toHaveLength(1);
		const again = peer.ask({ body: call(1) });
		(await session.work.next()).answer(resultReply({}));
		expect((await again).status).toBe(200);
	});

	test('a cancelled call ends its POST without a response', async () => {
		const { peer, session } = await introduced();
		const waiting = peer.ask({ body: call('a') });
		const work = await session.work.next();
		await peer.ask({ body: note('notifications/cancelled', { requestId: 'other' }) });
		await peer.ask({ body: note('notifications/cancelled') });
		expect(work.signal.aborted).toBe(false);
		await peer.ask({ body: note('notifications/cancelled', { requestId: 'a', reason: 'stop' }) });
		expect(work.signal.aborted).toBe(true);
		expect(await waiting).toMatchObject({ status: 200, text: '', headers: { 'content-type': 'text/event-stream' } });
	});

	test('one id in two POSTs at once: the second is refused, the first is answered', async () => {
		const { peer, session } = await introduced();
		const first = peer.ask({ body: call(1) });
		const work = await session.work.next();
		expect(await peer.ask({ body: call(1) })).toMatchObject({ status: 400, json: { id: 1, error: { code: -32600 } } });
		work.answer(resultReply({ first: true }));
		expect((await first).json).toMatchObject({ result: { first: true } });
	});

	test('a waiting client gets signs of life before it gives up', async () => {
		vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
		const { peer, session } = await introduced({ keepAliveMs: 10 });
		const opening = peer.open({ body: call(1) });
		const work = await session.work.next();
		vi.advanceTimersByTime(20);
		const response = await opening;
		expect(response.headers['content-type']).toBe('text/event-stream');
		const events = eventsOf(response);
		work.answer(resultReply({}));
		expect(await events.next()).toMatchObject({ id: 1, result: {} });
	});

	test('calls of several clients do not wait for each other', async () => {
		const { peer, session, stranger, sessions } = await introduced();
		const other = await stranger.introduced();
		const otherSession = await sessions.next();
		const slow = peer.ask({ body: call(1) });
		const slowWork = await session.work.next();
		const quick = other.ask({ body: call(1) });
		(await otherSession.work.next()).answer(resultReply({ quick: true }));
		expect((await quick).json).toMatchObject({ result: { quick: true } });
		slowWork.answer(resultReply({ slow: true }));
		expect((await slow).json).toMatchObject({ result: { slow: true } });
	});
});

describe('batches', () => {
	const batch = [call(1), note('n'), { jsonrpc: '2.0', id: 2, method: 'ping' }];

	test.each([[undefined], ['2025-03-26']])('are answered as one array in 2025-03-26 (header %s)', async (version) => {
		const { peer, session } = await introduced();
		const answer = peer.ask({ body: batch, headers: { 'mcp-protocol-version': version } });
		(await session.work.next()).answer(resultReply({ a: 1 }));
		expect((await answer).json).toEqual([
			{ jsonrpc: '2.0', id: 1, result: { a: 1 } },
			{ jsonrpc: '2.0', id: 2, result: {} },
		]);
		expect(session.notes.seen).toHaveLength(1);
	});

	test.each([['2025-06-18'], ['2025-11-25'], ['2024-11-05']])('are refused in %s', async (version) => {
		const { peer, session } = await introduced();
		const answer = await peer.ask({ body: batch, headers: { 'mcp-protocol-version': version } });
		expect(answer).toMatchObject({ status: 400, json: { error: { code: -32600 } } });
		expect(session.notes.seen).toEqual([]);
	});

	test('of notifications are taken note of', async () => {
		const { peer, session } = await introduced();
		expect((await peer.ask({ body: [note('n'), { jsonrpc: '2.0', id: 9, result: {} }] })).status).toBe(202);
		expect(session.notes.seen).toHaveLength(1);
	});

	test('with one malformed part are refused whole', async () => {
		const { peer, session } = await introduced();
		expect((await peer.ask({ body: [note('n'), 7] })).status).toBe(400);
		expect((await peer.ask({ body: [call(1), call(1)] })).status).toBe(400);
		expect(session.notes.seen).toEqual([]);
		expect(session.work.seen).toEqual([]);
	});

	test('that the session does not accept after all are refused in their own POST', async () => {
		const listener = await listenHttp(
			{ host: '127.0.0.1', port: 0, random: randomBytes, authorize: () => ({ principal: 'a', agent: 'a' }) },
			({ channel }) => {
				const link = new Link(channel, { peer: 'client' });
				void link.start({ request: async () => resultReply({}), note() {}, close() {}, warn() {} });
			},
		);
		listeners.push(listener);
		const peer = await new HttpPeer(listener.address.port).introduced();
		expect((await peer.ask({ body: batch })).json).toMatchObject({ id: null, error: { code: -32600 } });
	});

	test('of which one call is cancelled are answered without it', async () => {
		const { peer, session } = await introduced();
		const waiting = peer.ask({ body: [call(1), call(2)] });
		await session.work.next();
		const second = await session.work.next();
		await peer.ask({ body: note('notifications/cancelled', { requestId: 1 }) });
		session.work.seen[0]?.answer(resultReply({}));
		second.answer(resultReply({ second: true }));
		expect((await waiting).json).toEqual([{ jsonrpc: '2.0', id: 2, result: { second: true } }]);
	});

	test('whose every call is cancelled end without a response', async () => {
		const { peer, session } = await introduced();
		const waiting = peer.ask({ body: [call(1), call(2)] });
		await session.work.next();
		await peer.ask({ body: note('notifications/cancelled', { requestId: 1 }) });
		await peer.ask({ body: note('notifications/cancelled', { requestId: 2 }) });
		expect(await waiting).toMatchObject({ status: 200, text: '' });
	});
});

describe('limits', () => {
	test('an 11 MiB message passes in both directions', async () => {
		const { peer, session } = await introduced();
		const text = 'é'.repeat((11 << 20) / 2);
		const answer = peer.ask({ body: call(1, { text }) });
		const work = await session.work.next();
		work.answer(resultReply({ text: work.params?.text ?? null }));
		expect((await answer).json).toEqual({ jsonrpc: '2.0', id: 1, result: { text } });
	});

	test.each([
		['declared', 'Content-Length: 5000\r\n\r\n'],
		['found out', `Transfer-Encoding: chunked\r\n\r\n7d0\r\n${'x'.repeat(2000)}\r\n`],
	])('a body over the limit is refused without being waited for (%s)', async (_, rest) => {
		const { port } = await front({ maxBodyBytes: 1000 });
		const socket = connectSocket(port, '127.0.0.1');
		socket.write(
			`POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer alice-token\r\nAccept: */*\r\nContent-Type: application/json\r\n${rest}`,
		);
		let text = '';
		for await (const chunk of socket.setEncoding('utf8')) {
			text += chunk;
			if (text.includes('\r\n\r\n')) break;
		}
		expect(text).toMatch(/^HTTP\/1\.1 413 /);
		socket.destroy();
	});

	test('who is refused can not make us read gigabytes', async () => {
		const { port } = await front();
		const socket = connectSocket(port, '127.0.0.1');
		socket.write('POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999\r\n\r\n');
		let text = '';
		for await (const chunk of socket.setEncoding('utf8')) text += chunk;
		expect(text).toMatch(/^HTTP\/1\.1 401 /);
		expect(text).toMatch(/connection: close/i);
	});

	test('headers over the limit are refused', async () => {
		const { stranger } = await front({ maxHeaderBytes: 4096 });
		expect((await stranger.ask({ body: initialize, headers: { 'x-long': 'x'.repeat(5000) } })).status).toBe(431);
	});

	test('a client that breaks off in the middle of its message leaves nothing behind', async () => {
		const { port, stranger, sessions } = await front();
		const socket = connectSocket(port, '127.0.0.1');
		await new Promise<void>((written) =>
			socket.write(
				'POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer alice-token\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"json',
				() => written(),
			),
		);
		socket.destroy();
		expect((await stranger.introduced()).session).toBeDefined();
		expect(sessions.seen).toHaveLength(1);
	});

	test('a listener that does not read is cut off before it fills our memory', async () => {
		const { port, peer, session } = await introduced({ maxBodyBytes: 64 * 1024 });
		const socket = connectSocket(port, '127.0.0.1');
		socket.write(
			`GET /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer alice-token\r\nAccept: */*\r\nMcp-Session-Id: ${peer.session}\r\n\r\n`,
		);
		await new Promise((resolve) => socket.once('readable', resolve));
		const closed = new Promise((resolve) => socket.once('close', resolve));
		socket.on('error', () => {});
		const big = { ...changed, params: { text: 'x'.repeat(1 << 20) } };
		for (let index = 0; index < 64; index += 1) void session.link.notify(big);
		await new Promise(setImmediate);
		socket.resume();
		await closed;
		expect((await peer.ask({ body: { jsonrpc: '2.0', id: 1, method: 'ping' } })).status).toBe(200);
	});

	test('connections over the limit are turned away, and the others served', async () => {
		const { port, peer } = await introduced({ maxConnections: 2 });
		const { events } = await peer.listen();
		const silent = connectSocket(port, '127.0.0.1');
		await new Promise((resolve) => silent.once('connect', resolve));
		await expect(peer.ask({ body: call(1) })).rejects.toMatchObject({ code: 'ECONNRESET' });
		const gone = new Promise((resolve) => silent.once('close', resolve));
		silent.destroy();
		await gone;
		await vi.waitUntil(() =>
			peer.ask({ body: note('n') }).then(
				({ status }) => status === 202,
				() => false,
			),
		);
		expect(events.seen).toEqual([]);
	});

	test('whatever is asked, it is answered without an error of ours, and the next client is served', {
		timeout: 60_000,
	}, async () => {
		const { peer, session, warnings } = await introduced();
		const text = fc.string({ unit: 'grapheme-ascii' }).map((value) => value.trim());
		const header = <T extends string>(...values: T[]) =>
			fc.option(fc.oneof(fc.constantFrom(...values), text), { nil: undefined });
		const body = fc.oneof(
			fc.json(),
			fc.string(),
			fc.jsonValue().map((params) => JSON.stringify({ jsonrpc: '2.0', method: 'n', params })),
			fc
				.constantFrom('notifications/cancelled', 'notifications/progress')
				.map((method) => JSON.stringify({ jsonrpc: '2.0', method, params: { requestId: 1, progressToken: 1 } })),
			fc.constant(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })),
			fc.constantFrom('ping', 'initialize').map((method) =>
				JSON.stringify([
					{ jsonrpc: '2.0', id: 1, method },
					{ jsonrpc: '2.0', id: 1, result: {} },
				]),
			),
		);
		const asked = fc.record({
			method: fc.constantFrom('POST', 'POST', 'POST', 'PUT', 'OPTIONS', 'PATCH'),
			path: fc.constantFrom('/mcp', '/mcp', '/mcp', '/', '//mcp', '/mcp?%', '/healthz'),
			headers: fc.record(
				{
					accept: header('*/*', 'application/json'),
					'content-type': header('application/json'),
					'mcp-session-id': header(String(peer.session)),
					'mcp-protocol-version': header('2025-03-26', '2025-11-25'),
					authorization: header('Bearer alice-token', 'Bearer '),
					origin: header('http://localhost', 'null'),
				},
				{ requiredKeys: [] },
			),
			body,
		});
		await fc.assert(
			fc.asyncProperty(asked, async (each) => {
				expect((await peer.ask(each)).status).toBeLessThan(500);
			}),
			{ numRuns: 500 },
		);
		expect(warnings.filter((text) => text.includes('failed'))).toEqual([]);
		expect(session.closes.seen).toEqual([]);
		expect((await peer.ask({ body: { jsonrpc: '2.0', id: 'last', method: 'ping' } })).json).toMatchObject({
			id: 'last',
		});
	});

	test('an address that is taken is an error with a code', async () => {
		const { port } = await front();
		await expect(front({ port })).rejects.toMatchObject({
			code: 'K105',
			message: expect.stringContaining('EADDRINUSE'),
		});
	});

	test('a client whose introduction arrives during the close gets no session', async () => {
		const { listener, port, sessions } = await front();
		const body = JSON.stringify(initialize);
		const socket = connectSocket(port, '127.0.0.1');
		const head =
			'POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer alice-token\r\nAccept: */*\r\nContent-Type: application/json\r\n';
		// The 100 says that the head was read and the body is waited for.
		socket.write(`${head}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`);
		const answers = new Inflow<string>();
		socket.setEncoding('utf8').on('data', (text: string) => answers.push(text));
		expect(await answers.next()).toMatch(/^HTTP\/1\.1 100 /);
		const closed = listener.close();
		socket.write(body);
		expect(await answers.next()).toMatch(/^HTTP\/1\.1 503 /);
		await closed;
		expect(sessions.seen).toEqual([]);
	});

	test('close ends every session and every connection', async () => {
		const { listener, peer, session } = await introduced();
		const waiting = peer.ask({ body: call(1) });
		await session.work.next();
		const stream = await peer.listen();
		await listener.close();
		expect((await waiting).status).toBe(404);
		await stream.ended;
		expect(session.closes.seen).toEqual(['the server is shutting down']);
		await expect(peer.ask({ body: call(2) })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
	});
});
