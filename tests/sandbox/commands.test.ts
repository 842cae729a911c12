import { describe, expect, test } from 'vitest';
import type { Gates } from '../../src/abi/sandbox.ts';
import { coveredProgram, executedAs } from '../../src/sandbox/commands.ts';

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
