// One POST that needs no session (MCP 2026-07-28): one message in, and on its response all that belongs to it.
import type { ServerResponse } from 'node:http';
import { modernErrors } from '../abi/protocol.ts';
import type { Channel, ChannelEvents, Message, MessageId } from './channel.ts';
import { PostAnswer, sendEmpty } from './http-answer.ts';
import type { CallerMemory } from './http-memory.ts';
import { isReplyTo } from './message.ts';

export class HttpExchange implements Channel {
	readonly #message: Message;
	readonly #post: PostAnswer | undefined;
	#events: ChannelEvents | undefined;
	#isOver = false;

	constructor(message: Message, response: ServerResponse, memory: CallerMemory) {
		this.#message = message;
		if (message.kind === 'request') {
			this.#post = new PostAnswer([message.id], response, {}, memory);
			// Whoever hangs up before the answer cancels the request.
			response.once('close', () => this.#end('the client hung up'));
		} else sendEmpty(response, 202);
	}

	async start(events: ChannelEvents): Promise<void> {
		this.#events = events;
		events.message(this.#message);
	}

	async send(text: string, related?: MessageId): Promise<void> {
		const post = this.#post;
		// What belongs to another request has no place on this response.
		if (post === undefined || this.#message.kind !== 'request' || related !== this.#message.id) return;
		if (!isReplyTo(text, related)) return post.send(text);
		this.#isOver = true;
		await post.finish(text, {}, statusOf(text, related));
	}

	async close(): Promise<void> {
		if (!this.#isOver) this.#post?.abandon();
		this.#isOver = true;
	}

	keepAlive(): void {
		this.#post?.keepAlive();
	}

	#end(reason: string): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#events?.close(reason);
	}
}

/** What the specification wants as HTTP status of an answer that is a JSON-RPC error; only our own begin with the code. */
function statusOf(text: string, id: MessageId): number {
	const start = `{"jsonrpc":"2.0","id":${id},"error":{"code":`;
	const code = text.startsWith(start) ? Number.parseInt(text.slice(start.length, start.length + 8), 10) : 0;
	if (code === -32601) return 404;
	return (Object.values(modernErrors) as number[]).includes(code) ? 400 : 200;
}
