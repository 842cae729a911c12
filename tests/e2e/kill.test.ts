// SIGKILL at any moment, to anybody: no orphan, and a log that says what it does not know.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { main, makeSite, runArguments, type Site } from '../support/kernel-process.ts';
import { processesWith, until, untilGone } from '../support/processes.ts';
import { RawClient } from '../support/raw-client.ts';

const run = promisify(execFile);
const server = fileURLToPath(new URL('../fixtures/servers/deaf.mjs', import.meta.url));
const sites: Site[] = [];
afterEach(() => {
	for (const site of sites.splice(0)) site.remove();
});

/** A site whose drivers and commands carry a mark that nothing else on this machine has. */
function markedSite(): { site: Site; mark: string } {
	const mark = `mark-${randomBytes(8).toString('hex')}`;
	const site = makeSite({
		drivers: {
			stubborn: { command: process.execPath, args: [server, mark], env: { TEST_MARK: mark } },
			other: { command: process.execPath, args: [server, mark], env: { TEST_MARK: mark } },
			shell: { builtin: 'shell', env: { TEST_MARK: mark } },
		},
		defaults: { tool: 'allow' },
	});
	sites.push(site);
	return { site, mark };
}

async function start(site: Site): Promise<RawClient> {
	const client = new RawClient([process.execPath, ...runArguments(site)], site.env);
	await client.initialize();
	return client;
}

async function verify(site: Site): Promise<{ code: number; report: any }> {
	const { stdout, code } = await run(
		process.execPath,
		[main, 'audit', 'verify', '--config', site.config, '--format', 'json'],
		{ env: site.env },
	)
		.then((done) => ({ ...done, code: 0 }))
		.catch((failed: { stdout: string; code: number }) => failed);
	return { code, report: JSON.parse(stdout) };
}

const callText = (id: string, name: string, args: object) =>
	JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } });

describe('the kernel is killed', () => {
	test('with drivers idle, a command running in the background and a call in flight', async () => {
		const { site, mark } = markedSite();
		const client = await start(site);
		client.send(callText('hang', 'stubborn__hang', {}));
		client.send(callText('sleep', 'shell__run', { command: 'setsid sleep 6000 & sleep 6001' }));
		await until(
			() => processesWith(mark).length >= 6,
			() => JSON.stringify(processesWith(mark)),
		);
		await client.kill();
		await untilGone(mark);
		const { report, code } = await verify(site);
		expect(code).toBe(0);
		expect(JSON.stringify(report)).toMatch(/interrupted/);
	});

	test('at a dozen moments while it starts and serves: no orphan, and verify is content', async () => {
		const { site, mark } = markedSite();
		// How long a start takes on this machine today; the moments are fractions of that.
		const startedAt = performance.now();
		const whole = await start(site);
		const wholeMs = performance.now() - startedAt;
		await whole.end();
		for (let step = 1; step <= 12; step++) {
			const afterMs = (wholeMs * step) / 10;
			const client = new RawClient([process.execPath, ...runArguments(site)], site.env);
			const busy = client.initialize().then(async () => {
				for (let call = 0; ; call++)
					await client.request(`c${call}`, 'tools/call', { name: 'stubborn__echo', arguments: { call } });
			});
			const ended = expect(busy).rejects.toThrow();
			await new Promise((resolve) => setTimeout(resolve, afterMs));
			await client.kill();
			await ended;
			await untilGone(mark);
		}
		const verified = await verify(site);
		expect(verified, JSON.stringify(verified.report)).toMatchObject({ code: 0 });
		const client = await start(site);
		expect(
			(await client.request(1, 'tools/call', { name: 'other__echo', arguments: { a: 1 } }))['result'].content[0].text,
		).toBe('{"a":1}');
		expect(await client.end()).toBe(0);
		expect((await verify(site)).code).toBe(0);
	}, 180_000);
});

test('a driver is killed: its call is answered with an error, others go on, and it comes back', async () => {
	const { site, mark } = markedSite();
	const client = await start(site);
	const first = await client.request(1, 'tools/call', { name: 'stubborn__pid' });
	expect(first, client.stderr).toHaveProperty('result');
	const pid = Number(first['result'].content[0].text);
	const hanging = client.request('hang', 'tools/call', { name: 'stubborn__hang' });
	await until(
		() => site.records().some((record) => record['tool'] === 'stubborn/hang'),
		() => 'no record of the call',
	);
	process.kill(pid, 'SIGKILL');
	expect((await hanging)['error'].message).toMatch(/ended by signal SIGKILL/);
	expect(
		(await client.request(2, 'tools/call', { name: 'other__echo', arguments: { on: true } }))['result'].content[0].text,
	).toBe('{"on":true}');
	await client.line((line) => line.includes('notifications/tools/list_changed'));
	await until(
		() =>
			site
				.records()
				.filter((record) => record['event'] === 'driver' && record['driver'] === 'stubborn' && record['state'] === 'up')
				.length >= 2,
		() => 'the driver did not come back',
	);
	const again = await client.request(3, 'tools/call', { name: 'stubborn__pid' });
	expect(Number(again['result'].content[0].text)).not.toBe(pid);
	expect(await client.end()).toBe(0);
	await untilGone(mark);
});

test('the client vanishes mid-call: the kernel ends everything and itself, and the log is whole', async () => {
	const { site, mark } = markedSite();
	const client = await start(site);
	client.send(callText('hang', 'stubborn__hang', {}));
	client.send(callText('sleep', 'shell__run', { command: 'sleep 6000' }));
	await until(
		() => site.records().some((record) => record['tool'] === 'shell/run'),
		() => 'no record of the call',
	);
	expect(await client.end()).toBe(0);
	expect(processesWith(mark)).toEqual([]);
	const { code } = await verify(site);
	expect(code).toBe(0);
	expect(site.records().at(-2)?.['event']).toBe('closed');
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends it in order', async (signal) => {
	const { site, mark } = markedSite();
	const client = await start(site);
	await client.kill(signal);
	await untilGone(mark);
	expect(site.records().some((record) => record['event'] === 'closed')).toBe(true);
});
