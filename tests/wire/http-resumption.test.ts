// The answer to a POST whose connection breaks: whoever may have it comes back for it, and gets all of it, once.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CreateMessageRequestSchema, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Note, Reply } from '../../src/abi/driver.ts';
import { member } from '../../src/abi/json.ts';
import { type HttpFrontOptions, type HttpListener, listenHttp } from '../../src/wire/http-front.ts';
import { type Incoming, Link } from '../../src/wire/link.ts';
import { resultReply } from '../../src/wire/message.ts';
import { HttpPeer } from './http-peer.ts';
import { Inflow } from './streams.ts';

/** A busy machine takes its time. */
const until = <Found>(check: () => Found | Promise<Found>) => vi.waitFor(check, { timeout: 30_000 });

type Work = Incoming & { answer(reply: Reply): void };

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A front that leaves all calls to the test. */
async function front(options: Partial<HttpFrontOptions> = {}) {
	const work = new Inflow<Work>();
	const links: Link[] = [];
	const warnings: string[] = [];
	const clock = { now: 0 };
	const listener: HttpListener = await listenHttp(
		{
			host: '127.0.0.1',
			port: 0,
			random: randomBytes,
			now: () => clock.now,
			authorize: (token) => ({ principal: token ?? '', agent: token ?? '' }),
			warn: (text) => warnings.push(text),
			...options,
		},
		({ channel }) => {
			const link = new Link(channel, { peer: 'client' });
			links.push(link);
			void link.start({
				request: (incoming) =>
					incoming.method === 'initialize'
						? Promise.resolve(
								resultReply({
									protocolVersion: '2025-11-25',
									capabilities: { tools: {} },
									serverInfo: { name: 'gate', version: '0' },
								}),
							)
						: new Promise((answer) => work.push({ ...incoming, answer })),
				note: () => undefined,
				close: () => undefined,
				warn: (text) => warnings.push(text),
			});
		},
	);
	cleanups.push(() => listener.close());
	const { port } = listener.address;
	const peer = await new HttpPeer(port, 'alice').introduced();
	return { listener, port, peer, link: links[0] as Link, links, work, warnings, clock };
}

const current = { 'mcp-protocol-version': '2025-11-25' };
const call = (id: unknown) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: {} });
const progress = (n: number): Note => ({ method: 'notifications/progress', params: { progress: n }, extra: {} });

/** The events of a stream as they come: `id` and what was said, undefined for an event that only names its id. */
function reading(response: IncomingMessage) {
	let text = '';
	response.setEncoding('utf8').on('data', (data: string) => {
		text += data;
	});
	response.on('error', () => undefined);
	const events = () =>
		text
			.split('\n\n')
			.slice(0, -1)
			.map((block) => ({
				id: /^id: (.*)$/m.exec(block)?.[1] ?? '',
				said: JSON.parse(/^data: (.+)$/m.exec(block)?.[1] ?? 'null'),
			}))
			.filter(({ id }) => id !== '');
	return {
		events,
		read: (count: number) => until(() => expect(events()).toHaveLength(count)).then(events),
		ended: new Promise((done) => response.once('close', done)),
		hangUp: () => response.destroy(),
	};
}

const resume = (peer: HttpPeer, id: string | undefined, headers = {}) =>
	peer.open({ method: 'GET', headers: { accept: 'text/event-stream', 'last-event-id': id, ...headers } });

/** A call that has said something, of which the client has read it, and whose connection is gone. */
async function broken(options: Partial<HttpFrontOptions> = {}) {
	const context = await front(options);
	const { peer, link, work, listener } = context;
	const opening = peer.open({ body: call(1), headers: current });
	const one = await work.next();
	void link.notify(progress(1), one.id);
	const stream = reading(await opening);
	const [primed, first] = await stream.read(2);
	stream.hangUp();
	await until(() => expect(listener.openRequests()).toBe(0));
	return { ...context, one, primed, first };
}

describe('after a break', () => {
	test('the client of 2025-11-25 is told how to come back before anything is said; older ones get no such event', async () => {
		const { peer, link, work } = await front();
		for (const [version, isPrimed] of [
			['2025-11-25', true],
			['2025-06-18', false],
			[undefined, false],
		] as const) {
			const opening = peer.open({ body: call(1), headers: { 'mcp-protocol-version': version } });
			const one = await work.next();
			void link.notify(progress(1), one.id);
			one.answer(resultReply({ done: true }));
			const stream = reading(await opening);
			await stream.ended;
			const said = stream.events().map((event) => event.said);
			expect(said).toMatchObject([
				...(isPrimed ? [null] : []),
				{ method: 'notifications/progress' },
				{ result: { done: true } },
			]);
			expect(new Set(stream.events().map(({ id }) => id)).size).toBe(said.length);
		}
	});

	test('progress, questions and the answer of a call come on its own stream, once and in order, and nothing of others', async () => {
		const { peer, link, one, first, warnings } = await broken();
		const others = reading(await resume(peer, undefined));
		void link.notify(progress(2), one.id);
		const asked = link.request('sampling/createMessage', {}, { related: one.id });
		void link.notify({ method: 'notifications/tools/list_changed', params: undefined, extra: {} });
		const back = reading(await resume(peer, first?.id));
		const [, question] = await back.read(2);
		expect(question?.said).toMatchObject({ method: 'sampling/createMessage' });
		await peer.ask({ body: { jsonrpc: '2.0', id: question?.said.id, result: { text: 'hi' } } });
		expect((await asked).ok).toBe(true);
		expect(one.signal.aborted).toBe(false);
		void link.notify(progress(3), one.id);
		one.answer(resultReply({ done: true }));
		await back.ended;
		expect(back.events().map(({ said }) => said)).toMatchObject([
			{ params: { progress: 2 } },
			{ method: 'sampling/createMessage' },
			{ params: { progress: 3 } },
			{ id: 1, result: { done: true } },
		]);
		expect((await others.read(1))[0]?.said).toMatchObject({ method: 'notifications/tools/list_changed' });
		others.hangUp();
		expect(warnings).toEqual([]);
	});

	test('an answer that came meanwhile waits; whoever has it all is told that there is nothing more', async () => {
		const { peer, one, primed, first, work } = await broken();
		one.answer(resultReply({ done: true }));
		// The id is free again, and an old stream is not mixed up with the new call.
		const again = peer.ask({ body: call(1) });
		(await work.next()).answer(resultReply({ again: true }));
		expect((await again).json).toMatchObject({ result: { again: true } });
		for (const [id, count] of [
			[first?.id, 1],
			[first?.id, 1],
			[primed?.id, 2],
		] as const) {
			const back = reading(await resume(peer, id));
			await back.ended;
			expect(back.events()).toHaveLength(count);
			expect(back.events().at(-1)?.said).toMatchObject({ id: 1, result: { done: true } });
			expect((await resume(peer, back.events().at(-1)?.id)).statusCode).toBe(204);
		}
	});

	test('a second break is as good as the first, and a connection that only looks open is let go', async () => {
		const { peer, link, one, first } = await broken();
		const second = reading(await resume(peer, first?.id));
		void link.notify(progress(2), one.id);
		const [two] = await second.read(1);
		const third = reading(await resume(peer, two?.id));
		await second.ended;
		one.answer(resultReply({}));
		await third.ended;
		expect(third.events().map(({ said }) => said)).toMatchObject([{ id: 1, result: {} }]);
	});

	test('nobody else gets it: not another caller, nor another session of the same one', async () => {
		const { port, peer, one, first, links } = await broken();
		one.answer(resultReply({ secret: true }));
		const thief = new HttpPeer(port, 'bob', peer.session);
		expect((await resume(thief, first?.id)).statusCode).toBe(404);
		for (const token of ['bob', 'alice']) {
			const other = await new HttpPeer(port, token).introduced();
			const stream = reading(await resume(other, first?.id));
			void links.at(-1)?.notify(progress(9));
			expect((await stream.read(1)).map(({ said }) => said)).toMatchObject([{ params: { progress: 9 } }]);
			stream.hangUp();
		}
		const back = reading(await resume(peer, first?.id));
		await back.ended;
		expect(back.events()).toHaveLength(1);
	});

	test('an answer that could not be kept is an error in its place, and that is logged', async () => {
		const { peer, one, first, warnings } = await broken({ maxBodyBytes: 1024 });
		one.answer(resultReply({ text: 'x'.repeat(5000) }));
		const back = reading(await until(() => resume(peer, first?.id)));
		await back.ended;
		expect(back.events().map(({ said }) => said)).toMatchObject([{ id: 1, error: { code: -32000 } }]);
		expect(warnings).toEqual([expect.stringContaining('dropped')]);
	});

	test('an answer that nobody comes back for is not kept for ever', async () => {
		const { peer, one, first, warnings, clock } = await broken({ keepAliveMs: 10 });
		one.answer(resultReply({}));
		// It must be kept before the time goes by.
		await new Promise(setImmediate);
		clock.now = 10 * 60_000;
		await until(() => expect(warnings).toEqual([expect.stringContaining('dropped')]));
		const back = reading(await resume(peer, first?.id));
		await back.ended;
		expect(back.events().map(({ said }) => said)).toMatchObject([{ id: 1, error: { code: -32000 } }]);
	});

	test('a question that nobody comes back for is answered with an error, and its call goes on', async () => {
		const { peer, link, one, first, clock } = await broken({ keepAliveMs: 10 });
		const asked = link.request('roots/list', undefined, { related: one.id });
		clock.now = 10 * 60_000;
		expect((await asked).body.value()).toMatchObject({ code: -32000 });
		expect(one.signal.aborted).toBe(false);
		one.answer(resultReply({ done: true }));
		const back = reading(await resume(peer, first?.id));
		await back.ended;
		expect(back.events().map(({ said }) => said)).toMatchObject([{ result: { done: true } }]);
	});

	test('a question for which there is no room where no stream is open is answered with an error, too', async () => {
		const { link } = await front({ maxBytesPerCaller: 1000 });
		const fill = { fill: 'x'.repeat(900) };
		void link.request('roots/list', fill);
		expect((await link.request('roots/list', fill)).body.value()).toMatchObject({ code: -32000 });
	});

	test('a cancelled call has no answer to come back for', async () => {
		const { peer, one, first } = await broken();
		await peer.ask({ body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } } });
		expect(one.signal.aborted).toBe(true);
		expect((await resume(peer, first?.id)).statusCode).toBe(204);
		one.answer(resultReply({}));
	});

	test.each(['by the client', 'on our side'])(
		'an answer longer than what is kept of others comes whole to a client that read half of it, broken off %s',
		async (where) => {
			const { peer, link, work, listener } = await front();
			const opening = peer.open({ body: call(1), headers: current });
			const one = await work.next();
			void link.notify(progress(1), one.id);
			const response = await opening;
			const [primed] = await reading(response).read(2);
			response.pause();
			const text = 'é'.repeat(9 << 20);
			one.answer(resultReply({ text }));
			await new Promise(setImmediate);
			if (where === 'by the client') response.destroy();
			else listener.cutOff(() => true);
			await until(() => expect(listener.openRequests()).toBe(0));
			const back = reading(await resume(peer, primed?.id));
			await back.ended;
			expect(back.events()[1]?.said.result?.text.length).toBe(text.length);
		},
	);

	test('it ends with its session', async () => {
		const { peer, one, first } = await broken();
		const back = reading(await resume(peer, first?.id));
		await peer.ask({ method: 'DELETE' });
		await back.ended;
		expect(one.signal.aborted).toBe(true);
		expect((await resume(peer, first?.id)).statusCode).toBe(404);
	});
});

describe("the SDK's client behind a connection that breaks in the middle of a call", () => {
	/** Passes bytes on, until it is told to break everything that is open. */
	async function wire(port: number) {
		const sockets = new Set<Socket>();
		const server = createServer((near) => {
			const far = connect(port, '127.0.0.1');
			for (const [one, other] of [
				[near, far],
				[far, near],
			] as const) {
				sockets.add(one);
				one
					.on('error', () => undefined)
					.on('close', () => {
						sockets.delete(one);
						other.destroy();
					});
				one.pipe(other);
			}
		});
		await new Promise<void>((done) => {
			server.listen(0, '127.0.0.1', done);
		});
		const cut = () => {
			for (const socket of sockets) socket.destroy();
		};
		cleanups.push(
			() =>
				new Promise((done) => {
					cut();
					server.close(done);
				}),
		);
		return { port: (server.address() as { port: number }).port, cut };
	}

	async function connected(options: Partial<HttpFrontOptions> = {}) {
		const context = await front(options);
		const { port, cut } = await wire(context.port);
		const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`), {
			requestInit: { headers: { Authorization: 'Bearer sdk' } },
			reconnectionOptions: {
				initialReconnectionDelay: 20,
				maxReconnectionDelay: 100,
				reconnectionDelayGrowFactor: 1.5,
				maxRetries: 5,
			},
		});
		const client = new Client({ name: 'sdk', version: '0' }, { capabilities: { sampling: {} } });
		client.setRequestHandler(CreateMessageRequestSchema, async () => ({
			model: 'm',
			role: 'assistant' as const,
			content: { type: 'text' as const, text: 'hello' },
		}));
		cleanups.push(() => client.close());
		await client.connect(transport);
		const received: unknown[] = [];
		const { onmessage } = transport;
		transport.onmessage = (message: JSONRPCMessage) => {
			if ('result' in message) received.push(message.result);
			onmessage?.(message);
		};
		return { ...context, link: context.links[1] as Link, client, cut, received };
	}

	const text = (said: string) => ({ content: [{ type: 'text', text: said }] });

	test('the answer arrives, once, and so do progress and questions', async () => {
		const { client, cut, link, work, received } = await connected();
		const steps: unknown[] = [];
		const called = client.callTool({ name: 'slow' }, undefined, {
			onprogress: ({ progress: step }) => steps.push(step),
		});
		const one = await work.next();
		const progressToken = member(one.params?.['_meta'], 'progressToken') ?? null;
		const step = (n: number) => {
			const params = { progressToken, progress: n };
			return link.notify({ method: 'notifications/progress', params, extra: {} }, one.id);
		};
		for (const round of [1, 2, 3]) {
			void step(round);
			await until(() => expect(steps).toHaveLength(round));
			cut();
		}
		const sample = { messages: [{ role: 'user', content: { type: 'text', text: 'hi' } }], maxTokens: 1 };
		expect((await link.request('sampling/createMessage', sample, { related: one.id })).body.text).toContain('hello');
		cut();
		one.answer(resultReply(text('done')));
		expect(await called).toEqual(text('done'));
		expect(steps).toEqual([1, 2, 3]);
		await client.ping();
		expect(received.filter((result) => JSON.stringify(result) === JSON.stringify(text('done')))).toHaveLength(1);
	});

	test('a call that said nothing can be come back for, too, as soon as a sign of life was due', async () => {
		const { client, cut, work } = await connected({ keepAliveMs: 15 });
		const tokens = new Inflow<string>();
		const called = client.callTool({ name: 'slow' }, undefined, { onresumptiontoken: (token) => tokens.push(token) });
		const one = await work.next();
		await tokens.next();
		cut();
		one.answer(resultReply(text('done')));
		expect(await called).toEqual(text('done'));
	});
});
