// Who the bearer of a token is: of the kernel's own one, of a key, or of an authorization server's.
import { timingSafeEqual } from 'node:crypto';
import type { Authorize } from '../wire/http-admission.ts';
import { digest, type KeyRing } from './keys.ts';
import { looksLikeJwt, type ResourceServer } from './oauth.ts';

export interface CredentialOptions {
	/** Who callers with the kernel's own token are. */
	readonly agent: string;
	/** Undefined: everybody is let in, as `agent`. Loopback alone allows that. */
	readonly token: string | undefined;
	readonly keys: KeyRing;
	/** Absent: no tokens of an authorization server. */
	readonly oauth?: Pick<ResourceServer, 'challenge' | 'who'> | undefined;
}

/** Asked at every request. A key that is presented names its owner also where nobody has to present one. */
export function makeAuthorize({ agent, token, keys, oauth }: CredentialOptions): Authorize {
	const own = { principal: agent, agent };
	const expected = token === undefined ? undefined : digest(token);
	const nobody = oauth === undefined ? undefined : { turned: 'token' as const, challenge: oauth.challenge };
	return (given) => {
		if (given !== undefined) {
			const isOwn = expected !== undefined && timingSafeEqual(digest(given), expected);
			const key = keys.find(given);
			// Only whoever holds the key learns that it was one.
			if (key !== undefined && keys.isOver(key)) return { ...nobody, turned: 'expired' };
			if (key !== undefined) return { principal: key.owner, agent: key.owner, key: key.id };
			if (isOwn) return own;
			// Who says who he is must be right about it, with --no-token too.
			return oauth !== undefined && looksLikeJwt(given) ? oauth.who(given) : nobody;
		}
		return token === undefined ? own : nobody;
	};
}
