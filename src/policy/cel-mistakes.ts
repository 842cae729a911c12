// What the CEL library says is wrong, in words for whoever wrote the condition.
import { suggest } from '../text/suggest.ts';
import { either, quote } from '../text/words.ts';
import { celLimits } from './cel-limits.ts';
import type { CelFault } from './cel-nodes.ts';
import type { EngineFault } from './cel-parse.ts';

/** A fault of ours is handed through. */
export function explainFault(fault: EngineFault | CelFault, text: string, names: readonly string[]): CelFault {
	if ('kind' in fault) return fault;
	const last = text.trimEnd().length;
	const start = Math.min(fault.start, last);
	const end = Math.max(start, Math.min(fault.end, last));
	const said = sayFault(fault, { text, start, end, word: text.slice(start, end), names });
	return { kind: 'fault', start, end, ...said };
}

type Said = Pick<CelFault, 'message' | 'help' | 'label'>;

interface Spot {
	readonly text: string;
	readonly start: number;
	readonly end: number;
	readonly word: string;
	readonly names: readonly string[];
}

function sayFault({ code, summary }: EngineFault, spot: Spot): Said {
	switch (code) {
		case 'unknown_variable':
			return unknownName(spot);
		case 'unexpected_character':
		case 'unexpected_token':
			return unexpected(spot);
		case 'expected_token':
			return expected(summary, spot);
		case 'unterminated_string':
		case 'unterminated_triple_quoted_string':
			return {
				message: 'this text is never closed',
				help: `close it with ${spot.word.startsWith('"') ? '`"`' : "`'`"}`,
			};
		case 'newline_in_string':
			return { message: 'a text ends on the line where it begins', help: 'write `\\n` for a line break' };
		case 'cannot_index_type':
			return { message: `${kindOfType(/'(.+)'/.exec(summary)?.[1] ?? 'this')} has no fields` };
		case 'incompatible_ternary_branches':
			return {
				message: `both answers of \`? :\` are of one kind, not ${typesIn(summary).map(kindOfType).join(' and ')}`,
			};
		case 'invalid_logical_operand':
			return {
				message: `\`&&\` and \`||\` join what is true or false, not ${typesIn(summary).map(kindOfType).join('')}`,
			};
		case 'invalid_escape_sequence':
			return {
				message: `\`${spot.word}\` is no escape`,
				help: 'write `\\\\` for a backslash, or `r"…"` for text without escapes',
			};
		case 'reserved_identifier':
			return { message: `${quote(spot.word)} is a word that CEL keeps for itself` };
		case 'limit_exceeded':
			return { message: `this is too large: ${limitIn(summary)}`, help: 'say it in several rules' };
		case 'invalid_macro_argument':
			return summary.startsWith('has')
				? { message: '`has` asks for a field', help: 'write `has(args.x)`, or `"a key" in args`' }
				: { message: 'the first argument is a name for each item', help: 'write `args.list.all(item, item > 0)`' };
		case 'no_such_overload':
		case 'no_matching_overload':
			return misfit(summary);
		default:
			return { message: plain(summary) };
	}
}

function unknownName({ text, start, word, names }: Spot): Said {
	const near = suggest(word, names);
	const known = `${either(names.map(quote)).replace(/ or (?=[^ ]*$)/, ' and ')}`;
	// `args.dry-run` reads as `args.dry` minus `run`.
	const dashed = /([A-Za-z_][\w.]*)\.([A-Za-z_]\w*-)$/.exec(text.slice(0, start));
	const help =
		dashed !== null
			? `for an argument with a dash in its name write \`${dashed[1]}["${dashed[2]}${word}"]\``
			: near !== undefined
				? `did you mean ${quote(near)}?`
				: `a condition knows ${known}; put text in quotes: \`'${word}'\``;
	return { message: `${quote(word)} stands for nothing here`, help };
}

/** Words and signs of other languages. */
const otherwise: ReadonlyMap<string, string> = new Map([
	['and', '&&'],
	['or', '||'],
	['is', '=='],
	['=', '=='],
	['&', '&&'],
	['|', '||'],
	['~', 're2(text, pattern)'],
	['matches', 're2(text, pattern)'],
	['contains', 'x.contains(y)'],
	['startsWith', 'x.startsWith(y)'],
	['endsWith', 'x.endsWith(y)'],
]);

function unexpected({ text, start, end, word }: Spot): Said {
	if (text.trim() === '') return { message: 'the condition is empty', help: 'write for example `args.amount <= 100`' };
	if (start >= text.trimEnd().length) return { message: 'the condition ends too early', help: 'complete it' };
	if (text.startsWith('${', start)) {
		const help = "write the value itself: `args.branch in ['main', 'master']`";
		return { message: 'variables are not put into conditions', help };
	}
	const before = text.slice(0, start);
	const help = /[=!]=$/.test(before) && word === '=' ? 'two signs are enough: `==`, `!=`' : helpFor(word, before);
	return {
		message: `${quote(word === '' ? text.slice(start, end + 1) : word)} does not belong here`,
		...(help === undefined ? {} : { help }),
	};
}

function helpFor(word: string, before: string): string | undefined {
	if (/\bnot\s+$/.test(before)) return 'write `!` for `not`';
	if (word === '>' && before.endsWith('<')) return 'write `!=`';
	if (word === ',') return 'a list stands in brackets: `[1, 2]`';
	const meant = otherwise.get(word);
	return meant === undefined ? undefined : `write \`${meant}\``;
}

const tokens: ReadonlyMap<string, string> = new Map([
	['RPAREN', '`)`'],
	['RBRACKET', '`]`'],
	['RBRACE', '`}`'],
	['COLON', '`:`'],
	['IDENTIFIER', 'a name'],
]);

function expected(summary: string, { text, start, word }: Spot): Said {
	const wanted = tokens.get(/^Expected (\w+)/.exec(summary)?.[1] ?? '') ?? 'something else';
	if (start >= text.trimEnd().length) return { message: `${wanted} is missing at the end of the condition` };
	const isKey = wanted === 'a name' && /^\w+$/.test(word);
	const help = isKey ? `write \`["${word}"]\` for \`.${word}\`` : helpFor(word, text.slice(0, start));
	return { message: `${wanted} is missing before ${quote(word)}`, ...(help === undefined ? {} : { help }) };
}

function limitIn(summary: string): string {
	const limit = /maxDepth|maxAstNodes/.exec(summary)?.[0];
	if (limit === 'maxAstNodes') return `a condition has at most ${celLimits.nodes} parts`;
	return limit === 'maxDepth' ? 'it is nested too deeply' : `a list has at most ${celLimits.listLength} entries`;
}

/** `no such overload: string == int` */
function misfit(summary: string): Said {
	const operator = /^no such overload: (.+) (\S+) (.+)$/.exec(summary);
	if (operator !== null) {
		const [, left = '', sign = '', right = ''] = operator;
		return { message: `\`${sign}\` is not for ${kindOfType(left)} and ${kindOfType(right)}` };
	}
	const call = /^found no matching overload for '(?:(.+)\.)?(\w+)\((.*)\)'$/.exec(summary);
	if (call === null) return { message: plain(summary) };
	const [, receiver, name = '', args = ''] = call;
	const given = [...(receiver === undefined ? [] : [receiver]), ...args.split(/, (?![^<]*>)/)].filter(
		(type) => type !== '',
	);
	return { message: `\`${name}\` is not for ${given.map(kindOfType).join(' and ') || 'nothing'}` };
}

function typesIn(summary: string): string[] {
	return [...summary.matchAll(/got '([^']+)'(?: and '([^']+)')?/g)]
		.flatMap(([, one, other]) => [one, other])
		.filter((type) => type !== undefined);
}

function kindOfType(type: string): string {
	const name = type.replace(/^dyn<(.*)>$/, '$1');
	if (name.startsWith('list')) return 'a list';
	if (name.startsWith('map')) return 'a mapping';
	const words: Readonly<Record<string, string>> = {
		string: 'text',
		int: 'a whole number',
		double: 'a number',
		bool: 'true or false',
		null: 'null',
		dyn: 'any value',
		'google.protobuf.Timestamp': 'a time',
		'google.protobuf.Duration': 'a duration',
	};
	return words[name] ?? name;
}

function plain(summary: string): string {
	return summary.charAt(0).toLowerCase() + summary.slice(1).replaceAll("'", '`');
}
