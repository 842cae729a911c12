import { expect, test } from 'vitest';
import { z } from 'zod';
import {
	defaultsSchema,
	listsSchema,
	modeSchema,
	policySchema,
	rulesSchema,
	waiversSchema,
} from '../../src/policy/schema.ts';

interface Node {
	readonly type?: string | readonly string[];
	readonly description?: string;
	readonly properties?: Readonly<Record<string, Node>>;
	readonly additionalProperties?: boolean | Node;
	readonly items?: Node;
	readonly prefixItems?: readonly Node[];
	readonly anyOf?: readonly Node[];
}

const schema = z.toJSONSchema(policySchema, { io: 'input' }) as Node;

function* nodesOf(node: Node, path: string): Generator<[string, Node]> {
	yield [path, node];
	for (const [key, child] of Object.entries(node.properties ?? {})) yield* nodesOf(child, `${path}.${key}`);
	if (typeof node.additionalProperties === 'object') yield* nodesOf(node.additionalProperties, `${path}.*`);
	if (node.items) yield* nodesOf(node.items, `${path}[]`);
	for (const child of [...(node.anyOf ?? []), ...(node.prefixItems ?? [])]) yield* nodesOf(child, path);
}

test('every key an author can write has a description, in every place it can stand', () => {
	const keys = [...nodesOf(schema, '')].flatMap(([path, { properties = {} }]) =>
		Object.entries(properties).map(([key, child]) => [`${path}.${key}`, child.description] as const),
	);
	expect(keys.filter(([, description]) => description === undefined)).toEqual([]);
	expect(keys.length).toBeGreaterThan(80);
	for (const [, description] of keys) expect(description).toMatch(/\.$/);
});

test('every mapping is closed, or names things', () => {
	for (const [path, node] of nodesOf(schema, '')) {
		if (node.properties !== undefined) expect([path, node.additionalProperties]).toEqual([path, false]);
	}
});

test('the keys of a rule are the seven and what goes with them', () => {
	const rule = schema.properties?.['rules']?.items;
	expect(Object.keys(rule?.properties ?? {})).toEqual([
		'id',
		'match',
		'when',
		'except',
		'then',
		'mode',
		'ring',
		'reason',
		'instead',
		'examples',
	]);
});

test('numbers kept as text and plain values have types that editors know', () => {
	const args = schema.properties?.['rules']?.items?.properties?.['match']?.properties?.['args'];
	const [plain] = typeof args?.additionalProperties === 'object' ? (args.additionalProperties.anyOf ?? []) : [];
	expect(plain?.type).toEqual(['string', 'number', 'boolean', 'null']);
});

test('the pieces the root file is made of stand on their own', () => {
	const root = z.strictObject({
		mode: modeSchema.optional(),
		defaults: defaultsSchema.optional(),
		lists: listsSchema.optional(),
		rules: rulesSchema.optional(),
		waivers: waiversSchema.optional(),
	});
	expect(root.safeParse({ mode: 'warn', rules: [], lists: { a: ['x'] } }).success).toBe(true);
	expect(root.safeParse({ mode: 'warn', rules: [{}] }).success).toBe(false);
});
