// Wrappers that change how a process runs: its priority, its time, its output, its terminal.

import type { Program } from '../program.ts';
import { isStatic } from '../word-parts.ts';
import { apart } from './apart.ts';
import { readWrapper, type Wrapper, wrapper, wrapperGrammar } from './wrapper.ts';

const about = ['help', 'version'];

const tables: readonly Wrapper[] = [
	{ names: ['nice', 'gnice'], options: ['n|adjustment=s', ...about], numeric: true },
	{ names: ['nohup', 'gnohup'], options: about },
	{
		names: ['timeout', 'gtimeout'],
		options: ['k|kill-after=s', 's|signal=s', 'p|preserve-status', 'f|foreground', 'v|verbose', ...about],
		operands: 1,
	},
	{ names: ['stdbuf', 'gstdbuf'], options: ['i|input=s', 'o|output=s', 'e|error=s', ...about] },
	{
		names: ['time', 'gtime'],
		options: 'a|append f|format=s o|output=s p|portability q|quiet v|verbose V|version h|help l',
	},
	{
		names: ['ionice'],
		options: 'c|class=s n|classdata=s p|pid=s P|pgid=s t|ignore u|uid=s h|help V|version',
		nothing: ['--pid', '--pgid', '--uid'],
	},
	{ names: ['setsid'], options: 'c|ctty f|fork w|wait h|help V|version' },
	{
		names: ['taskset'],
		options: 'a|all-tasks p|pid c|cpu-list h|help V|version',
		operands: 1,
		nothing: ['--pid'],
	},
	{
		names: ['chrt'],
		options: `
			a|all-tasks b|batch d|deadline e|ext f|fifo i|idle m|max o|other p|pid r|rr R|reset-on-fork
			T|sched-runtime=s P|sched-period=s D|sched-deadline=s v|verbose h|help V|version
		`,
		operands: 1,
		nothing: ['--pid', '--max'],
	},
	{
		names: ['uclampset'],
		options: 'm=s M=s a|all-tasks p|pid=s s|system R|reset-on-fork v|verbose h|help V|version',
		nothing: ['--pid', '--system'],
	},
	{ names: ['coresched'], options: 's|source=s d|dest=s t|dest-type=s v|verbose h|help V|version' },
	{
		names: ['prlimit'],
		options: `
			p|pid=s o|output=s noheadings raw verbose h|help V|version c|core:s d|data:s e|nice:s f|fsize:s
			i|sigpending:s l|memlock:s m|rss:s n|nofile:s q|msgqueue:s r|rtprio:s s|stack:s t|cpu:s u|nproc:s v|as:s
			x|locks:s y|rttime:s
		`,
		nothing: ['--pid'],
	},
	{ names: ['choom'], options: ['n|adjust=s', 'p|pid=s', 'h|help', 'V|version'], nothing: ['--pid'] },
	{
		names: ['cpulimit'],
		options: `
			p|pid=s e|exe=s P|path=s l|limit=s c|cpu=s v|verbose z|lazy i|include-children b|background f|foreground
			q|quiet k|kill r|restore s|signal=s m|monitor-forks h|help
		`,
	},
	{
		names: ['softlimit'],
		options: 'a=s c=s d=s f=s l=s m=s n=s o=s p=s r=s s=s t=s y=s H=s',
	},
	{ names: ['setlock'], options: ['n', 'N', 'x', 'X'], operands: 1 },
	{
		names: ['envdir', 'envuidgid', 'setuidgid', 'pgrphack', 's6-envdir', 's6-setuidgid', 's6-setlock', 's6-setsid'],
		options: [],
		operands: 1,
	},
	// Getopt::Std warns of an unknown letter and goes on.
	{ names: ['chronic'], options: [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'] },
	{ names: ['ifne'], options: ['n'] },
	{ names: ['catchsegv', 'eatmydata', 'noglob', 'nocorrect'], options: [] },
	{ names: ['logsave'], options: ['a', 's', 'v'], operands: 1 },
	{ names: ['caffeinate'], options: 'd i s u m t=s w=s' },
	{
		names: ['systemd-inhibit'],
		options: ['what=s', 'who=s', 'why=s', 'mode=s', 'list', 'no-pager', 'no-legend', 'no-ask-password', ...about],
	},
	{
		names: ['gnome-session-inhibit'],
		options: 'app-id=s reason=s inhibit=s inhibit-only l|list h|help version',
	},
	{
		names: ['systemd-cat'],
		options: `
			h|help version t|identifier=s p|priority=s stderr-priority=s level-prefix=s namespace=s
		`,
	},
	{ names: ['unbuffer'], options: ['p'] },
	{
		names: ['rlwrap', 'readline-wrap'],
		options: `
			a|always-readline:s A|ansi-colour-aware:s b|break-chars=s B|set-term-name=s c|complete-filenames
			C|command-name=s D|history-no-dupes=s e|extra-char-after-completion=s E|case-insensitive f|file=s
			g|forget-matching=s h|help H|history-filename=s i I|pass-sigint-as-sigterm l|logfile=s m|multi-line:s
			M|multi-line-ext=s n|no-warnings N|no-children o|one-shot O|only-cook=s p|prompt-colour:s P|pre-given=s
			q|quote-characters=s r|remember R|renice s|histsize=s S|substitute-prompt=s t|set-terminal=s
			u|mirror-arguments U|mirror-arguments-always v|version w|wait-before-prompt=s W|polling:s x z|filter=s
		`,
		commands: ['--filter'],
	},
	{
		names: ['fakeroot', 'fakeroot-ng', 'fakeroot-sysv', 'fakeroot-tcp'],
		options: 'l|lib=s f|faked=s u|unknown-is-real b|fd-base=s i=s s=s v|version h|help',
		startsShell: true,
		commands: ['--faked'],
	},
	{
		names: ['fakechroot'],
		options: `
			s|use-system-libs l|lib=s d|elfloader=s e|environment=s c|config-dir=s b|bindir=s v|version h|help
		`,
		startsShell: true,
	},
	{
		names: ['faketime', 'datefudge'],
		options: 'f m p=s s|static exclude-monotonic date-prog=s h|help v|version',
		operands: 1,
	},
	{
		names: ['torsocks'],
		options: `
			u|user=s p|pass=s P|port=s a|address=s i|isolate shell d|debug q|quiet h|help version
		`,
		nothing: ['--help'],
		startsShell: true,
	},
	{
		names: ['torify', 'usewithtor', 'tsocks', 'proxybound'],
		options: 'v|verbose V|version h|help d|debug q|quiet i|isolate',
	},
	{ names: ['proxychains', 'proxychains4', 'proxychains-ng'], options: ['q', 'f=s', 'help'] },
	{
		names: ['xvfb-run'],
		options: `
			a|auto-servernum e|error-file=s f|auth-file=s n|server-num=s l|listen-tcp p|xauth-protocol=s s|server-args=s
			w|wait=s h|help
		`,
	},
	{
		names: ['dbus-run-session'],
		options: ['config-file=s', 'dbus-daemon=s', 'h|help', 'version'],
		commands: ['--dbus-daemon'],
	},
	{
		names: ['dbus-launch'],
		options: `
			sh-syntax csh-syntax binary-syntax auto-syntax close-stderr exit-with-session exit-with-x11 autolaunch=s
			config-file=s help version
		`,
	},
	{ names: ['ssh-agent'], options: 'a=s c D d E=s k O=s P=s s t=s T u U x' },
	{ names: ['cgexec'], options: 'g=s r|rules-by-gid b sticky h|help S=s' },
	{
		names: ['numactl'],
		options: `
			a|all b|balancing i|interleave=s w|weighted-interleave=s p|preferred=s P|preferred-many=s m|membind=s
			N|cpunodebind=s C|physcpubind=s l|localalloc H|hardware s|show cpubind=s f|file=s o|offset=s length=s
			M|shmmode=s d|dump D|dump-nodes strict t|touch S|shm=s I|shmid=s V|verify h|help v|version
		`,
	},
	{
		names: ['hugectl'],
		options: `
			heap:s text:s data:s bss:s shm thp no-preload no-reserve force-preload dry-run share-text library-use-path
			verbose=s help
		`,
	},
	{ names: ['grc'], options: 'e|stderr s|stdout c|config=s C|color=s pty colour=s h|help' },
	{ names: ['aa-exec'], options: 'p|profile=s n|namespace=s i|immediate v|verbose d|debug h|help' },
	{ names: ['runcon'], options: ['c|compute', 't|type=s', 'u|user=s', 'r|role=s', 'l|range=s', ...about], operands: 1 },
	{
		names: [
			'game-performance',
			'gamemoderun',
			'mangohud',
			'prime-run',
			'optirun',
			'primusrun',
			'obs-gamecapture',
			'steam-run',
		],
		options: ['dlsym', 'help', 'version'],
	},
	{
		names: ['sem'],
		options: 'j|jobs=s id|semaphore-name=s fg wait bg u|ungroup q|quote st|semaphore-timeout=s',
		joins: true,
	},
	{
		names: ['retry'],
		options: 'u|until=s w|while=s d|delay=s m|message=s t|times=s v|verbose V|version h|help',
	},
	{
		names: ['daemon'],
		options: `
			n|name=s u|user=s U|unsafe S|safe c|core X|command=s P|pidfiles=s F|pidfile=s e|env=s i|inherit D|chdir=s
			m|umask=s r|respawn a|acceptable=s A|attempts=s L|delay=s M|limit=s idiot f|foreground p|pty:s B|bind
			l|errlog=s b|dbglog=s o|output=s O|stdout=s E|stderr=s ignore-eof read-eof running restart stop signal=s
			list v|verbose:s d|debug:s C|config=s N|noconfig h|help V|version
		`,
		scripts: ['--command'],
		directory: ['--chdir'],
		gaps: { '--config': 'a configuration file may name a program' },
	},
	{ names: ['daemonize'], options: 'a c=s e=s E=s l=s o=s p=s u=s v', directory: ['-c'] },
	{ names: ['dtach'], options: 'A=s c=s n=s N=s a=s p=s e=s E r=s R=s z' },
	{ names: ['abduco'], options: 'a A=s c=s n=s e=s f l p q r v' },
];

const linkers = /^(?:ld(?:-linux[\w.-]*)?\.so(?:\.\d+)*|ld-musl-[\w.-]+|ld-\d[\d.]*\.so|ld64\.so(?:\.\d+)*)$/;

/** The dynamic linker, called as a program, runs the program it is given. */
const linkerTable: Wrapper = {
	names: ['ld.so'],
	options: [
		...['list', 'verify', 'inhibit-cache', 'library-path=s', 'inhibit-rpath=s', 'audit=s', 'preload=s', 'argv0=s'],
		...['glibc-hwcaps-prepend=s', 'glibc-hwcaps-mask=s', 'list-tunables', 'list-diagnostics', ...about],
	],
	// It takes a path, and looks for none in PATH.
	elsewhere: true,
	nothing: ['--list', '--verify', '--list-tunables', '--list-diagnostics'],
	gaps: {
		'--preload': '`--preload` loads code',
		'--audit': '`--audit` loads code',
		'--library-path': '`--library-path` loads code',
	},
	abbreviations: false,
};
const linkerGrammar = wrapperGrammar(linkerTable);

const linker: Program = {
	names: ['ld.so', 'ld-linux.so.2', 'ld-linux-x86-64.so.2'],
	pattern: linkers,
	read: (argv, around) => readWrapper(linkerTable, linkerGrammar, argv, around),
};

const archTable: Wrapper = {
	names: ['setarch'],
	options: `
		B|32bit F|fdpic-funcptrs I|short-inode L|addr-compat-layout R|addr-no-randomize S|whole-seconds
		T|sticky-timeouts X|read-implies-exec Z|mmap-page-zero 3|3gb 4gb uname-2.6 v|verbose list p|pid=s show:s
		h|help V|version
	`,
	startsShell: true,
	nothing: ['--list', '--pid', '--show'],
};
const archGrammar = wrapperGrammar(archTable);
const architectures =
	/^(?:x86_64|i\d86|linux(?:32|64)|uname26|arm\w*|aarch64|ppc\w*|s390x?|sparc\w*|mips\w*|ia64|alpha|parisc\w*|riscv\w*|loong\w*|athlon)$/;

/** `setarch [arch] [options] [program]`; called by the name of an architecture it takes none. */
const setarch: Program = {
	names: [
		'setarch',
		'linux32',
		'linux64',
		'uname26',
		'i386',
		'i486',
		'i586',
		'i686',
		'x86_64',
		'ppc',
		'ppc64',
		'sparc',
		'sparc64',
		's390',
		's390x',
		'mips',
		'mips64',
		'arm',
		'armv7l',
		'aarch64',
	],
	read(argv, around) {
		const [, first] = argv;
		const isArch = first && isStatic(first) && architectures.test(first.value);
		return readWrapper(archTable, archGrammar, argv, around, isArch ? 2 : 1);
	},
};

const watchTable: Wrapper = {
	names: ['watch'],
	options: `
		b|beep c|color C|no-color d|differences:s e|errexit f|follow g|chgexit n|interval=s p|precise q|equexit=s
		r|no-rerun s|shotsdir=s t|no-title w|no-wrap x|exec h|help v|version
	`,
	joins: true,
};
const watchGrammar = wrapperGrammar(watchTable);
const watch: Program = {
	names: ['watch', 'viddy', 'hwatch'],
	read(argv, around) {
		const exec = readWrapper({ ...watchTable, joins: false }, watchGrammar, argv, around);
		return exec.flags?.includes('--exec') ? exec : readWrapper(watchTable, watchGrammar, argv, around);
	},
};

export const processWrapperPrograms: readonly Program[] = [...tables.map(wrapper), watch]
	.flatMap(apart)
	.concat(linker, setarch);
