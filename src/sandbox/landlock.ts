// What Landlock lets a confined process do with files where there are no namespaces: a list of paths, with the rights on each.
import { join } from 'node:path';
import { TrapgateError } from '../abi/problem.ts';
import type { Confinement } from '../abi/sandbox.ts';
import { companions } from './companions.ts';
import type { Found, Stub } from './discover.ts';
import type { Entry } from './entries.ts';
import type { Grant } from './frames.ts';
import { isWithin } from './paths.ts';
import { checkTrees, maskedIn } from './profile.ts';
import type { SystemLayout } from './system.ts';

export interface RulesRequest {
	readonly confinement: Confinement;
	/** In paths of the host. */
	readonly found: Found;
	/** What gated names lead to. */
	readonly called: readonly Stub[];
	/** Canonical names of the programs that do not trap here. */
	readonly lifted: ReadonlySet<string>;
	/** The one file of another that does not trap here. */
	readonly own?: string | undefined;
	readonly folders: AloneFolders;
	readonly system: Pick<SystemLayout, 'trees' | 'home'>;
	/** Of `/etc`, as it really is: files that may be read, and folders that may be listed. */
	readonly etc: { readonly files: readonly string[]; readonly folders: readonly string[] };
	/** Undefined for what can't be read. */
	readonly list: (folder: string) => readonly Entry[] | undefined;
}

/** Folders of the host that belong to the kernel. */
export interface AloneFolders {
	/** With a shim under each gated name. */
	readonly bin: string;
	/** Where shims make their pipes. */
	readonly calls: string;
	readonly home: string;
	readonly tmp: string;
	readonly caches: string;
}

export interface Rules {
	readonly grants: readonly Grant[];
	/** To be added to the environment of what runs. */
	readonly environment: Readonly<Record<string, string>>;
}

/** LANDLOCK_ACCESS_FS_… of linux/landlock.h. The runner takes away all sixteen, but for what is granted here. */
export const right = {
	...{ execute: 1, writeFile: 1 << 1, readFile: 1 << 2, readFolder: 1 << 3, removeFolder: 1 << 4, removeFile: 1 << 5 },
	...{ makeFolder: 1 << 7, makeFile: 1 << 8, makePipe: 1 << 10, makeLink: 1 << 12, refer: 1 << 13, truncate: 1 << 14 },
	ioctl: 1 << 15,
} as const;

const reading = right.readFile | right.readFolder;
/** No devices, and no sockets: nothing inside could use one that has a name. */
const changing =
	right.writeFile |
	right.truncate |
	right.removeFolder |
	right.removeFile |
	right.makeFolder |
	right.makeFile |
	right.makePipe |
	right.makeLink |
	right.refer;
/** Those that a file can have. */
const ofFiles = right.execute | right.writeFile | right.readFile | right.truncate | right.ioctl;

/**
 * INVARIANT: a right holds for all that lies below its path, and none can be taken back further down. So a folder that has something
 * in it which may do less has at most what that may do, and everything else in it gets a rule of its own. Links get none: a rule for
 * a link is one for what it leads to. Throws D101 for a confinement that can't be held so. Pure, but for `list`.
 */
export function planRules(request: RulesRequest): Rules {
	const { confinement, lifted, called, folders, system, etc } = request;
	checkTrees(request);
	if (typeof confinement.network === 'object')
		throw new TrapgateError('D101', '`backend: landlock` can’t let a sandbox reach some hosts and no others', {
			help: 'Landlock judges ports and no addresses: use `network: none` or `network: all`, or `backend: bwrap`',
		});
	const isStrict = confinement.exec === 'strict';
	const writable = isStrict ? reading | changing : reading | changing | right.execute;
	const readable = reading | right.execute;
	const trees = [
		...[...system.trees, ...confinement.read].map((path) => ({ path, access: readable })),
		...[...confinement.write, folders.tmp].map((path) => ({ path, access: writable })),
	];
	const marks = marksOf(request, readable);
	const lifting = liftedNeeds(request);
	return {
		grants: merged([
			...trees.flatMap((tree) => grantTree(tree, marks, request)),
			...lifting.trees.flatMap((tree) => grantTree(tree, marks, request)),
			...etc.files.map((path) => ({ path, access: right.readFile })),
			...etc.folders.map((path) => ({ path, access: right.readFolder })),
			// Who of the same account may look at what there is decided by Landlock itself: nobody at anybody outside.
			{ path: '/proc', access: reading },
			...devices,
			{ path: folders.bin, access: readable },
			{ path: folders.calls, access: right.makePipe | right.removeFile | right.readFile | right.writeFile },
			{ path: folders.home, access: writable },
			...called.flatMap(({ program, real }) =>
				real !== undefined && lifted.has(program) ? [{ path: real, access: right.readFile | right.execute }] : [],
			),
		]),
		environment: { HOME: folders.home, TMPDIR: folders.tmp, ...lifting.environment },
	};
}

const devices: readonly Grant[] = [
	...['null', 'zero', 'full'].map((name) => ({ name, access: right.readFile | right.writeFile | right.ioctl })),
	...['random', 'urandom'].map((name) => ({ name, access: right.readFile | right.ioctl })),
].map(({ name, access }) => ({ path: `/dev/${name}`, access }));

interface Mark {
	readonly path: string;
	/** What may be done with it at most; 0 for what is left out. */
	readonly most: number;
	/** What a folder above it may have. */
	readonly above: number;
}

function marksOf(request: RulesRequest, readable: number): readonly Mark[] {
	const { confinement, found } = request;
	const { read, write, roExec, exec } = confinement;
	const { files, libraries, trees } = maskedIn({ ...request, writable: write });
	const inWritten = (path: string) => write.some((tree) => isWithin(path, tree));
	return [
		// Its name may be seen, not what is in it.
		...[...files, ...libraries, ...trees].map((path) => ({ path, most: 0, above: right.readFolder })),
		// Who may list a folder may list all that is in it: what is concealed keeps that from everything above it.
		...found.seals
			.filter(({ hides, writable, state }) => writable || (hides && state !== 'absent'))
			.map(({ at, hides, state }) =>
				hides
					? { path: at, most: 0, above: state === 'absent' ? readable : 0 }
					: { path: at, most: readable, above: readable },
			),
		...read.filter(inWritten).map((path) => ({ path, most: readable, above: readable })),
		...(exec === 'strict' ? roExec.map((path) => ({ path, most: readable, above: reading })) : []),
	];
}

interface Tree extends Grant {
	/** Below `exec: strict` a tree may get back the right to execute. */
	readonly kind?: 'folder' | 'file';
}

function grantTree(tree: Tree, marks: readonly Mark[], request: RulesRequest): readonly Grant[] {
	const { path, access, kind } = tree;
	const here = marks.filter((mark) => isWithin(path, mark.path));
	if (here.some(({ most }) => most === 0)) return [];
	const mine = here.reduce((rights, { most }) => narrowed(rights, most), access);
	const below = marks.filter((mark) => mark.path !== path && isWithin(mark.path, path) && matters(mark, mine));
	const level = below.reduce((rights, { above }) => rights & above, mine);
	const own = (rights: number) => (rights === 0 ? [] : [{ path, access: rights }]);
	if (kind === 'folder' && below.length === 0) return own(mine);
	const entries = kind === 'file' ? undefined : request.list(path);
	// What is no folder, or can't be listed, has nothing in it that could get more.
	if (entries === undefined) return own((below.length === 0 ? mine : level) & ofFiles);
	if (below.length === 0) return own(mine);
	return [
		...own(level),
		...entries
			.filter(({ kind: of }) => of !== 'link')
			.flatMap(({ name, kind: of }) =>
				grantTree(
					{ path: join(path, name), access: mine, kind: of === 'folder' ? 'folder' : 'file' },
					[...here, ...below],
					request,
				),
			),
	];
}

/** A tree of `ro_exec` gains what it gives up the right to write for. */
function narrowed(rights: number, most: number): number {
	return (rights & changing) === 0 ? rights & most : (rights & most) | (most & right.execute);
}

/** Where nothing can be changed, nothing has to be guarded. */
function matters({ most }: Mark, rights: number): boolean {
	return most === 0 || (rights & changing) !== 0;
}

function liftedNeeds({ lifted, system, folders, confinement, found }: RulesRequest) {
	const trees: Grant[] = [];
	const environment: Record<string, string> = {};
	for (const { program, lifted: needs } of companions) {
		if (needs === undefined || !lifted.has(program)) continue;
		const home = needs.homeRead
			.map((path) => `${system.home}/${path}`)
			.filter((path) => found.homeTrees.includes(path));
		trees.push(...home.map((path) => ({ path, access: reading | right.execute })));
		const own = `${folders.caches}/${program}`;
		if (needs.cache) trees.push({ path: own, access: reading | changing | right.execute });
		for (const [name, value] of Object.entries({
			...needs.environment,
			...(confinement.network === 'none' ? needs.offline : {}),
		}))
			environment[name] = value === `/run/cache/${program}` ? own : value;
	}
	return { trees, environment };
}

/** Of several rules for one path the system would take the union, too. */
function merged(grants: readonly Grant[]): readonly Grant[] {
	const rights = new Map<string, number>();
	for (const { path, access } of grants) rights.set(path, (rights.get(path) ?? 0) | access);
	return [...rights].map(([path, access]) => ({ path, access }));
}
