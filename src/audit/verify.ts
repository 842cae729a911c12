// Holds the whole log against its hashes, signatures, links and copied checkpoints, and says what it could not see.
import { createHash } from 'node:crypto';
import { errorText } from '../abi/problem.ts';
import { type Copies, type LastCopy, readCopies } from './copies.ts';
import { type Finding, Findings } from './findings.ts';
import { type PublicKey, parsePublicKey, readPublicKey } from './key.ts';
import { checkpointsPath, listDays, listRunFiles, type RunFile } from './layout.ts';
import { LineSource, openForReading } from './lines.ts';
import { asRecord } from './parse.ts';
import type { AuditRecord, Head } from './record.ts';
import { type InterruptedCall, type RunResult, verifyRun } from './verify-run.ts';

export interface VerifyOptions {
	readonly directory: string;
	/** The key the kernel signs with; or `publicKey`. Without either, signatures are not checked and the report says so. */
	readonly keyFile?: string;
	/** PEM. Stronger than `keyFile`, which an intruder may have replaced together with the log. */
	readonly publicKey?: string;
	/** Checkpoints kept elsewhere, one a line as in `checkpoints.jsonl`; they see what was done to log and copies together. */
	readonly keptCheckpoints?: string;
}

export interface VerifyReport {
	/** True when nothing was found that the log itself does not do; interrupted calls and torn last lines may be there. */
	readonly ok: boolean;
	readonly records: number;
	readonly runs: number;
	readonly files: number;
	/** In the chains, with signatures that hold (or were not checked). */
	readonly checkpoints: number;
	/** Of the run that began last. */
	readonly head: Head | null;
	/** The last line of the copied checkpoints. */
	readonly lastCopy: LastCopy | null;
	readonly findings: readonly Finding[];
	/** More findings than are listed. */
	readonly findingsLeftOut: number;
	/** Calls without a recorded end: the kernel was stopped in between, or they are under way now. */
	readonly interrupted: readonly InterruptedCall[];
	/** Runs without `closed`: they go on, or ended without a word. */
	readonly openRuns: readonly string[];
	/** What this check can't see, in plain sentences. */
	readonly unseen: readonly string[];
}

type Opened = AuditRecord & { readonly event: 'opened' };

/**
 * Never throws and never changes anything; time is linear in the log, memory in the number of runs. Running kernels
 * may go on writing meanwhile.
 */
export async function verifyAudit(options: VerifyOptions): Promise<VerifyReport> {
	const { directory } = options;
	const findings = new Findings();
	const key = findKey(options, findings);
	// The copies first, then the files: what is copied stands in a file already, so a run at work is not taken for a cut one.
	const copies: Copies = new Map();
	const lastCopy = await readCopies(checkpointsPath(directory), key, copies, findings);
	if (options.keptCheckpoints !== undefined) await readCopies(options.keptCheckpoints, key, copies, findings);
	const runs = listRuns(directory, findings);
	const opened = await readOpened(runs);
	const wanted = linksBetween(opened);
	await checkPrefixes(directory, opened, findings);

	const results = new Map<string, RunResult>();
	for (const [run, files] of runs) {
		const checks = { key, copies: copies.get(run) ?? new Map(), wanted: wanted.get(run) ?? new Map(), findings };
		results.set(run, await verifyRun(files, checks));
	}
	for (const [run, ofRun] of copies) {
		if (runs.has(run)) continue;
		findings.add('missing_run', 'error', `run \`${run}\` is gone; ${ofRun.size} of its signed checkpoints are left`, {
			run,
		});
	}
	checkLinks(opened, wanted, runs, findings);
	return report(runs, results, lastCopy, key, findings, opened);
}

function findKey({ keyFile, publicKey }: VerifyOptions, findings: Findings): PublicKey | undefined {
	try {
		if (publicKey !== undefined) return parsePublicKey(publicKey);
		if (keyFile === undefined) return undefined;
		const key = readPublicKey(keyFile);
		if (key === undefined) findings.add('unreadable', 'error', 'the key file does not exist', { file: keyFile });
		return key;
	} catch (thrown) {
		findings.add('unreadable', 'error', errorText(thrown), keyFile === undefined ? {} : { file: keyFile });
		return undefined;
	}
}

/** The files of every run, oldest day first. */
function listRuns(directory: string, findings: Findings): Map<string, RunFile[]> {
	const runs = new Map<string, RunFile[]>();
	for (const day of attempt(directory, findings, () => listDays(directory))) {
		for (const file of attempt(`${directory}/${day}`, findings, () => listRunFiles(directory, day))) {
			runs.set(file.run, [...(runs.get(file.run) ?? []), file]);
		}
	}
	return runs;
}

function attempt<T>(path: string, findings: Findings, list: () => T[]): T[] {
	try {
		return list();
	} catch (thrown) {
		findings.add('unreadable', 'error', `it can't be read: ${errorText(thrown)}`, { file: path });
		return [];
	}
}

/** The first records of all runs, as far as they can be read; what is wrong with them is found later. */
async function readOpened(runs: ReadonlyMap<string, readonly RunFile[]>): Promise<Opened[]> {
	const opened: Opened[] = [];
	for (const [file] of runs.values()) {
		const line = file === undefined ? undefined : await new LineSource(file.path).next().catch(() => undefined);
		const record = asRecord(line?.text);
		if (typeof record !== 'string' && record.event === 'opened') opened.push(record);
	}
	return opened;
}

/** For each run the numbers of its records that later runs name. */
function linksBetween(opened: readonly Opened[]): Map<string, Map<number, string | undefined>> {
	const wanted = new Map<string, Map<number, string | undefined>>();
	for (const { previous } of opened) {
		if (typeof previous?.run !== 'string') continue;
		const ofRun = wanted.get(previous.run) ?? new Map<number, string | undefined>();
		wanted.set(previous.run, ofRun.set(previous.seq, undefined));
	}
	return wanted;
}

function checkLinks(
	opened: readonly Opened[],
	wanted: ReadonlyMap<string, ReadonlyMap<number, string | undefined>>,
	runs: ReadonlyMap<string, unknown>,
	findings: Findings,
): void {
	for (const { run, previous } of opened) {
		if (typeof previous?.run !== 'string') continue;
		const { run: before, seq } = previous;
		const about = { run: before, seq };
		const found = wanted.get(before)?.get(seq);
		if (!runs.has(before))
			findings.add('missing_run', 'error', `run \`${before}\`, which run \`${run}\` names, is gone`, about);
		else if (found === undefined)
			findings.add(
				'cut_off',
				'error',
				`record ${seq} of run \`${before}\`, which run \`${run}\` names, is gone`,
				about,
			);
		else if (found !== previous.hash)
			findings.add('edited', 'error', `record ${seq} of run \`${before}\` is not the one run \`${run}\` names`, about);
	}
}

/** Every run says how the copied checkpoints began when it started: they may have grown since, not changed. */
async function checkPrefixes(directory: string, opened: readonly Opened[], findings: Findings): Promise<void> {
	const path = checkpointsPath(directory);
	const claims = opened
		.filter(({ checkpoints }) => Number.isSafeInteger(checkpoints?.bytes) && checkpoints.bytes > 0)
		.sort((a, b) => a.checkpoints.bytes - b.checkpoints.bytes);
	const hash = createHash('sha256');
	let position = 0;
	try {
		const file = claims.length === 0 ? undefined : (await openForReading(path)).file;
		try {
			const chunk = Buffer.alloc(65_536);
			for (const { run, checkpoints } of claims) {
				while (file !== undefined && position < checkpoints.bytes) {
					const size = Math.min(chunk.length, checkpoints.bytes - position);
					const { bytesRead } = await file.read(chunk, 0, size, position);
					if (bytesRead === 0) break;
					hash.update(chunk.subarray(0, bytesRead));
					position += bytesRead;
				}
				const digest = `sha256:${hash.copy().digest('hex')}`;
				if (position === checkpoints.bytes && digest === checkpoints.sha256) continue;
				const message = `copied checkpoints that stood there when run \`${run}\` began were changed or taken out`;
				findings.add('copies_changed', 'error', message, { file: path, run });
				return;
			}
		} finally {
			await file?.close();
		}
	} catch (thrown) {
		findings.add('copies_changed', 'error', `the copied checkpoints can't be read: ${errorText(thrown)}`, {
			file: path,
		});
	}
}

function report(
	runs: ReadonlyMap<string, readonly RunFile[]>,
	results: ReadonlyMap<string, RunResult>,
	lastCopy: LastCopy | undefined,
	key: PublicKey | undefined,
	findings: Findings,
	opened: readonly Opened[],
): VerifyReport {
	const all = [...results.values()];
	const sum = (count: (result: RunResult) => number) => all.reduce((total, result) => total + count(result), 0);
	const newest = opened.reduce<Opened | undefined>(
		(last, next) => (last !== undefined && last.time > next.time ? last : next),
		undefined,
	);
	const open = [...results].filter(([, result]) => !result.isClosed);
	return {
		ok: !findings.hasErrors,
		records: sum(({ records }) => records),
		runs: runs.size,
		files: [...runs.values()].reduce((total, files) => total + files.length, 0),
		checkpoints: sum(({ checkpoints }) => checkpoints),
		head: (newest && results.get(newest.run)?.head) ?? null,
		lastCopy: lastCopy ?? null,
		findings: findings.list,
		findingsLeftOut: findings.leftOut,
		interrupted: all.flatMap(({ interrupted }) => interrupted),
		openRuns: open.map(([run]) => run),
		unseen: unseen(
			key,
			open.map(([, result]) => result),
		),
	};
}

function unseen(key: PublicKey | undefined, open: readonly RunResult[]): string[] {
	const unsigned = open.reduce((total, result) => total + result.unsigned, 0);
	return [
		...(key === undefined ? ['signatures were not checked: there was no key to check them with'] : []),
		...(open.length === 0
			? []
			: [
					`whether records behind the last checkpoint of a run that is not closed were cut off or written anew (runs: ${open.length}, records there now: ${unsigned})`,
				]),
		'whoever could read the signing key can have rewritten everything since the last checkpoint that was copied to another machine',
	];
}
