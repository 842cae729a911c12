// `+`, `-`, `*`, `/` and `%` in conditions: exact, or no answer.
import { ExactNumber } from '../abi/json.ts';
import type { BinaryOperator } from './cel-nodes.ts';
import { durationOf, instantAt } from './cel-time.ts';
import { type CelNumber, type CelValue, computable, Duration, Instant, isCelNumber } from './cel-values.ts';

export type ArithmeticOperator = Extract<BinaryOperator, '+' | '-' | '*' | '/' | '%'>;

/** Why there is no result. */
export class NoResult {
	constructor(readonly reason: string) {}
}

const tooLarge = new NoResult('the result has more digits than can be computed exactly');
const noNumber = new NoResult('the result is no number');

/**
 * Integers of CEL (literals, sizes) compute with one another as in CEL: 64 bits, `7 / 2` is `3`. As soon as one side is
 * a number of JSON nothing is cut off, whatever the number looks like: an agent that writes `7.0` for `7` changes
 * nothing.
 */
export function calculate(op: ArithmeticOperator, left: CelNumber, right: CelNumber): CelValue | NoResult {
	if (typeof left === 'bigint' && typeof right === 'bigint') return calculateIntegers(op, left, right);
	const [a, b] = [operand(left), operand(right)];
	if (a === undefined || b === undefined)
		return new NoResult('one of the numbers has more digits than can be computed with');
	const result = onDoubles(op, a, b);
	if (typeof result !== 'number') return result;
	// NaN compares as false with everything, so a rule could be made silent with it; infinities lead to it.
	if (!Number.isFinite(result)) return noNumber;
	return Math.abs(result) > Number.MAX_SAFE_INTEGER ? tooLarge : result;
}

/** Beyond 2^53 a double is not the number that its digits say. */
function operand(value: CelNumber): number | undefined {
	const near = typeof value === 'bigint' ? Number(value) : computable(value);
	return near !== undefined && Math.abs(near) <= Number.MAX_SAFE_INTEGER ? near : undefined;
}

function onDoubles(op: ArithmeticOperator, a: number, b: number): number | NoResult {
	switch (op) {
		case '+':
			return a + b;
		case '-':
			return a - b;
		case '*':
			return a * b;
		case '/':
			return b === 0 ? new NoResult('division by zero') : a / b;
		case '%':
			if (b === 0) return new NoResult('division by zero');
			return Number.isSafeInteger(a) && Number.isSafeInteger(b) ? a % b : new NoResult('`%` is for whole numbers');
		default:
			return op satisfies never;
	}
}

export const lowestInteger = -(2n ** 63n);
export const highestInteger = 2n ** 63n - 1n;

export function isInteger(value: bigint): boolean {
	return value >= lowestInteger && value <= highestInteger;
}

function calculateIntegers(op: ArithmeticOperator, a: bigint, b: bigint): bigint | NoResult {
	if (b === 0n && (op === '/' || op === '%')) return new NoResult('division by zero');
	const result = onIntegers(op, a, b);
	return isInteger(result) ? result : new NoResult('the result does not fit into 64 bits');
}

function onIntegers(op: ArithmeticOperator, a: bigint, b: bigint): bigint {
	switch (op) {
		case '+':
			return a + b;
		case '-':
			return a - b;
		case '*':
			return a * b;
		case '/':
			return a / b;
		case '%':
			return a % b;
		default:
			return op satisfies never;
	}
}

/** `-x`; undefined for what is no number. */
export function minus(value: CelValue): CelValue | NoResult | undefined {
	if (typeof value === 'bigint') return calculateIntegers('-', 0n, value);
	return isCelNumber(value) ? opposite(value) : undefined;
}

/** Of any number, exactly. */
export function opposite(value: CelNumber): CelNumber {
	if (!(value instanceof ExactNumber)) return -value;
	return new ExactNumber(value.source.startsWith('-') ? value.source.slice(1) : `-${value.source}`);
}

/** Sums and differences of times and durations; undefined where these operands have none. */
export function calculateTime(
	op: ArithmeticOperator,
	left: CelValue,
	right: CelValue,
): CelValue | NoResult | undefined {
	const outOfRange = new NoResult('the result is too far away');
	if (op === '-' && left instanceof Instant && right instanceof Instant) {
		return durationOf(left.nanoseconds - right.nanoseconds) ?? outOfRange;
	}
	if (op !== '+' && op !== '-') return undefined;
	if (op === '+' && left instanceof Duration && right instanceof Instant) return calculateTime('+', right, left);
	if (!(right instanceof Duration)) return undefined;
	const amount = op === '+' ? right.nanoseconds : -right.nanoseconds;
	if (left instanceof Instant) return instantAt(left.nanoseconds + amount) ?? outOfRange;
	return left instanceof Duration ? (durationOf(left.nanoseconds + amount) ?? outOfRange) : undefined;
}
