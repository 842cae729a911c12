// How each verdict looks: its tone, and its word in the log's view.
import type { Verdict } from '../../abi/decision.ts';
import type { Tone } from './paint.ts';

/** The word in `audit tail`. */
export function wordOf(verdict: Verdict): string {
	switch (verdict) {
		case 'allowed':
			return 'ALLOW';
		case 'rewritten':
			return 'REWRITE';
		case 'denied':
			return 'DENY';
		case 'asked':
			return 'ASK';
		case 'hidden':
			return 'HIDE';
		case 'contained':
			return 'CONTAIN';
		case 'errored':
			return 'ERROR';
		default:
			return verdict satisfies never;
	}
}

export function toneOf(verdict: Verdict): Tone {
	switch (verdict) {
		case 'allowed':
			return 'good';
		case 'rewritten':
		case 'contained':
			return 'changed';
		case 'asked':
			return 'caution';
		case 'denied':
		case 'hidden':
		case 'errored':
			return 'bad';
		default:
			return verdict satisfies never;
	}
}
