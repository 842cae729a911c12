// What loading a policy needs of the world: where packs, layers, home and temporary files are.
import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mode } from '../abi/decision.ts';
import type { LoadOptions } from './revision.ts';
import type { Rings } from './ring.ts';
import { sqlParserOnDemand } from './sql-parser.ts';
import { homeDirectory, type StateDirectories } from './state.ts';
import { TrustStore } from './trust.ts';

export interface LoadSurroundings {
	/** The root file, absolute. */
	readonly file: string;
	/** For names in messages. */
	readonly cwd: string;
	readonly env: NodeJS.ProcessEnv;
	/** It may only raise what the file says. */
	readonly mode?: Mode | undefined;
	/** What was found out about the runtime ring; without it, it does not hold. */
	readonly rings?: Rings | undefined;
}

/** What `loadRevision` needs, from the surroundings of a command. */
export function loadOptions(options: LoadSurroundings, directories: StateDirectories): LoadOptions {
	return {
		file: options.file,
		roots: { packs: packsDirectory(), user: directories.user, organisation: directories.organisation },
		cwd: options.cwd,
		home: homeDirectory(options.env),
		tmp: realOf(tmpdir()),
		env: options.env,
		mode: options.mode,
		rings: options.rings,
		sqlParser: sqlParserOnDemand(),
		rootWasTrusted: new TrustStore(directories.state).knows(options.file),
	};
}

/** A folder that is not there is nobody's link; who needs it says so. */
function realOf(path: string): string {
	try {
		return realpathSync(path);
	} catch {
		return path;
	}
}

/** The packs of the running installation: beside `dist` when built, beside `src` when run from source; two folders up in both. */
export function packsDirectory(): string {
	const installation = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
	return join(installation, 'policies');
}
