// What redactions leave of texts: nothing that a rule finds, everything else as it was, whatever the order of rules.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isKind } from '../../src/policy/compiled.ts';
import { RedactionFailure, type RedactRule, redactTexts } from '../../src/policy/redact.ts';
import { pemBlock, samples } from '../support/secret-samples.ts';
import { policyOf, setOf, setOfPolicies } from './support.ts';

const key = `AKIA${'IOSFODNN7EXAMPLE'}`;
const token = `ghp_${'16C7e42F292c6912E7710c838347Ae178B4a'}`;

interface Terms {
	readonly find: readonly string[];
	readonly replace?: string;
}

const ruleText = (id: string, terms: Terms) =>
	`  - { id: ${id}, match: { tool: "*" }, then: { redact: ${JSON.stringify(terms)} } }\n`;

function rulesOf(terms: Readonly<Record<string, Terms>>): readonly RedactRule[] {
	const body = Object.entries(terms).map(([id, one]) => ruleText(id, one));
	return setOf(`rules:\n${body.join('')}`).rules.filter(isKind('redact'));
}

const never = () => undefined;
const redact = (rules: readonly RedactRule[], ...texts: string[]) => redactTexts(texts, rules, never);
const only = (terms: Terms, text: string) => redact(rulesOf({ r: terms }), text).texts[0];

test('kinds we know and own patterns, each with its name', () => {
	const terms = { find: ['detector:aws', 'detector:github', 'regex:xox[abp]-[0-9A-Za-z-]{10,}'] };
	expect(redact(rulesOf({ r: terms }), `a ${key} b ${token} c xoxb-1234567890-abcdef d ${key}`)).toEqual({
		texts: ['a [redacted:aws] b [redacted:github] c [redacted:custom] d [redacted:aws]'],
		count: 4,
	});
});

test('what is not asked for stays, and the very list comes back', () => {
	const texts = [`a ${token}`, 'b'];
	expect(redactTexts(texts, rulesOf({ r: { find: ['detector:aws'] } }), never)).toEqual({ texts, count: 0 });
	expect(redactTexts(texts, rulesOf({ r: { find: ['detector:aws'] } }), never).texts).toBe(texts);
	expect(redactTexts(texts, [], never).texts).toBe(texts);
});

test.each(samples)('%s is taken out of a text that holds more', (kind, ...parts) => {
	const secret = parts.join('');
	expect(only({ find: [`detector:${kind}`] }, `{"a": "${secret}", "b": 1}`)).toBe(
		`{"a": "[redacted:${kind}]", "b": 1}`,
	);
});

test('the replacement is put in as it stands', () => {
	expect(only({ find: ['detector:aws'], replace: '<$-${kind}-${kind}>' }, `a ${key} b`)).toBe('a <$-aws-aws> b');
	expect(only({ find: ['detector:aws'], replace: '' }, `a ${key} b`)).toBe('a  b');
});

describe('finds that overlap are one place', () => {
	test('with the mark of the one that begins first', () => {
		const rules = rulesOf({ z: { find: ['regex:abc'], replace: '<z>' }, a: { find: ['regex:bcd'], replace: '<a>' } });
		expect(redact(rules, 'xabcdx')).toEqual({ texts: ['x<z>x'], count: 1 });
	});

	test('then of the longest', () => {
		const rules = rulesOf({ a: { find: ['regex:abc'], replace: '<a>' }, z: { find: ['regex:abcd'], replace: '<z>' } });
		expect(redact(rules, 'xabcdx').texts).toEqual(['x<z>x']);
	});

	test('then by rule, and by kind', () => {
		const rules = rulesOf({ b: { find: ['regex:abc'], replace: '<b>' }, a: { find: ['regex:abc'], replace: '<a>' } });
		expect(redact(rules, 'abc').texts).toEqual(['<a>']);
		expect(only({ find: ['regex:AKIA[A-Z0-9]+', 'detector:aws'] }, key)).toBe('[redacted:aws]');
	});

	test('and finds side by side are two', () => {
		const rules = rulesOf({ a: { find: ['regex:ab'], replace: '<a>' }, b: { find: ['regex:cd'], replace: '<b>' } });
		expect(redact(rules, 'abcd')).toEqual({ texts: ['<a><b>'], count: 2 });
	});
});

describe('a mark', () => {
	test.each([
		[['regex:[a-z]+'], undefined, 'hello, world', '[redacted:custom], [redacted:custom]'],
		[['regex:password=\\S+'], 'password=[redacted]', 'password=hunter2 x', 'password=[redacted] x'],
		[['regex:redacted'], undefined, '[redacted:custom]', '[redacted:custom]'],
		[['regex:.'], '*', 'abc', '***'],
	])('is no secret to %j', (find, replace, text, left) => {
		const terms = { find, ...(replace === undefined ? {} : { replace }) };
		expect(only(terms, text)).toBe(left);
		expect(only(terms, left)).toBe(left);
	});

	test('hides nothing that reaches beyond it', () => {
		expect(only({ find: ['detector:aws', 'regex:x\\[redacted:aws\\]'] }, `x${key}`)).toBe('[redacted:custom]');
	});

	test('of another rule is none either', () => {
		const rules = rulesOf({ a: { find: ['detector:aws'] }, b: { find: ['regex:redacted'], replace: '<b>' } });
		expect(redact(rules, `${key} redacted`).texts).toEqual(['[redacted:aws] <b>']);
	});
});

test('what comes together when something is taken out is looked at again', () => {
	expect(only({ find: ['detector:aws', 'regex:#+'], replace: '' }, `AKIA##${key.slice(4)}`)).toBe('');
	expect(() => only({ find: ['regex:ab'], replace: 'ba' }, 'aaaaaaabbbbbbb')).toThrow(RedactionFailure);
});

describe('a secret is found', () => {
	const terms = { find: ['detector:aws', 'detector:github', 'detector:private-key', 'detector:basic-auth-url'] };
	test.each([
		['with invisible characters in it', `${key.slice(0, 8)}\u200b${key.slice(8)}`, '[redacted:aws]'],
		[
			'in the colours of grep',
			`\u001b[01;31m\u001b[K${token.slice(0, 4)}\u001b[m\u001b[K${token.slice(4)}`,
			'\u001b[01;31m\u001b[K[redacted:github]',
		],
		['with an escape in it', `"\\u0041${key.slice(1)}"`, '"[redacted:aws]"'],
		['behind a line break in JSON', `{"a":"x\\n${key}"}`, '{"a":"x\\n[redacted:aws]"}'],
		[
			'in JSON in JSON',
			`{\\"a\\":\\"https:\\/\\/u:pw\\\\u0021x@h.example\\/\\"}`,
			'{\\"a\\":\\"https:\\/\\/u:[redacted:basic-auth-url]@h.example\\/\\"}',
		],
		[
			'in an address in an address',
			'https://h/?to=https%3A%2F%2Fu%3Ahunter2%40h.example',
			'https://h/?to=https%3A%2F%2Fu%3A[redacted:basic-auth-url]%40h.example',
		],
		['as lines of a program', pemBlock('', '\\n'), '[redacted:private-key]'],
		['at the end of a very long line', `${'x'.repeat(500_000)} ${key}`, `${'x'.repeat(500_000)} [redacted:aws]`],
	])('%s', (_, text, left) => {
		expect(only(terms, text)).toBe(left);
	});

	test('across texts that are read one after the other', () => {
		const rules = rulesOf({ r: terms });
		expect(redact(rules, `a ${key.slice(0, 7)}`, key.slice(7, 12), '', `${key.slice(12)} b`)).toEqual({
			texts: ['a [redacted:aws]', '', '', ' b'],
			count: 1,
		});
		// What is one only where the text begins is found, too.
		expect(redact(rulesOf({ r: { find: ['regex:^b+'] } }), 'a', 'bbb').texts).toEqual(['a', '[redacted:custom]']);
		const whole = pemBlock();
		expect(redact(rules, whole.slice(0, 100), whole.slice(100)).texts).toEqual(['[redacted:private-key]', '']);
	});
});

describe('bounds', () => {
	test('more places than anybody could read', () => {
		expect(() => only({ find: ['regex:a'] }, 'a'.repeat(200_001))).toThrow('more than 200000 places');
	});

	test('length: what no meter could stop in time is not begun', () => {
		const megabytes = 'a'.repeat(8 * 1024 * 1024);
		const aws = rulesOf({ r: { find: ['detector:aws'] } });
		expect(() => redactTexts([megabytes, 'a'], aws, never)).toThrow('too many to be searched for secrets');
		expect(redactTexts([megabytes], aws, never).count).toBe(0);
		// The slow engine is not asked where the quick one finds nothing.
		const own = rulesOf({ r: { find: ['regex:(?:(?:b?){50}){20}#'] } });
		const long = 'ab'.repeat(20_000);
		expect(redactTexts([long], own, never).count).toBe(0);
		expect(() => redactTexts([`${long}#`], own, never)).toThrow('too long to be searched for');
	});

	test('time: it is asked between any two finds, and within a pattern that finds nothing but emptiness', () => {
		let asked = 0;
		const meter = () => {
			asked += 1;
			if (asked > 1_000) throw new RedactionFailure('too long');
		};
		const search = (pattern: string) => redactTexts(['ab '.repeat(5_000)], rulesOf({ r: { find: [pattern] } }), meter);
		expect(() => search('regex:a')).toThrow('too long');
		asked = 0;
		expect(() => search('regex:\\b')).toThrow('too long');
	});
});

describe('properties', () => {
	const pattern = fc.constantFrom(
		'regex:a+',
		'regex:ab|ba',
		'regex:[ab]c',
		'regex:redacted',
		'regex:(?i)x.y',
		'detector:aws',
		'detector:github',
	);
	const terms = fc.record({
		find: fc.uniqueArray(pattern, { minLength: 1, maxLength: 3 }),
		replace: fc.constantFrom('[redacted:${kind}]', '<${kind}>', 'a', ''),
	});
	const rules = fc.dictionary(fc.constantFrom('r1', 'r2', 'r3', 'r4'), terms, { minKeys: 1 });
	const text = fc
		.array(
			fc.constantFrom('a', 'b', 'c', 'ab', 'x1y', ' ', key, token, key.slice(0, 9), '\u200b', '[redacted:aws]', '\\n'),
		)
		.map((parts) => parts.join(''));
	const texts = fc.array(text, { minLength: 1, maxLength: 3 });
	const attempt = (given: readonly RedactRule[], input: readonly string[]) => {
		try {
			return redactTexts(input, given, never);
		} catch (error) {
			if (error instanceof RedactionFailure) return 'withheld';
			throw error;
		}
	};

	test('no order of rules or files changes what is left', () => {
		fc.assert(
			fc.property(rules, texts, fc.boolean(), (terms, input, apart) => {
				const bodies = Object.entries(terms).map(([id, one]) => `rules:\n${ruleText(id, one)}`);
				const files = (bodies: string[]) => bodies.map((body, index) => policyOf(body, { name: `p${index}` }));
				const forward = setOfPolicies(files(bodies)).rules.filter(isKind('redact'));
				const backward = setOfPolicies(files([...bodies].reverse())).rules.filter(isKind('redact'));
				expect(attempt(apart ? [...backward].reverse() : backward, input)).toEqual(attempt(forward, input));
			}),
			{ numRuns: 200 },
		);
	});

	test('what is left is as many texts, holds nothing that is found, and stays as it is', () => {
		let settled = 0;
		fc.assert(
			fc.property(rules, texts, (terms, input) => {
				const given = rulesOf(terms);
				const once = attempt(given, input);
				if (once === 'withheld') return;
				settled += once.count > 0 ? 1 : 0;
				expect(once.texts).toHaveLength(input.length);
				expect(attempt(given, once.texts)).toEqual({ texts: once.texts, count: 0 });
				if (Object.values(terms).some(({ find }) => find.includes('detector:aws'))) {
					expect(once.texts.join('')).not.toContain(key);
				}
			}),
			{ numRuns: 300 },
		);
		expect(settled).toBeGreaterThan(100);
	});

	test('one rule more keeps nothing that was taken out', () => {
		const kept = (given: readonly RedactRule[], input: string) => {
			const result = attempt(given, [input]);
			return result === 'withheld' ? '' : (result.texts[0] ?? '').replaceAll(/\{\w+\}/g, '');
		};
		const marked = fc.dictionary(
			fc.constantFrom('r1', 'r2', 'r3', 'r4'),
			fc.record({
				find: fc.uniqueArray(fc.constantFrom('regex:a+', 'regex:b', 'regex:cd|dc', 'detector:aws'), { minLength: 1 }),
				replace: fc.constant('{${kind}}'),
			}),
			{ minKeys: 2 },
		);
		const plain = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ' ', key)).map((parts) => parts.join(''));
		fc.assert(
			fc.property(marked, plain, (terms, input) => {
				const { r1, ...fewer } = terms as Record<string, Terms>;
				if (r1 === undefined) return;
				const all = kept(rulesOf(terms as Record<string, Terms>), input);
				expect(isSubsequence(all, kept(rulesOf(fewer), input))).toBe(true);
			}),
			{ numRuns: 300 },
		);
	});
});

function isSubsequence(part: string, whole: string): boolean {
	let at = 0;
	for (const character of whole) if (part[at] === character) at += 1;
	return at === part.length;
}
