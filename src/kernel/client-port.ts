// The client as a session sees it, whatever its era: asked, and told.
import type { CancelSignal } from '../abi/cancel.ts';
import type { Note, Reply } from '../abi/driver.ts';
import type { JsonObject } from '../abi/json.ts';
import type { MessageId } from '../wire/channel.ts';

export interface ClientPort {
	/** Does it take a question that stands in an error (MCP 2025-11-25)? */
	readonly readsErrorsThatAsk: boolean;
	/**
	 * Asks the client. Never rejects for what it does: a client that can't be asked, is gone or is silent is an error
	 * reply. `related` is the request of the client on whose behalf this is.
	 */
	request(method: string, params: JsonObject | undefined, options: ClientAsk): Promise<Reply>;
	/** Sends a notification; `related` as above. */
	notify(note: Note, related?: MessageId): Promise<void>;
}

export interface ClientAsk {
	readonly signal?: CancelSignal;
	readonly timeoutMs?: number;
	readonly extra?: JsonObject;
	readonly related?: MessageId;
	/** What whoever asks would like the question to be called. */
	readonly key?: string;
}
