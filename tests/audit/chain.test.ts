// The chain as others can check it: canonical JSON, the published samples, fingerprints and trace ids.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExactNumber } from '../../src/abi/json.ts';
import type { DriverName } from '../../src/abi/names.ts';
import { canonicalJson, hashOf, noHash, seal } from '../../src/audit/chain.ts';
import { fingerprintOf } from '../../src/audit/detail.ts';
import { fingerprint } from '../../src/audit/fingerprint.ts';
import { inReadingOrder, targetFields, traceIdOf } from '../../src/audit/record.ts';
import { decided } from './support.ts';

test('the published sample chain holds', () => {
	const lines = readFileSync(join(import.meta.dirname, 'fixtures/sample-chain.jsonl'), 'utf8')
		.trim()
		.split('\n');
	let prev = noHash;
	for (const line of lines) {
		const record = JSON.parse(line);
		expect(record.prev).toBe(prev);
		expect(hashOf(record)).toBe(record.hash);
		prev = record.hash;
	}
	expect(lines).toHaveLength(5);
});

test.each([
	// RFC 8785, sections 3.2.2 and 3.2.3.
	[
		'{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001]}',
		'{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}',
	],
	[
		'{"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/"}',
		'{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
	],
	['{"literals":[null,true,false]}', '{"literals":[null,true,false]}'],
	[
		'{"\\u20ac":1,"\\r":2,"\\ufb33":3,"1":4,"\\ud83d\\ude00":5,"\\u0080":6,"\\u00f6":7}',
		'{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
	],
])('canonical JSON of %s', (text, canonical) => {
	expect(canonicalJson(JSON.parse(text))).toBe(canonical);
});

test('canonical JSON says the same value, and the same whatever order the members came in', () => {
	fc.assert(
		fc.property(fc.jsonValue(), (value) => {
			const text = canonicalJson(value);
			expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
			expect(canonicalJson(JSON.parse(text))).toBe(text);
			expect(canonicalJson(backwards(value))).toBe(text);
		}),
	);
});

function backwards(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(backwards);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value)
			.reverse()
			.map(([name, member]) => [name, backwards(member)]),
	);
}

test('a hash covers everything but itself', () => {
	const record = seal({ a: 1, prev: noHash });
	expect(hashOf(record)).toBe(record.hash);
	expect(hashOf({ ...record, a: 2 })).not.toBe(record.hash);
	expect(hashOf({ ...record, prev: 'x' })).not.toBe(record.hash);
	expect(hashOf({ ...record, hash: 'x' })).toBe(record.hash);
	expect(hashOf({ ...record, absent: undefined })).toBe(record.hash);
});

test('members nobody listed stand before the links of the chain', () => {
	expect(Object.keys(inReadingOrder({ hash: 1, later: 2, seq: 3, prev: 4, v: 5, gone: undefined }))).toEqual([
		'v',
		'seq',
		'later',
		'prev',
		'hash',
	]);
});

const push = { rule: 'no-force-push', target: 'shell/run', args: { command: 'git push -f' } };

test.each([
	['the same refusal in other words', { ...push, args: { command: 'git push --force origin main' } }],
	['the members in another order', { ...push, args: JSON.parse('{"command":"x"}') }],
])('%s has the same fingerprint', (_, other) => {
	expect(fingerprint(other)).toBe(fingerprint(push));
});

test.each([
	['another rule', { ...push, rule: 'no-publish' }],
	['no rule', { ...push, rule: undefined }],
	['another tool', { ...push, target: 'other/run' }],
	['another parameter', { ...push, args: { command: 'x', cwd: 'y' } }],
	['another kind of value', { ...push, args: { command: 1 } }],
])('%s has another fingerprint', (_, other) => {
	expect(fingerprint(other)).not.toBe(fingerprint(push));
});

test('the length of a list and the digits of a number do not count', () => {
	const of = (args: unknown) => fingerprint({ ...push, args: args as never });
	expect(of([1, 2, 3])).toBe(of([7]));
	expect(of([1, 'a', 2])).toBe(of(['b', 3]));
	expect(of({ n: new ExactNumber('9007199254740993') })).toBe(of({ n: 1 }));
	expect(of({ a: null })).not.toBe(of({ a: false }));
	let deep: unknown = 1;
	for (let level = 0; level < 10_000; level += 1) deep = [deep];
	expect(of(deep)).toMatch(/^v1:[0-9a-f]{12}$/);
});

test('refusals of different commands by one rule are told apart', () => {
	const of = (command?: string) => fingerprint({ ...push, command });
	expect(of('git push')).toBe(of('git push'));
	expect(of('git push')).not.toBe(of('git clean'));
	expect(of()).toBe(fingerprint(push));
});

test('fingerprints of version 1 do not change', () => {
	expect(fingerprint(push)).toBe('v1:c50a98fd0331');
	expect(fingerprintOf(decided('x', { rules: ['r'], tool: undefined, resource: 'file:///a' }))).toBe(
		fingerprintOf(decided('y', { rules: ['r'], tool: undefined, resource: 'file:///b' })),
	);
});

test.each([
	['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '4bf92f3577b34da6a3ce929d0e0e4736'],
	['cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more', '4bf92f3577b34da6a3ce929d0e0e4736'],
	['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', undefined],
	['00-00000000000000000000000000000000-00f067aa0ba902b7-01', undefined],
	['00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01', undefined],
	['00-4bf92f3577b34da6a3ce929d0e0e4736', undefined],
	['', undefined],
	[7, undefined],
])('the trace id of %s', (traceparent, id) => {
	expect(traceIdOf({ _meta: { traceparent } })).toBe(id);
});

test('a request without _meta has no trace id, an inherited one does not count', () => {
	expect(traceIdOf({})).toBeUndefined();
	expect(traceIdOf({ _meta: null })).toBeUndefined();
	expect(
		traceIdOf(Object.create({ _meta: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' } })),
	).toBeUndefined();
});

test('each kind of target is named in its own member', () => {
	const none = {};
	const driver = 'github' as DriverName;
	expect(targetFields({ kind: 'tool', driver, tool: 'a/b', args: none })).toEqual({
		driver: 'github',
		tool: 'github/a/b',
	});
	expect(targetFields({ kind: 'resource', driver, uri: 'file:///a', method: 'resources/read' })).toEqual({
		driver: 'github',
		resource: 'file:///a',
	});
	expect(targetFields({ kind: 'prompt', driver, prompt: 'p', args: none, method: 'prompts/get' })).toEqual({
		driver: 'github',
		prompt: 'github/p',
	});
	expect(targetFields({ kind: 'method', driver, method: 'x/y', params: none })).toEqual({
		driver: 'github',
		target: 'x/y',
	});
	expect(targetFields({ kind: 'driver_asks', driver, asks: 'sampling', params: none })).toEqual({
		driver: 'github',
		target: 'sampling',
	});
});
