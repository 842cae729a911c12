// Reads code made of expressions and calls: finds every place that starts something, and says which can't be told.

import { readAwkMark } from './awk-pipes.ts';
import { findConstants } from './constants.ts';
import { applyUse, type Effects, gap, knownText, startCommand } from './effects.ts';
import type { Language, Use, Uses } from './language.ts';
import type { Token, Tokens } from './lexis.ts';
import { readModules } from './modules.ts';
import { readTokens } from './tokens.ts';
import { isMark, pairBrackets, readArguments, readValue, type Scope } from './values.ts';

/** More calls than these are not looked at one by one. */
const mostCalls = 150;

/** Adds to `effects` what `text` starts and touches. `given` are variables set from outside. */
export function readExpressions(
	language: Language,
	text: string,
	effects: Effects,
	given: ReadonlyMap<string, string>,
): undefined {
	const read = readTokens(text, language.lexis);
	const { tokens } = read;
	const uses = usesIn(language, tokens);
	const known = lastNames(uses, () => true);
	const isUse = (name: string) => known.has(name);
	const starting = lastNames(uses, (use) => use.does !== 'touch' && use.does !== 'move' && use.does !== 'load');
	const isStart = (name: string) => starting.has(name);
	const partner = pairBrackets(tokens);
	const constants = findConstants(language, tokens, partner, isUse, given);
	const scope: Scope = { language, tokens, partner, constants };
	const bound = readModules(scope, effects, uses);
	let calls = 0;
	for (const [at, token] of tokens.entries()) {
		if (token.kind === 'command') {
			if (language.lexis.special !== 'python') startCommand(effects, token.pieces);
		} else if (token.kind === 'pattern') {
			if (token.runs && token.replacement === undefined) gap(effects, 'evaluates code that is computed');
		} else if (token.kind === 'name') {
			const name = bound.aliases.get(token.text);
			const use = name === undefined ? findUse(scope, uses, at) : uses[name];
			if (!use || bound.bindings.has(at)) continue;
			if (++calls > mostCalls) return gap(effects, 'starts too much to be followed');
			readUse(scope, effects, use, at);
		} else if (token.kind === 'mark') {
			if (token.text.startsWith('|') && ++calls > mostCalls) return gap(effects, 'starts too much to be followed');
			readMark(scope, effects, uses, at);
		} else if (token.kind === 'text') readEmbedded(scope, effects, at, token);
	}
	if (hidesUse(text, read, isStart)) gap(effects, 'can be read in two ways');
	if (language.callsByName || bound.isArmed) findCallsByName(scope, effects, isStart);
}

/** What a name is called in the code: the last part of its path. */
function lastNames(uses: Uses, isWanted: (use: Use) => boolean): ReadonlySet<string> {
	return new Set(
		Object.entries(uses).flatMap(([path, use]) => (isWanted(use) ? [path.slice(path.lastIndexOf('.') + 1)] : [])),
	);
}

/** The names that count in this text: those of modules count once the module is mentioned. */
function usesIn(language: Language, tokens: readonly Token[]): Uses {
	const { modules } = language;
	if (!modules) return language.uses;
	const mentioned = new Set<string>();
	for (const token of tokens) {
		if (token.kind === 'name' && Object.hasOwn(modules, token.text)) mentioned.add(token.text);
		if (token.kind !== 'text') continue;
		for (const piece of token.pieces) {
			const name = piece?.replace(/^node:/, '').replace(/\/promises$/, '');
			if (name !== undefined && Object.hasOwn(modules, name)) mentioned.add(name);
		}
	}
	const uses: Record<string, Use> = { ...language.uses };
	for (const module of mentioned) {
		for (const [name, use] of Object.entries(modules[module] ?? {})) uses[name] = uses[`*.${name}`] = use;
	}
	return uses;
}

function findUse({ tokens, language }: Scope, uses: Uses, at: number): Use | undefined {
	const name = nameAt(tokens, at);
	if (name === undefined) return undefined;
	const isQualified =
		isMark(tokens[at - 1], '.', '::', '->', '?.') || (isMark(tokens[at - 1], ':') && isTouching(tokens, at));
	if (!isQualified) return own(uses, name);
	const path: string[] = [name];
	for (let back = at - 1; path.length < 4 && isMark(tokens[back], '.', '::', '->', '?.', ':'); back -= 2) {
		const part = nameAt(tokens, back - 1);
		if (part === undefined) break;
		path.unshift(part);
	}
	for (let from = 0; from < path.length - 1; from++) {
		const use = own(uses, path.slice(from).join('.'));
		if (use) return use;
	}
	const receiver = path.length > 1 ? path.at(-2) : undefined;
	if (receiver !== undefined && language.receivers.includes(receiver)) return own(uses, name);
	return own(uses, `*.${name}`);
}

function own(uses: Uses, name: string): Use | undefined {
	return Object.hasOwn(uses, name) ? uses[name] : undefined;
}

function nameAt(tokens: readonly Token[], at: number): string | undefined {
	const token = tokens[at];
	return token?.kind === 'name' ? token.text : undefined;
}

function isTouching(tokens: readonly Token[], at: number): boolean {
	return tokens[at - 1]?.end === tokens[at]?.at;
}

function readUse(scope: Scope, effects: Effects, use: Use, at: number): undefined {
	const { tokens, language, partner } = scope;
	const [before, next] = [tokens[at - 1], tokens[at + 1]];
	if (use.does === 'hide') return gap(effects, 'can start programs in a way that is not read');
	const isKey = isMark(next, '=>') || (isMark(before, '{') && isMark(next, '}')) || isMark(next, ':', '=');
	const isDefinition = before?.kind === 'name' && /^(?:function|def|fn|sub|func|fun|lambda|defun)$/.test(before.text);
	const hasReceiver =
		(use.does === 'split' && use.at === 'receiver') ||
		(use.does === 'touch' && use.receiver !== undefined && actsOnReceiver(scope, use, at));
	if (hasReceiver) {
		const end = at - 1;
		const start = isMark(tokens[end - 1], ']', ')') ? (partner.get(end - 1) ?? end - 1) : end - 1;
		const maker =
			isMark(tokens[start], '(') && (language.lists ?? []).includes(nameAt(tokens, start - 1) ?? '')
				? start - 1
				: start;
		applyUse(effects, use, { values: [], named: new Map(), start: at, end: at }, readValue(scope, maker, end));
		return;
	}
	const args = isDefinition ? undefined : readArguments(scope, at);
	if (args) {
		if (use.does === 'eval' && isMark(tokens[at + 1], '{')) return;
		applyUse(effects, use, args);
		return;
	}
	const isBare = next === undefined || next.kind === 'break' || isMark(next, ';', '}');
	if (language.lexis.special === 'perl' && isBare && !isKey && (use.does === 'either' || use.does === 'shell'))
		return gap(effects, 'starts what `$_` holds');
	if (isDefinition || use.does === 'touch' || use.does === 'move' || use.does === 'load' || use.does === 'open') return;
	// A key of a table, or the bare statement `exec;`, starts nothing. Elsewhere the function itself is handed on.
	const isHandedOn = language.calls === 'brackets' || (before?.kind === 'mark' && before.text === '&');
	if (!isKey && isHandedOn) gap(effects, `hands on \`${nameAt(tokens, at) ?? ''}\``);
}

/** `Path("x").unlink()`, and not `os.unlink("x")`. */
function actsOnReceiver(scope: Scope, use: Extract<Use, { does: 'touch' }>, at: number): boolean {
	const { tokens } = scope;
	if (!isMark(tokens[at - 1], '.')) return false;
	const isOfModule = use.deletes !== undefined || use.reads !== undefined;
	if (!isOfModule || isMark(tokens[at - 2], ')', ']')) return true;
	return readArguments(scope, at)?.values.length === 0;
}

function readMark(scope: Scope, effects: Effects, uses: Uses, at: number): undefined {
	const { tokens, language } = scope;
	const token = tokens[at] as Token;
	if (language.lexis.special === 'awk') return readAwkMark(scope, effects, at);
	const use = isMark(token, '!') ? own(uses, '*.!') : undefined;
	if (use && (isMark(tokens[at - 1], '.') || tokens[at - 1]?.kind === 'text')) {
		const end = isMark(tokens[at - 1], '.') ? at - 1 : at;
		const open = scope.partner.get(end - 1);
		const start = open === undefined ? end - 1 : open - 1;
		applyUse(effects, use, { values: [], named: new Map(), start, end }, readValue(scope, Math.max(0, start), end));
	}
	// An identifier may be spelled with escapes.
	if (isMark(token, '\\') && language.lexis.special === 'javascript' && nameAt(tokens, at + 1)?.startsWith('u')) {
		gap(effects, 'spells names with escapes');
	}
}

/** Modules that run another language inside of this one. */
function readEmbedded(
	{ language, tokens }: Scope,
	effects: Effects,
	at: number,
	token: Extract<Token, { kind: 'text' }>,
): undefined {
	const name = knownText({ kind: 'text', pieces: token.pieces });
	const program = name === undefined ? undefined : language.embeds?.[name];
	if (program === undefined || !Object.hasOwn(language.embeds ?? {}, name ?? '') || tokens[at - 1] === undefined)
		return;
	addEmbedded(effects, program);
}

export function addEmbedded({ findings }: Pick<Effects, 'findings'>, program: string): undefined {
	const argv = [{ value: program, pieces: [program], splits: false }];
	findings.launches.push({ kind: 'argv', argv, isVirtual: true, isOpenEnded: true });
}

/** Where the marks can be read in two ways, a name that starts something may stand in what was taken for text. */
function hidesUse(
	text: string,
	{ hidden, isAmbiguous, isUnclosed }: Tokens,
	isUse: (name: string) => boolean,
): boolean {
	if (!isAmbiguous && !isUnclosed) return false;
	const name = /[\p{L}_][\p{L}\p{N}_]*/gu;
	let covered = 0;
	for (const [start, end] of [...hidden].sort((one, other) => one[0] - other[0])) {
		const from = Math.max(start, covered);
		covered = Math.max(covered, end);
		for (const [found] of text.slice(from, covered).matchAll(name)) if (isUse(found)) return true;
	}
	return false;
}

/** Functions reached through a variable, a text or an index. */
function findCallsByName(scope: Scope, effects: Effects, isUse: (name: string) => boolean): undefined {
	const { tokens, partner, language } = scope;
	for (const [at, token] of tokens.entries()) {
		const [before, next] = [tokens[at - 1], tokens[at + 1]];
		if (isMark(next, '(') && isMark(token, ']')) {
			const open = partner.get(at);
			const isIndex = open !== undefined && isMember(tokens, open);
			if (isIndex && !isPlainIndex(tokens, open, at, isUse)) return gap(effects, 'calls a function by a computed name');
		}
		if (language.lexis.special === 'php') {
			const isCalled =
				isMark(next, '(') &&
				((token.kind === 'name' && token.text.startsWith('$')) || token.kind === 'text' || isMark(token, ')'));
			if (isCalled && !isMark(before, 'function', 'fn')) return gap(effects, 'calls a function by a computed name');
			const name = token.kind === 'text' ? knownText({ kind: 'text', pieces: token.pieces }) : undefined;
			if (name !== undefined && isUse(name.toLowerCase())) return gap(effects, `hands on \`${name}\``);
		}
		if (
			language.lexis.special === 'perl' &&
			isMark(token, '&') &&
			next?.at === token.end &&
			before?.kind !== 'number'
		) {
			const isReference = isMark(next, '{') || (next?.kind === 'name' && next.text.startsWith('$'));
			if (isReference && before?.kind !== 'name') return gap(effects, 'calls a function by a computed name');
		}
	}
}

/** The bracket at `open` follows a value: it is an index. */
export function isMember(tokens: readonly Token[], open: number): boolean {
	const before = tokens[open - 1];
	if (!isMark(tokens[open], '[') || before === undefined || before.kind === 'break') return false;
	return before.kind === 'name' || before.kind === 'text' || isMark(before, ')', ']', '}', '?.');
}

function isPlainIndex(
	tokens: readonly Token[],
	open: number,
	close: number,
	isUse: (name: string) => boolean,
): boolean {
	const [only] = [tokens[open + 1]];
	if (close !== open + 2 || only === undefined) return false;
	if (only.kind === 'number') return true;
	const name = only.kind === 'text' ? knownText({ kind: 'text', pieces: only.pieces }) : undefined;
	return name !== undefined && !isUse(name);
}
