// The spill: full texts of results that were shortened, kept for their caller for a day, and for nobody else.
import {
	closeSync,
	constants,
	futimesSync,
	lstatSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	unlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../abi/problem.ts';
import type { Caller } from '../abi/syscall.ts';
import { openRegular, prepareDirectory } from '../audit/layout.ts';
import { isId, secretId } from './ids.ts';
import { nameFor, seal, unseal } from './seal.ts';

/** Who may read what was kept: the same agent of the same principal, under the same root file. */
export type Owner = Pick<Caller, 'agent' | 'principal'>;

/** A full text, and how much of it a page may hold. */
export interface Kept {
	/** After redaction. */
	readonly text: string;
	/** Tokens of one page, everything around it included. */
	readonly pageTokens: number;
}

export interface SpillOptions {
	/** Made with its first file; 0700. */
	readonly directory: string;
	/** The root file, absolute: another configuration's agents are other callers. */
	readonly root: string;
	/** Milliseconds since the epoch. */
	readonly now: () => number;
	readonly random: (bytes: number) => Uint8Array;
	readonly warn: (text: string) => void;
	/** All of it together. */
	readonly maxBytes?: number;
	readonly maxFiles?: number;
}

/** How long a full text can be read. */
export const keptForMs = 24 * 60 * 60_000;
/** A draft this old belongs to a kernel that was killed while it wrote. */
const longestDraftMs = 10 * 60_000;

interface Stored {
	readonly path: string;
	readonly bytes: number;
	readonly at: number;
}

/**
 * INVARIANT: nothing here throws. What can't be kept is not kept, and what can't be read is not there.
 *
 * A file is sealed with its id, which is in no name and no other file, so finding one is not reading it.
 */
export class Spill {
	readonly #options: SpillOptions;
	readonly #maxBytes: number;
	readonly #maxFiles: number;

	constructor(options: SpillOptions) {
		this.#options = options;
		this.#maxBytes = options.maxBytes ?? 256 * 1024 * 1024;
		this.#maxFiles = options.maxFiles ?? 1_000;
	}

	/** Returns the id under which the owner can read it, or undefined where it can't be kept; the log says why. */
	keep(owner: Owner, kept: Kept): string | undefined {
		const { directory, random, now, warn } = this.#options;
		try {
			prepareDirectory(directory, 'directory of kept results');
			const id = secretId(random);
			const at = now();
			const bytes = seal(JSON.stringify({ owner: this.#ownerText(owner), at, ...kept }), id, random);
			if (bytes.length > this.#maxBytes) throw new Error(`it has ${bytes.length} bytes, more than all may have`);
			this.#makeRoom(bytes.length);
			this.#write(join(directory, nameFor(id)), bytes, at);
			return id;
		} catch (error) {
			warn(`the full text of a result can't be kept: ${errorText(error)}`);
			return undefined;
		}
	}

	/** The same answer for what never was, has ended, was damaged, and belongs to somebody else: none. */
	read(owner: Owner, id: string): Kept | undefined {
		if (!isId(id)) return undefined;
		try {
			const { fd } = openRegular(join(this.#options.directory, nameFor(id)));
			try {
				return this.#opened(unseal(readFileSync(fd), id), owner);
			} finally {
				closeSync(fd);
			}
		} catch {
			return undefined;
		}
	}

	/** Removes what has ended, and drafts that nobody will finish. */
	sweep(): void {
		const now = this.#options.now();
		for (const { path, at } of this.#stored(filePattern)) if (now - at >= keptForMs) remove(path);
		for (const { path, at } of this.#stored(draftPattern)) if (now - at >= longestDraftMs) remove(path);
	}

	#opened(text: string | undefined, owner: Owner): Kept | undefined {
		if (text === undefined) return undefined;
		// Nobody but this class can have sealed it.
		const file = JSON.parse(text) as Kept & { readonly owner: string; readonly at: number };
		const isOver = this.#options.now() - file.at >= keptForMs;
		if (isOver || file.owner !== this.#ownerText(owner)) return undefined;
		return { text: file.text, pageTokens: file.pageTokens };
	}

	#ownerText({ agent, principal }: Owner): string {
		return JSON.stringify([this.#options.root, principal, agent]);
	}

	/** The oldest go first. */
	#makeRoom(bytes: number): void {
		this.sweep();
		const files = [...this.#stored(filePattern), ...this.#stored(draftPattern)].sort((a, b) => a.at - b.at);
		let total = files.reduce((sum, file) => sum + file.bytes, bytes);
		let count = files.length + 1;
		for (const file of files) {
			if (total <= this.#maxBytes && count <= this.#maxFiles) return;
			remove(file.path);
			total -= file.bytes;
			count -= 1;
		}
	}

	/** Whole or not at all: nobody finds half a file under the name. */
	#write(path: string, bytes: Uint8Array, at: number): void {
		const draft = join(this.#options.directory, `.${Buffer.from(this.#options.random(16)).toString('hex')}`);
		const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
		const fd = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
		try {
			try {
				writeFileSync(fd, bytes);
				// The kernel's clock, whatever that of the file system says.
				futimesSync(fd, at / 1000, at / 1000);
			} finally {
				closeSync(fd);
			}
			renameSync(draft, path);
		} catch (error) {
			remove(draft);
			throw error;
		}
	}

	/** Files of ours; what else lies there is left alone. */
	#stored(pattern: RegExp): Stored[] {
		const { directory } = this.#options;
		return namesIn(directory).flatMap((name) => {
			if (!pattern.test(name)) return [];
			const path = join(directory, name);
			const found = lstatSync(path, { throwIfNoEntry: false });
			return found === undefined || found.isDirectory() ? [] : [{ path, bytes: found.size, at: found.mtimeMs }];
		});
	}
}

const filePattern = /^[0-9a-f]{64}$/;
const draftPattern = /^\.[0-9a-f]{32}$/;

function namesIn(directory: string): readonly string[] {
	try {
		return readdirSync(directory);
	} catch {
		// It is made with the first file.
		return [];
	}
}

function remove(path: string): void {
	try {
		unlinkSync(path);
	} catch {
		// Another kernel was quicker, or the disk refuses: then it is counted again next time.
	}
}
