// Counts calls against the limits of the policy, and refuses what is over one.
import type { RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type { Decision, LimitUse } from '../abi/decision.ts';
import { errorText } from '../abi/problem.ts';
import { errored } from '../policy/decide.ts';
import { durationText, rateText } from './rate-text.ts';

/** A call that was counted: the decision that stands now, and how to take the count back when nothing ran after all. */
export interface Counted {
	readonly decision: Decision;
	giveBack(): Promise<void>;
}

/** One limiter a rate: in memory by default, in a store that several kernels share where the operator has one. */
export type MakeLimiter = (use: { calls: number; perMs: number; prefix: string }) => Promise<RateLimiterAbstract>;

/** Counts are those of this run; a period begins with its first call. */
export const inMemory: MakeLimiter = async ({ calls, perMs, prefix }) => {
	const { RateLimiterMemory } = await import('rate-limiter-flexible');
	return new RateLimiterMemory({ points: calls, duration: perMs / 1000, keyPrefix: prefix });
};

interface Taken {
	readonly limiter: RateLimiterAbstract;
	readonly key: string;
	/** When the period ends, by `now`. */
	readonly endsAt: number;
}

/** Two ends of a period that are further apart belong to two periods: the shortest one takes a second. */
const samePeriodMs = 500;

const nothingTaken = async () => undefined;

export class Limits {
	readonly #makeLimiter: MakeLimiter;
	readonly #now: () => number;
	/** By rule and rate: an edited rate counts anew. */
	readonly #limiters = new Map<string, Promise<RateLimiterAbstract>>();

	constructor(makeLimiter: MakeLimiter, now: () => number) {
		this.#makeLimiter = makeLimiter;
		this.#now = now;
	}

	/**
	 * Counts a call that is about to happen against each of its limits, or against none when one that acts is used up:
	 * then the decision is a denial. One that only watches turns into a denial that is not acted on. Never rejects: what
	 * can't be counted is refused.
	 */
	async count(decision: Decision, agent: string): Promise<Counted> {
		const { limits = [] } = decision;
		if (limits.length === 0) return { decision, giveBack: nothingTaken };
		const taken: Taken[] = [];
		const giveBack = async () => {
			for (const one of taken.splice(0)) await this.#giveBack(one);
		};
		try {
			const spent: Spent[] = [];
			for (const use of limits) {
				const outcome = await this.#take(use, agent);
				if ('retryMs' in outcome) spent.push(outcome);
				else taken.push(outcome);
			}
			const refusing = spent.find(({ use }) => use.mode === 'enforce');
			if (refusing === undefined) {
				const watched = spent.find(({ use }) => use.mode === 'warn') ?? spent[0];
				// What a rule in force says of the call comes before what one on trial would say.
				const isNews = watched !== undefined && decision.verdict === 'allowed';
				return { decision: isNews ? exhausted(decision, watched) : decision, giveBack };
			}
			await giveBack();
			return { decision: exhausted(decision, refusing), giveBack };
		} catch (error) {
			return { decision: errored(decision.final, `a limit could not be counted: ${errorText(error)}`), giveBack };
		}
	}

	async #take(use: LimitUse, agent: string): Promise<Taken | Spent> {
		const limiter = await this.#limiter(use);
		// An agent's id can't be empty, so nobody is called what everybody counts as.
		const key = use.scope === 'everyone' ? '' : agent;
		try {
			const { msBeforeNext } = await limiter.consume(key);
			return { limiter, key, endsAt: this.#now() + msBeforeNext };
		} catch (rejected) {
			// The library rejects with its result when nothing is left, and with an Error when its store failed.
			if (rejected instanceof Error) throw rejected;
			const { msBeforeNext } = rejected as RateLimiterRes;
			// The library counts what it refuses, too: a call that is given back later would still be used up.
			await this.#giveBack({ limiter, key, endsAt: this.#now() + msBeforeNext });
			return { use, retryMs: Math.min(msBeforeNext, use.perMs) };
		}
	}

	/** What can't be given back is one call less, never one more. */
	async #giveBack({ limiter, key, endsAt }: Taken): Promise<void> {
		try {
			// In another period it would be one call more than allowed, and a clock that was set may say that none has ended.
			const held = await limiter.get(key);
			if (held === null || held.consumedPoints < 1 || held.msBeforeNext <= 0) return;
			if (Math.abs(this.#now() + held.msBeforeNext - endsAt) > samePeriodMs) return;
			await limiter.reward(key);
		} catch {
			// The store failed.
		}
	}

	#limiter({ rule, calls, perMs, scope }: LimitUse): Promise<RateLimiterAbstract> {
		const prefix = `${rule.id} ${calls} ${perMs} ${scope}`;
		const known = this.#limiters.get(prefix);
		if (known !== undefined) return known;
		const made = this.#makeLimiter({ calls, perMs, prefix });
		this.#limiters.set(prefix, made);
		made.catch(() => this.#limiters.delete(prefix));
		return made;
	}
}

interface Spent {
	readonly use: LimitUse;
	readonly retryMs: number;
}

function exhausted(decision: Decision, { use, retryMs }: Spent): Decision {
	const { rule, mode, reason, instead } = use;
	const spent = `The limit of ${rateText(use)} is used up; the next can be made in ${durationText(retryMs)}.`;
	const { ask: _ask, limits: _limits, ...rest } = decision;
	return {
		...rest,
		verdict: 'denied',
		acted: mode === 'enforce',
		mode,
		because: [rule, ...decision.because],
		reason: reason === undefined ? spent : `${reason} ${spent}`,
		instead: instead ?? `wait ${durationText(retryMs)}, or continue with work that does not need it`,
	};
}
