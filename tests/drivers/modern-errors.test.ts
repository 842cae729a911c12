// What only MCP 2026-07-28 knows, said as older servers say it, and a server that is of another era at each start.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/abi/json.ts';
import { MirroredTools } from '../../src/drivers/mirrored-parameters.ts';
import { Reaper } from '../../src/drivers/reaper.ts';
import { stdioDriver } from '../../src/drivers/stdio.ts';
import { permitForTool } from '../support/permits.ts';
import { driverName, exchange, hello, recordingHost } from './support/hosts.ts';
import { introduced, type ModernPeer, modernPeer, settled } from './support/modern-peer.ts';
import { manualTimers } from './support/timers.ts';
import { until } from './support/until.ts';

async function failing(method: string, params: JsonObject, error: readonly [number, string, JsonObject?]) {
	const peer = await introduced();
	const reply = peer.conversation.request(method, params, {});
	peer.error(peer.last(method), ...error);
	return { peer, error: (await reply).body.value() };
}

describe('an error', () => {
	test.each<[string, string, JsonObject, readonly [number, string, JsonObject?], object]>([
		[
			'about a capability that the client lacks is translated',
			'tools/call',
			{ name: 'a' },
			[-32021, 'missing', { requiredCapabilities: { sampling: {} } }],
			{
				code: -32603,
				message: "the server needs what this client can't do: sampling",
				data: { requiredCapabilities: { sampling: {} } },
			},
		],
		['about headers is ours to make good', 'tools/list', {}, [-32020, 'mismatch'], { code: -32603 }],
		[
			'that the revision has reserved is none that a client knows',
			'tools/call',
			{ name: 'a' },
			[-32099, 'later'],
			{ code: -32603 },
		],
		[
			'about a resource that is not there is the older one',
			'resources/read',
			{ uri: 'memo://a' },
			[-32602, 'not found', { uri: 'memo://a' }],
			{ code: -32002, message: 'not found', data: { uri: 'memo://a' } },
		],
		['about params stays that', 'resources/read', { uri: 'memo://a' }, [-32602, 'bad'], { code: -32602 }],
		['of the older revisions stays what it is', 'tools/call', { name: 'a' }, [-32002, 'x'], { code: -32002 }],
		[
			"of a server's own stays what it is",
			'tools/call',
			{ name: 'a' },
			[-32019, 'x', { y: 1 }],
			{ code: -32019, data: { y: 1 } },
		],
	])('%s', async (_, method, params, given, expected) => {
		const { error, peer } = await failing(method, params, given);
		expect(error).toMatchObject(expected);
		expect(peer.losses).toEqual([]);
	});

	test('that the revision is not spoken any more ends the connection', async () => {
		const { error, peer } = await failing('tools/call', { name: 'a' }, [-32022, 'x', { supported: ['2025-11-25'] }]);
		expect(error).toMatchObject({ code: -32603 });
		expect(peer.losses).toHaveLength(1);
	});
});

describe('a header that the server wants otherwise', () => {
	const call = async (answer: (peer: ModernPeer) => void) => {
		const mirrored = new MirroredTools();
		const peer = await introduced(hello, mirrored);
		const reply = peer.conversation.request('tools/call', { name: 't' }, {});
		peer.error(peer.last('tools/call'), -32020, 'Mcp-Param-Region is missing');
		await settled();
		const tool = {
			name: 't',
			inputSchema: { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } },
		};
		peer.result(peer.last('tools/list'), { tools: [tool] });
		await settled();
		answer(peer);
		return { peer, mirrored, reply: await reply };
	};

	test('is learnt from its list, and the call made once more', async () => {
		const { peer, mirrored, reply } = await call((one) => one.result(one.last('tools/call'), { content: [] }));
		expect(reply.ok).toBe(true);
		expect(mirrored.of('t')).toEqual([{ header: 'Region', path: ['region'] }]);
		expect(peer.sent().filter(({ method }) => method === 'tools/call')).toHaveLength(2);
	});

	test('is not tried a third time', async () => {
		const { peer, reply } = await call((one) => one.error(one.last('tools/call'), -32020, 'still'));
		expect(reply.body.value()).toMatchObject({ code: -32603 });
		expect(peer.sent().filter(({ method }) => method === 'tools/call')).toHaveLength(2);
	});
});

describe('an introduction', () => {
	test.each<[string, JsonObject, string]>([
		['without versions', { capabilities: {} }, 'D103'],
		['without capabilities', { supportedVersions: ['2026-07-28'] }, 'D103'],
		['that needs input', { resultType: 'input_required', supportedVersions: ['2026-07-28'], capabilities: {} }, 'D103'],
		['in other revisions', { supportedVersions: ['2027-01-01', 7], capabilities: {} }, 'D105'],
	])('%s is none', async (_, result, code) => {
		const peer = await modernPeer();
		const introduction = peer.conversation.introduce();
		peer.result(peer.last('server/discover'), result);
		await expect(introduction).rejects.toMatchObject({ code });
	});

	test('that is refused in a revision that the server names as its own is made once more, and no more', async () => {
		const peer = await modernPeer();
		const introduction = peer.conversation.introduce();
		const supported = ['2026-07-28'];
		const asked = () => peer.sent().filter(({ method }) => method === 'server/discover');
		peer.error(asked()[0] as never, -32022, 'try again', { supported });
		await until('it is asked again', () => asked().length === 2);
		peer.error(asked()[1] as never, -32022, 'no', { supported });
		await expect(introduction).rejects.toMatchObject({ code: 'D105' });
		expect(asked()).toHaveLength(2);

		const willing = await modernPeer();
		const second = willing.conversation.introduce();
		willing.error(willing.last('server/discover'), -32022, 'try again', { supported });
		await until('it is asked again', () => willing.sent().length === 2);
		willing.result(willing.sent()[1] as never, { supportedVersions: supported, capabilities: {} });
		await expect(second).resolves.toMatchObject({ protocolVersion: '2026-07-28' });
	});

	test('that is refused for its revision names those that are spoken', async () => {
		const peer = await modernPeer();
		const introduction = peer.conversation.introduce();
		peer.error(peer.last('server/discover'), -32022, 'no', { supported: ['2027-01-01'] });
		await expect(introduction).rejects.toMatchObject({ code: 'D105', message: expect.stringContaining('2027-01-01') });
	});
});

test('what a client writes about itself, about answers and about states reaches no server', async () => {
	const peer = await introduced();
	const reserved = {
		'io.modelcontextprotocol/clientCapabilities': { all: {} },
		'io.modelcontextprotocol/subscriptionId': 1,
	};
	const params = { name: 'a', inputResponses: { q: {} }, requestState: 'forged', _meta: { ...reserved, mine: 1 } };
	const reply = peer.conversation.request('tools/call', params, {});
	const { params: sent } = peer.last('tools/call');
	expect(Object.keys(sent).sort()).toEqual(['_meta', 'name']);
	expect(sent['_meta']).toMatchObject({
		mine: 1,
		'io.modelcontextprotocol/clientCapabilities': { roots: {}, sampling: {} },
	});
	expect(sent['_meta']).not.toHaveProperty(['io.modelcontextprotocol/subscriptionId']);
	peer.result(peer.last('tools/call'), {});
	await reply;
});

test('a server that changes its era between two starts is spoken to in the one that it has', async () => {
	const directory = mkdtempSync(join(tmpdir(), 'trapgate-changeling-'));
	const reaper = new Reaper({ env: process.env, warn: () => undefined });
	const name = driverName('changeling');
	const state = join(directory, 'state');
	const file = fileURLToPath(new URL('../fixtures/servers/changeling.mjs', import.meta.url));
	const timers = manualTimers();
	const driver = stdioDriver(
		{ name, command: process.execPath, args: [file, `--state=${state}`], cwd: directory, env: {} },
		{ reaper, env: process.env, ...timers.deps, random: () => 0 },
	);
	try {
		const host = recordingHost();
		expect((await driver.open(host, hello)).protocolVersion).toBe('2026-07-28');
		const names = async () => (await driver.list('tools')).map((tool) => tool['name']);
		expect(await names()).toEqual(['modern-tool']);
		for (const [index, era] of (['older', 'modern', 'older'] as const).entries()) {
			await driver.call(permitForTool(name, 'exit'), exchange());
			await until('it waits', () => timers.pending().length === 1);
			timers.fire();
			await until('it is back', () => host.ups.length === index + 1);
			expect(await names()).toEqual([`${era}-tool`]);
		}
		expect(JSON.parse(readFileSync(state, 'utf8'))).toMatchObject({ starts: 8 });
	} finally {
		await driver.close();
		await reaper.close();
		rmSync(directory, { recursive: true, force: true });
	}
});
