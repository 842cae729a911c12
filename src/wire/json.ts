// JSON without surprises: one reading or none, numbers kept to the digit.
import type { Json, RawJson } from '../abi/json.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import { JsonFault, JsonScanner, type ReadOptions } from './json-scan.ts';
import { writeJson } from './json-write.ts';

export type { ReadOptions } from './json-scan.ts';
export { writeJson } from './json-write.ts';

/** A refused text: why, and where in UTF-16 units. */
export interface Refused {
	readonly ok: false;
	readonly reason: string;
	readonly offset: number;
}

/**
 * Reads a JSON text (RFC 8259). Refuses everything that two readers could read differently: a key that appears twice
 * in one object, and with `foldKeys` keys that differ in case or Unicode composition only.
 *
 * `__proto__` becomes an own property like any other. A number is a `number` when its digits are those a double would
 * be written with, else an `ExactNumber`.
 */
export function readJson(
	text: string,
	options: ReadOptions = {},
): { readonly ok: true; readonly value: Json } | Refused {
	return attempt(() => {
		const scanner = new JsonScanner(text, options);
		scanner.space();
		const value = scanner.value(true);
		scanner.end();
		return { ok: true, value };
	});
}

/** One member of an object, or one element of an array, at the top of a text. */
export interface Span {
	/** Undefined for an element. */
	readonly key: string | undefined;
	/** Where the value stands: `text.slice(start, end)`. */
	readonly start: number;
	readonly end: number;
	/** Set when `build` asked for it. */
	readonly value: Json | undefined;
}

export interface Skimmed {
	readonly ok: true;
	readonly kind: 'object' | 'array' | 'scalar';
	readonly spans: readonly Span[];
}

/**
 * Checks a text as strictly as {@link readJson} without building its values, and says where the members of the top
 * object or array stand. `build` names the members whose values are wanted all the same.
 */
export function skimJson(
	text: string,
	options: ReadOptions & { readonly build?: (key: string) => boolean } = {},
): Skimmed | Refused {
	return attempt(() => {
		const scanner = new JsonScanner(text, options);
		const spans: Span[] = [];
		const take = (key: string | undefined, build: boolean) => {
			const start = scanner.at;
			const value = scanner.value(build);
			spans.push({ key, start, end: scanner.at, value: build ? value : undefined });
		};
		scanner.space();
		const kind = scanner.text[scanner.at] === '{' ? 'object' : scanner.text[scanner.at] === '[' ? 'array' : 'scalar';
		if (kind === 'object') scanner.members((key) => take(key, options.build?.(key) ?? false));
		else if (kind === 'array') scanner.elements(() => take(undefined, false));
		else scanner.value(false);
		scanner.end();
		return { ok: true, kind, spans };
	});
}

/** Text that was checked before, parsed when somebody asks. `value` throws W101 if it was not JSON after all. */
export function rawJson(text: string): RawJson {
	let read: { readonly value: Json } | undefined;
	return {
		text,
		value() {
			if (read === undefined) {
				const result = readJson(text);
				if (!result.ok) throw new TrapgateError('W101', `not JSON at ${result.offset}: ${result.reason}`);
				read = result;
			}
			return read.value;
		},
	};
}

/** A value as RawJson, written when somebody asks. */
export function rawOf(value: Json): RawJson {
	return new WrittenJson(value);
}

/** A class, because every call makes some: an object with a getter of its own takes many times as long to make. */
class WrittenJson implements RawJson {
	readonly #value: Json;
	#text: string | undefined;

	constructor(value: Json) {
		this.#value = value;
	}

	get text(): string {
		this.#text ??= writeJson(this.#value);
		return this.#text;
	}

	value(): Json {
		return this.#value;
	}
}

function attempt<T>(read: () => T): T | Refused {
	try {
		return read();
	} catch (thrown) {
		if (thrown instanceof JsonFault) return { ok: false, reason: thrown.reason, offset: thrown.offset };
		throw new TrapgateError('W101', `the JSON reader failed: ${errorText(thrown)}`, { cause: thrown });
	}
}
