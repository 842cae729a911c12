// Which characters may not stand where a person reads one thing and a program another.

export interface OddCharacter {
	/** Offset in UTF-16 units. */
	readonly index: number;
	/** `U+202E`. */
	readonly name: string;
}

/** Controls, formatting marks, line separators, lone surrogates, and everything Unicode says may be drawn as nothing. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u2800\p{Default_Ignorable_Code_Point}]/u;

/** The subset that no source text may hold, comments included: it reorders or overwrites what a person sees. */
const treacherous = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069\ufffe\uffff]/u;

/** The first character of an id, a glob or a pattern that nobody can see. */
export function findInvisible(text: string): OddCharacter | undefined {
	return find(text, invisible);
}

/**
 * The first character that could make a terminal or an editor show something else than what is written.
 * Tabs and line breaks are fine; a carriage return is, only before a line feed.
 */
export function findTreacherous(text: string): OddCharacter | undefined {
	return find(text, treacherous, (index) => {
		const unit = text[index];
		return unit === '\n' || unit === '\t' || (unit === '\r' && text[index + 1] === '\n');
	});
}

/** `text` as it can be shown: what would move the cursor or reorder the line is written as an escape. */
export function showable(text: string): string {
	return text.replace(new RegExp(treacherous, 'gu'), (found) =>
		found === '\n' ? found : `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`,
	);
}

/** `text` with everything that nobody can see written as in JSON (`\\u200b`), line breaks too. */
export function escapeInvisible(text: string): string {
	return text.replace(new RegExp(invisible, 'gu'), (found) =>
		Array.from({ length: found.length }, (_, index) => {
			return `\\u${found.charCodeAt(index).toString(16).padStart(4, '0')}`;
		}).join(''),
	);
}

/** Text over lines that shows all that it is: no invisible character, no blank at its ends but one line break. */
export function isPlainText(text: string): boolean {
	const body = text.replace(/\n$/, '');
	return body !== '' && body.trim() === body && findInvisible(body.replaceAll('\n', '')) === undefined;
}

function find(text: string, pattern: RegExp, isFine?: (index: number) => boolean): OddCharacter | undefined {
	const search = new RegExp(pattern, 'gu');
	for (let found = search.exec(text); found !== null; found = search.exec(text)) {
		if (isFine?.(found.index)) continue;
		const code = found[0].codePointAt(0) ?? 0;
		return { index: found.index, name: `U+${code.toString(16).toUpperCase().padStart(4, '0')}` };
	}
	return undefined;
}
