// The likely mistakes of an author, in two spellings each: `check` finds them at their line and column, and says what to type.
import { afterAll, describe, expect, test } from 'vitest';
import { acceptAll } from '../../src/kernel/lock/accept.ts';
import { lockText } from '../../src/kernel/lock/text.ts';
import { makePlace } from '../cli/support.ts';
import { listingOf, tool } from '../kernel/lock/support.ts';

const place = makePlace();
afterAll(() => place.remove());

interface Found {
	readonly code: string;
	readonly message: string;
	readonly help?: string;
	readonly where?: { readonly file: string; readonly line: number; readonly column: number; readonly length: number };
}

/** Everything `check` says of one policy file; a root file is checked with the lock beside it. */
async function findingsIn(text: string): Promise<readonly Found[]> {
	const isRoot = text.includes('\ndrivers:');
	const file = isRoot ? 'trapgate.yaml' : 'p.yaml';
	place.write(file, text);
	const { document } = await place.run(['check', ...(isRoot ? [] : [file]), '--format', 'json']);
	return document()['problems'] as readonly Found[];
}

const parameters = (...names: readonly string[]) => ({
	inputSchema: { type: 'object', properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) },
});
place.write(
	'trapgate.lock',
	lockText(
		acceptAll(
			listingOf({
				tool: [
					tool('search', parameters('query', 'in_folder')),
					tool('move', parameters('source_path', 'target_path')),
				],
			}),
		),
	),
);

const fine = 'reason: r, instead: i';
const head = 'version: 1\nname: p\nrules:\n';
const rules = (...lines: readonly string[]) => `${head}${lines.map((line) => `  - { ${line} }\n`).join('')}`;
/** Rules of a root file, with a driver whose tools are in the lock. */
const withNotes = (line: string) =>
	`version: 1\ndrivers: { notes: { command: notes-server } }\nrules:\n  - { ${line} }\n`;
const deny = `id: no, match: { tool: "x/*" }, then: deny, ${fine}`;

/** Name, file, code, the underlined text, and part of the suggestion. */
type Mistake = readonly [name: string, text: string, code: string, underlined: string, help: string];

const mistakes: readonly Mistake[] = [
	['a misspelt key', rules('id: a, macth: { tool: x/y }, then: allow'), 'P101', 'macth', 'did you mean `match`?'],
	['a misspelt key', rules('id: a, match: { comand: git }, then: allow'), 'P101', 'comand', 'did you mean `command`?'],
	['wrong case', rules('id: a, Match: { tool: x/y }, then: allow'), 'P101', 'Match', 'did you mean `match`?'],
	['wrong case', rules(`id: a, match: { tool: x/y }, then: Deny, ${fine}`), 'P102', 'Deny', 'did you mean `deny`?'],
	[
		'a second action',
		rules('id: a, match: { tool: x/y }, then: ask, deny: true'),
		'P101',
		'deny',
		'write `then: deny`',
	],
	[
		'a second action',
		rules('id: a, match: { tool: x/y }, then: { ask: { timeout: 5m }, limit: { calls: 1, per: 1h } }'),
		'P102',
		'{ ask: { timeout: 5m }, limit: { calls: 1, per: 1h } }',
		'write one rule for each of `ask`, `limit`',
	],
	[
		'a duplicate key',
		`${head}  - id: a\n    match: { tool: x/y }\n    then: ask\n    then: allow\n`,
		'P001',
		'then',
		'keep one; a rule has exactly one `then`',
	],
	['a duplicate key', `version: 1\nname: p\nlists: { a: [1], "a": [2] }\nrules: []\n`, 'P001', '"a"', 'keep one'],
	[
		'a tool that does not exist',
		withNotes('id: a, match: { tool: notes/serach }, then: allow'),
		'P201',
		'notes/serach',
		'did you mean `notes/search`?',
	],
	[
		'a tool that does not exist',
		withNotes(`id: a, match: { tool: "notes/*" }, except: { tool: [notes/mvoe] }, then: deny, ${fine}`),
		'P201',
		'notes/mvoe',
		'did you mean `notes/move`?',
	],
	[
		'tools of a driver that does not exist',
		withNotes('id: a, match: { tool: "ntoes/*" }, then: allow'),
		'P201',
		'"ntoes/*"',
		'did you mean `notes/*`?',
	],
	[
		'a parameter that does not exist',
		withNotes(`id: a, match: { tool: notes/search, args: { qeury: secret } }, then: deny, ${fine}`),
		'P202',
		'qeury',
		'did you mean `query`?',
	],
	[
		'a parameter that does not exist',
		withNotes('id: a, match: { tool: notes/search }, then: { narrow: { params: { folder: { enum: [public] } } } }'),
		'P202',
		'folder',
		'did you mean `in_folder`?',
	],
	[
		'one parameter named where the tool has several',
		withNotes(`id: a, match: { tool: notes/move, args: { source_path: { outside: /ws } } }, then: deny, ${fine}`),
		'P202',
		'source_path',
		'for all of them write `any_path`',
	],
	[
		'one parameter named where the tool has several',
		withNotes('id: a, match: { tool: "notes/*", args: { /target_path: { glob: "/ws/**/*.key" } } }, then: ask'),
		'P202',
		'/target_path',
		'for all of them write `any_path`',
	],
	[
		'a fact that does not exist',
		rules(`id: a, match: { command: git, facts: { skip_hooks: true } }, then: deny, ${fine}`),
		'P204',
		'skip_hooks',
		'did you mean `skips_hooks`?',
	],
	[
		'a fact that does not exist',
		rules(`id: a, match: { command: git push }, except: { facts: { toBranch: main } }, then: deny, ${fine}`),
		'P204',
		'toBranch',
		'did you mean `to_branch`?',
	],
	[
		'a regex over a command',
		rules(`id: a, match: { tool: shell/run, args: { command: { matches: "rm -rf" } } }, then: deny, ${fine}`),
		'P304',
		'match',
		'match what the command does',
	],
	[
		'a regex over a command',
		rules(`id: a, match: { tool: "shell/*", args: { /command: { matches: "^git push" } } }, then: deny, ${fine}`),
		'P304',
		'match',
		'match what the command does',
	],
	[
		'an allow meant to beat a deny',
		rules(deny, 'id: yes, match: { tool: x/y }, then: allow'),
		'P303',
		'then',
		'add an `except:` to `no` instead',
	],
	[
		'an allow meant to beat a deny',
		rules(
			`id: no, match: { command: git push, facts: { force: true } }, then: deny, ${fine}`,
			'id: let-me-push, match: { command: git push, facts: { force: true } }, then: allow',
		),
		'P303',
		'then',
		'add an `except:` to `no` instead',
	],
	[
		'a rule that nothing reaches',
		rules(deny, 'id: few, match: { tool: x/y }, then: { limit: { calls: 1, per: 1h } }'),
		'P303',
		'then',
		'delete it, or add an `except:` to `no`',
	],
	[
		'a rule that nothing reaches',
		rules(`id: a, match: { tool: x/y }, except: { tool: "x/*" }, then: deny, ${fine}`),
		'P303',
		'match',
		'narrow `except`, or delete the rule',
	],
	[
		'an exception about other tools',
		rules(`id: a, match: { tool: "x/*" }, except: { tool: "y/*" }, then: deny, ${fine}`),
		'P303',
		'y/*',
		'name tools that `x/*` matches',
	],
	[
		'an exception about other tools',
		rules(`id: a, match: { tool: [x/read, x/write] }, except: { tool: x/raed, args: { a: 1 } }, then: deny, ${fine}`),
		'P303',
		'x/raed',
		'name tools that `x/read` or `x/write` matches',
	],
	[
		'a deny without a way forward',
		rules('id: a, match: { tool: x/y }, then: deny, reason: r'),
		'P302',
		'then',
		'add: instead:',
	],
	[
		'a deny without a way forward',
		rules('id: a, match: { tool: x/y }, then: hide, reason: r'),
		'P302',
		'then',
		'add: instead:',
	],
	[
		'a hide that depends on arguments',
		rules(`id: a, match: { tool: x/y, args: { a: 1 } }, then: hide, ${fine}`),
		'P305',
		'then',
		'write `then: deny`',
	],
	[
		'a waiver of a hide that depends on arguments',
		`${rules(`id: a, match: { tool: x/y }, then: hide, ${fine}`)}waivers:\n  - { rule: a, match: { tool: x/y, args: { b: 1 } }, until: 2999-12-31, approved_by: d }\n`,
		'P305',
		'a',
		'waive it by `tool` only',
	],
	[
		'a switch compared with text',
		rules(`id: a, match: { command: git push, facts: { force: "true" } }, then: deny, ${fine}`),
		'P204',
		'"true"',
		'write `force: true`',
	],
	[
		'a text compared with a switch',
		rules(`id: a, match: { command: git }, except: { facts: { to_branch: [true] } }, then: deny, ${fine}`),
		'P204',
		'[true]',
		'write a glob: `to_branch: "*"` for any',
	],
	...['rm.*-rf', '/git.push/', 'regex:git push', '^git', 'git push$', 'git push.*', '.*'].map(
		(pattern): Mistake => [
			'a regex in `command`',
			rules(`id: a, match: { command: "${pattern}" }, then: deny, ${fine}`),
			'P304',
			pattern,
			'match what the command does',
		],
	),
	[
		'a text glob over a command',
		rules(`id: a, match: { tool: shell/*, args: { command: { glob: "*rm -rf*" } } }, then: deny, ${fine}`),
		'P304',
		'match',
		'match what the command does',
	],
	...(
		[
			['regex', 'matches'],
			['equals', 'is'],
			['contains', 'glob'],
			['gt', 'above'],
			['exists', 'present'],
		] as const
	).map(
		([word, meant]): Mistake => [
			'an operator of another language',
			rules(`id: a, match: { tool: x/y, args: { q: { ${word}: a } } }, then: deny, ${fine}`),
			'P101',
			word,
			`did you mean \`${meant}\`?`,
		],
	),
	[
		'two actions in a list',
		rules('id: a, match: { tool: x/y }, then: [deny, ask]'),
		'P102',
		'[deny, ask]',
		'one rule for each of `deny`, `ask`',
	],
	...(['notes__search', 'mcp__notes__search', 'notes.search', 'notes:search'] as const).map(
		(name): Mistake => [
			'a tool as clients spell it',
			rules(`id: a, match: { tool: "${name}" }, then: allow`),
			'P102',
			`"${name}"`,
			'did you mean `notes/search`?',
		],
	),
	[
		'a parameter that a condition reads and no tool has',
		withNotes('id: a, match: { tool: notes/search }, when: { cel: "args.qery == \'x\'" }, then: allow'),
		'P202',
		'cel',
		'did you mean `query`?',
	],
	['an allow of everything', rules('id: a, match: { tool: "**" }, then: allow'), 'P308', 'then', 'name the drivers'],
	[
		'an allow of everything',
		rules('id: a, match: { tool: "*/*" }, when: { agent: "*" }, then: allow'),
		'P308',
		'then',
		'name the drivers',
	],
	[
		'rewrites that undo one another',
		rules(
			'id: a, match: { command: npm }, then: { rewrite: { program: pnpm } }',
			'id: b, match: { command: pnpm }, then: { rewrite: { program: npm } }',
		),
		'P403',
		'then',
		'`npm` -> `pnpm` -> `npm`',
	],
	[
		'rewrites that go round',
		rules(
			'id: a, match: { command: npm }, then: { rewrite: { program: pnpm } }',
			'id: b, match: { command: pnpm }, then: { rewrite: { program: yarn } }',
			'id: c, match: { command: yarn }, then: { rewrite: { program: npm } }',
		),
		'P403',
		'then',
		'`npm` -> `pnpm` -> `yarn` -> `npm`',
	],
	['an allow of everything', rules('id: a, match: { tool: "*" }, then: allow'), 'P308', 'then', 'name the drivers'],
	['an ask about everything', rules('id: a, match: { tool: "*/*" }, then: ask'), 'P308', 'then', 'name the drivers'],
	[
		'a rewrite that loops',
		rules('id: a, match: { command: python3 }, then: { rewrite: { prepend: [uv, run] } }'),
		'P403',
		'then',
		'first pass: `python3` -> `uv run python3`',
	],
	[
		'a rewrite that loops',
		rules(
			'id: all, match: { tool: x/y }, then: allow',
			'id: a, match: { tool: x/y }, then: { rewrite: { params: { q: { replace: { matches: a, with: aa } } } } }, examples: [{ call: x/y, args: { q: a }, is: denied }]',
		),
		'P403',
		'then',
		'first pass: `{"q":"a"}` -> `{"q":"aa"}`',
	],
	[
		'a rewrite that leaves its cause',
		rules(
			'id: a, match: { command: "{npm,yarn} install" }, then: { rewrite: { drop_flags: [--global] } }, examples: [{ run: npm install --global x, becomes: npm install x }]',
		),
		'P403',
		'then',
		'-> `npm install x`',
	],
	[
		'a rewrite that leaves its cause',
		rules(
			'id: all, match: { tool: x/y }, then: allow',
			'id: a, match: { tool: x/y, args: { q: { matches: "a" } } }, then: { rewrite: { params: { q: { replace: { matches: "a+$", with: "a" } } } } }, examples: [{ call: x/y, args: { q: baa }, becomes: { q: ba } }]',
		),
		'P403',
		'then',
		'first pass: `{"q":"baa"}` -> `{"q":"ba"}`',
	],
	[
		'a rule that matches more than meant',
		rules(
			`id: a, match: { command: npm }, then: deny, ${fine}, examples: [{ run: npm view react version, is: unchanged }]`,
		),
		'P402',
		'{ run: npm view react version, is: unchanged }',
		'the file says `is: unchanged`; the policy gives `is: denied`',
	],
	[
		'a rule that matches less than meant',
		rules(`id: a, match: { command: npm publish }, then: deny, ${fine}, examples: [{ run: npm pack, is: denied }]`),
		'P402',
		'{ run: npm pack, is: denied }',
		'the file says `is: denied`; the policy gives `is: allowed`',
	],
	[
		'a rule that matches more than meant',
		rules(
			'id: all, match: { tool: x/read }, then: allow',
			`id: a, match: { tool: x/read, args: { path: { glob: "**/*.env*" } } }, then: deny, ${fine}, examples: [{ call: x/read, args: { path: /ws/.env.example }, is: allowed }]`,
		),
		'P402',
		'{ call: x/read, args: { path: /ws/.env.example }, is: allowed }',
		'the file says `is: allowed`; the policy gives `is: denied`',
	],
	[
		'a rule that matches less than meant',
		rules(
			`id: a, match: { command: git push, flags: --force }, then: deny, ${fine}, examples: [{ run: git push origin +main, is: denied }]`,
		),
		'P402',
		'{ run: git push origin +main, is: denied }',
		'the file says `is: denied`; the policy gives `is: allowed`',
	],
	[
		'an ended waiver',
		`${rules(deny)}waivers:\n  - { rule: no, match: { tool: x/y }, until: 2020-12-31, approved_by: d }\n`,
		'P307',
		'no',
		'delete it, or have it approved with a new date',
	],
	[
		'an ended waiver',
		`${rules('id: no, match: { command: rm }, then: ask')}waivers: [{ rule: no, match: { command: rm }, until: "2020-01-31", approved_by: d }]\n`,
		'P307',
		'no',
		'delete it, or have it approved with a new date',
	],
	[
		'a waiver of a rule that does not exist',
		`${rules(deny)}waivers:\n  - { rule: nox, match: { tool: x/y }, until: 2999-12-31, approved_by: d }\n`,
		'P303',
		'nox',
		'did you mean `no`?',
	],
	[
		'a regex that could not be run in linear time',
		rules(`id: a, match: { tool: x/y, args: { q: { matches: "(?=a)b" } } }, then: deny, ${fine}`),
		'P501',
		'(?=a)b',
		'no look-around',
	],
	[
		'a regex that could not be run in linear time',
		rules(`id: a, match: { tool: x/y, args: { q: { matches: '(a)\\1' } } }, then: deny, ${fine}`),
		'P501',
		'(a)\\1',
		'no back-references',
	],
];

describe.each(mistakes)('%s: %j', (_name, text, code, underlined, help) => {
	test(`is ${code}, at its place, with what to do`, async () => {
		const found = await findingsIn(text);
		const [problem] = found.filter((one) => one.code === code);
		expect(problem, JSON.stringify(found)).toBeDefined();
		const { line = 0, column = 0, length = 0, file } = problem?.where ?? {};
		expect(file).toBe(text.includes('\ndrivers:') ? 'trapgate.yaml' : 'p.yaml');
		expect(text.split('\n')[line - 1]?.slice(column - 1, column - 1 + length)).toBe(underlined);
		expect(problem?.help).toContain(help);
	});
});

describe.each([
	[
		'a rewrite that another file does not expect',
		'id: venv, match: { command: pip install }, then: deny, reason: r, instead: i, examples: [{ run: python3 -m pytest, is: unchanged }]',
		'id: uv, match: { command: python3 }, except: { under: uv run }, then: { rewrite: { prepend: [uv, run] } }',
		'{ run: python3 -m pytest, is: unchanged }',
		'note',
	],
	[
		'a rewrite that takes the cause of another one away',
		'id: yarn, match: { command: npm }, then: { rewrite: { program: yarn } }, examples: [{ run: npm ci, becomes: yarn ci }]',
		'id: plain, match: { command: npm ci }, then: { rewrite: { program: pnpm } }',
		'{ run: npm ci, becomes: yarn ci }',
		'note',
	],
])('%s', (_name, first, second, underlined, severity) => {
	test('is P404, at the example that differs, with what to do', async () => {
		const [one, two] = [rules(first), rules(second).replace('name: p', 'name: q')];
		place.write('one.yaml', one);
		place.write('two.yaml', two);
		const { document } = await place.run(['check', 'one.yaml', 'two.yaml', '--format', 'json']);
		const found = document()['problems'] as readonly (Found & { severity: string })[];
		const problem = found.find(({ code }) => code === 'P404');
		expect(problem, JSON.stringify(found)).toMatchObject({ severity, where: { file: 'one.yaml' } });
		const { line = 0, column = 0, length = 0 } = problem?.where ?? {};
		expect(one.split('\n')[line - 1]?.slice(column - 1, column - 1 + length)).toBe(underlined);
		expect(problem?.help).toContain('*.test.yaml');
	});
});

test('several files with several problems each are told in one run', async () => {
	place.write('one.yaml', rules('id: a, match: { tool: x/y }, then: deny', 'id: b, match: { tool: "*" }, then: allow'));
	place.write('two.yaml', rules('id: c, match: { tool: x/z }, then: hide, reason: r').replace('name: p', 'name: q'));
	const { document, code } = await place.run(['check', 'one.yaml', 'two.yaml', '--format', 'json']);
	const told = (document()['problems'] as readonly Found[]).map((one) => [one.where?.file, one.where?.line, one.code]);
	expect(told).toEqual([
		['one.yaml', 4, 'P302'],
		['one.yaml', 4, 'P306'],
		['one.yaml', 5, 'P308'],
		['two.yaml', 4, 'P302'],
	]);
	expect(code).toBe(1);
});

test('a rewrite whose result is left alone is in order', async () => {
	const settled = [
		rules('id: a, match: { command: python3 }, except: { under: uv run }, then: { rewrite: { prepend: [uv, run] } }'),
		rules('id: a, match: { command: "{npm,yarn} {install,test}" }, then: { rewrite: { program: pnpm } }'),
		rules(
			'id: all, match: { tool: x/y }, then: allow',
			'id: a, match: { tool: x/y }, then: { rewrite: { params: { q: b } } }, examples: [{ call: x/y, args: { q: a }, becomes: { q: b } }]',
		),
	];
	for (const text of settled) expect(await findingsIn(text)).toEqual([]);
});
