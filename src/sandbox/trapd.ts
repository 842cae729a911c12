// Listens for the traps of one sandbox: reads what was executed, and answers when there is a verdict.
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { frameLength, headerBytes, readFrame, refusalFrame, type TrapFrame } from './frames.ts';

/** One trap that waits for its verdict. */
export interface WaitingTrap {
	readonly frame: TrapFrame;
	/** Aborted when the trap is gone. */
	readonly signal: AbortSignal;
	/** Sends the one answer; what comes later goes nowhere. */
	answer(bytes: Buffer): void;
	/** To go on talking with it, where it has been told nothing yet. */
	readonly stream: Duplex;
}

/** How many bytes traps may still send before the answers to others are out; listeners share it. */
export interface Unread {
	left: number;
}

export interface TrapdOptions extends Serving {
	/** Path of the socket. */
	readonly path: string;
}

export interface Serving {
	/** Takes over a trap. Never throws, never rejects. */
	readonly onTrap: (trap: WaitingTrap) => void;
	/** A trap that says more than is left is refused. */
	readonly unread: Unread;
	/** How long a trap may take to say what was executed; for tests. */
	readonly frameMs?: number;
}

/** How a refusal by the ring itself ends the program. */
export const refusedCode = 126;

const frameMs = 5_000;
/** More than a sandbox may have processes. */
export const mostConnections = 512;

/** The listener of one sandbox. Everything that it reads may be forged; see `TrapRequest`. */
export class Trapd {
	readonly #server: Server;
	readonly #open = new Set<Socket>();

	/** Resolves when traps can connect. */
	static async listen(options: TrapdOptions): Promise<Trapd> {
		const trapd = new Trapd(options);
		await new Promise<void>((resolve, reject) => {
			trapd.#server.once('error', reject);
			trapd.#server.listen(options.path, resolve);
		});
		return trapd;
	}

	private constructor(options: TrapdOptions) {
		this.#server = createServer((socket) => {
			this.#open.add(socket);
			socket.once('close', () => this.#open.delete(socket));
			socket.on('error', () => undefined);
			serve(socket, options);
		});
		this.#server.maxConnections = mostConnections;
	}

	/** Traps that still wait read an end of file, and refuse. */
	close(): void {
		this.#server.close();
		for (const socket of this.#open) socket.destroy();
	}
}

/** Reads what one trap says. */
export function serve(socket: Duplex, { onTrap, unread, frameMs: patience = frameMs }: Serving): void {
	const gone = new AbortController();
	const chunks: Buffer[] = [];
	let size = 0;
	let wanted = headerBytes;
	const timer = setTimeout(() => socket.destroy(), patience);
	socket.once('close', () => {
		clearTimeout(timer);
		unread.left += size;
		gone.abort();
	});
	const refuse = () => socket.end(refusalFrame('trapgate: what was executed could not be read; refused', refusedCode));
	const read = (chunk: Buffer) => {
		chunks.push(chunk);
		size += chunk.length;
		unread.left -= chunk.length;
		if (unread.left < 0) return void socket.destroy();
		if (size < wanted) return;
		const bytes = Buffer.concat(chunks.splice(0));
		chunks.push(bytes);
		if (wanted === headerBytes) {
			const length = frameLength(bytes);
			if (length === undefined) return done(undefined);
			wanted = length;
			if (size < wanted) return;
		}
		// Nothing may follow: a trap says one thing.
		done(size === wanted ? readFrame(bytes) : undefined);
	};
	const done = (frame: TrapFrame | undefined) => {
		clearTimeout(timer);
		socket.off('data', read);
		// Whatever else comes is thrown away, so that the end is seen.
		socket.resume();
		if (frame === undefined) return refuse();
		onTrap({ frame, signal: gone.signal, answer: (bytes) => void socket.end(bytes), stream: socket });
	};
	socket.on('data', read);
}
