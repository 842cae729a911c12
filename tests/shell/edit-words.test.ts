// New words change as little raw text as possible, in the text in which the old ones stand.
import { describe, expect, test } from 'vitest';
import type { NewWord } from '../../src/abi/command.ts';
import { changesFor } from '../../src/shell/edit-words.ts';
import { applied, lift, type Splice } from '../../src/shell/lift.ts';
import { backquoteOrigins, heredocText, wordOrigins } from '../../src/shell/origins.ts';
import type { Layer, Origin, Word } from '../../src/shell/word.ts';

/** The words of a line in which `[…]` marks each raw word. */
function marked(line: string): { layer: Layer; words: Word[] } {
	const layer: { text: string } = { text: '' };
	const words: Word[] = [];
	let start = 0;
	for (const character of line) {
		if (character === '[') start = layer.text.length;
		else if (character === ']') words.push(rawWord(layer, start, layer.text.length));
		else layer.text += character;
	}
	return { layer, words };
}

function rawWord(layer: Layer, start: number, end: number): Word {
	const raw = layer.text.slice(start, end);
	const value = raw.replace(/^(["'])(.*)\1$/s, '$2');
	return {
		value,
		pieces: [value],
		splits: false,
		place: { layer, start, end },
		origins: () => wordOrigins(raw, start, value),
	};
}

/** `0 -x 2`: keeps word 0, puts `-x`, keeps word 2. */
function newWords(text: string): readonly NewWord[] {
	return text
		.split(' ')
		.map((word) => (/^\d$/.test(word) ? { keep: Number(word) } : { put: word.replaceAll('_', ' ') }));
}

function changed(line: string, argv: string): string {
	const { layer, words } = marked(line);
	const changes = changesFor(words, newWords(argv));
	if (typeof changes === 'string') return `refused: ${changes}`;
	return (
		applied(
			layer.text,
			changes.map(({ splice }) => splice),
		) ?? 'refused: overlap'
	);
}

describe('words of one text', () => {
	test.each([
		['[python3] [x]', 'uv run 0 1', 'uv run python3 x'],
		['A=1 ["python3"] [x]', 'uv run 0 1', 'A=1 uv run "python3" x'],
		['>o [python3] [x] # c', 'uv 0 1', '>o uv python3 x # c'],
		['a&&[python3]', 'uv 0', 'a&&uv python3'],
		['([npm] [ci])', 'pnpm 1', '(pnpm ci)'],
		['[npm] [ci]  [-x]', 'pnpm install --frozen 2', 'pnpm install --frozen  -x'],
		["[git] [commit] [--no-verify] [-m] ['a b']", '0 1 3 4', "git commit -m 'a b'"],
		['[git]  [commit]\t[-n] >o [-a] # c', '0 1 3', 'git  commit >o -a # c'],
		['[git] \\\n  [-n] \\\n  [x]', '0 2', 'git \\\n  x'],
		['[git] \\\n  [-n]; foo', '0', 'git; foo'],
		['[git] [-n] [-m] [x]', '0 3', 'git x'],
		['{ [sudo] [git] [x]; }', '1 2', '{ git x; }'],
		['[sudo] [-E] >o [git]', '2', '>o git'],
		['[git] [x]', '0 -C a_b 1', "git -C 'a b' x"],
		['[git] [x]', '0 1 y', 'git x y'],
		['[git] [x]>o', '0 1 2y', 'git x 2y>o'],
		['[foo] [x]>o', "0 1 it's", "foo x 'it'\\''s'>o"],
		['[foo] [x]', '0 ~ * {} 1', "foo '~' '*' '{}' x"],
		['[foo] [x]', 'a=b 0', "'a=b' foo"],
		['[foo] [x]', 'time 0 1', "'time' foo x"],
		['[foo] [x]', '0 1 a=b', 'foo x a=b'],
	])('%j with %s', (line, argv, wanted) => {
		expect(changed(line, argv)).toBe(wanted);
	});

	test('a number before an arrow stays a word', () => {
		const { layer, words } = marked('[foo] [x]>o');
		const change = (argv: readonly NewWord[]) => {
			const changes = changesFor(words, argv);
			return typeof changes === 'string'
				? changes
				: applied(
						layer.text,
						changes.map(({ splice }) => splice),
					);
		};
		expect(change([{ keep: 0 }, { keep: 1 }, { put: '2' }])).toBe("foo x '2'>o");
		expect(change([{ keep: 0 }, { put: '2' }])).toBe("foo '2'>o");
		expect(changed('[foo] [2] [x]>o', '0 1')).toBe('foo 2 >o');
	});

	test('words made by one expansion can be preceded, but neither parted nor removed', () => {
		const layer: Layer = { text: '{python3,-c,foo} bar' };
		const place = { layer, start: 0, end: 16 };
		const made = ['python3', '-c', 'foo'].map((value): Word => ({ value, pieces: [value], splits: false, place }));
		const words = [...made, rawWord(layer, 17, 20)];
		const change = (argv: string) => {
			const changes = changesFor(words, newWords(argv));
			return typeof changes === 'string'
				? changes
				: applied(
						layer.text,
						changes.map(({ splice }) => splice),
					);
		};
		expect(change('uv run 0 1 2 3')).toBe('uv run {python3,-c,foo} bar');
		expect(change('0 1 2 x 3')).toBe('{python3,-c,foo} x bar');
		expect(change('0 1 2')).toBe('{python3,-c,foo}');
		expect(change('0 x 1 2 3')).toBe('one expansion makes the words on both sides of the new one');
		expect(change('0 2 3')).toBe('the word `{python3,-c,foo}` comes from an expansion');
	});

	test.each([
		['env -S "python3 -B x"', 'uv run 0 1 2', 'env -S "uv run python3 -B x"'],
		['env -S "python3 -B x"', '0 a$b 2', 'env -S "python3 \'a\\$b\' x"'],
		['env -S "python3 -B x"', '0 1', 'env -S "python3 -B"'],
		['env -S "python3 -B x"', '0 2', 'env -S "python3 x"'],
		["env -S 'python3 -B x'", '0 1 2 a_b', "env -S 'python3 -B x '\\''a b'\\'''"],
		['env -S python3\\ -B\\ x', 'uv 0 1 2', 'env -S uv\\ python3\\ -B\\ x'],
	])('words inside of a word change in its quotes: %j with %s', (line, argv, wanted) => {
		const layer: Layer = { text: line };
		const words = ['python3', '-B', 'x'].map((value): Word => {
			const start = line.lastIndexOf(value);
			const quoting = line.includes('"') ? 'double' : line.includes("'") ? 'single' : 'bare';
			const origins = () =>
				Array.from(value, (_, at) => ({ start: start + at, end: start + at + 1, quoting }) as const);
			return { value, pieces: [value], splits: false, place: { layer, start, end: start + value.length }, origins };
		});
		const changes = changesFor(words, newWords(argv));
		const splices = typeof changes === 'string' ? [] : changes.map(({ splice }) => splice);
		expect(applied(line, splices)).toBe(wanted);
	});

	test('what is no word of its own stays as it is', () => {
		const layer: Layer = { text: 'docker --entrypoint=python3 $x' };
		const part = rawWord(layer, 20, 27);
		const variable: Word = { ...rawWord(layer, 28, 30), value: 'a', origins: () => undefined };
		const unspelled: Word = { ...part, origins: () => undefined };
		expect(changesFor([unspelled], newWords('uv 0'))).toMatch(/does not stand in the text/);
		expect(changesFor([unspelled], newWords('uv'))).toMatch(/does not stand in the text/);
		expect(changesFor([variable, part], newWords('uv 1'))).toMatch(/`\$x` comes from an expansion/);
		expect(changesFor([{ value: 'a', pieces: ['a'], splits: false }], newWords('uv 0'))).toMatch(/does not stand/);
	});

	test('a word that two arguments are made of goes with neither', () => {
		const { layer, words } = marked('f [git] [-a] [x]');
		const [git, flag, operand] = words;
		if (!git || !flag || !operand) throw new Error('the test lost a word');
		const change = (all: readonly Word[], argv: string) => changesFor(all, newWords(argv));
		expect(change([git, flag, operand, flag], '0 1 2')).toBe('one expansion makes several words of `-a`');
		expect(change([flag, git, flag, operand], '0 1 3')).toBe('one expansion makes several words of `-a`');
		expect(change([git, flag, operand, flag], '0 1 3')).toEqual([
			{ layer, splice: { start: 8, end: 10, text: '', side: 'after-last' } },
		]);
	});

	test.each([
		['', 'a command needs a program'],
		['1 0', 'words that are kept must keep their order'],
		['0 0', 'words that are kept must keep their order'],
		['0 7', 'there is no word 7 to keep'],
		['0 a\0', 'the new text has characters that no argument can hold'],
	])('words that no text can say are refused: %j', (argv, wanted) => {
		const { words } = marked('[foo] [x]');
		expect(changesFor(words, argv === '' ? [] : newWords(argv))).toBe(wanted);
	});
});

/** A script inside of a raw word, here-document or backquotes. */
function inside(
	outer: string,
	start: number,
	text: string,
	origins: readonly (Origin | undefined)[] | undefined,
): Layer {
	expect(origins?.length, 'the origins of the test itself').toBe(text.length);
	return { text, outer: { layer: { text: outer }, origins: () => origins }, ...(start < 0 && {}) };
}

function scriptIn(outer: string, raw: string, value: string): Layer {
	const start = outer.indexOf(raw);
	return inside(outer, start, value, wordOrigins(raw, start, value));
}

function lifted(layer: Layer, ...splices: readonly Omit<Splice, 'side'>[]): string {
	const { outer } = layer;
	const result =
		outer &&
		lift(
			splices.map((splice) => ({ ...splice, side: 'before-next' })),
			outer,
		);
	if (typeof result === 'string') return `refused: ${result}`;
	return applied(outer?.layer.text ?? '', result ?? []) ?? 'refused: overlap';
}

const insert = (text: string, at = 0) => ({ start: at, end: at, text });

describe('a change in nested text', () => {
	test.each([
		["bash -c 'python3 x'", "'python3 x'", 'python3 x', "bash -c 'uv '\\''a b'\\'' $ python3 x'"],
		['bash -c "python3 x"', '"python3 x"', 'python3 x', 'bash -c "uv \'a b\' \\$ python3 x"'],
		["bash -c $'python3\\tx'", "$'python3\\tx'", 'python3\tx', "bash -c $'uv \\'a b\\' $ python3\\tx'"],
		['bash -c python3\\ x', 'python3\\ x', 'python3 x', "bash -c uv\\ \\'a\\ b\\'\\ \\$\\ python3\\ x"],
		["bash -c py'thon3 x'", "py'thon3 x'", 'python3 x', "bash -c uv\\ \\'a\\ b\\'\\ \\$\\ py'thon3 x'"],
	])('is written in the quoting of the text around: %j', (outer, raw, value, wanted) => {
		expect(lifted(scriptIn(outer, raw, value), insert("uv 'a b' $ "))).toBe(wanted);
	});

	test('removes letters and leaves quotes', () => {
		const layer = scriptIn(
			`bash -c 'git pu'"sh --no-ve"rify' x'`,
			`'git pu'"sh --no-ve"rify' x'`,
			'git push --no-verify x',
		);
		expect(lifted(layer, { start: 8, end: 20, text: '' })).toBe(`bash -c 'git pu'"sh"' x'`);
		const escaped = scriptIn("bash -c 'a '\\''b'\\'' c'", "'a '\\''b'\\'' c'", "a 'b' c");
		expect(lifted(escaped, { start: 1, end: 5, text: '' })).toBe("bash -c 'a c'");
		expect(lifted(escaped, { start: 2, end: 6, text: '' })).toBe("bash -c 'a c'");
		expect(lifted(layer, { start: 9, end: 20, text: '-q' })).toBe(`bash -c 'git pu'"sh -q"' x'`);
	});

	test('keeps its order where several changes meet', () => {
		const layer = scriptIn("bash -c 'a b'", "'a b'", 'a b');
		expect(lifted(layer, insert('1', 2), insert('2', 2), { start: 2, end: 3, text: '3' })).toBe("bash -c 'a 123'");
		expect(lifted(layer, { start: 0, end: 2, text: '' }, { start: 1, end: 3, text: '' })).toBe('refused: overlap');
	});

	test('goes through here-documents and backquotes', () => {
		const body = '\techo \\$x\n\tpython3 x\n';
		const outer = `bash <<-E\n${body}\tE`;
		const { text, origins } = heredocText(body, 10, { stripsTabs: true, isQuoted: false });
		const layer = inside(outer, 10, text, origins());
		expect(lifted(layer, insert('uv $ ', text.indexOf('python3')))).toBe(
			'bash <<-E\n\techo \\$x\n\tuv \\$ python3 x\n\tE',
		);

		const quoted = 'echo `echo \\`python3 \\$x\\``';
		const decoded = 'echo `python3 $x`';
		const backquoted = inside(quoted, 6, decoded, backquoteOrigins('echo \\`python3 \\$x\\`', 6, decoded));
		expect(lifted(backquoted, insert('uv $ ', 6))).toBe('echo `echo \\`uv \\$ python3 \\$x\\``');
	});

	test('has no place where the text around does not spell it', () => {
		const outer: Layer = { text: 'eval a b' };
		const origin = (start: number): Origin => ({ start, end: start + 1, quoting: 'bare' });
		const joined: Layer = { text: 'a b', outer: { layer: outer, origins: () => [origin(5), undefined, origin(7)] } };
		expect(lifted(joined, { start: 1, end: 3, text: '' })).toBe('eval a ');
		expect(lifted(joined, insert('x', 2))).toBe('eval a xb');
		const nowhere: Layer = { text: 'a b', outer: { layer: outer, origins: () => undefined } };
		expect(lifted(nowhere, insert('x'))).toMatch(/^refused: .* letter by letter$/);
		const unsaid: Layer = { text: 'a', outer: { layer: outer, origins: () => [undefined] } };
		expect(lifted(unsaid, insert('x'))).toMatch(/^refused: there is no single place/);
		const pair: Layer = { text: '😀', outer: { layer: outer, origins: () => [origin(5), origin(5)] } };
		expect(lifted(pair, { start: 1, end: 2, text: '' })).toMatch(
			/^refused: a character of it stands for more than one$/,
		);
		expect(lifted(pair, { start: 0, end: 2, text: '' })).toBe('eval  b');
	});
});
