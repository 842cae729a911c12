// Edits JSON with comments as text: a member or an element comes in or goes, and every other byte stays.
import { TrapgateError } from '../../abi/problem.ts';
import { readJson } from '../../wire/json.ts';
import { withoutComments } from '../init/client-file.ts';
import {
	type Done,
	depthOf,
	type Edited,
	type Editor,
	holds,
	type Part,
	partName,
	type Undone,
	valueAt,
} from './parts.ts';

export const jsonEditor: Editor = { apply, undo };

/** The value of a JSON text with comments. Throws C106. */
export function readJsonText(text: string): unknown {
	return JSON.parse(plainJson(text));
}

function plainJson(text: string): string {
	const plain = withoutComments(text).replace(/^\ufeff/, ' ');
	const read = readJson(plain);
	if (!read.ok) throw cannotEdit(`it is no JSON that has one reading: ${read.reason}`);
	return plain;
}

export function cannotEdit(why: string): TrapgateError {
	return new TrapgateError('C106', why);
}

/** A value with its place; of what has members or elements, theirs. */
interface Node {
	readonly start: number;
	readonly end: number;
	readonly kind: 'object' | 'array' | 'scalar';
	/** `key` is empty for an element. */
	readonly children: readonly { readonly key: string; readonly start: number; readonly node: Node }[];
}

/** Where everything stands in a text that is known to be JSON. */
function nodeAt(text: string, from: number): Node {
	const start = skip(text, from);
	const opener = text[start];
	if (opener !== '{' && opener !== '[') {
		const [found = ''] = /^(?:"(?:[^"\\]|\\.)*"|[^\s,\]}]+)/s.exec(text.slice(start)) ?? [];
		return { start, end: start + found.length, kind: 'scalar', children: [] };
	}
	const children: { key: string; start: number; node: Node }[] = [];
	let at = skip(text, start + 1);
	while (text[at] !== '}' && text[at] !== ']') {
		const begin = at;
		let key = '';
		if (opener === '{') {
			const name = nodeAt(text, at);
			key = JSON.parse(text.slice(name.start, name.end)) as string;
			at = skip(text, name.end) + 1;
		}
		const node = nodeAt(text, at);
		children.push({ key, start: begin, node });
		at = skip(text, node.end);
		if (text[at] === ',') at = skip(text, at + 1);
	}
	return { start, end: at + 1, kind: opener === '{' ? 'object' : 'array', children };
}

function skip(text: string, from: number): number {
	let at = from;
	while (' \t\r\n'.includes(text[at] ?? 'x')) at++;
	return at;
}

function find(root: Node, path: readonly string[]): Node | undefined {
	let at: Node | undefined = root;
	for (const key of path) at = at?.children.find((child) => child.key === key)?.node;
	return at;
}

function apply(text: string, parts: readonly Part[]): Edited {
	let now = text.trim() === '' ? '{}\n' : text;
	const done: Done[] = [];
	for (const part of parts) {
		const plain = plainJson(now);
		const value: unknown = JSON.parse(plain);
		if (holds(value, part)) continue;
		const root = nodeAt(plain, 0);
		const depth = depthOf(value, part.path);
		const old = find(root, part.path);
		done.push({
			...part,
			...(part.kind === 'set' && old !== undefined ? { before: now.slice(old.start, old.end) } : {}),
			depth,
		});
		now = put(now, root, part, depth);
		if (!holds(readJsonText(now), part)) throw cannotEdit(`\`${partName(part)}\` could not be written`);
	}
	return { text: now, done };
}

function put(text: string, root: Node, part: Part, depth: number): string {
	const { path } = part;
	const found = find(root, path.slice(0, depth));
	if (found === undefined) throw cannotEdit(`\`${path.join('.')}\` could not be found`);
	if (depth === path.length) {
		if (part.kind === 'set') {
			const shown = valueText(part.value, lineIndent(text, found.start), text);
			return text.slice(0, found.start) + shown + text.slice(found.end);
		}
		if (found.kind !== 'array') throw cannotEdit(`\`${path.join('.')}\` is no list`);
		return insert(text, found, '', JSON.stringify(part.value));
	}
	if (found.kind !== 'object') throw cannotEdit(`\`${path.slice(0, depth).join('.') || 'the file'}\` is no object`);
	// What is missing on the way comes with it.
	const whole = path
		.slice(depth + 1)
		.reduceRight<unknown>((inner, key) => ({ [key]: inner }), part.kind === 'add' ? [part.value] : part.value);
	const indent = childIndent(text, found);
	return insert(text, found, `${JSON.stringify(path[depth])}: `, valueText(whole, indent, text));
}

/** As the first child: there is always a place for it, whatever comments and commas come later. */
function insert(text: string, { start, end, children }: Node, key: string, shown: string): string {
	const [first] = children;
	const inside = text.slice(start + 1, end - 1);
	if (children.length > 0 && !inside.includes('\n')) {
		const isAiry = inside.startsWith(' ');
		return `${text.slice(0, start + 1)}${isAiry ? ' ' : ''}${key}${shown},${isAiry ? '' : ' '}${text.slice(start + 1)}`;
	}
	const line = lineBreak(text);
	const indent = childIndent(text, { start, children });
	const entry = `${line}${indent}${key}${shown}${first === undefined ? '' : ','}`;
	const tail = first === undefined && !inside.includes('\n') ? `${line}${lineIndent(text, start)}` : '';
	return `${text.slice(0, start + 1)}${entry}${tail}${text.slice(start + 1)}`;
}

function lineBreak(text: string): string {
	return text.includes('\r\n') ? '\r\n' : '\n';
}

function lineIndent(text: string, at: number): string {
	const [indent = ''] = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1)) ?? [];
	return indent;
}

function childIndent(text: string, { start, children: [first] }: Pick<Node, 'start' | 'children'>): string {
	if (first !== undefined && text.slice(start, first.start).includes('\n')) return lineIndent(text, first.start);
	return `${lineIndent(text, start)}${indentUnit(text)}`;
}

/** How the file steps in: as its first line that does. */
function indentUnit(text: string): string {
	return /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
}

function valueText(value: unknown, indent: string, text: string): string {
	return JSON.stringify(value, null, indentUnit(text)).replace(/\n/g, `${lineBreak(text)}${indent}`);
}

function undo(text: string, done: readonly Done[]): Undone {
	let now = text;
	const kept: string[] = [];
	for (const part of done.toReversed()) {
		const plain = plainJson(now);
		const value: unknown = JSON.parse(plain);
		if (!holds(value, part)) {
			if (valueAt(value, part.path) !== undefined && part.kind === 'set') kept.push(partName(part));
			continue;
		}
		now = take(now, plain, value, part);
	}
	return { text: now, kept };
}

function take(text: string, plain: string, value: unknown, part: Done): string {
	const root = nodeAt(plain, 0);
	const node = find(root, part.path);
	if (node === undefined) return text;
	if (part.kind === 'set' && part.before !== undefined)
		return text.slice(0, node.start) + part.before + text.slice(node.end);
	let now = text;
	if (part.kind === 'add') {
		const list = valueAt(value, part.path) as readonly unknown[];
		now = remove(now, plain, node, list.indexOf(part.value));
		if (list.length > 1) return now;
	} else now = removeMember(now, part.path);
	// What was made for it goes with it, once it is empty.
	for (let length = part.kind === 'add' ? part.path.length : part.path.length - 1; length > part.depth; length--) {
		const path = part.path.slice(0, length);
		const found = find(nodeAt(plainJson(now), 0), path);
		if (found === undefined || found.children.length > 0) return now;
		now = removeMember(now, path);
	}
	return now;
}

function removeMember(text: string, path: readonly string[]): string {
	const plain = plainJson(text);
	const parent = find(nodeAt(plain, 0), path.slice(0, -1));
	const at = parent?.children.findIndex(({ key }) => key === path.at(-1)) ?? -1;
	return parent === undefined || at === -1 ? text : remove(text, plain, parent, at);
}

/** The child, the blanks before it, and one comma. Comments stay. */
function remove(text: string, plain: string, parent: Node, at: number): string {
	const child = parent.children[at];
	if (child === undefined) return text;
	let start = child.start;
	while (/\s/.test(text[start - 1] ?? 'x')) start--;
	const behind = skip(plain, child.node.end);
	if (at < parent.children.length - 1) {
		// Between the value and its comma there may be a comment.
		const between = text.slice(child.node.end, behind);
		const isInline = start === child.start && start === parent.start + 1;
		const end = behind + (isInline && text[behind + 1] === ' ' ? 2 : 1);
		return text.slice(0, start) + between + text.slice(end);
	}
	if (at === 0) {
		// Alone: of the lines that were made for it nothing stays.
		const isAlone = text.slice(child.node.end, parent.end - 1).trim() === '';
		const end = isAlone ? parent.end - 1 : child.node.end;
		return text.slice(0, start) + text.slice(end);
	}
	const previous = parent.children[at - 1]?.node.end ?? start;
	const comma = skip(plain, previous);
	return text.slice(0, comma) + text.slice(comma + 1, start) + text.slice(child.node.end);
}
