// Globs over plain text and names: `*` is any run of characters, `/` included, `?` is one; the rest is literal.
import { composed, isAscii } from './ascii.ts';
import type { Truth } from './truth.ts';

/** Whether the whole of `text` matches. Two pointers, one remembered star: no pattern makes it backtrack further. */
export function matchesTextGlob(pattern: string, text: string): boolean {
	let at = 0;
	let next = 0;
	let star = -1;
	let resume = 0;
	while (at < text.length) {
		const wanted = pattern[next];
		if (wanted === '*') {
			star = next;
			resume = at;
			next += 1;
		} else if (wanted === '?') {
			at += isPair(text, at) ? 2 : 1;
			next += 1;
		} else if (wanted !== undefined && wanted === text[at]) {
			at += 1;
			next += 1;
		} else if (star !== -1) {
			resume += 1;
			at = resume;
			next = star + 1;
		} else {
			return false;
		}
	}
	while (pattern[next] === '*') next += 1;
	return next === pattern.length;
}

/** `unsure` when only another Unicode spelling of the same text matches. */
export function textGlobTruth(patterns: readonly string[], text: string): Truth {
	let truth: Truth = 'no';
	for (const pattern of patterns) {
		if (matchesTextGlob(pattern, text)) return 'yes';
		if (isAscii(pattern) && isAscii(text)) continue;
		if (matchesTextGlob(composed(pattern), composed(text))) truth = 'unsure';
	}
	return truth;
}

/** As {@link textGlobTruth} of one pattern, read once and tried on many texts. */
export function compileTextGlob(pattern: string): (text: string) => Truth {
	const matches = matcherOf(pattern);
	const isPlain = isAscii(pattern);
	const other = composed(pattern);
	return (text) => {
		if (matches(text)) return 'yes';
		if (isPlain && isAscii(text)) return 'no';
		return matchesTextGlob(other, composed(text)) ? 'unsure' : 'no';
	};
}

/** More of a text tells no more than this many characters. */
const longestHeld = 200;

/** A text that stands in every plain ASCII text which the pattern matches, the longest; undefined where there is none. */
export function textIn(pattern: string): string | undefined {
	// What is not plain may be plain in another spelling: the Kelvin sign is composed to a `K`.
	if (!isAscii(pattern)) return undefined;
	let longest = '';
	for (const part of pattern.split(/[*?]+/)) if (part.length > longest.length) longest = part;
	return longest === '' ? undefined : longest.slice(0, longestHeld);
}

/** Most patterns are a text with a star at one end or at both, which the engine finds by itself. */
function matcherOf(pattern: string): (text: string) => boolean {
	const [, before, literal, after] = /^(\**)([^*?]+)(\**)$/su.exec(pattern) ?? [];
	if (literal === undefined) return (text) => matchesTextGlob(pattern, text);
	if (before === '' && after === '') return (text) => text === literal;
	if (before === '') return (text) => text.startsWith(literal);
	if (after === '') return (text) => text.endsWith(literal);
	return (text) => text.includes(literal);
}

/** Is there a text that both match? */
export function globsOverlap(a: string, b: string): boolean {
	let reached = new Set<number>([0]);
	const spread = (from: Set<number>) => {
		for (const index of from) if (b[index] === '*') from.add(index + 1);
		return from;
	};
	spread(reached);
	for (const wanted of a) {
		const next = new Set<number>();
		if (wanted === '*') {
			// `a` takes any run: from the first place on, every place in `b` can be reached.
			let first = b.length;
			for (const index of reached) first = Math.min(first, index);
			for (let later = first; reached.size > 0 && later <= b.length; later++) next.add(later);
			reached = next;
			continue;
		}
		for (const index of reached) {
			const other = b[index];
			if (other === '*') {
				next.add(index);
			} else if (other !== undefined && (other === '?' || wanted === '?' || other === wanted)) {
				next.add(index + 1);
			}
		}
		reached = spread(next);
	}
	return reached.has(b.length);
}

export function isLiteral(pattern: string): boolean {
	return !/[*?]/.test(pattern);
}

function isPair(text: string, at: number): boolean {
	return /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(at, at + 2));
}
