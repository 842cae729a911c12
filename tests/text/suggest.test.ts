import { expect, test } from 'vitest';
import { editDistance, suggest } from '../../src/text/suggest.ts';

test.each([
	['comand', 'command'],
	['Match', 'match'],
	['enforced', 'enforce'],
	['approvedBy', 'approved_by'],
	['tehn', 'then'],
	['xyz', undefined],
	['', undefined],
	['a'.repeat(1_000_000), undefined],
])('%s suggests %s', (word, expected) => {
	expect(suggest(word, ['command', 'match', 'enforce', 'then', 'approved_by', 'id'])).toBe(expected);
});

test('swapped neighbours count one', () => {
	expect(editDistance('abcd', 'abdc')).toBe(1);
	expect(editDistance('', 'abc')).toBe(3);
	expect(editDistance('kitten', 'sitting')).toBe(3);
});
