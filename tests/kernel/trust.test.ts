// Trust: one hash over all project files, kept where the agent is not.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hashFiles, TrustStore } from '../../src/kernel/trust.ts';

const state = mkdtempSync(join(tmpdir(), 'trapgate-trust-'));
afterAll(() => rmSync(state, { recursive: true, force: true }));

test('the hash covers names and contents, in any order', () => {
	const a = { path: 'a', text: '1' };
	const b = { path: 'b', text: '2' };
	expect(hashFiles([a, b])).toBe(hashFiles([b, a]));
	expect(hashFiles([a, b])).not.toBe(
		hashFiles([
			{ path: 'a', text: '12' },
			{ path: 'b', text: '' },
		]),
	);
	expect(hashFiles([a])).not.toBe(hashFiles([{ path: 'a1', text: '' }]));
});

test('what was accepted is remembered by root file, readable by its owner only', () => {
	const store = new TrustStore(state);
	expect(store.accepted('/w/trapgate.yaml')).toBeUndefined();
	store.accept('/w/trapgate.yaml', 'sha256:1', new Date(0));
	store.accept('/x/trapgate.yaml', 'sha256:2', new Date(0));
	expect(new TrustStore(state).accepted('/w/trapgate.yaml')).toBe('sha256:1');
	expect(store.accepted('constructor')).toBeUndefined();
	expect(statSync(join(state, 'trust.json')).mode & 0o777).toBe(0o600);
});

test('a damaged store is an error that says what to do, never trust', () => {
	const before = readFileSync(join(state, 'trust.json'), 'utf8');
	writeFileSync(join(state, 'trust.json'), before.slice(0, 20));
	expect(() => new TrustStore(state).accepted('/w/trapgate.yaml')).toThrow(/is damaged/);
});
