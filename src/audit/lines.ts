// Reads a file line by line in bounded memory, also while it grows.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export interface Line {
	/** 1-based. */
	readonly number: number;
	/** Without its newline; undefined when it is not UTF-8 or longer than any record can be. */
	readonly text: string | undefined;
}

const nothing: Buffer = Buffer.alloc(0);
const chunkBytes = 262_144;
/** No record is longer: 4 Mi characters of arguments at most, each at most six bytes as JSON, and the rest is small. */
const maxLineBytes = 33_554_432;

/**
 * INVARIANT: between two calls no descriptor is open, so that any number of files can be read side by side. Every
 * byte of a whole line is read once.
 */
export class LineSource {
	readonly #path: string;
	readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
	#position = 0;
	/** Of the file when it was looked at last. */
	#size = 0;
	/** Everything up to `#size` is read. */
	#isAtEnd = false;
	#number = 0;
	#chunk: Buffer = nothing;
	#partial: Buffer[] = [];
	#partialBytes = 0;
	#restBytes = 0;

	constructor(path: string) {
		this.#path = path;
	}

	/** How many bytes stood behind the last newline when `next` last found the end. */
	get restBytes(): number {
		return this.#restBytes;
	}

	/** The next line that ends with a newline; undefined at the end of the file (ask again when it may have grown). */
	async next(): Promise<Line | undefined> {
		for (;;) {
			const end = this.#chunk.indexOf(0x0a);
			if (end !== -1) {
				this.#keep(this.#chunk.subarray(0, end));
				this.#chunk = this.#chunk.subarray(end + 1);
				return this.#line();
			}
			this.#keep(this.#chunk);
			this.#chunk = this.#isAtEnd ? nothing : await this.#read();
			if (this.#chunk.length === 0) return this.#stepBack();
		}
	}

	#keep(bytes: Buffer): void {
		if (bytes.length === 0) return;
		this.#partialBytes += bytes.length;
		if (this.#partialBytes > maxLineBytes) this.#partial = [];
		else this.#partial.push(bytes);
	}

	#line(): Line {
		const isTooLong = this.#partialBytes > maxLineBytes;
		const bytes = this.#partial.length === 1 ? this.#partial[0] : Buffer.concat(this.#partial);
		this.#partial = [];
		this.#partialBytes = 0;
		this.#number += 1;
		return { number: this.#number, text: isTooLong ? undefined : this.#decode(bytes) };
	}

	#decode(bytes: Buffer | undefined): string | undefined {
		try {
			return this.#decoder.decode(bytes);
		} catch {
			return undefined;
		}
	}

	async #read(): Promise<Buffer> {
		const { file, size } = await openForReading(this.#path);
		try {
			const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(0, size - this.#position)));
			const { bytesRead } = await file.read(chunk, 0, chunk.length, this.#position);
			this.#position += bytesRead;
			this.#size = size;
			this.#isAtEnd = this.#position === size;
			return chunk.subarray(0, bytesRead);
		} finally {
			await file.close();
		}
	}

	// What stands behind the last newline may be taken back by its writer and replaced, so it is read again next time;
	// whole records are taken back too when their sync fails.
	#stepBack(): undefined {
		this.#restBytes = this.#partialBytes;
		this.#position = Math.min(this.#position - this.#partialBytes, this.#size);
		this.#partial = [];
		this.#partialBytes = 0;
		this.#isAtEnd = false;
	}
}

/** Opens a regular file; never follows a link, never waits on a pipe. */
export async function openForReading(path: string): Promise<{ readonly file: FileHandle; readonly size: number }> {
	const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
	const found = await file.stat();
	if (found.isFile()) return { file, size: found.size };
	await file.close();
	throw new TypeError(`\`${path}\` is not a regular file`);
}
