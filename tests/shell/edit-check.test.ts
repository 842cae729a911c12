// A changed text is returned only when nothing but what was intended differs.
import { describe, expect, test } from 'vitest';
import type { GapKind, Launcher } from '../../src/abi/command.ts';
import type { Reading } from '../../src/shell/edit.ts';
import { objection } from '../../src/shell/edit-check.ts';
import { plainProgram } from '../support/shell-rows.ts';

type Traced = Reading['commands'][number];

const launchedBy = (...names: readonly string[]): readonly Launcher[] =>
	names.map((name) => ({ command: [name], spelled: name, elsewhere: false }));

/** A command of plain words; `at` tells two of them apart. */
function command(text: string, terms: Partial<Traced> = {}, at = 0): Traced {
	const argv = text.split(' ');
	const [program = ''] = argv;
	return {
		...plainProgram,
		program,
		spelled: program,
		argv,
		span: { start: at, end: at + text.length },
		words: argv.map((value) => ({ value, pieces: [value], splits: false })),
		...terms,
	};
}

const reading = (commands: readonly Traced[], ...gaps: readonly GapKind[]): Reading => ({
	commands,
	gaps: gaps.map((kind) => ({ kind, detail: 'a', span: undefined })),
});

/** Puts `uv` before the second command, `git x`; the last word of its launcher, if any, holds it. */
const check = (before: Reading, after: Reading) =>
	objection(before, after, {
		index: 1,
		argv: [{ put: 'uv' }, { keep: 0 }, { keep: 1 }],
		touches: (one, word) => word === one.words.length - 1,
	});

const foo = command('foo a', {}, 50);
const git = command('git x', {}, 60);
const uvGit = command('uv git x', {}, 60);
const end = command('end', {}, 90);
const before = reading([foo, git, end], 'file');

describe('a change that is as intended', () => {
	test('has the new words, and all else as before', () => {
		expect(check(before, reading([foo, uvGit, end], 'file'))).toBeUndefined();
	});

	test('may move what follows, and change what the command launches', () => {
		const below = command('git x', { under: launchedBy('uv') }, 63);
		expect(check(before, reading([foo, uvGit, below, { ...end, span: undefined }], 'file'))).toBeUndefined();
		const deep = reading([foo, git, command('sub', { under: launchedBy('git') }), end], 'file');
		expect(check(deep, reading([foo, uvGit, end], 'file'))).toBeUndefined();
	});

	test('may lose a gap that its words made', () => {
		expect(check(before, reading([foo, uvGit, end]))).toBeUndefined();
	});

	test('shows in the words of its launcher, from the first that holds it on', () => {
		const under = launchedBy('foo');
		const script = [command('sh -c git', { flags: ['-c'] }), command('git x', { under }, 3), end];
		const changed = command('uv git x', { under }, 3);
		expect(check(reading(script), reading([command('sh -c uv_git'), changed, end]))).toBeUndefined();
		expect(check(reading(script), reading([command('sh -c uv git'), changed, end]))).toBeUndefined();
	});

	test('changes the same raw command wherever it is reported', () => {
		const twice = reading([foo, git, git, end]);
		expect(check(twice, reading([foo, uvGit, uvGit, end]))).toBeUndefined();
		expect(check(twice, reading([foo, uvGit, git, end]))).toMatch(/exactly these words/);
	});
});

describe('a change that is not', () => {
	const under = launchedBy('sh');
	const script = reading([command('sh -c git'), command('git x', { under }, 3), end]);
	const inScript = command('uv git x', { under }, 3);

	test.each<[string, Reading, Reading, RegExp]>([
		['other words', before, reading([foo, command('uv git y'), end]), /exactly these words/],
		['a word that is not known', before, reading([foo, { ...uvGit, argv: ['uv', 'git', null] }, end]), /exactly these/],
		['one gap more', before, reading([foo, uvGit, end], 'file', 'file'), /less well/],
		['another gap', before, reading([foo, uvGit, end], 'code'), /less well/],
		['another launcher', before, reading([foo, { ...uvGit, under: launchedBy('sh') }, end]), /another way or place/],
		['another directory', before, reading([foo, { ...uvGit, cwd: 'a' }, end]), /another way or place/],
		['words from input', before, reading([foo, { ...uvGit, isOpenEnded: true }, end]), /another way or place/],
		['a function as its program', before, reading([foo, { ...uvGit, kind: 'function' }, end]), /another meaning/],
		['a command less', before, reading([foo, uvGit]), /fewer commands/],
		['a command more', before, reading([foo, uvGit, end, end]), /more commands/],
		['another command before it', before, reading([command('foo b', {}, 50), uvGit, end]), /the command `foo`/],
		['other facts behind it', before, reading([foo, uvGit, { ...end, facts: { a: true } }]), /the command `end`/],
		['another launching program', script, reading([command('zsh -c git'), inScript, end]), /the command `sh`/],
		['another word of the launcher', script, reading([command('sh -x uv'), inScript, end]), /the command `sh`/],
		['a launcher with too few words', script, reading([command('sh'), inScript, end]), /the command `sh`/],
	])('has %s', (_, from, to, reason) => {
		expect(check(from, to)).toMatch(reason);
	});

	test('changes a launcher that does not hold it', () => {
		const intent = { index: 1, argv: [{ put: 'uv' }, { keep: 0 }, { keep: 1 }], touches: () => false };
		expect(objection(script, reading([command('sh -c uv'), inScript, end]), intent)).toMatch(/the command `sh`/);
	});

	test('gives a kept program another kind', () => {
		const intent = { index: 1, argv: [{ keep: 0 }], touches: () => false };
		expect(objection(before, reading([foo, command('git', {}, 60), end]), intent)).toBeUndefined();
		expect(objection(before, reading([foo, command('git', { kind: 'builtin' }, 60), end]), intent)).toMatch(/another/);
	});
});
