// A problem that is found late still points at the words its author wrote, and says what to type.
import { describe, expect, test } from 'vitest';
import type { Problem } from '../../src/abi/problem.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { compiled } from './support.ts';

const head = 'version: 1\nname: test\n';

/** What compiling says of a policy whose text is given in full. */
function problemsOf(body: string, changes = {}): readonly Problem[] {
	const { policy, problems } = loadPolicy({ file: 'test.yaml', text: head + body, layer: 'user' });
	if (policy === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
	return compiled([policy], changes).problems;
}

/** The text under the carets. */
function underlined(body: string, { where }: Problem): string | undefined {
	if (where === undefined) return undefined;
	return (head + body).split('\n')[where.line - 1]?.slice(where.column - 1, where.column - 1 + where.length);
}

describe('the span is', () => {
	test.each([
		['a variable', 'match: { tool: t/x, args: { b: "${lists.none}" } }', '${lists.none}'],
		['a pattern', 'match: { tool: t/x, args: { b: { matches: "a(?=x)" } } }', 'a(?=x)'],
		['a pattern with escapes', 'match: { tool: t/x, args: { b: { matches: "\\\\d(?=x)" } } }', '\\\\d(?=x)'],
		['a command', 'match: { command: [git status, git push --force] }', 'git push --force'],
		['the one that stands alone', 'match: { tool: [t/xy, "t/${env:A}"], args: { b: "${env:AB}" } }', '${env:A}'],
	])('%s', (_name, match, wanted) => {
		const body = `rules:\n  - id: a\n    # ${wanted} is written here, too\n    ${match}\n    then: allow\n`;
		const [problem] = problemsOf(body);
		expect(problem && underlined(body, problem)).toBe(wanted);
	});

	test('right in a rule on one line, and in the last of several', () => {
		const rule = (id: string, list: string) =>
			`{ id: ${id}, match: { tool: t/x, args: { b: "\${lists.${list}}" } }, then: allow }`;
		const body = `lists: { some: [x] }\nrules:\n  - ${rule('a', 'some')}\n  - ${rule('b', 'none')}\n`;
		const [problem] = problemsOf(body);
		expect(problem?.where?.line).toBe(6);
		expect(problem && underlined(body, problem)).toBe('${lists.none}');
	});

	test('the id where the words are written otherwise', () => {
		const body =
			'rules:\n  - id: a\n    match: { tool: t/x, args: { b: { matches: "\\x28?=x)" } } }\n    then: allow\n';
		const [problem] = problemsOf(body);
		expect(problem && underlined(body, problem)).toBe('a');
	});

	test('looked for in a hundred mistakes, not in every one of thousands', () => {
		const texts = Array.from({ length: 200 }, (_, index) => `"\${nothing${index}}"`);
		const body = `rules:\n  - id: a\n    match: { tool: t/x, args: { b: [${texts.join(', ')}] } }\n    then: allow\n`;
		const spans = problemsOf(body).map((problem) => underlined(body, problem));
		expect(spans).toHaveLength(200);
		expect(spans.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, index) => `\${nothing${index}}`));
		expect(new Set(spans.slice(100))).toEqual(new Set(['a']));
	});
});

describe('what to type for', () => {
	const help = (variable: string, changes = {}) =>
		problemsOf(
			`lists: { protected: [x] }\nrules: [{ id: a, match: { tool: t/x, args: { b: "\${${variable}}" } }, then: allow }]\n`,
			changes,
		)[0]?.help;

	test.each([
		['lists.protectd', 'did you mean `${lists.protected}`?'],
		['protected', 'did you mean `${lists.protected}`?'],
		['lists.hosts', 'add: lists: { hosts: [ … ] }'],
		['workspce', 'did you mean `${workspace}`?'],
		['env:NOPE', 'set NOPE where Trapgate runs'],
		['date', 'variables are: workspace, tmp, home, env:NAME, lists.NAME'],
	])('${%s}', (variable, wanted) => expect(help(variable)).toBe(wanted));

	test('a workspace that is not configured', () =>
		expect(help('workspace', { workspace: undefined })).toBe('add to trapgate.yaml: workspace: .'));
});
