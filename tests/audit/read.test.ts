// Reading: in order, filtered, merged, and going on while files grow.
import {
	appendFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ReadFilter, readCalls, readRecords } from '../../src/audit/read.ts';
import type { AuditRecord } from '../../src/audit/record.ts';
import {
	Clock,
	completed,
	decided,
	denied,
	hour,
	newPlace,
	noon,
	openLog,
	type Place,
	tempDirectory,
	writeRun,
} from './support.ts';

async function all<T>(records: AsyncIterable<T>): Promise<T[]> {
	const list: T[] = [];
	for await (const record of records) list.push(record);
	return list;
}

const idsOf = (records: readonly object[]) => records.flatMap((record) => ('id' in record ? [record.id] : []));

/** Two runs that take turns, over midnight. */
async function twoRuns(): Promise<{ place: Place; runs: string[] }> {
	const place = newPlace();
	const clock = new Clock();
	clock.at = Date.parse('2026-11-20T23:59:57.000Z');
	const logs = [await openLog(place, { clock }), await openLog(place, { clock })];
	for (let turn = 0; turn < 6; turn += 1) {
		clock.at += 1_000;
		const { log } = logs[turn % 2] ?? logs[0] ?? (await openLog(place));
		if (turn === 2)
			await log.append(denied(`turn-${turn}`, { agent: { id: 'codex' }, rules: ['no-pip-install', 'other'] }));
		else await log.append(decided(`turn-${turn}`));
	}
	for (const turn of [0, 1, 3, 4]) {
		clock.at += 1_000;
		await logs[turn % 2]?.log.append(completed(`turn-${turn}`));
	}
	for (const { log } of logs) await log.close();
	return { place, runs: logs.map(({ log }) => log.run) };
}

test('records of several runs come in the order of time, over midnight', async () => {
	const { place } = await twoRuns();
	const records = await all(readRecords(place.directory));
	const times = records.map(({ time }) => time);
	expect(times).toEqual([...times].sort());
	expect(idsOf(records)).toEqual([
		'turn-0',
		'turn-1',
		'turn-2',
		'turn-3',
		'turn-4',
		'turn-5',
		'turn-0',
		'turn-1',
		'turn-3',
		'turn-4',
	]);
});

test('calls are decision and end together, with those that have no end last', async () => {
	const { place } = await twoRuns();
	const views = await all(readCalls(place.directory));
	const calls = views.filter(({ event }) => event === 'call');
	expect(calls).toMatchObject([
		{ id: 'turn-2', decision: 'denied', final: true },
		{ id: 'turn-0', decision: 'allowed', result: { bytes: 1822 }, ms: { policy: 0.6, driver: 211 } },
		{ id: 'turn-1' },
		{ id: 'turn-3' },
		{ id: 'turn-4' },
		{ id: 'turn-5', interrupted: true },
	]);
	expect(calls.slice(0, 5).every((call) => !('interrupted' in call))).toBe(true);
	expect(views.map(({ event }) => event).filter((event) => event === 'decided' || event === 'completed')).toEqual([]);
});

test.each<[string, ReadFilter, string[]]>([
	['decision', { decision: 'denied' }, ['turn-2']],
	['rule', { rule: 'other' }, ['turn-2']],
	['agent by id', { agent: 'codex' }, ['turn-2']],
	['agent by name', { agent: 'claude-code', id: 'turn-0' }, ['turn-0']],
	['id', { id: 'turn-4' }, ['turn-4']],
	['since', { since: Date.parse('2026-11-21T00:00:01.000Z') }, ['turn-3', 'turn-4', 'turn-5']],
	['since and decision', { since: Date.parse('2026-11-21T00:00:01.000Z'), decision: 'denied' }, []],
	['nothing that is there', { run: 'r_none' }, []],
])('filtered by %s', async (_, filter, ids) => {
	const { place } = await twoRuns();
	expect(idsOf(await all(readCalls(place.directory, filter)))).toEqual(ids);
});

test('filtered by run', async () => {
	const { place, runs } = await twoRuns();
	const records = await all(readRecords(place.directory, { run: runs[1] ?? '' }));
	expect(new Set(records.map(({ run }) => run))).toEqual(new Set([runs[1]]));
	expect(idsOf(records)).toEqual(['turn-1', 'turn-3', 'turn-5', 'turn-1', 'turn-3']);
});

test('a directory that is not there holds nothing; one that can not be read is an error', async () => {
	const { root, directory } = newPlace();
	expect(await all(readRecords(directory))).toEqual([]);
	writeFileSync(join(root, 'file'), '');
	await expect(all(readRecords(join(root, 'file')))).rejects.toMatchObject({ code: 'A102' });
});

test('lines that are no records, links and records of odd shapes do not stop the reading', async () => {
	const place = newPlace();
	const { path } = await writeRun(place, 2);
	const odd = {
		v: 1,
		seq: 1,
		time: 'x',
		run: 'r',
		event: 'decided',
		prev: '',
		hash: '',
		rules: 7,
		agent: null,
		id: 'odd',
	};
	appendFileSync(path, `garbage\n${JSON.stringify(odd)}\n{"torn`);
	const elsewhere = join(tempDirectory(), 'x');
	renameSync(path, elsewhere);
	writeFileSync(path, readFileSync(elsewhere));
	symlinkSync(elsewhere, join(path, '../r_0.jsonl'));
	const warnings: string[] = [];
	const options = { warn: (text: string) => warnings.push(text) };
	expect(await all(readRecords(place.directory, {}, options))).toHaveLength(9);
	expect(warnings).toEqual([
		expect.stringContaining("r_0.jsonl` can't be read"),
		expect.stringContaining(':9 is no record: it is not JSON'),
	]);
	for (const filter of [{ rule: 'x' }, { agent: 'x' }, { decision: 'x' }]) {
		expect(await all(readCalls(place.directory, filter))).toEqual([]);
	}
});

/** The next record that has an id; the tests wait for it, however long the machine takes. */
async function nextId(records: AsyncGenerator<AuditRecord>): Promise<string | undefined> {
	for (let step = await records.next(); step.done !== true; step = await records.next()) {
		if ('id' in step.value) return step.value.id;
	}
	return undefined;
}

test('following goes on with new lines, new files and new days, and ends when it is told to', async () => {
	const place = newPlace();
	const stop = new AbortController();
	const records = readRecords(place.directory, {}, { follow: stop.signal, pollMs: 5 });
	const first = nextId(records);
	// The directory itself does not exist yet.
	const { log, clock, path } = await openLog(place);
	await log.append(denied('first'));
	expect(await first).toBe('first');
	await log.append(denied('second'));
	expect(await nextId(records)).toBe('second');

	const other = await openLog(place);
	await other.log.append(denied('other run'));
	expect(await nextId(records)).toBe('other run');

	clock.at += 24 * hour;
	await log.append(denied('next day'));
	expect(await nextId(records)).toBe('next day');
	clock.at += 24 * hour;
	await log.append(denied('day after'));
	expect(await nextId(records)).toBe('day after');

	// Half a line is waited for; one that is taken back is not given.
	const today = path.replace('2026-11-20', '2026-11-22');
	const before = readFileSync(today);
	appendFileSync(today, '{"v":1,"seq":99,"id":"half","torn');
	const pending = nextId(records);
	writeFileSync(today, before);
	await log.append(denied('after half'));
	expect(await pending).toBe('after half');

	const end = nextId(records);
	stop.abort();
	expect(await end).toBeUndefined();
	await log.close();
	await other.log.close();
});

test('following calls gives a call when it ends', async () => {
	const place = newPlace();
	const { log } = await openLog(place);
	const stop = new AbortController();
	const calls = readCalls(place.directory, { decision: 'allowed' }, { follow: stop.signal, pollMs: 5 });
	await log.append(decided('slow'));
	await log.append(decided('quick'));
	await log.append(completed('quick'));
	expect((await calls.next()).value).toMatchObject({ event: 'call', id: 'quick' });
	await log.append(completed('slow'));
	expect((await calls.next()).value).toMatchObject({ event: 'call', id: 'slow', result: { bytes: 1822 } });
	const end = calls.next();
	stop.abort();
	expect(await end).toEqual({ done: true, value: undefined });
	await log.close();
});

test('an iterator that was told to stop before it began is empty', async () => {
	const { place } = await twoRuns();
	expect(await all(readRecords(place.directory, {}, { follow: AbortSignal.abort() }))).toEqual([]);
});

/** How many descriptors this process has open, where the system tells. */
const descriptors = () => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);

test('many runs of one day are read side by side without a descriptor each', async () => {
	const place = newPlace();
	const day = join(place.directory, '2026-11-20');
	mkdirSync(day, { recursive: true });
	const runs = 200;
	for (let index = 0; index < runs; index += 1) {
		const run = `r_${index}`;
		const line = (seq: number) =>
			JSON.stringify({
				v: 1,
				seq,
				time: new Date(noon + seq * 1_000 + index).toISOString(),
				run,
				event: 'closed',
				prev: '',
				hash: '',
			});
		writeFileSync(join(day, `${run}.jsonl`), `${line(1)}\n${line(2)}\n`);
	}
	const before = descriptors();
	const times: string[] = [];
	for await (const { time } of readRecords(place.directory)) {
		times.push(time);
		expect(descriptors()).toBeLessThan(before + 20);
	}
	expect(times).toHaveLength(2 * runs);
	expect(times).toEqual([...times].sort());
});
