// Servers of MCP 2026-07-28 behind the built kernel, in front of it a client that knows nothing of that revision.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
	CreateMessageRequestSchema,
	ElicitRequestSchema,
	ListRootsRequestSchema,
	LoggingMessageNotificationSchema,
	ProgressNotificationSchema,
	ResourceUpdatedNotificationSchema,
	ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../drivers/support/until.ts';
import { type SecondSdkHttp, startSecondSdkHttp } from '../fixtures/servers/second-sdk-http.mjs';
import { connectThrough, makeSite, type Site } from '../support/kernel-process.ts';

const program = fileURLToPath(new URL('../fixtures/servers/second-sdk.mjs', import.meta.url));
const key = `AKIA${'IOSFODNN7EXAMPLE'}`;

let site: Site;
let remote: SecondSdkHttp;
let client: Client;
const heard: string[] = [];
const forms: string[] = [];

beforeAll(async () => {
	remote = await startSecondSdkHttp();
	site = makeSite({});
	site.configure({
		audit: { directory: site.audit, detail: 'full' },
		drivers: {
			local: { command: process.execPath, args: [program, '--modern-only'] },
			remote: { url: remote.url },
			mute: { command: process.execPath, args: [program], protocol: '2026-07-28' },
		},
		defaults: { tool: 'allow', other: 'allow' },
		rules: [
			{ id: 'may-ask', match: { driver_asks: ['sampling', 'elicitation'], from: ['local', 'remote'] }, then: 'allow' },
			{ id: 'no-keys', match: { from: 'local' }, then: { redact: { find: ['detector:aws'] } } },
			{ id: 'no-fail', match: { tool: 'local/fail' }, then: 'hide' },
		],
	});
	client = await connectThrough(site, {
		capabilities: { sampling: {}, elicitation: {}, roots: {} },
		prepare(made) {
			made.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///here' }] }));
			made.setRequestHandler(CreateMessageRequestSchema, () => ({
				model: 'm',
				role: 'assistant' as const,
				content: { type: 'text' as const, text: 'sampled' },
			}));
			made.setRequestHandler(ElicitRequestSchema, ({ params }) => {
				forms.push(params.message);
				return { action: 'accept' as const, content: { name: 'Ada', colour: 'green' } };
			});
			// The SDK's own handler forgets a call with its answer, and its progress of the same moment.
			made.setNotificationHandler(
				ProgressNotificationSchema,
				({ params }) => void heard.push(`${params.progressToken} ${params.progress}`),
			);
			made.setNotificationHandler(ToolListChangedNotificationSchema, () => void heard.push('tools'));
			made.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void heard.push(params.uri));
			made.setNotificationHandler(
				LoggingMessageNotificationSchema,
				({ params }) => void heard.push(`log ${params.data}`),
			);
		},
	});
	await until('the local server is up', async () =>
		(await client.listTools()).tools.some(({ name }) => name.startsWith('local__')),
	);
});
afterAll(async () => {
	await client?.close();
	await remote?.close();
	site?.remove();
});

const call = async (name: string, args = {}): Promise<string> => {
	const result = (await client.callTool({ name, arguments: args })) as { content: { text: string }[] };
	return result.content.map(({ text }) => text).join('\n');
};

describe.each(['local', 'remote'])('%s', (driver) => {
	test('questions reach the client under the name of their server, and are in the log', async () => {
		forms.length = 0;
		expect(await call(`${driver}__ask-roots`)).toContain('file:///here');
		expect(await call(`${driver}__ask-sampling`)).toContain('sampled');
		expect(await call(`${driver}__register`)).toBe('Ada likes green');
		expect(forms).toEqual([`[${driver}] Your name?`, `[${driver}] Your colour?`]);
		const asked = site.records().filter((record) => JSON.stringify(record).includes('elicitation'));
		expect(asked.filter((record) => JSON.stringify(record).includes(driver)).length).toBeGreaterThanOrEqual(2);
		// One call is one call, however many rounds it took.
		const calls = site
			.records()
			.filter((record) => record['event'] === 'decided' && JSON.stringify(record).includes(`${driver}/register`));
		expect(calls).toHaveLength(1);
	});

	test('changes, progress and log lines', async () => {
		heard.length = 0;
		await client.setLoggingLevel('error');
		await call(`${driver}__log`);
		await client.subscribeResource({ uri: 'memo://a' }).catch(() => undefined);
		await call(`${driver}__change`);
		await until('all was heard', () => heard.includes('tools') && heard.includes('log rather large'));
		expect(heard).not.toContain('log very small');
		await client.callTool({ name: `${driver}__progress`, arguments: {}, _meta: { progressToken: 'p' } });
		await until('both steps were told', () => heard.includes('p 2'));
		expect(heard).toContain('p 1');
	});

	test('a call that is cancelled is cancelled', async () => {
		const cancel = new AbortController();
		const slow = client.callTool({ name: `${driver}__slow`, arguments: {} }, undefined, { signal: cancel.signal });
		const failed = expect(slow).rejects.toThrow();
		const seen = async () => (driver === 'remote' ? remote.seen().join() : await call(`${driver}__seen`));
		await until('it began', async () => (await seen()).includes('slow began'));
		cancel.abort();
		await failed;
		await until('it was cancelled', async () => (await seen()).includes('slow was cancelled'));
	});
});

test('a resource that is subscribed to is heard of', async () => {
	heard.length = 0;
	await client.subscribeResource({ uri: 'memo://a' });
	await call('local__change');
	await until('all was heard', () => heard.includes('memo://a'));
});

test('what no rule lets a server ask is not asked', async () => {
	forms.length = 0;
	await expect(client.callTool({ name: 'mute__register', arguments: {} })).rejects.toThrow(/Refused by policy/);
	expect(forms).toEqual([]);
});

test('a question is searched for secrets like everything that a server says', async () => {
	forms.length = 0;
	await call('local__ask', { message: `Is ${key} yours?` });
	expect(forms).toEqual(['[local] Is [redacted:aws] yours?']);
	expect(await call('local__echo', { text: key })).toBe('[redacted:aws]');
});

test('a hidden tool is not there', async () => {
	const names = (await client.listTools()).tools.map(({ name }) => name);
	expect(names).toContain('remote__fail');
	expect(names).not.toContain('local__fail');
});

test('that the local server knows no `initialize` is remembered, and nothing of the others', () => {
	expect(readdirSync(join(site.env['XDG_STATE_HOME'] ?? '', 'trapgate/eras'))).toHaveLength(1);
});
