// `trapgate init` when the disk is full or somebody kills it: a whole trapgate.yaml, or none.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let top: string;
let folder: string;
beforeEach(() => {
	top = mkdtempSync(join(tmpdir(), 'trapgate-init-'));
	folder = mkdtempSync(join(top, 'folder-'));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const environment = () => ({ PATH: process.env['PATH'], HOME: top, XDG_STATE_HOME: join(top, 'state') });
const written = () => readFileSync(join(folder, 'trapgate.yaml'), 'utf8');

test('a disk that takes a part of the file gets none of it', () => {
	// The limit of the shell stands for the disk: one KiB can be written, and no byte more.
	const command = `ulimit -f 1; exec '${process.execPath}' '${program}' init`;
	const { status, stderr } = spawnSync('/bin/bash', ['-c', command], {
		cwd: folder,
		env: environment(),
		encoding: 'utf8',
	});
	expect(stderr).toContain('error[C105]: ');
	expect(stderr).toContain('EFBIG');
	expect(status).toBe(4);
	expect(readdirSync(folder)).toEqual([]);
});

/** Kills the process instead of the call, after doing some of it where that can be done. */
const killer = `
	import fs from 'node:fs';
	import { syncBuiltinESMExports } from 'node:module';
	const at = process.env.KILL_AT;
	const original = fs[at];
	fs[at] = (target, ...rest) => {
		const isOurs = at !== 'rmSync' || String(target).endsWith('.tmp');
		if (!isOurs) return original(target, ...rest);
		if (at === 'writeFileSync') fs.writeSync(target, rest[0].slice(0, 1000));
		process.kill(process.pid, 'SIGKILL');
	};
	syncBuiltinESMExports();
`;

test.each([
	['writeFileSync', false],
	['fsyncSync', false],
	['linkSync', false],
	['rmSync', true],
])('killed at %s: the file is there: %j, and then whole', (at, isThere) => {
	const preload = join(top, 'killer.mjs');
	writeFileSync(preload, killer);
	const init = (...options: string[]) =>
		spawnSync(process.execPath, [...options, program, 'init'], {
			cwd: folder,
			env: { ...environment(), KILL_AT: at },
			encoding: 'utf8',
		});
	expect(init('--import', preload).signal).toBe('SIGKILL');
	expect(existsSync(join(folder, 'trapgate.yaml'))).toBe(isThere);
	// Whatever lies about, the next one writes the file, or finds the whole of it.
	expect(init().status).toBe(isThere ? 2 : 0);
	expect(written()).toMatch(/^# yaml-language-server.*\nrules:.*\n$/s);
});
