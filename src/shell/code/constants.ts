// Finds variables that keep one known text: set once, and only read in places that cannot change them.
import type { Language } from './language.ts';
import type { Token } from './lexis.ts';
import { isMark, readValue, type Scope, type Value } from './values.ts';

const printers = new Set([
	'print',
	'puts',
	'echo',
	'say',
	'p',
	'return',
	'printf',
	'write',
	'log',
	'await',
	'then',
	'do',
	'in',
]);

/** Languages whose functions can't change a text that they are given. */
const byValue = new Set(['javascript', 'python', 'lua']);

/** More definitions than these are not followed. */
const most = 200;

/** Known values by variable name. `given` are set from outside (`awk -v`). */
export function findConstants(
	language: Language,
	tokens: readonly Token[],
	partner: ReadonlyMap<number, number>,
	isUse: (name: string) => boolean,
	given: ReadonlyMap<string, string>,
): ReadonlyMap<string, Value> {
	const definitions = new Map<string, number>();
	const spoiled = new Set<string>();
	let bindingDepth = 0;
	for (const [at, token] of tokens.entries()) {
		if (token.kind === 'mark') {
			const close = partner.get(at);
			if (close !== undefined && bindsNames(tokens, Math.min(at, close), Math.max(at, close)))
				bindingDepth += close > at ? 1 : -1;
			continue;
		}
		if (token.kind !== 'name') continue;
		if (isDynamic(tokens, at)) return new Map();
		if (bindingDepth > 0) spoiled.add(token.text);
		const next = tokens[at + 1];
		const isAssigned = isMark(next, '=') || isMark(next, '<-') || (isMark(next, ':') && isMark(tokens[at + 2], '='));
		if (isAssigned && !isMark(tokens[at - 1], '.', '->', '::', '(', ',')) {
			if (definitions.has(token.text) || given.has(token.text)) spoiled.add(token.text);
			definitions.set(token.text, at);
		} else if (!isOnlyRead(language, tokens, at, isUse)) spoiled.add(token.text);
	}
	const constants = new Map<string, Value>();
	for (const [name, text] of given) if (!spoiled.has(name)) constants.set(name, { kind: 'text', pieces: [text] });
	for (const [name, at] of [...definitions].slice(0, most)) {
		if (spoiled.has(name)) continue;
		const start = at + (isMark(tokens[at + 1], ':') ? 3 : 2);
		const value = readValue(
			{ language, tokens, partner, constants } satisfies Scope,
			start,
			endOfValue(tokens, partner, start),
		);
		if (value.kind !== 'unknown') constants.set(name, value);
	}
	return constants;
}

/** The bracket holds parameters, or the names of an assignment to several. */
function bindsNames(tokens: readonly Token[], open: number, close: number): boolean {
	const after = tokens[close + 1];
	if (isMark(after, '=>', '=')) return true;
	if (!isMark(tokens[open], '(')) return false;
	const [before, keyword] = [tokens[open - 1], tokens[open - 2]];
	if (keyword?.kind === 'name' && /^(?:function|def|fn|sub|func|fun|defun)$/.test(keyword.text)) return true;
	const isControl =
		before?.kind === 'name' && /^(?:if|while|for|foreach|switch|elsif|elseif|unless|until|catch)$/.test(before.text);
	return isMark(after, '{') && !isControl;
}

/** Variables are set by names that are computed: `extract(…)`, `${"name"} = …`, `$$name = …`. */
function isDynamic(tokens: readonly Token[], at: number): boolean {
	const token = tokens[at];
	if (token?.kind !== 'name') return false;
	if (/^(?:extract|parse_str|setattr|assign|instance_variable_set|binding|local_variable_set)$/.test(token.text))
		return true;
	return /^[$@]+$/.test(token.text)
		? isMark(tokens[at + 1], '{') && tokens[at + 2]?.kind === 'text'
		: /^\$\$\w/.test(token.text);
}

function isOnlyRead(
	language: Language,
	tokens: readonly Token[],
	at: number,
	isUse: (name: string) => boolean,
): boolean {
	const [before, next] = [tokens[at - 1], tokens[at + 1]];
	const isJoined = (token: Token | undefined) => token?.kind === 'mark' && language.joins.includes(token.text);
	const isPiped = language.lexis.special === 'awk';
	const isNextFine =
		next === undefined ||
		next.kind === 'break' ||
		isMark(next, ',', ')', ';', ']', '}') ||
		(isPiped && isMark(next, '|', '|&')) ||
		isJoined(next) ||
		(language.joins.includes('') && next.kind === 'text');
	if (!isNextFine) return false;
	if (isMark(before, '(')) {
		const callee = tokens[at - 2];
		if (callee?.kind !== 'name') return true;
		if (!(isUse(callee.text) || printers.has(callee.text))) return false;
		const keyword = tokens[at - 3];
		return !(keyword?.kind === 'name' && /^(?:function|def|fn|sub|func|fun|lambda|defun)$/.test(keyword.text));
	}
	if (isMark(before, ',', '[')) return byValue.has(language.lexis.special ?? '');
	if (before?.kind === 'name') return isUse(before.text) || printers.has(before.text);
	return isJoined(before) || isMark(before, '=') || (isPiped && isMark(before, '|', '|&')) || before?.kind === 'text';
}

function endOfValue(tokens: readonly Token[], partner: ReadonlyMap<number, number>, start: number): number {
	let at = start;
	// `join "", "a", "b"` without brackets holds commas.
	const first = tokens[start];
	const isBare = first?.kind === 'name' && first.text === 'join' && !isMark(tokens[start + 1], '(');
	while (at < tokens.length) {
		const token = tokens[at] as Token;
		if (token.kind === 'break' || isMark(token, ';', ')', ']', '}') || (!isBare && isMark(token, ','))) return at;
		if (isMark(token, '(', '[', '{')) at = partner.get(at) ?? tokens.length;
		at++;
	}
	return tokens.length;
}
