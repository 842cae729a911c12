// `explain` says the same as `decide`, and what kept every other rule out.
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/abi/json.ts';
import { decide } from '../../src/policy/decide.ts';
import { explain } from '../../src/policy/explain.ts';
import { portsWith, requestFor, setOf, toolTarget } from './support.ts';

const set = setOf(`
	rules:
	  - { id: allow, match: { tool: "t/*" }, then: allow }
	  - { id: by-agent, match: { tool: "t/*" }, when: { agent: codex }, then: deny }
	  - { id: by-args, match: { tool: "t/*", args: { path: { inside: /etc } } }, then: deny }
	  - { id: by-except, match: { tool: "t/*" }, except: { args: { path: /ws/a } }, then: deny }
	  - { id: by-tool, match: { tool: t/other* }, then: deny }
	  - { id: by-waiver, match: { tool: t/run }, then: deny }
	  - { id: elsewhere, match: { tool: u/x }, then: deny }
	  - { id: make-it-so, match: { tool: t/run, args: { mode: { not: safe } } }, then: { rewrite: { params: { mode: { set: safe } } } } }
	waivers: [{ rule: by-waiver, match: { tool: t/run }, until: 2027-01-01, approved_by: dana }]
`);

test('every rule that could concern the call is listed with what kept it out', () => {
	const request = requestFor(toolTarget('t/run', { path: '/ws/a' }));
	const { decision, considered } = explain(set, request, portsWith());
	expect(decision).toEqual(decide(set, request, portsWith()));
	expect(decision.verdict).toBe('rewritten');
	expect(considered.map(({ rule, matched, firstFailed }) => [rule.id, matched, firstFailed])).toEqual([
		['allow', true, undefined],
		['by-agent', false, 'when.agent'],
		['by-args', false, 'args.path'],
		['by-except', false, 'except'],
		['by-tool', false, 'tool'],
		['by-waiver', false, 'waiver'],
		['make-it-so', true, undefined],
	]);
});

test('a moment that is none is an error, and the call is refused in every mode', () => {
	const timed = setOf(
		`rules: [{ id: a, match: { tool: t/x }, when: { time: { inside: "Mon 09:00-10:00", zone: UTC } }, then: deny }]`,
		{ mode: 'observe' },
	);
	const { decision, considered } = explain(timed, { ...requestFor(toolTarget('t/x')), at: Number.NaN }, portsWith());
	expect(decision).toMatchObject({ verdict: 'errored', acted: true, because: [] });
	expect(decision.error).toBeTruthy();
	expect(considered.map(({ firstFailed }) => firstFailed)).toEqual(['error']);
});

test('ports that throw make the decision an error', () => {
	const thrower = {
		...portsWith(),
		resolvePath: () => {
			throw new Error('disk on fire');
		},
	};
	const found = decide(
		setOf(
			`rules: [{ id: a, match: { tool: t/x, args: { any_path: { inside: /etc } } }, then: deny }, { id: b, match: { tool: t/x }, then: allow }]`,
		),
		requestFor(toolTarget('t/x', { path: '/a' })),
		thrower,
	);
	expect(found).toMatchObject({ verdict: 'errored', acted: true, error: 'disk on fire' });
});

test('every command that was read is listed, with the rules that are about it and what stays unknown', () => {
	const rules = setOf(`
		rules:
		  - { id: allow, match: { tool: "*" }, then: allow }
		  - { id: no-push, match: { command: git push }, then: deny }
		  - { id: uv, match: { command: python3 }, except: { under: uv run }, then: { rewrite: { prepend: [uv, run] } } }
	`);
	const request = requestFor(toolTarget('t/run', { c: 'git push; python3 a; $X' }), { commandsAt: ['/c'] });
	const { seen, considered } = explain(rules, request, portsWith());
	const lines = seen.map(({ form, argument, commands, gaps }) => [
		form,
		argument,
		commands.map(({ command, rules: ids }) => [command.argv.join(' '), ...ids].join(': ')),
		gaps.length,
	]);
	expect(lines).toEqual([
		['asked', '/c', ['git push: no-push', 'python3 a: uv'], 1],
		['final', '/c', ['git push: no-push', 'uv run python3 a', 'python3 a'], 1],
	]);
	expect(considered.map(({ matched }) => matched)).toEqual([true, true, true]);
});

test('a reader that throws refuses the call', () => {
	const ports = {
		...portsWith(),
		commands: {
			analyse: () => {
				throw new Error('lost');
			},
			edit: () => {
				throw new Error('lost');
			},
		},
	};
	const rules = setOf(
		'rules: [{ id: a, match: { command: x }, then: deny }, { id: b, match: { tool: "*" }, then: allow }]',
	);
	const request = requestFor(toolTarget('t/x', { c: 'ls' }), { commandsAt: ['/c'] });
	expect(explain(rules, request, ports).decision).toMatchObject({ verdict: 'errored', acted: true, error: 'lost' });
});

test('a condition that kept a rule out is named, and one without an answer says why', () => {
	const rules = setOf(`
		rules:
		  - { id: allow-small, match: { tool: t/pay }, when: { cel: "args.amount <= args.limit" }, then: allow }
		  - { id: deny-large, match: { tool: t/pay }, when: { cel: "args.amount > 100" }, then: deny, reason: Too much. }
		  - { id: deny-other, match: { tool: t/pay }, when: { cel: "args.currency != 'EUR'" }, then: deny }
	`);
	const of = (args: JsonObject) => explain(rules, requestFor(toolTarget('t/pay', args)), portsWith());
	const lines = (args: JsonObject) =>
		of(args).considered.map(({ rule, matched, firstFailed, doubts }) => [rule.id, matched, firstFailed, doubts]);
	expect(lines({ amount: 5, limit: 9, currency: 'EUR' })).toEqual([
		['allow-small', true, undefined, undefined],
		['deny-large', false, 'when.cel', undefined],
		['deny-other', false, 'when.cel', undefined],
	]);
	expect(lines({ amount: '5', currency: 'EUR' })).toEqual([
		['allow-small', false, 'when.cel', ['`args.limit`: there is no `limit`']],
		['deny-large', true, undefined, ['`args.amount > 100`: `>` is not for text and a number']],
		['deny-other', false, 'when.cel', undefined],
	]);
	expect(of({ amount: '5', currency: 'EUR' }).decision.reason).toBe(
		"Too much. The rule's condition has no answer for this call (`args.amount > 100`: `>` is not for text and a number), so it counts as if it held.",
	);
	expect(of({ amount: 500, currency: 'EUR' }).decision.reason).toBe('Too much.');
});
