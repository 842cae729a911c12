// The HTTP client: what servers may answer, how it fails, and that it keeps secrets to itself.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Note } from '../../src/abi/driver.ts';
import { type HttpClientOptions, httpChannel } from '../../src/wire/http-client.ts';
import { Link } from '../../src/wire/link.ts';
import { resultReply } from '../../src/wire/message.ts';
import { Inflow } from './streams.ts';

interface Asked {
	readonly method: string;
	readonly url: string;
	readonly headers: IncomingMessage['headers'];
	readonly body: string;
	readonly response: ServerResponse;
	/** The message in the body. */
	readonly message: { id?: unknown; method?: string; params?: Record<string, unknown> };
	json(value: unknown, headers?: Record<string, string>): void;
	status(code: number, headers?: Record<string, string>, body?: string): void;
	/** Begins an event stream. */
	stream(text: string): void;
}

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that does what the test says, request by request. */
async function server(handle: (asked: Asked) => void) {
	const seen = new Inflow<Asked>();
	const http = createServer(async (request, response) => {
		let body = '';
		for await (const chunk of request.setEncoding('utf8')) body += chunk;
		const status = (code: number, headers: Record<string, string> = {}, text = '') =>
			void response.writeHead(code, headers).end(text);
		const asked: Asked = {
			method: request.method ?? '',
			url: request.url ?? '',
			headers: request.headers,
			body,
			response,
			message: body.startsWith('{') ? JSON.parse(body) : {},
			status,
			json: (value, headers) => status(200, { 'content-type': 'application/json', ...headers }, JSON.stringify(value)),
			stream: (text) =>
				void response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).write(text),
		};
		seen.push(asked);
		handle(asked);
	});
	await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
	const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
	const stop = () => {
		http.closeAllConnections();
		return new Promise((resolve) => http.close(resolve));
	};
	cleanups.push(stop);
	return { origin, seen, stop };
}

const retry = { firstMs: 1, maxMs: 5, attempts: 3 };

async function connect(url: string, options: Partial<HttpClientOptions> = {}) {
	const channel = httpChannel({ url, retry, ...options });
	const link = new Link(channel, { peer: 'driver' });
	const notes = new Inflow<Note>();
	const closes = new Inflow<string>();
	const warnings: string[] = [];
	await link.start({
		request: async ({ method, params }) => resultReply({ method, params: params ?? null }),
		note: (note) => notes.push(note),
		close: (reason) => closes.push(reason),
		warn: (text) => warnings.push(text),
	});
	cleanups.push(() => link.close());
	return { channel, link, notes, closes, warnings };
}

const initialized: Note = { method: 'notifications/initialized', params: undefined, extra: {} };
const result = (id: unknown, value: object = {}) => ({ jsonrpc: '2.0', id, result: value });
const event = (message: object, id?: string) =>
	`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`;

/** Answers the introduction, takes note of notifications, responses and farewells; the rest is the test's. */
function usual(rest: (asked: Asked) => void): (asked: Asked) => void {
	return (asked) => {
		if (asked.message.method === 'initialize') {
			asked.json(result(asked.message.id, { protocolVersion: '2025-06-18' }), { 'mcp-session-id': 'S-1' });
		} else if (asked.method === 'DELETE') asked.status(405);
		else if (asked.method === 'POST' && (asked.message.id === undefined || asked.message.method === undefined))
			asked.status(202);
		else rest(asked);
	};
}

async function introduced(rest: (asked: Asked) => void, options: Partial<HttpClientOptions> = {}) {
	const remote = await server(usual(rest));
	const client = await connect(`${remote.origin}/mcp`, options);
	expect(await client.link.request('initialize', { protocolVersion: '2025-11-25' })).toMatchObject({ ok: true });
	return { ...remote, ...client };
}

const errorOf = async (reply: Promise<{ ok: boolean; body: { value(): unknown } }>) => {
	const { ok, body } = await reply;
	expect(ok).toBe(false);
	return (body.value() as { message: string }).message;
};

describe('asking', () => {
	test('session and revision of the introduction go with every later request, and the configured headers with all', async () => {
		const { link, seen } = await introduced((asked) => asked.json(result(asked.message.id)), {
			headers: { Authorization: 'Bearer s3cret', 'Mcp-Session-Id': 'forged', Accept: 'text/html' },
		});
		await link.notify(initialized);
		await link.request('tools/list');
		const [first, ...later] = seen.seen;
		expect(first?.headers).toMatchObject({
			authorization: 'Bearer s3cret',
			accept: 'application/json, text/event-stream',
			'content-type': 'application/json',
		});
		expect(first?.headers['mcp-protocol-version']).toBeUndefined();
		expect(later.length).toBeGreaterThan(1);
		for (const { headers } of later) {
			expect(headers).toMatchObject({
				'mcp-session-id': 'S-1',
				'mcp-protocol-version': '2025-06-18',
				authorization: 'Bearer s3cret',
			});
		}
	});

	test('a session id that comes later is nobody’s', async () => {
		const { link, seen } = await introduced((asked) =>
			asked.json(result(asked.message.id), { 'mcp-session-id': 'S-2' }),
		);
		await link.request('m');
		await link.request('m');
		expect(seen.seen.at(-1)?.headers['mcp-session-id']).toBe('S-1');
	});

	test('an answer may be JSON over many lines, and keeps its numbers', async () => {
		const { link } = await introduced((asked) =>
			asked.status(
				200,
				{ 'content-type': 'application/json; charset=utf-8' },
				`{\n "jsonrpc":"2.0","id":${asked.message.id},\r\n "result":{"n": 1.0}\n}`,
			),
		);
		const reply = await link.request('m');
		expect(reply.body.text).toBe('{"n": 1.0}');
	});

	test('an answer may be a stream, with progress and questions before it', async () => {
		const { link, notes, seen } = await introduced((asked) => {
			const { id, params } = asked.message;
			const { progressToken: token } = (params?._meta ?? {}) as { progressToken?: number };
			asked.stream(': hello\n\n');
			asked.response.write(
				event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: token, progress: 1 } }),
			);
			asked.response.write(event({ jsonrpc: '2.0', id: 'q', method: 'roots/list' }));
			asked.response.write(event({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'é' } }));
			asked.response.write('event: other\ndata: not for us\n\n');
			asked.response.end(event(result(id, { done: true })));
		});
		const progress: unknown[] = [];
		const reply = await link.request(
			'm',
			{ _meta: { progressToken: 'mine' } },
			{ progress: ({ params }) => progress.push(params) },
		);
		expect(reply.body.value()).toEqual({ done: true });
		expect(progress).toEqual([{ progressToken: 'mine', progress: 1 }]);
		expect(notes.seen).toMatchObject([{ method: 'notifications/message', params: { data: 'é' } }]);
		await vi.waitUntil(() => seen.seen.some(({ message }) => message.id === 'q'));
	});

	test('an 11 MiB message passes in both directions', async () => {
		const { link } = await introduced((asked) => {
			const text = String(asked.message.params?.text);
			if (asked.message.method === 'json') asked.json(result(asked.message.id, { text }));
			else {
				asked.stream('');
				asked.response.end(event(result(asked.message.id, { text })));
			}
		});
		const text = 'é'.repeat((11 << 20) / 2);
		for (const method of ['json', 'stream']) {
			expect(((await link.request(method, { text })).body.value() as { text: string }).text === text).toBe(true);
		}
	});

	test('one slow request holds up no other', async () => {
		const held: Asked[] = [];
		const { link } = await introduced((asked) =>
			asked.message.method === 'slow' ? held.push(asked) : asked.json(result(asked.message.id)),
		);
		const slow = link.request('slow');
		for (let index = 0; index < 20; index += 1) expect((await link.request('quick')).ok).toBe(true);
		for (const asked of held) asked.json(result(asked.message.id, { late: true }));
		expect((await slow).body.value()).toEqual({ late: true });
	});

	test('a cancelled request is told to the server, and its connection is freed', async () => {
		const left = new Inflow<void>();
		const { link, seen } = await introduced((asked) => void asked.response.once('close', () => left.push(undefined)));
		const controller = new AbortController();
		const reply = link.request('slow', {}, { signal: controller.signal });
		await vi.waitUntil(() => seen.seen.at(-1)?.message.method === 'slow');
		controller.abort('stop');
		expect((await reply).ok).toBe(false);
		await left.next();
		expect(seen.seen.at(-1)?.message).toMatchObject({ method: 'notifications/cancelled', params: { requestId: 2 } });
	});
});

describe('what goes wrong with one request fails that request only', () => {
	const json = { 'content-type': 'application/json' };
	test.each<[string, (asked: Asked) => void, RegExp]>([
		['HTTP 500', (asked) => asked.status(500), /^http:\/\/127\.0\.0\.1:\d+ answered HTTP 500$/],
		[
			'HTTP 400 with a reason',
			(asked) => asked.status(400, json, '{"error":{"code":1,"message":"bad thing"}}'),
			/HTTP 400: bad thing$/,
		],
		['HTTP 403 after the introduction', (asked) => asked.status(403), /HTTP 403/],
		['HTTP 202', (asked) => asked.status(202), /gave no answer/],
		['HTTP 204', (asked) => asked.status(204), /gave no answer/],
		['HTML', (asked) => asked.status(200, { 'content-type': 'text/html' }, '<p>'), /gave no answer/],
		['no content type', (asked) => asked.status(200, {}, '{}'), /gave no answer/],
		['JSON that is none', (asked) => asked.status(200, json, 'oops'), /gave no answer/],
		['an empty body', (asked) => asked.status(200, json, ''), /gave no answer/],
		['the answer to somebody else', (asked) => asked.json(result('other')), /gave no answer/],
		[
			'an answer with two readings',
			(asked) => asked.status(200, json, `{"jsonrpc":"2.0","id":${asked.message.id},"result":{"a":1,"a":2}}`),
			/could not be read/,
		],
		[
			'invalid UTF-8',
			(asked) => void asked.response.writeHead(200, json).end(Buffer.from([0x22, 0xff, 0x22])),
			/not valid UTF-8/,
		],
		['more than the limit', (asked) => asked.status(200, json, `"${'x'.repeat(200_000)}"`), /more than 100000 bytes/],
		[
			'a stream that ends early',
			(asked) => asked.response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': bye\n\n'),
			/gave no answer/,
		],
		[
			'a stream with an event over the limit',
			(asked) => asked.stream(`data: ${'x'.repeat(200_000)}`),
			/gave no answer/,
		],
		[
			'a stream of invalid UTF-8',
			(asked) => {
				asked.stream(`data: {"jsonrpc":"2.0","id":${asked.message.id},"result":{"a":"`);
				asked.response.end(Buffer.concat([Buffer.from([0xff]), Buffer.from('"}}\n\n')]));
			},
			/gave no answer/,
		],
		['a connection that breaks', (asked) => void asked.response.destroy(), /can't be reached: /],
		[
			'a redirect elsewhere',
			(asked) => asked.status(307, { location: 'http://localhost:1/mcp' }),
			/redirects to another origin/,
		],
		[
			'a redirect to another scheme',
			(asked) => asked.status(308, { location: `https://${asked.headers.host}/mcp` }),
			/redirects to another origin/,
		],
		[
			'a redirect that turns POST into GET',
			(asked) => asked.status(302, { location: '/other' }),
			/in a way that is not followed/,
		],
		['a redirect in a circle', (asked) => asked.status(307, { location: '/mcp' }), /in a way that is not followed/],
		['a redirect to nowhere', (asked) => asked.status(307, { location: 'http://[' }), /redirects to another origin/],
	])('%s', async (_, handle, message) => {
		const { link, closes } = await introduced(
			(asked) => (asked.message.method === 'good' ? asked.json(result(asked.message.id)) : handle(asked)),
			{
				maxBytes: 100_000,
			},
		);
		expect(await errorOf(link.request('bad'))).toMatch(message);
		expect((await link.request('good')).ok).toBe(true);
		expect(closes.seen).toEqual([]);
	});

	test('a notification that is not taken is a warning', async () => {
		const remote = await server((asked) => asked.status(500));
		const { link, warnings } = await connect(remote.origin);
		await link.notify({ method: 'n', params: undefined, extra: {} });
		expect(warnings).toEqual([expect.stringContaining('HTTP 500')]);
	});

	test('a server that is not there is an error reply', async () => {
		const { origin, stop } = await server(() => {});
		await stop();
		const { link, closes } = await connect(`${origin}/secret-path?key=secret`);
		const message = await errorOf(link.request('initialize'));
		expect(message).toBe(`${origin} can't be reached: ECONNREFUSED`);
		expect(closes.seen).toEqual([]);
	});

	test('a redirect within the origin is followed, headers and body included', async () => {
		const { link, seen } = await introduced(
			(asked) =>
				asked.url === '/mcp'
					? asked.status(308, { location: '/moved' })
					: asked.json(result(asked.message.id, { at: asked.url })),
			{ headers: { 'x-key': 'k' } },
		);
		expect((await link.request('m', { a: 1 })).body.value()).toEqual({ at: '/moved' });
		expect(seen.seen.at(-1)).toMatchObject({
			method: 'POST',
			headers: { 'x-key': 'k', 'mcp-session-id': 'S-1' },
			message: { params: { a: 1 } },
		});
	});
});

describe('the end', () => {
	test.each([401, 403])('HTTP %i at the introduction is trouble with our credentials', async (status) => {
		const remote = await server((asked) =>
			asked.status(status, {}, `{"error":{"message":"${asked.headers.authorization}"}}`),
		);
		const { link, channel, closes } = await connect(remote.origin, {
			headers: { Authorization: 'Bearer s3cret-token' },
		});
		expect(await errorOf(link.request('initialize'))).toContain('refused our credentials');
		expect(await closes.next()).toBe(`${remote.origin} refused our credentials (HTTP ${status})`);
		expect(channel.trouble).toMatchObject({ code: 'D107' });
	});

	test('HTTP 401 later is trouble too', async () => {
		const { link, channel, closes } = await introduced((asked) => asked.status(401));
		await link.request('m');
		await closes.next();
		expect(channel.trouble?.code).toBe('D107');
	});

	test('a session the server ended ends the channel, and with it every request', async () => {
		const held: Asked[] = [];
		const { link, channel, closes } = await introduced((asked) =>
			asked.message.method === 'slow' ? held.push(asked) : asked.status(404),
		);
		const slow = link.request('slow');
		await vi.waitUntil(() => held.length > 0);
		await link.request('m');
		expect((await slow).ok).toBe(false);
		expect(await closes.next()).toMatch(/ended the session$/);
		expect(channel.trouble).toBeUndefined();
	});

	test('close tells the server, once, and waits for nobody', async () => {
		const { link, channel, seen, closes } = await introduced(() => {});
		const waiting = link.request('slow');
		await vi.waitUntil(() => seen.seen.some(({ message }) => message.method === 'slow'));
		await link.close();
		await channel.close();
		expect((await waiting).ok).toBe(false);
		expect(seen.seen.filter(({ method }) => method === 'DELETE')).toMatchObject([
			{ headers: { 'mcp-session-id': 'S-1' } },
		]);
		expect(closes.seen).toEqual([]);
		await channel.send('{"jsonrpc":"2.0","method":"late"}');
		expect(seen.seen.at(-1)?.method).toBe('DELETE');
	});

	test('a session id that could split a header is not used', async () => {
		const fetch = async () =>
			new Response('{}', { headers: { 'content-type': 'application/json', 'mcp-session-id': 'a b' } });
		const { link } = await connect('http://x.example', { fetch });
		expect(await errorOf(link.request('initialize'))).toContain('visible ASCII');
	});
});

describe('streams', () => {
	test('what belongs to no request comes in by the GET stream, which is resumed where it broke', async () => {
		const gets: Asked[] = [];
		const { link, notes } = await introduced((asked) => {
			gets.push(asked);
			const note = (index: number) => ({ jsonrpc: '2.0', method: 'n', params: { index } });
			if (gets.length === 1) {
				asked.stream(event(note(1), 'one'));
				// Cut off in the middle: the second one has to come again.
				asked.response.write(`id: two\ndata: ${JSON.stringify(note(2)).slice(0, 9)}`, () => asked.response.destroy());
			} else asked.stream(event(note(gets.length), String(gets.length)));
		});
		await link.notify(initialized);
		expect(await notes.next()).toMatchObject({ params: { index: 1 } });
		expect(await notes.next()).toMatchObject({ params: { index: 2 } });
		expect(gets.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'one']);
		expect(gets[0]?.headers).toMatchObject({ accept: 'text/event-stream', 'mcp-session-id': 'S-1' });
	});

	test.each([405, 404, 400, 501])('a server without such a stream (HTTP %i) is left alone', async (status) => {
		let gets = 0;
		const { link, closes } = await introduced((asked) => {
			if (asked.method !== 'GET') return asked.json(result(asked.message.id));
			gets += 1;
			asked.status(gets > 2 ? 405 : status);
		});
		await link.notify(initialized);
		await vi.waitUntil(() => gets === (status === 501 ? 3 : 1));
		expect((await link.request('m')).ok).toBe(true);
		expect(closes.seen).toEqual([]);
	});

	test('a session found ended while listening ends the channel', async () => {
		let gets = 0;
		const { link, closes } = await introduced((asked) => {
			gets += 1;
			if (gets === 1) asked.response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
			else asked.status(404);
		});
		await link.notify(initialized);
		expect(await closes.next()).toMatch(/ended the session$/);
	});

	test('a server that stays away ends the channel', async () => {
		let gets = 0;
		const { link, closes } = await introduced((asked) => {
			gets += 1;
			if (gets === 1) asked.response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': hello\n\n');
			else asked.response.destroy();
		});
		await link.notify(initialized);
		expect(await closes.next()).toMatch(/can't be reached any more$/);
		expect(gets).toBe(1 + retry.attempts);
	});

	test('an answer whose stream broke is fetched where it broke, when the server said', async () => {
		let asks = 0;
		let cutOff = 0;
		let resumed = 0;
		const { link } = await introduced((asked) => {
			asks += 1;
			if (asked.method === 'POST') {
				asked.stream('id: p1\nretry: 120\ndata: \n\n');
				cutOff = performance.now();
				asked.response.end();
			} else if (asks === 2) {
				resumed = performance.now();
				expect(asked.headers['last-event-id']).toBe('p1');
				asked.response.writeHead(200, { 'content-type': 'text/event-stream' }).end('id: p2\ndata: \n\n');
			} else {
				expect(asked.headers['last-event-id']).toBe('p2');
				asked.stream('');
				asked.response.end(event(result(2, { done: true }), 'p3'));
			}
		});
		expect((await link.request('m')).body.value()).toEqual({ done: true });
		expect(resumed - cutOff).toBeGreaterThanOrEqual(115);
		expect(asks).toBe(3);
	});

	test('an answer that can not be fetched again is given up', async () => {
		const { link } = await introduced((asked) => {
			if (asked.method === 'GET') return asked.status(405);
			asked.stream('id: p1\ndata: \n\n');
			asked.response.end();
		});
		expect(await errorOf(link.request('m'))).toMatch(/gave no answer/);
	});
});

describe('secrets', () => {
	test.each([
		['not a url', /is not a URL/],
		['file:///etc/passwd', /must start with https/],
		['javascript:alert(1)', /must start with https/],
		['https://user:s3cret@x.example/mcp', /holds credentials/],
	])('the address %s is refused without being shown', (url, message) => {
		expect(() => httpChannel({ url })).toThrow(message);
		expect(() => httpChannel({ url })).not.toThrow(/s3cret|passwd/);
	});

	test('a header that HTTP does not allow is refused without its value', () => {
		const make = () => httpChannel({ url: 'https://x.example', headers: { Authorization: 'Bearer s3cret\nX: y' } });
		expect(make).toThrow('the header "Authorization" has a name or a value that HTTP does not allow');
		expect(make).not.toThrow(/s3cret/);
	});

	test('a server that shows what it was sent does not get our secrets into the log', async () => {
		const remote = await server((asked) =>
			asked.status(400, {}, JSON.stringify({ error: { message: `got ${asked.headers.authorization}` } })),
		);
		const { link } = await connect(`${remote.origin}/hidden?key=k`, {
			headers: { Authorization: 'Bearer s3cret-token' },
		});
		expect(await errorOf(link.request('initialize'))).toBe(`${remote.origin} answered HTTP 400: got ***`);
	});
});
