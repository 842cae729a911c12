// Libraries and folders that are worth as much as the program beside which they lie.
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Beside, companions } from './companions.ts';
import type { Listing } from './folders.ts';
import { isWithin } from './paths.ts';
import type { GatedFile } from './search.ts';

export interface FoundCompanions {
	readonly program: string;
	/** Realpaths. */
	readonly libraries: readonly string[];
	readonly trees: readonly string[];
}

type List = (path: string) => Listing | undefined;

/** Looks beside every file that was found, and in the system's own prefixes. Only what lies in `roots` matters. */
export function findCompanions(
	files: readonly GatedFile[],
	list: List,
	roots: readonly string[],
): readonly FoundCompanions[] {
	return companions.flatMap(({ program, libraries, trees }) => {
		const own = files.filter((file) => file.program === program);
		if (own.length === 0 || (libraries === undefined && trees === undefined)) return [];
		const prefixes = new Set(['/usr', '/usr/local', ...own.map(({ path }) => dirname(dirname(path)))]);
		const seen = (path: string) => roots.some((root) => isWithin(path, root));
		const look = (beside: Beside | undefined, kind: 'folders' | 'others') =>
			beside === undefined ? [] : [...prefixes].filter(seen).flatMap((prefix) => search(prefix, beside, list, kind));
		const isWhole = (tree: string) => list(tree)?.others.includes(trees?.holds ?? '') === true;
		return [
			{
				program,
				libraries: distinct(look(libraries, 'others')).filter(seen),
				trees: distinct(look(trees, 'folders')).filter((tree) => seen(tree) && isWhole(tree)),
			},
		];
	});
}

function search(prefix: string, beside: Beside, list: List, kind: 'folders' | 'others'): readonly string[] {
	return beside.in
		.flatMap((pattern) => expand(prefix, pattern.split('/'), list))
		.flatMap((folder) =>
			(list(folder)?.[kind] ?? []).filter((name) => beside.named.test(name)).map((name) => join(folder, name)),
		);
}

function expand(folder: string, [part, ...rest]: readonly string[], list: List): readonly string[] {
	if (part === undefined) return [folder];
	if (!part.includes('*')) return expand(join(folder, part), rest, list);
	const pattern = new RegExp(`^${part.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
	return (list(folder)?.folders ?? [])
		.filter((name) => pattern.test(name))
		.flatMap((name) => expand(join(folder, name), rest, list));
}

function distinct(paths: readonly string[]): readonly string[] {
	const real = paths.flatMap((path) => {
		try {
			return [realpathSync.native(path)];
		} catch {
			// A link that leads nowhere is no library.
			return [];
		}
	});
	return [...new Set(real)];
}
