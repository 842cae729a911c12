// What needs the runtime ring is absent while there is none, and its author is told.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type DriverName, parseToolName } from '../../src/abi/names.ts';
import { loadOptions } from '../../src/kernel/load-options.ts';
import { makeAnswer } from '../../src/kernel/question.ts';
import { loadRevision } from '../../src/kernel/revision.ts';
import { stateDirectories } from '../../src/kernel/state.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-ring-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function answersWith(rule: string) {
	const file = join(folder, 'trapgate.yaml');
	writeFileSync(
		file,
		`version: 1\nrules:\n  - { id: all, match: { tool: ["shell/*", "fs/*"] }, then: allow }\n  - { id: ring, ${rule} }\n`,
	);
	const env = { HOME: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') };
	const directories = stateDirectories(env);
	const load = loadOptions({ file, cwd: folder, env }, directories);
	const { revision, problems } = loadRevision(load);
	if (revision === undefined) throw new Error(JSON.stringify(problems));
	const answer = makeAnswer({ revision, load, directories });
	return {
		codes: problems.map(({ code, label }) => [code, label]),
		verdictOf(name: string) {
			const { driver, tool } = parseToolName(name) ?? { driver: '' as DriverName, tool: '' };
			return answer({ target: { kind: 'tool', driver, tool, args: {} }, agent: 'a', at: 0 }).decision.verdict;
		},
	};
}

test.each([
	['match: { tool: shell/run }, then: { sandbox: { network: none } }', 'hidden', 'allowed'],
	['match: { tool: "fs/*" }, then: { sandbox: { write: /tmp } }', 'allowed', 'hidden'],
	['match: { tool: "*" }, then: { sandbox: { write: /tmp } }', 'hidden', 'hidden'],
	['match: { from: fs }, then: { sandbox: { write: /tmp } }', 'allowed', 'hidden'],
	['match: { effect: write }, then: { sandbox: { write: /tmp } }', 'hidden', 'hidden'],
	// Nobody can be let in without the ring, whoever the rule is about.
	['match: { tool: "fs/*" }, when: { agent: b }, then: { sandbox: { write: /tmp } }', 'allowed', 'hidden'],
	['match: { tool: "fs/*" }, mode: observe, then: { sandbox: { write: /tmp } }', 'allowed', 'hidden'],
	['match: { command: x }, then: deny, ring: runtime', 'hidden', 'allowed'],
])('{ %s } leaves the shell %s and the others %s', (rule, shell, others) => {
	const { codes, verdictOf } = answersWith(rule);
	expect([verdictOf('shell/run'), verdictOf('fs/read')]).toEqual([shell, others]);
	expect(codes).toEqual([['P310', expect.stringContaining('absent')]]);
});
