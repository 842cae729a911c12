// Messages over HTTP: Streamable HTTP, and the older HTTP+SSE, which some still serve.
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Edge } from './client.ts';
import type { Speech } from './ways.ts';

type Take = (text: string) => void;

export function openHttp(child: ChildProcess, speech: Exclude<Speech, { kind: 'stdio' }>, take: Take): Edge {
	// What it prints would fill a pipe that nobody empties.
	child.stdout?.resume();
	const agent = new Agent({ keepAlive: true });
	const close = () => {
		agent.destroy();
		child.kill('SIGTERM');
	};
	switch (speech.kind) {
		case 'http':
			return { send: streamable(agent, speech, take), close };
		case 'sse':
			return { send: older(agent, speech.url, take), close };
		default:
			speech satisfies never;
			throw new Error('unreachable');
	}
}

function streamable(agent: Agent, { url, tokenFile }: Extract<Speech, { kind: 'http' }>, take: Take): Edge['send'] {
	let session: string | undefined;
	let authorization: string | undefined;
	return async (text) => {
		if (tokenFile !== undefined && authorization === undefined && existsSync(tokenFile))
			authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`;
		const response = await post(agent, url, text, {
			...(session === undefined ? {} : { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' }),
			...(authorization === undefined ? {} : { authorization }),
		});
		const given = response.headers['mcp-session-id'];
		if (typeof given === 'string') session = given;
		const isStream = response.headers['content-type']?.includes('text/event-stream') === true;
		if (isStream) return readEvents(response, ({ data }) => take(data));
		const body = await textOf(response);
		if (body !== '') take(body);
	};
}

function older(agent: Agent, url: string, take: Take): Edge['send'] {
	let address: Promise<string> | undefined;
	return async (text) => {
		address ??= findAddress(url, take);
		try {
			await textOf(await post(agent, await address, text, {}));
		} catch (error) {
			address = undefined;
			throw error;
		}
	};
}

/** Opens the stream of events; the first one says where messages go. */
function findAddress(url: string, take: Take): Promise<string> {
	return new Promise((resolve, reject) => {
		const asked = request(url, { headers: { accept: 'text/event-stream' } }, (response) => {
			if (response.statusCode !== 200) return reject(new Error(`HTTP ${response.statusCode}`));
			readEvents(response, ({ event, data }) => {
				if (event === 'endpoint') resolve(new URL(data, url).href);
				else take(data);
			}).catch(reject);
		});
		asked.on('error', reject).end();
	});
}

function post(agent: Agent, url: string, text: string, headers: Record<string, string>): Promise<IncomingMessage> {
	return new Promise((resolve, reject) => {
		const asked = request(url, {
			agent,
			method: 'POST',
			headers: {
				'content-type': 'application/json',
				accept: 'application/json, text/event-stream',
				'content-length': Buffer.byteLength(text),
				...headers,
			},
		});
		asked.on('response', (response) => {
			if ((response.statusCode ?? 500) < 300) return resolve(response);
			textOf(response).then((body) => reject(new Error(`HTTP ${response.statusCode} ${body.slice(0, 200)}`)), reject);
		});
		asked.on('error', reject).end(text);
	});
}

async function textOf(response: IncomingMessage): Promise<string> {
	const parts: Buffer[] = [];
	for await (const part of response) parts.push(part as Buffer);
	return Buffer.concat(parts).toString();
}

/** Until the end of the stream. */
function readEvents(response: IncomingMessage, found: (event: { event: string; data: string }) => void): Promise<void> {
	let rest = '';
	response.setEncoding('utf8').on('data', (chunk: string) => {
		// Of a long message, what was looked through already holds no end.
		const from = Math.max(0, rest.length - 3);
		rest += chunk;
		if (!/\n\r?\n/.test(rest.slice(from))) return;
		const events = rest.split(/\r?\n\r?\n/);
		rest = events.pop() ?? '';
		for (const text of events) {
			const lines = text.split(/\r?\n/);
			const of = (field: string) =>
				lines.filter((line) => line.startsWith(`${field}:`)).map((line) => line.slice(field.length + 1).trimStart());
			const data = of('data').join('\n');
			if (data !== '') found({ event: of('event')[0] ?? 'message', data });
		}
	});
	return new Promise((resolve, reject) => response.on('end', resolve).on('error', reject));
}
