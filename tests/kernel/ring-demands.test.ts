// What needs the runtime ring is absent while there is none, and its author is told.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/abi/json.ts';
import { type DriverName, parseToolName } from '../../src/abi/names.ts';
import { makeDriver } from '../../src/kernel/drivers.ts';
import { loadOptions } from '../../src/kernel/load-options.ts';
import { makeAnswer } from '../../src/kernel/question.ts';
import { loadRevision } from '../../src/kernel/revision.ts';
import { noRings, type Rings } from '../../src/kernel/ring.ts';
import { isConfined, startedUnder } from '../../src/kernel/sandbox-rules.ts';
import { stateDirectories } from '../../src/kernel/state.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-ring-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function answersWith(rule: string, { rings, drivers = '' }: { rings?: Rings; drivers?: string } = {}) {
	const file = join(folder, 'trapgate.yaml');
	writeFileSync(
		file,
		`version: 1\n${drivers}rules:\n  - { id: all, match: { tool: ["shell/*", "fs/*"] }, then: allow }\n  - { id: ring, ${rule} }\n`,
	);
	const env = { HOME: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_CONFIG_HOME: join(folder, 'config') };
	const directories = stateDirectories(env);
	const load = loadOptions({ file, cwd: folder, env, rings }, directories);
	const { revision, problems } = loadRevision(load);
	if (revision === undefined) throw new Error(JSON.stringify(problems));
	const answer = makeAnswer({ revision, load, directories });
	return {
		revision,
		startedUnder: startedUnder(revision.config.drivers, revision.set.rules),
		problems,
		codes: problems.map(({ code, label }) => [code, label]),
		verdictOf(name: string, args: JsonObject = {}) {
			const { driver, tool } = parseToolName(name) ?? { driver: '' as DriverName, tool: '' };
			return answer({ target: { kind: 'tool', driver, tool, args }, agent: 'a', at: 0 }).decision.verdict;
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

const holding: Rings = {
	bwrap: { is: 'holds', proof: 'tried' },
	landlock: { is: 'degraded', proof: 'tried', why: 'less', hint: 'more' },
};
const here = 'drivers:\n  shell: { builtin: shell }\n  fs: { command: fs }\n';

describe('where the ring holds', () => {
	test.each([
		'match: { tool: "*" }, then: { sandbox: { write: /tmp } }',
		'match: { tool: shell/run }, then: { sandbox: { network: none } }',
		'match: { command: x }, then: deny, ring: runtime',
	])('{ %s } takes nothing away, and is not complained about', (rule) => {
		const { codes, verdictOf } = answersWith(rule, { rings: holding, drivers: here });
		expect([verdictOf('shell/run', { command: 'ls' }), verdictOf('fs/read')]).toEqual(['allowed', 'allowed']);
		expect(codes).toEqual([]);
	});

	test.each([
		[
			'shell: { builtin: shell, sandbox: { backend: none } }',
			'match: { command: x }, then: deny, ring: runtime',
			'shell/run',
			'backend: none',
		],
		[
			'fs: { command: fs, sandbox: { backend: none } }',
			'match: { tool: "fs/*" }, then: { sandbox: { network: none } }',
			'fs/read',
			'backend: none',
		],
		[
			'fs: { url: "https://example.com/mcp" }',
			'match: { tool: "fs/*" }, then: { sandbox: { network: none } }',
			'fs/read',
			'elsewhere',
		],
	])('%s is absent all the same for { %s }', (driver, rule, tool, why) => {
		const { problems, verdictOf } = answersWith(rule, { rings: holding, drivers: `drivers:\n  ${driver}\n` });
		expect(verdictOf(tool, { command: 'ls' })).toBe('hidden');
		expect(problems.filter(({ code }) => code === 'P310')).toMatchObject([{ message: expect.stringContaining(why) }]);
	});

	test('what nobody can read is contained, where it would run inside', () => {
		const rule = 'match: { command: x }, then: deny';
		const verdictOf = (rings: Rings, drivers = here) =>
			answersWith(rule, { rings, drivers }).verdictOf('shell/run', { command: 'eval "$Y"' });
		expect(verdictOf(holding)).toBe('contained');
		expect(verdictOf(noRings)).toBe('denied');
		expect(verdictOf(holding, 'drivers:\n  shell: { builtin: shell, sandbox: { backend: none } }\n')).toBe('denied');
		expect(verdictOf(holding, 'drivers:\n  shell: { builtin: shell, sandbox: { backend: landlock } }\n')).toBe(
			'contained',
		);
		expect(verdictOf({ ...noRings, landlock: holding.landlock })).toBe('denied');
	});
});

describe('a rule about a sandbox that comes while its server runs', () => {
	const boxed = 'match: { tool: "fs/*" }, then: { sandbox: { network: none } }';
	const fs = 'fs' as DriverName;
	const ringsUnder = (rule: string | undefined, drivers = here): Rings => ({
		...holding,
		startedUnder: rule === undefined ? new Map([[fs, new Set()]]) : answersWith(rule, { drivers }).startedUnder,
	});

	test.each([
		['no rule', undefined, here],
		['a wider rule', 'match: { tool: "fs/*" }, then: { sandbox: { write: /tmp } }', here],
		['no rule, in a sandbox of its own', undefined, here.replace('command: fs', 'command: fs, sandbox: {}')],
	])('finds it started under %s: its tools are absent', (_, before, drivers) => {
		const { codes, verdictOf } = answersWith(boxed, { rings: ringsUnder(before, drivers), drivers });
		expect([verdictOf('shell/run', { command: 'ls' }), verdictOf('fs/read')]).toEqual(['allowed', 'hidden']);
		expect(codes).toEqual([['P310', expect.stringContaining('absent')]]);
	});

	test('finds it started under that very rule: nothing is absent', () => {
		const { codes, verdictOf } = answersWith(boxed, { rings: ringsUnder(boxed), drivers: here });
		expect(verdictOf('fs/read')).toBe('allowed');
		expect(codes).toEqual([]);
	});

	test('holds for the next command of a shell at once', () => {
		const { codes, verdictOf } = answersWith('match: { tool: "shell/*" }, then: { sandbox: { network: none } }', {
			rings: ringsUnder(undefined),
			drivers: here,
		});
		expect(verdictOf('shell/run', { command: 'ls' })).toBe('allowed');
		expect(codes).toEqual([]);
	});

	test('does not make anybody believe that it is confined', () => {
		const { config, set } = answersWith(boxed, { drivers: here }).revision;
		const confined = (rings: Rings) => config.drivers.map((driver) => isConfined(driver, set.rules, rings));
		expect(confined(ringsUnder(boxed))).toEqual([true, true]);
		expect(confined(ringsUnder(undefined))).toEqual([true, false]);
	});
});

test('the message of what is absent says what to do', () => {
	const rings: Rings = {
		...noRings,
		bwrap: { is: 'absent', why: 'no bubblewrap', hint: 'apt-get install bubblewrap' },
	};
	const { problems } = answersWith('match: { command: x }, then: deny, ring: runtime', { rings });
	expect(problems[0]).toMatchObject({
		message: 'rule `ring` must hold in the runtime ring, which does not hold here: no bubblewrap',
		help: expect.stringContaining('apt-get install bubblewrap'),
	});
});

test('a driver that says `sandbox:` does not start where that does not hold', async () => {
	const start = (sandbox: string, rings: Rings) => {
		const file = join(folder, 'trapgate.yaml');
		writeFileSync(file, `version: 1\ndrivers:\n  fs: { command: /nonexistent/fs, sandbox: ${sandbox} }\n`);
		const env = { HOME: folder };
		const { revision } = loadRevision(loadOptions({ file, cwd: folder, env }, stateDirectories(env)));
		const [driver] = revision?.config.drivers ?? [];
		if (driver === undefined) throw new Error('no driver');
		const around = {
			workspace: undefined,
			directory: folder,
			home: folder,
			tmp: '/tmp',
			env,
			rings,
			reaper: {} as never,
		};
		return makeDriver(driver, around).open({} as never, {} as never);
	};
	await expect(start('{ network: none }', noRings)).rejects.toThrow('its `sandbox:` does not hold here');
	await expect(start('{ backend: none }', noRings)).rejects.not.toThrow('its `sandbox:` does not hold here');
});
