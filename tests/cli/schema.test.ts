// `trapgate schema` and `trapgate check --explain`: what ships beside the program, as a person and a program ask for it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { schemaNames } from '../../src/cli/commands/schema.ts';
import { problemPages } from '../../src/cli/problem-pages.ts';
import { makePlace } from './support.ts';

const place = makePlace();
afterAll(() => place.remove());

const installed = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

test.each(schemaNames)('the schema `%s` is printed as it ships', async (name) => {
	expect(await place.run(['schema', name])).toMatchObject({
		code: 0,
		stdout: installed(`schema/${name}.schema.json`),
		stderr: '',
	});
});

test('the one about policies, where nobody says which', async () => {
	expect((await place.run(['schema'])).stdout).toBe(installed('schema/policy.schema.json'));
});

test('the package brings the schemas and the pages', () => {
	const { files } = JSON.parse(installed('package.json')) as { files: readonly string[] };
	for (const folder of ['schema', 'docs']) expect(files).toContain(folder);
});

describe('what a code means', () => {
	test('is a title, a meaning, what to do, and where an example is', async () => {
		const { code, stdout } = await place.run(['check', '--explain', 'p303']);
		const { title, means } = problemPages.P303;
		expect(code).toBe(0);
		expect(stdout.split('\n\n')).toHaveLength(4);
		expect(stdout).toContain(`P303: ${title}\n\n${means}\n\nWhat to do: `);
		expect(stdout).toMatch(/docs\/reference\/errors\.md#p303\n$/);
	});

	test('is said without links that lead nowhere in a terminal', async () => {
		const { stdout } = await place.run(['check', '--explain', 'P101']);
		expect(stdout).toContain('look up what stands in this place in the reference.');
	});

	test('is a document for machines', async () => {
		const { document } = await place.run(['check', '--explain', 'P303', '--format', 'json']);
		expect(document()).toMatchObject({ command: 'check', code: 'P303', title: problemPages.P303.title });
	});
});
