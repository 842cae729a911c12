// Whatever the call and the mode: `explain` and the kernel decide alike, change the same, and have the same text for the agent.
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runIn } from '../cli/support.ts';
import { connectThrough, makeSite, type Site, serverEntry } from '../support/kernel-process.ts';

const why = { reason: 'Somebody said so.', instead: 'do it otherwise' };
const rules = [
	{ id: 'allow-all', match: { tool: ['shell/run', 'files/*', 'every/*'] }, then: 'allow' },
	{ id: 'no-force', match: { command: 'git push', facts: { force: true } }, then: 'deny', ...why },
	{ id: 'plain', match: { command: 'printf' }, then: { rewrite: { program: 'echo' } }, ...why },
	{ id: 'quiet', match: { command: 'echo', flags: '-e' }, then: { rewrite: { drop_flags: ['-e'] } }, ...why },
	{ id: 'no-words', match: { command: 'echo forbidden' }, then: 'deny', ...why },
	{ id: 'never-cured', match: { command: 'true' }, then: { rewrite: { prepend: ['env'] } }, ...why },
	{
		id: 'ask-env',
		match: { command: 'env' },
		then: { ask: { prompt: 'Run this?', show: ['command', 'cwd', 'agent'] } },
		...why,
	},
	{ id: 'only-watched', mode: 'observe', match: { command: 'id' }, then: 'deny', ...why },
	{ id: 'only-warned', mode: 'warn', match: { command: 'whoami' }, then: 'deny', ...why },
	{
		id: 'no-other-folder',
		match: { tool: 'files/*', args: { any_path: { outside: '${workspace}' } } },
		then: 'deny',
		...why,
	},
	{ id: 'no-trees', match: { tool: 'files/directory_tree' }, then: 'hide', ...why },
	{
		id: 'few-lines',
		match: { tool: 'files/read_text_file' },
		then: { narrow: { params: { head: { max: 2 } } } },
		...why,
	},
	{ id: 'ours', match: { tool: 'files/search_files' }, then: { pin: { params: { pattern: '*.md' } } }, ...why },
	{
		id: 'reads-only',
		match: { tool: 'every/echo', args: { message: { statement_other_than: 'select' } } },
		except: { args: { message: { matches: '^plain' } } },
		then: 'deny',
		...why,
	},
	{ id: 'small-sums', match: { tool: 'every/get-sum' }, when: { cel: 'args.a + args.b > 10' }, then: 'deny', ...why },
	{
		id: 'at-night',
		match: { tool: 'every/get-env' },
		when: { time: { outside: 'Mon-Sun 00:00-24:00', zone: 'UTC' } },
		then: 'deny',
		...why,
	},
	{ id: 'waived', match: { tool: 'every/get-tiny-image' }, then: 'deny', ...why },
	{ id: 'once', match: { tool: 'every/get-annotated-message' }, then: { limit: { calls: 1, per: '1h' } }, ...why },
	{ id: 'others-only', match: { tool: 'every/get-sum' }, when: { agent: 'other-*' }, then: 'hide', ...why },
	{ id: 'locked', match: { tool: 'every/get-structured-content' }, then: { lock: { on_change: 'hide' } }, ...why },
	{ id: 'cut', match: { tool: 'shell/run' }, then: { truncate: { max_tokens: 2000 } } },
];
const waivers = [{ rule: 'waived', match: { tool: 'every/get-tiny-image' }, until: '2999-12-31', approved_by: 'dana' }];

const calls: readonly (readonly [tool: string, args: Record<string, unknown>])[] = [
	['shell/run', { command: 'git push --force origin main' }],
	['shell/run', { command: 'cd . && printf hello' }],
	['shell/run', { command: 'printf -e x' }],
	['shell/run', { command: 'printf forbidden' }],
	['shell/run', { command: 'true' }],
	['shell/run', { command: 'env' }],
	['shell/run', { command: 'id' }],
	['shell/run', { command: 'whoami' }],
	['shell/run', { command: '$X y' }],
	['shell/run', { command: 'echo "unclosed' }],
	['shell/run', { command: '' }],
	['shell/run', {}],
	['shell/run', { command: 5 }],
	['shell/run', { command: 'pwd', cwd: '/' }],
	['files/read_text_file', { path: '/etc/passwd' }],
	['files/read_text_file', { path: '${workspace}/a.md', head: 50 }],
	['files/read_text_file', { path: '${workspace}/a.md' }],
	['files/read_text_file', { path: '${site}/trapgate.yaml' }],
	['files/read_text_file', { path: '${workspace}/sub/../a.md', head: 1 }],
	['files/directory_tree', { path: '${workspace}' }],
	['files/search_files', { path: '${workspace}', pattern: '*' }],
	['files/search_files', { path: '${workspace}' }],
	['nobody/there', {}],
	['every/echo', { message: 'select 1; drop table x' }],
	['every/echo', { message: 'plain text' }],
	['every/echo', { message: 'select (' }],
	['every/get-sum', { a: 1, b: 2 }],
	['every/get-sum', { a: 8, b: 9 }],
	['every/get-sum', { a: 'x' }],
	['every/get-env', {}],
	['every/get-tiny-image', {}],
	['every/get-annotated-message', { messageType: 'success' }],
	['every/get-structured-content', { location: 'New York' }],
];

describe.each(['enforce', 'warn', 'observe'])('mode %s', (mode) => {
	let site: Site;
	let client: Client;
	beforeAll(async () => {
		site = makeSite({});
		site.configure({
			mode,
			workspace: site.workspace,
			drivers: {
				shell: { builtin: 'shell' },
				files: { command: process.execPath, args: [serverEntry('filesystem'), site.workspace] },
				every: { command: process.execPath, args: [serverEntry('everything')] },
			},
			audit: { directory: site.audit, detail: 'full' },
			ask: { channels: ['elicitation'] },
			rules,
			waivers,
		});
		client = await connectThrough(site, {
			args: ['--agent', 'bot'],
			capabilities: { elicitation: {} },
			prepare: (made) => made.setRequestHandler(ElicitRequestSchema, () => ({ action: 'cancel' as const })),
		});
		await client.listTools();
	});
	afterAll(async () => {
		await client.close();
		site.remove();
	});

	test.each(calls)('%s %j', async (tool, given) => {
		const text = JSON.stringify(given).replaceAll('${workspace}', site.workspace).replaceAll('${site}', site.directory);
		const args = JSON.parse(text) as Record<string, unknown>;
		const argv = [
			'explain',
			'--config',
			site.config,
			'--agent',
			'bot',
			'--format',
			'json',
			'--call',
			tool,
			'--args',
			JSON.stringify(args),
		];
		const said = (await runIn(site.directory, site.env, argv)).document() as Record<string, any>;
		const before = site.records().length;
		const read = await called(client, tool.replace('/', '__'), args);
		const record = site
			.records()
			.slice(before)
			.find(({ event }) => event === 'decided') as Record<string, any>;
		expect({
			verdict: record['decision'],
			acted: record['acted'] ?? true,
			rules: record['rules'],
			changed: ((record['changed'] ?? []) as Json[]).map(({ path, from, to }) => ({ path, from, to })),
		}).toEqual({
			verdict: said['verdict'],
			acted: said['acted'],
			rules: said['rules'].map(({ id }: { id: string }) => id),
			changed: said['changes'].map(({ path, from, to }: Json) => ({ path, from, to })),
		});
		const reads = said['agent_reads'];
		if (reads.kind === 'output') expect(read.join('\n')).not.toMatch(/policy/i);
		// How long the person took, and how often the agent tried, are not `explain`'s to know.
		else expect(plain(read[0])).toBe(plain(reads.kind === 'question' ? reads.otherwise : reads.text));
	});
});

type Json = Record<string, unknown>;

function plain(text = ''): string {
	return text.replace(/in \d+s/, '').replace(/^Blocked again \(2\)\.[^\n]*/, 'BLOCKED by policy. Nothing ran.');
}

/** The texts of a result, or the error as `explain` shows it. */
async function called(client: Client, name: string, args: Record<string, unknown>): Promise<string[]> {
	try {
		const { content } = await client.callTool({ name, arguments: args });
		return (content as { text?: string }[]).flatMap(({ text }) => text ?? []);
	} catch (error) {
		const { code, message } = error as { code: number; message: string };
		return [`error ${code}: ${message.replace(/^MCP error -?\d+: /, '')}`];
	}
}
