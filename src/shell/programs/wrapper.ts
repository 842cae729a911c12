// Programs that start the program behind their own options, described by a table.
import {
	type CompiledGrammar,
	flagsOf,
	hasOption,
	lastValue,
	makeGrammar,
	type Options,
	readOptions,
	valuesOf,
} from '../options.ts';
import type { Around, Program, ProgramGap, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { firstKnown } from '../word-parts.ts';
import { launchJoined, launchTail, merged, scriptLaunch, splitLaunch, type Terms } from './launching.ts';

/** `sudo -u root -- program …`: options, then operands of its own, then assignments, then what it starts. */
export interface Wrapper {
	/** Base names, the canonical one first. */
	readonly names: readonly string[];
	/** In the notation of `options.ts`; they end at the first operand. */
	readonly options: readonly string[] | string;
	/** How many operands come before the program: 1 for `timeout 5 program`. */
	readonly operands?: number;
	/** `NAME=value` words may come before the program. */
	readonly assignments?: boolean;
	/** Always, or with one of these options: it changes machine, user or PATH. */
	readonly elsewhere?: boolean | readonly string[];
	/** With one of these nothing is started: `ionice -p 1`. */
	readonly nothing?: readonly string[];
	/** Options whose value is shell text. */
	readonly scripts?: readonly string[];
	/** Options whose value is split at blanks and executed. */
	readonly commands?: readonly string[];
	/** Options that name the directory the program starts in. */
	readonly directory?: readonly string[];
	/** What is left is one shell text: `watch`. Default: an argv. */
	readonly joins?: boolean;
	/** Without a program it starts a shell that reads its input. */
	readonly startsShell?: boolean;
	/** Options that start something which can't be read from the text, and why. */
	readonly gaps?: Readonly<Record<string, string>>;
	readonly numeric?: boolean;
	readonly abbreviations?: boolean;
}

/** The program that a table describes. */
export function wrapper(table: Wrapper): Program {
	const grammar = wrapperGrammar(table);
	return { names: table.names, read: (argv, around) => readWrapper(table, grammar, argv, around) };
}

export function wrapperGrammar(table: Wrapper): CompiledGrammar {
	const { options, numeric = false, abbreviations = true } = table;
	return makeGrammar({ options, numeric, abbreviations, stopAtOperand: true });
}

/** Reads an argv by a table; `from` is where its options begin (behind a sub-command, for example). */
export function readWrapper(
	table: Wrapper,
	grammar: CompiledGrammar,
	argv: readonly Word[],
	around: Around,
	from = 1,
	terms: Terms = {},
): Reading {
	const options = readOptions(argv, grammar, from);
	const base = { ...readingOf(options), ...(terms.as && { subcommands: terms.as.slice(1) }) };
	const blind = layoutGap(table, options, argv);
	if (blind) return { ...base, gaps: [blind], mayRunArguments: true };
	const own = { ...terms, ...ownTerms(table, options) };
	const extra: Reading = {
		launches: [
			...valuesOf(options, ...(table.scripts ?? [])).map((text) => scriptLaunch(text, own)),
			...valuesOf(options, ...(table.commands ?? [])).map((text) => splitLaunch(text, own)),
		],
		gaps: options.found.flatMap(({ name }) => {
			const detail = table.gaps?.[name];
			return detail === undefined ? [] : [{ kind: 'file', detail } as const];
		}),
	};
	if (hasOption(options, ...(table.nothing ?? []))) return merged(base, extra);
	return merged(base, extra, launchRest(table, options, argv, around, own, extra));
}

/** Flags, and whether they may be otherwise: what every reading by a grammar says first. */
export function readingOf(options: Options): Reading {
	return { flags: flagsOf(options), ...(options.mayBeOption && { unsure: ['flags'] }) };
}

function launchRest(
	table: Wrapper,
	options: Options,
	argv: readonly Word[],
	around: Around,
	terms: Terms,
	extra: Reading,
): Reading {
	const behindOperands = options.rest + (table.operands ?? 0);
	// `lxc exec machine -- program`: where others take the dashes for the program, they fail.
	const hasDashes = (table.operands ?? 0) > 0 && argv[behindOperands]?.value === '--';
	const from = behindOperands + (hasDashes ? 1 : 0);
	const behind = table.assignments ? skipAssignments(argv, from) : { next: from, env: undefined };
	if (behind.gap) return { gaps: [behind.gap], mayRunArguments: true };
	const all = behind.env ? { ...terms, env: behind.env } : terms;
	if (behind.next < argv.length || around.isOpenEnded) {
		return table.joins ? launchJoined(argv, behind.next, around, all) : launchTail(argv, behind.next, around, all);
	}
	const startsShell = table.startsShell && extra.launches?.length === 0 && !hasOption(options, '--help', '--version');
	return startsShell ? { launches: [{ kind: 'input', ...all }] } : {};
}

/** Operands before the program have to be one word each. */
function layoutGap(table: Wrapper, options: Options, argv: readonly Word[]): ProgramGap | undefined {
	if (options.gap) return options.gap;
	const own = argv.slice(options.rest, options.rest + (table.operands ?? 0));
	if (!own.some((word) => word.splits)) return undefined;
	return { kind: 'arguments', detail: 'an unquoted expansion stands before the program: it may be several words' };
}

function ownTerms(table: Wrapper, options: Options): Terms {
	const { elsewhere = false } = table;
	const away = typeof elsewhere === 'boolean' ? elsewhere : hasOption(options, ...elsewhere);
	const cwd = table.directory && lastValue(options, ...table.directory);
	return { ...(away && { elsewhere: true }), ...(cwd && { cwd }) };
}

/** Leading `NAME=value` words as variables; what follows is the program. */
export function skipAssignments(
	argv: readonly Word[],
	from: number,
	isVariable: (start: string) => boolean = () => true,
): {
	readonly next: number;
	readonly env: ReadonlyMap<string, Word | undefined> | undefined;
	readonly gap?: ProgramGap;
} {
	const env = new Map<string, Word | undefined>();
	let next = from;
	for (; next < argv.length; next += 1) {
		const word = argv[next];
		const start = word ? firstKnown(word) : '';
		const equals = start.indexOf('=');
		if (!word || equals < 0 || !isVariable(start)) break;
		if (word.splits) {
			const detail = `\`${start}…\` may become several words, the program among them`;
			return { next, env, gap: { kind: 'arguments', detail } };
		}
		env.set(start.slice(0, equals), valueAfter(word, equals + 1));
	}
	return { next, env: env.size > 0 ? env : undefined };
}

function valueAfter(word: Word, offset: number): Word | undefined {
	return word.value === undefined
		? undefined
		: { value: word.value.slice(offset), pieces: [word.value.slice(offset)], splits: false };
}
