// A cancellation is heard as an AbortSignal is, whoever listens to it and however.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CancelSignal } from '../../src/abi/cancel.ts';
import { abortSignalOf, Cancellation } from '../../src/wire/cancellation.ts';

type Step =
	| { readonly does: 'add' | 'remove'; readonly which: number }
	| { readonly does: 'abort'; readonly which: number };

/** What each of four listeners does when it hears of it. */
type Habit = Step | undefined;

interface Aborting {
	readonly signal: CancelSignal;
	abort(reason?: unknown): void;
}

function play({ signal, abort }: Aborting, steps: readonly Step[], habits: readonly Habit[]): readonly unknown[] {
	const log: unknown[] = [];
	const listeners = habits.map((habit, index) => () => {
		log.push([index, signal.aborted, signal.reason]);
		if (habit !== undefined) act(habit);
	});
	const act = ({ does, which }: Step) => {
		const listener = listeners[which] as () => void;
		if (does === 'add') signal.addEventListener('abort', listener, { once: true });
		else if (does === 'remove') signal.removeEventListener('abort', listener);
		else abort(`reason ${which}`);
		log.push(signal.aborted);
	};
	for (const step of steps) act(step);
	return log;
}

function real(): Aborting {
	const controller = new AbortController();
	return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}

function ours(): Aborting {
	const signal = new Cancellation();
	return { signal, abort: (reason) => signal.abort(reason) };
}

const step: fc.Arbitrary<Step> = fc.record({
	does: fc.constantFrom('add', 'add', 'add', 'remove', 'abort'),
	which: fc.nat({ max: 3 }),
});
// To whoever is added meanwhile the DOM's answer and that of Node differ.
const habit = fc.option(
	step.filter(({ does }) => does !== 'add'),
	{ nil: undefined },
);

test('whoever listens hears what an AbortSignal would have told', () => {
	let heard = 0;
	fc.assert(
		fc.property(fc.array(step, { maxLength: 12 }), fc.tuple(habit, habit, habit, habit), (steps, habits) => {
			const expected = play(real(), steps, habits);
			expect(play(ours(), steps, habits)).toEqual(expected);
			heard += expected.filter(Array.isArray).length;
		}),
		{ numRuns: 2000 },
	);
	expect(heard).toBeGreaterThan(500);
});

test('a listener that breaks keeps no other from hearing', async () => {
	const heard: string[] = [];
	const signal = new Cancellation();
	signal.addEventListener('abort', () => {
		throw new Error('broken');
	});
	signal.addEventListener('abort', () => void heard.push('second'));
	const uncaught = new Promise((resolve) => {
		const before = process.listeners('uncaughtException');
		process.removeAllListeners('uncaughtException');
		process.once('uncaughtException', (error) => {
			for (const listener of before) process.on('uncaughtException', listener);
			resolve(error);
		});
	});
	signal.abort();
	expect(heard).toEqual(['second']);
	await expect(uncaught).resolves.toMatchObject({ message: 'broken' });
});

test('what takes a real AbortSignal gets one, the same each time, also of what was cancelled before', () => {
	const signal = new Cancellation();
	const given = abortSignalOf(signal);
	const both = AbortSignal.any([abortSignalOf(signal), new AbortController().signal]);
	expect(abortSignalOf(signal)).toBe(given);
	expect(abortSignalOf(given)).toBe(given);
	signal.abort('enough');
	expect([given.aborted, given.reason, both.aborted, both.reason]).toEqual([true, 'enough', true, 'enough']);

	const late = new Cancellation();
	late.abort('before');
	expect([abortSignalOf(late).aborted, abortSignalOf(late).reason]).toEqual([true, 'before']);
});
