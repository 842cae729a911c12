// `trapgate explain`: one question or many, answered by the kernel's own engine.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ringTrouble } from '../support/ring.ts';
import { makePlace, type Place } from './support.ts';

const root = `version: 1
workspace: .
drivers:
  bash: { builtin: shell }
  files: { command: no-such-program }
rules:
  - { id: allow-files, match: { tool: "files/*" }, then: allow }
  - { id: allow-shell, match: { tool: bash/run }, then: allow }
  - { id: short-commands, match: { tool: bash/run }, then: { narrow: { params: { timeoutMs: { max: 9000 } } } }, reason: Long ones belong to the user. }
  - id: no-secrets
    match: { tool: "files/*", args: { any_path: { glob: "**/.env" } } }
    then: deny
    reason: Secrets stay here.
    instead: read .env.example
  - { id: pretty, match: { tool: files/read, args: { raw: true } }, then: { rewrite: { params: { raw: false } } }, reason: Raw bytes confuse models. }
  - { id: no-moving, match: { tool: files/move }, then: hide, reason: History., instead: git mv }
  - { id: ask-writes, match: { tool: files/write }, then: ask, reason: Somebody should look., instead: show it }
  - id: night
    match: { tool: files/deploy }
    when: { time: { outside: "Mon-Fri 09:00-17:00", zone: UTC }, agent: "bot-*" }
    then: deny
    reason: Nobody is there.
    instead: wait
`;

let place: Place;
beforeAll(() => {
	place = makePlace({ 'trapgate.yaml': root });
});
afterAll(() => place.remove());

const call = (name: string, args: object, ...more: string[]) => [
	'explain',
	'--call',
	name,
	'--args',
	JSON.stringify(args),
	...more,
];

test('a denied call in text', async () => {
	const { code, stdout, stderr } = await place.run(call('files/read', { path: '.env' }));
	expect(stdout.split('\n')).toEqual([
		'asked   files/read {"path":".env"}',
		'deny    no-secrets',
		'also    allow-files               allow, matches too',
		expect.stringMatching(/^verdict denied {4}policy [0-9a-f]{8}, trapgate\.yaml:10$/),
		'agent   BLOCKED by policy. Nothing ran.',
		'        Call:    files__read {"path":".env"}',
		'        Rule:    no-secrets',
		'        Why:     Secrets stay here.',
		'        Instead: read .env.example',
		'near    pretty                    `args.raw` is absent; the rule asks for true   trapgate.yaml:15:54',
		'',
	]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('a rewritten call shows what each rule changed and what would run', async () => {
	const { stdout } = await place.run(call('files/read', { path: 'a', raw: true }));
	expect(stdout).toContain('rewrite pretty                    raw: true -> false\n');
	expect(stdout).toContain('final   files/read {"path":"a","raw":false}\n');
	expect(stdout).toContain('verdict rewritten ');
});

test('a command goes to the built-in shell, whatever it is called', async () => {
	const { stdout } = await place.run(['explain', 'make', 'test']);
	expect(stdout).toContain('asked   make test\n');
	expect(stdout).toContain('timeoutMs = 9000');
	const { document } = await place.run(['explain', 'make test', '--format', 'json']);
	expect(document()).toMatchObject({
		verdict: 'rewritten',
		call: { run: 'make test' },
		final: { run: 'make test' },
		changes: [{ path: '/timeoutMs', to: 9000, rule: 'short-commands' }],
	});
});

describe('rules about commands', () => {
	const policy = `version: 1
workspace: .
drivers: { shell: { builtin: shell } }
rules:
  - { id: allow-shell, match: { tool: shell/run }, then: allow, reason: r }
  - { id: no-force, match: { command: git push, facts: { force: true } }, then: deny, reason: Never., instead: open a pull request }
  - { id: uv, match: { command: python3 }, except: { under: uv run }, then: { rewrite: { prepend: [uv, run] } }, reason: Through uv., instead: uv run python }
`;

	test('what was read is shown, with the rule that is about it', async () => {
		place.write('commands.yaml', policy);
		const run = (...words: string[]) => place.run(['explain', '--config', 'commands.yaml', ...words]);
		const { stdout } = await run('cd api && sudo git push -uf origin topic');
		expect(stdout).toContain('seen    1. cd api\n');
		expect(stdout).toMatch(/^ {8}3\. git push -uf origin topic {3}under sudo; .*force; .*; rule no-force$/m);
		expect(stdout).toContain('deny    no-force                  matched `git push`\n');
		expect((await run('python3 a.py')).stdout).toContain('final   uv run python3 a.py\n');
	});

	test('what can not be read runs only where the runtime ring holds it', async () => {
		const unconfined = policy.replace('builtin: shell', 'builtin: shell, sandbox: { backend: none }');
		place.write('commands.yaml', unconfined);
		const run = () => place.run(['explain', '--config', 'commands.yaml', '$CMD x']);
		const unknown = (await run()).stdout;
		expect(unknown).toMatch(/^seen {4}\? {2}/m);
		expect(unknown).toMatch(/^deny {4}kernel\/unparsed/m);
		expect(unknown).toContain("Why:     What this command would run can't be known from its text: ");
		if (ringTrouble() !== undefined) return;
		place.write('commands.yaml', policy);
		expect((await run()).stdout).toMatch(/^contain kernel\/unparsed\n(?:.*\n)*verdict contained/m);
	});

	test('a document holds the same', async () => {
		place.write('commands.yaml', policy);
		const { document } = await place.run([
			'explain',
			'--config',
			'commands.yaml',
			'bash -c "python3 a"',
			'--format',
			'json',
		]);
		expect(document()).toMatchObject({
			verdict: 'rewritten',
			final: { run: 'bash -c "uv run python3 a"' },
			rules: [{ id: 'uv', effect: 'rewrite', command: 'python3' }, { id: 'allow-shell' }],
			seen: [
				{
					form: 'asked',
					argument: '/command',
					commands: [
						{ program: 'bash', rules: [] },
						{ program: 'python3', argv: ['python3', 'a'], under: [['bash']], rules: ['uv'] },
					],
					gaps: [],
				},
				{ form: 'final', commands: [{ program: 'bash' }, { program: 'uv' }, { program: 'python3', rules: [] }] },
			],
		});
	});
});

test('words after -- may look like flags', async () => {
	const { code, stdout } = await place.run(['explain', '--', 'git', 'push', '--force']);
	expect(code).toBe(0);
	expect(stdout).toContain('asked   git push --force\n');
});

test('the document for machines', async () => {
	const { document } = await place.run(
		call('files/read', { path: '.env' }, '--format', 'json', '--at', '2026-11-20T15:00:00Z', '--agent', 'codex'),
	);
	expect(document()).toEqual({
		schema_version: '1.0',
		command: 'explain',
		verdict: 'denied',
		acted: true,
		mode: 'enforce',
		agent: 'codex',
		at: '2026-11-20T15:00:00.000Z',
		call: { call: 'files/read', args: { path: '.env' } },
		final: { call: 'files/read', args: { path: '.env' } },
		rules: [{ id: 'no-secrets', file: 'trapgate.yaml', line: 10, effect: 'deny', matched: 'both' }],
		changes: [],
		reason: 'Secrets stay here.',
		instead: 'read .env.example',
		agent_reads: {
			kind: 'refusal',
			text: [
				'BLOCKED by policy. Nothing ran.',
				'Call:    files__read {"path":".env"}',
				'Rule:    no-secrets',
				'Why:     Secrets stay here.',
				'Instead: read .env.example',
			].join('\n'),
		},
		also: [{ id: 'allow-files', file: 'trapgate.yaml', line: 7, column: 11, effect: 'allow', mode: 'enforce' }],
		near: [
			{
				id: 'pretty',
				effect: 'rewrite',
				failed: 'args.raw',
				seen: [],
				wanted: 'true',
				...{ file: 'trapgate.yaml', line: 15, column: 54 },
			},
		],
		policy_rev: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
	});
});

describe('who asks and when', () => {
	test.each([
		['bot-1', '2026-11-20T20:00:00Z', 'denied'],
		['bot-1', '2026-11-20T12:00:00Z', 'allowed'],
		['person', '2026-11-20T20:00:00Z', 'allowed'],
	])('%s at %s: %s', async (agent, at, verdict) => {
		const { document } = await place.run(call('files/deploy', {}, '--agent', agent, '--at', at, '--format', 'json'));
		expect(document()).toMatchObject({ verdict });
	});
});

test('every member of the document is described in docs/output.md', async () => {
	const page = readFileSync(new URL('../../docs/output.md', import.meta.url), 'utf8');
	const documents = [
		await place.run(call('files/read', { path: 'a', raw: true }, '--format', 'json')),
		await place.run(['explain', '$CMD x', '--format', 'json']),
		await place.run(call('files/write', {}, '--format', 'json')),
	];
	const keysOf = (value: unknown): string[] =>
		Array.isArray(value)
			? value.slice(0, 1).flatMap(keysOf)
			: typeof value === 'object' && value !== null
				? Object.entries(value).flatMap(([key, one]) =>
						['commands', 'gaps', 'args', 'facts'].includes(key) ? [key] : [key, ...keysOf(one)],
					)
				: [];
	const keys = new Set(documents.flatMap(({ document }) => keysOf(document())));
	expect(keys.size).toBeGreaterThan(25);
	expect([...keys].filter((key) => !new RegExp(`["\`]${key}["\`]`).test(page))).toEqual([]);
});

describe('rules that did not match', () => {
	const policy = `version: 1
workspace: .
drivers: { shell: { builtin: shell } }
rules:
  - { id: allow-shell, match: { tool: shell/run }, then: allow, reason: r }
  - { id: lifted, match: { command: git push }, except: { facts: { to_branch: topic } }, then: deny, reason: r, instead: i }
  - { id: forced, match: { command: git push, facts: { force: true } }, then: deny, reason: r, instead: i }
  - { id: fetching, match: { command: git fetch }, then: deny, reason: r, instead: i }
  - { id: other, match: { command: rm }, then: deny, reason: r, instead: i }
  - { id: mood, match: { command: git push }, when: { agent: "bot-*" }, then: deny, reason: r, instead: i }
${[1, 2, 3].map((n) => `  - { id: more-${n}, match: { command: git push, flags: --x${n} }, then: deny, reason: r, instead: i }`).join('\n')}
`;
	const explained = async (...more: string[]) => {
		place.write('near.yaml', policy);
		return place.run(['explain', '--config', 'near.yaml', 'git push origin topic', ...more]);
	};
	const nearLines = (stdout: string) =>
		stdout
			.split('\n')
			.filter((line) => line.startsWith('near '))
			.map((line) => line.replace(/ +/g, ' '));

	test('the nearest first, each with what was seen, what was wanted, and where the clause stands', async () => {
		const { stdout } = await explained();
		expect(nearLines(stdout)).toEqual([
			'near lifted an exception holds: facts.to_branch topic near.yaml:6:57',
			'near forced `facts.force` is absent; the rule asks for true near.yaml:7:56',
			'near mood `when.agent` is unidentified, not bot-* near.yaml:10:55',
			'near more-1 `flags` is absent; the rule asks for --x1 near.yaml:11:47',
			'near more-2 `flags` is absent; the rule asks for --x2 near.yaml:12:47',
		]);
		expect(stdout).toContain('\n        and 2 more that did not match: --all\n');
	});

	test('--all: those about other commands, too', async () => {
		const lines = nearLines((await explained('--all')).stdout);
		expect(lines).toHaveLength(8);
		expect(lines.at(-2)).toBe('near fetching `command` is git push, not git fetch near.yaml:8:30');
		expect(lines.at(-1)).toBe('near other `command` is git push, not rm near.yaml:9:27');
		const { document } = await explained('--all', '--format', 'json');
		expect((document()['near'] as object[]).at(-1)).toEqual({
			id: 'other',
			effect: 'deny',
			failed: 'command',
			seen: ['git push'],
			wanted: 'rm',
			...{ file: 'near.yaml', line: 9, column: 27 },
		});
	});

	test('nothing that an agent says can break a line or move the cursor', async () => {
		place.write('near.yaml', policy.replace('{ to_branch: topic }', '{ to_branch: other }'));
		const hostile = 'git push origin x\u001b[2J\u202e; echo "\nverdict allowed"';
		const { stdout } = await place.run(['explain', '--config', 'near.yaml', hostile]);
		expect(stdout).not.toContain('\u001b');
		expect(stdout).not.toContain('\u202e');
		expect(stdout.split('\n').filter((line) => line.startsWith('verdict'))).toHaveLength(1);
	});
});

test('what governs the agent is protected here as in the kernel', async () => {
	for (const path of ['trapgate.yaml', './x/../trapgate.yaml', place.audit, '.git/hooks/pre-commit']) {
		const { document } = await place.run(call('files/write', { path }, '--format', 'json'));
		expect(document()).toMatchObject({
			verdict: 'denied',
			rules: [{ id: 'kernel/protected-files', effect: 'deny' }],
			near: [],
		});
	}
});

test('a driver that is not configured is unknown to the agent, and the text says that nobody would be reached', async () => {
	const { stdout } = await place.run(call('github/get_issue', {}));
	expect(stdout).toContain('verdict hidden ');
	expect(stdout).toContain('there is no such driver');
	expect(stdout).toContain('agent   error -32602: Unknown tool: github__get_issue');
	expect(stdout).toContain('no driver `github` is configured');
});

test("the kernel's own tool is in no configuration, and there where a rule keeps full texts", async () => {
	const read = call('trapgate/read_result', { id: '0'.repeat(26) });
	expect((await place.run(read)).stdout).toContain('no rule keeps full texts, so there is no such tool');
	const cap = '\n  - { id: cap, match: { tool: bash/run }, then: { truncate: { max_tokens: 4000 } } }\n';
	const other = makePlace({ 'trapgate.yaml': `${root}${cap}` });
	try {
		const { code, stdout } = await other.run(read);
		expect(code).toBe(0);
		expect(stdout).toContain('verdict allowed');
		expect(stdout).not.toMatch(/is configured|no such tool/);
	} finally {
		other.remove();
	}
});

test('a mode that does not act says so', async () => {
	const other = makePlace({ 'trapgate.yaml': root.replace('version: 1', 'version: 1\nmode: observe') });
	try {
		const { stdout } = await other.run(call('files/read', { path: '.env' }));
		expect(stdout).toContain('mode observe: it would run as asked all the same');
		expect((await other.run(call('files/read', { path: '.env' }, '--format', 'json'))).document()).toMatchObject({
			verdict: 'denied',
			acted: false,
			mode: 'observe',
		});
	} finally {
		other.remove();
	}
});

test('a policy that does not load is exit code 3, with its problems', async () => {
	const other = makePlace({ 'trapgate.yaml': 'version: 1\nrles: []\n' });
	try {
		const { code, stdout, stderr } = await other.run(['explain', 'ls']);
		expect(stderr).toContain('error[P101]: unknown key `rles`');
		expect(stderr).toContain('2 | rles: []');
		expect(stderr).toContain('does not load\n');
		expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
	} finally {
		other.remove();
	}
});

describe('batch', () => {
	const deep = `{"id":"deep","call":"files/read","args":${'['.repeat(5000)}${']'.repeat(5000)}}`;
	const table: readonly (readonly [line: string, answer: object])[] = [
		[
			'{"id":1,"call":"files/read","args":{"path":"a"}}',
			{ id: 1, verdict: 'allowed', final: { path: 'a' }, rules: ['allow-files'], reason: null, instead: null },
		],
		[
			'{"id":"two","call":"files/read","args":{"path":".env"}}',
			{
				id: 'two',
				verdict: 'denied',
				final: { path: '.env' },
				rules: ['no-secrets'],
				reason: 'Secrets stay here.',
				instead: 'read .env.example',
			},
		],
		[
			'{"id":"rw","call":"files/read","args":{"raw":true}}',
			{
				id: 'rw',
				verdict: 'rewritten',
				final: { raw: false },
				rules: ['pretty', 'allow-files'],
				reason: 'Raw bytes confuse models.',
				instead: null,
			},
		],
		[
			'{"id":"h","call":"files/move"}',
			{ id: 'h', verdict: 'hidden', final: {}, rules: ['no-moving'], reason: 'History.', instead: 'git mv' },
		],
		[
			'{"id":"a","call":"files/write"}',
			{
				id: 'a',
				verdict: 'asked',
				final: {},
				rules: ['ask-writes', 'allow-files'],
				reason: 'Somebody should look.',
				instead: 'show it',
			},
		],
		[
			'{"id":"run","run":"ls -l"}',
			{
				id: 'run',
				verdict: 'rewritten',
				final: 'ls -l',
				rules: ['short-commands', 'allow-shell'],
				reason: 'Long ones belong to the user.',
				instead: null,
			},
		],
		[
			'{"call":"files/read"}',
			{ id: null, verdict: 'allowed', final: {}, rules: ['allow-files'], reason: null, instead: null },
		],
		['{"id":"n","call":"files/read","args":{"n":9007199254740993}}', { id: 'n', verdict: 'allowed' }],
		[
			'{"id":"t","call":"files/deploy","agent":"bot-1","at":"2026-11-20T20:00:00Z"}',
			{ id: 't', verdict: 'denied', rules: ['night'] },
		],
		[
			'{"id":"t2","call":"files/deploy","agent":"bot-1","at":"2026-11-20T12:00:00+00:00"}',
			{ id: 't2', verdict: 'allowed' },
		],
		[
			'no json',
			{
				id: null,
				verdict: 'errored',
				final: null,
				rules: [],
				reason: expect.stringContaining('not JSON'),
				instead: null,
			},
		],
		['[1]', { id: null, verdict: 'errored', reason: 'not a JSON object' }],
		['{"id":"b1"}', { id: 'b1', verdict: 'errored', reason: 'exactly one of `call` and `run` is needed' }],
		['{"id":"b2","call":"files/read","run":"ls"}', { id: 'b2', verdict: 'errored' }],
		['{"id":"b3","call":"read"}', { id: 'b3', verdict: 'errored', reason: '`call` must name a tool as driver/tool' }],
		['{"id":"b4","call":7}', { id: 'b4', verdict: 'errored' }],
		['{"id":"b5","call":"files/read","args":[]}', { id: 'b5', verdict: 'errored', reason: '`args` must be an object' }],
		['{"id":"b6","run":""}', { id: 'b6', verdict: 'errored' }],
		['{"id":"b7","run":"ls","args":{}}', { id: 'b7', verdict: 'errored' }],
		[
			'{"id":"b8","run":"ls","agnet":"x"}',
			{ id: 'b8', verdict: 'errored', reason: expect.stringContaining('unknown key `agnet`') },
		],
		['{"id":"b9","run":"ls","agent":"a b"}', { id: 'b9', verdict: 'errored' }],
		['{"id":"b10","run":"ls","at":"noon"}', { id: 'b10', verdict: 'errored' }],
		[
			'{"id":"b11","call":"files/read","args":{"path":"a","PATH":".env"}}',
			{ id: 'b11', verdict: 'errored', reason: expect.stringContaining('PATH') },
		],
		[deep, { verdict: 'errored' }],
	];
	const input = `${table.map(([line]) => line).join('\n')}\n\n`;

	test('answers every line in order, bad ones too', async () => {
		const { code, stderr, stdout, lines } = await place.run(['explain', '--batch', '-'], { stdin: input });
		expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
		const answers = lines();
		expect(answers).toHaveLength(table.length);
		for (const [at, [line, answer]] of table.entries()) expect(answers[at], line.slice(0, 200)).toMatchObject(answer);
		for (const answer of answers)
			expect(Object.keys(answer)).toEqual(['id', 'verdict', 'final', 'rules', 'reason', 'instead']);
		expect(stdout).toContain('"final":{"n":9007199254740993}');
	});

	test('reads a file as well, with Windows line ends', async () => {
		place.write('calls.jsonl', input.replaceAll('\n', '\r\n'));
		const fromFile = await place.run(['explain', '--batch', 'calls.jsonl']);
		expect(fromFile.stdout).toBe((await place.run(['explain', '--batch', '-'], { stdin: input })).stdout);
	});

	test('a file that is not there is a usage error', async () => {
		const { code, stderr } = await place.run(['explain', '--batch', 'none.jsonl']);
		expect(code).toBe(2);
		expect(stderr).toContain('error[C103]: `none.jsonl`');
	});

	test('no lines, no answers', async () => {
		expect(await place.run(['explain', '--batch', '-'], { stdin: '' })).toMatchObject({ code: 0, stdout: '' });
	});
});
