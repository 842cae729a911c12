// Reads Tcl and Expect: `exec`, `open "|…"`, `spawn` and `system` start programs.
import { addPaths } from '../programs/paths.ts';
import { literal, unknownWord } from '../word-parts.ts';
import { type Effects, gap, startCommand } from './effects.ts';

interface TclWord {
	/** What it says; undefined when it is computed. */
	readonly text: string | undefined;
	/** `{…}`: not substituted. */
	readonly isBraced: boolean;
}

/** Deeper blocks are not read. */
const deepest = 12;

export function readTcl(text: string, effects: Effects, depth = 0): undefined {
	if (depth > deepest) return gap(effects, 'nests too deep');
	let at = 0;
	while (at < text.length) {
		const { words, end, inner } = readWords(text, at);
		for (const code of inner) readTcl(code, effects, depth + 1);
		readCommand(words, effects, depth);
		at = end;
	}
}

/** Words up to the end of the command, and the commands inside of `[…]` in them. */
function readWords(text: string, from: number): { words: readonly TclWord[]; end: number; inner: readonly string[] } {
	const words: TclWord[] = [];
	const inner: string[] = [];
	let at = from;
	while (at < text.length) {
		const character = text[at] as string;
		if (character === '\n' || character === ';') return { words, end: at + 1, inner };
		if (character === ' ' || character === '\t' || character === '\r') {
			at++;
			continue;
		}
		if (character === '\\' && text[at + 1] === '\n') {
			at += 2;
			continue;
		}
		if (character === '#' && words.length === 0) {
			const line = text.indexOf('\n', at);
			at = line < 0 ? text.length : line;
			continue;
		}
		if (character === '{') {
			const end = matching(text, at, '{', '}');
			const raw = text.slice(at + 1, end - 1);
			const isSpread = raw === '*' && /\S/.test(text[end] ?? ' ');
			words.push(isSpread ? { text: undefined, isBraced: false } : { text: raw, isBraced: true });
			at = end;
			continue;
		}
		const word = readBareWord(text, at, inner);
		words.push({ text: word.text, isBraced: false });
		at = Math.max(word.end, at + 1);
	}
	return { words, end: text.length, inner };
}

function readBareWord(text: string, from: number, inner: string[]): { text: string | undefined; end: number } {
	const isQuoted = text[from] === '"';
	let at = isQuoted ? from + 1 : from;
	let known = '';
	let isComputed = false;
	while (at < text.length) {
		const character = text[at] as string;
		if (isQuoted ? character === '"' : /[\s;]/.test(character)) break;
		if (character === '\\') {
			known += text[at + 1] === 'n' ? '\n' : (text[at + 1] ?? '');
			if (/[uxU0-7]/.test(text[at + 1] ?? '')) isComputed = true;
			at += 2;
		} else if (character === '[') {
			const end = matching(text, at, '[', ']');
			inner.push(text.slice(at + 1, end - 1));
			isComputed = true;
			at = end;
		} else {
			if (character === '$') isComputed = true;
			known += character;
			at++;
		}
	}
	return { text: isComputed ? undefined : known, end: isQuoted ? at + 1 : at };
}

function readCommand(words: readonly TclWord[], effects: Effects, depth: number): undefined {
	const [first, ...rest] = words;
	if (first === undefined) return;
	const name = first.text?.replace(/^::/, '');
	if (name === undefined) return gap(effects, 'calls a command by a computed name');
	const [one] = rest;
	switch (name) {
		case 'exec':
			return startPipeline(afterOptions(rest), effects);
		case 'spawn':
			return startPipeline(afterOptions(rest), effects);
		case 'system':
			return startCommand(effects, [
				rest.every((word) => word.text !== undefined) ? rest.map((word) => word.text).join(' ') : null,
			]);
		case 'open': {
			if (one?.text === undefined) return gap(effects, 'opens a file or a pipe whose name is computed');
			if (one.text.startsWith('|')) return startPipeline(splitList(one.text.slice(1)), effects);
			addPaths(
				effects.findings,
				/[wa+]/.test(rest[1]?.text ?? 'r') ? 'writes' : 'reads',
				[literal(one.text)],
				effects.around,
			);
			return;
		}
		case 'load':
		case 'interp':
		case 'rename':
		case 'unknown':
			return gap(effects, `uses \`${name}\``);
		case 'file': {
			const fact =
				one?.text === 'delete' ? 'deletes' : one?.text === 'rename' || one?.text === 'copy' ? 'writes' : undefined;
			const paths = rest.slice(1).filter((word) => !word.text?.startsWith('-'));
			if (fact)
				addPaths(
					effects.findings,
					fact,
					paths.map((word) => (word.text === undefined ? unknownWord() : literal(word.text))),
					effects.around,
				);
			return;
		}
		case 'eval':
		case 'uplevel':
		case 'after': {
			const code = rest.filter((word) => !/^(?:#?\d+|eval)$/.test(word.text ?? ''));
			if (code.some((word) => word.text === undefined)) return gap(effects, 'evaluates code that is computed');
			return readTcl(code.map((word) => word.text).join(' '), effects, depth + 1);
		}
		default:
			// Blocks of `if`, `proc`, `catch`, `foreach` and the like: what stands in braces may be code.
			for (const word of rest) {
				if (!word.isBraced || word.text === undefined) continue;
				if (name === 'expr' || isCondition(word.text)) readBracketed(word.text, effects, depth + 1);
				else readTcl(word.text, effects, depth + 1);
			}
			return;
	}
}

/** Text in braces that starts with a variable is a condition or data; only the commands in brackets are code there. */
function isCondition(text: string): boolean {
	return /^\s*[$![(\d"]/.test(text);
}

function readBracketed(text: string, effects: Effects, depth: number): undefined {
	for (let at = text.indexOf('['); at >= 0; ) {
		const end = matching(text, at, '[', ']');
		readTcl(text.slice(at + 1, end - 1), effects, depth + 1);
		at = text.indexOf('[', end);
	}
}

function afterOptions(words: readonly TclWord[]): readonly TclWord[] {
	const first = words.findIndex((word) => !word.text?.startsWith('-'));
	return first < 0 ? [] : words.slice(first);
}

function startPipeline(words: readonly TclWord[], effects: Effects): undefined {
	let argv: TclWord[] = [];
	const start = () => {
		const [program] = argv;
		if (program === undefined) return;
		if (program.text === undefined) gap(effects, 'starts a program whose name is computed');
		else {
			const all = argv.map((word) => (word.text === undefined ? unknownWord() : literal(word.text)));
			effects.findings.launches.push({ kind: 'argv', argv: all });
		}
		argv = [];
	};
	for (let at = 0; at < words.length; at++) {
		const word = words[at] as TclWord;
		if (word.text === '|' || word.text === '|&') start();
		else if (word.text === '&') continue;
		else if (/^(?:\d?>>?&?@?|<<?|<@|>&)$/.test(word.text ?? '')) at++;
		else if (!/^\d?[<>]/.test(word.text ?? '')) argv.push(word);
	}
	start();
}

function splitList(text: string): readonly TclWord[] {
	return readWords(text, 0).words;
}

/** The offset after the bracket that closes the one at `open`. */
function matching(text: string, open: number, opening: string, closing: string): number {
	let depth = 0;
	for (let at = open; at < text.length; at++) {
		const character = text[at];
		if (character === '\\') at++;
		else if (character === opening) depth++;
		else if (character === closing && --depth === 0) return at + 1;
	}
	return text.length + 1;
}
