// Who could call over HTTP: keys, tokens of an authorization server, names that are served.
import { readFileSync, statSync } from 'node:fs';
import { errorText } from '../abi/problem.ts';
import type { HttpConfig } from '../kernel/http-config.ts';
import { isExpired, keyDirectory, readKeys } from '../kernel/keys.ts';

export interface HttpHealth {
	readonly keys: number;
	/** Of these, those whose time is over; they let nobody in. */
	readonly expired: number;
	/** Files that say nothing; they let nobody in. */
	readonly damaged: number;
	/** Why no kernel would serve HTTP, or why nobody with a token would be let in. */
	readonly trouble?: string;
	readonly issuer?: string;
	readonly hosts: readonly string[];
	readonly metrics: readonly string[];
}

/** Undefined where nobody has a key and nothing is configured: HTTP is not in use. Nothing is fetched. */
export function lookAtHttp(http: HttpConfig, state: string): HttpHealth | undefined {
	const found = readKeysHere(state);
	const { oauth, metrics, allowedHosts } = http;
	if (found.keys === 0 && found.damaged === 0 && found.trouble === undefined) {
		if (oauth === undefined && metrics === undefined && allowedHosts.length === 0) return undefined;
	}
	const trouble = found.trouble ?? (oauth?.jwks.kind === 'file' ? fileTrouble(oauth.jwks.path) : undefined);
	return {
		keys: found.keys,
		expired: found.expired,
		damaged: found.damaged,
		...(trouble === undefined ? {} : { trouble }),
		...(oauth === undefined ? {} : { issuer: oauth.issuer }),
		hosts: allowedHosts,
		metrics: metrics?.agents ?? [],
	};
}

function readKeysHere(state: string): { keys: number; expired: number; damaged: number; trouble?: string } {
	try {
		const { keys, damaged } = readKeys(keyDirectory(state));
		const expired = keys.filter((key) => isExpired(key, Date.now())).length;
		return { keys: keys.length, expired, damaged: damaged.length };
	} catch (error) {
		return { keys: 0, expired: 0, damaged: 0, trouble: errorText(error) };
	}
}

function fileTrouble(path: string): string | undefined {
	try {
		const { keys } = JSON.parse(readFileSync(path, 'utf8')) as { readonly keys?: unknown };
		if (!Array.isArray(keys)) return `\`${path}\` holds no keys`;
		return (statSync(path).mode & 0o022) === 0 ? undefined : `\`${path}\` can be written by others`;
	} catch (error) {
		return `\`${path}\` can't be read: ${errorText(error)}`;
	}
}
