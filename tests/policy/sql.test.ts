// What is read in an SQL text: a table of texts, properties, and texts meant to hold the reader up.
import '../support/seed.ts';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { sqlParserOnDemand } from '../../src/kernel/sql-parser.ts';
import { otherStatement, readSql, sqlReader } from '../../src/policy/sql.ts';
import { type SqlKind, sqlKinds } from '../../src/policy/sql-kinds.ts';
import type { ParseSql } from '../../src/policy/sql-parser.ts';
import { longestSql, scanSql } from '../../src/policy/sql-scan.ts';

const parser = sqlParserOnDemand()();

type Row = readonly [text: string, ...kinds: string[]];
const table = parse(readFileSync(fileURLToPath(new URL('./sql-texts.yaml', import.meta.url)), 'utf8')) as Record<
	string,
	Row[]
>;
const rows = Object.values(table).flat();

/** The kinds in order, or `unsure`. */
function read(text: string, parse: ParseSql = parser): string {
	const reading = readSql(text, parse);
	return 'doubt' in reading ? 'unsure' : [...reading.kinds].sort().join(', ') || 'nothing';
}

describe.each(Object.entries(table))('%s', (_part, part) => {
	test.each(part)('%j', (text, ...kinds) => {
		expect(read(text)).toBe(kinds.sort().join(', '));
	});
});

test('the table has every kind that there is', () => {
	const found = new Set(rows.flatMap(([, ...kinds]) => kinds));
	expect([...sqlKinds].filter((kind) => !found.has(kind))).toEqual([]);
});

describe('statements', () => {
	/** Statements on their own: what is certain in the table, without a semicolon or a comment at the end. */
	const certain = rows.filter(([text, ...kinds]) => !kinds.includes('unsure') && !/--|^$|begin atomic/.test(text));
	const blank = fc.constantFrom(' ', '\n', '\t', ' /* a */ ', '\n-- b\n', ' ; ', '');
	const one = fc.tuple(blank, fc.constantFrom(...certain), blank);

	test('in any sequence are those that were put in', () => {
		fc.assert(
			fc.property(fc.array(one, { minLength: 1, maxLength: 8 }), (parts) => {
				const text = parts.map(([before, [source], after]) => before + source + after).join(';');
				const kinds = new Set(parts.flatMap(([, [, ...own]]) => own.filter((kind) => kind !== 'nothing')));
				expect(read(text)).toBe([...kinds].sort().join(', ') || 'nothing');
			}),
			{ numRuns: 500 },
		);
	});

	test('are found however deep they stand', () => {
		const acts = {
			insert: 'insert into a default values returning 1',
			update: 'update a set b = 1 returning 1',
			delete: 'delete from a returning 1',
		} as const;
		type Made = { readonly text: string; readonly kinds: readonly string[] };
		const { query } = fc.letrec<{ query: Made; body: Made }>((tie) => ({
			body: fc.oneof(
				fc.constantFrom(...Object.entries(acts)).map(([kind, text]) => ({ text, kinds: [kind] })),
				tie('query') as fc.Arbitrary<Made>,
			),
			query: fc.oneof(
				{ maxDepth: 5 },
				fc.constant({ text: 'select 1', kinds: ['select'] }),
				fc.constant({ text: 'values (1)', kinds: ['select'] }),
				tie('query').map(({ text, kinds }) => ({ text: `select (${text})`, kinds: [...kinds, 'select'] })),
				tie('query').map(({ text, kinds }) => ({
					text: `select * from (${text}) x where exists (select 1 for share)`,
					kinds: [...kinds, 'select', 'lock'],
				})),
				tie('query').map(({ text, kinds }) => ({
					text: `(${text}) union all (select 1)`,
					kinds: [...kinds, 'select'],
				})),
				fc.tuple(tie('body'), tie('query')).map(([body, query]) => ({
					text: `with c as (${body.text}), d as materialized (select 1) select * from (${query.text}) y`,
					kinds: [...body.kinds, ...query.kinds, 'select'],
				})),
			),
		}));
		const frames: readonly ((inner: string) => readonly [string, ...string[]])[] = [
			(inner) => [inner],
			(inner) => [`explain analyze ${inner}`, 'explain'],
			(inner) => [`explain (costs, analyze true) ${inner}`, 'explain'],
			(inner) => [`create table t as ${inner}`, 'create'],
			(inner) => [`prepare p as ${inner}`, 'prepare'],
			(inner) => [`copy (${inner}) to stdout`, 'copy'],
			(inner) => [`declare c cursor for ${inner}`, 'declare'],
		];
		fc.assert(
			fc.property(query, fc.constantFrom(...frames), ({ text, kinds }, frame) => {
				const [whole, ...own] = frame(text);
				expect(read(whole), whole).toBe([...new Set([...kinds, ...own])].sort().join(', '));
			}),
			{ numRuns: 500 },
		);
	});

	test('do not come out of strings, names and comments', () => {
		const anything = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), nasty());
		const frames = [
			(text: string) => `select '${text.replaceAll("'", "''")}'`,
			(text: string) => `select 1 as "a${text.replaceAll('"', '""')}"`,
			(text: string) => `select 1 /* ${text.replaceAll('*/', '')} */`,
			(text: string) => `select 1 -- ${text.replaceAll(/[\n\r]/g, '')}`,
		];
		let certain = 0;
		fc.assert(
			fc.property(anything, fc.constantFrom(...frames), (text, frame) => {
				const found = read(frame(text));
				if (found !== 'unsure') certain += 1;
				expect(['select', 'unsure'], frame(text)).toContain(found);
			}),
			{ numRuns: 1000 },
		);
		expect(certain).toBeGreaterThan(250);
	});

	test('at the end are never hidden by what stands before them', () => {
		let certain = 0;
		fc.assert(
			fc.property(nasty(), (text) => {
				const found = read(`${text}\n; drop table a`);
				if (found === 'unsure') return;
				certain += 1;
				expect(found.split(', '), text).toContain('drop');
			}),
			{ numRuns: 3000 },
		);
		expect(certain).toBeGreaterThan(100);
	});

	test('are as many to other databases as to PostgreSQL', () => {
		let certain = 0;
		fc.assert(
			fc.property(nasty(), (text) => {
				if (read(text) === 'unsure') return;
				certain += 1;
				for (const [name, pieces] of Object.entries(otherReaders)) {
					expect(semicolonsBy(pieces, text), `${name}: ${text}`).toBe(semicolonsBy(otherReaders.standard, text));
				}
			}),
			{ numRuns: 6000 },
		);
		expect(certain).toBeGreaterThan(300);
	});
});

/** Valid SQL, glued together with everything that readers disagree about. */
function nasty(): fc.Arbitrary<string> {
	const quiet = [
		'select 1',
		'select a',
		'1',
		' , ',
		' + ',
		' ',
		'\n',
		' as b',
		'(',
		')',
		"'a'",
		'"b"',
		';',
		' ; select 1',
	];
	const loud = [
		...[
			"'",
			"''",
			'"',
			'""',
			'\\',
			"\\'",
			'\\"',
			'\\\\',
			'`',
			'#',
			'-- ',
			'--',
			'\n',
			'\r',
			'/*',
			'*/',
			'/* ',
			' */',
			'/*!',
		],
		...[
			'$$',
			'$a$',
			'$1',
			'E',
			"E'",
			'[',
			']',
			';',
			'; drop table a; ',
			'\0',
			'\u00a0',
			'\u2028',
			'/',
			'*',
			'é',
			' in (1)',
		],
	];
	const piece = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...quiet) }, fc.constantFrom(...loud));
	return fc.array(piece, { maxLength: 14 }).map((pieces) => `select 1 ${pieces.join('')}`);
}

/** What each of them steps over as one piece. */
const otherReaders = {
	standard: /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n\r]*|\/\*[\s\S]*?\*\/|[\s\S]/g,
	mysql:
		/'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`[^`]*`|--(?=\s|$)[^\n]*|#[^\n]*|\/\*(?!!)[\s\S]*?\*\/|[\s\S]/g,
	sqlite: /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|[\s\S]/g,
};

function semicolonsBy(pieces: RegExp, text: string): number {
	return (text.match(pieces) ?? []).filter((piece) => piece === ';').length;
}

test.each([
	['selekt 1', 'PostgreSQL would not take it (syntax error at or near "selekt")'],
	['select (', 'PostgreSQL would not take it (syntax error at end of input)'],
	["select 1 2 'secret\nBLOCKED by policy'", 'PostgreSQL would not take it (syntax error at or near "2")'],
	["update 'secret\nBLOCKED by policy'", 'PostgreSQL would not take it (syntax error)'],
	[
		`create role a "${'secret '.repeat(20)}"`,
		'PostgreSQL would not take it (unrecognized role option "secret secret secret secret secre…)',
	],
	['create role a "\u202e\n"', 'PostgreSQL would not take it (unrecognized role option "\\u{202e} ")'],
])('what is told of %j repeats little of it, on one line', (text, doubt) => {
	expect(readSql(text, parser)).toEqual({ doubt });
});

test.each([
	['select 1\0', 'NUL'],
	["select '\0'", 'NUL'],
	['select 1 ` 2', 'backquote'],
	['select 1 \\ 2', 'backslash outside'],
	["select 'a\\'", 'backslash before a quote'],
	['select 1 \u0001', 'control character'],
	['select 1 \u007f', 'control character'],
	['select 1 as\u00a0b', 'U+00A0'],
	['select 1 -- a\r', 'ends the comment'],
	['select [', '`[` is never closed'],
	['select "', 'quote is never closed'],
	['select /* ', 'comment is never closed'],
	["select 'a\ud800'", 'Unicode'],
])('%j is doubted before it is parsed: %s', (text, why) => {
	expect(scanSql(text)).toEqual({ doubt: expect.stringContaining(why) });
});

describe('the question of a rule', () => {
	const named = new Set<SqlKind>(['drop', 'truncate']);
	test.each([
		['select 1', 'yes', 'yes'],
		['drop table a', 'no', 'no'],
		['select 1; drop table a', 'yes', 'no'],
		['', 'no', 'no'],
		['nonsense', 'unsure', 'unsure'],
	] as const)('%j is of another kind than drop and truncate: %s to catch, %s to grant', (text, caught, granted) => {
		const reading = readSql(text, parser);
		expect(otherStatement(reading, named, 'catch')).toBe(caught);
		expect(otherStatement(reading, named, 'grant')).toBe(granted);
	});
});

describe('what is meant to hold the reader up', () => {
	/** A parser that counts, and must not be asked. */
	function counting(): { parse: ParseSql; texts: string[] } {
		const texts: string[] = [];
		const parse: ParseSql = (text) => {
			texts.push(text);
			return parser(text);
		};
		return { texts, parse };
	}

	test.each([
		['is longer than is read', `select ${' '.repeat(longestSql)}1`],
		['has comments in comments', '/*'.repeat(20_000)],
		['has an endless operator', `select 1 ${'+'.repeat(60_000)} 1`],
		['has comments glued together', '/**/'.repeat(16_000)],
		['opens brackets', '['.repeat(60_000)],
		['opens quotes', "'".repeat(60_001)],
		['is all backslashes', `'${'\\'.repeat(60_000)}`],
		['opens comments', '/* '.repeat(20_000)],
	])('a text that %s is not even parsed', (_what, text) => {
		const { parse, texts } = counting();
		expect(read(text, parse)).toBe('unsure');
		expect(texts).toEqual([]);
	});

	test('an operator may be as long as there is use for', () => {
		expect(read(`select 1 /*${'*'.repeat(200)}*/`)).toBe('select');
	});

	test.each([
		['parentheses', (n: number) => `select ${'('.repeat(n)}1${')'.repeat(n)}`],
		['sub-queries', (n: number) => `select ${'(select '.repeat(n)}1${')'.repeat(n)}`],
		['negations', (n: number) => `select ${'not '.repeat(n)}true`],
		['sums', (n: number) => `select 1${'+1'.repeat(n)}`],
		['casts', (n: number) => `select 1${'::int'.repeat(n)}`],
		['cases', (n: number) => `select ${'case when true then '.repeat(n)}1${' end'.repeat(n)}`],
		['unions', (n: number) => `select 1${' union select 1'.repeat(n)}`],
		['arrays', (n: number) => `select ${'array['.repeat(n)}1${']'.repeat(n)}`],
	])('%s as deep as the text is long end as what they are, or unsure', (_what, nested) => {
		for (const count of [10, 100, 1000]) {
			if (nested(count).length <= longestSql)
				expect(['select', 'unsure'], String(count)).toContain(read(nested(count)));
		}
		let most = 1;
		while (nested(most * 2).length <= longestSql) most *= 2;
		expect(['select', 'unsure']).toContain(read(nested(most)));
		// And the next text is read as ever.
		expect(read('select 1; drop table a')).toBe('drop, select');
	});

	test.each([
		['values', `select 1${',1'.repeat(30_000)}`, 'select'],
		['statements', 'select 1;'.repeat(7000), 'select'],
		['rows', `insert into a values (1)${',(1)'.repeat(15_000)}`, 'insert, select'],
	])('a long list of %s is read', (_what, text, kinds) => {
		expect(read(text)).toBe(kinds);
	});

	test('one decision reads a text once, and so much and no more', () => {
		const { parse, texts } = counting();
		const reader = sqlReader();
		for (let round = 0; round < 3; round++) expect('kinds' in reader.read('select 1', parse)).toBe(true);
		expect(texts).toEqual(['select 1']);
		const readings = Array.from({ length: 10_000 }, (_, index) => reader.read(`select ${index + 10}`, parse));
		expect(texts.length).toBe((4 * longestSql) / 256);
		expect(readings.filter((reading) => 'doubt' in reading).length).toBe(10_000 - texts.length + 1);
		expect(readings.at(-1)).toEqual({ doubt: 'there is more of it in one call than is read' });
	});
});

describe('when the parser can not be believed', () => {
	test.each<[string, ParseSql]>([
		[
			'breaks down',
			() => {
				throw new RangeError('Maximum call stack size exceeded');
			},
		],
		['finds fewer statements than there are', () => ({ statements: [] })],
		['finds more', (text) => ({ statements: [...statementsOf(text), ...statementsOf(text)] })],
		[
			'finds a statement that nobody knows',
			() => ({ statements: [{ stmt: { SelectStmt: { inner: { NewStmt: {} } } } }] }),
		],
		['finds something that is no statement', () => ({ statements: [{ stmt: { FuncCall: {} } }] })],
		['finds two statements in one', () => ({ statements: [{ stmt: { SelectStmt: {}, CheckPointStmt: {} } }] })],
		['finds nothing in a statement', () => ({ statements: [{ stmt: {} }] })],
		['finds null', () => ({ statements: [null] })],
		[
			'knows another way to end a transaction',
			() => ({ statements: [{ stmt: { TransactionStmt: { kind: 'TRANS_STMT_NEW' } } }] }),
		],
	])('because it %s, nothing is certain', (_what, parse) => {
		expect(read('select 1', parse)).toBe('unsure');
	});
});

function statementsOf(text: string): readonly unknown[] {
	const parsed = parser(text);
	return 'error' in parsed ? [] : parsed.statements;
}
