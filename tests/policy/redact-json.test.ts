// Redactions in messages: every text wherever it stands, and the message stays one.
import { describe, expect, test } from 'vitest';
import { ExactNumber, type Json, member, stringMember } from '../../src/abi/json.ts';
import { isKind } from '../../src/policy/compiled.ts';
import { type JsonRedaction, redactJson } from '../../src/policy/redact-json.ts';
import { setOf } from './support.ts';

const key = `AKIA${'IOSFODNN7EXAMPLE'}`;
const set = setOf(`
rules:
  - { id: keys, match: { tool: "*" }, then: { redact: { find: [detector:aws, "regex:\\\\b4111\\\\d{4}\\\\b"] } } }
  - { id: names, match: { resource: "*" }, then: { redact: { find: "regex:acme" } } }
`);
const [keys, names] = set.rules.filter(isKind('redact'));
const rules = keys === undefined ? [] : [keys];
const redaction: JsonRedaction = { rules, meter: () => undefined };
const clean = (value: Json, more: Partial<JsonRedaction> = {}) => redactJson(value, { ...redaction, ...more });
const base64 = (text: string | Uint8Array) => Buffer.from(text as string).toString('base64');

const text = (value: string): Json => ({ type: 'text', text: value });
const mark = '[redacted:aws]';

test.each<[string, Json, Json]>([
	['a result', { content: [text(`a ${key}`)], isError: false }, { content: [text(`a ${mark}`)], isError: false }],
	['the structured part', { structuredContent: { a: [{ b: key }] } }, { structuredContent: { a: [{ b: mark }] } }],
	['a name', { structuredContent: { [key]: 1 } }, { structuredContent: { [mark]: 1 } }],
	['names that become one', { a: { [key]: 1, [`${key.slice(0, -1)}F`]: 2 } }, { a: { [mark]: 1, [`${mark} 2`]: 2 } }],
	[
		'a number that a tool gives',
		{ structuredContent: { card: 41112222 } },
		{ structuredContent: { card: '[redacted:custom]' } },
	],
	[
		'an error',
		{ code: -32000, message: `no ${key}`, data: { at: [key] } },
		{ code: -32000, message: `no ${mark}`, data: { at: [mark] } },
	],
	[
		'a number in an error',
		{ code: 41112222, message: '', data: [41112222] },
		{ code: 41112222, message: '', data: ['[redacted:custom]'] },
	],
	[
		'a prompt',
		{ description: key, messages: [{ role: 'user', content: text(key) }] },
		{ description: mark, messages: [{ role: 'user', content: text(mark) }] },
	],
	[
		'an embedded resource',
		{ content: [{ type: 'resource', resource: { uri: `x://${key}`, text: key } }] },
		{ content: [{ type: 'resource', resource: { uri: `x://${mark}`, text: mark } }] },
	],
	[
		'a link',
		{ content: [{ type: 'resource_link', uri: 'x://a', name: key, description: key }] },
		{ content: [{ type: 'resource_link', uri: 'x://a', name: mark, description: mark }] },
	],
	[
		'the contents of a resource',
		{
			contents: [
				{ uri: 'x://a', text: key },
				{ uri: 'x://b', blob: base64(`a=${key}\né`) },
			],
		},
		{
			contents: [
				{ uri: 'x://a', text: mark },
				{ uri: 'x://b', blob: base64(`a=${mark}\né`) },
			],
		},
	],
	[
		'the data of a block',
		{ content: [{ type: 'audio', data: base64(`a=${key}`), mimeType: 'a/b' }] },
		{ content: [{ type: 'audio', data: base64(`a=${mark}`), mimeType: 'a/b' }] },
	],
	[
		'an address that holds its data',
		{ icons: [{ src: `data:text/plain;base64,${base64(key)}` }] },
		{ icons: [{ src: `data:text/plain;base64,${base64(mark)}` }] },
	],
	[
		'a definition',
		{ name: 'a', description: key, inputSchema: { type: 'object', properties: { a: { default: key } } } },
		{ name: 'a', description: mark, inputSchema: { type: 'object', properties: { a: { default: mark } } } },
	],
	['completions', { completion: { values: ['a', key], total: 2 } }, { completion: { values: ['a', mark], total: 2 } }],
	[
		'a list where a text belongs',
		{ content: [{ type: 'text', text: [key, { text: key }] }] },
		{ content: [{ type: 'text', text: [mark, { text: mark }] }] },
	],
	['lists in lists', { content: [[text(key), [text(key)]]] }, { content: [[text(mark), [text(mark)]]] }],
	['meta data', { _meta: { 'a/b': key } }, { _meta: { 'a/b': mark } }],
])('%s', (_, before, after) => {
	const { value, count } = clean(before);
	expect(value).toEqual(after);
	expect(count).toBeGreaterThan(0);
	expect(clean(value)).toEqual({ value, count: 0 });
});

test('a member called __proto__ stays one', () => {
	const value = JSON.parse(`{"a":{"__proto__":"${key}"}}`) as Json;
	expect(JSON.stringify(clean(value).value)).toBe(`{"a":{"__proto__":"${mark}"}}`);
});

test('what holds nothing is the very same value', () => {
	const value: Json = { content: [text('a')], structuredContent: { n: 1, e: new ExactNumber('1.0'), l: [null, true] } };
	expect(clean(value)).toEqual({ value, count: 0 });
	expect(clean(value).value).toBe(value);
	const part = { content: [text('a'), text(key)], structuredContent: { a: [1] } };
	expect((clean(part).value as typeof part).structuredContent).toBe(part.structuredContent);
});

describe('texts that are read one after the other', () => {
	const [start, end] = [key.slice(0, 9), key.slice(9)];

	test.each<[string, Json, Json]>([
		['blocks', { content: [text(`a ${start}`), text(`${end} b`)] }, { content: [text(`a ${mark}`), text(' b')] }],
		[
			'with something between them',
			{ content: [text(start), { type: 'image', data: '', mimeType: 'a/b' }, text(end)] },
			{ content: [text(mark), { type: 'image', data: '', mimeType: 'a/b' }, text('')] },
		],
		[
			'a block and a resource',
			{ content: [text(start), { type: 'resource', resource: { uri: 'x://a', text: end } }] },
			{ content: [text(mark), { type: 'resource', resource: { uri: 'x://a', text: '' } }] },
		],
		[
			'contents',
			{
				contents: [
					{ uri: 'a', text: start },
					{ uri: 'b', text: end },
				],
			},
			{
				contents: [
					{ uri: 'a', text: mark },
					{ uri: 'b', text: '' },
				],
			},
		],
		[
			'messages',
			{
				messages: [
					{ role: 'user', content: text(start) },
					{ role: 'user', content: [text(end)] },
				],
			},
			{
				messages: [
					{ role: 'user', content: text(mark) },
					{ role: 'user', content: [text('')] },
				],
			},
		],
	])('%s', (_, before, after) => {
		expect(clean(before)).toEqual({ value: after, count: 1 });
	});
});

test('words of the protocol are no secrets, whatever a pattern finds', () => {
	const wide = setOf(
		`rules:\n  - { id: wide, match: { tool: "*" }, then: { redact: { find: "regex:[a-z]+", replace: "*" } } }`,
	);
	const value: Json = { messages: [{ role: 'user', content: [{ type: 'text', text: 'text' }] }] };
	expect(clean(value, { rules: wide.rules.filter(isKind('redact')) }).value).toEqual({
		messages: [{ role: 'user', content: [{ type: 'text', text: '*' }] }],
	});
	const other: Json = { role: 'key', type: 'x', structuredContent: { abc: 'text' } };
	expect(clean(other, { rules: wide.rules.filter(isKind('redact')) }).value).toEqual({
		role: '*',
		type: '*',
		structuredContent: { '*': '*' },
	});
});

test('bytes that are no text keep all others', () => {
	const bytes = Buffer.concat([Buffer.from([0xff, 0x00, 0xfe]), Buffer.from(key), Buffer.from([0x80, 0x00])]);
	const after = clean({ contents: [{ uri: 'a', blob: base64(bytes) }] }).value as { contents: { blob: string }[] };
	expect(Buffer.from(after.contents[0]?.blob ?? '', 'base64')).toEqual(
		Buffer.concat([Buffer.from([0xff, 0x00, 0xfe]), Buffer.from(mark), Buffer.from([0x80, 0x00])]),
	);
	const wide = Buffer.from(`a=${key}`, 'utf16le').toString('base64');
	expect(clean({ contents: [{ uri: 'a', blob: wide }] }).count).toBe(1);
});

describe('base64 is read as careless readers do', () => {
	const padded = base64(`a=${key}`);
	const opened = (text: string) => Buffer.from(text, 'base64').toString('latin1');
	const blobOf = (blob: string) =>
		stringMember((member(clean({ contents: [{ uri: 'a', blob }] }).value, 'contents') as Json[])[0], 'blob') ?? '';

	test.each([
		['what does not belong is skipped', `${padded.slice(0, 3)}!${padded.slice(3, 9)}\u200b${padded.slice(9)}`],
		['a padding in between begins anew', `eA==${padded}`],
		['a character too many', `${padded.replace(/=/g, '')}AA`.slice(0, 33)],
		['lines', padded.replace(/.{5}/g, '$&\r\n')],
	])('%s', (_, blob) => {
		expect(opened(blobOf(blob))).toContain(mark);
		expect(opened(blobOf(blob))).not.toContain(key);
	});

	test('one secret beside it does not hide another within', () => {
		const both = `${base64(`a=${key} `.padEnd(24))}${key}`;
		const blob = blobOf(both);
		expect(blob).not.toContain(key);
		expect(opened(blob)).not.toContain(key);
	});

	test('an address that begins late', () => {
		const uri = ` DATA:text/plain;charset=utf-8;base64,${padded}`;
		expect(clean({ content: [{ type: 'resource_link', name: 'x', uri }] }).count).toBe(1);
	});

	test('some megabytes of picture are read in time', () => {
		const bytes = Uint8Array.from({ length: 2_000_000 }, (_, index) => (index * index * 31) >> 3);
		const begun = process.cpuUsage();
		const picture = { content: [{ type: 'image', mimeType: 'image/png', data: base64(bytes) }] };
		expect(clean(picture)).toEqual({ value: picture, count: 0 });
		const { user, system } = process.cpuUsage(begun);
		expect(user + system).toBeLessThan(4_000_000);
	});
});

test('members of any name are members, those of prototypes too', () => {
	const given = JSON.parse(`{"structuredContent":{"__proto__":"${key}","${key}":{"constructor":"${key}"}}}`);
	const { value, count } = clean(given);
	expect(JSON.stringify(value)).toBe(
		`{"structuredContent":{"__proto__":"${mark}","${mark}":{"constructor":"${mark}"}}}`,
	);
	expect(count).toBe(3);
});

test('a message of any depth is cleaned or withheld', () => {
	let deep: Json = { text: key };
	for (let level = 0; level < 50_000; level += 1) deep = level % 2 === 0 ? { content: [deep] } : { x: [deep] };
	expect(() => clean(deep)).toThrow();
});

test.each(['no base64', 'AAAA=AAA', 'AAAAA', ''])('%j under `blob` is a text like others', (blob) => {
	expect(clean({ blob }).count).toBe(0);
	expect(clean({ blob: `${blob} ${key}` }).value).toEqual({ blob: `${blob} ${mark}` });
});

test('contents of a resource obey the rules about that resource, and nothing else does', () => {
	const rulesOn = (uri: string) => (uri === 'x://a' && names !== undefined ? [names] : []);
	const value: Json = {
		content: [
			{ type: 'resource', resource: { uri: 'x://a', text: `acme ${key}`, mimeType: 'acme' } },
			{ type: 'resource', resource: { uri: 'x://b', text: 'acme' } },
			text('acme'),
		],
	};
	expect(clean(value, { rulesOn }).value).toEqual({
		content: [
			{
				type: 'resource',
				resource: { uri: 'x://a', text: `[redacted:custom] ${mark}`, mimeType: '[redacted:custom]' },
			},
			{ type: 'resource', resource: { uri: 'x://b', text: 'acme' } },
			text('acme'),
		],
	});
	expect(clean(value, { rules: [], rulesOn }).count).toBe(2);
});

test('contents of a resource obey its rules wherever a message holds them, names of members too', () => {
	const rulesOn = (uri: string) => (uri === 'x://a' && names !== undefined ? [names] : []);
	const held = { type: 'resource', resource: { uri: 'x://a', text: 'acme', acme: 1 } };
	const clear = { type: 'resource', resource: { uri: 'x://a', text: '[redacted:custom]', '[redacted:custom]': 1 } };
	const other = { type: 'resource', resource: { uri: 'x://b', text: 'acme', acme: 1 } };
	const message = (content: Json): Json => ({ messages: [{ role: 'user', content }] });
	expect(clean(message(held), { rulesOn }).value).toEqual(message(clear));
	expect(clean(message([held, other]), { rulesOn }).value).toEqual(message([clear, other]));
	// Of two addresses, whoever reads it may go by either.
	const two = (text: string): Json => ({ content: [{ uri: 'x://a', resource: { uri: 'x://b', text } }] });
	expect(clean(two('acme'), { rules: [], rulesOn }).value).toEqual(two('[redacted:custom]'));
	expect(clean({ contents: [{ uri: 'x://a', resource: { uri: 'x://b' }, acme: 1 }] }, { rulesOn }).count).toBe(1);
});
