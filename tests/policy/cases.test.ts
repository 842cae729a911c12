// Cases are judged by all policies together, and can say which rules had a part in what comes out.
import { expect, test } from 'vitest';
import { checkCases } from '../../src/policy/cases.ts';
import type { ExamplesContext } from '../../src/policy/judge-example.ts';
import { loadSuite } from '../../src/policy/load-suite.ts';
import { context, friday, policyOf, portsWith } from './support.ts';

const surroundings: ExamplesContext = { ...context, ports: portsWith(), at: friday, cwd: '/ws' };

const policies = [
	policyOf(
		'rules: [{ id: allow, match: { tool: "t/*" }, then: allow }, { id: no-x, match: { tool: t/x }, then: deny }]',
		{ name: 'one' },
	),
	policyOf(
		'rules: [{ id: uv, match: { command: python3 }, except: { under: uv run }, then: { rewrite: { prepend: [uv, run] } } }, { id: notes, match: { resource: "n://*", from: notes }, then: deny }]',
		{ name: 'two' },
	),
];

function report(cases: string, head = '') {
	const { suite, problems } = loadSuite({ file: 't.test.yaml', text: `version: 1\n${head}cases:\n${cases}` });
	if (suite === undefined) throw new Error(JSON.stringify(problems));
	const { problems: found, exercised, ...counts } = checkCases(suite, policies, surroundings);
	return {
		...counts,
		exercised: [...exercised].sort(),
		problems: found.map(({ code, help, where }) => [code, where?.line, where?.column, help]),
	};
}

test('what holds holds, and tells whose doing it was', () => {
	const found = report(`
  - { call: t/x, is: denied, because: [no-x] }
  - { call: t/y, is: allowed }
  - { call: u/y, is: hidden }
  - { run: python3 a, becomes: uv run python3 a, because: [uv] }
  - { run: "$CMD", is: denied, because: [kernel/unparsed] }
  - { resource: "n://a", from: notes, is: denied, because: [notes] }
  - { resource: "n://a", from: other, is: allowed }
`);
	expect(found).toEqual({
		loads: true,
		total: 7,
		held: 7,
		exercised: ['allow', 'kernel/unparsed', 'no-x', 'notes', 'uv'],
		problems: [],
	});
});

test('what does not hold says what comes out instead, and whose doing it is', () => {
	const found = report(
		`
  - { call: t/x, is: allowed }
  - { call: t/x, is: denied, because: [allow] }
  - { call: u/y, is: hidden, because: [no-x] }
  - { call: t/x, is: denied, because: [no_x-] }
  - { call: t/x, is: allowed, because: [nox] }
`.replace('no_x-', 'no-xx'),
	);
	expect(found).toMatchObject({ total: 5, held: 0 });
	expect(found.problems).toEqual([
		['P402', 4, 5, 'the file says `is: allowed`; the policies give `is: denied` (rule: no-x)'],
		['P402', 5, 40, '`no-x` has a part in what comes out; `allow` has none'],
		['P402', 6, 40, 'no rule has a part in what comes out; `no-x` has none'],
		['P206', 7, 40, 'did you mean `no-x`?'],
		['P206', 8, 41, 'did you mean `no-x`?'],
	]);
});

test('two rules that change two commands of one text both have a part', () => {
	const pnpm = policyOf('rules: [{ id: pnpm, match: { command: npm }, then: { rewrite: { program: pnpm } } }]', {
		name: 'pnpm',
	});
	const { suite } = loadSuite({
		file: 't.test.yaml',
		text: 'version: 1\ncases: [{ run: npm i; python3 a, becomes: pnpm i; uv run python3 a, because: [pnpm, uv] }]\n',
	});
	expect(suite && checkCases(suite, [...policies, pnpm], surroundings)).toMatchObject({ held: 1 });
});

test('lists and the workspace stand in for variables', () => {
	expect(report('  - { call: t/y, args: { a: "${workspace}/b" }, is: unchanged }\n')).toMatchObject({ held: 1 });
	const { problems } = report(
		'  - { call: t/y, args: { a: "${lists.names}" }, becomes: { a: b } }\n',
		'policies: [x]\nlists: { names: [main] }\n',
	);
	expect(problems[0]?.[3]).toContain('the policies give');
});

test('policies that do not go together judge nothing', () => {
	const { suite } = loadSuite({ file: 't.test.yaml', text: 'version: 1\ncases: [{ run: ls, is: allowed }]\n' });
	if (suite === undefined) throw new Error('it should load');
	const twice = [...policies, ...policies];
	expect(checkCases(suite, twice, surroundings)).toMatchObject({
		loads: false,
		held: 0,
		total: 1,
		problems: [{ code: 'P104' }, {}, {}, {}],
	});
});
