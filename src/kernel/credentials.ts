// Who the bearer of a token is: of the kernel's own one, or of a key.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Who } from '../wire/http-admission.ts';
import type { KeyRing } from './keys.ts';

export interface CredentialOptions {
	/** Who callers with the kernel's own token are. */
	readonly agent: string;
	/** Undefined: everybody is let in, as `agent`. Loopback alone allows that. */
	readonly token: string | undefined;
	readonly keys: KeyRing;
}

/** Asked at every request. A key that is presented names its owner also where nobody has to present one. */
export function makeAuthorize({ agent, token, keys }: CredentialOptions) {
	const own = { principal: agent, agent };
	return (given: string | undefined): Who => {
		if (given !== undefined) {
			const isOwn = token !== undefined && sameText(given, token);
			const key = keys.find(given);
			if (key !== undefined) return { principal: key.owner, agent: key.owner, key: key.id };
			if (isOwn) return own;
			// Who says who he is must be right about it, with --no-token too.
			return undefined;
		}
		return token === undefined ? own : undefined;
	};
}

/** Compares without telling, by the time it takes, how much of it was right. */
function sameText(one: string, other: string): boolean {
	const digest = (text: string) => createHash('sha256').update(text).digest();
	return timingSafeEqual(digest(one), digest(other));
}
