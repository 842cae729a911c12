// docs/performance.md: what stands on it as measured is what was measured, and is called reached only where it was.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { barsOf, type Figures, type Measured, type Row, relayName, sections } from '../../bench/beside/figures.ts';
import { peers } from '../../bench/beside/npm-peers.ts';
import { textOf, withMeasured } from '../../bench/beside/page.ts';

const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
const kept = JSON.parse(readFileSync(new URL('../../bench/beside/measured.json', import.meta.url), 'utf8')) as Measured;

test('the page says what the last run kept, in the words that the bench writes', () => {
	expect(page).toBe(withMeasured(page, kept));
});

test('the page has Trapgate on each way, the relay, and every peer in the version that is measured', () => {
	for (const section of sections) {
		const ours = kept.sections[section].filter(({ is }) => is === 'trapgate');
		expect(ours).toMatchObject([{ outcome: { kind: 'measured' } }]);
	}
	const rows = Object.values(kept.sections).flat();
	expect(rows).toContainEqual(expect.objectContaining({ name: relayName, is: 'other' }));
	for (const { name, version } of Object.values(peers))
		expect(rows).toContainEqual(
			expect.objectContaining({ name, is: 'peer', version: expect.stringMatching(new RegExp(`^${version}( |$)`)) }),
		);
});

test('a page without a place for it is not written', () => {
	expect(() => withMeasured('# Performance\n', kept)).toThrow('no place');
});

describe('what was asked for', () => {
	const even: Figures = { startMs: 1, aloneUs: 1, perSecond: 1, largeUs: 1, idleMb: 1, endMb: 1 };
	const row = (name: string, is: Row['is'], trapgate: Partial<Figures>): Row => ({
		name,
		is,
		outcome: { kind: 'measured', figures: even, trapgate: { ...even, ...trapgate } },
	});
	const better = { startMs: 0.5, aloneUs: 0.5, perSecond: 2, largeUs: 0.5, idleMb: 0.5, endMb: 0.5 };
	const good = {
		relay: row(relayName, 'other', { aloneUs: 1.3, perSecond: 0.5, largeUs: 1.3 }),
		peer: row('a-peer', 'peer', better),
		http: row('another', 'peer', { ...better, aloneUs: 0.6 }),
	};
	const run = ({ relay, peer, http }: typeof good): Measured => ({
		machine: { cores: 2, node: 'v1', system: 'Linux' },
		rounds: 1,
		foreign: 0.014,
		sections: { stdio: [relay, peer], http: [http], remote: [] },
	});
	const verdicts = (changes: Partial<typeof good>) =>
		Object.fromEntries(barsOf(run({ ...good, ...changes })).map(({ asked, verdict }) => [asked, verdict]));

	test('is reached at the bar itself', () => {
		expect(new Set(Object.values(verdicts({})))).toEqual(new Set(['reached']));
	});

	test.each<[string, Partial<typeof good>]>([
		['stdio: a call alone', { relay: row(relayName, 'other', { aloneUs: 1.3001 }) }],
		['stdio: 32 in flight', { relay: row(relayName, 'other', { ...better, perSecond: 0.4999 }) }],
		['stdio: a result of 1 MiB', { relay: row(relayName, 'other', { largeUs: 1.301 }) }],
		['HTTP: a call alone', { http: row('another', 'peer', { ...better, aloneUs: 0.601 }) }],
		['a call alone: ahead', { peer: row('a-peer', 'peer', { ...better, aloneUs: 0.9999 }) }],
		['calls a second: ahead', { peer: row('a-peer', 'peer', { ...better, perSecond: 1.001 }) }],
		['start: ahead', { peer: row('a-peer', 'peer', { ...better, startMs: 1 }) }],
		['memory before', { peer: row('a-peer', 'peer', { ...better, idleMb: 1.2 }) }],
		['memory after', { peer: row('a-peer', 'peer', { ...better, endMb: 1.2 }) }],
	])('is not reached by a hair, and that alone: %s', (asked, change) => {
		const missed = Object.entries(verdicts(change)).filter(([, verdict]) => verdict !== 'reached');
		expect(missed).toEqual([[expect.stringContaining(asked), 'not reached']]);
	});

	test.each([
		[1.1, '1.10'],
		[1.1001, '1.11'],
		[0.29, '0.29'],
	])('is rounded to our disadvantage: %s', (aloneUs, shown) => {
		const [bar] = barsOf(run({ ...good, relay: row(relayName, 'other', { aloneUs }) }));
		expect(bar?.measured).toBe(shown);
	});

	test('is not known of a peer that is not there, or failed', () => {
		const http: Row = { name: 'another', is: 'peer', outcome: { kind: 'lacking', why: 'it is not installed' } };
		const failed: Row = { name: 'another', is: 'peer', outcome: { kind: 'failed', why: 'a | b' } };
		for (const one of [http, failed]) {
			const found = Object.values(verdicts({ http: one }));
			expect(found).toEqual(['reached', 'reached', 'reached', ...Array(6).fill('not known')]);
		}
		expect(textOf(run({ ...good, http }))).toContain('not measured: it is not installed');
		expect(textOf(run({ ...good, http: failed }))).toContain('failed: a   b');
	});

	test('stands beside how busy the machine was', () => {
		expect(textOf(run(good))).toContain('other processes used 1 % of the machine');
	});

	test('names the peer that is the hardest to beat', () => {
		const measured = run({ ...good, http: row('another', 'peer', { ...better, aloneUs: 0.6, perSecond: 1.5 }) });
		const found = new Map(barsOf(measured).map((bar) => [bar.asked, bar.measured]));
		expect(found.get('a call alone: ahead of every peer')).toBe('0.60 of another’s');
		expect(found.get('calls a second: ahead of every peer')).toBe('1.50 of another’s');
	});
});
