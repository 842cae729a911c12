// What a run has looked at, exactly as it was: enough to know whether another run would see something else.
import { createHash } from 'node:crypto';
import { readSource, yamlFiles } from '../kernel/sources.ts';

export interface Seen {
	/** The text of each file by its path; undefined where nothing could be read. */
	readonly files: ReadonlyMap<string, string | undefined>;
	/** The YAML files of each folder in which others could turn up. */
	readonly folders: ReadonlyMap<string, readonly string[]>;
}

/** The same files and folders as they are now. */
export function seeAgain({ files, folders }: Seen): Seen {
	return {
		files: new Map([...files.keys()].map((path) => [path, textOf(path)])),
		folders: new Map([...folders.keys()].map((folder) => [folder, yamlFiles(folder)])),
	};
}

/** Equal for what is equal, whatever times and sizes say: two edits can fall into one tick of the clock. */
export function fingerprint({ files, folders }: Seen): string {
	const hash = createHash('sha256');
	hash.update(JSON.stringify([...files].map(([path, text]) => [path, text ?? null]).sort()));
	hash.update(JSON.stringify([...folders].sort()));
	return hash.digest('hex');
}

/** Paths that are not what they were. */
export function changedPaths(before: Seen, after: Seen): readonly string[] {
	const files = [...before.files].filter(([path, text]) => after.files.get(path) !== text).map(([path]) => path);
	const folders = [...before.folders].flatMap(([folder, names]) => {
		const now = after.folders.get(folder) ?? [];
		return [...now.filter((name) => !names.includes(name)), ...names.filter((name) => !now.includes(name))];
	});
	return [...new Set([...files, ...folders])].sort();
}

function textOf(path: string): string | undefined {
	const source = readSource(path, 'run', '/');
	return 'code' in source ? undefined : source.text;
}
