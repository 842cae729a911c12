// Follows how JavaScript and Python bind what their modules offer, so that a new name for `execSync` is no way out.
import { type Effects, gap, knownText } from './effects.ts';
import type { Use, Uses } from './language.ts';
import type { Token } from './lexis.ts';
import { isMark, type Scope } from './values.ts';

/** What a text binds. */
export interface Bound {
	/** Own name for a name of a module: `r` → `execSync`. */
	readonly aliases: ReadonlyMap<string, string>;
	/** Tokens that only bind a name. */
	readonly bindings: ReadonlySet<number>;
	/** A module that starts programs is loaded. */
	readonly isArmed: boolean;
}

const nothing: Bound = { aliases: new Map(), bindings: new Set(), isArmed: false };

export function readModules(scope: Scope, effects: Effects, uses: Uses): Bound {
	const { special } = scope.language.lexis;
	if (special === 'javascript') return readJavaScript(scope, effects, uses);
	if (special === 'python') return readPython(scope, effects, uses);
	return special === 'lua' ? readLua(scope, effects) : nothing;
}

function starts(use: Use | undefined): boolean {
	return use !== undefined && use.does !== 'touch' && use.does !== 'move';
}

/** Modules of this language that can start something. */
function startingModules({ language }: Scope): ReadonlySet<string> {
	const modules = Object.entries(language.modules ?? {});
	return new Set(modules.filter(([, uses]) => Object.values(uses).some(starts)).map(([name]) => name));
}

function moduleNamed(token: Token | undefined, names: ReadonlySet<string>): boolean {
	if (token?.kind !== 'text') return false;
	return names.has((knownText({ kind: 'text', pieces: token.pieces }) ?? '').replace(/^node:/, ''));
}

function nameAt(tokens: readonly Token[], at: number): string | undefined {
	const token = tokens[at];
	return token?.kind === 'name' ? token.text : undefined;
}

function readJavaScript(scope: Scope, effects: Effects, uses: Uses): Bound {
	const { tokens, partner } = scope;
	const modules = startingModules(scope);
	const aliases = new Map<string, string>();
	const bindings = new Set<number>();
	const holders = new Map<string, number>();
	let isArmed = false;
	findComputedMembers(scope, effects);
	/** `{ execSync: run, spawn }` and `{ exec as run }`. */
	const bindNames = (open: number, close: number): undefined => {
		for (let at = open + 1; at < close; at++) {
			const name = nameAt(tokens, at);
			if (name === undefined) {
				if (!isMark(tokens[at], ',')) return gap(effects, 'takes a module apart in a way that is not read');
				continue;
			}
			bindings.add(at);
			const isRenamed = isMark(tokens[at + 1], ':') || nameAt(tokens, at + 1) === 'as';
			if (name === 'default' && isRenamed) holders.set(nameAt(tokens, at + 2) ?? '', at + 2);
			else if (isRenamed && Object.hasOwn(uses, name)) aliases.set(nameAt(tokens, at + 2) ?? '', name);
			if (isRenamed) {
				bindings.add(at + 2);
				at += 2;
			}
		}
	};
	const bindPattern = (end: number): undefined => {
		const open = isMark(tokens[end], '}') ? partner.get(end) : undefined;
		const name = nameAt(tokens, end);
		if (open !== undefined) bindNames(open, end);
		else if (name !== undefined) holders.set(name, end);
		else gap(effects, 'binds a module in a way that is not read');
	};
	for (const [at, token] of tokens.entries()) {
		const isName = token.kind === 'name' && modules.has(token.text) && !isMark(tokens[at - 1], '.');
		if (isName) {
			isArmed = true;
			holders.set(token.text, holders.get(token.text) ?? -1);
			continue;
		}
		if (!moduleNamed(token, modules)) continue;
		isArmed = true;
		// import … from "m"
		if (nameAt(tokens, at - 1) === 'from' || nameAt(tokens, at - 1) === 'import') {
			if (nameAt(tokens, at - 1) === 'from') bindPattern(at - 2);
			continue;
		}
		// require("m"), import("m"), process.getBuiltinModule("m")
		if (
			!isMark(tokens[at - 1], '(') ||
			!isMark(tokens[at + 1], ')') ||
			!/^(?:require|import|getBuiltinModule)$/.test(nameAt(tokens, at - 2) ?? '')
		) {
			gap(effects, 'hands on the name of a module that starts programs');
			continue;
		}
		let before = at - 3;
		while (
			isMark(tokens[before], '.') ||
			/^(?:process|module|mainModule|globalThis|await)$/.test(nameAt(tokens, before) ?? '') ||
			isMark(tokens[before], '(')
		)
			before--;
		let after = at + 2;
		while (isMark(tokens[after], ')')) after++;
		if (isMark(tokens[after], '.', '?.')) {
			if (nameAt(tokens, after + 1) === 'then') bindThen(scope, after + 2, bindPattern, effects);
		} else if (isMark(tokens[after], '[')) {
			if (!isNamedMember(tokens, after, uses, scope)) gap(effects, 'calls a function by a computed name');
		} else if (isMark(tokens[before], '=')) bindPattern(before - 1);
		else if (!isIdle(tokens[before]) || !isIdle(tokens[after])) gap(effects, 'hands on a module that starts programs');
	}
	checkHolders(scope, effects, holders, bindPattern);
	return { aliases, bindings, isArmed };
}

/** `.then(c => …)`, `.then(({ exec }) => …)`: the parameter holds the module. */
function bindThen(
	{ tokens, partner }: Scope,
	open: number,
	bind: (end: number) => undefined,
	effects: Effects,
): undefined {
	let at = open + 1;
	if (nameAt(tokens, at) === 'async') at++;
	if (isMark(tokens[at], '(')) {
		const close = partner.get(at);
		if (close !== undefined && isMark(tokens[close + 1], '=>')) return bind(close - 1);
	} else if (nameAt(tokens, at) !== undefined && isMark(tokens[at + 1], '=>')) return bind(at);
	gap(effects, 'hands on a module that starts programs');
}

/** What holds a module may only be asked for a name of it. */
function checkHolders(
	{ tokens }: Scope,
	effects: Effects,
	holders: ReadonlyMap<string, number>,
	bindPattern: (end: number) => undefined,
): undefined {
	for (const [at, token] of tokens.entries()) {
		if (token.kind !== 'name') continue;
		const definition = holders.get(token.text);
		if (
			definition === undefined ||
			definition === at ||
			isMark(tokens[at + 1], '.', '?.') ||
			isMark(tokens[at - 1], '.')
		)
			continue;
		// const { execSync: run } = child_process
		if (isMark(tokens[at - 1], '=') && isMark(tokens[at - 2], '}') && isIdle(tokens[at + 1])) bindPattern(at - 2);
		else gap(effects, 'hands on a module that starts programs');
	}
}

function isIdle(token: Token | undefined): boolean {
	return token === undefined || token.kind === 'break' || isMark(token, ';');
}

/** `["execSync"]("…")` reads as `.execSync("…")` would; only told apart, the call itself is a gap. */
function isNamedMember(tokens: readonly Token[], open: number, uses: Uses, { partner }: Scope): boolean {
	const [only, close] = [tokens[open + 1], partner.get(open)];
	const name =
		only?.kind === 'text' && close === open + 2 ? knownText({ kind: 'text', pieces: only.pieces }) : undefined;
	return name !== undefined && !starts(uses[name]);
}

const decoders =
	/^(?:atob|fromCharCode|fromCodePoint|from|reverse|join|replace|replaceAll|slice|substring|split|concat|toString|unescape|decodeURIComponent|charAt)$/;

/** Members that lead to code or modules by a computed name: `process["main" + x]`, `[]["constructor"]`. */
function findComputedMembers({ tokens, partner }: Scope, effects: Effects): undefined {
	for (const [open, close] of partner) {
		if (open > close || !isMark(tokens[open], '[')) continue;
		const before = tokens[open - 1];
		const isMember =
			before !== undefined && (before.kind === 'name' || before.kind === 'text' || isMark(before, ')', ']', '}', '?.'));
		if (!isMember || close - open > 40) continue;
		const inside = tokens.slice(open + 1, close);
		const only = inside.length === 1 ? inside[0] : undefined;
		const name = only?.kind === 'text' ? knownText({ kind: 'text', pieces: only.pieces }) : undefined;
		const isRoot =
			before?.kind === 'name' &&
			/^(?:process|module|globalThis|global|this|require|Reflect|mainModule)$/.test(before.text);
		const isBuilt =
			inside.length > 1 &&
			inside.some((token) => token.kind === 'text' || (token.kind === 'name' && decoders.test(token.text)));
		const leads =
			name !== undefined &&
			/^(?:constructor|require|mainModule|binding|_load|getBuiltinModule|eval|Function|__proto__)$/.test(name);
		if (leads || (isRoot && name === undefined && only?.kind !== 'number') || (isBuilt && !isMark(inside[0], '{'))) {
			gap(effects, 'reaches for something by a computed name');
		}
	}
}

function readPython(scope: Scope, effects: Effects, uses: Uses): Bound {
	const { tokens } = scope;
	const modules = startingModules(scope);
	const aliases = new Map<string, string>();
	const bindings = new Set<number>();
	const holders = new Map<string, number>();
	const isImport = new Set<number>();
	let isArmed = false;
	for (let at = 0; at < tokens.length; at++) {
		const word = nameAt(tokens, at);
		if (word !== 'import' && word !== 'from') continue;
		const module = nameAt(tokens, at + 1);
		let end = at + 1;
		while (end < tokens.length && tokens[end]?.kind !== 'break' && !isMark(tokens[end], ';')) isImport.add(end++);
		if (word === 'from' && module !== undefined && modules.has(module)) {
			isArmed = true;
			for (let one = at + 2; one < end; one++) {
				const name = nameAt(tokens, one);
				if (name === undefined || name === 'import') continue;
				bindings.add(one);
				if (nameAt(tokens, one + 1) !== 'as') continue;
				const alias = nameAt(tokens, one + 2);
				if (alias !== undefined && Object.hasOwn(uses, name)) aliases.set(alias, name);
				bindings.add(one + 2);
				one += 2;
			}
		} else if (word === 'import') {
			for (let one = at + 1; one < end; one++) {
				const name = nameAt(tokens, one);
				if (name === undefined || !modules.has(name) || isMark(tokens[one - 1], '.')) continue;
				isArmed = true;
				holders.set(nameAt(tokens, one + 1) === 'as' ? (nameAt(tokens, one + 2) ?? name) : name, one);
			}
		}
		at = end - 1;
	}
	for (const [at, token] of tokens.entries()) {
		if (token.kind !== 'name' || !holders.has(token.text) || isImport.has(at)) continue;
		if (!isMark(tokens[at + 1], '.') && !isMark(tokens[at - 1], '.'))
			gap(effects, 'hands on a module that starts programs');
	}
	return { aliases, bindings, isArmed };
}

/** Lua's `os` and `io` may only be asked for a name. */
function readLua({ tokens }: Scope, effects: Effects): Bound {
	for (const [at, token] of tokens.entries()) {
		if (token.kind !== 'name' || (token.text !== 'os' && token.text !== 'io')) continue;
		if (!isMark(tokens[at + 1], '.', ':') && !isMark(tokens[at - 1], '.', ':'))
			gap(effects, 'hands on a module that starts programs');
	}
	return nothing;
}
