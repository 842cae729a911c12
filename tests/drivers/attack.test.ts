// Attacks on the promise that nothing is left behind and nobody is held up.
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Driver } from '../../src/abi/driver.ts';
import type { JsonObject } from '../../src/abi/json.ts';
import { childEnvironment } from '../../src/drivers/environment.ts';
import { Reaper } from '../../src/drivers/reaper.ts';
import { shellDriver } from '../../src/drivers/shell.ts';
import { stdioDriver } from '../../src/drivers/stdio.ts';
import { permitForTool } from '../support/permits.ts';
import { driverName, exchange, hello, recordingHost } from './support/hosts.ts';
import { childrenWith, living, pidsIn, withVariable } from './support/processes.ts';
import { until } from './support/until.ts';

const name = driverName('shell');
const mark = `attack-${process.pid}`;
const workspace = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-attack-')));
const reaper = new Reaper({ env: process.env, warn: () => undefined });
let shell: Driver;

beforeAll(async () => {
	shell = shellDriver({ name, workspace, env: { MARK: mark } }, { reaper, env: process.env });
	await shell.open(recordingHost(), hello);
});
afterAll(async () => {
	await shell.close();
	await reaper.close();
	rmSync(workspace, { recursive: true, force: true });
});

async function run(
	args: JsonObject,
): Promise<{ stdout: string; text: string; exitCode: number | null; timedOut: boolean; durationMs: number }> {
	const reply = await shell.call(permitForTool(name, 'run', args), exchange());
	const { content, structuredContent } = reply.body.value() as {
		content: { text: string }[];
		structuredContent?: object;
	};
	return {
		...(structuredContent as { stdout: string; exitCode: number; timedOut: boolean; durationMs: number }),
		text: content[0]?.text ?? '',
	};
}

const leftOver = () => withVariable('MARK', mark);

test('a command that begins with a dash is a command, never options for bash', async () => {
	expect(await run({ command: '-x' })).toMatchObject({ exitCode: 127 });
	expect((await run({ command: '--version' })).text).toContain('command not found');
	expect((await run({ command: '-i' })).text).toContain('command not found');
});

test('a tree of processes that keeps growing is ended to the last one', async () => {
	writeFileSync(
		join(workspace, 'bomb.sh'),
		'trap "" TERM\n[ "$1" -le 0 ] || { bash bomb.sh $(($1 - 1)) & bash bomb.sh $(($1 - 1)) & }\nsleep 600\nsleep 600\n',
	);
	const ran = await run({ command: 'bash bomb.sh 6', timeoutMs: 1500 });
	expect(ran.timedOut).toBe(true);
	expect(leftOver()).toEqual([]);
});

test('a process that moves on to a new pid and session all the time is caught', async () => {
	writeFileSync(join(workspace, 'hop.sh'), 'trap "" TERM\necho . >> hops\nsetsid sh hop.sh &\n');
	const ran = await run({ command: 'sh hop.sh; sleep 600', timeoutMs: 700 });
	expect(ran.timedOut).toBe(true);
	await until('it does not hop any more', () => leftOver().length === 0, 5000);
	for (let look = 0; look < 50; look += 1) expect(leftOver()).toEqual([]);
});

test('processes that restart each other when one is ended are ended', async () => {
	writeFileSync(join(workspace, 'guard.sh'), 'trap "setsid bash guard.sh & exit" TERM\nwhile :; do sleep 0.05; done\n');
	const ran = await run({ command: 'setsid bash guard.sh & sleep 0.3; echo $!' });
	expect(ran.text).toContain('still running in the background');
	expect(leftOver()).toEqual([]);
});

test('a hundred commands at once, each with a daemon, leave nothing', async () => {
	const command = `setsid sh -c 'echo $$; exec sleep 600' & sleep 0.2`;
	const all = await Promise.all(Array.from({ length: 100 }, () => run({ command })));
	const pids = all.flatMap(({ stdout }) => pidsIn(stdout));
	expect(pids).toHaveLength(100);
	expect(living(pids)).toEqual([]);
	expect(leftOver()).toEqual([]);
});

test('hundreds of commands leave no descriptor and no process behind', async () => {
	const descriptors = () => readdirSync('/proc/self/fd').length;
	await run({ command: 'true' });
	const before = descriptors();
	for (let round = 0; round < 10; round += 1) {
		await Promise.all(Array.from({ length: 20 }, () => run({ command: 'cat; exit 1', stdin: 'x' })));
	}
	await until('all descriptors are closed', () => descriptors() <= before + 2);
	expect(leftOver()).toEqual([]);
});

test('output that flows on after its reader is gone ends its writer', async () => {
	const ran = await run({ command: 'yes > >(head -n 1) & yes >&2 & sleep 0.1; exit 0' });
	expect(ran.exitCode).toBe(0);
	expect(leftOver()).toEqual([]);
});

test('closed streams do not end a command early, nor does it hang on them', async () => {
	expect(await run({ command: 'exec >&- 2>&- <&-; sleep 0.2; exit 5' })).toMatchObject({ exitCode: 5 });
});

test('a command that stops itself is ended in time', async () => {
	expect(await run({ command: 'kill -STOP $$', timeoutMs: 200 })).toMatchObject({ timedOut: true });
	expect(leftOver()).toEqual([]);
});

test('a command that can’t be started is an error in one short sentence', async () => {
	const huge = shellDriver({ name, workspace, env: { HUGE: 'x'.repeat(140_000) } }, { reaper, env: process.env });
	await huge.open(recordingHost(), hello);
	const reply = await huge.call(permitForTool(name, 'run', { command: 'true' }), exchange());
	expect(reply.body.value()).toMatchObject({ isError: true });
	expect(reply.body.text).toContain('E2BIG');
	expect(reply.body.text.length).toBeLessThan(300);
	await huge.close();
});

test('a server that never reads its input is closed in time', async () => {
	const script = `process.stdout.write(JSON.stringify({jsonrpc:'2.0',id:1,result:{protocolVersion:'2025-11-25',capabilities:{},serverInfo:{name:'deaf',version:'1'}}})+'\\n'); setInterval(() => 0, 1e6)`;
	const deaf = stdioDriver(
		{ name, command: process.execPath, args: ['-e', script], cwd: workspace, env: { MARK: mark } },
		{ reaper, env: process.env },
	);
	await deaf.open(recordingHost(), hello);
	const calls = [1, 2, 3].map(() =>
		deaf.call(permitForTool(name, 'echo', { text: 'x'.repeat(1_000_000) }), exchange()),
	);
	const began = performance.now();
	await deaf.close();
	expect(performance.now() - began).toBeLessThan(2500);
	for (const reply of await Promise.all(calls)) expect(reply.ok).toBe(false);
	expect(leftOver()).toEqual([]);
});

test('a watcher that is killed again and again costs nobody anything', async () => {
	const own = new Reaper({ env: process.env, warn: () => undefined });
	const env = { ...childEnvironment(process.env), MARK: mark };
	let isOver = false;
	const killing = (async () => {
		while (!isOver) {
			const pid = await own.watcherPid().catch(() => undefined);
			if (pid !== undefined) process.kill(pid, 'SIGKILL');
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	})().catch(() => undefined);
	const trees = await Promise.all(
		Array.from({ length: 30 }, () =>
			own.start({ file: '/bin/sleep', args: ['600'], cwd: workspace, env, stdin: 'none' }),
		),
	);
	expect(living(trees.map(({ pid }) => pid))).toHaveLength(30);
	isOver = true;
	await killing;
	await own.close();
	expect(leftOver()).toEqual([]);
});

test('a watcher that was stopped holds up no start and no close', async () => {
	const own = new Reaper({ env: process.env, warn: () => undefined });
	await own.ready();
	process.kill((await own.watcherPid()) ?? 0, 'SIGSTOP');
	const env = { ...childEnvironment(process.env), MARK: mark };
	await own.start({ file: '/bin/sleep', args: ['600'], cwd: workspace, env, stdin: 'none' });
	await own.close();
	expect(leftOver()).toEqual([]);
	expect(living([(await own.watcherPid()) ?? 0])).toEqual([]);
});

test('a start that meets a close leaves nothing', async () => {
	const env = { ...childEnvironment(process.env), MARK: mark };
	const watchers = () => childrenWith(process.pid, 'trapgate-watcher').length;
	const before = watchers();
	for (let round = 0; round < 10; round += 1) {
		const own = new Reaper({ env: process.env, warn: () => undefined });
		const starts = Array.from({ length: 5 }, () =>
			own.start({ file: '/bin/sleep', args: ['600'], cwd: workspace, env, stdin: 'none' }).catch(() => undefined),
		);
		await new Promise((resolve) => setTimeout(resolve, round));
		await own.close();
		await Promise.all(starts);
		expect(leftOver()).toEqual([]);
		await expect(own.ready()).rejects.toMatchObject({ code: 'D101' });
		expect(watchers()).toBe(before);
	}
});
