// What kept a rule from matching: the clause, what stood there, what it asks for, and the very word in the file.
import { describe, expect, test } from 'vitest';
import type { Request } from '../../src/abi/decision.ts';
import type { JsonObject } from '../../src/abi/json.ts';
import { explain } from '../../src/policy/explain.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Miss } from '../../src/policy/near.ts';
import { portsWith, requestFor, setOfPolicies, toolTarget } from './support.ts';

const said = 'reason: r, instead: i';

interface Near extends Omit<Miss, 'where'> {
	/** The text that the place underlines. */
	readonly word: string;
}

/** What kept the one rule of this text from a call. */
function near(
	rule: string,
	target: { call?: string; args?: JsonObject; run?: string },
	more: Partial<Request> & { waivers?: string } = {},
): Near | undefined {
	const { waivers = '', ...asked } = more;
	const text = `version: 1\nname: p\nrules:\n  - { id: a, ${rule} }\n${waivers}`;
	const { policy, problems } = loadPolicy({ file: 'p.yaml', text, layer: 'user' });
	if (policy === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
	const { run, call = 'shell/run', args = {} } = target;
	const carrying = run === undefined ? {} : { commandsAt: ['/command'], isBuiltinShell: true };
	const request = requestFor(toolTarget(call, run === undefined ? args : { command: run }), { ...carrying, ...asked });
	const [one] = explain(setOfPolicies([policy]), request, portsWith()).considered;
	const miss = one?.miss?.();
	if (miss === undefined) return undefined;
	const { where, ...rest } = miss;
	const { line, column, length, file } = where();
	expect(file).toBe('p.yaml');
	return { ...rest, word: text.split('\n')[line - 1]?.slice(column - 1, column - 1 + length) ?? '' };
}

describe('a call', () => {
	test.each<readonly [rule: string, args: JsonObject, expected: Partial<Near>]>([
		[
			`match: { tool: t/x, args: { path: { inside: /etc } } }, then: deny, ${said}`,
			{ path: '/ws/a' },
			{ clause: 'args.path', seen: ['/ws/a'], wanted: 'inside /etc', word: 'path' },
		],
		[
			`match: { tool: t/x, args: { path: { outside: "\${workspace}" } } }, then: deny, ${said}`,
			{ path: '/ws/a' },
			{ seen: ['/ws/a'], wanted: 'outside ${workspace}', word: 'path' },
		],
		[
			`match: { tool: t/x, args: { any_path: { glob: ["**/.env", "*.key"] } } }, then: deny, ${said}`,
			{ from: '/ws/a', to: './b' },
			{ clause: 'args.any_path', seen: ['./b', '/ws/a'], wanted: 'like **/.env or *.key' },
		],
		[
			`match: { tool: t/x, args: { n: { min: 5, below: 9 } } }, then: deny, ${said}`,
			{ n: 3 },
			{ seen: [3], wanted: 'at least 5 and below 9' },
		],
		[
			`match: { tool: t/x, args: { /a/b: { not: [x, y] } } }, then: deny, ${said}`,
			{ a: { b: 'x' } },
			{ clause: 'args./a/b', seen: ['x'], wanted: 'anything but x or y', word: '/a/b' },
		],
		[
			`match: { tool: t/x, args: { q: { matches: "^a" } } }, then: deny, ${said}`,
			{ q: 'b' },
			{ seen: ['b'], wanted: 'text that matches ^a' },
		],
		[`match: { tool: t/x, args: { q: { present: true } } }, then: deny, ${said}`, {}, { seen: [], wanted: 'given' }],
		[
			`match: { tool: t/x, args: { q: { statement_other_than: [select, explain] } } }, then: deny, ${said}`,
			{ q: 'select 1' },
			{ seen: ['select 1'], wanted: 'SQL with a statement other than select or explain' },
		],
		[
			`match: { tool: t/x, effect: read }, then: deny, ${said}`,
			{},
			{ clause: 'effect', seen: ['write'], wanted: 'read', word: 'effect' },
		],
		[
			`match: { tool: t/x }, when: { agent: [codex, "bot-*"] }, then: deny, ${said}`,
			{},
			{ clause: 'when.agent', seen: ['claude-code'], wanted: 'codex or bot-*', word: 'agent' },
		],
		[
			`match: { tool: t/x }, when: { time: { inside: "Mon-Thu 09:00-17:30", zone: Europe/Berlin } }, then: deny, ${said}`,
			{},
			{
				clause: 'when.time',
				seen: ['2026-11-20T15:00:00.000Z (Fri 16:00 Europe/Berlin)'],
				wanted: 'inside Mon-Thu 09:00-17:30 Europe/Berlin',
				word: 'time',
			},
		],
		[
			`match: { tool: t/x }, when: { cel: "args.amount > 100 && agent != ''" }, then: deny, ${said}`,
			{ amount: 5 },
			{
				clause: 'when.cel',
				seen: ['args.amount = 5', 'agent = claude-code'],
				wanted: "args.amount > 100 && agent != ''",
				word: 'cel',
			},
		],
		[
			`match: { tool: t/x }, except: [{ args: { a: 1 } }, { args: { path: { inside: /ws } } }], then: deny, ${said}`,
			{ path: '/ws/a' },
			{
				clause: 'except',
				wanted: 'args.path inside /ws',
				nearness: 'lifted',
				word: '{ args: { path: { inside: /ws } } }',
			},
		],
	])('%s', (rule, args, expected) => {
		const found = near(rule, { call: 't/x', args });
		expect(found).toMatchObject({ nearness: 'clause', ...expected });
		expect(found).not.toHaveProperty('doubt');
	});

	test('the value of a variable is not shown: it may be a secret', () => {
		const rule = `match: { tool: t/x }, when: { env: { TOKEN: abc } }, then: deny, ${said}`;
		const found = near(rule, { call: 't/x' }, { env: { TOKEN: 'hunter2' } });
		expect(found).toEqual({ clause: 'when.env.TOKEN', wanted: 'abc', nearness: 'clause', word: 'TOKEN' });
	});

	test('what opens and can not be told is in doubt', () => {
		const rule = 'match: { tool: t/x, args: { any_path: { inside: /ws } } }, then: allow';
		expect(near(rule, { call: 't/x', args: { thing: '/ws/a' } })).toMatchObject({
			clause: 'args.any_path',
			seen: ['/ws/a'],
			doubt: 'no person has confirmed what that parameter means',
		});
		const unsure = 'match: { tool: t/x, args: { q: { glob: "5*" } } }, then: allow';
		expect(near(unsure, { call: 't/x', args: { q: 55 } })).toMatchObject({
			seen: [55],
			doubt: 'nobody can tell whether it is what the rule asks for',
		});
	});

	test('a waiver, with its end and who approved it', () => {
		const waivers = 'waivers:\n  - { rule: a, match: { tool: t/x }, until: 2027-01-31, approved_by: dana }\n';
		expect(near(`match: { tool: t/x }, then: deny, ${said}`, { call: 't/x' }, { waivers })).toMatchObject({
			clause: 'waiver',
			wanted: 'until 2027-01-31, approved by dana',
			nearness: 'lifted',
		});
	});

	test.each([
		`match: { tool: t/y }, then: deny, ${said}`,
		`match: { tool: t/x, from: u }, then: deny, ${said}`,
		`match: { resource: "file:///*" }, then: deny, ${said}`,
		`match: { command: git push }, then: deny, ${said}`,
		`match: { tool: t/x }, then: deny, ${said}`,
	])('nothing is said of a rule that matches, or is about something else: %s', (rule) => {
		expect(near(rule, { call: 't/x' })).toBeUndefined();
	});
});

describe('a command', () => {
	test.each<readonly [match: string, run: string, expected: Partial<Near>]>([
		[
			'match: { command: git push, facts: { force: true } }',
			'git push origin main',
			{ clause: 'facts.force', seen: [], wanted: 'true', nearness: 'clause', word: 'force' },
		],
		[
			'match: { command: git push, facts: { to_branch: [release, main] } }',
			'git push origin topic',
			{ clause: 'facts.to_branch', seen: ['topic'], wanted: 'release or main', word: 'to_branch' },
		],
		[
			'match: { command: git push }',
			'ls && git status',
			{ clause: 'command', seen: ['git status'], wanted: 'git push', nearness: 'another-command', word: 'command' },
		],
		['match: { command: git push }', 'ls', { clause: 'command', seen: ['ls'], nearness: 'else' }],
		[
			'match: { command: git push, flags: --force }',
			'git push -u x',
			{ clause: 'flags', seen: ['--set-upstream'], wanted: '--force', nearness: 'clause', word: 'flags' },
		],
		[
			'match: { command: python3 }, except: { under: uv run }',
			'uv run python3 a.py',
			{ clause: 'except', seen: ['python3'], wanted: 'under uv run', nearness: 'lifted', word: '{ under: uv run }' },
		],
	])('{ %s } and `%s`', (match, run, expected) => {
		expect(near(`${match}, then: deny, ${said}`, { run })).toMatchObject(expected);
	});

	test('of several commands the one that came nearest tells', () => {
		const rule = `match: { command: git push, facts: { force: true } }, then: deny, ${said}`;
		expect(near(rule, { run: 'git status; git push origin a; ls' })).toMatchObject({ clause: 'facts.force' });
	});
});
