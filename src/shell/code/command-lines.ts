// Reads the command lines of tools that have a way out to the shell: debuggers, SQL shells, calculators, file transfer.
import { addPaths } from '../programs/paths.ts';
import { literal } from '../word-parts.ts';
import { type Effects, gap, startCommand } from './effects.ts';

type LineReader = (line: string, effects: Effects) => void;

/** Reads a text line by line. */
export function eachLine(read: LineReader): (text: string, effects: Effects) => void {
	return (text, effects) => {
		for (const line of text.split('\n')) read(line.trim(), effects);
	};
}

/** Everything after the first word. */
function rest(line: string): string {
	return line.replace(/^\S+\s*/, '');
}

/** `.shell text`, `.once |text`, `.read |text`; SQL functions that touch files. */
export const readSqlite = eachLine((line, effects) => {
	const command = /^\.(\w+)/.exec(line)?.[1];
	if (command === undefined) return readSqlFunctions(line, effects);
	const argument = rest(line);
	const isAny = (...names: readonly string[]) => names.some((name) => name.startsWith(command));
	if (command.length > 1 && isAny('shell', 'system')) return startCommand(effects, [unquoted(argument)]);
	if (isAny('excel', 'www')) return;
	if (/^(?:lo|loa|load)$/.test(command)) return gap(effects, 'loads a library');
	const pipe = /^[\w\s"'-]*\|/.exec(argument)?.[0].length;
	if (pipe !== undefined && isAny('once', 'output', 'read', 'import')) {
		const table = isAny('import') ? argument.lastIndexOf(' ') : argument.length;
		return startCommand(effects, [argument.slice(pipe, Math.max(pipe, table)).replace(/["']$/, '')]);
	}
	const path = unquoted(argument).split(/\s/)[0] ?? '';
	if (path === '' || path === 'stdout' || path === 'off') return;
	if (isAny('once', 'output', 'backup', 'save', 'log', 'clone'))
		addPaths(effects.findings, 'writes', [literal(path)], effects.around);
	else if (isAny('read', 'import', 'restore')) addPaths(effects.findings, 'reads', [literal(path)], effects.around);
	else if (command === 'open') addPaths(effects.findings, 'writes', [literal(path)], effects.around);
});

function readSqlFunctions(line: string, effects: Effects): undefined {
	for (const [, name, path] of line.matchAll(/\b(readfile|writefile|load_extension|edit)\s*\(\s*(?:'([^']*)')?/gi)) {
		const which = name?.toLowerCase();
		if (which === 'load_extension') gap(effects, 'loads a library');
		else if (which === 'edit') gap(effects, 'starts an editor on what it computes');
		else if (path === undefined) effects.findings.unsure.add(which === 'readfile' ? 'reads' : 'writes');
		else addPaths(effects.findings, which === 'readfile' ? 'reads' : 'writes', [literal(path)], effects.around);
	}
}

/** `\! text`, `\o |text`, `\copy … program 'text'`, backquotes in arguments of commands. */
export const readPsql = eachLine((line, effects) => {
	for (const found of line.matchAll(/\bprogram\s+(?:'((?:[^']|'')*)'|(\S))/gi)) {
		startCommand(effects, [found[1]?.replaceAll("''", "'") ?? null]);
	}
	for (const found of line.matchAll(/\\(!|[A-Za-z]+\+?)[ \t]*/g)) {
		const from = found.index + found[0].length;
		const command = found[1] as string;
		if (command === '!') return startCommand(effects, [line.slice(from)]);
		const next = line.indexOf('\\', from);
		const argument = line.slice(from, next < 0 ? undefined : next);
		if (/^(?:o|out|g|gx|w|write)$/.test(command) && argument.startsWith('|'))
			startCommand(effects, [argument.slice(1)]);
		else if (/^(?:i|ir|include|include_relative)$/.test(command)) {
			addPaths(effects.findings, 'reads', [literal(unquoted(argument))], effects.around);
		} else if (/^(?:e|ef|ev|edit)$/.test(command)) gap(effects, 'starts an editor');
		else if (/^(?:o|out|w|write)$/.test(command) && argument !== '') {
			addPaths(effects.findings, 'writes', [literal(unquoted(argument))], effects.around);
		}
		for (const inner of argument.matchAll(/`([^`]*)`/g)) startCommand(effects, [inner[1] ?? null]);
	}
});

/** `\! text`, `system text`, `pager text`, `source file`. */
export const readMysql = eachLine((line, effects) => {
	const start = /^(?:\\!|system\b|!)\s*(.*?);?$/i.exec(line) ?? /(?:^|[;\s])\\!\s*(.*)$/.exec(line);
	if (start) return startCommand(effects, [start[1] ?? null]);
	const pager = /^(?:\\P|pager)\s+(.+?);?$/i.exec(line)?.[1] ?? /\\P\s+(.+)$/.exec(line)?.[1];
	if (pager !== undefined) return startCommand(effects, [pager]);
	if (/^(?:\\e|edit)\b/i.test(line)) return gap(effects, 'starts an editor');
	const read = /^(?:\\\.|source)\s+(\S+?);?$/i.exec(line)?.[1];
	if (read !== undefined) addPaths(effects.findings, 'reads', [literal(read)], effects.around);
	const written =
		/^(?:\\T|tee)\s+(\S+?);?$/i.exec(line)?.[1] ?? /\binto\s+(?:out|dump)file\s+'([^']*)'/i.exec(line)?.[1];
	if (written !== undefined) addPaths(effects.findings, 'writes', [literal(written)], effects.around);
});

/** Debuggers: `shell text`, `!text`, `pipe … | text`, `python code`, `call system("text")`. */
export const readDebugger = (text: string, effects: Effects): undefined => {
	const lines = text.split('\n');
	for (let at = 0; at < lines.length; at++) {
		const line = (lines[at] ?? '').trim();
		const word = /^[\w-]+/.exec(line)?.[0] ?? '';
		const argument = rest(line);
		// Lines up to `end` are code when nothing stands behind the name.
		if (/^(?:py|python|pi|python-interactive|gu|guile|script|compile)$/.test(word)) {
			let stop = at + 1;
			while (argument === '' && stop < lines.length && !/^\s*(?:end|quit)\s*$/.test(lines[stop] ?? '')) stop++;
			const block = argument === '' ? lines.slice(at + 1, stop).join('\n') : argument;
			if (word === 'compile') effects.evaluate('c', argument);
			else effects.evaluate(/^gu/.test(word) ? 'scheme' : 'python', block);
			if (argument === '') at = stop;
		} else if (line.startsWith('!')) startCommand(effects, [line.slice(1)]);
		else if (/^(?:sh|she|shel|shell)$/.test(word)) startCommand(effects, [argument]);
		else if (/^pl(?:atform)?$/.test(word) && /^sh(?:ell)?\b/.test(argument))
			startCommand(effects, [rest(argument).replace(/^(?:-\w+\s+\S+\s+)*(?:--\s+)?/, '')]);
		else if (word === 'make')
			effects.findings.launches.push({ kind: 'script', words: [literal(line)], isVirtual: true });
		else if (word === 'pipe' || line.startsWith('|')) startCommand(effects, [afterPipe(argument)]);
		else if (/^target\s+(?:extended-)?remote\s*\|/.test(line)) startCommand(effects, [afterPipe(line)]);
		else if (/^set\s+exec-wrapper/.test(line)) startCommand(effects, [argument.replace(/^\S+\s*/, '')]);
		else if (/^(?:dprintf|alias|define-prefix|macro|command)/.test(word) && /!|shell|system/.test(argument))
			gap(effects, 'gives a command another meaning');
		else if (/[({]/.test(argument)) effects.evaluate('c', argument);
	}
};

function afterPipe(text: string): string | null {
	const at = text.indexOf('|');
	return at < 0 ? null : text.slice(at + 1);
}

/** dc: `!text` to the end of the line, unless it compares (`!<`). */
export const readDc = eachLine((line, effects) => {
	const found = /!(?![<>=])(.*)$/.exec(line);
	if (found) startCommand(effects, [(found[1] ?? '').replace(/\](?:x|[dsSl].*)?$/, '')]);
	if (/\d\s*[aP]/.test(line) && line.includes('x')) gap(effects, 'executes text that it builds');
});

/** ftp, telnet, mail and others: a line that starts with `!` is for the shell; so is what a pipe leads to. */
export const readBang = eachLine((line, effects) => {
	const bang = /^(?:!|~!|shell\b|lcd!|sh\b)\s*(.*)$/.exec(line);
	const piped = /^(?:~?\||(?:get|put|ls|dir|mget|recv|send|cat|zcat)\b[^|]*\|)(.+)$/.exec(line);
	if (bang) startCommand(effects, [bang[1] ?? '']);
	else if (piped) startCommand(effects, [piped[1] ?? '']);
	if (/^(?:exec|system)\b/.test(line)) startCommand(effects, [rest(line)]);
});

/** ed: `!text`, `r !text`, `w !text`, `e !text`, with addresses before; lines of text after `a`, `i`, `c` are data. */
export const readEd = (text: string, effects: Effects): undefined => {
	let isText = false;
	for (const line of text.split('\n')) {
		if (isText) {
			isText = line !== '.';
			continue;
		}
		const command = line.replace(/^(?:[\s\d.,;$%+-]|'[a-z]|\/[^/]*\/|\?[^?]*\?)*/, '');
		const shell = /^(?:[rweE]\s+)?!(.*)$/.exec(command)?.[1];
		const inList = /^[gv]\s*(.)/.exec(command)?.[1];
		if (shell !== undefined) startCommand(effects, [/^!|(?:^|[^\\])%/.test(shell) ? null : shell]);
		else if (inList !== undefined && /[!]/.test(command.slice(command.lastIndexOf(inList))))
			gap(effects, 'executes on every line that matches');
		else if (/^[aic]\s*$/.test(command)) isText = true;
		else {
			const file = /^([rweEfW]q?)\s+(\S.*)$/.exec(command);
			const fact = file?.[1]?.toLowerCase().startsWith('w') ? 'writes' : 'reads';
			if (file?.[2] !== undefined) addPaths(effects.findings, fact, [literal(file[2])], effects.around);
		}
	}
};

/** gnuplot: `!text`, `'< text'` and `'| text'` where a file name is wanted, `system`. */
export const readGnuplot = (text: string, effects: Effects): undefined => {
	for (const line of text.split(/[\n;]/)) {
		const bang = /^\s*!(.*)$/.exec(line)?.[1];
		if (bang !== undefined) startCommand(effects, [bang]);
	}
	for (const found of text.matchAll(/(["'])\s*[<|]([^"'\n]*)\1/g)) startCommand(effects, [found[2] ?? null]);
	if (/["']\s*[<|][^"'\n]*["']\s*\./.test(text)) gap(effects, 'runs a shell text that is computed');
	effects.evaluate('gnuplot-expressions', text.replace(/^[ \t]*!.*$/gm, ''));
};

function unquoted(text: string): string {
	const found = /^(["'])(.*)\1$/.exec(text.trim());
	return found?.[2] ?? text.trim();
}
