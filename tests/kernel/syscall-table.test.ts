// The table: names every client accepts, each bound to one driver for good.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/abi/json.ts';
import type { DriverName } from '../../src/abi/names.ts';
import { buildTable, deriveName, type Listed } from '../../src/kernel/syscall-table.ts';

const listed = (lists: Record<string, string[]>) =>
	new Map(Object.entries(lists).map(([driver, names]) => [driver as DriverName, names.map((name) => ({ name }))]));

describe('names', () => {
	test.each([
		['files__read', 'files__read'],
		['files__a.b/c d', 'files__a_b_c_d'],
		['x__naïve', 'x__na_ve'],
	])('%s becomes %s', (full, wire) => {
		expect(deriveName(full)).toBe(wire);
	});

	test('a long name is cut and told apart from another with the same beginning', () => {
		const one = deriveName(`driver__${'a'.repeat(80)}1`);
		const other = deriveName(`driver__${'a'.repeat(80)}2`);
		expect(one).toHaveLength(64);
		expect(one).not.toBe(other);
	});

	test('whatever a driver calls its tools, every client accepts the name', () => {
		fc.assert(
			fc.property(fc.string({ minLength: 1, unit: 'binary' }), (name) => {
				expect(deriveName(`d__${name}`)).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
			}),
		);
	});
});

describe('prefix', () => {
	const two = listed({ a: ['read', 'only'], b: ['read'] });

	test('always: every tool carries its driver', () => {
		const { entries, collisions } = buildTable(two, 'always', new Map());
		expect([...entries.keys()]).toEqual(['a__read', 'a__only', 'b__read']);
		expect(collisions).toEqual([]);
	});

	test('conflict: bare unless two drivers claim it', () => {
		expect([...buildTable(two, 'conflict', new Map()).entries.keys()]).toEqual(['a__read', 'only', 'b__read']);
	});

	test('never: bare, and a second claimant is a collision', () => {
		const { entries, collisions } = buildTable(two, 'never', new Map());
		expect(entries.get('read')?.driver).toBe('a');
		expect(collisions).toEqual([expect.objectContaining({ wire: 'read', claimant: { driver: 'b', name: 'read' } })]);
	});
});

test('two tools of one driver whose names only differ in a forbidden character collide', () => {
	const { collisions } = buildTable(listed({ a: ['x.y', 'x/y'] }), 'always', new Map());
	expect(collisions).toHaveLength(1);
});

test('a bound name never changes its driver, even while its holder is away', () => {
	const bound = new Map<string, DriverName>();
	buildTable(listed({ good: ['run'] }), 'never', bound);
	const { entries, collisions } = buildTable(listed({ evil: ['run'] }), 'never', bound);
	expect(entries.get('run')).toBeUndefined();
	expect(collisions[0]?.holder.driver).toBe('good');
});

test('entries without a usable name are left out', () => {
	const odd: Listed = new Map([['a' as DriverName, [{}, { name: '' }, { name: 7 }, { name: 'ok' }] as JsonObject[]]]);
	expect([...buildTable(odd, 'always', new Map()).entries.keys()]).toEqual(['a__ok']);
});
