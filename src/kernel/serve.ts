// Serves one client: reads its requests, finds what each is aimed at, and sends it through the door.
import type { Hello, Note, Reply } from '../abi/driver.ts';
import { isJsonObject, type JsonObject, member, stringMember } from '../abi/json.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import type { Caller } from '../abi/syscall.ts';
import type { Channel } from '../wire/channel.ts';
import { isModern } from '../wire/envelope.ts';
import { type Incoming, Link } from '../wire/link.ts';
import { errorReply, resultReply } from '../wire/message.ts';
import type { Kernel } from './boot.ts';
import type { ClientPort } from './client-port.ts';
import { negotiate } from './merge.ts';
import { ModernClient } from './modern-client.ts';
import { Session } from './session.ts';

export interface Served {
	/** Resolves when the client is gone and its calls are over. */
	readonly ended: Promise<void>;
	close(): Promise<void>;
}

/** Who connects, before it has said anything. */
export type Connection = Pick<Caller, 'agent' | 'principal' | 'session' | 'key' | 'transport'>;

/**
 * Serves `channel` until it closes. The drivers start when the client has introduced itself, because they are told
 * what it can do. `failed` is called when that is impossible (two tools under one name). With `random`, requests that
 * introduce themselves (2026-07-28) are served beside the session, which such a request neither needs nor changes.
 */
export async function serve(
	kernel: Kernel,
	channel: Channel,
	connection: Connection,
	failed: (error: TrapgateError) => void,
	random?: (bytes: number) => Uint8Array,
): Promise<Served> {
	let session: Session | undefined;
	/** The same, once the introduction is over. */
	let introduced: Session | undefined;
	let opening: Promise<Reply> | undefined;
	let version: string | undefined;
	let finish: () => void = () => undefined;
	const ended = new Promise<void>((resolve) => {
		finish = resolve;
	});
	const link = new Link(channel, {
		peer: 'client',
		maxInFlight: 10_000,
		acceptBatches: () => version === '2025-03-26',
	});

	const modern =
		random === undefined ? undefined : new ModernClient({ kernel, connection, random, failed, keepsLast: true });
	const client: ClientPort = {
		readsErrorsThatAsk: true,
		request: (method, params, options) => link.request(method, params, options),
		notify: (note, related) => link.notify(note, isOfRequest(note) ? related : undefined),
	};

	async function initialize(params: JsonObject): Promise<Reply> {
		const hello = helloOf(params);
		version = hello.protocolVersion;
		const caller = {
			...connection,
			protocol: hello.protocolVersion,
			client: {
				name: stringMember(hello.clientInfo, 'name') ?? '',
				version: stringMember(hello.clientInfo, 'version') ?? '',
			},
		};
		try {
			const bank = await kernel.pools.acquire(connection.principal, hello);
			session = new Session({ kernel, bank, client, caller, hello });
			const introduction = await session.introduction();
			introduced = session;
			return resultReply(introduction);
		} catch (error) {
			const thrown =
				error instanceof TrapgateError ? error : new TrapgateError('K105', errorText(error), { cause: error });
			kernel.log.error({ code: thrown.code }, thrown.message);
			failed(thrown);
			return errorReply(-32603, thrown.message);
		}
	}

	/** Answers the introduction, and whatever comes before it is over. */
	async function early(incoming: Incoming): Promise<Reply> {
		const params = incoming.params ?? {};
		if (incoming.method === 'initialize') {
			if (opening !== undefined) return errorReply(-32600, 'already initialized');
			const mistake = introductionMistake(params);
			if (mistake !== undefined) return errorReply(-32602, mistake);
			opening = initialize(params);
			return opening;
		}
		if (opening === undefined) {
			// Whoever probes without an envelope speaks no newer revision that we know, and falls back on this answer.
			return incoming.method === 'server/discover'
				? errorReply(-32601, 'Method not found: server/discover')
				: errorReply(-32600, `\`${incoming.method}\` came before \`initialize\``);
		}
		await opening;
		return session === undefined ? errorReply(-32600, 'initialization failed') : session.answer(incoming);
	}

	let ending: Promise<void> | undefined;
	const end = () => {
		ending ??= Promise.resolve(opening)
			.catch(() => undefined)
			.then(() => Promise.all([session?.close(), modern?.close()]))
			.then(() => undefined)
			.finally(finish);
		return ending;
	};

	await link.start({
		request(incoming: Incoming): Promise<Reply> {
			if (modern !== undefined && isModern(incoming.method, incoming.params)) return modern.answer(incoming, link);
			return introduced === undefined || incoming.method === 'initialize'
				? early(incoming)
				: introduced.answer(incoming);
		},
		note(note: Note): void {
			if (modern !== undefined && isModern(note.method, note.params)) modern.heard(note);
			else session?.heard(note);
		},
		close(reason: string): void {
			kernel.log.debug({ session: connection.session }, `client gone: ${reason}`);
			void end();
		},
		warn(text: string): void {
			kernel.log.warn({ session: connection.session }, text);
		},
	});
	return {
		ended,
		close: async () => {
			await link.close();
			await end();
		},
	};
}

/** What an older client gets on the stream of one request; everything else has a stream of its own. */
function isOfRequest({ method }: Note): boolean {
	return method === 'notifications/message' || method === 'notifications/progress';
}

function helloOf(params: JsonObject): Hello {
	const capabilities = member(params, 'capabilities');
	const clientInfo = member(params, 'clientInfo');
	return {
		protocolVersion: negotiate(member(params, 'protocolVersion')),
		capabilities: isJsonObject(capabilities) ? capabilities : {},
		clientInfo: isJsonObject(clientInfo) ? clientInfo : { name: 'unknown', version: '0' },
	};
}

function introductionMistake(params: JsonObject): string | undefined {
	if (typeof params['protocolVersion'] !== 'string') return '`protocolVersion` must be a string';
	if (params['capabilities'] !== undefined && !isJsonObject(params['capabilities']))
		return '`capabilities` must be an object';
	if (params['clientInfo'] !== undefined && !isJsonObject(params['clientInfo']))
		return '`clientInfo` must be an object';
	return undefined;
}
