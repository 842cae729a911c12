// What is remembered from call to call holds on to nothing of the messages that it came in.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Json } from '../../src/abi/json.ts';
import { redactedBounds, redactValue } from '../../src/audit/redact.ts';
import { rememberedSecrecy } from '../../src/audit/secret-names.ts';
import { Words } from '../../src/audit/words.ts';
import { readJson } from '../../src/wire/json.ts';

const mebibyte = 1024 * 1024;
const messages = 40;

/** A long message that names something no other does. */
function messageOf(index: number): Json {
	const name = `--a-long-enough-name-${index}`;
	const text = `{"argv":["${name}","x"],"variables":[{"name":"${name}-variable","value":"x"}],"uri":"notes://${name}","rest":"${'x'.repeat(mebibyte)}"}`;
	const read = readJson(text);
	if (!read.ok) throw new Error(read.reason);
	return read.value;
}

/** How much more memory is held after each message was remembered. */
function heldAfter(remember: (message: Json) => void): number {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	collect();
	const before = process.memoryUsage().heapUsed;
	for (let index = 0; index < messages; index++) remember(messageOf(index));
	collect();
	return process.memoryUsage().heapUsed - before;
}

test.each<readonly [string, () => (message: Json) => void]>([
	[
		'names that say whether a value is a secret',
		() => {
			const secrecy = rememberedSecrecy();
			return (message) => redactValue(message, redactedBounds, secrecy);
		},
	],
	[
		'words of records',
		() => {
			const words = new Words();
			return (message) => words.of((message as { uri: string }).uri);
		},
	],
])('of %s', (_what, begin) => {
	const remember = begin();
	const held = heldAfter(remember);
	// Used to the end: what nobody can reach holds nothing.
	remember(messageOf(0));
	expect(held).toBeLessThan((messages / 4) * mebibyte);
});
