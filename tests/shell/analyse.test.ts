// What an analysis tells beside the words: where commands run, what they open, what starts them, where they stand.
import { describe, expect, test } from 'vitest';
import type { Surroundings } from '../../src/abi/command.ts';
import { analyse } from '../../src/shell/analyse.ts';
import { limits } from '../../src/shell/limits.ts';
import { analyseWords } from '../../src/shell/walk.ts';

const gapKinds = (text: string, around?: Surroundings) => analyse(text, around).gaps.map(({ kind }) => kind);

describe('files that redirections open', () => {
	test.each([
		['cat < a > b', { reads: ['a'], writes: ['b'] }],
		['x >> a 2> b', { writes: ['a', 'b'] }],
		['x <> a', { reads: ['a'], writes: ['a'] }],
		['x &> a', { writes: ['a'] }],
		['x >& a', { writes: ['a'] }],
		['x 2>&1 >/dev/null < /dev/null', {}],
		['cd d; x > a', { writes: ['d/a'] }],
		['cd d; x > ../a', { writes: ['a'] }],
		['cd d; x > /a/../b', { writes: ['/b'] }],
		['f=out; x > "$f"', { writes: ['out'] }],
		['x <<< a', {}],
	])('%s', (text, facts) => {
		expect(analyse(text).commands.at(-1)?.facts).toEqual(facts);
	});

	test('a target that is not known makes the fact unsure', () => {
		expect(analyse('x > "$f"').commands[0]?.unsure).toEqual(['writes']);
		expect(analyse('cd "$d"; x < f').commands[1]?.unsure).toEqual(['reads']);
	});

	test.each(['> f', 'a=1 > f', '{ a; } > f', 'while a; do b; done > f'])('%s opens a file of its own', (text) => {
		const files = analyse(text).commands.filter(({ kind }) => kind === 'redirection');
		expect(files).toMatchObject([{ program: '', argv: [], facts: { writes: ['f'] } }]);
	});
});

describe('the directory', () => {
	test.each([
		['x', ''],
		['cd a; x', 'a'],
		['cd a && cd b && x', 'a/b'],
		['cd a; cd ..; x', ''],
		['(cd a); x', ''],
		['cd a & x', ''],
		['cd a | cd b; x', ''],
		['cd /a/b; x', '/a/b'],
		['cd; x', '~'],
		['cd "$d"; x', null],
		['cd -; x', null],
		['pushd a; x', 'a'],
		['popd; x', null],
		['if a; then cd b; fi; x', null],
		['a || cd b; x', null],
		['cd a || cd b; x', null],
		['cd a || exit; x', 'a'],
		['for i in 1 2; do x; cd a; done', null],
		['CDPATH=/; cd a; x', null],
		['HOME=/a; cd; x', '/a'],
		['pushd -n a; x', null],
		['cd a; bash -c "cd b; x"', 'a/b'],
		['f() { cd a; }; f; x', 'a'],
		['env -C a x', 'a'],
	])('of the last command of %s', (text, cwd) => {
		expect(analyse(text).commands.at(-1)?.cwd).toBe(cwd);
	});
});

describe('launchers', () => {
	test.each([
		['sudo env nice python3 x', ['sudo', 'env', 'nice']],
		["bash -c 'eval python3 x'", ['bash', 'eval']],
		["trap 'exec command python3 x' EXIT", ['trap', 'exec', 'command']],
		['f() { python3 x; }; nohup bash -c f; sudo f; f', []],
	])('around the last command of %s', (text, under) => {
		const last = analyse(text).commands.at(-1);
		expect(last?.program).toBe('python3');
		expect(last?.under.map(({ command }) => command.join(' '))).toEqual(under);
	});

	test('a module that Python runs is a command in a manner of speaking', () => {
		const { commands } = analyseWords('python -m pip install x');
		expect(commands).toMatchObject([{ program: 'python' }, { program: 'pip', isVirtual: true }]);
	});
});

describe('where commands stand', () => {
	test.each([
		['a b; python3 "x y" z > f', 'python3 "x y" z'],
		["bash -c 'a; python3 x'", 'python3 x'],
		['bash -c "a; python3 \\"x\\""', 'python3 \\"x\\"'],
		['x=`python3 \\`a\\``', 'python3 \\`a\\`'],
		['bash <<E\npython3 x\nE', 'python3 x'],
		["bash <<-'E'\n\tpython3 x\n\tE", 'python3 x'],
		["bash <<< 'python3 x'", 'python3 x'],
		['eval "python3" x', 'python3" x'],
		['p=python3; $p x', '$p x'],
	])('%s', (text, part) => {
		const { span } = analyse(text).commands.find(({ program }) => program === 'python3') ?? {};
		expect(span && text.slice(span.start, span.end)).toBe(part);
	});

	test('a command that is only computed stands nowhere', () => {
		expect(analyse('echo python3 x | bash').commands.at(-1)).toMatchObject({ program: 'python3', span: undefined });
	});
});

describe('an argv', () => {
	test('is executed without a shell', () => {
		expect(analyse(['a', '$(b); c']).commands).toMatchObject([{ argv: ['a', '$(b); c'] }]);
		expect(analyse(['cd', 'x']).commands).toMatchObject([{ kind: 'program', program: 'cd' }]);
	});

	test('may hold shell text', () => {
		expect(analyse(['bash', '-c', 'a; b']).commands.map(({ program }) => program)).toEqual(['bash', 'a', 'b']);
	});

	test('has one root for each word', () => {
		const { roots, commands } = analyseWords(['bash', '-c', 'a']);
		expect(roots.map(({ text }) => text)).toEqual(['bash', '-c', 'a']);
		expect(commands.at(-1)?.words[0]?.place?.layer.outer?.layer).toBe(roots[2]);
	});
});

describe('the surroundings', () => {
	test('globs are the paths that they are said to match', () => {
		const glob = (pattern: string) => (pattern === '/usr/bin/pyth*n3' ? ['/usr/bin/python3'] : undefined);
		expect(analyse('/usr/bin/pyth*n3 x', { glob })).toMatchObject({ commands: [{ program: 'python3' }], gaps: [] });
		expect(gapKinds('/usr/bin/pyth*n x', { glob })).toEqual(['program']);
	});

	test('what the text reads is judged where a shell would read it', () => {
		expect(analyse('bash', { input: 'python3 x' }).commands.at(-1)?.program).toBe('python3');
		expect(analyse('cat | bash -s', { input: 'python3 x' }).commands.at(-1)?.program).toBe('python3');
		expect(gapKinds('head -1; bash', { input: 'a\nb' })).toEqual(['input']);
	});

	test.each(['. ./.env', 'source -- ./.env', 'cd a; source ../.env'])('%s reads the file', (text) => {
		const { program, facts } = analyse(text).commands.at(-1) ?? {};
		expect([program, facts?.['reads']]).toEqual(['source', [expect.stringMatching(/(^|\/)\.env$/)]]);
	});

	test('`command -p` has a PATH of its own', () => {
		const isElsewhere = (text: string) =>
			analyse(text)
				.commands.at(-1)
				?.under.map(({ elsewhere }) => elsewhere);
		expect(isElsewhere('command -p python3 x')).toEqual([true]);
		expect(isElsewhere('command python3 x')).toEqual([false]);
	});

	test('no input is nothing to read in bash, and unknown to everyone else', () => {
		expect(gapKinds('bash')).toEqual([]);
		expect(gapKinds('bash', { dialect: 'unknown' })).toEqual(['input']);
	});

	test.each(['cat | sh', 'tee f | bash', '$(cat)', 'sh -c "$(cat)"', 'bash <(cat)', 'ssh h'])(
		'%s runs what nobody sees where the input is unknown',
		(text) => {
			expect(gapKinds(text, { dialect: 'unknown' })).not.toEqual([]);
			expect(gapKinds('cat | wc -l', { dialect: 'unknown' })).toEqual([]);
		},
	);

	test.each([
		'=python3 x',
		'repeat 1 python3 x',
		'x="python3 y"; $=x',
		'echo *(e:python3:)',
		'echo *(e-python3-)',
		'((python3))',
		'echo ${(e)x}',
	])('%s is a gap where the shell may not be bash', (text) => {
		expect(gapKinds(text, { dialect: 'unknown' })).toContain('syntax');
	});

	test.each([
		'ls *.py; [ a == b ]; x=$((1 + 2)); ((x < 3))',
		"grep -E '(a)?(b)' f; awk '{ print ($1) }' f; git commit -m 'see =x *(y)'",
		'a=(b c); cat <(ls) && test a = b',
	])('%s is read the same by any shell', (text) => {
		expect(gapKinds(text, { dialect: 'unknown' })).toEqual([]);
	});
});

describe('what the parser gets wrong is a gap', () => {
	test.each([
		['a digit before a process substitution', 'echo 3<(python3 x)'],
		['a descriptor for a process substitution', 'exec 9>(python3 x)'],
		['a continued line behind a dollar sign', 'python3$\\\nzz x'],
		['text behind an array', 'q=($(python3 x))x'],
		['arithmetic that is none', 'echo $(((a)|(b))\n# )\npython3 x)'],
		['a NUL in an ANSI-C string', "$'python3\\0zz' x"],
		['an escape that ends an ANSI-C string', "eval $'python3\\x{0x'"],
		['a continued line in single quotes in a here-document', "cat <<E\n$('python\\\n3' x)\nE"],
		['a separator that bash loses behind a here-document in a substitution', 'x=$(cat <<E\nE\ngit push; --force)'],
		['the same within a list inside', 'x=$(cat <<E\nE\nif :; then git push; --force; fi)'],
		['the same on the line of the here-document', 'cat <(cat <<E; git push; --force\nE\n)'],
		['quoted text in arithmetic', "echo $(('$(python3 x)'))"],
		['parentheses that may be two subshells', '((python3 x))'],
	])('%s', (_, text) => {
		expect(gapKinds(text)).not.toEqual([]);
	});

	test('a message in a here-document is no trouble', () => {
		expect(gapKinds('git commit -m "$(cat <<\'E\'\na; b\nE\n)"; git log; y=$(a; b)')).toEqual([]);
	});
});

describe('limits', () => {
	test.each([
		['a text that is too long', `a ${'b'.repeat(limits.inputLength)}`],
		['a NUL', 'a\0b'],
		['a lone surrogate', 'a \ud800'],
		['a carriage return', 'a\r\nb'],
		['many here-documents', `a ${'<<b '.repeat(limits.heredocs + 1)}`],
	])('%s is not even parsed', (_, text) => {
		expect(analyse(text)).toMatchObject({ commands: [], gaps: [{}] });
	});

	test.each([
		['scripts in scripts', `${'eval '.repeat(limits.scriptDepth + 2)}a`],
		['launchers in launchers', `${'env '.repeat(limits.launcherDepth + 2)}a`],
		['subshells in subshells', `${'( '.repeat(limits.nesting)}a${' )'.repeat(limits.nesting)}`],
		['values that double', `a=x;${'a=$a$a;'.repeat(40)}`],
		['parameters that double', `set -- a;${'set -- "$@" "$@";'.repeat(40)}`],
		[
			'functions that call each other twice',
			`${Array.from({ length: 60 }, (_, at) => `f${at}() { f${at + 1}; f${at + 1}; };`).join('')}f0`,
		],
		['too many commands', 'a;'.repeat(limits.commands + 1)],
	])('%s end in a gap', (_, text) => {
		expect(gapKinds(text)).not.toEqual([]);
	});

	test('loops that change their own text come to an end', () => {
		expect(gapKinds('x=a; while b; do x=$x$x; done; $x')).toEqual(['program']);
		expect(gapKinds(':() { :|:& }; :')).toEqual([]);
	});
});
