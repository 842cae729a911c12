// The audit log of one kernel run: what is appended stands in the file before anything else happens.
import { errorText, TrapgateError } from '../abi/problem.ts';
import { copyCheckpoint, digestCopies, signatureOf } from './checkpoint.ts';
import { Details } from './detail.ts';
import { Draft } from './draft.ts';
import { type Disk, realDisk } from './file.ts';
import { newestHead } from './head.ts';
import { openKey, type SigningKey } from './key.ts';
import { prepareDirectory } from './layout.ts';
import type { AuditEntry, Head, HostFields } from './record.ts';
import { type ChainedRecord, ChainWriter, type Durability } from './writer.ts';

export interface AuditOptions {
	readonly directory: string;
	/** The Ed25519 key, made on first use. */
	readonly keyFile: string;
	readonly durability: Durability;
	/** Milliseconds since the epoch. */
	now(): number;
	/** That many random bytes. */
	random(size: number): Uint8Array;
	readonly host: HostFields & { readonly user: string; readonly workspace?: string };
	/** The policy revision in force at the start. */
	readonly policyRev?: string;
	warn(text: string): void;
	/** Absent: the real one. */
	readonly disk?: Disk;
	/** A monotonic clock in milliseconds; absent: the real one. */
	elapsed?(): number;
	/** Runs something once, later, without keeping the process alive; returns how to call it off. Absent: a real timer. */
	schedule?(run: () => void, delayMs: number): () => void;
}

export interface AuditLog {
	readonly run: string;
	/** The last record, written or about to be. */
	readonly head: Head;
	/**
	 * Resolves with the record when it stands in the file at the configured durability. Records stand in the order of
	 * the calls. Throws TrapgateError: A101 when it could not be written (the log is as before, and a later append
	 * succeeds when the disk allows it), A103 when the file was changed beneath the kernel. A103 stays until restart: what
	 * was recorded is being taken away, and a kernel whose past can be removed must not go on acting.
	 */
	append(entry: AuditEntry): Promise<ChainedRecord>;
	/** Writes `closed` and a last checkpoint. Never throws; idempotent. */
	close(reason?: string): Promise<void>;
}

const recordsPerCheckpoint = 1_000;
const checkpointEveryMs = 3_600_000;
const maxCopiesWaiting = 100;

/** Starts a run. Throws TrapgateError: A102 when the directory or the key can't be used, A101 when nothing can be written. */
export async function openAudit(options: AuditOptions): Promise<AuditLog> {
	prepareDirectory(options.directory);
	const key = openKey(options.keyFile, options.random);
	try {
		const log = new RunLog(options, key);
		await log.open();
		return log;
	} catch (thrown) {
		throw refusal(options.directory, thrown, 'nothing can be served');
	}
}

class RunLog implements AuditLog {
	readonly run: string;
	readonly #options: AuditOptions;
	readonly #key: SigningKey;
	readonly #details: Details;
	readonly #writer: ChainWriter;
	#closing: Promise<void> | undefined;
	#checkpoint: { readonly seq: number; readonly at: number };
	/** Checkpoints that stand in the chain and not yet among the copies. */
	#copies: ChainedRecord[] = [];
	#copyFailure: string | undefined;
	#hasWitness = false;
	#cancelTimer: (() => void) | undefined;

	constructor(options: AuditOptions, key: SigningKey) {
		const at = options.now();
		this.#options = options;
		this.#key = key;
		this.#details = new Details(key.argsKey, options.host);
		this.#checkpoint = { seq: 0, at };
		this.run = `r_${Buffer.from(options.random(8)).toString('hex')}`;
		const { directory, durability, disk = realDisk, elapsed = () => performance.now(), warn } = options;
		const takenBack = (seq: number) => {
			this.#copies = this.#copies.filter((copy) => copy.seq <= seq);
			this.#checkpoint = { ...this.#checkpoint, seq: Math.min(this.#checkpoint.seq, seq) };
		};
		this.#writer = new ChainWriter({ directory, run: this.run, durability, disk, elapsed, warn, takenBack }, at);
	}

	get head(): Head {
		return { run: this.run, seq: this.#writer.tail.seq, hash: this.#writer.tail.hash };
	}

	async open(): Promise<void> {
		const { directory, host, policyRev: policy_rev, now } = this.#options;
		const { user, workspace, ...machine } = host;
		const at = now();
		try {
			const previous = newestHead(directory, at);
			const checkpoints = digestCopies(directory);
			const opened = new Draft().set('event', 'opened').set('host', machine).set('user', user);
			opened.set('workspace', workspace).set('policy_rev', policy_rev);
			this.#writer.write(opened.set('previous', previous).set('checkpoints', checkpoints), at);
			this.#writeCheckpoint(at);
			await this.#writer.durable();
		} catch (thrown) {
			await this.#writer.close();
			throw thrown;
		}
		this.#copyCheckpoints();
	}

	async append(entry: AuditEntry): Promise<ChainedRecord> {
		if (this.#closing !== undefined) throw refusal('', new TrapgateError('A101', 'the audit log is closed'), '');
		try {
			const at = this.#options.now();
			const chained = this.#writer.write(this.#details.draft(entry), at);
			this.#checkpointWhenDue(at);
			this.#armTimer();
			await this.#writer.durable();
			this.#copyCheckpoints();
			return chained;
		} catch (thrown) {
			throw this.#noticed(refusal(this.#options.directory, thrown, consequences[entry.event]));
		}
	}

	close(reason?: string): Promise<void> {
		this.#closing ??= this.#close(reason);
		return this.#closing;
	}

	async #close(reason: string | undefined): Promise<void> {
		this.#cancelTimer?.();
		try {
			const at = this.#options.now();
			this.#writer.write(new Draft().set('event', 'closed').set('reason', reason), at);
			this.#writeCheckpoint(at);
			await this.#writer.flush();
			this.#copyCheckpoints();
		} catch (thrown) {
			this.#warn(thrown, 'the run ends without its last record');
		}
		await this.#writer.close();
	}

	#writeCheckpoint(at: number): void {
		const draft = new Draft().set('event', 'checkpoint').set('key', this.#key.public.id);
		const chained = this.#writer.write(draft, at, (unsigned) => signatureOf(unsigned, this.#key));
		this.#writer.writeOut();
		this.#checkpoint = { seq: chained.seq, at };
		this.#copies = [...this.#copies, chained].slice(-maxCopiesWaiting);
	}

	#checkpointWhenDue(at: number): void {
		const { seq, at: last } = this.#checkpoint;
		if (at < last) this.#checkpoint = { seq, at };
		if (this.#writer.tail.seq - seq < recordsPerCheckpoint && at - last < checkpointEveryMs) return;
		// What comes before it must not fall with it.
		this.#writer.writeOut();
		this.#tryCheckpoint(at);
	}

	#tryCheckpoint(at: number): void {
		try {
			this.#writeCheckpoint(at);
		} catch (thrown) {
			// The record before it stands; the next append tries the checkpoint again.
			this.#warn(thrown, 'a checkpoint is late');
		}
	}

	// What was appended last must not stay without a checkpoint because nothing comes after it.
	#armTimer(): void {
		const schedule = this.#options.schedule ?? realTimer;
		this.#cancelTimer ??= schedule(() => {
			this.#cancelTimer = undefined;
			if (this.#closing !== undefined || this.#writer.tail.seq === this.#checkpoint.seq) return;
			this.#tryCheckpoint(this.#options.now());
			this.#writer.durable().then(
				() => this.#copyCheckpoints(),
				(thrown) => this.#warn(thrown, 'a checkpoint is late'),
			);
		}, checkpointEveryMs);
	}

	/** Copies what is durable: a copy of a record that is taken back later would look like a cut. */
	#copyCheckpoints(): void {
		if (this.#copies.length === 0) return;
		const durable = this.#writer.durableSeq;
		try {
			for (let copy = this.#copies[0]; copy !== undefined && copy.seq <= durable; copy = this.#copies[0]) {
				copyCheckpoint(this.#options.directory, copy.line);
				this.#copies.shift();
			}
			this.#copyFailure = undefined;
		} catch (thrown) {
			const text = errorText(thrown);
			if (text !== this.#copyFailure) this.#options.warn(`audit checkpoints can't be copied yet: ${text}`);
			this.#copyFailure = text;
		}
	}

	#warn(thrown: unknown, consequence: string): void {
		this.#options.warn(this.#noticed(refusal(this.#options.directory, thrown, consequence)).message);
	}

	/** On A103, leaves a signed word of how far the chain had come where the run's file no longer tells it. */
	#noticed(error: TrapgateError): TrapgateError {
		if (error.code !== 'A103' || this.#hasWitness) return error;
		this.#hasWitness = true;
		const draft = new Draft().set('event', 'checkpoint').set('key', this.#key.public.id).set('reason', error.message);
		this.#copies.push(this.#writer.next(draft, this.#options.now(), (unsigned) => signatureOf(unsigned, this.#key)));
		for (const copy of this.#copies) copyWitness(this.#options, copy.line);
		this.#copies = [];
		return error;
	}
}

function copyWitness({ directory, warn }: AuditOptions, line: string): void {
	try {
		copyCheckpoint(directory, line);
	} catch (thrown) {
		warn(`audit checkpoints can't be copied: ${errorText(thrown)}`);
	}
}

const consequences = {
	decided: 'the call was refused',
	ask: 'the call was refused',
	answered: 'the call was refused',
	completed: 'the call ran, its result is withheld',
	reload: 'the reload is not recorded',
	driver: 'the change is not recorded',
} as const satisfies Record<AuditEntry['event'], string>;

function refusal(directory: string, thrown: unknown, consequence: string): TrapgateError {
	if (thrown instanceof TrapgateError) return thrown;
	const message = `the audit log can't be written: ${plainReason(directory, thrown)}; ${consequence}`;
	return new TrapgateError('A101', message, { cause: thrown });
}

function plainReason(directory: string, thrown: unknown): string {
	const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
	switch (code) {
		case 'ENOSPC':
			return `no space left on \`${directory}\``;
		case 'EDQUOT':
			return `the disk quota of \`${directory}\` is used up`;
		case 'EIO':
			return `input or output error on \`${directory}\``;
		case 'EROFS':
			return `\`${directory}\` is read-only`;
		default:
			return errorText(thrown);
	}
}

function realTimer(run: () => void, delayMs: number): () => void {
	const timer = setTimeout(run, delayMs).unref();
	return () => clearTimeout(timer);
}
