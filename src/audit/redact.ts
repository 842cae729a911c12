// Takes secrets out of JSON values and bounds them, before anything is written.
import { ExactNumber, type Json, type JsonObject, setOwn } from '../abi/json.ts';
import { redactedMark, redactText } from './redact-text.ts';
import { type Secrecy, secrecyOf } from './secret-names.ts';

export interface Bounds {
	/** Of one string, in UTF-16 units. */
	readonly maxText: number;
	/** Of all strings together. */
	readonly maxTotal: number;
	readonly maxDepth: number;
	/** Values of any kind. */
	readonly maxValues: number;
}

export interface KeptValue {
	readonly value: Json;
	/** How many values were taken out. */
	readonly redacted: number;
	/** How many values were shortened or left out for their size. */
	readonly cut: number;
}

export const redactedBounds: Bounds = { maxText: 16_384, maxTotal: 131_072, maxDepth: 32, maxValues: 5_000 };
export const fullBounds: Bounds = { maxText: 1_048_576, maxTotal: 4_194_304, maxDepth: 64, maxValues: 100_000 };

/** Read beyond a cut, so that a secret that lies across it is still recognised. */
const overlap = 8_192;
const maxName = 256;

/**
 * A bounded copy without what looks like a secret, by the names of keys, by known formats and by what stands before a
 * value in text. What was left out for its size says so in place. Never throws, never changes `value`.
 */
export function redactValue(value: Json, bounds: Bounds = redactedBounds, secrecy: Secrecy = secrecyOf): KeptValue {
	const copy = new Copy(bounds, true, secrecy);
	return { value: copy.of(value, 0), redacted: copy.redacted, cut: copy.cut };
}

/** A bounded copy with everything in it. */
export function boundValue(value: Json, bounds: Bounds = fullBounds): KeptValue {
	const copy = new Copy(bounds, false, undefined);
	return { value: copy.of(value, 0), redacted: 0, cut: copy.cut };
}

/**
 * As {@link redactValue}, with the names of keys meaning nothing: for the kernel's own fields (`tokens`, `reason`,
 * `error` …), whose texts may still carry what an agent or a server wrote.
 */
export function redactTexts(value: Json, bounds: Bounds = redactedBounds): Json {
	return new Copy(bounds, true, undefined).of(value, 0);
}

/** True when a value under that name is taken out whole. */
export function isSecretMember(name: string, value: Json | undefined, secrecy: Secrecy = secrecyOf): boolean {
	if (value === undefined || value === null || value === '' || typeof value === 'boolean') return false;
	const found = secrecy(name);
	const isNumber = typeof value === 'number' || value instanceof ExactNumber;
	return found === 'secret' || (found === 'text' && !isNumber);
}

const labels = ['name', 'key', 'header', 'variable'];

class Copy {
	redacted = 0;
	cut = 0;
	readonly #bounds: Bounds;
	readonly #redacts: boolean;
	/** Undefined where names mean nothing. */
	readonly #secrecy: Secrecy | undefined;
	#values: number;
	#room: number;

	constructor(bounds: Bounds, redacts: boolean, secrecy: Secrecy | undefined) {
		this.#bounds = bounds;
		this.#redacts = redacts;
		this.#secrecy = secrecy;
		this.#values = bounds.maxValues;
		this.#room = bounds.maxTotal;
	}

	of(value: Json | undefined, depth: number): Json {
		this.#values -= 1;
		if (typeof value === 'string') return this.text(value);
		if (typeof value === 'number') return Number.isFinite(value) ? value : null;
		if (value instanceof ExactNumber) return exactNumber(value, (text) => this.text(text));
		if (typeof value !== 'object' || value === null) return typeof value === 'boolean' ? value : null;
		if (depth >= this.#bounds.maxDepth) {
			this.cut += 1;
			return `[cut: nested deeper than ${this.#bounds.maxDepth} levels]`;
		}
		return isList(value) ? this.#list(value, depth) : this.#object(value, depth);
	}

	text(text: string): string {
		const max = Math.max(0, Math.min(this.#bounds.maxText, this.#room));
		const isLong = text.length > max;
		const shown = this.#redacts ? this.#redactedPart(text, max) : text;
		if (!isLong && shown.length <= max) {
			this.#room -= shown.length;
			return shown;
		}
		this.cut += 1;
		const kept = wholeCharacters(
			shown,
			isLong && this.#redacts ? Math.min(max, shown.length - this.#beyond(text, max)) : max,
		);
		this.#room -= kept.length;
		return `${kept}[cut: ${text.length} characters in all]`;
	}

	// Only what may be kept is searched, and a bit more: a secret across the cut must be seen whole.
	#redactedPart(text: string, max: number): string {
		const { text: clean, count } = redactText(text.slice(0, max + overlap));
		this.redacted += count;
		return clean;
	}

	/** How much of the searched text lies beyond what may be kept. */
	#beyond(text: string, max: number): number {
		return Math.min(overlap, text.length - max);
	}

	#list(list: readonly Json[], depth: number): Json[] {
		const copy: Json[] = [];
		for (const [index, item] of list.entries()) {
			if (this.#values <= 0 || this.#room <= 0) {
				this.cut += 1;
				copy.push(`[cut: ${list.length - index} more items]`);
				break;
			}
			// An argv names the secret one item earlier: ["--password", "x"]. So does a pair: ["Authorization", "x"].
			const flag = index > 0 ? list[index - 1] : undefined;
			const isPair = list.length === 2 && index === 1;
			const isNamed = typeof flag === 'string' && (isPair ? /^[\w-]{1,80}$/ : /^--?[A-Za-z][\w-]{0,80}$/).test(flag);
			copy.push(
				isNamed && typeof item === 'string' && this.#hides(flag, item) ? this.#mark() : this.of(item, depth + 1),
			);
		}
		return copy;
	}

	#object(object: JsonObject, depth: number): JsonObject {
		const copy: Record<string, Json> = {};
		const names = Object.keys(object);
		for (let index = 0; index < names.length; index += 1) {
			const name = names[index] as string;
			const value = object[name];
			if (value === undefined) continue;
			if (this.#values <= 0 || this.#room <= 0) {
				this.cut += 1;
				setOwn(copy, '[cut]', `${names.length - index} more members`);
				break;
			}
			const isHidden = this.#hides(name, value) || this.#isLabelled(object, name, value);
			setOwn(copy, this.#name(name), isHidden ? this.#mark() : this.of(value, depth + 1));
		}
		return copy;
	}

	/** { name: "API_KEY", value: "x" }, as environments and headers are often given. */
	#isLabelled(object: JsonObject, name: string, value: Json): boolean {
		if (name.length !== 5 || name.toLowerCase() !== 'value') return false;
		const label = labels.map((one) => own(object, one)).find((found) => typeof found === 'string');
		return typeof label === 'string' && this.#hides(label, value);
	}

	#name(name: string): string {
		const kept =
			name.length > maxName ? `${wholeCharacters(name, maxName)}[cut: ${name.length} characters in all]` : name;
		this.#room -= kept.length;
		return this.#redacts ? redactText(kept).text : kept;
	}

	#hides(name: string, value: Json): boolean {
		return this.#secrecy !== undefined && isSecretMember(name, value, this.#secrecy);
	}

	#mark(): string {
		this.redacted += 1;
		this.#values -= 1;
		return redactedMark;
	}
}

// A number is kept as a number only where a double holds it; anything else would make the log say another value.
function exactNumber(value: ExactNumber, text: (source: string) => string): Json {
	const near = value.approximate();
	return /^-?\d{1,15}(?:\.0{1,15})?$/.test(value.source) ? near : text(value.source);
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
	return Array.isArray(value);
}

function own(object: JsonObject, name: string): Json | undefined {
	return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The first `length` units, without half a surrogate pair at the end. */
function wholeCharacters(text: string, length: number): string {
	const kept = text.slice(0, Math.max(0, length));
	return /[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept;
}
