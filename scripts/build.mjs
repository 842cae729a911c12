// Compiles src to dist, all of it or nothing: a failed build leaves the last good one in place, and no deleted file lives on.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const dist = join(root, 'dist');
mkdirSync(join(root, '.tmp'), { recursive: true });
const work = mkdtempSync(join(root, '.tmp/build-'));
const fresh = join(work, 'dist');

const compiler = join(root, 'node_modules/typescript/bin/tsc');
const compiled = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', fresh], {
	cwd: root,
	stdio: 'inherit',
});
if (compiled.status === 0) {
	const main = join(fresh, 'cli/main.js');
	if (existsSync(main)) chmodSync(main, 0o755);
	if (existsSync(dist)) renameSync(dist, join(work, 'old'));
	renameSync(fresh, dist);
	process.stdout.write('build: src is compiled to dist\n');
} else {
	process.stderr.write('build: tsc found errors; dist is as it was\n');
	process.exitCode = 1;
}
rmSync(work, { recursive: true, force: true });
