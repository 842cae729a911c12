// Carrying a change of nested shell text out to the text that it is written in.
import { encode } from './quote.ts';
import type { Layer, Origin } from './word.ts';

/** A change in one text: what stands from `start` to `end` gives way to `text`, written as it shall be read there. */
export interface Splice {
	readonly start: number;
	readonly end: number;
	readonly text: string;
	/** The neighbour that an insertion sticks to, which matters where quoting changes between the two. */
	readonly side: 'before-next' | 'after-last';
}

/** The same change in the text around, or a reason why it has no exact place there. */
export type Lifted = readonly Splice[] | string;

type Origins = readonly (Origin | undefined)[];

/**
 * Splices of `layer.text` as splices of the text around it. What is removed is removed character by character, so that
 * quotes between two removed characters stay; what is inserted is encoded for the quoting of the character it sticks to.
 */
export function lift(splices: readonly Splice[], outer: NonNullable<Layer['outer']>): Lifted {
	const origins = outer.origins();
	if (!origins) return 'the text it is in does not stand there letter by letter';
	const lifted: Splice[] = [];
	for (const splice of splices) {
		const own = liftOne(splice, origins, outer.layer.text);
		if (typeof own === 'string') return own;
		lifted.push(...own);
	}
	return lifted;
}

function liftOne({ start, end, text, side }: Splice, origins: Origins, around: string): Lifted {
	const runs = runsOf(origins, start, end, around);
	if (runs === undefined) return 'a character of it stands for more than one';
	if (text === '') return runs.map((run) => ({ ...run, text: '', side }));
	const anchor = anchorOf(origins, start, end, side);
	if (anchor === undefined) return 'there is no single place for the new text';
	const { at, quoting } = anchor;
	const insertion = { start: at, end: at, text: encode(text, quoting, around.slice(Math.max(0, at - 12), at)), side };
	const first = runs.find((run) => run.start === at);
	if (!first) return [insertion, ...runs.map((run) => ({ ...run, text: '', side }))];
	return runs.map((run) => (run === first ? { ...insertion, end: run.end } : { ...run, text: '', side }));
}

interface Run {
	start: number;
	end: number;
}

/** The stretches of outer text that spell the characters from `start` to `end`; undefined where one spells others too. */
function runsOf(origins: Origins, start: number, end: number, around: string): readonly Run[] | undefined {
	if (start === end) return [];
	const runs: Run[] = [];
	const [first, last] = [origins[start], origins[end - 1]];
	if (sharesSpan(origins[start - 1], first) || sharesSpan(origins[end], last)) return undefined;
	for (let at = start; at < end; at++) {
		const origin = origins[at];
		// A blank that only joins two words goes with them.
		if (!origin) continue;
		const run = runs.at(-1);
		if (run && origin.start >= run.start && origin.start <= run.end) run.end = Math.max(run.end, origin.end);
		else runs.push({ start: origin.start, end: origin.end });
	}
	return first && last ? withQuotes(runs, first, last, around) : runs;
}

/**
 * The runs as one, with the quotes between them, where the text is quoted in the same way before and after.
 * So `'\''` goes as a whole.
 */
function withQuotes(runs: readonly Run[], first: Origin, last: Origin, around: string): readonly Run[] {
	let [{ start }, { end }] = [first, last];
	if (first.quoting !== last.quoting) {
		if (first.quoting === 'single' && last.quoting === 'bare' && around[end] === "'") end += 1;
		else if (first.quoting === 'bare' && last.quoting === 'single' && around[start - 1] === "'") start -= 1;
		else return runs;
	}
	const between = runs.slice(1).map((run, at) => around.slice(runs[at]?.end, run.start));
	return between.every((text) => /^(?:['"$]|\\\n)*$/.test(text)) ? [{ start, end }] : runs;
}

function sharesSpan(one: Origin | undefined, other: Origin | undefined): boolean {
	return one !== undefined && other !== undefined && one.start === other.start;
}

function anchorOf(origins: Origins, start: number, end: number, side: Splice['side']) {
	const next = origins[start];
	const last = origins[start - 1];
	if (next && (start < end || side === 'before-next' || !last)) return { at: next.start, quoting: next.quoting };
	return last && { at: last.end, quoting: last.quoting };
}

/** `text` with the splices made; undefined when two of them touch the same characters. */
export function applied(text: string, splices: readonly Splice[]): string | undefined {
	const ordered = splices.map((splice, order) => ({ ...splice, order }));
	// Several insertions at one place keep their order.
	ordered.sort((one, other) => one.start - other.start || one.end - other.end || one.order - other.order);
	const parts: string[] = [];
	let at = 0;
	for (const { start, end, text: put } of ordered) {
		if (start < at || end < start || end > text.length) return undefined;
		parts.push(text.slice(at, start), put);
		at = end;
	}
	return parts.join('') + text.slice(at);
}
