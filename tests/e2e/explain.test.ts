// What `explain` says an agent would read is what the kernel sends when the agent makes the call.
import { execFileSync } from 'node:child_process';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectThrough, main, makeSite, type Site, serverEntry } from '../support/kernel-process.ts';
import { ringTrouble } from '../support/ring.ts';

const rules = [
	{ id: 'allow-shell', match: { tool: 'shell/run' }, then: 'allow' },
	{
		id: 'no-force',
		match: { command: 'git push', facts: { force: true } },
		then: 'deny',
		reason: 'It rewrites.',
		instead: 'open a pull request',
	},
	{ id: 'plain', match: { command: 'printf' }, then: { rewrite: { program: 'echo' } }, reason: 'Plain is better.' },
	{
		id: 'short',
		match: { tool: 'shell/run' },
		then: { narrow: { params: { timeoutMs: { max: 9000 } } } },
		reason: 'Long ones belong to the user.',
	},
	{ id: 'ask-about', match: { command: 'env' }, then: 'ask', reason: 'It may hold secrets.', instead: 'printenv HOME' },
	{ id: 'read', match: { tool: 'memory/read_graph' }, then: 'allow' },
	{ id: 'gone', match: { tool: 'memory/delete_*' }, then: 'hide', reason: 'People delete.', instead: 'ask' },
];

let site: Site;
let client: Client;
const asked: string[] = [];
const answers: string[] = [];
beforeAll(async () => {
	site = makeSite({});
	site.configure({
		workspace: site.workspace,
		drivers: { shell: { builtin: 'shell' }, memory: { command: process.execPath, args: [serverEntry('memory')] } },
		ask: { channels: ['elicitation'] },
		rules,
	});
	client = await connectThrough(site, {
		args: ['--agent', 'bot'],
		capabilities: { elicitation: {} },
		prepare: (made) =>
			made.setRequestHandler(ElicitRequestSchema, ({ params }) => {
				asked.push(params.message);
				return { action: (answers.shift() ?? 'cancel') as 'accept' };
			}),
	});
});
afterAll(async () => {
	await client.close();
	site.remove();
});

interface Reads {
	readonly kind: string;
	readonly text?: string;
	readonly otherwise?: string;
	readonly approved?: Reads;
}

function explained(...argv: readonly string[]): Reads {
	return explainedAt(site, ...argv);
}

function explainedAt({ config, env }: Site, ...argv: readonly string[]): Reads {
	const args = [main, 'explain', '--config', config, '--agent', 'bot', '--format', 'json', ...argv];
	return JSON.parse(execFileSync(process.execPath, args, { env, encoding: 'utf8' })).agent_reads;
}

/** The texts of a result, or the error as `explain` shows it. */
async function called(name: string, args: Record<string, unknown>): Promise<string[]> {
	try {
		const { content } = await client.callTool({ name, arguments: args });
		return (content as { text?: string }[]).flatMap(({ text }) => text ?? []);
	} catch (error) {
		const { code, message } = error as { code: number; message: string };
		return [`error ${code}: ${message.replace(/^MCP error -?\d+: /, '')}`];
	}
}

test.each([
	['a denial', 'git push --force origin main', 'refusal'],
	['a rewrite', 'printf hello', 'notice'],
	// Where the runtime ring holds it runs there.
	['a doubt', '$CMD x', ringTrouble() === undefined ? 'notice' : 'refusal'],
])('%s', async (_, command, kind) => {
	const reads = explained(command);
	expect(reads.kind).toBe(kind);
	expect((await called('shell__run', { command }))[0]).toBe(reads.text);
});

test('what is let through as it is, or changed by a bound alone, brings nothing of ours', async () => {
	expect(explained('true')).toEqual({ kind: 'output' });
	expect((await called('shell__run', { command: 'echo one' })).join('')).not.toContain('[policy]');
});

test.each(['memory/delete_entities', 'memory/create_entities', 'memory/no_such_tool'])(
	'%s does not exist',
	async (tool) => {
		const reads = explained('--call', tool);
		expect(reads.kind).toBe('refusal');
		expect(await called(tool.replace('/', '__'), {})).toEqual([reads.text]);
	},
);

test('a question to a person, and what the agent reads before and after', async () => {
	const reads = explained('env');
	answers.push('cancel', 'accept');
	const [unanswered = ''] = await called('shell__run', { command: 'env' });
	expect(asked.at(-1)).toBe(reads.text);
	// How long the person took is all that differs.
	expect(unanswered.replace(/in \d+s/, '')).toBe(reads.otherwise?.replace(/in \d+s/, ''));
	expect(reads.approved).toEqual({ kind: 'output' });
	expect((await called('shell__run', { command: 'env' })).join('')).toContain('PATH=');
});

test('what governs the agent is refused in the same words', async () => {
	const args = { query: site.config };
	const reads = explained('--call', 'memory/read_graph', '--args', JSON.stringify(args));
	expect(reads.text).toContain('kernel/protected-files');
	expect(await called('memory__read_graph', args)).toEqual([reads.text]);
});

test('in a mode that only warns, the warning', async () => {
	const watched = makeSite({});
	watched.configure({
		mode: 'warn',
		workspace: watched.workspace,
		drivers: { shell: { builtin: 'shell' } },
		rules: rules.slice(0, 3),
	});
	const watching = await connectThrough(watched, { args: ['--agent', 'bot'] });
	try {
		for (const command of ['git push --force nowhere x', 'printf hello']) {
			const reads = explainedAt(watched, command);
			expect(reads.kind).toBe('notice');
			const { content } = await watching.callTool({ name: 'shell__run', arguments: { command } });
			expect((content as { text: string }[])[0]?.text).toBe(reads.text);
		}
	} finally {
		await watching.close();
		watched.remove();
	}
});
