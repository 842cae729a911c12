// Hot reload: a good edit takes effect without a restart; a broken or untrusted one never loosens anything.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { hashFiles, TrustStore } from '../../src/kernel/trust.ts';
import { main, makeSite, runArguments, type Site } from '../support/kernel-process.ts';
import { until } from '../support/processes.ts';
import { RawClient } from '../support/raw-client.ts';

const run = promisify(execFile);
const server = fileURLToPath(new URL('../fixtures/servers/unusual.mjs', import.meta.url));
const drivers = { unusual: { command: process.execPath, args: [server] } };
const deny = { id: 'no-second', match: { tool: 'unusual/second-page' }, then: 'hide', reason: 'r', instead: 'i' };
const sites: Site[] = [];
const clients: RawClient[] = [];

afterEach(async () => {
	await Promise.all(clients.splice(0).map((client) => client.end()));
});
afterAll(() => {
	for (const site of sites) site.remove();
});

function newSite(config: object): Site {
	const site = makeSite({ drivers, ...config });
	sites.push(site);
	return site;
}

async function start(site: Site): Promise<RawClient> {
	const client = new RawClient([process.execPath, ...runArguments(site)], site.env);
	clients.push(client);
	await client.initialize();
	return client;
}

let next = 0;
const tools = async (client: RawClient) =>
	((await client.request(`list-${next++}`, 'tools/list'))['result'].tools as { name: string }[]).map(
		(tool) => tool.name,
	);
const reloads = (site: Site) => site.records().filter((record) => record['event'] === 'reload');

test('a good edit takes effect and is announced; a broken one keeps the last good revision and says so; a repaired one works', async () => {
	const site = newSite({ defaults: { tool: 'allow' } });
	const client = await start(site);
	expect(await tools(client)).toEqual(['unusual__unusual', 'unusual__second-page']);

	site.configure({ drivers, defaults: { tool: 'allow' }, rules: [deny] });
	await client.line((line) => line.includes('notifications/tools/list_changed'));
	expect(await tools(client)).toEqual(['unusual__unusual']);

	writeFileSync(site.config, 'version: 1\nrules: [ {{{');
	await until(
		() => reloads(site).length === 2,
		() => JSON.stringify(reloads(site)),
	);
	expect(reloads(site)[1]).toMatchObject({ accepted: false });
	expect(client.stderr).toMatch(/last good revision stays in force/);
	expect(await tools(client)).toEqual(['unusual__unusual']);

	site.configure({ drivers, defaults: { tool: 'allow' } });
	await until(
		() => reloads(site).length === 3,
		() => JSON.stringify(reloads(site)),
	);
	expect(await tools(client)).toEqual(['unusual__unusual', 'unusual__second-page']);
});

describe('a project that an agent can write', () => {
	/** A root file inside its own workspace, and what a person at a terminal would accept. */
	function project(config: object): { site: Site; file: string; write: (config: object) => void; trust: () => void } {
		const site = newSite({});
		const file = join(site.workspace, 'trapgate.yaml');
		let text = '';
		const write = (next: object) => {
			text = stringify({ version: 1, workspace: '.', audit: { directory: site.audit }, drivers, ...next });
			writeFileSync(file, text);
		};
		write(config);
		const trust = () =>
			new TrustStore(join(site.env['XDG_STATE_HOME'] ?? '', 'trapgate')).accept(
				file,
				hashFiles([{ path: file, text }]),
				new Date(),
			);
		return { site, file, write, trust };
	}

	test('is refused, with the command to type, until a person trusted it', async () => {
		const { site, file } = project({ defaults: { tool: 'allow' } });
		const refused = await run(process.execPath, [main, 'run', '--config', file], { env: site.env }).catch(
			(error: { code: number; stderr: string }) => error,
		);
		expect(refused).toMatchObject({ code: 3 });
		expect(refused.stderr).toContain(`trapgate trust --config ${file}`);
	});

	test('trust does not depend on where the kernel is started', async () => {
		const { site, file, trust } = project({ defaults: { tool: 'allow' } });
		trust();
		for (const cwd of [site.workspace, site.directory, '/']) {
			const client = new RawClient([process.execPath, main, 'run', '--config', file], site.env, cwd);
			clients.push(client);
			expect((await client.initialize())['result'].serverInfo.name).toBe('trapgate');
		}
	});

	test('trust needs a person at a terminal', async () => {
		const { site, file } = project({ defaults: { tool: 'allow' } });
		await expect(run(process.execPath, [main, 'trust', '--config', file], { env: site.env })).rejects.toMatchObject({
			code: 6,
		});
	});

	test.each([
		['moves the workspace elsewhere', { workspace: './below' }],
		['names no workspace any more', { workspace: undefined }],
	])('an edit that %s is still the edit of a project', async (_, where) => {
		const { site, file, write, trust } = project({ defaults: { tool: 'allow' }, rules: [deny] });
		trust();
		const client = new RawClient([process.execPath, main, 'run', '--config', file], site.env);
		clients.push(client);
		await client.initialize();
		write({ ...where, defaults: { tool: 'allow' }, rules: [] });
		await until(
			() => reloads(site).length === 1,
			() => client.stderr,
		);
		expect(await tools(client)).toEqual(['unusual__unusual']);

		const refused = await run(process.execPath, [main, 'run', '--config', file], { env: site.env }).catch(
			(error: { code: number; stderr: string }) => error,
		);
		expect(refused).toMatchObject({ code: 3 });
		expect(refused.stderr).toContain('changed since it was trusted');
	});

	test('an untrusted edit may tighten at once and loosen nothing', async () => {
		const { site, file, write, trust } = project({ defaults: { tool: 'allow' }, rules: [deny] });
		trust();
		const client = new RawClient([process.execPath, main, 'run', '--config', file], site.env);
		clients.push(client);
		await client.initialize();
		expect(await tools(client)).toEqual(['unusual__unusual']);

		// Loosens: the rule is gone. It stays in force.
		write({ defaults: { tool: 'allow' }, rules: [] });
		await until(
			() => reloads(site).length === 1,
			() => client.stderr,
		);
		expect(await tools(client)).toEqual(['unusual__unusual']);

		// Loosens and tightens: an allow and another hide. Only the hide takes effect.
		const tighter = { id: 'nothing', match: { tool: '*' }, then: 'hide', reason: 'r', instead: 'i' };
		write({
			mode: 'observe',
			defaults: { tool: 'allow' },
			rules: [{ id: 'all', match: { tool: 'unusual/*' }, then: 'allow' }, tighter],
		});
		await until(
			() => reloads(site).length === 2,
			() => client.stderr,
		);
		expect(await tools(client)).toEqual([]);

		// A person trusts it as it is now: all of it holds.
		write({ defaults: { tool: 'allow' }, rules: [] });
		trust();
		await until(
			() => reloads(site).length >= 3,
			() => client.stderr,
		);
		expect(await tools(client)).toEqual(['unusual__unusual', 'unusual__second-page']);
	});
});
