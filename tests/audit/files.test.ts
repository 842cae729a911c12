// Who may touch the files: modes, owners, links, and a key that several kernels make at once.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import {
	chmodSync,
	chownSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { openKey } from '../../src/audit/key.ts';
import { createRunFile } from '../../src/audit/layout.ts';
import { decided, newPlace, openLog, tempDirectory, verify } from './support.ts';

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

test('directories are 0700 and files 0600, whatever the umask', async () => {
	const before = process.umask(0);
	try {
		const place = newPlace();
		const { log, clock, path } = await openLog({
			...place,
			directory: join(place.root, 'a/b/audit'),
			keyFile: join(place.root, 'k/audit.key'),
		});
		clock.at += 24 * 3_600_000;
		await log.append(decided('x'));
		await log.close();
		const directory = join(place.root, 'a/b/audit');
		const directories = [
			join(place.root, 'a'),
			join(place.root, 'a/b'),
			directory,
			join(place.root, 'k'),
			dirname(path),
			join(directory, '2026-11-21'),
		];
		expect(directories.map(modeOf)).toEqual(directories.map(() => '700'));
		const files = [
			path,
			path.replace('2026-11-20', '2026-11-21'),
			join(directory, 'checkpoints.jsonl'),
			join(place.root, 'k/audit.key'),
		];
		expect(files.map(modeOf)).toEqual(files.map(() => '600'));
	} finally {
		process.umask(before);
	}
});

test.each([
	['group', 0o770],
	['everybody', 0o777],
	['others', 0o702],
])('a directory %s may write to is refused', async (_, mode) => {
	const place = newPlace();
	mkdirSync(place.directory);
	chmodSync(place.directory, mode);
	await expect(openLog(place)).rejects.toMatchObject({
		code: 'A102',
		message: `the audit directory \`${place.directory}\` can't be used: others may write to it`,
		problems: [{ help: `chmod 700 ${place.directory}` }],
	});
	expect(readdirSync(place.directory)).toEqual([]);
});

test('a day’s directory others may write to is refused, at the start and at midnight', async () => {
	const place = newPlace();
	const { log, clock } = await openLog(place);
	mkdirSync(join(place.directory, '2026-11-21'));
	chmodSync(join(place.directory, '2026-11-21'), 0o777);
	clock.at += 24 * 3_600_000;
	await expect(log.append(decided('x'))).rejects.toMatchObject({ code: 'A102' });
	await expect(openLog(place, { clock })).rejects.toMatchObject({ code: 'A102' });
	chmodSync(join(place.directory, '2026-11-21'), 0o700);
	await expect(log.append(decided('x'))).resolves.toMatchObject({ seq: 3 });
	await log.close();
});

test('a directory that anybody can move away is refused', async () => {
	const root = tempDirectory();
	mkdirSync(join(root, 'open/audit'), { recursive: true });
	chmodSync(join(root, 'open'), 0o777);
	const place = newPlace(join(root, 'open'));
	chmodSync(place.directory, 0o700);
	await expect(openLog({ ...place, keyFile: join(root, 'key') })).rejects.toMatchObject({
		code: 'A102',
		message: expect.stringContaining('everybody may write'),
	});
	chmodSync(join(root, 'open'), 0o1777);
	const { log } = await openLog({ ...place, keyFile: join(root, 'key') });
	await log.close();
});

test('a directory, a day’s directory or a key of somebody else is refused', async (context) => {
	if (process.geteuid?.() !== 0) return context.skip('only root can make files that belong to somebody else');
	const nobody = 65_534;
	const owned = newPlace();
	mkdirSync(owned.directory);
	chownSync(owned.directory, nobody, nobody);
	await expect(openLog(owned)).rejects.toMatchObject({
		code: 'A102',
		message: expect.stringContaining('belongs to another user'),
	});

	const day = newPlace();
	mkdirSync(join(day.directory, '2026-11-20'), { recursive: true });
	chownSync(join(day.directory, '2026-11-20'), nobody, nobody);
	await expect(openLog(day)).rejects.toMatchObject({
		code: 'A102',
		message: expect.stringContaining('belongs to another user'),
	});

	const key = newPlace();
	openKey(key.keyFile, randomBytes);
	chownSync(key.keyFile, nobody, nobody);
	await expect(openLog(key)).rejects.toMatchObject({
		code: 'A102',
		message: expect.stringContaining('belongs to another user'),
	});
});

test('links in place of the directory, the day, the copies or the key are not followed', async () => {
	const elsewhere = tempDirectory();
	const untouched = join(elsewhere, 'untouched');
	writeFileSync(untouched, 'mine');

	const directory = newPlace();
	symlinkSync(elsewhere, directory.directory);
	await expect(openLog(directory)).rejects.toMatchObject({
		code: 'A102',
		message: expect.stringContaining('symbolic link'),
	});

	const day = newPlace();
	mkdirSync(day.directory, { mode: 0o700 });
	symlinkSync(elsewhere, join(day.directory, '2026-11-20'));
	await expect(openLog(day)).rejects.toMatchObject({ code: 'A102', message: expect.stringContaining('symbolic link') });

	const dangling = newPlace();
	mkdirSync(dangling.directory, { mode: 0o700 });
	symlinkSync(join(elsewhere, 'not-there'), join(dangling.directory, '2026-11-20'));
	await expect(openLog(dangling)).rejects.toMatchObject({ code: 'A102' });

	const copies = newPlace();
	mkdirSync(copies.directory, { mode: 0o700 });
	symlinkSync(untouched, join(copies.directory, 'checkpoints.jsonl'));
	await expect(openLog(copies)).rejects.toMatchObject({ code: 'A101' });

	const key = newPlace();
	openKey(join(elsewhere, 'other.key'), randomBytes);
	symlinkSync(join(elsewhere, 'other.key'), key.keyFile);
	await expect(openLog(key)).rejects.toMatchObject({ code: 'A102' });

	expect(readFileSync(untouched, 'utf8')).toBe('mine');
	expect(readdirSync(elsewhere).sort()).toEqual(['other.key', 'untouched']);
});

test('a link put in place of the copied checkpoints later is not followed either', async () => {
	const place = newPlace();
	const target = join(tempDirectory(), 'target');
	writeFileSync(target, 'mine');
	const { log, clock, warnings } = await openLog(place);
	const copies = join(place.directory, 'checkpoints.jsonl');
	renameSync(copies, `${copies}.old`);
	symlinkSync(target, copies);
	clock.at += 3_600_000;
	await log.append(decided('x'));
	await log.close();
	expect(warnings).toEqual([expect.stringContaining("audit checkpoints can't be copied yet")]);
	expect(readFileSync(target, 'utf8')).toBe('mine');
});

test('a file or link planted under a run’s name is not written to', () => {
	const { directory } = newPlace();
	const target = join(tempDirectory(), 'target');
	mkdirSync(join(directory, '2026-11-20'), { recursive: true, mode: 0o700 });
	symlinkSync(target, join(directory, '2026-11-20/r_1.jsonl'));
	writeFileSync(join(directory, '2026-11-20/r_2.jsonl'), '');
	for (const run of ['r_1', 'r_2']) expect(() => createRunFile(directory, '2026-11-20', run)).toThrow('EEXIST');
	expect(lstatSync(target, { throwIfNoEntry: false })).toBeUndefined();
});

test('a run whose name is taken does not start', async () => {
	const place = newPlace();
	const random = (size: number) => Buffer.alloc(size, 7);
	const first = await openLog(place, { random });
	await expect(openLog(place, { random })).rejects.toMatchObject({ code: 'A101' });
	await first.log.append(decided('x'));
	await first.log.close();
	expect((await verify(place)).findings).toEqual([]);
});

test('a link planted where tomorrow’s file will stand stops the log and is not followed', async () => {
	const place = newPlace();
	const { log, clock } = await openLog(place);
	const target = join(tempDirectory(), 'target');
	mkdirSync(join(place.directory, '2026-11-21'), { mode: 0o700 });
	symlinkSync(target, join(place.directory, '2026-11-21', `${log.run}.jsonl`));
	clock.at += 24 * 3_600_000;
	await expect(log.append(decided('x'))).rejects.toMatchObject({ code: 'A101' });
	expect(lstatSync(target, { throwIfNoEntry: false })).toBeUndefined();
	await log.close();
});

test('the key is made once, whole, and stays the same', () => {
	const { root, keyFile } = newPlace();
	const first = openKey(keyFile, randomBytes);
	expect(openKey(keyFile, randomBytes).public.id).toBe(first.public.id);
	expect(readdirSync(root)).toEqual(['audit.key']);
	expect(first.public.verify('text', first.sign('text'))).toBe(true);
	expect(first.public.verify('other', first.sign('text'))).toBe(false);
	expect(first.public.verify('text', 'not base64!')).toBe(false);
});

const pem = (type: 'ed25519' | 'x25519') =>
	generateKeyPairSync(type as 'ed25519')
		.privateKey.export({ type: 'pkcs8', format: 'pem' })
		.toString();
test.each([
	['readable by the group', pem('ed25519'), 0o640, 'others may read the audit key'],
	['readable by everybody', pem('ed25519'), 0o604, 'others may read the audit key'],
	['empty', '', 0o600, 'is not a private key in PEM form'],
	['garbage', 'hunter2', 0o600, 'is not a private key in PEM form'],
	['of another kind', pem('x25519'), 0o600, 'is not an Ed25519 key'],
])('a key that is %s is refused and left alone', async (_, text, mode, message) => {
	const place = newPlace();
	writeFileSync(place.keyFile, text);
	chmodSync(place.keyFile, mode);
	await expect(openLog(place)).rejects.toMatchObject({ code: 'A102', message: expect.stringContaining(message) });
	await expect(openLog(place)).rejects.not.toThrow('hunter2');
	expect(readFileSync(place.keyFile, 'utf8')).toBe(text);
});

test('a directory in the key’s place is refused', async () => {
	const place = newPlace();
	mkdirSync(place.keyFile);
	await expect(openLog(place)).rejects.toMatchObject({ code: 'A102' });
});
