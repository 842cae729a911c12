// Programs that read, write or delete the files their arguments name, described by a table.
import { hasOption, makeGrammar, valuesOf } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { pathsNamed } from './find-paths.ts';
import { addFlags, type Findings, finish, readArguments, startFindings } from './findings.ts';
import { fromVariables, scriptLaunch, splitLaunch } from './launching.ts';
import { addPaths, type PathFact } from './paths.ts';
import { split } from './subcommand-tool.ts';

export interface FileTool {
	/** Base names, the canonical one first; parted by blanks. */
	readonly names: string;
	readonly pattern?: RegExp;
	/** In the notation of `options.ts`, parted by blanks. Others are flags without a value. */
	readonly options?: string;
	/** What the program does with its operands. */
	readonly operands?: readonly PathFact[];
	/** Another role for the last of two or more operands: the target of a copy. */
	readonly last?: readonly PathFact[];
	/** How many operands come before the files: a pattern, a filter. None if one of `instead` is given. */
	readonly skip?: number;
	readonly instead?: readonly string[];
	/** Options whose values are files. */
	readonly reads?: readonly string[];
	readonly writes?: readonly string[];
	/** Options of two words, the second of which is a file to read. */
	readonly readsSecond?: readonly string[];
	/** With one of these options its operands are also written, or deleted. */
	readonly writesWith?: readonly string[];
	readonly deletesWith?: readonly string[];
	/** With one of these options nothing but that option's own values counts. */
	readonly not?: readonly string[];
	/** Options whose value a shell reads, or which is split at blanks and executed. */
	readonly scripts?: readonly string[];
	readonly commands?: readonly string[];
	/** Options whose value is the name of one program, blanks and all. */
	readonly programs?: readonly string[];
	/** Options with a pattern: of a directory among the operands, the files of such names are read. */
	readonly within?: readonly string[];
	/** Variables that name a program it starts. */
	readonly variables?: readonly string[];
	/** Facts that are true when one of these options is there. */
	readonly facts?: Readonly<Record<string, readonly string[]>>;
	readonly numeric?: boolean;
}

export function fileTool(table: FileTool): Program {
	const grammar = makeGrammar({
		options: split(table.options ?? ''),
		numeric: table.numeric ?? false,
		onUnknown: 'flag',
	});
	const { pattern } = table;
	return {
		names: split(table.names),
		...(pattern && { pattern }),
		read: (argv, around) => readFileTool(table, grammar, argv, around),
	};
}

function readFileTool(
	table: FileTool,
	grammar: ReturnType<typeof makeGrammar>,
	argv: readonly Word[],
	around: Around,
): Reading {
	const options = readArguments(argv, grammar);
	const findings = startFindings();
	const { facts = {}, operands = [], last } = table;
	addFlags(findings, options, around, Object.keys(facts));
	for (const [fact, names] of Object.entries(facts)) if (hasOption(options, ...names)) findings.facts.set(fact, true);
	addPaths(findings, 'reads', valuesOf(options, ...(table.reads ?? [])).filter(isFile), around);
	const pairs = options.found.filter(({ name }) => table.readsSecond?.includes(name));
	addPaths(
		findings,
		'reads',
		pairs.flatMap((one) => one.more ?? []),
		around,
	);
	addPaths(findings, 'writes', valuesOf(options, ...(table.writes ?? [])).filter(isFile), around);
	for (const text of valuesOf(options, ...(table.scripts ?? []))) findings.launches.push(scriptLaunch(text));
	for (const text of valuesOf(options, ...(table.commands ?? []))) findings.launches.push(splitLaunch(text));
	for (const program of valuesOf(options, ...(table.programs ?? [])))
		findings.launches.push({ kind: 'argv', argv: [program], isOpenEnded: true });
	if (table.variables) findings.launches.push(...(fromVariables(around, table.variables).launches ?? []));
	if (hasOption(options, ...(table.not ?? []))) return finish(findings);
	const skipped = hasOption(options, ...(table.instead ?? [])) ? 0 : (table.skip ?? 0);
	const files = options.operands.slice(skipped).filter(isFile);
	const patterns = valuesOf(options, ...(table.within ?? [])).filter((pattern) => !pattern.value?.startsWith('!'));
	if (patterns.length > 0) addPaths(findings, 'reads', pathsNamed(files, patterns), around);
	const others = last && files.length > 1 ? files.slice(0, -1) : files;
	const roles = [
		...operands,
		...(hasOption(options, ...(table.writesWith ?? [])) ? (['writes'] as const) : []),
		...(hasOption(options, ...(table.deletesWith ?? [])) ? (['deletes'] as const) : []),
	];
	addRoles(findings, roles, others, around);
	if (last && files.length > 1) addRoles(findings, last, files.slice(-1), around);
	return finish(findings);
}

function addRoles(findings: Findings, roles: readonly PathFact[], words: readonly Word[], around: Around): void {
	for (const role of roles) {
		addPaths(findings, role, words, around);
		if (around.isOpenEnded) findings.unsure.add(role);
	}
}

/** `-` is standard input or output. */
export function isFile(word: Word): boolean {
	return word.value !== '-' && word.value !== '';
}
