// The built-in shell runs what was permitted, tells the truth about it, and leaves nothing behind.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Driver } from '../../src/abi/driver.ts';
import { ExactNumber, type JsonObject, member } from '../../src/abi/json.ts';
import { Reaper } from '../../src/drivers/reaper.ts';
import { type ShellConfig, shellDriver } from '../../src/drivers/shell.ts';
import { permitForTool } from '../support/permits.ts';
import { driverName, exchange, hello, recordingHost } from './support/hosts.ts';
import { living, pidsIn, withVariable } from './support/processes.ts';
import { until } from './support/until.ts';

const name = driverName('shell');
const workspace = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-shell-')));
const reaper = new Reaper({ env: process.env, warn: () => undefined });
const open: Driver[] = [];
let shell: Driver;

beforeAll(async () => {
	mkdirSync(join(workspace, 'sub'));
	writeFileSync(join(workspace, 'file.txt'), 'text\n');
	symlinkSync('/', join(workspace, 'way-out'));
	symlinkSync('sub', join(workspace, 'way-in'));
	shell = await openShell();
});
afterAll(async () => {
	await Promise.all(open.map((driver) => driver.close()));
	await reaper.close();
	rmSync(workspace, { recursive: true, force: true });
});

async function openShell(
	config: Partial<ShellConfig> = {},
	env: Record<string, string | undefined> = process.env,
): Promise<Driver> {
	const driver = shellDriver({ name, workspace, ...config }, { reaper, env });
	open.push(driver);
	await driver.open(recordingHost(), hello);
	return driver;
}

interface Ran {
	readonly exitCode: number | null;
	readonly signal: string | null;
	readonly stdout: string;
	readonly stderr: string;
	readonly timedOut: boolean;
	readonly cancelled: boolean;
	readonly truncated: boolean;
	readonly durationMs: number;
	readonly isError: boolean;
	readonly text: string;
}

async function run(args: JsonObject, signal?: AbortSignal, driver = shell): Promise<Ran> {
	const reply = await driver.call(permitForTool(name, 'run', args), exchange(signal));
	expect(reply.ok, reply.body.text).toBe(true);
	const result = reply.body.value() as JsonObject;
	const [content] = result['content'] as readonly JsonObject[];
	const structured = (member(result, 'structuredContent') ?? {}) as unknown as Ran;
	return { ...structured, isError: result['isError'] as boolean, text: content?.['text'] as string };
}

describe('a command', () => {
	test('gives back stdout, stderr and exit code, labelled for a model and separate for a program', async () => {
		const ran = await run({ command: 'echo out; echo err >&2; exit 3' });
		expect(ran).toMatchObject({ exitCode: 3, signal: null, stdout: 'out\n', stderr: 'err\n', isError: false });
		expect(ran).toMatchObject({ timedOut: false, cancelled: false, truncated: false });
		expect(ran.text).toBe('exit code: 3\n--- stdout ---\nout\n--- stderr ---\nerr');
	});

	test('without output says so', async () => {
		expect((await run({ command: 'true' })).text).toBe('exit code: 0\n--- stdout: empty ---\n--- stderr: empty ---');
	});

	test('that a signal ended says which', async () => {
		expect(await run({ command: 'kill -KILL $$' })).toMatchObject({
			exitCode: null,
			signal: 'SIGKILL',
			isError: false,
		});
	});

	test.each([
		['runs in the workspace', {}, ''],
		['runs in a directory below', { cwd: 'sub' }, '/sub'],
		['runs in a directory below that is named with its full path', { cwd: join(workspace, 'sub') }, '/sub'],
		['runs where a symlink leads, if that is inside', { cwd: 'way-in' }, '/sub'],
		['runs where dots lead, if that is inside', { cwd: 'sub/../sub/.' }, '/sub'],
	])('%s', async (_, args, below) => {
		expect((await run({ command: 'pwd -P', ...args })).stdout).toBe(`${workspace}${below}\n`);
	});

	test('reads nothing when no stdin is given, and all of it when it is', async () => {
		expect((await run({ command: 'wc -c' })).stdout.trim()).toBe('0');
		const stdin = 'ü\n'.repeat(300_000);
		expect((await run({ command: 'wc -c', stdin })).stdout.trim()).toBe(String(Buffer.byteLength(stdin)));
	});

	test('that never reads its stdin ends all the same', async () => {
		expect(await run({ command: 'echo done', stdin: 'x'.repeat(4_000_000) })).toMatchObject({
			exitCode: 0,
			stdout: 'done\n',
		});
	});

	test('is bash, without anybody’s start files', async () => {
		const driver = await openShell({ env: { HOME: workspace } });
		for (const file of ['.bashrc', '.bash_profile', '.profile']) writeFileSync(join(workspace, file), 'echo started\n');
		const ran = await run(
			{ command: `[[ -n $BASH_VERSION ]] && shopt -q login_shell || echo plain` },
			undefined,
			driver,
		);
		expect(ran.stdout).toBe('plain\n');
	});

	test('that can’t be parsed is bash’s to report', async () => {
		const ran = await run({ command: 'if then' });
		expect(ran).toMatchObject({ exitCode: 2, isError: false });
		expect(ran.stderr).toContain('syntax error');
	});
});

describe('the environment of a command', () => {
	const own = {
		PATH: '/usr/bin:relative::.:/bin',
		HOME: '/home/somebody',
		LC_ALL: 'C',
		GITHUB_TOKEN: 'secret',
		BASH_ENV: '/etc/hostname',
		LD_PRELOAD: '',
		SSH_AUTH_SOCK: '/run/agent',
		'BASH_FUNC_ls%%': '() { echo mine; }',
	};

	test('is the allow-list and what the configuration names', async () => {
		const driver = await openShell({ env: { EXTRA: 'yes', LC_ALL: 'C.UTF-8' } }, own);
		const { stdout } = await run({ command: 'env' }, undefined, driver);
		const lines = stdout
			.trim()
			.split('\n')
			.filter((line) => !/^(PWD|OLDPWD|SHLVL|_|TRAPGATE_TREE)=/.test(line));
		expect(lines.sort()).toEqual(['EXTRA=yes', 'HOME=/home/somebody', 'LC_ALL=C.UTF-8', 'PATH=/usr/bin:/bin']);
	});

	test('is fixed when the driver opens', async () => {
		const env: Record<string, string> = { PATH: '/usr/bin:/bin' };
		const driver = await openShell({}, env);
		env['PATH'] = '/elsewhere';
		expect((await run({ command: 'echo $PATH' }, undefined, driver)).stdout).toBe('/usr/bin:/bin\n');
	});

	test('refuses a name that a shell would drop', async () => {
		await expect(openShell({ env: { 'a.b': 'c' } })).rejects.toMatchObject({ code: 'D101' });
	});
});

describe('an argument that is wrong is named, and nothing runs:', () => {
	test.each<[string, JsonObject, string]>([
		['no command', {}, '`command` is missing'],
		['an empty command', { command: ' \n' }, '`command` is empty'],
		['a command that is no text', { command: ['ls'] }, '`command` must be a string'],
		['a NUL', { command: 'echo a\0b' }, '`command` contains a NUL'],
		['half a character', { command: 'echo \ud800' }, 'half a surrogate pair'],
		['a command that is too long', { command: `: ${'x'.repeat(131_072)}` }, '`command` is longer than 131071 bytes'],
		['an unknown key', { command: 'touch ran', timeout: 5 }, 'there is no argument `timeout`'],
		['a key of another case', { command: 'touch ran', CWD: '/' }, 'there is no argument `CWD`'],
		[
			'a timeout of zero',
			{ command: 'touch ran', timeoutMs: 0 },
			'`timeoutMs` must be a whole number from 1 to 600000',
		],
		['a timeout that is too long', { command: 'touch ran', timeoutMs: 600_001 }, '`timeoutMs` must be a whole number'],
		['a timeout that is text', { command: 'touch ran', timeoutMs: '5' }, '`timeoutMs` must be a whole number'],
		['half a millisecond', { command: 'touch ran', timeoutMs: 1.5 }, '`timeoutMs` must be a whole number'],
		['stdin that is no text', { command: 'touch ran', stdin: 5 }, '`stdin` must be a string'],
		['null', { command: 'touch ran', cwd: null }, '`cwd` must be a string'],
		['a cwd outside', { command: 'touch ran', cwd: '/' }, 'is outside of the workspace'],
		['a cwd above', { command: 'touch ran', cwd: '..' }, 'is outside of the workspace'],
		[
			'a cwd whose name begins like the workspace',
			{ command: 'touch ran', cwd: `${workspace}-x` },
			"can't be used (ENOENT)",
		],
		['a symlink that leads out', { command: 'touch ran', cwd: 'way-out' }, 'is outside of the workspace'],
		[
			'a directory behind a symlink that leads out',
			{ command: 'touch ran', cwd: 'way-out/tmp' },
			'is outside of the workspace',
		],
		['a cwd that is a file', { command: 'touch ran', cwd: 'file.txt' }, 'is not a directory'],
		['a cwd that is not there', { command: 'touch ran', cwd: 'nowhere' }, "can't be used (ENOENT)"],
	])('%s', async (_, args, why) => {
		const ran = await run(args);
		expect(ran).toMatchObject({ isError: true, text: expect.stringContaining('The command was not run: ') });
		expect(ran.text).toContain(why);
		expect((await run({ command: 'ls' })).stdout).not.toContain('ran');
	});

	test('while a whole number with a fraction of zero is one', async () => {
		expect(await run({ command: 'true', timeoutMs: new ExactNumber('5000.0') })).toMatchObject({ exitCode: 0 });
	});
});

describe('a command that does not end', () => {
	const stubborn = `trap '' TERM; setsid sleep 300 & echo $!; sleep 300 & echo $!; while :; do sleep 300; done`;

	test('is ended with everything it started when its time is over', async () => {
		const ran = await run({ command: stubborn, timeoutMs: 300 });
		expect(ran).toMatchObject({ timedOut: true, cancelled: false, isError: true, signal: 'SIGKILL' });
		expect(ran.text).toContain('timed out: the command was ended after 300 ms');
		expect(pidsIn(ran.stdout)).toHaveLength(2);
		expect(living(pidsIn(ran.stdout))).toEqual([]);
	});

	test('is ended with everything it started when the call is cancelled', async () => {
		const cancel = new AbortController();
		const marker = `cancel-${process.pid}`;
		const running = run({ command: `export MARKER=${marker}; ${stubborn}` }, cancel.signal);
		await until('both children run', () => withVariable('MARKER', marker).length >= 2);
		cancel.abort();
		expect(await running).toMatchObject({ timedOut: false, cancelled: true, isError: true });
		expect(withVariable('MARKER', marker)).toEqual([]);
	});

	test('does not start when it was cancelled before', async () => {
		const ran = await run({ command: 'touch ran' }, AbortSignal.abort());
		expect(ran).toMatchObject({ isError: true, text: 'The command was not run: it was cancelled before it started.' });
	});

	test('is ended when the driver closes', async () => {
		const driver = await openShell();
		const marker = `close-${process.pid}`;
		const running = run({ command: `export MARKER=${marker}; ${stubborn}` }, undefined, driver);
		await until('both children run', () => withVariable('MARKER', marker).length >= 2);
		await driver.close();
		expect(withVariable('MARKER', marker)).toEqual([]);
		expect(await running).toMatchObject({ cancelled: true });
	});
});

describe('what bash leaves in the background', () => {
	test.each([
		['holds the output open', 'sleep 300 & echo $!'],
		['let go of the output', 'sleep 300 >/dev/null 2>&1 & echo $!'],
		['is in a session of its own', 'setsid sleep 300 & echo $!'],
		['was disowned', 'sleep 300 & echo $!; disown'],
		['is a daemon', `(setsid bash -c 'echo $BASHPID; exec sleep 300 </dev/null >/dev/null 2>&1' &)`],
	])('is ended and told of when it %s', async (_, command) => {
		const ran = await run({ command: `${command}; sleep 0.1` });
		const pids = pidsIn(ran.stdout);
		expect(pids).toHaveLength(1);
		expect(living(pids)).toEqual([]);
		expect(ran).toMatchObject({ exitCode: 0, isError: false });
		expect(ran.text).toContain(
			'note: 1 process was still running in the background when the command ended; it was ended too',
		);
	});

	test('may finish when it is about to', async () => {
		const ran = await run({ command: 'echo late > >(sleep 0.05; tr a-z A-Z)' });
		expect(ran).toMatchObject({ stdout: 'LATE\n', exitCode: 0 });
		expect(ran.text).not.toContain('note:');
	});

	test('and can’t be found keeps no call waiting, and the result says so', async () => {
		// Exactly what only the runtime ring can hold: out of the group, without the cookie.
		const ran = await run({ command: 'env -i /usr/bin/setsid /bin/sleep 6 & sleep 0.2; echo $!' });
		expect(ran.text).toContain('a process that could not be found keeps the output open');
		expect(ran.durationMs).toBeLessThan(5000);
		for (const pid of pidsIn(ran.stdout)) process.kill(pid, 'SIGKILL');
	});
});

describe('output', () => {
	test('beyond the limit keeps its beginning and its end', async () => {
		const driver = await openShell({ maxOutputBytes: 1000 });
		const ran = await run(
			{ command: 'echo start; head -c 50000 /dev/zero | tr "\\0" x; echo; echo end' },
			undefined,
			driver,
		);
		expect(ran).toMatchObject({ truncated: true, exitCode: 0, isError: false });
		expect(ran.stdout).toMatch(/^start\nx+\n\[… 49011 bytes left out here …\]\nx+\nend\n$/);
		expect(ran.text).toContain('note: 49011 bytes of stdout are left out of the middle');
	});

	test('of one stream does not crowd out the other', async () => {
		const driver = await openShell({ maxOutputBytes: 1000 });
		const ran = await run(
			{ command: 'head -c 50000 /dev/zero | tr "\\0" x; echo the reason >&2; exit 1' },
			undefined,
			driver,
		);
		expect(ran.stderr).toBe('the reason\n');
		expect(ran.stdout.replace(/[^x]/g, '')).toHaveLength(1000 - 'the reason\n'.length);
	});

	test('that is no UTF-8 is shown as well as it can be', async () => {
		const ran = await run({ command: `printf 'a\\377b'` });
		expect(ran.stdout).toBe('a\uFFFDb');
		expect(ran.text).toContain('note: stdout is not valid UTF-8');
	});

	test('without end ends, and takes no memory', async () => {
		const driver = await openShell({ maxOutputBytes: 64 * 1024 });
		const before = process.memoryUsage().rss;
		const ran = await run({ command: 'yes' }, undefined, driver);
		expect(ran).toMatchObject({ truncated: true, isError: true, timedOut: false });
		expect(ran.text).toContain('too much output: the command was ended after it had written 16777216 bytes');
		expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
	});
});

test('many commands run side by side', async () => {
	const began = performance.now();
	const all = await Promise.all(
		Array.from({ length: 100 }, (_, index) => run({ command: `sleep 0.5; echo ${index}` })),
	);
	expect(all.map(({ stdout }) => stdout.trim())).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
	expect(performance.now() - began).toBeLessThan(25_000);
});

test('output is not lost while the kernel is too busy to look at its pipes', async () => {
	const busy = setInterval(() => {
		for (const until = performance.now() + 1100; performance.now() < until; );
	}, 0);
	try {
		const { stdout } = await run({ command: 'head -c 300000 /dev/zero | tr "\\0" x' });
		expect(stdout).toHaveLength(300_000);
	} finally {
		clearInterval(busy);
	}
}, 120_000);

test('other tools and methods are unknown', async () => {
	const { permitFor } = await import('../support/permits.ts');
	const unknownTool = await shell.call(permitForTool(name, 'Run', { command: 'true' }), exchange());
	expect(unknownTool).toMatchObject({ ok: false });
	expect(unknownTool.body.value()).toMatchObject({ code: -32602 });
	const unknownMethod = await shell.call(permitFor(name, 'resources/read', { uri: 'file:///etc/passwd' }), exchange());
	expect(unknownMethod.body.value()).toMatchObject({ code: -32601 });
});

test.each([
	['is not there', '/nowhere/at/all'],
	['is a file', '/etc/hostname'],
])('a workspace that %s keeps the shell from opening', async (_, path) => {
	await expect(openShell({ workspace: path })).rejects.toMatchObject({ code: 'D101' });
});
