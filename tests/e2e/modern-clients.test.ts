// Clients of 2026-07-28 that we did not write, before servers of 2025-11-25 that we did not write either.
import { fileURLToPath } from 'node:url';
import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpKernel, startHttp } from '../support/http-kernel.ts';
import { makeSite, runArguments, type Site, serverEntry } from '../support/kernel-process.ts';
import { modernHttp, modernStdio } from '../support/modern-peer.ts';
import { RawClient } from '../support/raw-client.ts';

const config = {
	drivers: { everything: { command: process.execPath, args: [serverEntry('everything')] } },
	defaults: { tool: 'allow', other: 'allow' },
	ask: { channels: ['elicitation'] },
	rules: [
		{ id: 'may-ask', match: { driver_asks: ['sampling', 'elicitation', 'roots'] }, then: 'allow' },
		{ id: 'ask-sum', match: { tool: 'everything/get-sum' }, then: 'ask', reason: 'sums are dear' },
		{ id: 'no-env', match: { tool: 'everything/get-env' }, then: 'hide' },
	],
};

type Connect = (options?: object, prepare?: (client: Client) => void) => Promise<Client>;

const text = (result: unknown) =>
	((result as { content: { text?: string }[] }).content ?? []).map((block) => block.text).join('\n');

describe.each(['stdio', 'http'] as const)('over %s', (way) => {
	let site: Site;
	let kernel: HttpKernel | undefined;
	let connect: Connect;
	const clients: Client[] = [];
	beforeAll(async () => {
		site = makeSite(config);
		if (way === 'http') kernel = await startHttp(site, '--agent', 'modern');
		connect = async (options, prepare) => {
			const client =
				kernel === undefined ? await modernStdio(site, options, prepare) : await modernHttp(kernel, options, prepare);
			clients.push(client);
			return client;
		};
	});
	afterAll(async () => {
		for (const client of clients) await client.close();
		await kernel?.stop();
		site.remove();
	});

	test('a client finds the revision, the tools and an answer', async () => {
		const client = await connect();
		expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
		const { tools } = await client.listTools();
		expect(tools.map((tool) => tool.name)).toContain('everything__echo');
		expect(tools.map((tool) => tool.name)).not.toContain('everything__get-env');
		const result = await client.callTool({ name: 'everything__echo', arguments: { message: 'hi' } });
		expect(text(result)).toBe('Echo: hi');
	});

	test('what a driver asks meanwhile comes back as questions, and the answers reach it', async () => {
		const asked: string[] = [];
		const client = await connect({ capabilities: { elicitation: { form: {} }, sampling: {} } }, (peer) => {
			peer.setRequestHandler('elicitation/create', (request) => {
				asked.push((request.params as { message: string }).message);
				return { action: 'accept', content: { name: 'Ada' } };
			});
			peer.setRequestHandler('sampling/createMessage', () => ({
				model: 'm',
				role: 'assistant',
				content: { type: 'text', text: 'sampled here' },
			}));
		});
		expect(text(await client.callTool({ name: 'everything__trigger-elicitation-request', arguments: {} }))).toContain(
			'Ada',
		);
		expect(asked[0]).toMatch(/^\[everything\] /);
		expect(
			text(
				await client.callTool({
					name: 'everything__trigger-sampling-request',
					arguments: { prompt: 'x', maxTokens: 5 },
				}),
			),
		).toContain('sampled here');
	});

	test.each([
		['accept', /3/],
		['decline', /declined/],
	] as const)('a person who answers %s decides about a call', async (action, expected) => {
		const client = await connect({ capabilities: { elicitation: { form: {} } } }, (peer) => {
			peer.setRequestHandler('elicitation/create', () => ({ action, content: {} }));
		});
		expect(text(await client.callTool({ name: 'everything__get-sum', arguments: { a: 1, b: 2 } }))).toMatch(expected);
	});

	test('without forms nobody is asked, and nothing runs', async () => {
		const client = await connect();
		expect(text(await client.callTool({ name: 'everything__get-sum', arguments: { a: 1, b: 2 } }))).toMatch(
			/no_channel/,
		);
	});

	test('progress comes while the call runs', async () => {
		const client = await connect();
		const seen: number[] = [];
		await client.callTool(
			{ name: 'everything__trigger-long-running-operation', arguments: { duration: 0.2, steps: 4 } },
			{ onprogress: ({ progress }) => void seen.push(progress) },
		);
		// The last one may come in one piece with the answer, after which this client listens no more.
		expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
	});
});

test('one process speaks both eras, and ends with its input although a call waits', async () => {
	const site = makeSite(config);
	const client = new RawClient([process.execPath, ...runArguments(site)], site.env);
	const _meta = {
		'io.modelcontextprotocol/protocolVersion': '2026-07-28',
		'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
	};
	const echo = { name: 'everything__echo', arguments: { message: 'hi' } };
	expect((await client.request(1, 'tools/list', { _meta })).result.resultType).toBe('complete');
	expect((await client.request(2, 'tools/list')).error.code).toBe(-32600);
	expect((await client.request(3, 'ping', { _meta })).error.code).toBe(-32601);
	expect((await client.initialize()).result.protocolVersion).toBe('2025-11-25');
	const older = (await client.request(4, 'tools/call', echo)).result;
	expect(older).toEqual({ content: [{ type: 'text', text: 'Echo: hi' }] });
	expect((await client.request(5, 'tools/call', { ...echo, _meta })).result).toMatchObject({
		...older,
		resultType: 'complete',
	});
	const sum = { name: 'everything__get-sum', arguments: { a: 1, b: 2 }, _meta };
	expect((await client.request(6, 'tools/call', sum)).result.resultType).toBe('input_required');
	expect(await client.end()).toBe(0);
	expect(site.records().filter(({ event }) => event === 'ask')).toHaveLength(1);
	expect(JSON.stringify(site.records().filter(({ final }) => final === true))).toContain('unanswered');
	site.remove();
}, 120_000);

test('a client and a server of the revision meet, though nobody hands on what they say', async () => {
	const server = fileURLToPath(new URL('../fixtures/servers/second-sdk.mjs', import.meta.url));
	const modern = makeSite({
		...config,
		rules: config.rules.slice(0, 1),
		drivers: { modern: { command: process.execPath, args: [server, '--modern-only'] } },
	});
	const client = new RawClient([process.execPath, ...runArguments(modern)], modern.env);
	const _meta = {
		'io.modelcontextprotocol/protocolVersion': '2026-07-28',
		'io.modelcontextprotocol/clientCapabilities': { roots: {} },
	};
	const call = { name: 'modern__ask-roots', arguments: {}, _meta };
	const asked = (await client.request(1, 'tools/call', call)).result;
	expect(asked.inputRequests).toMatchObject({ roots: { method: 'roots/list' } });
	const inputResponses = { roots: { roots: [{ uri: 'file:///here' }] } };
	const retry = { ...call, requestState: asked.requestState, inputResponses };
	expect(JSON.stringify((await client.request(2, 'tools/call', retry)).result)).toContain('file:///here');
	expect((await client.request(3, 'tools/call', retry)).error.code).toBe(-32602);
	expect(await client.end()).toBe(0);
	modern.remove();
}, 120_000);
