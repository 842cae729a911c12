// Newline-delimited messages over a pair of byte streams (MCP's stdio framing).
import type { Readable, Writable } from 'node:stream';
import type { Channel, ChannelEvents, Malformed, Message } from './channel.ts';
import { LineReader } from './line-reader.ts';
import { LineWriter } from './line-writer.ts';
import { malformed, readMessage } from './message.ts';
import { salvage } from './salvage.ts';

export const defaultMaxBytes = 64 * 1024 * 1024;
/** How long `close` waits for a peer to read what was already sent. */
const closeGraceMs = 1000;

export interface LineOptions {
	readonly input: Readable;
	readonly output: Writable;
	/** Who is at the other end; decides how strictly it is read and what `close` leaves open. */
	readonly from: 'client' | 'driver';
	/** The longest line that is read; a longer one is skipped and reported, the connection lives. */
	readonly maxBytes?: number;
	/** How much may wait for a peer that doesn't read before the connection is given up; default four times `maxBytes`. */
	readonly maxQueuedBytes?: number;
}

/**
 * A channel over two byte streams. Invalid UTF-8, overlong lines and whatever is no JSON-RPC arrive as `Malformed`.
 *
 * Reading never waits for writing: two peers that each stop reading until the other has read would wait forever.
 */
export function lineChannel(options: LineOptions): Channel {
	const { input, output, from } = options;
	const maxBytes = options.maxBytes ?? defaultMaxBytes;
	let events: ChannelEvents | undefined;
	let closed = false;
	/** Why the other side is gone; it may be before anybody listens. */
	let lost: string | undefined;

	const gone = (reason: string) => {
		if (closed) return;
		closed = true;
		lost = reason;
		detach();
		events?.close(reason);
	};
	const deliver = (message: Message | Malformed) => {
		if (!closed) events?.message(message);
	};
	const writer = new LineWriter(output, options.maxQueuedBytes ?? 4 * maxBytes, gone);
	const reader = new LineReader(maxBytes, {
		line: (text) => deliver(readMessage(text, from)),
		badUtf8: () => deliver(malformed(-32700, 'a message that is not valid UTF-8')),
		tooLong: (head, tail) =>
			deliver({ ...malformed(-32600, `a message of more than ${maxBytes} bytes`), ...salvage(head, tail) }),
	});
	const onData = (chunk: Buffer) => reader.push(chunk);
	const onEnd = () => {
		reader.end();
		gone('the other side closed the connection');
	};
	const onError = (error: Error) => gone(`the connection broke while reading: ${error.message}`);
	const detach = () => {
		input.off('data', onData).off('end', onEnd).off('close', onEnd);
		// A server that is being shut down may still print; a full pipe would keep it from ending.
		if (from === 'driver') input.resume();
		else input.destroy();
	};

	// From the first moment and for good: an error event nobody listens to ends the process.
	input.on('error', onError);

	return {
		async start(given) {
			events = given;
			if (lost !== undefined) given.close(lost);
			if (closed) return;
			input.on('data', onData).on('end', onEnd).on('close', onEnd);
			if (input.destroyed || input.readableEnded) queueMicrotask(onEnd);
		},
		send: (text) => (closed ? Promise.resolve() : writer.write(text)),
		async close() {
			const wasClosed = closed;
			closed = true;
			if (!wasClosed) detach();
			await writer.finish(closeGraceMs);
			// A server learns from the end of its input that it should go; our own stdout stays open for the process.
			if (from === 'driver') output.end();
		},
	};
}
