// Which limits a call counts against.
import { expect, test } from 'vitest';
import { call, policyOf, setOf } from './support.ts';

const rules = `
rules:
  - { id: all, match: { tool: "*" }, then: allow }
  - { id: no, match: { tool: x/secret }, then: deny }
  - { id: hidden, match: { tool: x/hidden }, then: hide }
  - { id: ask-send, match: { tool: x/send }, then: ask }
  - { id: fix, match: { tool: x/fix }, then: { rewrite: { params: { q: b } } } }
  - { id: watch-me, match: { tool: x/watched }, mode: enforce, then: { limit: { calls: 1, per: 1h } } }
  - { id: any-x, match: { tool: "x/*" }, then: { limit: { calls: 5, per: 10m, scope: everyone } }, reason: r, instead: i }
  - { id: big, match: { tool: x/search, args: { n: { above: 10 } } }, except: { args: { q: free } }, then: { limit: { calls: 2, per: 1h } } }
  - { id: q-a, match: { tool: x/fix, args: { q: a } }, then: { limit: { calls: 2, per: 1h } } }
  - { id: q-b, match: { tool: x/fix, args: { q: b } }, then: { limit: { calls: 2, per: 1h } } }
  - { id: curls, match: { command: curl }, then: { limit: { calls: 2, per: 1h } } }
  - { id: bots, match: { tool: x/search }, when: { agent: "bot-*" }, then: { limit: { calls: 2, per: 1h } } }
`;
const set = setOf(rules);

test.each([
	['y/search', {}, []],
	['x/search', {}, ['any-x']],
	['x/search', { n: 11 }, ['any-x', 'big']],
	['x/search', { n: 10 }, ['any-x']],
	// What can't be told counts, and does not except.
	['x/search', { n: { x: 11 } }, ['any-x', 'big']],
	['x/search', { n: 11, q: 'free' }, ['any-x']],
	['x/search', { n: 11, q: {} }, ['any-x', 'big']],
	// A call that does not happen counts against nothing.
	['x/secret', {}, []],
	['x/hidden', {}, []],
	// One that a person may let happen does.
	['x/send', {}, ['any-x']],
	// As asked, or as it would run.
	['x/fix', { q: 'a' }, ['any-x', 'q-a', 'q-b']],
	['x/fix', { q: 'c' }, ['any-x', 'q-b']],
] as const)('%s %j counts against %j', (name, args, expected) => {
	const { limits = [] } = call(set, name, args);
	expect(limits.map(({ rule }) => rule.id)).toEqual(expected);
});

test('a limit says how much, for whom, and what the agent is told', () => {
	const { limits } = call(set, 'x/search');
	expect(limits).toEqual([
		{
			rule: expect.objectContaining({ id: 'any-x', effect: 'limit', matched: 'both' }),
			calls: 5,
			perMs: 600_000,
			scope: 'everyone',
			mode: 'enforce',
			reason: 'r',
			instead: 'i',
		},
	]);
});

test('by agent, and by what a command is', () => {
	const idsFor = (name: string, args: object, more: object) =>
		(call(set, name, args as never, more).limits ?? []).map(({ rule }) => rule.id);
	expect(idsFor('x/search', {}, { agent: 'bot-1' })).toEqual(['any-x', 'bots']);
	expect(idsFor('sh/x', { c: 'ls; curl a' }, { commandsAt: ['/c'] })).toEqual(['curls']);
	expect(idsFor('sh/x', { c: 'ls' }, { commandsAt: ['/c'] })).toEqual([]);
});

test('a call that goes through only because nothing is enforced counts too, each limit in its own mode', () => {
	const watching = setOf(rules, { mode: 'observe' });
	const modes = (name: string) => (call(watching, name).limits ?? []).map(({ rule, mode }) => [rule.id, mode]);
	expect(modes('x/secret')).toEqual([['any-x', 'observe']]);
	expect(modes('x/watched')).toEqual([
		['any-x', 'observe'],
		['watch-me', 'enforce'],
	]);
});

test('an example says what becomes of the nth call', () => {
	const example = (nth: number, is: string) =>
		policyOf(`
rules:
  - id: few
    match: { tool: x/y }
    then: { limit: { calls: 2, per: 1h } }
    examples: [{ call: x/y, nth: ${nth}, is: ${is} }]
`);
	expect([example(2, 'allowed'), example(3, 'denied')].map((policy) => policy.rules[0]?.examples[0]?.nth)).toEqual([
		2, 3,
	]);
});
