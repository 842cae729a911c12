// Two kernels at work in one workspace: what guards it for one is never taken away by the end of the other.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, describe, expect, test } from 'vitest';
import { until } from '../drivers/support/until.ts';
import { connectThrough, makeSite } from '../support/kernel-process.ts';
import { ringTrouble } from '../support/ring.ts';

const site = makeSite({});
afterAll(() => site.remove());

const attempts = `
mkdir -p .git/hooks .vscode .mcp.json; echo x > .git/hooks/pre-commit; echo x > .git/config; echo x > .git/HEAD; echo x > .mcp.json
echo x > .vscode/settings.json; rmdir .git .vscode .mcp.json; mv .git .gone; ls -A`;

async function run(client: Client, command: string): Promise<string> {
	const { content } = await client.callTool({ name: 'shell__run', arguments: { command } });
	return (content as { text?: string }[]).map(({ text }) => text ?? '').join('\n');
}

/** Goes on when the file is there. */
const waitFor = (name: string) => `until [ -e ${name} ]; do sleep 0.05; done`;

describe.runIf(ringTrouble() === undefined)('two kernels in one workspace', () => {
	test('guard it together: the first ends while the second works, and nothing is left by either', {
		timeout: 60_000,
	}, async () => {
		site.configure({
			workspace: site.workspace,
			drivers: { shell: { builtin: 'shell', sandbox: { write: ['${workspace}'] } } },
			rules: [{ id: 'allow-all', match: { tool: '*' }, then: 'allow' }],
		});
		const at = (name: string) => join(site.workspace, name);
		const [first, second] = [await connectThrough(site), await connectThrough(site)];
		const early = run(first, `touch first; ${waitFor('go-first')}; ${attempts}`);
		await until('the first runs', () => existsSync(at('first')));
		const late = run(second, `touch second; ${waitFor('go-second')}; ${attempts}`);
		await until('the second runs', () => existsSync(at('second')));
		writeFileSync(at('go-first'), '');
		await early;
		await first.close();
		writeFileSync(at('go-second'), '');
		const listed = await late;
		for (const name of ['.git', '.vscode', '.mcp.json']) expect(listed).toContain(name);
		await second.close();
		expect(readdirSync(site.workspace).sort()).toEqual(['first', 'go-first', 'go-second', 'second']);
	});
});
