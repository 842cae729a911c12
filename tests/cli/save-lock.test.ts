// Writing the lock: whole or not at all, whatever happens while it is written.
import { execFileSync } from 'node:child_process';
import {
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { TrapgateError } from '../../src/abi/problem.ts';
import { saveLock } from '../../src/cli/save-lock.ts';
import { Lock } from '../../src/kernel/lock/lock.ts';
import { lockText } from '../../src/kernel/lock/text.ts';
import { lockOf, tool } from '../kernel/lock/support.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-lock-')));
afterAll(() => rmSync(top, { recursive: true, force: true }));

let directory: string;
let path: string;
beforeEach(() => {
	directory = mkdtempSync(join(top, 'case-'));
	path = join(directory, 'trapgate.lock');
});

const one = lockOf(tool('a'));
const two = lockOf(tool('a'), tool('b'));

test('the first and the next lock are written, and nothing else is left', () => {
	expect(saveLock(path, one, undefined)).toBe(lockText(one));
	expect(readFileSync(path, 'utf8')).toBe(lockText(one));
	expect(statSync(path).mode & 0o777).toBe(0o644);
	expect(saveLock(path, two, lockText(one))).toBe(lockText(two));
	expect(readFileSync(path, 'utf8')).toBe(lockText(two));
	expect(readdirSync(directory)).toEqual(['trapgate.lock']);
});

test('a link is followed: what it points at is replaced', () => {
	const real = join(directory, 'real.lock');
	writeFileSync(real, lockText(one), { mode: 0o600 });
	symlinkSync(real, path);
	saveLock(path, two, lockText(one));
	expect(readFileSync(real, 'utf8')).toBe(lockText(two));
	expect(statSync(real).mode & 0o777).toBe(0o600);
	expect(realpathSync(path)).toBe(real);
});

test.each<[string, string | undefined, string | undefined]>([
	['somebody wrote one meanwhile', lockText(two), undefined],
	['somebody changed it meanwhile', lockText(two), lockText(one)],
	['somebody removed it meanwhile', undefined, lockText(one)],
])('%s: nothing is written', (_, found, before) => {
	if (found !== undefined) writeFileSync(path, found);
	expect(errorOf(() => saveLock(path, one, before))).toMatchObject({ code: 'C105' });
	expect(readdirSync(directory)).toEqual(found === undefined ? [] : ['trapgate.lock']);
	if (found !== undefined) expect(readFileSync(path, 'utf8')).toBe(found);
});

test('a folder that is not there, and a lock that is too large', () => {
	expect(errorOf(() => saveLock(join(directory, 'none/trapgate.lock'), one, undefined))).toMatchObject({
		code: 'C105',
	});
	const [driver] = lockOf(
		...Array.from({ length: 80 }, (_, index) => tool(`t${index}`, { x: 'x'.repeat(250_000) })),
	).drivers;
	if (driver === undefined) throw new Error('no driver');
	expect(errorOf(() => saveLock(path, new Lock(new Map([driver])), undefined))).toMatchObject({
		code: 'C105',
		message: expect.stringContaining('the limit is 16777216'),
	});
	expect(readdirSync(directory)).toEqual([]);
});

test('ended in the middle of writing, it leaves the old lock as it was', async () => {
	saveLock(path, one, undefined);
	const script = `
		import { saveLock } from ${JSON.stringify(fileURLToPath(new URL('../../src/cli/save-lock.ts', import.meta.url)))};
		import { acceptAll } from ${JSON.stringify(fileURLToPath(new URL('../../src/kernel/lock/accept.ts', import.meta.url)))};
		import { readFileSync } from 'node:fs';
		const tool = new Map([['a', { name: 'a', more: 'x'.repeat(200_000) }]]);
		const none = new Map();
		const listing = { drivers: new Map([['notes', { tool, prompt: none, template: none, instructions: none }]]), remarks: [] };
		const path = ${JSON.stringify(path)};
		saveLock(path, acceptAll(listing), readFileSync(path, 'utf8'));
	`;
	writeFileSync(join(directory, 'source.mjs'), script);
	const program = await rolldown({ input: join(directory, 'source.mjs'), platform: 'node' });
	await program.write({ file: join(directory, 'write.mjs'), format: 'esm' });
	await program.close();
	// The kernel of the system ends whoever writes more than 64 kB to one file.
	const write = (limit: string) =>
		execFileSync('bash', ['-c', `ulimit -f ${limit}; exec "$0" "$1"`, process.execPath, join(directory, 'write.mjs')], {
			stdio: 'pipe',
		});
	expect(() => write('64')).toThrow();
	expect(readFileSync(path, 'utf8')).toBe(lockText(one));
	write('unlimited');
	expect(readFileSync(path, 'utf8').length).toBeGreaterThan(200_000);
});

function errorOf(act: () => unknown): TrapgateError {
	try {
		act();
	} catch (error) {
		if (error instanceof TrapgateError) return error;
		throw error;
	}
	throw new Error('nothing was thrown');
}
