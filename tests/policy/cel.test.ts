// Conditions in CEL: what they answer, what they refuse to answer, and what of them does not load.
import { describe, expect, test } from 'vitest';
import { ExactNumber, type Json, type JsonObject } from '../../src/abi/json.ts';
import { type Cel, compileCel } from '../../src/policy/cel.ts';
import { celLimits } from '../../src/policy/cel-limits.ts';
import { instantOfMs } from '../../src/policy/cel-time.ts';

const args: JsonObject = {
	n: 2,
	fraction: 2.5,
	one: new ExactNumber('1.0'),
	big: new ExactNumber('9007199254740993'),
	huge: new ExactNumber('1e400'),
	long: new ExactNumber('0.30000000000000000001'),
	round: 9223372036854776000,
	s: 'Main',
	five: '5',
	yes: 'true',
	flag: true,
	none: null,
	list: [1, 2, 3],
	names: ['main', 'dev'],
	mixed: [1, 'a', null],
	deep: { a: { b: 7 } },
	nfd: 'cafe\u0301',
	'a-b': 1,
	Amount: 5,
	constructor: 'F1',
	start: '2026-11-20T15:00:00Z',
};

function compiled(text: string): Cel {
	const cel = compileCel(text);
	if (cel.kind === 'fault') throw new Error(`${text}: ${cel.message}`);
	return cel;
}

function answer(text: string, given: JsonObject = args): unknown {
	const now = instantOfMs(Date.parse('2026-11-20T16:00:00Z'));
	const outcome = compiled(text).eval({ args: given, agent: 'codex', driver: 'bank', tool: 'bank/transfer', now });
	return outcome.kind === 'value' ? outcome.value : `${text.slice(outcome.start, outcome.end)}: ${outcome.reason}`;
}

describe('a condition answers', () => {
	test.each<readonly [string, boolean]>([
		["args.n <= 100 && args.s == 'Main'", true],
		["agent == 'codex' && driver == 'bank' && tool == 'bank/transfer'", true],
		// numbers
		['args.n + 1 == 3', true],
		['args.n * 1.5 == 3.0', true],
		['args.n / 4 == 0.5', true],
		['7 / 2 == 3', true],
		['size(args.list) / 2 == 1', true],
		['args.n % 2 == 0', true],
		['-args.n == -2', true],
		['args.n == 2 && args.n == 2.0 && args.n in [2]', true],
		['args.one == 1 && args.one + 1 == 2', true],
		['args.big > 9007199254740992 && args.big < 9007199254740994 && args.big == 9007199254740993', true],
		['args.big in [9007199254740992, 9007199254740994]', false],
		['-args.big == -9007199254740993', true],
		['args.huge > 9e307 && args.long > 0.3', true],
		['args.round == 9223372036854776000.0 && args.round > 9223372036854775807', true],
		['int("5") + 1 == 6 && double("2.5") == args.fraction && string(args.n) == "2"', true],
		// text
		["args.s.lowerAscii() == 'main' && args.s.contains('ai') && args.s.startsWith('M') && args.s.endsWith('n')", true],
		["'a,b'.split(',')[1] == 'b' && ['a', 'b'].join('-') == 'a-b' && ' a '.trim() == 'a'", true],
		["size('a😀') == 2 && 'ÄB'.lowerAscii() == 'Äb'", true],
		["'\\uffff' < '😀'", true],
		["re2(args.s, '^[A-Z][a-z]+$')", true],
		["re2(args.s, '(?i)^main$') && !re2(args.s, '^main$')", true],
		// lists and mappings
		['args.list.all(x, x > 0) && args.list.exists(x, x == 3) && args.list.exists_one(x, x > 2)', true],
		['args.list.filter(x, x > 1).map(x, x * 2) == [4, 6]', true],
		['args.list.map(x, x > 1, x) == [2, 3]', true],
		["args.deep.all(k, k == 'a') && args.deep == {'a': {'b': 7}}", true],
		["args.list[0] == 1 && args['a-b'] == 1 && {'EUR': 100}['EUR'] == 100", true],
		["'main' in args.names && !('x' in args.names) && 'a' in args.deep", true],
		['args.list + [4] == [1, 2, 3, 4]', true],
		['args.names.all(a, args.names.exists(b, a == b))', true],
		// what is there
		['has(args.n) && !has(args.x) && has(args.deep.a.b) && has(args.none) && args.none == null', true],
		["has(args.constructor) && !has(args.toString) && !has(args.__proto__) && !('valueOf' in args)", true],
		// one side may decide alone
		['args.missing > 1 || true', true],
		['true || args.missing > 1', true],
		['args.missing > 1 && false', false],
		['args.mixed.exists(x, x == 1 && x > 0)', true],
		['args.flag ? true : args.missing', true],
		// times
		["timestamp(args.start) < now && now - timestamp(args.start) == duration('60m')", true],
		["timestamp('2026-03-01T00:00:00+02:00') == timestamp('2026-02-28T22:00:00.000Z')", true],
		["duration('1h30m') > duration('-90s') && timestamp(args.start) + duration('1h') == now", true],
	])('%s', (text, wanted) => {
		expect(answer(text)).toBe(wanted);
	});
});

describe('a condition has no answer, and says why', () => {
	test.each([
		['args.x == 1', 'args.x: there is no `x`'],
		['!has(args.deep.x.y)', 'args.deep.x: there is no `x`'],
		['args.amount == 5', 'args.amount: there is no `amount`, only `Amount`'],
		['has(args.amount)', 'has(args.amount): there is no `amount`, only `Amount`'],
		["'AMOUNT' in args", "'AMOUNT' in args: there is no `AMOUNT`, only `Amount`"],
		['args.toString == 1', 'args.toString: there is no `toString`'],
		['args.__proto__ == 1', 'args.__proto__: there is no `__proto__`'],
		['args.s.length == 4', 'args.s.length: text has no `length`'],
		['args.list.length == 3', 'args.list.length: a list has no `length`'],
		// text is no number, although a server may think so
		['args.five > 4', 'args.five > 4: `>` is not for text and a number'],
		['args.five == 5', 'args.five == 5: a server may read one of these as the other'],
		['args.five != 5', 'args.five != 5: a server may read one of these as the other'],
		['args.yes == true', 'args.yes == true: a server may read one of these as the other'],
		['args.five in [4, 5]', 'args.five in [4, 5]: a server may read one of these as the other'],
		['!args.yes', 'args.yes: this is text, not true or false'],
		['args.n && args.flag', 'args.n: this is a number, not true or false'],
		["args.nfd == 'café'", "args.nfd == 'café': a server may read one of these as the other"],
		[
			"args.nfd.endsWith('é')",
			"args.nfd.endsWith('é'): `endsWith` has another answer for another Unicode spelling of the same text",
		],
		[
			"args.nfd.startsWith('cafe')",
			"args.nfd.startsWith('cafe'): `startsWith` has another answer for another Unicode spelling of the same text",
		],
		[
			"re2(args.nfd, '^caf.$')",
			"re2(args.nfd, '^caf.$'): `re2` has another answer for another Unicode spelling of the same text",
		],
		// what can't be computed exactly
		['args.big + 1 > 0', 'args.big + 1: one of the numbers has more digits than can be computed with'],
		['args.round - 1 > 0', 'args.round - 1: one of the numbers has more digits than can be computed with'],
		[
			'9007199254740991 + args.n > 0',
			'9007199254740991 + args.n: the result has more digits than can be computed exactly',
		],
		[
			'9223372036854775807 + size(args.list) > 0',
			'9223372036854775807 + size(args.list): the result does not fit into 64 bits',
		],
		['args.n / 0 > 1', 'args.n / 0: division by zero'],
		['0 / 0 == 1', '0 / 0: division by zero'],
		['args.fraction % 2 == 0', 'args.fraction % 2: `%` is for whole numbers'],
		['int(args.huge) > 0', 'int(args.huge): the number does not fit into 64 bits'],
		['int(args.s) > 0', 'int(args.s): `Main` is no whole number'],
		['args.s + args.n == ""', 'args.s + args.n: `+` is not for text and a number'],
		['args.list[3] == 1', 'args.list[3]: the list has 3 entries'],
		['args.list[-1] == 1', 'args.list[-1]: the list has 3 entries'],
		['args.list[0.5] == 1', 'args.list[0.5]: entries of a list are numbered, from 0 on'],
		['args.mixed.all(x, x > 0)', 'x > 0: `>` is not for text and a number'],
		['args.s.all(x, true)', 'args.s: text has no entries'],
		['args.list.exists_one(x, x > args.five)', 'x > args.five: `>` is not for a number and text'],
		['timestamp(args.s) < now', 'timestamp(args.s): `Main` is no time (`2026-11-20T15:00:00Z`)'],
		[
			"timestamp(args.five + '-02-30T00:00:00Z') < now",
			"timestamp(args.five + '-02-30T00:00:00Z'): `5-02-30T00:00:00Z` is no time (`2026-11-20T15:00:00Z`)",
		],
		['{args.s: 1}[args.five] == 1', '{args.s: 1}[args.five]: there is no `5`'],
		['{args.n: 1} == {}', "{args.n: 1}: a number can't be a key, only text can"],
		["{args.s: 1, 'Main': 2} == {}", "{args.s: 1, 'Main': 2}: a key appears twice"],
	])('%s', (text, reason) => {
		expect(answer(text)).toBe(reason);
	});

	test('of a name that stands for nothing this time', () => {
		const outcome = compiled("tool == 'a/b'").eval({ args: {}, agent: 'a', driver: 'a', tool: undefined });
		expect(outcome).toMatchObject({ kind: 'failure', reason: '`tool` is not known here' });
	});
});

describe('a text that is no condition does not load', () => {
	/** The part that is underlined stands between the angle brackets. */
	test.each([
		['⟨⟩', 'the condition is empty', 'args.amount <= 100'],
		['⟨arg⟩.x == 1', '`arg` stands for nothing here', 'did you mean `args`?'],
		['args.branch == ⟨main⟩', '`main` stands for nothing here', "put text in quotes: `'main'`"],
		['args.dry-⟨run⟩', '`run` stands for nothing here', 'args["dry-run"]'],
		['args.x ⟨=⟩ 1', '`=` does not belong here', 'write `==`'],
		['args.x ==⟨=⟩ 1', '`=` does not belong here', 'two signs are enough'],
		['args.x ⟨and⟩ args.y', '`and` does not belong here', 'write `&&`'],
		['not ⟨args⟩.x', '`args` does not belong here', 'write `!` for `not`'],
		['args.x <⟨>⟩ 1', '`>` does not belong here', 'write `!=`'],
		['args.x ⟨matches⟩ "a"', '`matches` does not belong here', 're2(text, pattern)'],
		['args.x in (1⟨,⟩ 2)', '`)` is missing before `,`', 'a list stands in brackets'],
		['args.⟨in⟩ == 1', 'a name is missing before `in`', '["in"]'],
		['args.x &&⟨⟩ ', 'the condition ends too early', 'complete it'],
		['(args.x⟨⟩', '`)` is missing at the end of the condition', undefined],
		["args.x == ⟨'abc⟩", 'this text is never closed', "close it with `'`"],
		["args.x == 'a⟨\\q⟩'", '`\\q` is no escape', '`\\\\` for a backslash'],
		['args.x == ⟨$⟩{lists.a}', 'variables are not put into conditions', 'write the value itself'],
		['⟨if⟩', '`if` is a word that CEL keeps for itself', undefined],
		// types
		['⟨args⟩', 'a condition is true or false, and this is neither', 'compare it'],
		['⟨args.x + 1 > 2 ? "a" : "b"⟩', 'a condition is true or false, and this is neither', 'compare it'],
		['⟨agent == 1⟩', '`==` is not for text and a whole number', undefined],
		['⟨now > 5⟩', '`>` is not for a time and a whole number', undefined],
		["agent⟨.id⟩ == 'a'".replace('⟨.id⟩', '.⟨id⟩'), 'text has no fields', undefined],
		["⟨agent == 'a' && tool⟩", '`&&` and `||` join what is true or false, not text', undefined],
		["⟨args.x ? 'a' : true⟩", 'both answers of `? :` are of one kind, not text and true or false', undefined],
		['⟨agent.startsWith(1)⟩', '`startsWith` is not for text and a whole number', undefined],
		['⟨size(5)⟩ == 1', '`size` is not for a whole number', undefined],
		// functions
		['args.list.⟨al⟩(x, x > 1)', 'there is no function `al`', 'did you mean `all`?'],
		['⟨type⟩(args.x) == "a"', 'there is no function `type`', 'a condition can call `size`'],
		['⟨startsWith(args.x, "a")⟩', '`startsWith` is not called like this', 'write `x.startsWith(y)`'],
		['⟨args.list.all(x)⟩', '`all` takes a name and what is asked of each item', 'args.list.all(item, …)'],
		['args.list.all(⟨1⟩, true)', 'the first argument is a name for each item', 'args.list.all(item, item > 0)'],
		['has(⟨args⟩)', '`has` asks for a field', 'has(args.x)'],
		["has(⟨args['x']⟩)", '`has` asks for a field', '"a key" in args'],
		[
			"timestamp(⟨'2026-13-01T00:00:00Z'⟩) < now",
			'`2026-13-01T00:00:00Z` is no time (`2026-11-20T15:00:00Z`)',
			undefined,
		],
		["now - now < duration(⟨'1 day'⟩)", '`1 day` is no duration (`1h30m`)', undefined],
		['int(⟨"x"⟩) == 1', '`x` is no whole number', undefined],
		// patterns: no engine that backtracks ever sees one
		[
			"⟨args.s.matches('^(a+)+$')⟩",
			'`matches` is not available: its engine can be made to hang',
			"write `re2(args.s, '^(a+)+$')`: RE2, linear time",
		],
		[
			"⟨matches(args.s, '^(a+)+$')⟩",
			'`matches` is not available: its engine can be made to hang',
			"write `re2(args.s, '^(a+)+$')`: RE2, linear time",
		],
		[
			"args.list.all(x, ⟨x.matches('a')⟩)",
			'`matches` is not available: its engine can be made to hang',
			"write `re2(x, 'a')`",
		],
		["⟨args.s.re2('a')⟩", '`re2` is no method', "write `re2(args.s, 'a')`"],
		['⟨re2(args.s)⟩', '`re2` takes a text and a pattern', 're2(args.name'],
		['re2(args.s, ⟨args.p⟩)', 'a pattern must be written out', 'write it in quotes'],
		["re2(args.s, ⟨'a' + 'b'⟩)", 'a pattern must be written out', 'write it in quotes'],
		["re2(args.s, ⟨'(a'⟩)", 'this is not a valid pattern: missing closing ): `(a`', 'patterns are RE2'],
		[
			"re2(args.s, ⟨'a(?=b)'⟩)",
			'this is not a valid pattern: invalid or unsupported Perl syntax: `(?=`',
			'patterns are RE2',
		],
		["re2(args.s, ⟨'(a)\\\\1'⟩)", 'this is not a valid pattern: invalid escape sequence: `\\1`', 'patterns are RE2'],
		["re2(args.s, ⟨'x{999}'⟩)", 'this pattern is too large', 'use smaller counts'],
		[
			`re2(args.s, ⟨'${'x'.repeat(celLimits.patternLength + 1)}'⟩)`,
			'a pattern has at most 500 characters',
			'several conditions',
		],
		// what no call carries
		['args.x == ⟨5u⟩', 'arguments hold no unsigned numbers', 'without the `u`'],
		["args.x == ⟨b'a'⟩", 'arguments hold no bytes', 'without the `b`'],
		['args.x == ⟨9223372036854775808⟩', 'this number does not fit into 64 bits', '1e30'],
		// sizes
		[
			'args.a.all(x, args.b.all(y, ⟨args.c.all(z, z > y)⟩))',
			'a loop within a loop within a loop can take too long (`all`)',
			'say it in several rules',
		],
		[
			'args.a.all(x, ⟨args.b.map(y, args.c.filter(z, z > y))⟩.size() > 0)'
				.replace('⟨', '')
				.replace('⟩', '')
				.replace('args.c.filter(z, z > y)', '⟨args.c.filter(z, z > y)⟩'),
			'a loop within a loop within a loop can take too long (`filter`)',
			'several rules',
		],
		[`⟨${'a'.repeat(celLimits.textLength + 1)}⟩`, 'a condition has at most 4000 characters', 'several rules'],
	])('%s', (marked, message, help) => {
		const start = marked.indexOf('⟨');
		const text = marked.replace('⟨', '').replace('⟩', '');
		const fault = compileCel(text);
		expect(fault).toMatchObject({ kind: 'fault', message, start, end: marked.indexOf('⟩') - 1 });
		if (help === undefined) expect(fault).not.toHaveProperty('help');
		else expect((fault as { help?: string }).help).toContain(help);
	});

	test.each([
		['brackets in brackets', `${'('.repeat(300)}true${')'.repeat(300)}`],
		['signs before signs', `${'!'.repeat(3000)}args.flag`],
		['minus before minus', `${'-'.repeat(3000)}args.n == 1`],
		['lists in lists', `args.x == ${'['.repeat(300)}${']'.repeat(300)}`],
		['fields of fields', `args${'.a'.repeat(1000)}`],
		['questions in questions', `${'a ? '.repeat(300)}1${' : 1'.repeat(300)}`],
		['a long chain', Array.from({ length: 400 }, () => 'args.a').join('||')],
		['many parts', `args.x in [${Array.from({ length: 1200 }, () => '1').join(',')}]`],
		['a long sum', `${Array.from({ length: 1000 }, () => '1').join('+')} > 1`],
	])('%s', (_what, text) => {
		const fault = compileCel(text);
		expect(fault.kind).toBe('fault');
		expect((fault as { message: string }).message).toMatch(/too large|too deeply/);
	});
});

describe('no arguments make a condition work without end', () => {
	const numbers = Array.from({ length: 1000 }, (_, index) => index);
	const text = 'a'.repeat(celLimits.functionTextLength);
	const hostile = {
		l: numbers,
		more: [...numbers, 1000],
		s: text,
		t: `${'a'.repeat(25_000)}b${'a'.repeat(25_000)}`,
		longer: `${text}a`,
		texts: numbers.map((index) => `${text.slice(0, 50_000)}${index}`),
		lists: numbers.map(() => numbers),
		keys: Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index])),
		nfd: 'e\u0301'.repeat(40_000),
		digits: new ExactNumber('9'.repeat(1_000_000)),
		objects: numbers.map((index) => ({ a: index })),
	};
	const many = 'this takes too many steps for these arguments';

	test.each([
		['args.l.all(x, args.l.all(y, x + y >= 0))', many],
		['args.l.all(x, args.l.all(y, true)) || true', many],
		['args.l.exists(x, args.l.exists(y, y.z == 1))', many],
		['args.l.map(x, args.l.map(y, x)).size() > 0', many],
		['args.texts.exists(x, args.texts.exists(y, x < y && false))', many],
		[
			'args.l.exists(x, args.lists.filter(y, true) != args.lists.map(y, y.filter(z, true)))'.replace(
				'y.filter(z, true)',
				'y + []',
			),
			many,
		],
		['args.l.exists(x, args.keys.nope == 1)', many],
		['args.l.exists(x, size(args.keys) == 1)', many],
		['args.l.exists(x, size(args.longer) == 1)', many],
		['args.objects.exists(o, args.objects.exists(p, p.b == o.c))', many],
		["args.l.exists(x, args.nfd.contains('\\u00e9x'))", many],
		["args.l.exists(x, args.nfd == '\\u00e9x')", many],
		['args.l.exists(x, args.digits < x)', many],
		['args.s.contains(args.t)', many],
		['args.s.split(args.t).size() == 1', many],
		["re2(args.s, '[ab]*a[ab]{200}[c-e]')", many],
		["args.l.exists(x, re2(args.s, 'b'))", many],
		["args.l.map(x, args.l.map(y, string(y)).join('')).size() > 0", many],
		["args.l.exists(x, args.s.lowerAscii().upperAscii().trim() == 'b')", many],
		['args.more.all(x, x >= 0)', 'the list has more than 1000 entries'],
		['(args.l + [1]).size() > 0', 'the list has more than 1000 entries'],
		["args.s.split('').size() > 0", 'the list has more than 1000 entries'],
		["args.s.split('a').size() > 0", 'the list has more than 1000 entries'],
		['args.keys.all(k, true)', 'the list has more than 1000 entries'],
		["(args.s + 'a').size() > 0", 'the text would be longer than 100000 characters'],
		["args.texts.join('').size() > 0", 'the text would be longer than 100000 characters'],
		["args.longer.contains('b')", 'the text is longer than 100000 characters'],
		["re2(args.longer, 'b')", 'the text is longer than 100000 characters'],
	])('%s', (condition, reason) => {
		const outcome = compiled(condition).eval({ args: hostile, agent: 'a', driver: 'd', tool: 'd/t' });
		expect(outcome).toMatchObject({ kind: 'failure', reason });
	});

	test.each([
		['args.l.all(x, args.l.exists(y, y >= x))', undefined],
		["size(args.longer) > 5 && args.longer != 'b'", true],
		['size(args.more) == 1001', true],
		['args.l.all(x, x in args.l)', undefined],
		["args.l.exists(x, string(x) == '999')", true],
		['args.l.all(x, args.l.exists(y, y == 0))', true],
	])('%s is within bounds, or says that it is not', (condition, wanted) => {
		const outcome = compiled(condition).eval({ args: hostile, agent: 'a', driver: 'd', tool: 'd/t' });
		if (wanted === undefined) expect(['value', 'failure']).toContain(outcome.kind);
		else expect(outcome).toEqual({ kind: 'value', value: wanted });
	});
});

test('lists in lists in lists end an evaluation, not the process', () => {
	let deep: Json = 1;
	for (let level = 0; level < 100_000; level++) deep = [deep];
	const outcome = compiled('args.a == [args.a]').eval({ args: { a: deep }, agent: 'a', driver: 'd', tool: 'd/t' });
	expect(outcome).toMatchObject({ kind: 'failure', reason: 'these arguments are nested too deeply' });
});

describe('what a condition reads', () => {
	test.each([
		["args.amount <= 100 && args.to.name == 'x'", ['args.amount', 'args.to.name']],
		["args['a-b'].c[0].d == agent", ['args.a-b.c', 'agent']],
		['has(args.a.b) && now > now', ['args.a.b', 'now', 'now']],
		['args.list.all(x, x.a > args.least)', ['args.list', 'args.least']],
		['args.list.all(args, args > 1) && tool == driver', ['args.list', 'tool', 'driver']],
		["'key' in args", ['args']],
		['args[agent] == 1', ['args', 'agent']],
		['true', []],
	])('%s', (text, reads) => {
		expect(compiled(text).reads.map(({ path }) => path.join('.'))).toEqual(reads);
	});

	test('each with its place', () => {
		const text = 'true && args.a.b == 1';
		expect(compiled(text).reads.map(({ start, end }) => text.slice(start, end))).toEqual(['args.a.b']);
	});
});

test('the same condition gives the same answer to the same question, whatever it was asked before', () => {
	const cel = compiled('args.list.all(x, args.list.exists(y, y == x + 1 || x == args.most))');
	const ask = (given: JsonObject) => cel.eval({ args: given, agent: 'a', driver: 'd', tool: 'd/t' });
	const before = ask({ list: [1, 2], most: 2 });
	expect(before).toEqual({ kind: 'value', value: true });
	expect(ask({ list: ['a'], most: 2 }).kind).toBe('failure');
	expect(ask({ list: Array.from({ length: 1000 }, (_, index) => index), most: 999 }).kind).toBe('failure');
	expect(ask({ list: [1, 2], most: 2 })).toEqual(before);
});
