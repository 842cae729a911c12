// Empty folders that stand on the host where something guarded is not there yet, for as long as a view covers them.
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import type { Note } from './session.ts';

/** What other kernels of this account do; undefined: nobody knows. */
export type Others = () => Promise<readonly (Note | undefined)[]>;

/**
 * Counts the views that cover a path. A folder that is removed on the host takes the mounts on it away in every namespace:
 * INVARIANT: none is removed while a view may still cover it, be it one of this kernel or of another.
 */
export class Placeholders {
	readonly #held = new Map<string, number>();
	/** Those that this kernel's views brought into being. */
	readonly #made = new Set<string>();
	readonly #others: Others;

	constructor(others: Others = async () => []) {
		this.#others = others;
	}

	/** Before a launch. What is returned is called once, after everything in the view has ended. Never rejects. */
	hold(paths: readonly string[]): () => Promise<void> {
		for (const path of paths) {
			this.#held.set(path, (this.#held.get(path) ?? 0) + 1);
			if (lstatSync(path, { throwIfNoEntry: false }) === undefined) this.#made.add(path);
		}
		let isHeld = true;
		return async () => {
			if (!isHeld) return;
			isHeld = false;
			const free = paths.filter((path) => this.#release(path));
			if (free.length === 0) return;
			const others = await this.#others().catch(() => [undefined]);
			// Somebody else may have left it to us: their views were covered by ours.
			const isMade = (path: string) => this.#made.has(path) || others.some((note) => note?.made.includes(path));
			this.#removeAll(free.filter(isMade), others);
		};
	}

	/** Also for those of a kernel that was killed, which it has written down. */
	async sweep(paths: readonly string[]): Promise<void> {
		this.#removeAll(paths, await this.#others().catch(() => [undefined]));
	}

	/** What is to be written down, so that another kernel leaves it alone, or sweeps it. */
	get note(): Note {
		return { held: [...this.#held.keys()], made: [...this.#made] };
	}

	#removeAll(paths: readonly string[], others: readonly (Note | undefined)[]): void {
		const isHeldElsewhere = (path: string) => others.some((note) => note === undefined || note.held.includes(path));
		for (const path of paths) {
			if (this.#held.has(path) || isHeldElsewhere(path) || isCovered(path)) continue;
			this.#made.delete(path);
			remove(path);
		}
	}

	/** Whether no view needs it any more. */
	#release(path: string): boolean {
		const left = (this.#held.get(path) ?? 1) - 1;
		if (left > 0) this.#held.set(path, left);
		else this.#held.delete(path);
		return left <= 0;
	}
}

function remove(path: string): void {
	try {
		// Only an empty folder goes: what somebody has put there in the meantime is theirs.
		rmdirSync(path);
	} catch {
		// Not empty, not there, or no folder. It harms nothing: git does not even see an empty folder.
	}
}

/**
 * Whether a process in another mount namespace has something mounted there. Other users' processes can't be looked at, nor those
 * in another namespace of processes: their kernels say what they hold.
 */
function isCovered(path: string): boolean {
	const own = namespaceOf('self');
	const seen = new Set([own]);
	// As the kernel writes it: no space, tab, newline or backslash.
	const written = path.replace(/[ \t\n\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
	for (const name of readdirSync('/proc')) {
		if (!/^\d+$/.test(name)) continue;
		const namespace = namespaceOf(name);
		if (namespace === undefined || seen.has(namespace)) continue;
		seen.add(namespace);
		if (mountsOf(name).includes(` ${written} `)) return true;
	}
	return false;
}

function namespaceOf(process: string): string | undefined {
	try {
		return readlinkSync(`/proc/${process}/ns/mnt`);
	} catch {
		// It has ended, or is not ours.
		return undefined;
	}
}

function mountsOf(process: string): string {
	try {
		return readFileSync(`/proc/${process}/mountinfo`, 'utf8');
	} catch {
		// It has ended.
		return '';
	}
}
