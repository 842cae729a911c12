// What a lock rule hides, whom it spares, and what a person's confirmations open.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { LockState, Request, ToolFacts } from '../../src/abi/decision.ts';
import type { JsonObject } from '../../src/abi/json.ts';
import type { DriverName } from '../../src/abi/names.ts';
import type { Target } from '../../src/abi/syscall.ts';
import type { PolicySet } from '../../src/policy/compile.ts';
import { locksOnDriver } from '../../src/policy/lock.ts';
import { viewTool } from '../../src/policy/view.ts';
import { ask, compiled, friday, idsOf, policyOf, setOf, toolTarget } from './support.ts';

const moment = { agent: 'claude-code', at: friday, env: {} };
const listing = (name: string) => readFileSync(new URL(`listings/${name}.yaml`, import.meta.url), 'utf8');
const lockRule = (match: string, more = '') => `
	rules:
	  - { id: locked, match: { ${match} }, then: { lock: { on_change: hide } }, reason: Reviewed once., instead: tell the user${more} }
`;

/** Both ways to meet a tool: in the list, and by calling it. */
function meet(set: PolicySet, name: string, lock: LockState, about: Partial<Request> = {}) {
	const target = toolTarget(name);
	const { driver } = target;
	const definition = { name: name.slice(name.indexOf('/') + 1) };
	const listed = viewTool(set, { ...moment, ...about, driver, definition, lock });
	const decision = ask(set, target, { lock, ...about } as Parameters<typeof ask>[2]);
	return { listed, decision };
}

function expectHidden(set: PolicySet, name: string, lock: LockState, about: Partial<Request> = {}): void {
	const { listed, decision } = meet(set, name, lock, about);
	expect(listed).toMatchObject({ state: 'hidden', by: [{ id: 'locked', effect: 'lock' }] });
	expect(decision).toMatchObject({ verdict: 'hidden', acted: true, mode: 'enforce' });
	expect(idsOf(decision)).toEqual(['locked']);
}

function expectOpen(set: PolicySet, name: string, lock: LockState, about: Partial<Request> = {}): void {
	const { listed, decision } = meet(set, name, lock, about);
	expect([listed.state, decision.verdict]).toEqual(['listed', 'allowed']);
}

const open = { defaults: { tool: 'allow' } } as const;

test('a changed and a new tool do not exist where a lock rule is about them; an accepted one does', () => {
	const set = setOf(lockRule('tool: "*"'), open);
	expectHidden(set, 'notes/search', 'changed');
	expectHidden(set, 'notes/search', 'new');
	expectOpen(set, 'notes/search', 'accepted');
});

test('the log and the agent learn why', () => {
	const { decision } = meet(setOf(lockRule('tool: "*"'), open), 'notes/search', 'changed');
	expect(decision).toMatchObject({
		reason: 'Reviewed once. It is not what a person accepted in trapgate.lock.',
		instead: 'tell the user',
	});
	expect(meet(setOf(lockRule('tool: "*"'), open), 'notes/search', 'new').decision.reason).toContain(
		'Nobody has accepted',
	);
});

test.each(['warn', 'observe'] as const)('in mode %s, too', (mode) => {
	expectHidden(setOf(lockRule('tool: "*"'), { ...open, mode }), 'notes/search', 'changed');
	const own = setOf(lockRule('tool: "*"', `, mode: ${mode}`), { ...open, mode });
	expectHidden(own, 'notes/search', 'changed');
});

test('no allow rule beats it, and other tools are untouched', () => {
	const set = setOf(`
		rules:
		  - { id: locked, match: { tool: "notes/*" }, then: { lock: { on_change: hide } } }
		  - { id: allow, match: { tool: "*/*" }, then: allow }
	`);
	expectHidden(set, 'notes/search', 'changed');
	expectOpen(set, 'other/search', 'changed');
});

test.each<[string, string, string, boolean]>([
	['tool: "notes/*"', '', 'notes/search', true],
	['tool: "notes/*"', '', 'other/search', false],
	['from: notes', '', 'notes/search', true],
	['from: notes', '', 'other/search', false],
	['tool: "*"', ', except: { tool: notes/search }', 'notes/search', false],
	['tool: "*"', ', except: { from: notes }', 'notes/search', false],
	['tool: "*"', ', except: { tool: notes/other }', 'notes/search', true],
	['tool: "*"', ', when: { agent: codex }', 'notes/search', false],
	['tool: "*"', ', when: { agent: "claude-*" }', 'notes/search', true],
	// What is not accepted has no confirmed effect, so it writes.
	['effect: write', '', 'notes/search', true],
])('{ %s }%s about %s: %s', (match, more, name, isHidden) => {
	const set = setOf(lockRule(match, more), open);
	if (isHidden) expectHidden(set, name, 'changed');
	else expectOpen(set, name, 'changed');
});

test('a waiver lifts it until its end, for what it names', () => {
	const rules = `${lockRule('tool: "*"').replace(/\n$/, '')}
	waivers: [{ rule: locked, match: { tool: notes/search }, until: 2026-12-31, approved_by: dana }]
`;
	const set = setOf(rules, open);
	expectOpen(set, 'notes/search', 'changed');
	expectHidden(set, 'notes/export', 'changed');
	expectHidden(set, 'notes/search', 'changed', { at: Date.parse('2027-01-02T00:00:00Z') });
});

describe('what else a driver says of itself', () => {
	const holds = (match: string, more = '', driver = 'notes') =>
		locksOnDriver(setOf(lockRule(match, more)), driver as DriverName, moment).length > 0;

	test.each<[string, string, boolean]>([
		['tool: "*"', '', true],
		['tool: "notes/*"', '', true],
		['tool: notes/search', '', true],
		['tool: "no*/search"', '', true],
		['tool: "n*h"', '', true],
		['tool: "*/search"', '', true],
		['from: notes', '', true],
		['effect: write', '', true],
		['tool: "other/*"', '', false],
		['tool: "notes2/*"', '', false],
		['tool: note/search', '', false],
		['tool: "note?/*"', '', true],
		['from: other', '', false],
		['tool: "*"', ', except: { from: notes }', false],
		['tool: "*"', ', except: { tool: "notes/*" }', false],
		['tool: "*"', ', except: { tool: notes/search }', true],
		['tool: "*"', ', except: { tool: "notes/???" }', false],
		['tool: "*"', ', except: { effect: write }', true],
		['tool: "*"', ', when: { agent: codex }', false],
	])('{ %s }%s is about the prompts and instructions of notes: %s', (match, more, expected) => {
		expect(holds(match, more)).toBe(expected);
	});

	test('a prompt that is not as it was accepted does not exist', () => {
		const set = setOf(lockRule('tool: "notes/*"'), { defaults: { other: 'allow' } });
		const prompt = (driver: string): Target => ({
			kind: 'prompt',
			driver: driver as DriverName,
			prompt: 'sum',
			args: {},
			method: 'prompts/get',
		});
		expect(ask(set, prompt('notes'), { lock: 'changed' }).verdict).toBe('hidden');
		expect(ask(set, prompt('notes'), { lock: 'new' }).verdict).toBe('hidden');
		expect(ask(set, prompt('notes'), { lock: 'accepted' }).verdict).toBe('allowed');
		expect(ask(set, prompt('other'), { lock: 'changed' }).verdict).toBe('allowed');
	});
});

describe('what a person confirmed', () => {
	const facts = (effect?: 'read' | 'write', roles?: ToolFacts['roles']) =>
		({ tool: { definition, ...(effect && { effect }), ...(roles && { roles }) } }) as { tool: ToolFacts };
	const definition: JsonObject = {
		name: 'find',
		inputSchema: { type: 'object', properties: { path: { type: 'string' }, where: { type: 'string' } } },
	};
	const verdict = (set: PolicySet, args: JsonObject, about: Partial<Request>, agent = 'claude-code') =>
		ask(set, toolTarget('notes/find', args), { ...about, agent } as Parameters<typeof ask>[2]).verdict;

	test('the effect: unconfirmed is write', () => {
		const set = setOf('rules:\n  - { id: allow-reading, match: { effect: read }, then: allow }');
		expect(verdict(set, {}, facts('read'))).toBe('allowed');
		expect(verdict(set, {}, facts('write'))).toBe('hidden');
		expect(verdict(set, {}, facts())).toBe('hidden');
		expect(verdict(set, {}, {})).toBe('hidden');
	});

	test('roles: an exception counts only those that are confirmed, a refusal all that could be', () => {
		const set = setOf(
			`
			rules:
			  - id: no-env
			    match: { tool: "*/*", args: { any_path: { glob: "**/.env*" } } }
			    except: { args: { any_path: { glob: "**/.env.example" } } }
			    then: deny
			`,
			open,
		);
		const example = { path: './.env.example' };
		expect(verdict(set, example, facts())).toBe('allowed');
		expect(verdict(set, example, facts('read', { '/path': 'any_path' }))).toBe('allowed');
		// A person has looked, and said of no parameter that it is a path.
		expect(verdict(set, example, facts('read', {}))).toBe('denied');
		expect(verdict(set, { path: './.env' }, facts('read', {}))).toBe('denied');
		expect(verdict(set, { where: './.env.example' }, facts('read', { '/where': 'any_path' }))).toBe('allowed');
		expect(verdict(set, { where: '.env' }, facts())).toBe('allowed');
		expect(verdict(set, { where: '.env' }, facts('read', { '/where': 'any_path' }))).toBe('denied');
	});

	test('of a tool that has changed since, it still restricts, and opens nothing', () => {
		const changed = (effect: 'read' | 'write', roles: ToolFacts['roles']) => {
			const { tool } = facts(effect, roles);
			return { tool: { ...tool, isChanged: true }, lock: 'changed' } as Partial<Request>;
		};
		const noEnv = setOf(
			`
			rules:
			  - id: no-env
			    match: { tool: "*/*", args: { any_path: { glob: "**/.env*" } } }
			    except: { args: { any_path: { glob: "**/.env.example" } } }
			    then: deny
			`,
			open,
		);
		expect(verdict(noEnv, { where: '.env' }, changed('read', { '/where': 'any_path' }))).toBe('denied');
		expect(verdict(noEnv, { where: './.env.example' }, changed('read', { '/where': 'any_path' }))).toBe('denied');
		expect(verdict(noEnv, { path: './.env.example' }, changed('read', {}))).toBe('denied');
		const ruled = (effect: string, then: string, by: object = {}) =>
			setOf(`rules:\n  - { id: r, match: { effect: ${effect} }, then: ${then} }`, by);
		for (const [of, effect, expected] of [
			['read', 'read', 'hidden'],
			['read', 'write', 'hidden'],
			['write', 'write', 'hidden'],
			['write', 'read', 'allowed'],
		] as const) {
			const [hides, locks] = [ruled(effect, 'hide', open), ruled(effect, '{ lock: { on_change: hide } }', open)];
			expect(verdict(hides, {}, changed(of, {})), `hide ${effect} ${of}`).toBe(expected);
			expect(verdict(locks, {}, changed(of, {})), `lock ${effect} ${of}`).toBe(expected);
			const view = viewTool(hides, {
				driver: 'notes' as DriverName,
				...moment,
				definition,
				effect: of,
				isChanged: true,
				lock: 'changed',
			});
			expect(view.state).toBe(expected === 'hidden' ? 'hidden' : 'listed');
		}
		expect(verdict(ruled('read', 'allow'), {}, changed('read', {}))).toBe('hidden');
		expect(verdict(ruled('write', 'allow'), {}, changed('read', {}))).toBe('hidden');
		expect(verdict(ruled('write', 'allow'), {}, changed('write', {}))).toBe('allowed');
	});

	test('a confirmed role says how a named parameter is compared', () => {
		const set = setOf(
			'rules:\n  - { id: no-etc, match: { tool: "*/*", args: { where: { matches: "^/etc/" } } }, then: deny }',
			open,
		);
		expect(verdict(set, { where: '/srv/../etc/passwd' }, facts())).toBe('allowed');
		expect(verdict(set, { where: '/srv/../etc/passwd' }, facts('read', { '/where': 'any_path' }))).toBe('denied');
	});
});

test('listing 11 hides every changed tool', () => {
	const set = setFrom(listing('11-tool-description-pinning'));
	const decision = ask(set, toolTarget('notes/search'), { lock: 'changed' });
	expect([decision.verdict, ...idsOf(decision)]).toEqual(['hidden', 'tool-definitions-are-locked']);
	expect(decision.instead).toBe('tell the user the tool changed; a person runs `trapgate lock --review`');
	expect(ask(set, toolTarget('notes/search'), { lock: 'accepted' }).verdict).toBe('allowed');
});

test('listing 13: reviewers see what only reads, coders see the file tools, who is not known sees nothing', () => {
	const set = setFrom(listing('13-per-agent-identity'), {});
	const opened = setFrom(listing('13-per-agent-identity'));
	const definitions = { read: { name: 'read_file' }, write: { name: 'write_file' } };
	const sees = (agent: string, driver: string, effect: 'read' | 'write' | undefined, from = opened) => {
		const definition = definitions[effect ?? 'write'];
		const known = { driver: driver as DriverName, definition, ...(effect && { effect }), lock: 'accepted' as const };
		const view = viewTool(from, { ...moment, agent, ...known });
		return [view.state, ...view.by.map(({ id }) => id)];
	};
	expect(sees('reviewer-1', 'filesystem', 'read')).toEqual(['listed']);
	expect(sees('reviewer-1', 'filesystem', 'write')).toEqual(['hidden', 'reviewer-is-read-only']);
	expect(sees('reviewer-1', 'filesystem', undefined)).toEqual(['hidden', 'reviewer-is-read-only']);
	expect(sees('codex', 'filesystem', 'write', set)).toEqual(['listed', 'coder-may-write']);
	expect(sees('codex', 'github', 'write', set)).toEqual(['hidden']);
	expect(sees('unidentified', 'filesystem', 'read')).toEqual(['hidden', 'unknown-agents-see-nothing']);
	expect(sees('unidentified', 'github', 'write')).toEqual(['hidden', 'unknown-agents-see-nothing']);
});

function setFrom(text: string, changes: Parameters<typeof compiled>[1] = open): PolicySet {
	const body = text.slice(text.indexOf('rules:'));
	const { set, problems } = compiled([policyOf(body)], changes);
	expect(problems).toEqual([]);
	return set as PolicySet;
}

test('a condition between values counts for the tool that it names', () => {
	const set = setOf(lockRule('tool: "*"', `, when: { cel: "tool == 'notes/search'" }`), open);
	expectHidden(set, 'notes/search', 'changed');
	expectOpen(set, 'notes/other', 'changed');
	// Which driver it is about as a whole nobody can tell, so it is about all.
	expect(locksOnDriver(set, 'notes' as DriverName, moment)).toHaveLength(1);
});
