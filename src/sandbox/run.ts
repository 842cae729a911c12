// Makes a program ready to be run in a sandbox, where every gated program that it executes traps.
import type { Confinement, Gates, Trapped } from '../abi/sandbox.ts';
import { limitsOf } from './limits.ts';
import type { Ring } from './ring.ts';
import { Sandbox, type Shared } from './sandbox.ts';
import { Slots } from './slots.ts';

/** What a driver wants to run. */
export interface Launch {
	/** The first is an absolute path, as the sandbox has it. */
	readonly argv: readonly string[];
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	readonly confinement: Confinement;
	/** What holds it. */
	readonly backend: 'bwrap' | 'landlock';
	readonly gates: Gates;
	/** The host's directory that is `/tmp` inside, for approved programs too; without namespaces it is where `TMPDIR` points. */
	readonly tmp: string;
	/** What approved programs keep from one launch to the next (`Ring.newCaches`). */
	readonly caches: string;
	/** How many programs may be approved in all; absent: as many as one call may have. */
	readonly mostApproved?: number;
	/** Answers for the gated programs that it executes. */
	readonly trapped: Trapped;
}

/** A sandbox that can be started, once: bubblewrap or our own runner, and what it must be given. */
export interface Prepared {
	readonly file: string;
	readonly args: readonly string[];
	/** The host's files that are its descriptors from 4 on; the one after them takes the status (`followStatus`). */
	readonly files: readonly string[];
	/** Ends every approved program, and takes away what was made for this sandbox. Never throws; the first call counts. */
	close(): Promise<void>;
}

/** Of approved programs in one launch: so many at once on each level, and so many in all. */
const [atOnce, inAll] = [16, 200];
/** What its traps may have sent, and nobody has answered yet. */
const mostUnreadBytes = 64 * 1024 * 1024;

/** Throws TrapgateError when no such sandbox can be made. */
export async function prepare(ring: Ring, launch: Launch): Promise<Prepared> {
	const { argv, cwd, env, trapped, mostApproved } = launch;
	const { found, called } = look(ring, launch);
	const slots = new Slots({ atOnce, inAll: mostApproved ?? inAll });
	const unread = { left: mostUnreadBytes };
	const sandbox = new Sandbox({ ring, launch, found, called, slots, unread }, { depth: 0, lifted: [], trapped });
	try {
		const limits = limitsOf(launch.confinement.limits, ring.othersCounted(launch.backend));
		return await sandbox.prepare({ fromTrap: false, umask: undefined, limits, cwd, argv, env });
	} catch (error) {
		await sandbox.close();
		throw error;
	}
}

function look({ discovery }: Ring, { gates, confinement, tmp, backend }: Launch): Pick<Shared, 'found' | 'called'> {
	if (backend === 'bwrap') return { found: discovery.find(gates, confinement, tmp), called: [] };
	// Without mounts it is a folder like any other.
	const found = discovery.find(gates, { ...confinement, write: [...confinement.write, tmp] });
	return { found, called: discovery.called(gates, found) };
}
