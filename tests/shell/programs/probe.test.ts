// Our grammars against the real programs: for every letter, what the program starts is what we say it starts.
import { spawnSync } from 'node:child_process';
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

let work = '';
beforeAll(() => {
	work = mkdtempSync(join(tmpdir(), 'trapgate-probe-'));
	mkdirSync(join(work, 'bin'));
	for (const name of ['stub-a', 'stub-b']) {
		const path = join(work, 'bin', name);
		writeFileSync(path, `#!/bin/sh\necho ${name} >> "${work}/ran"\n`);
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
	test('starts what we say it starts, whatever letter stands before', { timeout: 120_000 }, () => {
		const wrong: string[] = [];
		// Without a letter it has to work, or the machine forbids it: then there is nothing to compare with.
		let ran = start(name, [...before, ...operands, 'stub-a']).length;
		if (ran === 0) return process.stdout.write(`not probed: ${name}: it starts nothing on this machine\n`);
		for (const letter of letters.filter((one) => !(one in untried))) {
			for (const shape of shapes) {
				const args = [...before, `-${letter}`, ...operands, ...shape];
				const started = start(name, args);
				if (started.length > 0) ran += 1;
				const said = say([name, ...args]);
				// A gap is an answer too, but not for what a letter plainly does.
				if (said === 'gap') {
					if (started.length > 0) wrong.push(`${name} ${args.join(' ')}: started ${started.join()}, said gap`);
				} else if (started.some((one) => !said.includes(one))) {
					wrong.push(`${name} ${args.join(' ')}: started ${started.join()}, said ${said.join() || 'nothing'}`);
				}
			}
		}
		expect(wrong).toEqual([]);
		return ran;
	});
});

function start(name: string, args: readonly string[]): readonly string[] {
	writeFileSync(join(work, 'ran'), '');
	const path = `${join(work, 'bin')}:${process.env['PATH']}`;
	spawnSync(name, args, {
		cwd: work,
		env: { PATH: path, HOME: work, SHELL: '/bin/false', LC_ALL: 'C' },
		input: 'x\n',
		timeout: 1_500,
		killSignal: 'SIGKILL',
		stdio: ['pipe', 'ignore', 'ignore'],
	});
	return [...new Set(readFileSync(join(work, 'ran'), 'utf8').split('\n').filter(Boolean))];
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
