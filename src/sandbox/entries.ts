// What lies in folders, name by name, for rules that name each of them; read again only when a folder has changed.
import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

export interface Entry {
	readonly name: string;
	readonly kind: 'folder' | 'file' | 'link';
}

interface Remembered {
	readonly stamp: string;
	readonly entries: readonly Entry[];
}

/** Times of file systems are coarse: what changed just now may change again under the same time. */
const settledAfterMs = 2_000;

export class Entries {
	readonly #known = new Map<string, Remembered>();
	readonly #now: () => number;

	constructor(now: () => number) {
		this.#now = now;
	}

	/** Undefined for what is no folder, or can't be read. A name that is no UTF-8 is left out, so that it gets no rule. */
	list(path: string): readonly Entry[] | undefined {
		const found = lstatSync(path, { throwIfNoEntry: false });
		if (found === undefined || !found.isDirectory()) return undefined;
		const stamp = `${found.dev}:${found.ino}:${found.mtimeMs}:${found.ctimeMs}`;
		const known = this.#known.get(path);
		if (known?.stamp === stamp) return known.entries;
		this.#known.delete(path);
		const entries = readEntries(path);
		if (entries !== undefined && this.#now() - Math.max(found.mtimeMs, found.ctimeMs) > settledAfterMs)
			this.#known.set(path, { stamp, entries });
		return entries;
	}
}

function readEntries(path: string): readonly Entry[] | undefined {
	try {
		return readdirSync(path, { withFileTypes: true })
			.filter(({ name }) => !name.includes('\uFFFD'))
			.map((entry) => ({
				name: entry.name,
				kind: entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'link' : 'file',
			}));
	} catch {
		// Gone, or not for us.
		return undefined;
	}
}

/** The system's own `/etc`, as far as `copy` (`SystemLayout.etc`) shows it: what is a file there may be read where it really is. */
export function readEtc(copy: string): { readonly files: readonly string[]; readonly folders: readonly string[] } {
	const files: string[] = [];
	const folders: string[] = [];
	const open = [''];
	for (let at = open.pop(); at !== undefined; at = open.pop()) {
		for (const { name, kind } of readEntries(join(copy, at)) ?? []) {
			const path = `${at}/${name}`;
			if (kind === 'folder') open.push(path);
			if (kind === 'folder') folders.push(`/etc${path}`);
			if (kind === 'file') files.push(...realOf(`/etc${path}`));
		}
	}
	return { files, folders };
}

function realOf(path: string): readonly string[] {
	try {
		return [realpathSync(path)];
	} catch {
		// Gone since it was copied.
		return [];
	}
}
