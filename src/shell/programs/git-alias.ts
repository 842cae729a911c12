// Aliases of git that are given with the call: shell text, or other words for the sub-command.
import type { Around, Launch, ProgramGap } from '../program.ts';
import type { Word } from '../word.ts';
import { attached, firstKnown, isStatic, literal, unknownWord } from '../word-parts.ts';
import { wordsFromInput } from './launching.ts';

export type Alias =
	| { readonly kind: 'words'; readonly words: readonly Word[] }
	| { readonly kind: 'launch'; readonly launch: Launch; readonly gaps: readonly ProgramGap[] };

/** What `alias.x` stands for. `!text` is run by a shell as `text "$@"`; anything else takes the place of `x`. */
export function aliasWords(
	value: Word | undefined,
	rest: readonly Word[],
	around: Around,
	terms: Pick<Launch, 'cwd'>,
): Alias {
	const text = value ?? unknownWord();
	const start = firstKnown(text);
	if (isStatic(text) && !start.startsWith('!')) {
		const words = splitCommandLine(text.value);
		if (words) return { kind: 'words', words: words.map(literal) };
	}
	const script = start.startsWith('!') ? attached(text, 1) : unknownWord();
	const words = rest.length > 0 || around.isOpenEnded ? [script, literal('"$@"')] : [script];
	const positional = [script, ...rest, ...(around.isOpenEnded ? [wordsFromInput] : [])];
	return { kind: 'launch', launch: { kind: 'script', words, positional, as: ['git'], ...terms }, gaps: [] };
}

/** As git's split_cmdline: blanks part, quotes of both kinds keep together, a backslash outside of '…' protects. */
function splitCommandLine(text: string): readonly string[] | undefined {
	const words: string[] = [];
	let word: string | undefined;
	let quote = '';
	for (let at = 0; at < text.length; at += 1) {
		const char = text.charAt(at);
		if (quote === '' && /\s/.test(char)) {
			if (word !== undefined) words.push(word);
			word = undefined;
		} else if (quote === '' && (char === '"' || char === "'")) {
			quote = char;
			word ??= '';
		} else if (char === quote) quote = '';
		else if (char === '\\' && quote !== "'") {
			at += 1;
			if (at >= text.length) return undefined;
			word = (word ?? '') + text.charAt(at);
		} else word = (word ?? '') + char;
	}
	if (quote !== '') return undefined;
	if (word !== undefined) words.push(word);
	return words;
}
