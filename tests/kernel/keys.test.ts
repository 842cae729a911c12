// Keys of callers: made once, kept as hashes, revoked for good, and never let in by a doubt.

import { execFileSync } from 'node:child_process';
import * as crypto from 'node:crypto';
import { createHash, randomBytes } from 'node:crypto';
import {
	chmodSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeAuthorize } from '../../src/kernel/credentials.ts';
import { KeyRing, makeKey, readKeys, revokeKey } from '../../src/kernel/keys.ts';

vi.mock('node:crypto', async (original) => {
	const real = await original<typeof crypto>();
	return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) };
});

let directory: string;
const warnings: string[] = [];
beforeEach(() => {
	directory = join(mkdtempSync(join(tmpdir(), 'trapgate-keys-')), 'keys');
	warnings.length = 0;
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

const make = (owner: string) => makeKey(directory, owner, { random: randomBytes, now: Date.now });
const ring = (now: () => number = Date.now) => new KeyRing(directory, { now, warn: (text) => warnings.push(text) });

test('a key is 256 random bits, and only its hash is kept, in a file that nobody else can read', () => {
	const { key, entry } = make('ci/nightly');
	expect(key).toMatch(new RegExp(`^tgk_${entry.id}_[A-Za-z0-9_-]{43}$`));
	const [name = ''] = readdirSync(directory);
	const text = readFileSync(join(directory, name), 'utf8');
	expect(text).not.toContain(key.slice(-43));
	expect(text).toContain(createHash('sha256').update(key).digest('hex'));
	expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
	expect(statSync(directory).mode & 0o777).toBe(0o700);
});

test('a key is its owner, and nothing near it is anybody', () => {
	const { key, entry } = make('alice');
	make('bob');
	const keys = ring();
	expect(keys.find(key)).toMatchObject({ owner: 'alice', id: entry.id });
	for (const wrong of [
		'',
		key.slice(0, -1),
		`${key}A`,
		key.toUpperCase(),
		key.slice(-43),
		entry.hash,
		entry.id,
		`tgk_${entry.id}_${'A'.repeat(43)}`,
		key.replace(entry.id, 'aaaaaaaa'),
	]) {
		expect(keys.find(wrong)).toBeUndefined();
	}
});

test('every key is compared, whether or not one has fitted, and always over whole hashes', () => {
	const all = ['a', 'b', 'c', 'd'].map((owner) => make(owner).key);
	const keys = ring();
	const compare = vi.mocked(crypto.timingSafeEqual);
	for (const given of [...all, 'none', '', 'x'.repeat(10_000)]) {
		compare.mockClear();
		keys.find(given);
		expect(compare).toHaveBeenCalledTimes(4);
		expect(compare.mock.calls.every(([one, other]) => one.byteLength === 32 && other.byteLength === 32)).toBe(true);
	}
});

describe('a ring that runs', () => {
	test('takes up keys that are made and drops those that are revoked, whatever the clock of the file system', () => {
		const keys = ring();
		const made = Array.from({ length: 20 }, (_, at) => {
			const { key, entry } = make(`agent-${at}`);
			expect(keys.find(key)?.owner).toBe(`agent-${at}`);
			return { key, id: entry.id };
		});
		for (const { key, id } of made) {
			expect(revokeKey(directory, id)).toBe(true);
			expect(keys.find(key)).toBeUndefined();
			expect(keys.has(id)).toBe(false);
		}
		expect(revokeKey(directory, made[0]?.id ?? '')).toBe(false);
	});

	test('is not deceived by a directory whose time was set back', () => {
		const { key, entry } = make('alice');
		const later = () => Date.now() + 60_000;
		const keys = ring(later);
		expect(keys.find(key)).toBeDefined();
		const { atime, mtime } = statSync(directory);
		revokeKey(directory, entry.id);
		utimesSync(directory, atime, mtime);
		expect(keys.find(key)).toBeUndefined();
	});

	test('does not read files again while nothing changes', () => {
		const { key } = make('alice');
		let time = Date.now() + 60_000;
		const keys = ring(() => time);
		expect(keys.find(key)).toBeDefined();
		// What is changed in place, the directory does not tell; this shows that it was not looked at.
		for (const name of readdirSync(directory)) writeFileSync(join(directory, name), 'garbage');
		time += 1000;
		expect(keys.find(key)).toBeDefined();
	});

	test('lets nobody in once others may write to its directory, and says so once', () => {
		const { key } = make('alice');
		const keys = ring();
		chmodSync(directory, 0o777);
		expect(keys.find(key)).toBeUndefined();
		expect(keys.find(key)).toBeUndefined();
		expect(warnings).toHaveLength(1);
		expect(warnings[0]).toContain('others may write to it');
		chmodSync(directory, 0o700);
		expect(keys.find(key)).toBeDefined();
	});

	test('does not start with a directory that others may write to', () => {
		mkdirSync(directory);
		chmodSync(directory, 0o770);
		expect(() => ring()).toThrow(/others may write to it/);
	});
});

test.each<[string, string]>([
	['no JSON', 'tgk'],
	['an array', '[]'],
	['null', 'null'],
	['another version', '{"version":3,"owner":"a","made":"2026-01-01T00:00:00.000Z","hash":"HASH"}'],
	['an end that is missing', '{"version":2,"owner":"a","made":"2026-01-01T00:00:00.000Z","hash":"HASH"}'],
	[
		'an end in a version that has none',
		'{"version":1,"owner":"a","made":"2026-01-01T00:00:00.000Z","expires":"2999-01-01T00:00:00.000Z","hash":"HASH"}',
	],
	...['never', '2999-13-01T00:00:00.000Z', '2999-01-01', ''].map((end): [string, string] => [
		`an end that is no time: ${end}`,
		`{"version":2,"owner":"a","made":"2026-01-01T00:00:00.000Z","expires":"${end}","hash":"HASH"}`,
	]),
	[
		'an end that is a number',
		'{"version":2,"owner":"a","made":"2026-01-01T00:00:00.000Z","expires":1e15,"hash":"HASH"}',
	],
	['an owner that forges a log line', '{"version":1,"owner":"a\\n{}","made":"2026-01-01T00:00:00.000Z","hash":"HASH"}'],
	[
		'an owner that paints the terminal',
		'{"version":1,"owner":"\\u001b[31m","made":"2026-01-01T00:00:00.000Z","hash":"HASH"}',
	],
	['no owner', '{"version":1,"made":"2026-01-01T00:00:00.000Z","hash":"HASH"}'],
	['a date that is none', '{"version":1,"owner":"a","made":"yesterday, at noon!!","hash":"HASH"}'],
	['half a hash', '{"version":1,"owner":"a","made":"2026-01-01T00:00:00.000Z","hash":"abcd"}'],
])('a damaged key lets nobody in, and the others hold: %s', (_, text) => {
	const { key } = make('alice');
	const hash = createHash('sha256').update('known').digest('hex');
	writeFileSync(join(directory, 'abcdefgh.json'), text.replace('HASH', hash));
	const keys = ring();
	expect(keys.find('known')).toBeUndefined();
	expect(keys.find(key)?.owner).toBe('alice');
	expect(readKeys(directory).damaged).toEqual(['abcdefgh.json']);
	expect(warnings).toHaveLength(1);
});

test.each<[string, (file: string) => void]>([
	['others may write to it', (file) => chmodSync(file, 0o622)],
	[
		'a link leads elsewhere',
		(file) => {
			renameSync(file, join(directory, '../elsewhere'));
			symlinkSync('../elsewhere', file);
		},
	],
	[
		'it is a pipe',
		(file) => {
			rmSync(file);
			execFileSync('mkfifo', ['-m', '600', file]);
		},
	],
	[
		'it is a folder',
		(file) => {
			rmSync(file);
			mkdirSync(file);
		},
	],
	['it is far too long', (file) => writeFileSync(file, `${readFileSync(file, 'utf8')}${' '.repeat(5000)}`)],
])('a key lets nobody in when %s', (_, spoil) => {
	const [spoilt, whole] = [make('alice'), make('bob')];
	spoil(join(directory, `${spoilt.entry.id}.json`));
	const keys = ring();
	expect(keys.find(spoilt.key)).toBeUndefined();
	expect(keys.find(whole.key)?.owner).toBe('bob');
	expect(readKeys(directory).damaged).toEqual([`${spoilt.entry.id}.json`]);
});

describe('a key with an end', () => {
	const made = Date.parse('2026-11-30T12:00:00.000Z');
	const hourMs = 3_600_000;
	const makeFor = (validMs: number) => makeKey(directory, 'alice', { random: randomBytes, now: () => made, validMs });

	test('lets in until then, and from then on says to its holder alone that it has expired', () => {
		const { key, entry } = makeFor(hourMs);
		expect(entry.expires).toBe('2026-11-30T13:00:00.000Z');
		let now = made;
		const keys = ring(() => now);
		const who = makeAuthorize({ agent: 'main', token: 't'.repeat(43), keys });
		for (const moment of [made, made + hourMs - 1]) {
			now = moment;
			expect(who(key)).toMatchObject({ agent: 'alice' });
			expect(keys.has(entry.id)).toBe(true);
		}
		for (const moment of [made + hourMs, made + 1e6 * hourMs]) {
			now = moment;
			expect(who(key)).toEqual({ turned: 'expired' });
			expect(keys.has(entry.id)).toBe(false);
		}
		expect(who(`${key}A`)).toBeUndefined();
		expect(who(entry.id)).toBeUndefined();
	});

	test('is damaged to a kernel that knows no such end, not good for ever', () => {
		const { entry } = makeFor(hourMs);
		const { version } = JSON.parse(readFileSync(join(directory, `${entry.id}.json`), 'utf8'));
		expect(version).toBe(2);
	});
});

test('a name that is no id of a key reaches no other file', () => {
	make('alice');
	writeFileSync(join(directory, '..', 'victim.json'), '{}');
	for (const id of ['../victim', '..', '', 'abcdefgh.json', 'ABCDEFGH']) expect(revokeKey(directory, id)).toBe(false);
	expect(readFileSync(join(directory, '..', 'victim.json'), 'utf8')).toBe('{}');
});

describe('who the bearer of a token is', () => {
	const token = 't'.repeat(43);
	test('the kernel’s own token is the agent of the kernel, a key its owner', () => {
		const { key, entry } = make('alice');
		const who = makeAuthorize({ agent: 'main', token, keys: ring() });
		expect(who(token)).toEqual({ principal: 'main', agent: 'main' });
		expect(who(key)).toEqual({ principal: 'alice', agent: 'alice', key: entry.id });
		expect(who(undefined)).toBeUndefined();
		expect(who('')).toBeUndefined();
		expect(who(`${token} `)).toBeUndefined();
	});
	test('without a token everybody is that agent, but for who says to be somebody else', () => {
		const { key } = make('alice');
		const who = makeAuthorize({ agent: 'main', token: undefined, keys: ring() });
		expect(who(undefined)).toEqual({ principal: 'main', agent: 'main' });
		expect(who(key)).toMatchObject({ agent: 'alice' });
		expect(who('revoked or mistyped')).toBeUndefined();
	});
});

test('a directory that can no longer be looked at lets nobody in, and is no fault of who asks', () => {
	const { key } = make('alice');
	const keys = ring();
	expect(keys.find(key)).toBeDefined();
	// ENOTDIR, which not even root gets past.
	const above = join(directory, '..');
	rmSync(above, { recursive: true, force: true });
	writeFileSync(above, '');
	expect(() => keys.refresh()).not.toThrow();
	expect(keys.find(key)).toBeUndefined();
	expect(warnings.length).toBeGreaterThan(0);
});
