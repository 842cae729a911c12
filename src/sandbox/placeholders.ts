// Empty folders that stand on the host where something guarded is not there yet, for as long as a view covers them.
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { errorText, TrapgateError } from '../abi/problem.ts';
import type { Note } from './session.ts';

/** How kernels of one account tell each other what they do with such folders. */
export interface NoticeBoard {
	/** What others do; undefined: nobody knows. */
	others(): Promise<readonly (Note | undefined)[]>;
	/** Says what we do. When it returns, others read it. Throws when it could not be said. */
	say(note: Note): void;
	/** One line for the log. */
	warn(text: string): void;
}

/** Others remove a folder within a moment; who takes longer has been stopped. */
const [mostWaitMs, lookAgainMs] = [2_000, 10];

/**
 * Counts the views that cover a path. A folder that is removed on the host takes the mounts on it away in every namespace:
 * INVARIANT: none is removed while a view may still cover it, be it one of this kernel or of another. So who begins to hold a path, and
 * who is about to remove it, says so first and looks at the others then: of two that do so at once, one sees the other.
 */
export class Placeholders {
	readonly #held = new Map<string, number>();
	/** Those that this kernel's views brought into being. */
	readonly #made = new Set<string>();
	/** Those that are looked for elsewhere, and then go; how often. */
	readonly #removing = new Map<string, number>();
	readonly #board: NoticeBoard;

	constructor(board: NoticeBoard) {
		this.#board = board;
	}

	/** Before a launch. What is returned is called once, after everything in the view has ended, and never rejects. */
	async hold(paths: readonly string[]): Promise<() => Promise<void>> {
		for (const path of paths) count(this.#held, path, 1);
		try {
			this.#board.say(this.note);
			await this.#untilNobodyRemoves(paths);
			for (const path of await this.#ourOwn(paths)) this.#made.add(path);
			this.#board.say(this.note);
		} catch (error) {
			for (const path of paths) count(this.#held, path, -1);
			this.#sayAtLeast();
			throw error;
		}
		let isHeld = true;
		return async () => {
			if (!isHeld) return;
			isHeld = false;
			for (const path of paths) count(this.#held, path, -1);
			await this.#removeAll(paths.filter((path) => !this.#held.has(path)));
		};
	}

	/** Also for those of a kernel that was killed, which it has written down. */
	async sweep(paths: readonly string[]): Promise<void> {
		for (const path of paths) this.#made.add(path);
		await this.#removeAll(paths);
	}

	/** What is to be written down, so that another kernel leaves it alone, or sweeps it. */
	get note(): Note {
		return { held: [...this.#held.keys()], made: [...this.#made], removing: [...this.#removing.keys()] };
	}

	/** Those that somebody has made for a view. Never rejects. */
	async #removeAll(paths: readonly string[]): Promise<void> {
		if (paths.length === 0) return;
		for (const path of paths) count(this.#removing, path, 1);
		try {
			this.#board.say(this.note);
			const others = await this.#board.others();
			// Somebody else may have left it to us: their views were covered by ours.
			const isMade = (path: string) => this.#made.has(path) || others.some((note) => note?.made.includes(path));
			const isHeldElsewhere = (path: string) => others.some((note) => note === undefined || note.held.includes(path));
			for (const path of paths.filter(isMade)) {
				if (this.#held.has(path) || isHeldElsewhere(path) || isCovered(path)) continue;
				this.#made.delete(path);
				remove(path);
			}
		} catch (error) {
			this.#board.warn(`an empty folder stays in place of something guarded, for now: ${errorText(error)}`);
		} finally {
			for (const path of paths) count(this.#removing, path, -1);
			this.#sayAtLeast();
		}
	}

	/** Those that are not there yet; and those that another kernel has made, which may end before us. */
	async #ourOwn(paths: readonly string[]): Promise<readonly string[]> {
		const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
		const present = paths.filter(isThere);
		const absent = paths.filter((path) => !present.includes(path));
		if (present.length === 0) return absent;
		// Looked at in this order: who makes one has said so before.
		const others = await this.#board.others();
		return [...absent, ...present.filter((path) => others.some((note) => note?.made.includes(path)))];
	}

	/** Says too much when it can't be said: an empty folder stays longer, or somebody waits in vain. */
	#sayAtLeast(): void {
		try {
			this.#board.say(this.note);
		} catch {
			// The next one says it, too.
		}
	}

	/** Throws when that can't be had. */
	async #untilNobodyRemoves(paths: readonly string[]): Promise<void> {
		for (let waitedMs = 0; waitedMs <= mostWaitMs; waitedMs += lookAgainMs) {
			const others = await this.#board.others();
			const isFree = others.every((note) => note !== undefined && !paths.some((path) => note.removing.includes(path)));
			if (isFree) return;
			await setTimeout(lookAgainMs);
		}
		throw new TrapgateError('D108', 'another kernel holds on to folders in this workspace, and does not go on', {
			help: 'See whether a `trapgate` was stopped (`ps`), and end it.',
		});
	}
}

function count(numbers: Map<string, number>, path: string, by: 1 | -1): void {
	const number = (numbers.get(path) ?? 0) + by;
	if (number > 0) numbers.set(path, number);
	else numbers.delete(path);
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
