// Through the whole kernel: what a command starts is judged, asked about and recorded like a call, and a confined server sees its part only.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../drivers/support/until.ts';
import { connectThrough, makeSite } from '../support/kernel-process.ts';
import { ringTrouble } from '../support/ring.ts';

const entry = fileURLToPath(new URL('../../node_modules/mcp-server-commands/build/index.js', import.meta.url));
const site = makeSite({});
const secret = join(site.directory, 'secret');
const trouble = ringTrouble();
const absent = ['.vscode', '.mcp.json', '.git'];

const rules = [
	{ id: 'allow-all', match: { tool: '*' }, then: 'allow' },
	{ id: 'no-perl', match: { command: 'perl' }, then: 'deny', reason: 'Not here.', instead: 'node' },
	{
		id: 'gently',
		match: { command: 'seq' },
		except: { under: 'nice' },
		then: { rewrite: { prepend: ['nice'] } },
		reason: 'It is long.',
	},
	{ id: 'ask-od', match: { command: 'od' }, then: 'ask', reason: 'It shows bytes.', instead: 'cat' },
	{ id: 'no-network', match: { tool: 'runner/*' }, then: { sandbox: { network: 'none' } }, reason: 'Nothing leaves.' },
];

let client: Client;
const asked: string[] = [];
const answers: string[] = [];

beforeAll(async () => {
	if (trouble !== undefined) return;
	writeFileSync(secret, 'secret\n');
	site.configure({
		workspace: site.workspace,
		drivers: {
			shell: { builtin: 'shell' },
			runner: {
				command: process.execPath,
				args: [entry],
				sandbox: { read: ['${workspace}', join(entry, '../../..')], write: ['${workspace}'] },
			},
		},
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
	await client?.close();
	site.remove();
});

/** The text of the answer, and the records of the log that came with it. */
async function run(command: string, tool = 'shell__run') {
	const before = site.records().length;
	const { content } = await client.callTool({ name: tool, arguments: { command } });
	const text = (content as { text?: string }[]).map((one) => one.text ?? '').join('\n');
	return { text, records: site.records().slice(before) };
}

describe.runIf(trouble === undefined)('what a command starts', () => {
	test('is refused in the words of a blocked call, and the log tells who started it', async () => {
		writeFileSync(join(site.workspace, 'Makefile'), "all:\n\t@perl -e 'print 1'\n");
		const { text, records } = await run('make');
		expect(text).toContain('BLOCKED by policy. Nothing ran.\nCall:    /usr/bin/perl');
		expect(text).toContain('Rule:    no-perl\nWhy:     Not here.\nInstead: node');
		const [call, trap, done] = records;
		expect(call).toMatchObject({ event: 'decided', decision: 'allowed', tool: 'shell/run' });
		expect(trap).toMatchObject({
			event: 'decided',
			decision: 'denied',
			final: true,
			parent: call?.['id'],
			rules: ['no-perl'],
		});
		expect(done).toMatchObject({ event: 'completed', id: call?.['id'] });
		expect(records).toHaveLength(3);
	});

	test('runs in its new words, recorded before and after', async () => {
		writeFileSync(join(site.workspace, 'count.sh'), 'seq 3\n');
		const { text, records } = await run('sh count.sh; echo "code $?"');
		expect(text).toContain('1\n2\n3\ncode 0');
		const [call, decided, completed] = records;
		expect(decided).toMatchObject({
			event: 'decided',
			decision: 'rewritten',
			parent: call?.['id'],
			changed: [{ to: ['nice', 'seq', '3'] }],
		});
		expect(completed).toMatchObject({ event: 'completed', id: decided?.['id'], result: { exit: 0 } });
	});

	test('is asked about, once, where its text did not say it', async () => {
		writeFileSync(join(site.workspace, 'show.sh'), 'echo A | od -An -tx1\n');
		answers.push('accept');
		expect((await run('sh show.sh')).text).toContain('41 0a');
		expect(asked.at(-1)).toContain('od -An -tx1');
		answers.push('decline');
		expect((await run('sh show.sh')).text).toContain('declined');
		answers.push('accept');
		const before = asked.length;
		expect((await run('echo B | od -An -tx1')).text).toContain('42 0a');
		expect(asked.length).toBe(before + 1);
	});

	test('nobody can read from the text runs all the same, and is judged when it runs', async () => {
		writeFileSync(join(site.workspace, 'name'), 'perl\n');
		const { text, records } = await run('$(cat name) -e 1; echo "code $?"');
		expect(text).toContain('Ran inside the sandbox');
		expect(text).toContain('code 126');
		expect(records[0]).toMatchObject({ decision: 'contained' });
		expect(records[1]).toMatchObject({ decision: 'denied', rules: ['no-perl'] });
	});

	test('reaches nothing that governs the agent', async () => {
		const { text } = await run(
			`cat ${site.config} ${site.audit}/*/* ${secret}; echo x >> ${site.config}; mkdir .vscode .git; echo x > .mcp.json; ls -A`,
		);
		expect(text).not.toContain('secret\n');
		expect(text).not.toContain('no-perl');
		expect(readFileSync(site.config, 'utf8')).not.toMatch(/^x/m);
		// Where there was nothing, an empty folder stands while anything runs that could write there.
		for (const name of absent) expect(readdirSync(join(site.workspace, name))).toEqual([]);
	});
});

describe.runIf(trouble === undefined)('a server in a sandbox', () => {
	test('works in its workspace', async () => {
		expect((await run('echo one > from-server; cat from-server', 'runner__run_command')).text).toContain('one');
		expect(readFileSync(join(site.workspace, 'from-server'), 'utf8')).toBe('one\n');
	});

	test('sees nothing else, and no network', async () => {
		const { text } = await run(`cat ${secret}; cat < /dev/tcp/127.0.0.1/9; ls /home`, 'runner__run_command');
		expect(text).toContain('No such file or directory');
		expect(text).not.toContain('secret\n');
	});

	test('traps, with the driver as the one that started it', async () => {
		const { text, records } = await run('make', 'runner__run_command');
		expect(text).toContain('BLOCKED by policy');
		expect(records).toContainEqual(
			expect.objectContaining({ event: 'decided', decision: 'denied', parent: 'driver:runner', tool: 'runner/exec' }),
		);
	});
});

test.runIf(trouble === undefined)('nothing of it is left in the workspace', async () => {
	await client.close();
	await until(
		'the kernel takes away what it held',
		() => !absent.some((name) => existsSync(join(site.workspace, name))),
	);
});
