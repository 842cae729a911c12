// Messages: what is one, what is none, and that nothing of one is lost.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Reply } from '../../src/abi/driver.ts';
import { ExactNumber, type JsonObject } from '../../src/abi/json.ts';
import type { Malformed, Message, MessageId } from '../../src/wire/channel.ts';
import { rawJson } from '../../src/wire/json.ts';
import {
	errorReply,
	isReplyTo,
	notificationText,
	readMessage,
	readWithCare,
	replyText,
	requestHead,
	requestText,
	resultReply,
} from '../../src/wire/message.ts';
import { messageId } from '../../src/wire/message-id.ts';
import { quickMessage } from '../../src/wire/message-quick.ts';

const both = ['client', 'driver'] as const;
const id = (value: string | number) => messageId(value) as MessageId;

describe('what is a message', () => {
	test.each([
		['{"jsonrpc":"2.0","id":0,"method":"ping"}', { kind: 'request', id: '0', params: undefined, extra: {} }],
		['{"jsonrpc":"2.0","id":"","method":"ping"}', { kind: 'request', id: '""' }],
		['{"jsonrpc":"2.0","id":"\\u0061","method":"ping"}', { kind: 'request', id: '"a"' }],
		['{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}', { kind: 'request', id: '9007199254740993' }],
		['{"jsonrpc":"2.0","id":-1,"method":"ping","params":{}}', { kind: 'request', id: '-1', params: {} }],
		['{"jsonrpc":"2.0","method":"x-vendor/y","params":{"n":1.0}}', { kind: 'notification', method: 'x-vendor/y' }],
		['{"jsonrpc":"2.0","id":1,"method":"m","x-trace":[1]}', { kind: 'request', extra: { 'x-trace': [1] } }],
		['{"result":{"a" : 1.0},"jsonrpc":"2.0","id":1}', { kind: 'response', ok: true }],
		['{"jsonrpc":"2.0","id":1,"result":null}', { kind: 'response', ok: true }],
		[
			'{"jsonrpc":"2.0","id":"a","error":{"code":-1,"message":"m","data":[]}}',
			{ kind: 'response', ok: false, id: '"a"' },
		],
	])('%s', (text, expected) => {
		for (const from of both) expect(readMessage(text, from)).toMatchObject(expected);
	});

	test('a body keeps its text to the byte', () => {
		const body = '{"b" : 1.0, "a":9007199254740993,"content":[{"type":"x-vendor/block"}] }';
		const message = readMessage(`{"jsonrpc":"2.0","id":7,"result":${body},"x":1}`, 'driver');
		if (message.kind !== 'response') throw new Error(message.kind);
		expect(message.body.text).toBe(body);
		expect(replyText(id('c'), message)).toBe(`{"jsonrpc":"2.0","id":"c","result":${body},"x":1}`);
	});

	test('a line break between tokens never reaches a line protocol; one in a string is refused', () => {
		const message = readMessage('{"jsonrpc":"2.0","id":1,\r\n"result":{\n"a":\r1,"b":"\\n"}}', 'driver');
		if (message.kind !== 'response') throw new Error(message.kind);
		expect(replyText(id(1), message)).toBe('{"jsonrpc":"2.0","id":1,"result":{ "a": 1,"b":"\\n"}}');
		expect(replyText(id(1), { ...message, body: rawJson('[\n1\r]') })).not.toMatch(/[\r\n]/);
		expect(readMessage('{"jsonrpc":"2.0","id":1,"result":"a\nb"}', 'driver')).toMatchObject({ code: -32700 });
	});
});

describe('what is none', () => {
	const request = { about: 'request' };
	const response = { about: 'response' };
	test.each<[string, object]>([
		['', { code: -32700, id: undefined }],
		['hello', { code: -32700, id: undefined }],
		['null', { code: -32600, id: undefined }],
		['42', { code: -32600, id: undefined }],
		['"text"', { code: -32600, id: undefined }],
		['{}', { code: -32600, id: undefined }],
		['[]', { code: -32600, id: undefined }],
		['{"jsonrpc":"2.0"}', { code: -32600, id: undefined }],
		['{"jsonrpc":"1.0","id":1,"method":"m"}', { code: -32600, id: '1', ...request }],
		['{"jsonrpc":2.0,"id":1,"method":"m"}', { code: -32600, id: '1', ...request }],
		['{"id":1,"method":"m"}', { code: -32600, id: '1', ...request }],
		['{"jsonrpc":"2.0","id":null,"method":"m"}', { code: -32600, id: undefined, ...request }],
		['{"jsonrpc":"2.0","id":true,"method":"m"}', { code: -32600, id: undefined, ...request }],
		['{"jsonrpc":"2.0","id":{},"method":"m"}', { code: -32600, id: undefined, ...request }],
		['{"jsonrpc":"2.0","id":[1],"method":"m"}', { code: -32600, id: undefined, ...request }],
		['{"jsonrpc":"2.0","id":1,"method":""}', { code: -32600, id: '1', ...request }],
		['{"jsonrpc":"2.0","id":1,"method":1}', { code: -32600, id: '1', ...request }],
		['{"jsonrpc":"2.0","id":1,"method":null}', { code: -32600, id: '1', ...request }],
		['{"jsonrpc":"2.0","id":1,"method":"m","params":[]}', { code: -32600, id: '1', ...request }],
		['{"jsonrpc":"2.0","id":1,"method":"m","params":null}', { code: -32600, id: '1', ...request }],
		['{"jsonrpc":"2.0","id":1,"method":"m","params":1.0}', { code: -32600, id: '1', ...request }],
		['{"jsonrpc":"2.0","id":1,"method":"m","result":{}}', { code: -32600, id: '1' }],
		['{"jsonrpc":"2.0","id":1}', { code: -32600, id: '1' }],
		['{"jsonrpc":"2.0","id":1,"params":{}}', { code: -32600, id: '1' }],
		['{"jsonrpc":"2.0","result":{}}', { code: -32600, id: undefined, ...response }],
		['{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}', { code: -32600, id: undefined, ...response }],
		['{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}', { code: -32600, id: '1', ...response }],
		['{"jsonrpc":"2.0","id":1,"result":{},"params":{}}', { code: -32600, id: '1', ...response }],
		['{"jsonrpc":"2.0","id":1,"error":"boom"}', { code: -32600, id: '1', ...response }],
		['{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}}', { code: -32600, id: '1', ...response }],
		['{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":""}}', { code: -32600, id: '1', ...response }],
		['{"jsonrpc":"2.0","id":1,"error":{"code":1}}', { code: -32600, id: '1', ...response }],
		// Keys that a careless reader would take for the envelope's own.
		['{"jsonrpc":"2.0","id":1,"result":{},"Result":{}}', { code: expect.any(Number) }],
		['{"jsonrpc":"2.0","id":1,"method":"m","PARAMS":{}}', { code: -32600 }],
		['{"jsonrpc":"2.0","ID":1,"method":"m"}', { code: -32600 }],
		['{"jsonrpc":"2.0","id":1,"method":"m","re\u017fult":{}}', { code: -32600 }],
		// The id of what has two readings is salvaged from where writers put it.
		['{"jsonrpc":"2.0","id":5,"method":"m","params":{"a":1,"a":2}}', { code: -32700, id: '5', ...request }],
		['{"method":"m","params":{"a":1,"a":2},"jsonrpc":"2.0","id":"x"}', { code: -32700, id: '"x"', ...request }],
		['{"result":{"a":1,"a":2},"jsonrpc":"2.0","id":5}', { code: -32700, id: '5', ...response }],
		['{ "id" : 5 , "jsonrpc" : "2.0" , "error" : nope', { code: -32700, id: '5', ...response }],
		['{"jsonrpc":"2.0","id":5,"result":{"text":",\\"id\\":6}"', { code: -32700, id: '5', ...response }],
	])('%s', (text, expected) => {
		for (const from of both) expect(readMessage(text, from)).toMatchObject({ kind: 'malformed', ...expected });
	});

	test('what could be a request or a response is taken for neither', () => {
		for (const text of ['{"jsonrpc":"2.0","id":1,"method":"m","result":{}}', '{"jsonrpc":"2.0","id":1}']) {
			expect(readMessage(text, 'client')).not.toHaveProperty('about');
		}
	});

	test('keys that differ in case only are refused from a client, and left to a driver', () => {
		const text = '{"jsonrpc":"2.0","id":1,"method":"m","params":{"path":1,"Path":2}}';
		expect(readMessage(text, 'client')).toMatchObject({ kind: 'malformed', code: -32700, id: '1' });
		expect(readMessage(text, 'driver')).toMatchObject({ kind: 'request' });
	});

	test('deep nesting', () => {
		const deep = `${'['.repeat(300)}${']'.repeat(300)}`;
		const text = `{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":${deep}}}`;
		expect(readMessage(text, 'client')).toMatchObject({ kind: 'malformed', code: -32700, id: '1' });
	});
});

describe('batches', () => {
	test('are malformed, with their messages read', () => {
		const text = '[{"jsonrpc":"2.0","id":1,"method":"a"}, {"jsonrpc":"2.0","method":"b"},7,[[]],{"id":2}]';
		expect(readMessage(text, 'client')).toMatchObject({
			kind: 'malformed',
			code: -32600,
			id: undefined,
			batch: [
				{ kind: 'request', id: '1' },
				{ kind: 'notification', method: 'b' },
				{ kind: 'malformed' },
				{ kind: 'malformed' },
				{ kind: 'malformed', id: '2' },
			],
		});
	});

	test('have a limit', () => {
		const many = (count: number) => `[${Array.from({ length: count }, () => '0').join(',')}]`;
		expect(readMessage(many(1000), 'client')).toHaveProperty('batch');
		expect(readMessage(many(1001), 'client')).not.toHaveProperty('batch');
	});
});

describe('ids', () => {
	test.each([
		[0, '0'],
		['0', '"0"'],
		['', '""'],
		[new ExactNumber('9007199254740993'), '9007199254740993'],
		[new ExactNumber('1.0'), '1.0'],
		['a"b', '"a\\"b"'],
		[null, undefined],
		[true, undefined],
		[{}, undefined],
		[[], undefined],
		[undefined, undefined],
	])('%j', (value, expected) => {
		expect(messageId(value)).toBe(expected);
	});
});

describe('writers', () => {
	test('write what the reader reads', () => {
		expect(requestText(id(0), 'm', undefined)).toBe('{"jsonrpc":"2.0","id":0,"method":"m"}');
		expect(requestText(id('a'), 'm', { n: new ExactNumber('1.0') }, { x: 1 })).toBe(
			'{"jsonrpc":"2.0","id":"a","method":"m","params":{"n":1.0},"x":1}',
		);
		expect(notificationText({ method: 'n', params: undefined, extra: {} })).toBe('{"jsonrpc":"2.0","method":"n"}');
		expect(replyText(null, errorReply(-32700, 'm'))).toBe(
			'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}}',
		);
		expect(replyText(id(1), errorReply(1, 'm', null))).toContain('"data":null');
		expect(replyText(id(1), resultReply({}))).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
	});

	test('an extra member can not take the place of an envelope member', () => {
		for (const key of ['id', 'result', 'Method', 'PARAMS']) {
			expect(() => requestText(id(1), 'm', {}, { [key]: 1 })).toThrow(TypeError);
		}
	});

	test('a reply is told from a request with the same id', () => {
		expect(isReplyTo(replyText(id(1), resultReply({})), id(1))).toBe(true);
		expect(isReplyTo(replyText(id(1), errorReply(1, 'm')), id(1))).toBe(true);
		expect(isReplyTo(replyText(null, errorReply(1, 'm')), id(1))).toBe(true);
		expect(isReplyTo(replyText(id(11), resultReply({})), id(1))).toBe(false);
		expect(isReplyTo(replyText(id('1'), resultReply({})), id(1))).toBe(false);
		expect(isReplyTo(requestText(id(1), 'm', {}), id(1))).toBe(false);
		expect(isReplyTo(notificationText({ method: 'result', params: {}, extra: {} }), id(1))).toBe(false);
	});

	test('the head of a request is read back', () => {
		fc.assert(
			fc.property(fc.oneof(fc.string(), fc.integer()), fc.string({ minLength: 1 }), (value, method) => {
				const text = requestText(id(value), method, { id: 1, method: 'x' });
				expect(requestHead(text)).toEqual({ id: messageId(value), method });
			}),
		);
		expect(requestHead(notificationText({ method: 'm', params: {}, extra: {} }))).toBeUndefined();
		expect(requestHead(replyText(id(1), resultReply({ method: 'm' })))).toBeUndefined();
	});

	test('any message survives reading and writing', () => {
		const object = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => value as JsonObject);
		const extra = fc
			.dictionary(
				fc.string().map((key) => `x-${key}`),
				fc.jsonValue(),
			)
			.map((value) => value as JsonObject);
		fc.assert(
			fc.property(fc.string({ minLength: 1 }), fc.option(object, { nil: undefined }), extra, (method, params, more) => {
				const text = requestText(id(3), method, params, more);
				const message = readMessage(text, 'driver');
				if (message.kind !== 'request') throw new Error(text);
				expect(requestText(message.id, message.method, message.params, message.extra)).toBe(text);
			}),
		);
		fc.assert(
			fc.property(fc.jsonValue(), extra, (value, more) => {
				const reply: Reply = { ok: true, body: rawJson(JSON.stringify(value)), extra: more };
				const text = replyText(id(3), reply);
				const message = readMessage(text, 'driver');
				if (message.kind !== 'response') throw new Error(text);
				expect(replyText(message.id, message)).toBe(text);
			}),
		);
	});
});

test('nothing that comes in makes the reader throw', () => {
	const valid = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":[1,"é",null]}}}';
	const mutated = fc
		.array(
			fc.tuple(
				fc.nat(valid.length),
				fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '\\', '0', 'e', '\n', 'id'),
			),
		)
		.map((edits) => edits.reduce((text, [at, piece]) => text.slice(0, at) + piece + text.slice(at + 1), valid));
	fc.assert(
		fc.property(fc.oneof(mutated, fc.string(), fc.json()), fc.constantFrom(...both), (text, from) => {
			expect(readMessage(text, from).kind).toMatch(/^(request|notification|response|malformed)$/);
		}),
		{ numRuns: 20_000 },
	);
});

describe('the quick way to read a message', () => {
	const key = fc.constantFrom(
		'jsonrpc',
		'id',
		'method',
		'params',
		'result',
		'error',
		'extra',
		'Result',
		'__proto__',
		'0',
	);
	const name = fc.oneof(fc.constantFrom('name', 'Name', 'ſ', 's', '__proto__', '1'), fc.string({ maxLength: 3 }));
	const value = fc.letrec((tie) => ({
		any: fc.oneof(
			{ maxDepth: 3 },
			fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e21, '', 'a\u2028"\\\n', '\ud800', 'é'),
			fc.dictionary(name, tie('any'), { maxKeys: 3, noNullPrototype: true }),
			fc.array(tie('any'), { maxLength: 3 }),
		),
	})).any;
	const likely = fc.record(
		{
			jsonrpc: fc.constantFrom('2.0', '1.0'),
			id: fc.constantFrom<unknown>(1, 'x"y', null, 1.5),
			method: fc.constantFrom<unknown>('tools/call', '', 1),
			params: value,
			result: value,
			error: value,
		},
		{ requiredKeys: ['jsonrpc'], noNullPrototype: true },
	);
	const head = fc.tuple(fc.constantFrom('2.0', '2.0', '2.0', '1.0'), fc.constantFrom<unknown>(1, 'x"y', null, 1.5));
	const inOrder = fc.oneof(
		fc.tuple(head, value).map(([[jsonrpc, id], params]) => ({ jsonrpc, id, method: 'tools/call', params })),
		fc.tuple(head, value).map(([[jsonrpc, id], result]) => ({ jsonrpc, id, result })),
		head.map(([jsonrpc, id]) => ({ jsonrpc, id, method: 'ping' })),
	);
	const message = fc.oneof(inOrder, likely, fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true }), value);
	/** As some sender writes it: some numbers in another way, some keys twice, some blanks. */
	const text = fc.tuple(message, fc.constantFrom('none', 'blank', 'number', 'twice')).map(([one, odd]) => {
		const plain = JSON.stringify(one);
		if (odd === 'blank') return plain.replace(/([:,])/, '$1 ');
		if (odd === 'number') return plain.replace('1', '1.0');
		return odd === 'twice' ? plain.replace(/^\{("[^"]*":)/, '{$1 0,$1') : plain;
	});

	test.each(['client', 'driver'] as const)('says the same as the careful way, from a %s', (from) => {
		let quick = 0;
		fc.assert(
			fc.property(text, (given) => {
				const found = quickMessage(given, from);
				if (found === undefined) return;
				quick += 1;
				expect(plainly(found)).toEqual(plainly(readWithCare(given, from)));
			}),
			{ numRuns: 4000 },
		);
		expect(quick).toBeGreaterThan(50);
	});

	test('is left to the careful one where a text is long or deep', () => {
		const deep = `{"jsonrpc":"2.0","id":1,"result":${'['.repeat(300)}${']'.repeat(300)}}`;
		const long = `{"jsonrpc":"2.0","id":1,"result":"${'x'.repeat(20_000)}"}`;
		for (const one of [deep, long]) expect(quickMessage(one, 'driver')).toBeUndefined();
		expect(readMessage(deep, 'driver')).toMatchObject({ kind: 'malformed' });
		expect(readMessage(long, 'driver')).toMatchObject({ kind: 'response' });
	});
});

function plainly(message: Message | Malformed): unknown {
	if (message.kind !== 'response') return message;
	const { body, ...rest } = message;
	return { ...rest, text: body.text, value: body.value() };
}
