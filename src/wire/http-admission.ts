// Who is let in at /mcp, by what they present, and how they are turned away; whose right ends is cut off.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuse, refuseStranger } from './http-answer.ts';
import { bearerToken } from './http-guard.ts';

/** Who presented a token. */
export interface HttpCaller {
	/** Whose driver processes and sessions they are. */
	readonly principal: string;
	/** Whom rules and limits see. */
	readonly agent: string;
	/** The public id of the key that was presented, where it has one. */
	readonly key?: string | undefined;
	/** When the right to be here ends by itself, in milliseconds of the same clock as the front's. */
	readonly until?: number | undefined;
}

/** Why somebody is not let in, where it is more than a token that is missing or wrong. */
export interface Turned {
	/** `expired`: it was good. `scope`: the token is good and not enough. `unavailable`: it can't be checked now. */
	readonly turned: 'token' | 'expired' | 'scope' | 'unavailable';
	/** Members of the challenge beside `realm` and `error` (RFC 6750, 3; RFC 9728, 5.1). Values are ours, never the caller's. */
	readonly challenge?: Readonly<Record<string, string>>;
}

/**
 * Who the bearer of this token is; undefined: nobody. Compare in constant time. Asked at every request; what it throws
 * refuses the request.
 */
export type Authorize = (token: string | undefined) => Who | Promise<Who>;

export type Who = HttpCaller | Turned | undefined;

export interface AdmissionOptions {
	readonly authorize: Authorize;
	/** How many requests of one principal may be open at once, streams included; default 256. */
	readonly maxRequestsPerCaller?: number;
	/** How many bytes the bodies of one principal's open requests may have together; default no limit. */
	readonly maxHeldBytesPerCaller?: number;
	/** Milliseconds since some epoch; default the system's clock. */
	readonly now?: () => number;
	/** Told of everybody who is turned away. */
	readonly turnedAway?: (why: Turned['turned'] | 'none' | 'busy') => void;
}

export class Admission {
	readonly #options: AdmissionOptions;
	/** Every response that is not over, and whose it is. */
	readonly #open = new Map<ServerResponse, HttpCaller>();
	readonly #counts = new Map<string, number>();
	/** Of the bodies of those that are open, by response and by principal. */
	readonly #bytes = new Map<ServerResponse, number>();
	readonly #held = new Map<string, number>();

	constructor(options: AdmissionOptions) {
		this.#options = options;
	}

	/**
	 * The caller; undefined when the request was refused, which has been answered then. At once where that can be told
	 * at once: what stands behind the request on its connection is not read before it.
	 */
	admit(request: IncomingMessage, response: ServerResponse): HttpCaller | undefined | Promise<HttpCaller | undefined> {
		const token = bearerToken(request.headers.authorization);
		const found = this.#options.authorize(token);
		if (!(found instanceof Promise)) return this.#take(found, response, token !== undefined);
		return found.then((one) => this.#take(one, response, token !== undefined));
	}

	#take(given: Who, response: ServerResponse, hasToken: boolean): HttpCaller | undefined {
		const { maxRequestsPerCaller = 256, turnedAway } = this.#options;
		const found = given ?? { turned: 'token' };
		if (response.destroyed || response.closed) return undefined;
		if ('turned' in found) {
			turnedAway?.(found.turned === 'token' && !hasToken ? 'none' : found.turned);
			turnAway(response, found, hasToken);
			return undefined;
		}
		const count = this.#counts.get(found.principal) ?? 0;
		if (count >= maxRequestsPerCaller) {
			this.turnBusyAway(response, 'too many requests of this caller are open');
			return undefined;
		}
		this.#counts.set(found.principal, count + 1);
		this.#open.set(response, found);
		response.once('close', () => this.#forget(response, found));
		return found;
	}

	/** Counts bytes of the body of an open request. False when its caller has sent too many, which nobody should keep then. */
	hold(response: ServerResponse, bytes: number): boolean {
		const { maxHeldBytesPerCaller = Number.POSITIVE_INFINITY } = this.#options;
		const principal = this.#open.get(response)?.principal;
		// Whose request is over holds nothing any more.
		if (principal === undefined) return true;
		const held = (this.#held.get(principal) ?? 0) + bytes;
		if (held > maxHeldBytesPerCaller) return false;
		this.#held.set(principal, held);
		this.#bytes.set(response, (this.#bytes.get(response) ?? 0) + bytes);
		return true;
	}

	/** Refuses a caller who has too much open. */
	turnBusyAway(response: ServerResponse, why: string): void {
		this.#options.turnedAway?.('busy');
		refuse(response, 429, -32000, why, { headers: { 'retry-after': '5' } });
	}

	/** How many responses are open. */
	get size(): number {
		return this.#open.size;
	}

	/** Breaks every open response of these callers. */
	cutOff(isOver: (caller: HttpCaller) => boolean): void {
		for (const [response, caller] of this.#open) if (isOver(caller)) response.destroy();
	}

	/** Called now and then: a stream ends with the right to it, as the next request of its client would. */
	tick(): void {
		const now = (this.#options.now ?? Date.now)();
		for (const [response, { until }] of this.#open) {
			// An answer that a call still works on is waited for: its right was looked at when it was made.
			if (until !== undefined && until <= now && response.req.method === 'GET') response.end();
		}
	}

	#forget(response: ServerResponse, { principal }: HttpCaller): void {
		if (!this.#open.delete(response)) return;
		const count = (this.#counts.get(principal) ?? 1) - 1;
		if (count <= 0) this.#counts.delete(principal);
		else this.#counts.set(principal, count);
		const held = (this.#held.get(principal) ?? 0) - (this.#bytes.get(response) ?? 0);
		this.#bytes.delete(response);
		if (held <= 0) this.#held.delete(principal);
		else this.#held.set(principal, held);
	}
}

/** A session belongs to the caller that made it; another key of the same owner makes its own, so the log says which was used. */
export function isSameCaller(one: HttpCaller, other: HttpCaller): boolean {
	return one.principal === other.principal && one.agent === other.agent && one.key === other.key;
}

function turnAway(response: ServerResponse, { turned, challenge = {} }: Turned, hasToken: boolean): void {
	if (turned === 'unavailable') {
		refuseStranger(response, 503, -32000, 'the token can not be checked at the moment', {
			headers: { 'retry-after': '10' },
		});
		return;
	}
	const error = turned === 'scope' ? 'insufficient_scope' : hasToken ? 'invalid_token' : undefined;
	const description = turned === 'expired' ? { error_description: 'this key has expired' } : {};
	const parts = Object.entries({
		realm: 'trapgate',
		...(error === undefined ? {} : { error }),
		...{ ...description, ...challenge },
	});
	const header = `Bearer ${parts.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
	const headers = { 'www-authenticate': header };
	if (turned === 'scope') refuseStranger(response, 403, -32000, 'the token lacks a scope', { headers });
	else if (turned === 'expired') refuseStranger(response, 401, -32000, 'this key has expired', { headers });
	else refuseStranger(response, 401, -32000, 'a valid bearer token is required', { headers });
}
