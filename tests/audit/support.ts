// What the tests of the audit room share: places, entries, a clock that stands still until it is told.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';
import { type AuditLog, type AuditOptions, openAudit } from '../../src/audit/log.ts';
import type { AuditEntry, AuditRecord, CompletedEntry, DecidedEntry } from '../../src/audit/record.ts';
import { type VerifyReport, verifyAudit } from '../../src/audit/verify.ts';

const made: string[] = [];
afterAll(() => {
	for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** A new directory that is removed when the file's tests are done. */
export function tempDirectory(): string {
	const path = mkdtempSync(join(tmpdir(), 'trapgate-audit-'));
	made.push(path);
	return path;
}

export interface Place {
	readonly root: string;
	readonly directory: string;
	readonly keyFile: string;
}

export function newPlace(root = tempDirectory()): Place {
	return { root, directory: join(root, 'audit'), keyFile: join(root, 'audit.key') };
}

export const noon = Date.parse('2026-11-20T12:00:00.000Z');
export const hour = 3_600_000;

export class Clock {
	at = noon;
	readonly now = () => this.at;
}

export interface Opened {
	readonly log: AuditLog;
	readonly clock: Clock;
	readonly warnings: string[];
	/** Timers that were asked for; run one to let its time come. */
	readonly timers: { run: () => void; delayMs: number; cancelled: boolean }[];
	readonly path: string;
}

/** Opens a log with a clock and timers that only the test moves. */
export async function openLog(place: Place, options: Partial<AuditOptions> & { clock?: Clock } = {}): Promise<Opened> {
	const { clock = new Clock(), ...rest } = options;
	const warnings: string[] = [];
	const timers: Opened['timers'] = [];
	let looks = 0;
	const log = await openAudit({
		directory: place.directory,
		keyFile: place.keyFile,
		durability: 'written',
		now: clock.now,
		// So late that every write is due to look at the path.
		elapsed: () => (looks += 1_000),
		random: (size) => randomBytes(size),
		host: { pid: 4711, version: '0.1.0', user: 'dana', workspace: '/w/app' },
		policyRev: 'sha256:9c1f42ab',
		warn: (text) => warnings.push(text),
		schedule: (run, delayMs) => {
			const timer = { run, delayMs, cancelled: false };
			timers.push(timer);
			return () => {
				timer.cancelled = true;
			};
		},
		...rest,
	});
	const path = join(place.directory, new Date(clock.at).toISOString().slice(0, 10), `${log.run}.jsonl`);
	return { log, clock, warnings, timers, path };
}

/** Appends, and gives the record that stands in the file. */
export async function appended(log: AuditLog, entry: AuditEntry): Promise<AuditRecord> {
	return JSON.parse((await log.append(entry)).line) as AuditRecord;
}

export function decided(id: string, more: Partial<DecidedEntry> = {}): DecidedEntry {
	return {
		event: 'decided',
		id,
		agent: { name: 'claude-code', version: '2.1.258', id: 'local/dana' },
		policy_rev: 'sha256:9c1f42ab',
		mode: 'enforce',
		method: 'tools/call',
		driver: 'github',
		tool: 'github/get_issue',
		decision: 'allowed',
		acted: true,
		rules: ['allow-github-reads'],
		args: { value: { owner: 'acme', repo: 'web', number: 3 } },
		ms: { policy: 0.6 },
		...more,
	};
}

export function denied(id: string, more: Partial<DecidedEntry> = {}): DecidedEntry {
	return decided(id, {
		decision: 'denied',
		final: true,
		rules: ['no-force-push'],
		reason: 'no',
		instead: 'ask',
		...more,
	});
}

export function completed(id: string, more: Partial<CompletedEntry> = {}): CompletedEntry {
	return {
		event: 'completed',
		id,
		result: { is_error: false, bytes: 1822, tokens: 455 },
		ms: { driver: 211 },
		...more,
	};
}

/** A whole run: `calls` calls, each decided and completed, then closed. Records: 2 + 2·calls + 2. */
export async function writeRun(
	place: Place,
	calls: number,
	options: Partial<AuditOptions> & { clock?: Clock } = {},
): Promise<Opened> {
	const opened = await openLog(place, options);
	for (let call = 1; call <= calls; call += 1) {
		await opened.log.append(decided(`${opened.log.run}-${call}`));
		await opened.log.append(completed(`${opened.log.run}-${call}`));
	}
	await opened.log.close();
	return opened;
}

export function linesOf(path: string): string[] {
	return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

export function recordsOf(path: string): AuditRecord[] {
	return linesOf(path).map((line) => JSON.parse(line));
}

export function writeLines(path: string, lines: readonly string[]): void {
	writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
}

export function verify(place: Place): Promise<VerifyReport> {
	return verifyAudit({ directory: place.directory, keyFile: place.keyFile });
}

/** The kinds of errors a report holds, each once, sorted. */
export function errorsOf(report: VerifyReport): string[] {
	return [...new Set(report.findings.filter(({ severity }) => severity === 'error').map(({ kind }) => kind))].sort();
}

export function runPaths({ directory }: Place): string[] {
	const days = readdirSync(directory).filter((name) => /^\d/.test(name));
	return days.flatMap((day) => readdirSync(join(directory, day)).map((name) => join(directory, day, name))).sort();
}

/** The audit room as JavaScript, for fixture programs that run in processes of their own. Returns its directory. */
export function compileRoom(): string {
	const root = resolve(import.meta.dirname, '../..');
	const out = tempDirectory();
	const compiler = join(root, 'node_modules/typescript/bin/tsc');
	const options = ['--ignoreConfig', '--rootDir', 'src', '--outDir', out, '--types', 'node', '--skipLibCheck'];
	const dialect = ['--module', 'nodenext', '--target', 'es2023', '--rewriteRelativeImportExtensions'];
	const done = spawnSync(process.execPath, [compiler, 'src/audit/log.ts', ...options, ...dialect], {
		cwd: root,
		encoding: 'utf8',
	});
	if (done.status !== 0) throw new Error(`the room does not compile: ${done.stdout}${done.stderr}`);
	writeFileSync(join(out, 'package.json'), '{"type":"module"}');
	symlinkSync(join(root, 'node_modules'), join(out, 'node_modules'));
	return out;
}
