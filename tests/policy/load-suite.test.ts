// Test files: what they say, and every mistake at its line and column with something to type.
import { describe, expect, test } from 'vitest';
import { loadSuite } from '../../src/policy/load-suite.ts';

const load = (text: string) => loadSuite({ file: 't.test.yaml', text });

test('a test file is read with the place of every case', () => {
	const { suite, problems } = load(`version: 1
policies: [./policy.yaml, pack:secrets]
workspace: ./app
lists: { protected: [main] }
defaults: { tool: deny }
cases:
  - { run: git push, branch: main, is: denied, because: [no-force-push, kernel/unparsed] }
  - name: a prompt
    prompt: review
    from: notes
    args: { to: boss }
    agent: codex
    at: 2026-11-20T15:00:00Z
    env: { CI: "1" }
    is: allowed
`);
	expect(problems).toEqual([]);
	expect(suite).toMatchObject({
		file: 't.test.yaml',
		policies: [
			{ text: './policy.yaml', where: { line: 2, column: 12 } },
			{ text: 'pack:secrets', where: { line: 2, column: 27 } },
		],
		workspace: './app',
		lists: { protected: ['main'] },
		defaults: { tool: 'deny' },
		cases: [
			{
				run: 'git push',
				branch: 'main',
				is: 'denied',
				because: [{ id: 'no-force-push', where: { line: 7, column: 58 } }, { id: 'kernel/unparsed' }],
				where: { line: 7, column: 5 },
			},
			{ name: 'a prompt', prompt: 'review', from: 'notes', because: [], where: { line: 8, column: 5 } },
		],
	});
});

const one = '{ run: ls, is: allowed }';

describe.each<readonly [code: string, line: number, column: number, text: string, help: string | undefined]>([
	['P101', 2, 1, `tests: [${one}]\ncases: [${one}]`, 'did you mean `cases`?'],
	['P101', 2, 1, `examples: []\ncases: [${one}]`, 'did you mean `cases`?'],
	[
		'P101',
		2,
		1,
		`rules: []\ncases: [${one}]`,
		'`rules` belongs in a policy file; a test file names those it is about under `policies`',
	],
	['P101', 2, 1, `polices: [a.yaml]\ncases: [${one}]`, 'did you mean `policies`?'],
	['P101', 2, 20, 'cases: [{ run: ls, expect: denied, is: denied }]', 'did you mean `is`?'],
	['P101', 2, 11, 'cases: [{ rn: ls, is: denied }]', 'did you mean `run`?'],
	['P101', 2, 11, 'cases: [{ command: ls, is: denied }]', 'did you mean `run`?'],
	['P101', 2, 32, 'cases: [{ run: ls, is: denied, rules: [a] }]', 'did you mean `because`?'],
	['P102', 2, 24, 'cases: [{ run: ls, is: deny }]', 'did you mean `denied`?'],
	['P102', 2, 24, 'cases: [{ run: ls, is: Denied }]', 'did you mean `denied`?'],
	['P102', 2, 9, 'cases: [{ run: ls }]', 'write `is: denied` (allowed, asked, hidden, unchanged) or `becomes: …`'],
	['P102', 2, 9, 'cases: [{ run: ls, call: a/b, is: denied }]', 'write one of `call`, `run`, `resource` or `prompt`'],
	[
		'P102',
		2,
		42,
		'cases: [{ run: ls, is: denied, because: [No_Push] }]',
		'write it as the rule has it: lower-case letters, digits and `-`',
	],
	['P102', 2, 41, 'cases: [{ run: ls, is: denied, because: [] }]', 'write a value, or delete the key'],
	['P102', 2, 36, 'cases: [{ run: ls, is: denied, at: tomorrow }]', 'write for example `2026-11-20T15:00:00Z`'],
	['P102', 2, 40, 'cases: [{ prompt: p, is: denied, from: "a b" }]', undefined],
	['P102', 2, 22, 'cases: [{ call: a/b, from: c, is: allowed }]', 'delete it: a call names its driver, `driver/tool`'],
	['P102', 2, 28, 'cases: [{ resource: "f:x", effect: read, is: allowed }]', 'delete `effect`'],
	['P102', 2, 22, 'cases: [{ prompt: p, effect: read, is: allowed }]', 'delete `effect`'],
	['P102', 2, 29, 'cases: [{ resource: "f:xy", lock: new, is: allowed }]', 'delete `lock`'],
	['P102', 2, 25, 'cases: [{ run: ls, nth: 1.5, is: allowed }]', undefined],
	['P102', 2, 8, 'cases: []', 'write a value, or delete the key'],
	[
		'P102',
		2,
		1,
		`defaults: { tool: deny }\ncases: [${one}]`,
		'delete it, or say with `policies` which files are merged here',
	],
	['P102', 3, 1, `cases: [${one}]\nlists: { a: [b] }`, 'delete it, or say with `policies` which files are merged here'],
	['P103', 1, 1, 'policies: [a.yaml]', 'add: cases: [{ run: git push --force, is: denied }]'],
	['P001', 3, 1, `cases: [${one}]\ncases: [${one}]`, 'keep one'],
	['P002', 2, 8, 'cases: [', 'close what opens on this line or before it'],
])('%s at %i:%i', (code, line, column, text, help) => {
	test(text, () => {
		const { suite, problems } = load(`version: 1\n${text}\n`);
		expect(suite).toBeUndefined();
		expect(problems.map((problem) => [problem.code, problem.where?.line, problem.where?.column, problem.help])).toEqual(
			[[code, line, column, help]],
		);
	});
});

test.each([
	['', 'P102', 'start with: version: 1'],
	['version: 2\ncases: []\n', 'P105', 'write `version: 1`'],
])('%j', (text, code, help) => {
	expect(load(text).problems).toContainEqual(expect.objectContaining({ code, help }));
});
