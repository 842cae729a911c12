// The new words of one command: something before it, another program, flags left out.
import type { Command, NewWord } from '../abi/command.ts';
import { firstCount, type Item, placeholder, withoutFlag } from './command-drop.ts';
import type { Hit } from './command-hits.ts';
import { baseName, isUnsure, namesOf, patternDepth } from './command-pattern.ts';
import type { Stand } from './command-test.ts';
import type { RuleOf } from './compiled.ts';

export type NewWords = { readonly words: readonly NewWord[] } | { readonly refused: string };

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
	let items: readonly Item[] = command.argv.map((text, index) => ({ text, word: { keep: index } }));
	const refused = (why: string): NewWords => ({ refused: why });
	for (const flag of rewrite.drop_flags ?? []) {
		// A rule need not match the program that the command becomes: the flag must be gone for certain.
		if (mayHoldMoreFlags(command)) return refused(`Whether \`${flag}\` is there can't be told.`);
		const left = withoutFlag(items, flag, command, site);
		if (left === undefined) return refused(`\`${flag}\` can't be left out here without changing more.`);
		items = left;
	}

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

function mayHoldMoreFlags(command: Command): boolean {
	return isUnsure(command, 'flags') && (command.isOpenEnded || command.argv.includes(null));
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
		const isWord = (index: number) => args[index]?.text?.startsWith('-') === false && !found.has(index);
		// Of a program whose sub-commands nobody knows, the first words are them.
		const at =
			wanted === undefined
				? args.findIndex((_, index) => isWord(index))
				: firstCount(args.length, (count) => read(args.slice(0, count))?.subcommands[turn] === wanted) - 1;
		if (!isWord(at)) return undefined;
		if (wanted !== undefined && read(args.with(at, put(placeholder)))?.subcommands[turn] === wanted) return undefined;
		found.add(at);
	}
	return args.filter((_, index) => !found.has(index));
}
