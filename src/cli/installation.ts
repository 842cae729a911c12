// Files that ship beside the program.
import { fileURLToPath } from 'node:url';

/** The absolute path of a file of this installation; `path` is relative to its root. */
export function installedFile(path: string): string {
	// The same from src/cli and from dist/parts.
	return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
