// Those who count and trace: told what was recorded, and never in the way of a call.
import type { Decision, Verdict } from '../abi/decision.ts';
import type { Syscall } from '../abi/syscall.ts';
import type { Finished } from './results.ts';

/** The key of one call: both its moments come with the same. */
export type CallKey = object;

export interface Decided {
	readonly asked: Syscall;
	readonly decision: Decision;
	/** A refusal: nothing follows. */
	readonly final: boolean;
	/** The policy revision in force. */
	readonly revision: string;
	/** How long the verdict took; absent where nobody measured it. */
	readonly policyMs?: number | undefined;
}

export interface Completed {
	readonly finished: Finished;
	/** The answer is an error, of the server or of the protocol. */
	readonly isError: boolean;
	readonly driverMs?: number | undefined;
}

/** Every method is called after the record stands. Optional ones concern only some. */
export interface Observer {
	decided(key: CallKey, about: Decided): void;
	completed(key: CallKey, about: Completed): void;
	/** A name that nothing has. */
	unknown?(kind: 'tool' | 'prompt' | 'resource', verdict: Verdict): void;
	/** A record could not be written. */
	unwritten?(): void;
	reloaded?(accepted: boolean): void;
	driver?(name: string, state: 'up' | 'down'): void;
}

/** All of them as one, whose faults are said and never thrown; undefined for none, so that nothing is done for nobody. */
export function together(observers: readonly Observer[], warn: (text: string) => void): Required<Observer> | undefined {
	if (observers.length === 0) return undefined;
	const tell = (say: (observer: Observer) => void) => {
		for (const observer of observers) {
			try {
				say(observer);
			} catch (error) {
				// Counting is no part of any decision: a call goes on without it.
				warn(`a call could not be counted or traced: ${String(error)}`);
			}
		}
	};
	return {
		decided: (key, about) => tell((one) => one.decided(key, about)),
		completed: (key, about) => tell((one) => one.completed(key, about)),
		unknown: (kind, verdict) => tell((one) => one.unknown?.(kind, verdict)),
		unwritten: () => tell((one) => one.unwritten?.()),
		reloaded: (accepted) => tell((one) => one.reloaded?.(accepted)),
		driver: (name, state) => tell((one) => one.driver?.(name, state)),
	};
}
