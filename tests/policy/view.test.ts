// What an agent sees of a tool, and what it is told instead of what it does not see.
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/abi/json.ts';
import type { DriverName } from '../../src/abi/names.ts';
import { hints, type ToolView, viewTool } from '../../src/policy/view.ts';
import { call, friday, setOf } from './support.ts';

const rules = `
	rules:
	  - { id: allow, match: { tool: ["db/*", "mail/*", "files/*"] }, then: allow }
	  - { id: allow-staging, match: { tool: deploy/run, args: { env: staging } }, then: allow }
	  - { id: allow-day, match: { tool: night/run }, when: { time: { inside: "Mon-Thu 09:00-16:00", zone: UTC } }, then: allow }
	  - { id: allow-not-prod, match: { tool: part/run }, except: { args: { env: prod } }, then: allow }
	  - { id: no-mail, match: { tool: mail/send }, then: hide, instead: put the text in your answer }
	  - { id: no-mail-to-boss, match: { tool: mail/draft, args: { to: boss } }, then: hide, instead: write to somebody else }
	  - { id: reviewers, match: { tool: "files/*" }, when: { agent: "reviewer-*" }, then: hide, instead: return a patch }
	  - { id: no-files, match: { tool: files/delete }, then: deny }
	  - { id: cap, match: { tool: db/query }, then: { narrow: { params: { max_rows: { max: 200 }, connection: { drop: true }, tags: { enum: [a, b] }, name: { maxLength: 5, pattern: "^x" } } } } }
	  - { id: ours, match: { tool: db/query }, then: { pin: { params: { owner: acme, /options/deep: true } } } }
	  - { id: nightly, match: { tool: night/run, command: ls }, then: hide }
	  - { id: only-git, match: { tool: git/run, command: git status }, then: allow }
	  - { id: any-ls, match: { command: ls }, then: allow }
`;

const definition: JsonObject = {
	name: 'query',
	vendorField: { kept: true },
	inputSchema: {
		type: 'object',
		properties: {
			sql: { type: 'string' },
			max_rows: { type: 'integer', maximum: 1000, default: 500 },
			connection: { type: 'string' },
			owner: { type: 'string' },
			tags: { type: 'array', items: { type: 'string', enum: ['b', 'c'] } },
			name: { type: 'string', pattern: 'y$', maxLength: 3 },
			options: { type: 'object', properties: { deep: {}, other: {} }, required: ['deep'] },
		},
		required: ['sql', 'owner', 'connection'],
	},
};

const set = setOf(rules);

function view(
	name: string,
	changes: { agent?: string; at?: number; definition?: JsonObject; mode?: 'observe' | 'warn' } = {},
): ToolView {
	const [driver, tool] = name.split('/') as [DriverName, string];
	const { agent = 'claude-code', at = friday, mode } = changes;
	const shown = changes.definition ?? { name: tool, inputSchema: { type: 'object' } };
	return viewTool(mode === undefined ? set : setOf(rules, { mode }), { driver, definition: shown, agent, at, env: {} });
}

describe('the list', () => {
	test.each([
		['files/read', {}, 'listed', ['allow']],
		['files/read', { agent: 'reviewer-1' }, 'hidden', ['reviewers']],
		['mail/send', {}, 'hidden', ['no-mail']],
		['other/tool', {}, 'hidden', []],
		// conditions on arguments wait for the call
		['deploy/run', {}, 'listed', ['allow-staging']],
		['part/run', {}, 'listed', ['allow-not-prod']],
		['mail/draft', {}, 'listed', ['allow']],
		// deny never hides
		['files/delete', {}, 'listed', ['allow']],
		// time counts
		['night/run', {}, 'hidden', []],
		['night/run', { at: Date.parse('2026-11-19T10:00:00Z') }, 'listed', ['allow-day']],
		// rules that only watch hide nothing
		['mail/send', { mode: 'observe' as const }, 'listed', ['allow']],
		['other/tool', { mode: 'warn' as const }, 'listed', []],
	] as const)('%s %j is %s', (name, changes, state, by) => {
		const found = view(name, changes);
		expect({ state: found.state, by: found.by.map(({ id }) => id) }).toEqual({ state, by });
	});

	test('a tool is listed exactly when some call of it is not hidden', () => {
		for (const name of ['files/read', 'mail/send', 'other/tool', 'deploy/run', 'night/run', 'files/delete']) {
			const isHidden = call(set, name, { env: 'nothing' }).verdict === 'hidden';
			expect(isHidden, name).toBe(view(name).state === 'hidden');
		}
	});
});

describe('a definition', () => {
	test('that no rule touches is the very object the driver sent', () => {
		const files = { name: 'read', inputSchema: { type: 'object', properties: { path: {} } } };
		expect(view('files/read', { definition: files }).definition).toBe(files);
	});

	test('loses what is pinned or dropped and shows the tighter bounds', () => {
		const found = view('db/query', { definition });
		expect(found.states).toEqual(['narrowed', 'pinned']);
		expect(found.by.map(({ id }) => id)).toEqual(['ours', 'cap', 'allow']);
		expect(found.definition).toEqual({
			name: 'query',
			vendorField: { kept: true },
			inputSchema: {
				type: 'object',
				properties: {
					sql: { type: 'string' },
					max_rows: { type: 'integer', maximum: 200, default: 200 },
					tags: { type: 'array', items: { type: 'string', enum: ['b'] } },
					name: { type: 'string', pattern: '^x', maxLength: 3, allOf: [{ pattern: 'y$' }] },
					options: { type: 'object', properties: { other: {} }, required: [] },
				},
				required: ['sql'],
			},
		});
	});

	test('stays as it was in observe mode', () => {
		const found = view('db/query', { definition, mode: 'observe' });
		expect(found.definition).toBe(definition);
		expect(found.states).toEqual([]);
	});
});

describe('hints', () => {
	test.each([
		['claude-code', ['put the text in your answer', 'write to somebody else']],
		['reviewer-1', ['put the text in your answer', 'write to somebody else', 'return a patch']],
	])('%s is told the way on from what it does not see', (agent, told) => {
		expect([...hints(set, { agent, at: friday, env: {} })].sort()).toEqual([...told].sort());
	});

	test.each([
		['agent, whoever asks', "agent.endsWith('-bot')", 'a-bot', ['ask a person']],
		['agent, whoever asks', "agent.endsWith('-bot')", 'dana', []],
		['the tool, which nobody named yet', "driver == 'x' && tool == 'x/y'", 'dana', ['ask a person']],
	])('a condition about %s: %s for %s', (_what, cel, agent, told) => {
		const hiding = setOf(
			`rules: [{ id: a, match: { tool: x/* }, when: { cel: "${cel}" }, then: hide, instead: ask a person }]`,
		);
		expect(hints(hiding, { agent, at: friday, env: {} })).toEqual(told);
	});

	test('rules that only watch tell nothing', () => {
		expect(hints(setOf(rules, { mode: 'warn' }), { agent: 'a', at: friday, env: {} })).toEqual([]);
	});
});

test('a rule about commands lists the tool that it names, and no other', () => {
	expect(view('git/run').state).toBe('listed');
	expect(view('other/run').state).toBe('hidden');
});

test('a condition over arguments waits for the call, one over the tool does not', () => {
	const set = setOf(`
		rules:
		  - { id: allow-small, match: { tool: x/pay }, when: { cel: "args.amount <= 5" }, then: allow }
		  - { id: hide-some, match: { tool: x/* }, when: { cel: "tool.endsWith('_all') && agent != 'root'" }, then: hide }
		  - { id: ask-much, match: { tool: x/pay }, when: { cel: "args.amount > 1" }, then: ask }
		  - { id: allow-all, match: { tool: x/* }, then: allow }
		  - { id: capped, match: { tool: x/list }, when: { cel: "agent != 'root'" }, then: { narrow: { params: { n: { max: 3 } } } } }
	`);
	const look = (name: string, agent: string) =>
		viewTool(set, {
			driver: 'x' as DriverName,
			definition: { name, inputSchema: { type: 'object', properties: { n: { type: 'number' } } } },
			agent,
			at: friday,
			env: {},
		});
	expect(look('pay', 'a')).toMatchObject({ state: 'listed', states: [] });
	expect(look('delete_all', 'a').state).toBe('hidden');
	expect(look('delete_all', 'root').state).toBe('listed');
	expect(look('list', 'a').states).toEqual(['narrowed']);
	expect(look('list', 'root').states).toEqual([]);
});
