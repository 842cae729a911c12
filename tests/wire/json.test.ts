// JSON: one reading or none, and no digit lost.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactNumber, isJsonObject, type Json } from '../../src/abi/json.ts';
import { rawJson, rawOf, readJson, skimJson, writeJson } from '../../src/wire/json.ts';

const read = (text: string, options = {}): Json => {
	const result = readJson(text, options);
	if (!result.ok) throw new Error(`${result.reason} at ${result.offset}`);
	return result.value;
};

/** What JSON.parse would have made of it. */
const plain = (value: Json): unknown => {
	if (value instanceof ExactNumber) return Number(value.source);
	if (Array.isArray(value)) return value.map(plain);
	if (!isJsonObject(value)) return value;
	const object: Record<string, unknown> = {};
	for (const [key, child] of Object.entries(value)) {
		Object.defineProperty(object, key, { value: plain(child), enumerable: true, configurable: true, writable: true });
	}
	return object;
};

describe('what is refused', () => {
	test.each([
		['', 'the text ends too early'],
		['  ', 'the text ends too early'],
		['{', 'a key is expected'],
		['{"a"', 'a colon is expected'],
		['{"a":', 'the text ends too early'],
		['{"a":1', 'a comma or the end of the object is expected'],
		['{"a":1,}', 'a key is expected'],
		['{a:1}', 'a key is expected'],
		["{'a':1}", 'a key is expected'],
		['[1,]', 'a value is expected'],
		['[1 2]', 'a comma or the end of the array is expected'],
		['[', 'the text ends too early'],
		[']', 'a value is expected'],
		['1 2', 'something follows the value'],
		['{}{}', 'something follows the value'],
		['tru', 'a value is expected'],
		['True', 'a value is expected'],
		['nulls', 'something follows the value'],
		['NaN', 'a value is expected'],
		['Infinity', 'a value is expected'],
		['-', 'a value is expected'],
		['+1', 'a value is expected'],
		['.5', 'a value is expected'],
		['01', 'something follows the value'],
		['1.', 'something follows the value'],
		['1e', 'something follows the value'],
		['0x10', 'something follows the value'],
		['"a', 'a string is not closed'],
		['"a\\"', 'a string is not closed'],
		['"a\\', 'a string is not closed'],
		['"\\x41"', 'an unknown escape'],
		['"\\u12"', 'a broken escape'],
		['"\\u12g4"', 'a broken escape'],
		['"a\nb"', 'a control character stands in a string'],
		['"a\u0000b"', 'a control character stands in a string'],
		['"a\tb\\n"', 'a control character stands in a string'],
		['\ufeff{}', 'a value is expected'],
		['\u00a0{}', 'a value is expected'],
		['// c\n1', 'a value is expected'],
	])('%j', (text, reason) => {
		expect(readJson(text)).toMatchObject({ ok: false, reason });
		expect(skimJson(text)).toMatchObject({ ok: false, reason });
		expect(() => JSON.parse(text)).toThrow();
	});

	test.each([
		['{"a":1,"a":1}', 7],
		['{"a":1,"\\u0061":2}', 7],
		['[{"b":{"c":1,"d":2,"c":3}}]', 19],
		['{"__proto__":1,"__proto__":2}', 15],
		[`{${Array.from({ length: 40 }, (_, index) => `"k${index}":0`).join(',')},"k3":1}`, 311],
	])('a key that appears twice: %j', (text, offset) => {
		const refused = { ok: false, reason: expect.stringContaining('appears twice'), offset };
		expect(readJson(text)).toEqual(refused);
		expect(skimJson(text)).toEqual(refused);
	});

	test.each([
		['{"name":1,"Name":2}'],
		['{"straße":1,"STRASSE":2}'],
		['{"ß":1,"ẞ":2}'],
		['{"user":1,"uſer":2}'],
		['{"key":1,"\u212aey":2}'],
		['{"caf\u00e9":1,"cafe\u0301":2}'],
		['{"σας":1,"σασ":2}'],
		['{"\u1fb4":1,"\u03b1\u0345\u0301":2}'],
		['{"params":{"arguments":{"path":1,"PATH":2}}}'],
	])('with foldKeys, keys that some reader takes for one: %s', (text) => {
		expect(readJson(text).ok).toBe(true);
		expect(readJson(text, { foldKeys: true })).toMatchObject({ ok: false });
		expect(skimJson(text, { foldKeys: true })).toMatchObject({ ok: false });
	});

	test('nesting is allowed to its limit and refused one deeper', () => {
		const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
		expect(readJson(nested(256)).ok).toBe(true);
		expect(readJson(nested(257))).toMatchObject({ ok: false, reason: 'nested deeper than 256' });
		expect(readJson(`[${Array.from({ length: 1000 }, () => '[{"a":[]}]').join(',')}]`).ok).toBe(true);
		expect(readJson('['.repeat(5_000_000), { maxDepth: 1e9 })).toMatchObject({ reason: 'nested deeper than 1000' });
		expect(readJson('{"a":'.repeat(300))).toMatchObject({ reason: 'nested deeper than 256' });
	});

	test('more values than the limit are refused before they fill the memory', () => {
		expect(readJson('[1,2,3]', { maxValues: 4 }).ok).toBe(true);
		expect(readJson('[1,2,3,4]', { maxValues: 4 })).toMatchObject({ ok: false, reason: 'more than 4 values' });
		expect(skimJson('[[],{},[],[]]', { maxValues: 4 })).toMatchObject({ ok: false });
	});
});

describe('numbers', () => {
	test.each(['0', '1', '-1', '1.5', '1e+21', '9007199254740991', '5e-324', '1e-7', '-0.25'])(
		'%s is a number',
		(text) => {
			expect(read(text)).toBe(Number(text));
		},
	);

	test.each(['9007199254740993', '-0', '1.0', '1e400', '1E5', '1e5', '0.10', '123456789012345678901234567890', '-0.0'])(
		'%s keeps its digits',
		(text) => {
			expect(read(text)).toEqual(new ExactNumber(text));
			expect(writeJson(read(`{"n":[${text},1]}`))).toBe(`{"n":[${text},1]}`);
		},
	);

	test('what JSON has no word for is not written', () => {
		expect(() => writeJson([1, Number.NaN])).toThrow(TypeError);
		expect(() => writeJson({ a: new ExactNumber('1.0'), b: Number.POSITIVE_INFINITY })).toThrow(TypeError);
	});
});

describe('objects', () => {
	test('__proto__ is a member like any other, and pollutes nothing', () => {
		const value = read('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
		expect(Object.hasOwn(value as object, '__proto__')).toBe(true);
		expect((value as { polluted?: unknown }).polluted).toBeUndefined();
		expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
		expect(writeJson(value)).toBe('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
		expect(writeJson(read('{"__proto__":1.0}'))).toBe('{"__proto__":1.0}');
	});

	test('a member named toJSON does not change how its object is written', () => {
		expect(writeJson(read('{"toJSON":"x","a":1}'))).toBe('{"toJSON":"x","a":1}');
	});
});

describe('strings', () => {
	test('lone surrogates survive', () => {
		expect(read('"\\ud800 \\udc00"')).toBe('\ud800 \udc00');
		expect(writeJson('\ud800')).toBe('"\\ud800"');
		expect(read(writeJson({ '\udfff': ['\ud83d', new ExactNumber('1.0')] }))).toEqual({
			'\udfff': ['\ud83d', new ExactNumber('1.0')],
		});
	});

	test('a megabyte in a string, with escapes or without, costs linear time', () => {
		const megabytes = (text: string) => JSON.stringify([text.repeat((4 << 20) / text.length)]);
		for (const text of ['x', '\n', '"', '\\', 'é', '\u2028', '"\\']) {
			const source = megabytes(text);
			const started = performance.now();
			expect(read(source)).toEqual(JSON.parse(source));
			// Looking for the closing quote anew at each of two million escapes would take minutes.
			expect(performance.now() - started).toBeLessThan(20_000);
		}
	});
});

describe('skimJson', () => {
	test('says where the members stand, and builds the ones asked for', () => {
		const text = ' { "a" : [1, 2] , "b":"x\\"" ,"c":{"d":1.0}} ';
		const skimmed = skimJson(text, { build: (key) => key === 'c' });
		if (!skimmed.ok) throw new Error(skimmed.reason);
		expect(skimmed.kind).toBe('object');
		expect(skimmed.spans.map(({ key, start, end }) => [key, text.slice(start, end)])).toEqual([
			['a', '[1, 2]'],
			['b', '"x\\""'],
			['c', '{"d":1.0}'],
		]);
		expect(skimmed.spans.map(({ value }) => value)).toEqual([undefined, undefined, { d: new ExactNumber('1.0') }]);
	});

	test('says what stands at the top', () => {
		expect(skimJson('[1,{"a":2}]')).toMatchObject({ kind: 'array', spans: [{ start: 1 }, { start: 3, end: 10 }] });
		expect(skimJson('"{}"')).toMatchObject({ kind: 'scalar', spans: [] });
	});
});

describe('raw JSON', () => {
	test('keeps its text, and is parsed at most once', () => {
		const raw = rawJson('{"a": 1.0}');
		expect(raw.text).toBe('{"a": 1.0}');
		expect(raw.value()).toEqual({ a: new ExactNumber('1.0') });
		expect(raw.value()).toBe(raw.value());
		expect(() => rawJson('{').value()).toThrow(/not JSON/);
	});

	test('of a value is written when asked', () => {
		const value = { a: [null, new ExactNumber('1.0')] };
		expect(rawOf(value).text).toBe('{"a":[null,1.0]}');
		expect(rawOf(value).value()).toBe(value);
		expect(rawJson('null').value()).toBeNull();
	});
});

describe('properties', () => {
	const spaced = fc.tuple(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t', '\r\n '));

	test('reads what JSON.parse reads, to the same value', () => {
		fc.assert(
			fc.property(spaced, ([text, space]) => {
				const source = JSON.stringify(JSON.parse(text), null, space);
				expect(plain(read(source))).toEqual(JSON.parse(source));
				expect(skimJson(source).ok).toBe(true);
			}),
			{ numRuns: 500 },
		);
	});

	test('accepts exactly what JSON.parse accepts, duplicates aside', () => {
		const alphabet = '{}[]:,"\\u0a1-+.eE tfn\n'.split('').concat('true', 'null', '"a":', '"b"', '\\u00e9', '0.5');
		const soup = fc.array(fc.constantFrom(...alphabet), { maxLength: 14 }).map((parts) => parts.join(''));
		fc.assert(
			fc.property(soup, (text) => {
				const result = readJson(text);
				if (!result.ok && result.reason.includes('twice')) return;
				let parsed: { value: unknown } | undefined;
				try {
					parsed = { value: JSON.parse(text) };
				} catch {
					parsed = undefined;
				}
				expect(result.ok).toBe(parsed !== undefined);
				expect(skimJson(text).ok).toBe(result.ok);
				if (result.ok) expect(plain(result.value)).toEqual(parsed?.value);
			}),
			{ numRuns: 20_000 },
		);
	});

	test('what is written is read back equal, with every digit', () => {
		const digits = fc.stringMatching(/^-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?$/);
		const { value } = fc.letrec((tie) => ({
			value: fc.oneof(
				{ maxDepth: 5 },
				fc.constant(null),
				fc.boolean(),
				fc.string({ unit: 'binary' }),
				digits.map((text) => read(text)),
				fc.array(tie('value'), { maxLength: 4 }),
				fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 4, noNullPrototype: true }),
			),
		}));
		fc.assert(
			fc.property(value as fc.Arbitrary<Json>, (json) => {
				const text = writeJson(json);
				expect(read(text)).toEqual(json);
				expect(writeJson(read(text))).toBe(text);
			}),
			{ numRuns: 500 },
		);
	});

	test('a duplicate key is refused wherever it stands', () => {
		fc.assert(
			fc.property(
				fc.dictionary(fc.string(), fc.json({ maxDepth: 2 }), { minKeys: 1, maxKeys: 30 }),
				fc.nat(),
				(members, pick) => {
					const keys = Object.keys(members);
					const twice = keys[pick % keys.length] as string;
					const text = keys.map((key) => `${JSON.stringify(key)}:${members[key]}`).concat(`${JSON.stringify(twice)}:0`);
					expect(readJson(`[0,{"x":{${text.join(',')}}}]`)).toMatchObject({ ok: false });
				},
			),
		);
	});
});
