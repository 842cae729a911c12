// A bare HTTP client, so that every header and every byte is the test's own.
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { Inflow } from './streams.ts';

export interface Answer {
	readonly status: number;
	readonly headers: IncomingMessage['headers'];
	readonly text: string;
	/** The body as JSON. */
	readonly json: unknown;
}

export interface Asked {
	readonly method?: string;
	readonly path?: string;
	/** Undefined removes a header that would be there. */
	readonly headers?: Record<string, string | undefined>;
	readonly body?: string | Buffer | object;
	/** Hangs up. */
	readonly signal?: AbortSignal;
}

export const initialize = {
	jsonrpc: '2.0',
	id: 'init',
	method: 'initialize',
	params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '0' } },
};

export class HttpPeer {
	constructor(
		readonly port: number,
		readonly token = 'alice-token',
		readonly session?: string,
	) {}

	/** Sends a request and waits for the headers of its response. */
	open({ method = 'POST', path = '/mcp', headers = {}, body, signal }: Asked): Promise<IncomingMessage> {
		const payload = typeof body === 'object' && !Buffer.isBuffer(body) ? JSON.stringify(body) : body;
		const all: Record<string, string | undefined> = {
			accept: 'application/json, text/event-stream',
			authorization: `Bearer ${this.token}`,
			'mcp-session-id': this.session,
			...(payload === undefined ? {} : { 'content-type': 'application/json' }),
			...headers,
		};
		const sent = Object.fromEntries(
			Object.entries(all).filter(([, value]) => value !== undefined),
		) as OutgoingHttpHeaders;
		return new Promise((resolve, reject) => {
			const request = httpRequest({
				host: '127.0.0.1',
				port: this.port,
				method,
				path,
				headers: sent,
				agent: false,
				...(signal && { signal }),
			});
			request.on('response', resolve).on('error', reject).end(payload);
		});
	}

	/** Sends a request and waits for the whole response. */
	async ask(asked: Asked): Promise<Answer> {
		const response = await this.open(asked);
		let text = '';
		for await (const chunk of response.setEncoding('utf8')) text += chunk;
		const isJson = response.headers['content-type'] === 'application/json';
		return {
			status: response.statusCode ?? 0,
			headers: response.headers,
			text,
			json: isJson && text !== '' ? JSON.parse(text) : undefined,
		};
	}

	/** Opens the stream for messages that belong to no request. */
	async listen(): Promise<{ events: Inflow<unknown>; ended: Promise<unknown>; hangUp(): void }> {
		const response = await this.open({ method: 'GET', headers: { accept: 'text/event-stream' } });
		if (response.statusCode !== 200) throw new Error(`GET answered ${response.statusCode}`);
		return {
			events: eventsOf(response),
			ended: new Promise((done) => response.once('close', done)),
			hangUp: () => response.destroy(),
		};
	}

	/** A peer with a session of its own. */
	async introduced(): Promise<HttpPeer> {
		const { headers } = await this.ask({ body: initialize });
		return new HttpPeer(this.port, this.token, String(headers['mcp-session-id']));
	}
}

/** The messages of an event stream; comments and events without data are left out. */
export function eventsOf(response: IncomingMessage): Inflow<unknown> {
	const events = new Inflow<unknown>();
	let rest = '';
	response.setEncoding('utf8').on('data', (chunk: string) => {
		const blocks = (rest + chunk).split('\n\n');
		rest = blocks.pop() ?? '';
		for (const block of blocks) {
			const data = /^data: (.*)$/m.exec(block)?.[1];
			if (data !== undefined) events.push(JSON.parse(data));
		}
	});
	response.on('error', () => {});
	return events;
}
