// One run's file: whole lines go in at the end, what did not fit is taken out again.
import { closeSync, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, lstatSync, writeSync } from 'node:fs';
import { TrapgateError } from '../abi/problem.ts';
import type { RunFile } from './layout.ts';

/** The calls that a disk may refuse. Tests put a failing one in. */
export interface Disk {
	/** Returns how many bytes were written; throws as `fs` does. */
	write(fd: number, bytes: Uint8Array): number;
	truncate(fd: number, size: number): void;
	sync(fd: number): Promise<void>;
	syncNow(fd: number): void;
}

export const realDisk: Disk = {
	write: (fd, bytes) => writeSync(fd, bytes),
	truncate: (fd, size) => ftruncateSync(fd, size),
	sync: (fd) => new Promise((resolve, reject) => fdatasync(fd, (error) => (error ? reject(error) : resolve()))),
	syncNow: (fd) => fdatasyncSync(fd),
};

/** Agents make calls more slowly than that, so almost every record has a look of its own. */
const lookEveryMs = 50;

/**
 * INVARIANT: `size` bytes are whole lines. Behind them may stand at most `#torn` bytes of lines that did not fit;
 * they are cut off before anything else is written.
 */
export class LogFile {
	readonly path: string;
	readonly #fd: number;
	readonly #inode: { readonly dev: number; readonly ino: number };
	readonly #disk: Disk;
	readonly #elapsed: () => number;
	/** When the file was looked at last. */
	#seenAt = Number.NEGATIVE_INFINITY;
	#size = 0;
	#torn = 0;

	/** `elapsed` is a monotonic clock in milliseconds. */
	constructor(file: RunFile & { readonly fd: number }, disk: Disk, elapsed: () => number) {
		this.path = file.path;
		this.#fd = file.fd;
		this.#disk = disk;
		this.#elapsed = elapsed;
		this.#inode = fstatSync(file.fd);
	}

	get size(): number {
		return this.#size;
	}

	/**
	 * Writes whole lines in one call. Throws what the disk throws, with the file as it was; A103 when it was changed beneath us,
	 * which is looked for every 50 ms: a look costs more than the write. What is written until a change is seen stands in the
	 * changed file, where `audit verify` finds it.
	 */
	append(lines: Uint8Array): void {
		if (this.#torn > 0 || this.#elapsed() - this.#seenAt >= lookEveryMs) this.settle();
		this.#torn = lines.length;
		try {
			const written = this.#disk.write(this.#fd, lines);
			// A disk takes less than it was given when it is full.
			if (written !== lines.length)
				throw Object.assign(new Error(`${written} of ${lines.length} bytes written`), { code: 'ENOSPC' });
			this.#torn = 0;
			this.#size += written;
		} catch (thrown) {
			this.#trySettle();
			throw thrown;
		}
	}

	/** Cuts off what a failed write left. Throws when the disk refuses, and A103 when the file is no longer ours. */
	settle(): void {
		this.#checkUntouched();
		if (this.#torn > 0) this.#truncate(this.#size);
	}

	/** Takes back every line behind `size`. When the disk refuses, the next append tries again. */
	takeBack(size: number): void {
		this.#torn += this.#size - size;
		this.#size = size;
		this.#trySettle();
	}

	sync(): Promise<void> {
		return this.#disk.sync(this.#fd);
	}

	syncNow(): void {
		this.#disk.syncNow(this.#fd);
	}

	close(): void {
		closeSync(this.#fd);
	}

	#trySettle(): void {
		try {
			this.settle();
		} catch {
			// Nothing is lost: the next append settles first and throws in our place.
		}
	}

	#truncate(size: number): void {
		this.#disk.truncate(this.#fd, size);
		this.#torn = 0;
	}

	#checkUntouched(): void {
		const found = lstatSync(this.path, { throwIfNoEntry: false });
		this.#seenAt = this.#elapsed();
		if (found === undefined || found.nlink === 0) throw this.#changed('it was removed');
		// Numbers beyond 2^53 are compared with their nearest neighbours; none of those stands here by chance.
		if (found.ino !== this.#inode.ino || found.dev !== this.#inode.dev)
			throw this.#changed('another file stands in its place');
		if (found.size < this.#size) throw this.#changed('its end was cut off');
		if (found.size > this.#size + this.#torn) throw this.#changed('somebody else wrote to it');
	}

	#changed(how: string): TrapgateError {
		return new TrapgateError('A103', `the audit file \`${this.path}\` was changed beneath the kernel: ${how}`, {
			help: 'run: trapgate audit verify; then restart trapgate',
		});
	}
}
