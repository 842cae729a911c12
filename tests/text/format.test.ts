// The canonical layout: what it looks like, that it changes no value and loses no comment, and that it is its own layout.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyOrder } from '../../src/policy/key-order.ts';
import { formatYaml } from '../../src/text/format.ts';
import { readYaml } from '../../src/text/yaml.ts';
import { spelledYaml, valueIn } from '../support/spelled-yaml.ts';

function format(text: string): string {
	const formatted = formatYaml(text, 'p.yaml', keyOrder);
	if (!formatted.ok) throw new Error(JSON.stringify(formatted.problems));
	return formatted.text;
}

const long = 'x'.repeat(60);

describe.each<readonly [what: string, given: string, wanted: string]>([
	['two spaces a level', 'a:\n    - b:\n          c: 1\n', 'a:\n  - b:\n      c: 1\n'],
	['a list below its key', 'a:\n- 1\n-   2\n', 'a:\n  - 1\n  - 2\n'],
	['lists in lists', '- - a\n  -   - b\n', '- - a\n  - - b\n'],
	['one space in braces, none in brackets', 'a: {b:  1,c: [ 2,3 ]}\n', 'a: { b: 1, c: [2, 3] }\n'],
	['nothing in empty brackets', 'a: { }\nb: [  ]\n', 'a: {}\nb: []\n'],
	['brackets on one line', 'a: [\n  1,\n  2,\n]\n', 'a: [1, 2]\n'],
	['a pair in brackets', 'a: [b: 1]\n', 'a: [{ b: 1 }]\n'],
	[
		'brackets that do not fit are opened, from outside',
		`a: { b: [${long}, ${long}], c: { d: 1 } }\n`,
		`a:\n  b:\n    - ${long}\n    - ${long}\n  c: { d: 1 }\n`,
	],
	['brackets in a list that do not fit', `- { a: ${long}, b: ${long} }\n`, `- a: ${long}\n  b: ${long}\n`],
	['brackets with a comment are opened', 'a: { b: 1, # one\n  c: 2 }\n', 'a:\n  b: 1 # one\n  c: 2\n'],
	['a comment behind opened brackets', `a: { b: ${long}, c: ${long} } # d\n`, `a: # d\n  b: ${long}\n  c: ${long}\n`],
	['a comment does not count for the width', `a: { b: ${long} } # ${long}\n`, `a: { b: ${long} } # ${long}\n`],
	['one space before a comment', 'a: 1     # b\n', 'a: 1 # b\n'],
	['a comment behind a key', 'a: # b\n  - 1\n', 'a: # b\n  - 1\n'],
	['comments below a key', 'a: # b\n  # c\n\n  # d\n  - 1\n', 'a: # b\n  # c\n\n  # d\n  - 1\n'],
	['a comment between key and value', 'a: # b\n  c\n', '# b\na: c\n'],
	['a comment behind a dash', '- # b\n  a: 1\n', '# b\n- a: 1\n'],
	['comments at the ends', '# a\n\n# b\na:\n  - 1\n  # c\n\n# d\n', '# a\n\n# b\na:\n  - 1\n  # c\n\n# d\n'],
	[
		'comments by their column',
		'a:\n  - b:\n      - 1\n      # c\n\n  # d\n# e\nf: 1\n',
		'a:\n  - b:\n      - 1\n      # c\n\n  # d\n# e\nf: 1\n',
	],
	['a comment in empty brackets', 'a: [ # b\n  ]\n', '# b\na: []\n'],
	['an empty comment', '#\na: 1 #\n', '#\na: 1 #\n'],
	['one blank line for many', '\n\na: 1\n\n\n\nb: 2\n\n\n', 'a: 1\n\nb: 2\n'],
	['no blank line behind a key', 'a:\n\n  b: 1\n\n  c: 2\n', 'a:\n  b: 1\n\n  c: 2\n'],
	['double quotes', "a: 'b'\n'c': 'it''s'\n", 'a: "b"\n"c": "it\'s"\n'],
	['single quotes where they say something', `a: 'b\\d'\nc: '"e"'\n`, `a: 'b\\d'\nc: '"e"'\n`],
	[
		'numbers as they are written',
		'a: 1.50\nb: 0x1F\nc: 12345678901234567890\n',
		'a: 1.50\nb: 0x1F\nc: 12345678901234567890\n',
	],
	['text over lines', 'a: b\n      c\n\n      d\n', 'a: b\n  c\n\n  d\n'],
	['quoted text over lines', 'a: "b\n     c\\\n     d\\ \n     e"\n', 'a: "b\n  c\\\n  d\\ \n  e"\n'],
	['text over lines in brackets', 'a: [b\n  c, "d\n\n  e"]\n', 'a: [b c, "d\\ne"]\n'],
	['a block of text', 'a: |\n      b\n        c\n\n      d\ne: 1\n', 'a: |\n  b\n    c\n\n  d\ne: 1\n'],
	['a block that begins with blanks', 'a: |4-\n      b\n    c\n', 'a: |2-\n    b\n  c\n'],
	['a folded block with a comment', 'a: >- # b\n   c\n   d\n\n\ne: 1\n', 'a: >- # b\n  c\n  d\n\ne: 1\n'],
	['a block whose last lines count', 'a: |+\n  b\n\n\nc: |+\n  d\n\n', 'a: |+\n  b\n\n\nc: |+\n  d\n\n'],
	['an explicit key', '? a\n: b\n? "c\n  d"\n: e\n', 'a: b\n"c d": e\n'],
	['an empty key', '? # a\n: b\n', '# a\n"": b\n'],
	['document marks', '# a\n---\nb: 1\n...\n# c\n', '# a\nb: 1\n# c\n'],
	['Windows line ends', 'a: |\r\n  b\r\n# c\r\nd: 1\r\n', 'a: |\n  b\n# c\nd: 1\n'],
	['comments alone', '\n# a\n\n\n# b\n', '# a\n\n# b\n'],
	['JSON', '{"a": {"b": [1, null, true]}}', '{ "a": { "b": [1, null, true] } }\n'],
])('%s', (_what, given, wanted) => {
	test('is written so', () => expect(format(given)).toBe(wanted));
	test('and stays so', () => expect(format(wanted)).toBe(wanted));
});

test('a rule says its parts in the order in which it reads, comments beside them', () => {
	const given = `version: 1
name: a
rules:
  # about the rule
  - # too
    then: deny # never

    # what it is about
    match: { tool: x/y }
    id: a
    other: 1
    examples:
      - { is: denied, args: { is: 1, call: 2 }, call: x/y }
waivers: [{ until: 2026-12-31, rule: a }]
`;
	expect(format(given)).toBe(`version: 1
name: a
rules:
  # about the rule
  # too
  - id: a

    # what it is about
    match: { tool: x/y }
    then: deny # never
    examples:
      - { call: x/y, args: { is: 1, call: 2 }, is: denied }
    other: 1
waivers: [{ rule: a, until: 2026-12-31 }]
`);
});

test('what is no YAML is refused with its place', () => {
	expect(formatYaml('a: 1\nb: [\n', 'p.yaml')).toMatchObject({
		ok: false,
		problems: [{ code: 'P002', where: { file: 'p.yaml', line: 2 } }],
	});
	expect(formatYaml('a: &x 1\n', 'p.yaml')).toMatchObject({ ok: false, problems: [{ code: 'P003' }] });
});

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const policies = [
	...readdirSync(folder('../../policies')).map((name) => folder(`../../policies/${name}/policy.yaml`)),
	...readdirSync(folder('../policy/listings')).map((name) => folder(`../policy/listings/${name}`)),
].map((path) => readFileSync(path, 'utf8'));

test('the packs and the listings keep every line but those that are too long', () => {
	for (const text of policies) {
		const kept = format(text).split('\n');
		for (const line of text.split('\n')) {
			const isLong = line.replace(/ #.*/, '').length > 120;
			if (!isLong) expect(kept).toContain(line.replace(/(\S) {2,}#/, '$1 #'));
		}
	}
});

/** Every comment, sorted: of a text in which `#` stands nowhere else. */
const commentsOf = (text: string) => [...text.matchAll(/#[^\n\r]*/g)].map(([comment]) => comment.trimEnd()).sort();

test('any spelling of any value formats: same value, same comments, and once is enough', () => {
	fc.assert(
		fc.property(spelledYaml, (text) => {
			const read = readYaml(text, 'p.yaml');
			fc.pre(read.ok);
			const once = format(text);
			expect(readYaml(once, 'p.yaml')).toMatchObject({ ok: true, document: { value: valueIn(read) } });
			expect(commentsOf(once)).toEqual(commentsOf(text));
			expect(format(once)).toBe(once);
		}),
		{ numRuns: 600 },
	);
});

const scraps = [
	' # c',
	'\n',
	'\n\n',
	'\n# own\n',
	'\n      # deep\n',
	'  ',
	'\n  ',
	'\r\n',
	',',
	'\n---\n',
	'|\n',
	'"',
	'- ',
];

test('a policy into which anything fell formats whenever it is YAML', () => {
	const place = fc.tuple(fc.nat(), fc.constantFrom(...scraps));
	let formatted = 0;
	fc.assert(
		fc.property(fc.constantFrom(...policies), fc.nat(), fc.array(place, { maxLength: 4 }), (policy, from, places) => {
			const lines = policy.split('\n');
			const start = from % lines.length;
			let text = [...lines.slice(0, 4), ...lines.slice(start, start + 20)].join('\n');
			for (const [at, scrap] of places) {
				const spot = at % (text.length + 1);
				const changed = text.slice(0, spot) + scrap + text.slice(spot);
				if (readYaml(changed, 'p.yaml').ok) text = changed;
			}
			if (!readYaml(text, 'p.yaml').ok) return;
			formatted += 1;
			const once = format(text);
			expect(format(once)).toBe(once);
		}),
		{ numRuns: 600 },
	);
	expect(formatted).toBeGreaterThan(150);
});
