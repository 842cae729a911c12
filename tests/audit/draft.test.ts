// What a sealed line holds: the record as it was, in reading order, under the hash of its canonical form.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashOf, seal } from '../../src/audit/chain.ts';
import { Draft } from '../../src/audit/draft.ts';
import { inReadingOrder, readingOrder } from '../../src/audit/record.ts';

const value = fc.jsonValue({ maxDepth: 3 });
const name = fc.constantFrom(...readingOrder.filter((one) => one !== 'hash'));

function draftOf(record: object): Draft {
	const draft = new Draft();
	for (const [key, member] of Object.entries(record)) draft.set(key, member);
	return draft;
}

test('a line is the record and the hash is over its canonical JSON, whatever the members hold', () => {
	fc.assert(
		fc.property(fc.dictionary(name, fc.option(value, { nil: undefined }), { maxKeys: 12 }), (given) => {
			const record = given as Record<string, unknown>;
			expect(draftOf(record).value()).toEqual(JSON.parse(JSON.stringify(record)));
			const { line, hash } = draftOf(record).seal();
			expect(hash).toBe(hashOf(record));
			expect(line).toBe(JSON.stringify(seal(inReadingOrder(record))));
		}),
		{ numRuns: 500 },
	);
});

test('a member that is undefined does not count', () => {
	expect(draftOf({ id: 'x', parent: undefined }).seal()).toEqual(draftOf({ id: 'x' }).seal());
});

test('what is set again is as if it had been set once, in both orders', () => {
	const nested = { b: 1, a: 2 };
	expect(draftOf({ prev: nested }).setJson('prev', '"x"').seal()).toEqual(draftOf({ prev: 'x' }).seal());
	expect(draftOf({ prev: nested }).set('prev', { a: 1 }).seal()).toEqual(draftOf({ prev: { a: 1 } }).seal());
});

test('a member that no record has is a mistake', () => {
	expect(() => new Draft().set('hsah', 1)).toThrow(TypeError);
});
