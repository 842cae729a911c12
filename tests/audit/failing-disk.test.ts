// A disk that is told to fail: short writes, errors, failed truncation, failed syncs. Needs no root.
import { ftruncateSync, readFileSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Disk, realDisk } from '../../src/audit/file.ts';
import { completed, decided, denied, errorsOf, newPlace, openLog, recordsOf, verify } from './support.ts';

const failure = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });

/** The real disk, of which each call can be replaced while a test runs. */
class TroubledDisk implements Disk {
	write = realDisk.write;
	truncate = realDisk.truncate;
	sync = realDisk.sync;
	syncNow = realDisk.syncNow;
	syncs = 0;
}

const half = (fd: number, bytes: Uint8Array) => writeSync(fd, bytes.subarray(0, bytes.length >> 1));

test.each([
	['a short write', half, 'no space left on'],
	[
		'half a line and an error',
		(fd: number, bytes: Uint8Array) => {
			half(fd, bytes);
			throw failure('ENOSPC');
		},
		'no space left on',
	],
	[
		'an I/O error',
		() => {
			throw failure('EIO');
		},
		'input or output error on',
	],
	[
		'a disk that became read-only',
		() => {
			throw failure('EROFS');
		},
		'is read-only',
	],
	[
		'a quota',
		() => {
			throw failure('EDQUOT');
		},
		'the disk quota of',
	],
	[
		'anything else',
		() => {
			throw failure('EWEIRD');
		},
		'EWEIRD: it failed',
	],
])('%s refuses the call and leaves the chain as it was', async (_, write, text) => {
	const place = newPlace();
	const disk = new TroubledDisk();
	const { log, path } = await openLog(place, { disk });
	await log.append(decided('before'));
	const head = log.head;
	const bytes = readFileSync(path);
	disk.write = write;
	const refused = log.append(decided('refused'));
	await expect(refused).rejects.toMatchObject({ name: 'TrapgateError', code: 'A101' });
	await expect(refused).rejects.toThrow(/^the audit log can't be written: .*; the call was refused$/);
	await expect(refused).rejects.toThrow(text);
	expect(log.head).toEqual(head);
	expect(readFileSync(path).equals(bytes)).toBe(true);

	disk.write = realDisk.write;
	await log.append(completed('before'));
	await log.close();
	expect(recordsOf(path).map(({ seq, event }) => [seq, event])).toEqual([
		[1, 'opened'],
		[2, 'checkpoint'],
		[3, 'decided'],
		[4, 'completed'],
		[5, 'closed'],
		[6, 'checkpoint'],
	]);
	expect(await verify(place)).toMatchObject({ ok: true, findings: [], interrupted: [] });
});

test('half a line that can not be cut off at once is cut off before the next record', async () => {
	const place = newPlace();
	const disk = new TroubledDisk();
	const { log, path } = await openLog(place, { disk });
	disk.write = half;
	disk.truncate = () => {
		throw failure('EIO');
	};
	await expect(log.append(decided('torn'))).rejects.toMatchObject({ code: 'A101' });
	disk.write = realDisk.write;
	await expect(log.append(decided('still-torn'))).rejects.toMatchObject({ code: 'A101' });
	// Stopped here, the run has an interrupted last line and nothing worse.
	const stopped = await verify(place);
	expect(stopped.ok).toBe(true);
	expect(stopped.findings).toMatchObject([{ kind: 'torn', severity: 'warning' }]);

	disk.truncate = ftruncateSync;
	await log.append(decided('whole'));
	await log.close();
	expect(recordsOf(path).map(({ event }) => event)).toEqual([
		'opened',
		'checkpoint',
		'decided',
		'closed',
		'checkpoint',
	]);
	expect(await verify(place)).toMatchObject({ ok: true, findings: [] });
});

test('half a line is cut off before the log goes on in the next day', async () => {
	const place = newPlace();
	const disk = new TroubledDisk();
	const { log, clock, path } = await openLog(place, { disk });
	disk.write = half;
	disk.truncate = () => {
		throw failure('EIO');
	};
	await expect(log.append(decided('torn'))).rejects.toMatchObject({ code: 'A101' });
	disk.write = realDisk.write;
	clock.at += 24 * 3_600_000;
	await expect(log.append(decided('next-day'))).rejects.toMatchObject({ code: 'A101' });
	disk.truncate = ftruncateSync;
	await log.append(decided('next-day'));
	await log.close();
	expect(recordsOf(path).map(({ event }) => event)).toEqual(['opened', 'checkpoint']);
	expect(await verify(place)).toMatchObject({ ok: true, findings: [], files: 2 });
});

test('each refusal says what it means for what was to be recorded', async () => {
	const disk = new TroubledDisk();
	const { log } = await openLog(newPlace(), { disk });
	disk.write = () => {
		throw failure('ENOSPC');
	};
	await expect(log.append(completed('x'))).rejects.toThrow('the call ran, its result is withheld');
	await expect(log.append({ event: 'driver', driver: 'github', state: 'up' })).rejects.toThrow(
		'the change is not recorded',
	);
});

test('a checkpoint that does not fit is made up for, the record before it stands', async () => {
	const place = newPlace();
	const disk = new TroubledDisk();
	const { log, clock, warnings } = await openLog(place, { disk });
	disk.write = (fd, bytes) => {
		if (Buffer.from(bytes).includes('"event":"checkpoint"')) throw failure('ENOSPC');
		return realDisk.write(fd, bytes);
	};
	clock.at += 3_600_000;
	await expect(log.append(decided('a'))).resolves.toMatchObject({ seq: 3 });
	expect(warnings).toEqual([expect.stringContaining('a checkpoint is late')]);
	disk.write = realDisk.write;
	await log.append(completed('a'));
	expect(log.head.seq).toBe(5);
	await log.close();
	expect(await verify(place)).toMatchObject({ ok: true, findings: [], checkpoints: 3 });
});

test('a run whose last record does not fit is closed all the same, with a warning', async () => {
	const disk = new TroubledDisk();
	const { log, warnings } = await openLog(newPlace(), { disk });
	disk.write = () => {
		throw failure('ENOSPC');
	};
	await log.close();
	expect(warnings).toEqual([expect.stringContaining('the run ends without its last record')]);
	await expect(log.append(decided('late'))).rejects.toMatchObject({ code: 'A101', message: 'the audit log is closed' });
});

/** Syncs end when the test says so. */
function heldSyncs(disk: TroubledDisk) {
	const held: { resolve: () => void; reject: (thrown: unknown) => void }[] = [];
	disk.sync = () => new Promise((resolve, reject) => held.push({ resolve, reject }));
	return held;
}

test('appends that wait at one time share one sync', async () => {
	const disk = new TroubledDisk();
	const { log } = await openLog(newPlace(), { disk, durability: 'fsync' });
	const held = heldSyncs(disk);
	const settled: string[] = [];
	const appends = ['a', 'b', 'c', 'd', 'e'].map((id) => log.append(decided(id)).then(() => settled.push(id)));
	expect(held).toHaveLength(1);
	held[0]?.resolve();
	await appends[0];
	// Only what was written before the sync began is on the disk.
	expect(settled).toEqual(['a']);
	expect(held).toHaveLength(2);
	held[1]?.resolve();
	await Promise.all(appends);
	expect(settled).toEqual(['a', 'b', 'c', 'd', 'e']);
	disk.sync = realDisk.sync;
	await log.close();
});

test('when a sync fails, everybody who waits is refused and nothing of it stays', async () => {
	const place = newPlace();
	const disk = new TroubledDisk();
	const { log, path } = await openLog(place, { disk, durability: 'fsync' });
	await log.append(decided('kept'));
	const head = log.head;
	const held = heldSyncs(disk);
	const appends = ['a', 'b', 'c'].map((id) => log.append(decided(id)));
	const outcomes = Promise.allSettled(appends);
	held[0]?.reject(failure('EIO'));
	for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'A101' } });
	expect(log.head).toEqual(head);
	expect(recordsOf(path)).toHaveLength(head.seq);

	disk.sync = realDisk.sync;
	await log.append(completed('kept'));
	await log.close();
	expect(await verify(place)).toMatchObject({ ok: true, findings: [], interrupted: [], records: 6 });
});

test('a checkpoint that was taken back is not among the copies', async () => {
	const place = newPlace();
	const disk = new TroubledDisk();
	const { log, clock } = await openLog(place, { disk, durability: 'fsync' });
	const held = heldSyncs(disk);
	clock.at += 3_600_000;
	const refused = expect(log.append(decided('a'))).rejects.toMatchObject({ code: 'A101' });
	expect(log.head.seq).toBe(4);
	held[0]?.reject(failure('EIO'));
	await refused;
	disk.sync = realDisk.sync;
	await log.append(decided('b'));
	await log.close();
	const report = await verify(place);
	expect(errorsOf(report)).toEqual([]);
	expect(report.findings).toEqual([]);
});

test('a checkpoint is not copied before it is on the disk itself', async () => {
	const place = newPlace();
	const disk = new TroubledDisk();
	const { log, clock } = await openLog(place, { disk, durability: 'fsync' });
	const held = heldSyncs(disk);
	const first = log.append(denied('first'));
	clock.at += 3_600_000;
	const refused = expect(log.append(denied('with a checkpoint'))).rejects.toMatchObject({ code: 'A101' });
	held[0]?.resolve();
	await first;
	held[1]?.reject(failure('EIO'));
	await refused;
	expect(log.head.seq).toBe(3);
	expect(await verify(place)).toMatchObject({ ok: true, findings: [] });
	disk.sync = realDisk.sync;
	await log.close();
});

test('a sync that fails for the day before leaves a chain that is not gone on with', async () => {
	const place = newPlace();
	const disk = new TroubledDisk();
	const { log, clock } = await openLog(place, { disk, durability: 'fsync' });
	const held = heldSyncs(disk);
	const before = log.append(decided('before-midnight'));
	clock.at += 24 * 3_600_000;
	const after = log.append(decided('after-midnight'));
	const outcomes = Promise.allSettled([before, after]);
	held[0]?.reject(failure('EIO'));
	for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'A101' } });
	await expect(log.append(decided('later'))).rejects.toMatchObject({ code: 'A103' });
	await log.close();
});

test('records of one turn are one write; when it fails, none of them stands and everybody is refused', async () => {
	const place = newPlace();
	const disk = new TroubledDisk();
	const { log, path } = await openLog(place, { disk });
	const { head } = log;
	let writes = 0;
	disk.write = () => {
		writes += 1;
		throw failure('ENOSPC');
	};
	const refused = await Promise.allSettled(['a', 'b', 'c'].map((id) => log.append(decided(id))));
	for (const outcome of refused) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'A101' } });
	expect(writes).toBe(1);
	expect(log.head).toEqual(head);

	disk.write = (fd, bytes) => {
		writes += 1;
		return realDisk.write(fd, bytes);
	};
	await Promise.all(['d', 'e', 'f'].map((id) => log.append(denied(id))));
	expect(writes).toBe(2);
	expect(recordsOf(path).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
	await log.close();
	expect(await verify(place)).toMatchObject({ ok: true, findings: [] });
});

test('nobody acts before the record is in the file', async () => {
	const disk = new TroubledDisk();
	const { log } = await openLog(newPlace(), { disk });
	const events: string[] = [];
	disk.write = (fd, bytes) => {
		events.push('written');
		return realDisk.write(fd, bytes);
	};
	await log.append(decided('a')).then(() => events.push('acted'));
	expect(events).toEqual(['written', 'acted']);
	await log.close();
});
