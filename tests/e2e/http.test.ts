// The HTTP front: several clients at once, each its own caller, and nobody who may not.
import { request } from 'node:http';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
	CreateMessageRequestSchema,
	ElicitRequestSchema,
	ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectHttp, type HttpKernel, startHttp } from '../support/http-kernel.ts';
import { makeSite, runArguments, serverEntry } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';

const base = {
	drivers: { everything: { command: process.execPath, args: [serverEntry('everything')] } },
	defaults: { tool: 'allow', other: 'allow' },
	ask: { channels: ['elicitation'] },
	rules: [
		{ id: 'may-sample', match: { driver_asks: ['sampling', 'elicitation'] }, then: 'allow' },
		{
			id: 'ask-sum',
			match: { tool: 'everything/get-sum' },
			then: 'ask',
			reason: 'sums are dear',
			instead: 'count yourself',
		},
	],
};
const site = makeSite(base);
let kernel: HttpKernel;
beforeAll(async () => {
	kernel = await startHttp(site, '--agent', 'http-agent');
});
afterAll(async () => {
	await kernel.stop();
	site.remove();
});

describe('who may connect', () => {
	const initialize = JSON.stringify({
		jsonrpc: '2.0',
		id: 1,
		method: 'initialize',
		params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
	});
	const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

	/** fetch would set Host itself. */
	function post(more: Record<string, string>, path = '/mcp'): Promise<number> {
		return new Promise((resolve, reject) => {
			const sent = request(
				{ host: kernel.url.hostname, port: kernel.url.port, path, method: 'POST', headers: { ...headers, ...more } },
				(answer) => {
					answer.resume();
					resolve(answer.statusCode ?? 0);
				},
			);
			sent.on('error', reject).end(initialize);
		});
	}
	const bearer = () => ({ authorization: `Bearer ${kernel.token}` });

	test.each<[string, () => Record<string, string>, number]>([
		['with the token', () => bearer(), 200],
		['without a token', () => ({}), 401],
		[
			'with a wrong token',
			() => ({ authorization: `Bearer ${kernel.token.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}` }),
			401,
		],
		['with the token in another scheme', () => ({ authorization: `Basic ${kernel.token}` }), 401],
		['from a foreign origin', () => ({ ...bearer(), origin: 'https://evil.example' }), 403],
		['for a foreign host', () => ({ ...bearer(), host: 'evil.example' }), 403],
		['for localhost', () => ({ ...bearer(), host: `localhost:${kernel.url.port}` }), 200],
	])('%s', async (_, more, status) => {
		expect(await post(more())).toBe(status);
	});

	test('an open front is refused off loopback', async () => {
		const open = new RawClient(
			[process.execPath, ...runArguments(site, '--http', '0.0.0.0:0', '--no-token')],
			site.env,
		);
		expect(await open.end()).not.toBe(0);
		expect(open.stderr).toMatch(/token is required/);
	});
});

test('eight clients at once: every answer reaches the one who asked', async () => {
	const clients = await Promise.all(Array.from({ length: 8 }, () => connectHttp(kernel)));
	const answers = await Promise.all(
		clients.flatMap((client, who) =>
			Array.from({ length: 20 }, async (_, turn) => {
				const message = `client ${who}, turn ${turn}`;
				const result = (await client.callTool({ name: 'everything__echo', arguments: { message } })) as {
					content: { text: string }[];
				};
				return result.content[0]?.text === `Echo: ${message}`;
			}),
		),
	);
	expect(answers.every(Boolean)).toBe(true);
	expect(answers).toHaveLength(160);
	await Promise.all(clients.map((client) => client.close()));
});

test('sampling and elicitation reach the client whose call caused them', async () => {
	const make = (name: string) =>
		connectHttp(kernel, {
			capabilities: { sampling: {}, elicitation: {} },
			prepare: (client) => {
				client.setRequestHandler(CreateMessageRequestSchema, () => ({
					model: 'm',
					role: 'assistant',
					content: { type: 'text', text: `sampled by ${name}` },
				}));
				client.setRequestHandler(ElicitRequestSchema, () => ({
					action: name === 'one' ? 'accept' : 'decline',
					content: {},
				}));
			},
		});
	const [one, two] = await Promise.all([make('one'), make('two')]);
	const sample = async (client: Client) =>
		JSON.stringify(
			await client.callTool({ name: 'everything__trigger-sampling-request', arguments: { prompt: 'p', maxTokens: 5 } }),
		);
	expect(await sample(one)).toContain('sampled by one');
	expect(await sample(two)).toContain('sampled by two');

	const sum = async (client: Client) =>
		JSON.stringify(await client.callTool({ name: 'everything__get-sum', arguments: { a: 1, b: 2 } }));
	const [asked, refused] = await Promise.all([sum(one), sum(two)]);
	expect(asked).toContain('The sum of 1 and 2 is 3');
	expect(refused).toContain('a person declined');
	await Promise.all([one.close(), two.close()]);
});

test('an edited policy reaches clients that are connected', async () => {
	const client = await connectHttp(kernel);
	const changed = new Promise((resolve) => client.setNotificationHandler(ToolListChangedNotificationSchema, resolve));
	const names = async () => (await client.listTools()).tools.map((tool) => tool.name);
	expect(await names()).toContain('everything__get-env');
	site.configure({
		...base,
		rules: [
			...base.rules,
			{ id: 'no-env', match: { tool: 'everything/get-env' }, then: 'hide', reason: 'secrets', instead: 'ask' },
		],
	});
	await changed;
	expect(await names()).not.toContain('everything__get-env');
	await client.close();
});
