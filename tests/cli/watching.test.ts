// Running again: by what files hold, so that no edit is missed and none is seen that is none.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Seen, seeAgain } from '../../src/cli/seen-files.ts';
import { keepRunning } from '../../src/cli/watching.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'trapgate-watch-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string) => join(folder, name);
const same = new Date(0);
/** Same size, same time: nothing but the content tells. */
const write = (name: string, text: string) => {
	writeFileSync(path(name), text);
	utimesSync(path(name), same, same);
};

/** Runs with one step a pause; ends when there are no more steps. Each run tells what changed. */
async function runs(steps: readonly (() => void)[], duringRun: (run: number) => void = () => undefined) {
	const stop = new AbortController();
	const changes: (readonly string[])[] = [];
	let step = 0;
	const run = async (changed: readonly string[]) => {
		changes.push(changed.map((one) => one.slice(folder.length + 1)));
		const seen: Seen = seeAgain({
			files: new Map([
				[path('a'), ''],
				[path('b'), ''],
			]),
			folders: new Map([[folder, []]]),
		});
		duringRun(changes.length);
		return { seen, number: changes.length };
	};
	const pause = async () => {
		const next = steps[step++];
		if (next === undefined) stop.abort();
		else next();
	};
	const last = await keepRunning({ run, pause, signal: stop.signal });
	expect(last.number).toBe(changes.length);
	return changes;
}

const wait = () => undefined;

test('an edit is taken up once it has been still for one look', async () => {
	write('a', 'one');
	const edit = () => write('a', 'two');
	expect(await runs([wait, edit, wait, wait, wait])).toEqual([[], ['a']]);
});

test('several edits in a row are one', async () => {
	write('a', 'one');
	expect(await runs([() => write('a', 'two'), () => write('a', 'six'), () => write('b', 'new'), wait, wait])).toEqual([
		[],
		['a', 'b'],
	]);
});

test('an edit that is undone before it was still is none', async () => {
	write('a', 'one');
	expect(await runs([() => write('a', 'two'), () => write('a', 'one'), wait, wait])).toEqual([[]]);
});

test('an edit while a run is going on is not missed', async () => {
	write('a', 'one');
	const during = (run: number) => {
		if (run === 1) write('a', 'two');
	};
	expect(await runs([wait, wait, wait], during)).toEqual([[], ['a']]);
});

test('a file that comes, one that goes, one that can not be read, and a new one beside them', async () => {
	write('a', 'one');
	const steps = [
		() => write('b', 'two'),
		wait,
		() => rmSync(path('a')),
		wait,
		() => mkdirSync(path('a')),
		wait,
		() => write('c.yaml', 'new'),
		wait,
		() => write('c.txt', 'no matter'),
		wait,
	];
	expect(await runs(steps)).toEqual([[], ['b'], ['a'], ['c.yaml']]);
});

test('who never rests is run all the same', async () => {
	write('a', 'one');
	const steps = Array.from({ length: 50 }, (_, index) => () => write('a', `edit ${index}`));
	const changes = await runs(steps);
	expect(changes.length).toBeGreaterThan(1);
	expect(changes.length).toBeLessThan(6);
});
