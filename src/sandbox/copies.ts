// Copies of gated programs under another name: files of the same size with the same bytes.
import { lstatSync, readFileSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { Folders, Listing } from './folders.ts';

export interface Original {
	readonly path: string;
	readonly program: string;
	readonly stats: Stats;
}

/** Below this, files are alike by chance, and are no interpreters. */
const leastBytes = 1024;
const mostBytes = 256 * 1024 * 1024;
/** Files that change all the time must not fill the memory. */
const mostCompared = 1_000;

/**
 * Only what is the same to the last byte, and only as folders have it since they last changed: a byte more, or a file that was
 * written over in its place, is another program that somebody has brought along.
 */
export class Copies {
	readonly #sizes = new WeakMap<Listing, ReadonlyMap<number, readonly string[]>>();
	/** Whether two files are the same, by what changes when either does. */
	readonly #compared = new Map<string, boolean>();

	find(originals: readonly Original[], trees: readonly string[], folders: Folders): readonly Omit<Original, 'stats'>[] {
		const wanted = originals.filter(({ stats }) => stats.size >= leastBytes && stats.size <= mostBytes);
		if (wanted.length === 0) return [];
		return trees.flatMap((folder) => {
			const sizes = this.#sizesIn(folder, folders);
			return wanted.flatMap((original) =>
				(sizes?.get(original.stats.size) ?? [])
					.map((name) => join(folder, name))
					.filter((path) => this.#isSame(original, path))
					.map((path) => ({ path, program: original.program })),
			);
		});
	}

	#sizesIn(folder: string, folders: Folders): ReadonlyMap<number, readonly string[]> | undefined {
		const listing = folders.list(folder);
		if (listing === undefined) return undefined;
		const known = this.#sizes.get(listing);
		if (known !== undefined) return known;
		const sizes = new Map<number, string[]>();
		for (const name of listing.others) {
			const stats = lstatSync(join(folder, name), { throwIfNoEntry: false });
			if (!stats?.isFile() || stats.size < leastBytes) continue;
			const same = sizes.get(stats.size);
			if (same === undefined) sizes.set(stats.size, [name]);
			else same.push(name);
		}
		this.#sizes.set(listing, sizes);
		return sizes;
	}

	#isSame(original: Original, path: string): boolean {
		const stats = lstatSync(path, { throwIfNoEntry: false });
		if (!stats?.isFile() || stats.size !== original.stats.size) return false;
		const key = `${keyOf(original.stats)} ${keyOf(stats)}`;
		const known = this.#compared.get(key);
		if (known !== undefined) return known;
		if (this.#compared.size >= mostCompared) this.#compared.clear();
		const isSame = haveSameBytes(original.path, path);
		this.#compared.set(key, isSame);
		return isSame;
	}
}

const keyOf = ({ dev, ino, ctimeMs, size }: Stats) => `${dev}:${ino}:${ctimeMs}:${size}`;

function haveSameBytes(left: string, right: string): boolean {
	try {
		return readFileSync(left).equals(readFileSync(right));
	} catch {
		// What we can't read, nothing inside can read or copy either.
		return false;
	}
}
