// The files that make a policy, layer by layer: organisation, user, and the root file with what it names.
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { errorText, type Problem } from '../abi/problem.ts';
import type { Layer } from '../policy/rule.ts';

export interface SourceFile {
	/** As people know it: relative to where they are, where that is shorter. */
	readonly file: string;
	readonly path: string;
	readonly layer: Layer;
	readonly text: string;
}

export interface SourceRoots {
	/** Packs that ship with this installation. */
	readonly packs: string;
	readonly user: string;
	readonly organisation: string;
}

const largestFile = 4 * 1024 * 1024;

/** Every policy file of a layer's directory, in name order; none when there is no such directory. Tests are no policy. */
export function layerFiles(directory: string): readonly string[] {
	return yamlFiles(directory).filter((path) => !isTestFile(path));
}

/** Every `*.yaml` in a directory, in name order. */
export function yamlFiles(directory: string): readonly string[] {
	if (!existsSync(directory)) return [];
	return readdirSync(directory)
		.filter((name) => /\.ya?ml$/.test(name))
		.sort()
		.map((name) => join(directory, name));
}

/** `team.test.yaml`: cases, and no policy. */
export function isTestFile(path: string): boolean {
	return /\.test\.ya?ml$/.test(path);
}

/**
 * Where a `policies:` entry points. `pack:` resolves in the running installation or the user's own directory, never
 * through the working directory, or a project could plant a pack under a trusted name.
 */
export function policyPath(entry: string, directory: string, roots: SourceRoots): string | undefined {
	if (!entry.startsWith('pack:')) return isAbsolute(entry) ? entry : resolve(directory, entry);
	const name = entry.slice('pack:'.length);
	if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) return undefined;
	return [join(roots.packs, name, 'policy.yaml'), join(roots.user, 'packs', name, 'policy.yaml')].find(existsSync);
}

/** Names of the packs there are, for suggestions. */
export function packNames(roots: SourceRoots): readonly string[] {
	return [roots.packs, join(roots.user, 'packs')].flatMap(packsIn);
}

/** Names of the packs in one folder. */
export function packsIn(folder: string): readonly string[] {
	if (!existsSync(folder)) return [];
	return readdirSync(folder).filter((name) => existsSync(join(folder, name, 'policy.yaml')));
}

/** Reads a file a person wrote: a regular file of bearable size in UTF-8, or a Problem. */
export function readSource(
	path: string,
	layer: Layer,
	from: string,
	largest: number = largestFile,
): SourceFile | Problem {
	const shown = displayName(path, from);
	const unreadable = (why: string): Problem => ({
		code: 'P205',
		severity: 'error',
		message: `\`${shown}\` can't be read: ${why}`,
	});
	try {
		const status = statSync(path);
		if (status.isDirectory()) return unreadable('it is a directory');
		if (!status.isFile()) return unreadable('it is not a file');
		if (status.size > largest) return unreadable(`it has ${status.size} bytes, the limit is ${largest}`);
		const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(readFileSync(path));
		return { file: shown, path, layer, text };
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		return unreadable(code === 'ENOENT' ? 'there is no such file' : errorText(error));
	}
}

/** Reads a file that a `policies:` entry leads to; a pack is called as people write it, wherever it is installed. */
export function readEntry(path: string, entry: string, layer: Layer, from: string): SourceFile | Problem {
	const source = readSource(path, layer, from);
	return 'code' in source || !entry.startsWith('pack:') ? source : { ...source, file: entry };
}

/** Reads the root file; a Problem says what to type instead. */
export function readRoot(path: string, layer: Layer, from: string): SourceFile | Problem {
	const source = readSource(path, layer, from);
	if (!('code' in source)) return source;
	if (!existsSync(path)) {
		return {
			...source,
			message: `there is no \`${path}\``,
			help: 'write one with `trapgate init`, or name another: --config FILE',
		};
	}
	return statSync(path, { throwIfNoEntry: false })?.isDirectory()
		? { ...source, help: `name the file in it: --config ${join(path, 'trapgate.yaml')}` }
		: source;
}

/** True when `path` lies in `directory`, with the symlinks of both resolved. */
export function liesIn(path: string, directory: string): boolean {
	const [inner, outer] = [realOr(path), realOr(directory)];
	return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}

function realOr(path: string): string {
	try {
		return realpathSync.native(path);
	} catch {
		const parent = dirname(path);
		return parent === path ? path : join(realOr(parent), path.slice(parent.length));
	}
}

function displayName(path: string, from: string): string {
	const shorter = relative(from, path);
	const isFar = shorter === '' || shorter === '..' || shorter.startsWith(`..${sep}..`);
	return isFar || shorter.length >= path.length ? path : shorter;
}
