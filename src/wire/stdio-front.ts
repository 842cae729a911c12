// The stdio front: one client on our own standard input and output.
import type { Readable, Writable } from 'node:stream';
import type { Channel } from './channel.ts';
import { lineChannel } from './lines.ts';

export interface StdioFrontOptions {
	/** `process.stdin`. */
	readonly input: Readable;
	/** `process.stdout`; nothing but this front may write to it. */
	readonly output: Writable;
	/** The longest message that is read; default 64 MiB. */
	readonly maxBytes?: number;
}

/** The channel to the client that started us. The end of its output means that it is gone. */
export function stdioFront(options: StdioFrontOptions): Channel {
	return lineChannel({ ...options, from: 'client' });
}
