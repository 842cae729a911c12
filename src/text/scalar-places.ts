// Where a part of a text stands in the file, when the text is a YAML value: plain, quoted, or a block.
import { isScalar, type Scalar } from 'yaml';
import type { Place } from '../abi/problem.ts';
import { nodeAt, type Path, place, spanPlace, type YamlDocument } from './places.ts';

/**
 * The place of the units from `start` to `end` of the text at `path`. What indentation, folding, doubled quotes and
 * escapes add to the file is accounted for. The place of the whole value when the file can't be followed.
 */
export function placeInside(document: YamlDocument, path: Path, start: number, end: number): Place {
	const node = nodeAt(document, path);
	const units = isScalar(node) ? align(node, document.text) : undefined;
	const whole = place(document, path);
	if (units === undefined) return whole;
	const from = units[start]?.start ?? units.at(-1)?.end;
	const to = end > start ? units[end - 1]?.end : from;
	return from === undefined ? whole : spanPlace(document, from, to ?? from);
}

/** Where one unit of the text stands in the file. */
interface Unit {
	readonly start: number;
	readonly end: number;
}

/** Every unit of the text, or undefined when the file says something else than was read. */
function align({ value, type, range }: Scalar, source: string): Unit[] | undefined {
	if (typeof value !== 'string' || !range) return undefined;
	const isBlock = type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED';
	const units = isBlock ? alignBlock(value, source, range[0], range[1]) : alignFlow(value, source, range[0], range[1]);
	return units?.length === value.length ? units : undefined;
}

/**
 * A block keeps its text, but for the indent and, when folded, its line breaks: what is no white space stands there in the
 * same order, and what white space became is told by what stands between.
 */
function alignBlock(value: string, source: string, start: number, end: number): Unit[] | undefined {
	const units: Unit[] = [];
	let at = source.indexOf('\n', start) + 1;
	for (const unit of value.split('')) {
		if (isSpace(unit)) {
			// The white space itself, or a line break that became it.
			const next = source[at] === unit ? at + 1 : at;
			units.push({ start: at, end: next });
			at = next;
		} else {
			const found = skipSpace(source, at);
			if (source[found] !== unit || found >= end) return undefined;
			at = found + 1;
			units.push({ start: found, end: at });
		}
	}
	return units;
}

/** Plain and quoted text: line breaks fold, with the white space around them; quotes are doubled or escaped. */
function alignFlow(value: string, source: string, start: number, end: number): Unit[] | undefined {
	const quote = /['"]/.exec(source[start] ?? '')?.[0];
	const last = quote === undefined ? end : end - 1;
	const units: Unit[] = [];
	let at = quote === undefined ? start : start + 1;
	const push = (length: number, count: number, is?: string) => {
		for (let index = 0; index < count; index++) units.push({ start: at, end: at + length });
		at += length;
		return is === undefined || value[units.length - 1] === is;
	};
	while (at < last) {
		const unit = source[at] ?? '';
		const written = quote === '"' && unit === '\\' ? escapeAt(source, at) : undefined;
		const next = skipSpace(source, at);
		const breaks = source.slice(at, next).split('\n').length - 1;
		if (written !== undefined) push(written.length, written.units);
		else if (breaks > 0) push(next - at, breaks === 1 ? 1 : breaks - 1);
		else if (!push(unit === "'" && quote === "'" ? 2 : 1, 1, unit)) return undefined;
	}
	return units;
}

function isSpace(unit: string | undefined): boolean {
	return unit === ' ' || unit === '\t' || unit === '\n' || unit === '\r';
}

function skipSpace(source: string, from: number): number {
	let at = from;
	while (isSpace(source[at])) at++;
	return at;
}

const lengths: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

/** How long an escape is, and what it stands for: nothing for one that joins two lines, but for empty ones between. */
function escapeAt(source: string, at: number): { readonly length: number; readonly units: number } {
	const named = source[at + 1] ?? '';
	if (isSpace(named) && named !== ' ' && named !== '\t') {
		const end = skipSpace(source, at + 1);
		return { length: end - at, units: source.slice(at, end).split('\n').length - 2 };
	}
	const length = lengths[named] ?? 2;
	const isAstral = length === 10 && Number.parseInt(source.slice(at + 2, at + 10), 16) > 0xffff;
	return { length, units: isAstral ? 2 : 1 };
}
