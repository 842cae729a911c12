// What well-known secrets look like in any text. Every pattern is linear: no unbounded part stands before another.
import { secretKinds } from '../abi/secrets.ts';

/**
 * Name and pattern; the name stands in the mark that replaces the secret. The kinds are those that results are searched
 * for. Around them stands what the log takes out beyond that: a record may lose a word too many, where a result would
 * be damaged. What is known by what stands before it is below.
 */
const known: readonly (readonly [kind: string, pattern: string])[] = [
	// First, and to the end of the text when it has no end of its own: what follows a header is the key.
	[
		'private-key',
		'-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)',
	],
	...secretKinds.flatMap(({ name, patterns }) =>
		patterns.flatMap(({ source, grouped }): [string, string][] => (grouped ? [] : [[name, source]])),
	),
	['model-api', '(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))sk-[\\w-]{20,}|(?:gsk_|xai-|pplx-|r8_|hf_)\\w{20,}'],
	['terraform', '\\w{14}\\.atlasv1\\.[\\w-]{20,}'],
	['notion', 'ntn_\\w{16,}'],
];

const anyKnown = new RegExp(known.map(([, pattern]) => `(${pattern})`).join('|'), 'g');

/** The text with every known secret replaced by what `mark` says about its kind. */
export function replaceKnown(text: string, mark: (kind: string) => string): string {
	return text.replace(anyKnown, (found, ...groups) => {
		const kind = known.findIndex((_, index) => groups[index] !== undefined);
		return known[kind] === undefined ? found : mark(known[kind][0]);
	});
}

/** A pattern is only tried on a text that `near` is in. Group 1 is kept, the rest of the match is the secret. */
interface AfterWords {
	readonly near: RegExp;
	readonly pattern: RegExp;
}

/** Places where a secret follows something that stays. */
export const afterWords: readonly AfterWords[] = [
	// scheme://user:password@host, and a user that is long enough to be a token
	{ near: /:\/\//, pattern: /([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/?#"'<>@:]{0,256}:)[^\s/"'<>]{1,512}(?=@)/gi },
	{ near: /:\/\//, pattern: /([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'<>@:]{20,512}(?=@)/gi },
	// `Bearer x` and `Basic x` outside a header; words of prose have neither digits nor mixed case
	{
		near: /earer|BEARER|asic|BASIC|egotiate/,
		pattern:
			/(\b(?:[Bb]earer|BEARER|[Bb]asic|BASIC|[Nn]egotiate)(?:\s{1,4}|%20|\+))(?=[\w.~+/=-]{0,64}?(?:[0-9=_]|[a-z][A-Z])|[\w.~+/=-]{24})[\w.~+/=-]{8,}/g,
	},
	// curl -u user:password
	{
		near: /-u|-U|-user/,
		pattern:
			/((?<![\w-])(?:-u|-U|--user|--proxy-user)[\s=]{1,3}["']?(?!\d+:\d+\b)[^\s:"']{0,128}:)(?:(?<=["'][^\s:"']{0,128}:)[^"'\n]+|[^\s"']+)/g,
	},
	{ near: /sshpass/, pattern: /(\bsshpass\s{1,4}-p\s{0,4})\S+/g },
	{ near: /mysql|mariadb/, pattern: /(\b(?:mysql|mariadb)\w{0,16}\b[^|;&\n]{0,200}?\s-p)[^\s-]\S*/g },
	{ near: /redis-cli/, pattern: /(\bredis-cli\b[^|;&\n]{0,200}?\s-a\s{1,4})\S+/g },
	// netrc; SQL
	{ near: /login/, pattern: /(\blogin\s{1,4}\S{1,128}\s{1,4}password\s{1,4})\S+/g },
	{
		near: /identified|password/i,
		pattern:
			/((?<![\w-])(?:identified\s{1,4}(?:with\s{1,4}\S{1,64}\s{1,4})?by|password)\s{1,4}["'])[^"'\n]+(?=["'\n]|$)(?!["']\s{0,2}[:=])/gi,
	},
];
