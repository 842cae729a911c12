// The branch of a directory, as the kernel reads it from the files of git.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { branchOf } from '../../src/kernel/branch.ts';

let folder = '';
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'trapgate-branch-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the branch is found from any directory of the repository', () => {
	mkdirSync(join(folder, 'repo/.git'), { recursive: true });
	mkdirSync(join(folder, 'repo/src/deep'), { recursive: true });
	writeFileSync(join(folder, 'repo/.git/HEAD'), 'ref: refs/heads/release/2.0\n');
	expect(branchOf(join(folder, 'repo'))).toBe('release/2.0');
	expect(branchOf(join(folder, 'repo/src/deep'))).toBe('release/2.0');
	expect(branchOf(join(folder, 'repo/src/not-there-yet'))).toBe('release/2.0');
});

test('a worktree is on the branch of its own', () => {
	mkdirSync(join(folder, 'main/.git/worktrees/w'), { recursive: true });
	mkdirSync(join(folder, 'w'));
	writeFileSync(join(folder, 'main/.git/HEAD'), 'ref: refs/heads/main\n');
	writeFileSync(join(folder, 'main/.git/worktrees/w/HEAD'), 'ref: refs/heads/topic\n');
	writeFileSync(join(folder, 'w/.git'), `gitdir: ${join(folder, 'main/.git/worktrees/w')}\n`);
	expect(branchOf(join(folder, 'w'))).toBe('topic');
});

test('behind a link, the repository is the one around the place that it leads to', () => {
	mkdirSync(join(folder, 'one/.git'), { recursive: true });
	mkdirSync(join(folder, 'two/.git'), { recursive: true });
	mkdirSync(join(folder, 'two/src'));
	writeFileSync(join(folder, 'one/.git/HEAD'), 'ref: refs/heads/topic\n');
	writeFileSync(join(folder, 'two/.git/HEAD'), 'ref: refs/heads/main\n');
	symlinkSync(join(folder, 'two/src'), join(folder, 'one/link'));
	expect(branchOf(join(folder, 'one/link'))).toBe('main');
});

test('where nobody can tell, nothing is told', () => {
	expect(branchOf('relative')).toBeUndefined();
	expect(branchOf(join(folder, 'nowhere'))).toBeUndefined();
	mkdirSync(join(folder, 'detached/.git'), { recursive: true });
	writeFileSync(join(folder, 'detached/.git/HEAD'), '0123456789012345678901234567890123456789\n');
	expect(branchOf(join(folder, 'detached'))).toBeUndefined();
	mkdirSync(join(folder, 'broken/.git'), { recursive: true });
	expect(branchOf(join(folder, 'broken'))).toBeUndefined();
	writeFileSync(join(folder, 'broken/.git/HEAD'), `ref: refs/heads/${'x'.repeat(10_000)}`);
	expect(branchOf(join(folder, 'broken'))).toBeUndefined();
});

test('a pipe where a file should be keeps nobody waiting', () => {
	mkdirSync(join(folder, 'piped/.git'), { recursive: true });
	execFileSync('mkfifo', [join(folder, 'piped/.git/HEAD')]);
	expect(branchOf(join(folder, 'piped'))).toBeUndefined();
});
