import process from 'node:process';
import { expect, test } from 'vitest';
import { ExactNumber } from '../../src/abi/json.ts';
import { isWritten, keyPlace, place, sourceOf } from '../../src/text/places.ts';
import { readYaml } from '../../src/text/yaml.ts';

function read(text: string) {
	const result = readYaml(text, 'p.yaml');
	if (!result.ok) throw new Error(JSON.stringify(result.problems));
	return result.document;
}

function refusal(text: string) {
	const result = readYaml(text, 'p.yaml');
	if (result.ok) throw new Error(`was read: ${JSON.stringify(result.document.value)}`);
	return result.problems;
}

test('words that YAML 1.1 would turn into something else stay text', () => {
	const text = 'a: no\nb: on\nc: yes\nd: 1:30\ne: 2026-12-31\nf: off\ng: y\n';
	expect(read(text).value).toEqual({ a: 'no', b: 'on', c: 'yes', d: '1:30', e: '2026-12-31', f: 'off', g: 'y' });
});

test.each([
	['42', 42],
	['-7', -7],
	['+7', 7],
	['-0', 0],
	['1.50', 1.5],
	['.5', 0.5],
	['-.5', -0.5],
	['2.', 2],
	['1e3', 1000],
	['0x10', 16],
	['0o17', 15],
	['9007199254740991', 9007199254740991],
	['9007199254740993', new ExactNumber('9007199254740993')],
	['-9007199254740993', new ExactNumber('-9007199254740993')],
	['+9007199254740993', new ExactNumber('9007199254740993')],
	['123456789012345678901234567890', new ExactNumber('123456789012345678901234567890')],
	['0.1000000000000000055511151231257827', new ExactNumber('0.1000000000000000055511151231257827')],
	['1e400', new ExactNumber('1e400')],
	['1e-400', new ExactNumber('1e-400')],
])('the number %s is read without rounding', (source, expected) => {
	expect(read(`a: ${source}`).value).toEqual({ a: expected });
});

test.each([
	['a: 010', 'P102', 'two readings', 1, 4],
	['a: -007', 'P102', 'two readings', 1, 4],
	['a: 0x20000000000001', 'P102', 'too large', 1, 4],
	['a: .inf', 'P102', 'JSON', 1, 4],
	['a: -.Inf', 'P102', 'JSON', 1, 4],
	['a: .nan', 'P102', 'JSON', 1, 4],
	['a:\nb: 1', 'P102', '`a` has no value', 1, 1],
	['a:\n  -\n  - 1', 'P102', 'this entry has no value', 2, 3],
	['{a, b: 1}', 'P102', '`a` has no value', 1, 2],
	['a: 1\na: 2', 'P001', 'appears twice in this file', 2, 1],
	['a: 1\n"a": 2', 'P001', 'appears twice in this file', 2, 1],
	["a: 1\n'a': 2", 'P001', 'appears twice in this file', 2, 1],
	['{"a": 1, "\\u0061": 2}', 'P001', 'appears twice in this file', 1, 10],
	['1: x\n"1": y', 'P001', 'appears twice', 2, 1],
	['rules:\n  - id: a\n    id: b', 'P001', 'appears twice in this rule', 3, 5],
	['m: {x: {a: 1, a: 2}}', 'P001', 'appears twice in `x`', 1, 15],
	['a: &x 1', 'P003', 'anchor `&x`', 1, 4],
	['- &x a\n- *x', 'P003', 'anchor `&x`', 1, 3],
	['a: {b: *x}', 'P003', 'alias `*x`', 1, 8],
	['*x : 1', 'P003', 'alias `*x`', 1, 1],
	['a: !!str 1', 'P003', 'tag `!!str`', 1, 4],
	['a: !<tag:yaml.org,2002:int> 1', 'P003', 'tag', 1, 4],
	['a: !!binary aGk=', 'P003', 'tag', 1, 4],
	['!x a: 1', 'P003', 'tag', 1, 1],
	['a: !!str |\n  x', 'P003', 'tag', 1, 4],
	['--- &x\na: 1', 'P003', 'anchor', 1, 5],
	['a: {<<: {b: 1}}', 'P003', 'merge keys', 1, 5],
	['a: 1\n---\nb: 2', 'P003', 'second YAML document', 2, 1],
	['a: 1\n...\n---\nb: 2', 'P003', 'second YAML document', 3, 1],
	['%YAML 1.1\n---\na: no', 'P003', 'directives', 1, 1],
	['{__proto__: {a: 1}}', 'P003', '__proto__', 1, 2],
	['"__proto__": 1', 'P003', '__proto__', 1, 1],
	['a:\n\t- b', 'P002', 'tab', 2, 1],
	['a: b: c', 'P002', 'runs into another', 1, 4],
	['? [a, b]\n: c', 'P002', 'a key must be text', 1, 3],
	['a: "x', 'P002', 'never closed', 1, 5],
	['a: [1, 2', 'P002', 'never closed', 1, 8],
	['a: ]', 'P002', '', 1, 4],
	['a: @b', 'P002', 'can not start', 1, 4],
	['a: "\\q"', 'P002', 'escape', 1, 5],
	['a: 1\u0000', 'P004', 'U+0000', 1, 5],
	['a: 1 # \u202e x', 'P004', 'U+202E', 1, 8],
	['# a comment that hides a rule\ra: 1', 'P004', 'U+000D', 1, 30],
	['a: \u001b[2J', 'P004', 'U+001B', 1, 4],
	['a: \u0085b', 'P004', 'U+0085', 1, 4],
	['a: \ud800', 'P004', 'U+D800', 1, 4],
	['"a\\u200b": 1', 'P004', 'U+200B', 1, 1],
	['a\u200d: 1', 'P004', 'U+200D', 1, 1],
	['a\u3164: 1', 'P004', 'U+3164', 1, 1],
])('%j is refused at its place', (text, code, message, line, column) => {
	const [problem] = refusal(text);
	expect(problem).toMatchObject({ code, severity: 'error', where: { file: 'p.yaml', line, column } });
	expect(problem?.message).toContain(message);
	expect(problem?.where?.length).toBeGreaterThan(0);
});

test('64 levels are read and 66 are not, in brackets, dashes and braces', () => {
	for (const [open, close] of [
		['[', ']'],
		['- ', ''],
		['{a: ', '}'],
	] as const) {
		const nested = (levels: number) => `${open.repeat(levels)}x${close.repeat(levels)}`;
		expect(readYaml(nested(63), 'p').ok).toBe(true);
		expect(refusal(nested(66))[0]).toMatchObject({ code: 'P003' });
		expect(refusal(nested(1000))[0]?.message).toContain('deeper than 64');
		// A second time: the recursive composer ended the whole process on this input.
		expect(refusal(nested(1000))[0]?.message).toContain('deeper than 64');
	}
});

test('a file beyond 1 MiB is refused', () => {
	expect(refusal('#'.repeat((1 << 20) + 1))[0]).toMatchObject({ code: 'P003', where: { line: 1, column: 1 } });
	expect(readYaml(`a: 1\n${'#'.repeat((1 << 20) - 6)}`, 'p').ok).toBe(true);
});

test('more keys and entries than any policy has are refused before each costs an error', () => {
	expect(refusal(`[${',,'.repeat(400_000)}`)[0]).toMatchObject({ code: 'P003' });
	expect(refusal(`a: ${'[]'.repeat(400_000)}`)[0]).toMatchObject({ code: 'P002' });
});

test('a mapping of many keys is read in linear time', () => {
	const text = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n');
	const before = process.cpuUsage();
	expect(Object.keys(read(text).value as object)).toHaveLength(20_000);
	const { user, system } = process.cpuUsage(before);
	// Comparing each key with all others takes six seconds of processor time; reading them once, a fraction of one.
	expect((user + system) / 1e6).toBeLessThan(3);
});

test('a byte order mark is no part of the first key', () => {
	const document = read('\ufeffa: 1');
	expect(document.value).toEqual({ a: 1 });
	expect(keyPlace(document, ['a'])).toMatchObject({ line: 1, column: 1 });
});

test('keys that other programs stumble over are plain keys', () => {
	const value = read('constructor: 1\ntoString: 2\nhasOwnProperty: 3\nprototype: 4').value as object;
	expect(Object.keys(value)).toEqual(['constructor', 'toString', 'hasOwnProperty', 'prototype']);
	expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});

test('tabs, CRLF, emoji and accents in values are fine', () => {
	expect(read('a: "x\ty"\r\nb: 👩‍💻 é\r\n').value).toEqual({ a: 'x\ty', b: '👩‍💻 é' });
});

test('places point at keys, values and what is nearest to something missing', () => {
	const document = read('rules:\n  - id: one\n    match: { tool: [a/b, c/d] }\n  - { id: two }\n');
	const file = 'p.yaml';
	expect(keyPlace(document, ['rules', 0, 'match'])).toEqual({ file, line: 3, column: 5, length: 5 });
	expect(place(document, ['rules', 0, 'match'])).toEqual({ file, line: 3, column: 12, length: 20 });
	expect(place(document, ['rules', 0, 'match', 'tool', 1])).toEqual({ file, line: 3, column: 26, length: 3 });
	expect(place(document, ['rules', 1])).toEqual({ file, line: 4, column: 5, length: 11 });
	expect(place(document, ['rules', 0])).toEqual({ file, line: 2, column: 5, length: 7 });
	expect(keyPlace(document, ['rules', 1, 'then'])).toEqual(place(document, ['rules', 1]));
	expect(place(document, ['no', 'such', 3])).toMatchObject({ line: 1, column: 1 });
	expect(isWritten(document, ['rules', 1, 'id'])).toBe(true);
	expect(isWritten(document, ['rules', 1, 'then'])).toBe(false);
	expect(sourceOf(document, ['rules', 1])).toBe('{ id: two }');
});
