// Streams that break and go on: what was missed comes once, in order, to its own session only.
import { randomBytes } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import type { Channel } from '../../src/wire/channel.ts';
import { type HttpListener, listenHttp } from '../../src/wire/http-front.ts';
import { Replay } from '../../src/wire/http-replay.ts';
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

test('the messages of one stream are not repeated on another', () => {
	const replay = new Replay('s');
	const [one, two] = [replay.open(), replay.open()];
	const id = replay.keep(one, 'a');
	replay.keep(two, 'b');
	replay.keep(one, 'c');
	expect(replay.after(id)).toMatchObject({ stream: one, events: [{ text: 'c' }] });
});

test('what is kept is bounded in number and size, and what may be incomplete is not passed off as whole', () => {
	const replay = new Replay('s');
	const stream = replay.open();
	const first = replay.keep(stream, 'x');
	const ids = Array.from({ length: 300 }, (_, at) => replay.keep(stream, String(at)));
	expect(replay.after(first)).toBeUndefined();
	expect(replay.after(ids[50] ?? '')?.events).toHaveLength(249);
	const large = replay.keep(stream, 'x'.repeat(5 * 1024 * 1024));
	expect(replay.after(ids.at(-1) ?? '')).toBeUndefined();
	expect(replay.after(large)?.events).toEqual([]);
});

test.each(['', '0', 'TAG.0.1', 'TAG.2.1', 'TAG.1.2', 'TAG.1.-1', 'TAG.1.1e0', 'TAG.1.99999999999999999', 'TAG.1.1\n'])(
	'an id that was never given out is none: %j',
	(form) => {
		const replay = new Replay('s');
		const [tag = ''] = replay.keep(replay.open(), 'a').split('.');
		expect(replay.after(form.replace('TAG', tag))).toBeUndefined();
		expect(new Replay('t').after(`${tag}.1.1`)).toBeUndefined();
	},
);
