// Listens for the shims of one sandbox: each makes two pipes with names in a folder, and a stream is made of them.
import { closeSync, constants, type FSWatcher, fstatSync, mkdirSync, openSync, unlinkSync, watch } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { mostConnections, type Serving, serve } from './trapd.ts';

export interface CallsOptions extends Serving {
	/** The folder. It is made. */
	readonly path: string;
}

/** What is looked at before everybody else has had a turn; and how many may wait for that. More are not heard, and refuse. */
const [mostInTurn, mostWaiting] = [32, 1024];
/** More than this in one turn is no program that executes others, and nobody else would get a turn: it is heard no more. */
const floodEvents = 8_000;

/** The listener of one sandbox. Everything that it finds may be forged; see `TrapRequest`. */
export class Calls {
	readonly #options: CallsOptions;
	readonly #watcher: FSWatcher;
	readonly #open = new Set<Duplex>();
	readonly #waiting: string[] = [];
	#events = 0;
	#turn: NodeJS.Immediate | undefined;

	/** From now on shims can call. */
	constructor(options: CallsOptions) {
		this.#options = options;
		mkdirSync(options.path, { mode: 0o700 });
		this.#watcher = watch(options.path, (_, name) => this.#hear(name ?? ''));
		this.#watcher.on('error', () => undefined);
	}

	/** Shims that still wait read an end of file, and refuse. */
	close(): void {
		this.#stopListening();
		for (const stream of this.#open) stream.destroy();
	}

	#stopListening(): void {
		this.#watcher.close();
		clearImmediate(this.#turn);
	}

	/** Only this much is done for each of any number of files that anybody may make. */
	#hear(name: string): void {
		this.#events += 1;
		if (this.#events > floodEvents) return void this.#stopListening();
		if (name.endsWith('.q') && this.#waiting.length < mostWaiting) this.#waiting.push(name);
		this.#turn ??= setImmediate(() => this.#lookAtSome());
	}

	#lookAtSome(): void {
		this.#events = 0;
		for (const name of this.#waiting.splice(0, mostInTurn)) this.#look(name);
		this.#turn = this.#waiting.length === 0 ? undefined : setImmediate(() => this.#lookAtSome());
	}

	#look(name: string): void {
		// Each has two descriptors. INVARIANT: nothing else in the folder is ever opened; what is called so may be anything all the same.
		const [, call] = /^([0-9a-f]{32})\.q$/.exec(name) ?? [];
		if (call === undefined || this.#open.size >= mostConnections / 2) return;
		const { path } = this.#options;
		const questions = openPipe(join(path, name), constants.O_RDONLY);
		if (questions === undefined) return;
		const answers = openPipe(join(path, `${call}.a`), constants.O_WRONLY);
		if (answers === undefined) {
			closeSync(questions);
			return;
		}
		for (const ending of ['q', 'a']) remove(join(path, `${call}.${ending}`));
		const stream = new PipePair(questions, answers);
		this.#open.add(stream);
		stream.once('close', () => this.#open.delete(stream));
		stream.on('error', () => undefined);
		stream.write('H');
		serve(stream, this.#options);
	}
}

/** Undefined for what is no pipe, or has nobody at its other end. */
function openPipe(path: string, way: number): number | undefined {
	let descriptor: number | undefined;
	try {
		// Without waiting for anybody, and without following a link.
		descriptor = openSync(path, way | constants.O_NONBLOCK | constants.O_NOFOLLOW);
		if (fstatSync(descriptor).isFIFO()) return descriptor;
	} catch {
		// Gone already, or not what it should be.
	}
	if (descriptor !== undefined) closeSync(descriptor);
	return undefined;
}

function remove(path: string): void {
	try {
		unlinkSync(path);
	} catch {
		// Whoever made it may have taken it away.
	}
}

/** What comes out of one pipe, and goes into another. It is closed as soon as nobody writes to the first. */
class PipePair extends Duplex {
	readonly #questions: Socket;
	readonly #answers: Socket;

	constructor(questions: number, answers: number) {
		super({ allowHalfOpen: false });
		this.#questions = new Socket({ fd: questions, readable: true, writable: false });
		this.#answers = new Socket({ fd: answers, readable: false, writable: true });
		this.#questions.on('data', (chunk: Buffer) => {
			if (!this.push(chunk)) this.#questions.pause();
		});
		for (const socket of [this.#questions, this.#answers]) socket.on('error', () => this.destroy());
		this.#questions.once('close', () => this.destroy());
	}

	override _read(): void {
		this.#questions.resume();
	}

	override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
		this.#answers.write(chunk, done);
	}

	override _final(done: (error?: Error | null) => void): void {
		this.#answers.end(done);
	}

	override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
		this.#questions.destroy();
		this.#answers.destroy();
		done(error);
	}
}
