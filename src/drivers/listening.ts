// Listening: the one stream on which a server of MCP 2026-07-28 tells what has changed.
import type { Introduction, ListKind, Note, Reply } from '../abi/driver.ts';
import { isJsonObject, type JsonObject, member } from '../abi/json.ts';
import { metaKeys } from '../abi/protocol.ts';
import type { MessageId } from '../wire/channel.ts';
import type { Link } from '../wire/link.ts';
import { errorReply, resultReply } from '../wire/message.ts';
import { messageId } from '../wire/message-id.ts';
import { Backoff } from './backoff.ts';
import type { Wrap } from './envelope.ts';

export interface ListeningOptions {
	readonly link: Link;
	readonly wrap: Wrap;
	/** Resources that the client wants to hear of. They outlive a connection, so they are the driver's own. */
	readonly subscribed: Set<string>;
	/** Tells the kernel. */
	readonly note: (note: Note) => void;
	readonly warn: (text: string) => void;
	/** The server can't be reached any more. */
	readonly lost: (reason: string) => void;
	readonly now: () => number;
	readonly schedule: (task: () => void, afterMs: number) => () => void;
	readonly random?: (() => number) | undefined;
}

/** One `subscriptions/listen`; a wider one is opened before the one it replaces is ended. */
interface Stream {
	readonly stop: AbortController;
	readonly uris: readonly string[];
	readonly since: number;
	id: MessageId | undefined;
	/** What the server agreed to; undefined before it did. */
	granted: JsonObject | undefined;
}

/** Failures in a row after which nothing more is expected of it. */
const maxFailures = 10;
const maxResources = 1000;
const answerWithinMs = 10_000;

const lists = [
	{ capability: 'tools', filter: 'toolsListChanged', kinds: ['tools'] },
	{ capability: 'prompts', filter: 'promptsListChanged', kinds: ['prompts'] },
	{ capability: 'resources', filter: 'resourcesListChanged', kinds: ['resources', 'resourceTemplates'] },
] as const;

export class Listening {
	readonly #options: ListeningOptions;
	readonly #backoff: Backoff;
	/** Lists whose changes the server says that it tells. */
	#offered: readonly (typeof lists)[number][] = [];
	/** The newest one last; more than one only until the newest is granted. */
	#streams: Stream[] = [];
	#failures = 0;
	/** The server told of changes before, so some may have been missed since. */
	#wasGranted = false;
	/** It knows no such request, or failed too often. */
	#isGivenUp = false;
	#isEnded = false;
	#stopTimer = () => {};
	/** What waits for an answer to its subscription. */
	readonly #waiting = new Set<(stream: Stream | undefined) => void>();

	constructor(options: ListeningOptions) {
		this.#options = options;
		this.#backoff = new Backoff(options.random === undefined ? {} : { random: options.random });
	}

	begin({ capabilities }: Introduction): void {
		this.#offered = lists.filter(({ capability }) => member(capabilities[capability], 'listChanged') === true);
		if (this.#offered.length > 0 || this.#options.subscribed.size > 0) this.#open();
	}

	/** Whether the server tells, now, of every change of this list. */
	covers(kind: ListKind): boolean {
		const granted = this.#granted()?.granted;
		return lists.some(({ filter, kinds }) => (kinds as readonly string[]).includes(kind) && granted?.[filter] === true);
	}

	/** The answer to `resources/subscribe` of an older client. */
	async subscribe(uri: string): Promise<Reply> {
		const { subscribed } = this.#options;
		if (this.#tells(uri)) return resultReply({});
		if (!subscribed.has(uri) && subscribed.size >= maxResources)
			return errorReply(-32603, `more than ${maxResources} resources are subscribed to`);
		subscribed.add(uri);
		if (this.#isGivenUp) return this.#unsubscribable(uri);
		const answered = this.#answer(uri);
		this.#open();
		await answered;
		return this.#tells(uri) ? resultReply({}) : this.#unsubscribable(uri);
	}

	/** The answer to `resources/unsubscribe`. */
	unsubscribe(uri: string): Reply {
		if (this.#options.subscribed.delete(uri) && !this.#isGivenUp) this.#open();
		return resultReply({});
	}

	acknowledged({ params }: Note): void {
		const id = messageId(member(member(params, '_meta'), metaKeys.subscriptionId));
		const granted = member(params, 'notifications');
		const stream = this.#streams.find((candidate) => candidate.id === id);
		if (stream === undefined || stream.granted !== undefined) return;
		stream.granted = isJsonObject(granted) ? granted : {};
		this.#failures = 0;
		const older = this.#streams.slice(0, this.#streams.indexOf(stream));
		this.#streams = this.#streams.slice(older.length);
		for (const { stop } of older) stop.abort();
		if (this.#wasGranted && older.length === 0) this.#tellWhatMayHaveChanged(stream);
		this.#wasGranted = true;
		for (const answered of [...this.#waiting]) answered(stream);
	}

	end(): void {
		this.#isEnded = true;
		this.#stopTimer();
		for (const { stop } of this.#streams.splice(0)) stop.abort();
		for (const answered of [...this.#waiting]) answered(undefined);
	}

	#granted(): Stream | undefined {
		return this.#streams.find(({ granted }) => granted !== undefined);
	}

	#tells(uri: string): boolean {
		const uris = member(this.#granted()?.granted, 'resourceSubscriptions');
		return Array.isArray(uris) && uris.includes(uri);
	}

	#unsubscribable(uri: string): Reply {
		this.#options.subscribed.delete(uri);
		return errorReply(-32603, 'the server does not tell of changes of this resource');
	}

	/** Resolves when a stream that asked for this resource was granted, or none will be. */
	#answer(uri: string): Promise<void> {
		return new Promise((resolve) => {
			const settle = () => {
				clearTimeout(timer);
				this.#waiting.delete(hear);
				resolve();
			};
			const hear = (stream: Stream | undefined) => {
				if (stream === undefined || stream.uris.includes(uri)) settle();
			};
			const timer = setTimeout(settle, answerWithinMs);
			this.#waiting.add(hear);
		});
	}

	#open(): void {
		if (this.#isEnded || this.#isGivenUp) return;
		this.#stopTimer();
		const { link, wrap, subscribed, now } = this.#options;
		const uris = [...subscribed];
		const filter: JsonObject = {
			...Object.fromEntries(this.#offered.map((list) => [list.filter, true])),
			...(uris.length === 0 ? {} : { resourceSubscriptions: uris }),
		};
		// Of several that nobody has granted yet the newest is enough.
		for (const stream of this.#streams.filter(({ granted }) => granted === undefined)) this.#drop(stream);
		if (Object.keys(filter).length === 0) {
			for (const stream of [...this.#streams]) this.#drop(stream);
			return;
		}
		const stop = new AbortController();
		const stream: Stream = { stop, uris, since: now(), id: undefined, granted: undefined };
		this.#streams.push(stream);
		const started = (id: MessageId) => {
			stream.id = id;
		};
		void link
			.request('subscriptions/listen', wrap({ notifications: filter }), { signal: stop.signal, started })
			.then((reply) => this.#over(stream, reply));
	}

	#drop(stream: Stream): void {
		this.#streams = this.#streams.filter((other) => other !== stream);
		stream.stop.abort();
	}

	/** The server ended it, or the connection did. */
	#over(stream: Stream, reply: Reply): void {
		if (this.#isEnded || !this.#streams.includes(stream)) return;
		this.#streams = this.#streams.filter((other) => other !== stream);
		// A wider one is on its way.
		if (this.#streams.length > 0) return;
		const { warn, lost, now, schedule } = this.#options;
		const code = reply.ok ? undefined : member(reply.body.value(), 'code');
		const isRefused = stream.granted === undefined && code === -32601;
		const isEmpty = stream.granted !== undefined && Object.keys(stream.granted).length === 0;
		this.#failures += 1;
		if (isRefused || isEmpty || this.#failures >= maxFailures) {
			this.#isGivenUp = true;
			for (const answered of [...this.#waiting]) answered(undefined);
			if (code === -32000) lost("the server can't be reached any more");
			else warn('the server does not tell what changes: its lists are read again when they are needed');
			return;
		}
		this.#stopTimer = schedule(() => this.#open(), this.#backoff.next(now() - stream.since));
	}

	/** Nobody listened for a while. */
	#tellWhatMayHaveChanged({ granted = {} }: Stream): void {
		const { note } = this.#options;
		for (const { capability, filter } of this.#offered)
			if (granted[filter] === true)
				note({ method: `notifications/${capability}/list_changed`, params: undefined, extra: {} });
		for (const uri of this.#options.subscribed)
			note({ method: 'notifications/resources/updated', params: { uri }, extra: {} });
	}
}
