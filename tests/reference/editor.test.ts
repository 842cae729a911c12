// What an author sees in an editor: the language server behind VS Code's YAML extension, with the schemas that ship.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadPolicy } from '../../src/policy/load.ts';
import {
	type Completion,
	type LanguageServer,
	type Position,
	startLanguageServer,
} from '../support/language-server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let editor: LanguageServer;
beforeAll(async () => {
	editor = await startLanguageServer();
});
afterAll(() => editor.close());

/** Where `‸` stands, and the text without it. */
function withCursor(marked: string): { text: string; cursor: Position } {
	const [before = '', after = ''] = marked.split('‸');
	const lines = before.split('\n');
	return { text: before + after, cursor: { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 } };
}

/** A file that nobody has written, in the folder of a pack. */
const unwritten = (name: string) => join(root, `policies/${name}/policy.yaml`);
const schemaLine = '# yaml-language-server: $schema=../../schema/policy.schema.json\n';
const head = `${schemaLine}version: 1\nname: mine\n`;

async function completionsAt(name: string, marked: string): Promise<readonly Completion[]> {
	const { text, cursor } = withCursor(head + marked);
	await editor.open(unwritten(name), text);
	return editor.complete(unwritten(name), cursor);
}

const documentation = ({ documentation: said = '' }: Completion) => (typeof said === 'string' ? said : said.value);

describe('completion', () => {
	test('inside a rule offers the keys it does not have yet, each with its description', async () => {
		const offered = await completionsAt('rule', 'rules:\n  - id: no-push\n    match: { command: git push }\n    ‸\n');
		// `A rule` is a whole one, to be filled in.
		const keys = offered.filter(({ label }) => label !== 'A rule');
		expect(keys.map(({ label }) => label).sort()).toEqual([
			...['examples', 'except', 'instead', 'mode', 'reason', 'ring', 'then', 'when'],
		]);
		const except = keys.find(({ label }) => label === 'except');
		expect(except && documentation(except)).toContain('What the rule is not about');
		for (const one of keys) expect(documentation(one), one.label).not.toBe('');
	});

	test('inside `match` offers what can be matched', async () => {
		const offered = await completionsAt('match', 'rules:\n  - id: no-push\n    match:\n      ‸\n');
		const labels = offered.map(({ label }) => label);
		for (const key of ['tool', 'command', 'facts', 'args', 'from']) expect(labels).toContain(key);
	});

	test('after `then:` offers the actions', async () => {
		const offered = await completionsAt(
			'then',
			'rules:\n  - id: no-push\n    match: { command: git push }\n    then: ‸\n',
		);
		const labels = offered.map(({ label }) => label);
		for (const word of ['deny', 'hide', 'ask', 'allow']) expect(labels).toContain(word);
	});
});

test('hover over a key shows its description and an example', async () => {
	const { text, cursor } = withCursor(
		`${head}rules:\n  - id: a\n    match: { command: python }\n    exc‸ept: { under: uv run }\n    then: { rewrite: { prepend: [uv, run] } }\n`,
	);
	await editor.open(unwritten('hover'), text);
	const shown = await editor.hover(unwritten('hover'), cursor);
	expect(shown).toContain('What a rule is not about');
	expect(shown).toContain('under: uv run');
	const under = { line: cursor.line, character: text.split('\n')[cursor.line]?.indexOf('under') ?? 0 };
	expect(await editor.hover(unwritten('hover'), under)).toContain('The command was launched by one of these');
});

describe('mistakes', () => {
	const mistakes: readonly (readonly [name: string, text: string, where: string, says: RegExp])[] = [
		[
			'misspelt-key',
			'rules: [{ id: a, match: { comand: git push }, then: deny }]\n',
			'comand',
			/Property comand is not allowed/,
		],
		['wrong-word', 'mode: enforced\nrules: []\n', 'enforced', /Valid values: "enforce", "warn", "observe"/],
		['missing-key', 'rules: [{ id: a, match: { tool: "x/*" } }]\n', 'id', /Missing property "then"/],
		[
			'two-actions',
			'rules: [{ id: a, match: { tool: "x/*" }, then: { pin: { params: { a: 1 } }, lock: { on_change: hide } } }]\n',
			'pin',
			/more properties than/,
		],
	];

	test.each(mistakes)('%s is underlined, once', async (name, text, where, says) => {
		const found = await editor.open(unwritten(name), head + text);
		expect(found).toHaveLength(1);
		expect(found[0]?.message).toMatch(says);
		const { line, character } = found[0]?.range.start ?? { line: 0, character: 0 };
		expect((head + text).split('\n')[line]?.slice(character)).toMatch(new RegExp(`^(?:\\{ )?${where}`));
	});
});

describe('what loads is right in the editor too, and what the schema refuses is not', () => {
	const listings = readdirSync(join(root, 'tests/policy/listings')).flatMap((file) => {
		const text = readFileSync(join(root, 'tests/policy/listings', file), 'utf8');
		return loadPolicy({ file, text, layer: 'user' }).policy === undefined ? [] : [[file, text] as const];
	});

	test.each(listings)('the listing %s', async (file, text) => {
		expect(await editor.open(unwritten(file), schemaLine + text)).toEqual([]);
	});

	// Shapes; what a schema can not say (two rules of one id, a pattern that is none) is for `trapgate check`.
	test.each(['P001', 'P002', 'P101', 'P102', 'P103', 'P105'])('the example of %s', async (code) => {
		const text = readFileSync(join(root, 'tests/cases/problems', code, 'trapgate.yaml'), 'utf8');
		const found = await editor.open(unwritten(code), schemaLine + text);
		expect(found.length).toBeGreaterThan(0);
	});
});

describe('the policies of this project', () => {
	const files = [
		...readdirSync(join(root, 'policies')).map((pack) => `policies/${pack}/policy.yaml`),
		...readdirSync(join(root, 'examples')).map((story) => `examples/${story}/trapgate.yaml`),
	];

	test.each(files)(
		'%s names its schema in its first line, and the editor finds nothing wrong with it',
		async (file) => {
			const text = readFileSync(join(root, file), 'utf8');
			const kind = file.startsWith('policies') ? 'policy' : 'trapgate';
			expect(text.split('\n')[0]).toBe(`# yaml-language-server: $schema=../../schema/${kind}.schema.json`);
			expect(await editor.open(join(root, file), text)).toEqual([]);
			// It knows the file by its schema: else it would find nothing wrong with anything.
			const shown = await editor.hover(join(root, file), {
				line: text.split('\n').indexOf('version: 1'),
				character: 2,
			});
			expect(shown).toContain(`${kind}.schema.json`);
		},
	);

	test('all the while nobody was asked for other schemas', () => {
		expect(files.length).toBeGreaterThan(9);
		expect(editor.storeRequests()).toBe(0);
	});
});
