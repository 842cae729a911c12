// `all`, `exists`, `exists_one`, `filter` and `map`: one body for each item of a list, or each key of a mapping.
import { stepsPerKey } from './cel-compare.ts';
import { tooMany } from './cel-functions.ts';
import { celLimits } from './cel-limits.ts';
import type { CelNode, LoopNode } from './cel-nodes.ts';
import { Failure, type Frame, notTruth, type Result, type Run, spend } from './cel-run.ts';
import { type CelValue, celKind, isCelList, isCelMap } from './cel-values.ts';

export function itemsOf(value: Result, at: CelNode, frame: Frame): readonly CelValue[] | Failure {
	if (value instanceof Failure) return value;
	const items = isCelList(value) ? value : isCelMap(value) ? Object.keys(value) : undefined;
	if (items === undefined) return new Failure(at, `${celKind(value)} has no entries`);
	if (items !== value) spend(frame, items.length * stepsPerKey);
	return items.length > celLimits.listLength ? tooMany(at) : items;
}

export type Turn = (items: readonly CelValue[], enter: (item: CelValue) => Frame) => Result;

export function turnOf({ name }: LoopNode, runs: readonly Run[], bodies: readonly CelNode[]): Turn {
	const [first, second] = runs as [Run, Run | undefined];
	const at = bodies[0] as CelNode;
	switch (name) {
		case 'all':
			return quantify(false, first, at);
		case 'exists':
			return quantify(true, first, at);
		case 'exists_one':
			return (items, enter) => {
				let count = 0;
				for (const value of items) {
					const holds = first(enter(value));
					if (typeof holds !== 'boolean') return notTruth(holds, at);
					if (holds) count += 1;
				}
				return count === 1;
			};
		case 'filter':
			return gather(first, (_frame, value) => value, at);
		case 'map':
			return second === undefined ? gather(undefined, first, at) : gather(first, second, at);
		default:
			return name satisfies never;
	}
}

/** One decisive item decides, whatever fails on others. */
function quantify(decisive: boolean, body: Run, at: CelNode): Turn {
	return (items, enter) => {
		let failure: Failure | undefined;
		for (const value of items) {
			const holds = body(enter(value));
			if (holds === decisive) return decisive;
			if (typeof holds !== 'boolean') failure ??= notTruth(holds, at);
		}
		return failure ?? !decisive;
	};
}

function gather(filter: Run | undefined, make: (frame: Frame, item: CelValue) => Result, at: CelNode): Turn {
	return (items, enter) => {
		const made: CelValue[] = [];
		for (const value of items) {
			const frame = enter(value);
			const isIn = filter === undefined || filter(frame);
			if (typeof isIn !== 'boolean') return notTruth(isIn, at);
			if (!isIn) continue;
			const result = make(frame, value);
			if (result instanceof Failure) return result;
			made.push(result);
		}
		return made;
	};
}
