// A command gets other words through every layer of quoting, exactly, or not at all.
import { describe, expect, test } from 'vitest';
import type { CommandSource, NewWord } from '../../src/abi/command.ts';
import { analyse } from '../../src/shell/analyse.ts';
import { edit } from '../../src/shell/edit.ts';
import { bringUnderUv } from '../support/rewriting.ts';

/** Changes the first command called `program`: a number keeps that word, a text is put. */
function change(source: CommandSource, program: string, words: readonly (number | string)[]) {
	const index = analyse(source).commands.findIndex((command) => command.program === program);
	const argv = words.map((word): NewWord => (typeof word === 'number' ? { keep: word } : { put: word }));
	const outcome = edit(source, index, argv);
	return outcome.kind === 'edited' ? outcome.source : outcome;
}

const refused = (reason: RegExp) => ({ kind: 'refused', reason: expect.stringMatching(reason) });

describe('every Python is brought under uv', () => {
	test.each([
		['python3 x', 'uv run python3 x'],
		['A=1 python3 x | python - <f', 'A=1 uv run python3 x | uv run python - <f'],
		[`bash -c "python3 -c 'print(1)'"`, `bash -c "uv run python3 -c 'print(1)'"`],
		['bash -c python3\\ x', 'bash -c uv\\ run\\ python3\\ x'],
		['bash -c bash\\ -c\\ python3\\\\\\ x', 'bash -c bash\\ -c\\ uv\\\\\\ run\\\\\\ python3\\\\\\ x'],
		[`bash -c "bash -c \\"bash -c 'python3 x'\\""`, `bash -c "bash -c \\"bash -c 'uv run python3 x'\\""`],
		["eval $'foo\\x3bpython3 x'", "eval $'foo\\x3buv run python3 x'"],
		['eval python3 x', 'eval uv\\ run\\ python3 x'],
		["sh -c 'echo '\"'\"'a'\"'\"'; python3 x'", "sh -c 'echo '\"'\"'a'\"'\"'; uv run python3 x'"],
		['echo `echo \\`python3 x\\``', 'echo `echo \\`uv run python3 x\\``'],
		['echo "`python3 \\"x\\"`"', 'echo "`uv run python3 \\"x\\"`"'],
		['cat <(python3 x) "${u:-$(python3 y)}"', 'cat <(uv run python3 x) "${u:-$(uv run python3 y)}"'],
		['sh <<EOF\npython3 x\nEOF', 'sh <<EOF\nuv run python3 x\nEOF'],
		['bash <<\'EOF\'\nfoo | python3 - "$A"\nEOF', 'bash <<\'EOF\'\nfoo | uv run python3 - "$A"\nEOF'],
		["trap 'python3 x' EXIT", "trap 'uv run python3 x' EXIT"],
		['find . -exec sh -c \'python3 "$1"\' _ {} \\;', 'find . -exec sh -c \'uv run python3 "$1"\' _ {} \\;'],
		['env A=1 timeout 5 nice python3 x', 'env A=1 timeout 5 nice uv run python3 x'],
		['foo | xargs -n1 python3', 'foo | xargs -n1 uv run python3'],
		['if true; then A=1 python3 x >o 2>&1; fi', 'if true; then A=1 uv run python3 x >o 2>&1; fi'],
		[`"python3" x; 'python3' y; p\\ython3 z`, `uv run "python3" x; uv run 'python3' y; uv run p\\ython3 z`],
		['python3 $(foo) `bar` "$x" *', 'uv run python3 $(foo) `bar` "$x" *'],
		['f() { python3 x; }; f; f', 'f() { uv run python3 x; }; f; f'],
		['for i in 1 2; do python3 "$i"; done', 'for i in 1 2; do uv run python3 "$i"; done'],
		['f() { python3 "$1"; }; f a; f b', 'f() { uv run python3 "$1"; }; f a; f b'],
		['p=python3; $p x; echo $p', 'p=python3; uv run $p x; echo $p'],
		['"$D/python3" x', 'uv run "$D/python3" x'],
		['env -S "python3 x"', 'env -S "uv run python3 x"'],
		['/usr/bin/python3 -V', 'uv run /usr/bin/python3 -V'],
	])('%j becomes %j', (source, text) => {
		expect(bringUnderUv(source)).toEqual({ kind: 'rewritten', text });
	});

	test.each([
		["cat <<'EOF' | bash\npython3 x\nEOF", "cat <<'EOF' | bash\nuv run python3 x\nEOF"],
		["echo 'python3 x' | sh", "echo 'uv run python3 x' | sh"],
		['x=\'python3 x\'; eval "$x"', 'x=\'uv run python3 x\'; eval "$x"'],
	])('%j, a script that is carried there, is changed where it is written or refused', (source, text) => {
		const outcome = bringUnderUv(source);
		expect(outcome.kind).not.toBe('unchanged');
		if (outcome.kind === 'rewritten') expect(outcome.text).toBe(text);
	});

	test.each(['uv run python3 x', 'foo; echo python3', '# python3', "cat <<'E'\npython3 x\nE", "echo 'python3 x'"])(
		'%j stays',
		(text) => {
			expect(bringUnderUv(text)).toEqual({ kind: 'unchanged', text });
		},
	);
});

describe('words change where they stand', () => {
	test.each<[string, string, (number | string)[], string]>([
		['git commit --no-verify -m x', 'git', [0, 1, 3, 4], 'git commit -m x'],
		['bash -c "git commit --no-verify -m \\"a b\\""', 'git', [0, 1, 3, 4], 'bash -c "git commit -m \\"a b\\""'],
		["eval 'git commit' --no-verify '-m x'", 'git', [0, 1, 3, 4], "eval 'git commit'  '-m x'"],
		[
			'(npm ci >o 2>&1) # npm',
			'npm',
			['pnpm', 'install', '--frozen-lockfile'],
			'(pnpm install --frozen-lockfile >o 2>&1) # npm',
		],
		['npx -y cowsay "a b"', 'npx', ['pnpm', 'dlx', 2, 3], 'pnpm dlx cowsay "a b"'],
		["ssh h 'git push -f'", 'git', [0, 1, 'a b'], "ssh h 'git push '\\''a b'\\'''"],
		['foo "$(git push -f origin main)"', 'git', [0, 1, 3, 4], 'foo "$(git push origin main)"'],
		['git push -f "$x" $(foo) *.c', 'git', [0, 1, 3, 4, 5], 'git push "$x" $(foo) *.c'],
		['sudo -u root git push -f', 'git', [0, 1], 'sudo -u root git push'],
	])('%j: %s %j', (source, program, words, wanted) => {
		expect(change(source, program, words)).toBe(wanted);
	});

	test('in an argv, items change', () => {
		expect(change(['python3', 'a b'], 'python3', ['uv', 'run', 0, 1])).toEqual(['uv', 'run', 'python3', 'a b']);
		expect(change(['git', 'commit', '-n', "it's"], 'git', [0, 1, 3])).toEqual(['git', 'commit', "it's"]);
		expect(change(['sh', '-c', 'cd x && git push -f'], 'git', [0, 1])).toEqual(['sh', '-c', 'cd x && git push']);
		expect(change(['env', 'A=1', 'git', 'x'], 'git', [0, 'commit', '-m', '$y ', ''])).toEqual([
			'env',
			'A=1',
			'git',
			'commit',
			'-m',
			'$y ',
			'',
		]);
	});

	test('an argv whose words a shell would read otherwise is left alone', () => {
		expect(change(['cd', 'x', 'y'], 'cd', [0, 1])).toEqual(refused(/without a shell/));
	});

	test('a source that keeps its words is the same source', () => {
		const argv = ['python3', 'x'];
		expect(change(argv, 'python3', [0, 1])).toBe(argv);
		expect(change('python3  x # c', 'python3', [0, 1])).toBe('python3  x # c');
	});
});

describe('what has no exact place is refused', () => {
	test.each<[string, string, (number | string)[], RegExp]>([
		['docker run --entrypoint python3 img x', 'python3', ['uv', 'run', 0, 1], /./],
		['x=-f; git push $x', 'git', [0, 1], /comes from an expansion/],
		['git {push,-f}', 'git', [0, 1], /does not stand in the text/],
		['{python3,-c,foo}', 'python3', ['uv', 'run', 0, 1, 2], /does not stand in the text/],
		['uv() { foo; }; python3 x', 'python3', ['uv', 'run', 0, 1], /another meaning|also change|more commands/],
		["bash <<'E'\ngit push\nE", 'git', [0, 1, 'a\nE\nfoo'], /./],
		['foo <<< x; git push', 'git', [0, 1, 'a\0b'], /no argument can hold/],
		['foo | xargs -I{} git push {}', 'git', [0, 1, '{}', 2], /exactly these words/],
		['f() { "$1" x; }; f git; f foo', 'git', ['a', 0, 1], /also change the command `foo`/],
		['python3 x', 'python3', [], /needs a program/],
	])('%j: %s %j', (source, program, words, reason) => {
		expect(change(source, program, words)).toEqual(refused(reason));
	});

	test('there is no such command', () => {
		expect(edit('foo', 1, [{ keep: 0 }])).toEqual(refused(/there is no command 1/));
		expect(edit('foo', -1, [{ put: 'x' }])).toEqual(refused(/there is no command -1/));
		expect(edit('', 0, [{ put: 'x' }])).toEqual(refused(/there is no command 0/));
	});

	test('a name that only its launcher understands gets no program in front', () => {
		expect(change('python3 -m pip install x', 'pip', ['uv', 0, 1, 2])).toEqual(
			refused(/only its launcher understands/),
		);
		expect(change('python3 -m pip install -U x', 'pip', [0, 1, 3])).toBe('python3 -m pip install x');
	});
});
