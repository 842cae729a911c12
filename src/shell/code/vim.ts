// Reads Ex commands, as vi, vim and nvim get them by `-c`, `+` or input: `!`, `:r !`, `:w !`, `:term`, and what evaluates.
import { addPaths } from '../programs/paths.ts';
import { literal } from '../word-parts.ts';
import { type Effects, gap, startCommand } from './effects.ts';

const modifiers =
	/^(?:sil(?:ent)?!?|uns(?:ilent)?|verb(?:ose)?|noa(?:utocmd)?|kee(?:pmarks|pjumps|palt|ppatterns)?|lockmarks|hide?|vert(?:ical)?|tab|leftabove|abo(?:veleft)?|rightbelow|bel(?:owright)?|to(?:pleft)?|bo(?:tright)?|conf(?:irm)?|sandbox|bufdo|argdo|tabdo|windo|cdo|ldo|cfdo|lfdo|debug|filter)(?=[\s:!]|$)[\s:]*/;
const range = /^(?:[\s:\d.,;$%+-]|'[a-z<>[\]]|\/[^/]*\/|\?[^?]*\?)+/;

/** Languages that run inside of the editor, by the start of their command. */
const embedded: readonly (readonly [RegExp, string])[] = [
	[/^(?:py|python|py3|python3|pyx|pythonx)$/, 'python'],
	[/^lua$/, 'lua'],
	[/^(?:perl|pe)$/, 'perl'],
	[/^(?:rub|ruby)$/, 'ruby'],
	[/^tcl$/, 'tcl'],
	[/^(?:mz|mzscheme)$/, 'scheme'],
];

export function readVim(text: string, effects: Effects): undefined {
	for (const line of text.split('\n')) readLine(line, effects);
}

function readLine(line: string, effects: Effects): undefined {
	let from = 0;
	for (let count = 0; from <= line.length; count++) {
		if (count > 200) return gap(effects, 'is too long');
		const next = barAfter(line, from);
		const command = withoutModifiers(line.slice(from, next));
		// These take the rest of the line, bars included.
		if (takesRest(command)) return readCommand(withoutModifiers(line.slice(from)), effects);
		readCommand(command, effects);
		from = next + 1;
	}
}

function barAfter(line: string, from: number): number {
	for (let at = from; at < line.length; at++) {
		if (line[at] === '\\') at++;
		else if (line[at] === '|' && line[at + 1] !== '|' && line[at - 1] !== '|') return at;
	}
	return line.length;
}

function withoutModifiers(command: string): string {
	let rest = command.trimStart().replace(/^:+\s*/, '');
	for (let count = 0; count < 12; count++) {
		const next = rest.replace(modifiers, '').replace(range, '');
		if (next === rest) break;
		rest = next;
	}
	return rest;
}

function takesRest(command: string): boolean {
	return /^(?:!|(?:r|re|rea|read|w|wr|wri|writ|write)\s*!|(?:te|ter|term|termi|termin|termina|terminal)\b|(?:g|global|v|vglobal)\W|(?:au|autocmd|com|command|norm|normal|[nvixoct]?(?:nore)?map|[nic]?abbr?|py|python|py3|python3|pyx|lua|perl|ruby|tcl|make|mak|gr|grep)\b)/.test(
		command,
	);
}

function readCommand(command: string, effects: Effects): undefined {
	const name = /^[A-Za-z]+\d?/.exec(command)?.[0] ?? '';
	const rest = command.slice(name.length).replace(/^!?\s*/, '');
	const hasBang = command.slice(name.length).trimStart().startsWith('!');
	if (command.startsWith('!')) return shell(command.slice(1), effects);
	if (/^(?:r|re|rea|read|w|wr|wri|writ|write)$/.test(name)) {
		const isShell = /^(?:r\w*)$/.test(name) ? hasBang : /^\s*[a-z]*\s+!/.test(command);
		if (isShell) return shell(command.slice(command.indexOf('!') + 1), effects);
		if (rest !== '')
			addPaths(effects.findings, name.startsWith('r') ? 'reads' : 'writes', [literal(rest)], effects.around);
		return;
	}
	if (/^(?:te|ter|term|termi|termin|termina|terminal)$/.test(name))
		return shell(rest.replace(/^(?:\+\+\S+\s+)+/, ''), effects);
	if (/^(?:sh|she|shel|shell)$/.test(name)) return void effects.findings.launches.push({ kind: 'input' });
	if (/^(?:mak|make|lmak|lmake)$/.test(name))
		return void effects.findings.launches.push({ kind: 'script', words: [literal(`make ${rest}`)] });
	if (/^(?:gr|gre|grep|lgr|lgrep)$/.test(name))
		return void effects.findings.launches.push({ kind: 'script', words: [literal(`grep -n ${rest}`)] });
	const inner = embedded.find(([pattern]) => pattern.test(name));
	if (inner) {
		const code = rest.replace(/^<<\s*\S*\s*$/, '');
		if (code === '' || /^(?:=?\s*)$/.test(code)) return gap(effects, 'holds code over several lines');
		effects.evaluate(inner[1], code.replace(/^=\s*/, ''));
		if (inner[1] === 'python')
			effects.findings.launches.push({ kind: 'argv', argv: [literal('python3')], isVirtual: true, isOpenEnded: true });
		return;
	}
	if (/^exe(?:c|cu|cut|cute)?$/.test(name)) {
		const text = /^(?:'((?:[^']|'')*)'|"([^"\\]*)")\s*$/.exec(rest);
		if (text) return effects.evaluate('vim', text[1]?.replaceAll("''", "'") ?? text[2] ?? '');
		return gap(effects, 'executes a command that is computed');
	}
	if (/^(?:g|global|v|vglobal)$/.test(name)) {
		const mark = rest.charAt(0);
		const end = rest.indexOf(mark, 1);
		if (end > 0) effects.evaluate('vim', rest.slice(end + 1));
		return;
	}
	if (/^norm(?:a|al)?$/.test(name)) {
		if (/[:!]/.test(rest)) gap(effects, 'types keys that may execute');
		return;
	}
	if (/^(?:au|autocmd|com|command|[nvixoct]?(?:nore)?map|[nic]?abbr?)$/.test(name)) {
		if (/!|system|term|exec|job_?start|lua|py/.test(rest)) gap(effects, 'gives a command another meaning');
		return;
	}
	if (/^(?:se|set|setl|setlocal|setg|setglobal)$/.test(name)) {
		if (
			/\b(?:sh|shell|shcf|shellcmdflag|sxq|grepprg|gp|makeprg|mp|keywordprg|kp|equalprg|ep|formatprg|fp|ex|exrc|mle|modelineexpr|inex|includeexpr|inde|indentexpr|fex|formatexpr|fde|foldexpr)\b\s*[+^]?=/.test(
				rest,
			)
		) {
			gap(effects, 'sets a program that it will start');
		}
		return;
	}
	if (/^(?:e|edit|so|source|tabe|tabedit|sp|split|vs|vsplit|vi|view)$/.test(name)) {
		if (rest.includes('`')) shell(rest.replace(/^[^`]*`=?|`.*$/g, ''), effects);
		return;
	}
	if (/^(?:cal|call|ec|echo|echon|echom|let|if|while|for|return|eval|ev|put|pu|throw|const)$/.test(name)) {
		// In an expression a double quote begins a text; a comment only where a command stands.
		effects.evaluate('vimscript', rest);
	}
}

function shell(text: string, effects: Effects): undefined {
	// `%` and `#` stand for file names; `!!` for the command before.
	startCommand(effects, [/(?:^|[^\\])[%#!](?!\w*=)/.test(text) ? withoutFileNames(text) : text]);
}

/** File names are data as long as they are not the program. */
function withoutFileNames(text: string): string | null {
	const isInProgram = /^\s*\S*[%#!]/.test(text) || text.includes('!');
	return isInProgram ? null : text.replace(/(?<!\\)[%#]/g, 'file');
}
