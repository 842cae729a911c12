// The HTTP front: who may connect, as whom, and a session for each.
import { TrapgateError } from '../abi/problem.ts';
import { listenHttp } from '../wire/http-front.ts';
import type { HttpPage } from '../wire/http-pages.ts';
import type { Kernel } from './boot.ts';
import { makeAuthorize } from './credentials.ts';
import { KeyRing, keyDirectory } from './keys.ts';
import { ModernFront } from './modern-front.ts';
import { makeResourceServer } from './oauth.ts';
import { type Served, serve } from './serve.ts';
import { readOrMakeToken } from './token.ts';

/** How often the keys of open streams and sessions are looked at. */
const watchKeysEveryMs = 500;

export interface HttpFrontOptions {
	readonly host: string;
	readonly port: number;
	/** Who callers are: the owner of the token. */
	readonly agent: string;
	/** Undefined: no token is asked for, which loopback alone allows. */
	readonly tokenFile: string | undefined;
	readonly random: (bytes: number) => Uint8Array;
	/** Their first start: nobody is let in before it, and where it fails, nobody at all. */
	readonly drivers: Promise<void>;
}

export interface HttpFront {
	readonly url: string;
	/** What to tell the operator: the address and the lines for a client's configuration. */
	readonly announcement: string;
	close(): Promise<void>;
}

/** Listens. Throws K104 for an open front off loopback and an address that can't be had, K105 when the token can't be used, K101 when two tools claim one name. */
export async function serveHttp(kernel: Kernel, options: HttpFrontOptions): Promise<HttpFront> {
	const { host, port, agent, tokenFile, drivers } = options;
	if (tokenFile === undefined && !isLoopback(host)) {
		throw new TrapgateError('K104', `\`${host}\` can be reached from other machines, so a token is required`, {
			help: 'leave out --no-token, or listen on 127.0.0.1',
		});
	}
	const { config } = kernel.revisions.current();
	const { http } = config;
	if (tokenFile === undefined && http.oauth !== undefined) {
		throw new TrapgateError(
			'K104',
			'with --no-token everybody is let in, so `http: { oauth: … }` would decide nothing',
			{
				help: 'leave out --no-token',
			},
		);
	}
	const token = tokenFile === undefined ? undefined : readOrMakeToken(tokenFile, options.random);
	const warn = (text: string) => kernel.log.warn(text);
	const keys = new KeyRing(keyDirectory(kernel.directories.state), { now: kernel.now, warn });
	const oauth =
		http.oauth &&
		(await makeResourceServer({ oauth: http.oauth, workspace: config.workspace, fetch, now: kernel.now, warn }));
	const pages = new Map<string, HttpPage>();
	if (oauth !== undefined) {
		const { path, text } = oauth.metadata;
		pages.set(path, { type: 'application/json', read: () => ({ status: 200, text }) });
	}
	const { metrics } = kernel;
	if (metrics !== undefined) {
		const readers: readonly string[] = http.metrics?.agents ?? [];
		pages.set('/metrics', {
			type: 'text/plain; version=0.0.4; charset=utf-8',
			// An OAuth token's claim does not name the owner of a key, whatever it says.
			isFor: ({ agent: reader, key }) => key !== undefined && readers.includes(reader),
			read: () => ({ status: 200, text: metrics.text() }),
		});
	}
	let isClosing = false;
	pages.set('/readyz', {
		type: 'application/json',
		read: () =>
			kernel.isReady() && !isClosing
				? { status: 200, text: '{"status":"ready"}' }
				: { status: 503, text: '{"status":"not ready"}' },
	});
	const serving = new Map<Promise<Served>, string | undefined>();
	const modern = new ModernFront(kernel, options.random);
	await drivers;
	const isRevoked = (key: string | undefined) => key !== undefined && !keys.has(key);
	const listener = await listenHttp(
		{
			host,
			port,
			random: options.random,
			...http,
			idleMs: http.sessionIdleMs,
			pages,
			authorize: makeAuthorize({ agent, token, keys, oauth }),
			now: kernel.now,
			warn,
			...(metrics === undefined ? {} : { turnedAway: metrics.turnedAway, dropped: metrics.dropped }),
		},
		(session) => {
			const { agent, principal, key, id } = session;
			const served = serve(
				kernel,
				session.channel,
				{ agent, principal, key, session: id, transport: 'tcp' },
				() => undefined,
			);
			serving.set(served, key);
			served
				.then(({ ended }) => ended)
				.catch((error: unknown) => kernel.log.error({ err: error }, 'a session could not be served'))
				.finally(() => serving.delete(served));
		},
		(exchange) => modern.serve(exchange),
	).catch((error: unknown) => {
		// The policy is not at fault, as K105 would say: the address is somebody else's.
		if (!(error instanceof TrapgateError)) throw error;
		throw new TrapgateError('K104', error.message, { cause: error, help: 'choose another: --http 127.0.0.1:PORT' });
	});
	metrics?.watchFront({ sessions: () => serving.size, requests: () => listener.openRequests() });
	// A request is judged by the keys of its moment; what is open already must end with its key, too.
	const watching = setInterval(() => {
		keys.refresh();
		listener.cutOff(({ key }) => isRevoked(key));
		modern.cutOff(isRevoked);
		for (const [served, key] of serving)
			if (isRevoked(key)) void served.then((one) => one.close()).catch(() => undefined);
	}, watchKeysEveryMs);
	watching.unref();
	const url = `http://${listener.address.host.includes(':') ? `[${listener.address.host}]` : listener.address.host}:${listener.address.port}/mcp`;
	return {
		url,
		announcement: announcementOf(url, token),
		async close() {
			isClosing = true;
			clearInterval(watching);
			await Promise.all([...serving.keys()].map(async (served) => (await served).close().catch(() => undefined)));
			await modern.close();
			await listener.close();
		},
	};
}

function announcementOf(url: string, token: string | undefined): string {
	const entry = {
		type: 'http',
		url,
		...(token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } }),
	};
	return [
		`trapgate listens on ${url}${token === undefined ? ' (no token: every program of this machine may connect)' : ''}`,
		`client configuration: ${JSON.stringify({ mcpServers: { trapgate: entry } })}`,
	].join('\n');
}

export function isLoopback(host: string): boolean {
	return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
