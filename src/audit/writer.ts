// Writes one run's chain: numbers and hashes records, puts them into the day's file, syncs them, takes back what failed.
import { dirname } from 'node:path';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { noHash, seal } from './chain.ts';
import { type Disk, LogFile } from './file.ts';
import { createRunFile, dayOf, syncDirectory } from './layout.ts';
import { type AuditRecord, type Frame, inReadingOrder } from './record.ts';

/** `written`: the record has left the process (power loss may lose it). `fsync`: it is on the disk. */
export type Durability = 'written' | 'fsync';

/** Where a chain stands, and how large the file is there. */
interface Tail {
	readonly seq: number;
	readonly hash: string;
	readonly size: number;
}

interface Waiter {
	readonly resolve: () => void;
	readonly reject: (thrown: unknown) => void;
}

export interface WriterOptions {
	readonly directory: string;
	readonly run: string;
	readonly durability: Durability;
	readonly disk: Disk;
	warn(text: string): void;
	/** Records behind `seq` were written and are gone again: their sync failed. */
	takenBack(seq: number): void;
}

export class ChainWriter {
	readonly #options: WriterOptions;
	#file: LogFile;
	#day: string;
	#tail: Tail = { seq: 0, hash: noHash, size: 0 };
	/** The last place that is known to be on the disk. INVARIANT: with `fsync`, no append beyond it has resolved. */
	#synced: Tail = this.#tail;
	#waiting: Waiter[] = [];
	#syncing: Promise<void> | undefined;
	/** Set when the chain's past can't be relied on any more; every later write throws it. */
	#broken: TrapgateError | undefined;

	/** Creates the file of the day of `at`. Throws A102, or what the file system throws. */
	constructor(options: WriterOptions, at: number) {
		this.#options = options;
		this.#day = dayOf(at);
		this.#file = this.#createFile(this.#day);
	}

	/** The last record that is written. */
	get tail(): Omit<Tail, 'size'> {
		return this.#tail;
	}

	/** The number of the last record that is as durable as asked for. */
	get durableSeq(): number {
		return this.#options.durability === 'fsync' ? this.#synced.seq : this.#tail.seq;
	}

	/**
	 * Adds a record. Returns with exactly one more whole line in the file, or throws with the chain as it was: A103 when
	 * the file was changed beneath us (for good), else what the disk throws.
	 */
	write(fields: object, at: number, sign?: (record: Omit<Frame, 'hash'>) => object): AuditRecord {
		if (this.#broken !== undefined) throw this.#broken;
		try {
			this.#rotate(at);
			const record = this.next(fields, at, sign);
			this.#file.append(Buffer.from(`${JSON.stringify(record)}\n`));
			this.#tail = { seq: record.seq, hash: record.hash, size: this.#file.size };
			return record;
		} catch (thrown) {
			if (thrown instanceof TrapgateError && thrown.code === 'A103') this.#broken = thrown;
			throw thrown;
		}
	}

	/** The record that would follow, not written. */
	next(fields: object, at: number, sign: (record: Omit<Frame, 'hash'>) => object = (record) => record): AuditRecord {
		const { seq, hash: prev } = this.#tail;
		const frame = { v: 1, seq: seq + 1, time: new Date(at).toISOString(), run: this.#options.run, prev } as const;
		return seal(inReadingOrder(sign({ ...fields, ...frame }))) as AuditRecord;
	}

	/**
	 * Resolves when everything written so far is as durable as asked for; those who wait at one time share one sync. When
	 * it fails, everything that is not known to be on the disk is taken back and everybody who waits for it is told:
	 * nobody has acted on any of it.
	 */
	durable(): Promise<void> {
		if (this.#options.durability === 'written') return Promise.resolve();
		return new Promise((resolve, reject) => {
			this.#waiting.push({ resolve, reject });
			this.#syncing ??= this.#syncWhileWanted();
		});
	}

	/** Puts everything on the disk, whatever the durability. */
	async flush(): Promise<void> {
		await this.#syncing;
		this.#file.settle();
		this.#file.syncNow();
		this.#synced = this.#tail;
	}

	/** Never throws. */
	async close(): Promise<void> {
		await this.#syncing;
		this.#closeFile(this.#file);
	}

	async #syncWhileWanted(): Promise<void> {
		while (this.#waiting.length > 0) {
			const served = this.#waiting;
			const [file, upTo] = [this.#file, this.#tail];
			this.#waiting = [];
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
		this.#tail = this.#synced;
		this.#options.takenBack(this.#tail.seq);
		file.takeBack(this.#tail.size);
	}

	// A clock that goes back over midnight does not: the chain goes on in the file it is in.
	#rotate(at: number): void {
		const day = dayOf(at);
		if (day <= this.#day) return;
		const old = this.#file;
		old.settle();
		if (this.#options.durability === 'fsync') old.syncNow();
		this.#file = this.#createFile(day);
		this.#day = day;
		this.#tail = { ...this.#tail, size: 0 };
		this.#synced = this.#tail;
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
		const { directory, run, disk, durability } = this.#options;
		const file = new LogFile(createRunFile(directory, day, run), disk);
		if (durability === 'fsync') {
			syncDirectory(dirname(file.path));
			syncDirectory(directory);
		}
		return file;
	}
}
