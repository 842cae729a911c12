// From a word of the syntax tree to what a program gets, by the order of Bash Reference Manual 3.5.
import { expandBraces } from './brace.ts';
import { type Separators, toFields } from './fields.ts';
import { append, bare, type Choices, expanded, type Fragment, nothing, quoted } from './fragment.ts';
import { checkArithmetic, holdsCode } from './latent.ts';
import { limits } from './limits.ts';
import type { Frame, Machine } from './machine.ts';
import { backquoteOrigins, wordOrigins } from './origins.ts';
import { expandParameter, expandSimple, lookUp, textOfWord } from './parameter.ts';
import {
	type CommandExpansionPart,
	eachChild,
	type Script,
	type SyntaxNode,
	type WordNode,
	type WordPart,
} from './parser.ts';
import {
	distinct,
	freeText,
	joinTexts,
	joinValues,
	knownText,
	numberValue,
	steadyHole,
	steadyText,
	type Text,
} from './value.ts';
import type { Layer, Word } from './word.ts';

/** A word whose path stands for a text that is known: `<(echo …)`. */
export interface PathWord extends Word {
	readonly contents?: Text;
}

const plainWord = /^[\w@%+=:,./^!-]+$/;

/** The word itself, if it is nothing but text; most are. */
export function plainWordOf({ layer }: Frame, { text, pos, end }: WordNode): Word | undefined {
	if (!plainWord.test(text)) return undefined;
	const origins = () => wordOrigins(text, pos, text);
	return { value: text, pieces: [text], splits: false, place: { layer, start: pos, end }, origins };
}

/** The words that a word may become: one of several rows of words. */
export function expandWord(machine: Machine, frame: Frame, node: WordNode): readonly (readonly Word[])[] {
	const plain = plainWordOf(frame, node);
	if (plain) return [[plain]];
	const place = { layer: frame.layer, start: node.pos, end: node.end };
	if (!machine.budget.step()) return [[]];
	const rows = expandRows(machine, frame, node);
	const made: (readonly Word[])[] = [];
	for (const row of rows) {
		const braced = expandBraces(row);
		// Not every shell expands braces.
		const isSure = braced?.length === 1 || frame.scope.setting('aliases') !== 'maybe';
		if (!isSure) made.push(toFields(row, separators(frame), machine.around.glob));
		made.push(braced ? braced.flatMap((one) => toFields(one, separators(frame), machine.around.glob)) : [tooMany]);
	}
	if (made.length === 1) return [locate(node, place, made[0] ?? [])];
	return made;
}

const tooMany: Word = { value: undefined, pieces: [null], splits: true };

/** A word that became one word stands where it stands; more than one stand nowhere. */
function locate(node: WordNode, place: NonNullable<Word['place']>, words: readonly Word[]): readonly Word[] {
	const [only] = words;
	if (!only || words.length > 1 || only.place) return words;
	const { value } = only;
	const { parts } = node;
	const [part] = parts ?? [];
	if (parts?.length === 1 && part?.type === 'ProcessSubstitution') return [{ ...only, place, ...contentsOf(only) }];
	const { pieces, splits, paths } = only;
	if (value === undefined) return [{ value, pieces, splits, place, ...(paths && { paths }) }];
	return [{ value, pieces, splits, place, origins: () => wordOrigins(node.text, place.start, value) }];
}

function contentsOf(word: PathWord): { readonly contents?: Text } {
	return word.contents ? { contents: word.contents } : {};
}

/** What a word may be where it is neither split nor globbed: values of variables, targets, here-strings. */
export function expandTexts(machine: Machine, frame: Frame, node: WordNode): readonly Text[] {
	if (plainWord.test(node.text)) return [[node.text]];
	if (!machine.budget.step()) return [freeText];
	return distinct(expandRows(machine, frame, node).map(textOfRow));
}

/** The fragments that a word may consist of, with its substitutions run. */
export function expandRows(machine: Machine, frame: Frame, node: WordNode): Choices {
	const { parts } = node;
	const raw = frame.layer.text.slice(node.pos, node.end);
	const rows = parts ? expandParts(machine, frame, parts, false) : [decodeBare(raw)];
	machine.hidesCode ||= /[$`]/.test(raw) && rows.some(hidesCode);
	return raw.startsWith('~') ? rows.map((row) => withTilde(frame, row)) : rows;
}

/** `a[$(x)]` as text. */
function hidesCode(row: readonly Fragment[]): boolean {
	let text = '';
	for (const one of row) if ('piece' in one && typeof one.piece === 'string') text += one.piece;
	return text.includes('[') && holdsCode(text);
}

/** `~/a` stays as it is written, unless HOME was set; what `~+`, `~-` and `~name` stand for is not known. */
function withTilde({ scope }: Frame, row: readonly Fragment[]): readonly Fragment[] {
	const [first, ...others] = row;
	if (!first || !('piece' in first) || typeof first.piece !== 'string' || first.isQuoted || first.isExpanded)
		return row;
	const [prefix = ''] = /^~[^/]*/.exec(first.piece) ?? [];
	const home = scope.value('HOME');
	if (prefix === '' || (prefix === '~' && !home)) return row;
	const stands = prefix === '~' ? (home?.choices ?? []) : [steadyText];
	const [only, another] = stands;
	const text = only && !another ? only : steadyText;
	return [...text.map(quoted), bare(first.piece.slice(prefix.length)), ...others];
}

function textOfRow(row: readonly Fragment[]): Text {
	const texts = row.map((fragment): Text => {
		if ('piece' in fragment) return fragment.piece === '' ? [] : [fragment.piece];
		if ('glob' in fragment || !fragment.words) return freeText;
		return joinTexts(fragment.words.map(textOfWord), ' ');
	});
	return joinTexts(texts);
}

function separators(frame: Frame): Separators {
	const [text, another] = lookUp(frame, 'IFS');
	return text && !another ? knownText(text) : undefined;
}

export function expandParts(
	machine: Machine,
	frame: Frame,
	parts: readonly WordPart[],
	isQuoted: boolean,
): Fragment[][] {
	let rows: Fragment[][] = [[]];
	for (const part of parts) {
		if (!machine.budget.step()) return rows;
		rows = append(rows, expandPart(machine, frame, part, isQuoted));
	}
	return rows;
}

function expandPart(machine: Machine, frame: Frame, part: WordPart, isQuoted: boolean): Choices {
	switch (part.type) {
		case 'Literal': {
			const raw = frame.layer.text.slice(part.pos, part.end);
			return isQuoted ? [[quoted(decodeDouble(raw))]] : [decodeBare(raw)];
		}
		case 'SingleQuoted':
		case 'AnsiCQuoted':
			return [[quoted(part.value)]];
		case 'DoubleQuoted':
		case 'LocaleString':
			return expandDouble(machine, frame, part.parts);
		case 'SimpleExpansion':
			return derived(machine, expandSimple(frame, part.text.replace(/\\\n/g, '').slice(1), isQuoted));
		case 'ParameterExpansion':
			return derived(machine, expandParameter(machine, frame, part, isQuoted));
		case 'CommandExpansion':
			return derived(machine, expanded([substitute(machine, frame, part)], isQuoted));
		case 'ArithmeticExpansion':
			visitArithmetic(machine, frame, part);
			return expanded([steadyText], isQuoted);
		case 'ProcessSubstitution': {
			const isInput = part.operator === '<';
			// What is written into `>(…)` is not followed.
			const within = isInput ? frame : { ...frame, stdin: { kind: 'unknown', isTouched: false } as const };
			const contents = part.script ? runSubstitution(machine, within, part.script) : freeText;
			const word: PathWord = { value: undefined, pieces: ['/dev/fd/', null], splits: false, contents };
			return isInput ? [[{ words: [word] }]] : [[quoted('/dev/fd/'), quoted(steadyHole)]];
		}
		case 'Glob': {
			const { parts } = part;
			if (parts?.some((inner) => inner.type !== 'Literal')) {
				expandParts(machine, frame, parts, false);
				return [[{ glob: '*' }]];
			}
			return [[bare(part.text)]];
		}
		case 'ExtendedGlob':
			if (part.parts) expandParts(machine, frame, part.parts, false);
			return [[{ glob: '*' }]];
		case 'BraceExpansion':
			return expandBraceParts(machine, frame, part);
		default:
			part satisfies never;
			return nothing;
	}
}

/** Values that are built from values grow fast: `a=$a$a`. */
function derived(machine: Machine, choices: Choices): Choices {
	for (const row of choices) {
		for (const fragment of row) {
			if (!machine.budget.derive(lengthOf(fragment))) return [[{ words: undefined }]];
		}
	}
	return choices;
}

/** A word costs as much as a line of text. */
function lengthOf(fragment: Fragment): number {
	if ('piece' in fragment) return typeof fragment.piece === 'string' ? fragment.piece.length : 8;
	if ('glob' in fragment || !fragment.words) return 0;
	let length = 0;
	for (const word of fragment.words) length += 16 + (word.value?.length ?? 16);
	return length;
}

function expandDouble(machine: Machine, frame: Frame, parts: readonly WordPart[]): Choices {
	if (parts.length === 0) return [[quoted('')]];
	const rows = expandParts(machine, frame, parts, true);
	// `"$@"` alone may be no word; with anything beside it, it is at least one.
	for (const row of rows) if (row.length === 0) row.push(quoted(''));
	return rows;
}

function expandBraceParts(
	machine: Machine,
	frame: Frame,
	part: WordPart & { readonly type: 'BraceExpansion' },
): Choices {
	let rows: Fragment[][] = [[]];
	let at = part.pos;
	const { text } = frame.layer;
	for (const inner of part.parts ?? []) {
		if (inner.pos > at) rows = append(rows, [decodeBare(text.slice(at, inner.pos))]);
		rows = append(rows, expandPart(machine, frame, inner, false));
		at = inner.end;
	}
	return part.end > at ? append(rows, [decodeBare(text.slice(at, part.end))]) : rows;
}

/** Unquoted text: a backslash quotes the next character, before a newline both vanish. */
function decodeBare(raw: string): Fragment[] {
	if (!raw.includes('\\')) return raw === '' ? [] : [bare(raw)];
	const row: Fragment[] = [];
	let from = 0;
	for (let at = raw.indexOf('\\'); at >= 0; at = raw.indexOf('\\', from)) {
		if (at > from) row.push(bare(raw.slice(from, at)));
		const next = raw.charAt(at + 1);
		if (next !== '\n') row.push(quoted(next === '' ? '\\' : next));
		from = at + 2;
	}
	if (from < raw.length) row.push(bare(raw.slice(from)));
	return row;
}

function decodeDouble(raw: string): string {
	return raw.includes('\\') ? raw.replace(/\\([$`"\\\n])/g, (_, unit: string) => (unit === '\n' ? '' : unit)) : raw;
}

/** The output of `$(…)`, without the newlines at its end. */
function substitute(machine: Machine, frame: Frame, part: Pick<CommandExpansionPart, 'script' | 'pos' | 'end'>): Text {
	const { script } = part;
	if (!script) return freeText;
	if (script.source === undefined) return runSubstitution(machine, frame, script);
	const { source } = script;
	const { layer } = frame;
	const start = part.pos + 1;
	const inner: Layer = {
		text: source,
		outer: { layer, origins: once(() => backquoteOrigins(layer.text.slice(start, part.end - 1), start, source)) },
	};
	return runSubstitution(machine, { ...frame, layer: inner }, script);
}

export function runSubstitution(machine: Machine, frame: Frame, script: Script): Text {
	const output = machine.runScript(script, {
		...frame,
		scope: frame.scope.fork(),
		needsOutput: true,
		exits: undefined,
	});
	const last = output.at(-1);
	if (typeof last !== 'string' || !last.endsWith('\n')) return output;
	let end = last.length;
	while (last[end - 1] === '\n') end -= 1;
	return end === 0 ? output.slice(0, -1) : [...output.slice(0, -1), last.slice(0, end)];
}

/** The value of a thunk, computed at most once. */
export function once<Result>(make: () => Result): () => Result {
	let made: { readonly result: Result } | undefined;
	return () => {
		made ??= { result: make() };
		return made.result;
	};
}

/** Runs the substitutions inside an arithmetic expression, and forgets the variables that it may change. */
export function visitArithmetic(machine: Machine, frame: Frame, node: SyntaxNode): void {
	const raw = frame.layer.text.slice(node.pos, node.end);
	visitInside(machine, frame, node, 0);
	checkArithmetic(machine, frame, raw, node.pos, node.end);
	changesVariable(frame, raw);
}

/** Variables that an arithmetic text may set hold a number afterwards, or what they held before: not every branch is evaluated. */
export function changesVariable(frame: Frame, text: string): void {
	if (!text.includes('=') && !text.includes('++') && !text.includes('--')) return;
	for (const match of text.matchAll(/([A-Za-z_]\w*)/g)) {
		const [name] = match;
		const [before, after] = [
			text.slice(Math.max(0, match.index - 4), match.index),
			text.slice(match.index + name.length, match.index + name.length + 8),
		];
		if (!/(?:\+\+|--)\s*$/.test(before) && !/^\s*(?:\+\+|--|(?:[-+*/%&|^]|<<|>>)?=(?!=))/.test(after)) continue;
		frame.scope.assign(name, joinValues(frame.scope.value(name) ?? numberValue, numberValue));
	}
}

function visitInside(machine: Machine, frame: Frame, node: SyntaxNode, depth: number): void {
	if (depth > limits.nesting) {
		machine.budget.exhaust('it is nested too deep');
		return;
	}
	eachChild(node, (child) => {
		if (child.type === 'CommandExpansion' || child.type === 'ArithmeticCommandExpansion') {
			substitute(machine, frame, child);
		} else if (child.type === 'ParameterExpansion') {
			expandParameter(machine, frame, child, true);
		} else {
			visitInside(machine, frame, child, depth + 1);
		}
	});
}
