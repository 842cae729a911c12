// How families of languages are written: comments, quotes, names.
import type { Lexis, Quote } from '../lexis.ts';

export const double: Quote = { open: '"', close: '"', escapes: 'c' };
export const single: Quote = { open: "'", close: "'", escapes: 'c' };
const character: Quote = { open: "'", close: "'", escapes: 'c', isCharacter: true };
const plainSingle: Quote = { open: "'", close: "'", escapes: 'plain' };

const none = { blockComments: [], sigils: '', nameMarks: '', hasBreaks: false, hasPatterns: false } as const;

/** C and its heirs. */
export const likeC: Lexis = {
	...none,
	lineComments: ['//'],
	blockComments: [['/*', '*/']],
	quotes: [{ open: '"""', close: '"""', escapes: 'c' }, double, character],
};

export const javascript: Lexis = {
	...likeC,
	quotes: [double, single, { open: '`', close: '`', escapes: 'c', interpolates: '${' }],
	nameMarks: '$',
	hasBreaks: false,
	hasPatterns: true,
	special: 'javascript',
};

export const perl: Lexis = {
	...none,
	lineComments: ['#'],
	quotes: [
		{ open: '"', close: '"', escapes: 'c', interpolates: '$@' },
		plainSingle,
		{ open: '`', close: '`', escapes: 'c', interpolates: '$@', isCommand: true },
	],
	sigils: '$@',
	hasPatterns: true,
	special: 'perl',
};

export const ruby: Lexis = {
	...none,
	lineComments: ['#'],
	blockComments: [['\n=begin', '\n=end']],
	quotes: [
		{ open: '"', close: '"', escapes: 'c', interpolates: '#{' },
		plainSingle,
		{ open: '`', close: '`', escapes: 'c', interpolates: '#{', isCommand: true },
	],
	sigils: '$@',
	nameMarks: '?!',
	hasBreaks: true,
	hasPatterns: true,
	special: 'ruby',
};

export const php: Lexis = {
	...none,
	lineComments: ['//', '#'],
	blockComments: [['/*', '*/']],
	quotes: [
		{ open: '"', close: '"', escapes: 'c', interpolates: '$' },
		plainSingle,
		{ open: '`', close: '`', escapes: 'c', interpolates: '$', isCommand: true },
	],
	sigils: '$',
	special: 'php',
};

export const lua: Lexis = { ...none, lineComments: ['--'], quotes: [double, single], special: 'lua' };

export const python: Lexis = { ...none, lineComments: ['#'], quotes: [], hasBreaks: true, special: 'python' };

export const awk: Lexis = {
	...none,
	lineComments: ['#'],
	quotes: [double],
	hasBreaks: true,
	hasPatterns: true,
	special: 'awk',
};

export const r: Lexis = { ...none, lineComments: ['#'], quotes: [double, single], nameMarks: '.', hasBreaks: true };

export const julia: Lexis = {
	...none,
	lineComments: ['#'],
	blockComments: [['#=', '=#']],
	quotes: [
		{ open: '"""', close: '"""', escapes: 'c', interpolates: '$' },
		{ open: '"', close: '"', escapes: 'c', interpolates: '$' },
		{ open: '`', close: '`', escapes: 'plain', interpolates: '$', isCommand: true },
		character,
	],
	nameMarks: '!',
	hasBreaks: true,
};

export const octave: Lexis = {
	...none,
	lineComments: ['%', '#'],
	quotes: [double, { open: "'", close: "'", escapes: 'doubled' }],
	hasBreaks: true,
};

export const lisp: Lexis = {
	...none,
	lineComments: [';'],
	blockComments: [['#|', '|#']],
	quotes: [double],
	nameMarks: '-*+/<>=!?:.%&~^',
};

export const haskell: Lexis = {
	...none,
	lineComments: ['--'],
	blockComments: [['{-', '-}']],
	quotes: [double, character],
	sigils: '$',
	nameMarks: "'",
	hasBreaks: true,
};

/** Groovy, Scala and Kotlin. */
export const jvm: Lexis = {
	...likeC,
	quotes: [
		{ open: '"""', close: '"""', escapes: 'none', interpolates: '$' },
		{ open: "'''", close: "'''", escapes: 'c' },
		{ open: '"', close: '"', escapes: 'c', interpolates: '$' },
		single,
	],
	hasBreaks: true,
};

export const elixir: Lexis = {
	...none,
	lineComments: ['#'],
	quotes: [
		{ open: '"""', close: '"""', escapes: 'c', interpolates: '#{' },
		{ open: '"', close: '"', escapes: 'c', interpolates: '#{' },
		{ open: "'", close: "'", escapes: 'c', interpolates: '#{' },
	],
	nameMarks: '!?',
	hasBreaks: true,
};

export const erlang: Lexis = { ...none, lineComments: ['%'], quotes: [double, single] };

export const nim: Lexis = {
	...none,
	lineComments: ['#'],
	quotes: [{ open: '"""', close: '"""', escapes: 'none' }, double, character],
	hasBreaks: true,
};

export const swift: Lexis = {
	...likeC,
	quotes: [
		{ open: '"""', close: '"""', escapes: 'c', interpolates: '\\(' },
		{ open: '"', close: '"', escapes: 'c', interpolates: '\\(' },
	],
	hasBreaks: true,
};

export const appleScript: Lexis = {
	...none,
	lineComments: ['--', '#'],
	blockComments: [['(*', '*)']],
	quotes: [double],
	hasBreaks: true,
};
