// What is known about a condition: it holds, it does not, or it can't be told.

export type Truth = 'yes' | 'no' | 'unsure';

/**
 * Which way doubt falls. A rule that restricts *catches* what it can't judge; a rule that opens, and an exception
 * from a restriction, *grants* only what is certain.
 */
export type Lean = 'catch' | 'grant';

export function holds(truth: Truth, lean: Lean): boolean {
	return truth === 'yes' || (truth === 'unsure' && lean === 'catch');
}

export function opposite(lean: Lean): Lean {
	return lean === 'catch' ? 'grant' : 'catch';
}

export function truthOf(value: boolean): Truth {
	return value ? 'yes' : 'no';
}

export function negate(truth: Truth): Truth {
	return truth === 'unsure' ? 'unsure' : truthOf(truth === 'no');
}

/** `yes` when one is, `unsure` when one may be. */
export function anyOf<T>(items: readonly T[], test: (item: T) => Truth): Truth {
	let result: Truth = 'no';
	for (const item of items) {
		const truth = test(item);
		if (truth === 'yes') return 'yes';
		if (truth === 'unsure') result = 'unsure';
	}
	return result;
}

/** `no` when one is not, `unsure` when one may not be; `yes` for nothing at all. */
export function allOf<T>(items: readonly T[], test: (item: T) => Truth): Truth {
	let result: Truth = 'yes';
	for (const item of items) {
		const truth = test(item);
		if (truth === 'no') return 'no';
		if (truth === 'unsure') result = 'unsure';
	}
	return result;
}

/** Several readings of one value: certain only when they say the same. */
export function agree<T>(readings: readonly T[], test: (reading: T) => Truth): Truth {
	let result: Truth | undefined;
	for (const reading of readings) {
		const truth = test(reading);
		if (result !== undefined && truth !== result) return 'unsure';
		result = truth;
	}
	return result ?? 'unsure';
}
