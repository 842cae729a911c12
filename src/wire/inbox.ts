// The requests of the other side that are in work.
import type { CancelSignal } from '../abi/cancel.ts';
import type { Reply } from '../abi/driver.ts';
import type { Json, JsonObject } from '../abi/json.ts';
import { errorText } from '../abi/problem.ts';
import { Cancellation } from './cancellation.ts';
import type { Message, MessageId } from './channel.ts';
import { isModern } from './envelope.ts';
import { errorReply, resultReply, shortened } from './message.ts';

/** A request of the other side. */
export interface Incoming {
	readonly id: MessageId;
	readonly method: string;
	readonly params: JsonObject | undefined;
	readonly extra: JsonObject;
	/** Aborted when the other side cancels (the reason is what it gave, if it is text) or goes away. */
	readonly signal: CancelSignal;
}

export interface InboxEvents {
	request(incoming: Incoming): Promise<Reply>;
	warn(text: string): void;
}

export class Inbox {
	readonly #events: InboxEvents;
	readonly #maxInFlight: number;
	readonly #inFlight = new Map<MessageId, { readonly method: string; readonly cancellation: Cancellation }>();

	constructor(events: InboxEvents, maxInFlight: number) {
		this.#events = events;
		this.#maxInFlight = maxInFlight;
	}

	/** The answer to one request; undefined when it was cancelled, because a cancelled request gets none. */
	async answer(request: Message & { kind: 'request' }): Promise<Reply | undefined> {
		const { id, method, params, extra } = request;
		if (method === 'ping' && !isModern(method, params)) return resultReply({});
		if (this.#inFlight.has(id)) return errorReply(-32600, `the request id ${shortened(id)} is already in use`);
		if (this.#inFlight.size >= this.#maxInFlight) return errorReply(-32000, 'too many requests at once');
		const signal = new Cancellation();
		// Held until the work has ended, not until it was cancelled: cancelling makes no room for more work.
		this.#inFlight.set(id, { method, cancellation: signal });
		try {
			const reply = await this.#events.request({ id, method, params, extra, signal });
			return signal.aborted ? undefined : reply;
		} catch (error) {
			this.#events.warn(`answering ${method} failed: ${errorText(error)}`);
			// What broke is for the log; the other side learns nothing about our insides.
			return signal.aborted ? undefined : errorReply(-32603, 'internal error');
		} finally {
			this.#inFlight.delete(id);
		}
	}

	/** Clients cancel what has finished, and ids that never were; both mean nothing. */
	cancel(id: MessageId | undefined, reason: Json | undefined): void {
		const work = id === undefined ? undefined : this.#inFlight.get(id);
		// MCP forbids to cancel `initialize`: a session that is neither refused nor introduced would be left.
		if (work?.method !== 'initialize') work?.cancellation.abort(typeof reason === 'string' ? reason : undefined);
	}

	abortAll(reason: string): void {
		for (const { cancellation } of this.#inFlight.values()) cancellation.abort(reason);
	}
}
