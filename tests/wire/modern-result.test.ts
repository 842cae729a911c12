// Results of 2026-07-28: what the revision adds is there, what the driver said is byte for byte the same.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rawJson } from '../../src/wire/json.ts';
import { errorReply } from '../../src/wire/message.ts';
import { completed } from '../../src/wire/modern-result.ts';

const serverInfo = { name: 'trapgate', version: '0' };
const shape = (method: string, allows = false) => ({
	method,
	serverInfo,
	allows: () => allows,
	lacks: (capability: string) => capability === 'sampling' || capability === 'roots',
});
const of = (text: string, method = 'tools/call', allows = false) =>
	completed({ ok: true, body: rawJson(text), extra: {} }, shape(method, allows));
const head = '"resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"trapgate","version":"0"}}';

describe('a result keeps its bytes', () => {
	test.each([
		['{}', `{${head}}`],
		['{"content":[ ],"n":9007199254740993, "e":1.0}', `{${head},"content":[ ],"n":9007199254740993, "e":1.0}`],
		['{ "a" : "\\u0041" }', `{${head}, "a" : "\\u0041" }`],
	])('%s', (given, expected) => {
		expect(of(given).body.text).toBe(expected);
	});

	test('whatever it says', () => {
		fc.assert(
			fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (result) => {
				const { body } = of(JSON.stringify(result));
				const { resultType, _meta, ...rest } = JSON.parse(body.text);
				expect(resultType).toBe('complete');
				const { _meta: own, ...said } = JSON.parse(JSON.stringify(result));
				expect(rest).toEqual(said);
				if (own === undefined) expect(body.text.endsWith(JSON.stringify(result).slice(1))).toBe(true);
			}),
		);
	});
});

describe('what only we may say to this client', () => {
	test.each([
		['{"resultType":"complete","ttlMs":9,"a":1}', { a: 1 }],
		['{"RESULTTYPE":"complete","a":1}', { a: 1 }],
		['{"a":1,"inputRequests":{},"requestState":"x","InputRequests":{}}', { a: 1 }],
		['{"a":1,"ResultType":"complete","resultType":"complete"}', { a: 1 }],
	])('%s is taken out', (given, left) => {
		const { resultType, _meta, ...rest } = JSON.parse(of(given).body.text);
		expect(rest).toEqual(left);
		expect(resultType).toBe('complete');
	});

	test.each([
		'{"resultType":"input_required"}',
		'{"result\\u0054ype":"input_required"}',
		'{"ResultType":"input_required","a":1}',
	])('%s is withheld, whatever the client knows', (given) => {
		expect(of(given, 'tools/call', true)).toMatchObject({ ok: false });
	});

	test('a type of an extension reaches only a client with extensions', () => {
		expect(of('{"resultType":"task","taskId":"t"}')).toMatchObject({ ok: false });
		expect(JSON.parse(of('{"resultType":"task","taskId":"t"}', 'tools/call', true).body.text)).toMatchObject({
			resultType: 'task',
			taskId: 't',
		});
		expect(of('{"resultType":7}', 'tools/call', true)).toMatchObject({ ok: false });
	});

	test('_meta is joined, and says who we are', () => {
		const text = of('{"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"x"},"own":1.0},"a":1}').body.text;
		expect(text).toContain('"own":1.0');
		expect(JSON.parse(text)._meta['io.modelcontextprotocol/serverInfo'].name).toBe('trapgate');
	});

	test.each([
		'tools/list',
		'prompts/list',
		'resources/list',
		'resources/templates/list',
		'resources/read',
		'server/discover',
	])('%s is stale at once, and private', (method) => {
		expect(JSON.parse(of('{"ttlMs":99999,"cacheScope":"public"}', method).body.text)).toMatchObject({
			ttlMs: 0,
			cacheScope: 'private',
		});
	});
});

test.each([
	[-32002, -32602],
	[-32042, -32603],
	[-32020, -32603],
	[-32021, -32603],
	[-32022, -32603],
	[-32601, -32601],
	[-32000, -32000],
	[7, 7],
])('the error %i is told as %i', (code, told) => {
	const reply = completed(errorReply(code, 'why', { uri: 'x' }), shape('tools/call'));
	expect(reply.body.value()).toEqual({ code: told, message: 'why', data: { uri: 'x' } });
});

test.each<[string, number, unknown, object]>([
	['what it lacks', -32603, { sampling: {} }, { code: -32021, data: { requiredCapabilities: { sampling: {} } } }],
	[
		'several that it lacks, and nothing else that stood there',
		-32603,
		{ sampling: { note: 'x' }, roots: 1 },
		{ code: -32021, data: { requiredCapabilities: { sampling: {}, roots: {} } } },
	],
	['what it said that it can do', -32603, { elicitation: {} }, { code: -32603 }],
	['both', -32603, { sampling: {}, elicitation: {} }, { code: -32603 }],
	['nothing', -32603, {}, { code: -32603 }],
	['no object', -32603, ['sampling'], { code: -32603 }],
	['it in the words of the revision, from a driver that may not say so', -32021, { sampling: {} }, { code: -32603 }],
])('a server that needs %s of the client', (_, code, requiredCapabilities, told) => {
	const reply = completed(errorReply(code, 'why', { requiredCapabilities } as never), shape('tools/call'));
	expect(reply.body.value()).toMatchObject({ message: 'why', ...told });
	expect(reply.body.text.startsWith('{"code":')).toBe(true);
});
