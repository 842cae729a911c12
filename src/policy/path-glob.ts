// The one home of minimatch: globs over resolved, absolute paths.
import { Minimatch, type MinimatchOptions } from 'minimatch';
import { isAscii } from './ascii.ts';
import { anyOf, type Lean, type Truth } from './truth.ts';

/** A pattern over absolute paths whose `.`, `..` and doubled slashes are gone. */
export interface PathGlob {
	/** `unsure` when only another spelling (NFC, or case where the file system ignores it) matches. */
	matches(path: string): Truth;
	/** The directory before the first wildcard; undefined when the pattern has none. */
	readonly anchor: string | undefined;
	/** The pattern as it is compared: absolute. */
	readonly whole: string;
}

export interface PathGlobSettings {
	readonly home: string;
	/** What a relative pattern with a slash means for a rule that grants. */
	readonly base: string | undefined;
	/** For file systems that do not tell upper from lower case. */
	readonly ignoreCase: boolean;
}

const options = {
	nocomment: true,
	nonegate: true,
	noext: true,
	nobrace: true,
	dot: true,
	platform: 'linux',
	nocase: false,
} as const satisfies MinimatchOptions;

const longestPattern = 1024;

/**
 * Compiles one glob. `/data/**` and `/data/` also match `/data` itself. A relative pattern without a slash matches at
 * any depth; one with a slash is relative to `base` for a rule that grants, and matches at any depth for one that
 * catches: whoever denies `secrets/*` must not have to guess the directory.
 */
export function compilePathGlob(
	pattern: string,
	lean: Lean,
	settings: PathGlobSettings,
): PathGlob | { readonly error: string } {
	const error = refuse(pattern);
	if (error !== undefined) return { error };
	const absolute = makeAbsolute(pattern.replace(/\/{2,}/g, '/'), lean, settings);
	if (absolute === undefined) return { error: 'is relative, and there is no workspace it could be relative to' };
	const whole = absolute.endsWith('/') ? `${absolute}**` : absolute;
	const variants = whole.endsWith('/**') && whole !== '/**' ? [whole, whole.slice(0, -3)] : [whole];
	const strict = variants.map((variant) => new Minimatch(variant, options));
	const isPlain = !settings.ignoreCase && isAscii(whole);
	// A plain pattern is its own NFC, and what is compiled is compiled once.
	const loose = isPlain
		? strict
		: variants.map((variant) => new Minimatch(variant.normalize('NFC'), { ...options, nocase: settings.ignoreCase }));
	return {
		anchor: anchorOf(whole),
		whole,
		matches(path) {
			if (strict.some((glob) => glob.match(path))) return 'yes';
			if (isPlain && isAscii(path)) return 'no';
			const composed = path.normalize('NFC');
			return loose.some((glob) => glob.match(composed)) ? 'unsure' : 'no';
		},
	};
}

export function pathGlobTruth(globs: readonly PathGlob[], path: string): Truth {
	return anyOf(globs, (glob) => glob.matches(path));
}

/** Text that is not meant as a pattern, written so that a glob takes it literally. */
export function escapePathGlob(text: string): string {
	return text.replace(/[*?[]/g, '[$&]');
}

/** Why a pattern is refused: what it says in other glob dialects it would silently not say here. */
function refuse(pattern: string): string | undefined {
	if (pattern === '') return 'is empty';
	if (pattern.length > longestPattern) return `is longer than ${longestPattern} characters`;
	if (pattern.includes('\\')) return 'holds a backslash; write `[*]` for a literal star';
	if (pattern.startsWith('!')) return 'begins with `!`, which negates nothing here; use `except`';
	if (/\{[^}]*,[^}]*\}/.test(pattern)) return 'holds braces, which are literal here; write a list of globs';
	if (/[!?+*@]\([^)]*\)/.test(pattern)) return 'holds an extended glob, which is literal here; write a list of globs';
	if (/\[[^\]]*\[[^\]]*\[/.test(pattern.replaceAll(/\[[*?[]\]/g, ''))) return 'nests brackets';
	if (pattern.split('/').includes('..')) return 'holds `..`; globs are compared with resolved paths';
	if (/^~[^/]/.test(pattern)) return 'names the home of another user';
	return undefined;
}

function makeAbsolute(pattern: string, lean: Lean, { home, base }: PathGlobSettings): string | undefined {
	if (pattern.startsWith('/') || pattern.startsWith('**')) return pattern;
	if (pattern.startsWith('~')) return escapePathGlob(home) + pattern.slice(1);
	const bare = pattern.replace(/^(?:\.\/)+/, '');
	const isRooted = bare !== pattern;
	if (lean === 'catch' || (!isRooted && !bare.slice(0, -1).includes('/'))) return `**/${bare}`;
	return base === undefined ? undefined : `${escapePathGlob(base)}/${bare}`;
}

function anchorOf(pattern: string): string | undefined {
	const segments = pattern.split('/');
	const magic = segments.findIndex((segment) => /[*?[]/.test(segment));
	const literal = (magic === -1 ? segments : segments.slice(0, magic)).join('/');
	return literal.startsWith('/') ? literal : undefined;
}
