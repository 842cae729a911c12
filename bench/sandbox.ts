// What the runtime ring costs beside a plain process and bare bubblewrap, in one run: `node bench/run.mjs sandbox [rounds]`.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Confinement, Gates, Trapped } from '../src/abi/sandbox.ts';
import { Ring } from '../src/sandbox/ring.ts';
import { type Prepared, prepare } from '../src/sandbox/run.ts';
import { median } from './median.ts';

/** The bars, in starts of bare bubblewrap. */
type Backend = 'bwrap' | 'landlock';
const most = { gated: 1.6, refused: 0.25, approved: 2.2, driver: 3 };

const rounds = Number(process.argv[2] ?? '60');
const bwrap = '/usr/bin/bwrap';
const workspace = realpathSync(mkdtempSync(join(tmpdir(), 'bench-sandbox-')));
const tmp = mkdtempSync(join(tmpdir(), 'bench-sandbox-tmp-'));
const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: homedir(), LANG: 'C.UTF-8' };
const ring = new Ring({ tmp: tmpdir(), searchPath: env.PATH, warn: () => undefined });

const caches = ring.newCaches();
ring.use(bwrap, { disableUserns: true, size: true });

/** A program that does nothing, under a name that traps; and a server that answers pings. */
const gated = join(workspace, 'gated');
writeFileSync(gated, '#!/bin/true\n');
chmodSync(gated, 0o755);
const server = join(workspace, 'server.mjs');
writeFileSync(server, "process.stdin.on('data', (line) => process.stdout.write(line));\n");

const confinement: Confinement = {
	read: [],
	write: [workspace],
	network: 'none',
	exec: 'open',
	roExec: [],
	limits: { processes: 256, memoryBytes: 4 * 2 ** 30, fileBytes: 2 ** 30, openFiles: 4096, tmpBytes: 512 * 2 ** 20 },
	guarded: [],
	concealed: [],
};
const gates: Gates = {
	gatedAs: (name) => (name === 'gated' || /^python[\d.]*$/.test(name) || name === 'uv' ? name : undefined),
	names: ['gated', 'python', 'python3', 'uv'],
	revision: 'bench',
};
const refuses: Trapped = async () => ({ kind: 'refused', message: 'refused' });
const approves: Trapped = async ({ argv }) => ({
	kind: 'run',
	argv,
	lifted: ['gated'],
	trapped: refuses,
	ended: async () => undefined,
});

/** What a view costs that nobody planned: the system, a workspace and the namespaces. */
const bare = [
	...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', '--unshare-net'],
	...['--die-with-parent', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--'],
];
const shell = ['/bin/bash', '--noprofile', '--norc', '-c'];

const runs: Readonly<Record<string, () => Promise<void>>> = {
	'plain bash -c true': () => ended(spawn('/bin/bash', shell.slice(1).concat('true'), { env, stdio: 'ignore' })),
	'bare bubblewrap': () => ended(spawn(bwrap, [...bare, ...shell, 'true'], { env, stdio: 'ignore' })),
	'gated shell': () => confined('true', refuses),
	'one trap refused': () => confined('./gated || true', refuses),
	'one trap approved': () => confined('./gated; true', approves),
	'shell by Landlock': () => confined('true', refuses, 'landlock'),
	'uv by Landlock, refused': () => confined('uv || true', refuses, 'landlock'),
	'server, plain': () => serves(spawn(process.execPath, [server], { env, stdio: ['pipe', 'pipe', 'ignore'] })),
	'server, confined': async () => {
		const prepared = await make([process.execPath, server], refuses);
		await serves(start(prepared, 'pipe')).finally(() => prepared.close());
	},
};

const took = new Map(Object.keys(runs).map((name) => [name, [] as number[]]));
try {
	for (let round = -3; round < rounds; round++) {
		for (const [name, run] of Object.entries(runs)) {
			const began = performance.now();
			await run();
			if (round >= 0) took.get(name)?.push(performance.now() - began);
		}
	}
	const calls = { plain: await callMs('plain'), confined: await callMs('confined') };
	report(calls);
} finally {
	ring.close();
	for (const folder of [workspace, tmp]) rmSync(folder, { recursive: true, force: true });
}

function report(calls: { readonly plain: number; readonly confined: number }): void {
	const of = (name: string) => median(took.get(name) ?? []);
	const start = of('bare bubblewrap');
	for (const name of Object.keys(runs)) {
		process.stdout.write(
			`${name.padEnd(24)} ${of(name).toFixed(1).padStart(7)} ms   ${(of(name) / start).toFixed(2)} starts\n`,
		);
	}
	const costs = {
		gated: of('gated shell') / start,
		refused: (of('one trap refused') - of('gated shell')) / start,
		approved: (of('one trap approved') - of('gated shell')) / start,
		driver: (of('server, confined') - of('server, plain')) / start,
	};
	process.stdout.write(
		`a call of a server: plain ${calls.plain.toFixed(3)} ms, confined ${calls.confined.toFixed(3)} ms\n`,
	);
	for (const [name, bar] of Object.entries(most) as [keyof typeof most, number][]) {
		const cost = costs[name];
		process.stdout.write(`${name}: ${cost.toFixed(2)} starts of bare bubblewrap; at most ${bar}\n`);
		if (!(cost <= bar)) process.exitCode = 1;
	}
}

async function make(argv: readonly string[], trapped: Trapped, backend: Backend = 'bwrap'): Promise<Prepared> {
	return prepare(ring, { argv, cwd: workspace, env, confinement, backend, gates, tmp, caches, trapped });
}

async function confined(command: string, trapped: Trapped, backend: Backend = 'bwrap'): Promise<void> {
	const prepared = await make([...shell, command], trapped, backend);
	await ended(start(prepared, 'ignore')).finally(() => prepared.close());
}

function start({ file, args, files }: Prepared, input: 'ignore' | 'pipe'): ChildProcess {
	const descriptors = files.map((path) => openSync(path, 'r'));
	const stdio: StdioOptions = [input, input, 'ignore', 'ignore', ...descriptors, 'pipe'];
	const child = spawn(file, [...args], { stdio, env: {}, cwd: '/' });
	for (const descriptor of descriptors) closeSync(descriptor);
	return child;
}

function ended(child: ChildProcess): Promise<void> {
	return new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`it ended with ${code}`))));
	});
}

/** Until the first answer. */
async function serves(child: ChildProcess): Promise<void> {
	const over = ended(child);
	await ask(child);
	child.stdin?.end();
	await over;
}

function ask(child: ChildProcess): Promise<void> {
	return new Promise((resolve) => {
		child.stdout?.once('data', () => resolve());
		child.stdin?.write('ping\n');
	});
}

/** The median of a thousand questions to one server, in milliseconds. */
async function callMs(how: 'plain' | 'confined'): Promise<number> {
	const prepared = how === 'confined' ? await make([process.execPath, server], refuses) : undefined;
	const child =
		prepared === undefined
			? spawn(process.execPath, [server], { env, stdio: ['pipe', 'pipe', 'ignore'] })
			: start(prepared, 'pipe');
	const over = ended(child);
	const times: number[] = [];
	for (let call = 0; call < 1_000; call++) {
		const began = performance.now();
		await ask(child);
		times.push(performance.now() - began);
	}
	child.stdin?.end();
	await over;
	await prepared?.close();
	return median(times);
}
