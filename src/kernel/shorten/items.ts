// Keeps the first and last parts of a list that is read in order: whole items, and of the one where room ends a part.
import { isJsonObject, type Json, member } from '../../abi/json.ts';
import type { Truncation } from '../../policy/rule.ts';
import { endOfHead, startOfTail } from '../../text/cut.ts';
import { partedAt } from '../screen.ts';
import { charactersOf } from './size.ts';

export interface ItemTerms {
	/** Characters for the whole list, commas and gap included. */
	readonly room: number;
	readonly keep: Truncation['keep'];
	/** The item that stands where something of that many characters is left out. */
	readonly gap: (characters: number) => Json;
}

/** The list itself when it fits. At an end that is left out there is no gap: the notice says which parts are here. */
export function shortenItems(items: readonly Json[], { room, keep, gap }: ItemTerms): readonly Json[] {
	const sizes = items.map(sizeInList);
	const total = sum(sizes);
	if (total <= room) return items;
	if (keep === 'head') return takeHead(items, sizes, room).items;
	if (keep === 'tail') return takeTail(items, sizes, room).items;
	const both = room - sizeInList(gap(total));
	const head = takeHead(items, sizes, Math.floor(both / 2));
	const tail = takeTail(items, sizes, both - head.characters);
	return [...head.items, gap(total - head.characters - tail.characters), ...tail.items];
}

/** Characters of the items, each with the comma behind it. */
export function sizeOfList(items: readonly Json[]): number {
	return sum(items.map(sizeInList));
}

interface Taken {
	readonly items: readonly Json[];
	readonly characters: number;
}

function takeHead(items: readonly Json[], sizes: readonly number[], room: number): Taken {
	const whole = countThatFit(sizes, room);
	const taken = items.slice(0, whole);
	const characters = sum(sizes.slice(0, whole));
	const part = partOf(items[whole], room - characters, (text, left) => text.slice(0, endOfHead(text, left)));
	return part === undefined
		? { items: taken, characters }
		: { items: [...taken, part], characters: characters + sizeInList(part) };
}

function takeTail(items: readonly Json[], sizes: readonly number[], room: number): Taken {
	const whole = countThatFit([...sizes].reverse(), room);
	const from = items.length - whole;
	const taken = items.slice(from);
	const characters = sum(sizes.slice(from));
	const part = partOf(items[from - 1], room - characters, (text, left) =>
		honestTail(text.slice(startOfTail(text, left))),
	);
	return part === undefined
		? { items: taken, characters }
		: { items: [part, ...taken], characters: characters + sizeInList(part) };
}

/** Where a cut falls is up to whoever wrote the text; what begins there may not speak in the kernel's name. */
function honestTail(text: string): string {
	return text.slice(partedAt(text) ?? 0);
}

function countThatFit(sizes: readonly number[], room: number): number {
	let left = room;
	const stop = sizes.findIndex((size) => {
		left -= size;
		return left < 0;
	});
	return stop < 0 ? sizes.length : stop;
}

/** The item with a part of its text, when it has one and there is room for some of it. */
function partOf(item: Json | undefined, room: number, cut: (text: string, room: number) => string): Json | undefined {
	const place = item === undefined ? undefined : textPlaces.find((path) => typeof textAt(item, path) === 'string');
	if (item === undefined || place === undefined) return undefined;
	const text = cut(textAt(item, place) as string, room - sizeInList(withText(item, place, '')));
	return text === '' ? undefined : withText(item, place, text);
}

/** Where the text of a content block, of an embedded resource, of a message and of a resource's contents stands. */
const textPlaces: readonly (readonly string[])[] = [
	['text'],
	['resource', 'text'],
	['content', 'text'],
	['content', 'resource', 'text'],
];

function textAt(item: Json, path: readonly string[]): Json | undefined {
	return path.reduce<Json | undefined>((value, name) => member(value, name), item);
}

function withText(item: Json, [name = '', ...rest]: readonly string[], text: string): Json {
	if (!isJsonObject(item)) return item;
	return { ...item, [name]: rest.length === 0 ? text : withText(item[name] ?? null, rest, text) };
}

/** With the comma behind it. */
function sizeInList(item: Json): number {
	return charactersOf(item) + 1;
}

function sum(numbers: readonly number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
