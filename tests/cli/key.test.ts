// `trapgate key`: made once and shown once, listed without secrets, revoked by id.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cookieName } from '../../src/drivers/process-table.ts';
import { makePlace, type Place } from './support.ts';

let place: Place;
beforeEach(() => {
	place = makePlace();
});
afterEach(() => place.remove());

test('a key is printed alone on stdout, listed by id, and revoked by it', async () => {
	const made = await place.run(['key', 'make', 'ci/nightly']);
	expect(made.code).toBe(0);
	expect(made.stdout).toMatch(/^tgk_[a-z2-7]{8}_[A-Za-z0-9_-]{43}\n$/);
	const [, id = '', secret = ''] = /^tgk_(.{8})_(.*)\n$/.exec(made.stdout) ?? [];
	expect(made.stderr).toContain(`trapgate key revoke ${id}`);
	expect(made.stderr).not.toContain(secret);

	const listed = await place.run(['key', 'list']);
	expect(listed.stdout).toMatch(new RegExp(`^KEY +AGENT +MADE +EXPIRES\n${id}  ci/nightly  20\\S+Z  never\n$`));
	expect(listed.stdout).not.toContain(secret);
	const asJson = await place.run(['key', 'list', '--format', 'json']);
	expect(asJson.document()).toMatchObject({ keys: [{ id, agent: 'ci/nightly' }], damaged: [] });
	expect(asJson.stdout).not.toContain(secret);
	expect(asJson.stdout).not.toContain('hash');

	expect((await place.run(['key', 'revoke', id])).code).toBe(0);
	expect((await place.run(['key', 'list'])).stdout).toBe('');
	expect((await place.run(['key', 'revoke', id])).code).toBe(2);
});

test('an end is printed and listed, and one that is over says so', async () => {
	const { stdout, stderr } = await place.run(['key', 'make', 'ci', '--expires', '90d']);
	const id = stdout.slice(4, 12);
	const at = /until (\S+Z)\. /.exec(stderr)?.[1] ?? '';
	expect(Date.parse(at) - Date.now()).toBeGreaterThan(89 * 86_400_000);
	expect(Date.parse(at) - Date.now()).toBeLessThanOrEqual(90 * 86_400_000);
	expect((await place.run(['key', 'list'])).stdout).toContain(`  ${at}\n`);
	const file = join(place.env['XDG_STATE_HOME'] ?? '', 'trapgate/http-keys', `${id}.json`);
	writeFileSync(file, readFileSync(file, 'utf8').replace(at, '2026-01-01T00:00:00.000Z'));
	expect((await place.run(['key', 'list'])).stdout).toContain('  2026-01-01T00:00:00.000Z (over)\n');
	const asJson = await place.run(['key', 'list', '--format', 'json']);
	expect(asJson.document()).toMatchObject({ keys: [{ id, expires: '2026-01-01T00:00:00.000Z', expired: true }] });
});

test('commands at once lose no key', async () => {
	const made = await Promise.all(
		Array.from({ length: 10 }, (_, at) => place.run(['key', 'make', `a${at}`, '--format', 'json'])),
	);
	const ids = made.map(({ document }) => String(document()['id']));
	await Promise.all([
		...ids.slice(0, 5).map((id) => place.run(['key', 'revoke', id])),
		...Array.from({ length: 5 }, (_, at) => place.run(['key', 'make', `b${at}`])),
	]);
	const { keys } = (await place.run(['key', 'list', '--format', 'json'])).document() as { keys: { agent: string }[] };
	const wanted = ['a5', 'a6', 'a7', 'a8', 'a9', 'b0', 'b1', 'b2', 'b3', 'b4'];
	expect(keys.map(({ agent }) => agent).sort()).toEqual(wanted);
});

test.each([
	[['key'], 'something is missing'],
	[['key', 'mak'], 'one of make, list, revoke'],
	[['key', 'make'], 'needs the agent'],
	[['key', 'make', 'two words'], 'letters, digits'],
	[['key', 'make', 'a\nb'], 'letters, digits'],
	[['key', 'revoke'], 'needs the id'],
	[['key', 'revoke', '../trust'], 'there is no key'],
	[['key', 'list', 'x'], 'one word too many'],
	[['key', 'list', '--expires', '1d'], 'goes with `key make`'],
	...['0d', '90', '1w', '-1d', '1.5h', '90D', '3651d', '9999999h', '', 'never'].map((text): [string[], string] => [
		['key', 'make', 'a', `--expires=${text}`],
		'write for example',
	]),
])('%j is a mistake that says so', async (argv, says) => {
	const { code, stderr } = await place.run(argv);
	expect(code).toBe(2);
	expect(stderr).toContain(says);
});

test('a key that is taken for its id is not repeated', async () => {
	const { stdout } = await place.run(['key', 'make', 'a']);
	const { code, stderr } = await place.run(['key', 'revoke', stdout.trim()]);
	expect(code).toBe(2);
	expect(stderr).not.toContain(stdout.trim().slice(-43));
});

test('beneath the kernel nobody makes itself another agent', async () => {
	const beneath = { env: { ...place.env, [cookieName]: 'x' } };
	for (const argv of [
		['key', 'make', 'boss'],
		['key', 'revoke', 'abcdefgh'],
	]) {
		expect((await place.run(argv, beneath)).code).toBe(6);
	}
	expect((await place.run(['key', 'list'])).stdout).toBe('');
});

test('what is kept holds no key', async () => {
	const { stdout } = await place.run(['key', 'make', 'a']);
	const directory = join(place.env['XDG_STATE_HOME'] ?? '', 'trapgate/http-keys');
	const kept = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
	expect(kept).toHaveLength(1);
	expect(kept.join()).not.toContain(stdout.trim().slice(-43));
});
