// Keys of HTTP callers: who owns which, kept as hashes, one file each, so that two commands at once lose nothing.
import { hash, timingSafeEqual } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentId } from '../abi/names.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { makeDirectory } from '../audit/make-directory.ts';

/** What is known of a key; the key itself is nowhere. */
export interface KeyEntry {
	/** Public: it stands in the key, in lists and in the log. */
	readonly id: string;
	/** The agent that whoever holds the key is. */
	readonly owner: string;
	/** ISO 8601. */
	readonly made: string;
	/** ISO 8601; from then on it lets nobody in. Absent: it ends when it is revoked. */
	readonly expires?: string;
	/**
	 * SHA-256 of the whole key, hex. A key is 256 random bits, so there is nothing to guess that a slow hash would make
	 * dearer; a plain one is quick enough to be taken at every request.
	 */
	readonly hash: string;
}

export function keyDirectory(state: string): string {
	return join(state, 'http-keys');
}

const idPattern = /^[a-z2-7]{8}$/;
/** Many times what we write. */
const largestKeyBytes = 4096;

export interface KeyTerms {
	readonly random: (bytes: number) => Uint8Array;
	/** Milliseconds since the epoch. */
	readonly now: () => number;
	/** How long it is good for; undefined: until it is revoked. */
	readonly validMs?: number | undefined;
}

/** Makes a key and keeps its hash. The key is in the return value and never again. Throws K107. */
export function makeKey(
	directory: string,
	owner: string,
	{ random, now, validMs }: KeyTerms,
): { readonly key: string; readonly entry: KeyEntry } {
	const id = [...random(8)].map((byte) => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(byte & 31)).join('');
	// The prefix lets scanners for secrets find a key that was committed or pasted somewhere.
	const key = `tgk_${id}_${Buffer.from(random(32)).toString('base64url')}`;
	const at = now();
	const entry: KeyEntry = {
		...{ id, owner, made: new Date(at).toISOString() },
		...(validMs === undefined ? {} : { expires: new Date(at + validMs).toISOString() }),
		hash: digest(key).toString('hex'),
	};
	try {
		makeDirectory(directory);
		const draft = join(directory, `.${id}.tmp`);
		const { id: _, ...kept } = entry;
		// A Trapgate that knows no such end must not take the key for one without: to it, version 2 is damaged.
		const version = validMs === undefined ? 1 : 2;
		writeFileSync(draft, `${JSON.stringify({ version, ...kept }, null, '\t')}\n`, { mode: 0o600, flag: 'wx' });
		renameSync(draft, join(directory, `${id}.json`));
	} catch (error) {
		throw unusable(directory, error);
	}
	return { key, entry };
}

/** False when there is no such key. Throws K107 when it can't be removed. */
export function revokeKey(directory: string, id: string): boolean {
	const path = join(directory, `${id}.json`);
	if (!idPattern.test(id) || statSync(path, { throwIfNoEntry: false }) === undefined) return false;
	try {
		rmSync(path);
	} catch (error) {
		// Somebody else revoked it at the same moment.
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(path, error);
	}
	return true;
}

/** Every key, by id; `damaged` are files that say nothing, and let nobody in. Throws K107 when the directory can't be read or others may write to it. */
export function readKeys(directory: string): {
	readonly keys: readonly KeyEntry[];
	readonly damaged: readonly string[];
} {
	const names = readPrivately(directory);
	const found = names
		.filter((name) => name.endsWith('.json'))
		.sort()
		.map((name) => ({ name, entry: readKey(join(directory, name), name.slice(0, -'.json'.length)) }));
	return {
		keys: found.flatMap(({ entry }) => (entry === undefined || entry === 'gone' ? [] : [entry])),
		damaged: found.flatMap(({ name, entry }) => (entry === undefined ? [name] : [])),
	};
}

function readPrivately(directory: string): readonly string[] {
	try {
		const about = statSync(directory);
		const own = process.getuid?.();
		if ((about.mode & 0o022) !== 0) throw new Error('others may write to it');
		if (own !== undefined && about.uid !== own && about.uid !== 0) throw new Error('it belongs to somebody else');
		return readdirSync(directory);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
		throw unusable(directory, error);
	}
}

function readKey(path: string, id: string): KeyEntry | 'gone' | undefined {
	try {
		if (!isOurs(path)) return undefined;
		const { version, owner, made, expires, hash } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
		if (!idPattern.test(id)) return undefined;
		if (typeof owner !== 'string' || !isAgentId(owner)) return undefined;
		if (typeof made !== 'string' || !/^[0-9TZ:.-]{20,30}$/.test(made)) return undefined;
		if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) return undefined;
		if (version === 1 && expires === undefined) return { id, owner, made, hash };
		return version === 2 && isTime(expires) ? { id, owner, made, expires, hash } : undefined;
	} catch (error) {
		// Revoked since the directory was read.
		return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'gone' : undefined;
	}
}

/** A plain file that nobody else may write: what a link leads to, another may, and a pipe would keep us waiting. */
function isOurs(path: string): boolean {
	const about = lstatSync(path);
	const own = process.getuid?.();
	const isOwn = own === undefined || about.uid === own || about.uid === 0;
	return about.isFile() && (about.mode & 0o022) === 0 && isOwn && about.size <= largestKeyBytes;
}

function isTime(value: unknown): value is string {
	return typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z$/.test(value) && !Number.isNaN(Date.parse(value));
}

/** Is the time of this key over? */
export function isExpired({ expires }: KeyEntry, now: number): boolean {
	// Whatever is no time has no end that could be waited for.
	return expires !== undefined && !(now < Date.parse(expires));
}

/** How long a directory must have rested before its time of change says that nothing changed: a file system's clock is coarse. */
const restedMs = 2_000;

/** The keys as they are now: looked at again whenever the directory has changed. */
export class KeyRing {
	readonly #directory: string;
	readonly #now: () => number;
	readonly #warn: (text: string) => void;
	#keys: readonly (KeyEntry & { readonly digest: Buffer })[] = [];
	#seen: string | undefined;
	#said: string | undefined;

	/** Throws K107 for a directory that can't be used: better no kernel than one that nobody can use. */
	constructor(directory: string, { now, warn }: { readonly now: () => number; readonly warn: (text: string) => void }) {
		this.#directory = directory;
		this.#now = now;
		this.#warn = warn;
		this.#read(undefined);
	}

	get size(): number {
		return this.#keys.length;
	}

	/** Looks again. Keys that can't be read let nobody in. */
	refresh(): void {
		try {
			const state = this.#state();
			if (state === undefined || state !== this.#seen) this.#read(state);
		} catch (error) {
			this.#keys = [];
			this.#seen = undefined;
			this.#say(errorText(error));
		}
	}

	/** Whose key this is, also when its time is over. Every key is compared, in full, whether or not one has fitted already. */
	find(text: string): KeyEntry | undefined {
		this.refresh();
		const given = digest(text);
		let found: KeyEntry | undefined;
		for (const key of this.#keys) if (timingSafeEqual(given, key.digest)) found = key;
		return found;
	}

	/** Does this key let anybody in? */
	has(id: string): boolean {
		return this.#keys.some((key) => key.id === id && !this.isOver(key));
	}

	isOver(key: KeyEntry): boolean {
		return isExpired(key, this.#now());
	}

	#read(state: string | undefined): void {
		const { keys, damaged } = readKeys(this.#directory);
		this.#keys = keys.map((key) => ({ ...key, digest: Buffer.from(key.hash, 'hex') }));
		this.#seen = state;
		if (damaged.length > 0) this.#say(`damaged keys in \`${this.#directory}\` let nobody in: ${damaged.length}`);
		else this.#said = undefined;
	}

	/** Undefined: look again next time. */
	#state(): string | undefined {
		const about = statSync(this.#directory, { bigint: true, throwIfNoEntry: false });
		if (about === undefined) return 'none';
		const changed = Number(about.ctimeNs / 1_000_000n);
		const rests = this.#now() - changed;
		// A change within the same tick as the last look would not show.
		if (rests < restedMs) return undefined;
		return [about.dev, about.ino, about.ctimeNs, about.mtimeNs].join(' ');
	}

	#say(text: string): void {
		if (text !== this.#said) this.#warn(text);
		this.#said = text;
	}
}

/** SHA-256: two texts are compared by it, which takes as long whatever they share. */
export function digest(text: string): Buffer {
	return hash('sha256', text, 'buffer');
}

function unusable(path: string, why: unknown): TrapgateError {
	return new TrapgateError('K107', `the keys of callers in \`${path}\` can't be used: ${errorText(why)}`, {
		cause: why,
		help: 'the directory must be yours, and nobody else may write to it',
	});
}
