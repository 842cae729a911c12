// What is read in an SQL text: a table of texts, properties, and texts meant to hold the reader up.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { sqlParserOnDemand } from '../../src/kernel/sql-parser.ts';
import { readSql } from '../../src/policy/sql.ts';

const parser = sqlParserOnDemand()();
const table = parse(readFileSync(fileURLToPath(new URL('./sql-texts.yaml', import.meta.url)), 'utf8')) as Record<
	string,
	[string, ...string[]][]
>;

function read(text: string): string {
	const reading = readSql(text, parser);
	return 'doubt' in reading ? 'unsure' : [...reading.kinds].sort().join(', ') || 'nothing';
}

describe.each(Object.entries(table))('%s', (_part, rows) => {
	test.each(rows)('%j', (text, ...kinds) => {
		expect(read(text)).toBe(kinds.sort().join(', '));
	});
});
