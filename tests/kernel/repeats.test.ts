// Repeated refusals are counted, and an agent that tries ever new things fills no memory.
import { expect, test } from 'vitest';
import { Repeats } from '../../src/kernel/repeats.ts';

test('counts what is tried again, and forgets what was not tried for longest', () => {
	const repeats = new Repeats();
	for (const kind of ['a', 'b']) expect(repeats.count(kind)).toBe(1);
	for (let at = 0; at < 998; at += 1) repeats.count(`other ${at}`);
	expect(repeats.count('a')).toBe(2);
	repeats.count('one too many');
	expect(repeats.count('a')).toBe(3);
	expect(repeats.count('other 0')).toBe(2);
	expect(repeats.count('b')).toBe(1);
});
