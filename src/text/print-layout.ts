// Writes a layout down in the house's way: two spaces a level, brackets on one line or not at all.
import { type Branch, type DocumentLayout, type Entry, isComment, type Layout, type Line } from './layout.ts';

/** Brackets that would reach beyond this column, their comment not counted, are opened into lines. */
export const widestLine = 120;
const step = '  ';

export function printLayout({ head, root, note, tail }: DocumentLayout): string {
	const lines: string[] = [];
	put(lines, head, '');
	if (root !== undefined) {
		if (root.kind === 'branch' && opens(root, 0)) {
			if (note !== undefined) put(lines, [note], '');
			printBranch(lines, root, '');
		} else {
			printValue(lines, { before: [], value: root, ...(note === undefined ? {} : { note }) }, '', '');
		}
	}
	put(lines, tail, '');
	const isKept = endsKept(root) && !tail.some(isComment);
	while (!isKept && lines.at(-1) === '') lines.pop();
	return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** Comments and blank lines; never a blank line at the start of the file or behind another one. */
function put(lines: string[], own: readonly Line[], indent: string): void {
	for (const line of own) {
		if (isComment(line)) lines.push(indent + line);
		else if (lines.length > 0 && lines.at(-1) !== '') lines.push('');
	}
}

function printBranch(lines: string[], { entries, of, tail }: Branch, indent: string): void {
	for (const [index, entry] of entries.entries()) {
		const before = index === 0 || endsKept(entries[index - 1]?.value) ? withoutLead(entry.before) : entry.before;
		printEntry(lines, { ...entry, before }, of, indent);
	}
	put(lines, endsKept(entries.at(-1)?.value) ? withoutLead(tail) : tail, indent);
}

function printEntry(lines: string[], entry: Entry, of: Branch['of'], indent: string): void {
	const { key, value } = entry;
	const prefix = of === 'list' ? '- ' : `${key}: `;
	const isOpen = value.kind === 'branch' && value.entries.length > 0 && opens(value, indent.length + prefix.length);
	if (!isOpen) {
		put(lines, entry.before, indent);
		printValue(lines, entry, indent + prefix, indent);
	} else if (of === 'list') {
		printItem(lines, entry, value, indent);
	} else {
		const notes = [entry.keyNote, entry.note].filter((note) => note !== undefined);
		put(lines, [...entry.before, ...notes.slice(1)], indent);
		lines.push(`${indent}${key}:${behind(notes[0])}`);
		printBranch(lines, value, indent + step);
	}
}

/** The first entry of a nested branch stands behind the dash; its comments go before it. */
function printItem(lines: string[], entry: Entry, value: Branch, indent: string): void {
	const [first, ...rest] = value.entries;
	if (first === undefined) return;
	const notes = [entry.keyNote, entry.note].filter((note) => note !== undefined);
	put(lines, [...entry.before, ...notes, ...leadingComments(value)], indent);
	const inner: string[] = [];
	printBranch(inner, { ...value, entries: [uncommented(first), ...rest] }, indent + step);
	const [line = '', ...more] = inner;
	lines.push(`${indent}- ${line.slice(indent.length + step.length)}`);
	for (const other of more) lines.push(other);
}

/** All comments that would stand before anything of the branch is written. */
function leadingComments(branch: Branch): readonly Line[] {
	const first = branch.entries[0];
	if (first === undefined) return [];
	const { before, keyNote, note, value, key } = first;
	const comments = before.filter(isComment);
	if (key !== undefined || value.kind !== 'branch' || value.entries.length === 0) return comments;
	return [...comments, ...[keyNote, note].filter((line) => line !== undefined), ...leadingComments(value)];
}

function uncommented(entry: Entry): Entry {
	const { before: _, ...rest } = entry;
	if (rest.key !== undefined || rest.value.kind !== 'branch') return { before: [], ...rest };
	const { keyNote: __, note: ___, ...plain } = rest;
	const [first, ...others] = rest.value.entries;
	if (first === undefined) return { before: [], ...rest };
	return { before: [], ...plain, value: { ...rest.value, entries: [uncommented(first), ...others] } };
}

function printValue(lines: string[], { value, note, keyNote }: Entry, prefix: string, indent: string): void {
	const remark = behind(note ?? keyNote);
	switch (value.kind) {
		case 'line':
			lines.push(`${prefix}${value.flat}${remark}`);
			return;
		case 'wrapped': {
			const [first = '', ...rest] = value.lines;
			lines.push(prefix + first);
			for (const line of rest) lines.push(line === '' ? '' : indent + step + line);
			lines[lines.length - 1] += remark;
			return;
		}
		case 'block': {
			const { header, lines: content } = value;
			// Without a digit the first line would say how far the text is indented.
			const digit = content.find((line) => line !== '')?.startsWith(' ') ? String(step.length) : '';
			lines.push(`${prefix}${header[0]}${digit}${header.slice(1)}${remark}`);
			for (const line of content) lines.push(line === '' ? '' : indent + step + line);
			return;
		}
		case 'branch':
			lines.push(`${prefix}${flatText(value)}${remark}`);
			return;
		default:
			value satisfies never;
	}
}

function behind(note: Line | undefined): string {
	return note === undefined ? '' : ` ${note}`;
}

/** Must the branch be written over several lines when it begins at `column`? */
function opens(branch: Branch, column: number): boolean {
	if (!branch.isFlow) return branch.entries.length > 0;
	return hasComments(branch) || column + flatText(branch).length > widestLine;
}

function hasComments({ entries, tail }: Branch): boolean {
	return (
		tail.some(isComment) ||
		entries.some(({ before, keyNote, note, value }) => {
			const own = before.some(isComment) || keyNote !== undefined || note !== undefined;
			return own || (value.kind === 'branch' && hasComments(value));
		})
	);
}

function flatText(value: Layout): string {
	if (value.kind !== 'branch') return value.flat;
	const parts = value.entries.map(({ key, value: inner }) => (key === undefined ? '' : `${key}: `) + flatText(inner));
	if (value.of === 'list') return `[${parts.join(', ')}]`;
	return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}

/** Does it end in a text whose last blank lines count? */
function endsKept(value: Layout | undefined): boolean {
	if (value?.kind === 'block') return value.header.includes('+');
	if (value?.kind !== 'branch' || value.tail.some(isComment)) return false;
	return endsKept(value.entries.at(-1)?.value);
}

function withoutLead(lines: readonly Line[]): readonly Line[] {
	const first = lines.findIndex(isComment);
	return first === -1 ? [] : lines.slice(first);
}
