// A server from npm that runs commands: rules about commands hold for its tool as they do for the built-in shell.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectThrough, makeSite } from '../support/kernel-process.ts';

const entry = fileURLToPath(new URL('../../node_modules/mcp-server-commands/build/index.js', import.meta.url));
const site = makeSite({});
const programs = join(site.directory, 'bin');
const pushed = join(site.directory, 'pushed');

/** Programs that say how they were started. The kernel reads the text; what stands behind a name is their affair. */
const stubs = {
	uv: '#!/bin/sh\nshift\nSTARTED_BY=uv exec "$@"\n',
	python3: '#!/bin/sh\necho "python3 started by ${STARTED_BY:-nobody}: $*"\n',
	git: `#!/bin/sh\ncase "$*" in *push*) touch ${pushed};; esac\necho "git: $*"\n`,
};

let client: Client;

beforeAll(async () => {
	mkdirSync(programs);
	for (const [name, text] of Object.entries(stubs)) {
		writeFileSync(join(programs, name), text);
		chmodSync(join(programs, name), 0o755);
	}
	site.configure({
		workspace: site.workspace,
		drivers: {
			runner: {
				command: process.execPath,
				args: [entry],
				env: { PATH: `${programs}:${process.env['PATH']}` },
				commands: { run_command: '/command' },
			},
		},
		policies: ['pack:python-uv', 'pack:git-safety'],
		rules: [{ id: 'allow-runner', match: { tool: 'runner/run_command' }, then: 'allow' }],
	});
	client = await connectThrough(site);
});

afterAll(async () => {
	await client?.close();
	site.remove();
});

interface Answer {
	readonly text: string;
	/** The kernel says that it changed the call. */
	readonly notice: boolean;
	readonly isError: boolean;
}

async function run(command: string, more: Record<string, string> = {}): Promise<Answer> {
	const { content, isError } = await client.callTool({
		name: 'runner__run_command',
		arguments: { command, workdir: site.workspace, ...more },
	});
	const texts = (content as { text?: string }[]).map((part) => part.text ?? '');
	// What the kernel says about a change stands before what the server said.
	const output = texts.filter((text) => !text.startsWith('[policy] '));
	return { text: output.join(''), notice: texts.length > output.length, isError: isError === true };
}

describe('what reaches the server', () => {
	test.each([
		['python3 -c "print(6 * 7)"', 'python3 started by uv: -c print(6 * 7)\n', true],
		['bash -c \'python3 app.py "$1"\' _ "a b"', 'python3 started by uv: app.py a b\n', true],
		['uv run python3 app.py', 'python3 started by uv: app.py\n', false],
		['git status --short', 'git: status --short\n', false],
		['echo "python3 app.py"', 'python3 app.py\n', false],
	])('%s', async (command, text, notice) => {
		expect(await run(command)).toEqual({ text, notice, isError: false });
	});
});

describe('what does not reach it', () => {
	test.each([
		['git push -f', 'no-force-push'],
		['git status && git -C . push origin +topic', 'no-force-push'],
		['git push origin main', 'no-push-to-protected'],
		['pip install requests', 'no-pip-install'],
	])('%s', async (command, rule) => {
		const { text, isError } = await run(command);
		expect(isError).toBe(true);
		expect(text).toMatch(/^blocked/i);
		expect(text).toContain(rule);
		expect(existsSync(pushed)).toBe(false);
	});

	test('a text that the server would get from an argument nobody reads', async () => {
		const { text, isError } = await run('bash', { stdin: 'git push -f' });
		expect([text, isError]).toEqual([expect.stringMatching(/^blocked/i), true]);
		expect(existsSync(pushed)).toBe(false);
	});
});

test('its prompt of the same name, which runs the command it is given, is not there', async () => {
	expect((await client.listPrompts()).prompts).toEqual([]);
	const asked = client.getPrompt({ name: 'runner__run_command', arguments: { command: `touch ${pushed}` } });
	await expect(asked).rejects.toThrow(/unknown prompt/i);
	expect(existsSync(pushed)).toBe(false);
});

test('the log has the text as it was asked for and as it ran', async () => {
	await run('python3 logged.py');
	const decided = site.records().filter((record) => record['event'] === 'decided');
	const texts = JSON.stringify(decided);
	expect(texts).toContain('"python3 logged.py"');
	expect(texts).toContain('"uv run python3 logged.py"');
});
