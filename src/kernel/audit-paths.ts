// Where the log stands, and the key that signs it.
import { join } from 'node:path';
import type { StateDirectories } from './state.ts';

/** Where the log stands: what the file says, or below the state directory. */
export function auditDirectoryOf(configured: string | undefined, directories: StateDirectories): string {
	return configured ?? join(directories.state, 'audit');
}

/** The file with the key that signs checkpoints. */
export function auditKeyFile(directories: StateDirectories): string {
	return join(directories.state, 'audit.key');
}
