// Hostile code ends: no exception, no endless or quadratic reading, whatever the language.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { languages } from '../../../src/shell/code/languages.ts';
import { lineLanguages } from '../../../src/shell/code/line-languages.ts';
import { readCode } from '../../../src/shell/code/read-code.ts';
import '../../support/seed.ts';

const names = [...languages.keys(), ...lineLanguages.keys()];

const fragments = [
	...[
		'(',
		'[',
		'{',
		')',
		']',
		'}',
		'"',
		"'",
		'`',
		'${',
		'#{',
		'"${',
		'\\',
		'/',
		'/[',
		'[[',
		'|',
		'| ',
		'<<A ',
		'<<A\n',
		's{',
		'q(',
		'%w(',
	],
	...[
		'system(',
		'system ',
		'exec "',
		'eval(',
		'require("child_process")',
		'import os\n',
		'os.',
		'a=',
		'x = [',
		'$(shell ',
		'\\write18{',
	],
	...[
		'esyscmd(`',
		'!',
		'\\! ',
		'e x\n',
		's/a/b/;',
		'a\t',
		' ',
		'\n',
		'->',
		'[a](',
		'@{',
		'join "",',
		'const {',
		'=>',
		'word',
		'0',
		'\u2028',
		'\ud800',
	],
];

describe('hostile code', () => {
	test.each(names)('of %s is read to its end', (name) => {
		fc.assert(
			fc.property(fc.array(fc.constantFrom(...fragments), { maxLength: 40 }), (parts) => {
				const reading = readCode(name, parts.join(''));
				expect(Array.isArray(reading.gaps)).toBe(true);
			}),
			{ numRuns: 60 },
		);
	});

	test.each(names)(
		'of %s that repeats one fragment 60,000 characters long ends',
		(name) => {
			for (const fragment of [
				'(',
				'{',
				'"',
				'${',
				'system ',
				'| ',
				'\n',
				's{',
				'$(shell ',
				'[',
				'g/x/',
				':',
				'new ',
				'e!',
			]) {
				expect(readCode(name, fragment.repeat(60_000 / fragment.length)).facts).toBeDefined();
			}
		},
		20_000,
	);

	test('that is longer than anybody types is a gap, not read', () => {
		expect(readCode('perl', 'x'.repeat(1_000_000)).gaps).toEqual([
			{ kind: 'limit', detail: 'the perl code is too long' },
		]);
	});

	test('in code in code ends in a gap', () => {
		let code = 'print 1';
		for (let depth = 0; depth < 8; depth++) code = `eval(${JSON.stringify(code)})`;
		expect(readCode('python', code).gaps).toContainEqual({ kind: 'limit', detail: 'the python code nests too deep' });
	});
});
