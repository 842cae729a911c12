import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBytes, encodeBytes } from '../../src/sandbox/bytes.ts';

describe('bytes as text', () => {
	test('any bytes without NUL come back as they were', () => {
		const bytes = fc.uint8Array({ maxLength: 40 }).map((all) => Buffer.from(all.filter((byte) => byte !== 0)));
		fc.assert(fc.property(bytes, (one) => encodeBytes(decodeBytes(one)).equals(one)));
	});

	test('any text that encodes is the one its bytes decode to', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (text) => {
				let bytes: Buffer;
				try {
					bytes = encodeBytes(text);
				} catch {
					return true;
				}
				return decodeBytes(bytes) === text;
			}),
		);
	});

	test.each([
		['plain', Buffer.from('python3'), 'python3'],
		['UTF-8', Buffer.from('grün'), 'grün'],
		['Latin-1', Buffer.from('gr\xfcn', 'latin1'), 'gr\udcfcn'],
		['an encoded surrogate', Buffer.from([0xed, 0xb2, 0x80]), '\udced\udcb2\udc80'],
		['a cut character', Buffer.from([0x61, 0xf0, 0x9f, 0x98]), 'a\udcf0\udc9f\udc98'],
		['an overlong slash', Buffer.from([0xc0, 0xaf]), '\udcc0\udcaf'],
	])('%s', (_, bytes, text) => {
		expect(decodeBytes(bytes)).toBe(text);
		expect(encodeBytes(text)).toEqual(bytes);
	});

	test.each([
		['NUL', 'a\0b'],
		['half a pair that stands for no byte', 'a\ud800'],
		['a low half beyond the bytes', 'a\udd00'],
		['escapes that spell a character', '\udcc3\udcbc'],
	])('no argument: %s', (_, text) => {
		expect(() => encodeBytes(text)).toThrow(TypeError);
	});
});
