// Could a text be SQL? Only by what stands first in it: for parameters of which nothing else is known.

/** What statements of the common databases begin with. */
const verbs = new Set(
	[
		'abort alter analyze analyse attach backup begin call checkpoint close cluster comment commit copy create deallocate',
		'declare delete desc describe detach discard do drop end exec execute explain export fetch flush grant handler import',
		'insert kill listen load lock merge move notify optimize pragma prepare purge reassign refresh reindex release rename',
		'repair replace reset restore revoke rollback savepoint security select set show shutdown start table truncate unlisten',
		'unload unlock update upsert use vacuum values with',
	].flatMap((line) => line.split(' ')),
);

/** Does the text, or what follows a semicolon in it, begin as a statement does? Takes time in proportion to its length. */
export function looksLikeSql(text: string): boolean {
	for (let at = 0; at < text.length; ) {
		const { word, end } = firstWord(text, at);
		if (verbs.has(word.toLowerCase())) return true;
		const semicolon = text.indexOf(';', end);
		at = semicolon === -1 ? text.length : semicolon + 1;
	}
	return false;
}

const longestVerb = 16;

/** The first word from `at` on, behind blanks, parentheses and comments. */
function firstWord(text: string, at: number): { readonly word: string; readonly end: number } {
	const blank = /[\s(\ufeff]*/y;
	for (let from = at; ; ) {
		blank.lastIndex = from;
		blank.test(text);
		from = blank.lastIndex;
		const closing = text.startsWith('--', from) ? '\n' : text.startsWith('/*', from) ? '*/' : undefined;
		if (closing === undefined) {
			const word = /^[A-Za-z]*/.exec(text.slice(from, from + longestVerb))?.[0] ?? '';
			return { word, end: from + word.length };
		}
		const end = text.indexOf(closing, from + 2);
		if (end === -1) return { word: '', end: text.length };
		from = end + closing.length;
	}
}
