// What of a request stands in headers, too, and how.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactNumber, type JsonObject } from '../../src/abi/json.ts';
import { headerValue, mirroredHeaders } from '../../src/wire/mirrored-headers.ts';

const always = { 'mcp-protocol-version': '2026-07-28' };

describe('the value of a header', () => {
	// The first five are the examples of the specification.
	test.each([
		['us-west1', 'us-west1'],
		['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
		[' padded ', '=?base64?IHBhZGRlZCA=?='],
		['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
		['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
		['a b', 'a b'],
		['a\tb', '=?base64?YQli?='],
		['a\r\nX-Evil: 1', '=?base64?YQ0KWC1FdmlsOiAx?='],
		['', ''],
		['\u007f', '=?base64?fw==?='],
	])('%j', (text, value) => {
		expect(headerValue(text)).toBe(value);
	});

	test('is one line of plain characters that leads back to the text, whatever that is', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'grapheme' }), (text) => {
				const value = headerValue(text);
				expect(value).toMatch(/^[ -~]*$/);
				expect(value).toBe(value.trim());
				expect(new Headers({ x: value }).get('x')).toBe(value);
				const encoded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
				expect(encoded === undefined ? value : Buffer.from(encoded, 'base64').toString('utf8')).toBe(text);
			}),
		);
	});
});

describe('the headers of', () => {
	const none = () => [];
	test.each<[string, JsonObject | undefined, Record<string, string>]>([
		['tools/list', undefined, {}],
		['tools/call', { name: 'write file' }, { 'mcp-name': 'write file' }],
		['tools/call', { name: 7 }, {}],
		['prompts/get', { name: 'é' }, { 'mcp-name': '=?base64?w6k=?=' }],
		['resources/read', { uri: 'file:///a', name: 'b' }, { 'mcp-name': 'file:///a' }],
		['toString', { name: 'x' }, {}],
	])('%s %j', (method, params, more) => {
		expect(mirroredHeaders(method, params, none)).toEqual({ ...always, 'mcp-method': method, ...more });
	});

	test('a call, with the parameters that its tool marks', () => {
		const parameters = ['text', 'flag', 'count', 'exact', 'nothing', 'list', 'missing'].map((key) => ({
			header: `X-${key}`,
			path: ['deep', key],
		}));
		const deep = { text: 'é', flag: false, count: -7, exact: new ExactNumber('1.0'), nothing: null, list: ['a'] };
		const params = { name: 't', arguments: { deep } };
		expect(mirroredHeaders('tools/call', params, (tool) => (tool === 't' ? parameters : []))).toEqual({
			...always,
			'mcp-method': 'tools/call',
			'mcp-name': 't',
			'mcp-param-X-text': '=?base64?w6k=?=',
			'mcp-param-X-flag': 'false',
			'mcp-param-X-count': '-7',
			'mcp-param-X-exact': '1.0',
		});
		// Nothing is inherited, and only tools have such parameters.
		const inherited = [{ header: 'X', path: ['constructor', 'name'] }];
		expect(mirroredHeaders('tools/call', params, () => inherited)).not.toHaveProperty('mcp-param-X');
		expect(mirroredHeaders('prompts/get', params, () => parameters)).not.toHaveProperty('mcp-param-X-text');
	});
});
