// A part of a YAML value is found in the file, however the value is written.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Document, Scalar } from 'yaml';
import type { YamlDocument } from '../../src/text/places.ts';
import { placeInside } from '../../src/text/scalar-places.ts';
import { readYaml } from '../../src/text/yaml.ts';

function documentOf(text: string): YamlDocument {
	const read = readYaml(text, 'a.yaml');
	if (!read.ok) throw new Error(read.problems.map(({ message }) => message).join('\n'));
	return read.document;
}

function celIn(document: YamlDocument): string {
	return (document.value as { cel: string }).cel;
}

/** `line:column+length` of the first `part` in the value of `cel`. */
function find(text: string, part: string): string {
	const document = documentOf(text);
	const start = celIn(document).indexOf(part);
	expect(start).toBeGreaterThanOrEqual(0);
	const { line, column, length } = placeInside(document, ['cel'], start, start + part.length);
	return `${line}:${column}+${length}`;
}

const rows: readonly (readonly [how: string, text: string, part: string, where: string])[] = [
	['plain', 'cel: a == HERE && b # HERE', 'HERE', '1:11+4'],
	['plain on two lines', 'cel: a ==\n  HERE && b', 'HERE', '2:3+4'],
	['plain, after empty lines', 'cel: a\n\n\n   b HERE', 'HERE', '4:6+4'],
	['in a flow mapping', '{ x: 1, cel: a == HERE, y: 2 }', 'HERE', '1:19+4'],
	['on the line after its key', 'cel:\n    a == HERE', 'HERE', '2:10+4'],
	['single-quoted', "cel: 'a == HERE'", 'HERE', '1:12+4'],
	['single-quoted, after doubled quotes', "cel: 'a == ''x'' && HERE'", 'HERE', '1:21+4'],
	['single-quoted on two lines', "cel: 'a == ''x''\n   && HERE'", 'HERE', '2:7+4'],
	['double-quoted', 'cel: "a == HERE"', 'HERE', '1:12+4'],
	['double-quoted, after escapes', 'cel: "\\"\\u0041\\x42\\U0001f600\\t\\\\ HERE"', 'HERE', '1:34+4'],
	['double-quoted, escapes for spaces', 'cel: "a\\ \\n\\  HERE"', 'HERE', '1:15+4'],
	['double-quoted, joined lines', 'cel: "a == \\\n    HERE && b"', 'HERE', '2:5+4'],
	['double-quoted, folded lines', 'cel: "a ==\n\n  \\"HERE && b"', 'HERE', '3:5+4'],
	['literal', 'cel: |\n  a ==\n    HERE\n', 'HERE', '3:5+4'],
	['literal, with a comment and empty lines', 'cel: |- # HERE\n\n  a ==\n\n    HERE\n', 'HERE', '5:5+4'],
	['literal, indent given', 'cel: |2\n     a\n  HERE', 'HERE', '3:3+4'],
	['literal, deep inside', 'cel: |\n      a ==\n      HERE', 'HERE', '3:7+4'],
	['folded', 'cel: >-\n  a ==\n  HERE && b\n', 'HERE', '3:3+4'],
	['folded, with deeper lines', 'cel: >\n  a\n    b\n\n  c HERE\n', 'HERE', '5:5+4'],
	['carriage returns', 'cel: |\r\n  a ==\r\n  HERE\r\n', 'HERE', '3:3+4'],
	['an escape is underlined whole', 'cel: "a\\u0042c"', 'B', '1:8+6'],
	['beyond U+FFFF', 'cel: a😀 HERE', 'HERE', '1:10+4'],
	['a byte order mark', '\ufeffcel: HERE', 'HERE', '1:6+4'],
];

describe('a part of a value is found where it stands', () => {
	test.each(rows)('%s', (_how, text, part, where) => {
		expect(find(text, part)).toBe(where);
	});

	test('a span that ends on another line is cut at the end of its first one', () => {
		const document = documentOf('cel: |\n  a ==\n  b\n');
		expect(placeInside(document, ['cel'], 0, 6)).toMatchObject({ line: 2, column: 3, length: 4 });
	});

	test('the end of a value is behind its last character', () => {
		const document = documentOf('cel: "a &&"');
		expect(placeInside(document, ['cel'], 4, 4)).toMatchObject({ line: 1, column: 11, length: 1 });
	});

	test.each([
		['what is no text', 'cel: [1, 2]', ['cel'], '1:6'],
		['what is not written', 'cel: x', ['other'], '1:1'],
	])('%s has the place of the whole', (_what, text, path, where) => {
		const { line, column } = placeInside(documentOf(text), path, 1, 2);
		expect(`${line}:${column}`).toBe(where);
	});

	test('whatever the text, every visible character is found', () => {
		const styles = ['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'] as const;
		const piece = fc.oneof(
			fc.constantFrom(' ', '\n', "'", '"', '\\', 'a', '&&', '\t', '# ', ': ', '😀', '\n\n  ', 'args.x'),
			fc.string({ unit: 'grapheme', maxLength: 3 }),
		);
		const texts = fc.array(piece, { minLength: 1, maxLength: 30 }).map((pieces) => pieces.join(''));
		let followed = 0;
		fc.assert(
			fc.property(texts, fc.constantFrom(...styles), fc.integer({ min: 20, max: 60 }), (text, style, lineWidth) => {
				const scalar = new Scalar(text);
				scalar.type = style;
				const source = new Document({ before: 1, cel: scalar }).toString({ lineWidth });
				const read = readYaml(source, 'a.yaml');
				if (!read.ok || celIn(read.document) !== text) return;
				const { document } = read;
				const lines = document.text.split('\n');
				for (let at = 0; at < text.length; at++) {
					if (/\s/.test(text[at] ?? '')) continue;
					const { line, column } = placeInside(document, ['cel'], at, at + 1);
					const found = lines[line - 1]?.slice(column - 1) ?? '';
					followed += 1;
					expect(found.startsWith(text[at] ?? '') || found.startsWith('\\')).toBe(true);
				}
			}),
			{ numRuns: 500 },
		);
		expect(followed).toBeGreaterThan(3000);
	});
});
