// Runs a TypeScript file of this project with any Node that Trapgate supports: it is compiled first, then read from there.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../..');

/** Returns the exit code; 1 when the file can't be compiled. `script` is absolute. */
export function runTypeScript(script, args) {
	const work = join(root, '.tmp', `run-${basename(script, '.ts')}-${process.pid}`);
	mkdirSync(work, { recursive: true });
	try {
		return compile(script, work) ? run(script, args, work) : 1;
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
}

function compile(script, work) {
	const config = join(work, 'tsconfig.json');
	const compilerOptions = {
		noEmit: false,
		rootDir: root,
		outDir: work,
		types: ['node'],
		rewriteRelativeImportExtensions: false,
	};
	writeFileSync(
		config,
		JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, files: [script], include: [] }),
	);
	const compiler = join(root, 'node_modules/typescript/bin/tsc');
	// Types are checked by `npm run types`; here only the result counts.
	const { stdout } = spawnSync(process.execPath, [compiler, '-p', config, '--noCheck'], {
		cwd: root,
		encoding: 'utf8',
	});
	const isThere = existsSync(join(work, relative(root, script).replace(/\.ts$/, '.js')));
	if (!isThere) process.stderr.write(stdout);
	return isThere;
}

function run(script, args, work) {
	const hooks = pathToFileURL(join(root, 'scripts/compiled-loader.mjs')).href;
	const env = { ...process.env, TRAPGATE_COMPILED: work };
	return (
		spawnSync(process.execPath, ['--import', hooks, script, ...args], { cwd: root, env, stdio: 'inherit' }).status ?? 1
	);
}
