// The new words of one command: something before it, another program, flags left out.
import type { Command, NewWord } from '../abi/command.ts';
import type { Hit } from './command-hits.ts';
import { baseName, namesOf, patternDepth } from './command-pattern.ts';
import { canonicalFlags, type Stand } from './command-test.ts';
import type { RuleOf } from './compiled.ts';
import { matchesTextGlob } from './text-glob.ts';

export type NewWords = { readonly words: readonly NewWord[] } | { readonly refused: string };

/** One argument on its way: what it says, as far as that is known, and what becomes of it. */
interface Item {
	readonly text: string | null;
	readonly word: NewWord;
}

/** Words that need no quoting anywhere. */
const plain = /^[A-Za-z0-9_@%+=:,./-]+$/;

export function newWords(
	{ action: { command: rewrite }, command: test }: RuleOf<'rewrite-command'>,
	hit: Hit,
): NewWords {
	const { command, site } = hit;
	if (command.kind !== 'program' && command.kind !== 'builtin') {
		return { refused: `Here \`${command.spelled}\` is not the program of that name.` };
	}
	let items = command.argv.map((text, index): Item => ({ text, word: { keep: index } }));
	for (const flag of rewrite.drop_flags ?? []) items = dropFlag(items, flag, command, site);
	const refused = (why: string): NewWords => ({ refused: why });

	if (rewrite.replace_prefix !== undefined) {
		const depth = patternDepth(test?.patterns ?? [], command, site.consult);
		const rest = withoutSubcommands(items.slice(1), depth, command, site);
		if (rest === undefined) return refused(`Which word is the sub-command of \`${command.program}\` can't be told.`);
		items = [...rewrite.replace_prefix.map(put), ...rest];
	} else if (rewrite.program !== undefined) {
		items = [put(rewrite.program), ...items.slice(1)];
	} else if (rewrite.prepend !== undefined && command.spelled.includes('/')) {
		// The launcher looks a name up itself; a path would lead past it.
		items = [put(baseName(command.spelled)), ...items.slice(1)];
	}
	if (rewrite.prepend !== undefined && !isUnderAlready(command, rewrite.prepend)) {
		items = [...rewrite.prepend.map(put), ...items];
	}
	return fillIn(items, command);
}

/** Puts `${program.version}` in, and refuses what would need quotes. */
function fillIn(items: readonly Item[], command: Command): NewWords {
	const words: NewWord[] = [];
	for (const { word } of items) {
		if ('keep' in word) {
			words.push(word);
			continue;
		}
		const version = versionOf(command);
		if (word.put.includes(versionVariable) && version === undefined) {
			return { refused: `\`${command.spelled}\` names no version.` };
		}
		const text = word.put.replaceAll(versionVariable, version ?? '');
		if (!plain.test(text)) return { refused: 'One of its words would have to be quoted anew.' };
		words.push({ put: text });
	}
	return { words };
}

const versionVariable = '${program.version}';

function versionOf(command: Command): string | undefined {
	const { version } = command.facts;
	if (typeof version === 'string' && /^\d+(?:\.\d+)*$/.test(version)) return version;
	return namesOf(command)
		.map((name) => /\d+(?:\.\d+)*/.exec(name)?.[0])
		.find((found) => found !== undefined);
}

/** `uv run /usr/bin/python3`: the launcher is there, and only the path goes past it. */
function isUnderAlready({ under }: Command, prepend: readonly string[]): boolean {
	const last = under.at(-1);
	if (last === undefined || last.spelled.includes('/')) return false;
	return last.command.length === prepend.length && last.command.every((word, index) => word === prepend[index]);
}

function put(text: string): Item {
	return { text, word: { put: text } };
}

/** A stand-in for words that are not known, or are taken away for a try. */
const placeholder = 'trapgate-placeholder';

function textsOf(items: readonly Item[], program: string): string[] {
	return items.map(({ text }, index) => (index === 0 ? program : (text ?? placeholder)));
}

const mostOfOneFlag = 8;

/** Leaves a flag out wherever it stands: alone, with its value, or among other letters (`-nm` becomes `-m`). */
function dropFlag(items: readonly Item[], flag: string, command: Command, stand: Stand): Item[] {
	const names = canonicalFlags(flag, command, stand.consult);
	let rest = [...items];
	for (let turn = 0; turn < mostOfOneFlag; turn++) {
		const next = withoutOne(rest, names, command, stand);
		if (next === undefined) break;
		rest = next;
	}
	return rest;
}

/** The first way to leave one of `names` out that changes no other flag; undefined when there is none. */
function withoutOne(
	items: readonly Item[],
	names: readonly string[],
	command: Command,
	{ consult, isUnclear }: Stand,
): Item[] | undefined {
	const { program, subcommands } = command;
	const flagsOf = (some: readonly Item[]) => consult(textsOf(some, program));
	const before = flagsOf(items);
	const isWanted = (flag: string) => names.some((name) => matchesTextGlob(name, flag));
	if (before === undefined || !before.flags.some(isWanted)) return plainlyWithoutOne(items, names, before);
	const others = before.flags.filter((flag) => !isWanted(flag));
	const isGood = (some: readonly Item[]) => {
		const after = flagsOf(some);
		if (after === undefined || after.subcommands.join(' ') !== before.subcommands.join(' ')) return false;
		const left = after.flags.filter((flag) => !isWanted(flag));
		const wanted = (flags: readonly string[]) => flags.filter(isWanted).length;
		const fewer = wanted(after.flags) < wanted(before.flags) || some.length < items.length;
		return fewer && others.length === left.length && others.every((flag) => left.includes(flag));
	};
	for (const [index, { text }] of items.entries()) {
		if (index === 0 || text === null || !/^-./.test(text) || text === '--') continue;
		// Alone after the sub-commands, does this word mean one of the flags, and nothing else?
		const [name = text] = text.split('=', 1);
		const alone = consult([program, ...subcommands, text]);
		const isAlone = alone?.flags.length === 1 && alone.flags.every(isWanted);
		const takesValue = isAlone && name === text && !isUnclear([program, ...subcommands, text, '--trapgate-probe']);
		const shorter = isAlone ? items.toSpliced(index, takesValue ? 2 : 1) : undefined;
		if (shorter !== undefined && isGood(shorter)) return shorter;
		for (const cluster of clustersWithout(text)) {
			const changed = items.with(index, { text: cluster, word: { put: cluster } });
			const after = flagsOf(changed);
			if (after !== undefined && !after.flags.some(isWanted) && isGood(changed)) return changed;
		}
	}
	return undefined;
}

/** `-nm` → `-m`, `-n`. */
function clustersWithout(text: string): string[] {
	if (!/^-[A-Za-z0-9]{2,}/.test(text)) return [];
	const letters = text.slice(1, 1 + mostLetters);
	return [...letters].map((_, at) => `-${text.slice(1, 1 + at)}${text.slice(2 + at)}`);
}

const mostLetters = 16;

/** Of a program whose flags nobody knows, a word that is the flag. */
function plainlyWithoutOne(
	items: readonly Item[],
	names: readonly string[],
	known: Command | undefined,
): Item[] | undefined {
	if (known !== undefined && known.flags.length > 0) return undefined;
	const end = items.findIndex(({ text }) => text === '--');
	const at = items.findIndex(
		({ text }, index) => index > 0 && names.some((name) => text === name || text?.startsWith(`${name}=`)),
	);
	return at === -1 || (end !== -1 && at > end) ? undefined : items.toSpliced(at, 1);
}

/** The arguments without the words that are the first `depth` sub-commands; undefined when they can't be told. */
function withoutSubcommands(
	args: readonly Item[],
	depth: number,
	{ program, subcommands }: Command,
	{ consult }: Stand,
): readonly Item[] | undefined {
	const read = (some: readonly Item[]) => consult([program, ...some.map(({ text }) => text ?? placeholder)]);
	const found = new Set<number>();
	for (let turn = 0; turn < depth; turn++) {
		const wanted = subcommands[turn];
		const before = subcommands.slice(0, turn);
		const at = args.findIndex((item, index) => {
			const { text } = item;
			if (text === null || text.startsWith('-') || found.has(index)) return false;
			// Of a program whose sub-commands nobody knows, the first words are them.
			if (wanted === undefined) return true;
			const isOne = text === wanted || consult([program, ...before, text])?.subcommands[turn] === wanted;
			return isOne && read(args.with(index, put(placeholder)))?.subcommands[turn] !== wanted;
		});
		if (at === -1) return undefined;
		found.add(at);
	}
	return args.filter((_, index) => !found.has(index));
}
