// `drop_flags`: a command's words without a flag, wherever it stands: alone, with its value, or among other letters.
import type { Command, NewWord } from '../abi/command.ts';
import { canonicalFlags, type Stand } from './command-test.ts';
import { matchesTextGlob } from './text-glob.ts';

/** One argument on its way: what it says, as far as that is known, and what becomes of it. */
export interface Item {
	readonly text: string | null;
	readonly word: NewWord;
}

/** A stand-in for words that are not known, or are taken away for a try. */
export const placeholder = 'trapgate-placeholder';

/** Each time a flag is looked for, all words are read again a few times. */
const mostOfOneFlag = 4;
const mostWords = 1_000;

/** The items without a flag; undefined when it can't be taken out everywhere without changing anything else. */
export function withoutFlag(
	items: readonly Item[],
	flag: string,
	command: Command,
	stand: Stand,
): readonly Item[] | undefined {
	const names = canonicalFlags(flag, command, stand.consult);
	const isWanted = (one: string) => names.some((name) => matchesTextGlob(name, one));
	const reader = { stand, command, isWanted };
	let rest = items;
	for (let turn = 0; turn <= mostOfOneFlag; turn++) {
		const known = read(rest, reader);
		const isRead = known !== undefined && known.flags.length > 0;
		const place = isRead ? undefined : plainPlace(rest, names);
		if (isRead ? !known.flags.some(isWanted) : place === undefined) return rest;
		if (rest.length > mostWords) return undefined;
		const next = place === undefined ? withoutFirst(rest, known as Command, reader) : rest.toSpliced(place, 1);
		if (next === undefined) return undefined;
		rest = next;
	}
	return undefined;
}

interface Reader {
	readonly stand: Stand;
	readonly command: Command;
	readonly isWanted: (flag: string) => boolean;
}

function read(items: readonly Item[], { stand, command: { program } }: Reader): Command | undefined {
	return stand.consult(items.map(({ text }, index) => (index === 0 ? program : (text ?? placeholder))));
}

/** Without the first word that gives the flag, or without its letter there; undefined when that changes another flag. */
function withoutFirst(items: readonly Item[], known: Command, reader: Reader): readonly Item[] | undefined {
	const { stand, command, isWanted } = reader;
	const begin = [command.program, ...command.subcommands];
	// What follows an option that takes a value gives no flag.
	const index = firstCount(items.length, (count) => givesFlag(items, count, reader)) - 1;
	const text = items[index]?.text;
	if (text === null || text === undefined || !/^-./.test(text)) return undefined;
	const others = known.flags.filter((flag) => !isWanted(flag));
	const isGood = (some: readonly Item[]) => {
		const after = read(some, reader);
		const left = after?.flags.filter((flag) => !isWanted(flag)) ?? [];
		const isSamePart = after?.subcommands.join(' ') === known.subcommands.join(' ');
		return isSamePart && others.length === left.length && others.every((flag) => left.includes(flag));
	};
	const alone = stand.consult([...begin, text])?.flags ?? [];
	if (alone.length === 1 && alone.every(isWanted)) {
		const shorter = items.toSpliced(index, takesNext([...begin, text], stand) ? 2 : 1);
		return isGood(shorter) ? shorter : undefined;
	}
	return clustersWithout(text)
		.filter((cluster) => stand.consult([...begin, cluster])?.flags.some(isWanted) === false)
		.map((cluster) => items.with(index, { text: cluster, word: { put: cluster } }))
		.find((changed) => !givesFlag(changed, index + 1, reader) && isGood(changed));
}

/** Is the word after an option its value? Then it is no option itself, not even one that nobody knows. */
function takesNext(argv: readonly string[], { consult, isUnclear }: Stand): boolean {
	const probe = [...argv, '--trapgate-probe'];
	return (
		argv.at(-1)?.includes('=') === false && !isUnclear(probe) && !consult(probe)?.flags.includes('--trapgate-probe')
	);
}

/** The smallest number from 1 to `most` that is enough; `most` where none is. More than enough is enough, too. */
export function firstCount(most: number, isEnough: (count: number) => boolean): number {
	let [low, high] = [1, most];
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		if (isEnough(middle)) high = middle;
		else low = middle + 1;
	}
	return low;
}

/** Is the flag there, were the words from `end` on no options? */
function givesFlag(items: readonly Item[], end: number, reader: Reader): boolean {
	const operands = items.slice(end).filter(({ text }) => text !== null && !text.startsWith('-'));
	return read([...items.slice(0, end), ...operands], reader)?.flags.some(reader.isWanted) === true;
}

const mostLetters = 16;

/** `-nm` → `-m`, `-n`. */
function clustersWithout(text: string): string[] {
	if (!/^-[A-Za-z0-9]{2,}/.test(text)) return [];
	const letters = text.slice(1, 1 + mostLetters);
	return [...letters].map((_, at) => `-${text.slice(1, 1 + at)}${text.slice(2 + at)}`);
}

/** Of a program whose flags nobody knows, the first word that is the flag. */
function plainPlace(items: readonly Item[], names: readonly string[]): number | undefined {
	const end = items.findIndex(({ text }) => text === '--');
	const at = items.findIndex(
		({ text }, index) => index > 0 && names.some((name) => text === name || text?.startsWith(`${name}=`)),
	);
	return at === -1 || (end !== -1 && at > end) ? undefined : at;
}
