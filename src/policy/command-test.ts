// Is this command one that a rule is about? `command`, `flags`, `facts`, `mentions` and `under` of one match, together.
import type { Command, Launcher } from '../abi/command.ts';
import { compileFacts, type FactCheck, factTruth, type Places } from './command-facts.ts';
import {
	baseName,
	type CommandPattern,
	type Consult,
	familyOf,
	isUnsure,
	launcherTruth,
	parseCommandPattern,
	patternTruth,
	type Reading,
} from './command-pattern.ts';
import { literalValue } from './compile-values.ts';
import type { Notes } from './notes.ts';
import type { Except } from './rule.ts';
import { isLiteral, matchesTextGlob } from './text-glob.ts';
import { anyOf, holds, type Lean, type Truth, truthOf } from './truth.ts';
import { expandText } from './variables.ts';

export interface CommandTest {
	readonly reading: Reading;
	readonly patterns?: readonly CommandPattern[];
	readonly flags?: readonly string[];
	readonly facts: readonly FactCheck[];
	/** Of an exception: what its rule says of facts. */
	readonly triggers: readonly FactCheck[];
	readonly mentions?: readonly string[];
	/** Launchers; of exceptions only. */
	readonly under?: readonly CommandPattern[];
}

/** Where a command stands: what it takes to judge it. */
export interface Stand {
	readonly places: Places;
	readonly consult: Consult;
	/** Would the analyser be at a loss with this argv: an option it does not know, for example? */
	isUnclear(argv: readonly string[]): boolean;
}

export interface CommandTruth {
	readonly truth: Truth;
	/** The first member that does not hold: `command`, `facts.force`. */
	readonly failed?: string;
	/** Members that hold only because nobody can tell. */
	readonly doubts: readonly string[];
}

/** The members of a match that are about one command; undefined when it has none. */
export function compileCommandTest(
	match: Except,
	reading: Reading,
	notes: Notes,
	triggers: readonly FactCheck[] = [],
): CommandTest | undefined {
	const { command, flags, facts, mentions, under } = match;
	if ([command, flags, facts, mentions, under].every((member) => member === undefined)) return undefined;
	const expand = (texts: readonly string[]) =>
		texts.flatMap((text) => expandText(text, notes.variables, notes.unknown, literalValue(notes)));
	return {
		reading,
		...(command === undefined ? {} : { patterns: compilePatterns(expand(command), notes) }),
		...(flags === undefined ? {} : { flags: expand(flags) }),
		facts: compileFacts(facts, reading.lean, notes),
		triggers,
		...(mentions === undefined ? {} : { mentions: expand(mentions).map(baseName) }),
		...(under === undefined ? {} : { under: compilePatterns(expand(under), notes) }),
	};
}

function compilePatterns(texts: readonly string[], notes: Notes): CommandPattern[] {
	return texts.flatMap((text) => {
		const pattern = parseCommandPattern(text);
		if (!('error' in pattern)) return [pattern];
		notes.report(
			'P501',
			`the command \`${text}\` ${pattern.error}`,
			'write for example `git push` or `npm {install,ci}`',
		);
		return [];
	});
}

/** All members must hold for this one command. */
export function commandTruth(test: CommandTest, command: Command, stand: Stand): CommandTruth {
	const doubts: string[] = [];
	for (const [name, ask] of membersOf(test, command, stand)) {
		const truth = ask();
		if (!holds(truth, test.reading.lean)) return { truth: truth === 'no' ? 'no' : 'unsure', failed: name, doubts };
		if (truth === 'unsure') doubts.push(name);
	}
	return { truth: doubts.length === 0 ? 'yes' : 'unsure', doubts };
}

function* membersOf(test: CommandTest, command: Command, stand: Stand): Generator<readonly [string, () => Truth]> {
	const { reading, patterns, flags, facts, triggers, mentions, under } = test;
	if (patterns !== undefined) {
		yield ['command', () => anyOf(patterns, (pattern) => patternTruth(pattern, command, reading, stand.consult))];
	}
	if (under !== undefined) yield ['under', () => anyOf(under, (pattern) => underTruth(pattern, command, reading.lean))];
	if (flags !== undefined)
		yield ['flags', () => anyOf(flags, (flag) => flagTruth(flag, command, reading.lean, stand.consult))];
	for (const check of facts) {
		yield [`facts.${check.name}`, () => factTruth(check, command, stand.places, reading.lean, triggers)];
	}
	if (mentions !== undefined) yield ['mentions', () => truthOf(mentionIn(command, mentions) !== undefined)];
}

/** Start what their arguments say, in the environment they were given; of Python, what `-m` names. */
const passesOn = /^(?:nice|nohup|setsid|stdbuf|time|timeout|xargs|python[\d.]*)$/;

/**
 * INVARIANT: an exception by lineage needs a launcher that is called by its bare name, a command that is, too, and nothing
 * between them that could change what the name stands for: a shell may set PATH.
 */
function underTruth(pattern: CommandPattern, { under, spelled }: Command, lean: Lean): Truth {
	const isMeant = ({ command }: Launcher) => launcherTruth(pattern, command) === 'yes';
	if (lean === 'catch') return truthOf(under.some(isMeant));
	const isPassedOn = ({ command: [name = ''], elsewhere }: Launcher) => passesOn.test(name) && !elsewhere;
	const isSound = under.some(
		(launcher, index) =>
			isMeant(launcher) && !launcher.spelled.includes('/') && under.slice(index + 1).every(isPassedOn),
	);
	return truthOf(isSound && !spelled.includes('/'));
}

function flagTruth(flag: string, command: Command, lean: Lean, consult: Consult): Truth {
	if (isUnsure(command, 'flags')) return 'unsure';
	const wanted = canonicalFlags(flag, command, consult);
	const found = command.flags.filter((one) => wanted.some((name) => isSameFlag(name, one)));
	if (found.length > 0) return lean === 'grant' && isTakenBack(found, command) ? 'unsure' : 'yes';
	const isKnown = wanted.length > 1 || command.flags.length > 0;
	return isKnown ? 'no' : plainFlagTruth(flag, command, lean);
}

/** `--dry-run --no-dry-run`, `--dry-run=none`: what the flag says may not hold in the end. */
function isTakenBack(found: readonly string[], { flags, argv }: Command): boolean {
	const opposites = found.map((flag) =>
		flag.replace(/^(--?)(no-)?/, (_, dashes, no) => (no ? dashes : `${dashes}no-`)),
	);
	const words = argv.filter((word) => word !== null);
	return flags.some((flag) => opposites.includes(flag)) || words.some((word) => offValue.test(word));
}

const offValue = /^-[^=]*=(?:none|false|no|off|never|0)?$/i;

/** The flag as the author wrote it, and as the analyser calls it: `-r` of rm is `--recursive`. */
export function canonicalFlags(flag: string, { program, subcommands }: Command, consult: Consult): readonly string[] {
	if (!isLiteral(flag)) return [flag];
	const meant = consult([program, ...subcommands, flag]);
	return meant?.program === program ? [flag, ...meant.flags] : [flag];
}

/** Some programs write long options with one dash, and take two: `-auto-approve`. */
function isSameFlag(glob: string, flag: string): boolean {
	if (matchesTextGlob(glob, flag)) return true;
	const isLong = (text: string) => /^--?[^-]{2}/.test(text);
	return isLong(glob) && isLong(flag) && matchesTextGlob(glob.replace(/^-+/, ''), flag.replace(/^-+/, ''));
}

/**
 * Of this program the analyser knows no flags: what looks like one counts. For certain it is one only where it stands
 * before `--`, and behind no option that may take it for its value.
 */
function plainFlagTruth(flag: string, { argv, kind, isOpenEnded }: Command, lean: Lean): Truth {
	if (kind !== 'program') return 'no';
	const [, letter] = /^-([A-Za-z0-9])$/.exec(flag) ?? [];
	if (lean === 'grant') {
		const at = argv.indexOf(flag);
		const isFree = at > 0 && !/^-[^=]*$/.test(argv[at - 1] ?? '-') && !argv.slice(0, at).includes('--');
		return truthOf(isFree && !argv.some((word) => word !== null && offValue.test(word)));
	}
	const truth = anyOf(argv.slice(1), (word): Truth => {
		if (word === null) return 'unsure';
		if (word === flag || word.startsWith(`${flag}=`)) return 'yes';
		return letter !== undefined && /^-[A-Za-z0-9]/.test(word) && word.includes(letter) ? 'unsure' : 'no';
	});
	return truth === 'no' && isOpenEnded ? 'unsure' : truth;
}

/** The first of `names` (globs) that stands as a word of its own in an argument that the program may run; with `family`, or one of its versions. */
export function mentionIn(
	{ mayRunArguments, argv }: Command,
	names: readonly string[],
	family = false,
): string | undefined {
	if (!mayRunArguments) return undefined;
	for (const argument of argv.slice(1)) {
		for (const word of argument?.split(/[^A-Za-z0-9_./-]+/) ?? []) {
			const name = baseName(word);
			if (name === '') continue;
			const kin = family ? familyOf(name) : undefined;
			if (names.some((glob) => matchesTextGlob(glob, name) || glob === kin)) return name;
		}
	}
	return undefined;
}
