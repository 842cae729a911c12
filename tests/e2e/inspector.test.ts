// The MCP Inspector's command line lists and calls through the kernel, as it does directly.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { makeSite, runArguments, serverEntry } from '../support/kernel-process.ts';

const run = promisify(execFile);
const folder = (path: string) => fileURLToPath(new URL(`../inspector/${path}`, import.meta.url));
const node24 = folder('node_modules/node/bin/node');
const inspector = folder('node_modules/.bin/mcp-inspector');

const site = makeSite({
	drivers: {
		everything: { command: process.execPath, args: [serverEntry('everything')] },
		memory: {
			command: process.execPath,
			args: [serverEntry('memory')],
			env: { MEMORY_FILE_PATH: '${tmp}/trapgate-inspector-memory.jsonl' },
		},
	},
	defaults: { tool: 'allow', other: 'allow' },
});
afterAll(() => site.remove());

/** Runs the Inspector against a stdio server; resolves with what it printed, parsed. */
async function inspect(command: readonly string[], ...options: string[]): Promise<any> {
	const { stdout } = await run(node24, [inspector, '--cli', ...options, '--', ...command], {
		env: site.env,
		maxBuffer: 1 << 24,
	});
	return JSON.parse(stdout);
}

const direct = [process.execPath, serverEntry('everything')];
const through = [process.execPath, ...runArguments(site, '--log-level', 'silent')];

describe('the Inspector', () => {
	test('lists the same tools', async () => {
		const [mine, theirs] = await Promise.all([
			inspect(through, '--method', 'tools/list'),
			inspect(direct, '--method', 'tools/list'),
		]);
		const everything = mine.tools.filter((tool: { name: string }) => tool.name.startsWith('everything__'));
		expect(everything).toEqual(
			theirs.tools.map((tool: { name: string }) => ({ ...tool, name: `everything__${tool.name}` })),
		);
		expect(mine.tools.length).toBeGreaterThan(everything.length);
	});

	test('calls a tool with the same result', async () => {
		const call = (name: string) => ['--method', 'tools/call', '--tool-name', name, '--tool-arg', 'message=hi'];
		expect(await inspect(through, ...call('everything__echo'))).toEqual(await inspect(direct, ...call('echo')));
	});

	test('is told about a tool that is not there as by any server', async () => {
		const call = inspect(through, '--method', 'tools/call', '--tool-name', 'everything__nothing');
		await expect(call).rejects.toThrow();
	});
});
