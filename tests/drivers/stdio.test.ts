// Servers on this machine: how they fail to start, die, come back, and end.
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Driver } from '../../src/abi/driver.ts';
import { Reaper } from '../../src/drivers/reaper.ts';
import { type StdioConfig, type StdioDeps, stdioDriver } from '../../src/drivers/stdio.ts';
import { permitForTool } from '../support/permits.ts';
import { driverName, exchange, hello, recordingHost } from './support/hosts.ts';
import { withVariable } from './support/processes.ts';
import { manualTimers } from './support/timers.ts';
import { until } from './support/until.ts';

const name = driverName('server');
const directory = mkdtempSync(join(tmpdir(), 'trapgate-stdio-'));
const reaper = new Reaper({ env: process.env, warn: () => undefined });
const made: Driver[] = [];
let count = 0;

afterEach(async () => {
	await Promise.all(made.splice(0).map((driver) => driver.close()));
});
afterAll(async () => {
	await reaper.close();
	rmSync(directory, { recursive: true, force: true });
});

const server = (file: string) => fileURLToPath(new URL(`../fixtures/servers/${file}.mjs`, import.meta.url));

interface Made {
	readonly driver: Driver;
	/** The living processes of this server. */
	processes(): number[];
}

function make(args: readonly string[], config: Partial<StdioConfig> = {}, deps: Partial<StdioDeps> = {}): Made {
	count += 1;
	const value = `stdio-${process.pid}-${count}`;
	const driver = stdioDriver(
		{ name, command: process.execPath, args, cwd: directory, ...config, env: { MARK: value, ...config.env } },
		{ reaper, env: process.env, ...deps },
	);
	made.push(driver);
	return { driver, processes: () => withVariable('MARK', value) };
}

const call = (driver: Driver, tool: string, args = {}) => driver.call(permitForTool(name, tool, args), exchange());

describe('a server that can’t be used keeps the driver from opening, and leaves nothing:', () => {
	test.each<[string, readonly string[], Partial<StdioConfig>, string, string]>([
		[
			'not in PATH',
			[],
			{ command: 'no-such-program', env: { PATH: '/usr/bin:/nowhere' } },
			'D101',
			'`no-such-program` was not found in PATH (/usr/bin:/nowhere)',
		],
		[
			'a path that is not there',
			[],
			{ command: './no-such-program' },
			'D101',
			'/no-such-program` is not an executable file',
		],
		['a file that is not executable', [], { command: server('good') }, 'D101', 'is not an executable file'],
		['a directory', [], { command: '/tmp' }, 'D101', 'is not an executable file'],
		['an empty command', [], { command: '' }, 'D101', 'the command is empty'],
		[
			'a working directory that is not there',
			[server('good')],
			{ cwd: '/nowhere' },
			'D101',
			'the working directory `/nowhere` is not a directory',
		],
		[
			'a variable no shell keeps',
			[server('good')],
			{ env: { 'a-b': 'c' } },
			'D101',
			'`a-b` is no name for an environment variable',
		],
		[
			'ends at once',
			['-e', 'console.error("no licence"); process.exit(9)'],
			{},
			'D101',
			'ended with exit code 9; its last words: no licence',
		],
		['is killed at once', ['-e', 'process.kill(process.pid, "SIGKILL")'], {}, 'D101', 'ended by signal SIGKILL'],
		[
			'closes its output',
			['-e', 'require("fs").closeSync(1); setInterval(() => 0, 1e6)'],
			{},
			'D101',
			'connection closed',
		],
		['hangs', [server('hang')], { timeoutMs: 300 }, 'D102', 'did not answer `initialize` within 300 ms'],
		[
			'prints garbage without end',
			[server('garbage')],
			{ timeoutMs: 60_000 },
			'D103',
			'prints something that is not MCP',
		],
		[
			'prints garbage and then nothing',
			[server('garbage'), '--once'],
			{ timeoutMs: 500 },
			'D103',
			'prints something that is not MCP',
		],
		['prints garbage and ends', ['-p', '"usage: good [options]"'], {}, 'D103', 'prints something that is not MCP'],
		[
			'answers without capabilities',
			['-p', 'JSON.stringify({jsonrpc:"2.0",id:1,result:{protocolVersion:"2025-11-25"}})'],
			{},
			'D103',
			'lacks a protocolVersion, capabilities or serverInfo',
		],
		[
			'refuses',
			['-p', 'JSON.stringify({jsonrpc:"2.0",id:1,error:{code:-32603,message:"not today"}})'],
			{},
			'D103',
			'refused `initialize`: not today',
		],
		[
			'refuses the revision',
			['-p', 'JSON.stringify({jsonrpc:"2.0",id:1,error:{code:-32602,message:"Unsupported protocol version"}})'],
			{},
			'D105',
			'refuses revision 2025-11-25',
		],
		['speaks the past', [server('good'), '--version=2023-01-01'], {}, 'D105', 'speaks revision "2023-01-01"'],
		['speaks the future', [server('good'), '--version=2026-07-28'], {}, 'D105', 'speaks revision "2026-07-28"'],
	])('%s', async (_, args, config, code, message) => {
		const { driver, processes } = make(args, config);
		const host = recordingHost();
		await expect(driver.open(host, hello)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
		expect(processes()).toEqual([]);
		expect(host.downs).toEqual([]);
		await driver.close();
	});
});

test.each(['2024-11-05', '2025-03-26', '2025-06-18'])('a server of revision %s is welcome', async (version) => {
	const { driver } = make([server('good'), `--version=${version}`]);
	expect((await driver.open(recordingHost(), hello)).protocolVersion).toBe(version);
});

test('the server hears who the client is and what it can do, and then that it is heard', async () => {
	const { driver } = make([server('good')]);
	const introduction = await driver.open(recordingHost(), hello);
	expect(introduction).toMatchObject({ instructions: 'Be good.', result: { 'x-vendor': 1 } });
	driver.notify({ method: 'notifications/roots/list_changed', params: undefined, extra: {} });
	const { body } = await call(driver, 'seen');
	const [text] = (body.value() as { content: { text: string }[] }).content;
	expect(JSON.parse(text?.text ?? '')).toEqual([
		`initialize ${JSON.stringify({ protocolVersion: '2025-11-25', capabilities: hello.capabilities, clientInfo: hello.clientInfo })}`,
		'notifications/initialized',
		'notifications/roots/list_changed',
	]);
});

test('a result keeps its bytes', async () => {
	const { driver } = make([server('good')]);
	await driver.open(recordingHost(), hello);
	expect((await call(driver, 'bigint')).body.text).toBe(
		'{"content":[],"structuredContent":{"n":9007199254740993,"f":1.0}}',
	);
});

test('a server gets the allow-list of the environment and what is named, nothing else', async () => {
	const env = {
		...process.env,
		GITHUB_TOKEN: 'secret',
		LC_TIME: 'C',
		NODE_OPTIONS: '--no-warnings',
		XDG_CACHE_HOME: '/c',
	};
	const { driver } = make([server('good')], { env: { NAMED: 'yes' } }, { env });
	await driver.open(recordingHost(), hello);
	const [text] = ((await call(driver, 'environment')).body.value() as { content: { text: string }[] }).content;
	const seen = JSON.parse(text?.text ?? '');
	expect(seen).toMatchObject({ NAMED: 'yes', LC_TIME: 'C', XDG_CACHE_HOME: '/c' });
	expect(Object.keys(seen)).not.toContain('GITHUB_TOKEN');
	expect(Object.keys(seen)).not.toContain('NODE_OPTIONS');
});

test('a program is found in the PATH that the configuration gives it', async () => {
	const program = join(directory, 'my-server');
	writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${server('good')}'\n`);
	chmodSync(program, 0o755);
	const { driver } = make([], { command: 'my-server', env: { PATH: `${directory}:/usr/bin:/bin` } });
	expect(await driver.open(recordingHost(), hello)).toMatchObject({ serverInfo: { name: 'good' } });
});

describe('a server that dies', () => {
	test('is started again after a while; until then, calls are answered at once', async () => {
		const timers = manualTimers();
		const { driver, processes } = make([server('good')], {}, { ...timers.deps, random: () => 0 });
		const host = recordingHost();
		await driver.open(host, hello);
		const before = processes();
		const dying = await call(driver, 'exit');
		expect(dying.body.value()).toMatchObject({
			code: -32000,
			message: expect.stringContaining('ended with exit code 3'),
		});
		await until('the host was told', () => host.downs.length === 1);
		expect(host.downs).toEqual([
			{ trouble: { code: 'D104', message: expect.stringContaining('exit code 3') }, retryInMs: 500 },
		]);
		const meanwhile = await call(driver, 'echo');
		expect(meanwhile.body.value()).toMatchObject({ code: -32000, message: expect.stringContaining('is down') });
		await expect(driver.list('tools')).rejects.toMatchObject({ code: 'D104' });

		expect(timers.pending()).toEqual([500]);
		timers.fire();
		await until('it is back', () => host.ups.length === 1);
		expect(host.ups[0]).toMatchObject({ serverInfo: { name: 'good' } });
		expect((await call(driver, 'echo', { text: 'ok' })).ok).toBe(true);
		expect(processes()).toHaveLength(1);
		expect(processes()).not.toEqual(before);
	});

	test('takes what it had started with it', async () => {
		const { driver, processes } = make([server('stubborn')], {}, manualTimers().deps);
		const host = recordingHost();
		await driver.open(host, hello);
		await until('the grandchild is there', () => processes().length >= 3);
		await call(driver, 'crash');
		await until('nothing is left', () => processes().length === 0);
		expect(host.downs).toHaveLength(1);
	});

	test('and does not start again is tried less and less often', async () => {
		const timers = manualTimers();
		const flag = join(directory, 'flag');
		const { driver } = make([server('good'), `--die-at-start-unless=${flag}`], {}, { ...timers.deps, random: () => 0 });
		const host = recordingHost();
		writeFileSync(flag, '');
		await driver.open(host, hello);
		await call(driver, 'crash');
		const waits: number[] = [];
		for (let round = 0; round < 3; round += 1) {
			await until('a timer waits', () => timers.pending().length === 1);
			waits.push(...timers.pending());
			rmSync(flag);
			timers.fire();
			await until('it died again', () => host.downs.length === round + 2);
		}
		expect(waits).toEqual([500, 1000, 2000]);
		expect(host.downs.at(-1)).toEqual({
			trouble: { code: 'D101', message: expect.stringContaining('not yet') },
			retryInMs: 4000,
		});
		expect(existsSync(flag)).toBe(true);
		timers.fire();
		await until('it is back', () => host.ups.length === 1);
	});

	test('while it is being closed stays dead', async () => {
		const timers = manualTimers();
		const { driver } = make([server('good')], {}, timers.deps);
		const host = recordingHost();
		await driver.open(host, hello);
		await call(driver, 'crash');
		await until('the host was told', () => host.downs.length === 1);
		await driver.close();
		expect(timers.pending()).toEqual([]);
		expect((await call(driver, 'echo')).body.value()).toMatchObject({ message: expect.stringContaining('is closed') });
	});
});

describe('closing', () => {
	test.each([
		['that ignores SIGTERM and the end of its input, and hides a grandchild', 'stubborn', 3],
		['that floods stderr', 'flood-stderr', 1],
	])('ends a server %s', async (_, file, least) => {
		const { driver, processes } = make([server(file)]);
		await driver.open(recordingHost(), hello);
		await until('it is there', () => processes().length >= least);
		const began = performance.now();
		await driver.close();
		expect(performance.now() - began).toBeLessThan(2500);
		expect(processes()).toEqual([]);
	});

	test('ends a server that is just being started', async () => {
		const { driver, processes } = make([server('hang')]);
		const opening = driver.open(recordingHost(), hello);
		const outcome = expect(opening).rejects.toMatchObject({
			code: 'D104',
			message: expect.stringContaining('was closed while it started'),
		});
		await until('it is there', () => processes().length >= 1);
		await driver.close();
		await outcome;
		expect(processes()).toEqual([]);
	});

	test('in the same moment as opening ends it too', async () => {
		const { driver, processes } = make([server('good')]);
		const outcome = expect(driver.open(recordingHost(), hello)).rejects.toMatchObject({ code: 'D104' });
		await driver.close();
		await outcome;
		expect(processes()).toEqual([]);
	});

	test('lets a server that reads the end of its input go by itself', async () => {
		const farewell = join(directory, 'farewell');
		const script = `
			const exit = process.exit;
			process.exit = () => setTimeout(() => { require('fs').writeFileSync(${JSON.stringify(farewell)}, ''); exit(0); }, 200);
			import(${JSON.stringify(server('good'))});`;
		const { driver } = make(['-e', script]);
		await driver.open(recordingHost(), hello);
		await driver.close();
		expect(existsSync(farewell)).toBe(true);
	});
});

describe('a list', () => {
	test.each([
		['with a thousand pages is too long', [], 'has more than 1000 pages'],
		['that repeats its cursor never ends', ['--same'], 'gave the same cursor twice'],
	])('%s', async (_, options, message) => {
		const { driver } = make([server('endless-pages'), ...options]);
		await driver.open(recordingHost(), hello);
		await expect(driver.list('tools')).rejects.toMatchObject({
			code: 'D103',
			message: expect.stringContaining(message),
		});
	});
});

test('stderr without end reaches the log in bounded lines, cleaned and counted, and stops nobody', async () => {
	let now = 0;
	const { driver } = make([server('flood-stderr')], {}, { now: () => now });
	const host = recordingHost();
	await driver.open(host, hello);
	for (let round = 0; round < 5; round += 1) {
		expect((await call(driver, 'echo', { text: 'ok' })).ok).toBe(true);
		now += 1000;
	}
	await until('the flood is there', () => host.lines.some((line) => line.includes('noise')));
	await driver.close();
	expect(host.lines.length).toBeLessThan(200 + 5 * 20 + 20);
	expect(Math.max(...host.lines.map((line) => line.length))).toBeLessThan(2100);
	expect(host.lines.join('')).not.toContain('\u001b');
	expect(host.lines.some((line) => /warn: \d+ lines of the server were left out here/.test(line))).toBe(true);
});

test('the real server-everything, which ignores the end of its input, ends too', async () => {
	const file = fileURLToPath(
		new URL('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
	);
	const { driver, processes } = make([file]);
	await driver.open(recordingHost(), hello);
	expect((await driver.list('tools')).length).toBeGreaterThan(10);
	expect((await call(driver, 'echo', { message: 'hi' })).body.text).toContain('hi');
	const began = performance.now();
	await driver.close();
	expect(performance.now() - began).toBeLessThan(2500);
	expect(processes()).toEqual([]);
});
