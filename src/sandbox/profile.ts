// What a confined process sees: the steps that build its file system, in order.
import { dirname } from 'node:path';
import { TrapgateError } from '../abi/problem.ts';
import type { Confinement } from '../abi/sandbox.ts';
import { companions } from './companions.ts';
import type { Found } from './discover.ts';
import { byDepth, foldersBetween, foldersInTmp, innermost, isWithin } from './paths.ts';
import type { Seal } from './seals.ts';
import type { SystemLayout } from './system.ts';

export interface ViewRequest {
	readonly confinement: Confinement;
	readonly found: Found;
	/** Canonical names of the programs that do not trap here. */
	readonly lifted: ReadonlySet<string>;
	/** The one file of another that does not trap here, with what lies beside it. A realpath, in a tree that can be written. */
	readonly own?: string | undefined;
	readonly session: SessionFolders;
	readonly natives: Natives;
	readonly system: SystemLayout;
	/** Whether the bridge to the kernel's proxy is needed. */
	readonly egress?: boolean;
}

/** Folders of the host that belong to the kernel. */
export interface SessionFolders {
	/** Shown read-only at `/run/gate`. */
	readonly gate: string;
	/** Shown at `/tmp`: what a command leaves there an approved program finds, and so does the next command. Absent: in memory. */
	readonly tmp?: string;
	/** Shown at `/run/gx`, where the runner makes the socket that a trap hands its descriptors to. */
	readonly exchange?: string;
	/** Has a folder for each lifted program that keeps a cache, shown at `/run/cache/<program>`. */
	readonly caches?: string;
	/** An empty folder, for `exec: strict`: folders in memory are made there, where no one else sees them. */
	readonly stage?: string;
}

/** Paths on the host. */
export interface Natives {
	readonly trap: string;
	readonly runner: string;
	readonly bridge: string;
}

export type Step =
	/** Of the host; `source` and `target` are realpaths. */
	| { readonly kind: 'bind' | 'roBind'; readonly source: string; readonly target: string }
	| { readonly kind: 'tmpfs'; readonly target: string; readonly bytes: number }
	| { readonly kind: 'symlink'; readonly text: string; readonly target: string }
	| { readonly kind: 'dir' | 'proc' | 'dev' | 'remountRo'; readonly target: string };

/** Only for `exec: strict`: what has to be mounted before bubblewrap starts, in a mount namespace of its own. */
export interface Stage {
	readonly folder: string;
	/** Of all folders in memory together. */
	readonly bytes: number;
	readonly folders: readonly string[];
	/** Trees that can be written, and therefore not executed. */
	readonly noExec: readonly string[];
	/** Trees inside of those that stay executable. */
	readonly keepExec: readonly string[];
}

export interface View {
	readonly steps: readonly Step[];
	/** To be added to the environment of what runs. */
	readonly environment: Readonly<Record<string, string>>;
	/** Folders that bubblewrap makes on the host, if they are missing, because something has to be covered where nothing is yet. */
	readonly placeholders: readonly string[];
	readonly stage: Stage | undefined;
	/** The network is the host's. */
	readonly sharesNetwork: boolean;
	readonly uid: number;
	readonly gid: number;
}

/** Throws D101 for a confinement that can't be shown. Pure. */
export function planView(request: ViewRequest): View {
	checkTrees(request);
	const { confinement, found, session, system } = request;
	const strict = confinement.exec === 'strict';
	if (strict && session.stage === undefined)
		throw new TrapgateError('D101', '`exec: strict` has no folder to prepare in');
	const stage = strict ? session.stage : undefined;
	const hidden = found.seals.filter((seal) => seal.hides).map(({ at }) => at);
	const lifting = liftedNeeds(request);
	return {
		steps: [
			...systemSteps(request, stage),
			...treeSteps(request),
			...sealSteps(found.seals),
			...lifting.steps,
			...maskSteps(request, hidden),
			...gateSteps(request),
			{ kind: 'remountRo', target: '/' },
		],
		environment: { HOME: homeOf(system), ...lifting.environment },
		placeholders: outermost(found.seals.filter(({ state }) => state === 'absent').map(({ at }) => at)),
		stage:
			stage === undefined
				? undefined
				: {
						folder: stage,
						bytes: confinement.limits.tmpBytes,
						folders: privateFolders(request).map(({ name }) => name),
						noExec: outermost([
							...confinement.write,
							...present(session.tmp),
							// What an approved program writes to its exchange is in the folder of who executed it, too.
							...[session.gate, ...present(session.exchange)],
							...lifting.caches,
						]),
						keepExec: confinement.roExec.filter((tree) => !found.missing?.includes(tree)).sort(byDepth),
					},
		sharesNetwork: confinement.network === 'all',
		uid: system.uid,
		gid: system.gid,
	};
}

interface PrivateFolder {
	readonly name: string;
	readonly target: string;
}

/** Folders in memory; everything else in `/run`, `/var` and `/` is read-only. */
function privateFolders({ system, session }: Pick<ViewRequest, 'system' | 'session'>): readonly PrivateFolder[] {
	return [
		{ name: 'shm', target: '/dev/shm' },
		...(session.tmp === undefined ? [{ name: 'tmp', target: '/tmp' }] : []),
		{ name: 'home', target: homeOf(system) },
	];
}

/** Where the host has it; for an account whose home is a system folder (`/`, `/usr/sbin`, `/var`) somewhere of its own. */
function homeOf({ home }: Pick<SystemLayout, 'home'>): string {
	return /^\/(home|root|Users)\b/.test(home) || /^\/(var|srv|opt|data|export|mnt)\/./.test(home) ? home : '/home/agent';
}

function systemSteps(request: ViewRequest, stage: string | undefined): Step[] {
	const { system, confinement, session } = request;
	const memory = ({ name, target }: PrivateFolder): Step =>
		stage === undefined
			? { kind: 'tmpfs', target, bytes: confinement.limits.tmpBytes }
			: { kind: 'bind', source: `${stage}/${name}`, target };
	const [shm, ...others] = privateFolders(request).map(memory);
	return [
		...system.trees.map((tree): Step => ({ kind: 'roBind', source: tree, target: tree })),
		...system.links.map(({ path, target }): Step => ({ kind: 'symlink', text: target, target: path })),
		{ kind: 'roBind', source: system.etc, target: '/etc' },
		{ kind: 'proc', target: '/proc' },
		{ kind: 'dev', target: '/dev' },
		...present(shm),
		// bubblewrap's /dev is a folder in memory without a limit, that could be written and executed.
		{ kind: 'remountRo', target: '/dev' },
		...(session.tmp === undefined ? [] : [{ kind: 'bind', source: session.tmp, target: '/tmp' } satisfies Step]),
		...others,
		{ kind: 'dir', target: '/run' },
		{ kind: 'dir', target: '/var' },
		...(usesVarTmp(confinement) ? [] : [{ kind: 'symlink', text: '../tmp', target: '/var/tmp' } satisfies Step]),
	];
}

function usesVarTmp({ read, write }: Confinement): boolean {
	return [...read, ...write].some((tree) => isWithin(tree, '/var/tmp'));
}

/** What is read and written, and the folders that must not be renamed because something inside of them is held fast. */
function treeSteps({ confinement, found, session }: ViewRequest): Step[] {
	const { read, write, roExec } = confinement;
	const modes = new Map<string, 'bind' | 'roBind'>();
	for (const tree of read) modes.set(tree, 'roBind');
	for (const tree of write) modes.set(tree, 'bind');
	if (confinement.exec === 'strict')
		for (const tree of roExec) if (!found.missing?.includes(tree)) modes.set(tree, 'roBind');
	const trees = [...modes.keys()];
	const pins = new Set<string>();
	const pin = (path: string) => {
		const root = innermost(
			path,
			trees.filter((tree) => tree !== path),
		);
		if (root === undefined || modes.get(root) !== 'bind') return;
		// A mount point can't be renamed, but the folder it lies in can: a new one in its place would hold nothing fast.
		for (const folder of foldersBetween(root, path)) if (!modes.has(folder)) pins.add(folder);
	};
	for (const tree of trees) pin(tree);
	for (const { at, root } of found.seals) if (modes.get(root) === 'bind') pin(at);
	const needed = trees.filter((tree) => {
		const outer = innermost(
			tree,
			trees.filter((other) => other !== tree),
		);
		return outer === undefined || modes.get(outer) !== modes.get(tree) || confinement.roExec.includes(tree);
	});
	const sources = new Map([...needed, ...pins].map((tree) => [tree, tree]));
	if (session.tmp !== undefined) {
		for (const folder of foldersInTmp(trees)) sources.set(folder, session.tmp + folder.slice('/tmp'.length));
	}
	return [...sources]
		.sort(([left], [right]) => byDepth(left, right))
		.map(([target, source]): Step => ({ kind: modes.get(target) ?? 'bind', source, target }));
}

/** Folders of one page: nothing is ever written there. */
const empty = (target: string): Step[] => [
	{ kind: 'tmpfs', target, bytes: 4096 },
	{ kind: 'remountRo', target },
];

function sealSteps(seals: readonly Seal[]): Step[] {
	const done: Seal[] = [];
	const steps: Step[] = [];
	for (const seal of [...seals].sort(
		(left, right) => byDepth(left.at, right.at) || Number(right.hides) - Number(left.hides),
	)) {
		if (seal.state === 'link') throw linked(seal);
		const around = done.filter((other) => isWithin(seal.at, other.at));
		// What is covered already, or read-only and not there, is safe.
		if (around.some((other) => other.hides || other.state === 'absent')) continue;
		if (around.length > 0 && (!seal.hides || seal.state === 'absent')) continue;
		if (!seal.writable && (!seal.hides || seal.state === 'absent')) continue;
		done.push(seal);
		if (seal.state === 'absent') steps.push(...empty(seal.at));
		else if (!seal.hides) steps.push({ kind: 'roBind', source: seal.at, target: seal.at });
		else if (seal.state === 'folder') steps.push(...empty(seal.at));
		else steps.push({ kind: 'roBind', source: '/dev/null', target: seal.at });
	}
	return steps;
}

function linked({ path, at }: Seal): TrapgateError {
	return new TrapgateError(
		'D101',
		`\`${at}\` is a symbolic link on the way to \`${path}\`, which has to be protected`,
		{
			help: 'put the file or folder itself there: a link in a folder that can be written can be replaced',
		},
	);
}

function liftedNeeds({ lifted, system, session, confinement, found }: ViewRequest) {
	const steps: Step[] = [];
	const caches: string[] = [];
	const environment: Record<string, string> = {};
	for (const { program, lifted: needs } of companions) {
		if (needs === undefined || !lifted.has(program)) continue;
		for (const tree of needs.homeRead.map((path) => `${system.home}/${path}`)) {
			if (found.homeTrees.includes(tree)) steps.push({ kind: 'roBind', source: tree, target: tree });
		}
		Object.assign(environment, needs.environment, confinement.network === 'none' ? needs.offline : {});
		if (!needs.cache || session.caches === undefined) continue;
		caches.push(`${session.caches}/${program}`);
		steps.push({ kind: 'bind', source: `${session.caches}/${program}`, target: `/run/cache/${program}` });
	}
	return { steps, caches, environment };
}

/** What may be neither executed nor read: files, libraries that are worth as much, and folders. */
export function maskedIn({
	found,
	lifted,
	own,
	writable,
}: Pick<ViewRequest, 'found' | 'lifted' | 'own'> & { readonly writable: readonly string[] }) {
	const holders = own === undefined ? [] : writable.filter((tree) => isWithin(own, tree));
	const isBeside = (path: string) =>
		own !== undefined && isWithin(path, dirname(dirname(own))) && holders.some((tree) => isWithin(path, tree));
	const trapping = found.companions.filter(({ program }) => !lifted.has(program));
	return {
		files: found.files
			.filter(({ path, program }) => !lifted.has(program) && path !== own)
			.map(({ path }): string => path),
		libraries: trapping.flatMap(({ libraries }) => libraries).filter((path) => !isBeside(path)),
		trees: outermost(trapping.flatMap((companion) => companion.trees)).filter((tree) => !isBeside(tree)),
	};
}

function maskSteps(request: ViewRequest, hidden: readonly string[]): Step[] {
	const { natives, confinement } = request;
	const { files, libraries, trees } = maskedIn({ ...request, writable: ['/tmp', ...confinement.write] });
	// Where nothing is to be seen there is no place for a mount, and no need of one.
	const gone = [...hidden, ...trees];
	const isSeen = (path: string) => !gone.some((folder) => isWithin(path, folder));
	return [
		...files.filter(isSeen).map((path): Step => ({ kind: 'roBind', source: natives.trap, target: path })),
		...libraries.filter(isSeen).map((path): Step => ({ kind: 'roBind', source: '/dev/null', target: path })),
		...trees.filter((tree) => !hidden.some((folder) => isWithin(tree, folder))).flatMap(empty),
	];
}

function gateSteps({ session, natives, found, lifted, egress }: ViewRequest): Step[] {
	const steps: Step[] = [
		{ kind: 'roBind', source: session.gate, target: '/run/gate' },
		{ kind: 'roBind', source: natives.runner, target: '/gate/runner' },
		{ kind: 'dir', target: '/gate/bin' },
	];
	if (session.exchange !== undefined) steps.push({ kind: 'bind', source: session.exchange, target: '/run/gx' });
	if (egress === true) steps.push({ kind: 'roBind', source: natives.bridge, target: '/gate/bridge' });
	for (const { name, program, real } of found.stubs) {
		const source = lifted.has(program) ? real : natives.trap;
		if (source !== undefined) steps.push({ kind: 'roBind', source, target: `/gate/bin/${name}` });
	}
	return steps;
}

/** Folders that are never shown whole: they hold other programs' sockets and secrets, or belong to the view itself. */
const neverShown: readonly string[] = ['/', '/home', '/root', '/run', '/tmp', '/var', '/var/tmp', '/dev/shm', '/boot'];
/** In these, a view has its own things. */
const ownGround: readonly string[] = ['/etc', '/proc', '/sys', '/dev', '/gate', '/run/gate', '/run/gx', '/run/cache'];
const programFolders: readonly string[] = [
	'bin',
	'sbin',
	'lib',
	'lib64',
	'libexec',
	'local/bin',
	'local/sbin',
	'local/lib',
];

/** Throws D101 for a tree that is never given to a confined process. */
export function checkTrees({
	confinement,
	system,
}: {
	readonly confinement: Confinement;
	readonly system: Pick<SystemLayout, 'trees' | 'home'>;
}): void {
	const refuse = (tree: string, why: string, help: string): never => {
		throw new TrapgateError('D101', `\`${tree}\` can't be given to a confined process: ${why}`, { help });
	};
	for (const tree of [...confinement.read, ...confinement.write, ...confinement.roExec]) {
		const writable = confinement.write.includes(tree);
		if (
			!tree.startsWith('/') ||
			tree.includes('\0') ||
			/\/\.{0,2}(\/|$)/.test(tree.slice(1)) ||
			(tree !== '/' && tree.endsWith('/'))
		)
			refuse(tree, 'it is not a resolved absolute path', 'give the full path, without `..` and links');
		if (isWithin(system.home, tree) && system.home !== '/' && homeOf(system) === system.home)
			refuse(
				tree,
				'it holds your home directory, with keys, start-up files and configuration of other programs',
				'name the folders below it that are needed',
			);
		if (neverShown.includes(tree))
			refuse(tree, 'it holds other programs’ files and sockets', 'name the folders below it that are needed');
		if (ownGround.some((ground) => isWithin(tree, ground)))
			refuse(tree, 'the sandbox has its own files there', 'keep what is needed in another folder');
		const programs = system.trees.flatMap((root) =>
			root === '/usr' ? programFolders.map((name) => `/usr/${name}`) : [root],
		);
		if (writable && programs.some((folder) => isWithin(folder, tree) || tree === folder))
			refuse(tree, 'it holds the programs of this system', 'name the folders below it that are needed');
	}
	const trees = [...confinement.read, ...confinement.write];
	const secret = confinement.concealed.find((path) => trees.some((tree) => isWithin(tree, path)));
	if (secret !== undefined)
		throw new TrapgateError(
			'D101',
			`a folder that can be read or written lies in \`${secret}\`, which is kept from confined processes`,
			{
				help: 'keep Trapgate’s own state out of the folders above the workspace',
			},
		);
}

function outermost(paths: readonly string[]): readonly string[] {
	const sorted = [...new Set(paths)].sort(byDepth);
	return sorted.filter((path, index) => !sorted.slice(0, index).some((other) => isWithin(path, other)));
}

function present<T>(value: T | undefined): readonly T[] {
	return value === undefined ? [] : [value];
}
