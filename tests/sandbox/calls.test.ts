// Files that anybody inside may make by the thousand: whoever listens for shims looks at them a few at a time, or not at all.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Calls } from '../../src/sandbox/calls.ts';
import { until } from '../drivers/support/until.ts';

let root: string;
let calls: Calls;
let path: string;
const descriptors: number[] = [];
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), 'calls-'));
	path = join(root, 'calls');
	calls = new Calls({ path, onTrap: () => undefined, unread: { left: 2 ** 20 } });
});
afterEach(() => {
	calls.close();
	for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
	rmSync(root, { recursive: true, force: true });
});

const nameOf = (index: number) => index.toString(16).padStart(32, '0');

/** Before anybody has a turn. */
function makePipes(names: readonly string[]): void {
	const made = spawnSync('xargs', ['mkfifo'], { cwd: path, input: names.join('\n'), encoding: 'utf8' });
	expect(made.stderr).toBe('');
}

/** As shims do: both ends are held by them. */
function call(indices: readonly number[]): void {
	makePipes(indices.map((index) => `${nameOf(index)}.a`));
	for (const index of indices) descriptors.push(openSync(join(path, `${nameOf(index)}.a`), constants.O_RDWR));
	makePipes(indices.map((index) => `${nameOf(index)}.q`));
}

test('many calls at once are all taken, and between them everybody else has a turn', async () => {
	call(Array.from({ length: 200 }, (_, index) => index));
	let left = 400;
	let most = 0;
	while (left > 0) {
		await setImmediate();
		const now = readdirSync(path).length;
		most = Math.max(most, left - now);
		left = now;
	}
	expect(most).toBeLessThanOrEqual(2 * 32);
});

test('a flood is not looked at, and nothing from there is heard any more', async () => {
	makePipes(Array.from({ length: 9_000 }, (_, index) => `${index}.q`));
	call([1]);
	await setImmediate();
	// Whoever listens anew hears it: so the flood has been read by now, and the call with it.
	const other = join(root, 'other');
	const listening = new Calls({ path: other, onTrap: () => undefined, unread: { left: 2 ** 20 } });
	path = other;
	call([2]);
	await until('a call elsewhere is taken', () => !existsSync(join(other, `${nameOf(2)}.q`)));
	listening.close();
	expect(existsSync(join(root, 'calls', `${nameOf(1)}.q`))).toBe(true);
});
