// Which programs trap, which rings hold each rule, and what a launcher's sandbox may execute freely.
import { describe, expect, test } from 'vitest';
import type { CommandSource } from '../../src/abi/command.ts';
import type { Decision } from '../../src/abi/decision.ts';
import type { DriverName } from '../../src/abi/names.ts';
import { ports } from '../../src/kernel/ports.ts';
import type { PolicySet } from '../../src/policy/compile.ts';
import { decide } from '../../src/policy/decide.ts';
import { type GateSet, gatesOf } from '../../src/policy/gates.ts';
import { setOf } from './support.ts';

const uvRules = `
	rules:
	  - id: python
	    match: { command: [python, python3] }
	    except: { under: [uv run, uv tool run] }
	    then: { rewrite: { prepend: [uv, run] } }
	    reason: r
	  - id: versioned
	    match: { command: "python3.*" }
	    except: { under: [uv run, uv tool run] }
	    then: { rewrite: { replace_prefix: [uv, run, -p, "\${program.version}", python] } }
	    reason: r
`.replaceAll('\t', '');

function gates(rules: string, needed?: readonly string[]): GateSet {
	return gatesOf(setOf(rules), ports.commands, needed);
}

function rule(id: string, members: string): string {
	return `rules:\n  - { id: ${id}, ${members}, reason: r, instead: i }`;
}

function judging(set: PolicySet): (source: CommandSource) => Decision {
	return (source) =>
		decide(
			set,
			{
				target: { kind: 'tool', driver: 'shell' as DriverName, tool: 'run', args: { command: source, cwd: '/ws' } },
				agent: 'a',
				at: 0,
				env: {},
				cwd: '/ws',
				commandsAt: ['/command'],
				isTrap: true,
			},
			ports,
		);
}

describe('a program that a rule names as a whole', () => {
	test.each([
		['then: deny', true],
		['then: ask', true],
		['then: { rewrite: { program: pnpm } }', true],
		['then: deny, mode: observe', true],
		['then: deny, when: { agent: x }', true],
		['then: allow', false],
		['then: { limit: { calls: 1, per: 1m } }', false],
	])('is gated by { %s }: %s', (members, isGated) => {
		const set = gates(rule('one', `match: { command: npm }, ${members}`));
		expect(set.gatedAs('npm') !== undefined).toBe(isGated);
		expect(set.names.includes('npm')).toBe(isGated);
		expect(set.coverage[0]?.rings).toEqual(isGated ? ['call', 'runtime'] : ['call']);
	});

	test('is gated in every version, and under no other name', () => {
		const { gatedAs } = gates(rule('one', 'match: { command: [python, node] }, then: deny'));
		expect(['python', 'python3', 'python3.12', 'python2', 'node'].map(gatedAs)).toEqual([
			'python',
			'python',
			'python',
			'python',
			'node',
		]);
		expect(['pythonic', 'Python', 'python3-config', 'npx', '', 'usr/python'].map(gatedAs)).toEqual(
			Array(6).fill(undefined),
		);
	});

	test('is not one where sub-commands, flags or facts are named', () => {
		const narrow = [
			'match: { command: git push }',
			'match: { command: git, flags: --force }',
			'match: { command: git, facts: { force: true } }',
		];
		for (const match of narrow) {
			const set = gates(rule('one', `${match}, then: deny`));
			expect(set.gatedAs('git')).toBeUndefined();
			expect(set.coverage[0]).toMatchObject({ rings: ['call'], callOnly: [{ program: 'git', why: 'narrower' }] });
			const held = gates(rule('one', `${match}, then: deny, ring: runtime`));
			expect(held.gatedAs('git')).toBe('git');
			expect(held.coverage[0]).toMatchObject({ rings: ['call', 'runtime'], gates: ['git'], callOnly: [] });
			expect(held.isGatedWhole('git')).toBe(false);
		}
	});

	test('may stand beside patterns that are narrower', () => {
		const set = gates(rule('one', 'match: { command: [npx, "npm {ci,i}"] }, then: deny'));
		expect([set.gatedAs('npx'), set.gatedAs('npm')]).toEqual(['npx', undefined]);
		expect(set.coverage[0]).toMatchObject({
			rings: ['call', 'runtime'],
			gates: ['npx'],
			callOnly: [{ program: 'npm' }],
		});
	});
});

test.each([
	['match: { command: "*" }, then: deny', 'everything'],
	['match: { command: "**", flags: -x }, then: deny, ring: runtime', 'everything'],
	['match: { flags: --force }, then: deny', 'no-program'],
	['match: { mentions: python }, then: deny', 'mentions'],
	['match: { command: curl }, then: allow', 'calls'],
])('{ %s } gates nothing, and says why: %s', (members, why) => {
	const set = gates(rule('one', members));
	expect(set.coverage[0]).toMatchObject({ rings: ['call'], gates: [], callOnly: [{ why }] });
	expect(set.names).toEqual([]);
	expect(set.gatedAs('bash')).toBeUndefined();
});

test('a part of the shell holds in the call ring only, though a file of its name traps', () => {
	const set = gates(rule('one', 'match: { command: [source, kill] }, then: deny'));
	expect(set.coverage[0]).toMatchObject({ rings: ['call'], callOnly: [{ why: 'builtin' }, { why: 'builtin' }] });
	expect(set.gatedAs('kill')).toBe('kill');
	// `ring: runtime` would not help it.
	const narrow = gates(rule('one', 'match: { command: source, facts: { reads: x } }, then: deny'));
	expect(narrow.coverage[0]).toMatchObject({ rings: ['call'], callOnly: [{ why: 'builtin' }] });
	expect(narrow.gatedAs('source')).toBeUndefined();
});

test('what the ring itself runs on is not gated', () => {
	const set = gates(rule('one', 'match: { command: [bash, sh] }, then: deny'), ['bash']);
	expect([set.gatedAs('bash'), set.gatedAs('sh')]).toEqual([undefined, 'sh']);
	expect(set.coverage[0]).toMatchObject({ rings: ['call', 'runtime'], callOnly: [{ program: 'bash', why: 'needed' }] });
	expect(set.names).toEqual(['sh']);
});

test('launchers that a gating rule trusts, or puts in front, are gated too', () => {
	const set = gates(uvRules);
	expect(set.names).toEqual(['python', 'python3', 'uv']);
	expect(set.gatedAs('uv')).toBe('uv');
	expect(set.launchesOf('uv')).toEqual([['uv'], ['uv', 'run'], ['uv', 'tool', 'run']]);
	// Only of rules that gate: an exception of another one leads nowhere.
	const narrow = gates(rule('one', 'match: { command: git push }, except: { under: uv run }, then: deny'));
	expect(narrow.gatedAs('uv')).toBeUndefined();
});

test('the revision changes with the gates, and with nothing else', () => {
	const one = gates(uvRules).revision;
	expect(gates(uvRules.replaceAll('reason: r', 'reason: other')).revision).toBe(one);
	expect(gates(uvRules.replace('python3]', 'python3, pypy]')).revision).not.toBe(one);
	expect(gates(uvRules.replaceAll('uv tool run]', 'pdm run]')).revision).not.toBe(one);
	expect(gates(uvRules, ['bash']).revision).not.toBe(one);
});

describe('under a launcher', () => {
	const freed = (rules: string, launcher: readonly string[] = ['uv', 'run']) => {
		const set = setOf(rules);
		return gatesOf(set, ports.commands).mayRunUnder(launcher, judging(set));
	};

	test('runs freely what every rule excepts there', () => {
		expect(freed(uvRules)).toEqual(['python']);
		expect(freed(uvRules, ['uv', 'tool', 'run'])).toEqual(['python']);
		expect(freed(uvRules, ['sudo'])).toEqual([]);
		expect(freed(uvRules, ['uv', 'pip'])).toEqual([]);
	});

	test('traps what another rule gates as well', () => {
		const more = (members: string) => freed(`${uvRules}  - { id: more, ${members}, reason: r, instead: i }\n`);
		expect(more('match: { command: npm }, then: deny')).toEqual(['python']);
		expect(more('match: { command: python }, then: deny')).toEqual([]);
		expect(more('match: { command: python, facts: { module: venv } }, then: deny, ring: runtime')).toEqual([]);
		expect(
			more('match: { command: python, facts: { module: venv } }, except: { under: uv run }, then: deny, ring: runtime'),
		).toEqual([]);
		expect(more('match: { command: python }, except: { under: uv run, flags: -I }, then: deny')).toEqual([]);
		// A rule that watches is asked like one that acts.
		expect(more('match: { command: python }, then: deny, mode: enforce')).toEqual([]);
	});

	test('traps what a rule that gates nothing would refuse or ask about', () => {
		const more = (members: string) => freed(`${uvRules}  - { id: more, ${members}, reason: r, instead: i }\n`);
		expect(more('match: { command: "*" }, then: ask')).toEqual([]);
		expect(more('match: { command: "uv run" }, then: deny')).toEqual([]);
		expect(freed(`${uvRules}defaults: { command: deny }\n`)).toEqual([]);
	});

	test('frees one of two names that rules treat in two ways', () => {
		const rules = `${uvRules}  - { id: old, match: { command: python2 }, then: deny, reason: r, instead: i }\n`;
		const set = setOf(rules);
		const { gatedAs, mayRunUnder } = gatesOf(set, ports.commands);
		expect([gatedAs('python2'), gatedAs('python3'), gatedAs('python3.11')]).toEqual(['python2', 'python', 'python']);
		expect(mayRunUnder(['uv', 'run'], judging(set))).toEqual(['python']);
	});
});
