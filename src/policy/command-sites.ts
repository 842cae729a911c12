// The commands that a call carries: where they stand in its arguments, read each only once.
import type { Analysis, CommandSource, EditOutcome, NewWord, Surroundings } from '../abi/command.ts';
import type { Ports, Request } from '../abi/decision.ts';
import type { Json, JsonObject } from '../abi/json.ts';
import { type ArgumentPath, argumentPointer, findArguments, leavesOf, parseArgument } from './arguments.ts';
import type { Stand } from './command-test.ts';
import { normalisePath } from './paths.ts';
import { KnownPaths, type Resolver } from './resolver.ts';
import { declares, inputSchema, parameterSchema } from './tool-schema.ts';

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
	readonly misfits: readonly Misfit[];
}

/** An argument that should carry a command, and does not so that it could be read. */
export interface Misfit {
	/** JSON Pointer. */
	readonly pointer: string;
	/** `list`: an argv where the tool takes text. `undeclared`: the tool has no such parameter, so its commands stand elsewhere. */
	readonly kind: 'no-text' | 'list' | 'undeclared' | 'too-many';
}

/** Finds the sites in arguments of one request. */
export type ReadSites = (args: JsonObject) => Sites;

/** What one call may carry in one place: each command takes its time to read. */
const mostSites = 100;
const mostCharacters = 150_000;

const noSites: Sites = { sites: [], misfits: [] };

export function siteReader(request: Omit<Request, 'target'>, ports: Ports): ReadSites {
	const pointers = (request.commandsAt ?? []).map(parseArgument);
	if (pointers.length === 0) return () => noSites;
	// What a trap hands over has no schema: it is an argv, whatever the tool takes.
	const schema = request.isTrap === true ? undefined : inputSchema(request.tool?.definition);
	const analysed = new Map<string, Analysis>();
	const edited = new Map<string, EditOutcome>();
	const read = (argv: readonly string[]) => {
		const key = JSON.stringify(argv);
		const analysis = analysed.get(key) ?? ports.commands.analyse(argv, { isExecution: true });
		analysed.set(key, analysis);
		return analysis;
	};
	const consult = (argv: readonly string[]) => read(argv).commands.find(({ kind }) => kind !== 'redirection');
	const isUnclear = (argv: readonly string[]) => {
		const { gaps, commands } = read(argv);
		return gaps.length > 0 || commands.some(({ unsure }) => unsure.includes('flags') || unsure.includes('*'));
	};
	return (args) => {
		const misfits: Misfit[] = [];
		const { base, directories, input } = surroundingsIn(args, request);
		const isTrap = request.isTrap === true;
		if (input === null) misfits.push({ pointer: '/stdin', kind: 'no-text' });
		const around: Surroundings = {
			dialect: request.isBuiltinShell === true || isTrap ? 'bash' : 'unknown',
			...(typeof input === 'string' ? { input } : {}),
			...(isTrap ? { isExecution: true } : {}),
			...(base === undefined ? {} : { branch: (directory) => ports.branchOf?.(below(base, directory)) }),
		};
		const places = directories.map((directory) => resolverIn(directory, ports));
		const surely = JSON.stringify([directories, input]);
		const sites = pointers.flatMap((path): CommandSite[] => {
			const exact = findArguments(args, path, false);
			const pointer = argumentPointer(path);
			const node = parameterSchema(schema, path);
			if (declares(schema, path) === 'no') misfits.push({ pointer, kind: 'undeclared' });
			const found = findArguments(args, path, true).filter((value) => value !== null);
			// Where the argument is missing, the tool runs what it says it runs then.
			const values = found.length > 0 ? found : [node?.['default'] ?? []];
			if (values.length > mostSites || JSON.stringify(values).length > mostCharacters) {
				misfits.push({ pointer, kind: 'too-many' });
				return [];
			}
			return values.flatMap((value): CommandSite[] => {
				const source = sourceOf(value);
				const isList = typeof source === 'object' && !takesLists(node);
				if (source === undefined || (isList && source.length > 0)) {
					misfits.push({ pointer, kind: isList ? 'list' : 'no-text' });
					return [];
				}
				const key = `${surely}${JSON.stringify(source)}`;
				const analysis = analysed.get(key) ?? analyse(source, around, ports);
				analysed.set(key, analysis);
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

/** A tool that takes text may run a list as text, too, joined in some way. */
function takesLists(node: JsonObject | undefined): boolean {
	const type = node?.['type'];
	return type === undefined || type === 'array' || (Array.isArray(type) && type.includes('array'));
}

const movesBranch: readonly string[] =
	'checkout switch symbolic-ref branch rebase bisect worktree am update-ref stash'.split(' ');

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
const directoryName =
	/(?:cwd|pwd|dir|directory|folder|workspace|root|repo|(?:base|project|repo|work|working|root)[_-]?path)$/i;
const mostValues = 10_000;

/**
 * Where the text may start, and what it reads. The built-in shell, and a trap, say so in `/cwd` and `/stdin` (null: it is no text);
 * of other tools an argument that is called like a directory, at any depth, may say so, or may not; and on which machine
 * they run nobody knows, so there is no `base` that could be looked into.
 */
function surroundingsIn(
	args: JsonObject,
	{ cwd, isBuiltinShell, isTrap }: Pick<Request, 'cwd' | 'isBuiltinShell' | 'isTrap'>,
): { base?: string; directories: readonly string[]; input: string | null | undefined } {
	if (isBuiltinShell === true || isTrap === true) {
		const { cwd: named, stdin } = args;
		const base = typeof named === 'string' ? below(cwd, named) : cwd;
		return {
			base,
			directories: [base],
			input: stdin === undefined ? undefined : typeof stdin === 'string' ? stdin : null,
		};
	}
	const named = leavesOf(args, '', mostValues)?.flatMap(({ key, value, isKey }) =>
		!isKey && typeof value === 'string' && directoryName.test(key) ? [below(cwd, value)] : [],
	);
	const directories = [...new Set([cwd, ...(named ?? [])])];
	const isTooMuch = named === undefined || directories.length > mostDirectories;
	return { directories: isTooMuch ? [nowhere] : directories, input: undefined };
}

const mostDirectories = 8;
/** Resolves to nothing, so that no path below it is certain. */
const nowhere = '~\0';

function below(base: string, path: string): string {
	// `~` stays: the port knows whose home it is.
	if (path.startsWith('~')) return path;
	return normalisePath(path.startsWith('/') ? path : `${base}/${path}`);
}

function resolverIn(directory: string, ports: Ports): Resolver {
	const base = directory.startsWith('/') ? directory : ports.resolvePath(directory, '/')?.lexical;
	return base === undefined ? { resolve: () => undefined } : new KnownPaths(ports, base);
}
