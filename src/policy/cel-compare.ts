// Equality and order in conditions: without rounding, and unsure where a server may read a value otherwise.
import type { Json } from '../abi/json.ts';
import { isAscii } from './ascii.ts';
import { type Frame, spend } from './cel-run.ts';
import {
	type CelNumber,
	type CelValue,
	Duration,
	Instant,
	isCelList,
	isCelMap,
	isCelNumber,
	jsonNumber,
} from './cel-values.ts';
import { compareNumbers, isValue, meant } from './compare.ts';
import { allOf, type Truth, truthOf } from './truth.ts';

/** So many characters are looked at in one step. */
export const charactersPerStep = 32;

/** Listing the keys of a mapping takes longer than going through a list. */
export const stepsPerKey = 4;

/** What looking at a text takes; its other Unicode spelling is looked at too, and costs more to find. */
export function spendOnText(text: string, frame: Frame): void {
	spend(frame, 1 + text.length / (isAscii(text) ? charactersPerStep : 2));
}

/**
 * CEL's `==`, by value. Values of two kinds differ, except that text which a lenient server takes for the other value
 * (`"5"` for `5`, `"true"` for `true`), and another Unicode spelling of the same text, may be it: `unsure`.
 */
export function equals(left: CelValue, right: CelValue, frame: Frame): Truth {
	if (left === right) return 'yes';
	spend(frame, 1);
	if (isCelNumber(left) && isCelNumber(right)) return truthOf(compareCelNumbers(left, right, frame) === 0);
	if (isCelList(left)) {
		if (!isCelList(right) || left.length !== right.length) return 'no';
		let index = 0;
		return allOf(left, (item) => equals(item, right[index++] as CelValue, frame));
	}
	if (isCelMap(left)) {
		if (!isCelMap(right)) return 'no';
		const keys = Object.keys(left);
		spend(frame, keys.length * stepsPerKey);
		if (keys.length !== Object.keys(right).length) return 'no';
		return allOf(keys, (key) =>
			Object.hasOwn(right, key) ? equals(left[key] as CelValue, right[key] as CelValue, frame) : 'no',
		);
	}
	if (left instanceof Instant) return truthOf(right instanceof Instant && left.nanoseconds === right.nanoseconds);
	if (left instanceof Duration) return truthOf(right instanceof Duration && left.nanoseconds === right.nanoseconds);
	const [one, other] = [scalar(left), scalar(right)];
	if (one === undefined || other === undefined) return 'no';
	for (const value of [one, other]) if (typeof value === 'string') spendOnText(value, frame);
	if (typeof one === 'string' && typeof other === 'string' && isAscii(one) && isAscii(other)) return 'no';
	return isValue(one, meant(other));
}

/** A value that JSON has without parts; undefined for all others. */
function scalar(value: CelValue): Json | undefined {
	if (isCelNumber(value)) return jsonNumber(value);
	return typeof value === 'object' && value !== null ? undefined : value;
}

/** Negative, zero or positive, as for `sort`; never rounds. */
export function compareCelNumbers(left: CelNumber, right: CelNumber, frame: Frame): number {
	if (isPlain(left) && isPlain(right)) return left < right ? -1 : left > right ? 1 : 0;
	spend(frame, (String(left).length + String(right).length) / charactersPerStep);
	return compareNumbers(jsonNumber(left), jsonNumber(right));
}

/** JavaScript compares these as their digits say. */
function isPlain(value: CelNumber): value is number | bigint {
	if (typeof value !== 'number') return typeof value === 'bigint';
	return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

/** How two values of one kind follow one another, as for `sort`; undefined where they have no order. */
export function order(left: CelValue, right: CelValue, frame: Frame): number | undefined {
	if (isCelNumber(left) && isCelNumber(right)) return compareCelNumbers(left, right, frame);
	if (typeof left === 'string' && typeof right === 'string') {
		spend(frame, Math.min(left.length, right.length) / charactersPerStep);
		return compareTexts(left, right);
	}
	if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
	const isTime =
		(left instanceof Instant && right instanceof Instant) || (left instanceof Duration && right instanceof Duration);
	if (!isTime) return undefined;
	return left.nanoseconds < right.nanoseconds ? -1 : left.nanoseconds > right.nanoseconds ? 1 : 0;
}

/** By code points, as CEL has it: UTF-16 units would put what stands beyond U+FFFF before U+E000. */
function compareTexts(left: string, right: string): number {
	const length = Math.min(left.length, right.length);
	let at = 0;
	while (at < length && left.charCodeAt(at) === right.charCodeAt(at)) at++;
	if (at === length) return left.length - right.length;
	const [a, b] = [left.charCodeAt(at), right.charCodeAt(at)];
	if (isSurrogate(a) === isSurrogate(b)) return a - b;
	return isSurrogate(a) ? 1 : -1;
}

function isSurrogate(unit: number): boolean {
	return unit >= 0xd800 && unit <= 0xdfff;
}
