// What of the CEL specification's own tests holds for conditions, and that the table of what does not is true.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { runSuite } from '../support/cel-suite.ts';

interface Table {
	readonly held: number;
	readonly beyond: number;
	readonly missing: Readonly<Record<string, number>>;
	readonly differs: readonly { readonly why: string; readonly tests: readonly string[] }[];
}

const table = parse(readFileSync(new URL('cel-conformance.yaml', import.meta.url), 'utf8')) as Table;
const results = runSuite();
const of = (outcome: string) => results.filter((result) => result.outcome === outcome);

test('as many tests as the table says hold, and as many are about what no call carries', () => {
	expect(of('held')).toHaveLength(table.held);
	expect(of('beyond')).toHaveLength(table.beyond);
});

test('the functions that are not there are those of the table', () => {
	const missing: Record<string, number> = {};
	for (const { missing: name } of results) if (name !== undefined) missing[name] = (missing[name] ?? 0) + 1;
	expect(missing).toEqual(table.missing);
});

test('every other difference has its reason in the table', () => {
	const found = of('differs').filter(({ missing }) => missing === undefined);
	const explained = table.differs.flatMap(({ tests }) => tests);
	expect(found.map(({ name }) => name).toSorted()).toEqual(explained.toSorted());
	expect(table.differs.every(({ why }) => why.length > 20)).toBe(true);
});
