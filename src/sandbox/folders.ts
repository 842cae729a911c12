// The names in folders, read again only when a folder has changed.
import { lstatSync, readdirSync } from 'node:fs';

export interface Listing {
	readonly folders: readonly string[];
	/** Files and links. */
	readonly others: readonly string[];
	/** Whether some names are no UTF-8; they are in neither list as they are. */
	readonly hasRawNames: boolean;
}

interface Remembered extends Listing {
	readonly stamp: string;
	/** False where it changed so lately that the next change may bear the same time. */
	readonly isSettled: boolean;
	round: number;
	answer: { readonly revision: string; readonly names: readonly string[] } | undefined;
}

/** Times of file systems are coarse; and one that comes from another machine may be a little off. */
const settledAfterMs = 2_000;

/** What was worked out from some folders, for as long as they stay as they were. */
export class Derived<T> {
	#known:
		| { readonly key: string; readonly from: readonly (readonly [string, Listing | undefined])[]; readonly value: T }
		| undefined;

	get(key: string, folders: Folders, work: (list: (path: string) => Listing | undefined) => T): T {
		const known = this.#known;
		if (known?.key === key && known.from.every(([path, listing]) => folders.list(path) === listing)) return known.value;
		const from = new Map<string, Listing | undefined>();
		const value = work((path) => {
			const listing = folders.list(path);
			from.set(path, listing);
			return listing;
		});
		this.#known = { key, from: [...from], value };
		return value;
	}
}

export class Folders {
	readonly #remembered = new Map<string, Remembered>();
	readonly #now: () => number;
	#round = 0;

	constructor(now: () => number) {
		this.#now = now;
	}

	/** Until this is called again, each folder is looked at once at most. */
	lookAgain(): void {
		this.#round += 1;
	}

	/**
	 * Undefined for what is no folder, or can't be read. Links are not followed. The same object as before says that nothing in
	 * the folder has been made, removed, renamed or linked since.
	 */
	list(path: string): Listing | undefined {
		return this.#look(path);
	}

	/** Those of its files and links that `test` holds for; `revision` says when the test has become another. */
	names(path: string, revision: string, test: (name: string) => boolean): readonly string[] {
		const folder = this.#look(path);
		if (folder === undefined) return [];
		if (folder.answer?.revision !== revision) folder.answer = { revision, names: folder.others.filter(test) };
		return folder.answer.names;
	}

	#look(path: string): Remembered | undefined {
		const known = this.#remembered.get(path);
		if (known?.round === this.#round) return known;
		const found = lstatSync(path, { throwIfNoEntry: false });
		if (found === undefined || !found.isDirectory()) {
			this.#remembered.delete(path);
			return undefined;
		}
		const stamp = `${found.dev}:${found.ino}:${found.mtimeMs}:${found.ctimeMs}`;
		if (known?.isSettled && known.stamp === stamp) {
			known.round = this.#round;
			return known;
		}
		const isSettled = this.#now() - Math.max(found.mtimeMs, found.ctimeMs) > settledAfterMs;
		const read = readNames(path);
		if (read === undefined) {
			this.#remembered.delete(path);
			return undefined;
		}
		const fresh: Remembered = { ...read, stamp, isSettled, round: this.#round, answer: undefined };
		this.#remembered.set(path, fresh);
		return fresh;
	}
}

function readNames(path: string): Listing | undefined {
	const folders: string[] = [];
	const others: string[] = [];
	try {
		for (const entry of readdirSync(path, { withFileTypes: true })) {
			if (entry.isDirectory()) folders.push(entry.name);
			else if (entry.isFile() || entry.isSymbolicLink()) others.push(entry.name);
		}
	} catch {
		// Gone, or not for us, and then not for anything that runs as us.
		return undefined;
	}
	return { folders, others, hasRawNames: [...folders, ...others].some((name) => name.includes('\uFFFD')) };
}
