// The handshake: who the client is, and what the server says of itself.
import type { Hello, Introduction, Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, member, stringMember } from '../abi/json.ts';
import { TrapgateError } from '../abi/problem.ts';
import type { Channel } from '../wire/channel.ts';
import type { Link } from '../wire/link.ts';

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

/**
 * Sends `initialize` and `notifications/initialized`. Throws D101 when the server ended first, D102 when it did not
 * answer in time, D103 when it answered with something else, D105 when it speaks no revision we know.
 */
export async function introduce(link: Link, junk: JunkCount, hello: Hello, timeoutMs: number): Promise<Introduction> {
	let timer: NodeJS.Timeout | undefined;
	const timeout = new Promise<'timeout'>((resolve) => {
		timer = setTimeout(resolve, timeoutMs, 'timeout');
	});
	const params = {
		protocolVersion: hello.protocolVersion,
		capabilities: hello.capabilities,
		clientInfo: hello.clientInfo,
	};
	const asked = link.request('initialize', params);
	const outcome = await Promise.race([asked, timeout, junk.tooMuch.then(() => 'junk' as const)]);
	clearTimeout(timer);
	if (typeof outcome === 'string') throw silence(outcome, junk, timeoutMs);
	if (!outcome.ok) throw refusal(outcome, junk, hello);
	const introduction = readIntroduction(outcome.body.value());
	await link.notify({ method: 'notifications/initialized', params: undefined, extra: {} });
	return introduction;
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

function silence(outcome: 'timeout' | 'junk', junk: JunkCount, timeoutMs: number): TrapgateError {
	if (junk.first !== undefined) return notMcp(junk.first);
	const what = outcome === 'timeout' ? `within ${timeoutMs} ms` : 'in time';
	return new TrapgateError('D102', `the server did not answer \`initialize\` ${what}`);
}

function refusal({ body }: Reply, junk: JunkCount, { protocolVersion }: Hello): TrapgateError {
	const code = member(body.value(), 'code');
	const message = String(member(body.value(), 'message'));
	// Our own code for a connection that broke or never was.
	if (code === -32000)
		return junk.first === undefined ? new TrapgateError('D101', message) : notMcp(junk.first, message);
	if (/protocol version/i.test(message)) {
		return new TrapgateError('D105', `the server refuses revision ${protocolVersion} of MCP: ${message}`);
	}
	return new TrapgateError('D103', `the server refused \`initialize\`: ${message}`);
}

function notMcp(what: string, also?: string): TrapgateError {
	return new TrapgateError(
		'D103',
		`the server prints something that is not MCP (${what})${also === undefined ? '' : `; ${also}`}`,
		{ help: 'a stdio server may print nothing but MCP on its stdout' },
	);
}
