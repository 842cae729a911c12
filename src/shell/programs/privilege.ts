// Programs that start another one as somebody else: sudo, su and their kin.

import { hasOption, lastValue, makeGrammar, type Options, readOptions } from '../options.ts';
import type { Around, Launch, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { apart } from './apart.ts';
import { fileReading } from './code-program.ts';
import { fromVariables, launchTail, merged, scriptLaunch, wordsFromInput } from './launching.ts';
import { readingOf, readWrapper, skipAssignments, type Wrapper, wrapper, wrapperGrammar } from './wrapper.ts';

const elsewhere = { elsewhere: true } as const;

const sudoGrammar = makeGrammar({
	options: `
		A|askpass b|background B|bell C|close-from=s D|chdir=s E preserve-env:s e|edit g|group=s H|set-home h:s help
		host=s i|login K|remove-timestamp k|reset-timestamp l|list N|no-update n|non-interactive P|preserve-groups
		p|prompt=s R|chroot=s r|role=s S|stdin s|shell t|type=s T|command-timeout=s U|other-user=s u|user=s V|version
		v|validate
	`,
	stopAtOperand: true,
});

const sudo: Program = {
	names: ['sudo', 'sudo-rs', 'sudo.ws'],
	read(argv, around) {
		const { options, next, env, gap } = readSudoOptions(argv);
		const base = readingOf(options);
		if (gap) return { ...base, gaps: [gap], mayRunArguments: true };
		if (hasOption(options, '--edit')) return merged(base, readEdit(options, around));
		if (hasOption(options, '--list', '--validate', '--remove-timestamp', '--version', '--help')) return base;
		const cwd = lastValue(options, '--chdir');
		const terms = { ...elsewhere, ...(env.size > 0 && { env }), ...(cwd && { cwd }) };
		const throughShell = hasOption(options, '--shell', '--login');
		if (throughShell && next >= argv.length && !around.isOpenEnded) {
			return merged(base, { launches: [{ kind: 'input', ...terms }] });
		}
		return merged(base, launchTail(throughShell ? argv.map(dollarsRead) : argv, next, around, terms));
	},
};

/** Options and assignments may alternate: `sudo A=1 -u root program`. */
function readSudoOptions(argv: readonly Word[]) {
	const env = new Map<string, Word | undefined>();
	const found: Options['found'][number][] = [];
	let from = 1;
	for (;;) {
		const options = readOptions(argv, sudoGrammar, from);
		found.push(...options.found);
		const behind = skipAssignments(argv, options.rest, isVariable);
		for (const [name, value] of behind.env ?? []) env.set(name, value);
		const whole: Options = { ...options, found };
		// A lone `-h` takes the next word as a host if that is no option.
		const host = options.found.some((one) => one.name === '-h' && !one.value) && options.rest < argv.length;
		const gap = options.gap ?? behind.gap ?? (host ? hostGap : undefined);
		const goesOn = behind.next > options.rest && /^-./.test(argv[behind.next]?.value ?? '');
		if (gap || options.ended || !goesOn) return { options: whole, next: behind.next, env, gap };
		from = behind.next;
	}
}

const hostGap = { kind: 'arguments', detail: '`sudo -h` may take the next word as a host' } as const;

/** A path with `=` in it is a program. */
function isVariable(start: string): boolean {
	return !start.startsWith('/');
}

/** `sudo -s` quotes everything but letters, digits, `_`, `-` and `$` for the shell, so variables are read. */
function dollarsRead(word: Word): Word {
	if (!word.value?.includes('$')) return word;
	const [before = ''] = word.value.split('$', 1);
	return { value: undefined, pieces: before === '' ? [null] : [before, null], splits: true };
}

function readEdit(options: Options, around: Around): Reading {
	return merged(
		fileReading('reads', options.operands, around),
		fileReading('writes', options.operands, around),
		fromVariables(around, ['SUDO_EDITOR', 'VISUAL', 'EDITOR']),
	);
}

const sudoedit: Program = {
	names: ['sudoedit'],
	read(argv, around) {
		const options = readOptions(argv, sudoGrammar);
		return options.gap ? { mayRunArguments: true } : merged(readingOf(options), readEdit(options, around));
	},
};

const tables: readonly Wrapper[] = [
	{
		names: ['doas'],
		options: 'L n s a=s C=s u=s',
		elsewhere: true,
		startsShell: true,
		nothing: ['-L', '-C'],
	},
	{
		names: ['pkexec'],
		options: 'user=s u=s disable-internal-agent keep-cwd version help',
		elsewhere: true,
		startsShell: true,
	},
	{
		names: ['run0'],
		options: `
			no-ask-password machine=s unit=s property=s description=s slice=s slice-inherit u|user=s g|group=s nice=s
			D|chdir=s setenv=s background=s pty pty-late pipe shell-prompt-prefix=s lightweight=s area=s a=s empower
			via-shell i same-root-dir h|help V|version
		`,
		elsewhere: true,
		startsShell: true,
		directory: ['--chdir'],
	},
	{ names: ['gosu', 'su-exec', 'setuser'], options: [], operands: 1, elsewhere: true },
	{
		names: ['chpst'],
		options: 'u=s U=s b=s e=s /=s C=s n=s l=s L=s m=s d=s o=s p=s f=s c=s t=s v P 0 1 2',
		elsewhere: true,
	},
	{
		names: ['dzdo', 'calife', 'super', 'please', 'ssu', 'kdesudo', 'gksudo', 'gksu', 'kdesu', 'beesu', 'lxqt-sudo'],
		options: 'u|user=s g|group=s i|login s n E H k d c=s t|target=s',
		scripts: ['-c'],
		elsewhere: true,
		startsShell: true,
	},
	{
		names: ['ksu'],
		options: 'n=s c=s k r=s p=s P=s f F l=s z Z q D a e=s',
		operands: 1,
		elsewhere: true,
	},
	{
		names: ['setpriv'],
		options: `
			d|dump nnp|no-new-privs ambient-caps=s inh-caps=s bounding-set=s ruid=s euid=s rgid=s egid=s reuid=s regid=s
			clear-groups keep-groups init-groups groups=s list-caps securebits=s ptracer=s pdeathsig=s selinux-label=s
			apparmor-profile=s landlock-access=s landlock-rule=s seccomp-filter=s reset-env h|help V|version
		`,
		elsewhere: ['--reuid', '--ruid', '--euid', '--reset-env'],
		nothing: ['--dump', '--list-caps'],
	},
];

const suOptions = [
	...[
		'c|command=s',
		'session-command=s',
		'f|fast',
		'g|group=s',
		'G|supp-group=s',
		'l|login',
		'm|p|preserve-environment',
		'P|pty',
	],
	...['T|no-pty', 's|shell=s', 'w|whitelist-environment=s', 'h|help', 'V|version'],
];
const suGrammar = makeGrammar({ options: suOptions });
const runuserGrammar = makeGrammar({ options: [...suOptions, 'u|user=s'], stopAtOperand: true });

/** `su [options] [-] [user [argument …]]`: the arguments go to the shell. */
function readSu(argv: readonly Word[], around: Around): Reading {
	const options = readOptions(argv, suGrammar);
	const base = readingOf(options);
	if (options.gap) return { ...base, gaps: [options.gap], mayRunArguments: true };
	if (hasOption(options, '--help', '--version')) return base;
	const dash = options.operands[0]?.value === '-' ? 1 : 0;
	const given = options.operands.slice(dash + 1);
	const forShell = around.isOpenEnded ? [...given, wordsFromInput] : given;
	const text = lastValue(options, '--command', '--session-command');
	const shell = lastValue(options, '--shell');
	return { ...base, launches: [throughShell(text, shell, forShell)] };
}

function throughShell(text: Word | undefined, shell: Word | undefined, given: readonly Word[]): Launch {
	const dashC: Word = { value: '-c', pieces: ['-c'], splits: false };
	const program = shell ?? { value: 'sh', pieces: ['sh'], splits: false };
	if (!text && given.length === 0 && !shell) return { kind: 'input', ...elsewhere };
	if (text && !shell) return scriptLaunch(text, elsewhere, given);
	return { kind: 'argv', argv: [program, ...(text ? [dashC, text] : []), ...given], ...elsewhere };
}

const su: Program = { names: ['su'], read: readSu };

const runuser: Program = {
	names: ['runuser'],
	read(argv, around) {
		const options = readOptions(argv, runuserGrammar);
		if (!hasOption(options, '--user')) return readSu(argv, around);
		const base = readingOf(options);
		if (options.gap) return { ...base, gaps: [options.gap], mayRunArguments: true };
		const text = lastValue(options, '--command', '--session-command');
		const launches = text ? [scriptLaunch(text, elsewhere)] : [];
		return merged(base, { launches }, launchTail(argv, options.rest, around, elsewhere));
	},
};

/** `sg [-] group [[-c] command]` */
const sg: Program = {
	names: ['sg'],
	read(argv) {
		const words = argv.slice(1).filter((word) => word.value !== '-');
		if (words.slice(0, 2).some((word) => word.splits)) return { gaps: [unclear], mayRunArguments: true };
		const text = words[1]?.value === '-c' ? words[2] : words[1];
		return { launches: [text ? scriptLaunch(text, elsewhere) : { kind: 'input', ...elsewhere }] };
	},
};
const unclear = { kind: 'arguments', detail: 'an unquoted expansion stands before the program' } as const;

const newgrp: Program = { names: ['newgrp'], read: () => ({ launches: [{ kind: 'input', ...elsewhere }] }) };

/** capsh hands everything behind `--` to a shell; `--shell=` names which. */
const capsh: Program = {
	names: ['capsh'],
	read(argv, around) {
		if (argv.some((word) => word.splits)) return { gaps: [unclear], mayRunArguments: true };
		const at = argv.findIndex((word) => ['--', '+', '==', '=+'].includes(word.value ?? ''));
		if (at < 0) return {};
		const named = argv.slice(0, at).findLast((word) => word.value?.startsWith('--shell='));
		const name = named?.value?.slice('--shell='.length) ?? '/bin/bash';
		const isAgain = (argv[at]?.value ?? '').startsWith('=');
		const program: Word = { value: isAgain ? 'capsh' : name, pieces: [isAgain ? 'capsh' : name], splits: false };
		const whole = [...argv.slice(0, at), program, ...argv.slice(at + 1)];
		return launchTail(whole, at, around, elsewhere);
	},
};

const runTable: Wrapper = { names: [], options: ['u|user=s', 'g|group=s', 'h|help'] };
const runGrammar = wrapperGrammar(runTable);
/** systemd's `machinectl shell`, `homectl with`: a sub-command, one operand, a program. */
const machinectl: Program = {
	names: ['machinectl', 'homectl'],
	read(argv, around) {
		const at = argv.findIndex((word) => word.value === 'shell' || word.value === 'with');
		if (at < 0) return { mayRunArguments: false };
		const command = argv[at]?.value ?? '';
		const terms = { ...elsewhere, as: [argv[0]?.value ?? 'machinectl', command] };
		const table: Wrapper = { ...runTable, operands: 1, startsShell: true };
		return readWrapper(table, runGrammar, argv, around, at + 1, terms);
	},
};

export const privilegePrograms: readonly Program[] = [
	...tables.map(wrapper),
	sudo,
	sudoedit,
	su,
	runuser,
	sg,
	newgrp,
	capsh,
	machinectl,
].flatMap(apart);
