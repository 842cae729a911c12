// What is remembered of servers: for a day, by a hash, and never more than a hint.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EraStore } from '../../src/kernel/era-store.ts';

const directory = mkdtempSync(join(tmpdir(), 'trapgate-eras-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let count = 0;
function make(at: { now: number } = { now: Date.parse('2026-11-30T12:00:00Z') }) {
	count += 1;
	const state = join(directory, String(count));
	const warnings: string[] = [];
	const random = (bytes: number) => new Uint8Array(bytes).fill(count);
	const store = new EraStore({ state, now: () => at.now, random, warn: (text) => warnings.push(text) });
	return { store, state, at, warnings, files: () => readdirSync(join(state, 'eras')) };
}

test('a verdict is kept for a day, and is private', async () => {
	const { store, state, at, files } = make();
	expect(await store.recall('https://a.example/?key=secret')).toBeUndefined();
	await store.keep('https://a.example/?key=secret', 'older');
	expect(await store.recall('https://a.example/?key=secret')).toBe('older');
	expect(await store.recall('https://b.example')).toBeUndefined();
	const [file = ''] = files();
	expect(files()).toHaveLength(1);
	expect(statSync(join(state, 'eras', file)).mode & 0o777).toBe(0o600);
	expect(file + readFileSync(join(state, 'eras', file), 'utf8')).not.toContain('secret');
	at.now += 24 * 60 * 60_000 - 1;
	expect(await store.recall('https://a.example/?key=secret')).toBe('older');
	at.now += 1;
	expect(await store.recall('https://a.example/?key=secret')).toBeUndefined();
});

test('the newest verdict counts', async () => {
	const { store, files } = make();
	await store.keep('x', 'older');
	await store.keep('x', 'modern');
	expect(await store.recall('x')).toBe('modern');
	expect(files()).toHaveLength(1);
});

test.each<[string, string]>([
	['nothing', ''],
	['no JSON', 'modern'],
	['another shape', '["modern"]'],
	['no such era', '{"era":"newest","at":"2026-11-30T11:00:00Z"}'],
	['no date', '{"era":"modern","at":"soon"}'],
	['a date to come', '{"era":"modern","at":"2026-12-30T11:00:00Z"}'],
	['too much', `{"era":"modern","at":"2026-11-30T11:00:00Z","x":"${'x'.repeat(1000)}"}`],
])('what is not understood is not known: %s', async (_, text) => {
	const { store, state, files } = make();
	await store.keep('x', 'modern');
	writeFileSync(join(state, 'eras', files()[0] ?? ''), text);
	expect(await store.recall('x')).toBeUndefined();
});

test('a directory that can’t be made is worth a line, and nothing else', async () => {
	const { store, state, warnings } = make();
	writeFileSync(state, 'a file');
	chmodSync(state, 0o600);
	await store.keep('x', 'modern');
	expect(warnings).toEqual([expect.stringContaining('could not be kept')]);
	expect(await store.recall('x')).toBeUndefined();
});
