// The one home of re2js: regular expressions in linear time, so that no text an agent writes can stall a decision.
import { RE2JS } from 're2js';
import { errorText } from '../abi/problem.ts';
import { anyOf, type Truth } from './truth.ts';

export interface Regex {
	readonly source: string;
	/** Instructions of the compiled pattern: what each character may cost. */
	readonly size: number;
	/** Unanchored. */
	matches(text: string): boolean;
	/** Where every match stands, empty ones too, from left to right. */
	findAll(text: string): Iterable<{ readonly start: number; readonly end: number }>;
	/** Replaces every match; `$1` names a group. */
	replaceAll(text: string, replacement: string): string;
}

const longestPattern = 4096;

/** A regex, or why it is none. RE2 syntax: no look-around, no back-references. */
export function compileRegex(source: string): Regex | { readonly error: string } {
	if (source.length > longestPattern) return { error: `is longer than ${longestPattern} characters` };
	try {
		const compiled = RE2JS.compile(source);
		return {
			source,
			size: compiled.programSize(),
			matches: (text) => compiled.test(text),
			*findAll(text) {
				// The quick engine says whether there is anything to look for.
				if (!compiled.test(text)) return;
				const matcher = compiled.matcher(text);
				while (matcher.find()) yield { start: matcher.start(), end: matcher.end() };
			},
			replaceAll: (text, replacement) => compiled.matcher(text).replaceAll(replacement),
		};
	} catch (error) {
		return { error: errorText(error).replace(/^error parsing regexp: /, '') };
	}
}

/** `unsure` when only the NFC form of the text matches. */
export function regexTruth(patterns: readonly Regex[], text: string): Truth {
	return anyOf(patterns, (pattern) => {
		if (pattern.matches(text)) return 'yes';
		const composed = text.normalize('NFC');
		return composed !== text && pattern.matches(composed) ? 'unsure' : 'no';
	});
}
