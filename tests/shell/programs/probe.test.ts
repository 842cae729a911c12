// Our grammars against the real programs: for every letter, what the program starts is what we say it starts.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Launch } from '../../../src/shell/program.ts';
import { findProgram } from '../../../src/shell/programs/registry.ts';
import { literal } from '../../../src/shell/word-parts.ts';

/** A wrapper, the operands it wants before the program, and letters that are not tried, with the reason. */
interface Probe {
	readonly name: string;
	readonly operands?: readonly string[];
	/** Options that it refuses to work without. */
	readonly before?: readonly string[];
	readonly untried?: Readonly<Record<string, string>>;
}

const probes: readonly Probe[] = [
	{ name: 'env', untried: { S: 'splits its value: has cases of its own' } },
	{ name: 'nice' },
	{ name: 'nohup' },
	{ name: 'timeout', operands: ['5'] },
	{ name: 'stdbuf', before: ['-oL'] },
	{ name: 'setsid', untried: { f: 'forks, so that its stub reports late' } },
	{ name: 'ionice' },
	{ name: 'taskset', operands: ['1'] },
	{ name: 'chrt', before: ['-o'], operands: ['0'] },
	{ name: 'prlimit' },
	{ name: 'setarch', before: ['-R'] },
	{ name: 'chroot', operands: ['/'] },
	{ name: 'unshare' },
	{ name: 'setpriv' },
	{ name: 'xargs', untried: { p: 'asks on the terminal', o: 'opens the terminal', i: 'replaces', I: 'replaces' } },
	{ name: 'chronic' },
	{ name: 'ifne' },
	{ name: 'choom', before: ['-n', '0'] },
	{ name: 'fakeroot' },
	{ name: 'strace', untried: { p: 'attaches' } },
	{ name: 'ltrace', untried: { p: 'attaches' } },
	{ name: 'flock', operands: ['lock'], untried: { c: 'takes shell text: has cases of its own' } },
	{ name: 'multitime', untried: { i: 'shell text', o: 'shell text', r: 'shell text' } },
	{ name: 'numactl' },
];

const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'];
/** Words behind the letter: two stubs, so that it shows which of them is the program. */
const shapes: readonly (readonly string[])[] = [
	['stub-a', 'stub-b'],
	['1', 'stub-b'],
];
/** Longer than any of these takes on a busy machine. What is not done by then was not tried: it is no difference. */
const limit = 5_000;
/** Calls that a version other than the one we read about may understand and we do not. */
const mostNeedless = 4;
/** So many are tried at a time. */
const lanes = 6;

let work = '';
beforeAll(() => {
	work = mkdtempSync(join(tmpdir(), 'trapgate-probe-'));
	mkdirSync(join(work, 'bin'));
	for (const name of ['stub-a', 'stub-b']) {
		const path = join(work, 'bin', name);
		writeFileSync(path, `#!/bin/sh\necho ${name} >> "$TRAPGATE_RAN"\n`);
		chmodSync(path, 0o755);
	}
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const isInstalled = ({ name }: Probe) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
const missing = probes.filter((probe) => !isInstalled(probe)).map(({ name }) => name);

test('the programs that are not installed here are named', () => {
	for (const name of missing) process.stdout.write(`not probed: ${name}: it is not installed here\n`);
	expect(missing.length).toBeLessThan(probes.length);
});

describe.each(probes.filter(isInstalled))('$name', ({ name, before = [], operands = [], untried = {} }) => {
	test('starts what we say it starts, whatever letter stands before', { timeout: 120_000 }, async () => {
		// Without a letter it has to work, or the machine forbids it: then there is nothing to compare with.
		const plain = await start(name, [...before, ...operands, 'stub-a']);
		if (plain === 'too slow' || plain.length === 0) {
			process.stdout.write(`not probed: ${name}: it starts nothing on this machine\n`);
			return;
		}
		const tried = letters.filter((one) => !(one in untried));
		const calls = tried.flatMap((letter) =>
			shapes.map((shape) => [...before, `-${letter}`, ...operands, ...shape] as const),
		);
		const wrong = await inLanes(calls, (args) => compare(name, args));
		expect(wrong.filter((one) => one?.kind === 'unseen').map((one) => one?.line)).toEqual([]);
		const needless = wrong.filter((one) => one?.kind === 'gap').map((one) => one?.line);
		expect(needless.length, needless.join('; ')).toBeLessThanOrEqual(mostNeedless);
	});
});

/** A program that started unseen, or a gap for something that is plain. */
interface Wrong {
	readonly kind: 'unseen' | 'gap';
	readonly line: string;
}

/** What is wrong about one call, if anything. */
async function compare(name: string, args: readonly string[]): Promise<Wrong | undefined> {
	const line = `${name} ${args.join(' ')}`;
	const started = await start(name, args);
	if (started === 'too slow') {
		process.stdout.write(`not probed: ${line}: it did not end in time\n`);
		return undefined;
	}
	const said = say([name, ...args]);
	// A gap is an answer too, but not for what a letter plainly does.
	if (said === 'gap') return started.length > 0 ? { kind: 'gap', line } : undefined;
	const isSaid = started.every((one) => said.includes(one));
	return isSaid
		? undefined
		: { kind: 'unseen', line: `${line}: started ${started.join()}, said ${said.join() || 'nothing'}` };
}

async function inLanes<Item, Result>(items: readonly Item[], run: (item: Item) => Promise<Result>): Promise<Result[]> {
	const results: Result[] = [];
	const left = [...items];
	const lane = async () => {
		for (let item = left.shift(); item !== undefined; item = left.shift()) results.push(await run(item));
	};
	await Promise.all(Array.from({ length: lanes }, lane));
	return results;
}

/** The stubs that a call starts, in a directory of its own. */
async function start(name: string, args: readonly string[]): Promise<readonly string[] | 'too slow'> {
	const directory = mkdtempSync(join(work, 'call-'));
	const ran = join(directory, 'ran');
	writeFileSync(ran, '');
	const isDone = await new Promise<boolean>((resolve) => {
		const child = spawn(name, args, {
			cwd: directory,
			env: {
				PATH: `${join(work, 'bin')}:${process.env['PATH']}`,
				HOME: directory,
				TMPDIR: directory,
				SHELL: '/bin/false',
				LC_ALL: 'C',
				TRAPGATE_RAN: ran,
			},
			timeout: limit,
			killSignal: 'SIGKILL',
			stdio: ['pipe', 'ignore', 'ignore'],
		});
		child.once('error', () => resolve(true));
		child.once('exit', (_code, signal) => resolve(signal !== 'SIGKILL'));
		child.stdin.once('error', () => {});
		child.stdin.end('x\n');
	});
	// A stub that ran before the end counts, even if its wrapper never ends.
	const started = [...new Set(readFileSync(ran, 'utf8').split('\n').filter(Boolean))];
	return isDone || started.length > 0 ? started : 'too slow';
}

/** The stubs that are programs of what the reader launches, and what those launch. */
function say(argv: readonly string[]): readonly string[] | 'gap' {
	const around = { isOpenEnded: false, cwd: '', branch: undefined, env: new Map() };
	const reading = findProgram(argv[0] ?? '')?.read(argv.map(literal), around);
	if (!reading || reading.gaps?.length) return 'gap';
	return (reading.launches ?? []).flatMap(programOf);
}

function programOf(launch: Launch): readonly string[] {
	if (launch.kind === 'argv') return launch.argv.slice(0, 1).flatMap((word) => word.value ?? []);
	return launch.kind === 'script' ? launch.words.slice(0, 1).flatMap((word) => word.value?.split(' ')[0] ?? []) : [];
}
