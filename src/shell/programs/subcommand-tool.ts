// Programs with sub-commands whose options may stand anywhere, described by a table: kubectl, terraform, npm.
import { type CompiledGrammar, makeGrammar, type Options, readOptions } from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { addFlags, type Findings, finish, mayBeOption, readArguments, startFindings } from './findings.ts';

export interface Tool {
	/** Base names, the canonical one first. */
	readonly names: readonly string[];
	readonly pattern?: RegExp;
	/** Options that may stand before the sub-command, in the notation of `options.ts`; parted by blanks. */
	readonly options: string;
	/** Options of its sub-commands that matter. Others are taken for flags. */
	readonly more?: string;
	/** How many words a sub-command has. Default 1; `deeper` has more for some first words. */
	readonly depth?: number;
	readonly deeper?: Readonly<Record<string, number>>;
	/** Other spellings of a sub-command's first word. */
	readonly aliases?: Readonly<Record<string, string>>;
	/** Facts that an unknown word may change. */
	readonly affected?: readonly string[];
	/** Adds facts and launches. `operands` are those behind the sub-command. */
	readonly describe?: (call: ToolCall) => void;
}

export interface ToolCall {
	readonly subcommands: readonly string[];
	readonly argv: readonly Word[];
	readonly options: Options;
	readonly operands: readonly Word[];
	/** Index in argv of the word behind the sub-command. */
	readonly behind: number;
	readonly around: Around;
	readonly findings: Findings;
}

export function tool(table: Tool): Program {
	const start = makeGrammar(() => ({ options: split(table.options), stopAtOperand: true, abbreviations: false }));
	const all = makeGrammar(() => ({
		options: split(`${table.options} ${table.more ?? ''}`),
		abbreviations: false,
		onUnknown: 'flag',
	}));
	const { names, pattern } = table;
	return {
		names,
		...(pattern && { pattern }),
		read: (argv, around) => readTool(table, start, all, argv, around),
	};
}

function readTool(
	table: Tool,
	start: CompiledGrammar,
	all: CompiledGrammar,
	argv: readonly Word[],
	around: Around,
): Reading {
	const place = findSubcommand(table, start, argv);
	const findings = startFindings(place.words);
	const options = readArguments(argv, all);
	addFlags(findings, options, around, table.affected ?? []);
	if (place.isUnsure || (place.words.length === 0 && around.isOpenEnded)) {
		for (const name of ['subcommands', 'flags', ...(table.affected ?? [])]) findings.unsure.add(name);
	}
	const [spelled] = place.words;
	const canonical = spelled === undefined ? undefined : table.aliases?.[spelled];
	if (canonical !== undefined && spelled !== undefined) {
		findings.subcommands = [...canonical.split(' '), ...place.words.slice(1)];
		findings.facts.set('alias', spelled);
	}
	const operands = options.operands.slice(place.words.length);
	table.describe?.({
		subcommands: findings.subcommands,
		argv,
		options,
		operands,
		behind: place.behind,
		around,
		findings,
	});
	return finish(findings);
}

interface Place {
	readonly words: readonly string[];
	readonly behind: number;
	readonly isUnsure: boolean;
}

function findSubcommand(table: Tool, grammar: CompiledGrammar, argv: readonly Word[]): Place {
	const words: string[] = [];
	let behind = 1;
	let depth = table.depth ?? 1;
	while (words.length < depth) {
		const options = readOptions(argv, grammar, behind);
		const word = argv[options.rest];
		if (word && (options.gap || word.value === undefined)) return { words, behind, isUnsure: true };
		if (!word?.value) return { words, behind, isUnsure: options.gap !== undefined && argv.some(mayBeOption) };
		words.push(word.value);
		behind = options.rest + 1;
		if (words.length === 1) depth = table.deeper?.[word.value] ?? depth;
	}
	return { words, behind, isUnsure: false };
}

/** The option specifications of a list parted by blanks. */
export function split(text: string): readonly string[] {
	return text.trim() === '' ? [] : distinct(text.trim().split(/\s+/));
}

/** Of two options with one name the first one counts: lists are put together from shared parts. */
function distinct(options: readonly string[]): readonly string[] {
	const taken = new Set<string>();
	return options.flatMap((option) => {
		const [, names = '', kind = ''] = /^([^=:]+)(.*)$/.exec(option) ?? [];
		const free = names.split('|').filter((name) => !taken.has(name));
		for (const name of free) taken.add(name);
		return free.length > 0 ? [free.join('|') + kind] : [];
	});
}
