// One evaluation of a condition in CEL: what it works on, what it may still do, and how it fails.
import type { Span } from './cel-nodes.ts';
import { type CelValue, celKind } from './cel-values.ts';
import type { Truth } from './truth.ts';

/**
 * No answer: what stood where, and why it has none. A value like any other, so that `&&` and `||` can absorb it, and
 * cheap to make, for an agent decides how many are made.
 */
export class Failure {
	constructor(
		readonly at: Span,
		readonly reason: string,
	) {}
}

export type Result = CelValue | Failure;
export type Run = (frame: Frame) => Result;

export interface Frame {
	readonly variables: Readonly<Record<string, CelValue | undefined>>;
	/** The items that loops are at, by the depth of the loop. */
	readonly locals: CelValue[];
	stepsLeft: number;
}

/** Thrown, for nothing may absorb it: a condition that has done too much has no answer whatever else it says. */
export class Exhausted extends Error {}

export function spend(frame: Frame, steps: number): void {
	frame.stepsLeft -= steps;
	if (frame.stepsLeft < 0) throw new Exhausted();
}

/** The failure of what should have been true or false. */
export function notTruth(value: Result, at: Span): Failure {
	return value instanceof Failure ? value : new Failure(at, `this is ${celKind(value)}, not true or false`);
}

export function told(truth: Truth, at: Span, unsure: string): Result {
	return truth === 'unsure' ? new Failure(at, unsure) : truth === 'yes';
}
