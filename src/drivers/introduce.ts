// The handshake: who the client is, and what the server says of itself.
import type { Hello, Introduction, Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import { TrapgateError } from '../abi/problem.ts';
import type { Channel } from '../wire/channel.ts';
import type { Link } from '../wire/link.ts';
import type { Wrap } from './envelope.ts';

/** The revisions that begin with `initialize`. */
const revisions: readonly string[] = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];

/** A banner is forgiven; a server that only prints is none. */
const maxJunk = 100;

/** Counts what came in and was no message. */
export interface JunkCount {
	/** What was wrong with the first one; undefined while there is none. */
	readonly first: string | undefined;
	/** Settles when there is too much of it. */
	readonly tooMuch: Promise<void>;
}

/** The same channel, and a count of what is no message. */
export function countJunk(channel: Channel): { readonly channel: Channel; readonly junk: JunkCount } {
	let first: string | undefined;
	let count = 0;
	let isTooMuch = () => {};
	const tooMuch = new Promise<void>((resolve) => {
		isTooMuch = resolve;
	});
	const counting: Channel = {
		start: (events) =>
			channel.start({
				...events,
				message: (message) => {
					if (message.kind === 'malformed' && message.batch === undefined) {
						first ??= message.message;
						count += 1;
						if (count > maxJunk) isTooMuch();
					}
					events.message(message);
				},
			}),
		send: (text, related) => channel.send(text, related),
		close: () => channel.close(),
	};
	const junk = {
		get first() {
			return first;
		},
		tooMuch,
	};
	return { channel: counting, junk };
}

/** The server answered, and what it answered was an error: it may be of another era. */
export class Refusal extends TrapgateError {}

/**
 * Sends `initialize`, with what `wrap` adds, and `notifications/initialized`. Throws D101 when the server ended first, D102 when it did not
 * answer in time, D103 when it answered with something else, D105 when it speaks no revision we know.
 */
export async function introduce(
	link: Link,
	junk: JunkCount,
	hello: Hello,
	{ timeoutMs, wrap = (params) => params }: { readonly timeoutMs: number; readonly wrap?: Wrap },
): Promise<Introduction> {
	const params = wrap({
		protocolVersion: hello.protocolVersion,
		capabilities: hello.capabilities,
		clientInfo: hello.clientInfo,
	});
	const reply = await askFirst(link, junk, { method: 'initialize', params, timeoutMs });
	if (!reply.ok) throw versionRefusal(reply, hello) ?? refusal(reply, junk, 'initialize');
	const introduction = readIntroduction(reply.body.value());
	await link.notify({ method: 'notifications/initialized', params: undefined, extra: {} });
	return introduction;
}

/** The first request of all, which a server may leave unanswered in many ways. Throws D102 or D103. */
export async function askFirst(
	link: Link,
	junk: JunkCount,
	{ method, params, timeoutMs }: { readonly method: string; readonly params: JsonObject; readonly timeoutMs: number },
): Promise<Reply> {
	let timer: NodeJS.Timeout | undefined;
	const timeout = new Promise<'timeout'>((resolve) => {
		timer = setTimeout(resolve, timeoutMs, 'timeout');
	});
	const asked = link.request(method, params);
	const outcome = await Promise.race([asked, timeout, junk.tooMuch.then(() => 'junk' as const)]);
	clearTimeout(timer);
	if (typeof outcome !== 'string') return outcome;
	if (junk.first !== undefined) throw notMcp(junk.first);
	const what = outcome === 'timeout' ? `within ${timeoutMs} ms` : 'in time';
	throw new TrapgateError('D102', `the server did not answer \`${method}\` ${what}`);
}

function readIntroduction(result: Json): Introduction {
	const protocolVersion = stringMember(result, 'protocolVersion');
	const capabilities = member(result, 'capabilities');
	const serverInfo = member(result, 'serverInfo');
	if (
		!isJsonObject(result) ||
		protocolVersion === undefined ||
		!isJsonObject(capabilities) ||
		!isJsonObject(serverInfo)
	) {
		throw new TrapgateError('D103', 'the answer to `initialize` lacks a protocolVersion, capabilities or serverInfo');
	}
	if (!revisions.includes(protocolVersion)) {
		throw new TrapgateError('D105', `the server speaks revision ${JSON.stringify(protocolVersion)} of MCP`, {
			help: `trapgate speaks ${revisions.join(', ')}`,
		});
	}
	const instructions = stringMember(result, 'instructions');
	return { protocolVersion, capabilities, serverInfo, result, ...(instructions === undefined ? {} : { instructions }) };
}

/** Why an error reply to the first request keeps the server from being used. */
export function refusal({ body }: Reply, junk: JunkCount, method: string): TrapgateError {
	const code = member(body.value(), 'code');
	const message = String(member(body.value(), 'message'));
	// Our own code for a connection that broke or never was.
	if (code === -32000)
		return junk.first === undefined ? new TrapgateError('D101', message) : notMcp(junk.first, message);
	return new Refusal('D103', `the server refused \`${method}\`: ${message}`);
}

function versionRefusal({ body }: Reply, { protocolVersion }: Hello): TrapgateError | undefined {
	const message = String(member(body.value(), 'message'));
	if (member(body.value(), 'code') === -32000 || !/protocol version/i.test(message)) return undefined;
	return new Refusal('D105', `the server refuses revision ${protocolVersion} of MCP: ${message}`);
}

function notMcp(what: string, also?: string): TrapgateError {
	return new TrapgateError(
		'D103',
		`the server prints something that is not MCP (${what})${also === undefined ? '' : `; ${also}`}`,
		{ help: 'a stdio server may print nothing but MCP on its stdout' },
	);
}
