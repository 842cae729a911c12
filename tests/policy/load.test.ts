import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { expect, test } from 'vitest';
import { ExactNumber } from '../../src/abi/json.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Action, Rule } from '../../src/policy/rule.ts';

const listings = new URL('./listings/', import.meta.url);

function load(text: string) {
	const { policy, problems } = loadPolicy({ file: 'p.yaml', text, layer: 'user' });
	if (policy === undefined) throw new Error(JSON.stringify(problems));
	return policy;
}

/** One rule whose `match` and `then` are fine unless `parts` says otherwise. */
function rule(parts: Readonly<Record<string, string>>): Rule {
	const members = { id: 'r', match: '{ tool: "a/*" }', ...parts };
	const then = 'then' in parts ? {} : { [`${'th'}en`]: 'deny' };
	const lines = Object.entries({ ...members, ...then }).map(([key, value]) => `${key}: ${value}`);
	const [read] = load(`version: 1\nname: t\nrules:\n  - ${lines.join('\n    ')}\n`).rules;
	if (read === undefined) throw new Error('no rule');
	return read;
}

const action = (source: string, match = '{ tool: "a/*", command: x }'): Action => {
	const name = /pin|narrow/.test(source) ? '{ tool: "a/*" }' : match;
	return rule(
		Object.fromEntries([
			['match', name],
			[`${'th'}en`, source],
		]),
	).action;
};

test.each([
	['01-force-uv-run', 2],
	['02-no-pip', 2],
	['03-pin-the-package-manager-to-pnpm', 4],
	['04-git-safety', 4],
	['05-filesystem-confinement', 4],
	['06-secret-redaction', 1],
	['07-github-read-only', 3],
	['08-postgres-read-only', 3],
	['09-output-budget-and-rate-limit', 3],
	['10-approval-for-destructive-commands', 2],
	['11-tool-description-pinning', 1],
	['12-time-and-environment-and-an-exception-that-ends', 3],
	['13-per-agent-identity', 3],
])('listing %s loads with its %d rules', (name, count) => {
	const file = `${name}.yaml`;
	const text = readFileSync(new URL(file, listings), 'utf8');
	const { policy, problems } = loadPolicy({ file, text, layer: 'project' });
	expect(problems).toEqual([]);
	expect(policy?.rules).toHaveLength(count);
	for (const read of policy?.rules ?? []) {
		const lines = text.split('\n');
		expect(lines[read.where.line - 1]?.slice(read.where.column - 1).startsWith(read.id)).toBe(true);
		expect(lines[read.actionWhere.line - 1]?.slice(read.actionWhere.column - 1).startsWith('then')).toBe(true);
		expect(text).toContain(read.source);
	}
});

test('every listing of the design page is here', () => {
	expect(readdirSync(listings)).toHaveLength(13);
});

test.each([
	['tool: a/b', { tool: ['a/b'] }],
	['tool: [a/b, "c/*"]', { tool: ['a/b', 'c/*'] }],
	['resource: "file:///**", from: files', { resource: ['file:///**'], from: ['files'] }],
	['prompt: "*", method: prompts/get', { prompt: ['*'], method: ['prompts/get'] }],
	['driver_asks: sampling, from: [a]', { driver_asks: ['sampling'], from: ['a'] }],
	['driver_asks: [roots, other]', { driver_asks: ['roots', 'other'] }],
	['effect: write', { effect: 'write' }],
	['command: git push, flags: --force', { command: ['git push'], flags: ['--force'] }],
	[
		'command: rm, facts: { paths: [a, b], n: 1 }',
		{ command: ['rm'], facts: { paths: { is: ['a', 'b'] }, n: { is: [1] } } },
	],
	['mentions: [curl]', { mentions: ['curl'] }],
	['args: { a: x }', { args: { a: { is: ['x'] } } }],
	['args: { a: null, b: false, c: 0 }', { args: { a: { is: [null] }, b: { is: [false] }, c: { is: [0] } } }],
	['args: { a: [x, 1] }', { args: { a: { is: ['x', 1] } } }],
	['args: { a: { is: x } }', { args: { a: { is: ['x'] } } }],
	['args: { a: { is: [[1, 2], { b: 1 }] } }', { args: { a: { is: [[1, 2], { b: 1 }] } } }],
	['args: { a: { is: { b: 1 } } }', { args: { a: { is: [{ b: 1 }] } } }],
	['args: { a: { not: [x, y] } }', { args: { a: { not: ['x', 'y'] } } }],
	['args: { /a/0/b: { glob: "*.pem" } }', { args: { '/a/0/b': { glob: ['*.pem'] } } }],
	['args: { any_path: { outside: [/x, /y] } }', { args: { any_path: { outside: ['/x', '/y'] } } }],
	['args: { any_url: { inside: "https://a/" } }', { args: { any_url: { inside: ['https://a/'] } } }],
	['args: { a: { matches: "^x$" } }', { args: { a: { matches: ['^x$'] } } }],
	['args: { a: { min: 1, max: 2.5 } }', { args: { a: { min: 1, max: 2.5 } } }],
	['args: { a: { above: 9007199254740993 } }', { args: { a: { above: new ExactNumber('9007199254740993') } } }],
	['args: { a: 9007199254740993 }', { args: { a: { is: [new ExactNumber('9007199254740993')] } } }],
	['args: { a: { present: false } }', { args: { a: { present: false } } }],
	[
		'args: { constructor: x, toString: { below: 3 } }',
		{ args: { constructor: { is: ['x'] }, toString: { below: 3 } } },
	],
])('match { %s } has one normal form', (source, expected) => {
	// Not strict: a member called `constructor` would be taken for the class.
	expect(rule({ match: `{ ${source} }` }).match).toEqual(expected);
});

test('an exception may be one or a list, and may name a lineage', () => {
	expect(rule({ except: '{ under: uv run }' }).except).toStrictEqual([{ under: ['uv run'] }]);
	expect(rule({ except: '[{ tool: a/b }, { args: { x: 1 } }]' }).except).toStrictEqual([
		{ tool: ['a/b'] },
		{ args: { x: { is: [1] } } },
	]);
	expect(rule({}).except).toEqual([]);
});

const ask = (terms: object) => ({ kind: 'ask', terms: { show: [], timeoutMs: 300_000, remember: 'no', ...terms } });

test.each<[string, unknown]>([
	['hide', { kind: 'hide' }],
	['deny', { kind: 'deny' }],
	['allow', { kind: 'allow' }],
	['ask', ask({})],
	['{ ask: { timeout: 30s } }', ask({ timeoutMs: 30_000 })],
	['{ ask: { timeout: 5m } }', ask({ timeoutMs: 300_000 })],
	['{ ask: { timeout: 24h } }', ask({ timeoutMs: 86_400_000 })],
	[
		'{ ask: { prompt: "Run?", show: [command, x], remember: exact-call } }',
		ask({ prompt: 'Run?', show: ['command', 'x'], remember: 'exact-call' }),
	],
	['{ ask: { show: args, remember: no } }', ask({ show: ['args'] })],
	[
		'{ pin: { params: { a: 1, b: [x], c: { d: null } } } }',
		{ kind: 'pin', params: { a: 1, b: ['x'], c: { d: null } } },
	],
	['{ pin: { params: { a: 9007199254740993 } } }', { kind: 'pin', params: { a: new ExactNumber('9007199254740993') } }],
	[
		'{ narrow: { params: { a: { max: 2, min: 1, optional: true }, b: { drop: true }, c: { maxLength: 3, pattern: x, enum: [1] } } } }',
		{
			kind: 'narrow',
			params: {
				a: { max: 2, min: 1, optional: true },
				b: { drop: true },
				c: { maxLength: 3, pattern: 'x', enum: [1] },
			},
		},
	],
	[
		'{ rewrite: { params: { a: 1, /b/c: [x], d: { set: { e: 1 } }, f: { default: null }, g: { remove: true }, h: { replace: { matches: x, with: y } } } } }',
		{
			kind: 'rewrite',
			params: {
				a: { op: 'set', value: 1 },
				'/b/c': { op: 'set', value: ['x'] },
				d: { op: 'set', value: { e: 1 } },
				f: { op: 'default', value: null },
				g: { op: 'remove' },
				h: { op: 'replace', pattern: 'x', with: 'y' },
			},
		},
	],
	['{ rewrite: { prepend: [uv, run] } }', { kind: 'rewrite-command', command: { prepend: ['uv', 'run'] } }],
	['{ rewrite: { prepend: sudo } }', { kind: 'rewrite-command', command: { prepend: ['sudo'] } }],
	['{ rewrite: { program: pnpm } }', { kind: 'rewrite-command', command: { program: 'pnpm' } }],
	['{ rewrite: { drop_flags: --no-verify } }', { kind: 'rewrite-command', command: { drop_flags: ['--no-verify'] } }],
	[
		'{ rewrite: { replace_prefix: [uv, -p, "${program.version}"], drop_flags: [-y] } }',
		{
			kind: 'rewrite-command',
			command: { replace_prefix: ['uv', '-p', `$${'{program.version}'}`], drop_flags: ['-y'] },
		},
	],
])('then: %s', (source, expected) => {
	expect(action(source)).toStrictEqual(expected);
});

const weekdays = [1, 2, 3, 4, 5];
const everyDay = [0, 1, 2, 3, 4, 5, 6];

test.each([
	['Mon-Fri 09:00-17:00', [{ days: weekdays, fromMinute: 540, toMinute: 1020 }]],
	['mon,WED 00:00-24:00', [{ days: [1, 3], fromMinute: 0, toMinute: 1440 }]],
	['Sat,Sun', [{ days: [0, 6], fromMinute: 0, toMinute: 1440 }]],
	['Fri-Mon', [{ days: [0, 1, 5, 6], fromMinute: 0, toMinute: 1440 }]],
	['12:00-13:00', [{ days: everyDay, fromMinute: 720, toMinute: 780 }]],
	['Fri 22:00-00:00', [{ days: [5], fromMinute: 1320, toMinute: 1440 }]],
	[
		'Sat 22:00-06:00',
		[
			{ days: [6], fromMinute: 1320, toMinute: 1440 },
			{ days: [0], fromMinute: 0, toMinute: 360 },
		],
	],
])('the hours %s', (text, expected) => {
	expect(rule({ when: `{ time: { inside: "${text}", zone: UTC } }` }).when?.time?.inside).toEqual(expected);
});

test.each([
	['2026-12-24', 'Europe/Berlin', '2026-12-23T23:00:00Z'],
	['2026-07-01', 'Europe/Berlin', '2026-06-30T22:00:00Z'],
	['2026-07-01T09:30', 'America/New_York', '2026-07-01T13:30:00Z'],
	['2026-07-01T09:30:15Z', 'America/New_York', '2026-07-01T09:30:15Z'],
	['2026-07-01T09:30+05:30', 'Europe/Berlin', '2026-07-01T04:00:00Z'],
	// Clocks go forward at two: half past two does not exist, and the hour after it is meant.
	['2026-03-29T03:30', 'Europe/Berlin', '2026-03-29T01:30:00Z'],
	// Four hours after midnight in the text, three on the clock: the offset of the first guess is the winter one.
	['2026-03-08T04:00', 'America/New_York', '2026-03-08T08:00:00Z'],
	['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00Z'],
	['2026-10-26', 'Europe/Berlin', '2026-10-25T23:00:00Z'],
	['2024-02-29', 'UTC', '2024-02-29T00:00:00Z'],
])('after %s in %s', (text, zone, expected) => {
	expect(rule({ when: `{ time: { after: "${text}", zone: ${zone} } }` }).when?.time?.after).toBe(Date.parse(expected));
});

test('who, environment and several hours', () => {
	const when =
		'{ agent: "reviewer-*", env: { CI: "true", X: [a, b] }, time: { outside: ["Mon 09:00-10:00", Sun], zone: UTC } }';
	expect(rule({ when }).when).toStrictEqual({
		agent: ['reviewer-*'],
		env: { CI: ['true'], X: ['a', 'b'] },
		time: {
			zone: 'UTC',
			outside: [
				{ days: [1], fromMinute: 540, toMinute: 600 },
				{ days: [0], fromMinute: 0, toMinute: 1440 },
			],
		},
	});
});

test('a waiver holds until the end of its last day', () => {
	const text =
		'version: 1\nname: t\nrules: []\nwaivers:\n  - rule: a\n    match: { tool: x/y }\n    until: 2026-12-31\n    approved_by: dana\n    ticket: "7"\n';
	expect(load(text).waivers).toEqual([
		{
			rule: 'a',
			match: { tool: ['x/y'] },
			until: Date.parse('2027-01-01T00:00:00Z'),
			approvedBy: 'dana',
			ticket: '7',
			where: { file: 'p.yaml', line: 5, column: 11, length: 1 },
			layer: 'user',
		},
	]);
});

test('a sentence is one line, whatever the YAML looks like', () => {
	expect(rule({ reason: '|\n      one\n      two\n', instead: '"  a\\n\\nb "' })).toMatchObject({
		reason: 'one two',
		instead: 'a b',
	});
});

test('mode, defaults, ring and lists are kept', () => {
	const text = `version: 1
name: t
mode: warn
defaults: { tool: ask, other: deny, command: deny, unparsed: contain, mention: ask }
lists: { protected: [main, "release/*"], empty: [] }
rules: [{ id: a, match: { command: x }, then: deny, mode: enforce, ring: runtime }]
`;
	const { policy } = loadPolicy({ file: 'p', text, layer: 'project', lists: { protected: ['root'], shared: ['s'] } });
	expect(policy).toMatchObject({
		name: 't',
		mode: 'warn',
		layer: 'project',
		defaults: { tool: 'ask', other: 'deny', command: 'deny', unparsed: 'contain', mention: 'ask' },
		lists: { protected: ['main', 'release/*'], empty: [] },
	});
	expect(policy?.rules[0]).toMatchObject({ mode: 'enforce', ring: 'runtime', layer: 'project' });
	expect(policy?.rules[0]?.lists).toEqual({ protected: ['main', 'release/*'], empty: [], shared: ['s'] });
});

test('an example keeps its words and its place', () => {
	const text =
		'version: 1\nname: t\nrules:\n  - id: a\n    match: { tool: x/y }\n    then: deny\n    examples:\n      - { call: x/y, args: { p: 1 }, at: "2026-11-20T15:00:00+01:00", is: denied }\n';
	expect(load(text).rules[0]?.examples).toEqual([
		{
			call: 'x/y',
			args: { p: 1 },
			at: '2026-11-20T15:00:00+01:00',
			is: 'denied',
			where: { file: 'p.yaml', line: 8, column: 9, length: 74 },
		},
	]);
});

test('a name may come from elsewhere, and must come from somewhere', () => {
	const text = 'version: 1\nrules: []\n';
	expect(loadPolicy({ file: 'p', text, layer: 'user', name: 'given' }).policy?.name).toBe('given');
	expect(loadPolicy({ file: 'p', text, layer: 'user' })).toMatchObject({ problems: [{ code: 'P103' }] });
});

test('ten thousand rules load in a second or so', () => {
	const rules = Array.from(
		{ length: 10_000 },
		(_, index) => `  - id: r${index}\n    match: { tool: "srv${index}/*" }\n    then: deny\n`,
	);
	const text = `version: 1\nname: t\nrules:\n${rules.join('')}`;
	const before = process.cpuUsage();
	expect(load(text).rules).toHaveLength(10_000);
	const { user, system } = process.cpuUsage(before);
	// About one second of processor time; twice that would be too slow.
	expect((user + system) / 1e6).toBeLessThan(4);
});
