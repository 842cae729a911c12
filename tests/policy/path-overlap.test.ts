// Whether a path that is only known as a pattern could be one that a glob names.
import fc from 'fast-check';
import { Minimatch } from 'minimatch';
import { describe, expect, test } from 'vitest';
import { compilePathGlob } from '../../src/policy/path-glob.ts';
import { closedFolder, overlapTruth } from '../../src/policy/path-overlap.ts';

describe('what the shell puts in for a wildcard', () => {
	test.each([
		['**/.env*', '/ws/.e?v', 'unsure'],
		['**/.env*', '/ws/.*', 'unsure'],
		['**/.env*', '/ws/*', 'no'],
		['**/.env*', '/ws/*/.env', 'yes'],
		['**/.env*', '/ws/*.md', 'no'],
		['**/*.key', '/ws/*', 'unsure'],
		['**/*.key', '/ws/*.key', 'yes'],
		['**/*.key', '/ws/a*.key', 'yes'],
		['**/a?.key', '/ws/a*.key', 'unsure'],
		['/ws/dist/**', '/ws/dist/*', 'yes'],
		['/ws/dist/**', '/ws/d*/a', 'unsure'],
		['/ws/dist/**', '/ws/src/*', 'no'],
		['/ws/[ab]', '/ws/[bc]', 'unsure'],
	])('%s and %s: %s', (glob, path, truth) => {
		expect(overlapTruth(glob, path, 'shell')).toBe(truth);
	});

	test('no two patterns are told apart that could name one path', () => {
		const name = fc.stringMatching(/^[ab*?]{1,3}$/);
		const glob = fc.array(fc.oneof(name, fc.constant('**')), { minLength: 1, maxLength: 3 });
		const names = ['a', 'b', 'aa', 'ab', 'ba', 'bb', 'aba'];
		const paths = names.flatMap((one) => [`/${one}`, ...names.map((other) => `/${one}/${other}`)]);
		fc.assert(
			fc.property(glob, fc.array(name, { minLength: 1, maxLength: 2 }), (wanted, own) => {
				const [a, b] = [`/${wanted.join('/')}`, `/${own.join('/')}`];
				fc.pre(!a.includes('**/**'));
				const first = compilePathGlob(a, 'catch', { home: '/home', base: '/', ignoreCase: false });
				const second = new Minimatch(b);
				if ('error' in first) throw new Error(first.error);
				const truth = overlapTruth(a, b, 'shell');
				for (const path of paths.filter((one) => second.match(one))) {
					if (first.matches(path) === 'yes') expect(truth, path).not.toBe('no');
					else expect(truth, path).not.toBe('yes');
				}
			}),
			{ numRuns: 2000 },
		);
	});
});

describe('a stretch of which nothing is known', () => {
	test.each([
		['**/.env*', '*', 'unsure'],
		['**/.env*', '*/.env', 'unsure'],
		['**/.env*', '*/notes.md', 'no'],
		['**/.env*', 'src/*.env', 'unsure'],
		['**/.env*', '*env.txt', 'unsure'],
		['**/*.pem', 'a*/b.txt', 'no'],
		['/etc/**', '*/passwd', 'unsure'],
		['/etc/*.conf', '*/passwd', 'no'],
	])('%s and %s: %s', (glob, path, truth) => {
		expect(overlapTruth(glob, path, 'unknown')).toBe(truth);
	});
});

test.each([
	['src/*.ts', 'src'],
	['*.ts', ''],
	['/*', '/'],
	['/a/b?/c', '/a'],
])('everything that %s names is below %j', (path, folder) => {
	expect(closedFolder(path)).toBe(folder);
});
