import { expect, test } from 'vitest';
import { lint } from '../../src/policy/lint.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/rule.ts';

function load(text: string, name = 't'): Policy {
	const { policy, problems } = loadPolicy({ file: 'p.yaml', text, layer: 'project', name });
	if (policy === undefined) throw new Error(JSON.stringify(problems));
	return policy;
}

const rules = (...lines: string[]) => load(`version: 1\nrules:\n${lines.map((line) => `  - { ${line} }\n`).join('')}`);
const codes = (policy: Policy, now = 0) => lint([policy], { now }).map(({ code }) => code);
const complete = 'reason: r, instead: i';

test.each([
	['then: deny', ['P302', 'P306']],
	['then: hide', ['P302', 'P306']],
	['then: deny, instead: x', ['P306']],
	['then: deny, reason: x', ['P302']],
	['then: deny, reason: x, instead: y', []],
	['then: ask', []],
	['then: allow', []],
	['then: { pin: { params: { a: 1 } } }', []],
])('a refusal has a reason and a way forward: %s', (then, expected) => {
	expect(codes(rules(`id: a, match: { tool: x/y }, ${then}`))).toEqual(expected);
});

const deny = (match: string, more = '') => `id: no, match: { ${match} }, then: deny, ${complete}${more}`;
const allow = (match: string, more = '') => `id: yes, match: { ${match} }, then: allow${more}`;

test.each([
	['tool: x/y', 'tool: x/y'],
	['tool: x/*', 'tool: x/y'],
	['tool: x/*', 'tool: x/get_*'],
	['tool: "*"', 'tool: [x/y, z/*]'],
	['tool: [x/y, "z/*"]', 'tool: [z/a, x/y]'],
	['tool: "x/*_file"', 'tool: x/read_file'],
	['tool: x/y', 'tool: x/y, args: { a: 1 }'],
	['tool: x/*, args: { a: { is: [1, 2] } }', 'tool: x/y, args: { a: 1, b: 2 }'],
	['tool: x/y, args: { a: { outside: [/w] } }', 'tool: x/y, args: { a: { outside: [/w] } }'],
	['effect: write', 'tool: x/y, effect: write'],
	[
		'tool: x/y, args: { a: { statement_other_than: [select] } }',
		'tool: x/y, args: { a: { statement_other_than: [show, select] } }',
	],
	['command: git push, facts: { force: true }', 'command: git push, facts: { force: true }'],
	['command: git', 'command: git push'],
	['resource: "file:///**"', 'resource: "file:///**"'],
	['driver_asks: [sampling, roots]', 'driver_asks: sampling'],
	['method: "x/*", from: a', 'method: x/y, from: a'],
])('a deny of { %s } beats an allow of { %s }', (denied, allowed) => {
	const [problem] = lint([rules(deny(denied), allow(allowed))], { now: 0 });
	expect(problem).toMatchObject({ code: 'P303', severity: 'warning', help: 'add an `except:` to `no` instead' });
});

test.each([
	['tool: x/y', 'tool: x/z'],
	['tool: x/get_*', 'tool: x/*'],
	['tool: "x/??"', 'tool: "x/*"'],
	['tool: "x/?"', 'tool: "x/*"'],
	['tool: x/y', 'tool: [x/y, x/z]'],
	['tool: x/y', 'from: x'],
	['tool: x/y, args: { a: 1 }', 'tool: x/y'],
	['tool: x/y, args: { a: 1 }', 'tool: x/y, args: { a: 2 }'],
	['tool: x/y, args: { a: { not: [1, 2] } }', 'tool: x/y, args: { a: { not: 1 } }'],
	['tool: x/y, args: { a: { outside: [/w] } }', 'tool: x/y, args: { a: { outside: [/v] } }'],
	[
		'tool: x/y, args: { a: { statement_other_than: [select, show] } }',
		'tool: x/y, args: { a: { statement_other_than: [select] } }',
	],
	['tool: x/y, args: { a: 9007199254740993 }', 'tool: x/y, args: { a: 9007199254740992 }'],
	['tool: x/y, args: { toString: 1 }', 'tool: x/y, args: { a: 1 }'],
	['effect: write', 'effect: read'],
	['command: git push', 'command: git'],
	['command: "{a,b} c"', 'command: a c'],
	['resource: "file:///*"', 'resource: "file:///**"'],
	['driver_asks: sampling', 'driver_asks: [sampling, roots]'],
])('a deny of { %s } says nothing about an allow of { %s }', (denied, allowed) => {
	expect(codes(rules(deny(denied), allow(allowed)))).not.toContain('P303');
});

test.each([
	['an exception', ', except: { args: { a: 1 } }'],
	['a condition', ', when: { agent: x }'],
	['a mode that only watches', ', mode: observe'],
])('a deny with %s beats nothing for certain', (_what, more) => {
	expect(codes(rules(deny('tool: x/y', more), allow('tool: x/y')))).toEqual([]);
});

test('a hide beats an allow and an ask, in whatever file it stands', () => {
	const hides = rules(`id: gone, match: { tool: x/* }, then: hide, ${complete}`);
	const asks = rules('id: maybe, match: { tool: x/y }, then: ask');
	expect(lint([asks, hides], { now: 0 })).toMatchObject([
		{ code: 'P303', label: '`gone` hides the same calls, and hide wins over ask' },
	]);
	expect(lint([asks, { ...hides, mode: 'observe' }], { now: 0 })).toEqual([]);
});

test('thousands of denies and allows are compared in time', () => {
	const many = Array.from({ length: 2000 }, (_, index) => [
		deny(`tool: d${index}/*`),
		allow(`tool: e${index}/*`),
	]).flat();
	expect(codes(rules(...many.map((line, index) => line.replace(/id: \w+/, `id: r${index}`))))).toEqual([]);
});

test.each([
	['tool: shell/run, args: { command: { matches: "rm -rf" } }', true],
	['tool: "shell/*", args: { /command: { matches: x } }', true],
	['tool: "*", args: { command: { matches: x } }', true],
	['tool: shell/run, args: { cwd: { matches: x } }', false],
	['tool: files/read, args: { command: { matches: x } }', false],
	['tool: ssh/exec, args: { script: { matches: x } }', true],
	['tool: shell/run, args: { command: { glob: x } }', false],
	['tool: shell/run, args: { command: { glob: "x *" } }', true],
	['command: [python3.*, "python3.*-dbg", "/usr/bin/git push", "npm run build.*", "g++", "{npm,yarn} {add,i}"]', false],
])('a regular expression or a glob over the text of a command: { %s }', (match, isFound) => {
	const commands = [{ tool: 'ssh/exec', argument: '/script' }];
	const found = lint([rules(deny(match))], { now: 0, commands }).map(({ code }) => code);
	expect(found).toEqual(isFound ? ['P304'] : []);
});

test('a regular expression over a command is found in an exception, too', () => {
	expect(codes(rules(deny('tool: shell/run', ', except: { args: { command: { matches: x } } }')))).toEqual(['P304']);
});

test.each(['args: { a: 1 }', 'command: x', 'facts: { a: 1 }', 'flags: -x', 'mentions: x'])(
	'hiding can not depend on { %s }',
	(condition) => {
		const match = /command|facts|flags|mentions/.test(condition) ? condition : `tool: x/y, ${condition}`;
		expect(codes(rules(`id: a, match: { ${match} }, then: hide, ${complete}`))).toEqual(['P305']);
		const except = `id: a, match: { tool: x/y }, except: { ${condition} }, then: hide, ${complete}`;
		expect(codes(rules(except))).toEqual(['P305']);
	},
);

test.each([
	['args.n > 1', ['P305']],
	["has(args.n) && agent == 'a'", ['P305']],
	["agent == 'a' && tool == 'x/y' && driver == 'x'", []],
	["now > timestamp('2026-12-24T00:00:00Z')", []],
])('hiding can not depend on arguments in a condition: %s', (cel, found) => {
	expect(codes(rules(`id: a, match: { tool: x/y }, when: { cel: "${cel}" }, then: hide, ${complete}`))).toEqual(found);
	expect(codes(rules(`id: a, match: { tool: x/y }, when: { cel: "${cel}" }, then: deny, ${complete}`))).toEqual([]);
});

test.each([
	["re2(args.command, 'rm')", ['P304']],
	["args.command.contains('rm')", ['P304']],
	["args.cwd != '/'", []],
])('a condition over the text of a command: %s', (cel, found) => {
	const policy = rules(`id: a, match: { tool: shell/run }, when: { cel: "${cel}" }, then: deny, ${complete}`);
	expect(lint([policy], { now: 0 }).map(({ code, message }) => [code, message])).toEqual(
		found.map((code) => [code, 'a condition judges the text of a command']),
	);
});

const waived = (match: string, then = 'deny') =>
	load(`version: 1
rules: [{ id: a, match: { tool: x/* }, then: ${then}, ${complete} }]
waivers: [{ rule: a, match: { ${match} }, until: 2026-12-31, approved_by: dana }]
`);

test('a waiver of a hide can not depend on arguments', () => {
	expect(codes(waived('tool: x/y, args: { a: 1 }', 'hide'))).toEqual(['P305']);
	expect(codes(waived('tool: x/y', 'hide'))).toEqual([]);
	expect(codes(waived('tool: x/y, args: { a: 1 }'))).toEqual([]);
});

test('a waiver is reported from the first moment it has ended', () => {
	const policy = waived('tool: x/y');
	const end = Date.parse('2027-01-01T00:00:00Z');
	expect(codes(policy, end - 1)).toEqual([]);
	expect(lint([policy], { now: end })).toMatchObject([
		{
			code: 'P307',
			severity: 'warning',
			label: 'it ended on 2026-12-31, and the rule holds again',
			where: { line: 3 },
		},
	]);
});

test.each([
	['effect: read', 'deny', ['P303']],
	['tool: "a/*", effect: read', 'ask', ['P303']],
	['tool: "a/*", effect: read', '{ narrow: { params: { n: { max: 1 } } } }', ['P303']],
	['effect: write', 'deny', []],
	['effect: read', 'allow', []],
])('where no tool is known to only read, nothing restricts those that do: { %s } with %s', (match, then, expected) => {
	const policy = rules(`id: a, match: { ${match} }, then: ${then}, ${complete}`);
	expect(codes(policy)).toEqual(expected);
	const look = { name: 'a/look', effect: 'read', definition: { name: 'look' } } as const;
	expect(lint([policy], { now: 0, known: { tools: [look], unrecorded: [] } })).toEqual([]);
});

test.each([
	['tool: "*"', 'allow', true],
	['tool: ["a/b", "*/*"]', 'ask', true],
	['tool: "a/*"', 'allow', false],
	['tool: "*", args: { a: 1 }', 'allow', false],
	['tool: "*", effect: read', 'allow', false],
	['effect: read', 'allow', false],
])('{ %s } with %s opens every tool: %s', (match, then, isFound) => {
	expect(codes(rules(`id: a, match: { ${match} }, then: ${then}`))).toEqual(isFound ? ['P308'] : []);
});

test('opening every tool is fine where that is the default anyway, or for some callers', () => {
	const none = load('version: 1\nrules: []\n');
	const open = rules('id: a, match: { tool: "*" }, then: allow');
	const conditional = rules('id: a, match: { tool: "*" }, when: { agent: x }, then: allow');
	expect(lint([{ ...open, defaults: { tool: 'allow' } }], { now: 0 })).toEqual([]);
	expect(
		lint(
			[
				{ ...open, defaults: { tool: 'allow' } },
				{ ...none, defaults: { tool: 'deny' } },
			],
			{ now: 0 },
		),
	).toHaveLength(1);
	expect(codes(conditional)).toEqual([]);
});

test('every finding has a place, and what is fine has none', () => {
	for (const { where } of lint([rules('id: a, match: { tool: "*", args: { command: { matches: x } } }, then: hide')], {
		now: 0,
	})) {
		expect(where).toMatchObject({ file: 'p.yaml', line: 3 });
	}
});

test.each([
	[[deny('command: git push')], [['no']]],
	[[deny('command: git, facts: { force: true }')], [['no']]],
	[[deny('command: git, flags: --force')], [['no']]],
	[[deny('command: git push', ', ring: runtime')], []],
	[[deny('command: git')], []],
	[[deny('tool: x/y')], []],
	[['id: yes, match: { command: git push }, then: ask, reason: r, instead: i'], []],
])('a deny that a script gets round is told, where a driver could run in the ring: %j', (lines, expected) => {
	const policy = rules(...lines);
	const told = (couldTrap: boolean) =>
		lint([policy], { now: 0, couldTrap }).flatMap(({ code, severity, message }) =>
			code === 'P312' && severity === 'note' ? [message.match(/`[\w-]+`/g)?.map((name) => name.slice(1, -1))] : [],
		);
	expect(told(true)).toEqual(expected);
	expect(told(false)).toEqual([]);
	expect(lint([{ ...policy, isPack: true }], { now: 0, couldTrap: true })).toEqual([]);
});

test('all such rules of a file are told of in one note', () => {
	const many = Array.from(
		{ length: 8 },
		(_, at) => `id: r${at}, match: { command: git x${at} }, then: deny, ${complete}`,
	);
	const [note, ...others] = lint([rules(...many)], { now: 0, couldTrap: true });
	expect(others).toEqual([]);
	expect(note?.message).toMatch(/^rule `r0` holds .* \(and so do `r1`, `r2`, `r3`, `r4`, `r5` and 2 more\)$/);
});
