// Runs a bench that is written in TypeScript: `node bench/run.mjs fuzz 40000`.
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runTypeScript } from '../scripts/run-typescript.mjs';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const [name = '', ...args] = process.argv.slice(2);
const script = join(root, 'bench', `${basename(name, '.ts')}.ts`);
if (existsSync(script)) process.exitCode = runTypeScript(script, args);
else {
	process.stderr.write('usage: node bench/run.mjs NAME [argument]...\nNames and arguments are in bench/README.md.\n');
	process.exitCode = 2;
}
