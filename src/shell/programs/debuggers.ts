// gdb and lldb: commands in options and on input, and the program that they debug.
import { hasOption, makeGrammar, readOptions } from '../options.ts';
import type { Around, Launch, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { literal } from '../word-parts.ts';
import { codeReading } from './code-program.ts';
import { merged } from './launching.ts';
import { readingOf } from './wrapper.ts';

const starting = /^[ \t]*(?:r|run|start|starti|j|jump|process\s+launch|attach|target\s+(?:exec|native|sim))\b/m;

/** Source: gdb(1). Long options have one dash or two; `--args` ends them. */
const gdbNames =
	'args batch batch-silent quiet silent nx nh nw nowindows version help return-child-result readnow readnever tui fullname write'.split(
		' ',
	);
const gdbValued =
	'ex eval-command iex init-eval-command x command ix init-command core c exec e se symbols s pid p cd directory d data-directory tty interpreter i tui args-file l'.split(
		' ',
	);

const gdbGrammar = makeGrammar({
	options: [
		'q',
		'n',
		'w',
		'h',
		'v',
		...gdbNames.filter((name) => name.length > 1).flatMap((name) => [`-${name}`, name]),
		...gdbValued.filter((name) => name.length > 1 && name !== 'tui').flatMap((name) => [`-${name}=s`, `${name}=s`]),
		...gdbValued.filter((name) => name.length === 1).map((name) => `${name}=s`),
		'-q',
	],
	onUnknown: 'flag',
});

/** Source: lldb --help. */
const lldbGrammar = makeGrammar({
	options: `b|batch o|one-line=s O|one-line-before-file=s k|one-line-on-crash=s K|source-on-crash=s s|source=s S|source-before-file=s
		f|file=s n|attach-name=s p|attach-pid=s c|core=s a|arch=s l|script-language=s Q|source-quietly w|wait-for X|no-use-colors
		x|no-lldbinit R|repl-language=s r|repl:s e|editor d|debug P|python-path v|version h|help`,
	stopAtOperand: true,
});

function debugger_(names: readonly string[], grammar: typeof gdbGrammar, commands: readonly string[]): Program {
	return {
		names,
		read(argv, around) {
			const options = readOptions(argv, grammar);
			const base = readingOf(options);
			if (options.gap) return { ...base, gaps: [{ ...options.gap, kind: 'code' }], mayRunArguments: true };
			if (hasOption(options, '--version', '--help', '-version', '-help', '-v', '-h')) return base;
			const words = options.found.flatMap((one) => (commands.includes(one.name) && one.value ? [one.value] : []));
			const texts = codeReading('debugger', words, around);
			const isBatch = hasOption(options, '-batch', '--batch', '-batch-silent', '--batch-silent');
			const input: Reading = isBatch ? {} : { launches: [{ kind: 'code', language: 'debugger', from: 'input' }] };
			return merged(base, texts, input, readProgram(options.operands, words, argv, isBatch, around));
		},
	};
}

/** The program that is debugged is started by `run`; in a batch without it, its file is only read. */
function readProgram(
	operands: readonly Word[],
	commands: readonly Word[],
	argv: readonly Word[],
	isBatch: boolean,
	around: Around,
): Reading {
	const isStarted = !isBatch || commands.some((word) => word.value === undefined || starting.test(word.value));
	const [program] = operands;
	if (!program && commands.some((word) => starting.test(word.value ?? '')))
		return { launches: launchesOfFile(commands) };
	if (!program || !isStarted) return {};
	const at = argv.indexOf(program);
	const launch: Launch = { kind: 'argv', argv: argv.slice(at), ...(around.isOpenEnded && { isOpenEnded: true }) };
	return { launches: [launch] };
}

/** `file program`, then `run argument …`. */
function launchesOfFile(commands: readonly Word[]): readonly Launch[] {
	const texts = commands.flatMap((word) => word.value ?? []);
	const program = texts.findLast((text) => /^\s*(?:exec-)?file\s+\S/.test(text));
	if (program === undefined) return [];
	const run = texts.find((text) => /^\s*(?:r|run|start)\b/.test(text)) ?? '';
	const argv = [...program.trim().split(/\s+/).slice(1, 2), ...run.trim().split(/\s+/).slice(1)];
	return [{ kind: 'argv', argv: argv.map(literal) }];
}

export const debuggerPrograms: readonly Program[] = [
	debugger_(['gdb', 'gdb-multiarch', 'cgdb', 'rust-gdb'], gdbGrammar, [
		'-ex',
		'--ex',
		'-eval-command',
		'--eval-command',
		'-iex',
		'--iex',
		'-init-eval-command',
		'--init-eval-command',
	]),
	debugger_(['lldb', 'rust-lldb'], lldbGrammar, ['--one-line', '--one-line-before-file', '--one-line-on-crash']),
];
