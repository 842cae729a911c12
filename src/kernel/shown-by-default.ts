// What commands of the built-in shell find beside the workspace where nobody says what they may read: git's settings, and programs.
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Who the user is for git, and how he has it. Never `~/.config/git/credentials`. */
const gitFiles: readonly string[] = [
	'.gitconfig',
	...['config', 'ignore', 'attributes'].map((name) => `.config/git/${name}`),
];

/** Folders of keys, wherever they are. */
const secretFolders: ReadonlySet<string> = new Set([
	...['.ssh', '.gnupg', '.pki', '.aws', '.azure', '.kube', '.docker', '.password-store', 'gcloud', 'keyrings'],
]);

/** Holds sockets, or what a view has of its own. */
const otherGround = /^\/(?:etc|proc|sys|dev|run|boot|gate)(?:\/|$)/;

export interface ShownOptions {
	readonly home: string;
	/** As the commands have it. */
	readonly searchPath: string;
	/** Is it in the view already, or must it not be? */
	readonly isSettled: (path: string) => boolean;
}

/** Realpaths of files and folders that exist. A program that needs more than its folder has to be given it. */
export function shownByDefault({ home, searchPath, isSettled }: ShownOptions): readonly string[] {
	const realHome = realOf(home, 'folder')[0] ?? home;
	const files = gitFiles.flatMap((name) => realOf(join(home, name), 'file'));
	const folders = [...new Set(searchPath.split(':'))].flatMap((path) =>
		otherGround.test(path) ? [] : realOf(path, 'folder'),
	);
	const open = folders.filter((path) => !isSettled(path));
	const beside = open
		.filter((path) => basename(path) === 'bin')
		.flatMap((path) => ['lib', 'libexec'].flatMap((name) => realOf(join(dirname(path), name), 'folder')));
	const fit = [...open, ...beside].filter((path) => isProgramFolder(path, realHome));
	return [...new Set([...files.filter((path) => !isSecret(path)), ...fit])].filter((path) => !isSettled(path)).sort();
}

/** `~/bin` and `~/.cargo/bin`; never `~/.cargo`, where a program keeps its keys, nor what holds a whole home. */
function isProgramFolder(path: string, home: string): boolean {
	const parts = path.split('/').slice(1);
	if (parts.length < 2 || otherGround.test(path) || isSecret(path)) return false;
	if (`${home}/`.startsWith(`${path}/`) || /^\/(?:home|Users|var)\/[^/]+$/.test(path)) return false;
	return dirname(path) !== home || !basename(path).startsWith('.');
}

function isSecret(path: string): boolean {
	return path.split('/').some((part) => secretFolders.has(part));
}

/** Nothing where there is no such thing. Asked before every command, so without a throw in the usual case. */
function realOf(path: string, kind: 'file' | 'folder'): readonly string[] {
	try {
		const found = statSync(path, { throwIfNoEntry: false });
		const fits = kind === 'file' ? found?.isFile() : found?.isDirectory();
		return fits === true ? [realpathSync.native(path)] : [];
	} catch {
		// Not for us: nobody inside could read it either.
		return [];
	}
}
