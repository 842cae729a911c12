// Patterns of commands: a program and its sub-commands, `git push`, `{npm,yarn} {install,i}`, `python3.*`.
import type { Command } from '../abi/command.ts';
import { isLiteral, matchesTextGlob } from './text-glob.ts';
import { allOf, type Lean, type Truth, truthOf } from './truth.ts';

export interface CommandPattern {
	readonly text: string;
	/** Globs over names; one of them. */
	readonly program: readonly string[];
	/** One list of alternatives for each sub-command. */
	readonly words: readonly (readonly string[])[];
}

/** What the analyser makes of an argv that nobody runs: how it spells a program, a sub-command or a flag. */
export type Consult = (argv: readonly string[]) => Command | undefined;

/** `family`: `python` also means `python3` and `python3.12`. A rewrite needs the very name: each takes other words. */
export interface Reading {
	readonly lean: Lean;
	readonly family: boolean;
}

const mostAlternatives = 200;

/** Reads a pattern, its variables already put in; or says why it is none. */
export function parseCommandPattern(text: string): CommandPattern | { readonly error: string } {
	const [program = '', ...words] = text.trim().split(/\s+/);
	if (program === '') return { error: 'names no program' };
	const flag = words.find((word) => word.startsWith('-'));
	if (flag !== undefined) return { error: `holds the flag \`${flag}\`; write \`flags: ${flag}\` beside \`command:\`` };
	if (/[|;&<>()`'"\\]/.test(text)) return { error: 'holds shell syntax; a pattern is a program and its sub-commands' };
	const alternatives = [program, ...words].map(braceAlternatives);
	if (alternatives.some((one) => one === undefined)) return { error: 'has braces that are not `{a,b}`' };
	const [programs = [], ...rest] = alternatives as string[][];
	// A path is one way to name a file; the program is what its last part says.
	return { text, program: programs.map(baseName), words: rest };
}

/** `{a,b}c` → `ac`, `bc`; undefined for braces that do not pair, are nested, or give too many. */
function braceAlternatives(word: string): string[] | undefined {
	let found = [''];
	for (const part of word.split(/(\{[^{}]*\})/)) {
		const isGroup = part.startsWith('{') && part.endsWith('}');
		if (!isGroup && /[{}]/.test(part)) return undefined;
		const choices = isGroup ? part.slice(1, -1).split(',') : [part];
		found = found.flatMap((start) => choices.map((choice) => start + choice));
		if (found.length > mostAlternatives) return undefined;
	}
	return found;
}

/** Is the command one that a pattern means? */
export function patternTruth(pattern: CommandPattern, command: Command, reading: Reading, consult: Consult): Truth {
	const program = programTruth(pattern.program, command, reading, consult);
	if (program === 'no' || pattern.words.length === 0) return program;
	return allOf([program, wordsTruth(pattern.words, command, reading, consult)], (truth) => truth);
}

/** The sub-commands of `command` that the pattern names, so many words from its beginning. */
export function patternDepth(patterns: readonly CommandPattern[], command: Command, consult: Consult): number {
	const reading: Reading = { lean: 'catch', family: true };
	const hit = patterns.find((pattern) => patternTruth(pattern, command, reading, consult) !== 'no');
	return hit?.words.length ?? 0;
}

function programTruth(
	programs: readonly string[],
	command: Command,
	{ lean, family }: Reading,
	consult: Consult,
): Truth {
	const names = namesOf(command);
	const isNamed = programs.some((glob) => names.some((name) => matchesTextGlob(glob, name)));
	switch (command.kind) {
		case 'function':
			// What it does is judged where it stands; its name may hide the program of that name.
			return isNamed && lean === 'catch' ? 'unsure' : 'no';
		case 'redirection':
			return truthOf(programs.includes('*'));
		case 'program':
		case 'builtin':
			if (lean === 'grant') return truthOf(isNamed && isPlainlySpelled(command));
			if (isNamed) return 'yes';
			return truthOf(
				programs.some((name) => isLiteral(name) && isOtherSpelling(name, command, names, family, consult)),
			);
		default:
			return command.kind satisfies never;
	}
}

function isOtherSpelling(
	name: string,
	command: Command,
	names: readonly string[],
	family: boolean,
	consult: Consult,
): boolean {
	if (!family) return false;
	if (names.some((one) => familyOf(one) === name)) return true;
	// Names of one program contain one another (`nodejs`, `node`); asking about every name would take most of the time.
	const { program } = command;
	return (name.includes(program) || program.includes(name)) && consult([name])?.program === program;
}

/** `python3.12` → `python`, `pip3` → `pip`. */
export function familyOf(name: string): string | undefined {
	return /^(.*[A-Za-z])-?\d[\d.]*$/.exec(name)?.[1];
}

/**
 * A rule that opens something means the program that its name stands for; `./git` may be anything. Directories that
 * only the system writes to count as the name alone.
 */
export function isPlainlySpelled({ spelled }: Command): boolean {
	return !spelled.includes('/') || /^\/(?:usr\/)?s?bin\/[^/]+$/.test(spelled);
}

function wordsTruth(words: CommandPattern['words'], command: Command, { lean }: Reading, consult: Consult): Truth {
	const { subcommands } = command;
	const unsure = isUnsure(command, 'subcommands');
	if (subcommands.length === 0 && !unsure) return plainWordsTruth(words, command, lean);
	const truth = allOf([...words.entries()], ([index, alternatives]): Truth => {
		const word = subcommands[index];
		if (word === undefined) return 'no';
		return truthOf(alternatives.some((glob) => isSubcommand(glob, index, command, consult)));
	});
	return unsure && (truth === 'yes' || lean === 'catch') ? 'unsure' : truth;
}

function isSubcommand(glob: string, index: number, command: Command, consult: Consult): boolean {
	const { program, subcommands, facts } = command;
	const word = subcommands[index] ?? '';
	if (matchesTextGlob(glob, word)) return true;
	const alias = facts['alias'];
	const spellings = typeof alias === 'string' ? [alias] : Array.isArray(alias) ? (alias as readonly string[]) : [];
	if (spellings.some((spelling) => matchesTextGlob(glob, spelling.split(' ')[index] ?? spelling))) return true;
	// The author may have written an alias, and the command the word it stands for: `npm i`, `npm install`.
	if (!isLiteral(glob)) return false;
	const meant = consult([program, ...subcommands.slice(0, index), glob]);
	return meant?.program === program && meant.subcommands[index] === word;
}

/**
 * Of this program the analyser knows no sub-commands: its first arguments count as such. Options before them may take
 * one of them as their value, so then nothing is certain.
 */
function plainWordsTruth(words: CommandPattern['words'], command: Command, lean: Lean): Truth {
	if (command.kind !== 'program' || isUnsure(command, '*')) return command.kind === 'program' ? 'unsure' : 'no';
	const args = command.argv.slice(1);
	const fits = (index: number, at: number) => {
		const word = args[at];
		return word !== undefined && word !== null && words[index]?.some((glob) => matchesTextGlob(glob, word)) === true;
	};
	if (words.every((_, index) => fits(index, index))) return 'yes';
	if (lean === 'grant') return 'no';
	let next = 0;
	for (const [at, word] of args.entries()) {
		if (next === words.length) break;
		if (word === null) return 'unsure';
		if (fits(next, at)) next += 1;
		else if (!word.startsWith('-') && !args[at - 1]?.startsWith('-')) return 'no';
	}
	return next === words.length || command.isOpenEnded ? 'unsure' : 'no';
}

/** The name it is known by, and the name it was called by. */
export function namesOf({ program, spelled }: Command): readonly string[] {
	const called = baseName(spelled);
	return called === program || called === '' ? [program] : [program, called];
}

export function baseName(path: string): string {
	return path.slice(path.lastIndexOf('/') + 1);
}

export function isUnsure({ unsure }: Command, name: string): boolean {
	return unsure.includes(name) || unsure.includes('*');
}

/** Does a launcher's own command begin with what the pattern says? */
export function launcherTruth(pattern: CommandPattern, command: readonly string[]): Truth {
	const [program = '', ...rest] = command;
	if (!pattern.program.some((glob) => matchesTextGlob(glob, program))) return 'no';
	return truthOf(
		pattern.words.every((alternatives, index) =>
			alternatives.some((glob) => rest[index] !== undefined && matchesTextGlob(glob, rest[index])),
		),
	);
}

/** The names a pattern spells out; a glob names nobody in particular. */
export function literalPrograms(pattern: CommandPattern): readonly string[] {
	return pattern.program.filter(isLiteral);
}
