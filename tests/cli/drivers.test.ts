// `trapgate tools` and `trapgate doctor` on real drivers: what they show, and that nothing starts before somebody trusts it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect, main, serverEntry } from '../support/kernel-process.ts';
import { ringTrouble } from '../support/ring.ts';
import { makePlace, type Place } from './support.ts';

let place: Place;
beforeEach(() => {
	place = makePlace();
});
afterEach(() => place.remove());

const memory = `memory: { command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(serverEntry('memory'))}], env: { MEMORY_FILE_PATH: "\${tmp}/trapgate-cli-test-memory.json" } }`;

/** The workspace lies beside the root file, so nothing needs trust. */
const root = (more: string) => `version: 1
workspace: ./project
drivers:
  shell: { builtin: shell }
  ${memory}
rules:
  - { id: allow-reading, match: { tool: [memory/read_graph, memory/search_nodes] }, then: allow }
  - { id: allow-shell, match: { tool: shell/run }, then: allow }
  - { id: short, match: { tool: shell/run }, then: { narrow: { params: { timeoutMs: { max: 5000 }, stdin: { drop: true } } } } }
  - { id: here, match: { tool: shell/run }, then: { pin: { params: { cwd: "\${workspace}" } } } }
  - { id: no-deleting, match: { tool: "memory/delete_*" }, then: hide, reason: People delete., instead: ask }
  - { id: bots-read-only, match: { tool: shell/run }, when: { agent: "bot-*" }, then: hide, reason: Bots read., instead: ask }
${more}`;

function configure(more = ''): void {
	place.write('project/a.txt', '');
	place.write('trapgate.yaml', root(more));
	place.write('project/a.txt', '');
}

describe('tools', () => {
	test('the table as one agent sees it', async () => {
		configure();
		const { code, stdout, stderr } = await place.run(['tools']);
		expect(stdout.split('\n')).toEqual([
			'TOOL                        STATE   BY',
			`shell/run                   pinned  here, short, allow-shell  cwd = ${join(place.directory, 'project')}, timeoutMs at most 5000, stdin dropped`,
			'memory/delete_entities      hidden  no-deleting',
			'memory/delete_observations  hidden  no-deleting',
			'memory/delete_relations     hidden  no-deleting',
			'memory/read_graph           listed  allow-reading',
			'memory/search_nodes         listed  allow-reading',
			expect.stringMatching(
				/^10 tools: 3 listed, 7 hidden; the list costs [\d,]+ tokens instead of [\d,]+, [\d,]+ saved$/,
			),
			'4 of them hidden because no rule allows them: trapgate tools --all',
			'',
		]);
		expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
	});

	test('another agent sees another table; --all shows what no rule allows', async () => {
		configure();
		const { stdout } = await place.run(['tools', '--agent', 'bot-7', '--all']);
		expect(stdout).toContain('shell/run                   hidden  bots-read-only\n');
		expect(stdout).toContain('memory/create_entities      hidden  default\n');
		expect(stdout).toContain('10 tools: 2 listed, 8 hidden');
	});

	test('the document for machines', async () => {
		configure();
		const { document } = await place.run(['tools', '--format', 'json', '--agent', 'codex']);
		expect(document()).toMatchObject({
			schema_version: '1.0',
			command: 'tools',
			agent: 'codex',
			totals: {
				...{ tools: 10, listed: 3, hidden: 7 },
				...{ tokens_before: expect.any(Number), tokens_after: expect.any(Number), tokens_saved: expect.any(Number) },
			},
			drivers_down: [],
			policy_rev: expect.stringMatching(/^sha256:/),
		});
		const [first] = document()['tools'] as object[];
		expect(first).toEqual({
			tool: 'shell/run',
			wire: 'shell__run',
			lock: null,
			effect: null,
			state: 'pinned',
			by: ['here', 'short', 'allow-shell'],
			rules: [
				{ id: 'here', effect: 'pin', file: 'trapgate.yaml', line: 10 },
				{ id: 'short', effect: 'narrow', file: 'trapgate.yaml', line: 9 },
				{ id: 'allow-shell', effect: 'allow', file: 'trapgate.yaml', line: 8 },
			],
			limits: [`cwd = ${join(place.directory, 'project')}`, 'timeoutMs at most 5000', 'stdin dropped'],
			tokens: { before: expect.any(Number), after: expect.any(Number) },
		});
	});

	test('what the list costs is what the client gets, in characters by four', async () => {
		configure();
		const { document } = await place.run(['tools', '--format', 'json']);
		const { tools, totals } = document() as unknown as {
			tools: { tool: string; wire: string; tokens: { before: number; after: number } }[];
			totals: { tokens_before: number; tokens_after: number; tokens_saved: number };
		};
		const direct = await connect([process.execPath, serverEntry('memory')], {});
		const plain = (await direct.listTools()).tools;
		await direct.close();
		const through = await connect([process.execPath, main, 'run', '--config', join(place.directory, 'trapgate.yaml')], {
			env: place.env,
		});
		const shown = (await through.listTools()).tools;
		await through.close();
		const cost = (entry: object | undefined) => (entry === undefined ? 0 : Math.ceil(JSON.stringify(entry).length / 4));
		for (const { tool, wire, tokens } of tools) {
			expect([tool, tokens.after]).toEqual([tool, cost(shown.find(({ name }) => name === wire))]);
			if (tool.startsWith('memory/'))
				expect(tokens.before).toBe(cost(plain.find(({ name }) => `memory/${name}` === tool)));
		}
		expect(totals.tokens_after).toBe(tools.reduce((sum, { tokens }) => sum + tokens.after, 0));
		expect(totals.tokens_saved).toBe(totals.tokens_before - totals.tokens_after);
		expect(totals.tokens_after).toBeGreaterThan(100);
	});

	test('--diff shows what the policy changes in each definition', async () => {
		configure();
		const { stdout } = await place.run(['tools', '--diff']);
		const [, diff = ''] = stdout.split('\n\n');
		expect(diff).toMatch(/^PINNED {3}shell\/run {2}inputSchema\.properties\.cwd, /);
		expect(diff).toContain('  inputSchema.properties.timeoutMs.maximum\n');
		expect(diff).toMatch(/^ +\+ 5000$/m);
		expect(diff).toContain('  inputSchema.properties.stdin\n');
		expect(stdout).not.toContain('PINNED   memory');
		const { document } = await place.run(['tools', '--diff', '--format', 'json']);
		const page = readFileSync(new URL('../../docs/output.md', import.meta.url), 'utf8');
		const [row = {}] = document()['tools'] as object[];
		const keys = [...Object.keys(document()), ...Object.keys(document()['totals'] as object), ...Object.keys(row)];
		expect(keys.filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
		const [shell, other] = document()['tools'] as { changes: object[]; since_accepted: object[] }[];
		expect(shell?.changes).toContainEqual({
			path: ['inputSchema', 'properties', 'timeoutMs', 'maximum'],
			...{ from: expect.any(Number), to: 5000 },
		});
		expect(shell?.since_accepted).toEqual([]);
		expect(other).toMatchObject({ changes: [], since_accepted: [] });
	});

	test('offline starts nothing and knows the tools that rules name in full', async () => {
		place.write('trapgate.yaml', root('').replace('shell: { builtin: shell }', 'x: { command: no-such-program }'));
		const { code, stdout } = await place.run(['tools', '--offline']);
		expect(code).toBe(0);
		expect(stdout).toContain('memory/read_graph    listed  allow-reading\n');
		expect(stdout).toContain('3 tools: 3 listed, 0 hidden\n');
		expect(stdout).toContain('drivers were not started');
	});

	test('a driver that is down takes its tools away, says so, and is exit code 4', async () => {
		place.write('project/a.txt', '');
		place.write('trapgate.yaml', root('').replace('shell: { builtin: shell }', 'broken: { command: no-such-program }'));
		const { code, stdout, stderr } = await place.run(['tools']);
		expect(code).toBe(4);
		expect(stderr).toMatch(/^driver broken is down, its tools are absent: D101 .*no-such-program/);
		expect(stdout).toContain('memory/read_graph');
		const { document } = await place.run(['tools', '--format', 'json']);
		expect(document()).toMatchObject({ drivers_down: [{ driver: 'broken', code: 'D101' }] });
	});

	test('two tools under one name are an error, as at boot', async () => {
		place.write('project/a.txt', '');
		place.write(
			'trapgate.yaml',
			root('prefix: never\n').replace('shell: { builtin: shell }', `two: ${memory.slice('memory: '.length)}`),
		);
		const { code, stderr } = await place.run(['tools']);
		expect(stderr).toContain('error[K101]: ');
		expect(code).toBe(4);
	});
});

describe('an untrusted project', () => {
	const proof = () => join(place.directory, 'started');
	beforeEach(() => {
		const script = `require('node:fs').writeFileSync(${JSON.stringify(proof())}, '')`;
		place.write(
			'trapgate.yaml',
			`version: 1\nworkspace: .\ndrivers:\n  evil: { command: ${JSON.stringify(process.execPath)}, args: [-e, ${JSON.stringify(script)}] }\n`,
		);
	});

	test('tools starts nothing and says what to type', async () => {
		const { code, stderr } = await place.run(['tools']);
		expect(stderr).toContain('error[K102]: nobody has trusted the policy of this project yet');
		expect(stderr).toContain(`trapgate trust --config ${join(place.directory, 'trapgate.yaml')}`);
		expect(code).toBe(3);
		expect(existsSync(proof())).toBe(false);
	});

	test('doctor starts nothing and says so', async () => {
		const { code, stdout, document } = await place.run(['doctor', '--format', 'json']);
		expect(code).toBe(4);
		expect(document()).toMatchObject({
			ok: false,
			configuration: { loads: true, trust: 'never' },
			drivers: [{ name: 'evil', state: 'not started' }],
		});
		expect(stdout).not.toContain('"up"');
		expect(existsSync(proof())).toBe(false);
	});
});

/** Whether the runtime ring holds on this machine. */
const isHeld = ringTrouble() === undefined;

describe('doctor', () => {
	test.each(['claude-code', 'codex', 'cursor', 'vscode', 'gemini'])('has the lines for %s', async (agent) => {
		const { code, stdout } = await place.run(['doctor', '--client', agent]);
		expect(stdout).toContain(`"run", "--config", "${place.directory}/trapgate.yaml", "--agent", "${agent}"]`);
		expect(code).toBe(0);
	});

	test('names the clients it has lines for', async () => {
		const { code, stderr } = await place.run(['doctor', '--client', 'claude']);
		expect(stderr).toContain('known are claude-code, codex, cursor, vscode, gemini');
		expect(code).toBe(2);
	});

	test('everything in order', async () => {
		configure();
		const { code, stdout, stderr } = await place.run(['doctor']);
		expect(stdout).toMatch(/✓ {2}shell {3}up {2}1 tool {3}MCP 2025-11-25 {2}trapgate-shell/);
		expect(stdout).toMatch(/✓ {2}memory {2}up {2}9 tools {2}MCP 2025-11-25 {2}memory-server/);
		expect(stdout).toContain('none needs trust');
		expect(stdout).toContain(`${place.audit}  made at the first run`);
		expect(stdout).toContain('an allowed shell runs anything');
		expect(stdout).toContain('go around Trapgate until the client closes them');
		expect(stdout).toContain('A program that runs as the same user could answer a question');
		expect(stdout).toMatch(/\neverything is in order\n$/);
		expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
	});

	test('the document for machines', async () => {
		configure('ask: { channels: [elicitation] }\n');
		const { document } = await place.run(['doctor', '--format', 'json']);
		expect(document()).toEqual({
			schema_version: '1.0',
			command: 'doctor',
			clients: [],
			ok: true,
			configuration: {
				file: join(place.directory, 'trapgate.yaml'),
				loads: true,
				mode: 'enforce',
				workspace: join(place.directory, 'project'),
				trust: 'not needed',
				policy_rev: expect.stringMatching(/^sha256:/),
				rules: 6,
				files: [{ layer: 'run', file: 'trapgate.yaml' }],
				problems: [],
			},
			drivers: [
				{
					name: 'shell',
					kind: 'shell',
					state: 'up',
					server: expect.stringContaining('trapgate-shell'),
					era: '2025-11-25',
					tools: 1,
				},
				{
					name: 'memory',
					kind: 'stdio',
					state: 'up',
					server: expect.stringContaining('memory-server'),
					era: '2025-11-25',
					tools: 9,
				},
			],
			lock: {
				file: join(place.directory, 'trapgate.lock'),
				state: 'none',
				...{ rules: [], tools: 0, drivers: 0, changed: 0, new: 0, gone: 0, unconfirmed: 0 },
			},
			audit: { directory: place.audit, state: 'missing', key: 'missing', freeBytes: expect.any(Number) },
			ask: { channels: ['elicitation'], rules: 0 },
			rings: {
				drivers: [
					isHeld
						? { name: 'shell', confined: true, ring: { is: 'holds', proof: expect.stringContaining('bubblewrap') } }
						: {
								name: 'shell',
								confined: false,
								ring: { is: 'absent', why: expect.any(String), hint: expect.any(String) },
							},
					{ name: 'memory', confined: false },
				],
				rules: [],
			},
			does_not_hold: expect.arrayContaining([expect.stringContaining('race with the file system')]),
		});
	});

	test('a driver that dies says its last words', async () => {
		const script = "process.stderr.write('no token given\\n'); process.exitCode = 3";
		place.write(
			'trapgate.yaml',
			`version: 1\ndrivers:\n  dying: { command: ${JSON.stringify(process.execPath)}, args: [-e, ${JSON.stringify(script)}] }\n`,
		);
		const { code, stdout } = await place.run(['doctor']);
		expect(stdout).toMatch(/✗ {2}dying {2}down {2}D10\d /);
		expect(stdout).toContain('no token given');
		expect(stdout).toMatch(/\nnot everything is in order\n$/);
		expect(code).toBe(4);
	});

	test('a broken configuration is shown with its line', async () => {
		place.write('trapgate.yaml', 'version: 1\nmode: enforced\n');
		const { code, stdout } = await place.run(['doctor']);
		expect(stdout).toContain('trapgate.yaml does not load');
		expect(stdout).toContain('2 | mode: enforced');
		expect(code).toBe(4);
	});

	test('rules that ask where nobody can be asked', async () => {
		place.write('trapgate.yaml', 'version: 1\nrules:\n  - { id: a, match: { tool: x/y }, then: ask, reason: Look. }\n');
		const { stdout } = await place.run(['doctor']);
		expect(stdout).toContain('✗ 1 rule asks and no channel is configured, so nobody is asked');
	});
});
