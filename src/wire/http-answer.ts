// What goes back over HTTP: event streams, the answer to one POST, refusals.
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { JsonObject } from '../abi/json.ts';
import type { MessageId } from './channel.ts';
import type { CallerMemory } from './http-memory.ts';
import type { KeptStream, Replay } from './http-replay.ts';
import { errorReply, replyText } from './message.ts';

const commonHeaders: OutgoingHttpHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** Server-sent events on one response. */
export class EventStream {
	readonly #response: ServerResponse;
	readonly #memory: CallerMemory;
	/** What the connection has not taken yet. */
	readonly #unread = new Set<Unread>();

	constructor(response: ServerResponse, headers: OutgoingHttpHeaders, memory: CallerMemory) {
		this.#response = response;
		this.#memory = memory;
		response.once('close', () => {
			for (const part of this.#unread) this.#settle(part, false);
		});
		response.writeHead(200, {
			...commonHeaders,
			...headers,
			'content-type': 'text/event-stream',
			// Proxies that collect a response before they pass it on would hold back every event.
			'cache-control': 'no-cache, no-transform',
			'x-accel-buffering': 'no',
		});
		response.flushHeaders();
	}

	get isOpen(): boolean {
		return isOpen(this.#response);
	}

	/**
	 * Sends one message, which is a single line; `id` is what a client goes on after. Resolves with whether the connection
	 * took it, when that did or never will.
	 */
	send(text: string, id?: string): Promise<boolean> {
		return this.#write(`event: message\n${id === undefined ? '' : `id: ${id}\n`}data: ${text}\n\n`);
	}

	/** Says how to come back, and nothing else. */
	prime(id: string): void {
		void this.#write(`id: ${id}\ndata: \n\n`);
	}

	/** Something for the connection to carry, so that nobody on the way takes it for dead. */
	keepAlive(): void {
		void this.#write(': keep-alive\n\n');
	}

	end(): void {
		this.#response.end();
	}

	/** Ends for a client that is elsewhere now: what it has not read here, it is sent there. */
	leave(): void {
		if (this.#response.writableLength === 0) this.end();
		else breakOff(this.#response);
	}

	#write(event: string): Promise<boolean> {
		if (!this.isOpen) return Promise.resolve(false);
		// A client that doesn't read must not make us remember for it without end.
		if (this.#response.writableLength > this.#memory.maxQueuedBytes) {
			this.#cutOff();
			return Promise.resolve(false);
		}
		return new Promise((resolve) => {
			const part: Unread = { bytes: 0, resolve };
			this.#response.write(event, (error) => {
				this.#settle(part, (error === undefined || error === null) && !isBroken(this.#response));
			});
			// Most are gone by now.
			if (this.#response.writableLength === 0) return;
			this.#unread.add(part);
			if (!this.#memory.take(event.length)) return this.#cutOff();
			part.bytes = event.length;
		});
	}

	/** Once: where its turn on the connection never came, nobody calls back, and its close is all that is heard. */
	#settle(part: Unread, isTaken: boolean): void {
		if (this.#unread.delete(part)) this.#memory.give(part.bytes);
		part.resolve(isTaken);
	}

	#cutOff(): void {
		this.#memory.lost('unread', 'a stream of events was cut off: its client does not read it');
		breakOff(this.#response);
	}
}

interface Unread {
	/** What it is counted with. */
	bytes: number;
	resolve(isTaken: boolean): void;
}

/** What keeps the stream of an answer for a client whose connection breaks. */
export interface Keeping {
	readonly replay: Replay;
	/** Does the client take an event that says nothing but its id? */
	readonly isPrimed: boolean;
}

/** The answer to one POST: JSON when the responses are all there is to say, else a stream. */
export class PostAnswer {
	/** The requests it still waits for. */
	readonly waiting: Set<MessageId>;
	readonly ids: readonly MessageId[];
	readonly #response: ServerResponse;
	readonly #headers: OutgoingHttpHeaders;
	readonly #memory: CallerMemory;
	readonly #keeping: Keeping | undefined;
	readonly #letGo: () => void;
	#stream: EventStream | KeptStream | undefined;
	#isOld = false;

	/** Without `keeping`, nobody comes back for it. `letGo` is called when nothing of the request is needed any more. */
	constructor(
		ids: readonly MessageId[],
		response: ServerResponse,
		headers: OutgoingHttpHeaders,
		memory: CallerMemory,
		{ keeping, letGo = () => undefined }: { readonly keeping?: Keeping | undefined; readonly letGo?: () => void } = {},
	) {
		this.ids = ids;
		this.waiting = new Set(ids);
		this.#response = response;
		this.#headers = headers;
		this.#memory = memory;
		this.#keeping = keeping;
		this.#letGo = letGo;
	}

	get isOpen(): boolean {
		return this.#stream?.isOpen ?? isOpen(this.#response);
	}

	/** Will the client have what is sent now, if not on the connection it has, then when it comes back? */
	get isReachable(): boolean {
		return this.isOpen || (this.#stream !== undefined && this.#keeping !== undefined);
	}

	/** A message that goes before the response. */
	async send(text: string): Promise<void> {
		await this.#toStream().send(text);
	}

	/** The response, or the array of them. `headers` and `status` count where no stream began. */
	async finish(text: string, headers: OutgoingHttpHeaders = this.#headers, status = 200): Promise<void> {
		this.#letGo();
		if (!this.isReachable) {
			this.#memory.lost('gone', 'an answer was dropped because its client had hung up');
			return;
		}
		if (this.#stream === undefined) {
			const taken = sendJson(this.#response, status, text, headers);
			this.#countUnread(text.length);
			return taken;
		}
		const sent = this.#stream.send(text, this.#keeping && this.#lost());
		this.#stream.end();
		await sent;
	}

	/** Ends without a response: a cancelled request has none. */
	abandon(): void {
		this.#letGo();
		if (this.#stream !== undefined) this.#stream.end();
		else if (this.isOpen) new EventStream(this.#response, this.#headers, this.#memory).end();
	}

	/** The session is over. */
	fail(message: string): void {
		this.#letGo();
		if (!this.isOpen) return;
		if (this.#stream !== undefined) this.#stream.end();
		else refuse(this.#response, 404, -32001, message);
	}

	/** Called now and then. A client waits only so long for a first byte, so a slow answer becomes a stream. */
	keepAlive(): void {
		if (this.#isOld && this.isOpen) this.#toStream().keepAlive();
		this.#isOld = true;
	}

	/** Counts an answer until it has left. */
	#countUnread(bytes: number): void {
		const response = this.#response;
		if (response.writableLength === 0) return;
		const isCounted = this.#memory.take(bytes);
		let hasLeft = false;
		response.once('finish', () => {
			hasLeft = !isBroken(response);
		});
		response.once('close', () => {
			if (isCounted) this.#memory.give(bytes);
			if (!hasLeft) this.#memory.lost('unread', 'an answer was cut off: its client did not read it');
		});
		if (!isCounted) breakOff(response);
	}

	#toStream(): EventStream | KeptStream {
		this.#stream ??= this.#begin(new EventStream(this.#response, this.#headers, this.#memory));
		return this.#stream;
	}

	#begin(events: EventStream): EventStream | KeptStream {
		if (this.#keeping === undefined) return events;
		const stream = this.#keeping.replay.open('answer', events);
		if (this.#keeping.isPrimed) stream.prime();
		return stream;
	}

	/** What a client reads that comes back too late for the response. */
	#lost(): string | undefined {
		const ids = [...this.waiting];
		// An id is the client's own, and can be as long as a message.
		if (ids.join().length > 1000) return undefined;
		const texts = ids.map((id) => replyText(id, lostAnswer));
		return this.ids.length === 1 ? texts[0] : `[${texts.join(',')}]`;
	}
}

const lostAnswer = errorReply(
	-32000,
	'the connection broke, and the answer could not be kept until it was taken up again',
);

/** A body up to this size is read and thrown away when its request is refused; a larger one costs the connection. */
const harmlessBodyBytes = 64 * 1024;

/** Refuses an HTTP request; the body is a JSON-RPC error. */
export function refuse(
	response: ServerResponse,
	status: number,
	code: number,
	message: string,
	options: {
		readonly id?: MessageId | undefined;
		readonly headers?: OutgoingHttpHeaders;
		readonly data?: JsonObject | undefined;
	} = {},
): void {
	const { complete, headers } = response.req;
	const declared = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Number.NaN;
	// Whoever is refused must not make us read gigabytes first.
	if (!complete && !(declared <= harmlessBodyBytes)) response.shouldKeepAlive = false;
	void sendJson(
		response,
		status,
		replyText(options.id ?? null, errorReply(code, message, options.data)),
		options.headers,
	);
}

/** Refuses a request of nobody that we know, who shall not go on to hold the connection. */
export function refuseStranger(response: ServerResponse, ...refusal: ParametersOfRefusal): void {
	response.shouldKeepAlive = false;
	refuse(response, ...refusal);
}

type ParametersOfRefusal = Parameters<typeof refuse> extends [ServerResponse, ...infer Rest] ? Rest : never;

const taken = Promise.resolve();

/** Sends a complete response: JSON, unless `headers` say otherwise. Resolves when it was taken or never will be. */
export function sendJson(
	response: ServerResponse,
	status: number,
	text: string,
	headers: OutgoingHttpHeaders = {},
): Promise<void> {
	response.writeHead(status, {
		...commonHeaders,
		'content-type': 'application/json',
		...headers,
		'content-length': Buffer.byteLength(text),
	});
	response.end(text);
	if (response.destroyed || response.socket?.writableLength === 0) return taken;
	return new Promise((resolve) => response.once('close', resolve));
}

/** Takes note of a request that needs no answer, or of one that has no body. */
export function sendEmpty(response: ServerResponse, status: number, headers: OutgoingHttpHeaders = {}): void {
	const length = status === 204 ? {} : { 'content-length': 0 };
	response.writeHead(status, { ...commonHeaders, ...headers, ...length });
	response.end();
}

/** Breaks the connection, also where the response still waits for its turn on it: until then, all that it says would be kept. */
export function breakOff(response: ServerResponse): void {
	response.destroy();
	response.req.socket.destroy();
}

function isOpen(response: ServerResponse): boolean {
	return !response.writableEnded && !response.destroyed && !response.closed;
}

/** Where a connection was destroyed, what was on its way counts as finished to Node. */
function isBroken(response: ServerResponse): boolean {
	return response.req.socket.destroyed;
}
