// Runs a bench that is written in TypeScript with any Node: `node bench/run.mjs fuzz 40000`. It is compiled first, then read from there.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const [name = '', ...args] = process.argv.slice(2);
const script = join(root, 'bench', `${basename(name, '.ts')}.ts`);
if (!existsSync(script)) {
	process.stderr.write('usage: node bench/run.mjs NAME [argument]...\nNames and arguments are in bench/README.md.\n');
	process.exit(2);
}

const work = join(root, '.tmp', `bench-${basename(name, '.ts')}-${process.pid}`);
mkdirSync(work, { recursive: true });
try {
	process.exitCode = compile() ? run() : 1;
} finally {
	rmSync(work, { recursive: true, force: true });
}

function compile() {
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
	const isThere = existsSync(join(work, 'bench', `${basename(name, '.ts')}.js`));
	if (!isThere) process.stderr.write(stdout);
	return isThere;
}

function run() {
	const hooks = pathToFileURL(join(root, 'bench/compiled-loader.mjs')).href;
	const env = { ...process.env, TRAPGATE_COMPILED: work };
	return (
		spawnSync(process.execPath, ['--import', hooks, script, ...args], { cwd: root, env, stdio: 'inherit' }).status ?? 1
	);
}
