// Other names of a file: hard links, found by the identity of the file and not by what it is called.
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { TrapgateError } from '../abi/problem.ts';

export interface Linked {
	readonly stats: Stats;
	readonly program: string;
	/** Those that are known already. */
	readonly names: readonly string[];
}

const mostEntries = 2_000_000;

export class OtherNames {
	/** By identity, time of the last change, number of links (making or removing a link changes both) and where was looked. */
	readonly #known = new Map<string, readonly string[]>();

	/** Names of those files in `roots`. Throws D101 where there is too much to look through: what is not found is not covered. */
	find(
		files: readonly Linked[],
		roots: readonly string[],
	): readonly { readonly path: string; readonly program: string }[] {
		const where = [...roots].sort().join('\0');
		const open = files.filter(({ stats }) => !this.#isStill(stats, where));
		if (open.length > 0) {
			const found = search(open, roots);
			for (const { stats } of open) this.#known.set(keyOf(stats, where), found.get(identityOf(stats)) ?? []);
		}
		return files.flatMap(({ stats, program }) =>
			(this.#known.get(keyOf(stats, where)) ?? []).map((path) => ({ path, program })),
		);
	}

	/** A folder above a name can be renamed without a trace in the file. */
	#isStill(stats: Stats, where: string): boolean {
		return (
			this.#known.get(keyOf(stats, where))?.every((path) => {
				const now = lstatSync(path, { throwIfNoEntry: false });
				return now !== undefined && identityOf(now) === identityOf(stats);
			}) ?? false
		);
	}
}

function search(files: readonly Linked[], roots: readonly string[]): Map<string, string[]> {
	const wanted = new Map<string, { names: Set<string>; nlink: number }>();
	for (const { stats, names } of files) wanted.set(identityOf(stats), { names: new Set(names), nlink: stats.nlink });
	const found = new Map<string, string[]>();
	const devices = new Set(files.map(({ stats }) => stats.dev));
	let left = mostEntries;
	// Where its first name is, the others are most often.
	const open = [...roots].reverse().concat(files.flatMap(({ names }) => names.map((name) => join(name, '..'))));
	const seen = new Set<string>();
	for (let folder = open.pop(); folder !== undefined && wanted.size > 0; folder = open.pop()) {
		if (seen.has(folder)) continue;
		seen.add(folder);
		for (const name of entriesOf(folder)) {
			left -= 1;
			if (left < 0) throw tooMuch(files);
			const path = join(folder, name);
			const stats = lstatSync(path, { throwIfNoEntry: false });
			if (stats === undefined || !devices.has(stats.dev)) continue;
			if (stats.isDirectory()) open.push(path);
			const match = wanted.get(identityOf(stats));
			if (match === undefined || !stats.isFile()) continue;
			match.names.add(path);
			found.set(identityOf(stats), [...match.names]);
			if (match.names.size >= match.nlink) wanted.delete(identityOf(stats));
		}
	}
	return found;
}

function entriesOf(folder: string): readonly string[] {
	try {
		return readdirSync(folder);
	} catch {
		// Not a folder, gone, or not for us.
		return [];
	}
}

const identityOf = ({ dev, ino }: Stats) => `${dev}:${ino}`;
const keyOf = (stats: Stats, where: string) => `${identityOf(stats)}:${stats.ctimeMs}:${stats.nlink}:${where}`;

function tooMuch(files: readonly Linked[]): TrapgateError {
	const [first] = files.flatMap(({ names }) => names);
	return new TrapgateError(
		'D101',
		`\`${first}\` has other names on this disk that were not found among ${mostEntries} files`,
		{
			help: 'give the sandbox fewer folders to `read` and `write`, or remove the other hard links',
		},
	);
}
