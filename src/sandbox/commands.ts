// Which program a trap stood in for, and where the program is that shall run instead.
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import type { Confinement, Gates } from '../abi/sandbox.ts';
import type { Found } from './discover.ts';
import type { TrapFrame } from './frames.ts';
import { isWithin } from './paths.ts';

/** The gated program that the file was covered for; undefined for a copy of the trap, or a forged request. */
export function coveredProgram(file: string, { files, stubs }: Pick<Found, 'files' | 'stubs'>): string | undefined {
	const stub = file.startsWith(`${stubFolder}/`) ? file.slice(stubFolder.length + 1) : undefined;
	return stub === undefined
		? files.find(({ path }) => path === file)?.program
		: stubs.find(({ name }) => name === stub)?.program;
}

/**
 * The path or name under which the execution of `program` is judged: as it was executed, as it was called, or the file itself,
 * the first that says which program it is. A link of any name, `exec -a ls python3` and a script's own path don't.
 */
export function executedAs({ path, argv, file }: TrapFrame, program: string, gates: Gates): string {
	const called = argv[0] ?? '';
	const said = [path, called, file].find((text) => text !== '' && gates.gatedAs(basename(text)) === program);
	return said ?? program;
}

/** First in PATH inside: names that trap, or the programs themselves. */
export const stubFolder = '/gate/bin';

export interface Place {
	readonly found: Found;
	readonly lifted: ReadonlySet<string>;
	/** As the sandbox has it. */
	readonly searchPath: string;
	/** Where temporary files may be written; default `/tmp`. */
	readonly tmp?: string;
}

export interface Runnable {
	/** What is executed, as the sandbox has it. */
	readonly path: string;
	/** A realpath: processes inside can put something else there. */
	readonly writable?: string;
}

/**
 * The file that runs where `name` was approved, for an execution that was asked for as `asked`. INVARIANT: where that was a path, it
 * is the file that trapped, and not what is found at the path by then: who executes it can put something else there.
 */
export function approvedFile(
	name: string,
	{ asked, file, place, confinement }: { asked: string; file: string; place: Place; confinement: Confinement },
): Runnable | undefined {
	const stub = place.found.stubs.find((one) => file === join(stubFolder, one.name));
	if (name === asked && name.includes('/') && stub !== undefined && stub.real === undefined) return undefined;
	const path = name === asked && name.includes('/') ? file : lookUp(name, place);
	if (path === undefined) return undefined;
	const real = realPath(path);
	const writable = [path, real].find((at) => isWritable(at, confinement, place));
	return writable === undefined ? { path } : { path, writable: real };
}

/** Does PATH lead to `file` by the name that `path` has, without anything on the way that processes inside could change? */
export function isFoundByName(
	path: string,
	{ file, place, confinement }: { file: string; place: Place; confinement: Confinement },
): boolean {
	const found = lookUp(basename(path), { ...place, lifted: new Set() });
	return found === path && realPath(found) === file && ![found, file].some((at) => isWritable(at, confinement, place));
}

function isWritable(at: string, { write, exec, roExec }: Confinement, { tmp = '/tmp' }: Place): boolean {
	const kept = exec === 'strict' ? roExec : [];
	return [tmp, ...write].some((tree) => isWithin(at, tree)) && !kept.some((tree) => isWithin(at, tree));
}

/** Of what the host does not have at that path, the path. */
function realPath(path: string): string {
	try {
		return realpathSync.native(path);
	} catch {
		return path;
	}
}

/** The path inside of a program that is named as a shell would; undefined when there is none. */
export function lookUp(name: string, { found, lifted, searchPath }: Place): string | undefined {
	if (name.includes('/')) return name;
	const stub = found.stubs.find((one) => one.name === name);
	if (stub !== undefined && stub.real !== undefined && lifted.has(stub.program)) return join(stubFolder, name);
	return searchPath
		.split(':')
		.filter((directory) => isAbsolute(directory))
		.map((directory) => join(directory, name))
		.find(isProgram);
}

function isProgram(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return statSync(path).isFile();
	} catch {
		return false;
	}
}
