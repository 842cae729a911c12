// What compiling refuses, and that a large set stays quick.
import { describe, expect, test } from 'vitest';
import type { DriverName } from '../../src/abi/names.ts';
import { type ask, call, compiled, policyOf, setOf, setOfPolicies, toolTarget } from './support.ts';

const problemsOf = (body: string, changes = {}) =>
	compiled([policyOf(body)], changes).problems.map(({ code, severity }) => `${severity} ${code}`);

describe('a set is refused for', () => {
	test.each([
		[
			'a list that does not exist',
			`rules: [{ id: a, match: { tool: t/x, args: { b: { glob: "\${lists.none}" } } }, then: deny }]`,
			'P203',
		],
		[
			'a variable that does not exist',
			`rules: [{ id: a, match: { tool: t/x, args: { b: "\${nothing}" } }, then: deny }]`,
			'P203',
		],
		[
			'an environment variable that is not set',
			`rules: [{ id: a, match: { tool: t/x, args: { b: "\${env:NOPE}" } }, then: deny }]`,
			'P203',
		],
		[
			'a regex RE2 does not know',
			`rules: [{ id: a, match: { tool: t/x, args: { b: { matches: "(?=x)" } } }, then: deny }]`,
			'P501',
		],
		['flags in a command', 'rules: [{ id: a, match: { command: git push --force }, then: deny }]', 'P501'],
		['shell syntax in a command', 'rules: [{ id: a, match: { command: "git push; rm" }, then: deny }]', 'P501'],
		[
			'broken braces in a command',
			'rules: [{ id: a, match: { command: "pip {install,un{a,b}}" }, then: deny }]',
			'P501',
		],
		[
			'a launcher that is none',
			'rules: [{ id: a, match: { command: x }, except: { under: "uv run -p" }, then: deny }]',
			'P501',
		],
		[
			'a path condition on a fact that is no path',
			'rules: [{ id: a, match: { facts: { to_branch: { inside: /a } } }, then: deny }]',
			'P102',
		],
		['a broken path glob on a fact', 'rules: [{ id: a, match: { facts: { reads: "!/etc/**" } }, then: deny }]', 'P501'],
		[
			'a list in a list',
			'lists: { a: ["${lists.b}"], b: [x] }\nrules: [{ id: a, match: { tool: "t/${lists.a}" }, then: deny }]',
			'P203',
		],
		[
			'braces in a path glob',
			`rules: [{ id: a, match: { tool: t/x, args: { any_path: { glob: "**/*.{pem,key}" } } }, then: deny }]`,
			'P501',
		],
		[
			'a negated path glob',
			`rules: [{ id: a, match: { tool: t/x, args: { any_path: { glob: "!/etc/**" } } }, then: deny }]`,
			'P501',
		],
		[
			'an extended glob',
			`rules: [{ id: a, match: { tool: t/x, args: { any_path: { glob: "/etc/!(x)" } } }, then: deny }]`,
			'P501',
		],
		[
			'a backslash in a path glob',
			`rules: [{ id: a, match: { tool: t/x, args: { any_path: { glob: "/a\\\\b" } } }, then: deny }]`,
			'P501',
		],
		[
			'dots in a path glob',
			`rules: [{ id: a, match: { tool: t/x, args: { any_path: { glob: "/a/../b" } } }, then: deny }]`,
			'P501',
		],
		[
			'a tool without its driver',
			`lists: { t: [read_file] }\nrules: [{ id: a, match: { tool: "\${lists.t}" }, then: deny }]`,
			'P501',
		],
		[
			'a change of something that is no tool',
			`rules: [{ id: a, match: { prompt: p }, then: { rewrite: { params: { x: { set: 1 } } } } }]`,
			'P102',
		],
		[
			'pins that differ',
			`rules: [{ id: a, match: { tool: "t/*" }, then: { pin: { params: { x: 1 } } } }, { id: b, match: { tool: "*/get" }, then: { pin: { params: { x: 2 } } } }]`,
			'P401',
		],
	])('%s', (_what, body, code) => {
		const { set, problems } = compiled([policyOf(body)]);
		expect(set).toBeUndefined();
		expect(problems.map((problem) => problem.code)).toContain(code);
		for (const { where, message } of problems) {
			expect(where?.file).toBe('test.yaml');
			expect(message).not.toBe('');
		}
	});

	test('two rules with one id, wherever they stand', () => {
		const one = policyOf('rules: [{ id: a, match: { tool: t/x }, then: deny }]', { name: 'one' });
		const two = policyOf('rules: [{ id: a, match: { tool: t/y }, then: allow }]', { name: 'two', layer: 'project' });
		expect(compiled([one, two]).problems.map(({ code }) => code)).toEqual(['P104']);
	});

	test('a path below a workspace that is not configured', () => {
		const body =
			'rules: [{ id: a, match: { tool: t/x, args: { any_path: { outside: "${workspace}" } } }, then: deny }]';
		expect(problemsOf(body, { workspace: undefined })).toEqual(['error P203']);
		expect(problemsOf(body.replace('${workspace}', 'src'), { workspace: undefined })).toEqual(['error P203']);
	});
});

test('pins that agree, that never meet, or that only a call can tell apart compile', () => {
	const pins = (...rules: string[]) =>
		problemsOf(`rules: [${rules.map((rule, index) => `{ id: r${index}, ${rule} }`).join(', ')}]`);
	expect(
		pins(
			'match: { tool: "t/*" }, then: { pin: { params: { x: 1 } } }',
			'match: { tool: t/a }, then: { pin: { params: { x: 1.0 } } }',
		),
	).toEqual([]);
	expect(
		pins(
			'match: { tool: "t/*" }, then: { pin: { params: { x: 1 } } }',
			'match: { tool: "u/*" }, then: { pin: { params: { x: 2 } } }',
		),
	).toEqual([]);
	expect(
		pins(
			'match: { from: t }, then: { pin: { params: { x: 1 } } }',
			'match: { tool: "u/*" }, then: { pin: { params: { x: 2 } } }',
		),
	).toEqual([]);
	expect(
		pins(
			'match: { from: u }, then: { pin: { params: { x: 1 } } }',
			'match: { tool: "u/*" }, then: { pin: { params: { x: 2 } } }',
		),
	).toEqual(['error P401']);
	const sometimes = `
		rules:
		  - { id: allow, match: { tool: "t/*" }, then: allow }
		  - { id: a, match: { tool: t/a }, then: { pin: { params: { x: 1 } } } }
		  - { id: b, match: { tool: t/a }, when: { agent: intern }, then: { pin: { params: { x: 2 } } } }
	`;
	const set = setOf(sometimes);
	expect(call(set, 't/a', {}).verdict).toBe('rewritten');
	const denied = call(set, 't/a', {}, { agent: 'intern' });
	expect(denied.verdict).toBe('denied');
	expect(denied.because.map(({ id }) => id)).toEqual(expect.arrayContaining(['a', 'b']));
});

describe('a waiver', () => {
	const waiver = 'waivers: [{ rule: a, match: { tool: t/x }, until: 2027-01-01, approved_by: dana }]';
	const deny = 'rules: [{ id: a, match: { tool: t/x }, then: deny }, { id: ok, match: { tool: t/x }, then: allow }]';

	test('lifts a rule of its own layer', () => {
		expect(call(setOfPolicies([policyOf(`${deny}\n${waiver}`)]), 't/x').verdict).toBe('allowed');
	});

	test('does not lift a rule of another layer, and says so', () => {
		const organisation = policyOf(deny, { layer: 'organisation', name: 'organisation' });
		const project = policyOf(`rules: []\n${waiver}`, { layer: 'project', name: 'project' });
		const { set, problems } = compiled([organisation, project]);
		expect(problems.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['warning P303']);
		expect(set && call(set, 't/x').verdict).toBe('denied');
	});

	test('of a rule that does not exist is pointed out', () => {
		expect(compiled([policyOf(`rules: []\n${waiver}`)]).problems).toMatchObject([
			{ code: 'P303', severity: 'warning' },
		]);
	});
});

test('a thousand rules about other tools are not looked at', () => {
	const rules = Array.from(
		{ length: 1000 },
		(_, index) =>
			`{ id: r${index}, match: { tool: ["d${index % 50}/tool-${index}", "e${index % 50}/x*"] }, then: allow }`,
	);
	const set = setOf(
		`rules: [${rules.join(', ')}, { id: every, match: { tool: "*" }, when: { agent: nobody }, then: hide }]`,
	);
	expect(set.index.candidates(toolTarget('d7/tool-7')).map(({ id }) => id)).toEqual(['every', 'r7']);
	expect(set.index.candidates(toolTarget('e7/y'))).toHaveLength(21);
	expect(set.index.candidates(toolTarget('nowhere/y')).map(({ id }) => id)).toEqual(['every']);
	expect(call(set, 'd7/tool-7').verdict).toBe('allowed');
});

test('rules about one driver are found however they name it', () => {
	const set = setOf(`
		rules:
		  - { id: a-exact, match: { tool: caf\u00e9/x }, then: allow }
		  - { id: b-from, match: { from: d }, then: allow }
		  - { id: c-both, match: { from: d, tool: "*/x" }, then: allow }
		  - { id: d-any, match: { from: "*" }, then: allow }
		  - { id: e-args, match: { args: { a: 1 } }, then: deny }
		  - { id: f-resource, match: { resource: "*" }, then: deny }
		  - { id: g-question, match: { tool: "?/x" }, then: allow }
	`);
	const ids = (target: Parameters<typeof ask>[1]) => set.index.candidates(target).map(({ id }) => id);
	expect(ids(toolTarget('d/x'))).toEqual(['b-from', 'c-both', 'd-any', 'e-args', 'g-question']);
	expect(ids(toolTarget('cafe\u0301/x'))).toEqual(['a-exact', 'd-any', 'e-args', 'g-question']);
	expect(ids({ kind: 'resource', driver: 'd' as DriverName, uri: 'x:', method: 'resources/read' })).toEqual([
		'b-from',
		'd-any',
		'e-args',
		'f-resource',
	]);
});

describe('the parser of SQL', () => {
	const parse = () => ({ statements: [] });
	const plain = 'rules: [{ id: a, match: { tool: t/x, args: { any_sql: { matches: x } } }, then: deny }]';
	const sql = (where: string) => `rules: [{ id: a, match: { tool: t/x }, ${where}, then: deny }]`;
	const reading = '{ args: { sql: { statement_other_than: select } } }';

	test('is fetched when a rule reads SQL, and only then', () => {
		let fetched = 0;
		const sqlParser = () => {
			fetched += 1;
			return parse;
		};
		expect(problemsOf(plain, { sqlParser })).toEqual([]);
		expect(fetched).toBe(0);
		expect(problemsOf(sql(`except: ${reading}`), { sqlParser })).toEqual([]);
		expect(fetched).toBeGreaterThan(0);
	});

	test.each([
		['is not there', undefined],
		[
			'can not be had',
			() => {
				throw new Error('no such file');
			},
		],
	])('that %s leaves no rule in force without it', (_what, sqlParser) => {
		for (const where of [`except: ${reading}`, `except: [{ tool: t/y }, ${reading}]`]) {
			const { set, problems } = compiled([policyOf(sql(where))], { sqlParser });
			expect(set).toBeUndefined();
			expect(problems).toMatchObject([
				{ code: 'K105', severity: 'error', help: expect.stringContaining('libpg-query') },
			]);
		}
		expect(problemsOf(plain, { sqlParser })).toEqual([]);
	});
});
