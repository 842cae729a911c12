// Serves requests of MCP 2026-07-28: each one says who asks and what it can do, and nothing is remembered but what waits.
import type { Note, Reply } from '../abi/driver.ts';
import { isJsonObject, type JsonObject, member, stringMember } from '../abi/json.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { metaKeys, modernErrors, modernRevision } from '../abi/protocol.ts';
import { canonicalJson } from '../audit/chain.ts';
import { within } from '../drivers/within.ts';
import type { MessageId } from '../wire/channel.ts';
import {
	type Envelope,
	isFault,
	type LogLevel,
	logLevels,
	modernVersions,
	readEnvelope,
	withoutEnvelope,
} from '../wire/envelope.ts';
import { readJson, writeJson } from '../wire/json.ts';
import type { Incoming } from '../wire/link.ts';
import { errorReply, resultReply } from '../wire/message.ts';
import { paramFault } from '../wire/mirrored-headers.ts';
import { completed } from '../wire/modern-result.ts';
import type { Kernel } from './boot.ts';
import { mayAsk } from './client-capabilities.ts';
import type { ClientAsk, ClientPort } from './client-port.ts';
import { ParkedCall, type Visit, type WaitingRoom } from './parked-call.ts';
import { type Bound, digestOf, Tickets } from './request-state.ts';
import type { Connection } from './serve.ts';
import { Session } from './session.ts';
import { Subscriptions } from './subscriptions.ts';

export interface ModernClientOptions {
	readonly kernel: Kernel;
	readonly connection: Connection;
	readonly random: (bytes: number) => Uint8Array;
	/** Called when no client can be served (two tools under one name). */
	readonly failed: (error: TrapgateError) => void;
	/** Does what was used last stay as long as the connection? */
	readonly keepsLast: boolean;
	/** How long a client has to come back with its answers, unless the rule that asks says otherwise; default 5 minutes. */
	readonly longestWaitMs?: number;
	/** How many calls may wait for this caller's answers; default 100. */
	readonly maxWaiting?: number;
}

/** What one request came by. */
export interface Carrier {
	/** Sends a notification that belongs to the request. */
	notify(note: Note, related: MessageId): Promise<void>;
	/** `Mcp-Param-*` headers by their name; undefined where there are none to be had (stdio). */
	readonly headers?: ReadonlyMap<string, string>;
	/** When the right to it ends by itself, in milliseconds since the epoch. */
	readonly until?: number | undefined;
	/** What is counted against its caller, where that is bounded: what waits for answers, and what the call came with. */
	readonly memory?: WaitingRoom;
	keepBody?(): () => void;
}

/** A session for requests that say the same of their client. */
interface Held {
	readonly key: string;
	readonly opened: Promise<Session>;
	readonly port: Port;
	users: number;
	idle: NodeJS.Timeout | undefined;
	/** Where it is counted, and with what. */
	readonly room: WaitingRoom | undefined;
	bytes: number;
	/** The most talkative level that its drivers were asked for. */
	level: LogLevel | undefined;
}

/** The revision whose shapes the kernel speaks inside; a driver translates from them as a client is translated to them. */
const innerVersion = '2025-11-25';
const keptMs = 60_000;
const maxSessions = 256;
const maxSubscriptions = 100;
/** How much a client may say of itself before it is counted. */
const uncountedBytes = 4096;
/** How long a call waits for drivers to take note of a log level, and how long these may take. */
const levelWaitMs = 1_000;
const levelTimeoutMs = 30_000;

/** Requests that may be answered with questions. */
const mayWait: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);
/** What 2026-07-28 took out of the protocol. */
const removed: ReadonlySet<string> = new Set([
	'initialize',
	'ping',
	'logging/setLevel',
	'resources/subscribe',
	'resources/unsubscribe',
	'tasks/list',
	'tasks/result',
]);

export class ModernClient {
	readonly #options: ModernClientOptions;
	readonly #tickets: Tickets;
	readonly #sessions = new Map<string, Held>();
	/** Calls under way, by the id that their session knows them by. */
	readonly #calls = new Map<MessageId, ParkedCall>();
	readonly #closing = new AbortController();
	#last: Held | undefined;
	#hasServed = false;

	constructor(options: ModernClientOptions) {
		this.#options = options;
		this.#tickets = new Tickets(options.random);
	}

	/** Nothing is under way, and nothing is kept. A new one has its first request still before it. */
	get isIdle(): boolean {
		return this.#hasServed && this.#sessions.size === 0 && this.#calls.size === 0;
	}

	/** Answers one modern request. */
	async answer(incoming: Incoming, carrier: Carrier): Promise<Reply> {
		const { method } = incoming;
		const envelope = readEnvelope(incoming.params);
		if (isFault(envelope)) return errorReply(envelope.code, envelope.message, envelope.data);
		if (removed.has(method) || isUnannounced(method, envelope))
			return errorReply(-32601, `Method not found: ${method}`);
		let held: Held | undefined;
		let session: Session;
		try {
			held = this.#hold(envelope, carrier.memory);
			session = await held.opened;
		} catch (error) {
			if (held !== undefined) await this.#drop(held);
			return this.#unopened(error);
		}
		try {
			const params = withoutEnvelope(incoming.params ?? {});
			return await this.#answer({ incoming, carrier, envelope, params, held, session });
		} finally {
			this.#release(held);
		}
	}

	/** A notification that carries an envelope. Any other belongs to nobody. */
	heard(note: Note): void {
		const envelope = readEnvelope(note.params);
		if (isFault(envelope)) return;
		const held = this.#sessions.get(keyOf(envelope));
		if (held === undefined || note.method === 'notifications/roots/list_changed') return;
		void held.opened.then(
			(session) => session.heard({ ...note, params: withoutEnvelope(note.params ?? {}) }),
			() => undefined,
		);
	}

	/** Ends subscriptions with an answer, and cancels every call. */
	async close(): Promise<void> {
		this.#closing.abort();
		for (const call of [...this.#calls.values()]) call.end('closed on this side');
		await Promise.all([...this.#sessions.values()].map((held) => this.#drop(held)));
	}

	async #answer(request: Request): Promise<Reply> {
		const { incoming, carrier, params, held, session } = request;
		const { method } = incoming;
		const notify = (note: Note) => void carrier.notify(note, incoming.id);
		switch (method) {
			case 'server/discover':
				return this.#complete(await discovered(session), request);
			case 'subscriptions/listen':
				if (this.#subscriptionCount() >= maxSubscriptions) return errorReply(-32603, 'too many subscriptions at once');
				return this.#complete(
					await held.port.subscriptions.listen(incoming, params, notify, this.#endOf(carrier)),
					request,
				);
			case 'tools/call': {
				if (params['task'] !== undefined)
					return errorReply(-32602, 'tasks of 2025-11-25 are no part of 2026-07-28: leave out `task`');
				const fault = await mirrorFault(session, carrier, params);
				if (fault !== undefined) return errorReply(modernErrors.headerMismatch, fault);
				break;
			}
		}
		const { inputResponses, requestState, ...asked } = params;
		const visit: Visit = {
			signal: incoming.signal,
			progressToken: member(params['_meta'], 'progressToken'),
			logLevel: request.envelope.logLevel,
			notify,
		};
		const isRetry = inputResponses !== undefined || requestState !== undefined;
		const call = isRetry && mayWait.has(method) ? this.#resumed(request, asked) : await this.#begun(request, asked);
		if (!(call instanceof ParkedCall)) return call;
		const round = await call.stay(visit);
		if (round.is === 'over') return this.#complete(round.reply, request);
		const { inputRequests, requestState: ticket } = round;
		return resultReply({
			resultType: 'input_required',
			inputRequests,
			requestState: ticket,
			_meta: { [metaKeys.serverInfo]: session.serverInfo() },
		});
	}

	async #begun(request: Request, params: JsonObject): Promise<ParkedCall> {
		const { incoming, carrier, envelope, held, session } = request;
		const { method, extra } = incoming;
		await askForLevel(held, session, envelope.logLevel, incoming.id);
		const { kernel, longestWaitMs = 5 * 60_000, maxWaiting = 100 } = this.#options;
		const id = kernel.newId();
		const name = JSON.stringify(id) as MessageId;
		const call = new ParkedCall({
			id,
			bound: () => this.#boundTo(request, params),
			tickets: this.#tickets,
			now: kernel.now,
			longestWaitMs,
			mayWait: () => mayWait.has(method) && this.#waiting() < maxWaiting,
			room: carrier.memory,
			over: () => this.#calls.delete(name),
		});
		this.#calls.set(name, call);
		held.users += 1;
		const work = session.answer({ id: name, requestId: incoming.id, method, params, extra, signal: call.signal });
		const letGo = carrier.keepBody?.();
		const done = work.finally(() => {
			this.#release(held);
			letGo?.();
		});
		call.run(done);
		return call;
	}

	/** The call that a ticket is for, with what the client answered. A refusal when it is for none. */
	#resumed(request: Request, asked: JsonObject): ParkedCall | Reply {
		const { inputResponses = {}, requestState } = request.params;
		if (typeof requestState !== 'string')
			return errorReply(-32602, '`inputResponses` count only with the `requestState` that they were asked with');
		if (!isJsonObject(inputResponses)) return errorReply(-32602, '`inputResponses` must be an object');
		const ticket = this.#tickets.read(requestState, this.#boundTo(request, asked));
		if (ticket === undefined)
			return errorReply(
				-32602,
				'this `requestState` was not made for this request, caller and client; nothing ran again',
			);
		const call = this.#calls.get(JSON.stringify(ticket.call) as MessageId);
		const isLate = this.#options.kernel.now() >= ticket.expires;
		if (call === undefined || isLate || ticket.round !== call.round) {
			const why = isLate ? 'has expired' : 'was used before, or its call is over';
			return errorReply(-32602, `this \`requestState\` ${why}; nothing ran again`);
		}
		const mistake = call.resume(inputResponses);
		return mistake === undefined ? call : errorReply(-32602, mistake);
	}

	#boundTo({ incoming, envelope }: Request, params: JsonObject): Bound {
		const { principal, agent } = this.#options.connection;
		const { capabilities } = envelope;
		return { principal, agent, capabilities, method: incoming.method, digest: digestOf(params) };
	}

	#complete(reply: Reply, { incoming, envelope, session }: Request): Reply {
		const allows = () => Object.keys(extensionsOf(envelope)).length > 0;
		const lacks = (capability: string) => envelope.capabilities[capability] === undefined;
		return completed(reply, { method: incoming.method, serverInfo: session.serverInfo(), allows, lacks });
	}

	/** A stream ends with the right to it, as the next request of its client would. */
	#endOf({ until }: Carrier): AbortSignal {
		const { signal } = this.#closing;
		if (until === undefined) return signal;
		const leftMs = Math.min(Math.max(0, until - this.#options.kernel.now()), 2 ** 31 - 1);
		return AbortSignal.any([signal, AbortSignal.timeout(leftMs)]);
	}

	#waiting(): number {
		return [...this.#calls.values()].filter((call) => call.isWaiting).length;
	}

	#subscriptionCount(): number {
		return [...this.#sessions.values()].reduce((sum, { port }) => sum + port.subscriptions.size, 0);
	}

	#hold(envelope: Envelope, room: WaitingRoom | undefined): Held {
		const key = keyOf(envelope);
		let held = this.#sessions.get(key);
		if (held === undefined) {
			if (this.#closing.signal.aborted) throw new TrapgateError('K103', 'shutting down');
			if (this.#sessions.size >= maxSessions)
				throw new TrapgateError('K103', 'busy: too many different clients at once');
			const { said, bytes } = copied(envelope);
			if (room?.take(bytes) === false) throw new TrapgateError('K103', 'busy: too much is held for this caller');
			const port = new Port(this.#calls, said);
			const opened = this.#open(said, port);
			held = { key, opened, port, users: 0, idle: undefined, room, bytes, level: undefined };
			port.session = held.opened;
			this.#sessions.set(key, held);
		}
		clearTimeout(held.idle);
		held.users += 1;
		this.#last = held;
		this.#hasServed = true;
		return held;
	}

	async #open({ capabilities, clientInfo }: Envelope, client: Port): Promise<Session> {
		const { kernel, connection } = this.#options;
		const { tasks: _, ...rest } = capabilities;
		const info = clientInfo ?? { name: 'unknown', version: '0' };
		const hello = { protocolVersion: innerVersion, capabilities: rest, clientInfo: info, isModern: true };
		const bank = await kernel.pools.acquire(connection.principal, hello, modernRevision);
		const caller = {
			...connection,
			protocol: modernRevision,
			client: { name: stringMember(clientInfo, 'name') ?? '', version: stringMember(clientInfo, 'version') ?? '' },
		};
		return new Session({ kernel, bank, client, caller, hello });
	}

	#unopened(error: unknown): Reply {
		const thrown =
			error instanceof TrapgateError ? error : new TrapgateError('K105', errorText(error), { cause: error });
		this.#options.kernel.log.error({ code: thrown.code }, thrown.message);
		if (thrown.code !== 'K103') this.#options.failed(thrown);
		return errorReply(-32603, thrown.message);
	}

	#release(held: Held): void {
		held.users -= 1;
		if (held.users > 0 || this.#closing.signal.aborted) return;
		held.idle = setTimeout(() => {
			if (held.users === 0 && !(this.#options.keepsLast && this.#last === held)) void this.#drop(held);
		}, keptMs);
		held.idle.unref();
	}

	async #drop(held: Held): Promise<void> {
		clearTimeout(held.idle);
		if (this.#sessions.get(held.key) === held) this.#sessions.delete(held.key);
		held.room?.give(held.bytes);
		held.bytes = 0;
		await held.opened.then(
			(session) => session.close(),
			() => undefined,
		);
	}
}

interface Request {
	readonly incoming: Incoming;
	readonly carrier: Carrier;
	readonly envelope: Envelope;
	/** Without the envelope. */
	readonly params: JsonObject;
	readonly held: Held;
	readonly session: Session;
}

/** The way from a session to the client: into the call that it is about, or to those who subscribed. */
class Port implements ClientPort {
	/** Its revision has questions in results instead, and other meanings for such codes. */
	readonly readsErrorsThatAsk = false;
	readonly subscriptions: Subscriptions;
	session: Promise<Session> | undefined;
	readonly #calls: ReadonlyMap<MessageId, ParkedCall>;
	readonly #envelope: Envelope;

	constructor(calls: ReadonlyMap<MessageId, ParkedCall>, envelope: Envelope) {
		this.#calls = calls;
		this.#envelope = envelope;
		this.subscriptions = new Subscriptions({
			offers: async (capability) =>
				member((await (await this.session)?.introduction())?.['capabilities'], capability) !== undefined,
			watch: async (method, uri, signal) => {
				const session = await this.session;
				if (session === undefined) return errorReply(-32603, 'there is no session');
				return session.answer({
					id: '"watch"' as MessageId,
					requestId: undefined,
					method,
					params: { uri },
					extra: {},
					signal,
				});
			},
		});
	}

	request(method: string, params: JsonObject | undefined, ask: ClientAsk): Promise<Reply> {
		const refusal = mayAsk(this.#envelope.capabilities, method, params);
		if (refusal !== undefined) return Promise.resolve(errorReply(-32601, refusal));
		const call = ask.related === undefined ? undefined : this.#calls.get(ask.related);
		if (call === undefined)
			return Promise.resolve(errorReply(-32603, 'no call is in flight that this could belong to'));
		return call.ask(method, params ?? {}, ask);
	}

	async notify(note: Note, related?: MessageId): Promise<void> {
		// Gone with 2026-07-28: a client learns what came of it when it retries.
		if (note.method === 'notifications/elicitation/complete' || this.subscriptions.tell(note)) return;
		if (related !== undefined) this.#calls.get(related)?.tell(note);
	}
}

async function discovered(session: Session): Promise<Reply> {
	const { capabilities, instructions } = await session.introduction();
	const { tasks: _, ...rest } = isJsonObject(capabilities) ? capabilities : {};
	return resultReply({
		supportedVersions: modernVersions,
		capabilities: rest,
		...(instructions === undefined ? {} : { instructions }),
	});
}

/** Only what this caller was shown is compared: of a hidden tool there is nothing to tell. */
async function mirrorFault(session: Session, { headers }: Carrier, params: JsonObject): Promise<string | undefined> {
	const name = stringMember(params, 'name');
	if (headers === undefined || name === undefined) return undefined;
	return paramFault(headers, await session.mirrored(name), params['arguments']);
}

/** Drivers that log on demand are told how much, as a call of the client that wants to read it. Who does not answer holds up no call of another driver. */
async function askForLevel(
	held: Held,
	session: Session,
	level: LogLevel | undefined,
	requestId: MessageId,
): Promise<void> {
	if (level === undefined) return;
	if (held.level !== undefined && logLevels.indexOf(held.level) <= logLevels.indexOf(level)) return;
	held.level = level;
	const told = session.answer({
		id: '"level"' as MessageId,
		requestId,
		method: 'logging/setLevel',
		params: { level },
		extra: {},
		signal: AbortSignal.timeout(levelTimeoutMs),
	});
	await within(told, levelWaitMs);
}

function keyOf({ capabilities, clientInfo }: Envelope): string {
	const name = stringMember(clientInfo, 'name') ?? '';
	const version = stringMember(clientInfo, 'version') ?? '';
	return canonicalJson([capabilities, name, version]);
}

/** What is kept of a client when its request is gone: texts of a message that was read hold all of it in memory. */
function copied(envelope: Envelope): { readonly said: Envelope; readonly bytes: number } {
	const { capabilities, clientInfo = null } = envelope;
	const text = writeJson({ capabilities, clientInfo });
	const read = readJson(text);
	const copy = read.ok ? read.value : undefined;
	const info = member(copy, 'clientInfo');
	return {
		said: {
			...envelope,
			capabilities: member(copy, 'capabilities') as JsonObject,
			clientInfo: isJsonObject(info) ? info : undefined,
		},
		// And the key that it is found by. Who says as little as clients do is bounded by number.
		bytes: Math.max(0, 2 * text.length - uncountedBytes),
	};
}

function extensionsOf({ capabilities }: Envelope): JsonObject {
	const extensions = capabilities['extensions'];
	return isJsonObject(extensions) ? extensions : {};
}

/** Tasks are an extension now, which the client has to name. */
function isUnannounced(method: string, envelope: Envelope): boolean {
	return method.startsWith('tasks/') && extensionsOf(envelope)['io.modelcontextprotocol/tasks'] === undefined;
}
