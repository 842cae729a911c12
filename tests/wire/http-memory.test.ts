// What one caller can make the front hold: bounded over all that it does, and what it loses for that is said and counted.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Reply } from '../../src/abi/driver.ts';
import { type HttpFrontOptions, type HttpListener, listenHttp } from '../../src/wire/http-front.ts';
import { CallerMemory } from '../../src/wire/http-memory.ts';
import { type Incoming, Link } from '../../src/wire/link.ts';
import { resultReply } from '../../src/wire/message.ts';
import { HttpPeer, initialize } from './http-peer.ts';
import { Inflow } from './streams.ts';

/** A busy machine takes its time. */
const until = <Found>(check: () => Found | Promise<Found>) => vi.waitFor(check, { timeout: 30_000 });

type Work = Incoming & { answer(reply: Reply): void };

const listeners: HttpListener[] = [];
afterEach(async () => {
	for (const listener of listeners.splice(0)) await listener.close();
});

async function front(options: Partial<HttpFrontOptions> = {}) {
	const work = new Inflow<Work>();
	const links: Link[] = [];
	const warnings: string[] = [];
	const dropped: string[] = [];
	const turnedAway: string[] = [];
	const listener = await listenHttp(
		{
			host: '127.0.0.1',
			port: 0,
			random: randomBytes,
			authorize: (token) => ({ principal: token ?? '', agent: token ?? '' }),
			warn: (text) => warnings.push(text),
			dropped: (why) => dropped.push(why),
			turnedAway: (why) => turnedAway.push(why),
			...options,
		},
		({ channel }) => {
			const link = new Link(channel, { peer: 'client' });
			links.push(link);
			const nothing = () => undefined;
			void link.start({
				request: (incoming) =>
					incoming.method === 'initialize'
						? Promise.resolve(resultReply({}))
						: new Promise((answer) => work.push({ ...incoming, answer })),
				...{ note: nothing, close: nothing, warn: nothing },
			});
		},
	);
	listeners.push(listener);
	const { port } = listener.address;
	const peer = await new HttpPeer(port, 'mallory').introduced();
	return { listener, port, peer, link: links[0] as Link, work, warnings, dropped, turnedAway };
}

interface Sent {
	readonly method?: string;
	readonly body?: string;
}

/** Sends a request on a connection of its own, and never reads. */
function neverRead(port: number, peer: HttpPeer, sent: Sent) {
	const socket = connect(port, '127.0.0.1');
	socket.on('error', () => undefined);
	socket.pause();
	socket.write(requestOf(peer, sent));
	return socket;
}

function requestOf(peer: HttpPeer, { method = 'POST', body = '' }: Sent): string {
	const headers = [
		`${method} /mcp HTTP/1.1`,
		'Host: localhost',
		`Authorization: Bearer ${peer.token}`,
		`Mcp-Session-Id: ${peer.session}`,
		'Accept: application/json, text/event-stream',
		...(body === '' ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
	];
	return `${headers.join('\r\n')}\r\n\r\n${body}`;
}

const call = (id: unknown, params: object = {}) => ({ jsonrpc: '2.0', id, method: 'tools/call', params });
const mebibyte = 1024 * 1024;
/** More than the buffers of a connection on loopback take. */
const large = 'x'.repeat(16 * mebibyte);
const limits = { maxBodyBytes: 16 * mebibyte, maxBytesPerCaller: 40 * mebibyte };

describe('a client that never reads', () => {
	test('loses the connections whose answers are too much; another caller is served; then it is served again', async () => {
		const { port, peer, work, warnings, dropped } = await front(limits);
		const sockets = [1, 2, 3, 4].map((id) => neverRead(port, peer, { body: JSON.stringify(call(id)) }));
		for (const _ of sockets) (await work.next()).answer(resultReply({ large }));
		await until(() => expect(dropped).toEqual(['unread', 'unread']));
		expect(warnings).toEqual(['mallory: an answer was cut off: its client did not read it']);
		const honest = await new HttpPeer(port, 'alice').introduced();
		const answer = honest.ask({ body: call(1) });
		(await work.next()).answer(resultReply({ large }));
		expect((await answer).text.length).toBeGreaterThan(large.length);
		for (const socket of sockets) socket.destroy();
		await until(() => expect(dropped).toHaveLength(4));
		const again = peer.ask({ body: call(5) });
		(await work.next()).answer(resultReply({ large }));
		expect((await again).text.length).toBeGreaterThan(large.length);
	});

	test('is refused with 429 while what it leaves unread is too much', async () => {
		const room = 32 * 1024;
		const { port, peer, work, turnedAway } = await front({ maxBytesPerCaller: 2 * (large.length + 1024) + room });
		const sockets = [1, 2].map((id) => neverRead(port, peer, { body: JSON.stringify(call(id)) }));
		for (const _ of sockets) (await work.next()).answer(resultReply({ large }));
		const body = call(3, { fill: 'x'.repeat(room + 4096) });
		const busy = await peer.ask({ body });
		expect(busy).toMatchObject({ status: 429, headers: { 'retry-after': '5' }, json: { error: { code: -32000 } } });
		expect(busy.text).toContain('hold too much');
		expect(turnedAway).toContain('busy');
		for (const socket of sockets) socket.destroy();
		const again = until(async () => expect((await peer.ask({ body })).status).toBe(200));
		(await work.next()).answer(resultReply({}));
		await again;
	});

	test('loses its stream of events, and what comes then waits within the bound', async () => {
		// On one stream alone it would not be too much.
		const { port, peer, link, dropped, listener } = await front({ ...limits, maxBodyBytes: 64 * mebibyte });
		const socket = neverRead(port, peer, { method: 'GET' });
		await until(() => expect(listener.openRequests()).toBe(1));
		for (let at = 0; at < 12; at += 1)
			await Promise.race([
				link.notify({ method: 'notifications/x', params: { large: large.slice(0, 8 * mebibyte) }, extra: {} }),
				new Promise(setImmediate),
			]);
		await until(() => expect(listener.openRequests()).toBe(0));
		expect(dropped[0]).toBe('unread');
		expect(dropped.slice(1).every((why) => why === 'kept')).toBe(true);
		socket.destroy();
	});
});

describe('requests that stand behind a stream on one connection', () => {
	/** Its response comes first, and never ends. */
	async function behindStream(options: Partial<HttpFrontOptions>, ids: readonly number[]) {
		const context = await front(options);
		const { port, peer, listener, work } = context;
		const socket = neverRead(port, peer, { method: 'GET' });
		await until(() => expect(listener.openRequests()).toBe(1));
		for (const id of ids) socket.write(requestOf(peer, { body: JSON.stringify(call(id)) }));
		const works: Work[] = [];
		for (const _ of ids) works.push(await work.next());
		return { ...context, socket, works };
	}

	test('are over when that breaks, and count no more; what is said to them resolves', async () => {
		const { peer, link, socket, works, listener } = await behindStream({ maxRequestsPerCaller: 4 }, [1, 2, 3]);
		expect((await peer.ask({ body: call(4) })).status).toBe(429);
		const [one, two] = works;
		const told = link.notify({ method: 'notifications/progress', params: {}, extra: {} }, one?.id);
		two?.answer(resultReply({}));
		socket.destroy();
		await until(() => expect(listener.openRequests()).toBe(0));
		await told;
		expect((await peer.ask({ body: { jsonrpc: '2.0', method: 'notifications/x' } })).status).toBe(202);
	});

	test('cost it where their answers are too much, which wait for their turn', async () => {
		const { peer, works, work, listener, dropped } = await behindStream({ maxBytesPerCaller: 150_000 }, [1, 2, 3]);
		const text = 'x'.repeat(70_000);
		for (const one of works) one.answer(resultReply({ text }));
		await until(() => expect(listener.openRequests()).toBe(0));
		expect(dropped.length).toBeGreaterThanOrEqual(3);
		// All of it was given back.
		const again = peer.ask({ body: call(4, { fill: text.repeat(2) }) });
		(await work.next()).answer(resultReply({}));
		expect((await again).status).toBe(200);
	});
});

describe('bodies', () => {
	test('of calls whose client hung up count as long as the calls run', async () => {
		const { peer, work, listener } = await front({ maxBodyBytes: 2000, maxBytesPerCaller: 5000 });
		const body = (id: number) => call(id, { fill: 'x'.repeat(1900) });
		const gone: Work[] = [];
		for (const id of [1, 2]) {
			const hungUp = new AbortController();
			const asking = peer.ask({ body: body(id), signal: hungUp.signal }).catch(() => undefined);
			gone.push(await work.next());
			hungUp.abort();
			await asking;
		}
		await until(() => expect(listener.openRequests()).toBe(0));
		expect((await peer.ask({ body: body(3) })).status).toBe(429);
		gone[0]?.answer(resultReply({}));
		const third = until(async () => expect((await peer.ask({ body: body(3) })).status).toBe(200));
		(await work.next()).answer(resultReply({}));
		await third;
		await peer.ask({ body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } } });
		const both = [4, 5].map((id) => peer.ask({ body: body(id) }));
		const works = [await work.next(), await work.next()];
		for (const one of works) one.answer(resultReply({}));
		expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
	});

	test('of a session count no more when it is over', async () => {
		const { port, peer, work } = await front({ maxBodyBytes: 2000, maxBytesPerCaller: 2500 });
		const body = call(1, { fill: 'x'.repeat(1900) });
		const asking = peer.ask({ body });
		await work.next();
		const next = await new HttpPeer(port, 'mallory').introduced();
		expect((await next.ask({ body })).status).toBe(429);
		await peer.ask({ method: 'DELETE' });
		expect((await asking).status).toBe(404);
		const again = next.ask({ body });
		(await work.next()).answer(resultReply({}));
		expect((await again).status).toBe(200);
	});

	test('of introductions count as long as their sessions last', async () => {
		const { port } = await front({ maxBodyBytes: 2000, maxBytesPerCaller: 5000 });
		const alice = new HttpPeer(port, 'alice');
		const { params } = initialize;
		const body = { ...initialize, params: { ...params, clientInfo: { name: 'x'.repeat(1700), version: '0' } } };
		const one = await alice.ask({ body });
		expect((await alice.ask({ body })).status).toBe(200);
		expect((await alice.ask({ body })).status).toBe(429);
		const first = new HttpPeer(port, 'alice', String(one.headers['mcp-session-id']));
		expect((await first.ask({ method: 'DELETE' })).status).toBe(200);
		expect((await alice.ask({ body })).status).toBe(200);
	});

	test('longer than all that a caller may make us hold are too long', async () => {
		const { peer } = await front({ maxBytesPerCaller: 1000 });
		expect((await peer.ask({ body: call(1, { fill: 'x'.repeat(1000) }) })).status).toBe(413);
	});
});

test('an answer in a stream comes whole while its client is there, also where it is too long to be kept', async () => {
	const { peer, work, link, dropped } = await front({ maxBodyBytes: 1000, maxBytesPerCaller: 100_000 });
	const opening = peer.open({ body: call(1) });
	const one = await work.next();
	void link.notify({ method: 'notifications/progress', params: {}, extra: {} }, one.id);
	one.answer(resultReply({ text: 'x'.repeat(50_000) }));
	let text = '';
	for await (const chunk of (await opening).setEncoding('utf8')) text += chunk;
	expect(text).toContain('x'.repeat(50_000));
	expect(dropped).toEqual([]);
});

describe('what is lost', () => {
	test('is said at once, then at most every ten seconds, with how often', () => {
		const clock = { now: 0 };
		const warnings: string[] = [];
		const dropped: string[] = [];
		const memory = new CallerMemory({
			principal: 'p',
			...{ maxBytes: 10, maxQueuedBytes: 10, now: () => clock.now },
			warn: (text) => warnings.push(text),
			dropped: (why) => dropped.push(why),
		});
		for (let at = 0; at < 5; at += 1) memory.lost('gone', 'an answer was dropped');
		memory.tick();
		expect(warnings).toEqual(['p: an answer was dropped']);
		expect(dropped).toHaveLength(5);
		expect(memory.isIdle).toBe(false);
		clock.now = 10_000;
		memory.tick();
		memory.tick();
		expect(warnings).toHaveLength(2);
		expect(warnings[1]).toContain('3 times more');
		expect(memory.isIdle).toBe(true);
	});
});
