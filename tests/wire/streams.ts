// Two ends of a connection in memory, and a way to wait for what arrives.
import { PassThrough } from 'node:stream';
import type { Channel, ChannelEvents, Malformed, Message } from '../../src/wire/channel.ts';

/** Collects values and hands them out in order, waiting where there is none yet. */
export class Inflow<T> {
	readonly seen: T[] = [];
	#waiting: (() => void)[] = [];
	#next = 0;

	push(value: T): void {
		this.seen.push(value);
		for (const wake of this.#waiting.splice(0)) wake();
	}

	async next(): Promise<T> {
		while (this.#next >= this.seen.length) await new Promise<void>((resolve) => this.#waiting.push(resolve));
		this.#next += 1;
		return this.seen[this.#next - 1] as T;
	}
}

/** What a channel tells, recorded. */
export class Recorder implements ChannelEvents {
	readonly messages = new Inflow<Message | Malformed>();
	readonly closes = new Inflow<string>();
	readonly warnings = new Inflow<string>();
	message = (message: Message | Malformed) => this.messages.push(message);
	close = (reason: string) => this.closes.push(reason);
	warn = (text: string) => this.warnings.push(text);
}

export interface Wires {
	/** What we write here, the channel under test reads. */
	readonly toChannel: PassThrough;
	/** What the channel under test writes. */
	readonly fromChannel: PassThrough;
	/** Its lines. */
	readonly lines: Inflow<string>;
}

export function wires(): Wires {
	const toChannel = new PassThrough();
	const fromChannel = new PassThrough();
	const lines = new Inflow<string>();
	let rest = '';
	fromChannel.setEncoding('utf8').on('data', (text: string) => {
		const parts = (rest + text).split('\n');
		rest = parts.pop() ?? '';
		for (const line of parts) lines.push(line);
	});
	return { toChannel, fromChannel, lines };
}

/** A channel whose other end is the test itself: `sent` is what went out, `events` is how things come in. */
export class FakeChannel implements Channel {
	readonly sent = new Inflow<{ text: string; related: string | undefined }>();
	events: ChannelEvents | undefined;
	closed = false;
	/** What `send` does beside recording. */
	onSend: (text: string) => Promise<void> = () => Promise.resolve();

	async start(events: ChannelEvents): Promise<void> {
		this.events = events;
	}

	send(text: string, related?: string): Promise<void> {
		this.sent.push({ text, related });
		return this.onSend(text);
	}

	async close(): Promise<void> {
		this.closed = true;
	}
}
