// Which git branch is checked out in a directory, as `.git/HEAD` says it.
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { resolvePath } from './paths.ts';

const longestHead = 4096;

/** The short name of the branch; undefined for a detached HEAD, outside of any repository, and whenever it can't be read. */
export function branchOf(directory: string): string | undefined {
	if (!directory.startsWith('/')) return undefined;
	try {
		// Behind a link, git looks in the folders above the place that it leads to.
		const real = resolvePath(directory, '/')?.real;
		const repository = real === undefined ? undefined : repositoryOf(real);
		const head = repository === undefined ? undefined : readSmall(join(repository, 'HEAD'));
		return /^ref: refs\/heads\/(\S+)\s*$/.exec(head ?? '')?.[1];
	} catch {
		// No repository, no permission, a file where a folder should be: all of it means that nobody knows.
		return undefined;
	}
}

/** The `.git` folder of the repository around `directory`, or what the `.git` file of a worktree names. */
function repositoryOf(directory: string): string | undefined {
	for (let at = directory; ; at = dirname(at)) {
		const candidate = join(at, '.git');
		const found = statSync(candidate, { throwIfNoEntry: false });
		if (found?.isDirectory()) return candidate;
		if (found?.isFile()) {
			const named = /^gitdir: (.+?)\s*$/.exec(readSmall(candidate))?.[1];
			return named === undefined ? undefined : resolve(at, named);
		}
		if (dirname(at) === at) return undefined;
	}
}

/** The text of a plain file; a pipe in its place would keep the kernel waiting. */
function readSmall(file: string): string {
	const found = statSync(file);
	return found.isFile() && found.size <= longestHead ? readFileSync(file, 'utf8') : '';
}
