// A channel to a remote server over Streamable HTTP as MCP 2026-07-28 has it: no session, each request a POST of its own.
import { isJsonObject, type Json, type JsonObject, member } from '../abi/json.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import type { ChannelEvents, MessageId } from './channel.ts';
import type { HttpChannel, HttpClientOptions } from './http-client.ts';
import { discard, HttpEndpoint, mediaType, readText } from './http-endpoint.ts';
import { rawOf, readJson } from './json.ts';
import { errorReply, readMessage, requestHead } from './message.ts';
import { messageId } from './message-id.ts';
import { isNamed, type MirroredParameter, mirroredHeaders } from './mirrored-headers.ts';
import { ServerStream } from './server-stream.ts';

export interface ModernHttpOptions extends HttpClientOptions {
	/** Which parameters of a tool go into headers, too. */
	readonly parametersOf: (tool: string) => readonly MirroredParameter[];
}

/** A refusal that explains itself is short. */
const maxRefusalBytes = 1024 * 1024;
/** How long the server has to end a stream that has brought its answer. */
const lingerMs = 1000;

/** Makes a channel; nothing is sent yet. Throws TrapgateError D101 for an address or a header that can't be used. */
export function modernHttpChannel(options: ModernHttpOptions): HttpChannel {
	return new ModernHttpClient(options);
}

class ModernHttpClient implements HttpChannel {
	readonly #options: ModernHttpOptions;
	readonly #endpoint: HttpEndpoint;
	readonly #maxBytes: number;
	/** Requests without a response yet, each with the way to break its stream off. */
	readonly #waiting = new Map<MessageId, AbortController>();
	readonly #common = new AbortController();
	#events: ChannelEvents | undefined;
	#closed = false;
	#trouble: TrapgateError | undefined;

	constructor(options: ModernHttpOptions) {
		this.#options = options;
		this.#endpoint = new HttpEndpoint(options.url, options.headers ?? {}, options.fetch ?? fetch);
		this.#maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
	}

	get trouble(): TrapgateError | undefined {
		return this.#trouble;
	}

	async start(events: ChannelEvents): Promise<void> {
		this.#events = events;
	}

	/** As for the older revisions: what goes wrong with a request comes in as the error response to it. */
	async send(text: string): Promise<void> {
		if (this.#closed) return;
		const head = requestHead(text);
		if (head === undefined) return this.#sendNote(text);
		const controller = new AbortController();
		this.#waiting.set(head.id, controller);
		try {
			const response = await this.#post(text, head.method, controller.signal);
			void this.#readAnswer(response, head.id).catch((error: unknown) => this.#fail(head.id, errorText(error)));
		} catch (error) {
			this.#fail(head.id, errorText(error));
		}
	}

	async close(): Promise<void> {
		this.#stop();
	}

	/** Servers ask nothing, so there is nothing to answer; and a request is cancelled by breaking its stream off. */
	async #sendNote(text: string): Promise<void> {
		const note = readMessage(text, 'driver');
		if (note.kind !== 'notification') return;
		if (note.method === 'notifications/cancelled') {
			this.#forget(messageId(member(note.params, 'requestId')));
			return;
		}
		try {
			const response = await this.#post(text, note.method, this.#common.signal);
			await discard(response);
			if (!response.ok) this.#warn(`a message was refused with HTTP ${response.status}`);
		} catch (error) {
			this.#warn(`a message was not delivered: ${errorText(error)}`);
		}
	}

	#post(body: string, method: string, signal: AbortSignal): Promise<Response> {
		return this.#endpoint.ask({
			method: 'POST',
			headers: {
				...mirroredHeaders(method, isNamed(method) ? paramsOf(body) : undefined, this.#options.parametersOf),
				accept: 'application/json, text/event-stream',
				'content-type': 'application/json',
			},
			body,
			signal,
		});
	}

	async #readAnswer(response: Response, id: MessageId): Promise<void> {
		if (!response.ok) return this.#readRefusal(response, id);
		const type = mediaType(response);
		if (type === 'application/json') this.#deliver(await readText(response, this.#maxBytes));
		else if (type !== 'text/event-stream') await discard(response);
		else await this.#stream(id).read(response);
		this.#fail(id, `${this.#endpoint.name} gave no answer to the request`);
	}

	/** A refusal by HTTP is one by MCP, too, where its body says so. */
	async #readRefusal(response: Response, id: MessageId): Promise<void> {
		const { status } = response;
		if (status === 401) {
			await discard(response);
			this.#trouble = new TrapgateError('D107', `${this.#endpoint.name} refused our credentials (HTTP 401)`);
			this.#gone(this.#trouble.message);
			return;
		}
		const text = this.#endpoint.scrub(await readText(response, maxRefusalBytes).catch(() => ''));
		const error = errorIn(text, id);
		if (error === undefined) this.#fail(id, `${this.#endpoint.name} answered HTTP ${status}`);
		else if (this.#forget(id)) {
			this.#events?.message({ kind: 'response', id, ok: false, body: rawOf(error), extra: {} });
		}
	}

	#stream(id: MessageId): ServerStream {
		const controller = this.#waiting.get(id);
		return new ServerStream({
			endpoint: this.#endpoint,
			retry: { firstMs: 0, maxMs: 0, attempts: 0 },
			maxLength: this.#maxBytes,
			headers: () => ({}),
			message: (text) => {
				this.#deliver(text);
				// The answer is the last thing that a stream has to say; some servers leave it open all the same.
				if (!this.#waiting.has(id)) setTimeout(() => controller?.abort(), lingerMs).unref();
			},
			warn: (text) => {
				if (this.#waiting.has(id)) this.#warn(text);
			},
		});
	}

	#deliver(text: string): void {
		if (this.#closed) return;
		const message = readMessage(text, 'driver');
		const isAnswer = message.kind === 'response' || (message.kind === 'malformed' && message.about !== 'request');
		if (isAnswer && message.id !== undefined) this.#waiting.delete(message.id);
		this.#events?.message(message);
	}

	#fail(id: MessageId, reason: string): void {
		if (this.#closed || !this.#forget(id)) return;
		this.#events?.message({ kind: 'response', id, ...errorReply(-32000, reason) });
	}

	/** Breaks off what is left of a request; false when nobody waits for its answer. */
	#forget(id: MessageId | undefined): boolean {
		const controller = id === undefined ? undefined : this.#waiting.get(id);
		if (id === undefined || controller === undefined) return false;
		this.#waiting.delete(id);
		controller.abort();
		return true;
	}

	#warn(text: string): void {
		if (!this.#closed) this.#events?.warn(text);
	}

	#gone(reason: string): void {
		if (!this.#stop()) this.#events?.close(reason);
	}

	/** Ends all connections; true when they were ended before. */
	#stop(): boolean {
		const wasClosed = this.#closed;
		this.#closed = true;
		this.#common.abort();
		for (const controller of this.#waiting.values()) controller.abort();
		this.#waiting.clear();
		return wasClosed;
	}
}

/** Of a text that we wrote ourselves. */
function paramsOf(text: string): JsonObject | undefined {
	const message = readMessage(text, 'driver');
	return message.kind === 'request' ? message.params : undefined;
}

/** The error object of a JSON-RPC error response to that request, or to one whose id could not be read. */
function errorIn(text: string, id: MessageId): Json | undefined {
	const read = readJson(text);
	if (!read.ok) return undefined;
	const about = member(read.value, 'id');
	const error = member(read.value, 'error');
	const isOurs = about === undefined || about === null || messageId(about) === id;
	const isError = isJsonObject(error) && Number.isInteger(error['code']) && typeof error['message'] === 'string';
	return isOurs && isError ? error : undefined;
}
