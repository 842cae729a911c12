// The `requestState` of MCP 2026-07-28: a ticket for one parked call, which only this run can write and its owner use.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { JsonObject } from '../abi/json.ts';
import { canonicalJson } from '../audit/chain.ts';

/** What a ticket is good for: the caller, what the client can do, and the very request. */
export interface Bound {
	readonly principal: string;
	readonly agent: string;
	readonly capabilities: JsonObject;
	readonly method: string;
	/** Of the params, see {@link digestOf}. */
	readonly digest: string;
}

export interface Ticket {
	/** The parked call. */
	readonly call: string;
	/** Which of its rounds; each is answered once. */
	readonly round: number;
	/** Milliseconds since the epoch. */
	readonly expires: number;
}

const version = 'v1';

/** Signs tickets with a key that ends with the run, so none outlives it (RFC 2104, SHA-256). */
export class Tickets {
	readonly #key: Uint8Array;

	/** `random` fills that many bytes. */
	constructor(random: (bytes: number) => Uint8Array) {
		this.#key = random(32);
	}

	write(ticket: Ticket, bound: Bound): string {
		const body = Buffer.from(canonicalJson([ticket.call, ticket.round, ticket.expires])).toString('base64url');
		return `${version}.${body}.${this.#sign(body, bound).toString('base64url')}`;
	}

	/** Undefined for what this run did not write, or wrote for another request, caller or client. */
	read(text: string, bound: Bound): Ticket | undefined {
		const [given, body = '', signature = '', more] = text.split('.');
		if (given !== version || more !== undefined) return undefined;
		const expected = this.#sign(body, bound);
		const signed = Buffer.from(signature, 'base64url');
		if (signed.length !== expected.length || !timingSafeEqual(signed, expected)) return undefined;
		// Signed by us, so it has the shape that we gave it.
		const [call, round, expires] = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as [
			string,
			number,
			number,
		];
		return { call, round, expires };
	}

	#sign(body: string, { principal, agent, capabilities, method, digest }: Bound): Buffer {
		const all = canonicalJson([version, body, principal, agent, capabilities, method, digest]);
		return createHmac('sha256', this.#key).update(all).digest();
	}
}

/** One text for params that say the same, whatever the order of their members: a retry may be written anew. */
export function digestOf(params: JsonObject): string {
	const { _meta, inputResponses, requestState, ...asked } = params;
	return createHash('sha256').update(canonicalJson(asked)).digest('hex');
}
