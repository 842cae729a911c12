// The listings of the policy language and the packs that ship: every example of those that load holds, with the real reader of commands.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkExamples } from '../../src/policy/examples.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/rule.ts';
import { analyse } from '../../src/shell/analyse.ts';
import { edit } from '../../src/shell/edit.ts';
import { context, friday, portsWith } from './support.ts';

const packs = folderOf('../../policies/', (name) => `${name}/policy.yaml`);
const listings = folderOf('./listings/', (name) => name);
const examples = { ...context, ports: { ...portsWith(), commands: { analyse, edit } }, at: friday, cwd: '/ws' };

describe.each(packs)('the pack %s', (file, text) => {
	test('holds alone', () => {
		const report = checkExamples([load(file, text)], examples);
		expect(report.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
		expect(report.total).toBeGreaterThan(2);
		expect(report.heldAlone).toBe(report.total);
	});
});

test('the packs hold together', () => {
	const report = checkExamples(
		packs.map(([file, text]) => load(file, text)),
		examples,
	);
	expect(report.problems).toEqual([]);
	expect(report.heldMerged).toBe(report.total);
});

test('every listing holds alone', () => {
	const judged = listings.flatMap(([file, text]) => {
		const report = checkExamples([load(file, text)], examples);
		expect(report.problems, file).toEqual([]);
		return report.total > 0 ? [file] : [];
	});
	expect(judged.map((file) => file.slice(0, 2))).toEqual(['01', '02', '03', '04', '05', '06', '07', '08', '10', '12']);
});

test('the listings about commands hold together', () => {
	const about = listings.filter(([file]) => /^(?:01|02|03|04|10)/.test(file));
	const policies = about.map(([file, text]) => loadPolicy({ file, text, layer: 'user', name: file }).policy as Policy);
	const report = checkExamples(policies, examples);
	expect(report).toMatchObject({ total: 39, heldAlone: 39 });
	// Together, what the first listing would change is still refused by the second.
	expect(report.problems.map(({ code, severity, message }) => [code, severity, message])).toEqual([
		[
			'P404',
			'note',
			'`python3 -m pytest` is unchanged in 02-no-pip.yaml, but becomes `uv run python3 -m pytest` when all policies are combined (rule: python-through-uv)',
		],
	]);
});

function load(file: string, text: string): Policy {
	const { policy, problems } = loadPolicy({ file, text, layer: 'user' });
	expect(problems).toEqual([]);
	if (policy === undefined) throw new Error(`${file} does not load`);
	return policy;
}

function folderOf(folder: string, fileIn: (name: string) => string): [string, string][] {
	const path = fileURLToPath(new URL(folder, import.meta.url));
	return readdirSync(path).map((name) => [name, readFileSync(`${path}${fileIn(name)}`, 'utf8')]);
}
