// Servers of MCP 2026-07-28, made with an SDK that nobody here wrote, as the kernel sees drivers of any revision.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Driver, Reply } from '../../src/abi/driver.ts';
import type { JsonObject } from '../../src/abi/json.ts';
import type { Era, EraMemory } from '../../src/drivers/era.ts';
import { httpDriver } from '../../src/drivers/http.ts';
import { Reaper } from '../../src/drivers/reaper.ts';
import { stdioDriver } from '../../src/drivers/stdio.ts';
import { errorReply, resultReply } from '../../src/wire/message.ts';
import { startGoodHttp } from '../fixtures/servers/good-http.mjs';
import { startSecondSdkHttp } from '../fixtures/servers/second-sdk-http.mjs';
import { permitFor, permitForTool } from '../support/permits.ts';
import { driverName, exchange, hello, recordingHost } from './support/hosts.ts';
import { until } from './support/until.ts';

const name = driverName('modern');
const directory = mkdtempSync(join(tmpdir(), 'trapgate-modern-'));
const reaper = new Reaper({ env: process.env, warn: () => undefined });
const made: { close(): Promise<void> }[] = [];
let count = 0;

afterEach(async () => {
	for (const one of made.splice(0).reverse()) await one.close();
});
afterAll(async () => {
	await reaper.close();
	rmSync(directory, { recursive: true, force: true });
});

type Made = { readonly driver: Driver; starts(): number };

function stdio(
	args: readonly string[],
	deps: { eras?: EraMemory } = {},
	protocol?: '2025-11-25' | '2026-07-28',
	server = 'second-sdk',
): Made {
	count += 1;
	const starts = join(directory, `starts-${count}`);
	const file = fileURLToPath(new URL(`../fixtures/servers/${server}.mjs`, import.meta.url));
	const driver = stdioDriver(
		{ name, command: process.execPath, args: [file, `--starts=${starts}`, ...args], cwd: directory, env: {}, protocol },
		{ reaper, env: process.env, ...deps },
	);
	made.push(driver);
	return { driver, starts: () => readFileSync(starts, 'utf8').trim().split('\n').length };
}

async function http(options: Parameters<typeof startSecondSdkHttp>[0] = {}, deps: { eras?: EraMemory } = {}) {
	const server = await startSecondSdkHttp(options);
	made.push(server);
	const driver = httpDriver({ name, url: server.url, headers: { 'x-team': 'blue' } }, deps);
	made.push(driver);
	return { server, driver };
}

function memory(known: Record<string, Era> = {}): EraMemory & { readonly kept: Era[] } {
	const kept: Era[] = [];
	return {
		kept,
		recall: async () => Object.values(known)[0] ?? kept.at(-1),
		keep: async (_, era) => void kept.push(era),
	};
}

const call = (driver: Driver, tool: string, args: JsonObject = {}, meta?: JsonObject) =>
	driver.call(permitForTool(name, tool, args, meta), exchange());

function textOf(reply: Reply): string {
	const { content } = reply.body.value() as { content?: readonly { text?: string }[] };
	return (content ?? []).map(({ text }) => text ?? '').join('\n');
}

describe('which era a local server is of', () => {
	test('is told by `initialize`: a server of both is spoken to as before, and started once', async () => {
		const eras = memory();
		const { driver, starts } = stdio([], { eras });
		expect((await driver.open(recordingHost(), hello)).protocolVersion).toBe('2025-11-25');
		expect(starts()).toBe(1);
		expect(eras.kept).toEqual([]);
	});

	test('is found by a fresh start where it refuses that, and remembered', async () => {
		const eras = memory();
		const first = stdio(['--modern-only'], { eras });
		const introduction = await first.driver.open(recordingHost(), hello);
		expect(introduction).toMatchObject({
			protocolVersion: '2026-07-28',
			serverInfo: { name: 'second-sdk' },
			instructions: 'Be good, in the newest revision.',
			capabilities: { tools: { listChanged: true } },
		});
		expect(first.starts()).toBe(2);
		expect(eras.kept).toEqual(['modern']);
		const second = stdio(['--modern-only'], { eras });
		await second.driver.open(recordingHost(), hello);
		expect(second.starts()).toBe(1);
	});

	test('is looked for anew where what was remembered is wrong', async () => {
		const eras = memory({ it: 'modern' });
		const file = fileURLToPath(new URL('../fixtures/servers/good.mjs', import.meta.url));
		const driver = stdioDriver(
			{ name, command: process.execPath, args: [file], cwd: directory, env: {} },
			{ reaper, env: process.env, eras },
		);
		made.push(driver);
		expect((await driver.open(recordingHost(), hello)).protocolVersion).toBe('2025-11-25');
		expect(eras.kept).toEqual(['older']);
	});

	test('is not looked for where its author says it', async () => {
		const modern = stdio([], {}, '2026-07-28');
		expect((await modern.driver.open(recordingHost(), hello)).protocolVersion).toBe('2026-07-28');
		expect(modern.starts()).toBe(1);
		const older = stdio(['--modern-only'], {}, '2025-11-25');
		await expect(older.driver.open(recordingHost(), hello)).rejects.toMatchObject({ code: 'D105' });
		expect(older.starts()).toBe(1);
	});
});

describe('which era a local server is spoken to in for a client of the newer one', () => {
	const newer = { ...hello, isModern: true };

	test('is what the server wants: one of both wants the newer, after one start, and nobody else is led by that', async () => {
		const eras = memory();
		const { driver, starts } = stdio([], { eras });
		expect((await driver.open(recordingHost(), newer)).protocolVersion).toBe('2026-07-28');
		expect(textOf(await call(driver, 'echo', { text: 'heard' }))).toBe('heard');
		expect(await driver.list('tools')).not.toEqual([]);
		expect(starts()).toBe(1);
		expect(eras.kept).toEqual([]);
	});

	test('is the one that an older server has, which notices next to nothing', async () => {
		const file = fileURLToPath(new URL('../fixtures/servers/good.mjs', import.meta.url));
		const driver = stdioDriver(
			{ name, command: process.execPath, args: [file], cwd: directory, env: {} },
			{ reaper, env: process.env },
		);
		made.push(driver);
		expect((await driver.open(recordingHost(), newer)).protocolVersion).toBe('2025-11-25');
	});

	test('is found after one start of a server of the newer alone', async () => {
		const { driver, starts } = stdio(['--modern-only']);
		expect((await driver.open(recordingHost(), newer)).protocolVersion).toBe('2026-07-28');
		expect(starts()).toBe(1);
	});

	test.each(['refuse', 'end'])('is the older one of a server that would rather %s', async (offence) => {
		const { driver, starts } = stdio([`--offence=${offence}`], {}, undefined, 'touchy');
		expect(await driver.open(recordingHost(), newer)).toMatchObject({
			protocolVersion: '2025-11-25',
			serverInfo: { name: 'touchy' },
		});
		expect(starts()).toBe(2);
	});

	test.each([
		['2025-11-25', '2025-11-25'],
		['2026-07-28', '2026-07-28'],
	] as const)('is what its author says: %s', async (protocol, spoken) => {
		const { driver, starts } = stdio([], {}, protocol);
		expect((await driver.open(recordingHost(), newer)).protocolVersion).toBe(spoken);
		expect(starts()).toBe(1);
	});
});

describe('which era a remote server is of', () => {
	test('is found by asking in the newest first', async () => {
		const eras = memory();
		const { driver, server } = await http({ legacy: 'stateless' }, { eras });
		expect((await driver.open(recordingHost(), hello)).protocolVersion).toBe('2026-07-28');
		expect(server.methods()[0]).toBe('server/discover');
		expect(eras.kept).toEqual([]);
	});

	test('is remembered of an older one, which then is not asked again', async () => {
		const eras = memory();
		const server = await startGoodHttp();
		made.push(server);
		for (const round of [1, 2]) {
			const driver = httpDriver({ name, url: server.url, headers: {} }, { eras });
			made.push(driver);
			expect((await driver.open(recordingHost(), hello)).protocolVersion).toBe('2025-11-25');
			expect(eras.kept).toEqual(['older']);
			expect(server.state.initialized).toBe(round);
		}
		const asked = server.state.headers.filter((headers) => headers['mcp-method'] === 'server/discover');
		expect(asked).toHaveLength(1);
	});
});

/** Both ways to reach the same server. */
const ways: readonly (readonly [string, () => Promise<Driver>])[] = [
	['stdio', async () => stdio([], {}, '2026-07-28').driver],
	['http', async () => (await http()).driver],
];

describe.each(ways)('over %s', (_, reach) => {
	test('a question of the server goes to the client of that call, and its answer back', async () => {
		const driver = await reach();
		const host = recordingHost();
		await driver.open(host, hello);
		expect(textOf(await call(driver, 'ask-roots'))).toContain('file:///here');
		expect(textOf(await call(driver, 'ask-sampling'))).toContain('sampled');
		expect(host.requests.map(({ method }) => method)).toEqual(['roots/list', 'sampling/createMessage']);
		const asked: string[] = [];
		const ask = async (method: string) => {
			asked.push(method);
			return resultReply({ roots: [{ uri: 'file:///there' }] });
		};
		const reply = await driver.call(permitForTool(name, 'ask-roots'), { ...exchange(), ask });
		expect(textOf(reply)).toContain('file:///there');
		expect(asked).toEqual(['roots/list']);
		expect(host.requests).toHaveLength(2);
	});

	test('questions in several rounds, each with the state of the one before', async () => {
		const driver = await reach();
		const host = recordingHost((_method, params) => {
			const [field = ''] = Object.keys(
				(params as { requestedSchema: { properties: JsonObject } }).requestedSchema.properties,
			);
			return resultReply({ action: 'accept', content: { [field]: field === 'name' ? 'Ada' : 'green' } });
		});
		await driver.open(host, { ...hello, capabilities: { elicitation: {} } });
		expect(textOf(await call(driver, 'register'))).toBe('Ada likes green');
		expect(host.requests.map(({ params }) => params?.['message'])).toEqual(['Your name?', 'Your colour?']);
	});

	test('a question that is refused ends the call', async () => {
		const driver = await reach();
		await driver.open(
			recordingHost(() => errorReply(-32603, 'Refused by policy (default)')),
			hello,
		);
		const reply = await call(driver, 'ask-sampling');
		expect(reply.ok).toBe(false);
		expect(reply.body.value()).toMatchObject({ code: -32603, message: expect.stringContaining('Refused by policy') });
	});

	test('what a client can’t do, a server is not told that it can', async () => {
		const driver = await reach();
		await driver.open(recordingHost(), { ...hello, capabilities: { roots: { listChanged: true }, tasks: {} } });
		const refused = await call(driver, 'ask-sampling');
		expect(JSON.stringify(refused.body.value())).not.toMatch(/-320\d\d/);
		const forged = {
			'io.modelcontextprotocol/clientCapabilities': { sampling: {} },
			'io.modelcontextprotocol/logLevel': 'debug',
		};
		const envelope = JSON.parse(textOf(await call(driver, 'envelope', {}, forged)));
		expect(envelope).toEqual({
			'io.modelcontextprotocol/protocolVersion': '2026-07-28',
			'io.modelcontextprotocol/clientInfo': hello.clientInfo,
			'io.modelcontextprotocol/clientCapabilities': { roots: {} },
		});
	});

	test('progress, and the log from the level that the client set', async () => {
		const driver = await reach();
		const host = recordingHost();
		await driver.open(host, hello);
		const doing = exchange();
		await driver.call(permitForTool(name, 'progress', {}, { progressToken: 'p' }), doing);
		expect(doing.progressed.map(({ params }) => params)).toEqual([
			{ progressToken: 'p', progress: 1, total: 2 },
			{ progressToken: 'p', progress: 2, total: 2 },
		]);
		await call(driver, 'log');
		expect((await driver.call(permitFor(name, 'logging/setLevel', { level: 'error' }), exchange())).ok).toBe(true);
		await call(driver, 'log');
		const logged = host.notes.filter(({ method }) => method === 'notifications/message');
		expect(logged.map(({ params }) => params?.['data'])).toEqual(['rather large']);
		const odd = await driver.call(permitFor(name, 'logging/setLevel', { level: 'loud' }), exchange());
		expect(odd.body.value()).toMatchObject({ code: -32602 });
	});

	test('changes are told on one stream, of lists and of resources that were subscribed to', async () => {
		const driver = await reach();
		const host = recordingHost();
		await driver.open(host, hello);
		await driver.list('tools');
		await until('it listens', () => driver.isCurrent?.('tools') === true);
		await call(driver, 'change');
		await until('the list changed', () => host.notes.length === 1);
		const subscribed = await driver.call(permitFor(name, 'resources/subscribe', { uri: 'memo://a' }), exchange());
		expect(subscribed.body.value()).toEqual({});
		await call(driver, 'change');
		await until('both changed', () => host.notes.length === 3);
		await driver.call(permitFor(name, 'resources/unsubscribe', { uri: 'memo://a' }), exchange());
		await until('it listens anew', () => driver.isCurrent?.('tools') === true);
		expect(host.notes.map(({ method }) => method).sort()).toEqual([
			'notifications/resources/updated',
			'notifications/tools/list_changed',
			'notifications/tools/list_changed',
		]);
		// The id of our stream is nobody else's business.
		expect(JSON.stringify(host.notes)).not.toContain('subscriptionId');
	});

	test('a resource that is not there is said as older servers say it', async () => {
		const driver = await reach();
		await driver.open(recordingHost(), hello);
		const reply = await driver.call(permitFor(name, 'resources/read', { uri: 'memo://nothing' }), exchange());
		expect(reply.body.value()).toMatchObject({ code: -32002 });
	});

	test.each(['ping', 'server/discover', 'subscriptions/listen', 'initialize'])(
		'%s is not passed on',
		async (method) => {
			const driver = await reach();
			await driver.open(recordingHost(), hello);
			expect((await driver.call(permitFor(name, method, {}), exchange())).body.value()).toMatchObject({ code: -32601 });
		},
	);
});
