// Which parameters of a tool go into headers, and which tools can't be offered for what they ask of headers.
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/abi/json.ts';
import { MirroredTools, mirroredParameters } from '../../src/drivers/mirrored-parameters.ts';

const marked = (header: Json, type: Json = 'string'): JsonObject => ({ type, 'x-mcp-header': header });
const tool = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
	name: 't',
	inputSchema: { type: 'object', properties, ...more },
});

test('marked parameters are found where arguments can stand', () => {
	const found = mirroredParameters(
		tool({
			region: marked('Region'),
			nested: { type: 'object', properties: { flag: marked('Flag', 'boolean'), n: marked('N', 'integer') } },
			plain: { type: 'string' },
			// A parameter may be called so, and data may look so.
			'x-mcp-header': { type: 'string', default: { 'x-mcp-header': 'No' }, enum: [{ 'x-mcp-header': 'No' }] },
		}),
	);
	expect(found).toHaveLength(3);
	expect(found).toEqual(
		expect.arrayContaining([
			{ header: 'Region', path: ['region'] },
			{ header: 'Flag', path: ['nested', 'flag'] },
			{ header: 'N', path: ['nested', 'n'] },
		]),
	);
	expect(mirroredParameters({ name: 't' })).toEqual([]);
});

describe('a tool can’t be offered that marks', () => {
	test.each<[string, JsonObject]>([
		['with an empty name', tool({ a: marked('') })],
		['with a name that is no text', tool({ a: marked(7) })],
		['with a name that breaks the line', tool({ a: marked('A\r\nB') })],
		['with a name that has a colon', tool({ a: marked('A:B') })],
		['with a name without end', tool({ a: marked('A'.repeat(101)) })],
		['one name twice', tool({ a: marked('Same'), b: marked('same') })],
		['a number', tool({ a: marked('A', 'number') })],
		['an object', tool({ a: marked('A', 'object') })],
		['several types', tool({ a: marked('A', ['string', 'null']) })],
		['all arguments', tool({}, marked('A'))],
		['an item', tool({ a: { type: 'array', items: marked('A') } })],
		['a choice', tool({ a: { anyOf: [marked('A')] } })],
		['a definition', tool({}, { $defs: { a: marked('A') } })],
		['a property below a choice', tool({ a: { oneOf: [{ properties: { b: marked('B') } }] } })],
		['what a pattern names', tool({ a: { patternProperties: { '^b': marked('B') } } })],
		['additional properties', tool({}, { additionalProperties: marked('A') })],
		[
			'too much',
			tool(Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`p${index}`, marked(`P${index}`)]))),
		],
	])('%s', (_, definition) => {
		expect(() => mirroredParameters(definition)).toThrow(/x-mcp-header/);
		const warnings: string[] = [];
		const tools = new MirroredTools();
		const good = { name: 'good', inputSchema: { type: 'object' } };
		expect(tools.learn([definition, good], (text) => warnings.push(text))).toEqual([good]);
		expect(warnings).toEqual([expect.stringContaining('its tool "t" is left out')]);
		expect(tools.of('t')).toEqual([]);
	});
});

test('a new list replaces what was known', () => {
	const tools = new MirroredTools();
	tools.learn([tool({ a: marked('A') })], () => undefined);
	expect(tools.of('t')).toEqual([{ header: 'A', path: ['a'] }]);
	tools.learn([], () => undefined);
	expect(tools.of('t')).toEqual([]);
});
