// Makes a private directory with what is missing above it.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * As `mkdir -p` with mode 0700. Throws what mkdir(2) says.
 *
 * Node's own `recursive` never returns below a file system that answers ENOENT for every new name, such as /proc.
 */
export function makeDirectory(path: string): void {
	if (isDirectory(path)) return;
	const parent = dirname(path);
	if (parent !== path) makeDirectory(parent);
	try {
		mkdirSync(path, { mode: 0o700 });
	} catch (error) {
		// Somebody else made it at the same moment.
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isDirectory(path)) throw error;
	}
}

function isDirectory(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
