// Several truncations of one result: the smallest wins, whatever their order, and none hands out what another takes away.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RuleId } from '../../src/abi/names.ts';
import type { RuleOf } from '../../src/policy/compiled.ts';
import { joinTruncations } from '../../src/policy/truncate.ts';

const truncation = fc.record({
	maxTokens: fc.integer({ min: 100, max: 110 }),
	keep: fc.constantFrom('head+tail' as const, 'head' as const, 'tail' as const),
	spill: fc.boolean(),
});
const rules = fc
	.array(truncation, { maxLength: 6 })
	.map((all) => all.map((one, index) => ({ id: `r${index}` as RuleId, action: { kind: 'truncate', truncation: one } })))
	.map((all) => all as unknown as readonly RuleOf<'truncate'>[]);
const shuffledRules = rules.chain((all) =>
	fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })),
);
const tokens = fc.integer({ min: 90, max: 120 });

test('the smallest wins, in any order', () => {
	fc.assert(
		fc.property(shuffledRules, tokens, ([all, shuffled], size) => {
			const joined = joinTruncations(all, size);
			expect(joinTruncations(shuffled, size)).toEqual(joined);
			const smallest = Math.min(...all.map(({ action }) => action.truncation.maxTokens));
			expect(joined?.maxTokens).toBe(size > smallest ? smallest : undefined);
		}),
	);
});

test('one more never leaves an agent more, neither to see nor to read', () => {
	fc.assert(
		fc.property(rules, rules, tokens, (some, others, size) => {
			const more = others.map((rule) => ({ ...rule, id: `o${rule.id}` as RuleId }));
			const before = joinTruncations(some, size);
			const after = joinTruncations([...some, ...more], size);
			if (before === undefined) return;
			expect(after?.maxTokens).toBeLessThanOrEqual(before.maxTokens);
			if (!before.spill) expect(after?.spill).toBe(false);
		}),
	);
});

test('a rule that the result is short enough for has no say', () => {
	const rule = (id: string, maxTokens: number, spill: boolean) =>
		({
			id,
			action: { kind: 'truncate', truncation: { maxTokens, keep: 'head', spill } },
		}) as unknown as RuleOf<'truncate'>;
	expect(joinTruncations([rule('a', 8_000, false), rule('b', 4_000, true)], 6_000)).toMatchObject({
		maxTokens: 4_000,
		spill: true,
		because: ['b'],
	});
	expect(joinTruncations([rule('a', 8_000, false), rule('b', 4_000, true)], 9_000)).toMatchObject({
		maxTokens: 4_000,
		spill: false,
		because: ['b', 'a'],
	});
	expect(joinTruncations([rule('a', 8_000, false)], 8_000)).toBeUndefined();
});
