// The schema of policy files, as a whole and in the pieces that trapgate.yaml is made of; tests/reference has what is generated from it.
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
import { numberSchema, scalarSchema } from '../../src/policy/schema-words.ts';
import { knownKeys } from '../../src/text/schema-walk.ts';

test('the keys of a rule are the seven and what goes with them', () => {
	expect(knownKeys(policySchema, ['rules', 0])).toEqual([
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
	const types = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' }).type;
	expect(types(scalarSchema)).toEqual(['string', 'number', 'boolean', 'null']);
	expect(types(numberSchema)).toBe('number');
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
