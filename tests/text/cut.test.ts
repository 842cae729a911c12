// Cutting: never more than the room, never through a character, and nothing lost between pages.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { endOfHead, lengthInJson, pagesOf, startOfTail } from '../../src/text/cut.ts';

/** Lines, escapes, astral characters, lone surrogates: everything whose length in JSON is not its length. */
const unit = fc.oneof(
	{ weight: 8, arbitrary: fc.constantFrom('a', 'b c', 'word ', '0') },
	{ weight: 3, arbitrary: fc.constantFrom('\n', '\r\n', '\r') },
	{ weight: 3, arbitrary: fc.constantFrom('"', '\\', '\t', '\u001b', '\0', '\u000b', '\u007f', '\u2028') },
	{ weight: 2, arbitrary: fc.constantFrom('😀', '👩‍👩‍👧', 'é', '\ud83d', '\udc00') },
	{ weight: 2, arbitrary: fc.constantFrom('\\n', '\\u00e9', '\\\\', '\\"') },
);
const text = fc.array(unit, { maxLength: 400 }).map((units) => units.join(''));
const room = fc.integer({ min: 64, max: 500 });

/** A cut inside a pair leaves two halves where there was one character. */
function splitsPair(full: string, at: number): boolean {
	return /[\ud800-\udbff]$/.test(full.slice(0, at)) && /^[\udc00-\udfff]/.test(full.slice(at));
}

test('a head takes no more than its room, and is the whole text where that fits', () => {
	fc.assert(
		fc.property(text, room, (full, size) => {
			const end = endOfHead(full, size);
			expect(lengthInJson(full.slice(0, end))).toBeLessThanOrEqual(size);
			expect(splitsPair(full, end)).toBe(false);
			if (lengthInJson(full) <= size) expect(end).toBe(full.length);
			// At a line's end it gives up a quarter, elsewhere what may not be parted.
			else expect(end).toBeGreaterThan(0);
		}),
	);
});

test('a tail takes no more than its room, and is the whole text where that fits', () => {
	fc.assert(
		fc.property(text, room, (full, size) => {
			const start = startOfTail(full, size);
			expect(lengthInJson(full.slice(start))).toBeLessThanOrEqual(size);
			expect(splitsPair(full, start)).toBe(false);
			if (lengthInJson(full) <= size) expect(start).toBe(0);
			else expect(start).toBeLessThan(full.length);
		}),
	);
});

test('the pages of a text are the text, each within its room', () => {
	fc.assert(
		fc.property(text, room, (full, size) => {
			const pages = pagesOf(full, size);
			expect(pages.join('')).toBe(full);
			for (const page of pages) expect(lengthInJson(page)).toBeLessThanOrEqual(size);
			let end = 0;
			for (const page of pages) {
				end += page.length;
				expect(splitsPair(full, end)).toBe(false);
			}
		}),
	);
});

describe('where a cut stands', () => {
	test('behind a line, when that gives up little', () => {
		const full = `${'x'.repeat(90)}\n${'y'.repeat(90)}\n${'z'.repeat(90)}`;
		expect(endOfHead(full, 100)).toBe(91);
		expect(full.slice(startOfTail(full, 100))).toBe('z'.repeat(90));
	});

	test('in the line, when the line is long', () => {
		const full = `${'x'.repeat(20)}\n${'y'.repeat(400)}`;
		// The line break takes two.
		expect(endOfHead(full, 100)).toBe(99);
	});

	test('not between carriage return and line feed', () => {
		const full = `${'x'.repeat(63)}\r\n${'y'.repeat(90)}`;
		expect(endOfHead(full, 65)).toBe(63);
	});

	test.each([
		['\\u00e9', 1],
		['\\u00e9', 2],
		['\\u00e9', 5],
		['\\n', 1],
		['\\\\', 1],
	])('not inside the escape %s that the text quotes', (quoted, parted) => {
		const full = `${'x'.repeat(70)}${quoted}${'y'.repeat(70)}`;
		// One backslash takes two.
		expect(endOfHead(full, 70 + parted + 1)).toBe(70);
		const rest = quoted.length - parted;
		expect(full.slice(startOfTail(full, 70 + rest + (quoted.slice(parted).includes('\\') ? 1 : 0)))).toBe(
			'y'.repeat(70),
		);
	});

	test('behind two backslashes, which are one escape', () => {
		const full = `${'x'.repeat(70)}\\\\${'y'.repeat(70)}`;
		expect(endOfHead(full, 74)).toBe(72);
	});
});

test('a page that begins in a way that it may not ends early, and nothing is lost', () => {
	const full = `${'x'.repeat(100)}!stop${'y'.repeat(150)}!stop!stop`;
	const pages = pagesOf(full, 100, (page) => (page.startsWith('!stop') ? 1 : undefined));
	expect(pages.join('')).toBe(full);
	expect(pages.filter((page) => page.startsWith('!stop'))).toEqual([]);
});

test('an empty text has one empty page', () => {
	expect(pagesOf('', 100)).toEqual(['']);
});

test('a megabyte without a line break is cut in linear time', () => {
	const full = '\\'.repeat(1_000_000);
	const pages = pagesOf(full, 4_000);
	expect(pages.join('')).toBe(full);
	expect(pages.length).toBeLessThanOrEqual(501);
});

test('five megabytes of one line are cut into the smallest pages in linear time', () => {
	const pages = pagesOf('x'.repeat(5_000_000), 80);
	expect(pages).toHaveLength(62_500);
});
