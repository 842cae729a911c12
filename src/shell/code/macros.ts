// Reads m4, TeX, roff and RPM macros: text in which a few macros start programs.
import { addPaths } from '../programs/paths.ts';
import { literal } from '../word-parts.ts';
import { type Effects, gap, startCommand } from './effects.ts';

/** More calls than these are not looked at one by one. */
const mostCalls = 300;

/** m4: `` esyscmd(`text') ``. */
export function readM4(text: string, effects: Effects): undefined {
	const starts = /\b(?:m4_)?(?:esyscmd|syscmd)\b(\(?)/g;
	let started = 0;
	for (const found of text.matchAll(starts)) {
		if (++started > mostCalls) return gap(effects, 'starts too much to be followed');
		const from = found.index + found[0].length;
		const argument = found[1] ? readM4Argument(text, from) : undefined;
		startCommand(effects, [argument ?? null]);
	}
	const renames = /\b(?:m4_)?(?:builtin|indir|defn|changeword)\b/;
	if (renames.test(text)) gap(effects, 'calls a macro by its name');
	if (started > 0 && /\b(?:changequote|changecom)\b/.test(text)) gap(effects, 'changes what quotes mean');
	// A macro whose body glues its argument to a name can make any name.
	if (/\w\$\d|\$\d\w/.test(text)) gap(effects, 'builds names of macros');
}

function readM4Argument(text: string, from: number): string | undefined {
	if (text[from] !== '`') {
		const plain = /[^`'(),$"\n]*(?=\))/y;
		plain.lastIndex = from;
		return plain.exec(text)?.[0];
	}
	let depth = 0;
	for (let at = from; at < text.length; at++) {
		if (text[at] === '`') depth++;
		else if (text[at] === "'" && --depth === 0) {
			const inside = text.slice(from + 1, at);
			return text[at + 1] === ')' && !/\$[\d*@#]/.test(inside) ? inside : undefined;
		}
	}
	return undefined;
}

/** TeX: `\write18{text}`, `\input{|"text"}`, `\directlua{code}`. */
export function readTex(text: string, effects: Effects): undefined {
	let calls = 0;
	for (const found of text.matchAll(
		/\\(write\s*18|ShellEscape|directlua|latelua|luaexec|luadirect|input|openin\s*\d*=?|file_get:nN|sys_shell_now:n)\s*(\{?)\s*(\|?)/g,
	)) {
		if (++calls > mostCalls) return gap(effects, 'starts too much to be followed');
		const [whole, name = '', brace, pipe] = found;
		const from = found.index + whole.length;
		const inside = brace ? balanced(text, from) : /[^\s\\{}]*/.exec(text.slice(from, from + 4096))?.[0];
		const code = inside?.replace(/^"(.*)"$/s, '$1');
		if (/lua/.test(name)) {
			if (code === undefined || code.includes('\\')) gap(effects, 'evaluates code that is computed');
			else effects.evaluate('lua', code);
		} else if (/^(?:input|openin)/.test(name)) {
			if (pipe) startCommand(effects, [code?.includes('\\') ? null : (code ?? null)]);
			else if (code !== undefined && !/[\\#]/.test(code))
				addPaths(effects.findings, 'reads', [literal(code)], effects.around);
		} else startCommand(effects, [code === undefined || /[\\#]/.test(code) ? null : code]);
	}
	if (/\\csname|\^\^|\\catcode|\\scantokens|\\let\b[^\n]{0,40}\\write/.test(text))
		gap(effects, 'builds names of macros');
}

function balanced(text: string, from: number): string | undefined {
	let depth = 1;
	for (let at = from; at < text.length; at++) {
		if (text[at] === '{') depth++;
		else if (text[at] === '}' && --depth === 0) return text.slice(from, at);
	}
	return undefined;
}

/** roff: `.sy text`, `.pso text`, `.pi text`; pic: `sh X text X`. */
export function readRoff(text: string, effects: Effects): undefined {
	for (const line of text.split('\n')) {
		const found = /^(?:[.'][ \t]*(sy|pso|pi)\b|[ \t]*sh[ \t])[ \t]*(.*)$/.exec(line);
		if (!found) continue;
		const argument = found[1] === undefined ? (found[2] ?? '').trim().slice(1, -1) : (found[2] ?? '');
		startCommand(effects, [argument.includes('\\') ? null : argument]);
	}
	if (/^[.'][ \t]*(?:cc|c2|als|rn|ec)\b/m.test(text)) gap(effects, 'renames its commands');
}

/** RPM: `%(text)` runs a shell, `%{lua:code}` Lua. */
export function readRpmMacro(text: string, effects: Effects): undefined {
	for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at + 1)) {
		if (text[at + 1] === '%') {
			at++;
			continue;
		}
		const isShell = text[at + 1] === '(';
		const isLua = text.startsWith('%{lua:', at);
		if (!isShell && !isLua) {
			if (/^%\{?(?:expand|load|include|uncompress)/.test(text.slice(at, at + 14))) gap(effects, 'expands macros');
			continue;
		}
		const end = closing(text, at + 1, isShell ? '(' : '{', isShell ? ')' : '}');
		const inside = text.slice(at + (isShell ? 2 : 6), end);
		if (inside.includes('%')) gap(effects, 'runs a text that is computed');
		else if (isShell) startCommand(effects, [inside]);
		else effects.evaluate('lua', inside);
		at = end;
	}
}

function closing(text: string, open: number, opening: string, close: string): number {
	let depth = 0;
	for (let at = open; at < text.length; at++) {
		if (text[at] === opening) depth++;
		else if (text[at] === close && --depth === 0) return at;
	}
	return text.length;
}
