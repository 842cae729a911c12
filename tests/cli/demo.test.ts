// `trapgate demo`, as `npm start` runs it: every expectation holds, nothing is left behind, and the lines it prints are right.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientLines } from '../../src/cli/clients.ts';
import { scenes } from '../../src/cli/demo/scenes.ts';
import { main } from '../support/kernel-process.ts';
import { makePlace, type Place } from './support.ts';

let place: Place;
let tmp: string;
beforeAll(() => {
	place = makePlace();
	tmp = join(place.directory, '../tmp');
	mkdirSync(tmp);
});
afterAll(() => place.remove());

function demo(program = main) {
	return spawnSync(process.execPath, [program, 'demo'], {
		cwd: place.directory,
		env: { ...place.env, TMPDIR: tmp },
		encoding: 'utf8',
		timeout: 60_000,
	});
}

/** What may differ from run to run: the directory's name, the time, the hash of the log's head. */
const settled = (text: string) =>
	text
		.replace(/trapgate-demo-\w+/g, 'trapgate-demo-X')
		.replace(/\b\d\d:\d\d:\d\d\b/g, 'TT:TT:TT')
		.replace(/^TT:TT:TT {2}(UP|DOWN) .*\n/gm, '')
		.replace(/head [0-9a-f]{8}; last copied checkpoint \d+s ago/, 'head H');

test('two runs print the same, hold every expectation, and leave nothing behind', () => {
	const first = demo();
	expect(first.stderr).toBe('');
	expect(first.status).toBe(0);
	expect(first.stdout).toMatch(/\nEvery call came out as the policy says\.\n$/);
	for (const { title } of scenes('/demo/workspace')) expect(first.stdout).toContain(title);
	for (const word of ['ALLOW', 'NARROW', 'REWRITE', 'ASK', 'DENY', 'HIDE'])
		expect(first.stdout).toMatch(new RegExp(`^ ?\\d+ {2}${word}`, 'm'));
	expect(first.stdout).not.toContain('this is not what should have happened');
	expect(first.stdout).not.toContain('82000');
	expect(first.stdout).toMatch(/\nok {2}\d+ records, 1 run, 2 checkpoints/);
	expect(settled(demo().stdout)).toBe(settled(first.stdout));
	expect(readdirSync(tmp)).toEqual([]);
	expect(readdirSync(dirname(place.directory)).sort()).toEqual(['tmp', 'work']);
});

test('without the filesystem server it says what to install', () => {
	const copy = join(place.directory, 'installation');
	const root = join(dirname(main), '../..');
	cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
	cpSync(join(root, 'package.json'), join(copy, 'package.json'));
	const { status, stderr } = demo(join(copy, 'dist/cli/main.js'));
	expect(stderr).toContain('error[D101]: the demo needs the MCP server `@modelcontextprotocol/server-filesystem`');
	expect(stderr).toContain('npm install @modelcontextprotocol/server-filesystem');
	expect(status).toBe(4);
});

describe('the lines for clients', () => {
	const command = { node: '/usr/bin/node', main: '/opt/trap "gate"/main.js', config: '/home/dana/trapgate.yaml' };
	const args = (agent: string) => [command.main, 'run', '--config', command.config, '--agent', agent];
	const lines = new Map(clientLines(command).map((one) => [one.client, one]));
	const parsed = (client: string) => JSON.parse(lines.get(client)?.lines.join('\n') ?? '');

	test.each([
		['Claude Code', '.mcp.json', 'claude-code'],
		['Cursor', '.cursor/mcp.json', 'cursor'],
		['Gemini CLI', '.gemini/settings.json', 'gemini'],
	])('%s', (client, file, agent) => {
		expect(lines.get(client)?.file).toBe(file);
		expect(parsed(client)).toEqual({ mcpServers: { trapgate: { command: command.node, args: args(agent) } } });
	});

	test('VS Code', () => {
		expect(lines.get('VS Code')?.file).toBe('.vscode/mcp.json');
		expect(parsed('VS Code')).toEqual({
			servers: { trapgate: { type: 'stdio', command: command.node, args: args('vscode') } },
		});
	});

	test('Codex', () => {
		const { file, lines: toml = [] } = lines.get('Codex') ?? {};
		expect(file).toBe('~/.codex/config.toml');
		expect(toml).toEqual([
			'[mcp_servers.trapgate]',
			'command = "/usr/bin/node"',
			'args = ["/opt/trap \\"gate\\"/main.js", "run", "--config", "/home/dana/trapgate.yaml", "--agent", "codex"]',
		]);
	});
});
