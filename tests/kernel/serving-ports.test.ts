// What reads commands is there wherever one could come, and elsewhere it answers nothing that could allow anything.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadOptions } from '../../src/kernel/load-options.ts';
import { ports } from '../../src/kernel/ports.ts';
import { loadRevision } from '../../src/kernel/revision.ts';
import { servingPorts } from '../../src/kernel/serving-ports.ts';
import { stateDirectories } from '../../src/kernel/state.ts';

let folder = '';
beforeAll(() => {
	folder = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-ports-')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function portsOf(drivers: string, rules = '') {
	const file = join(folder, 'trapgate.yaml');
	writeFileSync(file, `version: 1\ndrivers:\n  ${drivers}\n${rules === '' ? '' : `rules:\n  - ${rules}\n`}`);
	const env = { HOME: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') };
	const { revision, problems } = loadRevision(loadOptions({ file, cwd: folder, env }, stateDirectories(env)));
	if (revision === undefined) throw new Error(JSON.stringify(problems));
	return servingPorts(revision);
}

const plain = 'notes: { command: notes-server }';

test.each([
	['the built-in shell', 'sh: { builtin: shell }', ''],
	['a tool that takes commands', 'run: { command: some-server, commands: { exec: /command } }', ''],
	['a server in a sandbox', 'notes: { command: notes-server, sandbox: { write: [] } }', ''],
	['a rule about commands', plain, '{ id: a, match: { command: git push }, then: deny }'],
	['a rule about facts', plain, '{ id: a, match: { facts: { force: true } }, then: deny }'],
])('with %s, commands are read', async (_, drivers, rules) => {
	expect(await portsOf(drivers, rules)).toBe(ports);
});

test('without any of it nothing reads them, and whoever asks gets no answer', async () => {
	const { commands, resolvePath, branchOf } = await portsOf(plain, '{ id: a, match: { tool: notes/* }, then: allow }');
	expect([resolvePath, branchOf]).toEqual([ports.resolvePath, ports.branchOf]);
	expect(() => commands.analyse('ls')).toThrow('nothing here reads them');
	expect(() => commands.edit('ls', 0, [])).toThrow('nothing here changes them');
});
