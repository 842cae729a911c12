// Empty folders for what is guarded and absent are on the host only as long as a view needs them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Placeholders } from '../../src/sandbox/placeholders.ts';
import type { Note } from '../../src/sandbox/session.ts';
import { ringTrouble } from '../support/ring.ts';

const holds = ringTrouble() === undefined;

let root = '';
let path = '';
beforeEach(() => {
	root = realpathSync(mkdtempSync(join(tmpdir(), 'place-')));
	path = join(root, 'a b\n.mcp.json');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('goes with the last view that needs it', async () => {
	const places = new Placeholders();
	const first = places.hold([path]);
	mkdirSync(path);
	const second = places.hold([path]);
	await first();
	await first();
	expect(existsSync(path)).toBe(true);
	expect(places.note).toEqual({ held: [path], made: [path] });
	await second();
	expect(existsSync(path)).toBe(false);
	expect(places.note).toEqual({ held: [], made: [] });
});

test('what was there before stays, and so does what has something in it by now', async () => {
	const places = new Placeholders();
	mkdirSync(path);
	await places.hold([path])();
	expect(existsSync(path)).toBe(true);
	rmSync(path, { recursive: true });
	const done = places.hold([path]);
	mkdirSync(path);
	writeFileSync(join(path, 'x'), '');
	await done();
	expect(existsSync(join(path, 'x'))).toBe(true);
});

test('a file that has come in its place stays', async () => {
	const places = new Placeholders();
	const done = places.hold([path]);
	writeFileSync(path, 'x');
	await done();
	expect(existsSync(path)).toBe(true);
});

test.runIf(holds)('stays while another kernel’s view covers it, and is swept later', async () => {
	const places = new Placeholders();
	const done = places.hold([path]);
	const other = spawn(
		'/usr/bin/bwrap',
		[
			'--unshare-all',
			'--ro-bind',
			'/',
			'/',
			'--bind',
			root,
			root,
			'--tmpfs',
			path,
			'--',
			'/bin/sh',
			'-c',
			'echo up; read x',
		],
		{ stdio: ['pipe', 'pipe', 'inherit'] },
	);
	await once(other.stdout, 'data');
	await done();
	expect(existsSync(path)).toBe(true);
	await ended(other);
	await new Placeholders().sweep([path]);
	expect(existsSync(path)).toBe(false);
});

test('stays while another kernel says that it needs it, or nobody knows what that one needs, and goes with the last of them', async () => {
	let others: readonly (Note | undefined)[] = [{ held: [path], made: [] }];
	const first = new Placeholders(async () => others);
	const done = first.hold([path]);
	mkdirSync(path);
	await done();
	expect([existsSync(path), first.note]).toEqual([true, { held: [], made: [path] }]);
	others = [undefined];
	await first.sweep([path]);
	expect(existsSync(path)).toBe(true);
	const second = new Placeholders(async () => [first.note]);
	await second.hold([path])();
	expect(existsSync(path)).toBe(false);
});

async function ended(child: ChildProcess): Promise<void> {
	const closed = once(child, 'close');
	child.stdin?.end();
	await closed;
}
