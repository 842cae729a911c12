// Edits TOML as text, and takes only what reads as it should: a parser compares before anything is believed.
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';
import { errorText } from '../../abi/problem.ts';
import { cannotEdit } from './json-editor.ts';
import {
	type Done,
	depthOf,
	type Edited,
	type Editor,
	holds,
	type Part,
	partName,
	plain,
	type Undone,
	type Value,
	valueAt,
} from './parts.ts';

export const tomlEditor: Editor = { apply, undo };

/** The value of a TOML text. Throws C106. */
export function readTomlText(text: string): unknown {
	try {
		return parse(text.replace(/^\ufeff/, ''));
	} catch (error) {
		// Only the first line: the others quote the file, which may hold a token.
		throw cannotEdit(`it is no TOML: ${errorText(error).split('\n')[0]}`);
	}
}

function apply(text: string, parts: readonly Part[]): Edited {
	let now = text;
	const done: Done[] = [];
	for (const part of parts) {
		const value = readTomlText(now);
		if (part.kind === 'add') throw cannotEdit('lists in TOML are not edited');
		if (holds(value, part)) continue;
		const found = valueAt(value, part.path);
		const line = found === undefined ? undefined : lineOf(now, part.path);
		if (found !== undefined && line === undefined) throw notPlain(part);
		const wanted = withValue(value, part.path, part.value);
		const next = line === undefined ? put(now, part) : replaceLines(now, line, settingLine(part));
		if (!reads(next, wanted)) throw notPlain(part);
		done.push({
			...part,
			...(line === undefined ? {} : { before: now.slice(line.start, line.end) }),
			depth: depthOf(value, part.path),
		});
		now = next;
	}
	return { text: now, done };
}

function notPlain(part: Part) {
	return cannotEdit(
		`\`${partName(part)}\` is not written in a way that can be edited; write it as \`${settingLine(part)}\` by hand, and try again`,
	);
}

interface Span {
	readonly start: number;
	readonly end: number;
}

/** The lines of a setting, without the break behind them: `key = value` under its header, or a header with what follows it. */
function lineOf(text: string, path: readonly string[]): Span | undefined {
	const key = path.at(-1) ?? '';
	const own = sectionOf(text, path);
	if (own !== undefined) return { start: own.header, end: text.slice(0, own.end).trimEnd().length };
	const section = sectionOf(text, path.slice(0, -1));
	if (section === undefined) return undefined;
	const names = [key, JSON.stringify(key), `'${key}'`];
	let at = section.start;
	for (const line of text.slice(section.start, section.end).split('\n')) {
		const [, name = ''] = /^\s*("[^"]*"|'[^']*'|[\w-]+)\s*=/.exec(line) ?? [];
		if (names.includes(name)) return { start: at, end: at + line.replace(/\r$/, '').length };
		at += line.length + 1;
	}
	return undefined;
}

/** What stands under a header, up to the next one. An empty path is what stands before the first. */
function sectionOf(text: string, path: readonly string[]): (Span & { readonly header: number }) | undefined {
	const headers = [...text.matchAll(/^[ \t]*\[([^[\]\n]+)\][ \t]*(?:#[^\n]*)?\r?$/gm)];
	const ends = [...text.matchAll(/^[ \t]*\[/gm)].map(({ index }) => index);
	const endAfter = (from: number) => ends.find((end) => end >= from) ?? text.length;
	if (path.length === 0) return { header: 0, start: text.startsWith('\ufeff') ? 1 : 0, end: endAfter(0) };
	const header = headers.find(([, name = '']) => isDeepStrictEqual(headerPath(name), path));
	if (header === undefined) return undefined;
	const start = Math.min(text.length, header.index + header[0].length + 1);
	return { header: header.index, start, end: endAfter(start) };
}

function headerPath(name: string): readonly string[] {
	return [...name.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|([\w-]+)/g)].map(
		([, basic, literal, bare]) => basic ?? literal ?? bare ?? '',
	);
}

function put(text: string, part: Part): string {
	const line = text.includes('\r\n') ? '\r\n' : '\n';
	const shown = settingLine(part).replaceAll('\n', line);
	const parent = part.path.slice(0, -1);
	const section = isTable(part.value) ? undefined : sectionOf(text, parent);
	if (section !== undefined) {
		const isNewLine = section.start === 0 || /[\n\ufeff]/.test(text[section.start - 1] ?? '');
		return `${text.slice(0, section.start)}${isNewLine ? '' : line}${shown}${line}${text.slice(section.start)}`;
	}
	const block = isTable(part.value) ? shown : `[${parent.map(keyText).join('.')}]${line}${shown}`;
	const gap = text === '' ? '' : text.endsWith('\n') ? line : `${line}${line}`;
	return `${text}${gap}${block}${line}`;
}

function replaceLines(text: string, { start, end }: Span, shown: string): string {
	return text.slice(0, start) + shown + text.slice(end);
}

/** A setting as it is written; a table with its header. */
function settingLine({ path, value }: Part): string {
	if (!isTable(value)) return `${keyText(path.at(-1) ?? '')} = ${valueText(value)}`;
	const lines = Object.entries(value).map(([key, one]) => `${keyText(key)} = ${valueText(one)}`);
	return [`[${path.map(keyText).join('.')}]`, ...lines].join('\n');
}

function isTable(value: Value): value is { readonly [key: string]: Value } {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keyText(key: string): string {
	return /^[\w-]+$/.test(key) ? key : valueText(key);
}

/** A JSON string is a TOML basic string too, but for DEL. */
function valueText(value: Value): string {
	if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
	if (typeof value === 'string') return JSON.stringify(value).replaceAll('\u007f', '\\u007F');
	return String(value);
}

function withValue(value: unknown, path: readonly string[], wanted: Value | undefined): unknown {
	const copy = structuredClone(value) as Record<string, unknown>;
	let at = copy;
	for (const key of path.slice(0, -1)) {
		if (!Object.hasOwn(at, key)) at[key] = {};
		at = at[key] as Record<string, unknown>;
	}
	if (wanted === undefined) delete at[path.at(-1) ?? ''];
	else at[path.at(-1) ?? ''] = wanted;
	return copy;
}

/** True when the text reads as the value, tables that are empty aside. */
function reads(text: string, value: unknown): boolean {
	try {
		return isDeepStrictEqual(plain(withoutEmpty(readTomlText(text))), plain(withoutEmpty(value)));
	} catch {
		return false;
	}
}

function withoutEmpty(value: unknown): unknown {
	if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) return value;
	const entries = Object.entries(value).map(([key, one]) => [key, withoutEmpty(one)] as const);
	const left = entries.filter(
		([, one]) =>
			typeof one !== 'object' ||
			one === null ||
			Array.isArray(one) ||
			one instanceof Date ||
			Object.keys(one).length > 0,
	);
	return Object.fromEntries(left);
}

function undo(text: string, done: readonly Done[]): Undone {
	let now = text;
	const kept: string[] = [];
	for (const part of done.toReversed()) {
		const value = readTomlText(now);
		if (!holds(value, part)) {
			if (valueAt(value, part.path) !== undefined) kept.push(partName(part));
			continue;
		}
		const next = take(now, part);
		const before = part.before === undefined ? undefined : meaningOf(part);
		if (next !== undefined && reads(next, withValue(value, part.path, before))) now = next;
		else kept.push(partName(part));
	}
	return { text: now, kept };
}

/** What the replaced lines meant. */
function meaningOf(part: Done): Value {
	const isBlock = /^\s*\[/.test(part.before ?? '');
	return valueAt(readTomlText(part.before ?? ''), isBlock ? part.path : part.path.slice(-1)) as Value;
}

function take(text: string, part: Done): string | undefined {
	const line = writtenAt(text, part);
	if (line === undefined) return undefined;
	if (part.before !== undefined) return replaceLines(text, line, part.before);
	const end = line.end + (/^\r?\n/.exec(text.slice(line.end))?.[0].length ?? 0);
	const without = text.slice(0, line.start) + text.slice(end);
	if (isTable(part.value)) return withoutGap(text, line.start, end);
	// A header that was made for it goes with the last of its lines.
	const parent = part.path.slice(0, -1);
	const section = part.depth < parent.length ? sectionOf(without, parent) : undefined;
	const isBare =
		section !== undefined && /^(?:[ \t]*(?:#[^\n]*)?\r?(?:\n|$))*$/.test(without.slice(section.start, section.end));
	return isBare ? withoutGap(without, section.header, section.start) : without;
}

/** The very lines that were written: what somebody put below them is theirs. */
function writtenAt(text: string, part: Done): Span | undefined {
	const line = lineOf(text, part.path);
	if (line === undefined || !isTable(part.value)) return line;
	const shown = settingLine(part).replaceAll('\n', text.includes('\r\n') ? '\r\n' : '\n');
	return text.startsWith(shown, line.start) ? { start: line.start, end: line.start + shown.length } : undefined;
}

/** The blank line before it goes, too. */
function withoutGap(text: string, start: number, end: number): string {
	const gap = /(?<=\n)\r?\n$/.exec(text.slice(0, start))?.[0].length ?? 0;
	return text.slice(0, start - gap) + text.slice(end);
}
