// An OAuth 2.1 resource server: whose token this is (RFC 9068, RFC 6750), and where clients get one (RFC 9728).
import { readFile, readlink, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import type { JWTPayload } from 'jose';
import { isAgentId } from '../abi/names.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import type { Who } from '../wire/http-admission.ts';
import { type Fetch, readText } from '../wire/http-endpoint.ts';
import { writeJson } from '../wire/json.ts';
import type { OAuthConfig } from './http-config.ts';

export interface OAuthOptions {
	readonly oauth: OAuthConfig;
	/** The tree that the agent may write: keys in it would be the agent's. */
	readonly workspace: string | undefined;
	readonly fetch: Fetch;
	readonly now: () => number;
	readonly warn: (text: string) => void;
}

export interface ResourceServer {
	/** The path of the metadata, and what stands there. */
	readonly metadata: { readonly path: string; readonly text: string };
	/** Members of every challenge (RFC 9728, 5.1). */
	readonly challenge: Readonly<Record<string, string>>;
	/** Whose token this is. Never rejects: a doubt is nobody's. */
	who(token: string): Promise<Who>;
}

/** More keys than any authorization server publishes. */
const maxJwksBytes = 1024 * 1024;
/** After a failure nobody's token makes us ask again for so long. */
const restAfterFailureMs = 5_000;
const leewaySeconds = 10;

/** Could this be a token of an authorization server? Keys of our own have no dots. */
export function looksLikeJwt(token: string): boolean {
	return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}

/** Throws K105 for keys that lie where the agent may write. */
export async function makeResourceServer(options: OAuthOptions): Promise<ResourceServer> {
	const { oauth, now } = options;
	await refuseOwnKeys(options);
	const jose = await import('jose');
	const source = new KeySource(options);
	const address = oauth.jwks.kind === 'url' ? oauth.jwks.url : 'file:///jwks';
	const keys = jose.createRemoteJWKSet(new URL(address), {
		[jose.customFetch]: (_, { signal }) => source.fetch(signal),
		timeoutDuration: 5_000,
		// A file is looked at more often: nobody is asked for it.
		cacheMaxAge: oauth.jwks.kind === 'url' ? 600_000 : 10_000,
		cooldownDuration: oauth.jwks.kind === 'url' ? 30_000 : 1_000,
	});
	const path = metadataPath(oauth.resource);
	const challenge = {
		resource_metadata: new URL(path, oauth.resource).href,
		...(oauth.scopes.length === 0 ? {} : { scope: oauth.scopes.join(' ') }),
	};

	async function read(token: string): Promise<JWTPayload | 'unavailable' | undefined> {
		try {
			// The header names no key's address to us: `jku`, `x5u` and `jwk` in it are never looked at.
			const { payload, protectedHeader } = await jose.jwtVerify(token, keys, {
				issuer: oauth.issuer,
				audience: oauth.resource,
				algorithms: [...oauth.algorithms],
				requiredClaims: ['exp', oauth.agentClaim],
				clockTolerance: leewaySeconds,
				currentDate: new Date(now()),
			});
			return isAccessToken(protectedHeader.typ) ? payload : undefined;
		} catch (error) {
			const isOurTrouble = error instanceof KeysUnavailable || error instanceof jose.errors.JWKSInvalid;
			return isOurTrouble || error instanceof jose.errors.JWKSTimeout ? 'unavailable' : undefined;
		}
	}

	return {
		metadata: { path, text: metadataOf(oauth) },
		challenge,
		async who(token) {
			const payload = await read(token);
			if (payload === 'unavailable') return { turned: 'unavailable' };
			// A token that is bound to its sender's key (RFC 8705, RFC 9449) is worth nothing without a proof of it.
			if (payload === undefined || payload['cnf'] !== undefined) return { turned: 'token', challenge };
			const claim = payload[oauth.agentClaim];
			const subject = payload.sub ?? claim;
			if (typeof claim !== 'string' || typeof subject !== 'string') return { turned: 'token', challenge };
			const agent = `${oauth.agentPrefix}${claim}`;
			if (!isCallerId(agent)) return { turned: 'token', challenge };
			const granted = scopesOf(payload);
			if (!oauth.scopes.every((scope) => granted.has(scope))) return { turned: 'scope', challenge };
			// No key's owner and no other issuer's subject is this one, so processes and sessions are never shared.
			const principal = writeJson(['oauth', oauth.issuer, subject, agent]);
			return { principal, agent, until: ((payload.exp ?? 0) + leewaySeconds) * 1000 };
		},
	};
}

/** Ids as people may type them, and the `|` of some authorization servers. */
function isCallerId(agent: string): boolean {
	return isAgentId(agent.replaceAll('|', ':'));
}

/** Anything else that the same server signs (a logout, an event, a proof) is no token for us. */
function isAccessToken(type: string | undefined): boolean {
	return type === undefined || /^(?:application\/)?(?:at\+)?jwt$/i.test(type);
}

/** `scope`, or the `scp` of some servers, as a text or a list. */
function scopesOf({ scope, scp }: JWTPayload): ReadonlySet<string> {
	const words = (value: unknown) =>
		typeof value === 'string'
			? value.split(' ')
			: Array.isArray(value)
				? value.filter((one) => typeof one === 'string')
				: [];
	return new Set([...words(scope), ...words(scp)]);
}

/** RFC 9728, 3.1: the well-known part stands between host and path. */
function metadataPath(resource: string): string {
	const { pathname } = new URL(resource);
	return `/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`;
}

function metadataOf({ resource, issuer, scopes, algorithms: _ }: OAuthConfig): string {
	return writeJson({
		resource,
		authorization_servers: [issuer],
		bearer_methods_supported: ['header'],
		resource_name: 'Trapgate',
		...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
	});
}

async function refuseOwnKeys({ oauth, workspace }: OAuthOptions): Promise<void> {
	if (oauth.jwks.kind !== 'file' || workspace === undefined) return;
	const { path } = oauth.jwks;
	const trees = [workspace, await realpath(workspace).catch(() => workspace)];
	for (const place of await wayTo(path)) {
		if (!trees.some((tree) => isWithin(place, tree))) continue;
		throw new TrapgateError('K105', `\`${path}\` lies in the workspace, so an agent could write itself a key there`, {
			help: 'keep `http: { oauth: { jwks: … } }` outside of `workspace:`, and every link that leads to it',
		});
	}
}

function isWithin(path: string, tree: string): boolean {
	const way = relative(tree, path);
	return way !== '..' && !way.startsWith(`..${sep}`);
}

/** Everything that is looked into on the way to a file, as the system goes it: whoever may replace a link says what is read. */
async function wayTo(path: string): Promise<readonly string[]> {
	const places = [path];
	const left = path.split(sep);
	let at: string = sep;
	let links = 0;
	for (let name = left.shift(); name !== undefined; name = left.shift()) {
		if (name === '' || name === '.') continue;
		const next = name === '..' ? dirname(at) : join(at, name);
		places.push(next);
		const target = await readlink(next).catch(() => undefined);
		if (target === undefined) at = next;
		else {
			links += 1;
			// As many as Linux follows.
			if (links > 40) break;
			if (isAbsolute(target)) at = sep;
			left.unshift(...target.split(sep));
		}
	}
	return places;
}

/** The keys can't be had: that is no fault of the token. */
class KeysUnavailable extends Error {}

/** Fetches the keys, as small and as seldom as that goes. */
class KeySource {
	readonly #options: OAuthOptions;
	#failedAt: number | undefined;

	constructor(options: OAuthOptions) {
		this.#options = options;
	}

	async fetch(signal: AbortSignal): Promise<Response> {
		const { now, warn } = this.#options;
		if (this.#failedAt !== undefined && Math.abs(now() - this.#failedAt) < restAfterFailureMs)
			throw new KeysUnavailable();
		try {
			const text = await this.#read(signal);
			const { keys } = JSON.parse(text) as { readonly keys?: unknown };
			if (!Array.isArray(keys)) throw new Error('it holds no keys');
			this.#failedAt = undefined;
			return new Response(text);
		} catch (error) {
			this.#failedAt = now();
			warn(`the keys of the authorization server can't be had, so its tokens are refused: ${errorText(error)}`);
			throw new KeysUnavailable();
		}
	}

	async #read(signal: AbortSignal): Promise<string> {
		const { oauth, fetch } = this.#options;
		if (oauth.jwks.kind === 'file') return readFile(oauth.jwks.path, { encoding: 'utf8', signal });
		const headers = { accept: 'application/json, application/jwk-set+json' };
		// A redirect could lead anywhere, plain HTTP and our own network included.
		const response = await fetch(oauth.jwks.url, { headers, signal, redirect: 'manual' });
		if (response.status !== 200) throw new Error(`it answered ${response.status}`);
		return readText(response, maxJwksBytes);
	}
}
