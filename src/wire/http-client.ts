// A channel to a remote server over Streamable HTTP (MCP 2025-03-26 to 2025-11-25).
import { member, stringMember } from '../abi/json.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import type { Channel, ChannelEvents, MessageId } from './channel.ts';
import { discard, explanation, type Fetch, HttpEndpoint, mediaType, readText } from './http-endpoint.ts';
import { errorReply, readMessage, requestHead } from './message.ts';
import { messageId } from './message-id.ts';
import { type Retry, ServerStream } from './server-stream.ts';

export interface HttpClientOptions {
	readonly url: string;
	/** Sent with every request, and never shown. */
	readonly headers?: Readonly<Record<string, string>>;
	/** The longest message that is read; default 64 MiB. */
	readonly maxBytes?: number;
	/** Default: from 1 to 30 seconds, ten failures. */
	readonly retry?: Retry;
	/** Default the platform's. */
	readonly fetch?: Fetch;
}

export interface HttpChannel extends Channel {
	/** Set (D107) before `close` is told, when the server refuses our credentials: trying again is of no use then. */
	readonly trouble: TrapgateError | undefined;
}

/** How long the server has to take note of our leaving. */
const farewellMs = 2000;

/** Makes a channel; nothing is sent yet. Throws TrapgateError D101 for an address or a header that can't be used. */
export function httpChannel(options: HttpClientOptions): HttpChannel {
	return new HttpClient(options);
}

class HttpClient implements HttpChannel {
	readonly #endpoint: HttpEndpoint;
	readonly #maxBytes: number;
	readonly #retry: Retry;
	/** Requests without a response yet, each with the way to stop waiting for it. */
	readonly #waiting = new Map<MessageId, AbortController>();
	/** Ends what belongs to no request. */
	readonly #common = new AbortController();
	#events: ChannelEvents | undefined;
	#introduction: MessageId | undefined;
	#session: string | undefined;
	#version: string | undefined;
	#closed = false;
	#trouble: TrapgateError | undefined;

	constructor(options: HttpClientOptions) {
		this.#endpoint = new HttpEndpoint(options.url, options.headers ?? {}, options.fetch ?? fetch);
		this.#maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
		this.#retry = options.retry ?? { firstMs: 1000, maxMs: 30_000, attempts: 10 };
	}

	get trouble(): TrapgateError | undefined {
		return this.#trouble;
	}

	async start(events: ChannelEvents): Promise<void> {
		this.#events = events;
	}

	/**
	 * Resolves when the server has taken the message: its answer is not waited for. What goes wrong with a request
	 * comes in as the error response to it, so that one lost call costs no other.
	 */
	async send(text: string): Promise<void> {
		if (this.#closed) return;
		const request = requestHead(text);
		try {
			if (request === undefined) await this.#sendNote(text);
			else await this.#sendRequest(text, request.id, request.method);
		} catch (error) {
			this.#fail(request?.id, errorText(error));
		}
	}

	async close(): Promise<void> {
		if (this.#stop() || this.#session === undefined) return;
		try {
			const signal = AbortSignal.timeout(farewellMs);
			await discard(await this.#endpoint.ask({ method: 'DELETE', headers: this.#headers(), signal }));
		} catch {
			// It was a courtesy: a server that is gone does not need it, and any other ends idle sessions by itself.
		}
	}

	async #sendRequest(text: string, id: MessageId, method: string): Promise<void> {
		const controller = new AbortController();
		this.#waiting.set(id, controller);
		if (method === 'initialize') this.#introduction = id;
		const response = await this.#post(text, controller.signal);
		void this.#readAnswer(response, id, controller.signal).catch((error: unknown) => this.#fail(id, errorText(error)));
	}

	/** Sends a notification or a response of ours. */
	async #sendNote(text: string): Promise<void> {
		const isLifecycle = text.startsWith('{"jsonrpc":"2.0","method":"notifications/');
		const note = isLifecycle ? readMessage(text, 'driver') : undefined;
		try {
			await discard(await this.#post(text, this.#common.signal));
			if (note?.kind === 'notification' && note.method === 'notifications/initialized') {
				void this.#listen().catch((error: unknown) => this.#events?.warn(`listening ended: ${errorText(error)}`));
			}
		} finally {
			if (note?.kind === 'notification' && note.method === 'notifications/cancelled') {
				// A server answers no cancelled request, and some leave its stream open for good.
				this.#forget(messageId(member(note.params, 'requestId')));
			}
		}
	}

	/** Frees the connection of a request whose answer is not waited for any more. */
	#forget(id: MessageId | undefined): void {
		if (id === undefined) return;
		this.#waiting.get(id)?.abort();
		this.#waiting.delete(id);
	}

	async #post(body: string, signal: AbortSignal): Promise<Response> {
		const accept = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
		const response = await this.#endpoint.ask({
			method: 'POST',
			headers: { ...this.#headers(), ...accept },
			body,
			signal,
		});
		if (response.ok) return response;
		const { status } = response;
		const reason = `${this.#endpoint.name} answered HTTP ${status}${this.#endpoint.scrub(await explanation(response))}`;
		// Before the introduction 403 is about us; later it may be about this one call.
		if (status === 401 || (status === 403 && this.#version === undefined)) this.#refused(status);
		if (status === 404 && this.#session !== undefined) this.#gone(`${this.#endpoint.name} ended the session`);
		throw new Error(reason);
	}

	/** Reads the answer to one request, however often its stream breaks. */
	async #readAnswer(response: Response, id: MessageId, signal: AbortSignal): Promise<void> {
		if (id === this.#introduction) this.#session = sessionOf(response);
		const type = mediaType(response);
		if (type === 'application/json') this.#deliver(await readText(response, this.#maxBytes));
		else if (type !== 'text/event-stream') await discard(response);
		else {
			const stream = this.#stream();
			await stream.read(response);
			for (let failures = 0; this.#waiting.has(id) && stream.canResume && failures < this.#retry.attempts; ) {
				await stream.pause(signal);
				failures = (await stream.connect(signal)) === 200 ? 0 : failures + 1;
			}
		}
		this.#fail(id, `${this.#endpoint.name} gave no answer to the request`);
	}

	/** Listens for what belongs to no request, where the server offers that. */
	async #listen(): Promise<void> {
		const stream = this.#stream();
		let failures = 0;
		for (let connections = 0; !this.#closed; connections += 1) {
			const status = await stream.connect(this.#common.signal);
			if (this.#closed) return;
			failures = status === 200 ? 0 : failures + 1;
			// 405 is how a server says that it has no such stream; at the first time any other refusal means it too.
			if (status === 405 || (connections === 0 && status >= 400 && status < 500)) return;
			if (status === 401) return this.#refused(status);
			if (status === 404 && this.#session !== undefined) return this.#gone(`${this.#endpoint.name} ended the session`);
			if (failures >= this.#retry.attempts) return this.#gone(`${this.#endpoint.name} can't be reached any more`);
			await stream.pause(this.#common.signal).catch(() => undefined);
		}
	}

	#stream(): ServerStream {
		return new ServerStream({
			endpoint: this.#endpoint,
			retry: this.#retry,
			maxLength: this.#maxBytes,
			headers: () => this.#headers(),
			message: (text) => this.#deliver(text),
			warn: (text) => {
				if (!this.#closed) this.#events?.warn(text);
			},
		});
	}

	#deliver(text: string): void {
		if (this.#closed) return;
		const message = readMessage(text, 'driver');
		for (const part of message.kind === 'malformed' ? (message.batch ?? [message]) : [message]) {
			const isAnswer = part.kind === 'response' || (part.kind === 'malformed' && part.about !== 'request');
			if (!isAnswer || part.id === undefined) continue;
			this.#waiting.delete(part.id);
			if (part.kind === 'response' && part.ok && part.id === this.#introduction) {
				const version = stringMember(part.body.value(), 'protocolVersion');
				// It becomes a header.
				this.#version = version !== undefined && /^[0-9A-Za-z.-]{1,40}$/.test(version) ? version : undefined;
			}
		}
		this.#events?.message(message);
	}

	/** Turns a failure into the error response to its request; without a request it is worth a line in the log. */
	#fail(id: MessageId | undefined, reason: string): void {
		if (this.#closed) return;
		if (id === undefined) this.#events?.warn(`a message was not delivered: ${reason}`);
		if (id === undefined || !this.#waiting.has(id)) return;
		this.#forget(id);
		this.#events?.message({ kind: 'response', id, ...errorReply(-32000, reason) });
	}

	#refused(status: number): void {
		this.#trouble = new TrapgateError('D107', `${this.#endpoint.name} refused our credentials (HTTP ${status})`);
		this.#gone(this.#trouble.message);
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

	#headers(): Record<string, string> {
		return {
			...(this.#session === undefined ? {} : { 'mcp-session-id': this.#session }),
			...(this.#version === undefined ? {} : { 'mcp-protocol-version': this.#version }),
		};
	}
}

/** The session the server made; undefined when it has none. Throws when its id is not what MCP allows. */
function sessionOf(response: Response): string | undefined {
	const id = response.headers.get('mcp-session-id') ?? undefined;
	if (id !== undefined && !/^[!-~]{1,1024}$/.test(id))
		throw new Error('the session id of the server is not visible ASCII');
	return id;
}
