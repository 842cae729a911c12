// Every language whose code the analyser reads line by line or command by command, by name.
import {
	readBang,
	readDc,
	readDebugger,
	readEd,
	readGnuplot,
	readMysql,
	readPsql,
	readSqlite,
} from './command-lines.ts';
import type { Effects } from './effects.ts';
import { readM4, readRoff, readRpmMacro, readTex } from './macros.ts';
import { readMake } from './make.ts';
import { readPowerShell } from './powershell.ts';
import { readSed } from './sed.ts';
import { readTcl } from './tcl.ts';
import { readVim } from './vim.ts';

type LineReader = (text: string, effects: Effects) => void;

export const lineLanguages: ReadonlyMap<string, LineReader> = new Map<string, LineReader>([
	['bang', readBang],
	['dc', readDc],
	['debugger', readDebugger],
	['ed', readEd],
	['gnuplot', readGnuplot],
	['m4', readM4],
	['make', readMake],
	['mysql', readMysql],
	['powershell', readPowerShell],
	['psql', readPsql],
	['roff', readRoff],
	['rpm-macro', readRpmMacro],
	['sed', readSed],
	['sqlite', readSqlite],
	['tcl', (text, effects) => readTcl(text, effects)],
	['tex', readTex],
	['vim', readVim],
]);
