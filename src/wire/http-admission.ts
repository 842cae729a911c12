// Who is let in at /mcp, by what they present, and how they are turned away; whose right ends is cut off.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { breakOff, refuse, refuseStranger } from './http-answer.ts';
import { bearerToken } from './http-guard.ts';
import { CallerMemory, type Lost } from './http-memory.ts';

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
	/** How many bytes one principal may make us hold: bodies, what it does not read, what is kept for it; default no limit. */
	readonly maxBytesPerCaller?: number;
	/** How many of them on one stream; default no limit. */
	readonly maxQueuedBytes?: number;
	/** Told of what a caller did not get because it did not read, or was gone. */
	readonly dropped?: (why: Lost) => void;
	readonly warn?: (text: string) => void;
	/** Milliseconds since some epoch; default the system's clock. */
	readonly now?: () => number;
	/** Told of everybody who is turned away. */
	readonly turnedAway?: (why: Turned['turned'] | 'none' | 'busy') => void;
}

/** A request that is not over. */
interface Open {
	readonly caller: HttpCaller;
	readonly memory: CallerMemory;
	/** Of its body. */
	bytes: number;
	/** Is its body needed when its connection is gone? */
	isNeeded: boolean;
}

export class Admission {
	readonly #options: AdmissionOptions;
	/** Every response that is not over, and whose it is. */
	readonly #open = new Map<ServerResponse, Open>();
	readonly #counts = new Map<string, number>();
	readonly #memories = new Map<string, CallerMemory>();

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
		this.#open.set(response, { caller: found, memory: this.memoryOf(found), bytes: 0, isNeeded: false });
		response.once('close', () => this.#forget(response, found));
		return found;
	}

	/** What all of this principal's requests and sessions count against. */
	memoryOf({ principal }: HttpCaller): CallerMemory {
		const known = this.#memories.get(principal);
		if (known !== undefined) return known;
		const { maxBytesPerCaller, maxQueuedBytes, now = Date.now, dropped, warn } = this.#options;
		const memory = new CallerMemory({
			principal,
			maxBytes: maxBytesPerCaller ?? Number.POSITIVE_INFINITY,
			maxQueuedBytes: maxQueuedBytes ?? Number.POSITIVE_INFINITY,
			now,
			warn: (text) => warn?.(text),
			dropped: (why) => dropped?.(why),
		});
		this.#memories.set(principal, memory);
		return memory;
	}

	/** Counts bytes of the body of an open request. False when its caller holds too much, and nobody should keep them then. */
	hold(response: ServerResponse, bytes: number): boolean {
		const open = this.#open.get(response);
		// Whose request is over holds nothing any more.
		if (open === undefined) return true;
		if (!open.memory.take(bytes)) return false;
		open.bytes += bytes;
		return true;
	}

	/** Goes on counting the body when the connection is gone: what a call was sent with is kept as long as it runs. Until called back. */
	keepBody(response: ServerResponse): () => void {
		const open = this.#open.get(response);
		if (open === undefined) return () => undefined;
		open.isNeeded = true;
		return () => {
			open.isNeeded = false;
			release(open);
		};
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
		for (const [response, { caller }] of this.#open) if (isOver(caller)) breakOff(response);
	}

	/** Called now and then: a stream ends with the right to it, as the next request of its client would. */
	tick(): void {
		const now = (this.#options.now ?? Date.now)();
		for (const [name, memory] of this.#memories) {
			memory.tick();
			if (memory.isIdle && !this.#counts.has(name)) this.#memories.delete(name);
		}
		for (const [response, { caller }] of this.#open) {
			const { until } = caller;
			// An answer that a call still works on is waited for: its right was looked at when it was made.
			if (until !== undefined && until <= now && response.req.method === 'GET') response.end();
		}
	}

	#forget(response: ServerResponse, { principal }: HttpCaller): void {
		const open = this.#open.get(response);
		if (open === undefined) return;
		this.#open.delete(response);
		const count = (this.#counts.get(principal) ?? 1) - 1;
		if (count <= 0) this.#counts.delete(principal);
		else this.#counts.set(principal, count);
		if (!open.isNeeded) release(open);
	}
}

function release(open: Open): void {
	open.memory.give(open.bytes);
	open.bytes = 0;
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
