// Streams that break and go on: what was missed comes once, in order, to its own session only.
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Channel } from '../../src/wire/channel.ts';
import { type HttpListener, listenHttp } from '../../src/wire/http-front.ts';
import { CallerMemory } from '../../src/wire/http-memory.ts';
import { type KeptStream, type Missed, Replay } from '../../src/wire/http-replay.ts';
import { Link } from '../../src/wire/link.ts';
import { resultReply } from '../../src/wire/message.ts';
import { HttpPeer } from './http-peer.ts';

const listeners: HttpListener[] = [];
afterEach(async () => {
	for (const listener of listeners.splice(0)) await listener.close();
});

async function introduced(count: number) {
	const links: Link[] = [];
	const listener = await listenHttp(
		{
			host: '127.0.0.1',
			port: 0,
			random: randomBytes,
			authorize: (token) => ({ principal: token ?? '', agent: token ?? '' }),
		},
		({ channel }: { channel: Channel }) => {
			const link = new Link(channel, { peer: 'client' });
			links.push(link);
			const nothing = () => undefined;
			void link.start({ request: async () => resultReply({}), note: nothing, close: nothing, warn: nothing });
		},
	);
	listeners.push(listener);
	const peers: HttpPeer[] = [];
	for (let at = 0; at < count; at += 1) {
		peers.push(await new HttpPeer(listener.address.port, `caller-${at}`).introduced());
	}
	return { listener, links, peers };
}

/** Opens a stream; `read` waits for so many events. */
async function open(peer: HttpPeer, lastEventId?: string) {
	const headers = { accept: 'text/event-stream', 'last-event-id': lastEventId };
	const response = await peer.open({ method: 'GET', headers });
	let text = '';
	response.setEncoding('utf8').on('data', (data: string) => {
		text += data;
	});
	response.on('error', () => undefined);
	const events = () =>
		[...text.matchAll(/^id: (.*)\ndata: (.*)$/gm)].map(([, id = '', data = '']) => ({
			id,
			n: JSON.parse(data).params.n,
		}));
	return {
		hangUp: () => response.destroy(),
		ended: new Promise((done) => response.once('close', done)),
		events,
		read: (count: number) => vi.waitFor(() => expect(events()).toHaveLength(count)).then(events),
	};
}

const say = (link: Link | undefined, n: number) =>
	link?.notify({ method: 'notifications/x', params: { n }, extra: {} });

test('what was sent while a stream was broken comes when it goes on, once and in order', async () => {
	const { links, peers } = await introduced(1);
	const [peer] = peers as [HttpPeer];
	const first = await open(peer);
	for (const n of [1, 2, 3]) say(links[0], n);
	const [one] = await first.read(3);
	// Of this connection the client has read the first event only; to us it still looks open.
	const second = await open(peer, one?.id);
	await first.ended;
	expect((await second.read(2)).map(({ n }) => n)).toEqual([2, 3]);
	say(links[0], 4);
	const got = await second.read(3);
	expect(got.map(({ n }) => n)).toEqual([2, 3, 4]);
	second.hangUp();
	const third = await open(peer, got.at(-1)?.id);
	say(links[0], 5);
	expect((await third.read(1)).map(({ n }) => n)).toEqual([5]);
	third.hangUp();
});

test('an id of another caller’s event, or of one that never was, brings nothing of anybody', async () => {
	const { links, peers } = await introduced(2);
	const [alice, bob] = peers as [HttpPeer, HttpPeer];
	const stream = await open(alice);
	for (const n of [1, 2, 3]) say(links[0], n);
	const [one] = await stream.read(3);
	for (const id of [one?.id, `${one?.id}0`, one?.id.replace(/\.\d+$/, '.0'), '0', '-1', 'x'.repeat(5000)]) {
		const other = await open(bob, id);
		say(links[1], 9);
		expect((await other.read(1)).map(({ n }) => n)).toEqual([9]);
		other.hangUp();
		await other.ended;
	}
	// Nor did anybody take her stream away.
	say(links[0], 4);
	expect((await stream.read(4)).map(({ n }) => n)).toEqual([1, 2, 3, 4]);
	stream.hangUp();
});

/** A connection that takes what it is sent, until it breaks. */
function connection() {
	const sent: string[] = [];
	const one = {
		isOpen: true,
		sent,
		send: async (text: string) => {
			if (one.isOpen) sent.push(text);
			return one.isOpen;
		},
		prime: () => undefined,
		keepAlive: () => undefined,
		end: () => {
			one.isOpen = false;
		},
		leave: () => one.end(),
	};
	return one;
}

function replayOf({ sessionId = 's', maxQueuedBytes = 1000, maxBytes = Number.POSITIVE_INFINITY } = {}) {
	const warnings: string[] = [];
	const clock = { now: 0 };
	const now = () => clock.now;
	const warn = (text: string) => void warnings.push(text);
	const memory = new CallerMemory({ principal: 'p', maxBytes, maxQueuedBytes, now, warn, dropped: () => undefined });
	const unsent: string[] = [];
	const replay = new Replay({ sessionId, memory, now, unsent: (text) => unsent.push(text) });
	memory.use(replay);
	return { replay, memory, warnings, clock, unsent };
}

/** Keeps what a connection took. */
function keepTaken(replay: Replay, stream: KeptStream, text: string): string {
	const kept = replay.keep(stream, text);
	replay.taken(kept);
	return kept.id;
}

const textsAfter = (replay: Replay, id = '') => {
	const missed = replay.after(id);
	return missed === undefined || missed === 'over' ? missed : missed.events.map(({ text }) => text);
};
const note = (text: string) => `{"jsonrpc":"2.0","method":"notifications/x","params":"${text}"}`;

test('the messages of one stream are not repeated on another', () => {
	const { replay } = replayOf();
	const [one, two] = [replay.open('general', connection()), replay.open('general', connection())];
	const id = keepTaken(replay, one, 'a');
	keepTaken(replay, two, 'b');
	keepTaken(replay, one, 'c');
	expect(replay.after(id)).toMatchObject({ stream: { number: one.number }, events: [{ text: 'c' }] });
});

test('what is kept is bounded in number and size, and what may be incomplete is not passed off as whole', () => {
	const { replay, warnings } = replayOf({ maxQueuedBytes: 10 * 1024 * 1024 });
	const stream = replay.open('general', connection());
	const first = keepTaken(replay, stream, 'x');
	const ids = Array.from({ length: 300 }, (_, at) => keepTaken(replay, stream, String(at)));
	expect(replay.after(first)).toBeUndefined();
	expect(textsAfter(replay, ids[50])).toHaveLength(249);
	const large = keepTaken(replay, stream, 'x'.repeat(5 * 1024 * 1024));
	expect(replay.after(ids.at(-1) ?? '')).toBeUndefined();
	expect(textsAfter(replay, large)).toEqual([]);
	expect(warnings).toEqual([]);
});

test('what another stream says does not make one incomplete', () => {
	const { replay } = replayOf();
	const [one, two] = [replay.open('general', connection()), replay.open('general', connection())];
	const id = keepTaken(replay, one, 'a');
	for (let at = 0; at < 255; at += 1) keepTaken(replay, two, String(at));
	expect(textsAfter(replay, id)).toEqual([]);
});

test.each([
	'',
	'0',
	'TAG.0.1',
	'TAG.2.1',
	'TAG.1.2',
	'TAG.1.-1',
	'TAG.1.1e0',
	'TAG.1.99999999999999999',
	'TAG.1.1\n',
	'TAG.a1.1',
])('an id that was never given out is none: %j', (form) => {
	const { replay } = replayOf();
	const [tag = ''] = replay.keep(replay.open('general', connection()), 'a').id.split('.');
	expect(replay.after(form.replace('TAG', tag))).toBeUndefined();
	expect(replayOf({ sessionId: 't' }).replay.after(`${tag}.1.1`)).toBeUndefined();
});

describe('an answer whose client is away', () => {
	function away(options?: { maxQueuedBytes: number; maxBytes?: number }) {
		const context = replayOf(options);
		const line = connection();
		const stream = context.replay.open('answer', line);
		const id = context.replay.mark(stream);
		line.isOpen = false;
		return { ...context, stream, id };
	}

	test('waits for it, whatever else is said meanwhile, and is forgotten when it was taken and others need the room', async () => {
		const { replay, stream, id, warnings } = away();
		void stream.send('{"answer":1}', '{"lost":1}');
		stream.end();
		const other = replay.open('general', connection());
		for (let at = 0; at < 300; at += 1) await other.send(String(at));
		expect(textsAfter(replay, id)).toEqual(['{"answer":1}']);
		const back = connection();
		stream.moveTo(back, (replay.after(id) as Missed).events);
		expect(back).toMatchObject({ sent: ['{"answer":1}'], isOpen: false });
		await new Promise(setImmediate);
		expect(textsAfter(replay, id)).toEqual(['{"answer":1}']);
		for (let at = 0; at < 300; at += 1) await other.send(String(at));
		expect(replay.after(id)).toBe('over');
		expect(warnings).toEqual([]);
	});

	test('is an error in its place where it is too long, and that is said once', () => {
		const { replay, stream, id, warnings } = away({ maxQueuedBytes: 100 });
		void stream.send(note('x'.repeat(200)));
		void stream.send('x'.repeat(101), '{"lost":1}');
		expect(textsAfter(replay, id)).toEqual(['{"lost":1}']);
		expect(warnings).toHaveLength(1);
	});

	test('stays where notifications make too much', () => {
		const { replay, stream, id } = away();
		void stream.send('question');
		void stream.send('answer', 'lost');
		const chatty = replay.open('answer', Object.assign(connection(), { isOpen: false }));
		for (let at = 0; at < 300; at += 1) void chatty.send(note(String(at)));
		expect(textsAfter(replay, id)).toEqual(['question', 'answer']);
	});

	test('does not wait for ever', () => {
		const { replay, stream, id, warnings, clock } = away();
		void stream.send(note('progress'));
		void stream.send('answer', 'lost');
		clock.now = 10 * 60_000 - 1;
		replay.tick();
		expect(textsAfter(replay, id)).toHaveLength(2);
		clock.now += 1;
		replay.tick();
		expect(textsAfter(replay, id)).toEqual(['lost']);
		expect(warnings).toHaveLength(1);
		clock.now *= 2;
		replay.tick();
		expect(textsAfter(replay, id)).toEqual(['lost']);
	});

	test('leaves nobody waiting for an answer to a question that no connection took; one that was taken may be answered yet', async () => {
		const { replay, stream, unsent, clock } = away();
		const question = (id: number) => `{"jsonrpc":"2.0","id":${id},"method":"roots/list"}`;
		const line = connection();
		await replay.open('general', line).send(question(1));
		line.end();
		const other = replay.open('general', connection());
		for (let at = 0; at < 300; at += 1) await other.send(String(at));
		void stream.send(question(2));
		void stream.send('{"jsonrpc":"2.0","id":3,"result":{"method":1}}');
		clock.now = 10 * 60_000;
		replay.tick();
		expect(unsent).toEqual([question(2)]);
	});

	test('gives its caller back what it was counted with, and goes last where there is no room', () => {
		const { replay, memory, stream, id, warnings } = away({ maxQueuedBytes: 1000, maxBytes: 200 });
		const other = replay.open('general', connection());
		const old = replay.mark(other);
		keepTaken(replay, other, 'x'.repeat(150));
		void stream.send('y'.repeat(100), 'lost');
		expect(memory.held).toBe(100);
		expect(replay.after(old)).toBeUndefined();
		expect(textsAfter(replay, id)).toEqual(['y'.repeat(100)]);
		expect(warnings).toEqual([]);
		stream.end();
		const more = replay.open('answer', Object.assign(connection(), { isOpen: false }));
		const before = replay.mark(more);
		void more.send('z'.repeat(101), 'lost');
		expect(textsAfter(replay, before)).toEqual(['lost']);
		expect(warnings).toHaveLength(1);
		replay.close();
		expect(memory.held).toBe(0);
	});

	test('is told apart from one that never was', () => {
		const { replay, stream, id } = away();
		stream.end();
		expect(replay.after(id)).toBe('over');
		expect(replay.after(id.replace('.a1.', '.a2.'))).toBeUndefined();
		expect(replay.after(id.replace('.a1.', '.1.'))).toBeUndefined();
	});
});
