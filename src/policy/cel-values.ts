// What a condition in CEL computes with: JSON as it came, CEL's own integers, points in time and durations.
import { ExactNumber, isJsonObject, type Json } from '../abi/json.ts';
import { compareNumbers } from './compare.ts';

/** A point in time, in nanoseconds since 1970 (UTC). */
export class Instant {
	constructor(readonly nanoseconds: bigint) {}
}

export class Duration {
	constructor(readonly nanoseconds: bigint) {}
}

/**
 * `number` and `ExactNumber` are numbers of JSON (CEL: double), `bigint` is an integer of CEL: a literal, a size.
 * Strings, lists and mappings are JSON's.
 */
export type CelValue = Json | bigint | Instant | Duration | readonly CelValue[] | CelMap;

export interface CelMap {
	readonly [key: string]: CelValue;
}

export type CelNumber = number | bigint | ExactNumber;

export function isCelNumber(value: CelValue): value is CelNumber {
	return typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber;
}

export function isCelList(value: CelValue): value is readonly CelValue[] {
	return Array.isArray(value);
}

export function isCelMap(value: CelValue): value is CelMap {
	return isJsonObject(value) && !(value instanceof Instant) && !(value instanceof Duration);
}

/** A number as JSON has it, so that it can be compared with one. */
export function jsonNumber(value: CelNumber): number | ExactNumber {
	if (typeof value !== 'bigint') return value;
	const near = Number(value);
	return String(near) === String(value) ? near : new ExactNumber(String(value));
}

/** A number to compute with; undefined when no double is exactly this one. `1.0` is `1`. */
export function computable(value: number | ExactNumber): number | undefined {
	if (typeof value === 'number') return value;
	const near = value.approximate();
	return Number.isFinite(near) && compareNumbers(near, value) === 0 ? near : undefined;
}

/** What a value is called in messages. */
export function celKind(value: CelValue): string {
	if (value === null) return 'null';
	if (typeof value === 'string') return 'text';
	if (typeof value === 'boolean') return `\`${value}\``;
	if (isCelNumber(value)) return 'a number';
	if (value instanceof Instant) return 'a time';
	if (value instanceof Duration) return 'a duration';
	return isCelList(value) ? 'a list' : 'a mapping';
}
