// Keeps the beginning and the end of a stream of any length, in bounded memory.

/** What can be shown of a stream. */
export interface Captured {
	/** With a line in the middle that says what is left out. */
	readonly text: string;
	/** Bytes that the text does not show. */
	readonly omittedBytes: number;
	/** True when bytes that are no UTF-8 are shown as U+FFFD. */
	readonly isLossy: boolean;
}

export class Capture {
	readonly #limit: number;
	readonly #headLimit: number;
	#head: Buffer = Buffer.alloc(0);
	#headLength = 0;
	/** A ring, made when the head is full: byte n of the stream beyond the head is at n modulo its length. */
	#ring: Buffer | undefined;
	#beyondHead = 0;

	/** Keeps at most `limit` bytes, half of them from the beginning. */
	constructor(limit: number) {
		this.#limit = limit;
		this.#headLimit = Math.ceil(limit / 2);
	}

	/** How many bytes came in. */
	get totalBytes(): number {
		return this.#headLength + this.#beyondHead;
	}

	/** How many of them are kept. */
	get keptBytes(): number {
		return Math.min(this.totalBytes, this.#limit);
	}

	push(chunk: Buffer): void {
		const rest = this.#pushHead(chunk);
		if (rest.length > 0) this.#pushRing(rest);
	}

	/** The stream as text, of at most `limit` bytes of it (by default, of all that is kept). */
	read(limit: number = this.#limit): Captured {
		const head = this.#head.subarray(0, this.#headLength);
		const tail = this.#tail();
		if (this.totalBytes <= Math.min(limit, this.#limit)) return decode(Buffer.concat([head, tail]), 0);
		const most = Math.min(limit, this.#limit);
		const gapless = this.totalBytes <= this.#limit ? Buffer.concat([head, tail]) : undefined;
		const first = wholeStart((gapless ?? head).subarray(0, Math.ceil(most / 2)));
		const lastLength = Math.floor(most / 2);
		const end = gapless ?? tail;
		const last = wholeEnd(end.subarray(end.length - lastLength));
		const omittedBytes = this.totalBytes - first.length - last.length;
		const [before, after] = [decode(first, 0), decode(last, 0)];
		return {
			text: `${before.text}\n[… ${omittedBytes} bytes left out here …]\n${after.text}`,
			omittedBytes,
			isLossy: before.isLossy || after.isLossy,
		};
	}

	#pushHead(chunk: Buffer): Buffer {
		const taken = chunk.subarray(0, this.#headLimit - this.#headLength);
		const length = this.#headLength + taken.length;
		if (length > this.#head.length) {
			const grown = Buffer.allocUnsafe(Math.min(this.#headLimit, Math.max(length, this.#head.length * 2)));
			this.#head.copy(grown, 0, 0, this.#headLength);
			this.#head = grown;
		}
		taken.copy(this.#head, this.#headLength);
		this.#headLength = length;
		return chunk.subarray(taken.length);
	}

	#pushRing(chunk: Buffer): void {
		const size = this.#limit - this.#headLimit;
		this.#ring ??= Buffer.allocUnsafe(size);
		const useful = chunk.subarray(Math.max(0, chunk.length - size));
		this.#beyondHead += chunk.length;
		if (size === 0) return;
		const start = (this.#beyondHead - useful.length) % size;
		const fits = useful.copy(this.#ring, start, 0, size - start);
		useful.copy(this.#ring, 0, fits);
	}

	#tail(): Buffer {
		if (this.#ring === undefined || this.#ring.length === 0) return Buffer.alloc(0);
		const size = this.#ring.length;
		if (this.#beyondHead <= size) return this.#ring.subarray(0, this.#beyondHead);
		const start = this.#beyondHead % size;
		return Buffer.concat([this.#ring.subarray(start), this.#ring.subarray(0, start)]);
	}
}

function decode(bytes: Buffer, omittedBytes: number): Captured {
	try {
		return {
			text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
			omittedBytes,
			isLossy: false,
		};
	} catch {
		return { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), omittedBytes, isLossy: true };
	}
}

/** Without the character that was cut off at the end, if one was. */
function wholeStart(bytes: Buffer): Buffer {
	for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
		const byte = bytes[bytes.length - back] ?? 0;
		if (byte >= 0x80 && byte < 0xc0) continue;
		const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
		return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
	}
	return bytes;
}

/** Without the rest of a character that began before. */
function wholeEnd(bytes: Buffer): Buffer {
	let start = 0;
	while (start < 3 && start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
	return bytes.subarray(start);
}
