// The watcher ends what it was told of and what carries the cookie, and nobody else.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { startTimeOf } from '../../src/drivers/process-table.ts';
import { gateScript, watcherScript } from '../../src/drivers/watcher-script.ts';
import { living } from './support/processes.ts';

const children: ChildProcess[] = [];
const strays: number[] = [];
afterEach(() => {
	for (const child of children.splice(0)) child.kill('SIGKILL');
	for (const pid of living(strays.splice(0))) process.kill(pid, 'SIGKILL');
});

/** A process that leads a group of its own; it prints `ready` and the pids of what it started. */
async function startGroup(
	script: string,
	env: Record<string, string> = {},
): Promise<{ pid: number; others: number[] }> {
	const child = spawn('/bin/bash', ['-c', `${script}\necho ready; exec sleep 600`], {
		detached: true,
		env: { PATH: '/usr/bin:/bin', ...env },
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	children.push(child);
	let output = '';
	for await (const chunk of child.stdout) {
		output += chunk;
		if (output.includes('ready\n')) break;
	}
	const others = output
		.split('\n')
		.filter((line) => /^\d+$/.test(line))
		.map(Number);
	strays.push(...others);
	return { pid: child.pid ?? 0, others };
}

/** Tells a watcher these lines, lets it believe that the kernel is gone, and waits for its end. */
async function watch(shell: string, cookie: string, ...lines: readonly string[]): Promise<number> {
	const watcher = spawn(shell, ['-c', watcherScript, 'trapgate-watcher', cookie], {
		env: { PATH: '/usr/bin:/bin' },
		stdio: ['pipe', 'ignore', 'ignore'],
	});
	children.push(watcher);
	const ended = new Promise<number>((resolve) => watcher.once('exit', (code) => resolve(code ?? -1)));
	watcher.stdin.end(lines.map((line) => `${line}\n`).join(''));
	return ended;
}

// `sh` is dash on Debian, bash on others; both must agree.
describe.each(['/bin/sh', '/bin/bash'])('as %s', (shell) => {
	const makeCookie = () => `${randomBytes(16).toString('hex')}-`;

	test('ends a group it was told of, members without cookie included', async () => {
		const { pid, others } = await startGroup('env -i /bin/sleep 600 & echo $!');
		expect(await watch(shell, makeCookie(), `+ ${pid} ${startTimeOf(pid)}`)).toBe(0);
		expect(others).toHaveLength(1);
		expect(living([pid, ...others])).toEqual([]);
	});

	test('leaves a group alone whose number belongs to somebody else by now', async () => {
		const { pid, others } = await startGroup('sleep 600 & echo $!');
		await watch(shell, makeCookie(), `+ ${pid} 1`, `+ ${pid} `, '+ 999999 5');
		expect(living([pid, ...others])).toEqual([pid, ...others]);
	});

	test('leaves a group alone that was taken back', async () => {
		const { pid } = await startGroup('');
		const line = `${pid} ${startTimeOf(pid)}`;
		await watch(shell, makeCookie(), `+ ${line}`, `+ ${line}`, '+ 999999 5', `- ${line}`);
		expect(living([pid])).toEqual([pid]);
	});

	test('ends whatever carries the cookie, in any group, and no other cookie', async () => {
		const cookie = makeCookie();
		const ours = await startGroup('setsid sleep 600 & echo $!', { TRAPGATE_TREE: `${cookie}tree` });
		const below = await startGroup('', { TRAPGATE_TREE: `other-tree:${cookie}tree` });
		const stranger = await startGroup('', { TRAPGATE_TREE: `${makeCookie()}tree` });
		await watch(shell, cookie);
		expect(living([ours.pid, ...ours.others, below.pid])).toEqual([]);
		expect(living([stranger.pid])).toEqual([stranger.pid]);
	});

	test('ends a group whose leader is gone, when a member carries the cookie', async () => {
		const cookie = makeCookie();
		const env = { PATH: '/usr/bin:/bin', TRAPGATE_TREE: `${cookie}tree` };
		// The leader ends at once; a member with the cookie and one without stay in its group.
		const script = 'sleep 600 & echo $!; env -i /bin/sleep 600 & echo $!';
		const leader = spawn('/bin/bash', ['-c', script], { detached: true, env, stdio: ['ignore', 'pipe', 'ignore'] });
		children.push(leader);
		const startTime = startTimeOf(leader.pid ?? 0);
		const exited = new Promise((resolve) => leader.once('exit', resolve));
		let output = '';
		// Its end may be seen before what it wrote.
		while (output.split('\n').length < 3) output += String((await once(leader.stdout, 'data'))[0]);
		await exited;
		const members = output.trim().split('\n').map(Number);
		strays.push(...members);
		expect(living(members)).toHaveLength(2);
		await watch(shell, cookie, `+ ${leader.pid} ${startTime}`);
		expect(living(members)).toEqual([]);
	});

	test('gives time to those who end on SIGTERM, and ends those who do not', async () => {
		const cookie = makeCookie();
		const env = { TRAPGATE_TREE: `${cookie}tree` };
		const polite = await startGroup(`trap 'sleep 0.2; exit' TERM; bash -c 'sleep 600' & echo $!`, env);
		const stubborn = await startGroup(
			`trap '' TERM; setsid bash -c 'trap "" TERM; sleep 600; sleep 600' & echo $!`,
			env,
		);
		await watch(
			shell,
			cookie,
			`+ ${polite.pid} ${startTimeOf(polite.pid)}`,
			`+ ${stubborn.pid} ${startTimeOf(stubborn.pid)}`,
		);
		expect(living([polite.pid, ...polite.others, stubborn.pid, ...stubborn.others])).toEqual([]);
	});

	test.each([
		['is told to go', true, 0],
		['never hears from the kernel', false, 125],
	])('a gate that %s', async (_, isTold, code) => {
		const gate = spawn(shell, ['-c', gateScript, 'gate', '/bin/echo', 'it', 'ran  twice'], {
			stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
		});
		children.push(gate);
		const ended = new Promise((resolve) => gate.once('close', resolve));
		let output = '';
		gate.stdout?.on('data', (chunk) => {
			output += chunk;
		});
		const descriptor = gate.stdio[3] as Writable;
		if (isTold) descriptor.end('\n');
		else descriptor.destroy();
		expect(await ended).toBe(code);
		expect(output).toBe(isTold ? 'it ran  twice\n' : '');
	});

	test('has nothing to do when nothing is left', async () => {
		expect(await watch(shell, makeCookie(), '+ 999999 5')).toBe(0);
	});
});
