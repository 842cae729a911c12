import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gates } from '../../src/abi/sandbox.ts';
import { coveredProgram, executedAs, isFoundByName } from '../../src/sandbox/commands.ts';
import { confinementOf } from './support/launching.ts';

const gates: Gates = {
	gatedAs: (name) => (/^python3?(\.\d+)?$/.test(name) ? 'python' : name === 'git' ? 'git' : undefined),
	names: ['python', 'python3', 'git'],
	revision: '1',
};
const file = '/usr/bin/python3.11';

describe('an execution is judged as', () => {
	test.each([
		['the path it was executed by', { path: '/usr/bin/python3', argv: ['python3', 'x.py'] }, '/usr/bin/python3'],
		['the link in an environment', { path: '.venv/bin/python', argv: ['python'] }, '.venv/bin/python'],
		['the interpreter of a script', { path: './x.py', argv: ['/usr/bin/python3', './x.py'] }, '/usr/bin/python3'],
		['the program, whatever the link is called', { path: './ls', argv: ['ls'] }, file],
		['the program, whatever it is told it is called', { path: '/usr/bin/python3', argv: ['ls'] }, '/usr/bin/python3'],
		['the program, when both names are those of another', { path: './git', argv: ['git', 'status'] }, file],
		['the program, without arguments', { path: '/proc/self/fd/7', argv: [] }, file],
	])('%s', (_, { path, argv }, expected) => {
		expect(executedAs({ path, file, argv, cwd: '/w', env: {}, umask: 0, limits: [] }, 'python', gates)).toBe(expected);
	});

	test('the program by its name, when a hard link of the file is called anything', () => {
		const linked = { path: './x', file: '/w/x', argv: ['x'], cwd: '/w', env: {}, umask: 0, limits: [] };
		expect(executedAs(linked, 'python', gates)).toBe('python');
	});
});

describe('PATH finds a file by its name', () => {
	let home: string;
	beforeAll(() => {
		home = realpathSync(mkdtempSync(join(homedir(), '.trapgate-found-')));
		for (const folder of ['bin', 'open', 'share']) mkdirSync(join(home, folder));
		for (const path of ['share/uv', 'open/uv']) writeFileSync(join(home, path), '', { mode: 0o755 });
		symlinkSync('../share/uv', join(home, 'bin/uv'));
	});
	afterAll(() => rmSync(home, { recursive: true }));

	const found = { files: [], stubs: [], companions: [], shared: [], seals: [], homeTrees: [] };
	test.each([
		['through a link in a folder that nobody inside can write to', 'bin', 'bin/uv', 'share/uv', true],
		['where another folder comes first', 'open:bin', 'bin/uv', 'share/uv', false],
		['where it was executed by another path', 'bin', 'share/uv', 'share/uv', false],
		['where another file trapped', 'bin', 'bin/uv', 'open/uv', false],
		['where it can be written', 'open', 'open/uv', 'open/uv', false],
	])('%s', (_, path, executed, file, expected) => {
		const searchPath = path
			.split(':')
			.map((folder) => join(home, folder))
			.join(':');
		const place = { found, lifted: new Set<string>(), searchPath };
		const confinement = confinementOf(join(home, 'open'));
		expect(isFoundByName(join(home, executed), { file: join(home, file), place, confinement })).toBe(expected);
	});
});

describe('a file stands for the program that it was covered for', () => {
	const found = {
		files: [{ path: file, program: 'python' }],
		stubs: [{ name: 'uv', program: 'uv', real: '/home/dana/.local/bin/uv' }],
	};
	test.each([
		[file, 'python'],
		['/gate/bin/uv', 'uv'],
		['/gate/bin/python3', undefined],
		['/w/copy', undefined],
		['/bin/bash', undefined],
		['', undefined],
	])('%s: %s', (path, program) => {
		expect(coveredProgram(path, found)).toBe(program);
	});
});
