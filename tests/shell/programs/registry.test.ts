// Every program is found by its names, and by no two entries.
import { expect, test } from 'vitest';
import { inertPrograms } from '../../../src/shell/programs/inert.ts';
import { findProgram, programs } from '../../../src/shell/programs/registry.ts';
import { words } from './words.ts';

const names = programs.flatMap((program) => program.names);

test('a name belongs to one program', () => {
	expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

test('a program is found by each of its names, and hundreds are known', () => {
	for (const program of programs) for (const name of program.names) expect(findProgram(name), name).toBe(program);
	expect(names.length).toBeGreaterThan(400);
});

test('names of a family are found by their pattern, unknown ones are not found', () => {
	expect(findProgram('ld-linux-aarch64.so.1')?.names).toContain('ld.so');
	expect(findProgram('no-such-program')).toBeUndefined();
	expect(findProgram('constructor')).toBeUndefined();
});

test('a program with a reader of its own is not on the list of inert ones by accident', () => {
	expect(inertPrograms.get('echo')).toBe(findProgram('echo'));
	expect(findProgram('find')).not.toBe(inertPrograms.get('find'));
});

const around = { isOpenEnded: false, cwd: '', branch: undefined, env: new Map() };

test.each([
	['nothing but the name', ''],
	['a lone dash', '-'],
	['two dashes', '--'],
	['an unknown option', '--no-such-option-anywhere'],
	['an unquoted expansion', '$x'],
	['a quoted expansion', '"$x"'],
	['an empty word', "''"],
	['an option that lacks its value', '-c'],
	['many words', 'a -b c --d=e -f "$x" $y -- g h ;'],
])('no reader throws on %s', (_, line) => {
	for (const program of programs) {
		for (const isOpenEnded of [false, true]) {
			const argv = words(`${program.names[0]} ${line}`);
			expect(() => program.read(argv, { ...around, isOpenEnded }), program.names[0]).not.toThrow();
		}
	}
});

test('no pattern of a family is slow on a hostile name', () => {
	const hostile = ['a', '-', 'a-', '1', 'gcc-', 'ld-', '.so.', 'python3.'].map((part) => part.repeat(5_000));
	for (const { pattern } of programs) {
		for (const name of hostile) if (pattern) expect(pattern.test(`${name}!`), pattern.source).toBe(false);
	}
});
