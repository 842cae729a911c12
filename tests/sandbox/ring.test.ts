// The ring's own directory, and what it takes away of kernels that were killed.
import { spawnSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	realpathSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Ring } from '../../src/sandbox/ring.ts';

let tmp: string;
beforeEach(() => {
	tmp = realpathSync(mkdtempSync(join(tmpdir(), 'ring-home-')));
});
afterEach(() => rmSync(tmp, { recursive: true, force: true }));

const open = () => new Ring({ tmp, searchPath: '/usr/bin:/bin', warn: () => undefined });

/** The number of a process that has just ended. */
const deadPid = () => spawnSync('true').pid;

test('it is nobody else’s, and gone when the ring is closed', () => {
	const ring = open();
	expect(statSync(ring.directory).mode & 0o777).toBe(0o700);
	const first = ring.newDirectory();
	expect(ring.newDirectory()).not.toBe(first);
	expect(() => ring.bwrap).toThrow('no bubblewrap was found');
	ring.close();
	expect(readdirSync(tmp)).toEqual([]);
});

test('what a killed kernel left is taken away, with the placeholders that it wrote down, and nothing of one that lives', () => {
	const workspace = join(tmp, 'workspace');
	const [empty, used] = [join(workspace, '.vscode'), join(workspace, '.git')];
	for (const folder of [empty, used]) mkdirSync(folder, { recursive: true });
	writeFileSync(join(used, 'config'), '');
	const dead = join(tmp, `trapgate-ring-${deadPid()}-abcdef`);
	const broken = join(tmp, `trapgate-ring-${deadPid()}-ghijkl`);
	for (const folder of [dead, broken]) mkdirSync(folder);
	writeFileSync(join(dead, 'placeholders.json'), JSON.stringify([empty, used, 7]));
	writeFileSync(join(broken, 'placeholders.json'), '["/');
	const living = open();
	expect(readdirSync(tmp).filter((name) => name.startsWith('trapgate-ring-'))).toHaveLength(1);
	expect([existsSync(empty), existsSync(used)]).toEqual([false, true]);
	const other = open();
	expect(existsSync(living.directory)).toBe(true);
	other.close();
	living.close();
});

test('what it holds on the host is written down while it is there', () => {
	const ring = open();
	const path = join(tmp, 'held');
	const letGo = ring.holdPlaceholders([path]);
	mkdirSync(path);
	expect(existsSync(join(ring.directory, 'placeholders.json'))).toBe(true);
	letGo();
	expect(existsSync(path)).toBe(false);
	ring.close();
});
