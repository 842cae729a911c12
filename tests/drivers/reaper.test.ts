// Nothing a kernel starts outlives it, whatever it does to hide.
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { TrapgateError } from '../../src/abi/problem.ts';
import { childEnvironment } from '../../src/drivers/environment.ts';
import type { ProcessTree } from '../../src/drivers/process-tree.ts';
import { Reaper } from '../../src/drivers/reaper.ts';
import { living, pidsIn } from './support/processes.ts';
import { until } from './support/until.ts';

const reapers: Reaper[] = [];
afterEach(async () => {
	await Promise.all(reapers.splice(0).map((reaper) => reaper.close()));
});

function makeReaper(warnings: string[] = []): Reaper {
	const reaper = new Reaper({ env: process.env, warn: (line) => warnings.push(line) });
	reapers.push(reaper);
	return reaper;
}

function startBash(reaper: Reaper, script: string): Promise<ProcessTree> {
	const env = childEnvironment(process.env);
	return reaper.start({ file: '/bin/bash', args: ['--norc', '-c', script], cwd: tmpdir(), env, stdin: 'none' });
}

/** Programs print the pids of what they start, one a line, and `ready` last. */
async function readyPids(tree: ProcessTree): Promise<number[]> {
	let output = '';
	tree.stdout.on('data', (chunk) => {
		output += chunk;
	});
	await until('the program says it is ready', () => output.includes('ready'));
	return pidsIn(output);
}

test('a program runs with exactly the environment it was given, and its own exit code comes back', async () => {
	const reaper = makeReaper();
	const tree = await reaper.start({
		file: '/usr/bin/env',
		args: [],
		cwd: tmpdir(),
		env: { ONLY: 'this', PATH: '/usr/bin:/bin' },
		stdin: 'none',
	});
	const [output, exit] = await Promise.all([text(tree.stdout), tree.exit]);
	const names = output
		.trim()
		.split('\n')
		.map((line) => line.split('=')[0]);
	// The gate is a shell, and shells add these.
	expect(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? '')).sort()).toEqual([
		'ONLY',
		'PATH',
		'TRAPGATE_TREE',
	]);
	expect(exit).toEqual({ code: 0, signal: undefined });
	expect(await tree.end(0)).toBe(0);
});

test('the gate’s descriptor is closed before the program runs', async () => {
	const tree = await startBash(makeReaper(), 'if { true >&3; } 2>/dev/null; then echo open; else echo closed; fi');
	expect(await text(tree.stdout)).toBe('closed\n');
	await tree.end(0);
});

const hidings = [
	['a child in the background', 'sleep 300 & echo $!'],
	['a child that ignores SIGTERM', `bash -c 'trap "" TERM; echo $$; echo hidden; while :; do sleep 300; done' &`],
	['a child in a session of its own', 'setsid sleep 300 & echo $!'],
	['a grandchild that left the session and whose parents are gone', `( setsid bash -c 'sleep 300 & echo $!' & )`],
	['a child in a group of its own', 'set -m; sleep 300 & echo $!'],
	['a stopped child', 'sleep 300 & echo $!; kill -STOP $!'],
	['a child without environment that stays in the group', 'env -i /bin/sleep 300 & echo $!'],
	['a child without output or input', `setsid bash -c 'echo $$; exec sleep 300 </dev/null >/dev/null 2>&1' &`],
] as const;

describe.each(hidings)('%s', (_, script) => {
	test('ends with its tree', async () => {
		const tree = await startBash(makeReaper(), `${script}\nsleep 0.1; echo ready; sleep 300`);
		const pids = await readyPids(tree);
		expect(living(pids)).toEqual(pids);
		expect(await tree.end(50)).toBeGreaterThanOrEqual(2);
		expect(living([...pids, tree.pid])).toEqual([]);
	});

	test('ends when its parent has ended by itself', async () => {
		const tree = await startBash(makeReaper(), `${script}\nsleep 0.1; echo ready`);
		const pids = await readyPids(tree);
		await tree.exit;
		expect(living(pids)).toEqual(pids);
		await tree.end(50);
		expect(living(pids)).toEqual([]);
	});
});

test('a program that ends on SIGTERM gets the time to do so', async () => {
	const tree = await startBash(
		makeReaper(),
		`trap 'echo goodbye; exit 7' TERM; echo ready; while :; do sleep 0.01; done`,
	);
	let output = '';
	tree.stdout.on('data', (chunk) => {
		output += chunk;
	});
	await until('it is ready', () => output.includes('ready'));
	await tree.end(10_000);
	await until('its last words came', () => output === 'ready\ngoodbye\n');
	expect(await tree.exit).toEqual({ code: 7, signal: undefined });
});

test('processes of other trees are left alone', async () => {
	const reaper = makeReaper();
	const [first, second] = await Promise.all(
		[1, 2].map(() => startBash(reaper, 'setsid sleep 300 & echo $!; echo ready; sleep 300')),
	);
	if (first === undefined || second === undefined) throw new Error('two were started');
	const [firstPids, secondPids] = await Promise.all([readyPids(first), readyPids(second)]);
	await first.end(0);
	expect(living(firstPids)).toEqual([]);
	expect(living([...secondPids, second.pid])).toEqual([...secondPids, second.pid]);
});

test('closing ends every tree and the watcher, and nothing starts afterwards', async () => {
	const reaper = makeReaper();
	const tree = await startBash(reaper, 'setsid sleep 300 & echo $!; echo ready; sleep 300');
	const pids = [...(await readyPids(tree)), tree.pid, (await reaper.watcherPid()) ?? 0];
	expect(living(pids)).toHaveLength(3);
	await Promise.all([reaper.close(), reaper.close()]);
	expect(living(pids)).toEqual([]);
	await expect(startBash(reaper, 'true')).rejects.toThrow(TrapgateError);
});

test('a watcher that is killed is noticed and replaced', async () => {
	const warnings: string[] = [];
	const reaper = makeReaper(warnings);
	const tree = await startBash(reaper, 'env -i /bin/sleep 300 & echo $!; echo ready; sleep 300');
	const pids = await readyPids(tree);
	const first = (await reaper.watcherPid()) ?? 0;
	process.kill(first, 'SIGKILL');
	const second = await until('a new watcher', async () => {
		const pid = await reaper.watcherPid();
		return pid !== undefined && pid !== first && pid;
	});
	expect(warnings).toEqual([expect.stringContaining('watcher process was ended')]);
	expect(living([...pids, second])).toEqual([...pids, second]);
});
