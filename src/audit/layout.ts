// Where audit files stand and who may touch them: <directory>/<YYYY-MM-DD>/<run>.jsonl and <directory>/checkpoints.jsonl.

import {
	closeSync,
	constants,
	fstatSync,
	fsyncSync,
	lstatSync,
	openSync,
	readdirSync,
	realpathSync,
	type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { makeDirectory } from './make-directory.ts';

/** One file of one run. */
export interface RunFile {
	readonly run: string;
	/** `YYYY-MM-DD`, UTC. */
	readonly day: string;
	readonly path: string;
}

export const dayPattern = /^\d{4}-\d{2}-\d{2}$/;
const runFilePattern = /^(r_[a-z0-9]{1,64})\.jsonl$/;

export function checkpointsPath(directory: string): string {
	return join(directory, 'checkpoints.jsonl');
}

/** The day of an instant, UTC. */
export function dayOf(at: number): string {
	return new Date(at).toISOString().slice(0, 10);
}

/** The days that have a directory, oldest first. Throws what the file system throws. */
export function listDays(directory: string): string[] {
	return readdirSync(directory)
		.filter((name) => dayPattern.test(name))
		.sort();
}

/** The run files of one day, by name. Throws what the file system throws. */
export function listRunFiles(directory: string, day: string): RunFile[] {
	return readdirSync(join(directory, day))
		.sort()
		.flatMap((name) => {
			const run = runFilePattern.exec(name)?.[1];
			return run === undefined ? [] : [{ run, day, path: join(directory, day, name) }];
		});
}

/**
 * Makes the directory (0700) unless it is there, and checks that nobody else can put files into it: owned by this
 * user, no link, not writable by group or others. Throws A102.
 */
export function prepareDirectory(path: string, what = auditDirectory): void {
	try {
		makeDirectory(path);
		checkDirectory(path, lstatSync(path), what);
		checkAncestors(realpathSync(path), what);
	} catch (thrown) {
		if (thrown instanceof TrapgateError) throw thrown;
		throw new TrapgateError('A102', `the ${what} \`${path}\` can't be used: ${errorText(thrown)}`, {
			cause: thrown,
		});
	}
}

const auditDirectory = 'audit directory';

/** Throws A102 when somebody else owns the directory or may write to it. */
export function checkDirectory(path: string, found: Stats, what = auditDirectory): void {
	const refuse = (why: string, help: string) => unusable(path, what, why, help);
	if (found.isSymbolicLink()) throw refuse('it is a symbolic link', 'name the real directory');
	if (!found.isDirectory()) throw refuse('it is not a directory', 'choose another path');
	if (!isOurs(found)) throw refuse('it belongs to another user', 'choose a directory of your own');
	if ((found.mode & 0o022) !== 0) throw refuse('others may write to it', `chmod 700 ${path}`);
}

// A directory above ours that anybody may write to lets them move ours away and put theirs in its place. Group-writable
// homes are common (umask 002 with private groups), so only the sticky-less world-writable ones are refused.
function checkAncestors(path: string, what: string): void {
	for (let above = dirname(path); ; above = dirname(above)) {
		const { mode } = lstatSync(above);
		if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0) {
			throw unusable(path, what, `everybody may write to \`${above}\` above it`, `chmod o-w ${above}`);
		}
		if (above === dirname(above)) return;
	}
}

/** True when this process's user owns it. On systems without user ids everything counts as ours. */
export function isOurs(found: Stats): boolean {
	const uid = process.geteuid?.();
	return uid === undefined || found.uid === uid;
}

function unusable(path: string, what: string, why: string, help: string): TrapgateError {
	return new TrapgateError('A102', `the ${what} \`${path}\` can't be used: ${why}`, { help });
}

/**
 * Creates a run's file for a day, 0600, and returns its descriptor, open for appending only. It must not exist:
 * O_EXCL follows no link either, so a file or link planted under that name is an error.
 */
export function createRunFile(directory: string, day: string, run: string): RunFile & { readonly fd: number } {
	const folder = join(directory, day);
	prepareDirectory(folder);
	const path = join(folder, `${run}.jsonl`);
	const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
	return { run, day, path, fd: openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600) };
}

/** Opens an existing regular file for reading; never follows a link, never waits on a pipe. */
export function openRegular(path: string): { readonly fd: number; readonly found: Stats } {
	const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
	const found = fstatSync(fd);
	if (found.isFile()) return { fd, found };
	closeSync(fd);
	throw new TypeError(`\`${path}\` is not a regular file`);
}

/** Makes new names in a directory survive a power loss. */
export function syncDirectory(path: string): void {
	const fd = openSync(path, constants.O_RDONLY);
	try {
		fsyncSync(fd);
	} finally {
		closeSync(fd);
	}
}
