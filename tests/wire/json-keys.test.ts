// Keys that some reader takes for one, and those that none does.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldKey, isFolded, KeySet } from '../../src/wire/json-keys.ts';

const letters = [
	'a',
	'b',
	'k',
	's',
	'z',
	'_',
	'-',
	'0',
	'{',
	'@',
	'`',
	'A',
	'K',
	'Z',
	'ſ',
	'\u212a',
	'é',
	'e\u0301',
	'ß',
	'\u007f',
	'\t',
	'',
];
const key = fc.oneof(fc.string({ unit: fc.constantFrom(...letters), maxLength: 4 }), fc.string({ maxLength: 5 }));

test('what is folded already stays as it is, so only the very same key folds to the same', () => {
	let folded = 0;
	fc.assert(
		fc.property(fc.array(key, { maxLength: 6 }), (keys) => {
			for (const one of keys) if (isFolded(one)) expect(foldKey(one)).toBe(one);
			if (!keys.every(isFolded)) return;
			folded += 1;
			const set = new KeySet(true);
			expect(keys.map((one) => set.add(one))).toEqual(keys.map((one, at) => keys.indexOf(one) === at));
		}),
		{ numRuns: 3000 },
	);
	expect(folded).toBeGreaterThan(200);
});

test('a plain key without a capital is folded, and nothing else', () => {
	expect(['message', 'max_tokens', 'x-y 1', ''].every(isFolded)).toBe(true);
	expect(['Message', 'maxTokens', 'ſ', '\u212a', 'é', '\n', '\u007f'].some(isFolded)).toBe(false);
});
