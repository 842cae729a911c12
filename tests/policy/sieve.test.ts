// Ruling many rules out at one glance: whoever is left out would not have applied.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/abi/json.ts';
import type { PolicySet } from '../../src/policy/compile.ts';
import { applies, type CompiledRule } from '../../src/policy/compiled.ts';
import { lookAt, sensesOf } from '../../src/policy/look.ts';
import { Sieve } from '../../src/policy/sieve.ts';
import { textIn } from '../../src/policy/text-glob.ts';
import { type Asked, call, idsOf, portsWith, requestFor, setOf, toolTarget } from './support.ts';

/** Which rules are left, and which apply. */
function sift(set: PolicySet, args: JsonObject, asked: Asked = {}) {
	const request = requestFor(toolTarget('t/x', args), asked);
	const look = lookAt(request.target, request, sensesOf(request, portsWith(asked.links)));
	const rules = set.prospects.of(look).rules.filter(({ action }) => action.kind === 'deny');
	const left = new Sieve(rules, new Map()).candidates(look);
	const ids = (some: readonly CompiledRule[]) => some.map(({ id }) => id);
	return { left: ids(left), applying: ids(rules.filter((rule) => applies(rule, look))), all: ids(rules) };
}

const units = ['a', 'a', 'a', 'b', '(', '|', '$', '\\', '\n', 'K', 'e\u0301', '\u212a'];
const text = fc.string({ unit: fc.constantFrom(...units), maxLength: 6 });
const glob = fc.string({ unit: fc.constantFrom(...units, '*', '*', '*', '?'), minLength: 1, maxLength: 5 });
const key = fc.constantFrom('a', 'A', 'path', 'url', '/a', '/a/b', 'sql', 'any_path');
const value = fc.oneof(text, text, fc.constantFrom(null, 5, true), fc.array(text), fc.record({ b: text }));

const ruleText = (id: number, [name, patterns, also]: readonly [string, readonly string[], string]) =>
	`  - { id: r${id}, match: { tool: "t/*", args: { ${JSON.stringify(name)}: { glob: ${JSON.stringify(patterns)} } } }, ${also}then: deny }`;
const exceptions = ['', '', 'except: [{ args: { b: { is: 1 } } }], ', 'when: { cel: "args.zz == 1" }, '];
const anyRule = fc.tuple(key, fc.array(glob, { minLength: 1, maxLength: 2 }), fc.constantFrom(...exceptions));
const schema = fc.constantFrom<JsonObject | undefined>(
	undefined,
	{ type: 'object', properties: { a: { type: 'string', format: 'path' } } },
	{ type: 'object', properties: { a: { type: 'string', default: 'ab' }, path: { type: 'string' } } },
);

describe('a rule is ruled out', () => {
	test('only where it does not apply, and its place in the order stays', () => {
		let ruledOut = 0;
		let applying = 0;
		fc.assert(
			fc.property(
				fc.array(anyRule, { minLength: 1, maxLength: 12 }),
				fc.dictionary(fc.constantFrom('a', 'A', 'b', 'path', 'url', 'sql', '__proto__'), value, { maxKeys: 3 }),
				schema,
				(rules, args, known) => {
					let set: PolicySet;
					try {
						set = setOf(`rules:\n${rules.map((rule, index) => ruleText(index + 10, rule)).join('\n')}`);
					} catch {
						return fc.pre(false);
					}
					const found = sift(set, args, known === undefined ? {} : { schema: known });
					expect(found.left).toEqual(expect.arrayContaining(found.applying));
					expect(found.left).toEqual(found.all.filter((id) => found.left.includes(id)));
					ruledOut += found.all.length - found.left.length;
					applying += found.applying.length;
				},
			),
			{ numRuns: 600 },
		);
		// A sieve that holds everything back, or a generator that matches nothing, would prove little.
		expect(ruledOut).toBeGreaterThan(200);
		expect(applying).toBeGreaterThan(50);
	});

	test('by what stands in a plain text, and by nothing else', () => {
		const set = setOf(`
			rules:
			  - { id: a, match: { tool: "t/*", args: { note: { glob: "*drop*" } } }, then: deny }
			  - { id: b, match: { tool: "t/*", args: { note: { glob: ["kill?", "end*"] } } }, then: deny }
			  - { id: c, match: { tool: "t/*", args: { other: { glob: "*drop*" } } }, then: deny }
			  - { id: d, match: { tool: "t/*", args: { note: { glob: "*" } } }, then: deny }
			  - { id: e, match: { tool: "t/*", args: { note: { glob: "*\u212a*" } } }, then: deny }
			  - { id: f, match: { tool: "t/*", args: { note: { glob: "*zz*", not: "y" } } }, then: deny }
		`);
		const left = (args: JsonObject, asked?: Asked) => sift(set, args, asked).left.join('');
		expect(left({ note: 'plain', other: 'plain' })).toBe('def');
		expect(left({ note: 'drop', other: 'plain' })).toBe('abdef');
		expect(left({ note: 'plain', other: 'a drop' })).toBe('cdef');
		expect(left({ note: 'kill' })).toBe('abdef');
		// Not plain; not one; not a text; a text in another form.
		expect(left({ note: 'plain é' })).toBe('abdef');
		expect(left({ note: 'plain', Note: 'drop' })).toBe('abdef');
		expect(left({ note: 5 })).toBe('abdef');
		expect(left({ note: ['drop'] })).toBe('abdef');
		expect(left({ note: 'x' }, { schema: { properties: { note: { format: 'path' } } } })).toBe('abdef');
		// What the tool takes where nothing is given.
		expect(left({})).toBe('def');
		expect(left({}, { schema: { properties: { note: { default: 'drop' } } } })).toBe('abdef');
	});

	test('also among more texts than one pattern takes, and whatever they are made of', () => {
		const needle = (index: number) => `${index}${'(a+)+$|^['.repeat(20)}`;
		const rules = Array.from({ length: 300 }, (_, index) => ruleText(index, ['a', [`*${needle(index)}*`], '']));
		const set = setOf(`rules:\n  - { id: open, match: { tool: "t/*" }, then: allow }\n${rules.join('\n')}`);
		for (const index of [0, 150, 299]) {
			expect(idsOf(call(set, 't/x', { a: `x${needle(index)}y` }))).toContain(`r${index}`);
		}
		expect(sift(set, { a: '(a+)+$|^['.repeat(20) }).left).toEqual([]);
	});

	test('also by a text that is longer than any pattern', () => {
		const long = 'x'.repeat(100_000);
		const rule = '  - { id: r1, match: { tool: "t/*", args: { a: { glob: "*${env:REGION}*" } } }, then: deny }';
		const set = setOf(`rules:\n  - { id: open, match: { tool: "t/*" }, then: allow }\n${rule}`, {
			env: { REGION: long },
		});
		expect(idsOf(call(set, 't/x', { a: `y${long}y` }))).toEqual(['r1']);
		expect(sift(set, { a: 'y' }).left).toEqual([]);
	});
});

test('what a pattern holds stands in every plain text that it matches', () => {
	expect([textIn('*forbidden*'), textIn('a?bc*d'), textIn('*'), textIn('\u212a*')]).toEqual([
		'forbidden',
		'bc',
		undefined,
		undefined,
	]);
});

test('nothing is kept for a tool whose name is too long to be remembered: there is no end to such names', () => {
	const set = setOf(`
		rules:
		  - { id: open, match: { tool: "t/*" }, then: allow }
		  - { id: r1, match: { tool: "t/*", args: { a: { glob: "*drop*" } } }, then: deny }
	`);
	const left = (tool: string) => {
		const request = requestFor(toolTarget(tool, { a: 'plain' }));
		const look = lookAt(request.target, request, sensesOf(request, portsWith()));
		return set.prospects.of(look).plan('enforce').sieves.deny.candidates(look).length;
	};
	expect([left('t/x'), left(`t/${'x'.repeat(300)}`)]).toEqual([0, 1]);
	expect(idsOf(call(set, `t/${'x'.repeat(300)}`, { a: 'a drop' }))).toEqual(['r1']);
});
