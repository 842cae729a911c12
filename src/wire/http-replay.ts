// What was sent on a session's streams, kept for a while, so that a stream that broke goes on where it broke.
import { createHash } from 'node:crypto';

interface Kept {
	readonly stream: number;
	readonly at: number;
	readonly text: string;
}

const maxEvents = 256;
/** In UTF-16 units. */
const maxLength = 4 * 1024 * 1024;

export class Replay {
	/** Stands in every id: the id of another session's event means nothing here. */
	readonly #tag: string;
	readonly #kept: Kept[] = [];
	#length = 0;
	#streams = 0;
	#next = 1;
	#dropped = 0;

	constructor(sessionId: string) {
		this.#tag = createHash('sha256').update(`events of ${sessionId}`).digest('hex').slice(0, 16);
	}

	/** A new stream, by its number. */
	open(): number {
		this.#streams += 1;
		return this.#streams;
	}

	/** Keeps what is about to be sent; the id that it is sent with. */
	keep(stream: number, text: string): string {
		const at = this.#next;
		this.#next += 1;
		this.#kept.push({ stream, at, text });
		this.#length += text.length;
		while (this.#kept.length > maxEvents || this.#length > maxLength) {
			const oldest = this.#kept.shift();
			if (oldest === undefined) break;
			this.#length -= oldest.text.length;
			this.#dropped = oldest.at;
		}
		return this.#id(stream, at);
	}

	/**
	 * The stream of this event and what was sent on it since, with their ids; undefined for an id that is not of this
	 * session, or so old that something since may be gone.
	 */
	after(id: string): { readonly stream: number; readonly events: readonly { id: string; text: string }[] } | undefined {
		const [, tag, stream, at] = /^([0-9a-f]{16})\.(\d{1,9})\.(\d{1,15})$/.exec(id) ?? [];
		const number = Number(stream);
		const last = Number(at);
		if (tag !== this.#tag || number < 1 || number > this.#streams) return undefined;
		if (last < this.#dropped || last >= this.#next) return undefined;
		const since = this.#kept.filter((event) => event.stream === number && event.at > last);
		return { stream: number, events: since.map((event) => ({ id: this.#id(number, event.at), text: event.text })) };
	}

	#id(stream: number, at: number): string {
		return `${this.#tag}.${stream}.${at}`;
	}
}
