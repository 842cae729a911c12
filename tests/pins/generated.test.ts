// What is generated from the schemas and the codes is what stands in the repository, and leaves nothing out.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { generatedFiles } from '../../scripts/reference/generated.ts';
import { anchorOf } from '../../scripts/reference/markdown.ts';
import { exampleCodes } from '../../scripts/reference/problem-examples.ts';
import { raisedCodes } from '../../scripts/reference/raised-codes.ts';
import { fileKinds } from '../../scripts/reference/schemas.ts';
import { schemaNames } from '../../src/cli/commands/schema.ts';
import { problemPages } from '../../src/cli/problem-pages.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

let generated: ReadonlyMap<string, string>;
beforeAll(async () => {
	generated = await generatedFiles();
});

test('every generated file is what its sources say', () => {
	const stale = [...generated].filter(([path, text]) => !existsSync(join(root, path)) || read(path) !== text);
	expect(
		stale.map(([path]) => path),
		'these files are not what their sources say; run: npm run generate',
	).toEqual([]);
});

test('generating again gives the same bytes', async () => {
	expect([...(await generatedFiles())]).toEqual([...generated]);
});

test.each(['schema', 'docs/reference'])('nothing in %s is written by hand', (folder) => {
	const there = readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
	expect(there.length).toBeGreaterThan(1);
	expect(there.filter((path) => !generated.has(path))).toEqual([]);
});

test('`trapgate schema` prints every schema there is', () => {
	expect([...schemaNames].sort()).toEqual(fileKinds.map(({ name }) => name).sort());
});

describe('codes', () => {
	test('every code of the union has an entry, and every entry a code', () => {
		const union = [...read('src/abi/problem.ts').matchAll(/^\t\| '([A-Z]\d{3})'/gm)].map(([, code]) => code);
		expect(union.length).toBeGreaterThan(50);
		expect(Object.keys(problemPages).sort()).toEqual(union.sort());
	});

	test('every code about policies that is reported has an example that was run', () => {
		const reported = [...raisedCodes()].filter((code) => code.startsWith('P'));
		expect(reported.length).toBeGreaterThan(20);
		expect(
			reported.filter((code) => !exampleCodes().includes(code)).sort(),
			'add a folder with a trapgate.yaml: tests/cases/problems/<code>; then run: npm run generate',
		).toEqual([]);
	});
});

describe.each(['docs/reference/policy.md', 'docs/reference/errors.md'])('%s', (path) => {
	// What begins with `#` in a listing is a comment.
	const headingsOf = (file: string) =>
		[
			...readFileSync(file, 'utf8')
				.replace(/^```[\s\S]*?^```$/gm, '')
				.matchAll(/^#+ (.*)$/gm),
		].map(([, text = '']) => text);

	test('names every section once', () => {
		const anchors = headingsOf(join(root, path)).map(anchorOf);
		expect(anchors.length).toBeGreaterThan(20);
		expect(anchors.filter((anchor, index) => anchors.indexOf(anchor) !== index)).toEqual([]);
	});

	test('has no link that leads nowhere', () => {
		const links = [...read(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
		expect(links.length).toBeGreaterThan(0);
		const broken = links.filter((link) => {
			const [file = '', anchor] = link.split('#');
			const target = file === '' ? join(root, path) : join(root, dirname(path), file);
			return !existsSync(target) || (anchor !== undefined && !headingsOf(target).map(anchorOf).includes(anchor));
		});
		expect(broken).toEqual([]);
	});
});
