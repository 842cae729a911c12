// Path arguments: every spelling of a file is that file.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { resolvePath } from '../../src/kernel/paths.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-paths-')));
mkdirSync(join(top, 'inside/deep'), { recursive: true });
mkdirSync(join(top, 'outside'));
writeFileSync(join(top, 'outside/secret'), '');
symlinkSync(join(top, 'outside'), join(top, 'inside/link'));
symlinkSync(join(top, 'outside/not-there-yet'), join(top, 'inside/dangling'));
symlinkSync('loop-b', join(top, 'inside/loop-a'));
symlinkSync('loop-a', join(top, 'inside/loop-b'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const cwd = join(top, 'inside');

describe('what a path really is', () => {
	test.each([
		['a relative path', 'deep/x', 'inside/deep/x'],
		['dots', './deep/../deep//x', 'inside/deep/x'],
		['a way out', '../outside/secret', 'outside/secret'],
		['a symlinked directory', 'link/secret', 'outside/secret'],
		['a file that is not there, behind a symlink', 'link/new/file', 'outside/new/file'],
		['a dangling symlink is what it points at', 'dangling', 'outside/not-there-yet'],
		['a file URL', `file://${top}/inside/link/secret`, 'outside/secret'],
		['an encoded file URL', `file://${top}/inside/%6cink/secret`, 'outside/secret'],
		['a file URL in capitals', `FILE://${top}/outside/secret`, 'outside/secret'],
		['below a file there is nothing, but the name is its own', 'link/secret/x', 'outside/secret/x'],
	])('%s', (_, text, real) => {
		expect(resolvePath(text, cwd)?.real).toBe(join(top, real));
	});

	test.each([
		['link/../inside/deep', 'inside/deep', 'inside/inside/deep'],
		['link/../outside/secret', 'outside/secret', 'inside/outside/secret'],
		['../inside/link/./../x', 'x', 'inside/x'],
	])('behind a link `..` leads to two places: %s', (text, physical, lexical) => {
		expect(resolvePath(text, cwd)).toMatchObject({ physical: join(top, physical), lexical: join(top, lexical) });
	});

	test('without a link in between `..` leads to one', () => {
		expect(resolvePath('deep/../deep', cwd)).toEqual({ lexical: join(cwd, 'deep'), real: join(cwd, 'deep') });
		expect(resolvePath(`${'deep/../'.repeat(1000)}x`, cwd)?.real).toBe(join(cwd, 'x'));
	});

	test.each(['/proc/self/cwd/link/secret', '/proc/self/../thread-self/cwd/link/secret'])(
		'the working directory is that of the driver: %s',
		(text) => {
			expect(resolvePath(text, cwd)?.real).toBe(join(top, 'outside/secret'));
		},
	);

	test('the home directory', () => {
		expect(resolvePath('~/x', cwd)?.lexical).toBe(join(homedir(), 'x'));
	});

	test('the text alone is kept beside it', () => {
		expect(resolvePath('link/secret', cwd)?.lexical).toBe(join(cwd, 'link/secret'));
	});
});

test.each([
	['a NUL', 'a\0b'],
	["another user's home", '~root/x'],
	['a loop', 'loop-a/x'],
	['a URL with a host', 'file://elsewhere/etc/passwd'],
	['an encoded NUL', `file://${top}/a%00b`],
])('%s can not be resolved', (_, text) => {
	expect(resolvePath(text, cwd)).toBeUndefined();
});
