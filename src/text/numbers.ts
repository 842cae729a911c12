// Numbers in YAML, read without rounding.
import { ExactNumber } from '../abi/json.ts';

export type ReadNumber =
	| { readonly ok: true; readonly value: number | ExactNumber }
	| { readonly ok: false; readonly message: string; readonly help: string };

/**
 * Reads the source of a YAML 1.2 core number. A number that a double can't hold digit for digit comes back as
 * {@link ExactNumber}; one with two readings (`010`), and one that JSON has no word for (`.inf`), is refused.
 */
export function readNumber(source: string): ReadNumber {
	if (/^[-+]?0[0-9]/.test(source)) {
		return {
			ok: false,
			message: `\`${source}\` has two readings: YAML 1.1 takes a leading zero for octal`,
			help: `write \`${withoutLeadingZeros(source)}\`, or quote it if it is text`,
		};
	}
	if (/^0[xo]/.test(source)) {
		const value = Number(source);
		if (Number.isSafeInteger(value)) return { ok: true, value };
		return { ok: false, message: `\`${source}\` is too large to be read exactly`, help: 'write it in decimal digits' };
	}
	if (/^[-+]?\.(?:inf|nan)$/i.test(source)) {
		return { ok: false, message: `\`${source}\` is not a number that JSON can carry`, help: 'quote it if it is text' };
	}
	const json = source
		.replace(/^\+/, '')
		.replace(/^(-?)\./, '$10.')
		.replace(/\.(?=$|[eE])/, '');
	const value = Number(json);
	if (Number.isFinite(value) && sameDigits(json, String(value))) return { ok: true, value: value === 0 ? 0 : value };
	return { ok: true, value: new ExactNumber(json) };
}

function withoutLeadingZeros(source: string): string {
	return source.replace(/^([-+]?)0+(?=[0-9])/, '$1');
}

/** Do two decimal texts name the same number? Compared as digits, so `1.50` is `1.5` and nothing is rounded. */
function sameDigits(a: string, b: string): boolean {
	const left = canonical(a);
	const right = canonical(b);
	return left.digits === right.digits && (left.digits === '' || left.exponent === right.exponent);
}

function canonical(text: string): { digits: string; exponent: number } {
	const [mantissa = '', power = '0'] = text.toLowerCase().split('e');
	const [whole = '', fraction = ''] = mantissa.split('.');
	const sign = whole.startsWith('-') ? '-' : '';
	const digits = (whole.replace('-', '') + fraction).replace(/^0+/, '');
	const trimmed = trimZeros(digits);
	return {
		digits: trimmed === '' ? '' : sign + trimmed,
		exponent: Number(power) - fraction.length + (digits.length - trimmed.length),
	};
}

/** By hand: `/0+$/` is quadratic on a long run of zeros that does not end the text. */
function trimZeros(digits: string): string {
	let end = digits.length;
	while (end > 0 && digits[end - 1] === '0') end--;
	return digits.slice(0, end);
}
