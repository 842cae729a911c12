// `trapgate init`: what it writes loads, keeps secrets out, and never takes the place of anything.
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makePlace, type Place, type RunOptions } from './support.ts';

let place: Place;
beforeEach(() => {
	place = makePlace();
});
afterEach(() => place.remove());

const written = () => readFileSync(join(place.directory, 'trapgate.yaml'), 'utf8');

/** Writes the file from these servers; what is written has no error and no warning. */
async function initFrom(servers: unknown, ...more: readonly string[]) {
	place.write('mcp.json', JSON.stringify({ mcpServers: servers }));
	const outcome = await place.run(['init', '--from', 'mcp.json', ...more]);
	expect(outcome).toMatchObject({ code: 0, stderr: '' });
	await expectItLoads();
	return outcome;
}

async function expectItLoads() {
	const { code, document } = await place.run(['check', '--format', 'json']);
	const { loads, problems } = document() as { loads: boolean; problems: { severity: string }[] };
	expect(problems.filter(({ severity }) => severity !== 'note')).toEqual([]);
	expect({ loads, code }).toEqual({ loads: true, code: 0 });
	expect((await place.run(['fmt', '--check'])).code).toBe(0);
}

const packsOf = (text: string) => [...text.matchAll(/^ {2}- pack:(\S+)/gm)].map(([, pack]) => pack);

test('in an empty folder: it observes, tells editors its schema, and loads', async () => {
	const { code, stdout } = await place.run(['init']);
	expect(code).toBe(0);
	expect(stdout).toContain('wrote trapgate.yaml: it observes, nothing is blocked yet');
	const text = written();
	expect(text).toMatch(
		/^# yaml-language-server: \$schema=\.\/node_modules\/trapgate\/schema\/trapgate\.schema\.json\n[\s\S]*^mode: observe$/m,
	);
	for (const next of ['check', 'explain', 'trust', 'tools', 'doctor']) expect(text).toContain(`trapgate ${next}`);
	expect(packsOf(text)).toEqual(['workspace-files', 'secrets', 'destructive-commands']);
	await expectItLoads();
	// Nothing but the file: no draft is left.
	expect(readdirSync(place.directory)).toEqual(['trapgate.yaml']);
});

test.each([
	['uv.lock', '', 'python-uv'],
	['pyproject.toml', '[project]\nname = "a"\n\n[tool.uv]\n', 'python-uv'],
	['pnpm-lock.yaml', '', 'node-pnpm'],
	['.git/HEAD', 'ref: refs/heads/main\n', 'git-safety'],
])('a folder with %s gets one pack more', async (file, text, pack) => {
	place.write(file, text);
	await place.run(['init']);
	expect(packsOf(written())).toEqual(['workspace-files', 'secrets', 'destructive-commands', pack]);
	await expectItLoads();
});

test('a pyproject.toml without uv brings no pack', async () => {
	place.write('pyproject.toml', '[tool.poetry]\n');
	await place.run(['init']);
	expect(packsOf(written())).not.toContain('python-uv');
});

test('--pack adds, once; one that does not exist is a mistake with a suggestion', async () => {
	const { code, stderr } = await place.run(['init', '--pack', 'pack:git-saftey']);
	expect(code).toBe(2);
	expect(stderr).toContain('there is no pack `git-saftey`\n  = help: did you mean `--pack git-safety`?');
	expect(existsSync(join(place.directory, 'trapgate.yaml'))).toBe(false);
	await place.run([
		'init',
		'--pack',
		'git-safety',
		'--pack',
		'rate-limits',
		'--pack',
		'secrets',
		'--pack',
		'deploy-hours',
	]);
	const packs = packsOf(written());
	expect(packs.slice(-3)).toEqual(['git-safety', 'rate-limits', 'deploy-hours']);
	expect(packs.filter((pack) => pack === 'secrets')).toHaveLength(1);
	await expectItLoads();
});

describe('a file that is there', () => {
	test('keeps every byte', async () => {
		place.write('trapgate.yaml', 'mine\n');
		const { code, stderr } = await place.run(['init', '--yes']);
		expect(code).toBe(2);
		expect(stderr).toContain('`trapgate.yaml` exists already; nothing was changed');
		expect(stderr).toContain('trapgate init --dry-run');
		expect(written()).toBe('mine\n');
	});

	test('is not made through a link that leads nowhere', async () => {
		const target = join(place.directory, '../elsewhere.yaml');
		symlinkSync(target, join(place.directory, 'trapgate.yaml'));
		const { code } = await place.run(['init']);
		expect(code).toBe(2);
		expect(existsSync(target)).toBe(false);
		expect(lstatSync(join(place.directory, 'trapgate.yaml')).isSymbolicLink()).toBe(true);
	});

	test('may be a folder', async () => {
		mkdirSync(join(place.directory, 'trapgate.yaml'));
		expect((await place.run(['init'])).code).toBe(2);
	});
});

test('one of two at the same time writes, the other changes nothing', async () => {
	const both = await Promise.all([place.run(['init']), place.run(['init', '--pack', 'rate-limits'])]);
	expect(both.map(({ code }) => code).sort()).toEqual([0, 2]);
	await expectItLoads();
});

test('--dry-run prints the file and writes nothing', async () => {
	const { code, stdout, stderr } = await place.run(['init', '--dry-run']);
	expect(code).toBe(0);
	expect(readdirSync(place.directory)).toEqual([]);
	await place.run(['init']);
	expect(stdout).toBe(written());
	expect(stderr).toContain('nothing was written');
});

test('a file elsewhere says which tree it is about, and needs no trust', async () => {
	const config = join(place.directory, '../operator.yaml');
	expect((await place.run(['init', '--config', config])).code).toBe(0);
	const text = readFileSync(config, 'utf8');
	expect(text).toContain(`\nworkspace: ${place.directory}\n`);
	expect(text).not.toContain('trapgate trust');
	expect((await place.run(['check', '--config', config])).code).toBe(0);
});

test('a folder that may not be written, or is not there, is an error and no file', async () => {
	const config = join(place.directory, 'missing/trapgate.yaml');
	const { code, stderr } = await place.run(['init', '--config', config]);
	expect(code).toBe(4);
	expect(stderr).toContain('error[C105]: `');
});

describe('--from', () => {
	const secret = 'ghp_abcdefghij0123456789';

	test('takes servers over, without their secrets, under the names that packs know', async () => {
		const { stdout } = await initFrom({
			'My Notes!': {
				command: 'notes',
				args: ['--api-key', 'hunter2hunter2', '--level=debug'],
				env: { NOTES_KEY: 'k1' },
			},
			fs: { command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', '${workspaceFolder}'] },
			gh: { url: 'https://api.githubcopilot.com/mcp/', headers: { Authorization: `Bearer ${secret}` } },
			pg: { command: 'npx', args: ['-y', 'postgres-mcp', 'postgresql://u:pw123456@host/db'], timeout: 3 },
			hook: { url: 'https://mcp.example/s/Nz3E9kQ2mX7bV4tR8wYp/mcp' },
			trapgate: { command: 'npx', args: ['trapgate', 'run'] },
			old: { type: 'sse', url: 'https://old.example/sse' },
		});
		const text = written();
		for (const value of ['hunter2', 'k1', secret, 'pw123456', 'Nz3E9k']) {
			expect(text).not.toContain(value);
			expect(stdout).not.toContain(value);
		}
		for (const line of [
			'args: [--api-key, "${env:MY_NOTES_API_KEY}", "--level=debug"]',
			'env: { NOTES_KEY: "${env:NOTES_KEY}" }',
			'args: [-y, "@modelcontextprotocol/server-filesystem", "${workspace}"]',
			'headers: { Authorization: "Bearer ${env:GITHUB_TOKEN}" }',
			'url: "${env:HOOK_URL}"',
			'match: { tool: ["my-notes/*"] }',
			'# every tool, also what a later version brings',
		])
			expect(text).toContain(line);
		expect(packsOf(text)).toEqual(expect.arrayContaining(['github-read-only', 'postgres-read-only']));
		for (const note of [
			'`My Notes!` is called `my-notes` here',
			'`gh` is called `github` here, the name that pack:github-read-only is about',
			'`trapgate` was left out: it is trapgate itself',
			'`old` was left out: the older HTTP+SSE transport is not built',
			'of `pg`, `timeout` was not taken over',
			'export NOTES_KEY where trapgate starts',
		])
			expect(stdout).toContain(note);
		expect(text).not.toMatch(/^ {2}(?:trapgate|old):/m);
	});

	test('two names that become one stay two, also beside the built-in shell', async () => {
		await initFrom({
			'a b': { command: 'one' },
			a_b: { command: 'two' },
			shell: { command: 'three' },
			日本: { command: 'four' },
		});
		const drivers = [...written().matchAll(/^ {2}([a-z0-9-]+):/gm)].map(([, name]) => name);
		expect(drivers.slice(0, 5)).toEqual(['a-b', 'a-b-2', 'shell-2', 'server', 'shell']);
	});

	test('two tokens of one name need two variables', async () => {
		await initFrom({ one: { command: 'a', env: { TOKEN: 'x1' } }, two: { command: 'b', env: { TOKEN: 'x2' } } });
		expect(written()).toContain('{ TOKEN: "${env:TOKEN}" }');
		expect(written()).toContain('{ TOKEN: "${env:TWO_TOKEN}" }');
	});

	test("the clients' variables become ours, and a secret default goes", async () => {
		await initFrom({
			a: {
				command: 'x',
				env: { A_TOKEN: '${input:my-token}', B_TOKEN: '${B:-s3cret}', C: '${C:-plain}', D: '${userHome}/d' },
			},
		});
		expect(written()).toContain('A_TOKEN: "${env:MY_TOKEN}"');
		expect(written()).toContain('C: "${env:C:-plain}", D: "${home}/d"');
		expect(written()).not.toContain('s3cret');
	});

	test('nothing in a name or an argument gets out of its place', async () => {
		const nasty = 'x\n  evil: { command: rm }\nrules: []\u0085\u2028 # "';
		await initFrom({
			[nasty]: { command: nasty, args: [nasty, '', 'yes', '---', '#'], env: { A: nasty } },
			__proto__x: { command: 'p' },
		});
		expect(written()).not.toMatch(/^ {2}evil:/m);
		expect(written().match(/^rules:/gm)).toHaveLength(1);
	});

	test('`servers` as VS Code writes them, with comments and a last comma', async () => {
		place.write(
			'mcp.json',
			'// mine\n{ "servers": { "a": { "command": "x", /* , } */ "args": ["//no", ",]"], }, }, }\n',
		);
		expect((await place.run(['init', '--from', 'mcp.json'])).code).toBe(0);
		expect(written()).toContain('args: [//no, ",]"]');
		await expectItLoads();
	});

	test.each([
		['none.json', undefined, "`none.json` can't be read: there is no such file"],
		['bad.json', '{\n "mcpServers": {"a": {"env": {"TOKEN": "s3cret" "x"}}}}', 'is no JSON that has one reading'],
		['twice.json', '{"mcpServers":{"a":{"command":"x"},"a":{"command":"y"}}}', 'is no JSON that has one reading'],
		['empty.json', '{"mcpServers":{}}', '`empty.json` names no MCP server'],
		['list.json', '[]', '`list.json` names no MCP server'],
		['codex.toml', '[mcp_servers.a]\ncommand = "x"\n', '`codex.toml` is TOML, and only JSON is read'],
		['huge.json', `{"mcpServers":{}}${' '.repeat(5_000_000)}`, 'bytes, the limit is'],
	])('%s is a clear error, and nothing is written', async (name, text, message) => {
		if (text !== undefined) place.write(name, text);
		const { code, stderr } = await place.run(['init', '--from', name]);
		expect(code).toBe(2);
		expect(stderr).toContain('error[C103]: ');
		expect(stderr).toContain(message);
		expect(stderr).not.toContain('s3cret');
		expect(existsSync(join(place.directory, 'trapgate.yaml'))).toBe(false);
	});

	test('--yes starts each server once, and allows what it offers by name', async () => {
		const memory = fileURLToPath(
			new URL('../../node_modules/@modelcontextprotocol/server-memory/dist/index.js', import.meta.url),
		);
		const { document } = await initFrom(
			{
				memory: { command: process.execPath, args: [memory], env: { MEMORY_TOKEN: 'not-in-our-environment' } },
				gone: { command: 'no-such-program-anywhere' },
			},
			'--yes',
			'--format',
			'json',
		);
		expect(document()).toMatchObject({
			command: 'init',
			written: true,
			mode: 'observe',
			drivers: [
				{ name: 'memory', from: 'memory', tools: expect.arrayContaining(['read_graph']) },
				{ name: 'gone', from: 'gone', tools: null },
			],
			notes: expect.arrayContaining([expect.stringMatching(/^gone did not start: /)]),
		});
		expect(written()).toContain('memory/read_graph');
		expect(written()).not.toContain('memory/*');
		expect(written()).toContain('it did not start');
		expect(written()).toContain('gone/*');
	});

	describe('the question at the terminal', () => {
		const started = () => existsSync(join(place.directory, 'started'));
		const servers = { probe: { command: '/bin/sh', args: ['-c', 'touch started'] } };
		beforeEach(() => place.write('mcp.json', JSON.stringify({ mcpServers: servers })));
		const init = (options: RunOptions) => place.run(['init', '--from', 'mcp.json'], options);

		test.each([
			['y\n', true],
			['YES\n', true],
			['n\n', false],
			['\n', false],
			['yess\n', false],
			['', false],
		])('%j: started: %j', async (stdin, isStarted) => {
			const { code, stderr } = await init({ isPerson: true, stdin });
			expect(code).toBe(0);
			expect(stderr).toContain('these would be started once:\n  probe: /bin/sh -c touch started\n');
			expect(started()).toBe(isStarted);
			expect(written()).toContain('probe/*');
		});

		test.each<[string, RunOptions]>([
			['without a terminal', { stdin: 'y\n' }],
			['beneath another kernel', { isPerson: true, stdin: 'y\n', env: { TRAPGATE_TREE: 'x' } }],
		])('is not put %s', async (_, options) => {
			expect((await init(options)).stderr).not.toContain('started once');
			expect(started()).toBe(false);
		});

		test('who interrupts it gets no file', async () => {
			const interrupt = new AbortController();
			const onError = (soFar: string) => {
				if (soFar.includes('Start them?')) interrupt.abort();
			};
			const { code } = await init({ isPerson: true, signal: interrupt.signal, onError, isOpen: true });
			expect(code).not.toBe(0);
			expect(existsSync(join(place.directory, 'trapgate.yaml'))).toBe(false);
			expect(started()).toBe(false);
		});
	});
});
