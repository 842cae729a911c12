// Makes dist from src, all of it or nothing: a failed build leaves the last good one in place, and no deleted file lives on.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const dist = join(root, 'dist');
mkdirSync(join(root, '.tmp'), { recursive: true });
const work = mkdtempSync(join(root, '.tmp/build-'));
const fresh = join(work, 'dist');

try {
	declareTypes();
	const thirdParties = await bundle({ 'cli/main': 'src/cli/main.ts', index: 'src/index.ts' }, fresh);
	writeFileSync(join(fresh, 'THIRD-PARTY.md'), thirdParties);
	chmodSync(join(fresh, 'cli/main.js'), 0o755);
	if (existsSync(dist)) renameSync(dist, join(work, 'old'));
	renameSync(fresh, dist);
	process.stdout.write('build: src is compiled to dist\n');
} catch (error) {
	process.stderr.write(`build: ${error.message}; dist is as it was\n`);
	process.exitCode = 1;
} finally {
	rmSync(work, { recursive: true, force: true });
}

/** The types of the library, file by file; tsc also finds whatever is wrong with them. */
function declareTypes() {
	const compiler = join(root, 'node_modules/typescript/bin/tsc');
	const { status } = spawnSync(
		process.execPath,
		[compiler, '-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', fresh],
		{
			cwd: root,
			stdio: 'inherit',
		},
	);
	if (status !== 0) throw new Error('tsc found errors');
}
