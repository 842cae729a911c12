// In which order a server is tried, and what of it is kept.
import { describe, expect, test } from 'vitest';
import { type Era, Eras, type Opening } from '../../src/drivers/era.ts';

function make(likely: Era, recalled?: Era) {
	const kept: Era[] = [];
	const memory = { recall: async () => recalled, keep: async (_: string, era: Era) => void kept.push(era) };
	return { eras: new Eras({ likely, server: 'it', memory, mayBeOther: () => true }), kept };
}

describe('what is tried first', () => {
	test.each<[likely: Era, recalled: Era | undefined, isForModernClient: boolean, order: readonly Opening[]]>([
		['older', undefined, false, ['older', 'modern']],
		['older', undefined, true, ['either', 'older', 'modern']],
		['older', 'older', true, ['either', 'older', 'modern']],
		['older', 'modern', false, ['modern', 'older']],
		['older', 'modern', true, ['modern', 'older']],
		['modern', undefined, false, ['modern', 'older']],
		['modern', undefined, true, ['modern', 'older']],
		['modern', 'older', false, ['older', 'modern']],
		// Over HTTP an older server is not asked by `initialize` in newer words: there the headers say the era, too.
		['modern', 'older', true, ['older', 'modern']],
	])('likely %s, recalled %s, for a client of the newer era %s: %s', async (likely, recalled, isModern, order) => {
		expect(await make(likely, recalled).eras.order(isModern)).toEqual(order);
	});

	test.each<[found: Era, order: readonly Opening[]]>([
		['modern', ['modern', 'older']],
		['older', ['older', 'modern']],
	])('is after a restart what it was before: %s', async (found, order) => {
		const { eras } = make('older');
		await eras.order(true);
		eras.found(found, 'either');
		expect(await eras.order(true)).toEqual(order);
	});
});

describe('what is kept', () => {
	test.each<[era: Era, opening: Opening, kept: readonly Era[]]>([
		['modern', 'modern', ['modern']],
		['older', 'older', []],
		// It may speak the older one as well, which clients of that had better use.
		['modern', 'either', []],
		['older', 'either', []],
	])('of one found to be %s by the opening %s', async (era, opening, kept) => {
		const made = make('older');
		await made.eras.order(true);
		made.eras.found(era, opening);
		expect(made.kept).toEqual(kept);
	});
});
