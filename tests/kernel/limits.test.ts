// Limits: what is over one is refused, nothing is counted that did not run, and what can't be counted does not run.
import fc from 'fast-check';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Decision, LimitUse, Mode } from '../../src/abi/decision.ts';
import type { RuleId } from '../../src/abi/names.ts';
import type { Target } from '../../src/abi/syscall.ts';
import { inMemory, Limits } from '../../src/kernel/limits.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const target = { kind: 'tool', driver: 'brave', tool: 'search', args: {} } as unknown as Target;
const minute = 60_000;

function use(id: string, calls: number, more: Partial<LimitUse> = {}): LimitUse {
	const rule = { id: id as RuleId, effect: 'limit', matched: 'both' } as const;
	return { rule, scope: 'agent', calls, perMs: 10 * minute, mode: 'enforce', ...more };
}

function allowed(limits: readonly LimitUse[], more: Partial<Decision> = {}): Decision {
	return { verdict: 'allowed', acted: true, mode: 'enforce', because: [], final: target, changes: [], limits, ...more };
}

const limitsNow = () => new Limits(inMemory, () => Date.now());
const verdicts = async (limits: Limits, decision: Decision, agents: readonly string[]) => {
	const found: string[] = [];
	for (const agent of agents) found.push((await limits.count(decision, agent)).decision.verdict);
	return found;
};

test('a call over the limit is refused, with when to come back, until the period has ended', async () => {
	const limits = limitsNow();
	const decision = allowed([use('search-rate', 2, { reason: 'The plan is shared.' })]);
	expect(await verdicts(limits, decision, ['a', 'a'])).toEqual(['allowed', 'allowed']);
	vi.setSystemTime(minute - 10_500);
	const { decision: refused } = await limits.count(decision, 'a');
	expect(refused).toMatchObject({
		verdict: 'denied',
		acted: true,
		because: [{ id: 'search-rate', effect: 'limit' }],
		reason:
			'The plan is shared. The limit of 2 calls in 10m for this agent is used up; the next can be made in 9m 11s.',
		instead: 'wait 9m 11s, or continue with work that does not need it',
	});
	expect(refused.limits).toBeUndefined();
	vi.advanceTimersByTime(9 * minute + 11_000);
	expect((await limits.count(decision, 'a')).decision).toBe(decision);
});

test.each([
	['agent', ['allowed', 'allowed', 'denied', 'denied']],
	['everyone', ['allowed', 'denied', 'denied', 'denied']],
] as const)('calls are counted together by %s', async (scope, expected) => {
	const decision = allowed([use('one', 1, { scope })]);
	expect(await verdicts(limitsNow(), decision, ['a', 'b', 'a', 'b'])).toEqual(expected);
});

test('what one limit refuses counts against no other', async () => {
	const limits = limitsNow();
	const wide = use('wide', 3);
	expect(await verdicts(limits, allowed([use('narrow', 1), wide]), ['a', 'a', 'a'])).toEqual([
		'allowed',
		'denied',
		'denied',
	]);
	expect(await verdicts(limits, allowed([wide, use('narrow', 1)]), ['a'])).toEqual(['denied']);
	expect(await verdicts(limits, allowed([wide]), ['a', 'a', 'a'])).toEqual(['allowed', 'allowed', 'denied']);
});

test('a call that did not run is given back, but not to the next period', async () => {
	const limits = limitsNow();
	const decision = allowed([use('one', 1)]);
	const first = await limits.count(decision, 'a');
	await first.giveBack();
	await first.giveBack();
	const second = await limits.count(decision, 'a');
	expect(second.decision.verdict).toBe('allowed');
	expect(await verdicts(limits, decision, ['a'])).toEqual(['denied']);
	vi.advanceTimersByTime(10 * minute);
	await second.giveBack();
	expect(await verdicts(limits, decision, ['a', 'a'])).toEqual(['allowed', 'denied']);
});

test('a call that was refused takes nothing of what another gives back', async () => {
	const limits = limitsNow();
	const decision = allowed([use('one', 1)]);
	const first = await limits.count(decision, 'a');
	expect(await verdicts(limits, decision, ['a', 'a', 'a'])).toEqual(['denied', 'denied', 'denied']);
	await first.giveBack();
	expect(await verdicts(limits, decision, ['a', 'a'])).toEqual(['allowed', 'denied']);
});

test('a clock that is set back gives nobody a call more, nor a longer wait', async () => {
	const limits = limitsNow();
	const decision = allowed([use('one', 1)]);
	const first = await limits.count(decision, 'a');
	vi.setSystemTime(-60 * minute);
	const { decision: refused } = await limits.count(decision, 'a');
	expect(refused).toMatchObject({ verdict: 'denied', instead: expect.stringContaining('wait 10m,') });
	// By that clock the period is far from its end; in truth another has begun.
	vi.advanceTimersByTime(10 * minute + 1);
	await first.giveBack();
	expect(await verdicts(limits, decision, ['a', 'a'])).toEqual(['allowed', 'denied']);
	await first.giveBack();
	expect(await verdicts(limits, decision, ['a'])).toEqual(['denied']);
});

test('what the store can not say is not given back', async () => {
	let isBroken = false;
	const limits = new Limits(
		async (about) => {
			const limiter = await inMemory(about);
			const get = limiter.get.bind(limiter);
			limiter.get = (key) => (isBroken ? Promise.reject(new Error('the store is gone')) : get(key));
			return limiter;
		},
		() => Date.now(),
	);
	const decision = allowed([use('one', 1)]);
	const first = await limits.count(decision, 'a');
	isBroken = true;
	await first.giveBack();
	expect(await verdicts(limits, decision, ['a'])).toEqual(['denied']);
});

test('an edited rate counts anew, the same rate goes on', async () => {
	const limits = limitsNow();
	await verdicts(limits, allowed([use('one', 1)]), ['a']);
	expect(await verdicts(limits, allowed([use('one', 1)]), ['a'])).toEqual(['denied']);
	expect(await verdicts(limits, allowed([use('one', 2)]), ['a', 'a', 'a'])).toEqual(['allowed', 'allowed', 'denied']);
});

test.each([
	[['observe'], 'allowed', { verdict: 'denied', acted: false, mode: 'observe' }],
	[['observe', 'warn'], 'allowed', { verdict: 'denied', acted: false, mode: 'warn' }],
	// What is in force is not replaced by what a rule on trial would say.
	[['warn'], 'rewritten', { verdict: 'rewritten', acted: true }],
	[['warn'], 'asked', { verdict: 'asked', acted: true }],
	[['warn', 'enforce'], 'asked', { verdict: 'denied', acted: true, mode: 'enforce' }],
	[['enforce'], 'rewritten', { verdict: 'denied', acted: true, mode: 'enforce' }],
] as const)('used up in mode %j, a call that is %s', async (modes: readonly Mode[], verdict, expected) => {
	const limits = limitsNow();
	const uses = modes.map((mode) => use(`in-${mode}`, 1, { mode }));
	await limits.count(allowed(uses), 'a');
	expect((await limits.count(allowed(uses, { verdict }), 'a')).decision).toMatchObject(expected);
});

test('a count that fails refuses the call', async () => {
	const broken = { consume: () => Promise.reject(new Error('the store is gone')) } as unknown as RateLimiterAbstract;
	const limits = new Limits(
		async () => broken,
		() => 0,
	);
	expect((await limits.count(allowed([use('one', 1)]), 'a')).decision).toMatchObject({
		verdict: 'errored',
		acted: true,
		error: 'a limit could not be counted: the store is gone',
	});
});

test('a limiter that can not be made is tried again with the next call', async () => {
	let tries = 0;
	const limits = new Limits(
		async (about) => {
			tries += 1;
			if (tries === 1) throw new Error('not yet');
			return inMemory(about);
		},
		() => 0,
	);
	expect(await verdicts(limits, allowed([use('one', 1)]), ['a', 'a', 'a'])).toEqual(['errored', 'allowed', 'denied']);
});

test('however calls come together, no more are let through in a period than the limit says', async () => {
	const calls = fc.array(fc.record({ agent: fc.constantFrom('a', 'b'), failsLater: fc.boolean() }), { maxLength: 30 });
	await fc.assert(
		fc.asyncProperty(fc.integer({ min: 1, max: 4 }), calls, async (most, all) => {
			const limits = limitsNow();
			const decision = allowed([use('one', most)]);
			const counted = await Promise.all(all.map(({ agent }) => limits.count(decision, agent)));
			for (const agent of ['a', 'b']) {
				const own = counted.filter((_, index) => all[index]?.agent === agent);
				const passed = own.filter(({ decision: { verdict } }) => verdict === 'allowed').length;
				expect(passed).toBe(Math.min(most, own.length));
			}
		}),
	);
});
