// How absolute paths lie to one another.

/** True for the folder itself, too. */
export function isWithin(path: string, folder: string): boolean {
	return path === folder || folder === '/' || (path.startsWith(folder) && path[folder.length] === '/');
}

/** The folders between `root` and `path`, without either, outermost first. */
export function foldersBetween(root: string, path: string): readonly string[] {
	const found: string[] = [];
	let at = path.indexOf('/', root === '/' ? 1 : root.length + 1);
	for (; at !== -1; at = path.indexOf('/', at + 1)) found.push(path.slice(0, at));
	return found;
}

/** Folders before what is in them. */
export function byDepth(left: string, right: string): number {
	return left.split('/').length - right.split('/').length || (left < right ? -1 : left > right ? 1 : 0);
}

/** The innermost of `folders` that holds `path`. */
export function innermost(path: string, folders: readonly string[]): string | undefined {
	let best: string | undefined;
	for (const folder of folders) {
		if (isWithin(path, folder) && (best === undefined || folder.length > best.length)) best = folder;
	}
	return best;
}

/**
 * The folders between `/tmp` and the trees in it. Where the view's `/tmp` outlives a command they must be held fast: a link that
 * was left in the place of one would lead bubblewrap astray when it makes the next mount.
 */
export function foldersInTmp(trees: readonly string[]): readonly string[] {
	const folders = trees.filter((tree) => isWithin(tree, '/tmp')).flatMap((tree) => foldersBetween('/tmp', tree));
	return [...new Set(folders)].filter((folder) => !trees.some((tree) => isWithin(folder, tree))).sort(byDepth);
}
