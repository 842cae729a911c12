// `trapgate check`: every problem in every file, and the exit codes scripts rely on.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accept } from '../../src/kernel/lock/accept.ts';
import { differences } from '../../src/kernel/lock/differences.ts';
import { emptyLock } from '../../src/kernel/lock/lock.ts';
import { lockText } from '../../src/kernel/lock/text.ts';
import { listingOf, notes, tool } from '../kernel/lock/support.ts';
import { makePlace, type Place } from './support.ts';

let place: Place;
beforeEach(() => {
	place = makePlace();
});
afterEach(() => place.remove());

const good = `version: 1
name: good
rules:
  - id: allow-files
    match: { tool: "files/*" }
    then: allow
    reason: The agent works on files.
    examples:
      - { call: files/read, args: { path: a }, is: allowed }
`;

test('a policy without problems ends on one line that counts', async () => {
	place.write('trapgate.yaml', 'version: 1\npolicies: [./good.yaml, ./more.yaml]\n');
	place.write('more.yaml', good.replace('name: good', 'name: more').replaceAll('files', 'notes'));
	place.write('good.yaml', good);
	const { code, stdout, stderr } = await place.run(['check']);
	expect(stdout).toBe('examples: 2/2 hold alone, 2/2 merged\n3 files, 2 rules, 1 layer: no problems\n');
	expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('a root file and a test file that are named like policies are told what they are', async () => {
	place.write('trapgate.yaml', 'version: 1\ndrivers: {}\npolicies: [./good.yaml]\n');
	place.write('a.test.yaml', 'version: 1\ncases: [{ run: ls, is: allowed }]\n');
	const root = await place.run(['check', 'trapgate.yaml']);
	expect(root.stdout).toContain('= help: this is a root file: trapgate check --config trapgate.yaml');
	const suite = await place.run(['check', 'a.test.yaml']);
	expect(suite.stdout).toContain('= help: this is a test file: trapgate test a.test.yaml');
});

test.each([
	['tool: "fiels/read"', 'did you mean `files`?'],
	['tool: ["files/*", "other*/read"]', 'drivers: files, shut'],
	['tool: "*", from: Files', 'did you mean `files`?'],
])('a rule about a driver that is not loaded is pointed at: %s', async (match, help) => {
	const rule = `  - { id: a, match: { ${match} }, then: deny, reason: r, instead: i }\n`;
	const others = `  - { id: b, match: { tool: "shut/x" }, then: deny, reason: r, instead: i }
  - { id: c, match: { tool: ["*/read", "fi*/x"], from: "f*" }, then: deny, reason: r, instead: i }\n`;
	const drivers = 'drivers: { files: { command: x }, shut: { command: x, disabled: true } }\n';
	place.write('trapgate.yaml', `version: 1\n${drivers}rules:\n${rule}${others}`);
	const { code, stdout } = await place.run(['check']);
	expect(stdout).toMatch(/^warning\[P201\]: rule `a` is about the driver/);
	expect(stdout).toContain(`= help: ${help}`);
	expect(stdout.match(/P201/g)).toHaveLength(1);
	expect(code).toBe(1);
});

test('problems in several files are shown in one run, each with its line', async () => {
	place.write('trapgate.yaml', 'version: 1\npolicies: [./one.yaml, ./two.yaml]\n');
	place.write('one.yaml', 'version: 1\nname: one\nrules:\n  - id: a\n    match: { tol: x/y }\n    then: allow\n');
	place.write('two.yaml', 'version: 1\nname: two\nmode: enforced\nrules: []\n');
	const { code, stdout } = await place.run(['check']);
	expect(stdout).toContain(`error[P101]: unknown key \`tol\`
 --> one.yaml:5:14
  |
5 |     match: { tol: x/y }
  |              ^^^`);
	expect(stdout).toContain('= help: did you mean `tool`?');
	expect(stdout).toContain(`error[P102]: \`enforced\` is not a valid value
 --> two.yaml:3:7
  |
3 | mode: enforced
  |       ^^^^^^^^
  = help: did you mean \`enforce\`?`);
	expect(stdout).toMatch(/\n3 files: 2 errors; it does not load\n$/);
	expect(code).toBe(3);
});

const findings: readonly (readonly [name: string, rule: string, code: string, exit: number])[] = [
	['a refusal without a way forward', '{ id: a, match: { tool: x/y }, then: deny, reason: No. }', 'P302', 1],
	['a refusal without a reason', '{ id: a, match: { tool: x/y }, then: deny, instead: stop }', 'P306', 1],
	['an allow rule for everything', '{ id: a, match: { tool: "*" }, then: allow }', 'P308', 1],
	[
		'an example that does not hold',
		'{ id: a, match: { tool: x/y }, then: allow, examples: [{ call: x/y, args: {}, is: denied }] }',
		'P402',
		1,
	],
	[
		'two rules of one id',
		'{ id: a, match: { tool: x/y }, then: allow }\n  - { id: a, match: { tool: x/z }, then: allow }',
		'P104',
		3,
	],
	[
		'a list that does not exist',
		'{ id: a, match: { tool: x/y, args: { p: "${lists.none}" } }, then: allow }',
		'P203',
		3,
	],
];

describe('each kind of finding has its exit code', () => {
	test.each(findings)('%s', async (_name, rule, problem, exit) => {
		place.write('trapgate.yaml', `version: 1\nrules:\n  - ${rule}\n`);
		const { code, stdout } = await place.run(['check']);
		expect(stdout).toContain(`[${problem}]: `);
		expect(stdout).toMatch(/ --> trapgate\.yaml:[34]:\d+\n/);
		expect(code).toBe(exit);
		const json = await place.run(['check', '--format', 'json']);
		expect(json.code).toBe(exit);
		expect(json.document()).toMatchObject({
			command: 'check',
			loads: exit !== 3,
			problems: [{ code: problem, where: { file: 'trapgate.yaml', line: expect.any(Number) } }],
		});
	});
});

test('the root file’s defaults count for likely mistakes', async () => {
	place.write(
		'trapgate.yaml',
		'version: 1\ndefaults: { tool: allow }\nrules:\n  - { id: a, match: { tool: "*" }, then: allow }\n',
	);
	expect(await place.run(['check'])).toMatchObject({ code: 0 });
});

test('the document for machines', async () => {
	place.write('trapgate.yaml', 'version: 1\nrules:\n  - { id: a, match: { tool: x/y }, then: deny, reason: No. }\n');
	const { document } = await place.run(['check', '--format', 'json']);
	expect(document()).toEqual({
		schema_version: '1.0',
		command: 'check',
		loads: true,
		problems: [
			{
				code: 'P302',
				severity: 'error',
				message: 'rule `a` denies without `instead`',
				where: { file: 'trapgate.yaml', line: 3, column: 36, length: 4 },
				label: 'an agent with no alternative retries or works around',
				help: expect.stringContaining('add: instead:'),
			},
		],
		files: ['trapgate.yaml'],
		rules: 1,
		layers: 1,
		examples: { total: 0, heldAlone: 0, heldMerged: 0 },
	});
});

test('an example that is stricter when merged is a note: fine, unless notes count', async () => {
	place.write(
		'trapgate.yaml',
		`version: 1
policies: [./good.yaml]
rules:
  - { id: no-reading, match: { tool: files/read }, then: deny, reason: No., instead: stop }
`,
	);
	place.write('good.yaml', good);
	const { code, stdout } = await place.run(['check']);
	expect(stdout).toContain('note[P404]');
	expect(stdout).toMatch(/: no problems, 1 note\n$/);
	expect(code).toBe(0);
	expect((await place.run(['check', '--strict'])).code).toBe(1);
});

test('examples of commands are judged, as if a rule allowed the shell', async () => {
	const rule = (is: string) =>
		`{ id: a, match: { command: git push }, then: deny, reason: r, instead: i, examples: [{ run: "cd x && git push", is: denied }, { run: git status, is: ${is} }] }`;
	place.write('runs.yaml', `version: 1\nname: runs\nrules:\n  - ${rule('unchanged')}\n`);
	expect(await place.run(['check', 'runs.yaml'])).toMatchObject({
		code: 0,
		stdout: 'examples: 2/2 hold alone, 2/2 merged\n1 file, 1 rule: no problems\n',
	});
	place.write('wrong.yaml', `version: 1\nname: wrong\nrules:\n  - ${rule('denied')}\n`);
	const { code, stdout } = await place.run(['check', 'wrong.yaml']);
	expect(stdout).toContain('the file says `is: denied`; the policy gives `is: allowed`');
	expect(code).toBe(1);
});

test('policy files can be checked without a root file', async () => {
	place.write('good.yaml', good);
	place.write('bad.yaml', 'version: 1\nname: bad\nrules:\n  - { id: b, match: { tool: x/y }, then: hide }\n');
	expect(await place.run(['check', 'good.yaml'])).toMatchObject({
		code: 0,
		stdout: 'examples: 1/1 hold alone, 1/1 merged\n1 file, 1 rule: no problems\n',
	});
	const both = await place.run(['check', 'good.yaml', 'bad.yaml']);
	expect(both.code).toBe(1);
	expect(both.stdout).toContain(' --> bad.yaml:4:36');
	expect(await place.run(['check', 'none.yaml'])).toMatchObject({
		code: 3,
		stdout: expect.stringContaining("`none.yaml` can't be read"),
	});
	expect(await place.run(['check', '.'])).toMatchObject({
		code: 3,
		stdout: expect.stringContaining('it is a directory'),
	});
});

test('without a root file, the message says what to do', async () => {
	for (const command of ['check', 'tools', 'trust', 'run']) {
		const { code, stdout, stderr } = await place.run([command]);
		expect(stdout + stderr).toContain('error[P205]: there is no `');
		expect(stdout + stderr).toContain('--config FILE');
		expect(code).toBe(3);
	}
});

test('a directory in place of the root file is named, with the file that may be meant', async () => {
	for (const command of [['check'], ['tools'], ['trust'], ['doctor']]) {
		const { code, stdout, stderr } = await place.run([...command, '--config', '.']);
		expect(stdout + stderr).toContain(`error[P205]: \`${place.directory}\` can't be read: it is a directory`);
		expect(stdout + stderr).toContain(`= help: name the file in it: --config ${place.directory}/trapgate.yaml`);
		expect(code).toBe(command[0] === 'doctor' ? 4 : 3);
	}
});

test('the packs that ship hold, also for a project in the temporary directory', async () => {
	place.write(
		'trapgate.yaml',
		'version: 1\nworkspace: .\npolicies: [pack:workspace-files, pack:secrets, pack:github-read-only]\n',
	);
	expect(await place.run(['check'])).toMatchObject({ code: 0, stdout: expect.stringContaining('no problems') });
});

test('a policy that only watches has the same examples, and packs are called as people write them', async () => {
	const watching = 'version: 1\nmode: observe\nworkspace: .\npolicies: [pack:python-uv, pack:node-pnpm]\nrules: []\n';
	place.write('trapgate.yaml', watching);
	const { code, stdout } = await place.run(['check']);
	expect(stdout).toMatch(/^examples: (\d+)\/\1 hold alone, \1\/\1 merged\n3 files, \d+ rules, 1 layer: no problems\n$/);
	expect(code).toBe(0);
	expect((await place.run(['check', '--format', 'json'])).document()['files']).toEqual([
		...['trapgate.yaml', 'pack:python-uv', 'pack:node-pnpm'],
	]);
});

test('quiet says nothing beside the findings', async () => {
	place.write('trapgate.yaml', 'version: 1\nrules:\n  - { id: a, match: { tool: x/y }, then: deny, reason: No. }\n');
	const { stdout } = await place.run(['check', '--quiet']);
	expect(stdout).toContain('error[P302]');
	expect(stdout).not.toContain('1 file');
});

test('a restriction of tools that only read is in order once a person has confirmed that one does', async () => {
	const rule = '{ id: a, match: { tool: "notes/*", effect: read }, then: deny, reason: r, instead: i }';
	place.write('trapgate.yaml', `version: 1\nrules:\n  - ${rule}\n`);
	const codes = async () =>
		((await place.run(['check', '--format', 'json'])).document()['problems'] as { code: string }[]).map(
			({ code }) => code,
		);
	expect(await codes()).toEqual(['P303']);
	const [look] = differences(emptyLock(), listingOf({ tool: [tool('look')] }), [notes]);
	if (look === undefined) throw new Error('a difference was expected');
	place.write('trapgate.lock', lockText(accept(emptyLock(), look, { effect: 'read', roles: {} })));
	expect(await codes()).toEqual([]);
});
