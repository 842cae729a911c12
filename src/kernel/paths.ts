// Paths as the file system has them: symlinks resolved through the deepest ancestor that exists.
import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PathForms } from '../abi/decision.ts';

/**
 * Resolves a path argument against `cwd` (absolute). Expands a leading `~` and decodes `file:` URLs.
 * Returns undefined when it can't be resolved: NUL, a foreign `~user`, a `file:` URL with a host, a symlink loop,
 * a directory that may not be entered. The caller must fail closed on that.
 *
 * The file system can change between this look and the driver's use of the path: the driver's own sandbox is the
 * boundary, this is the check in front of it.
 */
export function resolvePath(text: string, cwd: string): PathForms | undefined {
	const plain = plainPath(text);
	if (plain === undefined || plain.includes('\0')) return undefined;
	const lexical = resolve(cwd, plain);
	// `self` is whoever opens it: the driver, which works in `cwd`, and not this process.
	const real = realPath(withPlace(lexical, cwd));
	const physical = hasParent.test(plain) ? physicalPath(withPlace(plain, cwd), cwd) : real;
	if (real === undefined) return undefined;
	// What can't be followed can't be opened that way.
	return physical === undefined || physical === real ? { lexical, real } : { lexical, real, physical };
}

const hasParent = /(?:^|\/)\.\.(?:\/|$)/;

function withPlace(path: string, cwd: string): string {
	return path.replace(/^\/proc\/(?:thread-)?self\/cwd(?=\/|$)/, () => cwd);
}

/** No system opens a longer path. */
const longestPath = 4096;

/** Where the path leads when each `..` is taken where it stands, as the system does: behind a link it leads elsewhere. */
function physicalPath(path: string, cwd: string): string | undefined {
	if (path.length > longestPath) return undefined;
	let at = path.startsWith('/') ? '/' : cwd;
	let names: string[] = [];
	for (const segment of path.split('/')) {
		if (segment === '..') {
			const real = realPath(join(at, ...names));
			if (real === undefined) return undefined;
			[at, names] = [dirname(real), []];
		} else if (segment !== '' && segment !== '.') names.push(segment);
	}
	return realPath(join(at, ...names));
}

function plainPath(text: string): string | undefined {
	if (/^file:/i.test(text)) {
		try {
			return fileURLToPath(text);
		} catch {
			return undefined;
		}
	}
	if (text === '~' || text.startsWith('~/')) return join(homedir(), text.slice(1));
	return text.startsWith('~') ? undefined : text;
}

/** As many links as Linux follows before it says ELOOP. */
const longestChain = 40;

/** The real path of an absolute path whose last parts may not exist yet; a dangling link counts as what it points at. */
function realPath(absolute: string): string | undefined {
	let existing = absolute;
	let links = 0;
	let missing = '';
	for (;;) {
		const found = look(existing);
		if (found === 'unknowable') return undefined;
		if (found === 'there') {
			const real = realOf(existing);
			if (real !== undefined) return missing === '' ? real : join(real, missing);
		}
		const parent = dirname(existing);
		const end = found === 'there' ? linkTarget(existing) : undefined;
		if (end !== undefined) {
			if (++links > longestChain) return undefined;
			existing = resolve(parent, end);
			continue;
		}
		if (found === 'there' || parent === existing) return undefined;
		missing = missing === '' ? basename(existing) : join(basename(existing), missing);
		existing = parent;
	}
}

/** ENOTDIR: a file stands where a directory should; nothing below it can exist. */
function isAbsence(error: unknown): boolean {
	const { code } = error as NodeJS.ErrnoException;
	return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Most texts are no file's name: asking whether there is one costs a fifth of what an error does. */
function look(path: string): 'there' | 'missing' | 'unknowable' {
	try {
		return lstatSync(path, { throwIfNoEntry: false }) === undefined ? 'missing' : 'there';
	} catch (error) {
		return isAbsence(error) ? 'missing' : 'unknowable';
	}
}

/** Is there anything of that name, a link that leads nowhere included? When it can't be told: yes. */
export function existsAt(path: string): boolean {
	return look(path) !== 'missing';
}

/** Undefined for a link that leads to nothing. Any other trouble is for the caller: there is no link to follow. */
function realOf(path: string): string | undefined {
	try {
		return realpathSync.native(path);
	} catch {
		return undefined;
	}
}

function linkTarget(path: string): string | undefined {
	try {
		return readlinkSync(path);
	} catch {
		return undefined;
	}
}
