// A disk that is really full: a small tmpfs, filled and emptied again. Needs root; the same failures on a disk that is
// only told to fail stand in failing-disk.test.ts and run everywhere.
import { spawnSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { completed, decided, errorsOf, newPlace, openLog, recordsOf, tempDirectory, verify } from './support.ts';

const mounts: string[] = [];
afterAll(() => {
	for (const path of mounts) spawnSync('umount', ['-l', path]);
});

/** A file system of that size, or why there is none. */
function mountSmall(size: string): { path: string } | { reason: string } {
	const path = tempDirectory();
	const done = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'trapgate-test', path], {
		encoding: 'utf8',
	});
	if (done.status !== 0)
		return { reason: `no tmpfs can be mounted here: ${done.error?.message ?? done.stderr.trim()}` };
	mounts.push(path);
	return { path };
}

test.for(['written', 'fsync'] as const)(
	'a full disk refuses calls and serves again when there is room, durability %s',
	async (durability, context) => {
		const mounted = mountSmall('64k');
		if ('reason' in mounted) return context.skip(mounted.reason);
		const place = newPlace(mounted.path);
		const { log, path } = await openLog(place, { durability });
		await log.append(decided('before'));

		// A ballast leaves less room than the calls need, at a place that is no multiple of a record.
		const ballast = join(mounted.path, 'ballast');
		const { bavail, bsize } = statfsSync(mounted.path);
		writeFileSync(ballast, Buffer.alloc((bavail - 3) * bsize));
		let refused: unknown;
		let served = 0;
		while (refused === undefined && served < 1_000) {
			refused = await log.append(decided(`call-${served}`)).then(
				() => undefined,
				(thrown) => thrown,
			);
			if (refused === undefined) served += 1;
		}
		expect(served).toBeGreaterThan(3);
		expect(refused).toMatchObject({
			code: 'A101',
			message: `the audit log can't be written: no space left on \`${place.directory}\`; the call was refused`,
		});
		await expect(log.append(decided('still-full'))).rejects.toMatchObject({ code: 'A101' });
		const whileFull = recordsOf(path);
		expect(whileFull.at(-1)).toMatchObject({ id: `call-${served - 1}` });

		rmSync(ballast);
		await log.append(decided('after'));
		await log.append(completed('after'));
		await log.close();
		const records = recordsOf(path);
		expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
		expect(records.filter((record) => 'id' in record && record.id === 'still-full')).toEqual([]);
		const report = await verify(place);
		expect(report).toMatchObject({ ok: true, findings: [], openRuns: [] });
		expect(report.interrupted).toHaveLength(served + 1);
	},
);

test('a disk that is full at the start lets no run begin', async (context) => {
	const mounted = mountSmall('64k');
	if ('reason' in mounted) return context.skip(mounted.reason);
	const place = newPlace(mounted.path);
	const first = await openLog(place);
	await first.log.close();
	const { bavail, bsize } = statfsSync(mounted.path);
	writeFileSync(join(mounted.path, 'ballast'), Buffer.alloc(bavail * bsize));
	await expect(openLog(place)).rejects.toMatchObject({
		code: 'A101',
		message: expect.stringContaining('no space left'),
	});
	rmSync(join(mounted.path, 'ballast'));
	const report = await verify(place);
	expect(errorsOf(report)).toEqual([]);
});
