// Equality and order of JSON values, without rounding.
import { ExactNumber, isJsonObject, type Json } from '../abi/json.ts';
import { composed } from './ascii.ts';
import { type Truth, truthOf } from './truth.ts';

/** Negative, zero or positive, as for `sort`. Compares digits, so numbers a double can't hold keep their order. */
export function compareNumbers(a: number | ExactNumber, b: number | ExactNumber): number {
	if (typeof a === 'number' && typeof b === 'number') return a === b ? 0 : a < b ? -1 : 1;
	const left = decimal(a);
	const right = decimal(b);
	if (left.sign !== right.sign) return left.sign - right.sign;
	const order = compareMagnitudes(left, right);
	// Not −0: nobody expects to have to tell it from 0.
	return order === 0 ? 0 : left.sign * order;
}

/** The same JSON value: numbers by value, objects whatever the order of their members. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
	if (a === b) return true;
	if (isNumber(a) && isNumber(b)) return compareNumbers(a, b) === 0;
	if (Array.isArray(a)) {
		return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
	}
	if (!isJsonObject(a) || !isJsonObject(b)) return false;
	const keys = Object.keys(a);
	return (
		keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
	);
}

/** A value that others are compared with, and how a lenient server may read it. */
export interface Meant {
	readonly value: Json;
	/** Of a scalar: its text in NFC. */
	readonly text: string | undefined;
	readonly number: number | ExactNumber | undefined;
}

export function meant(value: Json): Meant {
	const text = scalarText(value);
	return { value, text: text === undefined ? undefined : composed(text), number: looseNumber(value) };
}

/**
 * Is `value` the one that is meant? `unsure` for what a lenient server takes for it: `"5"` for `5`, `"true"` for
 * `true`, another Unicode spelling of the same text.
 */
export function isValue(value: Json, { value: wanted, text: other, number }: Meant): Truth {
	if (value === wanted) return 'yes';
	// Two texts, as most often.
	if (typeof value === 'string' && typeof wanted === 'string' && number === undefined) {
		return composed(value) === other ? 'unsure' : 'no';
	}
	if (sameJson(value, wanted)) return 'yes';
	const text = scalarText(value);
	if (text === undefined || other === undefined) return 'no';
	if (composed(text) === other) return 'unsure';
	const left = number === undefined ? undefined : looseNumber(value);
	return left !== undefined && number !== undefined && compareNumbers(left, number) === 0 ? 'unsure' : 'no';
}

/** How `value` compares to a bound; `unsure` for text that a server may read as a number that does, and for what is no number. */
export function compares(value: Json, bound: number | ExactNumber, test: (order: number) => boolean): Truth {
	if (isNumber(value)) return truthOf(test(compareNumbers(value, bound)));
	const loose = looseNumber(value);
	return loose === undefined || test(compareNumbers(loose, bound)) ? 'unsure' : 'no';
}

export function isNumber(value: Json | undefined): value is number | ExactNumber {
	return typeof value === 'number' || value instanceof ExactNumber;
}

/** A scalar as text; undefined for null, arrays and objects. */
export function scalarText(value: Json): string | undefined {
	if (typeof value === 'string') return value;
	return typeof value === 'boolean' || isNumber(value) ? String(value) : undefined;
}

const jsonNumber = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

function looseNumber(value: Json): number | ExactNumber | undefined {
	if (isNumber(value)) return value;
	if (typeof value !== 'string') return undefined;
	const text = value.trim().replace(/^\+/, '');
	if (text === '') return undefined;
	if (jsonNumber.test(text)) return new ExactNumber(text);
	const number = Number(text);
	return Number.isNaN(number) ? undefined : number;
}

interface Decimal {
	readonly sign: -1 | 0 | 1;
	/** No leading and no trailing zeros. */
	readonly digits: string;
	/** The number is 0.digits × 10^exponent. */
	readonly exponent: bigint;
}

function decimal(value: number | ExactNumber): Decimal {
	if (typeof value === 'number' && !Number.isFinite(value)) {
		return { sign: value > 0 ? 1 : -1, digits: '1', exponent: 10n ** 30n };
	}
	const [, minus, whole = '', fraction = '', power = '0'] =
		/^(-?)(\d+)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(String(value)) ?? fail(value);
	const all = whole + fraction;
	const leading = all.search(/[1-9]/);
	if (leading === -1) return { sign: 0, digits: '', exponent: 0n };
	let end = all.length;
	while (all[end - 1] === '0') end -= 1;
	// An exponent can have any number of digits; beyond this no two of them need telling apart.
	const exponent = power.length > 40 ? (power.startsWith('-') ? -(10n ** 29n) : 10n ** 29n) : BigInt(power);
	return {
		sign: minus === '-' ? -1 : 1,
		digits: all.slice(leading, end),
		exponent: exponent + BigInt(whole.length - leading),
	};
}

function compareMagnitudes(a: Decimal, b: Decimal): number {
	if (a.exponent !== b.exponent) return a.exponent < b.exponent ? -1 : 1;
	return a.digits === b.digits ? 0 : a.digits < b.digits ? -1 : 1;
}

function fail(value: number | ExactNumber): never {
	throw new TypeError(`not a number: ${String(value).slice(0, 40)}`);
}
