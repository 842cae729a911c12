// Creates a file whole, and only where there is none: nothing that exists is ever written over, links included.
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { syncDirectory } from './replace-file.ts';

/**
 * False when something of that name exists, a dangling symbolic link too; then nothing was changed. Throws C105 when it
 * can't be written, and then there is no file.
 */
export function createFile(path: string, text: string, mode = 0o644): boolean {
	const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
	try {
		try {
			writeNew(draft, text, mode);
			giveName(draft, path, text, mode);
		} finally {
			rmSync(draft, { force: true });
		}
		syncDirectory(dirname(path));
		return true;
	} catch (error) {
		if (codeOf(error) === 'EEXIST') return false;
		throw new TrapgateError('C105', `\`${path}\` can't be written: ${errorText(error)}`, {
			cause: error,
			help: 'nothing was changed; make room, or get the right to write there',
		});
	}
}

/** A hard link gives the whole text its name in one step, and refuses a name that is taken. */
function giveName(draft: string, path: string, text: string, mode: number): void {
	try {
		linkSync(draft, path);
	} catch (error) {
		// Some file systems have no hard links; there the file can be seen while it grows, and never replaces another.
		if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error) ?? '')) throw error;
		writeNew(path, text, mode);
	}
}

function writeNew(path: string, text: string, mode: number): void {
	const descriptor = openSync(path, 'wx', mode);
	try {
		writeFileSync(descriptor, text);
		fsyncSync(descriptor);
	} catch (error) {
		rmSync(path, { force: true });
		throw error;
	} finally {
		closeSync(descriptor);
	}
}

function codeOf(error: unknown): string | undefined {
	return (error as NodeJS.ErrnoException).code;
}
