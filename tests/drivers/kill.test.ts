// A kernel that is killed, even with SIGKILL, takes everything with it that it had started.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { compileDrivers } from './support/compile.ts';
import { childrenWith, living, pidsIn, withVariable } from './support/processes.ts';
import { until } from './support/until.ts';

let compiled: ReturnType<typeof compileDrivers>;
const hosts: ChildProcess[] = [];
const notes: string[] = [];
let count = 0;

beforeAll(() => {
	compiled = compileDrivers();
}, 120_000);
afterEach(() => {
	for (const host of hosts.splice(0)) host.kill('SIGKILL');
	for (const note of notes.splice(0)) rmSync(note, { force: true });
});
afterAll(() => compiled.remove());

interface Host {
	readonly process: ChildProcess;
	readonly output: () => string;
	/** The living processes it started, wherever they went. */
	readonly processes: () => number[];
	/** The process of `hidden` that has neither mark nor cookie: only its group gives it away. */
	readonly bare: () => number | undefined;
}

function startHost(...plan: readonly string[]): Host {
	count += 1;
	const mark = `kill-${process.pid}-${count}`;
	const file = fileURLToPath(new URL('./fixtures/host.mjs', import.meta.url));
	const child = spawn(process.execPath, [file, compiled.directory, mark, ...plan], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	hosts.push(child);
	let output = '';
	child.stdout?.on('data', (chunk) => {
		output += chunk;
	});
	const note = join(tmpdir(), `${mark}.pid`);
	notes.push(note);
	return {
		process: child,
		output: () => output,
		processes: () => withVariable('MARK', mark),
		bare: () => (existsSync(note) ? pidsIn(readFileSync(note, 'utf8'))[0] : undefined),
	};
}

/** Resolves with the pid of its watcher. */
async function ready(host: Host, least: number, plan: readonly string[] = []): Promise<number> {
	const [, watcher] = await until('the host is ready', () => /ready (\d+)/.exec(host.output()), 30_000);
	await until(`${least} processes are there`, () => host.processes().length >= least);
	if (plan.some((step) => step.includes('$MARK.pid'))) await until('the bare process is there', () => host.bare());
	return Number(watcher);
}

const gone = (host: Host, ...others: readonly number[]) =>
	until(
		'nothing is left',
		() => host.processes().length === 0 && living([...others, host.bare() ?? 0]).length === 0,
		30_000,
	);

const hidden = `trap '' TERM; (setsid bash -c 'trap "" TERM; sleep 600; sleep 600' &); env -i /bin/sleep 600 & echo $! > "$MARK.pid"; set -m; sleep 600 & wait`;

describe('SIGKILL of the kernel ends', () => {
	test.each<[string, readonly string[], number]>([
		['a server', ['stdio=good'], 1],
		['a server that ignores SIGTERM and hides a grandchild', ['stdio=stubborn'], 3],
		['a command with everything it hides', [`shell=${hidden}`], 4],
		['all of them at once', ['stdio=good', 'stdio=stubborn', `shell=${hidden}`, 'shell=sleep 600; true'], 9],
	])('%s, and the watcher goes too', async (_, plan, least) => {
		const host = startHost(...plan);
		const watcher = await ready(host, least, plan);
		host.process.kill('SIGKILL');
		await gone(host, watcher);
	});

	test('what was just being started', async () => {
		for (let round = 0; round < 5; round += 1) {
			const host = startHost('starting=20');
			// Somewhere between the first process and the last, registered or not.
			await until('something was started', () => host.processes().length > round * 4, 30_000);
			host.process.kill('SIGKILL');
			await gone(host);
		}
	});

	test('everything, although the watcher was killed before and had to be replaced', async () => {
		const host = startHost('stdio=stubborn', `shell=${hidden}`);
		const first = await ready(host, 7, [hidden]);
		process.kill(first, 'SIGKILL');
		await until('the watcher was replaced', () => host.output().includes('starting another one'));
		const second = await until('a new watcher', () => childrenWith(host.process.pid ?? 0, 'trapgate-watcher')[0]);
		expect(second).not.toBe(first);
		host.process.kill('SIGKILL');
		await gone(host, first, second);
	});
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGABRT'] as const)(
	'a kernel that dies of %s leaves nothing either',
	async (signal) => {
		const host = startHost('stdio=stubborn');
		const watcher = await ready(host, 3);
		host.process.kill(signal);
		await gone(host, watcher);
	},
);

test('a kernel that closes its reaper leaves nothing, and the watcher goes', async () => {
	const host = startHost('stdio=stubborn', `shell=${hidden}`);
	const watcher = await ready(host, 7, [hidden]);
	host.process.stdin?.end();
	await gone(host, watcher);
	await until('it ended by itself', () => host.process.exitCode === 0);
});
