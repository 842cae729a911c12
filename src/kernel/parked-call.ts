// A call of a client that can't be asked while it waits: what is asked meanwhile ends the round, and a retry begins the next.
import type { CancelSignal } from '../abi/cancel.ts';
import type { Note, Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import { type LogLevel, logLevels } from '../wire/envelope.ts';
import { rawOf } from '../wire/json.ts';
import { errorReply } from '../wire/message.ts';
import type { ClientAsk } from './client-port.ts';
import type { Bound, Tickets } from './request-state.ts';

/** The client, while one of its requests waits for this call. */
export interface Visit {
	/** Aborted when that request is cancelled, which cancels the call. */
	readonly signal: CancelSignal;
	readonly progressToken: Json | undefined;
	readonly logLevel: LogLevel | undefined;
	notify(note: Note): void;
}

/** How one round ended. */
export type Round =
	| { readonly is: 'over'; readonly reply: Reply }
	| { readonly is: 'waiting'; readonly inputRequests: JsonObject; readonly requestState: string };

/** What one caller may have waiting. */
export interface WaitingRoom {
	/** Counts so many bytes; false where there is no room for them. */
	take(bytes: number): boolean;
	give(bytes: number): void;
	/** Says and counts that a question could not be asked. */
	lost(why: 'unasked', what: string): void;
}

export interface ParkedCallOptions {
	/** No secret: who comes back for it shows a ticket. */
	readonly id: string;
	/** Asked for only when the client has to come back. */
	readonly bound: () => Bound;
	readonly tickets: Tickets;
	readonly now: () => number;
	/** How long the client has for what says nothing about it itself. */
	readonly longestWaitMs: number;
	/** May this call wait for its client at all, and are there not too many that do? */
	readonly mayWait: () => boolean;
	/** Undefined: nobody counts. */
	readonly room?: WaitingRoom | undefined;
	/** Called once, when nobody can come back for it any more. */
	readonly over: () => void;
}

interface Question {
	readonly method: string;
	readonly params: JsonObject;
	readonly deadline: number;
	settle(reply: Reply): void;
}

export class ParkedCall {
	readonly #options: ParkedCallOptions;
	readonly #controller = new AbortController();
	readonly #questions = new Map<string, Question>();
	#asked = 0;
	#round = 0;
	#visit: Visit | undefined;
	#reply: Reply | undefined;
	#isOver = false;
	#wake: () => void = () => undefined;
	#timer: NodeJS.Timeout | undefined;

	constructor(options: ParkedCallOptions) {
		this.#options = options;
	}

	/** Aborted when the client cancels, goes away or does not come back. */
	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	get isWaiting(): boolean {
		return this.#questions.size > 0;
	}

	/** The round that may be answered now. */
	get round(): number {
		return this.#round;
	}

	/** Takes the work that this call is. */
	run(work: Promise<Reply>): void {
		work.then(
			(reply) => this.#settle(reply),
			() => this.#settle(errorReply(-32603, 'internal error')),
		);
	}

	/** Stays with the call until it is over, or needs an answer of the client. */
	async stay(visit: Visit): Promise<Round> {
		clearTimeout(this.#timer);
		this.#visit = visit;
		const leave = () => this.end(visit.signal.reason);
		visit.signal.addEventListener('abort', leave, { once: true });
		if (visit.signal.aborted) leave();
		try {
			for (;;) {
				// What is asked in the same turn is asked together.
				if (this.#isAsking()) await new Promise((resolve) => setImmediate(resolve));
				if (this.#isAsking()) return this.#park();
				if (this.#reply !== undefined) {
					this.#end();
					return { is: 'over', reply: this.#reply };
				}
				await new Promise<void>((resolve) => {
					this.#wake = resolve;
				});
			}
		} finally {
			visit.signal.removeEventListener('abort', leave);
			this.#visit = undefined;
		}
	}

	/** Asks the client at the end of this round. Resolves with its answer, or an error when there won't be one. */
	ask(method: string, params: JsonObject, { signal, timeoutMs, key: wanted }: ClientAsk): Promise<Reply> {
		const { mayWait, room, now, longestWaitMs } = this.#options;
		if (this.#isOver || !mayWait()) return Promise.resolve(errorReply(-32603, 'the client can not be asked now'));
		if (signal?.aborted === true) return Promise.resolve(withdrawn);
		const bytes = room === undefined ? 0 : JSON.stringify(params).length;
		if (room?.take(bytes) === false) {
			room.lost('unasked', `a question (${method}) could not be asked: too much waits for this caller`);
			return Promise.resolve(errorReply(-32603, 'the client can not be asked now: too much waits for it'));
		}
		const key = this.#keyFor(wanted);
		const deadline = now() + Math.min(timeoutMs ?? longestWaitMs, longestTimerMs);
		return new Promise((resolve) => {
			const withdraw = () => settle(withdrawn);
			const settle = (reply: Reply) => {
				signal?.removeEventListener('abort', withdraw);
				// Once: an answer may come when it is withdrawn.
				if (this.#questions.delete(key)) room?.give(bytes);
				resolve(reply);
			};
			signal?.addEventListener('abort', withdraw, { once: true });
			this.#questions.set(key, { method, params, deadline, settle });
			this.#wake();
		});
	}

	/**
	 * Takes the answers of a retry, and makes its ticket worthless. What is still asked is asked again; what nobody
	 * asked is not read. Returns what is wrong with them, in which case nothing was taken.
	 */
	resume(responses: JsonObject): string | undefined {
		const answered = [...this.#questions].flatMap(([key, question]) =>
			Object.hasOwn(responses, key) ? [{ key, question, response: responses[key] as Json }] : [],
		);
		const wrong = answered.find(({ question, response }) => !isResponse(question.method, response));
		if (wrong !== undefined) return `\`inputResponses.${wrong.key}\` is no answer to ${wrong.question.method}`;
		this.#round += 1;
		for (const { question, response } of answered) question.settle({ ok: true, body: rawOf(response), extra: {} });
		return undefined;
	}

	/** Something that the call says while it runs. It reaches the client only while that waits, and as far as it wants it. */
	tell(note: Note): void {
		const visit = this.#visit;
		if (visit === undefined) return;
		switch (note.method) {
			case 'notifications/progress': {
				const { progressToken } = visit;
				if (progressToken !== undefined) visit.notify({ ...note, params: { ...note.params, progressToken } });
				return;
			}
			case 'notifications/message': {
				const level = (logLevels as readonly string[]).indexOf(stringMember(note.params, 'level') ?? '');
				if (visit.logLevel !== undefined && level >= logLevels.indexOf(visit.logLevel)) visit.notify(note);
				return;
			}
			default:
				visit.notify(note);
		}
	}

	/** Cancels what runs, and everything that is asked. Idempotent. */
	end(reason: unknown): void {
		if (this.#isOver) return;
		this.#end();
		this.#controller.abort(reason);
	}

	/** Nobody is asked again for a call that is over: its driver may have died meanwhile. */
	#isAsking(): boolean {
		const isAnswered = this.#reply !== undefined && this.#round > 0;
		return this.#questions.size > 0 && !isAnswered;
	}

	/** A name that no other open question has: two who ask could want the same one. */
	#keyFor(wanted: string | undefined): string {
		if (wanted !== undefined && !this.#questions.has(wanted)) return wanted;
		let key: string;
		do {
			this.#asked += 1;
			key = `ask-${this.#asked}`;
		} while (this.#questions.has(key));
		return key;
	}

	#end(): void {
		if (this.#isOver) return;
		this.#isOver = true;
		clearTimeout(this.#timer);
		for (const question of [...this.#questions.values()]) question.settle(unanswered);
		this.#options.over();
	}

	#settle(reply: Reply): void {
		this.#reply = reply;
		this.#wake();
	}

	/** Writes the questions down, and waits for the client to come back: as long as the first of them can wait. */
	#park(): Round {
		const { id, tickets, bound, now } = this.#options;
		this.#round += 1;
		const expires = Math.min(...[...this.#questions.values()].map(({ deadline }) => deadline));
		this.#timer = setTimeout(() => this.end('the client did not come back'), Math.max(0, expires - now()));
		this.#timer.unref();
		const inputRequests = Object.fromEntries(
			[...this.#questions].map(([key, { method, params }]) => [key, { method, params }]),
		);
		const requestState = tickets.write({ call: id, round: this.#round, expires }, bound());
		return { is: 'waiting', inputRequests, requestState };
	}
}

/** What a timer holds. */
const longestTimerMs = 2 ** 31 - 1;

const withdrawn = errorReply(-32000, 'the request was cancelled');
const unanswered = errorReply(-32001, 'the client did not answer');

/** Has the answer the form that the request wants? */
function isResponse(method: string, response: Json): boolean {
	if (!isJsonObject(response)) return false;
	switch (method) {
		case 'elicitation/create':
			return ['accept', 'decline', 'cancel'].includes(stringMember(response, 'action') ?? '');
		case 'roots/list':
			return Array.isArray(member(response, 'roots'));
		case 'sampling/createMessage':
			return typeof response['role'] === 'string' && response['content'] !== undefined;
		default:
			return false;
	}
}
