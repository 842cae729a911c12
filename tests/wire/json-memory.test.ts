// A short text of a long message is kept without the message.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isJsonObject, type Json, member } from '../../src/abi/json.ts';
import { readMessage } from '../../src/wire/message.ts';

const mebibyte = 1024 * 1024;

function paramsOf(params: string): Json {
	const message = readMessage(`{"jsonrpc":"2.0", "id":1,"method":"resources/subscribe","params":${params}}`, 'client');
	return message.kind === 'request' && isJsonObject(message.params) ? message.params : {};
}

test('however many are kept', () => {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	const rest = `"rest":"${'x'.repeat(mebibyte)}"`;
	const subscribed = new Set<Json | undefined>();
	collect();
	const before = process.memoryUsage().heapUsed;
	for (let index = 0; index < 40; index++)
		subscribed.add(member(paramsOf(`{"uri":"notes://a/long/enough/uri/${index}",${rest}}`), 'uri'));
	collect();
	expect(process.memoryUsage().heapUsed - before).toBeLessThan(10 * mebibyte);
	expect(subscribed.size).toBe(40);
	expect(subscribed.has('notes://a/long/enough/uri/39')).toBe(true);
});

test('and reads as it does in a short one', () => {
	const unit = fc.constantFrom(
		'a',
		'é',
		'\ud800',
		'\udc00',
		'\ud83d\ude00',
		'\u2028',
		'"',
		'\\',
		'\n',
		'/',
		'\u007f',
		'abcdefghijklm',
	);
	const texts = fc.array(fc.string({ unit, maxLength: 30 }), { maxLength: 5 });
	const rest = 'x'.repeat(40_000);
	fc.assert(
		fc.property(texts, fc.boolean(), (list, escaped) => {
			// Raw lone surrogates too, which JSON.stringify would spell out.
			const raw = (text: string) => `"${text.replace(/["\\\n]/g, (one) => JSON.stringify(one).slice(1, -1))}"`;
			const written = list.map((text) => (escaped ? JSON.stringify(text) : raw(text))).join(',');
			expect(member(paramsOf(`{"list":[${written}],"rest":"${rest}"}`), 'list')).toEqual(list);
			expect(member(paramsOf(`{"list":[${written}]}`), 'list')).toEqual(list);
		}),
		{ numRuns: 200 },
	);
});
