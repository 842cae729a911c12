// Programs that reach another machine, and the local programs that their options name.

import { hasOption, makeGrammar, type Options, readOptions, valuesOf } from '../options.ts';
import type { Launch, Program, ProgramGap, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { attached, firstKnown, isStatic } from '../word-parts.ts';
import { apart } from './apart.ts';
import { finish, startFindings } from './findings.ts';
import { fromVariables, launchJoined, launchTail, merged, scriptLaunch, splitLaunch } from './launching.ts';
import { addPaths } from './paths.ts';
import { readingOf, readWrapper, type Wrapper, wrapper, wrapperGrammar } from './wrapper.ts';

const elsewhere = { elsewhere: true } as const;

const sshGrammar = makeGrammar({
	options: `
		4 6 A a C f G g K k M N n q s T t V v X x Y y B=s b=s c=s D=s E=s e=s F=s I=s i=s J=s L=s l=s m=s O=s o=s P=s
		p=s Q=s R=s S=s W=s w=s
	`,
	stopAtOperand: true,
});

const ssh: Program = {
	names: ['ssh', 'slogin', 'autossh', 'hpnssh'],
	read(argv, around) {
		// autossh adds `-M port` where ssh has a flag.
		const first = readOptions(argv, argv[0]?.value?.endsWith('autossh') ? autosshGrammar : sshGrammar);
		const host = argv[first.rest];
		// Options may go on behind the host, unless `--` ended them before it.
		const again = first.ended || !host ? undefined : readOptions(argv, sshGrammar, first.rest + 1);
		const from = again ? again.rest : first.rest + 1;
		const gap = first.gap ?? (host?.splits ? hostGap : undefined) ?? again?.gap;
		const found = [...first.found, ...(again?.found ?? [])];
		const whole: Options = { ...first, found, mayBeOption: first.mayBeOption };
		const base = merged(readingOf(whole), sshOptions(whole), {
			facts: host?.value === undefined ? {} : { host: host.value },
		});
		if (gap) return { ...base, gaps: [...(base.gaps ?? []), gap], mayRunArguments: true };
		if (!host) return base;
		// Without a command the shell over there reads ours from standard input.
		if (from >= argv.length && !inputless.some((name) => hasOption(whole, name))) {
			return merged(base, { launches: [{ kind: 'input', elsewhere: true }] });
		}
		return merged(base, launchJoined(argv, from, around, elsewhere));
	},
};
/** No shell is started, or it gets no input. */
const inputless = ['-N', '-n', '-f', '-V', '-G', '-Q', '-O', '-W', '-s'];
const autosshGrammar = makeGrammar({
	options: [
		'4',
		'6',
		'A',
		'a',
		'C',
		'f',
		'g',
		'K',
		'k',
		'N',
		'n',
		'q',
		's',
		'T',
		't',
		'V',
		'v',
		'X',
		'x',
		'Y',
		'y',
		'M=s',
		...'BbcDEeFIiJLlmOopRSWw'.split('').map((letter) => `${letter}=s`),
	],
	stopAtOperand: true,
});
const hostGap: ProgramGap = { kind: 'arguments', detail: 'the host may be several words, a command among them' };

/** Programs and files that ssh's own options name; scp and sftp pass them on. */
function sshOptions(options: Options): Reading {
	const readings = valuesOf(options, '-o').map(sshSetting);
	const gaps: ProgramGap[] = [];
	for (const file of valuesOf(options, '-F')) {
		if (file.value === '/dev/null' || file.value === 'none') continue;
		gaps.push({ kind: 'file', detail: 'the configuration of ssh may name programs' });
	}
	if (hasOption(options, '-I')) gaps.push({ kind: 'code', detail: '`-I` loads code' });
	return merged({ gaps }, ...readings);
}

function sshSetting(word: Word): Reading {
	const match = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)"?/.exec(firstKnown(word));
	if (!match)
		return isStatic(word) ? {} : { gaps: [{ kind: 'script', detail: 'a setting of ssh is known only at run time' }] };
	const [all, name = ''] = match;
	const value = attached(word, all.length);
	switch (name.toLowerCase()) {
		case 'proxycommand':
		case 'localcommand':
			return value.value?.toLowerCase() === 'none' ? {} : { launches: [scriptLaunch(withoutQuote(value, all))] };
		case 'knownhostscommand':
			return value.value?.toLowerCase() === 'none' ? {} : { launches: [splitLaunch(withoutQuote(value, all))] };
		case 'remotecommand':
			return value.value?.toLowerCase() === 'none'
				? {}
				: { launches: [scriptLaunch(withoutQuote(value, all), elsewhere)] };
		case 'xauthlocation':
			return { launches: [splitLaunch(value)] };
		case 'match':
		case 'include':
		case 'pkcs11provider':
		case 'securitykeyprovider':
			return { gaps: [{ kind: 'file', detail: `the ssh setting \`${name}\` may start a program` }] };
		default:
			return {};
	}
}

function withoutQuote(value: Word, head: string): Word {
	if (!head.endsWith('"') || !value.value?.endsWith('"')) return value;
	const text = value.value.slice(0, -1);
	return { value: text, pieces: [text], splits: false };
}

const scpGrammar = makeGrammar({
	options: '3 4 6 A B C O p q R r s T v c=s D=s F=s i=s J=s l=s o=s P=s S=s X=s',
});
const sftpGrammar = makeGrammar({
	options: '4 6 A a C f N p q r v B=s b=s c=s D=s F=s i=s J=s l=s o=s P=s R=s S=s s=s X=s',
});

const copying: readonly Program[] = [
	{
		names: ['scp'],
		read(argv, around) {
			const options = readOptions(argv, scpGrammar);
			const base = merged(readingOf(options), sshOptions(options));
			const findings = startFindings();
			const isRemote = (word: Word) => /^[^/]*:|^(?:scp|sftp):/.test(firstKnown(word));
			const target = options.operands.at(-1);
			addPaths(
				findings,
				'reads',
				options.operands.slice(0, -1).filter((word) => !isRemote(word)),
				around,
			);
			if (target && !isRemote(target)) addPaths(findings, 'writes', [target], around);
			return merged(base, finish(findings), programsOf(options, ['-S', '-D']), layout(options));
		},
	},
	{
		names: ['sftp'],
		read(argv) {
			const options = readOptions(argv, sftpGrammar);
			const batch = valuesOf(options, '-b').map(
				(word): ProgramGap => ({
					kind: word.value === '-' ? 'input' : 'file',
					detail: 'the batch of sftp may start programs with `!`',
				}),
			);
			return merged(
				readingOf(options),
				sshOptions(options),
				programsOf(options, ['-S', '-D']),
				{ gaps: batch },
				layout(options),
			);
		},
	},
];

function programsOf(options: Options, names: readonly string[]): Reading {
	return { launches: valuesOf(options, ...names).map((text): Launch => splitLaunch(text)) };
}

/** An unquoted expansion may hold the very options that name programs. */
function layout(options: Options): Reading {
	return options.gap ? { gaps: [options.gap], unsure: ['flags'] } : {};
}

const rsyncGrammar = makeGrammar({
	onUnknown: 'flag',
	options: `
		e|rsh=s rsync-path=s M|remote-option=s f|filter=s exclude=s exclude-from=s include=s include-from=s
		files-from=s address=s port=s sockopts=s outbuf=s log-file=s log-file-format=s password-file=s early-input=s
		bwlimit=s stop-after=s stop-at=s write-batch=s only-write-batch=s read-batch=s protocol=s iconv=s
		checksum-seed=s B|block-size=s max-size=s min-size=s max-alloc=s timeout=s contimeout=s modify-window=s
		T|temp-dir=s compare-dest=s copy-dest=s link-dest=s compress-level=s zl=s compress-choice|zc=s skip-compress=s
		partial-dir=s backup-dir=s suffix=s chmod=s usermap=s groupmap=s chown=s debug=s info=s out-format=s
		max-delete=s dparam=s config=s copy-as=s checksum-choice|cc=s trust-sender delete delete-after delete-before
		delete-during|del delete-excluded n|dry-run a|archive r|recursive v|verbose z|compress daemon
		remove-source-files
	`,
});
const rsync: Program = {
	names: ['rsync'],
	read(argv, around) {
		const options = readOptions(argv, rsyncGrammar);
		const findings = startFindings();
		const isRemote = (word: Word) => /^[^/]*:/.test(firstKnown(word));
		const target = options.operands.length > 1 ? options.operands.at(-1) : undefined;
		addPaths(
			findings,
			'reads',
			options.operands.slice(0, target ? -1 : undefined).filter((word) => !isRemote(word)),
			around,
		);
		if (target && !isRemote(target)) addPaths(findings, 'writes', [target], around);
		if (target && !isRemote(target) && options.found.some(({ name }) => name.startsWith('--delete')))
			addPaths(findings, 'deletes', [target], around);
		if (hasOption(options, '--remove-source-files'))
			addPaths(
				findings,
				'deletes',
				options.operands.slice(0, -1).filter((word) => !isRemote(word)),
				around,
			);
		const far = valuesOf(options, '--rsync-path').map((text) => scriptLaunch(text, elsewhere));
		const daemon = hasOption(options, '--daemon') && [
			{ kind: 'file', detail: 'the configuration of the rsync daemon may name programs' } as const,
		];
		return merged(
			readingOf(options),
			finish(findings),
			programsOf(options, ['--rsh']),
			{ launches: far, gaps: daemon || [] },
			fromVariables(around, ['RSYNC_RSH'], 'split'),
			fromVariables(around, ['RSYNC_CONNECT_PROG']),
			layout(options),
		);
	},
};

const tables: readonly Wrapper[] = [
	{ names: ['sshpass'], options: 'p=s f=s d=s P=s e:s v h V' },
	{
		names: ['pssh', 'parallel-ssh'],
		options: `
			H|host=s h|hosts=s l|user=s p|par=s o|outdir=s e|errdir=s t|timeout=s O|option=s v|verbose A|askpass
			x|extra-args=s X|extra-arg=s i|inline inline-stdout I|send-input P|print version
		`,
		joins: true,
		elsewhere: true,
	},
	{
		names: ['pdsh'],
		options: 'S h s q b l=s t=s u=s f=s w=s x=s R=s M=s N L d V a g=s X=s',
		joins: true,
		elsewhere: true,
	},
	{
		names: ['clush'],
		options: `
			n|nostdin h|help version s|groupsource=s g|group=s w=s x=s X=s a|all b|dshbak B q|quiet v|verbose d|debug
			f|fanout=s l|user=s o|options=s t|connect_timeout=s u|command_timeout=s L N S|maxrc r|regroup p R|worker=s
			O|option=s color=s diff hostfile=s machinefile=s
		`,
		joins: true,
		elsewhere: true,
	},
	{
		names: ['rsh', 'remsh'],
		options: 'l=s n d K 4 6 x',
		operands: 1,
		joins: true,
		elsewhere: true,
	},
];

const moshTable: Wrapper = {
	names: ['mosh'],
	options: `
		client=s server=s predict=s predict-overwrite family=s 4 6 a n p|port=s bind-server=s ssh=s no-ssh-pty ssh-pty
		no-init init local experimental-remote-ip=s help version
	`,
	operands: 1,
	elsewhere: true,
	commands: ['--client', '--ssh', '--server'],
};
const moshGrammar = wrapperGrammar(moshTable);
const mosh: Program = {
	names: ['mosh'],
	read(argv, around) {
		// `mosh host -- program`: the mark may stand behind the host too.
		const at = argv.findIndex((word) => word.value === '--');
		const reading = readWrapper({ ...moshTable, nothing: [] }, moshGrammar, at < 0 ? argv : argv.slice(0, at), around);
		return at < 0
			? reading
			: merged(reading, launchTail(argv, at + (argv[at - 1]?.value === 'mosh' ? 2 : 1), around, elsewhere));
	},
};

export const remotePrograms: readonly Program[] = [ssh, ...copying, rsync, mosh, ...tables.map(wrapper)].flatMap(apart);
