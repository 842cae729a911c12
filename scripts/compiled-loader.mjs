// Lets Node run a TypeScript file of this project by its own address: what is executed is the compiled one.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

const root = resolve(fileURLToPath(import.meta.url), '../..');

// The hooks run in a thread of their own, which loads this file once more.
if (isMainThread) register(import.meta.url);

/** A hook of Node: https://nodejs.org/api/module.html#loadurl-context-nextload */
export async function load(url, context, nextLoad) {
	if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
	const path = relative(root, fileURLToPath(url)).replace(/\.ts$/, '.js');
	const source = readFileSync(join(process.env.TRAPGATE_COMPILED, path), 'utf8');
	return { format: 'module', source, shortCircuit: true };
}
