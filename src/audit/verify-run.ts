// Checks the files of one run, record by record.
import { setTimeout } from 'node:timers/promises';
import { noHash } from './chain.ts';
import { isSignedBy } from './checkpoint.ts';
import type { Findings } from './findings.ts';
import type { PublicKey } from './key.ts';
import { dayOf, type RunFile } from './layout.ts';
import { type Line, LineSource } from './lines.ts';
import { asRecord, hashHolds } from './parse.ts';
import type { AuditRecord, Head } from './record.ts';

/** A call that began and of which no end is recorded. */
export interface InterruptedCall {
	readonly run: string;
	readonly id: string;
	/** Of the `decided` or `ask` record. */
	readonly seq: number;
	readonly time: string;
	/** `asked`: a person was asked; `decided`: the driver may have been called. */
	readonly stage: 'asked' | 'decided';
	readonly target: string;
}

export interface RunResult {
	readonly records: number;
	readonly checkpoints: number;
	readonly head: Head | undefined;
	/** False: it goes on, or it ended without a word. */
	readonly isClosed: boolean;
	/** Records behind the last checkpoint; what is done to them shows only when it breaks the chain. */
	readonly unsigned: number;
	readonly interrupted: readonly InterruptedCall[];
}

export interface RunChecks {
	readonly key: PublicKey | undefined;
	/** Copied checkpoints of this run. */
	readonly copies: ReadonlyMap<number, string>;
	/** Numbers whose hashes another run names; filled in as they are seen. */
	readonly wanted: Map<number, string | undefined>;
	readonly findings: Findings;
}

/** Reads the files of one run, given oldest day first. Never throws. */
export async function verifyRun(files: readonly RunFile[], checks: RunChecks): Promise<RunResult> {
	const check = new RunCheck(files[0]?.run ?? '', checks);
	for (const [index, file] of files.entries()) {
		try {
			await check.read(file, index === files.length - 1);
		} catch (thrown) {
			checks.findings.add('unreadable', 'error', `it can't be read: ${String(thrown)}`, {
				file: file.path,
				run: file.run,
			});
		}
	}
	return check.end();
}

class RunCheck {
	readonly #run: string;
	readonly #checks: RunChecks;
	readonly #calls = new Map<string, InterruptedCall>();
	#records = 0;
	/** Lines since the last record that are none: each may be what is left of one, so its number is not missed as well. */
	#unreadable = 0;
	#seq = 0;
	#hash = noHash;
	#checkpoints: number[] = [];
	#closedAt: number | undefined;
	#file = '';

	constructor(run: string, checks: RunChecks) {
		this.#run = run;
		this.#checks = checks;
	}

	async read(file: RunFile, isLast: boolean): Promise<void> {
		const lines = new LineSource(file.path);
		this.#file = file.path;
		for (let line = await nextOf(lines); line !== undefined; line = await nextOf(lines)) {
			const record = asRecord(line.text);
			if (typeof record === 'string') {
				this.#unreadable += 1;
				this.#find('not_a_record', `a line is no record: ${record}`, line);
			} else if (record.run !== this.#run) {
				this.#find('wrong_place', `the file holds records of run \`${record.run.slice(0, 80)}\``, line);
				return;
			} else {
				if (line.number === 1) this.#checkDay(record, file, line);
				this.#record(record, line);
			}
		}
		if (lines.restBytes === 0) return;
		// A record that was being written when its process or the machine stopped. Elsewhere somebody cut the line.
		const isInterrupted = isLast && (this.#closedAt === undefined || this.#closedAt === this.#seq);
		const text = isInterrupted
			? 'the last record was interrupted while it was written'
			: 'a record is cut in the middle';
		this.#checks.findings.add('torn', isInterrupted ? 'warning' : 'error', text, {
			file: file.path,
			run: this.#run,
			seq: this.#seq + 1,
		});
	}

	end(): RunResult {
		this.#checkCopies();
		return {
			records: this.#records,
			checkpoints: this.#checkpoints.length,
			head: this.#seq === 0 ? undefined : { run: this.#run, seq: this.#seq, hash: this.#hash },
			isClosed: this.#closedAt !== undefined,
			unsigned: this.#seq - (this.#checkpoints.at(-1) ?? 0),
			interrupted: [...this.#calls.values()],
		};
	}

	#record(record: AuditRecord, line: Line): void {
		const { seq, hash } = record;
		this.#records += 1;
		if (!hashHolds(record)) this.#find('edited', `record ${seq} was changed after it was written`, line, seq);
		this.#checkPlace(record, line);
		// From here on what the record says of itself is taken as given, so that one change is reported once.
		this.#seq = seq;
		this.#hash = hash;
		const copied = this.#checks.copies.get(seq);
		if (copied !== undefined && copied !== hash) {
			this.#find('edited', `record ${seq} is not the one whose checkpoint was copied`, line, seq);
		}
		if (this.#checks.wanted.has(seq)) this.#checks.wanted.set(seq, hash);
		this.#checkEvent(record, line);
	}

	#checkPlace({ seq, prev }: AuditRecord, line: Line): void {
		const expected = this.#seq + 1;
		const spoiled = this.#unreadable;
		this.#unreadable = 0;
		if (seq > expected && seq <= expected + spoiled) return;
		if (seq > expected) {
			const range = seq === expected + 1 ? `record ${expected} is` : `records ${expected} to ${seq - 1} are`;
			this.#find('missing_records', `${range} missing`, line, seq);
		} else if (seq < expected) {
			this.#find('out_of_order', `record ${seq} stands where record ${expected} should`, line, seq);
		} else if (prev !== this.#hash) {
			this.#find('broken_link', `record ${seq} does not continue the record before it`, line, seq);
		}
	}

	#checkEvent(record: AuditRecord, line: Line): void {
		const { seq } = record;
		if ((record.event === 'opened') !== (seq === 1)) {
			this.#find(
				'out_of_order',
				`record ${seq} is \`${record.event}\`, which has its place at the start only`,
				line,
				seq,
			);
		}
		// Whoever has no key can write a chain, but no start that holds.
		if (seq === 2 && record.event !== 'checkpoint') {
			this.#find('bad_signature', 'the run does not begin with a signed checkpoint', line, seq);
		}
		const isLastWord = record.event === 'checkpoint' && seq === (this.#closedAt ?? 0) + 1;
		if (this.#closedAt !== undefined && !isLastWord) {
			this.#find('out_of_order', `record ${seq} stands behind the end of the run`, line, seq);
		}
		switch (record.event) {
			case 'checkpoint':
				this.#checkSignature(record, line);
				break;
			case 'closed':
				this.#closedAt = seq;
				break;
			case 'ask':
			case 'decided':
				this.#begin(record, line);
				break;
			case 'completed':
				if (!this.#calls.delete(record.id))
					this.#note(`record ${seq} completes a call that was not decided`, line, seq);
				break;
			case 'opened':
			case 'answered':
			case 'reload':
			case 'driver':
				break;
			default:
				record satisfies never;
				this.#find('not_a_record', `record ${seq} has an event that is not known`, line, seq);
		}
	}

	#begin(record: AuditRecord & { event: 'ask' | 'decided' }, line: Line): void {
		const { id, seq, time, event } = record;
		if (this.#calls.get(id)?.stage === 'decided') this.#note(`record ${seq} decides a call again`, line, seq);
		this.#calls.delete(id);
		if (event === 'decided' && record.final === true) return;
		const target = record.tool ?? record.resource ?? record.prompt ?? record.target ?? record.driver;
		this.#calls.set(id, { run: this.#run, id, seq, time, stage: event === 'ask' ? 'asked' : 'decided', target });
	}

	#checkSignature(record: AuditRecord & { event: 'checkpoint' }, line: Line): void {
		const { key } = this.#checks;
		const { seq } = record;
		if (key !== undefined && record.key !== key.id) {
			this.#find(
				'unknown_key',
				`checkpoint ${seq} is signed with another key (${String(record.key).slice(0, 40)})`,
				line,
				seq,
			);
		} else if (key !== undefined && !isSignedBy(record, key)) {
			this.#find('bad_signature', `the signature of checkpoint ${seq} does not hold`, line, seq);
		} else {
			this.#checkpoints.push(seq);
		}
	}

	#checkDay(record: AuditRecord, file: RunFile, line: Line): void {
		const at = Date.parse(record.time);
		if (Number.isNaN(at) || dayOf(at) !== file.day) {
			this.#note(`the file's first record is not of ${file.day}`, line, record.seq, 'wrong_place');
		}
	}

	#checkCopies(): void {
		const { copies, findings } = this.#checks;
		let last = 0;
		for (const seq of copies.keys()) last = Math.max(last, seq);
		if (last > this.#seq) {
			const message = `the run ends with record ${this.#seq}; a signed checkpoint speaks of record ${last}`;
			findings.add('cut_off', 'error', message, { file: this.#file, run: this.#run, seq: last });
		}
		// Copies may lag behind the chain while a run is at work; what lies before the last one may not be missing.
		const uncopied = this.#checkpoints.find((seq) => !copies.has(seq) && (seq < last || copies.size === 0));
		if (uncopied === undefined) return;
		const message = `checkpoint ${uncopied} has no copy`;
		findings.add('copies_changed', 'warning', message, { file: this.#file, run: this.#run, seq: uncopied });
	}

	#find(kind: Parameters<Findings['add']>[0], message: string, line: Line, seq?: number): void {
		this.#checks.findings.add(kind, 'error', message, {
			file: this.#file,
			line: line.number,
			run: this.#run,
			...(seq === undefined ? {} : { seq }),
		});
	}

	#note(message: string, line: Line, seq: number, kind: 'unmatched' | 'wrong_place' = 'unmatched'): void {
		this.#checks.findings.add(kind, 'warning', message, { file: this.#file, line: line.number, run: this.#run, seq });
	}
}

/** No write of a few lines takes longer, but on a machine that has come to a halt. */
const secondLookMs = 100;

/** A whole line; undefined at the end. A kernel may be in the middle of writing: half a line is looked at once more. */
async function nextOf(lines: LineSource): Promise<Line | undefined> {
	const line = await lines.next();
	if (line !== undefined || lines.restBytes === 0) return line;
	await setTimeout(secondLookMs);
	return lines.next();
}
