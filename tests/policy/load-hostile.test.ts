// Whatever a file says, loading answers with problems that have a place, and never throws, hangs or pollutes.
import process from 'node:process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadPolicy } from '../../src/policy/load.ts';
import { renderProblems } from '../../src/text/render.ts';

/** Loads; every problem must point into the file and must be possible to show. */
function loadSafely(text: string) {
	const result = loadPolicy({ file: 'p.yaml', text, layer: 'project' });
	if ((result.policy === undefined) !== result.problems.length > 0) throw new Error(`both or neither: ${text}`);
	const lines = text.split('\n');
	for (const { where, message } of result.problems) {
		const width = lines[(where?.line ?? 0) - 1]?.length;
		const isPlaced = where !== undefined && width !== undefined && where.column <= width + 1 && where.length > 0;
		// Plain conditions: this runs some hundred thousand times.
		if (!isPlaced || message === '' || /invalid input|undefined|NaN/i.test(message)) {
			throw new Error(`${JSON.stringify({ message, where })} for ${text.slice(0, 2000)}`);
		}
	}
	renderProblems(result.problems, () => text);
	return result;
}

const good = `version: 1
name: t
mode: enforce
defaults: { tool: deny }
lists: { l: [a, b] }
rules:
  - id: one
    match: { tool: [a/b], effect: write, args: { x: { is: 1 }, any_path: { outside: [/x] } } }
    except: [{ args: { y: 2 } }]
    when: { agent: [x], env: { CI: "true" }, time: { outside: "Mon 09:00-10:00", zone: UTC, after: 2026-01-01 } }
    then: { ask: { prompt: p, show: [args], timeout: 5m, remember: exact-call } }
    reason: r
    instead: i
    examples: [{ call: a/b, args: { x: 1 }, at: "2026-01-01T00:00:00Z", is: asked }]
  - { id: two, match: { tool: a/b }, then: { narrow: { params: { x: { max: 2 } } } } }
  - { id: three, match: { tool: a/b }, then: { rewrite: { params: { x: { replace: { matches: a, with: b } } } } } }
  - { id: four, match: { command: x }, then: { rewrite: { replace_prefix: [a, b], drop_flags: [-c] } } }
  - { id: five, match: { tool: a/b }, then: { pin: { params: { x: 1 } } } }
waivers:
  - { rule: one, match: { tool: a/b }, until: 2026-12-31, approved_by: d, ticket: t }
`;

/** The file as a JSON value, so that parts of it can be swapped (JSON is YAML). */
const asJson = loadPolicy({ file: 'p', text: good, layer: 'project' }).document?.value;

function* pathsOf(value: unknown, path: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
	yield path;
	if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* pathsOf(item, [...path, index]);
	else if (typeof value === 'object' && value !== null) {
		for (const [key, item] of Object.entries(value)) yield* pathsOf(item, [...path, key]);
	}
}

function replaceAt(value: unknown, path: readonly (string | number)[], replacement: unknown): unknown {
	const [step, ...rest] = path;
	if (step === undefined) return replacement;
	if (Array.isArray(value))
		return value.map((item, index) => (index === step ? replaceAt(item, rest, replacement) : item));
	const members = Object.entries(value as object);
	return Object.fromEntries(
		members.map(([key, item]) => [key, key === step ? replaceAt(item, rest, replacement) : item]),
	);
}

test('the file that is taken apart below loads', () => {
	expect(loadSafely(good).problems).toEqual([]);
	expect(loadSafely(JSON.stringify(asJson, null, 2)).problems).toEqual([]);
});

test('every value of every wrong type in every place is a problem with a place, or loads', () => {
	const odd: readonly unknown[] = [
		null,
		true,
		-1.5,
		'',
		'x',
		[],
		{},
		[[]],
		[{}],
		{ x: null },
		{ toString: {} },
		'\u0000',
	];
	let tried = 0;
	for (const path of pathsOf(asJson)) {
		for (const replacement of odd) loadSafely(JSON.stringify(replaceAt(asJson, path, replacement), null, 1));
		tried += odd.length;
	}
	expect(tried).toBeGreaterThan(1000);
});

test('an unknown key in any mapping is never ignored, unless the mapping names things', () => {
	const free = new Set(['lists', 'args', 'env', 'params', 'is', 'facts']);
	for (const path of pathsOf(asJson)) {
		const at = path.reduce<unknown>((value, step) => (value as Record<string | number, unknown>)[step], asJson);
		if (typeof at !== 'object' || at === null || Array.isArray(at) || free.has(String(path.at(-1)))) continue;
		for (const key of ['zzz', 'constructor', 'hasOwnProperty', 'valueOf', 'length']) {
			const { problems } = loadSafely(JSON.stringify(replaceAt(asJson, path, { ...at, [key]: 1 })));
			expect(problems.map(({ code, message }) => [code, message])).toContainEqual(['P101', `unknown key \`${key}\``]);
		}
	}
});

test('text that was cut, doubled or scrambled anywhere never throws', () => {
	fc.assert(
		fc.property(fc.nat(good.length), fc.nat(60), fc.string({ unit: 'binary', maxLength: 12 }), (at, cut, insert) => {
			loadSafely(good.slice(0, at) + insert + good.slice(at + cut));
		}),
		{ numRuns: 200 },
	);
});

test('soups of YAML never throw', () => {
	const pieces = fc.constantFrom(
		...[
			'- ',
			'? ',
			': ',
			'{',
			'}',
			'[',
			']',
			',',
			'\n',
			'  ',
			'\t',
			'"',
			"'",
			'|',
			'>',
			'#',
			'&a ',
			'*a ',
			'!t ',
			'%',
			'---\n',
			'...\n',
		],
		...[
			'<<',
			'a',
			'rules',
			'then',
			'~',
			'0',
			'.inf',
			'\\',
			'@',
			'`',
			'\r\n',
			'|+2\n',
			'>-\n',
			'\ufeff',
			'1e999',
			'__proto__',
		],
	);
	fc.assert(
		fc.property(fc.array(pieces, { maxLength: 40 }), (soup) => {
			loadSafely(soup.join(''));
		}),
		{ numRuns: 1000 },
	);
});

test('no file reaches a prototype', () => {
	for (const key of ['__proto__', '"__proto__"', '"\\u005f_proto__"', 'constructor', 'prototype']) {
		loadSafely(`{${key}: {polluted: true}}`);
		loadSafely(`version: 1\nname: t\nlists: {${key}: [polluted]}\nrules: []\n`);
		loadSafely(
			`version: 1\nname: t\nrules: [{id: a, match: {tool: a/b, args: {${key}: {is: polluted}}}, then: {pin: {params: {${key}: 1}}}}]\n`,
		);
	}
	expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
	expect(({} as Record<string, unknown>)['is']).toBeUndefined();
});

const head = 'version: 1\nname: t\nrules:\n';
const many = 250_000;

test.each<[string, string]>([
	['brackets', '['.repeat(many)],
	['empty lists side by side', '[]'.repeat(many / 2)],
	['dashes', '- '.repeat(many / 2)],
	['braces', '{a: '.repeat(many / 4)],
	['question marks', '? '.repeat(many / 2)],
	['commas', `[${',,'.repeat(many / 2)}`],
	['unknown keys', Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n')],
	['keys without values', `{${Array.from({ length: 30_000 }, (_, index) => `k${index}`).join(',')}}`],
	['one key again and again', 'a: 1\n'.repeat(many / 5)],
	['wrong rules', head + '  - {id: 5, x: 1}\n'.repeat(12_000)],
	['aliases', '- *a\n'.repeat(many / 5)],
	['documents', '---\n'.repeat(many / 4)],
	['bad escapes', `a: "${'\\q'.repeat(many / 8)}"`],
	['digits', `a: ${'9'.repeat(many)}`],
	['zeros', `a: 0.${'0'.repeat(many)}1`],
	['zeros inside', `a: 1${'0'.repeat(many)}1`],
	['a long id', `${head}  - {id: "${'- '.repeat(many / 2)}", match: {tool: a/b}, then: deny}`],
	['a long word', `${head}  - {id: a, match: {tool: a/b}, then: "${'deny'.repeat(many / 4)}"}`],
	[
		'long hours',
		`${head}  - {id: a, match: {tool: a/b}, then: deny, when: {time: {zone: UTC, inside: "${' '.repeat(many)}x y z"}}}`,
	],
	[
		'a long zone',
		`${head}  - {id: a, match: {tool: a/b}, then: deny, when: {time: {zone: ${'A'.repeat(many)}, inside: Sun}}}`,
	],
	[
		'a long date',
		`${head}  - {id: a, match: {tool: a/b}, then: deny, when: {time: {zone: UTC, after: "${'2'.repeat(many)}"}}}`,
	],
])('a quarter of a megabyte of %s is answered', (_name, text) => {
	const before = process.cpuUsage();
	expect(loadSafely(text).problems.length).toBeGreaterThan(0);
	const { user, system } = process.cpuUsage(before);
	// Processor time, so that a busy machine does not matter: linear work takes a fraction of a second.
	expect((user + system) / 1e6).toBeLessThan(4);
});
