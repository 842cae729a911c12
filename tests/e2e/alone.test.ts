// Where no program may make a namespace, as in most containers: `backend: landlock` confines the shell and a server, and says what it leaves open.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seccompProgram } from '../../src/sandbox/seccomp.ts';
import { until } from '../drivers/support/until.ts';
import { makeFakePrograms } from '../support/fake-uv.ts';
import { main, makeSite, serverEntry } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { landlockTrouble, ringTrouble } from '../support/ring.ts';

const isHere =
	process.getuid?.() === 0 &&
	ringTrouble() === undefined &&
	landlockTrouble() === undefined &&
	existsSync('/usr/bin/python3');

const lab = realpathSync(mkdtempSync(join(tmpdir(), 'alone-e2e-')));
const site = makeSite({});
const programs = makeFakePrograms(lab, 'under-uv');
const filter = join(lab, 'filter');
const house = fileURLToPath(new URL('../../', import.meta.url));
const files: Readonly<Record<string, string>> = {
	'x.py':
		'import os, sys\nprint("python", os.environ.get("UNDER_UV"), *sys.argv[1:])\nprint(sys.stdin.read(), end="")\nsys.exit(5)\n',
	'name.sh': 'echo piped | python3 x.py a b; echo code $?\n',
	'path.sh': '/usr/bin/python3 x.py; echo code $?\n',
	'od.sh': 'od x.py; echo code $?\n',
	'node.js': `console.log(require('node:child_process').spawnSync('python3', ['x.py']).stdout.toString())\n`,
};

/** Namespaces are refused in it, as Docker's profile does. */
const contained = (...args: readonly string[]) => [
	...['sh', '-c', `exec bwrap --dev-bind / / --seccomp 9 -- "$@" 9<${filter}`, '-', process.execPath, main],
	...[...args, '--config', site.config],
];
const env = { ...site.env, PATH: [programs.folders[0], '/usr/bin', '/bin'].join(':'), TMPDIR: lab };

let client: RawClient;
beforeAll(async () => {
	if (!isHere) return;
	writeFileSync(filter, seccompProgram(process.arch === 'arm64' ? 'arm64' : 'x64'));
	for (const [name, text] of Object.entries(files)) writeFileSync(join(site.workspace, name), text);
	const boxed = { backend: 'landlock', network: 'none' };
	site.configure({
		workspace: site.workspace,
		drivers: {
			shell: { builtin: 'shell', sandbox: { ...boxed } },
			served: {
				command: process.execPath,
				args: [serverEntry('memory')],
				sandbox: { ...boxed, read: ['${workspace}', house], write: ['${workspace}'] },
			},
			hosts: { command: process.execPath, args: [serverEntry('memory')], sandbox: { ...boxed, network: ['a.test'] } },
		},
		policies: ['pack:python-uv'],
		rules: [
			{ id: 'all', match: { tool: '*' }, then: 'allow' },
			{ id: 'no-od', match: { command: 'od' }, then: 'deny', reason: 'Not here.', instead: 'node', ring: 'runtime' },
		],
	});
	client = new RawClient(contained('run'), env);
	await client.initialize();
}, 60_000);
afterAll(async () => {
	await client?.end();
	site.remove();
	rmSync(lab, { recursive: true, force: true });
});

let id = 0;
async function run(command: string) {
	const before = site.records().length;
	const reply = await client.request(++id, 'tools/call', { name: 'shell__run', arguments: { command } });
	const text = reply['result']?.content?.map(({ text }: { text: string }) => text).join('\n') ?? JSON.stringify(reply);
	return { text: String(text), records: site.records().slice(before) };
}

describe.runIf(isHere)('a kernel in a container', () => {
	test('has its tools, but for what asks for a list of hosts', async () => {
		const drivers = async () => {
			const { result } = await client.request(`list ${++id}`, 'tools/list');
			return [...new Set(result.tools.map(({ name }: { name: string }) => name.split('__')[0]))].sort().join();
		};
		// A server that takes long to start comes later.
		await until('the server has its tools', async () => (await drivers()) !== 'shell');
		expect(await drivers()).toBe('served,shell');
		expect(client.stderr).toContain('some hosts and no others');
	});

	test('gives what a script starts by its name its new words, carries its input and output, and has it in the log', async () => {
		const { text, records } = await run('sh name.sh');
		expect(text).toContain('python under-uv a b\npiped\ncode 5');
		expect(records).toMatchObject([
			{ event: 'decided', decision: 'contained', tool: 'shell/run' },
			{ event: 'decided', decision: 'rewritten', parent: records[0]?.['id'] },
			{ event: 'completed', id: records[1]?.['id'], result: { exit: 5 } },
			{ event: 'completed', id: records[0]?.['id'] },
		]);
	});

	test('does so below node, too', async () => {
		expect((await run('node node.js')).text).toContain('python under-uv');
	});

	test('refuses the same by its path, and the log does not have it', async () => {
		const { text, records } = await run('sh path.sh');
		expect(text).toContain('code 126');
		expect(text).toContain('Permission denied');
		expect(records).toHaveLength(2);
	});

	test('refuses in the words of a blocked call', async () => {
		const { text, records } = await run('sh od.sh');
		expect(text).toContain('BLOCKED by policy. Nothing ran.');
		expect(text).toContain('Rule:    no-od\nWhy:     Not here.\nInstead: node');
		expect(text).toContain('code 126');
		expect(records).toMatchObject([{}, { decision: 'denied', parent: records[0]?.['id'] }, {}]);
	});

	test('keeps its policy and its log, and runs commands in folders of the workspace', async () => {
		const before = readFileSync(site.config, 'utf8');
		const { text } = await run(
			`echo x > ${site.config}; echo x > .mcp.json; ls ${site.directory}/audit; cat /proc/$PPID/environ | wc -c; mkdir -p "$TMPDIR/d" && echo made; echo new > x.txt || echo frozen`,
		);
		expect(text).toMatch(/0\nmade\nfrozen/);
		expect(existsSync(join(site.workspace, '.mcp.json'))).toBe(false);
		expect(readFileSync(site.config, 'utf8')).toBe(before);
	});

	test('says in `doctor` and `check` what holds, and what does not', () => {
		const [program = '', ...args] = contained('doctor');
		const { stdout } = spawnSync(program, args, { env, encoding: 'utf8', cwd: site.directory });
		expect(stdout).toMatch(
			/! shell +runtime ring, with a layer less: Landlock: `\/usr\/bin\/env` could not be executed/,
		);
		expect(stdout).toContain('Gated programs by their path are refused by the system');
		expect(stdout).toMatch(/no-od +deny +call, runtime/);
		expect(stdout).toContain('`backend: landlock`');
		const [checker = '', ...rest] = contained('check');
		const checked = spawnSync(checker, rest, { env, encoding: 'utf8', cwd: site.directory });
		expect(checked.stdout).toContain('P310');
		expect(checked.stdout.replace(/\s+/g, ' ')).toContain('some hosts and no others');
	});
});
