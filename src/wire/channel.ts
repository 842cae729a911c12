// Channel: one connection that carries MCP messages, whatever lies under it.
import type { JsonObject, RawJson } from '../abi/json.ts';

declare const idBrand: unique symbol;
/**
 * A JSON-RPC id as canonical JSON text (`"a"`, `0`, `9007199254740993`), so that strings, zero and large integers
 * come back exactly as they went out and never collide with each other.
 */
export type MessageId = string & { readonly [idBrand]: true };

/** One JSON-RPC 2.0 message. `extra` holds envelope members that JSON-RPC does not define. */
export type Message =
	| {
			readonly kind: 'request';
			readonly id: MessageId;
			readonly method: string;
			readonly params: JsonObject | undefined;
			readonly extra: JsonObject;
	  }
	| {
			readonly kind: 'notification';
			readonly method: string;
			readonly params: JsonObject | undefined;
			readonly extra: JsonObject;
	  }
	| {
			readonly kind: 'response';
			readonly id: MessageId;
			readonly ok: boolean;
			/** The `result` or the `error`. */
			readonly body: RawJson;
			readonly extra: JsonObject;
	  };

/** Something that came in and is no message. It is never forwarded. */
export interface Malformed {
	readonly kind: 'malformed';
	/** −32700 not JSON (or JSON with two readings), −32600 not a JSON-RPC request. */
	readonly code: -32700 | -32600;
	/** One sentence for the sender. */
	readonly message: string;
	/** The id to answer to, where it could be read; `null` in the answer otherwise. */
	readonly id: MessageId | undefined;
	/**
	 * What it would have been, as far as can be told. A garbled response must not be answered (two peers would go on
	 * forever), and a garbled request must not fail a request of ours that happens to have the same id.
	 */
	readonly about?: 'request' | 'response';
	/** A batch of JSON-RPC messages (revision 2025-03-26 only), each already read; undefined for everything else. */
	readonly batch?: readonly (Message | Malformed)[];
}

export interface ChannelEvents {
	message(message: Message | Malformed): void;
	/** The other side is gone; called once. */
	close(reason: string): void;
	/** Diagnostics worth a log line (junk on a server's stdout, an HTTP stream that broke and is retried). */
	warn(text: string): void;
}

export interface Channel {
	/** Begins to deliver. Throws TrapgateError when the connection can't be made. */
	start(events: ChannelEvents): Promise<void>;
	/**
	 * Sends one message, given as JSON text without newline. Resolves when the transport took it, and never rejects
	 * because the other side is gone (then `close` is the news).
	 *
	 * `related` is the id of the request of the other side that this message belongs to (a response, or a request,
	 * progress or log line made on its behalf); Streamable HTTP puts it on that request's stream.
	 */
	send(text: string, related?: MessageId): Promise<void>;
	/** Ends the connection; idempotent; resolves when it is down. */
	close(): Promise<void>;
}
