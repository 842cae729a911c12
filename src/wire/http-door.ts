// Which HTTP requests get in, and to which session.
import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { errorText } from '../abi/problem.ts';
import { modernErrors } from '../abi/protocol.ts';
import type { Malformed, Message } from './channel.ts';
import {
	type EnvelopeFault,
	isFault,
	isModern,
	modernVersions,
	olderVersions,
	readEnvelope,
	statedVersion,
} from './envelope.ts';
import { type Admission, type HttpCaller, isSameCaller } from './http-admission.ts';
import { refuse, refuseStranger, sendEmpty } from './http-answer.ts';
import { defaultMaxBodyBytes, readBody } from './http-body.ts';
import { HttpExchange } from './http-exchange.ts';
import type { FrontExchange, FrontSession, HttpFrontOptions } from './http-front.ts';
import {
	accepts,
	checkOrigin,
	isAllowedHost,
	isPlainJson,
	isUnencoded,
	remembering,
	repeatedHeader,
} from './http-guard.ts';
import { answerPage } from './http-pages.ts';
import { HttpSession } from './http-session.ts';
import { readMessage } from './message.ts';
import { headerFault, paramHeaders } from './mirrored-headers.ts';

/** The version of clients that send no such header; it is also the only one with batches. */
const versionWithoutHeader = '2025-03-26';

/** Judges every HTTP request in this order: origin, path, caller, form, session. What fails is read no further. */
export class HttpDoor {
	readonly #options: HttpFrontOptions;
	readonly #admission: Admission;
	readonly #onSession: (session: FrontSession) => void;
	readonly #onExchange: ((exchange: FrontExchange) => void) | undefined;
	/** Requests that need no session (2026-07-28), while they are answered. */
	readonly #exchanges = new Set<HttpExchange>();
	readonly #sessions = new Map<string, HttpSession>();
	readonly #maxBodyBytes: number;
	readonly #isAllowedHost: (header: string) => boolean;
	/** Does a client take what a POST may be answered with? */
	readonly #takesAnswers = remembering(
		(accept) => accepts(accept, 'application/json') && accepts(accept, 'text/event-stream'),
	);
	readonly #isPlainJson = remembering(isPlainJson);
	#closed = false;

	/** Without `onExchange`, a client has to introduce itself. */
	constructor(
		options: HttpFrontOptions,
		admission: Admission,
		onSession: (session: FrontSession) => void,
		onExchange?: (exchange: FrontExchange) => void,
	) {
		this.#options = options;
		this.#admission = admission;
		this.#onExchange = onExchange;
		this.#onSession = onSession;
		this.#maxBodyBytes = Math.min(
			options.maxBodyBytes ?? defaultMaxBodyBytes,
			options.maxBytesPerCaller ?? Number.POSITIVE_INFINITY,
		);
		this.#isAllowedHost = remembering((header) => isAllowedHost(header, options));
	}

	async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { headers, method } = request;
		const twice = repeatedHeader(request);
		if (twice !== undefined) return refuseStranger(response, 400, -32000, `the header ${twice} came twice`);
		const stranger = checkOrigin(headers, this.#isAllowedHost, this.#options);
		if (stranger !== undefined) return refuseStranger(response, 403, -32000, stranger);
		const path = request.url?.split('?')[0];
		if (path !== '/mcp') return answerPage(path, this.#options.pages, this.#admission, { request, response });

		const admitted = this.#admission.admit(request, response);
		const caller = admitted instanceof Promise ? await admitted : admitted;
		if (caller === undefined) return;
		if (this.#closed) return refuse(response, 503, -32000, 'shutting down');
		if (method !== 'POST' && this.#isModernHeader(headers))
			return refuse(response, 405, -32000, 'this revision has POST only', { headers: { allow: 'POST' } });
		switch (method) {
			case 'POST':
				return this.#post(request, response, caller);
			case 'GET':
				if (!accepts(headers.accept ?? '', 'text/event-stream')) {
					return refuse(response, 406, -32000, 'Accept must allow text/event-stream');
				}
				return this.#sessionOf(request, response, caller)?.listen(response, lastEventId(headers));
			case 'DELETE': {
				const session = this.#sessionOf(request, response, caller);
				if (session === undefined) return;
				session.end('the client ended the session');
				return sendEmpty(response, 200);
			}
			default:
				return refuse(response, 405, -32000, 'method not allowed', { headers: { allow: 'GET, POST, DELETE' } });
		}
	}

	tick(): void {
		for (const exchange of this.#exchanges) exchange.keepAlive();
		for (const session of this.#sessions.values()) {
			if (session.tick(this.#options.idleMs ?? 30 * 60_000) === 'idle')
				session.end('the session was idle for too long');
		}
	}

	close(): void {
		this.#closed = true;
		for (const session of this.#sessions.values()) session.end('the server is shutting down');
	}

	async #post(request: IncomingMessage, response: ServerResponse, caller: HttpCaller): Promise<void> {
		const { headers } = request;
		if (!this.#takesAnswers(headers.accept ?? '')) {
			return refuse(response, 406, -32000, 'Accept must allow application/json and text/event-stream');
		}
		if (!this.#isPlainJson(headers['content-type'] ?? '') || !isUnencoded(headers))
			return refuse(response, 415, -32000, 'Content-Type must be application/json');
		// Asked again below: a session may end while its client still sends.
		const namesSession = headers['mcp-session-id'] !== undefined && !this.#isModernHeader(headers);
		if (namesSession && !this.#sessionOf(request, response, caller)) return;
		const body = await readBody(request, this.#maxBodyBytes, (bytes) => this.#admission.hold(response, bytes));
		if (body === 'gone') return;
		if (this.#closed) return refuse(response, 503, -32000, 'shutting down');
		if (body === 'too many')
			return this.#admission.turnBusyAway(
				response,
				'this caller makes us hold too much: its open requests are too large, or it leaves unread what it is sent',
			);
		if (body === 'too large') {
			return refuse(response, 413, -32600, `a message of more than ${this.#maxBodyBytes} bytes`);
		}
		if (!isUtf8(body)) return refuse(response, 400, -32700, 'a message that is not valid UTF-8');
		const message = readMessage(body.toString('utf8'), 'client');
		const fault = faultOf(message, headers['mcp-protocol-version']);
		if (fault !== undefined) {
			// The id of a garbled response is ours: sent back, it would look like the answer to a request of the client.
			const id = fault.about === 'response' ? undefined : fault.id;
			return refuse(response, 400, fault.code, fault.message, { id });
		}

		if (message.kind !== 'malformed' && this.#isModern(message, headers))
			return this.#exchange(message, request, response, caller);

		const isIntroduction = message.kind === 'request' && message.method === 'initialize';
		if (isIntroduction && headers['mcp-session-id'] === undefined) return this.#open(message, response, caller);
		const session = this.#sessionOf(request, response, caller);
		if (session === undefined) return;
		if (isIntroduction) return refuse(response, 400, -32600, 'this session is already initialized', { id: message.id });
		session.receive(message, response);
	}

	#isModernHeader(headers: IncomingHttpHeaders): boolean {
		return this.#onExchange !== undefined && modernVersions.includes(String(headers['mcp-protocol-version']));
	}

	/** The body says so; where it does not, the header does. Who introduces itself speaks an older revision. */
	#isModern(message: Message, headers: IncomingHttpHeaders): boolean {
		if (this.#onExchange === undefined) return false;
		if (message.kind === 'response') return this.#isModernHeader(headers);
		if (isModern(message.method, message.params)) return true;
		return message.method !== 'initialize' && this.#isModernHeader(headers);
	}

	/** Serves what needs no session: one message, and all that there is to say about it. */
	#exchange(message: Message, request: IncomingMessage, response: ServerResponse, caller: HttpCaller): void {
		const fault = modernFault(message, request.headers);
		if (fault !== undefined) {
			const id = message.kind === 'request' ? message.id : undefined;
			refuse(response, 400, fault.code, fault.message, { id, data: fault.data });
			return;
		}
		const memory = this.#admission.memoryOf(caller);
		const exchange = new HttpExchange(message, response, memory);
		this.#exchanges.add(exchange);
		response.once('close', () => this.#exchanges.delete(exchange));
		const keepBody = () => this.#admission.keepBody(response);
		this.#onExchange?.({ ...caller, channel: exchange, headers: paramHeaders(request.headers), memory, keepBody });
	}

	/** Makes a session for an `initialize`. */
	#open(message: Message, response: ServerResponse, caller: HttpCaller): void {
		const own = [...this.#sessions.values()].filter(({ caller: { principal } }) => principal === caller.principal);
		if (own.length >= (this.#options.maxSessions ?? 100)) {
			refuse(response, 503, -32000, 'too many sessions', { headers: { 'retry-after': '60' } });
			return;
		}
		const id = Buffer.from(this.#options.random(16)).toString('hex');
		// What a client said of itself is known as long as the session lasts.
		const letGo = this.#admission.keepBody(response);
		const session = new HttpSession({
			id,
			caller,
			memory: this.#admission.memoryOf(caller),
			now: this.#options.now ?? Date.now,
			keepBody: (of) => this.#admission.keepBody(of),
			ended: () => {
				this.#sessions.delete(id);
				letGo();
			},
		});
		this.#sessions.set(id, session);
		try {
			this.#onSession({ ...caller, id, channel: session });
		} catch (error) {
			session.end(errorText(error));
			throw error;
		}
		session.receive(message, response);
	}

	/** The session a request names; refuses the request when there is none for this caller. */
	#sessionOf(request: IncomingMessage, response: ServerResponse, caller: HttpCaller): HttpSession | undefined {
		const version = request.headers['mcp-protocol-version'];
		const id = request.headers['mcp-session-id'];
		if (version !== undefined && !olderVersions.includes(String(version))) {
			refuse(
				response,
				400,
				-32000,
				`unsupported MCP-Protocol-Version; supported: ${[...olderVersions, ...modernVersions].join(', ')}`,
			);
			return undefined;
		}
		if (id === undefined) {
			refuse(response, 400, -32000, 'Mcp-Session-Id is required; start with initialize');
			return undefined;
		}
		const session = this.#sessions.get(String(id));
		// Somebody else's session and none at all look alike: another answer would confirm that the id exists.
		if (session === undefined || !isSameCaller(session.caller, caller)) {
			refuse(response, 404, -32001, 'no such session');
			return undefined;
		}
		return session;
	}
}

function lastEventId({ 'last-event-id': id }: IncomingHttpHeaders): string | undefined {
	return typeof id === 'string' ? id : undefined;
}

/** Why a message is refused before any session hears of it. */
function faultOf(message: Message | Malformed, version: string | string[] | undefined): Malformed | undefined {
	if (message.kind !== 'malformed') return undefined;
	if (message.batch === undefined || (version ?? versionWithoutHeader) !== versionWithoutHeader) return message;
	return message.batch.find((part): part is Malformed => part.kind === 'malformed');
}

/** Why a message of 2026-07-28 is refused before it is anybody's. */
function modernFault(message: Message, headers: IncomingHttpHeaders): EnvelopeFault | undefined {
	if (message.kind === 'response')
		return { code: -32600, message: 'nobody was asked: answers go into `inputResponses` of a retry' };
	if (message.kind === 'notification') return undefined;
	const mismatch = statedVersion(message.params) === undefined ? undefined : headerFault(headers, message);
	if (mismatch !== undefined) return { code: modernErrors.headerMismatch, message: mismatch };
	const envelope = readEnvelope(message.params);
	return isFault(envelope) ? envelope : undefined;
}
