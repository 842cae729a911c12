// Paths as text: joined and shortened without asking any file system.

/** A path seen from where the text starts; undefined when the directory is not known. Absolute and `~` paths stay as they are. */
export function joinPath(cwd: string | null, path: string): string | undefined {
	if (path.startsWith('/') || path.startsWith('~')) return shorten(path);
	if (cwd === null) return undefined;
	return shorten(cwd === '' ? path : `${cwd}/${path}`);
}

/** Without `.`, empty parts and `x/..`; a `..` that leads out stays. */
function shorten(path: string): string {
	if (!path.includes('.') && !path.includes('//')) return path;
	const parts: string[] = [];
	for (const part of path.split('/')) {
		if (part === '' || part === '.') continue;
		if (part === '..' && parts.length > 0 && parts.at(-1) !== '..' && parts[0] !== '~') parts.pop();
		else if (part !== '..' || !path.startsWith('/')) parts.push(part);
	}
	return path.startsWith('/') ? `/${parts.join('/')}` : parts.join('/');
}

/** The last part of a path: `python3` of `/usr/bin/python3`. */
export function baseName(path: string): string {
	return path.slice(path.lastIndexOf('/') + 1);
}
