// What is kept of a stream is its true beginning and end, and the note about the rest is exact.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Capture } from '../../src/drivers/capture.ts';

function capture(limit: number, ...chunks: (string | Buffer)[]): Capture {
	const made = new Capture(limit);
	for (const chunk of chunks) made.push(Buffer.from(chunk as string));
	return made;
}

const noted = /\n\[… (\d+) bytes left out here …\]\n/;

describe('a stream', () => {
	test('that fits is kept as it is', () => {
		expect(capture(10, '01234', '56789').read()).toEqual({ text: '0123456789', omittedBytes: 0, isLossy: false });
	});

	test('that is one byte too long loses exactly that byte in the middle', () => {
		expect(capture(10, '01234', 'x56789').read().text).toBe('01234\n[… 1 bytes left out here …]\n56789');
	});

	test('keeps a byte order mark, which is the program’s own', () => {
		expect(capture(10, '\uFEFFa').read().text).toBe('\uFEFFa');
	});

	test('that is no UTF-8 is shown with replacement characters and says so', () => {
		expect(capture(10, Buffer.from([0x61, 0xff, 0x62])).read()).toEqual({
			text: 'a\uFFFDb',
			omittedBytes: 0,
			isLossy: true,
		});
	});

	test('is not called broken because the cut went through a character', () => {
		const read = capture(10, '€€€€€€€€').read();
		expect(read.isLossy).toBe(false);
		expect(read.text).toBe('€\n[… 18 bytes left out here …]\n€');
	});

	test('can be read within less than was kept', () => {
		expect(capture(10, '0123456789').read(4).text).toBe('01\n[… 6 bytes left out here …]\n89');
	});
});

test('beginning, end and count are right for every length, limit and chunking', () => {
	fc.assert(
		fc.property(
			fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'ü', '€', '😀'), maxLength: 40 }), { maxLength: 12 }),
			fc.integer({ min: 0, max: 64 }),
			fc.integer({ min: 0, max: 64 }),
			(chunks, limit, readLimit) => {
				const whole = chunks.join('');
				const made = capture(limit, ...chunks);
				const { text, omittedBytes, isLossy } = made.read(readLimit);
				const total = Buffer.byteLength(whole);
				expect(made.totalBytes).toBe(total);
				expect(isLossy).toBe(false);
				if (total <= Math.min(limit, readLimit)) {
					expect([text, omittedBytes]).toEqual([whole, 0]);
					return;
				}
				const [before = '', count, after = ''] = text.split(noted);
				expect(Number(count)).toBe(omittedBytes);
				expect(whole.startsWith(before) && whole.endsWith(after)).toBe(true);
				expect(Buffer.byteLength(before) + Buffer.byteLength(after) + omittedBytes).toBe(total);
				expect(Buffer.byteLength(before) + Buffer.byteLength(after)).toBeLessThanOrEqual(
					Math.min(limit, readLimit) + 1,
				);
			},
		),
	);
});
