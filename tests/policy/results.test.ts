// Which result rules are about a call, and which could be about what belongs to none.
import { expect, test } from 'vitest';
import type { DriverName } from '../../src/abi/names.ts';
import type { Target } from '../../src/abi/syscall.ts';
import { resultRulesAround, resultRulesOn } from '../../src/policy/results.ts';
import { friday, portsWith, setOf } from './support.ts';

const redact = 'then: { redact: { find: detector:aws } }';
const set = setOf(
	`
rules:
  - { id: all, match: { tool: "*" }, then: allow }
  - { id: watched, match: { tool: x/watched }, mode: observe, ${redact} }
  - { id: any-x, match: { tool: "x/*" }, ${redact} }
  - { id: some-x, match: { tool: "x/read", args: { path: { glob: "/etc/*" } } }, except: { args: { path: /etc/hosts } }, ${redact} }
  - { id: short, match: { tool: "*", args: { n: 1 } }, ${redact} }
  - { id: curls, match: { command: curl }, ${redact} }
  - { id: bots, match: { tool: "x/read" }, when: { agent: "bot-*" }, ${redact} }
  - { id: nights, match: { tool: "x/read" }, when: { time: { inside: "00:00-04:00", zone: Europe/Berlin } }, ${redact} }
  - { id: ci, match: { tool: "x/read" }, when: { env: { CI: present } }, ${redact} }
  - { id: from-y, match: { from: y }, ${redact} }
  - { id: files, match: { resource: "file:///*" }, ${redact} }
  - { id: prompts, match: { prompt: "*" }, ${redact} }
  - { id: asks, match: { driver_asks: sampling, from: x }, ${redact} }
  - { id: fix, match: { tool: x/fix }, then: { rewrite: { params: { q: b } } } }
  - { id: fixed, match: { tool: x/fix, args: { q: b } }, ${redact} }
`,
);

const tool = (name: string, args = {}): Target => {
	const [driver = '', rest = ''] = name.split('/');
	return { kind: 'tool', driver: driver as DriverName, tool: rest, args };
};
const idsOn = (target: Target, more = {}, final = target) => {
	const request = { target, agent: 'example', at: friday, env: {}, cwd: '/ws', ...more };
	return resultRulesOn(set, request, final, portsWith()).redact.map(({ id }) => id);
};

test.each<[Target, string[], object?]>([
	[tool('z/read'), []],
	[tool('x/other'), ['any-x']],
	[tool('x/watched'), ['any-x', 'watched']],
	[tool('x/read', { path: '/etc/passwd' }), ['any-x', 'some-x']],
	[tool('x/read', { path: '/etc/hosts' }), ['any-x']],
	// What can't be told counts, and does not except.
	[tool('x/read', { path: { a: '/etc/hosts' } }), ['any-x', 'some-x']],
	[tool('x/read'), ['any-x', 'bots'], { agent: 'bot-1' }],
	[tool('x/read'), ['any-x', 'nights'], { at: friday + 10 * 3_600_000 }],
	[tool('x/read'), ['any-x', 'ci'], { env: { CI: '1' } }],
	[tool('x/run', { c: 'curl -s h' }), ['any-x', 'curls'], { commandsAt: ['/c'] }],
	[tool('y/read', { n: 1 }), ['from-y', 'short']],
	[{ kind: 'resource', driver: 'x' as DriverName, uri: 'file:///a', method: 'resources/read' }, ['files']],
	[{ kind: 'prompt', driver: 'y' as DriverName, prompt: 'p', args: {}, method: 'prompts/get' }, ['from-y', 'prompts']],
	[{ kind: 'method', driver: 'y' as DriverName, method: 'acme/do', params: {} }, ['from-y']],
])('%j', (target, expected, more) => {
	expect(idsOn(target, more)).toEqual(expected);
});

test('a rule counts in the form it matches, as asked or as it ran', () => {
	expect(idsOn(tool('x/fix', { q: 'a' }))).toEqual(['any-x']);
	expect(idsOn(tool('x/fix', { q: 'a' }), {}, tool('x/fix', { q: 'b' }))).toEqual(['any-x', 'fixed']);
	expect(idsOn(tool('x/fix', { q: 'b' }), {}, tool('x/fix', { q: 'c' }))).toEqual(['any-x', 'fixed']);
});

const idsAround = (driver: string, agent: string | undefined, more = {}) =>
	resultRulesAround(set, { driver: driver as DriverName, agent, at: friday, env: {}, ...more }).redact.map(
		({ id }) => id,
	);

test('what belongs to no call could be about any', () => {
	const anywhere = ['curls', 'files', 'prompts', 'short'];
	expect(idsAround('z', 'example')).toEqual(anywhere);
	expect(idsAround('y', 'example')).toEqual(['curls', 'files', 'from-y', 'prompts', 'short']);
	const x = ['any-x', 'asks', 'curls', 'files', 'fixed', 'prompts', 'short', 'some-x', 'watched'];
	expect(idsAround('x', 'example')).toEqual(x);
	expect(idsAround('x', 'bot-1')).toEqual([...x, 'bots'].sort());
	// The log is read by whoever reads it.
	expect(idsAround('x', undefined)).toEqual([...x, 'bots'].sort());
	expect(idsAround('x', 'example', { env: { CI: '1' } })).toEqual([...x, 'ci'].sort());
});

test.each([
	['*', true],
	['*/read', true],
	['x/*', true],
	['x*', true],
	['?/read', true],
	['x/read', true],
	['y/*', false],
	['xy/*', false],
	['y*', false],
])('the pattern %s could name a tool of x: %s', (pattern, could) => {
	const one = setOf(`rules:\n  - { id: r, match: { tool: "${pattern}" }, ${redact} }`);
	const around = { driver: 'x' as DriverName, agent: 'a', at: friday, env: {} };
	expect(resultRulesAround(one, around).redact.length > 0).toBe(could);
});
