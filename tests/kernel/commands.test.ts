// Rules about commands as the kernel asks them: the built-in shell and tools of other servers, with the real reader.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/abi/json.ts';
import type { DriverName } from '../../src/abi/names.ts';
import { loadOptions } from '../../src/kernel/load-options.ts';
import { makeAnswer, type Question } from '../../src/kernel/question.ts';
import { loadRevision } from '../../src/kernel/revision.ts';
import { stateDirectories } from '../../src/kernel/state.ts';

const policy = `version: 1
workspace: work
drivers:
  shell: { builtin: shell }
  runner: { command: some-server, commands: { exec: /command, spawn: /argv } }
defaults: { tool: allow }
rules:
  - { id: pnpm, match: { command: npm install }, then: { rewrite: { program: pnpm, drop_flags: [-y, --yes] } } }
  - { id: no-push-to-main, match: { command: git push, facts: { to_branch: main } }, then: deny }
  - { id: no-force, match: { command: git push, facts: { force: true } }, then: deny }
  - { id: hooks, match: { command: git, facts: { skips_hooks: true } }, then: { rewrite: { drop_flags: --no-verify } } }
  - { id: secrets, match: { facts: { reads: "**/*secret*key*" } }, then: deny }
  - { id: uv, match: { command: python3 }, except: { under: uv run }, then: { rewrite: { prepend: [uv, run] } } }
`;

let folder = '';
let ask: (tool: string, args: JsonObject) => ReturnType<ReturnType<typeof makeAnswer>>['decision'];

beforeAll(() => {
	folder = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-commands-')));
	mkdirSync(join(folder, 'work/.git'), { recursive: true });
	mkdirSync(join(folder, 'work/other/.git'), { recursive: true });
	writeFileSync(join(folder, 'work/.git/HEAD'), 'ref: refs/heads/main\n');
	writeFileSync(join(folder, 'work/other/.git/HEAD'), 'ref: refs/heads/topic\n');
	writeFileSync(join(folder, 'trapgate.yaml'), policy);
	const env = { HOME: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') };
	const directories = stateDirectories(env);
	const load = loadOptions({ file: join(folder, 'trapgate.yaml'), cwd: folder, env }, directories);
	const { revision, problems } = loadRevision(load);
	if (revision === undefined) throw new Error(JSON.stringify(problems));
	const answer = makeAnswer({ revision, load, directories });
	ask = (name, args) => {
		const [driver = '', tool = ''] = name.split('/');
		const target: Question['target'] = { kind: 'tool', driver: driver as DriverName, tool, args };
		return answer({ target, agent: 'codex', at: 0 }).decision;
	};
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each<[string, JsonObject, string, string?]>([
	['shell/run', { command: 'git push origin HEAD:main' }, 'denied'],
	['shell/run', { command: 'git push origin topic' }, 'allowed'],
	// the branch is that of the directory where the command starts
	['shell/run', { command: 'git push' }, 'denied'],
	['shell/run', { command: 'git push', cwd: 'other' }, 'allowed'],
	['shell/run', { command: 'cd other && git push' }, 'allowed'],
	['shell/run', { command: 'git checkout topic && git push', cwd: 'other' }, 'denied'],
	// what a shell reads from standard input is judged, data is not
	['shell/run', { command: 'bash', stdin: 'git push -f origin topic' }, 'denied'],
	['shell/run', { command: 'bash', stdin: 'git status' }, 'allowed'],
	['shell/run', { command: 'cat', stdin: 'git push -f origin topic' }, 'allowed'],
	['shell/run', { command: 'bash' }, 'allowed'],
	['shell/run', { command: 'bash', stdin: 'python3 a' }, 'denied'],
	['shell/run', { command: 'python3 a' }, 'rewritten', 'uv run python3 a'],
	// an exception by lineage ends where a shell may give the name another meaning
	['shell/run', { command: 'uv run nice python3 a' }, 'allowed'],
	[
		'shell/run',
		{ command: 'uv run bash -c "PATH=/usr/bin python3 a"' },
		'rewritten',
		'uv run bash -c "PATH=/usr/bin uv run python3 a"',
	],
	['shell/run', { command: 'uv run bash -c "command -p python3 a"' }, 'denied'],
	['shell/run', { command: 'npm install -y left-pad' }, 'rewritten', 'pnpm install left-pad'],
	// another server: text, an argv, and input of which nobody knows
	['runner/exec', { command: 'cd x && python3 a' }, 'rewritten', 'cd x && uv run python3 a'],
	['runner/exec', { command: 'git push -f origin topic' }, 'denied'],
	['runner/exec', { command: 'bash', stdin: 'python3 a' }, 'denied'],
	['runner/spawn', { argv: ['git', 'push', '-f', 'origin', 'x y'] }, 'denied'],
	['runner/spawn', { argv: ['git', 'log'] }, 'allowed'],
	['runner/spawn', { argv: 'git log' }, 'allowed'],
	// where it runs nobody knows, and so not which branch is checked out there
	['runner/exec', { command: 'git push', cwd: 'other' }, 'denied'],
	['runner/exec', { command: 'git push origin topic', cwd: 'other' }, 'allowed'],
	['runner/spawn', { argv: [['git']] }, 'denied'],
	['runner/other', { command: 'git push -f origin topic' }, 'allowed'],
])('%s %j is %s', (tool, args, verdict, command) => {
	const decision = ask(tool, args);
	expect(decision.verdict, decision.reason).toBe(verdict);
	if (command !== undefined && decision.final.kind === 'tool') expect(decision.final.args['command']).toBe(command);
});

test.each([
	['clusters of letters', `git commit -nm x ${'-vn '.repeat(5000)}`],
	['values that are called like the sub-command', `npm ${'--prefix install '.repeat(1500)}install -y`],
	['stars', `cat ${'*s'.repeat(15_000)}`],
])('%s do not keep the kernel busy', (_, command) => {
	expect(ask('shell/run', { command }).verdict).not.toBe('errored');
});

test('a call that carries a long text of many commands to change is refused in time', () => {
	const decision = ask('shell/run', { command: 'python3 a.py;'.repeat(2000) });
	expect(decision).toMatchObject({ verdict: 'denied' });
	expect(decision.reason).toContain('too many');
});
