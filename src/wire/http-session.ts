// One client's session over Streamable HTTP: its POSTs in work, its event streams, and which message goes where.
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { member } from '../abi/json.ts';
import type { Channel, ChannelEvents, Malformed, Message, MessageId } from './channel.ts';
import type { HttpCaller } from './http-admission.ts';
import { EventStream, type Keeping, PostAnswer, refuse, sendEmpty } from './http-answer.ts';
import type { CallerMemory } from './http-memory.ts';
import { type KeptStream, type Missed, Replay } from './http-replay.ts';
import { errorReply, isReplyTo, requestHead, shortened } from './message.ts';
import { messageId } from './message-id.ts';

export interface SessionOptions {
	readonly id: string;
	readonly caller: HttpCaller;
	readonly memory: CallerMemory;
	readonly now: () => number;
	/** Counts the body that came with this response's request until it is called back. Not asked for an introduction. */
	readonly keepBody: (response: ServerResponse) => () => void;
	/** Called once, when the session is over for whatever reason. */
	readonly ended: () => void;
}

/** How many messages wait for a client that has not opened a stream yet. */
const maxBacklog = 256;
/** And how much, in UTF-16 units. */
const maxBacklogLength = 16 * 1024 * 1024;
/** How many streams one client may have open for messages that belong to no request. */
const maxStreams = 4;

/** The first revision whose clients know events that say nothing but their id. */
const primedSince = '2025-11-25';

const notAsked = errorReply(-32000, 'the client did not come to be asked');

export class HttpSession implements Channel {
	readonly id: string;
	readonly caller: HttpCaller;
	readonly #options: SessionOptions;
	readonly #headers: OutgoingHttpHeaders;
	/** The POST each request came by, until it is answered: also when the client has hung up meanwhile. */
	readonly #posts = new Map<MessageId, PostAnswer>();
	readonly #backlog: string[] = [];
	#backlogLength = 0;
	/** Those that are open for messages that belong to no request. */
	#streams: KeptStream[] = [];
	readonly #replay: Replay;
	readonly #spared: () => void;
	#events: ChannelEvents | undefined;
	/** What came before `start`. */
	#early: (Message | Malformed)[] = [];
	#opening: PostAnswer | undefined;
	#closed: string | undefined;
	#usedAt: number;

	constructor(options: SessionOptions) {
		this.id = options.id;
		this.caller = options.caller;
		this.#options = options;
		this.#headers = { 'mcp-session-id': options.id };
		this.#usedAt = options.now();
		const { id: sessionId, memory, now } = options;
		this.#replay = new Replay({ sessionId, memory, now, unsent: (text) => this.#unsent(text) });
		this.#spared = memory.use(this.#replay);
	}

	async start(events: ChannelEvents): Promise<void> {
		this.#events = events;
		for (const message of this.#early.splice(0)) events.message(message);
		if (this.#closed !== undefined) events.close(this.#closed);
	}

	/** Takes what one POST carried: a message or a batch without malformed parts. */
	receive(message: Message | Malformed, response: ServerResponse): void {
		this.#usedAt = this.#options.now();
		const parts = message.kind === 'malformed' ? (message.batch ?? []) : [message];
		const ids = requestIds(parts);
		const taken = ids.find((id, index) => this.#posts.has(id) || ids.indexOf(id) !== index);
		if (taken !== undefined) {
			refuse(response, 400, -32600, `the request id ${shortened(taken)} is already in use`, { id: taken });
			return;
		}
		if (ids.length === 0) sendEmpty(response, 202);
		else {
			const isIntroduction = message.kind === 'request' && message.method === 'initialize';
			// Who is not introduced yet has nothing to come back to.
			const keeping = isIntroduction ? undefined : this.#keepingFor(response);
			const letGo = isIntroduction ? () => undefined : this.#options.keepBody(response);
			const post = new PostAnswer(ids, response, this.#headers, this.#options.memory, { keeping, letGo });
			for (const id of ids) this.#posts.set(id, post);
			if (isIntroduction) this.#open(post, response);
		}
		if (this.#events === undefined) this.#early.push(message);
		else this.#events.message(message);
		for (const part of parts) if (part.kind === 'notification') this.#forgetCancelled(part);
	}

	/**
	 * Opens a stream for messages that belong to no request. After the id of an event, that event's stream goes on with what
	 * came since, also where it is the answer to a POST; an id that says nothing here opens a new one.
	 */
	listen(response: ServerResponse, lastEventId?: string): void {
		this.#usedAt = this.#options.now();
		const missed = lastEventId === undefined ? undefined : this.#replay.after(lastEventId);
		if (missed === 'over') refuse(response, 400, -32600, 'what was sent on this stream is not kept any more');
		else if (missed?.stream.kind === 'answer') this.#takeUp(missed, response);
		else this.#listen(response, missed);
	}

	send(text: string, related?: MessageId): Promise<void> {
		const post = related === undefined ? undefined : this.#posts.get(related);
		if (related !== undefined && (text.startsWith('[') || isReplyTo(text, related))) return this.#answer(text, post);
		if (post?.isReachable) return post.send(text);
		return this.#toStream(text);
	}

	/** Ends the session on our side. */
	async close(): Promise<void> {
		this.end('closed on this side', false);
	}

	/** Ends the session; `tell` passes the news on. */
	end(reason: string, tell = true): void {
		if (this.#closed !== undefined) return;
		this.#closed = reason;
		for (const post of new Set(this.#posts.values())) post.fail('this session is over');
		for (const { connection } of this.#streams) connection.end();
		this.#posts.clear();
		this.#takeBacklog();
		this.#replay.close();
		this.#spared();
		this.#options.ended();
		if (tell) this.#events?.close(reason);
	}

	/** Called now and then: keeps connections alive, and says whether the session is in use. */
	tick(idleMs: number): 'in use' | 'idle' {
		const posts = new Set(this.#posts.values());
		for (const post of posts) post.keepAlive();
		for (const stream of this.#streams) stream.keepAlive();
		this.#replay.tick();
		const isIdle = posts.size === 0 && this.#streams.length === 0 && this.#options.now() - this.#usedAt >= idleMs;
		return isIdle ? 'idle' : 'in use';
	}

	/** Until it is answered, the client does not know the session; if it hangs up first, nobody ever will. */
	#open(post: PostAnswer, response: ServerResponse): void {
		this.#opening = post;
		response.once('close', () => {
			if (this.#opening === post) this.end('the client hung up before it was introduced');
		});
	}

	#answer(text: string, post: PostAnswer | undefined): Promise<void> {
		if (post === undefined) return Promise.resolve();
		for (const id of post.ids) this.#posts.delete(id);
		this.#usedAt = this.#options.now();
		if (post !== this.#opening) return post.finish(text);
		this.#opening = undefined;
		const [id] = post.ids;
		if (!post.isOpen) this.end('the client hung up before it was introduced');
		if (id !== undefined && text.startsWith(`{"jsonrpc":"2.0","id":${id},"result":`)) return post.finish(text);
		const sent = post.finish(text, {});
		this.end('the client was not accepted');
		return sent;
	}

	/** The link answers no cancelled request, so nobody may wait for one. */
	#forgetCancelled({ method, params }: Message & { kind: 'notification' }): void {
		const id = method === 'notifications/cancelled' ? messageId(member(params, 'requestId')) : undefined;
		const post = id === undefined ? undefined : this.#posts.get(id);
		if (id === undefined || post === undefined || post === this.#opening) return;
		post.waiting.delete(id);
		if (post.waiting.size > 0) return;
		for (const each of post.ids) this.#posts.delete(each);
		post.abandon();
	}

	#listen(response: ServerResponse, missed: Missed | undefined): void {
		const events = new EventStream(response, this.#headers, this.#options.memory);
		const stream = missed?.stream ?? this.#replay.open('general', events);
		response.once('close', () => {
			this.#usedAt = this.#options.now();
			// It may be on another connection since.
			if (stream.connection !== events) return;
			this.#streams = this.#streams.filter((each) => each !== stream);
			this.#replay.forgetIfDone(stream);
		});
		if (missed !== undefined) stream.moveTo(events, missed.events);
		// The newest is the one the client looks at: an older one may hang on a connection that is long dead.
		this.#streams = [...this.#streams.filter((each) => each !== stream), stream];
		if (this.#streams.length > maxStreams) this.#streams[0]?.connection.end();
		for (const text of this.#takeBacklog()) void stream.send(text);
	}

	#keepingFor({ req: { headers } }: ServerResponse): Keeping {
		const version = headers['mcp-protocol-version'];
		return { replay: this.#replay, isPrimed: typeof version === 'string' && version >= primedSince };
	}

	/** The answer to a POST goes on where its client is now. */
	#takeUp({ stream, events }: Missed, response: ServerResponse): void {
		// A client that asks has all of it; asked again, it must not be told of a stream that ends at once, over and over.
		if (stream.isOver && events.length === 0) {
			sendEmpty(response, 204, this.#headers);
			return;
		}
		response.once('close', () => {
			this.#usedAt = this.#options.now();
		});
		stream.moveTo(new EventStream(response, this.#headers, this.#options.memory), events);
	}

	#toStream(text: string): Promise<void> {
		if (this.#closed !== undefined) return Promise.resolve();
		const stream = this.#streams.findLast(({ isOpen }) => isOpen);
		if (stream !== undefined) return stream.send(text);
		if (this.#options.memory.take(text.length)) {
			this.#backlog.push(text);
			this.#backlogLength += text.length;
		} else this.#unheard(text);
		while (this.#backlog.length > maxBacklog || this.#backlogLength > maxBacklogLength) {
			const oldest = this.#backlog.shift() ?? '';
			this.#backlogLength -= oldest.length;
			this.#options.memory.give(oldest.length);
			this.#unheard(oldest);
		}
		return Promise.resolve();
	}

	#unheard(text: string): void {
		this.#options.memory.lost('kept', 'a message was dropped because its client has no stream open');
		this.#unsent(text);
	}

	/** Whoever asked must not wait for an answer to what nobody was asked. */
	#unsent(text: string): void {
		const id = requestHead(text)?.id;
		if (id !== undefined) this.#events?.message({ kind: 'response', id, ok: false, body: notAsked.body, extra: {} });
	}

	#takeBacklog(): readonly string[] {
		this.#options.memory.give(this.#backlogLength);
		this.#backlogLength = 0;
		return this.#backlog.splice(0);
	}
}

function requestIds(parts: readonly (Message | Malformed)[]): readonly MessageId[] {
	const ids: MessageId[] = [];
	for (const part of parts) if (part.kind === 'request') ids.push(part.id);
	return ids;
}
