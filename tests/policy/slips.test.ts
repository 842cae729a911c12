// Ways around a rule that a YAML table can't write down.
import { expect, test } from 'vitest';
import { ExactNumber, type JsonObject } from '../../src/abi/json.ts';
import { call, setOf } from './support.ts';

const set = setOf(`
	rules:
	  - { id: allow, match: { tool: "*" }, then: allow }
	  - { id: stay, match: { tool: "fs/*", args: { any_path: { outside: "\${workspace}" } } }, then: deny }
	  - { id: at-most, match: { tool: n/x, args: { n: { above: 9007199254740992 } } }, then: deny }
	  - { id: no-proto, match: { tool: p/x, args: { /__proto__: { present: true } } }, then: deny }
	  - { id: cap, match: { tool: c/x }, then: { narrow: { params: { n: { max: 200 } } } } }
	  - { id: pin-proto, match: { tool: q/x }, then: { pin: { params: { /__proto__: fixed } } } }
`);

test.each([
	['with more steps than a path may be long', `/${'./'.repeat(5000)}etc/passwd`],
	['through a name longer than any name', `/${'x'.repeat(5000)}/../etc/passwd`],
	['through a name with a line break', '/a\nb/../../etc/passwd'],
])('a path %s is still a path', (_how, input) => {
	expect(call(set, 'fs/x', { input }).verdict).toBe('denied');
});

test.each([
	['a minified script', `/*!x*/${'a=1;'.repeat(2000)}`],
	['text of several lines', '/** comment\n * more */\n'],
])('%s is content, not a path', (_what, content) => {
	expect(call(set, 'fs/x', { content }).verdict).toBe('allowed');
});

test('more values than can be looked at are refused rather than skipped', () => {
	const many = { list: [...Array.from({ length: 20_000 }, (_, index) => `/ws/${index}`), '/etc/passwd'] };
	expect(call(set, 'fs/x', many).verdict).toBe('denied');
});

test.each(['9007199254740993', '9007199254740992.1', '1e400', '9.1e15'])(
	'%s is more than 9007199254740992',
	(source) => {
		expect(call(set, 'n/x', { n: new ExactNumber(source) }).verdict).toBe('denied');
	},
);

test.each(['9007199254740992.0', '-9007199254740993', '1e-400'])('%s is not', (source) => {
	expect(call(set, 'n/x', { n: new ExactNumber(source) }).verdict).toBe('allowed');
});

test.each([
	['200.00000000000000000001', 'denied'],
	['200.0', 'allowed'],
])('a bound of 200 over %s: %s', (source, verdict) => {
	expect(call(set, 'c/x', { n: new ExactNumber(source) }).verdict).toBe(verdict);
});

test('an argument named __proto__ is an argument and nothing else', () => {
	const args = JSON.parse('{"__proto__": 1, "a": 2}') as JsonObject;
	expect(call(set, 'p/x', args).verdict).toBe('denied');
	expect(call(set, 'p/x', { a: 2 }).verdict).toBe('allowed');
	expect(call(set, 'q/x', args).verdict).toBe('denied');
	const pinned = call(set, 'q/x', { a: 2 });
	expect(JSON.stringify(pinned.final.kind === 'tool' && pinned.final.args)).toBe('{"a":2,"__proto__":"fixed"}');
	expect(({} as JsonObject)['fixed']).toBeUndefined();
});

test('what was judged can not be changed any more', () => {
	const { final } = call(set, 'c/x', { deep: { list: [1] } });
	if (final.kind !== 'tool') throw new Error('not a tool');
	expect(final.args['n']).toBe(200);
	for (const value of [final, final.args, final.args['deep']]) expect(Object.isFrozen(value)).toBe(true);
});

test('a pattern and a text made to backtrack do not stall a decision', () => {
	const slow = setOf(`
		rules:
		  - { id: allow, match: { tool: "*" }, then: allow }
		  - { id: deny, match: { tool: t/x, args: { a: { matches: "(a+)+$", glob: "*a*a*a*a*b" }, any_path: { glob: "**/*a*a*a*a*b" } } }, then: deny }
	`);
	// With backtracking, this test would never end.
	expect(call(slow, 't/x', { a: 'a'.repeat(20_000), path: `/${'a'.repeat(3000)}` }).verdict).toBe('allowed');
});
