// Programs that give another one a terminal: multiplexers, recorders, terminal windows.

import { hasOption, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Around, Launch, Program, ProgramGap, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { isStatic } from '../word-parts.ts';
import { apart } from './apart.ts';
import { fromVariables, launchTail, merged, scriptLaunch } from './launching.ts';
import { readingOf, readWrapper, type Wrapper, wrapper, wrapperGrammar } from './wrapper.ts';

const scriptGrammar = makeGrammar({
	options: `
		a|append c|command=s e|return E|echo=s f|flush force I|log-in=s O|log-out=s B|log-io=s T|log-timing=s
		m|logging-format=s o|output-limit=s q|quiet t|timing:s h|help V|version F=s k r p d
	`,
});

/** script: `-c` holds shell text; BSD's takes the program behind the file. Without either it starts a shell. */
const script: Program = {
	names: ['script', 'scriptlive'],
	read(argv, around) {
		const options = readOptions(argv, scriptGrammar);
		const base = merged(readingOf(options), fromVariables(around, ['SHELL'], 'split'));
		if (options.gap) return { ...base, gaps: [options.gap], mayRunArguments: true };
		if (hasOption(options, '--help', '--version')) return base;
		const texts = valuesOf(options, '--command').map((text) => scriptLaunch(text));
		const behind = options.at[1];
		const files = options.operands.slice(0, 1).flatMap((word) => word.value ?? []);
		const facts: Reading['facts'] = files.length > 0 ? { writes: files } : {};
		if (behind !== undefined) return merged(base, { facts, launches: texts }, launchTail(argv, behind, around));
		return merged(base, { facts, launches: texts.length > 0 ? texts : [{ kind: 'input' }] });
	},
};

const flockTable: Wrapper = {
	names: ['flock'],
	options: `
		s|shared x|e|exclusive n|nb|nonblock u|unlock c|command=s E|conflict-exit-code=s F|no-fork o|close
		w|wait|timeout=s verbose fcntl start=s length=s h|help V|version
	`,
};
const flockGrammar = wrapperGrammar(flockTable);

/** `flock file program …`, `flock file -c text`, `flock 9`. */
const flock: Program = {
	names: ['flock'],
	read(argv, around) {
		const options = readOptions(argv, flockGrammar);
		const base = readingOf(options);
		const file = argv[options.rest];
		const gap = options.gap ?? (file?.splits ? fileGap : undefined);
		if (gap) return { ...base, gaps: [gap], mayRunArguments: true };
		const before = valuesOf(options, '--command').map((text) => scriptLaunch(text));
		const next = argv[options.rest + 1];
		const text = argv[options.rest + 2];
		const isText = next?.value === '-c' || next?.value === '--command';
		if (isText && text) return merged(base, { launches: [...before, scriptLaunch(text)] });
		return merged(base, { launches: before }, file ? launchTail(argv, options.rest + 1, around) : {});
	},
};
const fileGap: ProgramGap = { kind: 'arguments', detail: 'the file to lock may be several words' };

const tmuxGrammar = makeGrammar({
	options: '2 C D l N u V v h c=s f=s L=s S=s T=s',
	stopAtOperand: true,
});
/** tmux commands that start a shell text, by their full name, and their options with a value. */
const tmuxStarting: ReadonlyMap<string, string> = new Map([
	['new-session', 'ceFfnstxy'],
	['new-window', 'ceFnt'],
	['split-window', 'cdeFlpt'],
	['respawn-pane', 'cet'],
	['respawn-window', 'cet'],
	['run-shell', 'cdt'],
	['if-shell', 't'],
	['pipe-pane', 't'],
	['display-popup', 'bcdehsSTtwxy'],
	['popup', 'bcdehsSTtwxy'],
	['new', 'ceFfnstxy'],
	['neww', 'ceFnt'],
	['splitw', 'cdeFlpt'],
	['respawnp', 'cet'],
	['respawnw', 'cet'],
	['run', 'cdt'],
	['if', 't'],
	['pipep', 't'],
]);
/** tmux commands that start nothing; others may start anything (`set-hook`, `bind-key`, `send-keys`, `source-file`). */
const tmuxInert =
	/^(?:ls|list-\w+|lsw|lsp|lsc|has(?:-session)?|kill-\w+|killw|killp|attach(?:-session)?|a|at|detach(?:-client)?|capture-pane|capturep|display-message|display|select-\w+|selectw|selectp|rename\w*(?:-\w+)?|show\w*(?:-\w+)?|info|start-server|start|switch-client|switchc|resize-\w+|resizep|set-option|setw|last-\w+|next-\w+|previous-\w+|save-buffer|delete-buffer|refresh-client|wait-for|wait)$/;

const tmux: Program = {
	names: ['tmux', 'tmate', 'byobu'],
	read(argv, around) {
		const options = readOptions(argv, tmuxGrammar);
		const base = merged(readingOf(options), { launches: valuesOf(options, '-c').map((text) => scriptLaunch(text)) });
		const config = valuesOf(options, '-f').filter((word) => word.value !== '/dev/null');
		const gaps: ProgramGap[] = config.map(() => ({
			kind: 'file',
			detail: 'the configuration of tmux may start programs',
		}));
		if (options.gap) return merged(base, { gaps: [...gaps, options.gap], mayRunArguments: true });
		return merged(base, { gaps }, readTmuxCommands(argv, options.rest, around));
	},
};

/** Commands of tmux are separated by a word `;`. */
function readTmuxCommands(argv: readonly Word[], from: number, around: Around): Reading {
	const readings: Reading[] = [];
	let start = from;
	for (let at = from; at <= argv.length; at += 1) {
		const isEnd = at === argv.length || /(?:^|[^\\]);$/.test(argv[at]?.value ?? '');
		if (!isEnd) continue;
		const last = argv[at];
		const hasMore = last?.value !== undefined && last.value.length > 1;
		readings.push(readTmuxCommand(argv.slice(start, hasMore ? at + 1 : at), around));
		start = at + 1;
	}
	return merged(...readings);
}

function readTmuxCommand(command: readonly Word[], around: Around): Reading {
	const [name] = command;
	if (!name) return {};
	if (!isStatic(name))
		return {
			gaps: [{ kind: 'arguments', detail: 'the command of tmux is known only at run time' }],
			mayRunArguments: true,
		};
	const valued = tmuxStarting.get(name.value);
	const subcommands = [name.value];
	if (valued === undefined) {
		if (tmuxInert.test(name.value)) return { subcommands };
		const gap = { kind: 'script', detail: `\`tmux ${name.value}\` may start programs` } as const;
		return {
			subcommands,
			gaps: name.value === 'send-keys' || name.value === 'send' ? [gap] : [gap],
			mayRunArguments: true,
		};
	}
	const letters = 'abdDEhHIkKlMNOPPRSvXZCBF0123456789'
		.split('')
		.filter((letter, at, all) => all.indexOf(letter) === at && !valued.includes(letter));
	const grammar = makeGrammar({
		options: [...letters, ...[...new Set(valued)].map((letter) => `${letter}=s`)],
		stopAtOperand: true,
	});
	const options = readOptions(command, grammar);
	if (options.gap) return { subcommands, gaps: [options.gap], mayRunArguments: true };
	const terms = { as: ['tmux', name.value] };
	const rest = options.operands;
	if (rest.length === 0) return { subcommands };
	const isIf = name.value === 'if-shell' || name.value === 'if';
	if (isIf)
		return merged(
			{ subcommands, launches: rest.slice(0, 1).map((text) => scriptLaunch(text, terms)) },
			{ gaps: rest.slice(1).map(() => ({ kind: 'script', detail: 'commands of tmux may start programs' }) as const) },
		);
	// One word is a shell text, several are an argv.
	const [text] = rest;
	if (rest.length === 1 && text) return { subcommands, launches: [scriptLaunch(text, terms)] };
	return merged({ subcommands }, launchTail(command, options.rest, around, terms));
}

const screenTable: Wrapper = {
	names: ['screen'],
	options: `
		4 a A d D f i l L m n O q Q r R U v x list ls wipe version help c=s e=s h=s p=s S=s s=s t=s T=s X Logfile=s
	`,
	commands: ['-s'],
	startsShell: true,
};
const screenGrammar = wrapperGrammar(screenTable);
const screen: Program = {
	names: ['screen'],
	read(argv, around) {
		// `-ls`, `-list` and `-wipe` are words of their own; `-dmS name`, `-fn` are clusters.
		if (argv.some((word) => /^-(?:ls|list|wipe|v|-?version|-?help)$/.test(word.value ?? ''))) return {};
		const reading = readWrapper(screenTable, screenGrammar, argv, around);
		if (!reading.flags?.includes('-X')) {
			if (!reading.flags?.includes('-c')) return reading;
			return merged(reading, { gaps: [{ kind: 'file', detail: 'the configuration of screen may start programs' }] });
		}
		return {
			flags: reading.flags,
			gaps: [{ kind: 'script', detail: '`screen -X` sends commands to a running session' }],
			mayRunArguments: true,
		};
	},
};

/** Terminal windows: what stands behind `-e` (or `--`, or `-x`) is started in one. */
const windows: Program = {
	names: [
		'xterm',
		'uxterm',
		'lxterm',
		'urxvt',
		'rxvt',
		'st',
		'konsole',
		'gnome-terminal',
		'xfce4-terminal',
		'mate-terminal',
		'lxterminal',
		'terminator',
		'tilix',
		'alacritty',
		'kitty',
		'foot',
		'wezterm',
		'ghostty',
		'x-terminal-emulator',
		'qterminal',
		'sakura',
		'terminology',
		'eterm',
		'aterm',
		'mlterm',
		'kgx',
		'ptyxis',
	],
	read(argv, around) {
		const at = argv.findIndex((word) => /^(?:-e|-x|--|--execute|--command|--hold-command)$/.test(word.value ?? ''));
		const glued = argv.filter((word) => /^--?(?:command|execute|e)=/.test(word.value ?? ''));
		const launches: Launch[] = glued.flatMap((word) => {
			const text = word.value?.replace(/^[^=]*=/, '') ?? '';
			return scriptLaunch({ value: text, pieces: [text], splits: false });
		});
		if (at < 0) {
			const blind = argv.some((word) => word.splits || word.value === undefined);
			const gaps: ProgramGap[] = blind
				? [{ kind: 'arguments', detail: 'an option of the terminal may name a program' }]
				: [];
			return { launches, gaps, mayRunArguments: true };
		}
		const behind = argv.slice(at + 1);
		const [text] = behind;
		const rest = behind.length === 1 && text ? { launches: [scriptLaunch(text)] } : launchTail(argv, at + 1, around);
		return merged({ launches, mayRunArguments: true }, rest);
	},
};

const tables: readonly Wrapper[] = [
	{
		names: ['ttyrec', 'termtosvg', 'autoexpect', 'kibitz'],
		options: 'a u e=s f=s c C p Q quiet',
		scripts: ['-e'],
		startsShell: true,
	},
	{
		names: ['ttyd', 'gotty'],
		options: `
			p|port=s i|interface=s U|socket-owner=s c|credential=s H|auth-header=s u|uid=s g|gid=s s|signal=s w|cwd=s
			a|url-arg W|writable t|client-option=s T|terminal-type=s O|check-origin m|max-clients=s o|once
			q|exit-no-conn B|browser I|index=s b|base-path=s P|ping-interval=s 6|ipv6 S|ssl C|ssl-cert=s K|ssl-key=s
			A|ssl-ca=s d|debug=s v|version h|help
		`,
		directory: ['--cwd'],
	},
	{
		names: ['openvt', 'open'],
		options: `
			c|console=s e|exec f|force l|login u|user s|switch w|wait v|verbose V|version h|help a=s b=s F n g R W t
			args
		`,
	},
	{ names: ['startx', 'xinit'], options: [] },
];

const asciinema: Program = {
	names: ['asciinema'],
	read(argv) {
		const grammar = makeGrammar({
			options: `
				c|command=s t|title=s e|env=s i|idle-time-limit=s cols=s rows=s window-size=s f|output-format=s
			`,
			onUnknown: 'flag',
		});
		const options = readOptions(argv, grammar);
		const launches = valuesOf(options, '--command').map((text) => scriptLaunch(text));
		const starts = options.operands[0]?.value === 'rec' && launches.length === 0;
		return {
			subcommands: options.operands.slice(0, 1).flatMap((word) => word.value ?? []),
			launches: starts ? [{ kind: 'input' }] : launches,
		};
	},
};

export const terminalPrograms: readonly Program[] = [
	script,
	flock,
	tmux,
	screen,
	windows,
	asciinema,
	...tables.map(wrapper),
].flatMap(apart);
