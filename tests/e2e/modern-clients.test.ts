// Clients of 2026-07-28 that we did not write, before servers of 2025-11-25 that we did not write either.
import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpKernel, startHttp } from '../support/http-kernel.ts';
import { makeSite, type Site, serverEntry } from '../support/kernel-process.ts';
import { modernHttp, modernStdio } from '../support/modern-peer.ts';

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
