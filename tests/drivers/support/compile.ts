// The drivers as plain JavaScript, for tests that need a second process (Node 20 runs no TypeScript).
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Compiles src/drivers with what it imports into a directory from which packages are found. Types are checked elsewhere. */
export function compileDrivers(): { readonly directory: string; remove(): void } {
	mkdirSync(join(root, '.tmp'), { recursive: true });
	const work = mkdtempSync(join(root, '.tmp', 'drivers-'));
	const directory = join(work, 'out');
	const config = {
		extends: join(root, 'tsconfig.build.json'),
		compilerOptions: { noCheck: true, declaration: false, rootDir: join(root, 'src'), outDir: directory },
		include: [join(root, 'src/drivers')],
	};
	writeFileSync(join(work, 'tsconfig.json'), JSON.stringify(config));
	const tsc = join(root, 'node_modules/typescript/bin/tsc');
	const compiled = spawnSync(process.execPath, [tsc, '-p', work], { encoding: 'utf8' });
	if (compiled.status !== 0) throw new Error(`the drivers were not compiled: ${compiled.stdout}${compiled.stderr}`);
	return { directory, remove: () => rmSync(work, { recursive: true, force: true }) };
}
