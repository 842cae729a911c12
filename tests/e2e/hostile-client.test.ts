// Malformed input never ends the kernel and never reaches a driver; the next call is served.
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSite, runArguments } from '../support/kernel-process.ts';
import { RawClient } from '../support/raw-client.ts';

const server = fileURLToPath(new URL('../fixtures/servers/unusual.mjs', import.meta.url));
const site = makeSite({
	prefix: 'never',
	drivers: { unusual: { command: process.execPath, args: [server] } },
	defaults: { tool: 'allow', other: 'allow' },
});
let client: RawClient;

beforeAll(async () => {
	client = new RawClient([process.execPath, ...runArguments(site, '--log-level', 'silent')], site.env);
	await client.initialize();
});
afterAll(async () => {
	await client.end();
	site.remove();
});

let next = 0;
/** Calls a tool and checks that exactly this call reached the driver. */
async function stillServes(): Promise<void> {
	const id = `alive-${next++}`;
	const reply = await client.request(id, 'tools/call', { name: 'unusual', arguments: { case: 'echo', mark: id } });
	expect(JSON.parse(reply['result'].content[0].text).arguments.mark).toBe(id);
}

/** Calls that reached the driver, by the log. */
const calls = () =>
	site.records().filter((record) => record['event'] === 'decided' && record['method'] === 'tools/call').length;

const call = (id: string, args: string) =>
	`{"jsonrpc":"2.0","id":"${id}","method":"tools/call","params":{"name":"unusual","arguments":${args}}}`;

describe('refused with an error, and never forwarded', () => {
	test.each<[string, string, number]>([
		['an array', `[${call('in-array', '{}')}]`, -32600],
		['an empty array', '[]', -32600],
		['no JSON', 'hello', -32700],
		['half a message', '{"jsonrpc":"2.0","id":1,"meth', -32700],
		['a number', '7', -32600],
		['a string', '"tools/call"', -32600],
		['null', 'null', -32600],
		['two values on a line', `${call('first', '{}')} ${call('second', '{}')}`, -32700],
		['a trailing comma', '{"jsonrpc":"2.0","id":1,"method":"ping",}', -32700],
		['a comment', '{"jsonrpc":"2.0",/* */"id":1,"method":"ping"}', -32700],
		['NaN', call('nan', '{"n":NaN}'), -32700],
		['a leading zero', call('zero', '{"n":01}'), -32700],
		['a raw control character', call('control', '{"s":"a\u0001b"}'), -32700],
		['a bad escape', call('escape', '{"s":"\\x41"}'), -32700],
		['another version', '{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600],
		['no version', '{"id":1,"method":"ping"}', -32600],
		['a method that is no string', '{"jsonrpc":"2.0","id":1,"method":7}', -32600],
		['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600],
		['an id that is null', '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600],
		['params that are a list', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}', -32600],
		['a key twice in the envelope', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', -32700],
		[
			'a key twice in params',
			'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"unusual","name":"second-page"}}',
			-32700,
		],
		['a key twice in arguments', call('twice', '{"path":"a","path":"b"}'), -32700],
		['a key twice, escaped once', call('escaped', '{"path":"a","p\\u0061th":"b"}'), -32700],
		['a key twice, deep', call('deep', '{"a":[{"b":{"c":1,"c":2}}]}'), -32700],
		['keys that differ in case', call('case', '{"path":"a","Path":"b"}'), -32700],
		['keys that differ in composition', call('nfc', '{"\u00e9":1,"e\u0301":2}'), -32700],
		['both a request and a response', '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}', -32600],
		[
			'nesting without end',
			call('nested', `${'['.repeat(5000)}${']'.repeat(5000)}`.replace(/^/, '{"a":').concat('}')),
			-32700,
		],
	])('%s', async (_, line, code) => {
		const before = calls();
		const seen = client.lines.length;
		client.send(line);
		await stillServes();
		const answers = client.lines
			.slice(seen)
			.map((text) => JSON.parse(text))
			.filter((message) => message.error !== undefined);
		expect(answers).toHaveLength(1);
		expect(answers[0].error.code).toBe(code);
		expect(calls()).toBe(before + 1);
	});
});

describe('ignored', () => {
	test.each<[string, string]>([
		['an answer to nothing', '{"jsonrpc":"2.0","id":424242,"result":{}}'],
		['an error to nothing', '{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":"m"}}'],
		['cancelling what never was', '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99999}}'],
		['cancelling without an id', '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}'],
		[
			'progress of nothing',
			'{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":0,"progress":1}}',
		],
		['a blank line', ''],
		['white space', ' \t '],
	])('%s', async (_, line) => {
		const seen = client.lines.length;
		client.send(line);
		await stillServes();
		expect(client.lines.length).toBe(seen + 1);
	});
});

describe('wrong types in a known request', () => {
	test.each<[string, string, string]>([
		['a tool name that is a number', 'tools/call', '{"name":7,"arguments":{}}'],
		['arguments that are a list', 'tools/call', '{"name":"unusual","arguments":[]}'],
		['arguments that are text', 'tools/call', '{"name":"unusual","arguments":"{}"}'],
		['no name', 'tools/call', '{}'],
		['a tool nobody has', 'tools/call', '{"name":"__proto__"}'],
		['a prompt nobody has', 'prompts/get', '{"name":"constructor"}'],
		['a resource without a URI', 'resources/read', '{}'],
		['a cursor of somebody else', 'tools/list', '{"cursor":"x"}'],
		['a completion of nothing', 'completion/complete', '{"ref":7,"argument":{}}'],
		[
			'initialize again',
			'initialize',
			'{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}',
		],
	])('%s', async (_, method, params) => {
		const id = `wrong-${next++}`;
		client.send(`{"jsonrpc":"2.0","id":"${id}","method":"${method}","params":${params}}`);
		expect(JSON.parse(await client.answerTo(id)).error.code).toBeLessThan(-32000);
		await stillServes();
	});
});

test('invalid UTF-8 is refused', async () => {
	client.process.stdin?.write(
		Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"method":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}\n')]),
	);
	await stillServes();
});

test('100,000 fuzzed messages, and it serves the next call', async () => {
	const seeds = [
		call('f', '{"case":"echo","list":[1,2,{"a":null}]}'),
		'{"jsonrpc":"2.0","id":5,"method":"tools/list","params":{}}',
		'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5,"reason":"x"}}',
		'{"jsonrpc":"2.0","id":6,"result":{"roots":[]}}',
		'{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":"file:///a"}}',
	].map((text) => Buffer.from(text));
	const pieces = [
		'"',
		'{',
		'}',
		'[',
		']',
		',',
		':',
		'\\',
		'\\u0000',
		'\0',
		'\ud800',
		'1e999',
		'null',
		'"id"',
		'"params"',
		'\u2028',
		'-',
	];
	const random = randomFrom(20_261_120);
	const stdin = client.process.stdin;
	const before = calls();
	const seen = client.lines.length;
	for (let batch = 0; batch < 100; batch++) {
		const lines = Array.from({ length: 1000 }, () => mutate(seeds[random(seeds.length)] as Buffer, pieces, random));
		if (stdin?.write(Buffer.concat(lines)) === false) await new Promise((resolve) => stdin.once('drain', resolve));
	}
	await stillServes();
	// Whatever came through as a call is in the log; whatever did not was answered or ignored, and nothing else was said.
	for (const line of client.lines.slice(seen)) expect(() => JSON.parse(line)).not.toThrow();
	expect(calls()).toBeGreaterThan(before);
}, 120_000);

test('before initialize there is nothing but initialize', async () => {
	const early = new RawClient([process.execPath, ...runArguments(site)], site.env);
	expect((await early.request(1, 'tools/list')).error.code).toBe(-32600);
	expect((await early.request(2, 'server/discover')).error.code).toBe(-32601);
	expect((await early.request(3, 'ping')).result).toEqual({});
	expect((await early.request(4, 'initialize', { protocolVersion: 7 })).error.code).toBe(-32602);
	expect((await early.initialize()).result.serverInfo.name).toBe('trapgate');
	await early.end();
});

function mutate(seed: Buffer, pieces: readonly string[], random: (below: number) => number): Buffer {
	let line = Buffer.from(seed);
	for (let edits = 1 + random(4); edits > 0; edits--) {
		const at = random(line.length + 1);
		switch (random(4)) {
			case 0:
				line = Buffer.concat([
					line.subarray(0, at),
					Buffer.from(pieces[random(pieces.length)] ?? ''),
					line.subarray(at),
				]);
				break;
			case 1:
				line = Buffer.concat([line.subarray(0, at), line.subarray(at + random(8))]);
				break;
			case 2:
				line = Buffer.concat([line.subarray(0, at), line.subarray(Math.max(0, at - random(20)))]);
				break;
			default:
				if (at < line.length) line[at] = random(256) === 10 ? 32 : random(256);
		}
	}
	return Buffer.concat([Buffer.from(line.filter((byte) => byte !== 10)), Buffer.from('\n')]);
}

/** mulberry32: the same sequence every run, so that a failure can be found again. */
function randomFrom(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
	};
}
