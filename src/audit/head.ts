// Finds where the newest run stands, so that the next one can name it.
import { closeSync, readSync, statSync } from 'node:fs';
import { dayOf, listDays, listRunFiles, openRegular, type RunFile } from './layout.ts';
import type { Head } from './record.ts';

/** More than two of the longest records. */
const maxTailBytes = 67_108_864;

/**
 * The last whole record of the run that was written to most recently, up to the day of `at`; null when no file holds
 * one. With several kernels at work it may be a run that goes on: the link then names one of its records.
 */
export function newestHead(directory: string, at: number): Head | null {
	const today = dayOf(at);
	const days = listDays(directory).filter((day) => day <= today);
	for (const day of days.reverse()) {
		const files = listRunFiles(directory, day).map((file) => ({ file, written: writtenAt(file) }));
		for (const { file } of files.sort((a, b) => b.written - a.written)) {
			const head = lastRecord(file);
			if (head !== undefined) return head;
		}
	}
	return null;
}

function writtenAt({ path }: RunFile): number {
	return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The head of one file: its last line that ends with a newline. Undefined when that is no record of this run. */
function lastRecord({ path, run }: RunFile): Head | undefined {
	try {
		const record: unknown = JSON.parse(lastLine(path));
		if (typeof record !== 'object' || record === null) return undefined;
		const { seq, hash, run: ofRun } = record as Record<string, unknown>;
		return ofRun === run && typeof seq === 'number' && typeof hash === 'string' ? { run, seq, hash } : undefined;
	} catch {
		// An empty, torn or foreign file is no link target; `audit verify` reports it for what it is.
		return undefined;
	}
}

/** Reads from the end, each time twice as much, so that a large file without a newline costs no more than it is large. */
function lastLine(path: string): string {
	const { fd, found } = openRegular(path);
	try {
		for (let size = 65_536; ; size *= 2) {
			const tail = Buffer.alloc(Math.min(size, found.size));
			readSync(fd, tail, 0, tail.length, found.size - tail.length);
			const close = tail.lastIndexOf(0x0a);
			const open = close > 0 ? tail.lastIndexOf(0x0a, close - 1) : -1;
			const isWhole = tail.length === found.size;
			if (open !== -1 || isWhole) return tail.subarray(open + 1, Math.max(close, 0)).toString('utf8');
			if (size > maxTailBytes) return '';
		}
	} finally {
		closeSync(fd);
	}
}
