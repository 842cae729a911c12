// Takes secrets out of texts: everything that any rule finds, in one go, so that no order of rules can matter.
import { asRead } from '../text/as-read.ts';
import type { Finder, Found } from './finder.ts';

/** What one rule looks for, and what takes its place. */
export interface CompiledRedaction {
	readonly finders: readonly Finder[];
	/** True for a text that is worth a closer look. */
	readonly isSuspect: (text: string) => boolean;
	/** The text for a secret of this kind. */
	readonly markOf: (kind: string) => string;
	/** Every text that `markOf` may give. */
	readonly marks: readonly string[];
}

/** A rule as far as this room needs it. */
export interface RedactRule {
	readonly id: string;
	readonly action: { readonly redaction: CompiledRedaction };
}

export interface RedactedTexts {
	/** As many as there were; the very same list when nothing was found. */
	readonly texts: readonly string[];
	/** How many places were taken out. */
	readonly count: number;
}

/** Called between two pieces of work; throws when they take too long together. */
export type Meter = () => void;

/** A text that could not be looked at within bounds. What it says is not passed on. */
export class RedactionFailure extends Error {
	override readonly name = 'RedactionFailure';
}

const mostPasses = 5;
const mostFinds = 200_000;
/** Nothing can stop the search for one pattern; so much of it takes some seconds. */
const mostCharacters = 8 * 1024 * 1024;

/**
 * Takes out of texts that are read one after the other whatever a rule finds in one of them, in one as a reader takes it,
 * or across their borders. Finds that overlap are one place; its mark is that of the find that begins first, of the
 * longest among those, and then by rule and kind. A mark is what it is: nothing is found within one. What is given
 * back holds nothing that a rule finds. Throws RedactionFailure beyond its bounds, and whatever a finder throws.
 */
export function redactTexts(texts: readonly string[], rules: readonly RedactRule[], meter: Meter): RedactedTexts {
	if (rules.length === 0) return { texts, count: 0 };
	if (texts.reduce((length, text) => length + text.length, 0) > mostCharacters) {
		throw new RedactionFailure(`more than ${mostCharacters} characters are too many to be searched for secrets`);
	}
	let current = texts;
	let count = 0;
	for (let pass = 0; pass < mostPasses; pass += 1) {
		const places = joinOverlapping(findAll(current, rules, meter));
		if (places.length === 0) return { texts: current, count };
		count += places.length;
		current = replacePlaces(current, places);
	}
	throw new RedactionFailure('what takes the place of a secret makes new ones');
}

/** A find in the coordinates of all texts put together. */
interface Find extends Found {
	readonly kind: string;
	readonly rule: RedactRule;
}

function findAll(texts: readonly string[], rules: readonly RedactRule[], meter: Meter): Find[] {
	const finds: Find[] = [];
	let offset = 0;
	for (const text of texts) {
		findIn(text, offset, rules, meter, finds);
		offset += text.length;
	}
	if (texts.length > 1) findIn(texts.join(''), 0, rules, meter, finds);
	return finds;
}

function findIn(text: string, offset: number, rules: readonly RedactRule[], meter: Meter, finds: Find[]): void {
	const reading = asRead(text);
	const readings = [
		{ text, origin: (found: Found) => found },
		...(reading === undefined
			? []
			: [{ text: reading.text, origin: ({ start, end }: Found) => reading.origin(start, end) }]),
	];
	for (const rule of rules) {
		const { finders, isSuspect } = rule.action.redaction;
		for (const { text: read, origin } of readings) {
			meter();
			if (!isSuspect(read)) continue;
			for (const { kind, find } of finders) {
				for (const found of find(read)) {
					// A pattern that finds much can take long between two texts.
					meter();
					if (found.start === found.end) continue;
					const { start, end } = origin(found);
					if (isWithinMark(text, { start, end }, rules)) continue;
					if (finds.length >= mostFinds)
						throw new RedactionFailure(`there are more than ${mostFinds} places to take out`);
					finds.push({ start: offset + start, end: offset + end, kind, rule });
				}
				meter();
			}
		}
	}
}

/** A find within a mark is no secret: somebody who wrote a rule wrote it. */
function isWithinMark(text: string, { start, end }: Found, rules: readonly RedactRule[]): boolean {
	return rules.some(({ action }) =>
		action.redaction.marks.some((mark) => {
			if (mark.length < end - start) return false;
			return text.slice(Math.max(0, end - mark.length), start + mark.length).includes(mark);
		}),
	);
}

interface Place extends Found {
	readonly mark: string;
}

function joinOverlapping(finds: readonly Find[]): Place[] {
	const places: { start: number; end: number; mark: string }[] = [];
	for (const { start, end, kind, rule } of [...finds].sort(byPrecedence)) {
		const last = places.at(-1);
		if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
		else places.push({ start, end, mark: rule.action.redaction.markOf(kind) });
	}
	return places;
}

function byPrecedence(a: Find, b: Find): number {
	return a.start - b.start || b.end - a.end || compare(a.rule.id, b.rule.id) || compare(a.kind, b.kind);
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

/** The mark stands where the place begins; what of the place lies in later texts is gone. */
function replacePlaces(texts: readonly string[], places: readonly Place[]): string[] {
	let offset = 0;
	let first = 0;
	return texts.map((text) => {
		const from = offset;
		const to = from + text.length;
		offset = to;
		const parts: string[] = [];
		let done = from;
		for (let index = first; index < places.length; index += 1) {
			const place = places[index] as Place;
			if (place.start >= to) break;
			if (place.start >= from) parts.push(text.slice(done - from, place.start - from), place.mark);
			done = Math.min(place.end, to);
			if (place.end > to) break;
			first = index + 1;
		}
		return parts.length === 0 && done === from ? text : parts.join('') + text.slice(done - from);
	});
}
