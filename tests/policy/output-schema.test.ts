// When a structured result with other texts still fits its schema for certain; doubt is no.
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/abi/json.ts';
import { fitsAlike } from '../../src/policy/output-schema.ts';

const string: JsonObject = { type: 'string' };
const of = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more });
const [before, after] = [{ a: 'x' }, { a: '[y]' }];
const lists = [{ a: ['x', 'z'] }, { a: ['[y]', 'z'] }] as const;

test.each<[string, JsonObject]>([
	['a plain text', of({ a: string }, { required: ['a'], additionalProperties: false })],
	['a text that nobody speaks of', of({ b: { type: 'number' } })],
	['another text', of({ b: { const: 'x' } })],
	['a description', of({ a: { ...string, description: 'x', default: 'x', examples: ['x'] } })],
	['text or null', of({ a: { anyOf: [string, { type: 'null' }] } })],
	['a text among others', { type: 'object', additionalProperties: string }],
	['a reference', of({ a: { $ref: '#/$defs/b' } }, { $defs: { b: string } })],
	['a reference to itself', of({ a: string, b: { $ref: '#' } })],
	['a condition on another', of({ a: string }, { if: of({ b: { const: 1 } }), then: { required: ['a'] } })],
	['anything', {}],
])('%s fits', (_, schema) => {
	expect(fitsAlike(schema, before, after)).toBe(true);
});

test.each<[string, JsonObject]>([
	['a pattern', of({ a: { ...string, pattern: '^x' } })],
	['a format', of({ a: { ...string, format: 'email' } })],
	['a length', of({ a: { ...string, maxLength: 1 } })],
	['a list of words', of({ a: { enum: ['x'] } })],
	['one word', of({ a: { const: 'x' } })],
	['a whole', { enum: [{ a: 'x' }] }],
	['a choice with a pattern', of({ a: { anyOf: [{ ...string, pattern: 'x' }, string] } })],
	['a pattern behind a reference', of({ a: { $ref: '#/$defs/b' } }, { $defs: { b: { pattern: 'x' } } })],
	['a reference elsewhere', of({ a: { $ref: 'https://example.com/a' } })],
	['a reference that leads nowhere', of({ a: { $ref: '#/$defs/b' } })],
	['a dynamic reference', of({ a: { $dynamicRef: '#a' } })],
	['what the text is not', of({ a: { not: { const: '[y]' } } })],
	['a condition on the text', { if: of({ a: { const: 'x' } }), else: false }],
	['a pattern for names', { patternProperties: { '^a': { pattern: 'x' } } }],
	[
		'a schema too deep to follow',
		of({ a: Array.from({ length: 100 }).reduce<JsonObject>((inner) => ({ allOf: [inner] }), string) }),
	],
])('%s may not fit', (_, schema) => {
	expect(fitsAlike(schema, before, after)).toBe(false);
});

test('lists', () => {
	const [was, is] = lists;
	expect(fitsAlike(of({ a: { type: 'array', items: string, minItems: 2 } }), was, is)).toBe(true);
	expect(fitsAlike(of({ a: { prefixItems: [string, { const: 'z' }] } }), was, is)).toBe(true);
	expect(fitsAlike(of({ a: { prefixItems: [{ const: 'x' }] } }), was, is)).toBe(false);
	expect(fitsAlike(of({ a: { items: { pattern: 'x' } } }), was, is)).toBe(false);
	expect(fitsAlike(of({ a: { contains: { const: 'x' } } }), was, is)).toBe(false);
	// Two texts that became one are not unique any more.
	expect(fitsAlike(of({ a: { uniqueItems: true } }), was, is)).toBe(false);
	expect(fitsAlike(of({ a: { uniqueItems: false } }), was, is)).toBe(true);
});

test('a name that became another', () => {
	const [was, is] = [{ a: { secret: 'x' } }, { a: { '[y]': 'x' } }];
	const inner = (schema: JsonObject) => fitsAlike(of({ a: schema }), was, is);
	expect(inner({ type: 'object' })).toBe(true);
	expect(inner({ type: 'object', additionalProperties: string })).toBe(true);
	expect(inner({ additionalProperties: false })).toBe(false);
	expect(inner({ additionalProperties: { pattern: 'x' } })).toBe(false);
	expect(inner(of({ secret: string }))).toBe(false);
	expect(inner({ required: ['secret'] })).toBe(false);
	expect(inner({ propertyNames: { pattern: 'x' } })).toBe(false);
});

test('a number that became a text fits only where nothing is said of its type', () => {
	expect(fitsAlike(of({ a: { type: 'number' } }), { a: 1 }, { a: '[y]' })).toBe(false);
	expect(fitsAlike(of({ a: {} }), { a: 1 }, { a: '[y]' })).toBe(true);
	expect(fitsAlike(of({ a: { minimum: 1 } }), { a: 1 }, { a: '[y]' })).toBe(true);
});
