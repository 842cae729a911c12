// Words come from memory only where they can't have become others.
import { expect, test } from 'vitest';
import type { Json } from '../../src/abi/json.ts';
import { memberText } from '../../src/audit/draft.ts';
import { redactTexts } from '../../src/audit/redact.ts';
import { Words } from '../../src/audit/words.ts';

const secret = 'ghp_0123456789abcdef0123456789abcdef0123';

test('a value is written as it is, however often it came before', () => {
	const words = new Words();
	const values: readonly Json[] = [
		'plain',
		`token ${secret}`,
		['a', secret, 'a'],
		{ b: 1, a: secret },
		Object.freeze({ id: secret }),
		[],
		{},
	];
	for (const value of [...values, ...values]) {
		const text = words.of(value);
		const expected = memberText([redactTexts(value)]);
		const [canonical, read] = typeof text === 'string' ? [text, text] : [text.canonical, text.read];
		expect([`[${canonical}]`, `[${read}]`]).toEqual([expected.canonical, expected.read]);
	}
});

test('what can still change within a frozen object is read each time', () => {
	const words = new Words();
	const inner = { note: 'one' };
	const value = Object.freeze({ id: 'x', inner });
	words.of(value);
	inner.note = `two ${secret}`;
	expect(words.of(value)).toEqual(memberText({ id: 'x', inner: { note: 'two [redacted:github]' } }));
});
