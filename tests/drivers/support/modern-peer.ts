// A conversation of MCP 2026-07-28 whose server is the test itself.
import type { Hello } from '../../../src/abi/driver.ts';
import { type JsonObject, member } from '../../../src/abi/json.ts';
import type { MirroredTools } from '../../../src/drivers/mirrored-parameters.ts';
import { ModernConversation } from '../../../src/drivers/modern.ts';
import { Link } from '../../../src/wire/link.ts';
import { readMessage } from '../../../src/wire/message.ts';
import { FakeChannel } from '../../wire/streams.ts';
import { hello as anyHello, driverName, type RecordingHost, recordingHost } from './hosts.ts';
import { manualTimers } from './timers.ts';

/** What the conversation sent. */
export interface Sent {
	readonly id: number | undefined;
	readonly method: string;
	readonly params: JsonObject;
}

export interface ModernPeer {
	readonly conversation: ModernConversation;
	readonly host: RecordingHost;
	readonly timers: ReturnType<typeof manualTimers>;
	readonly losses: string[];
	/** Milliseconds; the test lets them pass. */
	readonly clock: { now: number };
	/** All that was sent, in order. */
	sent(): Sent[];
	/** The newest request of that method. */
	last(method: string): Sent;
	result(sent: Sent, result: JsonObject): void;
	error(sent: Sent, code: number, message: string, data?: JsonObject): void;
	note(method: string, params: JsonObject): void;
	/** Agrees to a `subscriptions/listen`, as far as `granted` says. */
	grant(sent: Sent, granted?: JsonObject): void;
}

export const capabilities: JsonObject = {
	tools: { listChanged: true },
	resources: { listChanged: true, subscribe: true },
};

/** Lets everything happen that can without further input. */
export const settled = () => new Promise(setImmediate);

export async function modernPeer(hello: Hello = anyHello, mirrored?: MirroredTools): Promise<ModernPeer> {
	const channel = new FakeChannel();
	const link = new Link(channel, { peer: 'driver' });
	const host = recordingHost();
	const timers = manualTimers();
	const losses: string[] = [];
	const clock = { now: 0 };
	const conversation = new ModernConversation({
		...{ link, host, hello, mirrored },
		junk: { first: undefined, tooMuch: new Promise(() => undefined) },
		timeoutMs: 5000,
		name: driverName('peer'),
		standing: { logLevel: undefined, subscribed: new Set() },
		now: () => clock.now,
		...timers.deps,
		random: () => 0,
		lost: (reason) => losses.push(reason),
	});
	const warn = (text: string) => host.lines.push(text);
	await link.start({ ...conversation.hears, close: () => undefined, warn });
	const receive = (message: object) =>
		channel.events?.message(readMessage(JSON.stringify({ jsonrpc: '2.0', ...message }), 'driver'));
	const sent = () => channel.sent.seen.map(({ text }) => JSON.parse(text) as Sent);
	const note = (method: string, params: JsonObject) => receive({ method, params });
	return {
		...{ conversation, host, timers, losses, clock, sent, note },
		last(method) {
			const found = sent().findLast((one) => one.method === method);
			if (found === undefined) throw new Error(`${method} was not sent`);
			return found;
		},
		result: ({ id }, result) => receive({ id, result }),
		error: ({ id }, code, message, data) => receive({ id, error: { code, message, data } }),
		grant({ id, params }, granted = member(params, 'notifications') as JsonObject) {
			note('notifications/subscriptions/acknowledged', {
				notifications: granted,
				_meta: { 'io.modelcontextprotocol/subscriptionId': id ?? null },
			});
		},
	};
}

/** One that has introduced itself. */
export async function introduced(...args: Parameters<typeof modernPeer>): Promise<ModernPeer> {
	const peer = await modernPeer(...args);
	const introduction = peer.conversation.introduce();
	peer.result(peer.last('server/discover'), { supportedVersions: ['2026-07-28'], capabilities });
	await introduction;
	return peer;
}
