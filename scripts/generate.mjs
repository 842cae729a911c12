// Writes what is generated from the schemas and the problem codes: schema/ and docs/reference/.
import { resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runTypeScript } from './run-typescript.mjs';

process.exitCode = runTypeScript(resolve(fileURLToPath(import.meta.url), '../reference/write.ts'), []);
