// An agent that works on files through Trapgate and tries what it may not; exits non-zero when one answer is not as promised.
// Run it after `npm start` has built the program: node examples/guarded-filesystem/agent.mjs
import assert from 'node:assert/strict';
import {
	cpSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const place = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-example-')));
const workspace = join(place, 'workspace');
mkdirSync(workspace);
cpSync(here('trapgate.yaml'), join(place, 'trapgate.yaml'));
writeFileSync(join(workspace, 'notes.md'), 'Buy milk.\n');
writeFileSync(join(workspace, '.env'), 'KEY=not-a-real-key\n');
symlinkSync('/etc/passwd', join(workspace, 'users.txt'));

const client = new Client({ name: 'example', version: '1' });
try {
	await client.connect(
		new StdioClientTransport({
			command: process.execPath,
			args: [
				here('../../dist/cli/main.js'),
				'run',
				'--config',
				join(place, 'trapgate.yaml'),
				'--agent',
				'example',
				'--quiet',
			],
			env: {
				PATH: process.env.PATH ?? '',
				HOME: place,
				XDG_STATE_HOME: join(place, 'state'),
				XDG_CONFIG_HOME: join(place, 'config'),
				FILESYSTEM_SERVER: here('../../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js'),
			},
		}),
	);

	const names = (await client.listTools()).tools.map(({ name }) => name);
	assert.ok(names.includes('filesystem__edit_file'));
	assert.ok(!names.includes('filesystem__directory_tree'), 'a hidden tool is not in the list');
	await assert.rejects(call('directory_tree', { path: workspace }), /Unknown tool: filesystem__directory_tree/);

	assert.equal(await call('read_text_file', { path: join(workspace, 'notes.md') }), 'Buy milk.\n');

	assert.match(
		await call('read_text_file', { path: '/etc/passwd' }),
		/^BLOCKED by policy.*^Rule: +stay-in-workspace$/ms,
	);
	assert.match(await call('read_text_file', { path: join(workspace, 'users.txt') }), /^Rule: +stay-in-workspace$/m);
	assert.match(await call('read_text_file', { path: join(workspace, '.env') }), /^Rule: +no-secret-files$/m);

	const edits = [{ oldText: 'milk', newText: 'bread' }];
	const edited = await call('edit_file', { path: join(workspace, 'notes.md'), edits });
	assert.match(edited, /^\[policy\] Ran `filesystem__edit_file` with dryRun = true/);
	assert.equal(readFileSync(join(workspace, 'notes.md'), 'utf8'), 'Buy milk.\n', 'a preview changes nothing');

	assert.match(
		await call('edit_file', { path: join(place, 'trapgate.yaml'), edits: [] }),
		/^Rule: +kernel\/protected-files$/m,
	);
	process.stdout.write('every answer was as promised\n');
} finally {
	await client.close();
	rmSync(place, { recursive: true, force: true });
}

/** The first text of the answer. */
async function call(tool, args) {
	const { content } = await client.callTool({ name: `filesystem__${tool}`, arguments: args });
	return content[0].text;
}
