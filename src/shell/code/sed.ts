// Reads sed scripts: `e` and `s///e` execute, `w` and `r` touch files, everything else only edits text.
import { addPaths } from '../programs/paths.ts';
import { literal } from '../word-parts.ts';
import { type Effects, gap, startCommand } from './effects.ts';

export function readSed(text: string, effects: Effects): undefined {
	let at = 0;
	while (at < text.length) {
		at = skip(text, at, /[\s;{}]*/y);
		at = skipAddresses(text, at);
		const command = text[at];
		if (command === undefined) return;
		const end = readCommand(text, at, command, effects);
		if (end === undefined) return gap(effects, 'is not read to its end');
		at = end;
	}
}

/** Reads one command; returns where it ends, undefined when it can't be one. */
function readCommand(text: string, at: number, command: string, effects: Effects): number | undefined {
	switch (command) {
		case '#':
		case ':':
		case 'v':
			return lineEnd(text, at);
		case '}':
		case '{':
		case ';':
		case '\n':
			return at + 1;
		case 'a':
		case 'i':
		case 'c':
			return textEnd(text, at + 1);
		case 'e': {
			const end = lineEnd(text, at);
			const argument = text.slice(at + 1, end).trim();
			if (argument === '') gap(effects, 'executes the lines that it reads');
			else startCommand(effects, [argument]);
			return end;
		}
		case 'r':
		case 'R':
		case 'w':
		case 'W':
			return readFileName(text, at + 1, command.toLowerCase() === 'w' ? 'writes' : 'reads', effects);
		case 's':
			return readSubstitution(text, at, effects);
		case 'y': {
			const middle = delimited(text, at + 2, text[at + 1], false);
			return middle === undefined ? undefined : delimited(text, middle, text[at + 1], false);
		}
		case 'b':
		case 't':
		case 'T':
		case 'q':
		case 'Q':
		case 'l':
		case 'L':
			return skip(text, at + 1, /[^;}\n]*/y);
		default:
			return /[=dDgGhHnNpPxzF]/.test(command) ? at + 1 : undefined;
	}
}

function readSubstitution(text: string, at: number, effects: Effects): number | undefined {
	const mark = text[at + 1];
	const middle = delimited(text, at + 2, mark);
	const end = middle === undefined ? undefined : delimited(text, middle, mark, false);
	if (middle === undefined || end === undefined) return undefined;
	const flags = skip(text, end, /[gpiImM0-9e]*/y);
	if (text.slice(end, flags).includes('e')) {
		// What replaces a whole line is what runs.
		const isWhole = /^\^?\.\*\$?$/.test(text.slice(at + 2, middle - 1));
		const replacement = text.slice(middle, end - 1);
		if (isWhole && !/[&\\\n]/.test(replacement)) startCommand(effects, [replacement]);
		else gap(effects, 'executes the lines that it reads');
	}
	return text[flags] === 'w' ? readFileName(text, flags + 1, 'writes', effects) : flags;
}

function readFileName(text: string, from: number, fact: 'reads' | 'writes', effects: Effects): number {
	const end = lineEnd(text, from);
	const name = text.slice(from, end).trim();
	if (name !== '' && !/^\/dev\/std(?:out|err|in)$/.test(name))
		addPaths(effects.findings, fact, [literal(name)], effects.around);
	return end;
}

/** `1,5`, `/re/I`, `\,re,`, `$!`, `0~4`, `+3`. */
function skipAddresses(text: string, from: number): number {
	let at = from;
	for (let count = 0; count < 2; count++) {
		at = skip(text, at, /\s*/y);
		if (text[at] === '/' || text[at] === '\\') {
			const isCustom = text[at] === '\\';
			at = delimited(text, at + (isCustom ? 2 : 1), isCustom ? text[at + 1] : '/') ?? text.length;
			at = skip(text, at, /[IM]*/y);
		} else at = skip(text, at, /(?:[0-9$~+]+)?/y);
		at = skip(text, at, /\s*/y);
		if (text[at] !== ',') break;
		at++;
	}
	return skip(text, at, /[\s!]*/y);
}

/** The offset after the next unescaped `mark`; in a pattern it may stand in a bracket. */
function delimited(text: string, from: number, mark: string | undefined, hasBrackets = true): number | undefined {
	if (mark === undefined || mark === '\n' || mark === '\\') return undefined;
	for (let at = from; at < text.length; at++) {
		const character = text[at];
		if (character === '\\') at++;
		else if (character === mark) return at + 1;
		else if (hasBrackets && character === '[') {
			const close = bracketEnd(text, at);
			if (close === undefined) return undefined;
			at = close;
		}
	}
	return undefined;
}

/** Where a bracket of a pattern closes: a bracket that stands first, and `[:alpha:]`, are part of it. */
function bracketEnd(text: string, open: number): number | undefined {
	const classes = /\[\^?\]?(?:[^\][]|\[(?:[:.=][^\]]{0,20}\])?)*\]/y;
	classes.lastIndex = open;
	return classes.test(text) ? classes.lastIndex - 1 : undefined;
}

/** The end of the text of `a`, `i`, `c`: lines that end in a backslash go on. */
function textEnd(text: string, from: number): number {
	let at = from;
	while (at < text.length) {
		const character = text[at];
		if (character === '\\') at++;
		else if (character === '\n') return at;
		at++;
	}
	return text.length;
}

function lineEnd(text: string, from: number): number {
	const end = text.indexOf('\n', from);
	return end < 0 ? text.length : end;
}

function skip(text: string, from: number, pattern: RegExp): number {
	pattern.lastIndex = from;
	return pattern.exec(text) ? pattern.lastIndex : from;
}
