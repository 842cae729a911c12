// What a sealed line holds: the record as it was, in reading order, under the hash of its canonical form.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashOf, seal } from '../../src/audit/chain.ts';
import { inReadingOrder } from '../../src/audit/record.ts';
import { Sealer } from '../../src/audit/sealer.ts';

const value = fc.jsonValue({ maxDepth: 3 });
const name = fc.oneof(
	fc.constantFrom('v', 'seq', 'id', 'args', 'agent', 'prev', 'rules', 'ms'),
	fc.string({ minLength: 1 }),
);

test('a line is the record and the hash is over its canonical JSON, whatever the members are called', () => {
	const sealer = new Sealer();
	fc.assert(
		fc.property(fc.dictionary(name, fc.option(value, { nil: undefined }), { maxKeys: 12 }), (fields) => {
			const { hash: _, ...record } = fields as Record<string, unknown>;
			const { line, hash } = sealer.seal(record);
			expect(hash).toBe(hashOf(record));
			expect(line).toBe(JSON.stringify(seal(inReadingOrder(record))));
		}),
		{ numRuns: 500 },
	);
});

test('a member that is undefined does not count', () => {
	expect(new Sealer().seal({ id: 'x', parent: undefined })).toEqual(new Sealer().seal({ id: 'x' }));
});
