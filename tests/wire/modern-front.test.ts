// The HTTP front before a client of 2026-07-28: what stands in headers must be what is executed.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reply } from '../../src/abi/driver.ts';
import { type HttpListener, listenHttp } from '../../src/wire/http-front.ts';
import { type Incoming, Link } from '../../src/wire/link.ts';
import { errorReply, resultReply } from '../../src/wire/message.ts';
import { decodedHeader, headerValue, paramFault } from '../../src/wire/mirrored-headers.ts';

let listener: HttpListener;
let seen: Incoming[] = [];
let cancelled = 0;

async function answer(link: Link, incoming: Incoming): Promise<Reply> {
	seen.push(incoming);
	const { method, id, params, signal } = incoming;
	if (method === 'no/such') return errorReply(-32601, 'Method not found');
	if (params?.['name'] === 'slow') {
		await link.notify({ method: 'notifications/progress', params: { progress: 1 }, extra: {} }, id);
		await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
		cancelled += 1;
	}
	if (params?.['name'] === 'told') await link.notify({ method: 'notifications/message', params: {}, extra: {} }, id);
	return resultReply({ resultType: 'complete' });
}

beforeAll(async () => {
	listener = await listenHttp(
		{ host: '127.0.0.1', port: 0, random: randomBytes, authorize: () => ({ principal: 'p', agent: 'a' }) },
		() => {
			throw new Error('a session was made');
		},
		({ channel }) => {
			const link = new Link(channel, { peer: 'client' });
			const ignore = () => undefined;
			void link.start({ request: (incoming) => answer(link, incoming), note: ignore, close: ignore, warn: ignore });
		},
	);
});
afterAll(() => listener.close());

const version = '2026-07-28';
const meta = {
	'io.modelcontextprotocol/protocolVersion': version,
	'io.modelcontextprotocol/clientCapabilities': {},
};
interface Post {
	readonly method?: string;
	readonly params?: object;
	readonly headers?: Record<string, string | undefined>;
	readonly body?: object;
	readonly verb?: string;
}

async function post({
	method = 'tools/call',
	params = { name: 'one', _meta: meta },
	headers = {},
	body,
	verb = 'POST',
}: Post) {
	seen = [];
	const all = {
		'content-type': 'application/json',
		accept: 'application/json, text/event-stream',
		'mcp-protocol-version': version,
		'mcp-method': method,
		'mcp-name': 'one',
		...headers,
	};
	const kept = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
	const response = await fetch(`http://127.0.0.1:${listener.address.port}/mcp`, {
		method: verb,
		headers: kept,
		...(verb === 'POST' ? { body: JSON.stringify(body ?? { jsonrpc: '2.0', id: 1, method, params }) } : {}),
	});
	return response;
}

describe('what gets in', () => {
	test.each<[string, Post, number, number | undefined]>([
		['a request that says the same twice', {}, 200, undefined],
		[
			'one with a name that needs an encoding',
			{ params: { name: 'né', _meta: meta }, headers: { 'mcp-name': headerValue('né') } },
			200,
			undefined,
		],
		['one of no name', { method: 'tools/list', headers: { 'mcp-name': undefined } }, 200, undefined],
		['a session id, which means nothing', { headers: { 'mcp-session-id': 'x', 'last-event-id': '7' } }, 200, undefined],
		['no version in the headers', { headers: { 'mcp-protocol-version': undefined } }, 400, -32020],
		['another version in the headers', { headers: { 'mcp-protocol-version': '2025-11-25' } }, 400, -32020],
		['no method in the headers', { headers: { 'mcp-method': undefined } }, 400, -32020],
		['another method in the headers', { headers: { 'mcp-method': 'tools/list' } }, 400, -32020],
		['a method in another case', { headers: { 'mcp-method': 'Tools/Call' } }, 400, -32020],
		['no name in the headers', { headers: { 'mcp-name': undefined } }, 400, -32020],
		['another name in the headers', { headers: { 'mcp-name': 'two' } }, 400, -32020],
		['a name in a broken encoding', { headers: { 'mcp-name': '=?base64?####?=' } }, 400, -32020],
		['no version in the body', { params: { name: 'one', _meta: {} } }, 400, -32602],
		['no envelope in the body', { params: { name: 'one' } }, 400, -32602],
		[
			'no capabilities',
			{ params: { name: 'one', _meta: { 'io.modelcontextprotocol/protocolVersion': version } } },
			400,
			-32602,
		],
		[
			'a level that is none',
			{ params: { name: 'one', _meta: { ...meta, 'io.modelcontextprotocol/logLevel': 'loud' } } },
			400,
			-32602,
		],
		[
			'a version that nobody speaks',
			{
				params: { name: 'one', _meta: { ...meta, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } },
				headers: { 'mcp-protocol-version': '2099-01-01' },
			},
			400,
			-32022,
		],
		['a method that is not there', { method: 'no/such', headers: { 'mcp-name': undefined } }, 404, -32601],
		['a batch', { body: [{ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } }] }, 400, -32600],
		['an answer to nothing', { body: { jsonrpc: '2.0', id: 1, result: {} } }, 400, -32600],
	])('%s', async (_, sent, status, code) => {
		const response = await post(sent);
		const body = (await response.json()) as { error?: { code: number } };
		expect([response.status, body.error?.code]).toEqual([status, code]);
		if (status === 400) expect(seen).toEqual([]);
		expect(response.headers.get('mcp-session-id')).toBeNull();
	});

	test('a version that nobody speaks is answered with those that are', async () => {
		const unknown = '1900-01-01';
		const response = await post({
			params: { name: 'one', _meta: { ...meta, 'io.modelcontextprotocol/protocolVersion': unknown } },
			headers: { 'mcp-protocol-version': unknown },
		});
		const { error } = (await response.json()) as { error: { data: { supported: string[]; requested: string } } };
		expect(error.data.requested).toBe(unknown);
		// What a client may name in its next request: the older ones begin with `initialize`.
		expect(error.data.supported).toEqual(['2026-07-28']);
	});

	test('an introduction that says its revision in the newer way only is a request of that revision', async () => {
		const headers = { 'mcp-name': undefined };
		const response = await post({ method: 'initialize', params: { _meta: meta }, headers });
		expect([response.status, response.headers.get('mcp-session-id')]).toEqual([200, null]);
		expect(seen).toHaveLength(1);
	});

	test.each(['GET', 'DELETE'])('%s is no verb of the revision', async (verb) => {
		expect((await post({ verb })).status).toBe(405);
	});

	test('a notification is taken without an answer', async () => {
		const response = await post({
			body: { jsonrpc: '2.0', method: 'notifications/vendor' },
			headers: { 'mcp-method': undefined },
		});
		expect([response.status, await response.text()]).toEqual([202, '']);
	});
});

test('what belongs to a request comes before its answer, on one stream', async () => {
	const response = await post({ params: { name: 'told', _meta: meta }, headers: { 'mcp-name': 'told' } });
	expect(response.headers.get('content-type')).toBe('text/event-stream');
	const said = (await response.text()).split('\n').filter((line) => line.startsWith('data: '));
	expect(said.map((line) => Object.keys(JSON.parse(line.slice(6)))[1])).toEqual(['method', 'id']);
});

test('whoever closes the stream cancels the request', async () => {
	const before = cancelled;
	const response = await post({ params: { name: 'slow', _meta: meta }, headers: { 'mcp-name': 'slow' } });
	await response.body?.cancel();
	await expect.poll(() => cancelled).toBe(before + 1);
});

describe('values in headers', () => {
	test('any text comes back from the header that stands for it', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'grapheme' }), (text) => {
				expect(decodedHeader(headerValue(text))).toBe(text);
			}),
		);
	});

	test.each<[string, unknown, string | undefined, boolean]>([
		['the same text', 'eu', 'eu', true],
		['another text', 'eu', 'us', false],
		['none', 'eu', undefined, false],
		['none for null', null, undefined, true],
		['one for null', null, 'null', false],
		['a number as a number', 42, '42.0', true],
		['another number', 42, '43', false],
		['nothing for a number', 0, ' ', false],
		['a boolean', true, 'true', true],
		['a boolean in capitals', true, 'True', false],
		['characters that no header has', 'é', 'é', false],
		['one for an object', {}, '[object Object]', false],
	])('%s', (_, value, header, isFine) => {
		const headers = new Map(header === undefined ? [] : [['region', header]]);
		const fault = paramFault(headers, [{ header: 'Region', path: ['in', 'region'] }], {
			in: { region: value },
		} as never);
		expect(fault === undefined).toBe(isFine);
	});
});
