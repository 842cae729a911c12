// What doctor says of callers over HTTP: keys, tokens, names, and what is wrong with them.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makePlace, type Place } from './support.ts';

let place: Place;
beforeEach(() => {
	place = makePlace({ 'trapgate.yaml': 'version: 1\n' });
});
afterEach(() => place.remove());

const keys = () => join(place.env['XDG_STATE_HOME'] ?? '', 'trapgate/http-keys');

test('nothing where HTTP is not in use', async () => {
	const { code, stdout } = await place.run(['doctor']);
	expect(code).toBe(0);
	expect(stdout).not.toContain('HTTP callers');
});

test('keys are counted, damaged ones told apart, and none is shown', async () => {
	const { stdout: key } = await place.run(['key', 'make', 'ci']);
	await place.run(['key', 'make', 'dev']);
	writeFileSync(join(keys(), 'abcdefgh.json'), '{}');
	const { stdout, code } = await place.run(['doctor']);
	expect(code).toBe(0);
	expect(stdout).toContain('2 keys, each its own agent');
	expect(stdout).toContain('1 damaged key that let');
	expect(stdout).toContain('--no-token lets every program');
	expect(stdout).not.toContain(key.trim().slice(-43));
});

test('keys that others may write are trouble, and not in order', async () => {
	await place.run(['key', 'make', 'ci']);
	chmodSync(keys(), 0o777);
	const { stdout, code } = await place.run(['doctor', '--format', 'json']);
	expect(code).toBe(4);
	expect(JSON.parse(stdout)).toMatchObject({
		ok: false,
		http: { keys: 0, trouble: expect.stringContaining('others may write') },
	});
});

test('the authorization server, its keys in a file, and public names', async () => {
	const config = (jwks: string) =>
		`version: 1\nhttp:\n  allowedHosts: [gate.example]\n  oauth: { issuer: https://login.example, resource: https://gate.example/mcp, jwks: ${jwks} }\n`;
	place.write('trapgate.yaml', config('./jwks.json'));
	const missing = await place.run(['doctor']);
	expect(missing.code).toBe(4);
	expect(missing.stdout).toMatch(/✗ .*jwks\.json` can't be read/);
	chmodSync(place.write('jwks.json', '{"keys":[]}'), 0o644);
	const found = await place.run(['doctor']);
	expect(found.code).toBe(0);
	for (const part of [
		'tokens of https://login.example',
		'also served as gate.example',
		'no keys: whoever has the token',
	]) {
		expect(found.stdout).toContain(part);
	}
	chmodSync(join(place.directory, 'jwks.json'), 0o666);
	expect((await place.run(['doctor'])).stdout).toContain('can be written by others');
});
