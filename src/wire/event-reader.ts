// Reads server-sent events (WHATWG HTML, section 9.2) from text in any portions.
import { TrapgateError } from '../abi/problem.ts';

export interface StreamEvent {
	/** `message` unless the server names another. */
	readonly type: string;
	readonly data: string;
}

export interface EventHandlers {
	event(event: StreamEvent): void;
	/** The id to resume after; empty: none. It holds until the next one, and comes before the event that carries it. */
	id(id: string): void;
	/** How long to wait before connecting again. */
	retry(ms: number): void;
}

export class EventReader {
	readonly #maxLength: number;
	readonly #handlers: EventHandlers;
	/** The line so far. Kept in parts: joining at every portion would cost quadratic time for one long line. */
	#parts: string[] = [];
	#data: string[] = [];
	#type = '';
	#id: string | undefined;
	/** UTF-16 units held for the event so far. */
	#held = 0;
	#afterReturn = false;

	/** `maxLength` is the most one event may hold, in UTF-16 units. */
	constructor(maxLength: number, handlers: EventHandlers) {
		this.#maxLength = maxLength;
		this.#handlers = handlers;
	}

	/** Throws TrapgateError W103 when an event gets too long. What a stream ends with before a blank line is no event. */
	push(text: string): void {
		// A line ends with CR, LF or CRLF, and a portion may end in the middle of a CRLF.
		let start = this.#afterReturn && text.startsWith('\n') ? 1 : 0;
		if (text !== '') this.#afterReturn = false;
		const breaks = /\r\n?|\n/g;
		breaks.lastIndex = start;
		for (let found = breaks.exec(text); found !== null; found = breaks.exec(text)) {
			this.#hold(text.slice(start, found.index));
			start = breaks.lastIndex;
			this.#afterReturn = found[0] === '\r' && start === text.length;
			this.#endLine();
		}
		if (start < text.length) this.#hold(text.slice(start));
	}

	#hold(part: string): void {
		this.#parts.push(part);
		this.#held += part.length;
		if (this.#held > this.#maxLength)
			throw new TrapgateError('W103', `an event of more than ${this.#maxLength} characters`);
	}

	#endLine(): void {
		const line = this.#parts.join('');
		this.#parts = [];
		if (line === '') {
			this.#endEvent();
			return;
		}
		const colon = line.indexOf(':');
		const field = colon === -1 ? line : line.slice(0, colon);
		const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
		if (field === 'data') {
			this.#data.push(value);
			return;
		}
		this.#held -= line.length;
		if (field === 'event') this.#type = value;
		else if (field === 'id' && !value.includes('\0')) this.#id = value;
		else if (field === 'retry' && /^[0-9]+$/.test(value)) this.#handlers.retry(Number(value));
	}

	#endEvent(): void {
		const event = { type: this.#type === '' ? 'message' : this.#type, data: this.#data.join('\n') };
		// Not before the event is whole: one that is cut off has to come again.
		if (this.#id !== undefined) this.#handlers.id(this.#id);
		this.#data = [];
		this.#type = '';
		this.#id = undefined;
		this.#held = 0;
		// Events without data carry an id or a retry only.
		if (event.data !== '') this.#handlers.event(event);
	}
}
