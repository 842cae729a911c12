// Replaces a file whole: at every moment the old text is there or the new one, also when the disk is full or we are killed.
import { randomBytes } from 'node:crypto';
import {
	closeSync,
	existsSync,
	fchmodSync,
	fchownSync,
	fsyncSync,
	linkSync,
	openSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorText, TrapgateError } from '../abi/problem.ts';

/**
 * Writes `after` where `before` stood (undefined: where nothing stood); what a symbolic link points at is replaced, the
 * link stays. Mode and owner are kept. Throws C105, and leaves the file as it is, when it can't be written or holds
 * something else by now.
 */
export function replaceFile(path: string, before: Buffer | undefined, after: string): void {
	try {
		const target = before === undefined ? path : realpathSync.native(path);
		const draft = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
		try {
			writeDraft(draft, after, target);
			if (before === undefined) putAnew(draft, target);
			else if (readFileSync(target).equals(before)) renameSync(draft, target);
			else throw new Error('somebody else changed it meanwhile');
			rmSync(draft, { force: true });
		} catch (error) {
			rmSync(draft, { force: true });
			throw error;
		}
		syncDirectory(dirname(target));
	} catch (error) {
		throw new TrapgateError('C105', `\`${path}\` can't be replaced: ${errorText(error)}`, {
			cause: error,
			help: 'it is as it was; try again',
		});
	}
}

/** A link fails where something stands, and a move would write over it; but not every file system has links. */
function putAnew(draft: string, target: string): void {
	try {
		linkSync(draft, target);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code ?? '';
		if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code) || existsSync(target)) throw error;
		renameSync(draft, target);
	}
}

function writeDraft(draft: string, text: string, target: string): void {
	const found = statSync(target, { throwIfNoEntry: false });
	const descriptor = openSync(draft, 'wx', 0o600);
	try {
		writeFileSync(descriptor, text);
		const own = statSync(draft);
		const { uid, gid, mode } = found ?? { uid: own.uid, gid: own.gid, mode: 0o644 };
		if (own.uid !== uid || own.gid !== gid) fchownSync(descriptor, uid, gid);
		fchmodSync(descriptor, mode & 0o7777);
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}

/** The name is safe only once its directory is; some file systems can't say so, and then it is as safe as they are. */
export function syncDirectory(directory: string): void {
	try {
		const descriptor = openSync(directory, 'r');
		try {
			fsyncSync(descriptor);
		} finally {
			closeSync(descriptor);
		}
	} catch {
		return;
	}
}
