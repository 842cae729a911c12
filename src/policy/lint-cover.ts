// Does one rule match everything another does? Decided only where it is plain to see; otherwise the answer is no.
import { ExactNumber, type Json } from '../abi/json.ts';
import type { FactTest, Match, Rule, ValueTest } from './rule.ts';
import { matchesTextGlob } from './text-glob.ts';

const patternKeys = ['tool', 'prompt', 'method', 'from', 'command', 'resource', 'mentions', 'flags'] as const;
type PatternKey = (typeof patternKeys)[number];

/** Keys whose patterns are plain text globs. */
const globKeys: readonly PatternKey[] = ['tool', 'prompt', 'method', 'from'];

/** True when every call that `narrow` matches is matched by `wide` too, at any time and for anybody. */
export function covers(wide: Rule, narrow: Rule): boolean {
	return wide.except.length === 0 && wide.when === undefined && coversMatch(wide.match, narrow.match);
}

/** As {@link covers}, of what a rule or an exception says it is about. */
export function coversMatch(wide: Match, narrow: Match): boolean {
	for (const key of patternKeys) {
		const outer = wide[key];
		const inner = narrow[key];
		if (outer !== undefined && !inner?.every((pattern) => outer.some((other) => coversPattern(key, other, pattern))))
			return false;
	}
	if (wide.driver_asks && !narrow.driver_asks?.every((asked) => wide.driver_asks?.includes(asked))) return false;
	if (wide.effect !== undefined && wide.effect !== narrow.effect) return false;
	return coversRecord(wide.args, narrow.args, coversTest) && coversRecord(wide.facts, narrow.facts, coversFact);
}

/** Every condition of the wide rule must be a condition of the narrow one too: a missing one matches more. */
function coversRecord<T>(
	wide: Readonly<Record<string, T>> | undefined,
	narrow: Readonly<Record<string, T>> | undefined,
	coversOne: (wide: T, narrow: T) => boolean,
): boolean {
	return Object.entries(wide ?? {}).every(([name, outer]) => {
		const inner = narrow !== undefined && Object.hasOwn(narrow, name) ? narrow[name] : undefined;
		return inner !== undefined && coversOne(outer, inner);
	});
}

function coversTest(wide: ValueTest, narrow: ValueTest): boolean {
	return Object.entries(wide).every(([operator, outer]) => {
		const inner = narrow[operator as keyof ValueTest] as Json | undefined;
		if (inner === undefined) return false;
		// The fewer kinds are named, the more statements are of another.
		if (operator === 'statement_other_than') return listsAll(inner, outer as Json);
		const isAnyOf = operator !== 'not' && operator !== 'outside' && Array.isArray(outer) && Array.isArray(inner);
		if (!isAnyOf) return isSame(outer as Json, inner);
		return listsAll(outer, inner);
	});
}

/** Is every value of `inner` in `outer`? */
function listsAll(outer: Json, inner: Json): boolean {
	if (!Array.isArray(outer) || !Array.isArray(inner)) return false;
	return inner.every((value: Json) => outer.some((other: Json) => isSame(other, value)));
}

/** Exceptions aside, a list catches as soon as one of its values does; so fewer values catch less. */
function coversFact(wide: FactTest, narrow: FactTest): boolean {
	return coversTest(wide, narrow);
}

function coversPattern(key: PatternKey, wide: string, narrow: string): boolean {
	if (wide === narrow) return true;
	if (/[${}]/.test(wide + narrow)) return false;
	// Read as text, a star of the narrow glob can only be taken by a star of the wide one; a `?` could take it too.
	if (globKeys.includes(key)) return !wide.includes('?') && matchesTextGlob(wide, narrow);
	return key === 'command' && narrow.startsWith(`${wide} `);
}

function isSame(a: Json | undefined, b: Json | undefined): boolean {
	return textOf(a) === textOf(b);
}

function textOf(value: Json | undefined): string | undefined {
	return JSON.stringify(value, (_key, member) => (member instanceof ExactNumber ? { exact: member.source } : member));
}
