// Where the lock stands.
import { dirname, join } from 'node:path';

/** Beside this root file, whether it is there or not. */
export function lockPath(rootFile: string): string {
	return join(dirname(rootFile), 'trapgate.lock');
}
