// Shell patterns over known texts, for `${x#…}`, `${x%…}` and `${x/…}`.
import type { Fragment } from './fragment.ts';

/** One position of a pattern: a character, `?`, or `*`. */
type Step = { readonly unit: string } | 'any' | 'run';

export type Pattern = readonly Step[];

/** How much work one match may be; beyond it the result counts as unknown. */
const maxWork = 262_144;

/** A pattern from the fragments of a word; undefined for one with unknown parts, brackets or extended globs. */
export function readPattern(row: readonly Fragment[]): Pattern | undefined {
	const steps: Step[] = [];
	for (const fragment of row) {
		if (!('piece' in fragment) || typeof fragment.piece !== 'string') return undefined;
		for (const unit of fragment.piece.split('')) {
			if (fragment.isQuoted) steps.push({ unit });
			else if (unit === '*') steps.push('run');
			else if (unit === '?') steps.push('any');
			else if ('[\\('.includes(unit)) return undefined;
			else steps.push({ unit });
		}
	}
	return steps;
}

/** The lengths of the beginnings of `text`, from `from` on, that match: the shortest and the longest. */
export function matchStart(
	pattern: Pattern,
	text: string,
	from = 0,
): { readonly shortest: number; readonly longest: number } | 'none' | 'unknown' {
	if ((text.length - from) * (pattern.length + 1) > maxWork) return 'unknown';
	let active = reach(pattern, new Set([0]));
	let [shortest, longest] = [-1, -1];
	for (let at = from; ; at += 1) {
		if (active.has(pattern.length)) {
			if (shortest < 0) shortest = at - from;
			longest = at - from;
		}
		if (at >= text.length || active.size === 0) break;
		const next = new Set<number>();
		for (const place of active) {
			const step = pattern[place];
			if (step === undefined) continue;
			if (step === 'run') next.add(place);
			else if (step === 'any' || step.unit === text[at]) next.add(place + 1);
		}
		active = reach(pattern, next);
	}
	return shortest < 0 ? 'none' : { shortest, longest };
}

/** The same for endings of `text`. */
export function matchEnd(pattern: Pattern, text: string): ReturnType<typeof matchStart> {
	return matchStart(pattern.toReversed(), [...text.split('')].reverse().join(''));
}

/** The text with matches replaced; undefined when that is too much work. */
export function replaceMatches(pattern: Pattern, text: string, replacement: string, all: boolean): string | undefined {
	if (text.length * text.length * (pattern.length + 1) > maxWork) return undefined;
	let made = '';
	let at = 0;
	while (at < text.length) {
		const match = matchStart(pattern, text, at);
		if (match === 'unknown') return undefined;
		if (match === 'none' || match.longest === 0) {
			made += text.charAt(at);
			at += 1;
			continue;
		}
		made += replacement;
		at += match.longest;
		if (!all) break;
	}
	return made + text.slice(at);
}

function reach(pattern: Pattern, places: Set<number>): Set<number> {
	for (const place of places) if (pattern[place] === 'run') places.add(place + 1);
	return places;
}
