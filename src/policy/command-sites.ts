// The commands that a call carries: where they stand in its arguments, read each only once.
import type { Analysis, CommandSource, EditOutcome, NewWord, Surroundings } from '../abi/command.ts';
import type { PathForms, Ports, Request } from '../abi/decision.ts';
import { isJsonObject, type Json, type JsonObject } from '../abi/json.ts';
import { type ArgumentPath, argumentPointer, findArguments, parseArgument } from './arguments.ts';
import type { Stand } from './command-test.ts';
import { normalisePath } from './paths.ts';

/** One argument that is executed. */
export interface CommandSite extends Stand {
	readonly path: ArgumentPath;
	readonly pointer: string;
	readonly source: CommandSource;
	/** The argument has the very name that is configured, and not one that some servers take for it. */
	readonly isExact: boolean;
	readonly analysis: Analysis;
	edit(source: CommandSource, index: number, words: readonly NewWord[]): EditOutcome;
}

export interface Sites {
	readonly sites: readonly CommandSite[];
	/** JSON Pointers of arguments that should carry a command and hold something else. */
	readonly misfits: readonly string[];
}

/** Finds the sites in arguments of one request. */
export type ReadSites = (args: JsonObject) => Sites;

const noSites: Sites = { sites: [], misfits: [] };

export function siteReader(request: Omit<Request, 'target'>, ports: Ports): ReadSites {
	const pointers = (request.commandsAt ?? []).map(parseArgument);
	if (pointers.length === 0) return () => noSites;
	const analysed = new Map<string, Analysis>();
	const edited = new Map<string, EditOutcome>();
	const read = (argv: readonly string[]) => {
		const key = JSON.stringify(argv);
		const analysis = analysed.get(key) ?? ports.commands.analyse(argv);
		analysed.set(key, analysis);
		return analysis;
	};
	const consult = (argv: readonly string[]) => read(argv).commands.find(({ kind }) => kind !== 'redirection');
	const isUnclear = (argv: readonly string[]) => {
		const { gaps, commands } = read(argv);
		return gaps.length > 0 || commands.some(({ unsure }) => unsure.includes('flags') || unsure.includes('*'));
	};
	return (args) => {
		const misfits: string[] = [];
		const { directories, input } = surroundingsIn(args, request);
		if (input === null) misfits.push('/stdin');
		const base = directories[0] ?? request.cwd;
		const around: Surroundings = {
			dialect: request.isBuiltinShell === true ? 'bash' : 'unknown',
			...(typeof input === 'string' ? { input } : {}),
			...(ports.branchOf === undefined ? {} : { branch: (directory) => ports.branchOf?.(below(base, directory)) }),
		};
		const places = directories.map((directory) => resolverIn(directory, ports));
		const surely = JSON.stringify([directories, input]);
		const sites = pointers.flatMap((path): CommandSite[] => {
			const exact = findArguments(args, path, false);
			return findArguments(args, path, true).flatMap((value): CommandSite[] => {
				const source = sourceOf(value);
				if (source === undefined) {
					if (value !== null) misfits.push(argumentPointer(path));
					return [];
				}
				const key = `${surely}${JSON.stringify(source)}`;
				const analysis = analysed.get(key) ?? analyse(source, around, ports);
				analysed.set(key, analysis);
				const pointer = argumentPointer(path);
				return [
					{
						path,
						pointer,
						source,
						isExact: exact.includes(value),
						analysis,
						places,
						consult,
						isUnclear,
						edit(before, index, words) {
							const step = `${surely}${JSON.stringify([before, index, words])}`;
							const outcome = edited.get(step) ?? ports.commands.edit(before, index, words, around);
							edited.set(step, outcome);
							return outcome;
						},
					},
				];
			});
		});
		return { sites, misfits };
	};
}

/** Text, or an argv: a list of texts. */
function sourceOf(value: Json): CommandSource | undefined {
	if (typeof value === 'string') return value;
	return Array.isArray(value) && value.every((word) => typeof word === 'string') ? (value as string[]) : undefined;
}

const movesBranch: readonly string[] = 'checkout switch symbolic-ref branch rebase bisect worktree am update-ref'.split(
	' ',
);

/** The branch is the one checked out before the text runs; where the text may check out another, nobody knows. */
function analyse(source: CommandSource, around: Surroundings, ports: Ports): Analysis {
	const { branch, ...rest } = around;
	let wasAsked = false;
	const first = ports.commands.analyse(source, {
		...rest,
		...(branch === undefined
			? {}
			: {
					branch: (directory) => {
						wasAsked = true;
						return branch(directory);
					},
				}),
	});
	const moves = first.commands.some(
		({ program, subcommands: [word = ''], unsure }) =>
			program === 'git' && (movesBranch.includes(word) || unsure.includes('subcommands') || unsure.includes('*')),
	);
	return wasAsked && moves ? ports.commands.analyse(source, rest) : first;
}

/** How tools name the argument that says where a command starts. */
const directoryName = /(?:cwd|pwd|dir|directory|folder|workspace)$/i;

/**
 * Where the text may start, and what it reads. The built-in shell says so in `/cwd` and `/stdin` (null: it is no text);
 * of other tools an argument that is called like a directory may say so, or may not.
 */
function surroundingsIn(
	args: JsonObject,
	{ cwd, isBuiltinShell }: Pick<Request, 'cwd' | 'isBuiltinShell'>,
): { directories: readonly string[]; input: string | null | undefined } {
	if (isBuiltinShell === true) {
		const { cwd: named, stdin } = args;
		return {
			directories: [typeof named === 'string' ? below(cwd, named) : cwd],
			input: stdin === undefined ? undefined : typeof stdin === 'string' ? stdin : null,
		};
	}
	const named = Object.entries(isJsonObject(args) ? args : {}).flatMap(([name, value]) =>
		directoryName.test(name) && typeof value === 'string' ? [below(cwd, value)] : [],
	);
	return { directories: [...new Set([cwd, ...named])], input: undefined };
}

function below(base: string, path: string): string {
	// `~` stays: the port knows whose home it is.
	if (path.startsWith('~')) return path;
	return normalisePath(path.startsWith('/') ? path : `${base}/${path}`);
}

function resolverIn(directory: string, ports: Ports): (path: string) => PathForms | undefined {
	const known = new Map<string, PathForms | undefined>();
	const base = directory.startsWith('/') ? directory : ports.resolvePath(directory, '/')?.lexical;
	return (path) => {
		if (!known.has(path)) known.set(path, base === undefined ? undefined : ports.resolvePath(path, base));
		return known.get(path);
	};
}
