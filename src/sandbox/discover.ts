// Where the files of gated programs are just now: by name, through links, and by the identity of the file.
import { lstatSync, mkdirSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TrapgateError } from '../abi/problem.ts';
import type { Confinement, Gates } from '../abi/sandbox.ts';
import { companions } from './companions.ts';
import { Copies } from './copies.ts';
import { type FoundCompanions, findCompanions } from './find-companions.ts';
import { Derived, Folders } from './folders.ts';
import { OtherNames } from './other-names.ts';
import { foldersInTmp, isWithin } from './paths.ts';
import { findBelowRawNames } from './raw-names.ts';
import { findSeals, type Seal } from './seals.ts';
import { executable, type GatedFile, realpathOf, Search } from './search.ts';
import type { SystemLayout } from './system.ts';

export interface Found {
	/** Realpaths, each once. */
	readonly files: readonly GatedFile[];
	/** Names that nothing in the view answers to. */
	readonly stubs: readonly Stub[];
	readonly companions: readonly FoundCompanions[];
	/** Names that are links to a file with many programs in one (busybox): reached by that file they do not trap. */
	readonly shared: readonly GatedFile[];
	readonly seals: readonly Seal[];
	/** Folders in the user's home that lifted programs may read, as far as they exist. */
	readonly homeTrees: readonly string[];
	/** Trees of `roExec` that are not there, so that nothing in them can stay executable. */
	readonly missing?: readonly string[];
}

export interface Stub {
	readonly name: string;
	readonly program: string;
	/** The program itself, a realpath on the host. */
	readonly real: string | undefined;
}

export interface DiscoveryOptions {
	/** The folders of the PATH that confined processes get, in order. */
	readonly path: readonly string[];
	readonly system: Pick<SystemLayout, 'trees' | 'home'>;
	readonly now: () => number;
}

/** Above this, a launch is refused: what has not been looked at can't be held. */
const mostFolders = 200_000;
/** Each covered file is a mount, and bubblewrap's time grows with their square. */
const mostFiles = 256;
const systemFolders: readonly string[] = [
	...['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/usr/libexec', '/bin', '/sbin'],
];

export class Discovery {
	readonly #options: DiscoveryOptions;
	readonly #folders: Folders;
	readonly #otherNames = new OtherNames();
	readonly #copies = new Copies();
	readonly #systemFiles = new Derived<Pick<Search, 'files' | 'shared'>>();
	readonly #companions = new Derived<readonly FoundCompanions[]>();
	/** The system's own folders and links are no one's to change inside of a view. */
	readonly #systemFolders = new Map<string, string | undefined>();
	/** What a folder of packages held when it was last read whole. */
	readonly #packages = new Map<string, { readonly stamp: string; readonly paths: readonly string[] }>();

	constructor(options: DiscoveryOptions) {
		this.#options = options;
		this.#folders = new Folders(options.now);
	}

	/**
	 * Looks again on every call, at the cost of a stat a folder. Throws D101 when a tree has changed under us, or when there is
	 * more than can be looked at or covered. Synchronous: nothing of ours may start between the look and the launch.
	 * `hostTmp` is the folder of the host that the view shows as `/tmp`, if it is not in memory.
	 */
	find(gates: Gates, confinement: Confinement, hostTmp?: string): Found {
		const { system } = this.#options;
		this.#folders.lookAgain();
		const tmp = hostTmp === undefined ? undefined : (realpathOf(hostTmp) ?? hostTmp);
		const trees = [...new Set([...confinement.read, ...confinement.write, ...(tmp === undefined ? [] : [tmp])])];
		for (const tree of trees) checkTree(tree);
		const missing = confinement.roExec.filter((tree) => lstatSync(tree, { throwIfNoEntry: false }) === undefined);
		for (const tree of confinement.roExec) if (!missing.includes(tree)) checkTree(tree);
		if (tmp !== undefined) makeFolders(tmp, [...confinement.read, ...confinement.write]);
		const search = new Search(gates, { roots: [...system.trees, ...trees], systemTrees: system.trees, tmp });
		this.#searchSystem(search, gates);
		const walked = this.#searchTrees(search, gates, trees);
		this.#coverCopies(search, walked, [...confinement.write, ...(tmp === undefined ? [] : [tmp])]);
		this.#nameAll(search);
		const files = [...search.files].map(([path, { program }]) => ({ path, program }));
		if (files.length > mostFiles) throw tooMany(files);
		const key = [...files.map(({ path, program }) => `${program} ${path}`), ...search.roots].join('\0');
		const beside = this.#companions.get(key, this.#folders, (list) => findCompanions(files, list, search.roots));
		const shown = (path: string) => search.shown(path);
		return {
			files: files.map(({ path, program }) => ({ path: shown(path), program })),
			stubs: this.#findStubs(search, gates),
			companions: beside.map(({ program, libraries, trees: folders }) => ({
				program,
				libraries: libraries.map(shown),
				trees: folders.map(shown),
			})),
			shared: search.shared,
			seals: findSeals(confinement, system.trees),
			homeTrees: companions
				.flatMap(({ lifted }) => lifted?.homeRead ?? [])
				.map((path) => `${system.home}/${path}`)
				.filter((path) => realpathOf(path) === path),
			missing,
		};
	}

	#searchSystem(search: Search, gates: Gates): void {
		const wanted = companions.filter(({ program }) => gates.gatedAs(program) !== undefined);
		const folders = [...this.#options.path, ...systemFolders, ...wanted.flatMap((companion) => companion.folders)];
		const known = this.#systemFiles.get([gates.revision, ...search.roots].join('\0'), this.#folders, (list) => {
			const system = search.another();
			// Debian's links go through here.
			list('/etc/alternatives');
			for (const folder of new Set(folders.map((path) => this.#folderOf(path)))) {
				if (folder === undefined || !search.sees(folder)) continue;
				list(folder);
				for (const name of this.#matches(folder, gates)) system.add(join(folder, name), 'system');
			}
			return system;
		});
		search.shared.push(...known.shared);
		for (const [path, { program }] of known.files) search.cover(path, program);
	}

	/** Where a folder of the PATH really is. */
	#folderOf(path: string): string | undefined {
		const { system } = this.#options;
		if (!system.trees.some((tree) => isWithin(path, tree)) && !/^\/s?bin$/.test(path)) return realpathOf(path);
		if (!this.#systemFolders.has(path)) this.#systemFolders.set(path, realpathOf(path));
		return this.#systemFolders.get(path);
	}

	#searchTrees(search: Search, gates: Gates, trees: readonly string[]): readonly string[] {
		let left = mostFolders;
		const open = [...trees];
		const seen = new Set<string>();
		for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
			if (seen.has(folder)) continue;
			seen.add(folder);
			left -= 1;
			if (left < 0) throw tooLarge(trees);
			if (basename(folder) === 'node_modules') {
				for (const path of this.#packagesIn(folder, gates)) search.add(path, 'tree');
				// In the PATH of every script that a package manager runs, so looked at like any other.
				seen.add(join(folder, '.bin'));
				continue;
			}
			const listing = this.#folders.list(folder);
			if (listing === undefined) {
				if (trees.includes(folder) && gates.gatedAs(basename(folder)) !== undefined) search.add(folder, 'tree');
				continue;
			}
			for (const name of this.#matches(folder, gates)) search.add(join(folder, name), 'tree');
			for (const name of listing.folders) if (name !== '.git') open.push(join(folder, name));
			if (listing.hasRawNames) checkRawNames(folder, gates);
		}
		return [...seen];
	}

	/** What lies in a writable tree is no original: a process inside could make any file of ours look like a copy of it. */
	#coverCopies(search: Search, folders: readonly string[], writable: readonly string[]): void {
		const within = (path: string) => writable.some((tree) => isWithin(path, tree));
		const originals = [...search.files]
			.map(([path, known]) => ({ path, ...known }))
			.filter(({ path }) => !within(path));
		const found = this.#copies.find(originals, folders.filter(within), this.#folders);
		for (const { path, program } of found) search.cover(path, program);
	}

	/**
	 * What package managers fill is read whole when one of the marks they leave has changed, for it may hold ten times the
	 * folders of the rest. Who copies an interpreter there by hand, and leaves no mark, could give it another name as well.
	 */
	#packagesIn(folder: string, gates: Gates): readonly string[] {
		const marks = ['', '.bin', '.package-lock.json', '.modules.yaml', '.yarn-state.yml', '.pnpm'].map((name) => {
			const found = lstatSync(join(folder, name), { throwIfNoEntry: false });
			return found === undefined ? '' : `${found.ino}:${found.mtimeMs}:${found.ctimeMs}`;
		});
		const stamp = [gates.revision, ...marks].join(' ');
		const known = this.#packages.get(folder);
		if (known?.stamp === stamp) {
			return [...known.paths, ...this.#matches(join(folder, '.bin'), gates).map((name) => join(folder, '.bin', name))];
		}
		const paths: string[] = [];
		const open = [folder];
		let left = mostFolders;
		for (let at = open.pop(); at !== undefined; at = open.pop()) {
			left -= 1;
			if (left < 0) throw tooLarge([folder]);
			for (const name of this.#matches(at, gates)) paths.push(join(at, name));
			const listing = this.#folders.list(at);
			for (const name of listing?.folders ?? []) open.push(join(at, name));
			if (listing?.hasRawNames) checkRawNames(at, gates);
		}
		this.#packages.set(folder, { stamp, paths });
		return paths;
	}

	#matches(folder: string, gates: Gates): readonly string[] {
		return this.#folders.names(folder, gates.revision, (name) => gates.gatedAs(name) !== undefined);
	}

	/** A file is what it is by its place on the disk: every other name of it in the view is covered, too. */
	#nameAll(search: Search): void {
		const linked = new Map<string, { stats: Stats; program: string; names: string[] }>();
		for (const [path, { stats, program }] of search.files) {
			if (stats.nlink < 2) continue;
			const key = `${stats.dev}:${stats.ino}`;
			const known = linked.get(key);
			if (known === undefined) linked.set(key, { stats, program, names: [path] });
			else known.names.push(path);
		}
		const short = [...linked.values()].filter(({ stats, names }) => names.length < stats.nlink);
		if (short.length === 0) return;
		for (const { path, program } of this.#otherNames.find(short, search.roots)) search.cover(path, program);
	}

	/** Every gated name that PATH leads to, and those that rules name. As of the last `find`. */
	called(gates: Gates, { shared }: Pick<Found, 'shared'>): readonly Stub[] {
		const folders = this.#options.path.flatMap((path) => this.#folderOf(path) ?? []);
		const inPath = folders.flatMap((folder) => this.#matches(folder, gates));
		const names = new Set([...gates.names, ...inPath, ...shared.map(({ path }) => basename(path))]);
		return [...names].flatMap((name) => {
			const program = gates.gatedAs(name);
			if (program === undefined || !isFileName(name)) return [];
			const real = folders.map((folder) => executable(join(folder, name))).find((path) => path !== undefined);
			return [{ name, program, real }];
		});
	}

	#findStubs(search: Search, gates: Gates): readonly Stub[] {
		const folders = this.#options.path.flatMap((path) => this.#folderOf(path) ?? []);
		const names = new Set(gates.names);
		for (const folder of folders) {
			if (search.sees(folder)) continue;
			for (const name of this.#matches(folder, gates)) if (gates.gatedAs(name) === name) names.add(name);
		}
		const shared = new Set(search.shared.map(({ path }) => basename(path)));
		const stubs: Stub[] = [];
		for (const name of [...names, ...shared]) {
			const program = gates.gatedAs(name);
			if (program === undefined || !isFileName(name)) continue;
			if (stubs.some((stub) => stub.name === name)) continue;
			const homes = folders.flatMap((folder) => {
				const path = this.#matches(folder, gates).includes(name) ? executable(join(folder, name)) : undefined;
				return path === undefined ? [] : [{ path, seen: search.sees(folder) && search.sees(path) }];
			});
			if (homes.some(({ seen }) => seen) && !shared.has(name)) continue;
			stubs.push({ name, program, real: homes[0]?.path });
		}
		return stubs;
	}
}

function isFileName(name: string): boolean {
	return /^[^/\0]+$/.test(name) && name !== '.' && name !== '..';
}

function checkRawNames(folder: string, gates: Gates): void {
	const path = findBelowRawNames(folder, (name) => gates.gatedAs(name) !== undefined);
	if (path === undefined) return;
	throw new TrapgateError('D101', `\`${path}\` is a gated program, and lies in a folder whose name is not UTF-8`, {
		help: 'rename the folder, or remove the file: such a name can’t be covered',
	});
}

// INVARIANT: bubblewrap follows links in what it shows. One that was put in the place of a tree would show something else.
function checkTree(tree: string): void {
	const real = realpathOf(tree);
	if (real === tree) return;
	const what = real === undefined ? 'does not exist' : `is a link to \`${real}\``;
	throw new TrapgateError('D101', `\`${tree}\`, which a confined process may use, ${what}`, {
		help: 'correct `read` and `write` of the sandbox, or make the folder',
	});
}

/** In the folder that is shown as /tmp, those that the view mounts something in or on. */
function makeFolders(tmp: string, trees: readonly string[]): void {
	for (const path of [...foldersInTmp(trees), ...trees.filter((tree) => isWithin(tree, '/tmp'))]) {
		const at = join(tmp, path.slice('/tmp'.length));
		const found = lstatSync(at, { throwIfNoEntry: false });
		if (found === undefined && !trees.includes(path)) mkdirSync(at, { mode: 0o700 });
		if (found === undefined || found.isDirectory() || (found.isFile() && trees.includes(path))) continue;
		throw new TrapgateError('D101', `a command has put something else in the place of \`${path}\` in its /tmp`, {
			help: `remove \`${at}\``,
		});
	}
}

function tooLarge(trees: readonly string[]): TrapgateError {
	const list = trees.map((tree) => `\`${tree}\``).join(', ');
	return new TrapgateError(
		'D101',
		`there are more than ${mostFolders} folders in ${list}: too many to look for gated programs`,
		{
			help: 'give the sandbox fewer folders to `read` and `write`',
		},
	);
}

function tooMany(files: readonly GatedFile[]): TrapgateError {
	const counts = new Map<string, number>();
	for (const { path } of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
	const [folder] = [...counts].sort(([, left], [, right]) => right - left)[0] ?? [''];
	return new TrapgateError(
		'D101',
		`${files.length} files of gated programs are in view, most of them in \`${folder}\``,
		{
			help: `at most ${mostFiles} can be covered: remove some, or take the folder out of \`read\` and \`write\``,
		},
	);
}
