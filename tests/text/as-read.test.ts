// What a text says behind escapes and invisible characters, and where each part of it stands.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asRead } from '../../src/text/as-read.ts';

test.each([
	['an escape of JSON', 'a\\u0041b', 'aAb'],
	['one within another', 'a\\\\\\u0041b', 'aAb'],
	['a slash as PHP writes it', 'http:\\/\\/x', 'http://x'],
	['a line break in JSON', 'a\\nb\\\\nc', 'a\nb\nc'],
	['a quote in JSON in JSON', '{\\"a\\":\\\\\\"b\\\\\\"}', '{"a":"b"}'],
	['percent encoding', 'a%2Db%40c', 'a-b@c'],
	['percent encoding of percent encoding', 'a%252Db%25252D', 'a-b-'],
	['colours', '\u001b[01;31m\u001b[Kgh\u001b[m\u001b[Kp_', 'ghp_'],
	['a link in a terminal', '\u001b]8;;http://a\u0007text\u001b]8;;\u001b\\', 'text'],
	['a zero-width space', 'gh\u200bp', 'ghp'],
	['a soft hyphen, a joiner, a tag and a selector', 'a\u00ad\u2060\u{e0041}\ufe0fb', 'ab'],
	['text in UTF-16 that was read byte by byte', 'A\0K\0I\0A\0', 'AKIA'],
])('%s', (_, written, read) => {
	expect(asRead(written)?.text).toBe(read);
});

test.each(['plain text,\twith\r\nlines', '😀 é 漢字', 'C:\\Users\\Dana', '100% of it', 'a\\d+b'])(
	'%j is read as it is written',
	(text) => {
		expect(asRead(text)).toBeUndefined();
	},
);

test('every part of the reading leads back to where it stands, with what hides in it and nothing around it', () => {
	const hidden = fc.constantFrom('\u200b', '\u001b[31m', '\0', '\u00ad\u00ad');
	const piece = fc.oneof(
		fc
			.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('a', 'b', ' ', 'é', '😀', 'ü') })
			.map((text) => [text, text]),
		fc.constantFrom(['\\u0041', 'A'], ['%2D', '-'], ['\\n', '\n'], ['\\\\"', '"']),
		hidden.map((text) => [text, '']),
	);
	fc.assert(
		fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), fc.nat(), fc.nat(), (pieces, from, to) => {
			const text = pieces.map(([written]) => written).join('');
			const reading = asRead(text);
			if (reading === undefined) return;
			expect(reading.text).toBe(pieces.map(([, read]) => read).join(''));
			const start = from % reading.text.length;
			const end = start + 1 + (to % (reading.text.length - start));
			const origin = reading.origin(start, end);
			const part = text.slice(origin.start, origin.end);
			expect(asRead(part)?.text ?? part).toBe(reading.text.slice(start, end));
			for (const nothing of [part.slice(0, 1), part.slice(-1)]) expect(nothing).not.toMatch(/[\p{Cc}\p{Cf}]/u);
		}),
	);
});
