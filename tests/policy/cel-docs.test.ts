// docs/conditions.md says what there is: every name, function and limit, and how the specification's own tests fare.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileCel } from '../../src/policy/cel.ts';
import { celFunctions } from '../../src/policy/cel-functions.ts';
import { celLimits } from '../../src/policy/cel-limits.ts';
import { loopNames } from '../../src/policy/cel-nodes.ts';
import { loadPolicy } from '../../src/policy/load.ts';

const page = readFileSync(new URL('../../docs/conditions.md', import.meta.url), 'utf8');

test.each([...celFunctions.keys(), ...loopNames, 'has', 're2'])('the function `%s` is described', (name) => {
	expect(page).toMatch(new RegExp(`[\\x60.]${name}\\(`));
});

test('every name that a condition knows is in the table, and no other', () => {
	const named = [...page.matchAll(/^\| `(\w+)` \| /gm)].map(([, name]) => name ?? '');
	expect(named.length).toBeGreaterThan(3);
	const fault = compileCel('nothing == 1');
	const known = fault.kind === 'fault' ? fault.help : '';
	for (const name of named) expect(known).toContain(`\`${name}\``);
	expect(known?.match(/`\w+`/g)).toHaveLength(named.length);
});

test('the limits are those that hold', () => {
	for (const [limit, value] of Object.entries(celLimits)) {
		// How deep the tree may be follows from its parts, but for brackets in brackets.
		if (limit !== 'depth') expect(page, limit).toContain(value.toLocaleString('en-US'));
	}
});

test('the example loads', () => {
	const [, rule = ''] = /```yaml\n(- id: [\s\S]+?)```/.exec(page) ?? [];
	const text = `version: 1\nname: t\nrules:\n${rule.replace(/^/gm, '  ')}`;
	expect(loadPolicy({ file: 'p.yaml', text, layer: 'user' }).problems).toEqual([]);
});

test('the tests of the specification are counted as the table has them', () => {
	const table = parse(readFileSync(new URL('cel-conformance.yaml', import.meta.url), 'utf8')) as {
		held: number;
		missing: Record<string, number>;
		differs: { tests: string[] }[];
	};
	const missing = Object.values(table.missing).reduce((sum, count) => sum + count, 0);
	const differs = missing + table.differs.reduce((sum, { tests }) => sum + tests.length, 0);
	expect(page).toContain(`${table.held} hold and ${differs} don't`);
});
