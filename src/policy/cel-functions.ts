// The functions a condition may call: what each takes, and what it gives back.
import { ExactNumber } from '../abi/json.ts';
import { readNumber } from '../text/numbers.ts';
import { quote } from '../text/words.ts';
import { composed } from './ascii.ts';
import { isInteger } from './cel-arithmetic.ts';
import { charactersPerStep, spendOnText, stepsPerKey } from './cel-compare.ts';
import { celLimits } from './cel-limits.ts';
import type { CallNode } from './cel-nodes.ts';
import { Failure, type Frame, spend } from './cel-run.ts';
import { parseDuration, parseInstant } from './cel-time.ts';
import { type CelValue, celKind, computable, isCelList, isCelMap, isCelNumber, jsonNumber } from './cel-values.ts';

/** What a function is told: its arguments, a receiver first. */
type Run = (args: readonly CelValue[], frame: Frame, node: CallNode) => CelValue | Failure;

export interface CelFunction {
	/** `size(x)`: how many arguments it takes; absent when it is no such function. */
	readonly plain?: number;
	/** `x.size()`: how many arguments beside the receiver. */
	readonly method?: number;
	/** Of a literal the answer is known when the policy is loaded, so a mistake in one is found there. */
	readonly isConstant?: boolean;
	readonly run: Run;
}

export const celFunctions: ReadonlyMap<string, CelFunction> = new Map<string, CelFunction>([
	['size', { plain: 1, method: 0, run: ([value], frame, node) => size(value as CelValue, frame, node) }],
	['contains', { method: 1, run: textTest('contains', (text, part) => text.includes(part)) }],
	['startsWith', { method: 1, run: textTest('startsWith', (text, part) => text.startsWith(part)) }],
	['endsWith', { method: 1, run: textTest('endsWith', (text, part) => text.endsWith(part)) }],
	['lowerAscii', { method: 0, run: textChange((text) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase())) }],
	['upperAscii', { method: 0, run: textChange((text) => text.replace(/[a-z]+/g, (part) => part.toUpperCase())) }],
	['trim', { method: 0, run: textChange(trim) }],
	['split', { method: 1, run: ([text, by], frame, node) => split(text as CelValue, by as CelValue, frame, node) }],
	['join', { method: 1, run: ([list, by], frame, node) => join(list as CelValue, by as CelValue, frame, node) }],
	['int', { plain: 1, isConstant: true, run: ([value], _frame, node) => toInteger(value as CelValue, node) }],
	['double', { plain: 1, isConstant: true, run: ([value], _frame, node) => toDouble(value as CelValue, node) }],
	['string', { plain: 1, run: ([value], _frame, node) => toText(value as CelValue, node) }],
	['dyn', { plain: 1, run: ([value]) => value as CelValue }],
	['timestamp', { plain: 1, isConstant: true, run: ([text], _frame, node) => timestamp(text as CelValue, node) }],
	['duration', { plain: 1, isConstant: true, run: ([text], _frame, node) => duration(text as CelValue, node) }],
]);

export function wrongKind(node: CallNode, value: CelValue): Failure {
	return new Failure(node, `\`${node.name}\` is not for ${celKind(value)}`);
}

/** Undefined for text that a function may look at; else why it may not. */
export function refuseText(value: CelValue, frame: Frame, node: CallNode): Failure | undefined {
	if (typeof value !== 'string') return wrongKind(node, value);
	if (value.length > celLimits.functionTextLength) {
		return new Failure(node, `the text is longer than ${celLimits.functionTextLength} characters`);
	}
	spendOnText(value, frame);
	return undefined;
}

/** In code points, as CEL counts. */
function size(value: CelValue, frame: Frame, node: CallNode): CelValue | Failure {
	if (isCelList(value)) return BigInt(value.length);
	if (typeof value === 'string') {
		spend(frame, value.length / charactersPerStep);
		let count = value.length;
		for (let at = 1; at < value.length; at++) if (isLow(value, at) && isHigh(value, at - 1)) count -= 1;
		return BigInt(count);
	}
	if (!isCelMap(value)) return wrongKind(node, value);
	const { length } = Object.keys(value);
	spend(frame, length * stepsPerKey);
	return BigInt(length);
}

function isHigh(text: string, at: number): boolean {
	return (text.charCodeAt(at) & 0xfc00) === 0xd800;
}

function isLow(text: string, at: number): boolean {
	return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}

/** At its worst the search of the JavaScript engine looks at most of the part again and again. */
function refuseSearch(text: CelValue, part: CelValue, frame: Frame, node: CallNode): Failure | undefined {
	const refused = refuseText(text, frame, node) ?? refuseText(part, frame, node);
	if (refused === undefined) spend(frame, ((text as string).length * (part as string).length) / 2000);
	return refused;
}

/** Where another Unicode spelling of the same text has another answer, a server may see what we don't: no answer. */
function textTest(name: string, test: (text: string, part: string) => boolean): Run {
	return ([text, part], frame, node) => {
		const refused = refuseSearch(text as CelValue, part as CelValue, frame, node);
		if (refused !== undefined) return refused;
		const [one, other] = [text as string, part as string];
		const holds = test(one, other);
		const isSure = test(composed(one), composed(other)) === holds;
		return isSure ? holds : new Failure(node, otherSpelling(name));
	};
}

export function otherSpelling(name: string): string {
	return `\`${name}\` has another answer for another Unicode spelling of the same text`;
}

function textChange(change: (text: string) => string): Run {
	return ([text], frame, node) => refuseText(text as CelValue, frame, node) ?? change(text as string);
}

/** As CEL has white space: U+0085 is some, U+FEFF is none. */
function trim(text: string): string {
	let [start, end] = [0, text.length];
	while (start < end && isWhite(text[start])) start++;
	while (end > start && isWhite(text[end - 1])) end--;
	return text.slice(start, end);
}

function isWhite(character: string | undefined): boolean {
	return character !== undefined && /\p{White_Space}/u.test(character);
}

function split(text: CelValue, by: CelValue, frame: Frame, node: CallNode): CelValue | Failure {
	const refused = refuseSearch(text, by, frame, node);
	if (refused !== undefined) return refused;
	// One more than may be, so that what was left out is noticed.
	const most = celLimits.listLength + 1;
	// Into characters, not into halves of them.
	const parts = by === '' ? [...(text as string).slice(0, 2 * most)] : (text as string).split(by as string, most);
	return parts.length > celLimits.listLength ? tooMany(node) : parts;
}

function join(list: CelValue, by: CelValue, frame: Frame, node: CallNode): CelValue | Failure {
	if (!isCelList(list)) return wrongKind(node, list);
	if (list.length > celLimits.listLength) return tooMany(node);
	const refused = refuseText(by, frame, node);
	if (refused !== undefined) return refused;
	let length = (by as string).length * list.length;
	for (const item of list) {
		if (typeof item !== 'string') return wrongKind(node, item);
		length += item.length;
	}
	if (length > celLimits.functionTextLength) return tooLong(node);
	spend(frame, length / charactersPerStep);
	return list.join(by as string);
}

export function tooMany(node: Failure['at']): Failure {
	return new Failure(node, `the list has more than ${celLimits.listLength} entries`);
}

export function tooLong(node: Failure['at']): Failure {
	return new Failure(node, `the text would be longer than ${celLimits.functionTextLength} characters`);
}

function toInteger(value: CelValue, node: CallNode): CelValue | Failure {
	if (typeof value === 'string') {
		return /^[+-]?\d{1,19}$/.test(value) && isInteger(BigInt(value))
			? BigInt(value)
			: notA('whole number', value, node);
	}
	if (!isCelNumber(value)) return wrongKind(node, value);
	if (typeof value === 'bigint') return value;
	if (value instanceof ExactNumber && /^-?\d{1,19}$/.test(value.source)) {
		const exact = BigInt(value.source);
		if (isInteger(exact)) return exact;
	}
	const number = typeof value === 'number' ? value : computable(value);
	const digits = number === undefined ? '' : String(Math.trunc(number));
	const whole = /^-?\d+$/.test(digits) ? BigInt(digits) : undefined;
	return whole !== undefined && isInteger(whole) ? whole : new Failure(node, 'the number does not fit into 64 bits');
}

/** As a number of JSON: one with more digits than a double holds stays exact, and can be compared only. */
function toDouble(value: CelValue, node: CallNode): CelValue | Failure {
	if (isCelNumber(value)) return jsonNumber(value);
	if (typeof value !== 'string') return wrongKind(node, value);
	const isNumber = value.length <= 400 && /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(value);
	const read = isNumber ? readNumber(value) : undefined;
	return read?.ok ? read.value : notA('number', value, node);
}

function toText(value: CelValue, node: CallNode): CelValue | Failure {
	if (typeof value === 'string') return value;
	if (typeof value === 'boolean' || typeof value === 'bigint' || typeof value === 'number') return String(value);
	return value instanceof ExactNumber ? String(computable(value) ?? value.source) : wrongKind(node, value);
}

function timestamp(value: CelValue, node: CallNode): CelValue | Failure {
	if (typeof value !== 'string') return wrongKind(node, value);
	return parseInstant(value) ?? notA('time (`2026-11-20T15:00:00Z`)', value, node);
}

function duration(value: CelValue, node: CallNode): CelValue | Failure {
	if (typeof value !== 'string') return wrongKind(node, value);
	return parseDuration(value) ?? notA('duration (`1h30m`)', value, node);
}

function notA(what: string, text: string, node: CallNode): Failure {
	return new Failure(node, `${quote(text.slice(0, 80))} is no ${what}`);
}
