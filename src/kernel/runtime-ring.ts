// The runtime ring as the kernel knows it. What opens it is loaded only where something could run in it.
import type { Gates, Trapped } from '../abi/sandbox.ts';
import type { ProcessSandbox } from '../drivers/process-sandbox.ts';
import type { DriverSandbox } from './confinement.ts';
import { judgeRead, type Loaded, type LoadOptions, type Revision, readRevision } from './revision.ts';
import { marksOf } from './revisions.ts';
import { noRings, type Rings } from './ring.ts';
import { startedUnder } from './sandbox-rules.ts';

export interface RingSurroundings {
	/** Where temporary files are; a realpath. */
	readonly tmp: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** One line for the log. */
	readonly warn: (text: string) => void;
}

/** What one driver runs in, as policy and configuration have it at the moment. */
export interface SandboxPlan {
	/** Undefined where the driver has no sandbox any more: then nothing of it starts. */
	readonly sandbox: DriverSandbox | undefined;
	readonly gates: Gates;
}

export interface RuntimeRing {
	readonly rings: Rings;
	/** The sandbox of a driver's processes; `plan` is asked anew for every program. Undefined where the ring does not hold. */
	sandboxOf(plan: () => SandboxPlan, trapped: Trapped): ProcessSandbox | undefined;
	/** Takes everything away that was made. Sandboxes are closed before. */
	close(): void;
}

/** Loads, and where anything in it could run in the ring opens that first, since what exists depends on whether it holds. */
export async function loadWithRing(
	load: LoadOptions,
	warn: (text: string) => void,
): Promise<{
	readonly load: LoadOptions;
	readonly loaded: Loaded;
	readonly ring: RuntimeRing;
	/** How the files stood when they were read; absent: they were read just now. */
	readonly marks?: string;
}> {
	const read = readRevision(load);
	const loaded = judgeRead(load, read);
	if (loaded.revision === undefined || !couldUseRing(loaded.revision)) return { load, loaded, ring: noRing };
	const marks = await marksOf(load, loaded.sources);
	const { config, set } = loaded.revision;
	const { openRing } = await import('./open-ring.ts');
	const landlock = config.drivers.some(({ sandbox }) => sandbox?.backend === 'landlock');
	const ring = await openRing({ tmp: load.tmp, env: load.env, warn }, { landlock });
	const withRing = { ...load, rings: { ...ring.rings, startedUnder: startedUnder(config.drivers, set.rules) } };
	return { load: withRing, loaded: judgeRead(withRing, read), ring, marks };
}

/** Does anything of this revision start programs here that could run in the ring? */
function couldUseRing({ config, set }: Revision): boolean {
	return (
		config.drivers.some(({ kind, sandbox }) => kind === 'shell' || sandbox !== undefined) ||
		set.rules.some(({ action, rule }) => action.kind === 'sandbox' || rule.ring === 'runtime')
	);
}

/** Where nothing could run in it. */
export const noRing: RuntimeRing = { rings: noRings, sandboxOf: () => undefined, close: () => undefined };
