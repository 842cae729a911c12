// Options and operands are told apart as getopt does, and what can't be told apart is a gap.
import { describe, expect, test } from 'vitest';
import { flagsOf, hasOption, lastValue, makeGrammar, readOptions, valuesOf } from '../../src/shell/options.ts';
import type { Word } from '../../src/shell/word.ts';
import { literal } from '../../src/shell/word-parts.ts';

const options = ['n|dry-run', 'm|message=s', 'u|set-upstream', 'f|force', 'color:s', 'c:s', 'verify!', 'arg=s{2}', 'v'];
const permuting = makeGrammar({ options });
const posix = makeGrammar({ options, stopAtOperand: true });
const single = makeGrammar({ options: ['-chdir=s', '-json', '-var=s', 'h'] });

/** `$x` is unquoted and unknown, `"$x"` quoted, both may stand within a word. */
function words(line: string): readonly Word[] {
	return ['program', ...line.split(' ').filter(Boolean)].map((text) => {
		if (!text.includes('$x')) return literal(text === "''" ? '' : text);
		const pieces = text.replace(/"/g, '').split('$x');
		const known = pieces.flatMap((piece, at) => [...(at ? [null] : []), ...(piece ? [piece] : [])]);
		return { value: undefined, pieces: known, splits: !text.includes('"') };
	});
}

function show(line: string, grammar = permuting) {
	const read = readOptions(words(line), grammar);
	const found = read.found.map(({ name, value, more }) =>
		[name, ...[value, ...(more ?? [])].flatMap((word) => (word ? [word.value ?? '?'] : []))].join(' '),
	);
	return { found, operands: read.operands.map((word) => word.value ?? '?'), gap: read.gap !== undefined };
}

describe('options and operands', () => {
	test.each<[string, string[], string[]]>([
		['a -n b', ['--dry-run'], ['a', 'b']],
		['-uf x', ['--set-upstream', '--force'], ['x']],
		['-m text x', ['--message text'], ['x']],
		['-mtext x', ['--message text'], ['x']],
		['-fmtext x', ['--force', '--message text'], ['x']],
		['-fm text x', ['--force', '--message text'], ['x']],
		['-m -n x', ['--message -n'], ['x']],
		['-m -- x', ['--message --'], ['x']],
		['--message text x', ['--message text'], ['x']],
		['--message=text x', ['--message text'], ['x']],
		['--message= x', ['--message '], ['x']],
		['--mess text x', ['--message text'], ['x']],
		['--color red', ['--color'], ['red']],
		['--color=red x', ['--color red'], ['x']],
		['-c x', ['-c'], ['x']],
		['-cx', ['-c x'], []],
		['--no-verify', ['--no-verify'], []],
		['--arg a b c', ['--arg a b'], ['c']],
		['-f -- -n a', ['--force'], ['-n', 'a']],
		['- -n', ['--dry-run'], ['-']],
		["'' -n", ['--dry-run'], ['']],
		['-m', ['--message'], []],
	])('`%s` has options %j and operands %j', (line, found, operands) => {
		expect(show(line)).toEqual({ found, operands, gap: false });
	});

	test.each<[string, string[], string[]]>([
		['-n a -f', ['--dry-run'], ['a', '-f']],
		['-n -- -f a', ['--dry-run'], ['-f', 'a']],
		['a $x', [], ['a', '?']],
	])('where options end at the first operand, `%s` has options %j and operands %j', (line, found, operands) => {
		expect(show(line, posix)).toEqual({ found, operands, gap: false });
	});

	test.each<[string, string[], string[]]>([
		['-chdir=d apply', ['-chdir d'], ['apply']],
		['-var a=b apply', ['-var a=b'], ['apply']],
		['-json --json', ['-json', '-json'], []],
		['-h', ['-h'], []],
	])('with single-dash names `%s` has options %j and operands %j', (line, found, operands) => {
		expect(show(line, single)).toEqual({ found, operands, gap: false });
	});

	test('numbers are options where the grammar says so', () => {
		expect(show('-10 a', makeGrammar({ options: ['n=s'], numeric: true })).found).toEqual(['-# 10']);
		expect(show('-10 a').gap).toBe(true);
	});

	test('a switched-off flag is no flag', () => {
		const read = readOptions(words('--force=false -n'), permuting);
		expect(flagsOf(read)).toEqual(['--dry-run']);
		expect(hasOption(read, '--force')).toBe(false);
	});

	test('values are found by canonical name', () => {
		const read = readOptions(words('-m a --message b'), permuting);
		expect(lastValue(read, '--message')?.value).toBe('b');
		expect(valuesOf(read, '--message').map((word) => word.value)).toEqual(['a', 'b']);
	});

	test('where the operands begin is an index in the argv', () => {
		expect(readOptions(words('-m a b c'), posix).rest).toBe(3);
		expect(readOptions(words('-m a'), posix).rest).toBe(3);
		expect(readOptions(words('a -f b'), permuting).at).toEqual([1, 3]);
	});
});

describe('what can not be told is a gap', () => {
	test.each([
		['an unknown letter', '-z a'],
		['an unknown letter in a cluster', '-fz a'],
		['an unknown long option', '--zzz a'],
		['an ambiguous abbreviation', '--c a', makeGrammar({ options: ['color=s', 'count'] })],
		['an unquoted expansion', '$x a'],
		['an unquoted expansion as a value', '-m $x a'],
		['an unquoted expansion glued to an option', '-m$x a'],
		['a quoted expansion that ends a cluster', '-f"$x" a'],
		['a quoted expansion within a name', '--mess"$x" a'],
	])('%s: `program %s`', (_, line, grammar = permuting) => {
		expect(show(line, grammar).gap).toBe(true);
	});

	test.each([
		['a quoted expansion is one operand', '"$x" a', ['?', 'a'], true],
		['with a known beginning it is no option', 'a/"$x"', ['?'], false],
		['as a value it is one word', '-m "$x" a', ['a'], false],
		['glued to an option it is the value', '-m"$x" a', ['a'], true],
		['behind an equals sign it is the value', '--message="$x" a', ['a'], false],
	])('%s', (_, line, operands, mayBeOption) => {
		expect(show(line)).toMatchObject({ operands, gap: false });
		expect(readOptions(words(line), permuting).mayBeOption).toBe(mayBeOption);
	});

	test('the value glued to a dynamic option keeps its known end', () => {
		expect(lastValue(readOptions(words('--message="$x"/b'), permuting), '--message')?.pieces).toEqual([null, '/b']);
	});

	test('an unknown option is a flag where the grammar says so', () => {
		const lenient = makeGrammar({ options: ['f|force'], onUnknown: 'flag' });
		expect(show('--zzz -yf a', lenient)).toEqual({ found: ['--zzz', '-y', '--force'], operands: ['a'], gap: false });
	});

	test('a grammar that names an option twice is refused', () => {
		expect(() => makeGrammar({ options: ['a', 'a=s'] }).short).toThrow('twice');
	});
});
