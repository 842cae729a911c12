// Writing text so that a shell reads exactly that text, wherever it is put.
import type { Quoting } from './word.ts';

/** Where a word stands: what is harmless as an argument may be an assignment or a keyword where the program stands. */
export type Position = 'program' | 'argument';

// No character here means anything to any shell, in any context of quoting.
const plain = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/;
const special = /[^A-Za-z0-9_@%+=:,./-]/gu;
const keywords: ReadonlySet<string> = new Set(
	'if then elif else fi case esac for select while until do done in function time coproc'.split(' '),
);

/** False for text that no argument of a program can hold, or that has no UTF-8 form. */
export function isWritable(text: string): boolean {
	return !/[\0\p{Surrogate}]/u.test(text);
}

/** One shell word that says `text`: as it is where that is safe, else in single quotes. */
export function quoteWord(text: string, position: Position): string {
	const isPlain = plain.test(text) && !(position === 'program' && (text.includes('=') || keywords.has(text)));
	return isPlain ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * `text` as it has to be written among characters that are quoted like this, so that it is read back letter by letter.
 * `before` is the raw text right before it: an unfinished `\x4` of `$'…'` would take a digit of ours.
 */
export function encode(text: string, quoting: Quoting, before: string): string {
	switch (quoting) {
		case 'bare':
			// A backslash before a newline would remove both.
			return text.replace(special, (character) => (character === '\n' ? "'\n'" : `\\${character}`));
		case 'single':
			return text.replaceAll("'", "'\\''");
		case 'double':
			return text.replace(/[\\"$`]/g, '\\$&');
		case 'ansi':
			return encodeAnsi(text, before);
		case 'heredoc':
		case 'backquote':
			return text.replace(/[\\$`]/g, '\\$&');
		case 'literal':
			return text;
		default:
			quoting satisfies never;
			return text;
	}
}

const unfinished = /\\(?:x[0-9A-Fa-f]?|u[0-9A-Fa-f]{0,3}|U[0-9A-Fa-f]{0,7}|[0-7]{1,2})$/;

function encodeAnsi(text: string, before: string): string {
	const encoded = text.replace(/[\\']/g, '\\$&');
	const isTaken = /^[0-9A-Fa-f]/.test(encoded) && unfinished.test(before.slice(-12));
	return isTaken ? `\\x${encoded.charCodeAt(0).toString(16)}${encoded.slice(1)}` : encoded;
}
