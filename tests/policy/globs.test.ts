// The small matchers: globs over text, paths and URLs, numbers, and parameter names.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactNumber } from '../../src/abi/json.ts';
import { compareNumbers, isValue, meant, sameJson } from '../../src/policy/compare.ts';
import { compilePathGlob } from '../../src/policy/path-glob.ts';
import { roleOfName } from '../../src/policy/roles.ts';
import { compileTextGlob, globsOverlap, matchesTextGlob, textGlobTruth } from '../../src/policy/text-glob.ts';
import type { Lean } from '../../src/policy/truth.ts';
import { parseUrlGlob, urlGlobTruth } from '../../src/policy/url-glob.ts';

describe('text globs', () => {
	test.each([
		['fs/*', 'fs/a/b', true],
		['*', '', true],
		['*', 'a/b', true],
		['a?c', 'abc', true],
		['a?c', 'a😀c', true],
		['a?c', 'ac', false],
		['[ab]', 'a', false],
		['[ab]', '[ab]', true],
		['!a', 'b', false],
		['*.*', 'a.b', true],
		['a*b*c', 'axxbyyc', true],
		['a*b*c', 'axxbyy', false],
		['', '', true],
		['', 'a', false],
	])('%j over %j: %s', (pattern, text, expected) => {
		expect(matchesTextGlob(pattern, text)).toBe(expected);
	});

	test('say the same as a regular expression would', () => {
		const small = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 12 });
		const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '*', '?'), maxLength: 8 });
		fc.assert(
			fc.property(pattern, small, (glob, text) => {
				const source = glob.replace(/[.]/g, '\\.').replaceAll('*', '[^]*').replaceAll('?', '[^]');
				expect(matchesTextGlob(glob, text)).toBe(new RegExp(`^${source}$`).test(text));
			}),
			{ numRuns: 2000 },
		);
	});

	test('are the same when they were compiled, whatever the spelling', () => {
		const units = ['a', 'b', '/', '😀', 'é', 'e\u0301', '\ud83d'];
		const text = fc.string({ unit: fc.constantFrom(...units), maxLength: 6 });
		const pattern = fc.string({ unit: fc.constantFrom(...units, '*', '*', '?'), maxLength: 5 });
		fc.assert(
			fc.property(pattern, text, (glob, value) => {
				expect(compileTextGlob(glob)(value)).toBe(textGlobTruth([glob], value));
				expect(compileTextGlob(`*${value}*`)(`x${value}y`)).toBe('yes');
			}),
			{ numRuns: 3000 },
		);
	});

	test('overlap when, and only when, some text matches both', () => {
		const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 4 });
		const texts = [''];
		for (let length = 0; length < 5; length++)
			texts.push(
				...texts.filter((text) => text.length === length).flatMap((text) => [`${text}a`, `${text}b`, `${text}c`]),
			);
		fc.assert(
			fc.property(pattern, pattern, (a, b) => {
				const found = texts.some((text) => matchesTextGlob(a, text) && matchesTextGlob(b, text));
				if (found) expect(globsOverlap(a, b)).toBe(true);
				else if (a.length + b.length <= 5) expect(globsOverlap(a, b)).toBe(false);
			}),
			{ numRuns: 2000 },
		);
	});
});

describe('path globs', () => {
	const settings = { home: '/home/[d]', base: '/ws', ignoreCase: false };
	test.each<[string, Lean, string, string]>([
		['/data/**', 'catch', '/data', 'yes'],
		['/data/**', 'catch', '/data/a/.b', 'yes'],
		['/data/**', 'catch', '/database', 'no'],
		['/data/', 'grant', '/data/x', 'yes'],
		['/data/*', 'catch', '/data/a/b', 'no'],
		['**/.env*', 'catch', '/.env', 'yes'],
		['**/.env*', 'catch', '/a/b/.env.local', 'yes'],
		['**', 'catch', '/a', 'yes'],
		['~/x', 'catch', '/home/[d]/x', 'yes'],
		['*.pem', 'catch', '/a/b.pem', 'yes'],
		['*.pem', 'grant', '/a/b.pem', 'yes'],
		['keys/*', 'catch', '/a/keys/b', 'yes'],
		['keys/*', 'grant', '/a/keys/b', 'no'],
		['keys/*', 'grant', '/ws/keys/b', 'yes'],
		['./a', 'grant', '/ws/a', 'yes'],
		['./a', 'grant', '/b/a', 'no'],
		['/caf\u00e9', 'catch', '/cafe\u0301', 'unsure'],
		['/caf\u00e9', 'catch', '/CAF\u00c9', 'no'],
		['/a[*]b', 'catch', '/a*b', 'yes'],
		['/a[*]b', 'catch', '/axb', 'no'],
	])('%s (%s) over %s: %s', (pattern, lean, path, expected) => {
		const glob = compilePathGlob(pattern, lean, settings);
		if ('error' in glob) throw new Error(glob.error);
		expect(glob.matches(path)).toBe(expected);
	});

	test('restrictions ignore case where the file system does', () => {
		const glob = compilePathGlob('/data/**', 'catch', { ...settings, ignoreCase: true });
		expect('error' in glob || glob.matches('/DATA/x')).toBe('unsure');
	});
});

describe('URL globs', () => {
	test.each([
		['https://acme.com', 'https://acme.com/a?b', 'yes'],
		['https://acme.com/', 'https://acme.com', 'yes'],
		['https://acme.com/', 'https://acme.com/a', 'no'],
		['*://acme.com', 'ftp://acme.com/', 'yes'],
		['acme.com:8080', 'http://acme.com:8080/', 'yes'],
		['acme.com:443', 'https://acme.com/', 'yes'],
		['acme.com:80', 'https://acme.com/', 'no'],
		['[::1]', 'http://[::1]:3000/', 'yes'],
		['mailto:*', 'mailto:a@b', 'yes'],
		['*', 'mailto:a@b', 'yes'],
		['*.acme.com', 'acme.com', 'no'],
		['xn--bcher-kva.de', 'https://b\u00fccher.de/', 'yes'],
	])('%s over %s: %s', (pattern, url, expected) => {
		expect(urlGlobTruth([parseUrlGlob(pattern)], url)).toBe(expected);
	});
});

describe('numbers', () => {
	const exact = (source: string) => new ExactNumber(source);
	test.each([
		[exact('9007199254740993'), 9007199254740992, 1],
		[exact('9007199254740993'), exact('9007199254740993.0'), 0],
		[exact('-9007199254740993'), -9007199254740992, -1],
		[exact('1e400'), exact('1e399'), 1],
		[exact('-1e400'), 0, -1],
		[exact('1.0'), 1, 0],
		[exact('-0'), 0, 0],
		[exact('0.1e1'), 1, 0],
		[exact('1e-7'), 1e-7, 0],
		[exact('1e99999999999999999999999'), 1e308, 1],
		[exact(`1e-${'9'.repeat(100)}`), 5e-324, -1],
		[exact('123.456'), 123.456, 0],
		[1e21, exact('1000000000000000000001'), -1],
	])('%s against %s', (a, b, order) => {
		expect(Math.sign(compareNumbers(a, b))).toBe(order);
		expect(Math.sign(compareNumbers(b, a))).toBe(order === 0 ? 0 : -order);
		expect(sameJson(a, b)).toBe(order === 0);
	});

	test('equal negative numbers are plainly equal', () => {
		expect(compareNumbers(new ExactNumber('-7'), new ExactNumber('-7.0'))).toBe(0);
	});

	test('agree with doubles wherever doubles are exact', () => {
		const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
		fc.assert(
			fc.property(number, number, (a, b) => {
				const expected = a === b ? 0 : a < b ? -1 : 1;
				expect(Math.sign(compareNumbers(new ExactNumber(String(a)), new ExactNumber(String(b))))).toBe(expected);
			}),
		);
	});

	test.each([
		['5', 5, 'unsure'],
		['5.0', 5, 'unsure'],
		['five', 5, 'no'],
		['', 0, 'no'],
		['true', true, 'unsure'],
		['e\u0301', 'é', 'unsure'],
		['a', 'A', 'no'],
	])('%j may be taken for %j: %s', (value, wanted, truth) => {
		expect(isValue(value, meant(wanted))).toBe(truth);
	});
});

test.each([
	['path', 'any_path'],
	['file_path', 'any_path'],
	['sourcePath', 'any_path'],
	['outputDir', 'any_path'],
	['destination', 'any_path'],
	['base-url', 'any_url'],
	['URI', 'any_url'],
	['content', undefined],
	['pathological', undefined],
	['file_content', undefined],
])('a parameter named %s is %s', (name, role) => {
	expect(roleOfName(name)).toBe(role);
});
