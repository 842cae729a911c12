// Where the kernel keeps what governs it, and which arguments carry shell text: the same for every way of asking.
import { isAbsolute } from 'node:path';
import { auditDirectoryOf } from './audit-paths.ts';
import type { DriverConfig } from './config.ts';
import { lockPath } from './lock/path.ts';
import type { LoadOptions, Revision } from './revision.ts';
import type { StateDirectories } from './state.ts';

export interface Governed {
	readonly revision: Revision;
	readonly load: LoadOptions;
	readonly directories: StateDirectories;
}

/** JSON Pointers of the arguments that carry shell text. A built-in shell that is not configured is judged as one all the same. */
export function commandPointers(driver: DriverConfig | undefined, name: string, tool: string): readonly string[] {
	if (isBuiltinShell(driver, name)) {
		return tool === 'run' ? ['/command'] : [];
	}
	const pointer = driver !== undefined && Object.hasOwn(driver.commands, tool) ? driver.commands[tool] : undefined;
	return pointer === undefined ? [] : [pointer];
}

/** Is this the kernel's own shell? It is bash, and says itself where it starts and what it reads. */
export function isBuiltinShell(driver: Pick<DriverConfig, 'kind'> | undefined, name: string): boolean {
	return driver === undefined ? name === 'shell' : driver.kind === 'shell';
}

/** Whoever writes the keys of the authorization server may be any agent. */
function keysOf({ config }: Revision): readonly string[] {
	const jwks = config.http.oauth?.jwks;
	return jwks?.kind === 'file' ? [jwks.path] : [];
}

/** What governs the agent, beside what lies in workspace and home: the root file, the lock, policies, log and state. */
export function governedPaths({ revision, load, directories }: Governed): readonly string[] {
	return [
		load.file,
		lockPath(load.file),
		...revision.sources.map((source) => source.path),
		auditDirectoryOf(revision.config.audit.directory, directories),
		directories.state,
		directories.user,
		directories.organisation,
		...keysOf(revision),
		...clientFolders.flatMap((name) => absolute(load.env[name])),
	];
}

/** Variables by which clients keep their configuration elsewhere than in the home directory. */
const clientFolders = ['CLAUDE_CONFIG_DIR', 'CODEX_HOME'] as const;

function absolute(path: string | undefined): readonly string[] {
	return path !== undefined && isAbsolute(path) ? [path] : [];
}

/** The same of whatever is in force; the list is a new one when that is another revision. */
export function governedByCurrent(
	current: () => Revision,
	{ load, directories }: Omit<Governed, 'revision'>,
): () => readonly string[] {
	let known: { readonly revision: Revision; readonly paths: readonly string[] } | undefined;
	return () => {
		const revision = current();
		if (known?.revision !== revision) known = { revision, paths: governedPaths({ revision, load, directories }) };
		return known.paths;
	};
}
