// Every pack that ships loads, and says of itself what is true.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { home, loadPacks, ports, workspace } from '../../bench/corpus-judge.ts';
import { sqlParserOnDemand } from '../../src/kernel/sql-parser.ts';
import { checkCases } from '../../src/policy/cases.ts';
import { checkExamples } from '../../src/policy/examples.ts';
import { keyOrder } from '../../src/policy/key-order.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { loadSuite } from '../../src/policy/load-suite.ts';
import { formatYaml } from '../../src/text/format.ts';

const folder = fileURLToPath(new URL('../../policies', import.meta.url));
/** A project as the examples think of it, in a file system without links. */
const context = {
	workspace,
	home,
	ports,
	tmp: '/tmp',
	cwd: workspace,
	env: {},
	mode: 'enforce',
	defaults: {},
	at: 0,
	sqlParser: sqlParserOnDemand(),
} as const;

const read = (path: string) => readFileSync(`${folder}/${path}`, 'utf8');

test('there are packs', () => {
	expect(readdirSync(folder).length).toBeGreaterThanOrEqual(8);
});

describe.each(readdirSync(folder))('the pack %s', (pack) => {
	const file = `${pack}/policy.yaml`;
	const cases = `${pack}/cases.test.yaml`;
	const { policy, problems } = loadPolicy({ file, text: read(file), layer: 'run' });

	test('loads without a remark, under the name of its folder', () => {
		expect(problems).toEqual([]);
		expect(policy?.name).toBe(pack);
		expect(policy?.rules.length).toBeGreaterThan(0);
	});

	test('tells editors its schema in the first line', () => {
		expect(read(file).split('\n')[0]).toBe('# yaml-language-server: $schema=../../schema/policy.schema.json');
		expect(read(cases).split('\n')[0]).toBe('# yaml-language-server: $schema=../../schema/test.schema.json');
	});

	test.each([file, cases])('is laid out as `trapgate fmt` does it: %s', (path) => {
		expect(formatYaml(read(path), path, keyOrder)).toEqual({ ok: true, text: read(path) });
	});

	test('has cases that hold with all other packs', () => {
		const { suite, problems: mistakes } = loadSuite({ file: cases, text: read(cases) });
		expect(mistakes).toEqual([]);
		if (suite === undefined) return;
		expect(suite.policies?.map(({ text }) => text)).toEqual(['pack:*']);
		const { problems: unheld, held, exercised } = checkCases(suite, loadPacks(), context);
		expect(unheld).toEqual([]);
		expect(held).toBe(suite.cases.length);
		// It is about this pack, too.
		expect(policy?.rules.some(({ id }) => exercised.has(id))).toBe(true);
	});

	test('has a README that names every rule', () => {
		const text = read(`${pack}/README.md`);
		expect(text).toContain(`# ${pack}\n`);
		for (const { id } of policy?.rules ?? []) expect(text).toContain(`| \`${id}\` |`);
	});

	test('has a reason and examples on every rule, and a way on where it refuses', () => {
		for (const { id, reason, instead, action, examples } of policy?.rules ?? []) {
			expect(reason, id).toBeTruthy();
			expect(examples.length, id).toBeGreaterThan(0);
			if (action.kind === 'deny' || action.kind === 'hide') expect(instead, id).toBeTruthy();
		}
	});

	test('says only what is true, alone', () => {
		expect(policy).toBeDefined();
		const { problems: unheld, total, heldAlone } = checkExamples(policy === undefined ? [] : [policy], context);
		// A pack that allows nothing is judged as if others did; together with nobody, its calls are hidden.
		expect(unheld.filter(({ code }) => code !== 'P404')).toEqual([]);
		expect(heldAlone).toBe(total);
		const examples = policy?.rules.flatMap((rule) => rule.examples) ?? [];
		expect(total).toBe(examples.length);
	});
});

test('all packs together say only what is true', () => {
	const { problems, total, heldMerged } = checkExamples(loadPacks(), context);
	expect(problems).toEqual([]);
	expect(total).toBeGreaterThan(150);
	expect(heldMerged).toBe(total);
});
