// Both HTTP edges against peers we did not write: the MCP SDK's own client and server.
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
	CreateMessageRequestSchema,
	type JSONRPCMessage,
	ListRootsRequestSchema,
	LoggingMessageNotificationSchema,
	ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Note, Reply } from '../../src/abi/driver.ts';
import { type JsonObject, member } from '../../src/abi/json.ts';
import { httpChannel } from '../../src/wire/http-client.ts';
import { listenHttp } from '../../src/wire/http-front.ts';
import { type Incoming, Link } from '../../src/wire/link.ts';
import { errorReply, resultReply } from '../../src/wire/message.ts';
import { Inflow } from './streams.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const note = (method: string, params?: JsonObject): Note => ({ method, params, extra: {} });

describe("the front and the SDK's client", () => {
	/** A server of three tools, written on the link alone. */
	async function answer(link: Link, { id, method, params, signal }: Incoming, cancelled: Inflow<void>): Promise<Reply> {
		if (method === 'initialize') {
			const capabilities = { tools: { listChanged: true }, logging: {} };
			return resultReply({
				protocolVersion: params?.protocolVersion ?? '',
				capabilities,
				serverInfo: { name: 'gate', version: '0' },
			});
		}
		if (method === 'tools/list') {
			return resultReply({ tools: ['echo', 'slow', 'ask'].map((name) => ({ name, inputSchema: { type: 'object' } })) });
		}
		if (method !== 'tools/call') return errorReply(-32601, 'Method not found');
		const progressToken = member(params?._meta, 'progressToken');
		switch (params?.name) {
			case 'slow':
				await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
				cancelled.push(undefined);
				break;
			case 'ask': {
				if (progressToken !== undefined) {
					await link.notify(note('notifications/progress', { progressToken, progress: 1, total: 2 }), id);
				}
				await link.notify(note('notifications/message', { level: 'info', data: 'asking' }), id);
				const sample = { messages: [{ role: 'user', content: { type: 'text', text: 'hi' } }], maxTokens: 1 };
				const reply = await link.request('sampling/createMessage', sample, { related: id });
				return resultReply({ content: [{ type: 'text', text: reply.body.text }] });
			}
		}
		return resultReply({ content: [{ type: 'text', text: JSON.stringify(params?.arguments ?? null) }] });
	}

	async function connect(token = 'right') {
		const links: Link[] = [];
		const cancelled = new Inflow<void>();
		const closes = new Inflow<string>();
		const listener = await listenHttp(
			{
				host: '127.0.0.1',
				port: 0,
				random: randomBytes,
				authorize: (given) => (given === 'right' ? { principal: 'p', agent: 'a' } : undefined),
			},
			({ channel }) => {
				const link = new Link(channel, { peer: 'client' });
				links.push(link);
				void link.start({
					request: (incoming) => answer(link, incoming, cancelled),
					note() {},
					close: (reason) => closes.push(reason),
					warn() {},
				});
			},
		);
		cleanups.push(() => listener.close());
		const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${listener.address.port}/mcp`), {
			requestInit: { headers: { Authorization: `Bearer ${token}` } },
		});
		const client = new Client({ name: 'sdk', version: '0' }, { capabilities: { sampling: {}, roots: {} } });
		client.setRequestHandler(CreateMessageRequestSchema, async () => ({
			model: 'm',
			role: 'assistant' as const,
			content: { type: 'text' as const, text: 'hello' },
		}));
		client.setRequestHandler(ListRootsRequestSchema, async () => ({ roots: [{ uri: 'file:///w' }] }));
		cleanups.push(() => client.close());
		const connected = client.connect(transport);
		return { client, transport, links, cancelled, closes, connected };
	}

	test('list and call', async () => {
		const { client, connected } = await connect();
		await connected;
		expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo', 'slow', 'ask']);
		const calls = Array.from({ length: 20 }, (_, index) => client.callTool({ name: 'echo', arguments: { index } }));
		expect((await Promise.all(calls)).map(({ content }) => content)).toEqual(
			Array.from({ length: 20 }, (_, index) => [{ type: 'text', text: `{"index":${index}}` }]),
		);
		await client.ping();
	});

	test('progress, logging and sampling within a call', async () => {
		const { client, connected } = await connect();
		await connected;
		const logs: unknown[] = [];
		client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void logs.push(params.data));
		const progress: unknown[] = [];
		const result = await client.callTool({ name: 'ask' }, undefined, { onprogress: (update) => progress.push(update) });
		expect(JSON.stringify(result)).toContain('hello');
		expect(progress).toEqual([{ progress: 1, total: 2 }]);
		expect(logs).toEqual(['asking']);
	});

	test('what belongs to no call: list_changed, roots', async () => {
		const { client, connected, links } = await connect();
		const changed = new Inflow<void>();
		client.setNotificationHandler(ToolListChangedNotificationSchema, () => changed.push(undefined));
		await connected;
		await links[0]?.notify(note('notifications/tools/list_changed'));
		await changed.next();
		expect((await links[0]?.request('roots/list'))?.body.value()).toEqual({ roots: [{ uri: 'file:///w' }] });
	});

	test('cancellation reaches the call', async () => {
		const { client, connected, cancelled } = await connect();
		await connected;
		const controller = new AbortController();
		const call = client.callTool({ name: 'slow' }, undefined, { signal: controller.signal });
		const refused = expect(call).rejects.toThrow();
		await client.ping();
		controller.abort();
		await refused;
		await cancelled.next();
	});

	test('the end of the session', async () => {
		const { client, connected, transport, closes } = await connect();
		await connected;
		expect(transport.sessionId).toMatch(/^[0-9a-f]{32}$/);
		await transport.terminateSession();
		expect(await closes.next()).toBe('the client ended the session');
		await client.close();
	});

	test('a wrong token', async () => {
		const { connected } = await connect('wrong');
		await expect(connected).rejects.toThrow(/401|bearer/i);
	});
});

describe("the client and the SDK's server", () => {
	/** The SDK's server transport with one session; with `resumable`, it can drop a stream and have it resumed. */
	async function serve(options: { json?: boolean; resumable?: boolean }) {
		const stored: { id: string; stream: string; message: JSONRPCMessage }[] = [];
		const transport = new StreamableHTTPServerTransport({
			sessionIdGenerator: randomUUID,
			enableJsonResponse: options.json ?? false,
			...(options.resumable === true
				? {
						retryInterval: 50,
						eventStore: {
							async storeEvent(stream: string, message: JSONRPCMessage) {
								const id = `${stream}:${stored.length}`;
								stored.push({ id, stream, message });
								return id;
							},
							async replayEventsAfter(
								last: string,
								{ send }: { send(id: string, message: JSONRPCMessage): Promise<void> },
							) {
								const from = stored.findIndex(({ id }) => id === last);
								const stream = stored[from]?.stream ?? '';
								for (const event of stored.slice(from + 1)) {
									if (event.stream === stream && 'jsonrpc' in event.message) await send(event.id, event.message);
								}
								return stream;
							},
						},
					}
				: {}),
		});
		const mcp = new McpServer({ name: 'sdk', version: '0' }, { capabilities: { logging: {} } });
		const aborted = new Inflow<void>();
		mcp.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => ({
			content: [{ type: 'text', text }],
		}));
		mcp.registerTool('roots', {}, async () => {
			const roots = await mcp.server.listRoots();
			return { content: [{ type: 'text', text: JSON.stringify(roots) }] };
		});
		mcp.registerTool('progress', {}, async ({ _meta, sendNotification }) => {
			const progressToken = _meta?.progressToken ?? 'none';
			await sendNotification({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
			return { content: [] };
		});
		mcp.registerTool('slow', {}, async ({ signal }) => {
			await new Promise((resolve) => signal.addEventListener('abort', resolve));
			aborted.push(undefined);
			return { content: [] };
		});
		mcp.registerTool('drop', {}, async ({ closeSSEStream }) => {
			closeSSEStream?.();
			return { content: [{ type: 'text', text: 'after the break' }] };
		});
		await mcp.connect(transport);
		const http = createServer((request, response) => void transport.handleRequest(request, response));
		await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
		cleanups.push(async () => {
			await mcp.close();
			http.closeAllConnections();
			await new Promise((resolve) => http.close(resolve));
		});

		const channel = httpChannel({
			url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
			retry: { firstMs: 10, maxMs: 50, attempts: 5 },
		});
		const link = new Link(channel, { peer: 'driver' });
		const notes = new Inflow<Note>();
		const warnings: string[] = [];
		await link.start({
			request: async ({ method }) =>
				method === 'roots/list' ? resultReply({ roots: [{ uri: 'file:///w' }] }) : errorReply(-32601, 'no'),
			note: (given) => notes.push(given),
			close() {},
			warn: (text) => warnings.push(text),
		});
		cleanups.push(() => link.close());
		const hello = {
			protocolVersion: '2025-11-25',
			capabilities: { roots: {} },
			clientInfo: { name: 'gate', version: '0' },
		};
		const introduction = await link.request('initialize', hello);
		expect(introduction.body.value()).toMatchObject({ protocolVersion: '2025-11-25', serverInfo: { name: 'sdk' } });
		await link.notify(note('notifications/initialized'));
		return { link, mcp, notes, aborted, warnings };
	}

	const call = (link: Link, name: string, args: JsonObject = {}) =>
		link.request('tools/call', { name, arguments: args });

	test.each([[{ json: true }], [{ json: false }], [{ resumable: true }]])('list and call (%j)', async (options) => {
		const { link, warnings } = await serve(options);
		const { tools } = (await link.request('tools/list')).body.value() as { tools: { name: string }[] };
		expect(tools.map(({ name }) => name)).toContain('echo');
		const replies = await Promise.all(
			Array.from({ length: 20 }, (_, index) => call(link, 'echo', { text: `é${index}` })),
		);
		expect(replies.map(({ body }) => body.value())).toEqual(
			Array.from({ length: 20 }, (_, index) => ({ content: [{ type: 'text', text: `é${index}` }] })),
		);
		expect(warnings).toEqual([]);
	});

	test('a message from the server on the GET stream', async () => {
		const { link, mcp, notes } = await serve({});
		await expect
			.poll(async () => {
				await mcp.sendLoggingMessage({ level: 'info', data: 'x' });
				return notes.seen.length;
			})
			.toBeGreaterThan(0);
		expect((await call(link, 'roots')).body.text).toContain('file:///w');
	});

	test('progress of a call', async () => {
		const { link } = await serve({});
		const progress: unknown[] = [];
		const params = { name: 'progress', arguments: {}, _meta: { progressToken: 0 } };
		await link.request('tools/call', params, { progress: (given) => progress.push(given.params) });
		expect(progress).toEqual([{ progressToken: 0, progress: 1 }]);
	});

	test('cancellation of a call', async () => {
		const { link, aborted } = await serve({});
		const controller = new AbortController();
		const reply = link.request('tools/call', { name: 'slow', arguments: {} }, { signal: controller.signal });
		await call(link, 'echo', { text: 'in between' });
		controller.abort();
		expect((await reply).ok).toBe(false);
		await aborted.next();
	});

	test('an answer after the server closed its stream', async () => {
		const { link } = await serve({ resumable: true });
		expect((await call(link, 'drop')).body.text).toContain('after the break');
	});
});

test('the client and the front are peers of each other', async () => {
	const listener = await listenHttp(
		{ host: '127.0.0.1', port: 0, random: randomBytes, authorize: () => ({ principal: 'p', agent: 'a' }) },
		({ channel }) => {
			const link = new Link(channel, { peer: 'client' });
			void link.start({
				request: async ({ id, method, params }) => {
					if (method === 'initialize') return resultReply({ protocolVersion: '2025-11-25' });
					await link.notify(note('n', { for: id }), id);
					return resultReply({ method, params: params ?? null });
				},
				note: (given) => void link.notify(given),
				close() {},
				warn() {},
			});
		},
	);
	cleanups.push(() => listener.close());
	const link = new Link(httpChannel({ url: `http://127.0.0.1:${listener.address.port}/mcp` }), { peer: 'driver' });
	const notes = new Inflow<Note>();
	await link.start({ request: async () => resultReply({}), note: (given) => notes.push(given), close() {}, warn() {} });
	cleanups.push(() => link.close());
	await link.request('initialize', {});
	await link.notify(note('notifications/initialized'));
	expect(await notes.next()).toMatchObject({ method: 'notifications/initialized' });
	expect((await link.request('m', { a: 1 })).body.value()).toEqual({ method: 'm', params: { a: 1 } });
	expect(await notes.next()).toMatchObject({ method: 'n', params: { for: '2' } });
});
