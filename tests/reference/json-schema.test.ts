// The JSON Schemas that ship: every key explained, every example one that loads, every mapping closed.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { jsonSchemaOf, type SchemaNode, schemaText } from '../../scripts/reference/json-schema.ts';
import { fileKinds } from '../../scripts/reference/schemas.ts';

function* below(node: SchemaNode, path: string): Generator<readonly [string, SchemaNode]> {
	yield [path, node];
	for (const [key, child] of Object.entries(node.properties ?? {})) yield* below(child, `${path}.${key}`);
	for (const [id, child] of Object.entries(node.$defs ?? {})) yield* below(child, id);
	if (typeof node.additionalProperties === 'object') yield* below(node.additionalProperties, `${path}.*`);
	if (node.items !== undefined) yield* below(node.items, `${path}[]`);
	for (const child of [...(node.anyOf ?? []), ...(node.prefixItems ?? [])]) yield* below(child, path);
}

describe.each(fileKinds)('the schema `$name`', (kind) => {
	const schema = jsonSchemaOf(kind);
	const nodes = [...below(schema, kind.name)];
	const keys = nodes.flatMap(([path, { properties = {} }]) =>
		Object.entries(properties).map(([key, node]) => [`${path}.${key}`, node] as const),
	);

	test('explains every key, with a title and an example', () => {
		expect(keys.length).toBeGreaterThan(25);
		const silent = keys.filter(
			([, { title, description, examples = [] }]) => !title || !description || examples.length === 0,
		);
		expect(silent.map(([path]) => path)).toEqual([]);
		for (const [path, { description }] of keys) expect(`${path}: ${description}`).toMatch(/^\S+: .*[.)]$/);
	});

	test('closes every mapping that has keys', () => {
		const open = nodes.filter(([, node]) => node.properties !== undefined && node.additionalProperties !== false);
		expect(open.map(([path]) => path)).toEqual([]);
	});

	test('leads from every reference to a part, and to every part', () => {
		const used = new Set(nodes.flatMap(([, { $ref }]) => $ref?.replace('#/$defs/', '') ?? []));
		expect([...used].sort()).toEqual(Object.keys(schema.$defs ?? {}).sort());
	});

	test('is written as the JSON it is, with plain lists on a line', () => {
		const text = schemaText(schema);
		expect(JSON.parse(text)).toEqual({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema });
		expect(text).toMatch(/"enum": \["\w+"(?:, "\w+")+\]/);
	});
});

/** Every zod schema below `schema` with what is said of it. */
function* said(
	schema: z.core.$ZodType,
	seen = new Set<unknown>(),
): Generator<readonly [z.ZodType, Record<string, unknown>]> {
	if (seen.has(schema)) return;
	seen.add(schema);
	const found = schema as z.ZodType;
	yield [found, (found.meta() ?? {}) as Record<string, unknown>];
	const { def } = schema._zod as z.core.$ZodTypes['_zod'];
	switch (def.type) {
		case 'object':
			for (const child of Object.values(def.shape)) yield* said(child, seen);
			return;
		case 'record':
			yield* said(def.keyType, seen);
			return yield* said(def.valueType, seen);
		case 'array':
			return yield* said(def.element, seen);
		case 'tuple':
			for (const child of def.items) yield* said(child, seen);
			return;
		case 'union':
			for (const child of def.options) yield* said(child, seen);
			return;
		case 'optional':
			return yield* said(def.innerType, seen);
		default:
	}
}

test.each(fileKinds)('every example and default in `$name` is a value that loads', ({ schema }) => {
	let tried = 0;
	for (const [part, { examples = [], default: fallback, title }] of said(schema)) {
		for (const value of [...(examples as unknown[]), ...(fallback === undefined ? [] : [fallback])]) {
			tried += 1;
			expect(part.safeParse(value).error, `${title ?? ''} ${JSON.stringify(value)}`).toBeUndefined();
		}
	}
	expect(tried).toBeGreaterThan(25);
});

test('a mapping with keys and without a name stops the generator, and so does a key that nobody explains', () => {
	const nameless = z.strictObject({ inner: z.strictObject({ a: z.string() }) });
	expect(() => jsonSchemaOf({ name: 'x', title: 'X', schema: nameless })).toThrow(
		'x.inner: a mapping with keys needs a name',
	);
});

test('text or a list of texts is one schema of two types; what can not be told apart stays as it is', () => {
	const schema = z.strictObject({
		many: z.union([z.string().min(1), z.array(z.string()).min(2)]),
		words: z.union([z.enum(['a']), z.array(z.string())]),
		texts: z.union([z.string().min(1), z.string().max(3)]),
	});
	const { properties } = jsonSchemaOf({ name: 'x', title: 'X', schema });
	expect(properties?.['many']).toEqual({
		title: 'x.many',
		type: ['string', 'array'],
		minLength: 1,
		minItems: 2,
		items: { type: 'string' },
	});
	expect(properties?.['words']?.anyOf).toHaveLength(2);
	expect(properties?.['texts']?.anyOf).toHaveLength(2);
});

/** Every zod schema that has a pattern for editors, by that pattern. */
const patterned = new Map(
	fileKinds.flatMap(({ schema }) =>
		[...said(schema)].flatMap(([part, { pattern }]) => (typeof pattern === 'string' ? [[pattern, part] as const] : [])),
	),
);

test.each([...patterned])('no text that loads is refused by %s', (pattern, part) => {
	const found = new RegExp(pattern, 'u');
	const texts = fc.oneof(
		// What has the form, or nearly; fast-check makes no text for what may not follow.
		fc.stringMatching(new RegExp(pattern.replace(/\(\?![^)]*\)/, ''), 'u'), { size: 'small' }),
		fc
			.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
			.map((day) => day.toISOString().slice(0, 10)),
		fc.string({ unit: 'grapheme' }),
		fc.constantFrom('a/b', '1h', 'kernel/a'),
	);
	let accepted = 0;
	fc.assert(
		fc.property(texts, (text) => {
			const loads = part.safeParse(text).success;
			if (loads) accepted += 1;
			return !loads || found.test(text);
		}),
	);
	expect(accepted).toBeGreaterThan(5);
});

test('patterns are held in every place where one stands', () => {
	expect(patterned.size).toBeGreaterThan(5);
});
