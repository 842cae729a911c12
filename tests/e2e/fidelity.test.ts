// Legal but unusual messages arrive as they were sent, in both directions.
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

let direct: RawClient;
let through: RawClient;
let introductions: Record<string, any>[] = [];

beforeAll(async () => {
	direct = new RawClient([process.execPath, server], site.env);
	through = new RawClient([process.execPath, ...runArguments(site)], site.env);
	introductions = await Promise.all([direct.initialize(), through.initialize()]);
});

afterAll(async () => {
	await Promise.all([direct.end(), through.end()]);
	site.remove();
});

let next = 100;
/** The same request to both; resolves with both answers as text. */
async function both(method: string, params: string): Promise<[string, string]> {
	const id = next++;
	const line = `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`;
	direct.send(line);
	through.send(line);
	return Promise.all([direct.answerTo(id), through.answerTo(id)]);
}

test('instructions and unknown capabilities of the only driver are its own', () => {
	const [mine, theirs] = [introductions[1]?.['result'], introductions[0]?.['result']];
	expect(mine.instructions).toBe(theirs.instructions);
	expect(mine.capabilities).toEqual(theirs.capabilities);
	expect(mine.protocolVersion).toBe(theirs.protocolVersion);
});

test('tools keep every field, and pages are followed', async () => {
	const [theirs, mine] = (await both('tools/list', '{}')).map((text) => JSON.parse(text).result.tools);
	expect(mine[0]).toEqual(theirs[0]);
	expect(mine.map((tool: { name: string }) => tool.name)).toEqual(['unusual', 'second-page']);
});

describe('results keep their bytes', () => {
	test.each([
		'extra-fields',
		'unknown-block',
		'structured-against-schema',
		'structured-array',
		'no-content',
		'no-structured',
		'unicode',
		'own-keys',
		'exact-numbers',
		'error',
		'junk-first',
	])('%s', async (which) => {
		const [theirs, mine] = await both('tools/call', `{"name":"unusual","arguments":{"case":"${which}"}}`);
		expect(mine).toBe(theirs);
	});

	test.each(['spaced', 'extra-envelope'])('%s: the same members, whatever their order', async (which) => {
		const [theirs, mine] = await both('tools/call', `{"name":"unusual","arguments":{"case":"${which}"}}`);
		expect(JSON.parse(mine)).toEqual(JSON.parse(theirs));
	});
});

describe('requests', () => {
	test('numbers, keys and vendor members arrive to the digit', async () => {
		const odd =
			'{"case":"echo-exact","big":9007199254740993,"one":1.0,"tiny":1e-400,"deep":{"__proto__":{"x":1}},"é":"\\ud83d\\ude00"}';
		const [, mine] = await both(
			'tools/call',
			`{"name":"unusual","arguments":${odd},"_meta":{"x.y/z":1},"x-param":[1.50]}`,
		);
		const seen = JSON.parse(mine).result.seen as string;
		for (const part of [
			'"big":9007199254740993',
			'"one":1.0',
			'"tiny":1e-400',
			'"__proto__":{"x":1}',
			'"x.y/z":1',
			'"x-param":[1.50]',
		]) {
			expect(seen).toContain(part);
		}
	});

	test('a vendor method and its answer', async () => {
		const [theirs, mine] = await both('x-vendor/custom', '{"a":[1,{"b":null}]}');
		expect(mine).toBe(theirs);
	});

	test('a vendor notification of the driver', async () => {
		await both('tools/call', '{"name":"unusual","arguments":{"case":"notify"}}');
		const note = await through.line((line) => line.includes('notifications/x-vendor'));
		expect(JSON.parse(note)).toEqual({
			jsonrpc: '2.0',
			method: 'notifications/x-vendor',
			params: { a: 1, 'x-y': null },
		});
	});

	test.each([
		['0', 0],
		['"0"', '0'],
		['"text with \\" quotes"', 'text with " quotes'],
		['-7', -7],
		['1.5', 1.5],
	])('id %s comes back', async (text, id) => {
		through.send(`{"jsonrpc":"2.0","id":${text},"method":"ping"}`);
		expect(await through.answerTo(id)).toBe(`{"jsonrpc":"2.0","id":${text},"result":{}}`);
	});

	test('an id beyond 2^53 comes back to the digit', async () => {
		through.send('{"jsonrpc":"2.0","id":90071992547409931,"method":"ping"}');
		await through.line((line) => line.includes('"id":90071992547409931,'));
	});

	test('an envelope with a member that JSON-RPC does not define is answered', async () => {
		through.send('{"jsonrpc":"2.0","id":"envelope","method":"tools/list","params":{},"x-trace":1}');
		expect(JSON.parse(await through.answerTo('envelope')).result.tools).toHaveLength(2);
	});

	test('11 MiB there and back', async () => {
		const big = 'x'.repeat(11 * 1024 * 1024);
		const [theirs, mine] = await both('tools/call', `{"name":"unusual","arguments":{"case":"echo","big":"${big}"}}`);
		expect(mine.length).toBeGreaterThan(big.length);
		expect(mine).toBe(theirs);
		// Several seconds of work where the machine is idle.
	}, 180_000);
});
