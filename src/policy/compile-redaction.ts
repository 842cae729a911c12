// Turns what a `redact` rule looks for into finders, and its replacement into marks.
import { compilePattern } from './compile-values.ts';
import { detector, detectorGate, type Finder, ownFinder, ownKind } from './finder.ts';
import type { Notes } from './notes.ts';
import type { CompiledRedaction } from './redact.ts';
import type { Redaction } from './rule.ts';

const detectorPrefix = 'detector:';
const regexPrefix = 'regex:';

export function compileRedaction({ find, replace }: Redaction, notes: Notes): CompiledRedaction {
	const names = after(detectorPrefix, find);
	const regexes = after(regexPrefix, find).flatMap((source) => compilePattern(source, notes));
	for (const { source, matches } of regexes) {
		if (!matches('')) continue;
		notes.report('P501', `\`${source}\` matches the empty text`, 'write a pattern that needs at least one character');
	}
	// The schema has seen to it that there is a detector of each name.
	const finders: Finder[] = [...names.flatMap((name) => detector(name) ?? []), ...regexes.map(ownFinder)];
	const mayDetect = detectorGate(names);
	const markOf = (kind: string) => replace.split('${kind}').join(kind);
	const kinds = new Set([...names, ...(regexes.length === 0 ? [] : [ownKind])]);
	return {
		finders,
		isSuspect: (text) => mayDetect(text) || regexes.some((regex) => regex.matches(text)),
		markOf,
		marks: [...new Set([...kinds].map(markOf))].filter((mark) => mark !== ''),
	};
}

/** What stands behind the prefix in those entries that have it, each once. */
function after(prefix: string, find: readonly string[]): string[] {
	const entries = find.filter((entry) => entry.startsWith(prefix)).map((entry) => entry.slice(prefix.length));
	return [...new Set(entries)];
}
