// One event stream of a remote server, over all the connections it takes.
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '../abi/problem.ts';
import { EventReader } from './event-reader.ts';
import { discard, type HttpEndpoint, mediaType } from './http-endpoint.ts';

/** How a broken stream is tried again: waits double from `firstMs` to `maxMs`, unless the server says how long. */
export interface Retry {
	readonly firstMs: number;
	readonly maxMs: number;
	/** How many failures in a row end it. */
	readonly attempts: number;
}

export interface StreamOptions {
	readonly endpoint: HttpEndpoint;
	readonly retry: Retry;
	/** The most one event may hold, in UTF-16 units. */
	readonly maxLength: number;
	/** The headers of the session as it is now. */
	readonly headers: () => Readonly<Record<string, string>>;
	/** One message, not yet read. */
	readonly message: (text: string) => void;
	readonly warn: (text: string) => void;
}

/** The shortest and the longest a server can make us wait: it may neither keep us spinning nor put us off for good. */
const retryLimitsMs = { least: 50, most: 10 * 60_000 };

export class ServerStream {
	readonly #options: StreamOptions;
	#lastId = '';
	#retryMs: number | undefined;
	/** Connections in a row that brought nothing. */
	#quiet = 0;

	constructor(options: StreamOptions) {
		this.#options = options;
	}

	/** Whether the server gave an id to go on after. */
	get canResume(): boolean {
		return this.#lastId !== '';
	}

	/** Waits as long as the server asked for, or ever longer. Rejects when aborted. */
	async pause(signal: AbortSignal): Promise<void> {
		const { firstMs, maxMs } = this.#options.retry;
		const ms = this.#retryMs ?? Math.min(firstMs * 2 ** Math.max(0, this.#quiet - 1), maxMs);
		await sleep(Math.min(Math.max(ms, retryLimitsMs.least), retryLimitsMs.most), undefined, { signal });
	}

	/** Connects, at the first time or again, and reads to the end; the HTTP status, or 0 when there was no answer. */
	async connect(signal: AbortSignal): Promise<number> {
		const { endpoint, headers } = this.#options;
		const resume = this.canResume ? { 'last-event-id': this.#lastId } : undefined;
		try {
			const all = { ...headers(), ...resume, accept: 'text/event-stream' };
			const response = await endpoint.ask({ method: 'GET', headers: all, signal });
			if (response.ok && mediaType(response) === 'text/event-stream') await this.read(response);
			else {
				this.#quiet += 1;
				await discard(response);
				// Success without a stream is no stream.
				return response.ok ? 406 : response.status;
			}
			return response.status;
		} catch {
			this.#quiet += 1;
			return 0;
		}
	}

	/** Passes on the messages of one connection until it ends or breaks. */
	async read(response: Response): Promise<void> {
		const { endpoint, maxLength, message, warn } = this.#options;
		this.#quiet += 1;
		// Fatal: a byte that is no UTF-8 must not become a character that the server did not send.
		const decoder = new TextDecoder('utf-8', { fatal: true });
		const reader = new EventReader(maxLength, {
			event: ({ type, data }) => {
				this.#quiet = 0;
				if (type === 'message') message(data);
			},
			id: (id) => {
				this.#lastId = id;
			},
			retry: (ms) => {
				this.#retryMs = ms;
			},
		});
		try {
			for await (const chunk of response.body ?? []) reader.push(decoder.decode(chunk, { stream: true }));
		} catch (error) {
			warn(`a stream of ${endpoint.name} broke: ${errorText(error)}`);
		}
	}
}
