// Edits of a client's file: our part comes in and goes out, and every other byte stays.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonEditor, readJsonText } from '../../../src/cli/connect/json-editor.ts';
import type { Part } from '../../../src/cli/connect/parts.ts';
import { readTomlText, tomlEditor } from '../../../src/cli/connect/toml-editor.ts';

const jsonParts: readonly Part[] = [
	{ kind: 'add', path: ['permissions', 'deny'], value: 'Write' },
	{ kind: 'add', path: ['permissions', 'deny'], value: 'Bash' },
	{ kind: 'set', path: ['mcpServers', 'trapgate'], value: { command: 'node', args: ['a', 'b'] } },
];

test.each([
	['{}'],
	['{}\n'],
	['{"a":1}'],
	['{ "a": 1 }\n'],
	['{\n  "a": 1,\n}\n'],
	['{\r\n\t"a": 1\r\n}\r\n'],
	[
		'// mine\n{\n  // why\n  "permissions": {\n    "deny": ["WebFetch"], // no net\n    "allow": []\n  } /* end */\n}\n',
	],
	['{\n  "permissions": { "deny": [ "Bash", "X" ] }\n}'],
	['{"permissions":{"deny":[]},"mcpServers":{"trapgate":{"command":"old"},"files":{"command":"npx"}}}'],
	['{\n    "mcpServers": {\n        "files": { "command": "npx" } // keep\n    }\n}\n'],
	['\ufeff{"a":[1,2]}'],
])('JSON %j: in, and out again to the byte', (text) => {
	const { text: edited, done } = jsonEditor.apply(text, jsonParts);
	const value = readJsonText(edited) as { permissions: { deny: string[] }; mcpServers: { trapgate: unknown } };
	expect(value.permissions.deny).toEqual(expect.arrayContaining(['Bash', 'Write']));
	expect(value.mcpServers.trapgate).toEqual({ command: 'node', args: ['a', 'b'] });
	for (const comment of text.match(/\/\/ ?\w+.*|\/\*.*?\*\//g) ?? []) expect(edited).toContain(comment);
	expect(jsonEditor.apply(edited, jsonParts)).toEqual({ text: edited, done: [] });
	expect(jsonEditor.undo(edited, done)).toEqual({ text, kept: [] });
});

const name = fc.constantFrom('a', 'permissions', 'deny', 'mcpServers', 'files', 'x y', '__proto__');
const tree = fc.letrec((tie) => ({
	value: fc.oneof({ depthSize: 'small' }, fc.boolean(), fc.string(), fc.integer(), tie('list'), tie('object')),
	list: fc.array(tie('value'), { maxLength: 3 }),
	object: fc.dictionary(name, tie('value'), { maxKeys: 4 }),
})).object;

test('JSON of any shape reads as before once it is undone', () => {
	fc.assert(
		fc.property(tree, fc.constantFrom(undefined, 0, 2, '\t'), (value, indent) => {
			const text = JSON.stringify(value, null, indent);
			let edited: ReturnType<typeof jsonEditor.apply>;
			try {
				edited = jsonEditor.apply(text, jsonParts);
			} catch (error) {
				// Where something else stands in the place of an object or a list, nothing is forced.
				expect(error).toMatchObject({ code: 'C106' });
				return;
			}
			expect(readJsonText(jsonEditor.undo(edited.text, edited.done).text)).toEqual(JSON.parse(text));
		}),
	);
});

test('what somebody wrote meanwhile stays, ours goes', () => {
	const { text, done } = jsonEditor.apply('{\n  "permissions": { "deny": ["WebFetch"] }\n}\n', jsonParts);
	const theirs = text
		.replace('"WebFetch"', '"WebFetch", "WebSearch"')
		.replace('"mcpServers": {', '"mcpServers": {\n    // mine\n    "b": {},');
	const undone = jsonEditor.undo(theirs, done);
	expect(undone.kept).toEqual([]);
	expect(undone.text).toContain('// mine');
	expect(readJsonText(undone.text)).toEqual({
		permissions: { deny: ['WebFetch', 'WebSearch'] },
		mcpServers: { b: {} },
	});
	const changed = jsonEditor.undo(text.replace('"node"', '"bun"'), done);
	expect(changed.kept).toEqual(['mcpServers.trapgate']);
	expect(changed.text).toContain('"bun"');
});

test.each([['{"a":1,"a":2}'], ['{'], ['[]'], ['{"permissions": 3}'], ['{"permissions":{"deny":"Bash"}}'], ['null']])(
	'JSON %j is refused, not guessed',
	(text) => {
		expect(() => jsonEditor.apply(text, jsonParts)).toThrow(expect.objectContaining({ code: 'C106' }));
	},
);

const tomlParts: readonly Part[] = [
	{ kind: 'set', path: ['sandbox_mode'], value: 'read-only' },
	{ kind: 'set', path: ['features', 'shell_tool'], value: false },
	{ kind: 'set', path: ['features', 'view_image'], value: false },
	{ kind: 'set', path: ['mcp_servers', 'files', 'enabled'], value: false },
	{ kind: 'set', path: ['mcp_servers', 'trapgate'], value: { command: 'node', args: ['a "b"', 'c'], required: true } },
];

test.each([
	[''],
	['model = "x"'],
	['# mine\nmodel = "x" # best\n\n[features]\nfoo = true\n\n[mcp_servers.files]\ncommand = "npx" # keep\n'],
	['sandbox_mode = "danger-full-access" # mine\r\n[features]\r\nshell_tool = true # on\r\n'],
	['[ features ] # here\nshell_tool = true\n[[hooks]]\na = 1\n'],
	['[mcp_servers.trapgate]\ncommand = "old"\n# mine\n\n[other]\nb = 1\n'],
	['[features]'],
])('TOML %j: in, and out again', (text) => {
	const { text: edited, done } = tomlEditor.apply(text, tomlParts);
	expect(readTomlText(edited)).toMatchObject({
		sandbox_mode: 'read-only',
		features: { shell_tool: false, view_image: false },
		mcp_servers: { trapgate: { command: 'node', args: ['a "b"', 'c'], required: true } },
	});
	expect(tomlEditor.apply(edited, tomlParts)).toEqual({ text: edited, done: [] });
	const undone = tomlEditor.undo(edited, done);
	expect(undone.kept).toEqual([]);
	expect(undone.text.trimEnd()).toBe(text.trimEnd());
});

test('a line that somebody put below ours stays', () => {
	const { text, done } = tomlEditor.apply('model = "x"\n', tomlParts);
	const undone = tomlEditor.undo(`${text}# mine\n\n[mcp_servers.b]\ncommand = "c"\n`, done);
	expect(undone.text).toContain('# mine\n');
	expect(readTomlText(undone.text)).toEqual({ model: 'x', mcp_servers: { b: { command: 'c' } } });
});

test.each([
	['features = { shell_tool = true }\n', 'features.shell_tool = false'],
	['features.shell_tool = true\n', ''],
	['mcp_servers = { a = { command = "x" } }\n', ''],
	['text = """\n[features]\nshell_tool = true\n"""\n', ''],
	['a = \n', ''],
	['[features]\nshell_tool = [\n1\n]\n', ''],
])('TOML %j can not be edited surely, and is refused', (text) => {
	expect(() => tomlEditor.apply(text, tomlParts)).toThrow(expect.objectContaining({ code: 'C106' }));
});
