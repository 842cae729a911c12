// `trapgate connect` and `disconnect`: shown, asked, written, and taken back to the byte.
import {
	chmodSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cookieName } from '../../../src/drivers/process-table.ts';
import { makePlace, type Place } from '../support.ts';

let place: Place;
let home: string;
beforeEach(() => {
	place = makePlace({
		'trapgate.yaml': 'version: 1\ndrivers:\n  shell: { builtin: shell }\n  files: { command: npx, args: [files] }\n',
	});
	home = dirname(place.directory);
});
afterEach(() => place.remove());

const read = (path: string) => readFileSync(path, 'utf8');
const inHome = (path: string, text: string) => {
	mkdirSync(dirname(join(home, path)), { recursive: true });
	writeFileSync(join(home, path), text);
	return join(home, path);
};
const settings = () => join(place.directory, '.claude/settings.local.json');
const records = () => {
	const folder = join(home, 'state/trapgate/clients');
	return existsSync(folder) ? readdirSync(folder) : [];
};

test('Claude Code: nothing was there, and nothing is there again', async () => {
	const { code, stdout, stderr } = await place.run(['connect', 'claude-code', '--yes']);
	expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('Claude Code is connected') });
	expect(stdout).toContain('+      "Bash",');
	expect(stdout).toContain('+    "trapgate": {');
	expect(JSON.parse(read(settings()))).toMatchObject({
		permissions: { deny: expect.arrayContaining(['Bash', 'Read', 'Edit', 'Write']) },
		enabledMcpjsonServers: ['trapgate'],
	});
	const { mcpServers } = JSON.parse(read(join(place.directory, '.mcp.json')));
	expect(mcpServers.trapgate.args.slice(1)).toEqual([
		'run',
		'--config',
		join(place.directory, 'trapgate.yaml'),
		'--agent',
		'claude-code',
	]);
	const again = await place.run(['connect', 'claude-code']);
	expect(again).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('already') });
	expect((await place.run(['disconnect', 'claude-code', '--yes'])).code).toBe(0);
	expect(readdirSync(place.directory)).toEqual(['trapgate.yaml']);
	expect(records()).toEqual([]);
	expect(await place.run(['disconnect', 'claude-code', '--yes'])).toMatchObject({
		code: 0,
		stderr: expect.stringContaining('was not connected'),
	});
});

test('what stood there is there again to the byte, through a link and with its mode', async () => {
	const theirs = '{\n  // mine\n  "permissions": { "deny": ["WebFetch"], },\n}';
	const real = inHome('dotfiles/settings.json', theirs);
	chmodSync(real, 0o600);
	mkdirSync(join(place.directory, '.claude'));
	symlinkSync(real, settings());
	const servers = place.write('.mcp.json', '{"mcpServers":{"files":{"command":"npx"},"other":{"command":"x"}}}');
	const { stderr } = await place.run(['connect', 'claude-code', '--yes']);
	expect(stderr).toContain('a way around remains: the server "other"');
	expect(stderr).not.toContain('the server "files"');
	expect(lstatSync(settings()).isSymbolicLink()).toBe(true);
	expect(read(real)).toContain('// mine');
	expect(read(real)).toMatch(/"disabledMcpjsonServers": \[\s*"files"\s*\]/);
	expect(statSync(real).mode & 0o777).toBe(0o600);
	await place.run(['disconnect', 'claude-code', '--yes']);
	expect(read(real)).toBe(theirs);
	expect(read(servers)).toBe('{"mcpServers":{"files":{"command":"npx"},"other":{"command":"x"}}}');
});

test('Codex: its settings are closed, restored, and what somebody added stays', async () => {
	const theirs = 'model = "x" # mine\n\n[mcp_servers.files]\ncommand = "npx"\n';
	const file = inHome('.codex/config.toml', theirs);
	await place.run(['connect', 'codex', '--yes']);
	expect(read(file)).toMatch(/^sandbox_mode = "read-only"\nmodel = "x" # mine\n/);
	expect(read(file)).toContain('[mcp_servers.files]\nenabled = false\ncommand');
	await place.run(['disconnect', 'codex', '--yes']);
	expect(read(file)).toBe(theirs);

	await place.run(['connect', 'codex', '--yes']);
	writeFileSync(file, `${read(file)}# later\n`);
	const { stderr } = await place.run(['disconnect', 'codex', '--yes']);
	expect(stderr).toContain('was edited since; only what connect wrote goes');
	expect(read(file)).toBe(`${theirs}# later\n`);
});

test('connected again for another kernel, the first undo still leads back', async () => {
	const file = inHome('.codex/config.toml', 'model = "x"\n');
	await place.run(['connect', 'codex', '--yes']);
	const { code } = await place.run(['connect', 'codex', '--yes', '--http', 'http://127.0.0.1:4070/mcp']);
	expect(code).toBe(0);
	expect(read(file)).toContain('bearer_token_env_var = "TRAPGATE_KEY"');
	expect(read(file)).not.toContain('command');
	expect(records()).toHaveLength(1);
	await place.run(['disconnect', 'codex', '--yes']);
	expect(read(file)).toBe('model = "x"\n');
});

test('over HTTP the key stays in a variable', async () => {
	await place.run([
		'connect',
		'claude-code',
		'--yes',
		'--http',
		'http://127.0.0.1:4070/mcp',
		'--key-variable',
		'MY_KEY',
	]);
	expect(JSON.parse(read(join(place.directory, '.mcp.json'))).mcpServers.trapgate).toEqual({
		type: 'http',
		url: 'http://127.0.0.1:4070/mcp',
		headers: { Authorization: 'Bearer ${MY_KEY}' },
	});
});

test.each([
	[{ stdin: '', isPerson: true }, 1],
	[{ stdin: 'n\n', isPerson: true }, 1],
	[{ stdin: 'y\n' }, 6],
	[{ stdin: 'y\n', isPerson: true, env: { [cookieName]: 'x' } }, 6],
])('without a yes of a person nothing is written: %j', async (options, code) => {
	expect((await place.run(['connect', 'claude-code'], options)).code).toBe(code);
	expect(readdirSync(place.directory)).toEqual(['trapgate.yaml']);
	expect(records()).toEqual([]);
});

test('a yes at the terminal is one; beneath Trapgate nothing is undone either', async () => {
	expect((await place.run(['connect', 'claude-code'], { stdin: 'y\n', isPerson: true })).code).toBe(0);
	const connected = read(settings());
	for (const command of ['connect', 'disconnect']) {
		const { code } = await place.run(
			[command, 'claude-code', '--yes', ...(command === 'connect' ? ['--keep-builtin'] : [])],
			{
				env: { [cookieName]: 'x' },
			},
		);
		expect(code).toBe(6);
	}
	expect(read(settings())).toBe(connected);
});

test('--diff shows and writes nothing', async () => {
	const { code, stdout } = await place.run(['connect', 'codex', '--diff']);
	expect(code).toBe(0);
	expect(stdout).toContain('+[mcp_servers.trapgate]');
	expect(existsSync(join(home, '.codex'))).toBe(false);
	expect(records()).toEqual([]);
});

test('--keep-builtin leaves its own tools, and says that they are a way around', async () => {
	const { stderr } = await place.run(['connect', 'claude-code', '--yes', '--keep-builtin']);
	expect(stderr).toContain('a way around remains: its own tools are open: Bash');
	expect(JSON.parse(read(settings()))).toEqual({ enabledMcpjsonServers: ['trapgate'] });
});

test('when the second file can not be written, the first is as it was', async () => {
	// A directory of that name: nobody can write a file there, root included.
	mkdirSync(join(place.directory, '.mcp.json'));
	const { code, stderr } = await place.run(['connect', 'claude-code', '--yes']);
	expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringMatching(/C10[56].*\.mcp\.json/) });
	expect(existsSync(settings())).toBe(false);
	expect(records()).toEqual([]);
});

test('a dangling link is not written through', async () => {
	symlinkSync(join(home, 'nowhere.json'), join(place.directory, '.mcp.json'));
	const { code } = await place.run(['connect', 'claude-code', '--yes']);
	expect(code).toBe(4);
	expect(existsSync(join(place.directory, '.claude'))).toBe(false);
	expect(records()).toEqual([]);
});

test.each([
	['{ "mcpServers": ', 'C106'],
	['\u{fffd}{}', 'C106'],
])('a file that does not read is left: %j', async (text, says) => {
	place.write('.mcp.json', text);
	const { code, stderr } = await place.run(['connect', 'claude-code', '--yes']);
	expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringContaining(says) });
	expect(read(join(place.directory, '.mcp.json'))).toBe(text);
	expect(existsSync(join(place.directory, '.claude'))).toBe(false);
});

test('a break between two files: what is half written is undone', async () => {
	await place.run(['connect', 'claude-code', '--yes']);
	const { rmSync } = await import('node:fs');
	rmSync(join(place.directory, '.mcp.json'));
	expect((await place.run(['disconnect', 'claude-code', '--yes'])).code).toBe(0);
	expect(readdirSync(place.directory)).toEqual(['trapgate.yaml']);
});

test.each([
	[['connect'], 'missing'],
	[['connect', 'cursor'], 'doctor --client'],
	[['connect', 'codex', '--http', 'nowhere'], 'is no address'],
	[['connect', 'codex', '--key-variable', 'A'], 'goes with'],
	[['connect', 'codex', '--http', 'http://a/mcp', '--key-variable', 'tgk_a b'], 'no name of a variable'],
	[['disconnect', 'vim'], 'nobody can disconnect'],
])('%j is a mistake that says so', async (argv, says) => {
	const { code, stderr } = await place.run(argv);
	expect(code).toBe(2);
	expect(stderr).toContain(says);
});

const clientsOf = async () =>
	(
		(await place.run(['doctor', '--format', 'json'])).document() as {
			clients: { client: string; connected: boolean; ways_around?: string[] }[];
		}
	).clients;

test('doctor says nothing of clients that are not here, and that one is not connected', async () => {
	place.write('trapgate.yaml', 'version: 1\n');
	expect(await clientsOf()).toEqual([]);
	inHome('.codex/config.toml', '');
	expect(await clientsOf()).toEqual([{ client: 'Codex', connected: false }]);
});

test('doctor names what is stronger than ours', async () => {
	place.write('trapgate.yaml', 'version: 1\n');
	await place.run(['connect', 'codex', '--yes']);
	await place.run(['connect', 'claude-code', '--yes']);
	expect(await clientsOf()).toEqual([
		{ client: 'Claude Code', connected: true, ways_around: [] },
		{ client: 'Codex', connected: true, ways_around: [] },
	]);
	place.write(
		'.codex/config.toml',
		'[features]\nshell_tool = true\n[mcp_servers.x]\ncommand = "y"\n[profiles.w]\nsandbox_mode = "danger-full-access"\n',
	);
	inHome('.claude.json', JSON.stringify({ mcpServers: { gh: { command: 'gh' } } }));
	place.write('.claude/settings.json', '{ broken');
	const [claude, codex] = await clientsOf();
	expect(codex?.ways_around).toEqual([
		expect.stringContaining('sets features.shell_tool to true'),
		expect.stringContaining('the profile w'),
		expect.stringContaining('the server "x"'),
	]);
	expect(claude?.ways_around).toEqual([
		expect.stringContaining("can't be read"),
		expect.stringContaining('the server "gh"'),
	]);
});

test.each<[string, object, boolean]>([
	['another program of our name', { trapgate: { command: 'node', args: ['/opt/evil.js', 'run'] } }, false],
	['a word further back', { sneaky: { command: 'node', args: ['/opt/evil.js', '/tmp/trapgate', 'run'] } }, false],
	['an address further back', { sneaky: { command: 'npx', args: ['-y', 'evil', '/x/cli/main.js', 'run'] } }, false],
	['an address of another name', { sneaky: { type: 'http', url: 'http://127.0.0.1:4070/trapgate' } }, false],
	['no program at all', { trapgate: { args: ['run'] } }, false],
	['our program', { gate: { command: '/usr/bin/trapgate', args: ['run'] } }, true],
	['our package', { gate: { command: 'npx', args: ['-y', 'trapgate@0.1.0', 'run'] } }, true],
	[
		'our file behind launchers',
		{ gate: { command: 'env', args: ['A=b', 'node', '/o/dist/cli/main.js', 'run'] } },
		true,
	],
	[
		'our file and a node of another name',
		{ gate: { command: '/usr/bin/nodejs', args: ['/o/cli/main.js', 'run'] } },
		true,
	],
	['our address', { trapgate: { type: 'http', url: 'http://127.0.0.1:4070/mcp' } }, true],
])('doctor takes for us what starts us: %s', async (_, mcpServers, isOurs) => {
	place.write('trapgate.yaml', 'version: 1\n');
	place.write('.mcp.json', JSON.stringify({ mcpServers }));
	expect((await clientsOf())[0]).toMatchObject({ client: 'Claude Code', connected: isOurs });
});

test('doctor names a server that bears our name beside us, and plugins', async () => {
	place.write('trapgate.yaml', 'version: 1\n');
	await place.run(['connect', 'claude-code', '--yes']);
	inHome('.claude.json', JSON.stringify({ mcpServers: { trapgate: { command: 'evil' } } }));
	inHome('.claude/settings.json', JSON.stringify({ enabledPlugins: { 'a@market': true, 'b@market': true } }));
	place.write('.claude/settings.json', JSON.stringify({ enabledPlugins: { 'b@market': false, 'c@market': ['1.0'] } }));
	expect((await clientsOf())[0]?.ways_around).toEqual([
		expect.stringContaining('the server "trapgate"'),
		expect.stringContaining('the plugin "c@market"'),
		expect.stringContaining('the plugin "a@market"'),
	]);
});

test('what was there before is kept where nobody else can read it', async () => {
	place.write('.mcp.json', '{ "mcpServers": { "a": { "command": "x", "env": { "TOKEN": "t" } } } }');
	await place.run(['connect', 'claude-code', '--yes']);
	for (const name of records()) expect(statSync(join(home, 'state/trapgate/clients', name)).mode & 0o777).toBe(0o600);
	expect(records()).toHaveLength(1);
});
