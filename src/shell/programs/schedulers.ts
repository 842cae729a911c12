// Programs that start something later or as a service: systemd-run, at, cron, init tools.

import { hasOption, lastValue, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Program, ProgramGap } from '../program.ts';
import type { Word } from '../word.ts';
import { apart } from './apart.ts';
import { fromVariables, launchTail, merged, scriptLaunch } from './launching.ts';
import { readingOf, type Wrapper, wrapper } from './wrapper.ts';

const unitFile: ProgramGap = { kind: 'file', detail: 'what a service starts stands in a file' };

const tables: readonly Wrapper[] = [
	{
		names: ['systemd-run'],
		options: `
			no-ask-password scope user system H|host=s M|machine=s u|unit=s p|property=s description=s slice=s
			slice-inherit r|remain-after-exit send-sighup service-type=s uid=s gid=s nice=s working-directory=s
			d|same-dir R|root-directory=s same-root-dir E|setenv=s t|pty T|pty-late P|pipe q|quiet wait collect G
			S|shell on-active=s on-boot=s on-startup=s on-unit-active=s on-unit-inactive=s on-calendar=s
			on-timezone-change on-clock-change path-property=s socket-property=s timer-property=s no-block
			expand-environment=s background=s ignore-failure job-mode=s json=s v|verbose h|help version no-pager
		`,
		elsewhere: ['--host', '--machine', '--uid', '--root-directory', '--setenv'],
		directory: ['--working-directory'],
		startsShell: false,
		gaps: { '--property': 'a property of the unit may name programs' },
	},
	{
		names: ['systemd-socket-activate'],
		options: `
			l|listen=s a|accept d|datagram seqpacket fdname=s inetd E|setenv=s now h|help version
		`,
	},
	{ names: ['cronic', 'cronlock'], options: [] },
];

const startStopGrammar = makeGrammar({
	options: `
		S|start K|stop T|status H|help V|version p|pidfile=s pid=s ppid=s x|exec=s n|name=s u|user=s g|group=s
		c|chuid=s s|signal=s a|startas=s R|retry=s r|chroot=s d|chdir=s N|nicelevel=s P|procsched=s I|iosched=s
		k|umask=s b|background notify-await notify-timeout=s C|no-close m|make-pidfile remove-pidfile o|oknodo q|quiet
		t|test v|verbose O|output=s e|env=s interpreted=s i|stdin=s 1|stdout=s 2|stderr=s w|wait=s
	`,
});
const startStop: Program = {
	names: ['start-stop-daemon'],
	read(argv, around) {
		const options = readOptions(argv, startStopGrammar);
		const base = readingOf(options);
		if (options.gap) return { ...base, gaps: [options.gap], mayRunArguments: true };
		if (!hasOption(options, '--start')) return base;
		const program = lastValue(options, '--startas') ?? lastValue(options, '--exec');
		const cwd = lastValue(options, '--chdir');
		// It takes a path, and looks for none in PATH.
		const terms = { elsewhere: true, ...(cwd && { cwd }) };
		if (!program) return base;
		return merged(base, launchTail([program, ...options.operands], 0, around, terms));
	},
};

const atGrammar = makeGrammar({
	options: 'V l d r b m M v c q=s f=s t=s u=s o=s',
});
const at: Program = {
	names: ['at', 'batch'],
	read(argv) {
		const options = readOptions(argv, atGrammar);
		const base = readingOf(options);
		if (hasOption(options, '-l', '-d', '-r', '-c', '-V')) return base;
		const path = lastValue(options, '-f');
		return {
			...base,
			launches: [path ? { kind: 'file', path } : { kind: 'input' }],
			...(options.gap && { gaps: [options.gap] }),
		};
	},
};

const crontabGrammar = makeGrammar({ options: 'u=s l r e i s n T=s V x=s c=s' });
const crontab: Program = {
	names: ['crontab'],
	read(argv, around) {
		const options = readOptions(argv, crontabGrammar);
		const base = readingOf(options);
		if (hasOption(options, '-l', '-r', '-V', '-T')) return base;
		if (hasOption(options, '-e')) return merged(base, fromVariables(around, ['VISUAL', 'EDITOR']));
		const file = options.operands[0];
		const kind = !file || file.value === '-' || file.value === '/dev/stdin' ? 'input' : 'file';
		return { ...base, gaps: [{ kind, detail: 'the table holds commands that cron runs later' }] };
	},
};

const service: Program = {
	names: ['service', 'invoke-rc.d', 'rc-service'],
	read(argv) {
		const [, name, verb] = argv;
		if (!name || /^--/.test(name.value ?? '')) return {};
		const isPlain = name.value !== undefined && !name.splits && /^[\w@.:+-]+$/.test(name.value) && name.value !== '..';
		const subcommands = verb?.value === undefined ? [] : [verb.value];
		// A name with a slash leads to any file.
		return isPlain
			? { subcommands }
			: { subcommands, gaps: [{ kind: 'file', detail: 'the script of a service is started' }], mayRunArguments: true };
	},
};

const systemctlGrammar = makeGrammar({
	onUnknown: 'flag',
	options: `
		t|type=s p|property=s s|signal=s H|host=s M|machine=s n|lines=s o|output=s state=s job-mode=s kill-whom=s
		root=s image=s now q|quiet user a|all f|force P=s
	`,
});
const systemctl: Program = {
	names: [
		'systemctl',
		'journalctl',
		'loginctl',
		'timedatectl',
		'hostnamectl',
		'localectl',
		'networkctl',
		'resolvectl',
		'coredumpctl',
		'systemd-analyze',
		'bootctl',
	],
	read(argv, around) {
		const options = readOptions(argv, systemctlGrammar);
		const verb = options.operands[0]?.value;
		const base = merged(readingOf(options), { subcommands: verb === undefined ? [] : [verb] });
		const isPath = options.operands.slice(1).some((word) => word.value === undefined || word.value.includes('/'));
		const isLink = ['link', 'enable', 'start', 'reenable', 'edit', 'restart'].includes(verb ?? '') && isPath;
		const paged = fromVariables(around, [
			'SYSTEMD_PAGER',
			'PAGER',
			...(verb === 'edit' ? ['SYSTEMD_EDITOR', 'EDITOR', 'VISUAL'] : []),
		]);
		const debugs =
			verb === 'debug'
				? { gaps: [{ kind: 'arguments', detail: '`coredumpctl debug` starts a debugger' } as const] }
				: {};
		return merged(base, paged, debugs, isLink ? { gaps: [unitFile] } : {});
	},
};

const runParts: Program = {
	names: ['run-parts'],
	read(argv) {
		const isTest = argv.some((word) => word.value === '--test' || word.value === '--list' || word.value === '--help');
		return isTest ? {} : { gaps: [{ kind: 'file', detail: '`run-parts` starts every file of a directory' }] };
	},
};

/** busctl: an address may name a program to talk to. */
const busctl: Program = {
	names: ['busctl', 'dbus-send', 'gdbus'],
	read(argv) {
		const text = (word: Word) => word.value ?? word.pieces.join('');
		const opens = argv.some((word) => /unixexec:|^--(?:host|machine)\b/.test(text(word)) || word.splits);
		const far: ProgramGap = { kind: 'arguments', detail: 'the address of a bus may start a program' };
		return opens ? { gaps: [far], mayRunArguments: true } : {};
	},
};

const watchman = makeGrammar({ options: ['c=s', 'command=s', 'x|exec=s'], onUnknown: 'flag' });
const triggers: Program = {
	names: [
		'inotifywait',
		'fswatch',
		'watchexec',
		'nodemon',
		'onchange',
		'chokidar',
		'reflex',
		'guard',
		'watchman',
		'modd',
	],
	read(argv) {
		const options = readOptions(argv, watchman);
		const isInert = /(?:inotifywait|fswatch)$/.test(argv[0]?.value ?? '');
		if (isInert) return readingOf(options);
		const launches = valuesOf(options, '-c', '--command', '--exec').map((text) => scriptLaunch(text));
		const dashes = argv.findIndex((word) => word.value === '--');
		return merged(
			{ launches, mayRunArguments: true },
			dashes < 0 ? {} : { launches: [{ kind: 'argv', argv: argv.slice(dashes + 1) }] },
		);
	},
};

export const schedulerPrograms: readonly Program[] = [
	...tables.map(wrapper),
	startStop,
	at,
	crontab,
	service,
	systemctl,
	runParts,
	busctl,
	triggers,
].flatMap(apart);
