// The Streamable HTTP front (MCP 2025-03-26 and later): a server whose sessions are channels, as is a request without one.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorText, TrapgateError } from '../abi/problem.ts';
import type { Channel } from './channel.ts';
import { Admission, type AdmissionOptions, type HttpCaller } from './http-admission.ts';
import { breakOff, refuse } from './http-answer.ts';
import { defaultMaxBodyBytes } from './http-body.ts';
import { HttpDoor } from './http-door.ts';
import type { GuardOptions } from './http-guard.ts';
import type { CallerMemory } from './http-memory.ts';
import type { HttpPage } from './http-pages.ts';
import { Pipelines } from './http-pipeline.ts';

export interface HttpFrontOptions extends GuardOptions, AdmissionOptions {
	/** 0: any free port. */
	readonly port: number;
	/** Unpredictable bytes, for session ids. */
	readonly random: (bytes: number) => Uint8Array;
	readonly warn?: (text: string) => void;
	/** Default 64 MiB. */
	readonly maxBodyBytes?: number;
	/** Default 16 KiB. */
	readonly maxHeaderBytes?: number;
	/** How many sessions one principal may have; default 100. */
	readonly maxSessions?: number;
	/** How many connections all clients together may have; default 1,000. */
	readonly maxConnections?: number;
	/** A session that nobody has used or listened to for so long is ended; default 30 minutes. */
	readonly idleMs?: number;
	/** How often waiting connections get a sign of life; default 15 seconds. */
	readonly keepAliveMs?: number;
	/** How long a client may take to send a request, or to read on; default one and two minutes. */
	readonly requestMs?: number;
	readonly stalledMs?: number;
	/** And how long the headers alone; default 15 seconds. */
	readonly headerMs?: number;
	/** What stands beside /mcp, by path. */
	readonly pages?: ReadonlyMap<string, HttpPage>;
}

export interface FrontSession extends HttpCaller {
	readonly id: string;
	readonly channel: Channel;
}

/** A request that needs no session (2026-07-28). Its channel ends with its answer. */
export interface FrontExchange extends HttpCaller {
	readonly channel: Channel;
	/** What its caller is counted with, for what waits beyond the answer. */
	readonly memory: CallerMemory;
	/** Goes on counting what the request came with, until called back. */
	keepBody(): () => void;
	/** `Mcp-Param-*`, by the name that follows the prefix, in lower case. */
	readonly headers: ReadonlyMap<string, string>;
}

export interface HttpListener {
	readonly address: { readonly host: string; readonly port: number };
	/** How many requests of callers are open, streams included. */
	openRequests(): number;
	/** Breaks every open response of these callers. */
	cutOff(isOver: (caller: HttpCaller) => boolean): void;
	/** Ends every session and every connection. */
	close(): Promise<void>;
}

/** So many of the largest bodies may wait on one stream, and so many of them one caller may make us hold. */
const bodies = { aStream: 4, aCaller: 8 };

/** Listens at `/mcp` and `/healthz`. Throws TrapgateError K105 when the address can't be had. */
export async function listenHttp(
	options: HttpFrontOptions,
	onSession: (session: FrontSession) => void,
	onExchange?: (exchange: FrontExchange) => void,
): Promise<HttpListener> {
	const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes;
	const maxQueuedBytes = bodies.aStream * maxBodyBytes;
	const admission = new Admission({ maxQueuedBytes, maxBytesPerCaller: bodies.aCaller * maxBodyBytes, ...options });
	const door = new HttpDoor(options, admission, onSession, onExchange);
	const { requestMs = 60_000 } = options;
	const headerMs = Math.min(options.headerMs ?? 15_000, requestMs);
	const pipelines = new Pipelines();
	const server = createServer(
		{
			maxHeaderSize: options.maxHeaderBytes ?? 16 * 1024,
			headersTimeout: headerMs,
			requestTimeout: requestMs,
			keepAliveTimeout: 30_000,
			// How late it is noticed that a client takes too long.
			connectionsCheckingInterval: Math.min(5_000, Math.ceil(headerMs / 2)),
		},
		(request, response) => {
			// Unheard, an error of a connection that broke would end the process.
			response.on('error', (error) => options.warn?.(`an HTTP response broke: ${error.message}`));
			pipelines.watch(response);
			door.handle(request, response).catch((error: unknown) => {
				options.warn?.(`an HTTP request failed: ${errorText(error)}`);
				if (!response.headersSent) refuse(response, 500, -32603, 'internal error');
				else breakOff(response);
			});
		},
	);
	// Waiting responses get a sign of life far more often than this, so only a client that does not read is cut off.
	server.timeout = options.stalledMs ?? 120_000;
	// Their bytes are bounded. Beyond a number Node drops them unsaid, and one that comes twice would look as if it came once.
	server.maxHeadersCount = 0;
	// Every connection is a file descriptor, and the log and the drivers need some too.
	server.maxConnections = options.maxConnections ?? 1000;
	await new Promise<void>((resolve, reject) => {
		server.once('error', (error) => {
			reject(
				new TrapgateError('K105', `can't listen on ${options.host}:${options.port}: ${error.message}`, {
					cause: error,
				}),
			);
		});
		server.listen(options.port, options.host, resolve);
	});
	const timer = setInterval(() => {
		admission.tick();
		door.tick();
	}, options.keepAliveMs ?? 15_000).unref();
	const { address, port } = server.address() as AddressInfo;
	return {
		address: { host: address, port },
		openRequests: () => admission.size,
		cutOff: (isOver) => admission.cutOff(isOver),
		async close() {
			clearInterval(timer);
			door.close();
			const closed = new Promise((resolve) => server.close(resolve));
			// What was just answered may leave; who does not read it is not waited for.
			const idle = setInterval(() => server.closeIdleConnections(), 5);
			const cutOff = setTimeout(() => server.closeAllConnections(), 500);
			await closed;
			clearInterval(idle);
			clearTimeout(cutOff);
		},
	};
}
