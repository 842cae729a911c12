// Examples are judged alone and merged; what differs is told apart from what is looser.
import { expect, test } from 'vitest';
import { checkExamples } from '../../src/policy/examples.ts';
import type { ExamplesContext } from '../../src/policy/judge-example.ts';
import { context, friday, policyOf, portsWith } from './support.ts';

const examples: ExamplesContext = { ...context, ports: portsWith(), at: friday, cwd: '/ws' };

function report(...bodies: string[]) {
	const {
		problems,
		exercised: _,
		...count
	} = checkExamples(
		bodies.map((body, index) => policyOf(body, { name: `p${index}` })),
		examples,
	);
	return {
		...count,
		problems: problems.map(({ code, severity, help, where }) => ({ code, severity, help, line: where?.line })),
	};
}

const kinds = `
	rules:
	  - id: all
	    match: { tool: "t/*" }
	    then: allow
	    examples:
	      - { call: t/x, is: allowed }
	      - { call: t/x, is: unchanged }
	      - { call: u/x, is: hidden }
	      - { call: t/x, args: { b: 1 }, becomes: { b: 1 } }
	      - { call: t/fixed, is: allowed }
	      - { call: t/fixed, args: { b: [1.0] }, becomes: { b: [1], a: "/ws" } }
	      - { call: t/asked, is: asked }
	  - { id: fixed, match: { tool: t/fixed }, then: { pin: { params: { a: "\${workspace}" } } } }
	  - { id: asked, match: { tool: t/asked }, then: ask }
	  - id: time
	    match: { tool: t/x }
	    when: { agent: intern, env: { CI: present }, time: { before: 2026-01-01, zone: UTC } }
	    then: deny
	    examples:
	      - { call: t/x, agent: intern, env: { CI: "1" }, at: "2025-12-31T23:59:59Z", is: denied }
	      - { call: t/x, agent: intern, at: "2025-12-31T23:59:59Z", is: allowed }
	      - { call: t/x, agent: intern, env: { CI: "1" }, at: "2026-01-01T00:00:00Z", is: allowed }
	  - id: resources
	    match: { resource: "notes://secret*", from: notes }
	    then: deny
	    examples:
	      - { resource: "notes://secret/a", is: denied }
	      - { resource: "notes://open", is: allowed }
	  - id: prompts
	    match: { prompt: "draft*", args: { to: boss } }
	    then: deny
	    examples:
	      - { prompt: draft_mail, args: { to: boss }, is: denied }
	      - { prompt: draft_mail, args: { to: me }, is: allowed }
`;

test('every kind of example holds where the policy does what it says', () => {
	expect(report(kinds)).toEqual({ total: 14, heldAlone: 14, heldMerged: 14, problems: [] });
});

test('an example that does not hold alone is an error with what the policy gives', () => {
	const found = report(`
		rules:
		  - id: allow
		    match: { tool: t/x }
		    then: allow
		    examples:
		      - { call: t/x, is: denied }
		      - { call: t/y, is: allowed }
		      - { call: t/x, args: { a: 1 }, becomes: { a: 2 } }
	`);
	expect(found.heldAlone).toBe(0);
	expect(found.problems).toEqual([
		{
			code: 'P402',
			severity: 'error',
			help: 'the file says `is: denied`; the policy gives `is: allowed` (rule: allow)',
			line: 8,
		},
		{ code: 'P402', severity: 'error', help: 'the file says `is: allowed`; the policy gives `is: hidden`', line: 9 },
		{
			code: 'P402',
			severity: 'error',
			help: 'the file says `becomes: {"a":2}`; the policy gives `is: allowed` (rule: allow)',
			line: 10,
		},
	]);
});

const allowing = `
	rules:
	  - { id: allow, match: { tool: "t/*" }, then: allow, examples: [{ call: t/x, is: allowed }, { call: u/x, is: hidden }] }
`;

test('an example that another policy makes stricter is a note', () => {
	const { problems } = report(allowing, 'rules: [{ id: no, match: { tool: t/x }, then: deny }]');
	expect(problems).toMatchObject([{ code: 'P404', severity: 'note' }]);
});

test('an example that another policy makes looser is an error', () => {
	const { problems } = report(allowing, 'rules: [{ id: more, match: { tool: "u/*" }, then: allow }]');
	expect(problems).toMatchObject([{ code: 'P404', severity: 'error' }]);
});

test('a file that only restricts is judged as if the rest were allowed', () => {
	const only =
		'rules: [{ id: no, match: { tool: t/x, args: { a: 1 } }, then: deny, examples: [{ call: t/x, args: { a: 1 }, is: denied }, { call: t/x, is: allowed }] }]';
	expect(report(only)).toMatchObject({ total: 2, heldAlone: 2 });
});

test('a command is judged as if a rule allowed the shell, unless a rule hides it', () => {
	const body = (examples: string) =>
		`rules: [{ id: no, match: { command: rm }, then: deny, examples: [${examples}] }, { id: other, match: { tool: x/y }, then: allow }]`;
	expect(report(body('{ run: rm x, is: denied }, { run: ls, is: unchanged }, { run: ls, is: allowed }'))).toEqual({
		total: 3,
		heldAlone: 3,
		heldMerged: 3,
		problems: [],
	});
	const hiding = 'rules: [{ id: hidden, match: { tool: shell/run }, then: hide }]';
	expect(report(body('{ run: ls, is: allowed }'), hiding)).toMatchObject({ heldAlone: 1, heldMerged: 0 });
	expect(report(body('{ run: ls, is: denied }')).problems).toMatchObject([{ code: 'P402' }]);
});

test('what becomes of a command is its text, whatever else is filled in', () => {
	const uv =
		'rules: [{ id: uv, match: { command: python3 }, except: { under: uv run }, then: { rewrite: { prepend: [uv, run] } }, examples: [{ run: python3 a, becomes: uv run python3 a }, { run: uv run python3 a, is: unchanged }, { run: python3 a, becomes: python3 a }] }]';
	const filled =
		'rules: [{ id: short, match: { tool: shell/run }, then: { narrow: { params: { timeoutMs: { max: 5 } } } } }]';
	const { problems, ...count } = report(uv, filled);
	expect(count).toEqual({ total: 3, heldAlone: 2, heldMerged: 2 });
	expect(problems[0]?.help).toBe(
		'the file says `becomes: "python3 a"`; the policy gives `becomes: "uv run python3 a"` (rule: uv)',
	);
});

test('an example says which branch is checked out; without that nobody knows', () => {
	const rule = (examples: string) =>
		`rules: [{ id: main, match: { command: git push, facts: { to_branch: main } }, then: deny, examples: [${examples}] }]`;
	const told = '{ run: git push, branch: main, is: denied }, { run: git push, branch: topic, is: unchanged }';
	expect(report(rule(told))).toMatchObject({ total: 2, heldAlone: 2 });
});

test('a file that allows nothing is judged as if others allowed its tools, also where nobody does', () => {
	const restricts = (is: string) => `
	rules:
	  - id: few
	    match: { tool: "t/*" }
	    then: { limit: { calls: 2, per: 1h } }
	    examples: [{ call: t/x, nth: 2, is: ${is} }]`;
	const opens = 'rules: [{ id: other, match: { tool: u/x }, then: allow }]';
	expect(report(restricts('allowed'), opens)).toMatchObject({ heldAlone: 1, heldMerged: 1, problems: [] });
	expect(report(restricts('hidden'), opens)).toMatchObject({ heldAlone: 0, heldMerged: 0 });
});

test('the rules that had a part in what came out are told: those that decided, that changed something, that allowed', () => {
	const policy = policyOf(`
		rules:
		  - { id: all, match: { tool: "t/*" }, then: allow, examples: [{ call: t/x, is: allowed }, { call: t/y, is: hidden }] }
		  - { id: pinned, match: { tool: t/x }, then: { pin: { params: { a: 1 } } } }
		  - { id: unseen, match: { tool: t/y }, then: hide }
		  - { id: no-z, match: { tool: t/z }, then: deny }
		  - { id: never, match: { tool: t/x, args: { b: 1 } }, then: deny }
		  - { id: outdone, match: { tool: t/y }, then: deny }
	`);
	expect([...checkExamples([policy], examples).exercised].sort()).toEqual(['all', 'pinned', 'unseen']);
});

const redactions = `
	rules:
	  - id: keys
	    match: { tool: ["t/*", shell/run] }
	    except: { tool: t/raw }
	    then: { redact: { find: [detector:aws, "regex:x+"] } }
	    examples:
	      - { call: t/a, result: "a xx b", becomes: "a [redacted:custom] b" }
	      - { run: env, result: AKIAIOSFODNN7EXAMPLE, becomes: "[redacted:aws]" }
	      - { call: t/a, result: { k: [xx], n: 1 }, becomes: { k: ["[redacted:custom]"], n: 1 } }
	      - { call: t/a, result: "a b", is: unchanged }
	      - { call: t/raw, result: xx, is: unchanged }
	      - { call: u/a, result: xx, is: unchanged }
	      - { resource: "t://a", result: xx, is: unchanged }
`;

test('what comes back is judged by the rules about results alone, whatever becomes of the call', () => {
	expect(report(redactions)).toEqual({ problems: [], total: 7, heldAlone: 7, heldMerged: 7 });
	const denied = 'rules: [{ id: no, match: { tool: "t/*" }, then: deny }]';
	expect(report(redactions, denied)).toEqual({ problems: [], total: 7, heldAlone: 7, heldMerged: 7 });
});

test('a result that comes out otherwise is an error alone, and a note merged', () => {
	const wrong = redactions.replace('becomes: "a [redacted:custom] b"', 'is: unchanged');
	expect(report(wrong).problems).toEqual([
		{
			code: 'P402',
			severity: 'error',
			line: 9,
			help: 'the file says `is: unchanged`; the policy gives `becomes: "a [redacted:custom] b"` (rule: keys)',
		},
	]);
	const more = 'rules: [{ id: letters, match: { tool: t/a }, then: { redact: { find: "regex:b", replace: "<b>" } } }]';
	const merged = checkExamples([policyOf(redactions, { name: 'p0' }), policyOf(more, { name: 'p1' })], examples);
	expect(merged.problems).toEqual([
		expect.objectContaining({
			code: 'P404',
			severity: 'note',
			message: expect.stringMatching(
				/^the result of `t\/a` becomes `a \[redacted:custom\] b` in .+, but becomes `a \[redacted:custom\] <b>` when .*\(rule: keys, letters\)$/,
			),
		}),
		expect.objectContaining({ code: 'P404', severity: 'note' }),
	]);
});

test('a result that nobody takes anything out of any more is looser', () => {
	const waiver = 'rules: []\nwaivers: [{ rule: keys, match: { tool: t/a }, until: 2027-01-01, approved_by: dana }]';
	const { problems } = report(redactions, waiver);
	expect(problems.map(({ code, severity }) => [code, severity])).toEqual([
		['P404', 'error'],
		['P404', 'error'],
	]);
	expect(problems[0]?.help).toMatch(/^no policy should open what another one closes/);
});

test('a rule is exercised by a result that it takes something out of', () => {
	const { exercised } = checkExamples([policyOf(redactions)], examples);
	expect([...exercised]).toEqual(['keys']);
	const idle = redactions.replace(/^.*(?:xx b|AKIA|\[xx\]).*$/gm, '');
	expect([...checkExamples([policyOf(idle)], examples).exercised]).toEqual([]);
});

const budget = `
	rules:
	  - id: cap
	    match: { tool: ["t/*", shell/run] }
	    then: { truncate: { max_tokens: 4000 } }
	    examples:
	      - { call: t/a, tokens: 40000, becomes: 4000 }
	      - { run: npm test, tokens: 4001, becomes: 4000 }
	      - { call: t/a, tokens: 4000, is: unchanged }
	      - { call: u/a, tokens: 40000, is: unchanged }
`;

test('how much of a result is left is the smallest that a rule allows; more of it is looser', () => {
	const denied = 'rules: [{ id: no, match: { tool: "t/*" }, then: deny }]';
	expect(report(budget, denied)).toEqual({ problems: [], total: 4, heldAlone: 4, heldMerged: 4 });
	expect(report(budget.replace('becomes: 4000', 'becomes: 3999')).problems).toMatchObject([
		{ code: 'P402', help: 'the file says `becomes: 3999`; the policy gives `becomes: 4000` (rule: cap)' },
	]);
	const less = 'rules: [{ id: less, match: { tool: "*" }, then: { truncate: { max_tokens: 1000 } } }]';
	expect(report(budget, less).problems.map(({ severity }) => severity)).toEqual(['note', 'note', 'note', 'note']);
	const waiver = 'rules: []\nwaivers: [{ rule: cap, match: { tool: t/a }, until: 2027-01-01, approved_by: dana }]';
	expect(report(budget, waiver).problems.map(({ code, severity }) => [code, severity])).toEqual([['P404', 'error']]);
});

test('a rule is exercised by a result that it shortens', () => {
	expect([...checkExamples([policyOf(budget)], examples).exercised]).toEqual(['cap']);
	const idle = budget.replace(/^.*becomes.*$/gm, '');
	expect([...checkExamples([policyOf(idle)], examples).exercised]).toEqual([]);
});
