// A diff says both texts, and no more than it must.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffLines } from '../../src/text/line-diff.ts';

const show = (before: string, after: string) =>
	diffLines([...before], [...after])
		.map(({ kind, text }) => ({ same: ' ', removed: '-', added: '+' })[kind] + text)
		.join('');

test.each([
	['abc', 'abc', ' a b c'],
	['abc', 'abd', ' a b-c+d'],
	['abc', 'ac', ' a-b c'],
	['ac', 'abc', ' a+b c'],
	['', 'ab', '+a+b'],
	['ab', '', '-a-b'],
	['abcabba', 'cbabac', '-a-b c+b a b-b a+c'],
])('from %s to %s', (before, after, wanted) => expect(show(before, after)).toBe(wanted));

const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 14 });

test('both texts can be read out of it, and no shorter one could be', () => {
	fc.assert(
		fc.property(lines, lines, (before, after) => {
			const diff = diffLines(before, after);
			const without = (kind: string) => diff.filter((line) => line.kind !== kind).map(({ text }) => text);
			expect(without('added')).toEqual(before);
			expect(without('removed')).toEqual(after);
			const same = diff.filter(({ kind }) => kind === 'same').length;
			expect(same).toBe(longestCommon(before, after));
		}),
	);
});

test('texts that have next to nothing in common are told apart all the same', () => {
	const before = Array.from({ length: 3_000 }, (_, index) => `old ${index}`);
	const after = Array.from({ length: 3_000 }, (_, index) => `new ${index}`);
	const diff = diffLines(['head', ...before, 'tail'], ['head', ...after, 'tail']);
	expect(diff).toHaveLength(6_002);
	expect(diff[0]).toEqual({ kind: 'same', text: 'head' });
});

function longestCommon(a: readonly string[], b: readonly string[]): number {
	let row = new Array<number>(b.length + 1).fill(0);
	for (const left of a) {
		const next = [0];
		for (const [index, right] of b.entries()) {
			next.push(left === right ? (row[index] ?? 0) + 1 : Math.max(row[index + 1] ?? 0, next[index] ?? 0));
		}
		row = next;
	}
	return row.at(-1) ?? 0;
}
