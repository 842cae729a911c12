// `trapgate test`: what is tested, what is printed, and the exit codes scripts rely on.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acceptAll } from '../../src/kernel/lock/accept.ts';
import { lockText } from '../../src/kernel/lock/text.ts';
import { listingOf, tool } from '../kernel/lock/support.ts';
import { makePlace, type Place } from './support.ts';

const noPip = `version: 1
name: no-pip
rules:
  - id: no-pip
    match: { command: python3, facts: { module: pip } }
    then: deny
    reason: r
    instead: i
    examples:
      - { run: python3 -m pytest, is: unchanged }
      - { run: python3 -m pip install x, is: denied }
`;
const uv = `version: 1
name: uv
rules:
  - id: python-through-uv
    match: { command: python3 }
    except: { under: uv run }
    then: { rewrite: { prepend: [uv, run] } }
    reason: r
    examples:
      - { run: python3 a.py, becomes: uv run python3 a.py }
`;
const root = `version: 1
policies: [./no-pip.yaml, ./uv.yaml]
rules:
  - { id: allow-files, match: { tool: "files/*" }, then: allow }
`;
const cases = `version: 1
cases:
  - { run: python3 -m pytest, becomes: uv run python3 -m pytest, because: [python-through-uv] }
  - { call: files/read, args: { path: a }, is: allowed, because: [allow-files] }
`;

let place: Place;
let stop: AbortController;
beforeEach(() => {
	stop = new AbortController();
	place = makePlace({ 'trapgate.yaml': root, 'no-pip.yaml': noPip, 'uv.yaml': uv });
});
afterEach(() => {
	// No watch outlives its test.
	stop.abort();
	place.remove();
});

test('examples alone and merged, cases, and coverage', async () => {
	place.write('all.test.yaml', cases);
	const { code, stdout, stderr } = await place.run(['test', '--coverage']);
	expect(stdout).toBe(`alone   3/3 examples hold
merged  2/3   note[P404]: \`python3 -m pytest\` is unchanged in no-pip.yaml, but becomes \`uv run
              python3 -m pytest\` when all policies are combined (rule: python-through-uv). If that
              is meant, say it in a *.test.yaml file, which speaks of all policies together.
cases   2/2 hold
rules exercised 3/3
`);
	expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('while the policy only watches, examples and cases hold as they would when it acts', async () => {
	place.write('trapgate.yaml', root.replace('version: 1', 'version: 1\nmode: observe'));
	place.write('all.test.yaml', cases);
	const { code, stdout } = await place.run(['test']);
	expect(stdout).toContain('alone   3/3 examples hold');
	expect(stdout).toContain('cases   2/2 hold');
	expect(code).toBe(0);
});

test('advice that several notes have stands once', async () => {
	const more =
		'      - { run: python3 -m pytest -q, is: unchanged }\n      - { run: python3 -c \'print("a")\', is: unchanged }\n';
	place.write('no-pip.yaml', noPip + more);
	const { stdout } = await place.run(['test']);
	const said = stdout.replace(/\s+/g, ' ');
	expect(said.match(/note\[P404\]/g)).toHaveLength(3);
	expect(said.match(/If that is meant/g)).toHaveLength(1);
	// The command as it is, and not as JSON would write it.
	expect(said).toContain('becomes `uv run python3 -c \'print("a")\'` when');
});

test('a rule counts as exercised when an outcome is its doing, not when it is looked at', async () => {
	place.write(
		'uv.yaml',
		uv.replace('run: python3 a.py, becomes: uv run python3 a.py', 'run: uv run python3 a.py, is: unchanged'),
	);
	place.write('no-pip.yaml', noPip.replaceAll('run: python3', 'run: uv run python3'));
	const { code, stdout } = await place.run(['test', '--coverage']);
	expect(stdout).toContain('rules exercised 1/3   not exercised: allow-files, python-through-uv\n');
	expect(code).toBe(0);
});

test.each([
	['66', 0, 'rules exercised 2/3\n'],
	['66.7', 1, 'rules exercised 2/3   66.6 %, and --min says 66.7\n'],
	['100', 1, 'rules exercised 2/3   66.6 %, and --min says 100\n'],
	['0', 0, 'rules exercised 2/3\n'],
])('--min %s', async (min, code, line) => {
	const found = await place.run(['test', '--min', min]);
	expect(found.stdout).toContain(line);
	expect(found.code).toBe(code);
});

test.each(['x', '-1', '101', '1e2', ''])('--min %j is a mistake on the command line', async (min) => {
	expect((await place.run(['test', `--min=${min}`])).code).toBe(2);
});

test('what does not hold is an error at its place: exit code 1', async () => {
	place.write('uv.yaml', uv.replace('becomes: uv run python3 a.py', 'is: denied'));
	place.write('tests/more.test.yaml', 'version: 1\ncases: [{ call: files/read, is: denied }]\n');
	const { code, stdout } = await place.run(['test']);
	expect(stdout).toContain(`error[P402]: example of \`python-through-uv\` does not hold
  --> uv.yaml:10:9`);
	expect(stdout).toContain(`error[P402]: case \`files/read\` does not hold
 --> tests/more.test.yaml:2:9
  |
2 | cases: [{ call: files/read, is: denied }]
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: the file says \`is: denied\`; the policies give \`is: allowed\` (rule: allow-files)`);
	expect(stdout).toMatch(/^alone {3}2\/3 examples hold$/m);
	expect(stdout).toMatch(/^cases {3}0\/1 hold$/m);
	expect(code).toBe(1);
});

test('a case of a tool that trapgate.lock does not know fails, also where the tool that is meant is hidden', async () => {
	place.write('trapgate.lock', lockText(acceptAll(listingOf({ tool: [tool('search'), tool('write')] }))));
	place.write(
		'trapgate.yaml',
		`version: 1
drivers: { notes: { command: notes-server }, later: { command: later-server } }
rules:
  - { id: allow-search, match: { tool: notes/search }, then: allow }
`,
	);
	place.write(
		'all.test.yaml',
		`version: 1
cases:
  - { call: notes/search, is: allowed }
  - { call: notes/wriet, is: hidden }
  - { call: note/search, is: hidden }
  - { call: notes/tomorrow, lock: new, is: hidden }
  - { call: later/anything, is: hidden }
  - { call: trapgate/read_result, is: allowed }
`,
	);
	const { code, stdout } = await place.run(['test']);
	expect(stdout).toContain(`error[P201]: there is no tool \`notes/wriet\`
 --> all.test.yaml:4:5
  |
4 |   - { call: notes/wriet, is: hidden }
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ matches 0 of 2 tools in trapgate.lock
  = help: did you mean \`notes/write\`?`);
	expect(stdout).toContain('error[P201]: there is no tool `note/search`');
	expect(stdout.match(/error\[P201\]/g)).toHaveLength(2);
	expect(code).toBe(1);
});

test('an example that another policy makes looser fails', async () => {
	place.write(
		'no-pip.yaml',
		noPip
			.replace('then: deny', 'then: deny')
			.replace(
				'rules:',
				'rules:\n  - { id: allow-t, match: { tool: t/x }, then: allow, examples: [{ call: files/a, is: hidden }] }',
			),
	);
	const { code, stdout } = await place.run(['test']);
	expect(stdout).toContain(
		'error[P404]: `files/a` is hidden in no-pip.yaml, but is allowed when all policies are combined (rule: allow-files)',
	);
	expect(code).toBe(1);
});

describe('what does not load is exit code 3, and nothing counts', () => {
	test.each<readonly [file: string, text: string, said: string]>([
		['uv.yaml', 'version: 1\nname: uv\nruls: []\n', 'error[P101]: unknown key `ruls`\n --> uv.yaml:3:1'],
		['trapgate.yaml', 'version: 1\npolicies: [./none.yaml]\n', "`none.yaml` can't be read: there is no such file"],
		['a.test.yaml', 'version: 1\ncase: []\n', 'did you mean `cases`?'],
		[
			'a.test.yaml',
			'version: 1\npolicies: [pack:git-saftey]\ncases: [{ run: ls, is: allowed }]\n',
			'did you mean `pack:git-safety`?',
		],
		[
			'a.test.yaml',
			'version: 1\npolicies: [./none.yaml]\ncases: [{ run: ls, is: allowed }]\n',
			' --> a.test.yaml:2:12\n',
		],
		[
			'a.test.yaml',
			'version: 1\npolicies: [./uv.yaml, ./twin.yaml]\ncases: [{ run: ls, is: allowed }]\n',
			'error[P104]: two rules share the id `python-through-uv`',
		],
	])('%s: %s', async (file, text, said) => {
		place.write('twin.yaml', uv);
		place.write(file, text);
		const { code, stdout } = await place.run(['test']);
		expect(stdout).toContain(said);
		expect(stdout).toContain('it does not load, so nothing counts\n');
		expect(code).toBe(3);
	});

	test('no root file', async () => {
		rmSync(join(place.directory, 'trapgate.yaml'));
		const { code, stdout } = await place.run(['test']);
		expect(stdout).toContain('there is no `');
		expect(code).toBe(3);
	});
});

test('where nothing is tested nothing passes', async () => {
	place.write('trapgate.yaml', 'version: 1\n');
	const { code, stdout } = await place.run(['test']);
	expect(stdout).toBe('no examples and no cases: write `examples:` on a rule, or a *.test.yaml file\n');
	expect(code).toBe(1);
});

describe('words', () => {
	test('a policy file on its own, with the test files beside it, and no root file', async () => {
		rmSync(join(place.directory, 'trapgate.yaml'));
		place.write('pack/policy.yaml', uv);
		place.write('pack/cases.test.yaml', cases.split('\n').slice(0, 3).join('\n'));
		const { code, stdout } = await place.run(['test', 'pack/policy.yaml', '--coverage']);
		expect(stdout).toBe(
			'alone   1/1 examples hold\nmerged  1/1 examples hold\ncases   1/1 hold\nrules exercised 1/1\n',
		);
		expect(code).toBe(0);
	});

	test('a test file that names its policies needs nothing else', async () => {
		rmSync(join(place.directory, 'trapgate.yaml'));
		place.write(
			'a.test.yaml',
			'version: 1\npolicies: ["pack:*", ./uv.yaml]\ncases: [{ run: git push -f, is: denied, because: [no-force-push] }, { call: nobody/x, is: hidden }]\n'.replace(
				', ./uv.yaml',
				'',
			),
		);
		const { code, stdout } = await place.run(['test', 'a.test.yaml']);
		expect(stdout).toBe('cases   2/2 hold\n');
		expect(code).toBe(0);
	});

	test('policies that allow nothing are judged as if others did, unless the test file says otherwise', async () => {
		const file = (defaults: string) =>
			`version: 1\npolicies: [./no-pip.yaml]\n${defaults}cases: [{ call: files/x, is: allowed }]\n`;
		place.write('a.test.yaml', file(''));
		expect((await place.run(['test', 'a.test.yaml'])).code).toBe(0);
		place.write('a.test.yaml', file('defaults: { tool: deny }\n'));
		expect((await place.run(['test', 'a.test.yaml'])).stdout).toContain('the policies give `is: hidden`');
	});

	test('a test file without policies is about the root file, whose examples are not asked for', async () => {
		place.write('sub/a.test.yaml', cases);
		const { code, stdout } = await place.run(['test', 'sub/a.test.yaml', '--coverage']);
		expect(stdout).toBe('cases   2/2 hold\nrules exercised 2/3   not exercised: no-pip\n');
		expect(code).toBe(0);
	});

	test('one file by two names is one file', async () => {
		symlinkSync('uv.yaml', join(place.directory, 'same.yaml'));
		place.write('a.test.yaml', 'version: 1\npolicies: [./uv.yaml, ./same.yaml]\ncases: [{ run: ls, is: unchanged }]\n');
		expect((await place.run(['test', 'a.test.yaml'])).code).toBe(0);
	});

	test('files that are not there', async () => {
		const { code, stdout } = await place.run(['test', 'none.yaml', 'none.test.yaml']);
		expect(stdout).toContain("`none.yaml` can't be read");
		expect(stdout).toContain("`none.test.yaml` can't be read");
		expect(code).toBe(3);
	});
});

test('test files are found beside policies and in `tests`, not beside packs or deeper down', async () => {
	const bad = 'version: 1\ncases: [{ run: ls, is: denied }]\n';
	const names = ['a.test.yaml', 'b.test.yml', 'tests/c.test.yaml', 'policies/d.test.yaml'];
	place.write('trapgate.yaml', `${root}\n`.replace('./uv.yaml', './policies/uv.yaml, pack:git-safety'));
	place.write('policies/uv.yaml', uv);
	for (const name of [...names, 'tests/deep/e.test.yaml', 'other/f.test.yaml']) place.write(name, bad);
	const { document } = await place.run(['test', '--format', 'json']);
	const { problems } = document() as { problems: { code: string; where: { file: string } }[] };
	expect(
		problems
			.filter(({ code }) => code === 'P402')
			.map(({ where }) => where.file)
			.sort(),
	).toEqual(names.toSorted());
});

test('a test file in a layer is no policy', async () => {
	const layer = join(place.env['XDG_CONFIG_HOME'] ?? '', 'trapgate');
	mkdirSync(layer, { recursive: true });
	place.write(join('..', 'config', 'trapgate', 'mine.test.yaml'), cases);
	expect((await place.run(['check'])).code).toBe(0);
});

test('the document for machines', async () => {
	place.write('all.test.yaml', cases);
	const { code, document } = await place.run(['test', '--format', 'json', '--min', '100']);
	expect(code).toBe(0);
	expect(document()).toMatchObject({
		command: 'test',
		loads: true,
		examples: { total: 3, held_alone: 3, held_merged: 2 },
		cases: { total: 2, held: 2 },
		coverage: { rules: 3, exercised: 3, percent: 100, min: 100, not_exercised: [] },
		problems: [{ code: 'P404', severity: 'note', where: { file: 'no-pip.yaml', line: 10 } }],
		files: ['trapgate.yaml', 'no-pip.yaml', 'uv.yaml', 'all.test.yaml'],
	});
});

test('--quiet says only what is wrong', async () => {
	expect(await place.run(['test', '--quiet'])).toMatchObject({ code: 0, stdout: '' });
});

describe('--watch', () => {
	const ended = (stdout: string, times: number) => stdout.split(/^merged/m).length - 1 >= times;

	test('runs again for an edit and for a new test file, clears nothing, and ends when it is told to', async () => {
		const steps = [
			() => place.write('uv.yaml', uv.replace('becomes: uv run python3 a.py', 'is: denied')),
			() => place.write('new.test.yaml', 'version: 1\ncases: [{ run: ls, is: unchanged }]\n'),
			() => stop.abort(),
		];
		let done = 0;
		const { code, stdout, stderr } = await place.run(['test', '--watch'], {
			signal: stop.signal,
			onOutput: (soFar) => {
				if (done < steps.length && ended(soFar, done + 1)) steps[done++]?.();
			},
		});
		expect(code).toBe(1);
		expect(stdout.match(/^alone .*$/gm)).toEqual([
			'alone   3/3 examples hold',
			'alone   2/3 examples hold',
			'alone   2/3 examples hold',
		]);
		expect(stdout).toContain('cases   1/1 hold\n');
		expect(stdout).not.toContain('\u001b');
		expect(stderr).toContain('\nuv.yaml\n');
		expect(stderr).toContain('\nnew.test.yaml\n');
	});

	test('a policy that does not load now is looked at again, too', async () => {
		place.write('uv.yaml', 'version: 1\nname: uv\nrules: [\n');
		let isMended = false;
		const { code, stdout } = await place.run(['test', '--watch'], {
			signal: stop.signal,
			onOutput: (soFar) => {
				if (soFar.includes('merged')) stop.abort();
				else if (!isMended && soFar.includes('does not load')) {
					isMended = true;
					place.write('uv.yaml', uv);
				}
			},
		});
		expect(stdout).toContain('error[P002]');
		expect(code).toBe(0);
	});
});
