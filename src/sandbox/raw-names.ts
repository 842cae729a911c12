// Names that are no UTF-8: what lies below them can be looked at, but not be given to bubblewrap.

import { isUtf8 } from 'node:buffer';
import { type Dirent, readdirSync } from 'node:fs';

/** A file or link below a name that is no UTF-8 for which `test` holds, as far as it can be written; undefined for none. */
export function findBelowRawNames(folder: string, test: (name: string) => boolean): string | undefined {
	const open = entriesOf(Buffer.from(folder))
		.filter((entry) => entry.isDirectory() && !isUtf8(entry.name))
		.map((entry) => join(Buffer.from(folder), entry.name));
	for (let at = open.pop(); at !== undefined; at = open.pop()) {
		for (const entry of entriesOf(at)) {
			const path = join(at, entry.name);
			if (entry.isDirectory()) open.push(path);
			else if (test(entry.name.toString('utf8'))) return path.toString('utf8');
		}
	}
	return undefined;
}

function join(folder: Buffer, name: Buffer): Buffer {
	return Buffer.concat([folder, Buffer.from('/'), name]);
}

function entriesOf(folder: Buffer): readonly Dirent<Buffer>[] {
	try {
		return readdirSync(folder, { withFileTypes: true, encoding: 'buffer' });
	} catch {
		// Gone, or not for us.
		return [];
	}
}
