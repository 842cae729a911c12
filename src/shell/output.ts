// What simple commands write: the texts that a pipe or a substitution carries on.
import { decodeEscapes } from './ansi.ts';
import type { Stdin } from './machine.ts';
import { textOfWord } from './parameter.ts';
import { baseName } from './paths.ts';
import { concat, freeHole, freeText, joinTexts, steadyText, type Text } from './value.ts';
import type { Word } from './word.ts';
import { isStatic } from './word-parts.ts';

/** Programs whose output is one line without blanks, as far as anyone cares: a number, a directory. */
const steadyOutputs: ReadonlySet<string> = new Set([
	'pwd',
	'nproc',
	'mktemp',
	'id',
	'uname',
	'arch',
	'whoami',
	'hostname',
	'realpath',
	'dirname',
]);

/** What a command writes to its standard output, as far as that is known. */
export function outputOf(name: string, words: readonly Word[], stdin: Stdin, isOdd = false): Text {
	switch (name) {
		case 'echo':
			return isOdd && isOddEcho(words.slice(1)) ? freeText : echoed(words.slice(1));
		case 'printf':
			return printed(words.slice(1));
		case 'cat':
		case 'tee':
			return copied(name, words.slice(1), stdin);
		case 'true':
		case 'false':
		case ':':
		case 'cd':
		case 'exit':
		case 'test':
		case '[':
			return [];
		case 'basename':
			return based(words.slice(1));
		case 'which':
			return located(words.slice(1));
		case 'git':
			return words[1]?.value === 'rev-parse' ? steadyText : freeText;
		default:
			return steadyOutputs.has(name) ? steadyText : freeText;
	}
}

/** `which name`, `command -v name`: a path whose last part is the name. */
export function located(words: readonly Word[]): Text {
	const names = words.filter((word) => !word.value?.startsWith('-'));
	const [only] = names;
	if (!only || names.length > 1 || !isStatic(only)) return freeText;
	return only.value.includes('/') ? [`${only.value}\n`] : [{ isSteady: true }, `/${only.value}\n`];
}

function based(words: readonly Word[]): Text {
	const [path, suffix] = words;
	if (!path || suffix || path.value?.startsWith('-') || path.splits) return freeText;
	const last = path.value ?? path.pieces.at(-1);
	if (typeof last !== 'string') return freeText;
	return path.value === undefined && !last.includes('/') ? freeText : [`${baseName(last)}\n`];
}

/** Shells and options disagree about what `echo` does with these. */
function isOddEcho([first, ...others]: readonly Word[]): boolean {
	if (first?.pieces[0]?.startsWith('-')) return true;
	return [first, ...others].some((word) => word?.pieces.some((piece) => piece?.includes('\\')));
}

function copied(name: string, words: readonly Word[], stdin: Stdin): Text {
	const isCopy = name === 'tee' || words.every((word) => word.value === '-');
	if (!isCopy || stdin.isTouched) return freeText;
	if (stdin.kind === 'text') return textOfWord(stdin.text);
	return stdin.kind === 'nothing' ? [] : freeText;
}

function echoed(words: readonly Word[]): Text {
	let decodes = false;
	let newline = true;
	let from = 0;
	for (; from < words.length; from += 1) {
		const option = words[from]?.value;
		if (option === undefined || !/^-[neE]+$/.test(option)) break;
		if (option.includes('n')) newline = false;
		decodes = option.lastIndexOf('e') > option.lastIndexOf('E') || (decodes && !option.includes('E'));
	}
	if (words.slice(from).some((word) => word.splits)) return freeText;
	if (words[from]?.value === undefined && words[from]?.pieces[0] === null) return freeText;
	let text = joinTexts(words.slice(from).map(textOfWord), ' ');
	if (decodes) text = text.flatMap((piece) => (typeof piece === 'string' ? (decodeEscapes(piece) ?? freeHole) : piece));
	return newline ? concat(text, ['\n']) : text;
}

/** A printf with `%s`, `%d`, `%b` and `%%` over known arguments. */
function printed(words: readonly Word[]): Text {
	const [format, ...given] = words[0]?.value === '--' ? words.slice(1) : words;
	if (!format || !isStatic(format) || format.value.startsWith('-') || given.some((word) => word.splits))
		return freeText;
	const parts = format.value.split(/(%[%sdb])/);
	if (parts.some((part, at) => at % 2 === 0 && part.includes('%'))) return freeText;
	const perRound = parts.filter((part, at) => at % 2 === 1 && part !== '%%').length;
	const rounds = perRound === 0 ? 1 : Math.max(1, Math.ceil(given.length / perRound));
	const made: Text[] = [];
	let next = 0;
	for (let round = 0; round < rounds; round += 1) {
		for (const [at, part] of parts.entries()) {
			made.push(at % 2 === 0 ? escaped(part) : part === '%%' ? ['%'] : argument(part, given[next]));
			if (at % 2 === 1 && part !== '%%') next += 1;
		}
	}
	return joinTexts(made);
}

function escaped(text: string): Text {
	if (text === '') return [];
	const decoded = decodeEscapes(text);
	return decoded === undefined ? freeText : [decoded];
}

function argument(directive: string, word: Word | undefined): Text {
	if (!word) return directive === '%d' ? ['0'] : [];
	if (directive === '%b') return word.value === undefined ? freeText : escaped(word.value);
	// `010` is eight, `'a` a code, and a word is nothing but an error.
	if (directive === '%d' && !/^(?:0|-?[1-9]\d{0,15})$/.test(word.value ?? '')) return steadyText;
	return word.value === '' ? [] : textOfWord(word);
}
