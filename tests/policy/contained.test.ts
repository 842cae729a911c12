// What nobody can read runs inside the ring where that holds and nothing stricter is said; what traps there is judged as it is.
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/abi/json.ts';
import { ports } from '../../src/kernel/ports.ts';
import { decide, goesThrough } from '../../src/policy/decide.ts';
import { finalArgs, idsOf, requestFor, setOf, toolTarget } from './support.ts';

const allow = '- { id: allow, match: { tool: shell/run }, then: allow }';
const noPython = '- { id: no-python, match: { command: python3 }, then: deny, reason: r, instead: i }';

function judge(body: string, command: Json, more: { isContained?: boolean; isTrap?: boolean; mode?: 'warn' } = {}) {
	const { mode, ...facts } = more;
	const set = setOf(body, mode === undefined ? {} : { mode });
	const args: JsonObject = facts.isTrap === true ? { command, cwd: '/ws' } : { command };
	const about = { commandsAt: ['/command'], isBuiltinShell: true, ...facts };
	return decide(set, requestFor(toolTarget('shell/run', args), about), ports);
}

describe('a command that nobody can read', () => {
	const gap = 'eval "$X"';
	const rules = (...more: string[]) => `rules:\n${[allow, noPython, ...more].map((one) => `  ${one}`).join('\n')}\n`;

	test('runs inside the ring, and is refused without it', () => {
		const contained = judge(rules(), gap, { isContained: true });
		expect(contained).toMatchObject({ verdict: 'contained', acted: true });
		expect(goesThrough(contained)).toBe(true);
		expect(idsOf(contained)).toEqual(['kernel/unparsed', 'allow']);
		expect(contained.reason).toMatch(/can't be known from its text.* runs inside the sandbox/);
		expect(contained.instead).toBeUndefined();
		const denied = judge(rules(), gap);
		expect(denied).toMatchObject({ verdict: 'denied' });
		expect(denied.reason).toMatch(/only inside the sandbox, and it would not run there/);
	});

	test.each([
		['unparsed: deny', 'denied'],
		['unparsed: ask', 'asked'],
		['unparsed: contain', 'contained'],
		['command: deny', 'denied'],
		['command: ask', 'asked'],
	])('obeys `%s` inside the ring: %s', (said, verdict) => {
		expect(judge(`${rules()}defaults: { ${said} }\n`, gap, { isContained: true }).verdict).toBe(verdict);
	});

	test.each([
		['python3 x.py; eval "$X"', 'denied', []],
		['npm ci; eval "$X"', 'asked', ['- { id: a, match: { command: npm }, then: ask, reason: r, instead: i }']],
		['npm ci', 'allowed', []],
	])('`%s` is %s inside the ring', (command, verdict, more) => {
		expect(judge(rules(...more), command, { isContained: true }).verdict).toBe(verdict);
	});

	test('is changed all the same', () => {
		const rewrite =
			'- { id: uv, match: { command: pytest }, except: { under: uv run }, then: { rewrite: { prepend: [uv, run] } }, reason: r }';
		const decision = judge(rules(rewrite), 'pytest; eval "$X"', { isContained: true });
		expect(decision).toMatchObject({ verdict: 'contained', acted: true });
		expect(finalArgs(decision)).toEqual({ command: 'uv run pytest; eval "$X"' });
		const watched = judge(rules(rewrite), 'pytest; eval "$X"', { isContained: true, mode: 'warn' });
		expect(watched.verdict).toBe('contained');
	});

	test('does not open a tool that is open only to commands a rule names', () => {
		const named = 'rules:\n  - { id: git, match: { tool: shell/run, command: git }, then: allow }\n';
		expect(judge(named, 'git status', { isContained: true }).verdict).toBe('allowed');
		expect(judge(named, `git status; ${gap}`, { isContained: true }).verdict).toBe('denied');
	});

	test('may name a gated program where `mention: contain` stands', () => {
		const mention = `${rules()}defaults: { mention: contain }\n`;
		expect(judge(mention, 'unknown-runner python3', { isContained: true }).verdict).toBe('contained');
		expect(judge(mention, 'unknown-runner python3').verdict).toBe('denied');
	});
});

describe('an execution inside the ring', () => {
	const trap = (rules: readonly string[], command: Json, more: object = {}, tail = '') =>
		judge(`rules:\n${rules.map((one) => `  ${one}`).join('\n')}\n${tail}`, command, {
			isTrap: true,
			isContained: true,
			...more,
		});

	test('needs no rule that allows the tool, for that runs already', () => {
		expect(trap([noPython], ['ls', '-l']).verdict).toBe('allowed');
		expect(trap([noPython], ['python3', 'x.py'])).toMatchObject({ verdict: 'denied', reason: 'r' });
	});

	test('is an argv, whatever the words hold', () => {
		expect(trap([noPython], ['echo', '$(python3)', ';', 'python3 x']).verdict).toBe('allowed');
	});

	test('obeys `defaults.command`', () => {
		const git = '- { id: git, match: { command: git }, then: allow }';
		const closed = 'defaults: { command: deny }\n';
		expect(trap([git], ['git', 'status'], {}, closed).verdict).toBe('allowed');
		expect(trap([git], ['npm', 'ci'], {}, closed).verdict).toBe('denied');
	});

	test('is not asked about, changed or counted as the call was', () => {
		const rules = [
			'- { id: ask, match: { tool: shell/run }, then: ask, reason: r, instead: i }',
			'- { id: pin, match: { tool: shell/run }, then: { pin: { params: { timeoutMs: 5 } } } }',
			'- { id: limit, match: { tool: shell/run }, then: { limit: { calls: 1, per: 1m } }, reason: r, instead: i }',
			'- { id: counted, match: { command: ls }, then: { limit: { calls: 1, per: 1m } }, reason: r, instead: i }',
		];
		const decision = trap(rules, ['ls']);
		expect(decision).toMatchObject({ verdict: 'allowed', changes: [] });
		expect(decision.limits).toBeUndefined();
		expect(judge(`rules:\n${rules.map((one) => `  ${one}`).join('\n')}\n`, 'ls')).toMatchObject({ verdict: 'asked' });
	});

	test('is refused where the tool itself is by now', () => {
		const by = (effect: string) =>
			trap([`- { id: no, match: { tool: shell/run }, then: ${effect}, reason: r, instead: i }`], ['ls']).verdict;
		expect([by('deny'), by('hide')]).toEqual(['denied', 'hidden']);
	});

	test('starts where it says', () => {
		const outside =
			'- { id: rm, match: { command: rm, facts: { paths: { outside: /ws } } }, then: deny, reason: r, instead: i }';
		const set = setOf(`rules:\n  ${outside}\n`);
		const at = (cwd: string) =>
			decide(
				set,
				requestFor(toolTarget('shell/run', { command: ['rm', 'a'], cwd }), {
					commandsAt: ['/command'],
					isTrap: true,
				}),
				ports,
			).verdict;
		expect([at('/ws/sub'), at('/etc')]).toEqual(['allowed', 'denied']);
	});
});
