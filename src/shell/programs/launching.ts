// Ways to launch what an argv holds: its tail, a text, a text split at blanks.
import type { Fact } from '../../abi/command.ts';
import type { Around, Launch, ProgramGap, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic, literal } from '../word-parts.ts';

/** What a launch changes for the program it starts. */
export type Terms = Pick<Launch, 'as' | 'elsewhere' | 'env' | 'cwd' | 'isVirtual' | 'placeholder' | 'dialect'>;

/** Some number of words that nobody knows: what input appends. */
export const wordsFromInput: Word = { value: undefined, pieces: [null], splits: true };

/** The argv from `from` on is a program with its arguments. With nothing left, input may still name the program. */
export function launchTail(argv: readonly Word[], from: number, around: Around, terms: Terms = {}): Reading {
	const tail = argv.slice(from);
	if (tail.length === 0) return around.isOpenEnded ? { gaps: [fromInput] } : {};
	return { launches: [{ kind: 'argv', argv: tail, ...(around.isOpenEnded && { isOpenEnded: true }), ...terms }] };
}

/** The argv from `from` on is joined by blanks and read by a shell, as `ssh` and `watch` do. */
export function launchJoined(argv: readonly Word[], from: number, around: Around, terms: Terms = {}): Reading {
	const tail = argv.slice(from);
	if (tail.length === 0) return around.isOpenEnded ? { gaps: [fromInput] } : {};
	const words = around.isOpenEnded ? [...tail, wordsFromInput] : tail;
	return { launches: [{ kind: 'script', words, ...terms }] };
}

/** A text that a shell reads. */
export function scriptLaunch(text: Word, terms: Terms = {}, positional?: readonly Word[]): Launch {
	return { kind: 'script', words: [text], ...(positional && { positional }), ...terms };
}

/** A text that is split at blanks and executed without a shell, as `rsync -e` does. */
export function splitLaunch(text: Word, terms: Terms = {}): Launch {
	const argv = splitAtBlanks(text);
	return argv.length > 0 ? { kind: 'argv', argv, ...terms } : scriptLaunch(text, terms);
}

/**
 * The words of a text, split at blanks, quotes kept together and removed; each remembers where it stands if it is unquoted.
 * Words from the first unknown piece on are one word that splits. Empty when not even the first word is known.
 */
export function splitAtBlanks(text: Word): readonly Word[] {
	const known = isStatic(text) ? text.value : (text.pieces[0] ?? '');
	const words: Word[] = [];
	const pattern = /(?:[^\s'"]|'[^']*'|"[^"]*")+/g;
	let end = 0;
	for (const match of known.matchAll(pattern)) {
		end = match.index + match[0].length;
		const isQuoted = /['"]/.test(match[0]);
		words.push(isQuoted ? literal(match[0].replace(/['"]/g, '')) : between(text, match.index, end));
	}
	if (isStatic(text)) return words;
	// What touches the unknown piece may go on in it.
	if (end === known.length) words.pop();
	return words.length > 0 ? [...words, wordsFromInput] : [];
}

/** The characters of a word from `start` to `end`, as a word that stands there. Both have to lie in its known start. */
export function between(word: Word, start: number, end: number): Word {
	const value = (word.value ?? word.pieces[0] ?? '').slice(start, end);
	const { origins, place } = word;
	if (!origins || !place || word.value === undefined) return literal(value);
	const own = () => origins()?.slice(start, end);
	const [first, last] = [own()?.[0], own()?.at(-1)];
	if (!first || !last) return literal(value);
	return {
		value,
		pieces: [value],
		splits: false,
		place: { ...place, start: first.start, end: last.end },
		origins: own,
	};
}

/** Several readings of one argv as one. */
export function merged(...readings: readonly Reading[]): Reading {
	const list = <T>(pick: (reading: Reading) => readonly T[] | undefined) => readings.flatMap((one) => pick(one) ?? []);
	const [unsure, launches, gaps] = [list((one) => one.unsure), list((one) => one.launches), list((one) => one.gaps)];
	const flags = list((one) => one.flags);
	const facts: Record<string, Fact> = {};
	for (const reading of readings) {
		for (const [name, fact] of Object.entries(reading.facts ?? {})) {
			const known = facts[name];
			facts[name] = Array.isArray(known) && Array.isArray(fact) ? [...new Set([...known, ...fact])] : fact;
		}
	}
	return {
		subcommands: list((one) => one.subcommands),
		flags: [...new Set(flags)],
		facts,
		...(unsure.length > 0 && { unsure: [...new Set(unsure)] }),
		...(launches.length > 0 && { launches }),
		...(gaps.length > 0 && { gaps }),
		...(readings.some((one) => one.mayRunArguments) && { mayRunArguments: true }),
	};
}

export const fromInput: ProgramGap = { kind: 'input', detail: 'the program comes from input' };

/** What a variable that is set for this very command makes the program start: `MANPAGER`, `RSYNC_RSH`. */
export function fromVariables(around: Around, names: readonly string[], how: 'script' | 'split' = 'script'): Reading {
	const launches: Launch[] = [];
	const gaps: ProgramGap[] = [];
	for (const name of names) {
		if (!around.env.has(name)) continue;
		const text = around.env.get(name);
		if (!text) gaps.push({ kind: 'environment', detail: `\`${name}\` names a program and is known only at run time` });
		else if (text.value !== '') launches.push(how === 'split' ? splitLaunch(text) : scriptLaunch(text));
	}
	return { ...(launches.length > 0 && { launches }), ...(gaps.length > 0 && { gaps }) };
}

/** A glob of paths: no file name of that form can be an option, so it is no threat to the layout. */
export function isPathGlob(word: Word): boolean {
	if (word.paths) return true;
	if (!word.splits || !word.place) return false;
	const raw = word.place.layer.text.slice(word.place.start, word.place.end);
	return /^[\w./*?[\]@%+,:=~-]+$/.test(raw) && (/^[^-*?[]/.test(raw) || /^[*?]+\//.test(raw));
}
