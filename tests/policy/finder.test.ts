// What each detector finds: a secret of every kind, at least what the library finds, and nothing slowly.
import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { libraryPatterns, takeOver } from '../../scripts/reference/secretlint.ts';
import { secretKinds } from '../../src/abi/secrets.ts';
import { detector, detectorGate, detectorNames, type Found } from '../../src/policy/finder.ts';
import { pemBlock, samples, surrounded } from '../support/secret-samples.ts';

const find = (kind: string, text: string): Found[] => [...(detector(kind)?.find(text) ?? [])];

/** What is left of a text when everything found in it is cut out. */
function rest(kind: string, text: string): string {
	const found = find(kind, text);
	return [...text].length === text.length
		? [...text].filter((_, index) => !found.some(({ start, end }) => start <= index && index < end)).join('')
		: text;
}

test.each(samples)('%s: a whole secret is found, wherever it stands', (kind, ...parts) => {
	const secret = parts.join('');
	for (const [before, after] of [
		['', ''],
		['before ', ' after'],
		['"', '"'],
		['x=', ''],
		['(', ')'],
		['\n', '\n'],
		['key:', ';'],
	]) {
		expect(rest(kind, `${before}${secret}${after}`)).toBe(`${before}${after}`);
		expect(detectorGate([kind])(`${before}${secret}${after}`)).toBe(true);
	}
});

test.each(surrounded)('%s: what stands around a secret stays: %s', (kind, before, secret, after) => {
	expect(rest(kind, `x ${before}${secret}${after}`)).toBe(`x ${before}${after}`);
});

test('every kind has a sample, and a sentence of its own', () => {
	const shown = new Set([...samples, ...surrounded].map(([kind]) => kind));
	expect(detectorNames.filter((name) => !shown.has(name))).toEqual([]);
	expect(new Set(detectorNames).size).toBe(detectorNames.length);
	expect(secretKinds.every(({ patterns, describes }) => patterns.length > 0 && describes.length > 5)).toBe(true);
});

test('every pattern taken from the library belongs to a kind', async () => {
	const taken = (await libraryPatterns()).flatMap((pattern) => takeOver(pattern)?.source ?? []);
	expect(taken.length).toBeGreaterThan(30);
	const used = secretKinds.flatMap(({ patterns }) => patterns.map(({ source }) => source));
	expect(taken.filter((source) => !used.includes(source))).toEqual([]);
});

describe('a private key', () => {
	const block = pemBlock('RSA ');
	const [, ...body] = block.split('\n');

	test('is found without its end', () => {
		expect(rest('private-key', `a ${block.slice(0, -60)}`)).toBe('a ');
		expect(rest('private-key', `a ${block.slice(0, 150)}\nand (more)`)).toBe('a \nand (more)');
	});

	test('is found without its beginning, but for its last line', () => {
		expect(rest('private-key', `a ${body.join('\n')}\nb`)).toBe(`a ${body.at(-1)}\nb`);
	});

	test('is found with headers, and in the text of a program', () => {
		const [first = '', ...others] = block.split('\n');
		const encrypted = [first, 'Proc-Type: 4,ENCRYPTED', 'DEK-Info: AES-128-CBC,0123456789', '', ...others].join('\n');
		expect(rest('private-key', `a ${encrypted} b`)).toBe('a  b');
		const quoted = block.split('\n').map((line) => `"${line}\\n"`);
		expect(rest('private-key', `a = ${quoted.join('\n  ')};`)).toBe('a = "\\n";');
	});

	test('that is only spoken of costs nothing but the words', () => {
		const header = block.split('\n')[0];
		expect(rest('private-key', `if (text.includes('${header}')) throw new Error('a key');`)).toBe(
			"if (text.includes('')) throw new Error('a key');",
		);
	});
});

test.each([
	...[
		'the tokenizer counts tokens',
		'npm_config_registry=https://example.com',
		'npm_lifecycle_event',
		'sk-circle-fade-dot',
	],
	...['https://example.com:8080/a@b', 'ssh git@github.com:acme/web.git', 'hf_model_loader_for_transformers_and_more'],
	...['-----BEGIN CERTIFICATE-----', 'postgres://db/x', 'http://localhost:3000/', 'AKIA', 'eyJ0eXAi', 'ghp_short'],
	...['data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk', 'xoxo', '1//0'],
])('%s is no secret', (text) => {
	expect(detectorNames.flatMap((name) => find(name, text).map(() => name))).toEqual([]);
});

test('whatever the library finds is found', async () => {
	// An account's number is no secret, and nothing behind `_authToken=` is none either.
	const isOther = ({ regex }: { regex: RegExp }) => /ACCOUNT\||_authToken/.test(regex.source);
	const patterns = (await libraryPatterns()).filter((pattern) => !isOther(pattern));
	expect(patterns.length).toBeGreaterThan(30);
	for (const { rule, regex } of patterns) {
		// Without what it looks at beside the secret itself, which the generator of texts can't do.
		const plain = regex.source.replace(/\(\?<?!(?:\\p\{L\}|\\w|\[[^\]]+\])\)/g, '').replaceAll('\\b', '');
		const kinds = secretKinds.filter(({ patterns: own }) => own.length > 0).map(({ name }) => name);
		let found = 0;
		fc.assert(
			fc.property(
				fc.stringMatching(new RegExp(`^(?:${plain})$`, regex.flags.replace(/[gi]/g, ''))),
				fc.constantFrom('', ' ', '"', '=', '\n'),
				(secret, around) => {
					const text = `${around}${secret}${around}`;
					for (const match of text.matchAll(regex)) {
						// An address without a password is reported by nobody.
						if (match.groups !== undefined && 'password' in match.groups && !match.groups['password']) continue;
						found += 1;
						// Where only a part of what the library reports is the secret, something of it must be found.
						expect(
							kinds.some((kind) =>
								find(kind, text).some(({ start, end }) => start < match.index + match[0].length && end > match.index),
							),
							`${rule}: ${text}`,
						).toBe(true);
					}
				},
			),
			{ numRuns: 40 },
		);
		expect(found, `${rule} ${regex}`).toBeGreaterThan(0);
	}
});

/** What a pattern could be made to read again and again: the beginnings of every sample, and of runs in it. */
const hostile = [...samples.map(([, ...parts]) => parts.join('')), ...surrounded.map(([, ...parts]) => parts.join(''))]
	.flatMap((secret) => [4, 12, 40].map((length) => secret.slice(0, length)))
	.concat(
		...[
			'-----BEGIN PRIVATE KEY-----',
			'-----BEGIN PRIVATE KEY-----\n',
			'-----END PRIVATE KEY-----',
			'AAAA\n',
			'\\n',
			'\\',
			'%25',
		],
		...[
			'eyJabcdefgh.',
			'-eyJ',
			'a://',
			'a://b:',
			'a://b:c',
			'SG.a.',
			'ghs_1_a.b.',
			' ',
			'"',
			'aA0+/=',
			'secretaccesskey= ',
			'ops_ey',
		],
		`${'A'.repeat(44)}\n`,
		`${'A'.repeat(64)}\n`,
		`-----BEGIN PRIVATE KEY-----\n${'A'.repeat(64)}\n`,
	);

test('no text is slow to search', { timeout: 180_000 }, () => {
	// Processor time: other work on the machine does not count. Linear is some milliseconds, quadratic would be minutes.
	const detectors = detectorNames.map((name) => detector(name));
	const mayDetect = detectorGate(detectorNames);
	for (const piece of new Set(hostile)) {
		const text = piece.repeat(Math.ceil(120_000 / piece.length));
		const begun = process.cpuUsage();
		for (const one of detectors) for (const _ of one?.find(text) ?? []);
		mayDetect(text);
		const { user, system } = process.cpuUsage(begun);
		expect(user + system, piece).toBeLessThan(1_500_000);
	}
});
