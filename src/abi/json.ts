// JSON values as the kernel holds them: nothing is rounded, nothing is merged.

/**
 * A number whose digits a double would change when it is written again
 * (`9007199254740993`, `1.0`, `1e400`). It keeps the text that came in.
 */
export class ExactNumber {
	constructor(readonly source: string) {}

	/** The nearest double; compare with {@link compareNumbers} instead when a rule depends on it. */
	approximate(): number {
		return Number(this.source);
	}

	toString(): string {
		return this.source;
	}
}

export type Json = null | boolean | number | string | ExactNumber | readonly Json[] | JsonObject;

export interface JsonObject {
	readonly [key: string]: Json;
}

/** True for a JSON object: not null, not an array, not a number kept as text. */
export function isJsonObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** The member of that name if `value` is an object that has it as its own, else undefined. */
export function member(value: Json | undefined, key: string): Json | undefined {
	return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The member of that name if it is a string. */
export function stringMember(value: Json | undefined, key: string): string | undefined {
	const found = member(value, key);
	return typeof found === 'string' ? found : undefined;
}

/** Sets an own data property; a plain assignment to `__proto__` would set the prototype instead. */
export function setOwn(object: Record<string, Json>, key: string, value: Json): void {
	if (key !== '__proto__') object[key] = value;
	else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Freezes a value and everything below it, so that what was judged can't change before it runs. */
export function deepFreeze<T extends Json>(value: T): T {
	const queue: Json[] = [value];
	for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
		if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue;
		Object.freeze(next);
		if (next instanceof ExactNumber) continue;
		for (const child of Array.isArray(next) ? next : Object.values(next)) {
			if (typeof child === 'object' && child !== null) queue.push(child);
		}
	}
	return value;
}

/** JSON text that crosses unparsed until somebody asks what it says. */
export interface RawJson {
	/** The bytes as they came, decoded as UTF-8. */
	readonly text: string;
	/** The parsed value; parsed at most once. */
	value(): Json;
}
