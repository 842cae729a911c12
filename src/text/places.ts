// Where something stands in a text: offsets to lines, and paths to the nodes that were written.
import { isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import type { Json } from '../abi/json.ts';
import type { Place } from '../abi/problem.ts';

/** How to get to a value: keys of mappings and indexes of lists. */
export type Path = readonly (string | number)[];

/** A YAML file that was read: its value, and enough to say where each part of it was written. */
export interface YamlDocument {
	readonly file: string;
	readonly text: string;
	readonly value: Json;
	/** The parsed nodes; only this room looks inside. */
	readonly root: Node | null;
	/** Offset of the first character of every line. */
	readonly lineStarts: readonly number[];
}

/** What placing needs of a document. */
export type Lines = Pick<YamlDocument, 'file' | 'text' | 'lineStarts'>;

/** The place of the value at `path`; of its nearest ancestor that exists when there is none. */
export function place(document: YamlDocument, path: Path): Place {
	const [start, end] = rangeOf(find(document, path).node) ?? [0, 1];
	return spanPlace(document, start, end);
}

/** The place of the key (or, in a list, of the entry) at `path`; of its nearest ancestor that exists when there is none. */
export function keyPlace(document: YamlDocument, path: Path): Place {
	const { node, pair } = find(document, path);
	const [start, end] = rangeOf(pair?.key ?? node) ?? [0, 1];
	return spanPlace(document, start, end);
}

/** True when something is written at `path`. */
export function isWritten(document: YamlDocument, path: Path): boolean {
	return find(document, path).complete;
}

/** The node of the value at `path`; undefined when nothing is written there. */
export function nodeAt(document: YamlDocument, path: Path): unknown {
	const { node, complete } = find(document, path);
	return complete ? node : undefined;
}

/** The exact text of the value at `path`. */
export function sourceOf(document: YamlDocument, path: Path): string {
	const [start, end] = rangeOf(find(document, path).node) ?? [0, 0];
	return document.text.slice(start, end);
}

/** The place of a span of offsets, cut at the end of its first line. */
export function spanPlace(lines: Lines, start: number, end: number): Place {
	const { text, lineStarts } = lines;
	const offset = Math.min(Math.max(0, start), text.length);
	let low = 0;
	let high = lineStarts.length - 1;
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if ((lineStarts[middle] ?? 0) <= offset) low = middle;
		else high = middle - 1;
	}
	const lineStart = lineStarts[low] ?? 0;
	const lineEnd = (lineStarts[low + 1] ?? text.length + 1) - 1;
	const span = text.slice(offset, Math.min(Math.max(end, offset), lineEnd)).trimEnd();
	return { file: lines.file, line: low + 1, column: offset - lineStart + 1, length: Math.max(1, span.length) };
}

/** Offsets of line starts; lines end with a line feed. */
export function lineStartsOf(text: string): number[] {
	const starts = [0];
	for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
	return starts;
}

interface Found {
	readonly node: unknown;
	/** The pair whose value `node` is, if it stands in a mapping. */
	readonly pair?: Pair;
	/** False when the path leads beyond what is written, and `node` is the last part that is. */
	readonly complete: boolean;
}

function find(document: YamlDocument, path: Path): Found {
	let found: Found = { node: document.root, complete: true };
	for (const step of path) {
		if (isMap(found.node)) {
			const pair = found.node.items.find((item) => keyText(item) === String(step));
			if (pair === undefined) return { ...found, complete: false };
			found = { node: pair.value ?? pair.key, pair, complete: true };
		} else if (isSeq(found.node)) {
			const node = typeof step === 'number' ? found.node.items[step] : undefined;
			if (node === undefined) return { ...found, complete: false };
			found = { node, complete: true };
		} else {
			return { ...found, complete: false };
		}
	}
	return found;
}

/** The text of a pair's key. */
export function keyText(pair: Pair): string | undefined {
	return isScalar(pair.key) ? String(pair.key.value ?? '') : undefined;
}

/** Start, and end of the value itself without what trails it. */
function rangeOf(node: unknown): readonly [number, number] | undefined {
	const range = (node as { range?: readonly number[] | null } | null)?.range;
	return range?.[0] === undefined || range[1] === undefined ? undefined : [range[0], range[1]];
}
