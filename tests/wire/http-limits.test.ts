// Limits of the HTTP front: slow, many, large, repeated, and who is cut off.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { HttpCaller } from '../../src/wire/http-admission.ts';
import { type HttpFrontOptions, type HttpListener, listenHttp } from '../../src/wire/http-front.ts';
import { Link } from '../../src/wire/link.ts';
import { resultReply } from '../../src/wire/message.ts';
import { HttpPeer, initialize } from './http-peer.ts';

const listeners: HttpListener[] = [];
afterEach(async () => {
	for (const listener of listeners.splice(0)) await listener.close();
});

/** A front that answers `initialize` and nothing else. */
async function front(options: Partial<HttpFrontOptions> = {}) {
	const listener = await listenHttp(
		{
			host: '127.0.0.1',
			port: 0,
			random: randomBytes,
			authorize: (token) =>
				token?.endsWith('-token') === true ? { principal: token, agent: token, key: token } : undefined,
			...options,
		},
		({ channel }) => {
			const link = new Link(channel, { peer: 'client' });
			void link.start({
				request: ({ method }) => (method === 'initialize' ? Promise.resolve(resultReply({})) : new Promise(() => {})),
				note: () => undefined,
				close: () => undefined,
				warn: () => undefined,
			});
		},
	);
	listeners.push(listener);
	const { port } = listener.address;
	return { listener, port, peer: (token = 'a-token') => new HttpPeer(port, token) };
}

/** Everything that comes back on a connection of its own, when it is over. */
async function say(port: number, text: string, keepSaying?: (socket: Socket) => void): Promise<string> {
	const socket = connect(port, '127.0.0.1');
	let answer = '';
	socket.setEncoding('utf8').on('data', (data) => {
		answer += data;
	});
	socket.on('error', () => undefined);
	socket.write(text);
	const saying = keepSaying && setInterval(() => keepSaying(socket), 20);
	await new Promise((done) => socket.once('close', done));
	clearInterval(saying);
	return answer;
}

describe('a client that takes too long is let go, and others are served meanwhile', () => {
	const body = JSON.stringify(initialize);
	const head = `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a-token\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
	test.each<[string, string, ((socket: Socket) => void) | undefined]>([
		['says nothing', '', undefined],
		['stops in the middle of its headers', head, undefined],
		['sends one header after the other', head, (socket) => socket.write('x: y\r\n')],
		['sends one byte of its body after the other', `${head}\r\n`, (socket) => socket.write(' ')],
	])('%s', async (_, text, keepSaying) => {
		const { port, peer } = await front({ headerMs: 300, requestMs: 600 });
		const slow = say(port, text, keepSaying);
		expect((await peer().ask({ body: initialize })).status).toBe(200);
		expect(await slow).not.toContain('HTTP/1.1 200');
	});
});

test('what one caller has open is counted, and another one is served all the same', async () => {
	const turnedAway = vi.fn();
	const { peer, listener } = await front({ maxRequestsPerCaller: 3, turnedAway });
	const one = await peer().introduced();
	const streams = [await one.listen(), await one.listen(), await one.listen()];
	const busy = await one.ask({ body: { jsonrpc: '2.0', id: 1, method: 'ping' } });
	expect([busy.status, busy.headers['retry-after']]).toEqual([429, '5']);
	expect(turnedAway).toHaveBeenCalledWith('busy');
	expect((await peer('b-token').ask({ body: initialize })).status).toBe(200);
	streams[0]?.hangUp();
	await vi.waitFor(() => expect(listener.openRequests()).toBe(2));
	expect((await one.ask({ body: { jsonrpc: '2.0', method: 'notifications/x' } })).status).toBe(202);
});

test('what the open requests of one caller hold is bounded, and another one is served all the same', async () => {
	const turnedAway = vi.fn();
	const { peer, port, listener } = await front({ maxBodyBytes: 2_000, maxBytesPerCaller: 8_000, turnedAway });
	const one = await peer().introduced();
	const large = (id: number) => ({
		body: { jsonrpc: '2.0', id, method: 'x/wait', params: { fill: 'x'.repeat(1_800) } },
	});
	// Answered never, and one of which the last byte is still to come.
	const waiting = [1, 2, 3].map((id) => one.ask(large(id)).catch(() => undefined));
	const socket = connect(port, '127.0.0.1');
	const head = `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a-token\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\nMcp-Session-Id: ${one.session}\r\nTransfer-Encoding: chunked\r\n\r\n`;
	socket.write(`${head}708\r\n${' '.repeat(1_800)}\r\n`);
	await vi.waitFor(() => expect(listener.openRequests()).toBe(4));
	const busy = await vi.waitFor(async () => {
		const answer = await one.ask(large(5));
		expect([answer.status, answer.headers['retry-after']]).toEqual([429, '5']);
		return answer;
	});
	expect(busy.text).toContain('hold too much');
	expect(turnedAway).toHaveBeenCalledWith('busy');
	expect((await one.ask({ body: { jsonrpc: '2.0', method: 'notifications/x' } })).status).toBe(202);
	const other = await peer('b-token').introduced();
	waiting.push(other.ask(large(1)).catch(() => undefined));
	// What is over holds nothing.
	socket.destroy();
	await vi.waitFor(() => expect(listener.openRequests()).toBe(4));
	waiting.push(one.ask(large(6)).catch(() => undefined));
	await vi.waitFor(() => expect(listener.openRequests()).toBe(5));
	await listener.close();
	await Promise.all(waiting);
});

test('a flood of strangers leaves nothing counted', async () => {
	const { peer, listener } = await front({ maxRequestsPerCaller: 2 });
	await Promise.all(Array.from({ length: 100 }, () => peer('nobody').ask({ body: initialize })));
	expect(listener.openRequests()).toBe(0);
	expect((await peer().ask({ body: initialize })).status).toBe(200);
});

test.each([
	['Host', 'localhost', 'evil.example'],
	['Authorization', 'Bearer a-token', 'Bearer b-token'],
	['Origin', 'http://localhost', 'http://evil.example'],
	['MCP-Session-Id', 'x', 'y'],
	['Content-Type', 'application/json', 'text/plain'],
	['Last-Event-ID', '1', '2'],
	['Mcp-Method', 'tools/call', 'tools/list'],
	['Mcp-Param-Region', 'eu', 'us'],
])('a %s that comes twice is refused in either order', async (name, one, other) => {
	const { port } = await front();
	for (const [first, second] of [
		[one, other],
		[other, one],
		[one, one],
	]) {
		const host = name === 'Host' ? '' : 'Host: localhost\r\n';
		const text = `GET /healthz HTTP/1.1\r\n${host}${name}: ${first}\r\n${name.toLowerCase()}: ${second}\r\nConnection: close\r\n\r\n`;
		expect(await say(port, text)).toMatch(/^HTTP\/1\.1 400 /);
	}
});

test.each([
	['without a token', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n', 401],
	['with a wrong one', 'GET /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n\r\n', 401],
	['of another name', 'GET /mcp HTTP/1.1\r\nHost: evil.example\r\n\r\n', 403],
	['of another page', 'GET /mcp HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n', 403],
	['elsewhere', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', 404],
])('a stranger %s is refused and holds no connection', async (_, text, status) => {
	const { port } = await front();
	const answer = await say(port, text);
	expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
	expect(answer).toMatch(/^connection: close\r$/im);
});

test('a header behind thousands of others is seen all the same', async () => {
	const { port } = await front();
	const many = 'a:\r\n'.repeat(2500);
	const text = `GET /healthz HTTP/1.1\r\nHost: localhost\r\nMcp-Name: a\r\n${many}Mcp-Name: b\r\nConnection: close\r\n\r\n`;
	expect(await say(port, text)).toMatch(/^HTTP\/1\.1 400 /);
});

test.each([
	['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n'],
	['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
	['chunks by another name', 'Transfer-Encoding: xchunked\r\n'],
	['a folded header', 'X-A: 1\r\n  Transfer-Encoding: chunked\r\n'],
	['a space before the colon', 'Transfer-Encoding : chunked\r\n'],
	['a bare line feed', 'X: 1\nContent-Length: 5\r\n'],
])(
	'a request that a proxy could end elsewhere is answered once, and what follows is not read: %s',
	async (_, headers) => {
		const { port } = await front();
		const hidden = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
		const text = `POST /mcp HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n0\r\n\r\n${hidden}`;
		const answer = await say(port, text);
		expect(answer).not.toContain('"status":"ok"');
	},
);

test('whose right ends is cut off, whatever is open; others stay', async () => {
	const { listener, peer } = await front();
	const [leaver, stayer] = [await peer('leaver-token').introduced(), await peer('stayer-token').introduced()];
	const [gone, kept] = [await leaver.listen(), await stayer.listen()];
	const call = leaver.ask({ body: { jsonrpc: '2.0', id: 1, method: 'tools/call' } }).catch(() => 'broken');
	await vi.waitFor(() => expect(listener.openRequests()).toBe(3));
	listener.cutOff(({ key }) => key === 'leaver-token');
	await gone.ended;
	expect(await call).toBe('broken');
	await vi.waitFor(() => expect(listener.openRequests()).toBe(1));
	kept.hangUp();
});

test('a stream ends with the time of its token; an answer that is being worked on is waited for', async () => {
	let time = 0;
	const until = 1000;
	const authorize = (): HttpCaller => ({ principal: 'p', agent: 'p', until });
	const { listener, peer } = await front({ now: () => time, authorize, keepAliveMs: 20 });
	const one = await peer().introduced();
	const stream = await one.listen();
	const call = one.open({ body: { jsonrpc: '2.0', id: 1, method: 'tools/call' } });
	await vi.waitFor(() => expect(listener.openRequests()).toBe(2));
	time = until;
	await stream.ended;
	await vi.waitFor(() => expect(listener.openRequests()).toBe(1));
	(await call).destroy();
});

test('pages are for whom they are meant', async () => {
	const page = {
		type: 'text/plain',
		isFor: ({ agent }: HttpCaller) => agent === 'a-token',
		read: () => ({ status: 200, text: 'x 1' }),
	};
	const { peer } = await front({ pages: new Map([['/metrics', page]]) });
	const ask = (token: string, path = '/metrics', method = 'GET') => peer(token).ask({ method, path });
	expect(await ask('a-token')).toMatchObject({ status: 200, text: 'x 1', headers: { 'content-type': 'text/plain' } });
	expect((await ask('b-token')).status).toBe(403);
	expect((await ask('nobody')).status).toBe(401);
	expect((await ask('a-token', '/metrics', 'POST')).status).toBe(405);
	for (const path of [
		'/metrics/',
		'//metrics',
		'/Metrics',
		'/%6detrics',
		'/mcp/../metrics',
		'/metrics;x',
		'http://localhost/metrics',
	]) {
		expect((await ask('a-token', path)).status).toBe(404);
	}
});
