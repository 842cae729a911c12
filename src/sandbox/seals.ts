// What has to be kept from a confined process, and how it lies on the disk just now.
import { accessSync, constants, lstatSync, readdirSync } from 'node:fs';
import type { Confinement } from '../abi/sandbox.ts';
import { foldersBetween, innermost, isWithin } from './paths.ts';

export interface Seal {
	/** As it was asked for. */
	readonly path: string;
	/** What has to be covered: the path, or the first thing on the way to it that is no folder, or is missing. */
	readonly at: string;
	readonly state: 'file' | 'folder' | 'absent' | 'link';
	/** True for what may not even be read. */
	readonly hides: boolean;
	/** The tree of the view that it lies in, and whether that can be written. */
	readonly root: string;
	readonly writable: boolean;
}

/** One for each guarded or concealed path that lies in the view. */
export function findSeals(confinement: Confinement, systemTrees: readonly string[]): readonly Seal[] {
	const { read, write, guarded, concealed } = confinement;
	const trees = [...systemTrees, ...read, ...write];
	const seals: Seal[] = [];
	const add = (path: string, hides: boolean) => {
		const root = innermost(path, trees);
		if (root !== undefined) {
			const seal = look(path, root, hides, write.includes(root));
			if (seal !== undefined) seals.push(seal);
		}
		// A guarded folder above a tree guards the whole tree.
		for (const tree of write) {
			if (tree !== path && isWithin(tree, path) && !hides)
				seals.push({ path, at: tree, state: 'folder', hides, root: tree, writable: true });
		}
	};
	for (const path of guarded) add(path, false);
	for (const path of concealed) add(path, true);
	return seals;
}

function look(path: string, root: string, hides: boolean, writable: boolean): Seal | undefined {
	const seal = { path, hides, root, writable };
	if (path === root) return { ...seal, at: path, state: lstatSync(path).isDirectory() ? 'folder' : 'file' };
	let parent = root;
	for (const at of [...foldersBetween(root, path), path]) {
		const found = lstatSync(at, { throwIfNoEntry: false });
		if (found === undefined) return isForUs(parent) ? { ...seal, at, state: 'absent' } : undefined;
		if (found.isSymbolicLink()) return { ...seal, at, state: 'link' };
		// `.git` is a file where it is a worktree's or a submodule's: then there are no hooks below it, but it names where they are.
		if (!found.isDirectory()) return { ...seal, at, state: 'file' };
		// An empty one, also on the way, may be a placeholder that is about to be taken away: it is covered in a way that does not need it.
		if (isEmpty(at)) return { ...seal, at, state: 'absent' };
		if (at === path) return { ...seal, at, state: 'folder' };
		parent = at;
	}
	return undefined;
}

/** Whether anything could be created in the folder by us, now or after a change of its mode. */
function isForUs(folder: string): boolean {
	try {
		accessSync(folder, constants.W_OK);
		return true;
	} catch {
		// Another user's folder, or a file system that can't be written: what is absent stays absent.
		return lstatSync(folder, { throwIfNoEntry: false })?.uid === process.getuid?.();
	}
}

function isEmpty(folder: string): boolean {
	try {
		return readdirSync(folder).length === 0;
	} catch {
		// Not for us to read, so it stays what it is.
		return false;
	}
}
