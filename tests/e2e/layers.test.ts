// Layers add up: what a user or a pack forbids, a root file can not open; defaults meet at the strictest.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { makeSite, runArguments, type Site } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';

const server = fileURLToPath(new URL('../fixtures/servers/unusual.mjs', import.meta.url));
const drivers = { unusual: { command: process.execPath, args: [server] } };
const open: { site: Site; client: RawClient }[] = [];
afterEach(async () => {
	for (const { site, client } of open.splice(0)) {
		await client.end();
		site.remove();
	}
});

async function toolsWith(config: object, user?: object): Promise<{ names: string[]; stderr: string }> {
	const site = makeSite({ drivers, ...config });
	const directory = join(site.env['XDG_CONFIG_HOME'] ?? '', 'trapgate');
	mkdirSync(directory, { recursive: true });
	if (user !== undefined) writeFileSync(join(directory, 'mine.yaml'), stringify({ version: 1, name: 'mine', ...user }));
	const client = new RawClient([process.execPath, ...runArguments(site)], site.env);
	open.push({ site, client });
	await client.initialize();
	const listed = await client.request(1, 'tools/list');
	return { names: (listed['result'].tools as { name: string }[]).map((tool) => tool.name), stderr: client.stderr };
}

const hide = { id: 'no-second', match: { tool: 'unusual/second-page' }, then: 'hide', reason: 'r', instead: 'i' };
const all = ['unusual__unusual', 'unusual__second-page'];

test('without layers the root file decides', async () => {
	expect((await toolsWith({ defaults: { tool: 'allow' } })).names).toEqual(all);
});

test("a rule of the user's holds for every project", async () => {
	expect((await toolsWith({ defaults: { tool: 'allow' } }, { rules: [hide] })).names).toEqual(['unusual__unusual']);
});

test('a root file can not waive it', async () => {
	const waivers = [{ rule: 'no-second', match: { tool: '*' }, until: '2999-12-31', approved_by: 'me' }];
	const { names } = await toolsWith({ defaults: { tool: 'allow' }, waivers }, { rules: [hide] });
	expect(names).toEqual(['unusual__unusual']);
});

test('an allow of the root file does not beat it', async () => {
	const allow = { id: 'all', match: { tool: 'unusual/*' }, then: 'allow' };
	expect((await toolsWith({ rules: [allow] }, { rules: [hide] })).names).toEqual(['unusual__unusual']);
});

test('where defaults meet, the strictest holds', async () => {
	expect((await toolsWith({ defaults: { tool: 'allow' } }, { defaults: { tool: 'deny' }, rules: [] })).names).toEqual(
		[],
	);
});

test("a user's rule may be stricter than the mode of the root file", async () => {
	const { names } = await toolsWith({ mode: 'observe' }, { rules: [{ ...hide, mode: 'enforce' }] });
	expect(names).toEqual(['unusual__unusual']);
});
