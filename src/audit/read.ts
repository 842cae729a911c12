// Reads the log for people and reports: in order of time over all runs, filtered, and going on as it grows.
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { type CallView, mergeCalls } from './calls.ts';
import { dayOf, listDays, listRunFiles, type RunFile } from './layout.ts';
import { LineSource } from './lines.ts';
import { asRecord } from './parse.ts';
import type { AuditRecord } from './record.ts';

/** All that is given must hold. */
export interface ReadFilter {
	/** Milliseconds since the epoch; records of that instant are in. */
	readonly since?: number;
	readonly decision?: string;
	readonly rule?: string;
	/** The agent's id, or the name it gave itself. */
	readonly agent?: string;
	/** The call's id. */
	readonly id?: string;
	readonly run?: string;
}

export interface ReadOptions {
	/** Goes on with what is written later, until it is aborted; then the iterator ends without an error. */
	readonly follow?: AbortSignal;
	/** How often to look for more. */
	readonly pollMs?: number;
	/** Lines that are no records are left out and told here; `audit verify` says what they mean. */
	warn?(text: string): void;
}

/**
 * The records as they stand. Records of one run come in the order of the chain; runs of one day are interleaved by
 * time. A directory that is not there holds no records. Throws A102 when it can't be read.
 */
export async function* readRecords(
	directory: string,
	filter: ReadFilter = {},
	options: ReadOptions = {},
): AsyncGenerator<AuditRecord, void, undefined> {
	for await (const record of allRecords(directory, filter, options)) {
		if (matches(record, filter)) yield record;
	}
}

/**
 * One view a call: `decided` and `completed` together as `event: "call"`, given when the call is complete; calls
 * without an end come last (not while following) and are marked `interrupted`. Other records pass as they are.
 */
export async function* readCalls(
	directory: string,
	filter: ReadFilter = {},
	options: ReadOptions = {},
): AsyncGenerator<AuditRecord | CallView, void, undefined> {
	for await (const view of mergeCalls(allRecords(directory, filter, options), options.follow === undefined)) {
		if (matches(view, filter)) yield view;
	}
}

function matches(record: AuditRecord | CallView, filter: ReadFilter): boolean {
	const { since, decision, rule, agent, id, run } = filter;
	const fields: Partial<CallView> = record as Partial<CallView>;
	return (
		(since === undefined || Date.parse(record.time) >= since) &&
		(decision === undefined || fields.decision === decision) &&
		(rule === undefined || (Array.isArray(fields.rules) && fields.rules.includes(rule))) &&
		(agent === undefined || fields.agent?.id === agent || fields.agent?.name === agent) &&
		(id === undefined || fields.id === id) &&
		(run === undefined || record.run === run)
	);
}

async function* allRecords(directory: string, filter: ReadFilter, options: ReadOptions): AsyncGenerator<AuditRecord> {
	const { follow, pollMs = 250, warn = () => undefined } = options;
	const reader = new DirectoryReader(directory, filter, warn);
	for (const day of reader.days()) {
		if (follow?.aborted === true) return;
		yield* reader.day(day);
	}
	while (follow !== undefined && !follow.aborted) {
		yield* reader.news();
		await sleep(pollMs, undefined, { signal: follow }).catch(() => undefined);
	}
}

class DirectoryReader {
	readonly #directory: string;
	readonly #filter: ReadFilter;
	readonly #warn: (text: string) => void;
	/** The files of the two newest days by path: nothing is added to older ones. */
	#sources = new Map<string, RecordSource>();
	#newestDays: readonly string[] = [];

	constructor(directory: string, filter: ReadFilter, warn: (text: string) => void) {
		this.#directory = directory;
		this.#filter = filter;
		this.#warn = warn;
	}

	/** A file of a day holds records of that day and earlier ones only, also when the clock went back. */
	days(): string[] {
		const { since } = this.#filter;
		const days = orNone(this.#directory, () => listDays(this.#directory));
		return since === undefined ? days : days.filter((day) => day >= dayOf(since));
	}

	/** Everything of a day, the runs interleaved by time. */
	async *day(day: string): AsyncGenerator<AuditRecord> {
		const waiting: { source: RecordSource; record: AuditRecord }[] = [];
		const queue = async (source: RecordSource) => {
			const record = await source.next();
			if (record === undefined) return;
			let place = waiting.length;
			while (place > 0 && (waiting[place - 1]?.record.time ?? '') > record.time) place -= 1;
			waiting.splice(place, 0, { source, record });
		};
		for (const source of this.#open(day)) await queue(source);
		for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) {
			yield first.record;
			await queue(first.source);
		}
	}

	/** What was written since, in files that are known and in new ones. */
	async *news(): AsyncGenerator<AuditRecord> {
		const known = this.#newestDays[0] ?? '';
		for (const day of this.days().filter((day) => day >= known)) this.#open(day);
		const fresh: AuditRecord[] = [];
		for (const source of this.#sources.values()) {
			for (let record = await source.next(); record !== undefined; record = await source.next()) fresh.push(record);
		}
		yield* fresh.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
	}

	/** The sources of a day, made once; those of days before the two newest are dropped. */
	#open(day: string): RecordSource[] {
		this.#newestDays = [...new Set([...this.#newestDays, day])].sort().slice(-2);
		const { run } = this.#filter;
		const files = orNone(this.#directory, () => listRunFiles(this.#directory, day));
		const sources = files.filter((file) => run === undefined || file.run === run).map((file) => this.#source(file));
		const kept = [...this.#sources].filter(([, source]) => this.#newestDays.includes(source.day));
		this.#sources = new Map(kept);
		return sources;
	}

	#source(file: RunFile): RecordSource {
		const source = this.#sources.get(file.path) ?? new RecordSource(file, this.#warn);
		this.#sources.set(file.path, source);
		return source;
	}
}

class RecordSource {
	readonly day: string;
	readonly #path: string;
	readonly #lines: LineSource;
	readonly #warn: (text: string) => void;
	#hasFailed = false;

	constructor(file: RunFile, warn: (text: string) => void) {
		this.day = file.day;
		this.#path = file.path;
		this.#lines = new LineSource(file.path);
		this.#warn = warn;
	}

	/** The next record that stands whole in the file by now. */
	async next(): Promise<AuditRecord | undefined> {
		try {
			for (
				let line = this.#hasFailed ? undefined : await this.#lines.next();
				line !== undefined;
				line = await this.#lines.next()
			) {
				const record = asRecord(line.text);
				if (typeof record !== 'string') return record;
				this.#warn(`${this.#path}:${line.number} is no record: ${record}`);
			}
		} catch (thrown) {
			this.#hasFailed = true;
			this.#warn(`\`${this.#path}\` can't be read: ${errorText(thrown)}`);
		}
		return undefined;
	}
}

function orNone<T>(directory: string, list: () => T[]): T[] {
	try {
		return list();
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
		throw new TrapgateError('A102', `the audit directory \`${directory}\` can't be read: ${errorText(thrown)}`, {
			cause: thrown,
		});
	}
}
