// Text written into a quoted place is read back letter by letter, by real bash.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encode, isWritable, quoteWord } from '../../src/shell/quote.ts';
import type { Quoting } from '../../src/shell/word.ts';
import { type Lab, openLab } from '../support/bash-lab.ts';
import { random } from '../support/random.ts';

const alphabet = [...' \n\t\'"`$\\(){}[]<>;&|#!~*?=,-+%@:./é日😀aBf09x_'];

const texts: readonly string[] = [
	...alphabet,
	...['', 'uv', 'uv run', '$(foo)', '`foo`', "it's", '\\', '\\\\', '\\n', '$', '$$', '!!', '-n', 'a\nb', 'b\\\n', '=x'],
	...['if', 'a=b', '~', '~root', '{a,b}', '1', '41', 'ff', '\t', 'a b', '\\x41', "'", "''", "\\'", '"', '*'],
	...madeUp(60),
];

function madeUp(count: number): readonly string[] {
	const draw = random(7);
	return Array.from({ length: count }, () =>
		Array.from({ length: 1 + draw.below(8) }, () => draw.pick(alphabet)).join(''),
	);
}

/** A line that hands text among characters of one quoting to `foo`. */
const contexts: readonly { readonly quoting: Quoting; readonly line: (text: string) => string }[] = [
	{ quoting: 'bare', line: (text) => `foo x${encode(text, 'bare', 'foo x')}y` },
	{ quoting: 'single', line: (text) => `foo 'x${encode(text, 'single', "foo 'x")}y'` },
	{ quoting: 'double', line: (text) => `foo "x${encode(text, 'double', 'foo "x')}y"` },
	{ quoting: 'ansi', line: (text) => `foo $'x${encode(text, 'ansi', "foo $'x")}y'` },
	{ quoting: 'heredoc', line: (text) => `foo "$(cat <<E\nx${encode(text, 'heredoc', 'x')}y\nE\n)"` },
	{ quoting: 'literal', line: (text) => `foo "$(cat <<'E'\nx${encode(text, 'literal', 'x')}y\nE\n)"` },
	{
		quoting: 'backquote',
		line: (text) => `v=\`printf %s ${encode(quoteWord(`x${text}y`, 'argument'), 'backquote', 's ')}\`; foo "$v"`,
	},
];

describe('text put into a shell line', () => {
	let lab: Lab;
	beforeAll(() => {
		lab = openLab();
	});
	afterAll(() => lab.close());

	const ranWith = async (lines: readonly string[]) => (await lab.run(lines)).map(({ ran }) => ran);

	test('is one word that says the same', async () => {
		const lines = texts.map((text) => `foo ${quoteWord(text, 'argument')} end`);
		expect(await ranWith(lines)).toEqual(texts.map((text) => [['foo', text, 'end']]));
	});

	test.each(contexts)('is read back letter by letter where it is $quoting', async ({ line }) => {
		expect(await ranWith(texts.map(line))).toEqual(texts.map((text) => [['foo', `x${text}y`]]));
	});

	test('is not taken for digits of an escape before it', async () => {
		const heads = {
			"foo $'\\x4": '\x04',
			"foo $'\\1": '\x01',
			"foo $'\\u00e": '\x0e',
			"foo $'\\x41": 'A',
			"foo $'x": 'x',
		};
		const digits = ['1', 'f', '77', 'g'];
		const lines = Object.keys(heads).flatMap((head) => digits.map((text) => `${head}${encode(text, 'ansi', head)}'`));
		const wanted = Object.values(heads).flatMap((read) => digits.map((text) => [['foo', read + text]]));
		expect(await ranWith(lines)).toEqual(wanted);
	});

	test('is a program even where it looks like something else', async () => {
		const names = ['if', 'then', 'a=b', 'function', '{', '!', '[[', 'coproc', '~'];
		const runs = await lab.run(names.map((name) => `${quoteWord(name, 'program')} x`));
		// None of them exists, so that bash says which program it looked for.
		expect(runs.map(({ output }) => output)).toEqual(
			names.map((name) => expect.stringContaining(`${name}: command not found`)),
		);
	});
});

test('what is safe stays as it is', () => {
	for (const text of ['uv', 'run', '--with=a', '/usr/bin/x', 'a@1.2', '-p', '3.12']) {
		expect(quoteWord(text, 'argument')).toBe(text);
	}
});

test('no argument can hold a NUL, and half a character has no form in UTF-8', () => {
	expect(['a\0', '\ud800', 'x\udc00y', 'é😀', '\n'].map(isWritable)).toEqual([false, false, false, true, true]);
});
