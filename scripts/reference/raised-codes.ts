// Which problem codes the program reports, by what stands in its source.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('../../src', import.meta.url));

/** Codes that some file names beside the list of codes and what is said of them. */
export function raisedCodes(): ReadonlySet<string> {
	const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
		.filter((path) => path.endsWith('.ts') && path !== 'abi/problem.ts' && !path.startsWith('cli/problem-pages'))
		.sort();
	const codes = files.flatMap((path) =>
		[...readFileSync(join(sources, path), 'utf8').matchAll(/'([A-Z]\d{3})'/g)].map(([, code = '']) => code),
	);
	return new Set(codes);
}
