// Carries bytes and signals between a shim and the program that was approved for it; native/protocol.h has the words.
import type { Duplex, Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { TrapExit } from '../abi/sandbox.ts';

export interface RelayedProgram {
	readonly stdin: Writable;
	readonly stdout: Readable;
	readonly stderr: Readable;
	/** Its runner: takes signals, and has it ended when it is closed. */
	readonly signals: Writable;
}

const mostBytes = 4096;

/** Begins at once. */
export class Relay {
	readonly #shim: Duplex;
	readonly #program: RelayedProgram;
	readonly #outputs: readonly Promise<void>[];
	#unread: Buffer = Buffer.alloc(0);
	/** INVARIANT: one piece of input at a time, or a forged shim could fill our memory. */
	#isAsked = true;

	constructor(shim: Duplex, program: RelayedProgram) {
		this.#shim = shim;
		this.#program = program;
		const { stdin, stdout, stderr, signals } = program;
		for (const stream of [stdin, stdout, stderr, signals]) stream.on('error', () => undefined);
		shim.on('data', (chunk: Buffer) => this.#hear(chunk));
		shim.once('close', () => signals.end());
		this.#outputs = [this.#carry(stdout, 'O'), this.#carry(stderr, 'P')];
		this.#say('C');
	}

	/** Says how the program ended, after all that it wrote. */
	async end({ code, signal }: TrapExit): Promise<void> {
		await Promise.all(this.#outputs);
		const last =
			signal === undefined ? Buffer.from(['X'.charCodeAt(0), code ?? 255]) : Buffer.from(['K'.charCodeAt(0), signal]);
		if (!this.#shim.destroyed) this.#shim.end(last);
	}

	#say(word: string): void {
		if (!this.#shim.destroyed && !this.#shim.writableEnded) this.#shim.write(word);
	}

	/** Never rejects; over when the stream is, or when nobody takes what comes from it any more. */
	#carry(output: Readable, kind: 'O' | 'P'): Promise<void> {
		const shim = this.#shim;
		output.on('data', (chunk: Buffer) => {
			if (shim.destroyed) return;
			let isTaken = true;
			for (let at = 0; at < chunk.length; at += mostBytes) {
				const piece = chunk.subarray(at, at + mostBytes);
				const head = Buffer.alloc(5);
				head.write(kind, 0, 'latin1');
				head.writeUInt32LE(piece.length, 1);
				isTaken = shim.write(Buffer.concat([head, piece]));
			}
			if (isTaken) return;
			output.pause();
			shim.once('drain', () => output.resume());
		});
		shim.once('close', () => output.destroy());
		return finished(output, { writable: false }).catch(() => undefined);
	}

	/** What comes from a shim may be forged: the worst that it gets is the end of its own program. */
	#hear(chunk: Buffer): void {
		this.#unread = Buffer.concat([this.#unread, chunk]);
		for (let used = this.#takeOne(this.#unread); used !== 0; used = this.#takeOne(this.#unread)) {
			if (used === undefined) return void this.#shim.destroy();
			this.#unread = this.#unread.subarray(used);
		}
	}

	/** How many bytes one word has; 0 while it is not whole; undefined for what is none. */
	#takeOne(bytes: Buffer): number | undefined {
		const { stdin, stdout, stderr, signals } = this.#program;
		switch (bytes.toString('latin1', 0, 1)) {
			case '':
				return 0;
			case 'E':
				stdin.end();
				return 1;
			case 'Q':
				if (bytes.length < 2) return 0;
				(bytes[1] === 1 ? stdout : stderr).destroy();
				return 2;
			case 'S':
				if (bytes.length < 2) return 0;
				if (signals.writableLength > mostBytes) return undefined;
				if (!signals.writableEnded) signals.write(bytes.subarray(0, 2));
				return 2;
			case 'I': {
				if (bytes.length < 5) return 0;
				const length = bytes.readUInt32LE(1);
				if (length > mostBytes || stdin.writableEnded || !this.#isAsked) return undefined;
				if (bytes.length < 5 + length) return 0;
				this.#isAsked = false;
				// The next piece is asked for when this one has been taken: what nobody reads stays where it is.
				stdin.write(bytes.subarray(5, 5 + length), (error) => {
					if (error !== undefined && error !== null) return;
					this.#isAsked = true;
					this.#say('C');
				});
				return 5 + length;
			}
			default:
				return undefined;
		}
	}
}
