// Which raw text has to change so that a command gets other words.
import type { NewWord } from '../abi/command.ts';
import type { Splice } from './lift.ts';
import { encode, isWritable, type Position, quoteWord } from './quote.ts';
import type { Layer, Quoting, Word } from './word.ts';
import { isStatic } from './word-parts.ts';

/** A change in the text in which the words stand. */
export interface Change {
	readonly layer: Layer;
	readonly splice: Splice;
}

/** Kept words and what happens between two of them. */
interface Step {
	/** The kept word before and the one after, by index; undefined at the ends. */
	readonly last: number | undefined;
	readonly next: number | undefined;
	/** Indices of words that go. */
	readonly dropped: readonly number[];
	readonly put: readonly string[];
	/** Where the first new word stands. */
	readonly position: Position;
}

type Place = NonNullable<Word['place']>;

interface Stand extends Place {
	/** Set for a part of a raw word: how its letters are quoted. */
	readonly quoting?: Quoting;
}

/** The smallest changes that give a command the words `argv`, or a reason why there are none that are exact. */
export function changesFor(words: readonly Word[], argv: readonly NewWord[]): readonly Change[] | string {
	const steps = stepsOf(words.length, argv);
	if (typeof steps === 'string') return steps;
	const changes: Change[] = [];
	const sharing = sharedPlaces(words);
	for (const step of steps) {
		const own = changesOf(step, words, sharing);
		if (typeof own === 'string') return own;
		changes.push(...own);
	}
	return changes;
}

function stepsOf(count: number, argv: readonly NewWord[]): readonly Step[] | string {
	if (argv.length === 0) return 'a command needs a program';
	const steps: Step[] = [];
	let last: number | undefined;
	let put: string[] = [];
	const close = (next: number | undefined, position: Position) => {
		const dropped = range((last ?? -1) + 1, next ?? count);
		if (put.length > 0 || dropped.length > 0) steps.push({ last, next, dropped, put, position });
		put = [];
	};
	let position: Position = 'program';
	for (const word of argv) {
		if ('put' in word) {
			if (!isWritable(word.put)) return 'the new text has characters that no argument can hold';
			put.push(word.put);
			continue;
		}
		const { keep } = word;
		if (!Number.isInteger(keep) || keep < 0 || keep >= count) return `there is no word ${keep} to keep`;
		if (last !== undefined && keep <= last) return 'words that are kept must keep their order';
		close(keep, position);
		last = keep;
		position = 'argument';
	}
	close(undefined, position);
	return steps;
}

function range(start: number, end: number): readonly number[] {
	return Array.from({ length: Math.max(0, end - start) }, (_, at) => start + at);
}

function changesOf(step: Step, words: readonly Word[], sharing: ReadonlySet<Word>): readonly Change[] | string {
	const { dropped } = step;
	if (dropped.length === 0) return insertion(step, words);
	const stands: Stand[] = [];
	for (const index of dropped) {
		const stand = ownStand(words[index], sharing);
		if (typeof stand === 'string') return stand;
		stands.push(stand);
	}
	return stands.map((stand, at) => {
		if (at === 0 && step.put.length > 0) return replacement(stand, step);
		return removal(stand, step.last === undefined && step.put.length === 0);
	});
}

function insertion({ last, next, put, position }: Step, words: readonly Word[]): readonly Change[] | string {
	const [left, right] = [words[last ?? -1], words[next ?? -1]];
	if (left?.place && right?.place && overlaps(left.place, right.place)) {
		return 'one expansion makes the words on both sides of the new one';
	}
	// After a word is the better place: what follows may be a redirection.
	const stand = standOf(left);
	if (stand) {
		const { layer, end } = stand;
		const text = spelled(` ${written(put, position, layer.text[end])}`, stand, end);
		return [{ layer, splice: { start: end, end, text, side: 'after-last' } }];
	}
	const behind = last === undefined ? standOf(right) : undefined;
	if (behind) {
		const { layer, start } = behind;
		const text = spelled(`${written(put, position, ' ')} `, behind, start);
		return [{ layer, splice: { start, end: start, text, side: 'before-next' } }];
	}
	return 'the word beside the new one does not stand in the text as a word of its own';
}

function replacement(stand: Stand, { put, position }: Step): Change {
	const { layer, start, end } = stand;
	const text = spelled(written(put, position, layer.text[end]), stand, start);
	return { layer, splice: { start, end, text, side: 'before-next' } };
}

function removal({ layer, start, end }: Stand, isFirst: boolean): Change {
	const { text } = layer;
	// The first word goes with the blanks behind it: those before it may part it from a keyword.
	if (isFirst) return { layer, splice: { start, end: blanksAfter(text, end), text: '', side: 'before-next' } };
	// `x 2 -B>o` must not become `x 2>o`.
	const isBeforeArrow = text[end] === '<' || text[end] === '>';
	return {
		layer,
		splice: { start: isBeforeArrow ? start : blanksBefore(text, start), end, text: '', side: 'after-last' },
	};
}

/** A word that is a part of another one is written in the quotes of that. */
function spelled(text: string, { layer, quoting }: Stand, at: number): string {
	return quoting === undefined ? text : encode(text, quoting, layer.text.slice(Math.max(0, at - 12), at));
}

/** The new words as they are written one after the other; a number right before an arrow would be a file descriptor. */
function written(put: readonly string[], position: Position, follower: string | undefined): string {
	const isBeforeArrow = follower === '<' || follower === '>';
	return put
		.map((text, at) => {
			const isLast = at === put.length - 1;
			if (isBeforeArrow && isLast && /^\d+$/.test(text)) return `'${text}'`;
			return quoteWord(text, at === 0 ? position : 'argument');
		})
		.join(' ');
}

/** Where a word stands that is written letter by letter and is nobody else's. */
function ownStand(word: Word | undefined, sharing: ReadonlySet<Word>): Stand | string {
	const stand = standOf(word);
	if (!word?.place || !stand) return 'a word to remove does not stand in the text as a word of its own';
	const raw = word.place.layer.text.slice(word.place.start, word.place.end);
	if (!isStatic(word) || word.origins?.()?.length !== word.value.length) {
		return `the word \`${raw}\` comes from an expansion`;
	}
	return sharing.has(word) ? `one expansion makes several words of \`${raw}\`` : stand;
}

/** Words that have their raw text in common. */
function sharedPlaces(words: readonly Word[]): ReadonlySet<Word> {
	const sharing = new Set<Word>();
	const seen = new Map<Layer, Word[]>();
	for (const word of words) {
		if (!word.place) continue;
		const group = seen.get(word.place.layer);
		if (group) group.push(word);
		else seen.set(word.place.layer, [word]);
	}
	for (const group of seen.values()) {
		const sorted = group.sort((one, other) => (one.place?.start ?? 0) - (other.place?.start ?? 0));
		/** The one that reaches furthest so far. */
		let furthest: Word | undefined;
		for (const word of sorted) {
			if (furthest?.place && word.place && overlaps(furthest.place, word.place)) sharing.add(word).add(furthest);
			if ((word.place?.end ?? 0) > (furthest?.place?.end ?? -1)) furthest = word;
		}
	}
	return sharing;
}

function overlaps(one: Place, other: Place): boolean {
	return one.layer === other.layer && one.start < other.end && other.start < one.end;
}

/** Where a raw word stands, or the letters of a part of one: the program in `env -S "python3 x"`. */
function standOf(word: Word | undefined): Stand | undefined {
	if (!word?.place) return undefined;
	const { layer, start, end } = word.place;
	const letters = word.origins?.();
	const [first, last] = [letters?.[0], letters?.at(-1)];
	const isInQuotes = first?.start === start && first.quoting !== 'bare';
	if (!isInQuotes && startsAlone(layer.text, start) && endsAlone(layer.text, end)) return { layer, start, end };
	return first && last && { layer, start: first.start, end: last.end, quoting: first.quoting };
}

const boundary = /[ \t\n;&|()<>`]/;

function startsAlone(text: string, at: number): boolean {
	const before = text[at - 1];
	if (before === undefined || before === '\n') return true;
	return boundary.test(before) && text[at - 2] !== '\\';
}

function endsAlone(text: string, at: number): boolean {
	const next = text[at];
	return next === undefined || boundary.test(next) || (next === '\\' && text[at + 1] === '\n');
}

const blank = /[ \t]/;

/** Where the blanks and continued lines before `at` begin. */
function blanksBefore(text: string, at: number): number {
	let start = at;
	for (;;) {
		if (blank.test(text[start - 1] ?? '')) start -= 1;
		else if (text[start - 1] === '\n' && text[start - 2] === '\\' && text[start - 3] !== '\\') start -= 2;
		else return start;
	}
}

function blanksAfter(text: string, at: number): number {
	let end = at;
	for (;;) {
		if (blank.test(text[end] ?? '')) end += 1;
		else if (text[end] === '\\' && text[end + 1] === '\n') end += 2;
		else return end;
	}
}
