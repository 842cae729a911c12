// Cuts bytes into lines, in time linear in what arrives, whatever the chunk boundaries.
import { isUtf8 } from 'node:buffer';
import { salvageSpan } from './salvage.ts';

export interface LineEvents {
	/** One line that is not blank, without its line break. */
	line(text: string): void;
	badUtf8(): void;
	/** A line over the limit was skipped; its first and last bytes, for a guess at what it was. */
	tooLong(head: string, tail: string): void;
}

const newline = 0x0a;
const nothing = Buffer.alloc(0);
/** Of memory between two lines. */
const mostKept = 4 * 1024 * 1024;

export class LineReader {
	readonly #maxBytes: number;
	readonly #events: LineEvents;
	// The start of a line whose end has not come yet. It grows by doubling, so that a peer that writes byte by byte
	// costs neither an object nor a copy of everything for each of them.
	#held = nothing;
	#size = 0;
	/** Set while an overlong line is skipped. */
	#skipped: { readonly head: string; tail: Buffer } | undefined;

	constructor(maxBytes: number, events: LineEvents) {
		this.#maxBytes = maxBytes;
		this.#events = events;
	}

	push(chunk: Buffer): void {
		let start = 0;
		for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
			this.#finishLine(chunk.subarray(start, end));
			start = end + 1;
		}
		if (start < chunk.length) this.#hold(chunk.subarray(start));
	}

	/** No more bytes come. A message that lacks only its line break still counts: a cut-off one can't be valid JSON. */
	end(): void {
		this.#finishLine(nothing);
	}

	#finishLine(rest: Buffer): void {
		if (this.#size > 0 || this.#skipped !== undefined || rest.length > this.#maxBytes) this.#hold(rest);
		if (this.#skipped !== undefined) {
			const { head, tail } = this.#skipped;
			this.#skipped = undefined;
			this.#events.tooLong(head, tail.toString('utf8'));
			return;
		}
		const line = this.#size > 0 ? this.#held.subarray(0, this.#size) : rest;
		// What long lines took is kept for the next one: fresh memory costs more than copying into it.
		if (this.#held.length > mostKept) this.#held = nothing;
		this.#size = 0;
		if (isBlank(line)) return;
		// Decoded as a whole: a character may be cut by a chunk boundary, and what is no UTF-8 must not be repaired.
		if (isUtf8(line)) this.#events.line(line.toString('utf8'));
		else this.#events.badUtf8();
	}

	#hold(part: Buffer): void {
		if (this.#skipped !== undefined) {
			this.#skipped.tail = lastBytes(this.#skipped.tail, part);
			return;
		}
		const held = this.#held.subarray(0, this.#size);
		const size = this.#size + part.length;
		if (size > this.#maxBytes) {
			const head = Buffer.concat([held.subarray(0, salvageSpan), part.subarray(0, salvageSpan)]);
			this.#skipped = { head: head.toString('utf8'), tail: lastBytes(held, part) };
			this.#held = nothing;
			this.#size = 0;
			return;
		}
		if (size > this.#held.length) {
			this.#held = Buffer.allocUnsafe(Math.max(size, 2 * this.#held.length));
			held.copy(this.#held);
		}
		part.copy(this.#held, this.#size);
		this.#size = size;
	}
}

function lastBytes(before: Buffer, after: Buffer): Buffer {
	return Buffer.concat([before.subarray(-salvageSpan), after.subarray(-salvageSpan)]).subarray(-salvageSpan);
}

function isBlank(line: Buffer): boolean {
	return line.every((byte) => byte === 0x0d || byte === 0x20 || byte === 0x09);
}
