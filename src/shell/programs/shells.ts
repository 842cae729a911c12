// Shells: which text they read, from an argument, from a file, or from their input.

import type { Around, Launch, Program, ProgramGap, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { firstKnown, isStatic } from '../word-parts.ts';
import { apart } from './apart.ts';
import { fileReading } from './code-program.ts';
import { fromInput, merged, type Terms, wordsFromInput } from './launching.ts';

/** How a shell reads its own options. */
interface Shell {
	readonly names: readonly string[];
	/** Letters that take no value. */
	readonly letters: string;
	/** Letters with a value: the next word, even within a cluster; `attached` shells take the rest of the cluster. */
	readonly valued: string;
	readonly attached?: boolean;
	/** Long options without and with a value, without dashes; `any` takes every unknown one for a flag. */
	readonly long: readonly string[];
	readonly longValued: readonly string[];
	readonly anyLong?: boolean;
	/** bash takes its long options with a single dash too. */
	readonly singleDash?: boolean;
	/** Its language differs from bash's in more than details, or in details. */
	readonly language: 'bash' | 'near' | 'foreign';
}

const bashLong = [
	...['debug', 'debugger', 'dump-po-strings', 'dump-strings', 'help', 'login', 'noediting', 'noprofile', 'norc'],
	...['posix', 'pretty-print', 'protected', 'restricted', 'verbose', 'version', 'wordexp'],
];
const everyLetter = 'abdefghijkmpqrtuvwxyzABCDEFGHIJKLMNPQRSTUVWXYZ0123456789';

const shells: readonly Shell[] = [
	...['bash', 'sh', 'rbash'].map(
		(name): Shell => ({
			names: [name],
			// `sh` is dash, bash or busybox: their letters together; where they differ none takes a value.
			letters: name === 'sh' ? 'abefhkmnptuvxBCEHPTDrilscIVSq' : 'abefhkmnptuvxBCEHPTDrilsc',
			valued: 'oO',
			long: bashLong,
			longValued: ['rcfile', 'init-file'],
			singleDash: name !== 'sh',
			language: 'bash',
		}),
	),
	{ names: ['dash'], letters: 'abCefhIimnpsuvxVEqlc', valued: 'o', long: [], longValued: [], language: 'bash' },
	{ names: ['ash'], letters: 'abCefhIimnpsuvxVEqlc', valued: 'o', long: ['login'], longValued: [], language: 'bash' },
	{
		names: ['ksh', 'ksh93', 'ksh2020', 'rksh', 'rksh93'],
		letters: 'abefhiklmnprstuvxBCDEGHPc',
		valued: 'oRAT',
		attached: true,
		long: [],
		longValued: [],
		anyLong: true,
		language: 'near',
	},
	{
		names: ['mksh', 'lksh', 'oksh', 'loksh', 'pdksh'],
		letters: 'abCefhiklmnprsUuvXxc',
		valued: 'oT',
		attached: true,
		long: [],
		longValued: [],
		language: 'near',
	},
	{
		names: ['zsh', 'rzsh', 'zsh5', 'zsh-static'],
		letters: `${everyLetter}cilns`,
		valued: 'o',
		attached: true,
		long: ['help', 'version'],
		longValued: ['emulate'],
		anyLong: true,
		language: 'near',
	},
	{
		names: [
			'yash',
			'posh',
			'bosh',
			'pbosh',
			'osh',
			'oil',
			'ysh',
			'brush',
			'mrsh',
			'sash',
			'hush',
			'msh',
			'jsh',
			'heirloom-sh',
		],
		letters: 'aBbCefhiklmnrsuVvxc',
		valued: 'o',
		attached: true,
		long: [],
		longValued: ['rcfile', 'profile', 'init-file'],
		anyLong: true,
		language: 'near',
	},
	{
		names: ['csh', 'tcsh', 'bsd-csh'],
		letters: 'bcdeFfilmnqstVvXx',
		valued: 'D',
		attached: true,
		long: ['help', 'version'],
		longValued: [],
		language: 'foreign',
	},
	{
		names: ['rc', 'es', 'elvish', 'nu', 'xonsh', 'ion', 'murex', 'scsh', 'nushell', 'plan9-rc'],
		letters: 'ceilnopsvxd',
		valued: '',
		long: [],
		longValued: [],
		anyLong: true,
		language: 'foreign',
	},
];

/** What the options of a shell amount to. */
interface Invocation {
	readonly flags: string[];
	command: boolean;
	input: boolean;
	noexec: boolean;
	interactive: boolean;
	login: boolean;
	/** Index of the first word behind the options. */
	next: number;
	gap: ProgramGap | undefined;
}

export const shellPrograms: readonly Program[] = shells.flatMap((shell) =>
	apart({ names: shell.names, read: (argv, around) => readShell(shell, argv, around) }),
);

function readShell(shell: Shell, argv: readonly Word[], around: Around): Reading {
	const call = readInvocation(shell, argv);
	const base: Reading = { flags: [...new Set(call.flags)] };
	if (call.gap) return { ...base, gaps: [call.gap], mayRunArguments: true };
	if (call.flags.some((flag) => inert.has(flag))) return base;
	// Nothing is run, but `-v` prints what is read, and errors quote it.
	if (call.noexec && !call.interactive)
		return call.command ? base : merged(base, fileReading('reads', argv.slice(call.next, call.next + 1), around));
	const isLogin = call.login || (argv[0] && firstKnown(argv[0]).startsWith('-'));
	const dialect = shell.language === 'bash' ? undefined : 'unknown';
	const terms: Terms = { ...(isLogin && { elsewhere: true }), ...(dialect && { dialect }) };
	const prompts = call.interactive || readsPrompt(call, argv) ? promptGaps(around) : [];
	if (prompts.length > 0) return { ...base, gaps: prompts, mayRunArguments: true };
	const operands = argv.slice(call.next);
	const [first, ...others] = operands;
	const positional = around.isOpenEnded ? [...others, wordsFromInput] : others;
	if (call.command) {
		if (!first) return around.isOpenEnded ? { ...base, gaps: [fromInput] } : base;
		const foreign = shell.language === 'foreign' && !isPlain(first);
		if (foreign) return { ...base, gaps: [otherLanguage(shell)], mayRunArguments: true };
		return { ...base, launches: [{ kind: 'script', words: [first], positional, ...terms }] };
	}
	return { ...base, launches: [readsWhat(call, operands, around, terms)] };
}

/** Without text and without a file it may be interactive. */
function readsPrompt(call: Invocation, argv: readonly Word[]): boolean {
	return !call.command && call.next >= argv.length;
}

/** An interactive shell expands its prompts, command substitutions included. */
function promptGaps(around: Around): readonly ProgramGap[] {
	return promptNames.flatMap((name): readonly ProgramGap[] => {
		if (!around.env.has(name)) return [];
		const text = around.env.get(name)?.value;
		const isCalm = text !== undefined && !/[$`]\(?|%\(|\\[$`]/.test(text);
		return isCalm ? [] : [{ kind: 'environment', detail: `the shell expands \`${name}\`, which may start programs` }];
	});
}
const promptNames: readonly string[] = [
	'PS0',
	'PS1',
	'PS2',
	'PS3',
	'PROMPT',
	'RPROMPT',
	'RPS1',
	'PROMPT_COMMAND',
	'SPROMPT',
];

function readsWhat(call: Invocation, operands: readonly Word[], around: Around, terms: Terms): Launch {
	const [path] = operands;
	if (call.input || (!path && !around.isOpenEnded)) {
		const positional = around.isOpenEnded ? [...operands, wordsFromInput] : operands;
		return { kind: 'input', ...(positional.length > 0 && { positional }), ...terms };
	}
	if (path?.value !== undefined && stdinPaths.has(path.value)) {
		return { kind: 'input', positional: operands, ...terms };
	}
	return { kind: 'file', path: path ?? wordsFromInput, ...terms };
}

const stdinPaths: ReadonlySet<string> = new Set(['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);
/** With one of these the shell executes nothing. */
const inert: ReadonlySet<string> = new Set([
	'--help',
	'--version',
	'--dump-strings',
	'--dump-po-strings',
	'--pretty-print',
	'-D',
]);

function readInvocation(shell: Shell, argv: readonly Word[]): Invocation {
	const call: Invocation = {
		...{ flags: [], command: false, input: false, noexec: false, interactive: false, login: false },
		...{ next: 1, gap: undefined },
	};
	while (call.next < argv.length && !call.gap) {
		const word = argv[call.next];
		if (!word) break;
		const start = firstKnown(word);
		if (word.splits) {
			call.gap = { kind: 'arguments', detail: 'an unquoted expansion stands where options of the shell may stand' };
			break;
		}
		const isOption = /^[-+]/.test(start);
		if (!isOption) break;
		if (word.value === undefined) {
			call.gap = { kind: 'arguments', detail: `the option \`${start}…\` of the shell is known only at run time` };
			break;
		}
		call.next += 1;
		if (start === '--' || start === '-') break;
		if (start === '+') break;
		readOption(shell, call, argv, start);
	}
	return call;
}

function readOption(shell: Shell, call: Invocation, argv: readonly Word[], text: string): void {
	const long = /^--?([a-zA-Z][a-zA-Z0-9-]+)(?:=|$)/.exec(text);
	const name = long?.[1] ?? '';
	const isLong = text.startsWith('--') || (shell.singleDash && [...shell.long, ...shell.longValued].includes(name));
	if (long && isLong) readLong(shell, call, argv, text, name);
	else if (isLong) call.gap = unknownOption(text);
	else readCluster(shell, call, argv, text);
}

function readLong(shell: Shell, call: Invocation, argv: readonly Word[], text: string, name: string): void {
	call.flags.push(`--${name}`);
	if (name === 'login') call.login = true;
	if (name === 'interactive') call.interactive = true;
	// ksh and yash spell their letters out.
	if (name === 'cmdline' || name === 'command') call.command = true;
	if (name === 'debugger') call.gap = { kind: 'file', detail: '`--debugger` reads commands from a profile' };
	if (shell.longValued.includes(name)) {
		const value = text.includes('=') ? text.slice(text.indexOf('=') + 1) : argv[call.next++]?.value;
		const isFile = name !== 'emulate' && value !== '/dev/null';
		if (isFile) call.gap = { kind: 'file', detail: `\`--${name}\` reads commands from a file` };
	} else if (!shell.long.includes(name) && !shell.anyLong) {
		call.gap = unknownOption(text);
	}
}

function readCluster(shell: Shell, call: Invocation, argv: readonly Word[], text: string): void {
	const on = text.startsWith('-');
	for (let at = 1; at < text.length; at += 1) {
		const letter = text.charAt(at);
		call.flags.push(`${on ? '-' : '+'}${letter}`);
		// The sign of `c` and `s` makes no difference to bash and dash.
		if (letter === 'c') call.command = true;
		else if (letter === 's') call.input = true;
		else if (letter === 'n') call.noexec = on;
		else if (letter === 'i') call.interactive = on;
		else if (letter === 'l') call.login = on;
		else if (shell.valued.includes(letter)) {
			const rest = shell.attached ? text.slice(at + 1) : '';
			const value = rest === '' ? argv[call.next++] : undefined;
			if (value && !isStatic(value))
				call.gap = { kind: 'arguments', detail: `the value of \`-${letter}\` is not known` };
			const option = rest || value?.value;
			if (letter === 'o' && option?.replace(/[_-]/g, '') === 'noexec') call.noexec = on;
			if (rest !== '') return;
		} else if (!shell.letters.includes(letter)) {
			call.gap = unknownOption(`-${letter}`);
			return;
		}
	}
}

function unknownOption(text: string): ProgramGap {
	return { kind: 'arguments', detail: `the shell option \`${text}\` is not known` };
}

/** Words, blanks, `;` and line ends: every shell language reads them alike. */
function isPlain(text: Word): boolean {
	return text.value !== undefined && /^[\w./:,@%+=\- \t\n;]*$/.test(text.value);
}

function otherLanguage(shell: Shell): ProgramGap {
	return { kind: 'code', detail: `\`${shell.names[0]}\` has a language of its own` };
}
