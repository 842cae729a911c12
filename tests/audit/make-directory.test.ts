// Private directories: made where they can be, refused at once where they can't.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeDirectory } from '../../src/audit/make-directory.ts';

const top = mkdtempSync(join(tmpdir(), 'trapgate-directory-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

test('what is missing above it is made too, for its owner only', () => {
	makeDirectory(join(top, 'a/b/c'));
	makeDirectory(join(top, 'a/b/c'));
	expect(statSync(join(top, 'a')).mode & 0o777).toBe(0o700);
	expect(statSync(join(top, 'a/b/c')).isDirectory()).toBe(true);
});

test.each([
	['below a file', () => join(top, 'file/x')],
	['where nothing can be made', () => '/proc/nope/x'],
])('%s it throws', (_, path) => {
	writeFileSync(join(top, 'file'), '');
	expect(() => makeDirectory(path())).toThrow(/E[A-Z]+/);
});
