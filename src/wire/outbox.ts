// The requests of ours that the other side has not answered yet.
import type { CancelSignal } from '../abi/cancel.ts';
import type { Note, Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../abi/json.ts';
import type { MessageId } from './channel.ts';
import { errorReply, notificationText, requestText } from './message.ts';
import { messageId } from './message-id.ts';

export interface RequestOptions {
	/** Its abort cancels the request; a reason that is text is passed on. */
	readonly signal?: CancelSignal;
	/** Progress of this request, with the token that `params` came with. */
	readonly progress?: (note: Note) => void;
	readonly timeoutMs?: number;
	/** Envelope members beyond JSON-RPC's own. */
	readonly extra?: JsonObject;
	/** The request of the other side on whose behalf this is asked. */
	readonly related?: MessageId;
	/** Hears under which id it is sent. */
	readonly started?: (id: MessageId) => void;
}

/**
 * A map holds what was in it for a while in tables that it has outgrown: a whole call hangs on these functions, so they
 * go when it is over.
 */
interface Pending {
	/** The progress token `params` came with; undefined when there was none. Zero and '' are tokens. */
	readonly token: Json | undefined;
	progress: ((note: Note) => void) | undefined;
	settle: ((reply: Reply) => void) | undefined;
}

export class Outbox {
	readonly #send: (text: string, related: MessageId | undefined) => Promise<void>;
	readonly #pending = new Map<MessageId, Pending>();
	#lastId = 0;

	constructor(send: (text: string, related: MessageId | undefined) => Promise<void>) {
		this.#send = send;
	}

	/** Rejects only for what can't be written as JSON, never for what the other side does. */
	request(method: string, params: JsonObject | undefined, options: RequestOptions): Promise<Reply> {
		const { signal, timeoutMs, related } = options;
		if (signal?.aborted === true) return Promise.resolve(cancelled);
		// What is thrown here rejects the promise.
		return new Promise((resolve) => {
			this.#lastId += 1;
			const ownId = this.#lastId;
			const id = String(ownId) as MessageId;
			const token = member(member(params, '_meta'), 'progressToken');
			const text = requestText(id, method, withToken(params, ownId), options.extra);
			const pending: Pending = { token, progress: options.progress, settle: undefined };
			let timer: NodeJS.Timeout | undefined;
			const settle = (reply: Reply) => {
				clearTimeout(timer);
				signal?.removeEventListener('abort', onAbort);
				this.#pending.delete(id);
				pending.progress = undefined;
				pending.settle = undefined;
				resolve(reply);
			};
			pending.settle = settle;
			const giveUp = (reply: Reply, reason: unknown) => {
				settle(reply);
				// MCP forbids to cancel `initialize`.
				if (method !== 'initialize') void this.#send(cancelText(ownId, reason), related);
			};
			const onAbort = () => giveUp(cancelled, signal?.reason);
			signal?.addEventListener('abort', onAbort, { once: true });
			if (timeoutMs !== undefined) {
				const reply = errorReply(-32001, `no answer to ${method} within ${timeoutMs} ms`);
				timer = setTimeout(() => giveUp(reply, 'timed out'), Math.min(timeoutMs, longestTimerMs));
			}
			this.#pending.set(id, pending);
			options.started?.(id);
			void this.#send(text, related);
		});
	}

	/** Gives a request its answer; false when none with that id waits. */
	settle(id: MessageId, reply: Reply): boolean {
		const pending = this.#pending.get(id);
		pending?.settle?.(reply);
		return pending !== undefined;
	}

	settleAll(reply: Reply): void {
		for (const pending of [...this.#pending.values()]) pending.settle?.(reply);
	}

	/** Hands progress to the request it is about. Our tokens are our ids; any other token is nobody's and is dropped. */
	progress(note: Note): void {
		const id = messageId(member(note.params, 'progressToken'));
		const pending = id === undefined ? undefined : this.#pending.get(id);
		if (pending?.token === undefined) return;
		pending.progress?.({ ...note, params: { ...note.params, progressToken: pending.token } });
	}
}

/** What a timer holds; above it, it would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

const cancelled = errorReply(-32000, 'the request was cancelled');

function withToken(params: JsonObject | undefined, token: number): JsonObject | undefined {
	const meta = member(params, '_meta');
	if (!isJsonObject(meta) || !Object.hasOwn(meta, 'progressToken')) return params;
	return { ...params, _meta: { ...meta, progressToken: token } };
}

function cancelText(requestId: number, reason: unknown): string {
	const params = { requestId, ...(typeof reason === 'string' && reason !== '' ? { reason } : {}) };
	return notificationText({ method: 'notifications/cancelled', params, extra: {} });
}
