// A record on its way into the file: each member is written as JSON once, and stands in two orders.
import { canonicalJson, sha256 } from './chain.ts';
import { placeOf, readingOrder } from './record.ts';

/** A record as it goes into the file. */
export interface SealedRecord {
	/** Without a line break; members in the order people read them. */
	readonly line: string;
	/** SHA-256 over the canonical JSON of the record without this member. */
	readonly hash: string;
}

/** A value as JSON. */
export interface MemberText {
	/** With sorted members, as the hash covers it. */
	readonly canonical: string;
	/** With members in the order they came in. */
	readonly read: string;
}

export class Draft {
	/** By place in the reading order. */
	readonly #canonical = new Array<string | undefined>(readingOrder.length).fill(undefined);
	/** Of those that read otherwise; few records have any. */
	#read: Map<number, string> | undefined;

	has(name: string): boolean {
		return this.#canonical[place(name)] !== undefined;
	}

	/** Sets a member; undefined means that there is none. Throws TypeError for a name that no record has. */
	set(name: string, value: unknown): this {
		if (typeof value === 'object' && value !== null) return this.setText(name, memberText(value));
		return value === undefined ? this : this.setJson(name, String(JSON.stringify(value)));
	}

	/** Sets a member that is JSON already, the same in both orders. */
	setJson(name: string, json: string): this {
		const at = place(name);
		this.#canonical[at] = json;
		this.#read?.delete(at);
		return this;
	}

	setText(name: string, { canonical, read }: MemberText): this {
		const at = place(name);
		this.#canonical[at] = canonical;
		if (read === canonical) {
			this.#read?.delete(at);
			return this;
		}
		this.#read ??= new Map();
		this.#read.set(at, read);
		return this;
	}

	/** The record so far, as a value. */
	value(): Record<string, unknown> {
		return JSON.parse(this.#joined(canonicalPlaces)) as Record<string, unknown>;
	}

	/** Nothing can be added to it any more that its hash would cover. */
	seal(): SealedRecord {
		const hash = sha256(this.#joined(canonicalPlaces));
		this.#canonical[hashPlace] = `"${hash}"`;
		return { line: this.#joined(readingPlaces, this.#read), hash };
	}

	#joined(places: readonly number[], others?: ReadonlyMap<number, string>): string {
		let text = '';
		for (const at of places) {
			const own = this.#canonical[at];
			if (own !== undefined) text += (text === '' ? first : following)[at] + (others?.get(at) ?? own);
		}
		return text === '' ? '{}' : `${text}}`;
	}
}

/** JSON of a value in both orders. Most have few members, which are sorted as they come. */
export function memberText(value: object): MemberText {
	const read = JSON.stringify(value);
	return { read, canonical: isSorted(value) ? read : canonicalJson(value) };
}

function isSorted(value: unknown): boolean {
	if (typeof value !== 'object' || value === null) return true;
	if (Array.isArray(value)) return value.every(isSorted);
	const names = Object.keys(value);
	for (let at = 0; at < names.length; at += 1) {
		const name = names[at] as string;
		if (at > 0 && (names[at - 1] as string) > name) return false;
		if (!isSorted((value as Record<string, unknown>)[name])) return false;
	}
	return true;
}

const hashPlace = readingOrder.length - 1;
/** What stands before a member: as the first one, and behind others. */
const first = readingOrder.map((name) => `{${JSON.stringify(name)}:`);
const following = readingOrder.map((name) => `,${JSON.stringify(name)}:`);
const readingPlaces = readingOrder.map((_, index) => index);
const canonicalPlaces = [...readingOrder]
	.sort()
	.map(place)
	.filter((at) => at !== hashPlace);

function place(name: string): number {
	const at = placeOf(name);
	if (at === undefined) throw new TypeError(`a record has no member ${JSON.stringify(name)}`);
	return at;
}
