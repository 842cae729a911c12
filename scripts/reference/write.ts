// Writes every generated file that is not as it should be, and says which.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './generated.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let written = 0;
for (const [path, text] of await generatedFiles()) {
	const file = resolve(root, path);
	if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, text);
	written += 1;
	process.stdout.write(`generate: wrote ${path}\n`);
}
if (written === 0) process.stdout.write('generate: everything is as it should be\n');
