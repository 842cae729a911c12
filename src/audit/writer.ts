// Writes one run's chain: numbers and hashes records, puts those of one turn into the day's file at once, takes back what failed.
import { dirname } from 'node:path';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { noHash } from './chain.ts';
import type { Draft, SealedRecord } from './draft.ts';
import { type Disk, LogFile } from './file.ts';
import { createRunFile, dayOf, syncDirectory } from './layout.ts';

/** `written`: the record has left the process (power loss may lose it). `fsync`: it is on the disk. */
export type Durability = 'written' | 'fsync';

/** Where a chain stands. */
interface Tail {
	readonly seq: number;
	readonly hash: string;
}

/** A place in the file, and how large the file is there. */
interface Place extends Tail {
	readonly size: number;
}

/** A record with its place in the chain. */
export interface ChainedRecord extends SealedRecord {
	readonly seq: number;
}

/** Signs what the hash will cover. */
export type Sign = (record: Record<string, unknown>) => string;

/** Records of one turn of the event loop. */
interface Batch {
	text: string;
	readonly done: Promise<void>;
	readonly resolve: () => void;
	readonly reject: (thrown: unknown) => void;
}

const dayMs = 86_400_000;
/** More than this, in UTF-16 units, is not held back for others to come. */
const largestBatch = 1 << 20;

/** What most batches need no more than; and what a UTF-16 unit needs at most as UTF-8. */
const keptBytes = 65_536;
const mostBytesPerUnit = 3;

const nothingWaits = Promise.resolve();

interface Waiter {
	readonly resolve: () => void;
	readonly reject: (thrown: unknown) => void;
}

export interface WriterOptions {
	readonly directory: string;
	readonly run: string;
	readonly durability: Durability;
	readonly disk: Disk;
	/** A monotonic clock in milliseconds. */
	elapsed(): number;
	warn(text: string): void;
	/** Records behind `seq` were written and are gone again: their sync failed. */
	takenBack(seq: number): void;
}

export class ChainWriter {
	readonly #options: WriterOptions;
	readonly #runText: string;
	#time = { at: Number.NaN, text: '' };
	#file: LogFile;
	#day: string;
	/** Until then there is nothing to rotate. */
	#dayEnds = 0;
	/** The last record, in the file or about to be. */
	#tail: Tail = { seq: 0, hash: noHash };
	/** What waits to be written. */
	#batch: Batch | undefined;
	/** The last place that stands in the file. INVARIANT: no append beyond it has resolved. */
	#written: Place = { ...this.#tail, size: 0 };
	/** The last place that is known to be on the disk. INVARIANT: with `fsync`, no append beyond it has resolved. */
	#synced: Place = this.#written;
	#waiting: Waiter[] = [];
	/** For the text of a batch as bytes. */
	readonly #memory = Buffer.allocUnsafeSlow(keptBytes);
	#syncing: Promise<void> | undefined;
	/** Set when the chain's past can't be relied on any more; every later write throws it. */
	#broken: TrapgateError | undefined;

	/** Creates the file of the day of `at`. Throws A102, or what the file system throws. */
	constructor(options: WriterOptions, at: number) {
		this.#options = options;
		this.#runText = JSON.stringify(options.run);
		this.#day = dayOf(at);
		this.#file = this.#createFile(this.#day);
	}

	/** The last record, in the file or about to be. */
	get tail(): Tail {
		return this.#tail;
	}

	/** The number of the last record that is as durable as asked for. */
	get durableSeq(): number {
		return this.#options.durability === 'fsync' ? this.#synced.seq : this.#written.seq;
	}

	/**
	 * Adds a record, which is in the file when `durable` has resolved. Throws A103 when the file was changed beneath us (for
	 * good), else what the disk throws.
	 */
	write(draft: Draft, at: number, sign?: Sign): ChainedRecord {
		if (this.#broken !== undefined) throw this.#broken;
		this.#noticing(() => this.#rotate(at));
		const chained = this.next(draft, at, sign);
		const batch = this.#openBatch();
		batch.text += `${chained.line}\n`;
		this.#tail = { seq: chained.seq, hash: chained.hash };
		if (batch.text.length > largestBatch) this.writeOut();
		return chained;
	}

	/** The record that would follow, not written. Whatever the draft says of its own place in the chain does not count. */
	next(draft: Draft, at: number, sign?: Sign): ChainedRecord {
		const seq = this.#tail.seq + 1;
		draft
			.setJson('v', '1')
			.setJson('seq', String(seq))
			.setJson('time', this.#timeText(at))
			.setJson('run', this.#runText)
			.setJson('prev', `"${this.#tail.hash}"`);
		if (sign !== undefined) draft.set('signature', sign(draft.value()));
		const { line, hash } = draft.seal();
		return { seq, line, hash };
	}

	#timeText(at: number): string {
		if (this.#time.at !== at) this.#time = { at, text: `"${new Date(at).toISOString()}"` };
		return this.#time.text;
	}

	// Calls that are decided in one turn share one write: it happens when the turn's other work has been done.
	#openBatch(): Batch {
		if (this.#batch !== undefined) return this.#batch;
		let resolve = () => {};
		let reject: (thrown: unknown) => void = () => {};
		const done = new Promise<void>((succeed, fail) => {
			resolve = succeed;
			reject = fail;
		});
		const batch: Batch = { text: '', done, resolve, reject };
		// Whoever waits is told, and somebody may not wait.
		done.catch(() => undefined);
		this.#batch = batch;
		void Promise.resolve().then(() => {
			if (this.#batch === batch) this.#tryToWriteOut();
		});
		return batch;
	}

	#tryToWriteOut(): void {
		try {
			this.writeOut();
		} catch {
			// Whoever waits for it was told.
		}
	}

	/** Whoever changed the file beneath us is not forgiven for putting it back. */
	#noticing(touch: () => void): void {
		try {
			touch();
		} catch (thrown) {
			if (thrown instanceof TrapgateError && thrown.code === 'A103') this.#broken ??= thrown;
			throw thrown;
		}
	}

	/**
	 * Puts what waits into the file, all of it in one write or nothing. When it fails, the chain is as it was before the
	 * first of them, everybody who waits is told, and it is thrown.
	 */
	writeOut(): void {
		const batch = this.#batch;
		if (batch === undefined) return;
		this.#batch = undefined;
		try {
			this.#noticing(() => this.#file.append(this.#bytesOf(batch.text)));
			this.#written = { ...this.#tail, size: this.#file.size };
			batch.resolve();
		} catch (thrown) {
			this.#tail = this.#written;
			this.#options.takenBack(this.#tail.seq);
			batch.reject(thrown);
			throw thrown;
		}
	}

	/** Valid until the next call: the same memory is used again and again. */
	#bytesOf(text: string): Uint8Array {
		if (text.length > this.#memory.length / mostBytesPerUnit) return Buffer.from(text);
		return this.#memory.subarray(0, this.#memory.write(text));
	}

	/**
	 * Resolves when everything written so far is as durable as asked for; those who wait at one time share one sync. When
	 * it fails, everything that is not known to be on the disk is taken back and everybody who waits for it is told:
	 * nobody has acted on any of it.
	 */
	durable(): Promise<void> {
		if (this.#options.durability === 'written') return this.#batch?.done ?? nothingWaits;
		try {
			this.writeOut();
		} catch (thrown) {
			return Promise.reject(thrown);
		}
		return new Promise((resolve, reject) => {
			this.#waiting.push({ resolve, reject });
			this.#syncing ??= this.#syncWhileWanted();
		});
	}

	/** Puts everything on the disk, whatever the durability. */
	async flush(): Promise<void> {
		this.writeOut();
		await this.#syncing;
		this.#file.settle();
		this.#file.syncNow();
		this.#synced = this.#written;
	}

	/** Never throws. */
	async close(): Promise<void> {
		await this.#syncing;
		this.#tryToWriteOut();
		this.#closeFile(this.#file);
	}

	async #syncWhileWanted(): Promise<void> {
		while (this.#waiting.length > 0) {
			const served = this.#waiting;
			this.#waiting = [];
			const [file, upTo] = [this.#file, this.#written];
			try {
				await file.sync();
				if (file === this.#file) this.#synced = upTo;
				for (const { resolve } of served) resolve();
			} catch (thrown) {
				const refused = [...served, ...this.#waiting];
				this.#waiting = [];
				this.#takeBack(file);
				for (const { reject } of refused) reject(thrown);
			}
		}
		this.#syncing = undefined;
	}

	#takeBack(file: LogFile): void {
		if (file !== this.#file) {
			// The failed records stand in yesterday's file and today's continue them: nothing can be taken back.
			this.#broken ??= new TrapgateError('A103', `records in \`${file.path}\` did not reach the disk`);
			return;
		}
		this.#batch?.reject(new Error('a record before it did not reach the disk'));
		this.#batch = undefined;
		this.#written = this.#synced;
		this.#tail = this.#synced;
		this.#options.takenBack(this.#tail.seq);
		file.takeBack(this.#synced.size);
	}

	// A clock that goes back over midnight does not: the chain goes on in the file it is in.
	#rotate(at: number): void {
		if (at < this.#dayEnds) return;
		const day = dayOf(at);
		if (day > this.#day) this.#goOnIn(day);
		this.#dayEnds = (Math.floor(at / dayMs) + 1) * dayMs;
	}

	#goOnIn(day: string): void {
		this.writeOut();
		const old = this.#file;
		old.settle();
		if (this.#options.durability === 'fsync') old.syncNow();
		this.#file = this.#createFile(day);
		this.#day = day;
		this.#written = { ...this.#tail, size: 0 };
		this.#synced = this.#written;
		// A sync that is still under way needs the descriptor.
		void (this.#syncing ?? Promise.resolve()).then(() => this.#closeFile(old));
	}

	// Some file systems tell only now that what they took is lost.
	#closeFile(file: LogFile): void {
		try {
			file.close();
		} catch (thrown) {
			this.#options.warn(`the audit file \`${file.path}\` was not closed cleanly: ${errorText(thrown)}`);
		}
	}

	#createFile(day: string): LogFile {
		const { directory, run, disk, durability, elapsed } = this.#options;
		const file = new LogFile(createRunFile(directory, day, run), disk, elapsed);
		if (durability === 'fsync') {
			syncDirectory(dirname(file.path));
			syncDirectory(directory);
		}
		return file;
	}
}
