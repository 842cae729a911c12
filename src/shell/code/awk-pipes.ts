// Awk's pipes: `"text" | getline`, `print | "text"`, `|&`, and its redirections to files.
import { addPaths } from '../programs/paths.ts';
import { literal } from '../word-parts.ts';
import { type Effects, gap, knownText, startCommand } from './effects.ts';
import type { Token } from './lexis.ts';
import { isMark, readValue, type Scope } from './values.ts';

/** Reads the mark at `at`, if it is a pipe or a redirection. */
export function readAwkMark(scope: Scope, effects: Effects, at: number): undefined {
	const { tokens } = scope;
	const token = tokens[at] as Token;
	const next = tokens[at + 1];
	if (isMark(token, '@')) {
		// `@name(…)` calls the function that a variable names; `@load` takes a library.
		if (next?.kind === 'name' && next.text !== 'include') gap(effects, 'calls a function by a computed name');
	} else if (isMark(token, '|', '|&')) {
		if (next?.kind === 'name' && next.text === 'getline') run(scope, effects, operandStart(tokens, at), at);
		else run(scope, effects, at + 1, operandEnd(scope, at + 1));
	} else if (isMark(token, '>', '<') && next?.kind === 'text') {
		const path = knownText({ kind: 'text', pieces: next.pieces });
		if (path !== undefined && !path.startsWith('/dev/std')) {
			addPaths(effects.findings, isMark(token, '>') ? 'writes' : 'reads', [literal(path)], effects.around);
		}
	}
}

function run(scope: Scope, effects: Effects, start: number, end: number): undefined {
	startCommand(effects, [knownText(readValue(scope, start, end)) ?? null]);
}

function operandStart(tokens: readonly Token[], pipe: number): number {
	let at = pipe;
	while (at > 0 && pipe - at < 100) {
		const before = tokens[at - 1];
		if (before?.kind === 'break' || isMark(before, ';', '{', '}', '(', '&&', '||', '!', ',', '?')) break;
		if (before?.kind === 'name' && /^(?:print|printf|while|if|return)$/.test(before.text)) break;
		at--;
	}
	return at;
}

function operandEnd({ tokens, partner }: Scope, from: number): number {
	let at = from;
	while (at < tokens.length) {
		const token = tokens[at];
		if (token?.kind === 'break' || isMark(token, ';', '}', ')')) return at;
		at = isMark(token, '(') ? (partner.get(at) ?? tokens.length) + 1 : at + 1;
	}
	return tokens.length;
}
