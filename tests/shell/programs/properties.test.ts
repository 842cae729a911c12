// A property of all program readers: none throws, whatever the argv.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import '../../support/seed.ts';
import { programs } from '../../../src/shell/programs/registry.ts';
import type { Word } from '../../../src/shell/word.ts';
import { literal, unknownWord } from '../../../src/shell/word-parts.ts';

const names = programs.map((program) => program.names[0] ?? '');
const texts = [
	'',
	'-',
	'--',
	'-c',
	'-x',
	'-f',
	'-uf',
	'--force',
	'--x=y',
	'run',
	'push',
	'exec',
	'install',
	'api',
	'+a:b',
	':',
	'@',
	'@f',
	'a@1',
	'!x',
	'-c=',
	'alias.a=a',
	'a',
	'k=v',
	'.env',
	'/',
	'~',
	'ext::',
	'https://x',
	'-C',
	'-m',
	'*',
	'\u0000',
	'\ud800',
	'(',
	';',
	'{}',
	'-I{}',
];
const word: fc.Arbitrary<Word> = fc.oneof(
	fc.constantFrom(...texts).map(literal),
	fc.string({ maxLength: 6 }).map(literal),
	fc.constant(unknownWord()),
	fc.record({
		value: fc.constant(undefined),
		pieces: fc.array(fc.constantFrom(null, '-', 'a', '='), { maxLength: 3 }),
		splits: fc.boolean(),
	}),
);

describe('a reader', () => {
	test('never throws, and says what it says in its types', () => {
		fc.assert(
			fc.property(
				fc.constantFrom(...names),
				fc.array(word, { maxLength: 7 }),
				fc.boolean(),
				(name, rest, isOpenEnded) => {
					const program = programs.find((one) => one.names[0] === name);
					const reading = program?.read([literal(name), ...rest], {
						isOpenEnded,
						cwd: isOpenEnded ? null : 'x',
						branch: undefined,
						env: new Map([
							['GIT_CONFIG_COUNT', literal('2')],
							['PAGER', undefined],
						]),
					});
					for (const fact of Object.values(reading?.facts ?? {})) {
						expect(typeof fact === 'boolean' || typeof fact === 'string' || Array.isArray(fact)).toBe(true);
					}
				},
			),
			{ numRuns: 5000 },
		);
	});
});
