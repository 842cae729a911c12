// Waits grow from half a second to thirty, with chance in them, and start over after a minute of health.
import { expect, test } from 'vitest';
import { Backoff } from '../../src/drivers/backoff.ts';

const waits = (backoff: Backoff, lives: readonly number[]) => lives.map((livedMs) => backoff.next(livedMs));
const nineFailures = Array.from({ length: 9 }, () => 0);

test.each([
	['the least', () => 0, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]],
	['half', () => 0.5, [750, 1500, 3000, 6000, 12_000, 24_000, 30_000, 30_000, 30_000]],
	['the most', () => 0.999_999, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]],
])('with %s of chance', (_, random, expected) => {
	expect(waits(new Backoff({ random }), nineFailures)).toEqual(expected);
});

test('a minute of health makes the next failure a first one, less does not', () => {
	expect(waits(new Backoff({ random: () => 0 }), [0, 0, 59_999, 60_000, 0])).toEqual([500, 1000, 2000, 500, 1000]);
});

test('a thousand failures later, the wait is still thirty seconds', () => {
	const backoff = new Backoff({ random: () => 0 });
	expect(
		waits(
			backoff,
			Array.from({ length: 1000 }, () => 0),
		).at(-1),
	).toBe(30_000);
});
