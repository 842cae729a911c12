// The full text of an answer: one text as it is, and of several parts each, whole.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/abi/json.ts';
import { fullTextOf as fullTextOfReply } from '../../../src/kernel/shorten/full-text.ts';
import { textsIn } from '../../../src/kernel/shorten/texts.ts';
import { rawOf } from '../../../src/wire/json.ts';
import { errorReply, resultReply } from '../../../src/wire/message.ts';
import { reply, text } from './answers.ts';

const fullTextOf = (result: Json) => fullTextOfReply(resultReply(result));

test('a lone text is exactly that text', () => {
	fc.assert(
		fc.property(text, (words) => {
			expect(fullTextOf({ content: [{ type: 'text', text: words }], isError: false, _meta: { a: 1 } })).toBe(words);
			expect(fullTextOf({ contents: [{ uri: 'file:///a', text: words }] })).toBe(words);
		}),
	);
});

test('every text of every part is in it', () => {
	fc.assert(
		fc.property(reply, (answer) => {
			const whole = fullTextOfReply(answer);
			const { _meta, ...said } = answer.body.value() as Record<string, Json>;
			// Shorter ones are words of the protocol.
			const texts = [...textsIn(said), ...textsIn(answer.extra)].filter((words) => words.length > 20);
			// A text stands there as it is, one within a structure as JSON has it, and of one said twice the line break alone.
			const isThere = (form: string) => whole.includes(form) || whole.includes(form.replace(/(?:\n|\\n)$/, ''));
			for (const words of texts) expect([words, JSON.stringify(words).slice(1, -1)].some(isThere)).toBe(true);
		}),
	);
});

test('each part has a line above it that says what it is', () => {
	const body: JsonObject = {
		content: [
			{ type: 'text', text: 'hello' },
			{ type: 'image', mimeType: 'image/png', data: 'iVBORw0KGgo=' },
			{ type: 'resource', resource: { uri: 'file:///a', mimeType: 'text/markdown', text: '# a' } },
		] as readonly JsonObject[],
		structuredContent: { n: 1 },
		isError: true,
	};
	expect(fullTextOf(body).split('\n')).toEqual([
		'--- content 1 ---',
		'hello',
		'--- content 2, image/png ---',
		'{"type":"image","mimeType":"image/png","data":"iVBORw0KGgo="}',
		'--- content 3, file:///a, text/markdown ---',
		'# a',
		'--- structuredContent ---',
		'{"structuredContent":{"n":1}}',
	]);
	expect(
		fullTextOf({
			messages: [
				{ role: 'user', content: { type: 'text', text: 'a' } },
				{ role: 'assistant', content: [{ type: 'text', text: 'b' }] },
			],
		}),
	).toBe(
		'--- messages 1, user ---\na\n--- messages 2, assistant ---\n{"role":"assistant","content":[{"type":"text","text":"b"}]}',
	);
	expect(fullTextOfReply(errorReply(-1, 'no', [1]))).toBe('--- error -1 ---\nno\n--- data ---\n[1]');
	expect(fullTextOfReply(errorReply(-1, 'no'))).toBe('no');
});

test('what an item says beside its text is there, too, and a long `_meta`', () => {
	const annotations = { audience: ['user'] };
	const resource = { uri: `file:///${'a'.repeat(300)}`, text: '# a', vendor: 1 };
	const body: JsonObject = {
		content: [
			{ type: 'text', text: 'hello', annotations, _meta: { a: 1 } },
			{ type: 'resource', resource },
		],
		_meta: { trace: 'b'.repeat(300) },
	};
	expect(fullTextOf(body).split('\n')).toEqual([
		'--- content 1 ---',
		'hello',
		'--- content 1, more ---',
		'{"annotations":{"audience":["user"]}}',
		`--- content 2, file:///${'a'.repeat(192)} ---`,
		'# a',
		'--- content 2, more ---',
		`{"resource":{"vendor":1,"uri":"${resource.uri}"}}`,
		'--- _meta ---',
		`{"_meta":{"trace":"${'b'.repeat(300)}"}}`,
	]);
});

test('what only some servers say is there, too', () => {
	const content = [{ type: 'text', text: 'hello' }];
	// An error has a message, and not everything with a message is an error.
	expect(fullTextOf({ message: 'm', content })).toContain('hello');
	const error = { ok: false, body: rawOf({ code: -1, message: 'no', more: ['why'] }), extra: {} };
	expect(fullTextOfReply(error)).toBe('--- error -1 ---\nno\n--- more ---\n{"more":["why"]}');
	const extra = { vendor: 'v'.repeat(300) };
	expect(fullTextOfReply({ ...resultReply({ content }), extra })).toContain(extra.vendor);
	const inner: readonly JsonObject[] = [{ content: { text: 'b' } }, { resource: { uri: 'x://a', text: 'b' } }];
	for (const beside of inner) {
		const whole = fullTextOf({ content: [{ type: 'text', text: 'hello', ...beside }] });
		expect(whole).toContain('"hello"');
		expect(whole).toContain('"b"');
	}
	expect(fullTextOf({ content: [{ type: 'vendor', text: 'a', role: 'r'.repeat(300) }] })).toMatch(/"vendor".*r{300}/s);
});

test('what a structure says that a text says already stands there once', () => {
	const stdout = 'a line that a program prints\n'.repeat(50);
	const body = {
		content: [{ type: 'text', text: `exit code: 0\n${stdout}` }],
		structuredContent: { stdout, stderr: 'other '.repeat(50) },
	};
	const whole = fullTextOf(body);
	expect(whole).toContain('"stdout":"[in the text above]\\n"');
	expect(whole).toContain('other other');
	// One character less in the text, and it is not the same.
	const changed = { ...body, content: [{ type: 'text', text: stdout.replace('prints', 'print') }] };
	expect(fullTextOf(changed)).not.toContain('[in the text above]');
});

test('looking for what is said twice takes no longer than the texts are long', () => {
	const content = [{ type: 'text', text: 'a'.repeat(2_000_000) }];
	const texts = Array.from({ length: 50 }, () => `${'a'.repeat(100_000)}b`);
	// Tried at every place, this would not end within a test.
	expect(fullTextOf({ content, structuredContent: { texts } }).includes('ab')).toBe(true);
});
