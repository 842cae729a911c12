// What is remembered of what may run under a launcher: nothing that could be otherwise by now.
import { expect, test } from 'vitest';
import { FreePrograms } from '../../src/kernel/free-programs.ts';
import { setOf } from '../policy/support.ts';

const plain = 'rules:\n  - { id: a, match: { command: python3 }, then: deny, reason: r, instead: i }';

function kept(rules: string) {
	const state = { revision: { set: setOf(rules) }, now: 0, asked: 0, isFailure: false };
	const programs = new FreePrograms({ inForce: () => state.revision, now: () => state.now });
	const ask = (...question: string[]) =>
		programs.under(question, () => {
			state.asked += 1;
			return { free: [`answer ${state.asked}`], isFailure: state.isFailure };
		});
	return { state, ask };
}

test('an answer is kept for its question, and for one policy', () => {
	const { state, ask } = kept(plain);
	expect([ask('uv', 'run'), ask('uv', 'run'), ask('uv'), ask('uv run')]).toEqual([
		['answer 1'],
		['answer 1'],
		['answer 2'],
		['answer 3'],
	]);
	state.revision = { set: setOf(plain) };
	expect(ask('uv', 'run')).toEqual(['answer 4']);
	state.now = 86_400_000;
	expect(ask('uv', 'run')).toEqual(['answer 4']);
});

test('what came of a failure is asked again', () => {
	const { state, ask } = kept(plain);
	state.isFailure = true;
	expect(ask('uv')).toEqual(['answer 1']);
	state.isFailure = false;
	expect([ask('uv'), ask('uv')]).toEqual([['answer 2'], ['answer 2']]);
});

test('it is not kept without end', () => {
	const { state, ask } = kept(plain);
	for (let index = 0; index < 1_900; index += 1) ask('uv', String(index));
	expect(ask('uv', '0')).toEqual(['answer 1901']);
	expect(ask('uv', '1899')).toEqual(['answer 1900']);
	expect(state.asked).toBe(1901);
});

test.each([
	[
		'a time',
		'{ id: a, match: { command: python3 }, when: { time: { after: "2026-11-20T18:00", zone: UTC } }, then: deny, reason: r, instead: i }',
	],
	[
		'a condition',
		`{ id: a, match: { command: python3 }, when: { cel: "now > timestamp('2026-11-20T18:00:00Z')" }, then: deny, reason: r, instead: i }`,
	],
	[
		'a waiver',
		'{ id: a, match: { command: python3 }, then: deny, reason: r, instead: i }\nwaivers:\n  - { rule: a, match: { command: python3 }, until: 2026-12-31, approved_by: dana }',
	],
])('where a rule has %s, an answer holds for a second', (_, rule) => {
	const { state, ask } = kept(`rules:\n  - ${rule}`);
	state.now = 10_999;
	expect([ask('uv'), ask('uv')]).toEqual([['answer 1'], ['answer 1']]);
	state.now = 11_000;
	expect([ask('uv'), ask('uv')]).toEqual([['answer 2'], ['answer 2']]);
});
