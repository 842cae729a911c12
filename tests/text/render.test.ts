import { expect, test } from 'vitest';
import type { Problem } from '../../src/abi/problem.ts';
import { renderProblem, renderProblems } from '../../src/text/render.ts';

const problem: Problem = {
	code: 'P101',
	severity: 'error',
	message: 'unknown key `comand`',
	where: { file: 'a.yaml', line: 2, column: 3, length: 6 },
	label: 'not a key here',
	help: 'did you mean `command`?',
};

test('one problem has a code, a sentence, a place, a label and help', () => {
	expect(renderProblem(problem, 'x\n  comand: 1\n')).toBe(
		[
			'error[P101]: unknown key `comand`',
			' --> a.yaml:2:3',
			'  |',
			'2 |   comand: 1',
			'  |   ^^^^^^ not a key here',
			'  = help: did you mean `command`?',
		].join('\n'),
	);
});

test('the gutter grows with the line number', () => {
	const where = { file: 'a.yaml', line: 100, column: 1, length: 1 };
	const text = `${'\n'.repeat(99)}x`;
	expect(
		renderProblem({ ...problem, where }, text)
			.split('\n')
			.slice(1, 5),
	).toEqual(['   --> a.yaml:100:1', '    |', '100 | x', '    | ^ not a key here']);
});

test('without a place there are only note and help', () => {
	const rendered = renderProblem({
		code: 'C103',
		severity: 'error',
		message: 'server `github` did not start: npx not found',
		note: "Claude Desktop starts servers without your shell's PATH",
		help: 'trapgate doctor --fix writes ~/.nvm/versions/node/v22.14.0/bin/npx',
	});
	expect(rendered).toBe(
		[
			'error[C103]: server `github` did not start: npx not found',
			"  = note: Claude Desktop starts servers without your shell's PATH",
			'  = help: trapgate doctor --fix writes ~/.nvm/versions/node/v22.14.0/bin/npx',
		].join('\n'),
	);
});

test('without the text the label becomes a note', () => {
	expect(renderProblem(problem)).toContain('  = note: not a key here\n  = help');
	expect(renderProblem(problem, 'one line only')).toContain('  = note: not a key here');
});

test('carets stand under their word after tabs', () => {
	const where = { file: 'a.yaml', line: 1, column: 3, length: 2 };
	const [, , , line, carets] = renderProblem({ ...problem, where }, '\tab\tc').split('\n');
	expect(line).toBe('1 | \tab\tc');
	expect(carets).toBe('  | \t ^^ not a key here');
});

test('nothing a file says can move the cursor of the terminal that shows it', () => {
	const where = { file: 'a\u001b]0;x\u0007.yaml', line: 1, column: 2, length: 40 };
	const said = { ...problem, where, message: 'bad \u001b[2J', label: '\u202e', help: 'a\nb', note: '\u009b1m' };
	const rendered = renderProblem(said, 'x\u001b[31m\u0000\u202ey\r\nnext');
	// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must not be there
	expect(rendered).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
	expect(rendered.split('\n')).toHaveLength(7);
});

test('a huge line is shown in part, with the carets in the right place', () => {
	const text = `${'a'.repeat(5000)}BAD${'b'.repeat(5000)}`;
	const where = { file: 'a.yaml', line: 1, column: 5001, length: 3 };
	const [, , , line = '', carets = ''] = renderProblem({ ...problem, where }, text).split('\n');
	expect(line.length).toBeLessThan(220);
	expect(line.slice(carets.indexOf('^'), carets.indexOf('^') + 3)).toBe('BAD');
	expect(carets).toContain('^^^ not a key here');
});

test('colour is optional and changes nothing but colour', () => {
	const plain = renderProblem(problem, 'x\n  comand: 1\n');
	const coloured = renderProblem(problem, 'x\n  comand: 1\n', { color: true });
	expect(coloured).not.toBe(plain);
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that starts a colour
	expect(coloured.replace(/\u001b\[[\d;]*m/g, '')).toBe(plain);
});

test('several problems have a blank line between them', () => {
	const rendered = renderProblems([problem, problem], () => 'x\n  comand: 1\n');
	expect(rendered.split('\n\n')).toHaveLength(2);
});
