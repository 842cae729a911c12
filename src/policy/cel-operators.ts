// What the operators between two values do in conditions.
import { calculate, calculateTime, minus, NoResult } from './cel-arithmetic.ts';
import { charactersPerStep, equals, order } from './cel-compare.ts';
import { tooLong, tooMany } from './cel-functions.ts';
import { celLimits } from './cel-limits.ts';
import { hasMember } from './cel-members.ts';
import type { BinaryOperator, CelNode } from './cel-nodes.ts';
import { Failure, type Frame, type Result, spend, told } from './cel-run.ts';
import { type CelValue, celKind, isCelList, isCelMap, isCelNumber } from './cel-values.ts';
import { anyOf, negate } from './truth.ts';

export type Apply = (left: CelValue, right: CelValue, frame: Frame) => Result;

const mayBeSame = 'a server may read one of these as the other';

export function operator(op: BinaryOperator, node: CelNode): Apply {
	const compared = (test: (order: number) => boolean): Apply => {
		return (left, right, frame) => {
			const found = order(left, right, frame);
			return found === undefined ? unfit(op, left, right, node) : test(found);
		};
	};
	switch (op) {
		case '==':
			return (left, right, frame) => told(equals(left, right, frame), node, mayBeSame);
		case '!=':
			return (left, right, frame) => told(negate(equals(left, right, frame)), node, mayBeSame);
		case '<':
			return compared((found) => found < 0);
		case '<=':
			return compared((found) => found <= 0);
		case '>':
			return compared((found) => found > 0);
		case '>=':
			return compared((found) => found >= 0);
		case 'in':
			return (left, right, frame) => contains(left, right, node, frame);
		case '+':
			return (left, right, frame) => add(left, right, node, frame);
		case '-':
		case '*':
		case '/':
		case '%':
			return (left, right) => {
				if (isCelNumber(left) && isCelNumber(right)) return settled(calculate(op, left, right), node);
				const time = calculateTime(op, left, right);
				return time === undefined ? unfit(op, left, right, node) : settled(time, node);
			};
		default:
			return op satisfies never;
	}
}

function unfit(op: BinaryOperator, left: CelValue, right: CelValue, node: CelNode): Failure {
	return new Failure(node, `\`${op}\` is not for ${celKind(left)} and ${celKind(right)}`);
}

function contains(value: CelValue, among: CelValue, node: CelNode, frame: Frame): Result {
	if (isCelList(among))
		return told(
			anyOf(among, (other) => equals(value, other, frame)),
			node,
			mayBeSame,
		);
	if (!isCelMap(among)) return unfit('in', value, among, node);
	return typeof value === 'string' ? hasMember(among, value, node, frame) : false;
}

function add(left: CelValue, right: CelValue, node: CelNode, frame: Frame): Result {
	if (isCelNumber(left) && isCelNumber(right)) return settled(calculate('+', left, right), node);
	if (typeof left === 'string' && typeof right === 'string') {
		const length = left.length + right.length;
		if (length > celLimits.functionTextLength) return tooLong(node);
		spend(frame, length / charactersPerStep);
		return left + right;
	}
	if (isCelList(left) && isCelList(right)) {
		const length = left.length + right.length;
		if (length > celLimits.listLength) return tooMany(node);
		spend(frame, length);
		return [...left, ...right];
	}
	const time = calculateTime('+', left, right);
	return time === undefined ? unfit('+', left, right, node) : settled(time, node);
}

export function negative(value: CelValue, node: CelNode): Result {
	return settled(minus(value) ?? new NoResult(`\`-\` is not for ${celKind(value)}`), node);
}

function settled(value: CelValue | NoResult, node: CelNode): Result {
	return value instanceof NoResult ? new Failure(node, value.reason) : value;
}
