// The one stream of changes: what it asks for, what becomes of it when it breaks, and what a server can't do with it.
import { describe, expect, test } from 'vitest';
import { introduced, type ModernPeer, modernPeer, settled } from './support/modern-peer.ts';

const listens = (peer: ModernPeer) => peer.sent().filter(({ method }) => method === 'subscriptions/listen');
const cancels = (peer: ModernPeer) =>
	peer.sent().flatMap(({ method, params }) => (method === 'notifications/cancelled' ? [params['requestId']] : []));
const subscribe = (peer: ModernPeer, uri: string) => peer.conversation.request('resources/subscribe', { uri }, {});
const listsChanged = { toolsListChanged: true, resourcesListChanged: true };

test('it asks for the lists that the server announces changes of, as every request introduces itself', async () => {
	const peer = await introduced();
	expect(listens(peer)).toHaveLength(1);
	expect(peer.last('subscriptions/listen').params).toEqual({
		notifications: listsChanged,
		_meta: {
			'io.modelcontextprotocol/protocolVersion': '2026-07-28',
			'io.modelcontextprotocol/clientInfo': { name: 'test-client', version: '1.0.0' },
			'io.modelcontextprotocol/clientCapabilities': { roots: {}, sampling: {} },
		},
	});
});

test('nothing to hear of, nothing opened', async () => {
	const peer = await modernPeer();
	const introduction = peer.conversation.introduce();
	peer.result(peer.last('server/discover'), { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } });
	expect(await introduction).toMatchObject({ serverInfo: { name: 'peer', version: 'unknown' } });
	expect(listens(peer)).toEqual([]);
	expect(peer.conversation.isCurrent('tools')).toBe(false);
});

test('a resource more is a wider stream, opened before the old one ends', async () => {
	const peer = await introduced();
	const [first] = listens(peer);
	peer.grant(first as never);
	const answer = subscribe(peer, 'memo://a');
	const wider = peer.last('subscriptions/listen');
	expect(wider.params['notifications']).toEqual({ ...listsChanged, resourceSubscriptions: ['memo://a'] });
	expect(cancels(peer)).toEqual([]);
	peer.grant(wider);
	expect(await answer).toMatchObject({ ok: true });
	expect(cancels(peer)).toEqual([first?.id]);
	// Known already: nothing is opened for it.
	expect(await subscribe(peer, 'memo://a')).toMatchObject({ ok: true });
	expect(listens(peer)).toHaveLength(2);
	await peer.conversation.request('resources/unsubscribe', { uri: 'memo://a' }, {});
	expect(peer.last('subscriptions/listen').params['notifications']).toEqual(listsChanged);
	expect(peer.host.notes).toEqual([]);
});

test('what the server does not agree to is refused, and lists it does not tell of are not relied on', async () => {
	const peer = await introduced();
	const answer = subscribe(peer, 'memo://a');
	peer.grant(peer.last('subscriptions/listen'), { toolsListChanged: true });
	expect(await answer).toMatchObject({ ok: false });
	expect(peer.conversation.isCurrent('tools')).toBe(true);
	expect(peer.conversation.isCurrent('resources')).toBe(false);
});

test('after a break it is opened again, and what may have been missed is told as changed', async () => {
	const peer = await introduced();
	const answer = subscribe(peer, 'memo://a');
	peer.grant(peer.last('subscriptions/listen'));
	await answer;
	peer.result(peer.last('subscriptions/listen'), { resultType: 'complete' });
	await settled();
	expect(peer.conversation.isCurrent('tools')).toBe(false);
	expect(peer.timers.pending()).toEqual([500]);
	peer.timers.fire();
	expect(peer.last('subscriptions/listen').params['notifications']).toMatchObject({
		resourceSubscriptions: ['memo://a'],
	});
	expect(peer.host.notes).toEqual([]);
	peer.grant(peer.last('subscriptions/listen'));
	expect(peer.host.notes.map(({ method }) => method)).toEqual([
		'notifications/tools/list_changed',
		'notifications/resources/list_changed',
		'notifications/resources/updated',
	]);
});

test('breaks in a row are followed ever more slowly, and ten by none', async () => {
	const peer = await introduced();
	const waits: number[] = [];
	for (let round = 0; round < 9; round += 1) {
		peer.error(peer.last('subscriptions/listen'), -32603, 'Subscription limit reached');
		await settled();
		waits.push(...peer.timers.pending());
		peer.timers.fire();
	}
	peer.error(peer.last('subscriptions/listen'), -32603, 'Subscription limit reached');
	await settled();
	expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
	expect(peer.timers.pending()).toEqual([]);
	expect(peer.losses).toEqual([]);
	expect(peer.host.lines.join()).toContain('does not tell what changes');
	expect(await subscribe(peer, 'memo://a')).toMatchObject({ ok: false });
});

describe('a server that', () => {
	test('ends each stream as soon as it agreed to it does not keep us spinning', async () => {
		const peer = await introduced();
		for (let round = 0; round < 4; round += 1) {
			peer.grant(peer.last('subscriptions/listen'));
			peer.result(peer.last('subscriptions/listen'), {});
			await settled();
			expect(peer.timers.pending()).toEqual([500 * 2 ** round]);
			peer.timers.fire();
		}
	});

	test.each<[string, (peer: ModernPeer) => void]>([
		['knows no such request', (peer) => peer.error(peer.last('subscriptions/listen'), -32601, 'Method not found')],
		[
			'agrees to nothing',
			(peer) => {
				peer.grant(peer.last('subscriptions/listen'), {});
				peer.result(peer.last('subscriptions/listen'), {});
			},
		],
	])('%s is not asked again', async (_, answer) => {
		const peer = await introduced();
		const waiting = subscribe(peer, 'memo://a');
		answer(peer);
		expect(await waiting).toMatchObject({ ok: false });
		expect(peer.timers.pending()).toEqual([]);
		expect(peer.conversation.isCurrent('tools')).toBe(false);
	});

	test('agrees to a stream that is not there, or twice, has said nothing', async () => {
		const peer = await introduced();
		const { params } = peer.last('subscriptions/listen');
		for (const id of [99, undefined]) peer.grant({ id, method: '', params });
		expect(peer.conversation.isCurrent('tools')).toBe(false);
		peer.grant(peer.last('subscriptions/listen'), {});
		peer.grant(peer.last('subscriptions/listen'));
		expect(peer.conversation.isCurrent('tools')).toBe(false);
		expect(peer.host.notes).toEqual([]);
	});

	test('agrees with something that is no agreement has agreed to nothing', async () => {
		const peer = await introduced();
		const answer = subscribe(peer, 'memo://a');
		const listen = peer.last('subscriptions/listen');
		const id = listen.id as number;
		peer.note('notifications/subscriptions/acknowledged', {
			notifications: ['toolsListChanged'],
			_meta: { 'io.modelcontextprotocol/subscriptionId': id },
		});
		expect(await answer).toMatchObject({ ok: false });
	});

	test('asks by itself is refused', async () => {
		const peer = await introduced();
		const { hears } = peer.conversation;
		expect((await hears.request({ method: 'sampling/createMessage' })).body.value()).toMatchObject({ code: -32601 });
		expect(peer.host.requests).toEqual([]);
	});
});

test('many subscriptions at once need one stream', async () => {
	const peer = await introduced();
	const uris = Array.from({ length: 20 }, (_, index) => `memo://${index}`);
	const answers = uris.map((uri) => subscribe(peer, uri));
	peer.grant(peer.last('subscriptions/listen'));
	expect((await Promise.all(answers)).every(({ ok }) => ok)).toBe(true);
	// All but the one that was granted are ended.
	expect(cancels(peer)).toHaveLength(listens(peer).length - 1);
});

test('a thousand resources are enough', async () => {
	const peer = await introduced();
	for (let index = 0; index < 1000; index += 1) void subscribe(peer, `memo://${index}`);
	expect(await subscribe(peer, 'memo://one-more')).toMatchObject({ ok: false });
	peer.conversation.end();
});

test('lists are current for as long as their pages say, the shortest first', async () => {
	const peer = await introduced();
	peer.error(peer.last('subscriptions/listen'), -32601, 'Method not found');
	const list = peer.conversation.list('tools');
	peer.result(peer.last('tools/list'), { tools: [], nextCursor: 'a', ttlMs: 5000, cacheScope: 'public' });
	await settled();
	peer.clock.now = 1000;
	peer.result(peer.last('tools/list'), { tools: [], ttlMs: 2000, cacheScope: 'private' });
	await list;
	peer.clock.now = 1999;
	expect(peer.conversation.isCurrent('tools')).toBe(true);
	peer.clock.now = 2000;
	expect(peer.conversation.isCurrent('tools')).toBe(false);
});

test.each([undefined, 0, -5, 'long', null])('a life of %s is none', async (ttlMs) => {
	const peer = await introduced();
	const list = peer.conversation.list('prompts');
	peer.result(peer.last('prompts/list'), { prompts: [], ...(ttlMs === undefined ? {} : { ttlMs }) } as never);
	await list;
	expect(peer.conversation.isCurrent('prompts')).toBe(false);
});
