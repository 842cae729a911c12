// Link: one side of a JSON-RPC conversation; both sides ask, answer and notify at the same time.
import type { Note, Reply } from '../abi/driver.ts';
import { type JsonObject, member } from '../abi/json.ts';
import { errorText } from '../abi/problem.ts';
import type { Channel, Malformed, Message, MessageId } from './channel.ts';
import { Inbox, type Incoming } from './inbox.ts';
import { errorReply, notificationText, replyText, shortened } from './message.ts';
import { messageId } from './message-id.ts';
import { Outbox, type RequestOptions } from './outbox.ts';

export type { Incoming } from './inbox.ts';
export type { RequestOptions } from './outbox.ts';

export interface LinkOptions {
	/** Who is at the other end. */
	readonly peer: 'client' | 'driver';
	/** Whether the revision in use has batches (2025-03-26 only); absent: never. */
	readonly acceptBatches?: () => boolean;
	/** How many requests of the other side may be in work at once; default 1,000. */
	readonly maxInFlight?: number;
}

export interface LinkEvents {
	/** Answers one request of the other side. `ping` never gets here. A rejection is answered with −32603. */
	request(incoming: Incoming): Promise<Reply>;
	/** Any notification but progress and cancellation, in the order they came. */
	note(note: Note): void;
	/** The other side is gone; called once, and not after {@link Link.close}. */
	close(reason: string): void;
	warn(text: string): void;
}

/**
 * Ids are the link's own in each direction, and so are progress tokens: what two parties chose for themselves never
 * meets on one connection.
 */
export class Link {
	readonly #channel: Channel;
	readonly #options: LinkOptions;
	readonly #outbox: Outbox;
	#inbox: Inbox | undefined;
	#events: LinkEvents | undefined;
	#closed: string | undefined;

	constructor(channel: Channel, options: LinkOptions) {
		this.#channel = channel;
		this.#options = options;
		this.#outbox = new Outbox((text, related) => this.#send(text, related));
	}

	/** Begins to deliver. Throws TrapgateError when the connection can't be made. */
	async start(events: LinkEvents): Promise<void> {
		this.#events = events;
		this.#inbox = new Inbox(events, this.#options.maxInFlight ?? 1000);
		await this.#channel.start({
			message: (message) => this.#receive(message),
			close: (reason) => this.#end(reason, true),
			warn: (text) => events.warn(text),
		});
	}

	/**
	 * Asks the other side. Never rejects for what it did: a closed connection is an error reply with −32000, silence
	 * one with −32001, and so is an abort of `signal` (the other side is told with `notifications/cancelled`).
	 */
	request(method: string, params?: JsonObject, options: RequestOptions = {}): Promise<Reply> {
		if (this.#closed !== undefined) return Promise.resolve(errorReply(-32000, `connection closed: ${this.#closed}`));
		return this.#outbox.request(method, params, options);
	}

	/** Sends a notification. `related` is the other side's request it belongs to. */
	notify(note: Note, related?: MessageId): Promise<void> {
		return this.#send(notificationText(note), related);
	}

	/** Ends the connection: what we asked is answered with an error, what we were asked is aborted. Idempotent. */
	async close(): Promise<void> {
		this.#end('closed on this side', false);
		await this.#channel.close();
	}

	#end(reason: string, tell: boolean): void {
		if (this.#closed !== undefined) return;
		this.#closed = reason;
		this.#outbox.settleAll(errorReply(-32000, `connection closed: ${reason}`));
		this.#inbox?.abortAll(reason);
		if (tell) this.#guard('close', () => this.#events?.close(reason));
	}

	#receive(message: Message | Malformed): void {
		if (this.#closed !== undefined) return;
		switch (message.kind) {
			case 'request':
				void this.#answer(message);
				return;
			case 'notification':
				this.#take(message);
				return;
			case 'response': {
				const { ok, body, extra } = message;
				const known = this.#outbox.settle(message.id, { ok, body, extra });
				if (!known) this.#events?.warn(`skipped a response to ${shortened(message.id)}, which nobody waits for`);
				return;
			}
			case 'malformed':
				if (message.batch === undefined) this.#refuse(message);
				else if (this.#options.acceptBatches?.() === true) void this.#answerBatch(message.batch);
				else this.#refuseBatch(message, message.batch);
				return;
			default:
				message satisfies never;
		}
	}

	async #answer(request: Message & { kind: 'request' }): Promise<void> {
		const reply = await this.#inbox?.answer(request);
		if (reply !== undefined) void this.#send(this.#write(request.id, reply), request.id);
	}

	/** A body that can't be written (a number JSON has no word for) must not leave the asker waiting. */
	#write(id: MessageId, reply: Reply): string {
		try {
			return replyText(id, reply);
		} catch (error) {
			this.#events?.warn(`an answer could not be written: ${errorText(error)}`);
			return replyText(id, errorReply(-32603, 'internal error'));
		}
	}

	#take(note: Message & { kind: 'notification' }): void {
		const { method, params, extra } = note;
		this.#guard(method, () => {
			if (method === 'notifications/cancelled')
				this.#inbox?.cancel(messageId(member(params, 'requestId')), member(params, 'reason'));
			else if (method === 'notifications/progress') this.#outbox.progress({ method, params, extra });
			else this.#events?.note({ method, params, extra });
		});
	}

	/** Answers what looks like a request, fails our own request that a garbled response was for, and warns. */
	#refuse(message: Malformed): void {
		const { id, about } = message;
		this.#events?.warn(`refused a message: ${message.message}`);
		if (about !== 'request' && id !== undefined) {
			const failed = this.#outbox.settle(id, errorReply(-32000, `the answer could not be read: ${message.message}`));
			if (failed) return;
		}
		if (this.#isAnswered(message)) void this.#send(refusalText(message), id);
	}

	/** A garbled response is never answered. A driver's junk is not either, unless it waits for an answer. */
	#isAnswered({ id, about }: Malformed): boolean {
		if (this.#options.peer === 'driver') return about === 'request' && id !== undefined;
		return about !== 'response';
	}

	#refuseBatch(message: Malformed, batch: readonly (Message | Malformed)[]): void {
		this.#events?.warn(`refused a message: ${message.message}`);
		const unread = errorReply(-32000, `the answer could not be read: ${message.message}`);
		for (const entry of batch) if (entry.kind === 'response') this.#outbox.settle(entry.id, unread);
		const first = batch.find((entry) => entry.kind === 'request');
		if (this.#options.peer === 'client') void this.#send(refusalText(message), first?.id);
	}

	/** All answers of a batch go out as one array; notifications have none. */
	async #answerBatch(batch: readonly (Message | Malformed)[]): Promise<void> {
		const answers: Promise<string | undefined>[] = [];
		let first: MessageId | undefined;
		for (const entry of batch) {
			if (entry.kind === 'request') {
				first ??= entry.id;
				const answer = async () => {
					const reply = entry.method === 'initialize' ? inBatch : await this.#inbox?.answer(entry);
					return reply === undefined ? undefined : this.#write(entry.id, reply);
				};
				answers.push(answer());
			} else if (entry.kind === 'malformed' && this.#isAnswered(entry)) {
				answers.push(Promise.resolve(refusalText(entry)));
			} else this.#receive(entry);
		}
		const texts = (await Promise.all(answers)).filter((text) => text !== undefined);
		if (texts.length > 0) await this.#send(`[${texts.join(',')}]`, first);
	}

	async #send(text: string, related: MessageId | undefined): Promise<void> {
		if (this.#closed !== undefined) return;
		try {
			await this.#channel.send(text, related);
		} catch (error) {
			this.#end(errorText(error), true);
		}
	}

	#guard(what: string, act: () => void): void {
		try {
			act();
		} catch (error) {
			this.#events?.warn(`handling ${what} failed: ${errorText(error)}`);
		}
	}
}

const inBatch = errorReply(-32600, 'initialize must not be part of a batch');

function refusalText(message: Malformed): string {
	return replyText(message.id ?? null, errorReply(message.code, message.message));
}
