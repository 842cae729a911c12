// What a variable may hold: one of several texts, each known, partly known or not at all.
import { limits } from './limits.ts';

/** A stretch of text that is not known. A steady one holds no blanks and no globs: a number, a directory. */
export interface Hole {
	readonly isSteady: boolean;
	/** It is a path that one of these globs matches: the variable of a loop over them. */
	readonly paths?: readonly string[];
}

export type Piece = string | Hole;

/** Known and unknown stretches in turn; no two strings in a row, none empty. */
export type Text = readonly Piece[];

export interface Value {
	/** At least one; the value is one of them. For an array, that of its element 0. */
	readonly choices: readonly Text[];
	/** Elements of an array by key, in order; absent for a plain value. */
	readonly elements?: ReadonlyMap<string, Text>;
	/** It is handed to the programs that are started. */
	readonly isExported?: boolean;
	/** It stands for another variable: `declare -n`. */
	readonly refersTo?: string;
	/** It may stand for another variable, and which one is not known. */
	readonly mayRefer?: boolean;
	/** It may be an array with elements that are not known. */
	readonly isArray?: boolean;
	/** An array whose keys are texts, in an order that nobody knows: `declare -A`. */
	readonly isHashed?: boolean;
	/** What is assigned to it changes on the way (`declare -i`, `-l`, `-u`), or may be assigned again at any time (a trap). */
	readonly isOdd?: boolean;
	/** An assignment may fail. */
	readonly isReadonly?: boolean;
}

export const freeHole: Hole = { isSteady: false };
export const steadyHole: Hole = { isSteady: true };
/** What PATH was before the text, and HOME. */
export const pathHole: Hole = { isSteady: true };
export const homeHole: Hole = { isSteady: true };
export const emptyText: Text = [];
export const freeText: Text = [freeHole];
export const steadyText: Text = [steadyHole];
export const unknownValue: Value = { choices: [freeText] };
export const unknownArray: Value = { choices: [freeText], isArray: true };
/** What a variable holds of which not even that is known whether it was set. */
export const forgottenValue: Value = { choices: [freeText], isArray: true };
export const numberValue: Value = { choices: [steadyText] };

export function textOf(known: string): Text {
	return known === '' ? emptyText : [known];
}

/** The text as a string; undefined when a part of it is not known. */
export function knownText(text: Text): string | undefined {
	if (text.length === 0) return '';
	const [first] = text;
	return text.length === 1 && typeof first === 'string' ? first : undefined;
}

/** The one string that a value is, if there is only one and it is known. */
export function knownValue(value: Value | undefined): string | undefined {
	const [only, another] = value?.choices ?? [];
	return only && !another ? knownText(only) : undefined;
}

export function concat(left: Text, right: Text): Text {
	if (left.length === 0) return right;
	if (right.length === 0) return left;
	const [last, first] = [left.at(-1), right[0]];
	if (typeof last === 'string' && typeof first === 'string') {
		return [...left.slice(0, -1), last + first, ...right.slice(1)];
	}
	return [...left, ...right];
}

/** All of them in a row, with the same text between each two. */
export function joinTexts(texts: readonly Text[], between = ''): Text {
	const pieces: Piece[] = [];
	let known = '';
	for (const [at, text] of texts.entries()) {
		if (at > 0) known += between;
		for (const piece of text) {
			if (typeof piece === 'string') {
				known += piece;
				continue;
			}
			if (known !== '') pieces.push(known);
			known = '';
			pieces.push(piece);
		}
	}
	if (known !== '') pieces.push(known);
	return pieces;
}

export function textLength(text: Text): number {
	let length = 0;
	for (const piece of text) length += typeof piece === 'string' ? piece.length : 1;
	return length;
}

/** Applies a change to every known choice; one that is not known becomes unknown. */
export function mapKnown(choices: readonly Text[], change: (known: string) => string | undefined): readonly Text[] {
	return distinct(
		choices.map((choice) => {
			const known = knownText(choice);
			const changed = known === undefined ? undefined : change(known);
			return changed === undefined ? freeText : textOf(changed);
		}),
	);
}

/** Without repetitions; more than a few choices are as good as none. */
export function distinct(choices: readonly Text[]): readonly Text[] {
	if (choices.length < 2) return choices;
	const seen = new Map<string, Text>();
	for (const choice of choices) {
		seen.set(keyOf(choice), choice);
		if (seen.size > limits.choices) return [freeText];
	}
	return [...seen.values()];
}

/** One value that may be either. */
export function joinValues(left: Value, right: Value): Value {
	if (left === right) return left;
	const choices = distinct([...left.choices, ...right.choices]);
	const isExported = left.isExported || right.isExported;
	const refersTo = left.refersTo === right.refersTo ? left.refersTo : undefined;
	const isLost = left.refersTo !== right.refersTo;
	const isSame = sameElements(left, right);
	const has = (flag: 'isHashed' | 'isOdd' | 'isReadonly') => left[flag] || right[flag];
	return {
		choices: isLost ? [freeText] : choices,
		...(isSame && left.elements && { elements: left.elements }),
		...((!isSame || left.isArray || right.isArray) && { isArray: true }),
		...(isExported && { isExported }),
		...(refersTo !== undefined && { refersTo }),
		...((isLost || left.mayRefer || right.mayRefer) && { mayRefer: true }),
		...(has('isHashed') && { isHashed: true }),
		...(has('isOdd') && { isOdd: true }),
		...(has('isReadonly') && { isReadonly: true }),
	};
}

/** What a variable holds once `next` is assigned to it. */
export function assigned(before: Value | undefined, next: Value): Value {
	const isHashed = next.isHashed ?? before?.isHashed;
	const given = next.elements && !isHashed && !hasIndexes(next.elements) ? unknownArray : next;
	if (!before) return given;
	const value: Value = {
		...given,
		...(before.isOdd && { choices: [freeText] }),
		...(isHashed && { isHashed }),
		...((before.isOdd || given.isOdd) && { isOdd: true }),
		...((before.isReadonly || given.isReadonly) && { isReadonly: true }),
		...withOldElements(before, given),
	};
	return before.isReadonly ? joinValues(before, value) : value;
}

/** Longer arrays are not followed. */
export const mostElements = 512;

/** An array keeps its other elements when its first one is assigned by the name alone. */
function withOldElements(before: Value, next: Value): Pick<Value, 'elements' | 'isArray'> {
	if (next.elements || next.isArray) return {};
	const [only, another] = next.choices;
	// Each one is a copy of all.
	if (before.elements && before.elements.size <= mostElements && only && !another && !before.isOdd) {
		return { elements: new Map([...before.elements, ['0', only]]), ...(before.isArray && { isArray: true }) };
	}
	return before.elements || before.isArray ? { isArray: true } : {};
}

function hasIndexes(elements: ReadonlyMap<string, Text>): boolean {
	for (const key of elements.keys()) if (!/^(?:0|[1-9]\d*)$/.test(key)) return false;
	return true;
}

/** Whether everything `part` may be is something `whole` may be. */
export function covers(whole: Value, part: Value): boolean {
	if (whole === part) return true;
	if (whole.refersTo !== part.refersTo || (!whole.isArray && !sameElements(whole, part))) return false;
	if ((part.isArray && !whole.isArray) || (part.isOdd && !whole.isOdd) || (part.isReadonly && !whole.isReadonly))
		return false;
	if (part.mayRefer && !whole.mayRefer) return false;
	const keys = new Set(whole.choices.map(keyOf));
	return part.choices.every((choice) => keys.has(keyOf(choice)) || keys.has(freeKey));
}

function sameElements(left: Value, right: Value): boolean {
	const [mine, others] = [left.elements, right.elements];
	if (mine === others) return true;
	if (!mine || !others || mine.size !== others.size) return false;
	for (const [key, text] of mine) {
		const other = others.get(key);
		if (!other || keyOf(other) !== keyOf(text)) return false;
	}
	return true;
}

function keyOf(text: Text): string {
	return text
		.map((piece) =>
			typeof piece === 'string'
				? `=${piece}`
				: piece.isSteady
					? '\u0001'
					: `\u0002${piece.paths?.join('\u0003') ?? ''}`,
		)
		.join('\u0000');
}

const freeKey = keyOf(freeText);
