// Every pack that ships loads, and says of itself what is true.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadPolicy } from '../../src/policy/load.ts';

const folder = fileURLToPath(new URL('../../policies', import.meta.url));
const read = (path: string) => readFileSync(`${folder}/${path}`, 'utf8');

test('there are packs', () => {
	expect(readdirSync(folder).length).toBeGreaterThanOrEqual(4);
});

describe.each(readdirSync(folder))('the pack %s', (pack) => {
	const file = `${pack}/policy.yaml`;
	const { policy, problems } = loadPolicy({ file, text: read(file), layer: 'run' });

	test('loads without a remark, under the name of its folder', () => {
		expect(problems).toEqual([]);
		expect(policy?.name).toBe(pack);
		expect(policy?.rules.length).toBeGreaterThan(0);
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
});
