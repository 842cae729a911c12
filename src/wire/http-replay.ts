// What was sent on a session's streams, kept for a while, so that a stream that broke goes on where it broke.
import { createHash } from 'node:crypto';
import type { EventStream } from './http-answer.ts';
import type { CallerMemory } from './http-memory.ts';
import { requestHead } from './message.ts';

export interface ReplayOptions {
	readonly sessionId: string;
	/** Whose it is; of what waits for a client whose connection broke, as much is kept as may be queued on a stream. */
	readonly memory: CallerMemory;
	readonly now: () => number;
	/** Told of a message that no connection ever took, and none will. */
	readonly unsent: (text: string) => void;
}

/** What a stream is sent on. */
export type Connection = Pick<EventStream, 'isOpen' | 'send' | 'prime' | 'keepAlive' | 'end' | 'leave'>;

export interface Kept {
	readonly stream: KeptStream;
	readonly at: number;
	readonly id: string;
	readonly since: number;
	text: string;
	/** What is said in its place when it is given up: whoever waits for an answer gets an error. */
	instead: string | undefined;
	/** Has no connection taken it yet? */
	isWaiting: boolean;
}

/** What a client comes back to. */
export interface Missed {
	readonly stream: KeptStream;
	readonly events: readonly Kept[];
}

/** Of what a connection took, and as many again of what none took yet. */
const maxEvents = 256;
/** Of what a connection took, in UTF-16 units. */
const maxLength = 4 * 1024 * 1024;
/** How long something waits for a client whose connection broke. */
const maxWaitMs = 10 * 60_000;

export class Replay {
	/** Stands in every id: the id of another session's event means nothing here. */
	readonly #tag: string;
	readonly #options: ReplayOptions;
	readonly #streams = new Map<number, KeptStream>();
	/** Those first that are given up first. */
	readonly #kept: Kept[] = [];
	readonly #taken = { count: 0, length: 0 };
	readonly #waiting = { count: 0, length: 0 };
	#lastStream = 0;
	#next = 1;

	constructor(options: ReplayOptions) {
		this.#options = options;
		this.#tag = createHash('sha256').update(`events of ${options.sessionId}`).digest('hex').slice(0, 16);
	}

	/** A new stream: of the answer to one POST, or of what belongs to no request. */
	open(kind: KeptStream['kind'], connection: Connection): KeptStream {
		this.#lastStream += 1;
		const stream = new KeptStream(this, kind, this.#lastStream, connection);
		this.#streams.set(stream.number, stream);
		return stream;
	}

	/** An id to come back with before there is anything to keep. */
	mark(stream: KeptStream): string {
		this.#next += 1;
		return this.#id(stream, this.#next - 1);
	}

	/** Keeps what is about to be sent, if there is room for it. */
	keep(stream: KeptStream, text: string, instead?: string): Kept {
		const at = this.#next;
		const since = this.#options.now();
		this.#next += 1;
		const kept = { stream, at, id: this.#id(stream, at), since, text, instead, isWaiting: true };
		stream.kept += 1;
		if (this.#options.memory.take(text.length)) {
			this.#kept.push(kept);
			this.#count(kept, 1);
			this.#trim();
		} else this.#doWithout(kept);
		return kept;
	}

	/** A connection took it: now it is kept only in case that broke before the client had it. */
	taken(kept: Kept): void {
		const index = kept.isWaiting ? this.#kept.indexOf(kept) : -1;
		if (index === -1) return;
		this.#count(kept, -1);
		kept.isWaiting = false;
		this.#count(kept, 1);
		// It may have waited for long.
		this.#kept.splice(index, 1);
		this.#kept.push(kept);
		this.#trim();
	}

	/**
	 * The stream of this event and what was sent on it since; undefined for an id that is not of this session, or so old
	 * that something since may be gone. An answer is worth having also where something before it is gone; `over`: it is
	 * not kept any more itself.
	 */
	after(id: string): Missed | 'over' | undefined {
		const [, tag, mark, digits, position] = /^([0-9a-f]{16})\.(a?)(\d{1,9})\.(\d{1,15})$/.exec(id) ?? [];
		const number = Number(digits);
		const last = Number(position);
		if (tag !== this.#tag || number < 1 || number > this.#lastStream || last >= this.#next) return undefined;
		const stream = this.#streams.get(number);
		const kind = mark === 'a' ? 'answer' : 'general';
		if (stream === undefined) return kind === 'answer' ? 'over' : undefined;
		if (stream.kind !== kind || (kind === 'general' && last < stream.lost)) return undefined;
		const missed = this.#kept.filter((event) => event.stream === stream && event.at > last);
		return { stream, events: missed.sort((one, other) => one.at - other.at) };
	}

	/** Gives up what is kept in case only. */
	spare(bytes: number): void {
		const enough = this.#taken.length - bytes;
		while (this.#taken.count > 0 && this.#taken.length > enough) this.#forget(this.#kept.find(isTaken));
	}

	/** Nobody can come back any more. */
	close(): void {
		for (const { text } of this.#kept.splice(0)) this.#options.memory.give(text.length);
		this.#streams.clear();
	}

	/** Called now and then. */
	tick(): void {
		const latest = this.#options.now() - maxWaitMs;
		for (const kept of [...this.#kept]) {
			// What stands for an answer is short, and stays as long as there is room; whoever asks must not wait for ever.
			if (kept.isWaiting && kept.since <= latest && isOutlived(kept)) this.#giveUp(kept);
		}
	}

	/** Forgets a stream that nobody can come back to. */
	forgetIfDone(stream: KeptStream): void {
		if (stream.kept === 0 && stream.isDone) this.#streams.delete(stream.number);
	}

	#id({ kind, number }: KeptStream, at: number): string {
		return `${this.#tag}.${kind === 'answer' ? 'a' : ''}${number}.${at}`;
	}

	#count({ isWaiting, text }: Kept, sign: 1 | -1): void {
		const sum = isWaiting ? this.#waiting : this.#taken;
		sum.count += sign;
		sum.length += sign * text.length;
	}

	#trim(): void {
		const { maxQueuedBytes } = this.#options.memory;
		while (this.#taken.count > maxEvents) this.#forget(this.#kept.find(isTaken));
		while (this.#taken.length > maxLength) this.#giveUp(this.#kept.find(isTaken));
		while (this.#waiting.count > maxEvents) this.#forget(this.#leastWaiting());
		while (this.#waiting.length > maxQueuedBytes) this.#giveUp(this.#leastWaiting());
	}

	/** Nobody waits for a notification. */
	#leastWaiting(): Kept | undefined {
		return (
			this.#kept.find(({ isWaiting, text }) => isWaiting && isNote(text)) ??
			this.#kept.find(({ isWaiting }) => isWaiting)
		);
	}

	#forget(kept: Kept | undefined): void {
		if (kept !== undefined) this.#giveUp(Object.assign(kept, { instead: undefined }));
	}

	#giveUp(kept: Kept | undefined): void {
		if (kept === undefined) return;
		this.#kept.splice(this.#kept.indexOf(kept), 1);
		this.#count(kept, -1);
		this.#options.memory.give(kept.text.length);
		this.#doWithout(kept);
	}

	/** In its place is what is said instead, and where that was said already, nothing. */
	#doWithout(kept: Kept): void {
		const { stream, instead } = kept;
		if (kept.isWaiting && !stream.isOpen && !stream.isPitied) {
			stream.isPitied = true;
			this.#options.memory.lost(
				'kept',
				'a message was dropped: its client did not come back for it in time, or too much waits',
			);
		}
		if (instead !== undefined) {
			kept.text = instead;
			kept.instead = undefined;
			this.#options.memory.takeAnyway(instead.length);
			this.#kept.push(kept);
			this.#count(kept, 1);
			return;
		}
		if (kept.isWaiting && !stream.isOpen) this.#options.unsent(kept.text);
		stream.kept -= 1;
		stream.lost = Math.max(stream.lost, kept.at);
		this.forgetIfDone(stream);
	}
}

/** A stream of events on the connection that it has now. */
export class KeptStream {
	readonly kind: 'answer' | 'general';
	/** Stays when the connection changes. */
	readonly number: number;
	/** How many of its events are kept, and up to which some are not. */
	kept = 0;
	lost = 0;
	/** Was it said that something of it was dropped? */
	isPitied = false;
	readonly #replay: Replay;
	#connection: Connection;
	#isOver = false;

	constructor(replay: Replay, kind: KeptStream['kind'], number: number, connection: Connection) {
		this.#replay = replay;
		this.kind = kind;
		this.number = number;
		this.#connection = connection;
	}

	get connection(): Connection {
		return this.#connection;
	}

	get isOpen(): boolean {
		return this.#connection.isOpen;
	}

	/** Was all said that there is to say? */
	get isOver(): boolean {
		return this.#isOver;
	}

	/** Will nothing be sent on it that is not kept already? */
	get isDone(): boolean {
		return this.#isOver || (this.kind === 'general' && !this.isOpen);
	}

	/** Tells the client how to come back before there is anything to say (MCP 2025-11-25). */
	prime(): void {
		this.#connection.prime(this.#replay.mark(this));
	}

	/** Sends one message, or keeps it until the client comes back. Resolves as {@link EventStream.send} does. */
	send(text: string, instead?: string): Promise<void> {
		return this.#sendKept(this.#replay.keep(this, text, instead), text);
	}

	keepAlive(): void {
		this.#connection.keepAlive();
	}

	/** All was said. */
	end(): void {
		this.#isOver = true;
		this.#connection.end();
		this.#replay.forgetIfDone(this);
	}

	/** Goes on where its client is now. The connection that broke may look open to us for a while yet. */
	moveTo(connection: Connection, missed: readonly Kept[]): void {
		const broken = this.#connection;
		this.#connection = connection;
		broken.leave();
		for (const kept of missed) void this.#sendKept(kept, kept.text);
		if (this.#isOver) connection.end();
	}

	/** What is kept may have become less meanwhile; who has a connection gets all of it. */
	async #sendKept(kept: Kept, text: string): Promise<void> {
		if (await this.#connection.send(text, kept.id)) this.#replay.taken(kept);
	}
}

const isTaken = ({ isWaiting }: Kept) => !isWaiting;

function isOutlived({ text, instead }: Kept): boolean {
	return instead !== undefined || isNote(text) || requestHead(text) !== undefined;
}

/** Of texts that were written here. */
function isNote(text: string): boolean {
	return text.startsWith('{"jsonrpc":"2.0","method":');
}
