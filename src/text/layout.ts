// How a YAML text is laid out: every value with its own spelling, and every comment and blank line with what it stands at.
import type { CST } from 'yaml';
import { readScalarText, type ScalarText } from './scalar-text.ts';

/** A comment as it is written, `# …`; or nothing for a blank line. */
export type Line = string;

export interface Branch {
	readonly kind: 'branch';
	readonly of: 'map' | 'list';
	/** Written with brackets, on one line where that is possible. */
	readonly isFlow: boolean;
	readonly entries: readonly Entry[];
	/** What stands behind the last entry. */
	readonly tail: readonly Line[];
}

export interface Entry {
	readonly before: readonly Line[];
	/** As it is written; absent in lists. */
	readonly key?: string;
	/** What the key says. */
	readonly name?: string;
	/** The comment behind `key:`, where the value begins on the next line. */
	readonly keyNote?: Line;
	readonly value: Layout;
	/** The comment behind the value. */
	readonly note?: Line;
}

export type Layout = ScalarText | Branch;

export interface DocumentLayout {
	readonly head: readonly Line[];
	readonly root: Layout | undefined;
	readonly note?: Line;
	readonly tail: readonly Line[];
}

/** A line that is not yet known to belong to what came or to what comes. */
interface Placed {
	readonly text: Line;
	/** Where it begins; blank lines begin nowhere. */
	readonly column: number;
}

/** Lays out a text that {@link readYaml} accepts: one document, no anchors, aliases or tags. Throws for any other. */
export function layOut(tokens: readonly CST.Token[]): DocumentLayout {
	const [document] = tokens.filter(({ type }) => type === 'document') as CST.Document[];
	const at = document === undefined ? tokens.length : tokens.indexOf(document);
	const rest = tokens.slice(at + 1).flatMap((token) => (token.type === 'doc-end' ? [token, ...endOf(token)] : [token]));
	const read = document?.value === undefined ? undefined : readValue(document.value);
	const before = [...tokens.slice(0, at), ...(document?.start ?? [])];
	const after = [...(document?.end ?? []), ...rest];
	const head = sortOut(before, true);
	const tail = sortOut(after, true);
	const [root, inside] = read === undefined ? [undefined, []] : emptied(read.value);
	return {
		head: [...textsOf(head.own), ...inside],
		root,
		...noteOf(read?.note),
		tail: [...textsOf(read?.after ?? []), ...textsOf(tail.own)],
	};
}

interface Read {
	readonly value: Layout;
	readonly note: Line | undefined;
	/** Comments and blank lines that belong to whatever follows. */
	readonly after: readonly Placed[];
}

function readValue(token: CST.Token): Read {
	switch (token.type) {
		case 'block-map':
		case 'block-seq':
			return readBlock(token);
		case 'flow-collection':
			return readFlow(token);
		case 'scalar':
		case 'single-quoted-scalar':
		case 'double-quoted-scalar': {
			const { note, own } = sortOut(token.end ?? [], false);
			return { value: readScalarText(token), note, after: own };
		}
		case 'block-scalar': {
			const value = readScalarText(token);
			const after = value.kind === 'block' && value.isFollowedByBlank ? [blank] : [];
			return { value, note: sortOut(token.props, false).note, after };
		}
		default:
			throw new TypeError(`a ${token.type} has no layout`);
	}
}

type Item = CST.BlockMap['items'][number] | CST.BlockSequence['items'][number] | CST.FlowCollection['items'][number];

function readBlock(token: CST.BlockMap | CST.BlockSequence): Read {
	const entries: Entry[] = [];
	let waiting: readonly Placed[] = [];
	for (const item of token.items) {
		const [lead, behind] = splitAt(item.start, 'seq-item-ind');
		waiting = [...waiting, ...sortOut(lead, true).own];
		if (isBare(item)) continue;
		const read = readEntry(item, [...textsOf(waiting), ...remarks(behind)]);
		entries.push(read.entry);
		waiting = read.after;
	}
	const [tail, after] = splitByColumn(waiting, token.indent);
	const of = token.type === 'block-map' ? 'map' : 'list';
	return { value: { kind: 'branch', of, isFlow: false, entries, tail: textsOf(tail) }, note: undefined, after };
}

/** From the first comment on that stands further left than the branch, comments are about what comes behind it. */
function splitByColumn(lines: readonly Placed[], indent: number): [readonly Placed[], readonly Placed[]] {
	const first = lines.findIndex(({ text, column }) => isComment(text) && column < indent);
	if (first === -1) return [lines, []];
	const end = lines.slice(0, first).findLastIndex(({ text }) => isComment(text)) + 1;
	return [lines.slice(0, end), lines.slice(end)];
}

function readEntry(item: Item, before: readonly Line[]): { entry: Entry; after: readonly Placed[] } {
	if (item.value === undefined || item.value === null) throw new TypeError('an entry has no value');
	const read = readValue(item.value);
	const key = keyOf(item);
	const sep = sortOut([...endOf(item.key), ...(item.sep ?? [])], false);
	const own = textsOf(sep.own);
	if (key !== undefined && read.value.kind === 'branch' && !read.value.isFlow) {
		const value = preceded(read.value, own);
		return { entry: { before, ...key, ...keyNoteOf(sep.note), value, ...noteOf(read.note) }, after: read.after };
	}
	// A value that is to stand behind its key has no room for comments between them.
	const [value, inside] = emptied(read.value);
	const lines = [...before, ...aside(sep.note), ...own.filter(isComment), ...inside];
	return { entry: { before: lines, ...key, value, ...noteOf(read.note) }, after: read.after };
}

/** Brackets that hold nothing but comments, and the comments. */
function emptied(value: Layout): [Layout, readonly Line[]] {
	if (value.kind !== 'branch' || value.entries.length > 0) return [value, []];
	return [{ ...value, tail: [] }, value.tail.filter(isComment)];
}

function preceded(value: Branch, lines: readonly Line[]): Layout {
	const [first, ...rest] = value.entries;
	if (first === undefined) return { ...value, tail: [...lines, ...value.tail] };
	return { ...value, entries: [{ ...first, before: [...lines, ...first.before] }, ...rest] };
}

function readFlow(token: CST.FlowCollection): Read {
	const isMap = token.start.type === 'flow-map-start';
	const entries: Entry[] = [];
	let waiting: readonly Line[] = [];
	for (const item of token.items) {
		const { note, own } = sortOut(item.start, false);
		const last = entries.at(-1);
		const isOfLast = note !== undefined && last !== undefined && last.note === undefined && waiting.length === 0;
		// Behind the comma, on the line of the entry before.
		if (isOfLast) entries.splice(-1, 1, { ...last, note });
		waiting = [...waiting, ...(isOfLast ? [] : aside(note)), ...textsOf(own).filter(isComment)];
		if (isBare(item)) continue;
		const { entry, after } = readEntry(item, waiting);
		const isPair = !isMap && entry.key !== undefined;
		entries.push(isPair ? { before: [], value: pairOf(entry) } : entry);
		waiting = textsOf(after).filter(isComment);
	}
	const [inside, behind] = splitAt(token.end, isMap ? 'flow-map-end' : 'flow-seq-end');
	const { note, own } = sortOut(behind, false);
	const tail = [...waiting, ...remarks(inside)];
	return {
		value: { kind: 'branch', of: isMap ? 'map' : 'list', isFlow: true, entries, tail },
		note,
		after: own,
	};
}

/** `[a: 1]` is a list of one mapping. */
function pairOf(entry: Entry): Branch {
	return { kind: 'branch', of: 'map', isFlow: true, entries: [entry], tail: [] };
}

function keyOf({ key, sep }: Item): Pick<Entry, 'key' | 'name'> | undefined {
	// `: value` has an empty key.
	if (key === undefined || key === null) return sep === undefined ? undefined : { key: '""', name: '' };
	const read = readScalarText(key);
	return { key: read.flat, name: read.value };
}

function endOf(token: CST.Token | null | undefined): readonly CST.Token[] {
	return token !== null && token !== undefined && 'end' in token ? (token.end ?? []) : [];
}

/** An item that holds nothing but what stands behind the last entry. */
function isBare({ key, sep, value }: Item): boolean {
	return (key ?? undefined) === undefined && sep === undefined && (value ?? undefined) === undefined;
}

function splitAt(tokens: readonly CST.Token[], type: CST.Token['type']): [readonly CST.Token[], readonly CST.Token[]] {
	const at = tokens.findIndex((token) => token.type === type);
	return at === -1 ? [tokens, []] : [tokens.slice(0, at), tokens.slice(at + 1)];
}

/** The comments among the tokens, whatever line they stand on. */
function remarks(tokens: readonly CST.Token[]): readonly Line[] {
	return tokens.flatMap((token) => (token.type === 'comment' ? [token.source.trimEnd()] : []));
}

const blank: Placed = { text: '', column: Number.POSITIVE_INFINITY };

/** The comment on the line that is already begun, and what stands on lines of its own; of blank lines one is enough. */
function sortOut(
	tokens: readonly CST.Token[],
	atLineStart: boolean,
): { readonly note: Line | undefined; readonly own: readonly Placed[] } {
	let isFresh = atLineStart;
	let isFirstLine = !atLineStart;
	let note: Line | undefined;
	const own: Placed[] = [];
	for (const token of tokens) {
		if (token.type === 'comment') {
			const text = token.source.trimEnd();
			if (isFirstLine) note = text;
			else own.push({ text, column: token.indent });
			isFresh = false;
		} else if (token.type === 'newline') {
			if (isFresh && own.at(-1)?.text !== '') own.push(blank);
			isFresh = true;
			isFirstLine = false;
		} else if (token.type !== 'space') {
			isFresh = false;
		}
	}
	return { note, own };
}

function textsOf(lines: readonly Placed[]): readonly Line[] {
	return lines.map(({ text }) => text);
}

export function isComment(line: Line): boolean {
	return line !== '';
}

function aside(note: Line | undefined): readonly Line[] {
	return note === undefined ? [] : [note];
}

function noteOf(note: Line | undefined): Pick<Entry, 'note'> {
	return note === undefined ? {} : { note };
}

function keyNoteOf(keyNote: Line | undefined): Pick<Entry, 'keyNote'> {
	return keyNote === undefined ? {} : { keyNote };
}
