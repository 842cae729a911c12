// What lists and mappings hold, as conditions ask for it.
import { sameKey } from './arguments.ts';
import { stepsPerKey } from './cel-compare.ts';
import type { CelNode } from './cel-nodes.ts';
import { Failure, type Frame, type Result, spend } from './cel-run.ts';
import { type CelMap, type CelValue, celKind, isCelList, isCelMap, isCelNumber } from './cel-values.ts';

/** A key that is not there is no answer. */
export function member(value: Result, key: string, node: CelNode, frame: Frame): Result {
	if (value instanceof Failure) return value;
	if (!isCelMap(value)) return new Failure(node, `${celKind(value)} has no \`${shown(key)}\``);
	if (Object.hasOwn(value, key)) return value[key] as CelValue;
	const near = sameKeyIn(value, key, frame);
	return new Failure(node, `there is no \`${shown(key)}\`${near === undefined ? '' : `, only \`${shown(near)}\``}`);
}

/** The key that a server without regard to case or Unicode spelling takes for this one. */
function sameKeyIn(value: CelMap, key: string, frame: Frame): string | undefined {
	const keys = Object.keys(value);
	spend(frame, keys.length * stepsPerKey);
	return keys.find((other) => {
		spend(frame, 1 + (key.length + other.length) / 8);
		return sameKey(other, key);
	});
}

function shown(key: string): string {
	return key.length > 60 ? `${key.slice(0, 59)}…` : key;
}

/** Own members only: `constructor` is nobody's argument. */
export function hasMember(value: CelValue, key: string, node: CelNode, frame: Frame): Result {
	if (!isCelMap(value)) return new Failure(node, `${celKind(value)} has no \`${shown(key)}\``);
	if (Object.hasOwn(value, key)) return true;
	const near = sameKeyIn(value, key, frame);
	return near === undefined ? false : new Failure(node, `there is no \`${shown(key)}\`, only \`${shown(near)}\``);
}

export function item(of: Result, index: Result, node: CelNode, frame: Frame): Result {
	if (of instanceof Failure) return of;
	if (index instanceof Failure) return index;
	if (isCelMap(of)) {
		if (typeof index !== 'string') return new Failure(node, `${celKind(index)} is no key`);
		return member(of, index, node, frame);
	}
	if (!isCelList(of)) return new Failure(node, `${celKind(of)} has no entries`);
	const at = isCelNumber(index) ? Number(index) : Number.NaN;
	if (!Number.isSafeInteger(at)) return new Failure(node, 'entries of a list are numbered, from 0 on');
	return at >= 0 && at < of.length ? (of[at] as CelValue) : new Failure(node, `the list has ${of.length} entries`);
}
