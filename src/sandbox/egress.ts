// The one way out of a sandbox without a network: an HTTP proxy on a unix socket that lets through what is on a list of hosts.
import { lookup } from 'node:dns/promises';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createConnection, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type AllowedHosts, allowedHosts, type Endpoint, parseEndpoint } from './allowed-hosts.ts';
import { isPublicAddress } from './public-address.ts';

export interface EgressOptions {
	/** Path of the unix socket; nothing may be there yet. */
	readonly socket: string;
	/** As `Confinement.network.hosts`. */
	readonly hosts: readonly string[];
	/** Addresses of a name; by default the system's resolver. */
	readonly resolve?: (name: string) => Promise<readonly string[]>;
	readonly connect?: (address: string, port: number) => Socket;
	/** Hears of every `host:port` that was asked for and not let through. */
	readonly refused: (host: string) => void;
	readonly limits?: Partial<EgressLimits>;
}

export interface EgressLimits {
	/** At once; who comes then waits or is turned away. */
	readonly connections: number;
	/** For the head of a request, and for resolving and connecting. */
	readonly patienceMs: number;
	/** Without a byte in either direction. */
	readonly idleMs: number;
	readonly headBytes: number;
}

const usualLimits: EgressLimits = { connections: 256, patienceMs: 10_000, idleMs: 300_000, headBytes: 32_768 };

/**
 * Listens until it is closed, which ends every connection. `CONNECT host:port` becomes a tunnel, `GET http://host/…` is
 * passed on; both are judged by the host and port they name. Names are resolved here, once, and the very address that was
 * checked is the one that is connected to. A name that leads to an address that is not public is refused; such an
 * address is reached only where the list has it literally.
 *
 * What it does not see: what is said inside a tunnel. The name in a TLS handshake (SNI) and the `Host` below it may be
 * others than the one that was asked for, so where one address serves many sites, all of them are within reach.
 *
 * Throws a TrapgateError for an entry of `hosts` that can't be read, and what listening throws.
 */
export async function openEgress(options: EgressOptions): Promise<{ close(): Promise<void> }> {
	const limits = { ...usualLimits, ...options.limits };
	const way = findWay(options, limits);
	const sockets = new Set<Duplex>();
	const keep = (socket: Socket): Socket => {
		sockets.add(socket);
		// Node closes a socket whose error nobody hears by ending the process.
		return socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
	};
	const server = createServer({
		maxHeaderSize: limits.headBytes,
		headersTimeout: limits.patienceMs,
		// An upload may take its time; `idleMs` ends what stands still.
		requestTimeout: 0,
		keepAliveTimeout: limits.patienceMs,
		connectionsCheckingInterval: Math.min(1000, limits.patienceMs),
	});
	server.maxConnections = limits.connections;
	server.timeout = limits.idleMs;
	server.on('connection', keep);
	server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
		tunnel(request, client, head).catch(() => client.destroy());
	});
	server.on('request', (request, response) => {
		passOn(request, response).catch(() => response.destroy());
	});
	server.on('clientError', (error: NodeJS.ErrnoException, client) =>
		sayRaw(client as Socket, clientErrors[error.code ?? ''] ?? 400, 'this is no request to a proxy'),
	);

	async function tunnel(request: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
		const found = parseEndpoint(request.url ?? '');
		const endpoint = found?.port === undefined ? undefined : { host: found.host, port: found.port };
		const upstream = await way(endpoint);
		if (!('socket' in upstream)) return sayRaw(client, upstream.status, upstream.why);
		if (client.destroyed) return void upstream.socket.destroy();
		for (const socket of [client, keep(upstream.socket)]) socket.setTimeout(limits.idleMs, () => socket.destroy());
		client.write('HTTP/1.1 200 Connection established\r\n\r\n');
		if (head.length > 0) upstream.socket.write(head);
		join(client, upstream.socket);
		join(upstream.socket, client);
	}

	async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
		response.sendDate = false;
		const target = parseTarget(request);
		if (typeof target === 'string') return say(response, 400, target);
		const upstream = await way(target.endpoint);
		if (!('socket' in upstream)) return say(response, upstream.status, upstream.why);
		if (response.destroyed) return void upstream.socket.destroy();
		forward(
			request,
			response,
			target,
			keep(upstream.socket).setTimeout(limits.idleMs, () => upstream.socket.destroy()),
		);
	}

	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(options.socket, () => resolve());
	});
	return {
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				for (const socket of sockets) socket.destroy();
			}),
	};
}

type Way = { readonly socket: Socket } | { readonly status: 400 | 403 | 502; readonly why: string };

/** From an endpoint to a connection with it, or why there is none. */
function findWay(options: EgressOptions, limits: EgressLimits): (endpoint: Endpoint | undefined) => Promise<Way> {
	const allowed: AllowedHosts = allowedHosts(options.hosts);
	const resolve = options.resolve ?? resolveBySystem;
	const connect = options.connect ?? ((host, port) => createConnection({ host, port, allowHalfOpen: true }));
	return async (endpoint) => {
		if (endpoint === undefined) return { status: 400, why: 'this is no `host:port` that can be read in one way only' };
		const { host, port } = endpoint;
		const name = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
		const refuse = (why: string): Way => {
			try {
				options.refused(name);
			} catch {
				// Who wants to hear of it must not decide about it.
			}
			return { status: 403, why: `${name} ${why}` };
		};
		if (!allowed.has(endpoint)) return refuse('is not among the hosts that this sandbox may reach');
		let addresses: readonly string[] = [host];
		if (isIP(host) === 0) {
			const found = await within(limits.patienceMs, () => resolve(host));
			if (found === undefined || found.length === 0) return { status: 502, why: `${name} has no address here` };
			// One that leads inside makes the others doubtful.
			if (!found.every(isPublicAddress))
				return refuse('leads to an address that is not public; such an address must stand in the list itself');
			addresses = found;
		}
		for (const address of addresses.slice(0, 4)) {
			const socket = await opened(() => connect(address, port), limits.patienceMs);
			if (socket !== undefined) return { socket };
		}
		return { status: 502, why: `${name} does not answer` };
	};
}

async function resolveBySystem(name: string): Promise<readonly string[]> {
	// The final dot keeps search domains out of it.
	const found = await lookup(`${name}.`, { all: true, verbatim: true });
	return found.map(({ address }) => address);
}

/** Undefined when it fails, or takes too long. */
async function within<T>(patienceMs: number, work: () => Promise<T>): Promise<T | undefined> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<undefined>((resolve) => {
		timer = setTimeout(() => resolve(undefined), patienceMs);
	});
	try {
		return await Promise.race([work(), late]);
	} catch {
		return undefined;
	} finally {
		clearTimeout(timer);
	}
}

function opened(connect: () => Socket, patienceMs: number): Promise<Socket | undefined> {
	return new Promise((resolve) => {
		const socket = connect();
		const giveUp = () => {
			clearTimeout(timer);
			socket.destroy();
			resolve(undefined);
		};
		const timer = setTimeout(giveUp, patienceMs);
		socket.once('close', giveUp).once('error', giveUp);
		socket.once('connect', () => {
			clearTimeout(timer);
			socket.off('close', giveUp).off('error', giveUp);
			resolve(socket);
		});
	});
}

/** What comes from one goes to the other; an end is passed on as an end, a break as a break. */
function join(from: Socket, to: Socket): void {
	from.pipe(to);
	from.once('close', () => {
		if (!from.readableEnded || from.errored !== null) to.destroy();
	});
}

// ---- plain HTTP

interface Target {
	readonly endpoint: Endpoint;
	/** As the client spelled it. */
	readonly authority: string;
	readonly path: string;
}

/** A sentence where the request can't be passed on. */
function parseTarget(request: IncomingMessage): Target | string {
	const found = /^http:\/\/([^/?#]*)([/?][!-~]*)?$/i.exec(request.url ?? '');
	if (found === null || request.url?.includes('#'))
		return 'this proxy takes `CONNECT host:port` and `http://host/path`';
	const [, authority = '', rest = '/'] = found;
	const parsed = parseEndpoint(authority);
	if (parsed === undefined) return 'the host of this address can be read in more than one way, or not at all';
	const endpoint = { host: parsed.host, port: parsed.port ?? 80 };
	// The list is asked about the address; a server would go by this line.
	const said = request.headers.host === undefined ? parsed : parseEndpoint(request.headers.host);
	if (said?.host !== endpoint.host || (said.port ?? 80) !== endpoint.port)
		return 'the `Host` of this request is not that of its address';
	return { endpoint, authority, path: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Headers that are for the next hop only (RFC 9110 §7.6.1), and those that we say ourselves. */
const ownHeaders: ReadonlySet<string> = new Set([
	...['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'proxy-authenticate', 'te', 'trailer'],
	...['transfer-encoding', 'upgrade', 'host', 'expect'],
]);

function passedHeaders({ headers, rawHeaders }: IncomingMessage): readonly (readonly [name: string, value: string])[] {
	const named = new Set((headers.connection ?? '').toLowerCase().split(/[ \t]*,[ \t]*/));
	const pairs = rawHeaders.flatMap((name, index) =>
		index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : [],
	);
	return pairs.filter(([name]) => !ownHeaders.has(name.toLowerCase()) && !named.has(name.toLowerCase()));
}

function forward(request: IncomingMessage, response: ServerResponse, target: Target, socket: Socket): void {
	const giveUp = () => {
		socket.destroy();
		if (response.headersSent) response.destroy();
		else say(response, 502, `${target.authority} did not answer as HTTP asks`);
	};
	try {
		const onward = httpRequest({
			createConnection: () => socket,
			method: request.method,
			path: target.path,
			setHost: false,
		});
		onward.setHeader('Host', target.authority);
		for (const [name, value] of passedHeaders(request)) onward.appendHeader(name, value);
		onward.setHeader('Connection', 'close');
		// How long the body is must be said, or it would be read as a request of its own.
		if (request.headers['transfer-encoding'] !== undefined) onward.setHeader('Transfer-Encoding', 'chunked');
		onward.once('error', giveUp);
		onward.once('response', (answer) => {
			try {
				response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passedHeaders(answer).flat());
				answer.once('error', giveUp).pipe(response);
			} catch {
				giveUp();
			}
		});
		response.once('close', () => socket.destroy());
		request.once('error', giveUp).pipe(onward);
	} catch {
		giveUp();
	}
}

function say(response: ServerResponse, status: number, why: string): void {
	// What may still come of the request is not read.
	response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
	response.end(`trapgate: ${why}\n`);
}

const clientErrors: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

const reasons: Readonly<Record<number, string>> = {
	400: 'Bad Request',
	403: 'Forbidden',
	408: 'Request Timeout',
	431: 'Request Header Fields Too Large',
	502: 'Bad Gateway',
};

function sayRaw(client: Socket, status: number, why: string): void {
	if (!client.writable) return void client.destroy();
	const body = `trapgate: ${why}\n`;
	const head = [
		'Content-Type: text/plain; charset=utf-8',
		`Content-Length: ${Buffer.byteLength(body)}`,
		'Connection: close',
	];
	client.end(`HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n${head.join('\r\n')}\r\n\r\n${body}`);
}
