// `trapgate explain --suggest-examples`: what it prints can be pasted below its rule, means the call, and holds.
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { makePlace } from './support.ts';

const place = makePlace();
afterAll(() => place.remove());

const head = `version: 1
workspace: .
drivers: { shell: { builtin: shell }, files: { command: no-such-program } }
policies: [./commands.yaml]
rules:
`;
const own = `  - { id: allow-files, match: { tool: "files/*" }, then: allow }
  - { id: no-secrets, match: { tool: "files/*", args: { any_path: { glob: "**/.env" } } }, then: deny, reason: r, instead: i }
  - { id: plain, match: { tool: files/read, args: { raw: true } }, then: { rewrite: { params: { raw: false } } }, reason: r }
  - { id: few, match: { tool: files/send }, then: { limit: { calls: 3, per: 1h } }, reason: r, instead: i }
  - { id: night, match: { tool: files/deploy }, when: { time: { outside: "Mon-Fri 09:00-17:00", zone: UTC } }, then: deny, reason: r, instead: i }
  - { id: bots, match: { tool: files/deploy }, when: { agent: "bot-*" }, then: ask, reason: r }
`;
const commands = `version: 1
name: commands
rules:
  - { id: no-push, match: { command: git push, facts: { to_branch: main } }, then: deny, reason: r, instead: i }
  - { id: uv, match: { command: python3 }, except: { under: uv run }, then: { rewrite: { prepend: [uv, run] } }, reason: r }
  - { id: look, match: { command: env }, then: ask, reason: r }
`;

interface Suggested {
	readonly id: string;
	readonly part: 'decides' | 'near';
	readonly entry: string | null;
}

async function suggested(...argv: readonly string[]): Promise<readonly Suggested[]> {
	place.write('trapgate.yaml', head + own);
	place.write('commands.yaml', commands);
	const { document, code } = await place.run(['explain', '--suggest-examples', '--format', 'json', ...argv]);
	expect(code).toBe(0);
	return document()['suggested_examples'] as readonly Suggested[];
}

/** What `check` says once every entry stands below its rule. */
async function problemsWith(suggestions: readonly Suggested[]): Promise<unknown[]> {
	const withEntries = (text: string) =>
		suggestions.reduce((all, { id, entry }) => {
			const rule = new RegExp(`^(  - \\{ id: ${id}, .*) \\}$`, 'm');
			return entry === null ? all : all.replace(rule, (_, start: string) => `${start}, examples: [${entry}] }`);
		}, text);
	place.write('trapgate.yaml', head + withEntries(own));
	place.write('commands.yaml', withEntries(commands));
	const { document } = await place.run(['check', '--format', 'json']);
	const { examples, problems } = document() as { examples: { total: number }; problems: { code: string }[] };
	expect(examples.total).toBe(suggestions.filter(({ entry }) => entry !== null).length);
	return problems.filter(({ code }) => code === 'P402' || code === 'P404');
}

const call = (tool: string, args: object = {}) => ['--call', tool, '--args', JSON.stringify(args)];

describe('what is printed holds where it is pasted', () => {
	test.each<readonly [argv: readonly string[], entries: Readonly<Record<string, unknown>>]>([
		[['git push origin main'], { 'no-push': { run: 'git push origin main', is: 'denied' } }],
		[['git push origin topic'], { 'no-push': { run: 'git push origin topic', is: 'unchanged' } }],
		[['python3 a.py && ls'], { uv: { run: 'python3 a.py && ls', becomes: 'uv run python3 a.py && ls' } }],
		[['uv run python3 a.py'], { uv: { run: 'uv run python3 a.py', is: 'unchanged' } }],
		[['env'], { look: { run: 'env', is: 'asked' } }],
		[
			call('files/read', { path: 'a', raw: true }),
			{
				plain: { call: 'files/read', args: { path: 'a', raw: true }, becomes: { path: 'a', raw: false } },
				'allow-files': { call: 'files/read', args: { path: 'a', raw: true }, becomes: { path: 'a', raw: false } },
			},
		],
		[
			call('files/send'),
			{ 'allow-files': { call: 'files/send', is: 'unchanged' }, few: { call: 'files/send', nth: 4, is: 'denied' } },
		],
		[
			[...call('files/deploy'), '--at', '2026-11-21T20:00:00Z', '--agent', 'dana'],
			{
				night: { call: 'files/deploy', agent: 'dana', at: '2026-11-21T20:00:00.000Z', is: 'denied' },
			},
		],
	])('%j', async (argv, entries) => {
		const suggestions = await suggested(...argv);
		const found = suggestions.filter(({ entry }) => entry !== null).map(({ id, entry }) => [id, parse(entry ?? '')]);
		expect(Object.fromEntries(found)).toMatchObject(entries);
		expect(await problemsWith(suggestions)).toEqual([]);
	});

	test.each<readonly [argv: readonly string[], id: string, becomes: unknown]>([
		[['python3 a.py'], 'uv', 'uv run python3 a.py'],
		[call('files/read', { path: 'a', raw: true }), 'plain', { path: 'a', raw: false }],
	])('while the policy only watches, what it would do: %j', async (argv, id, becomes) => {
		place.write('trapgate.yaml', head.replace('version: 1', 'version: 1\nmode: observe') + own);
		place.write('commands.yaml', commands);
		const { document } = await place.run(['explain', '--suggest-examples', '--format', 'json', ...argv]);
		const found = (document()['suggested_examples'] as Suggested[]).find((one) => one.id === id);
		expect(parse(found?.entry ?? '')).toMatchObject({ becomes });
	});

	test('what another rule decides is no example of one that came near', async () => {
		const suggestions = await suggested(...call('files/read', { path: 'a/.env' }));
		expect(suggestions.map(({ id, part }) => [id, part])).toEqual([['no-secrets', 'decides']]);
	});

	test('a time is written where a rule looks at the clock, whether one was given or not', async () => {
		const [first] = await suggested(...call('files/deploy'));
		expect(parse(first?.entry ?? '')).toHaveProperty('at');
		expect(parse((await suggested('env'))[0]?.entry ?? '')).not.toHaveProperty('at');
	});

	test('a branch is written where the outcome depends on it', async () => {
		place.write('.git/HEAD', 'ref: refs/heads/main\n');
		const branched = `${commands.replace('to_branch: main', 'to_branch: "rel*"')}defaults: { command: allow }\n`;
		place.write('trapgate.yaml', head + own);
		place.write('commands.yaml', branched);
		const { document } = await place.run(['explain', '--suggest-examples', '--format', 'json', 'git push']);
		const [one] = document()['suggested_examples'] as Suggested[];
		expect(one).toMatchObject({ id: 'no-push', part: 'near' });
		expect(parse(one?.entry ?? '')).toEqual({ run: 'git push', branch: 'main', is: 'unchanged' });
	});
});

describe('text that YAML or an example could take for something else', () => {
	test.each([
		'env # no comment',
		'env "a: b" \'c\' { d } [e]',
		'env yes\nenv no',
		'env \u202ea\u200b',
		'env é\ttab',
		"env A='${HOME} $HOME'",
		"env A='- *a &b !c %d @e `f`'",
	])('%j comes back as it was', async (command) => {
		const [one] = await suggested(command);
		expect(one?.id).toBe('look');
		expect(parse(one?.entry ?? '')).toEqual({ run: command, is: 'asked' });
		// Nothing in it is drawn as nothing, or over something else.
		expect(one?.entry).not.toMatch(/[\u202e\u200b\n\t]/);
	});

	test('a variable of examples means something else in a call, so none is offered', async () => {
		expect(await suggested('env "${workspace}"')).toMatchObject([{ id: 'look', entry: null }]);
	});
});

test('in text it is YAML, with a comment for each rule', async () => {
	await suggested('env');
	const { stdout } = await place.run(['explain', '--suggest-examples', 'git push origin main']);
	expect(stdout).toBe('# no-push, commands.yaml:4\nexamples:\n  - { run: git push origin main, is: denied }\n');
	const nothing = await place.run(['explain', '--suggest-examples', ...call('other/x')]);
	expect(nothing.stdout).toMatch(/^# no rule has a part in this/);
	const guarded = await place.run(['explain', '--suggest-examples', ...call('files/write', { path: 'trapgate.yaml' })]);
	expect(guarded.stdout).toMatch(/^# no rule has a part in this/);
});

test.each(['--suggest-examples', '--all'])('%s is about one question', async (flag) => {
	const { code, stderr } = await place.run(['explain', flag, '--batch', '-']);
	expect(code).toBe(2);
	expect(stderr).toContain(`\`${flag}\` and \`--batch\` exclude each other`);
});
