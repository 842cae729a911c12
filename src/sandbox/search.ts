// What one look for gated programs has found so far.
import {
	accessSync,
	closeSync,
	constants,
	openSync,
	readlinkSync,
	readSync,
	realpathSync,
	type Stats,
	statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { Gates } from '../abi/sandbox.ts';
import { manyProgramsInOne } from './companions.ts';
import { isWithin } from './paths.ts';

export interface GatedFile {
	readonly path: string;
	readonly program: string;
}

export interface Where {
	readonly roots: readonly string[];
	readonly systemTrees: readonly string[];
	/** One of the roots. */
	readonly tmp: string | undefined;
}

export class Search {
	readonly files = new Map<string, { readonly program: string; readonly stats: Stats }>();
	readonly shared: GatedFile[] = [];
	readonly roots: readonly string[];
	readonly #gates: Gates;
	readonly #where: Where;

	constructor(gates: Gates, where: Where) {
		this.#gates = gates;
		this.#where = where;
		this.roots = where.roots;
	}

	/** Whether the view shows it. */
	sees(path: string): boolean {
		return this.roots.some((root) => isWithin(path, root));
	}

	/** An empty one of the same view. */
	another(): Search {
		return new Search(this.#gates, this.#where);
	}

	/** A file or link with a gated name. */
	add(path: string, where: 'system' | 'tree'): void {
		const named = this.#gates.gatedAs(basename(path));
		const real = this.#resolve(path);
		if (named === undefined || real === undefined || this.files.has(real)) return;
		const own = this.#gates.gatedAs(basename(real));
		if (real !== path && own === undefined) {
			if (manyProgramsInOne.has(basename(real))) {
				if (where === 'system') this.shared.push({ path, program: named });
				return;
			}
			// A link in the workspace can't make the system's bash a python: it would only cover bash.
			if (where === 'tree' && this.#where.systemTrees.some((tree) => isWithin(real, tree))) return;
		}
		this.cover(real, own ?? named);
	}

	/** The host's /tmp is not the view's. Links are followed there once. */
	#resolve(path: string): string | undefined {
		const { tmp } = this.#where;
		const real = realpathOf(path);
		if (tmp === undefined || (real !== undefined && (!isWithin(real, '/tmp') || this.sees(real)))) return real;
		const text = readLink(path);
		return text?.startsWith('/tmp/') ? realpathOf(join(tmp, text.slice('/tmp'.length))) : undefined;
	}

	/** Where the view has it. */
	shown(path: string): string {
		const { tmp } = this.#where;
		return tmp !== undefined && isWithin(path, tmp) ? join('/tmp', path.slice(tmp.length)) : path;
	}

	cover(real: string, program: string): void {
		// The view has a /proc and a /dev of its own.
		if (this.files.has(real) || /^\/(proc|dev|sys|etc)\//.test(real)) return;
		const stats = statSync(real, { throwIfNoEntry: false });
		if (stats?.isFile() && ((stats.mode & 0o111) !== 0 || isProgram(real))) this.files.set(real, { program, stats });
	}
}

/** Without the bit it can still be run by the loader, or be given the bit. */
function isProgram(path: string): boolean {
	let descriptor: number | undefined;
	try {
		descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
		const start = Buffer.alloc(4);
		readSync(descriptor, start, 0, 4, 0);
		return start.toString('latin1') === '\x7fELF' || start.toString('latin1').startsWith('#!');
	} catch {
		// What we can't read can't be read inside either; but it could be made readable.
		return true;
	} finally {
		if (descriptor !== undefined) closeSync(descriptor);
	}
}

/** The realpath of a file that can be started. */
export function executable(path: string): string | undefined {
	const real = realpathOf(path);
	if (real === undefined) return undefined;
	try {
		accessSync(real, constants.X_OK);
		return statSync(real).isFile() ? real : undefined;
	} catch {
		// Not there, or not for us.
		return undefined;
	}
}

export function realpathOf(path: string): string | undefined {
	try {
		return realpathSync.native(path);
	} catch {
		// It dangles, or goes in circles, or is not for us: nothing can be executed by it.
		return undefined;
	}
}

function readLink(path: string): string | undefined {
	try {
		return readlinkSync(path);
	} catch {
		// No link.
		return undefined;
	}
}
