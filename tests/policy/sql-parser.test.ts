// PostgreSQL's parser in its box: what it says, what it can't do, and that it gets over everything.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { makeSqlParser } from '../../src/policy/sql-parser.ts';

const wasm = readFileSync(createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm'));
const parse = makeSqlParser(wasm);

test('a text becomes a tree, or what PostgreSQL says of it', () => {
	expect(parse("select 'a\"\\ \u0001é😀' as \"b''\"")).toMatchObject({
		statements: [
			{
				stmt: {
					SelectStmt: {
						targetList: [{ ResTarget: { name: "b''", val: { A_Const: { sval: { sval: 'a"\\ \u0001é😀' } } } } }],
					},
				},
			},
		],
	});
	expect(parse('select from where')).toEqual({ error: 'syntax error at or near "where"' });
	expect(parse('')).toEqual({ statements: [] });
	expect(parse('select 1\0; drop table a')).toEqual({ error: 'the text contains NUL' });
});

test('it breaks down without harm, in stack and in memory', () => {
	const works = () => expect(parse('drop table a')).toHaveProperty('statements.length', 1);
	expect(() => parse(`select 1${'+1'.repeat(30_000)}`)).toThrow(RangeError);
	works();
	// PostgreSQL notices by itself, and says so.
	expect(parse(`select '${'a'.repeat(24_000_000)}'`)).toEqual({ error: expect.stringContaining('memory') });
	works();
	// libpg_query does not, and ends its process.
	expect(() => parse(`select 1${',1'.repeat(400_000)}`)).toThrow('the SQL parser called exit');
	works();
	// All that memory is there again.
	expect(parse(`select 1${',1'.repeat(100_000)}`)).toHaveProperty('statements.length', 1);
});

test('an error in one text leaves no trace in the next', () => {
	for (let round = 1; round < 300; round++) {
		expect(parse(`select ${'('.repeat(round)}`)).toHaveProperty('error');
		expect(parse(`select ${round}`)).toHaveProperty('statements.length', 1);
	}
});

describe('another build', () => {
	/** A module with nothing in it. */
	const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
	test.each([
		['no WebAssembly', new Uint8Array([1, 2, 3])],
		['cut off', wasm.subarray(0, 100_000)],
		['another module', empty],
	])('that is %s is not believed', (_what, bytes) => {
		expect(() => makeSqlParser(bytes)).toThrow();
	});
});
