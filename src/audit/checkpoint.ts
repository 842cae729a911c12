// Signed checkpoints: what they say, how they are checked, and the file their copies are kept in.

import { createHash } from 'node:crypto';
import { closeSync, constants, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { canonicalJson } from './chain.ts';
import type { PublicKey, SigningKey } from './key.ts';
import { checkpointsPath, isOurs, openRegular } from './layout.ts';

/** What is signed: the record without its signature and hash. The first line keeps it from meaning anything elsewhere. */
function signedText(record: object): string {
	return `trapgate checkpoint v1\n${canonicalJson({ ...record, signature: undefined, hash: undefined })}`;
}

/** The signature of a record that is complete but for it and its hash. */
export function signatureOf(record: object, key: SigningKey): string {
	return key.sign(signedText(record));
}

/** False as well for a record whose signature is nothing that could be checked. */
export function isSignedBy(record: { readonly signature: string }, key: PublicKey): boolean {
	return typeof record.signature === 'string' && key.verify(signedText(record), record.signature);
}

/**
 * Adds a line to <directory>/checkpoints.jsonl (0600), which all kernels of this directory share: one write at the
 * end, on a new line even where another kernel left half of one. Throws what the file system throws.
 */
export function copyCheckpoint(directory: string, line: string): void {
	const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
	const fd = openSync(checkpointsPath(directory), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
	try {
		const found = fstatSync(fd);
		if (!found.isFile() || !isOurs(found)) throw new Error('it is not a regular file of this user');
		const last = Buffer.alloc(1);
		const isMidLine = found.size > 0 && readSync(fd, last, 0, 1, found.size - 1) === 1 && last[0] !== 0x0a;
		const bytes = Buffer.from(`${isMidLine ? '\n' : ''}${line}\n`);
		if (writeSync(fd, bytes) !== bytes.length) throw new Error('no space left for it');
		fdatasyncSync(fd);
	} finally {
		closeSync(fd);
	}
}

/** Size and hash of the copies as they stand; of nothing when there is no file yet. Throws what the file system throws. */
export function digestCopies(directory: string): { bytes: number; sha256: string } {
	const hash = createHash('sha256');
	let bytes = 0;
	try {
		const { fd } = openRegular(checkpointsPath(directory));
		try {
			const chunk = Buffer.alloc(65_536);
			for (let size = readSync(fd, chunk); size > 0; size = readSync(fd, chunk)) {
				hash.update(chunk.subarray(0, size));
				bytes += size;
			}
		} finally {
			closeSync(fd);
		}
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
	}
	return { bytes, sha256: `sha256:${hash.digest('hex')}` };
}
