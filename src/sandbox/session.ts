// The folder of one kernel, which it listens in for as long as it lives: whoever wants to take it away asks there.
import { lstatSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { TrapgateError } from '../abi/problem.ts';

const prefix = 'trapgate-ring-';
/** Until it listens, a folder has no name that anybody would look for. */
const newPrefix = 'trapgate-new-';
const [socketName, noteName] = ['alive', 'placeholders.json'];

/** What a kernel has to do with folders on the host that stand in for something absent. */
export interface Note {
	/** Views of it cover these. */
	readonly held: readonly string[];
	/** Those that came into being for it, and have to go. */
	readonly made: readonly string[];
	/** Those that it is about to remove, unless somebody holds them. */
	readonly removing: readonly string[];
}

export interface OtherSession {
	readonly directory: string;
	/** Its kernel lives, be it in another namespace of processes, where its number says nothing. */
	readonly isAlive: boolean;
	/** Undefined where it can't be read, of one that is alive: it may hold anything. */
	readonly note: Note | undefined;
}

export class Session {
	readonly directory: string;
	readonly #tmp: string;
	readonly #server: Server;
	#written = '';

	/** Throws where nothing can be written, or nobody could listen. */
	constructor(tmp: string) {
		this.#tmp = tmp;
		const made = mkdtempSync(join(tmp, newPrefix));
		try {
			this.#server = createServer((socket) => socket.destroy());
			this.#server.on('error', () => undefined);
			// Of a path, it listens when this returns. Connections are taken by the system, so that a busy kernel answers, too.
			this.#server.listen(join(made, socketName)).unref();
			if (lstatSync(join(made, socketName), { throwIfNoEntry: false }) === undefined)
				throw new TrapgateError('D108', `no socket can be made in \`${tmp}\``);
			this.directory = join(tmp, `${prefix}${process.pid}-${made.slice(-6)}`);
			renameSync(made, this.directory);
		} catch (error) {
			rmSync(made, { recursive: true, force: true });
			throw error;
		}
	}

	/** Replaced whole, so that others read all of it. */
	writeNote(note: Note): void {
		const text = JSON.stringify(note);
		if (text === this.#written) return;
		const path = join(this.directory, noteName);
		writeFileSync(`${path}.new`, text);
		renameSync(`${path}.new`, path);
		this.#written = text;
	}

	/** Those of this account. */
	async others(): Promise<readonly OtherSession[]> {
		const found = readdirSync(this.#tmp).filter((name) => name.startsWith(prefix) || name.startsWith(newPrefix));
		const directories = found
			.map((name) => join(this.#tmp, name))
			.filter((path) => path !== this.directory && isOurs(path));
		return Promise.all(
			directories.map(async (directory) => {
				const isAlive = await answers(directory);
				return { directory, isAlive, note: noteIn(directory, isAlive) };
			}),
		);
	}

	/** Takes the folder away, and is not alive from then on. */
	close(): void {
		try {
			rmSync(this.directory, { recursive: true, force: true });
		} finally {
			this.#server.close();
		}
	}
}

/** Only who certainly does not listen has ended. */
function answers(directory: string): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(join(directory, socketName));
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', ({ code }: NodeJS.ErrnoException) => {
			// One that is just being made has no socket yet.
			const isNew = directory.includes(`/${newPrefix}`);
			resolve(!(code === 'ECONNREFUSED' || (code === 'ENOENT' && !isNew)));
		});
	});
}

const nothing: Note = { held: [], made: [], removing: [] };

function noteIn(directory: string, isAlive: boolean): Note | undefined {
	let text: string;
	try {
		text = readFileSync(join(directory, noteName), 'utf8');
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'ENOENT' || !isAlive ? nothing : undefined;
	}
	try {
		const { held, made, removing } = JSON.parse(text) as Record<string, unknown>;
		return { held: texts(held), made: texts(made), removing: texts(removing) };
	} catch {
		// Of one that was killed while it wrote: then an empty folder stays.
		return isAlive ? undefined : nothing;
	}
}

function texts(list: unknown): readonly string[] {
	return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
}

function isOurs(path: string): boolean {
	const found = lstatSync(path, { throwIfNoEntry: false });
	return found?.isDirectory() === true && found.uid === process.getuid?.();
}
