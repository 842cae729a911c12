// Real processes: killed at any moment, and several at once in one directory.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileRoom, errorsOf, newPlace, type Place, recordsOf, runPaths, verify } from './support.ts';

let room = '';
const children = new Set<ChildProcess>();
beforeAll(() => {
	room = compileRoom();
});
afterAll(() => {
	for (const child of children) child.kill('SIGKILL');
});

function startWriter(place: Place, durability: string, calls: string) {
	const program = join(import.meta.dirname, 'fixtures/writer.mjs');
	const child = spawn(process.execPath, [program, room, place.directory, place.keyFile, durability, calls], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	children.add(child);
	const exit = once(child, 'exit').finally(() => children.delete(child));
	return { child, exit, lines: createInterface({ input: child.stdout }) };
}

// Prime to each other and to the fixture's groups of four, so that the signal meets the writer in other places each time.
const moments = [1, 2, 3, 7, 16, 33, 101, 250, 523, 1_009, 2_003];

test.each(['written', 'fsync'])(
	'a writer that is killed loses nothing it said was recorded, durability %s',
	async (durability) => {
		const place = newPlace();
		const told = new Set<string>();
		for (const moment of durability === 'fsync' ? moments.slice(0, 8) : moments) {
			const { child, exit, lines } = startWriter(place, durability, 'forever');
			let heard = 0;
			for await (const line of lines) {
				if (!line.startsWith('run ')) told.add(line);
				heard += 1;
				if (heard === moment) child.kill('SIGKILL');
			}
			await exit;
			expect(child.signalCode).toBe('SIGKILL');
		}

		const report = await verify(place);
		expect(errorsOf(report)).toEqual([]);
		expect(report.openRuns).toHaveLength(report.runs);
		const recorded = new Set<string>();
		for (const record of runPaths(place).flatMap(recordsOf)) {
			if (record.event === 'decided' || record.event === 'completed') recorded.add(`${record.event} ${record.id}`);
		}
		expect([...told].filter((line) => !recorded.has(line))).toEqual([]);
		const unfinished = [...recorded].filter(
			(line) => line.startsWith('decided ') && !recorded.has(line.replace('decided', 'completed')),
		);
		expect(report.interrupted.map(({ id }) => `decided ${id}`).sort()).toEqual(unfinished.sort());
	},
	120_000,
);

test('verify finds nothing wrong with a log that is being written to', async () => {
	const place = newPlace();
	const { child, exit, lines } = startWriter(place, 'written', 'forever');
	let heard = 0;
	for await (const _ of lines) {
		heard += 1;
		if (heard % 400 !== 0) continue;
		expect((await verify(place)).findings).toEqual([]);
		if (heard === 4_000) child.kill('SIGKILL');
	}
	await exit;
	expect(heard).toBeGreaterThanOrEqual(4_000);
	expect((await verify(place)).ok).toBe(true);
});

test('several kernels start at once in one directory, share one key and disturb each other nowhere', async () => {
	const place = newPlace();
	const writers = [1, 2, 3, 4, 5].map(() => startWriter(place, 'written', '400'));
	for (const { lines } of writers) lines.resume();
	const codes = await Promise.all(writers.map(async ({ exit }) => (await exit)[0]));
	expect(codes).toEqual([0, 0, 0, 0, 0]);

	const report = await verify(place);
	expect(report.findings).toEqual([]);
	expect(report).toMatchObject({
		ok: true,
		runs: 5,
		records: 5 * (2 + 800 + 2),
		checkpoints: 10,
		openRuns: [],
		interrupted: [],
	});
	expect(readdirSync(place.root).sort()).toEqual(['audit', 'audit.key']);
});
