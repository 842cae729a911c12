// The one JSON grammar: walks a text once, refuses what has two readings, builds values only where asked.
import { ExactNumber, type Json, setOwn } from '../abi/json.ts';
import { KeySet } from './json-keys.ts';

export interface ReadOptions {
	/** How many arrays and objects may stand in each other; default 256, at most 1,000. */
	readonly maxDepth?: number;
	/** How many values the text may hold; default 4,000,000, so that 64 MiB of `[[],[],…]` can't fill the memory. */
	readonly maxValues?: number;
	/** Also refuse keys that are equal under case folding or NFC. */
	readonly foldKeys?: boolean;
}

/** Why a text was refused. Thrown inside this room only; `json.ts` turns it into a value. */
export class JsonFault {
	constructor(
		readonly reason: string,
		/** In UTF-16 units from the start of the text. */
		readonly offset: number,
	) {}
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openArray = 0x5b;
const closeArray = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** In UTF-16 units: what a part of a text may keep of it. */
const longText = 16_384;
/** Engines copy parts up to this length by themselves. */
const shortPart = 12;

/** Recursion never gets deeper than this, whatever the caller allows. */
const deepest = 1000;

/** A position in a text. Every method starts at it and leaves it behind what it read; all of them throw `JsonFault`. */
export class JsonScanner {
	at = 0;
	#depth = 0;
	#values = 0;
	// The next backslash and the next control character at or after the last place asked for: looked up again only
	// once passed, so that a text full of short strings is not searched to its end for each of them.
	#backslash = -1;
	#control = -1;
	readonly #maxDepth: number;
	readonly #maxValues: number;
	readonly #foldKeys: boolean;
	readonly #numbers = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
	readonly #controls = /[^ -\uffff]/g;

	constructor(
		readonly text: string,
		options: ReadOptions,
	) {
		this.#maxDepth = Math.min(options.maxDepth ?? 256, deepest);
		this.#maxValues = options.maxValues ?? 4_000_000;
		this.#foldKeys = options.foldKeys ?? false;
	}

	/** The code of the character here; NaN at the end. */
	peek(): number {
		return this.text.charCodeAt(this.at);
	}

	/** Checks that nothing but white space is left. */
	end(): void {
		this.space();
		if (this.at < this.text.length) this.#fault('something follows the value');
	}

	space(): void {
		for (let code = this.peek(); code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09; code = this.peek()) {
			this.at += 1;
		}
	}

	/** Any value. It is checked in full; without `build` the answer is a placeholder. */
	value(build: boolean): Json {
		switch (this.peek()) {
			case quote:
				this.#count();
				return build ? this.#text() : this.string(false);
			case openObject: {
				const object: Record<string, Json> = {};
				this.members((key) => {
					const value = this.value(build);
					if (build) setOwn(object, key, value);
				});
				return object;
			}
			case openArray: {
				const array: Json[] = [];
				this.elements(() => {
					const value = this.value(build);
					if (build) array.push(value);
				});
				return array;
			}
			case 0x74:
				return this.#word('true', true);
			case 0x66:
				return this.#word('false', false);
			case 0x6e:
				return this.#word('null', null);
			default:
				return this.#number(build);
		}
	}

	/** An object; `each` is called at every member's value and has to read it. */
	members(each: (key: string) => void): void {
		const keys = new KeySet(this.#foldKeys);
		this.#items(closeObject, 'object', () => {
			const keyAt = this.at;
			if (this.peek() !== quote) this.#fault('a key is expected');
			const key = this.string(true);
			if (!keys.add(key)) this.#fault(`the key ${shown(key)} appears twice in one object`, keyAt);
			this.space();
			if (this.peek() !== colon) this.#fault('a colon is expected');
			this.at += 1;
			this.space();
			each(key);
		});
	}

	/** An array; `each` is called at every element and has to read it. */
	elements(each: () => void): void {
		this.#items(closeArray, 'array', each);
	}

	#count(): void {
		this.#values += 1;
		if (this.#values > this.#maxValues) this.#fault(`more than ${this.#maxValues} values`);
	}

	#items(close: number, kind: string, each: () => void): void {
		if (this.#depth >= this.#maxDepth) this.#fault(`nested deeper than ${this.#maxDepth}`);
		this.#depth += 1;
		this.#count();
		this.at += 1;
		this.space();
		if (this.peek() === close) {
			this.at += 1;
			this.#depth -= 1;
			return;
		}
		for (;;) {
			each();
			this.space();
			const next = this.peek();
			if (next !== comma && next !== close) this.#fault(`a comma or the end of the ${kind} is expected`);
			this.at += 1;
			if (next === close) break;
			this.space();
		}
		this.#depth -= 1;
	}

	/** A string that is a value. Engines let a part of a text hold on to all of it: one that is kept must not keep a long message. */
	#text(): string {
		const start = this.at;
		const text = this.string(true);
		if (this.text.length <= longText || text.length <= shortPart) return text;
		const isSmallPart = text.length < this.text.length / 8;
		return isSmallPart ? (JSON.parse(this.text.slice(start, this.at)) as string) : text;
	}

	/** A string, from its opening quote. Without `build` the answer is a placeholder. */
	string(build: boolean): string {
		const start = this.at;
		let from = start + 1;
		let end = this.text.indexOf('"', from);
		let escaped = false;
		for (;;) {
			if (end === -1) this.#fault('a string is not closed', start);
			const slash = this.#nextBackslash(from);
			if (slash > end) break;
			escaped = true;
			from = this.#escapeEnd(slash);
			if (end < from) end = this.text.indexOf('"', from);
		}
		const control = this.#nextControl(start);
		if (control < end) this.#fault('a control character stands in a string', control);
		this.at = end + 1;
		if (!build) return '';
		// A string literal that was just checked means to JSON.parse what it means here; lone surrogates survive.
		return escaped ? (JSON.parse(this.text.slice(start, end + 1)) as string) : this.text.slice(start + 1, end);
	}

	#escapeEnd(slash: number): number {
		const code = this.text[slash + 1];
		if (code === 'u') {
			if (!/^[0-9a-fA-F]{4}$/.test(this.text.slice(slash + 2, slash + 6))) this.#fault('a broken escape', slash);
			return slash + 6;
		}
		if (code === undefined || !'"\\/bfnrt'.includes(code)) this.#fault('an unknown escape', slash);
		return slash + 2;
	}

	#nextBackslash(from: number): number {
		if (this.#backslash < from) {
			const found = this.text.indexOf('\\', from);
			this.#backslash = found === -1 ? Number.POSITIVE_INFINITY : found;
		}
		return this.#backslash;
	}

	#nextControl(from: number): number {
		if (this.#control < from) {
			this.#controls.lastIndex = from;
			this.#control = this.#controls.test(this.text) ? this.#controls.lastIndex - 1 : Number.POSITIVE_INFINITY;
		}
		return this.#control;
	}

	#number(build: boolean): Json {
		this.#count();
		this.#numbers.lastIndex = this.at;
		if (!this.#numbers.test(this.text)) {
			this.#fault(this.at < this.text.length ? 'a value is expected' : 'the text ends too early');
		}
		const start = this.at;
		this.at = this.#numbers.lastIndex;
		if (!build) return 0;
		const source = this.text.slice(start, this.at);
		const double = Number(source);
		return String(double) === source ? double : new ExactNumber(source);
	}

	#word(word: string, value: Json): Json {
		this.#count();
		if (!this.text.startsWith(word, this.at)) this.#fault('a value is expected');
		this.at += word.length;
		return value;
	}

	#fault(reason: string, offset = this.at): never {
		throw new JsonFault(reason, offset);
	}
}

function shown(key: string): string {
	return JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);
}
