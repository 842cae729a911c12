// Names that nothing has: of tools and parameters against the lock, of facts and sub-commands against what is known of programs.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/abi/json.ts';
import type { Problem } from '../../src/abi/problem.ts';
import { lint } from '../../src/policy/lint.ts';
import type { KnownTool, KnownTools } from '../../src/policy/lint-names.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import type { Policy } from '../../src/policy/rule.ts';
import { vocabulary } from '../../src/shell/vocabulary.ts';
import { renderProblem } from '../../src/text/render.ts';

const params = (...names: readonly string[]): JsonObject => ({
	type: 'object',
	properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
});
const tool = (name: string, inputSchema: JsonObject, more: Partial<KnownTool> = {}): KnownTool => ({
	name,
	definition: { name: name.slice(name.indexOf('/') + 1), inputSchema },
	...more,
});
const known: KnownTools = {
	tools: [
		tool('filesystem/read_file', params('path', 'head', 'tail'), { effect: 'read' }),
		tool('filesystem/write_file', params('path', 'content')),
		tool('filesystem/move_file', params('source', 'destination')),
		tool('filesystem/list_directory', params('path')),
		tool('github/create_issue', {
			type: 'object',
			properties: { repo: {}, labels: { type: 'array', items: params('name', 'color') } },
		}),
		tool('web/fetch', { type: 'object' }),
		tool('notes/find', params('from', 'to'), { roles: { '/from': 'any_path', '/to': 'any_path' } }),
	],
	unrecorded: ['late'],
};

function load(rules: string, isPack = false): { policy: Policy; text: string } {
	const text = `version: 1\nname: p\nrules:\n${rules}`;
	const { policy, problems } = loadPolicy({ file: 'p.yaml', text, layer: 'user' });
	expect(problems).toEqual([]);
	return { policy: { ...(policy as Policy), isPack }, text };
}

const complete = 'reason: r, instead: i';
const one = (body: string) => `  - { id: a, ${body}, ${complete} }\n`;

/** The findings about names, each with the very word that is underlined. */
function found(rules: string, isPack = false, tools: KnownTools | 'no lock' = known) {
	const { policy, text } = load(rules, isPack);
	const all = lint([policy], { now: 0, vocabulary, ...(tools !== 'no lock' && { known: tools }) });
	return all
		.filter(({ code }) => /^P20/.test(code))
		.map((problem) => [problem.code, problem.severity, wordAt(problem, text), problem.help]);
}

function wordAt({ where }: Problem, text: string): string | undefined {
	if (where === undefined) return undefined;
	return text.split('\n')[where.line - 1]?.slice(where.column - 1, where.column - 1 + where.length);
}

describe('P201: no such tool', () => {
	test.each([
		['tool: "filesystm/*"', '"filesystm/*"', 'did you mean `filesystem/*`?'],
		['tool: filesystem/raed_file', 'filesystem/raed_file', 'did you mean `filesystem/read_file`?'],
		['tool: [filesystem/read_file, filesystem/delete_all]', 'filesystem/delete_all', 'run: trapgate tools --all'],
		['tool: [ "github/*" , "gihtub/create_*" ]', '"gihtub/create_*"', 'did you mean `github/create_*`?'],
	])('%s', (match, word, help) => {
		expect(found(one(`match: { ${match} }, then: deny`))).toEqual([['P201', 'error', word, help]]);
	});

	test('as it is shown', () => {
		const { policy, text } = load(
			'  - id: stay\n    match: { tool: "filesystm/*", args: { any_path: { outside: ["${workspace}", "${tmp}"] } } }\n    then: deny\n    reason: r\n    instead: i\n',
		);
		const [problem] = lint([policy], { now: 0, known });
		expect(problem && renderProblem(problem, text)).toBe(`\
error[P201]: no tool matches \`filesystm/*\`
 --> p.yaml:5:20
  |
5 |     match: { tool: "filesystm/*", args: { any_path: { outside: ["\${workspace}", "\${tmp}"] } } }
  |                    ^^^^^^^^^^^^^ matches 0 of 7 tools in trapgate.lock
  = help: did you mean \`filesystem/*\`?`);
	});

	test.each([
		['match: { tool: "*" }, except: { tool: filesystem/raed_file }, then: deny', 'filesystem/raed_file'],
		['match: { tool: "*" }, except: [{ tool: filesystem/read_file }, { tool: [x/y] }], then: deny', 'x/y'],
	])('in an exception: %s', (body, word) => {
		expect(found(one(body)).map(([code, , at]) => [code, at])).toEqual([['P201', word]]);
	});

	test.each([
		'tool: "*"',
		'tool: "file*"',
		'tool: "*/read_*"',
		'tool: late/anything',
		'tool: "la*/anything"',
		'tool: "${lists.t}"',
		'resource: "file:///*"',
		'effect: write',
	])('nothing is said of { %s }', (match) => {
		const lists = 'lists: { t: [filesystem/read_file] }\n';
		const { policy } = load(`${one(`match: { ${match} }, then: deny`)}${lists}`);
		expect(lint([policy], { now: 0, known }).map(({ code }) => code)).toEqual([]);
	});

	test('of any driver, where all were recorded', () => {
		const rules = one('match: { tool: "*/writefile" }, then: deny');
		expect(found(rules)).toEqual([]);
		const help = 'did you mean `*/write_file`?';
		expect(found(rules, false, { ...known, unrecorded: [] })).toEqual([['P201', 'error', '"*/writefile"', help]]);
	});

	test('without a lock nobody knows', () => {
		expect(found(one('match: { tool: x/y }, then: deny'), false, 'no lock')).toEqual([]);
	});

	test('of a pack it is one note a rule, and only where none of its patterns matches', () => {
		expect(found(one('match: { tool: ["brave/*", "exa/*"] }, then: deny'), true)).toMatchObject([
			['P201', 'note', '"brave/*"', 'run: trapgate tools --all'],
		]);
		expect(found(one('match: { tool: ["brave/*", "github/*"] }, then: deny'), true)).toEqual([]);
		expect(found(one('match: { tool: filesystem/read_file, args: { pth: x } }, then: deny'), true)).toEqual([]);
	});
});

describe('P202: no such parameter', () => {
	test.each([
		['match: { tool: filesystem/read_file, args: { pth: x } }, then: deny', 'pth', 'did you mean `path`?'],
		['match: { tool: filesystem/read_file, args: { tial: { max: 5 } } }, then: deny', 'tial', 'did you mean `tail`?'],
		[
			'match: { tool: filesystem/write_file, args: { overwrite: true } }, then: deny',
			'overwrite',
			'parameters: path, content',
		],
		[
			'match: { tool: github/create_issue, args: { /labels/0/nam: x } }, then: deny',
			'/labels/0/nam',
			'did you mean `/labels/name`?',
		],
		[
			'match: { tool: filesystem/read_file }, except: { args: { paht: x } }, then: deny',
			'paht',
			'did you mean `path`?',
		],
		['match: { tool: github/create_issue }, then: { pin: { params: { rep: web } } }', 'rep', 'did you mean `repo`?'],
		[
			'match: { tool: filesystem/read_file }, then: { narrow: { params: { haed: { max: 9 } } } }',
			'haed',
			'did you mean `head`?',
		],
		[
			'match: { tool: filesystem/read_file }, then: { rewrite: { params: { headd: 9 } } }',
			'headd',
			'did you mean `head`?',
		],
	])('%s', (body, word, help) => {
		expect(found(one(body))).toEqual([['P202', 'error', word, help]]);
	});

	test('of several tools none has it', () => {
		const [problem] = lint([load(one('match: { tool: "filesystem/*", args: { pth: x } }, then: deny')).policy], {
			now: 0,
			known,
		});
		expect(problem).toMatchObject({
			code: 'P202',
			message: 'none of the 4 tools that this rule matches has a parameter `pth`',
			help: 'did you mean `path`?',
		});
	});

	test.each([
		['one of them has it', 'match: { tool: "filesystem/*", args: { content: x } }, then: deny'],
		['by pointer, with an index', 'match: { tool: github/create_issue, args: { /labels/0/name: x } }, then: deny'],
		['by pointer, without', 'match: { tool: github/create_issue, args: { /labels/name: x } }, then: deny'],
		['a role', 'match: { tool: filesystem/read_file, args: { any_url: "https://a/*" } }, then: deny'],
		['a tool that says nothing of its parameters', 'match: { tool: web/fetch, args: { url: x } }, then: deny'],
		[
			'a driver of which nothing was recorded',
			'match: { tool: ["filesystem/read_file", "late/*"], args: { pth: x } }, then: deny',
		],
		['a resource', 'match: { resource: "file:///*", args: { uri: x } }, then: deny'],
		['tools of another driver', 'match: { tool: "*", from: late, args: { pth: x } }, then: deny'],
	])('nothing is said: %s', (_, body) => {
		expect(found(one(body))).toEqual([]);
	});
});

describe('P202: one parameter of several that carry the same', () => {
	test.each([
		['tool: filesystem/move_file, args: { source: { outside: /ws } }', 'source', '`destination`', 'any_path'],
		['tool: filesystem/move_file, args: { destination: { glob: "**/.env" } }', 'destination', '`source`', 'any_path'],
		['tool: notes/find, args: { from: { inside: /etc } }', 'from', '`to`', 'any_path'],
	])('%s', (match, word, left, role) => {
		const { policy, text } = load(one(`match: { ${match} }, then: deny`));
		const [problem, ...more] = lint([policy], { now: 0, known });
		expect(more).toEqual([]);
		expect(problem).toMatchObject({
			code: 'P202',
			severity: 'warning',
			label: `nobody looks at ${left}`,
			help: `for all of them write \`${role}\``,
		});
		expect(problem && wordAt(problem, text)).toBe(word);
	});

	test.each([
		[
			'both are named',
			one(
				'match: { tool: filesystem/move_file, args: { source: { outside: /ws }, destination: { outside: /ws } } }, then: deny',
			),
		],
		[
			'another rule looks at the other',
			`${one('match: { tool: filesystem/move_file, args: { source: { outside: /ws } } }, then: deny')}  - { id: b, match: { tool: "*/move_file", args: { destination: { outside: /ws } } }, then: ask }\n`,
		],
		[
			'another rule looks at all',
			`${one('match: { tool: filesystem/move_file, args: { source: { glob: "*.key" } } }, then: deny')}  - { id: b, match: { tool: "filesystem/*", args: { any_path: { outside: /ws } } }, then: deny, ${complete} }\n`,
		],
		['a plain value', one('match: { tool: filesystem/move_file, args: { source: x } }, then: deny')],
		['an allow rule', one('match: { tool: filesystem/move_file, args: { source: { inside: /ws } } }, then: allow')],
		['the only one', one('match: { tool: filesystem/read_file, args: { path: { outside: /ws } } }, then: deny')],
	])('nothing is said: %s', (_, rules) => {
		expect(found(rules)).toEqual([]);
	});
});

describe('P204: no such fact', () => {
	test.each([
		['command: git, facts: { skip_hooks: true }', 'skip_hooks', 'did you mean `skips_hooks`?'],
		['command: git push, facts: { forse: true }', 'forse', 'did you mean `force`?'],
		['command: ["git push"], facts: { toBranch: main }', 'toBranch', 'did you mean `to_branch`?'],
		['command: python3.12, facts: { modul: venv }', 'modul', 'did you mean `module`?'],
		['command: [npm, pnpm], facts: { package: x }', 'package', 'did you mean `packages`?'],
		['command: git, facts: { image: x }', 'image', expect.stringContaining('facts: alias, deletes, deletes_branch')],
		['facts: { skiphook: true }, command: "*"', 'skiphook', 'did you mean `skips_hooks`?'],
		['command: some-tool, facts: { raeds: x }', 'raeds', 'did you mean `reads`?'],
	])('%s', (match, word, help) => {
		expect(found(one(`match: { ${match} }, then: deny`))).toEqual([['P204', 'error', word, help]]);
	});

	test('in an exception, about the commands of the rule', () => {
		expect(found(one('match: { command: rm }, except: { facts: { path: x } }, then: deny'))).toEqual([
			['P204', 'error', 'path', 'did you mean `paths`?'],
		]);
	});

	test('as it is shown', () => {
		const { policy, text } = load(`  - id: hooks
    match: { command: git, facts: { skip_hooks: true } }
    then: deny
    reason: r
    instead: i
`);
		const [problem] = lint([policy], { now: 0, vocabulary });
		expect(problem && renderProblem(problem, text)).toBe(`\
error[P204]: \`git\` has no fact \`skip_hooks\`
 --> p.yaml:5:37
  |
5 |     match: { command: git, facts: { skip_hooks: true } }
  |                                     ^^^^^^^^^^
  = help: did you mean \`skips_hooks\`?`);
	});

	test.each([
		'command: git push, facts: { force: true, to_branch: main }',
		'command: [git, docker], facts: { image: x }',
		'command: some-tool, facts: { packages: x }',
		'command: "*", facts: { writes: { outside: /ws } }',
		'command: "${lists.t}", facts: { image: x }',
	])('nothing is said of { %s }', (match) => {
		const { policy } = load(`${one(`match: { ${match} }, then: deny`)}lists: { t: [git] }\n`);
		expect(lint([policy], { now: 0, vocabulary }).filter(({ code }) => code === 'P204')).toEqual([]);
	});

	test('of a pack it is a note', () => {
		expect(found(one('match: { command: git, facts: { forse: true } }, then: deny'), true)).toMatchObject([
			['P204', 'note', 'forse', 'did you mean `force`?'],
		]);
	});
});

describe('P204: no such sub-command', () => {
	test.each([
		['command: git psuh', 'git psuh', 'did you mean `push`?'],
		['command: ["git push", "git comit"]', '"git comit"', 'did you mean `commit`?'],
		['command: "git {push,fecth}"', '"git {push,fecth}"', 'did you mean `fetch`?'],
	])('%s', (match, word, help) => {
		expect(found(one(`match: { ${match} }, then: deny`))).toEqual([['P204', 'warning', word, help]]);
	});

	// An alias or a plugin of the author's own; and of other programs nobody vouches for a list.
	test.each(['git push', 'git deploy-everything', 'git stash drop', 'npm instal', 'git "${lists.t}"'])(
		'nothing is said of %s',
		(command) => {
			const { policy } = load(
				`${one(`match: { command: ${JSON.stringify(command)} }, then: deny`)}lists: { t: [push] }\n`,
			);
			expect(lint([policy], { now: 0, vocabulary }).filter(({ code }) => code === 'P204')).toEqual([]);
		},
	);
});

test.each([
	['match: { effect: read }, then: deny', []],
	['match: { tool: "filesystem/*", effect: read }, then: deny', []],
	['match: { tool: "github/*", effect: read }, then: deny', ['P303']],
	['match: { tool: "github/*", effect: read }, then: allow', ['P303']],
	['match: { tool: "filesystem/*", effect: read }, then: allow', []],
	['match: { effect: write }, then: deny', []],
])('whether a tool only reads is what a person confirmed: %s', (body, codes) => {
	const { policy } = load(one(body));
	expect(lint([policy], { now: 0, known }).map(({ code }) => code)).toEqual(codes);
});

test('a rule over several lines, in block style, with quotes and comments, is pointed at exactly', () => {
	const rules = `  - id: a
    # filesystem/raed_file is a slip
    match:
      tool:
        - filesystem/read_file
        - "filesystem/raed_file"   # here
      args:
        "pth":
          is: path
    then: deny
    reason: r
    instead: i
`;
	expect(found(rules)).toEqual([
		['P201', 'error', '"filesystem/raed_file"', 'did you mean `filesystem/read_file`?'],
		['P202', 'error', '"pth"', 'did you mean `path`?'],
	]);
});

test.each(['../../policies', './listings'])('the rules in %s ask for facts that there are', (folder) => {
	const path = fileURLToPath(new URL(`${folder}/`, import.meta.url));
	const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
	expect(files.length).toBeGreaterThan(9);
	const policies = files.flatMap((file) => {
		const { policy } = loadPolicy({ file, text: readFileSync(path + file, 'utf8'), layer: 'run', name: 'x' });
		return policy ?? [];
	});
	expect(lint(policies, { now: 0, vocabulary }).filter(({ code }) => code === 'P204')).toEqual([]);
});

test('a lock without a tool vouches for nothing, and a glob of any driver may be about one of which nothing is recorded', () => {
	const empty: KnownTools = { tools: [], unrecorded: [] };
	for (const pattern of ['"*"', '"*/*"', 'web/fetch']) {
		expect(found(one(`match: { tool: ${pattern} }, then: deny`), false, empty), pattern).toEqual([]);
	}
	const rule = one('match: { tool: "*fetsch" }, then: deny');
	expect(found(rule)).toEqual([]);
	expect(found(rule, false, { ...known, unrecorded: [] }).map(([code]) => code)).toEqual(['P201']);
});
