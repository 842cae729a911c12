// Wrappers that watch, measure or debug the program they start.

import { hasOption, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Launch, Program } from '../program.ts';
import { isStatic } from '../word-parts.ts';
import { apart } from './apart.ts';
import { fromInput, launchTail, merged, scriptLaunch, splitLaunch } from './launching.ts';
import { readingOf, readWrapper, type Wrapper, wrapper, wrapperGrammar } from './wrapper.ts';

const tables: readonly Wrapper[] = [
	{
		names: ['strace', 'strace64'],
		options: `
			f|follow-forks F c|summary-only C|summary d|debug D|daemonize:s h|help i|instruction-pointer k|stack-trace:s
			n|syscall-number N|arg-names q|quiet:s r|relative-timestamps:s t T|syscall-times:s v|no-abbrev V|version
			w|summary-wall-clock x y Y decode-pids=s z|successful-only Z|failed-only A|output-append-mode a|columns=s
			b|detach-on=s e=s E|env=s I|interruptible=s o|output=s O|summary-syscall-overhead=s p|attach=s
			P|trace-path=s S|summary-sort-by=s s|string-limit=s u|user=s U|summary-columns=s X|const-print-style=s
			argv0=s trace=s abbrev=s verbose=s raw=s read=s write=s signal=s status=s fault=s inject=s kvm=s
			decode-fds:s namespace=s output-separately timestamps:s absolute-timestamps:s strings-in-hex:s tips:s
			seccomp-bpf always-show-pid print-interpreted-paths secontext:s
		`,
	},
	{
		names: ['ltrace'],
		options: `
			a|align=s A=s b|no-signals c C|demangle D|debug=s e=s f F|config=s h|help i l|library=s L n|indent=s
			o|output=s p=s r s=s S t T u=s V|version w|where=s x=s
		`,
	},
	{
		names: ['valgrind'],
		// Every long option has its value attached; the short ones take none.
		options: ['q|quiet', 'v|verbose', 'h|help', 'help-debug', 'help-dyn-options', 'version', 'd', ...valgrindLong()],
		abbreviations: false,
	},
	{
		names: ['multitime'],
		options: 'f=s I=s i=s l p n=s o=s q r=s s=s v b=s c=s',
		scripts: ['-i', '-o', '-r'],
		gaps: { '-b': '`multitime -b` reads commands from a file' },
	},
	{
		names: ['pidstat'],
		options: 'C=s d G=s h H human I l R r s t U:s u V v w p=s T=s dec=s e',
		nothing: ['-V'],
	},
	{
		names: ['heaptrack'],
		options: 'r|raw d|debug o|output=s h|help v|version p|pid=s record-only',
	},
	{
		names: ['kcov'],
		options: `
			include-path=s exclude-path=s include-pattern=s exclude-pattern=s clean verify skip-solibs cobertura-only
			bash-dont-parse-binary-dir bash-method=s debug=s
		`,
		operands: 1,
	},
	{
		names: ['apitrace', 'xtrace', 'x11trace'],
		options: `
			d|display=s D|fakedisplay=s k|keeprunning n|nocopyauthentication o|outfile=s b|buffered i|interactive
			s|stopwhendone W|wait w|waitforclient f|authfile=s
		`,
	},
	{
		names: ['bear', 'intercept-build', 'scan-build'],
		options: `
			o|output=s append a v|verbose config=s force-preload force-wrapper k V h|help cdb=s use-cc=s use-c++=s
			status-bugs analyze-headers html-title=s enable-checker=s disable-checker=s
		`,
	},
	{
		names: ['distcc', 'ccache', 'sccache', 'icecc', 'colorgcc', 'cachecc1'],
		options: `
			help version s|show-stats z|zero-stats C|clear c|cleanup j k|get-config=s o|set-config=s p|show-config
			M|max-size=s F|max-files=s V stop-server start-server scan-includes show-hosts
		`,
	},
];

function valgrindLong(): readonly string[] {
	const names = [
		...[
			'tool',
			'trace-children',
			'trace-children-skip',
			'trace-children-skip-by-arg',
			'child-silent-after-fork',
			'vgdb',
			'vgdb-error',
		],
		...[
			'vgdb-stop-at',
			'track-fds',
			'time-stamp',
			'log-fd',
			'log-file',
			'log-socket',
			'xml',
			'xml-fd',
			'xml-file',
			'xml-socket',
		],
		...[
			'xml-user-comment',
			'demangle',
			'num-callers',
			'unw-stack-scan-thresh',
			'unw-stack-scan-frames',
			'error-limit',
			'error-exitcode',
		],
		...[
			'exit-on-first-error',
			'error-markers',
			'show-error-list',
			's',
			'sigill-diagnostics',
			'keep-debuginfo',
			'show-below-main',
		],
		...[
			'fullpath-after',
			'extra-debuginfo-path',
			'debuginfo-server',
			'allow-mismatched-debuginfo',
			'suppressions',
			'gen-suppressions',
		],
		...[
			'input-fd',
			'dsymutil',
			'max-stackframe',
			'main-stacksize',
			'max-threads',
			'realloc-zero-bytes-frees',
			'alignment',
			'redzone-size',
		],
		...[
			'xtree-memory',
			'xtree-memory-file',
			'leak-check',
			'leak-resolution',
			'show-leak-kinds',
			'errors-for-leak-kinds',
			'leak-check-heuristics',
		],
		...[
			'show-reachable',
			'show-possibly-lost',
			'xtree-leak',
			'xtree-leak-file',
			'undef-value-errors',
			'track-origins',
			'partial-loads-ok',
		],
		...[
			'expensive-definedness-checks',
			'keep-stacktraces',
			'freelist-vol',
			'freelist-big-blocks',
			'workaround-gcc296-bugs',
			'ignore-range-below-sp',
		],
		...[
			'ignore-ranges',
			'malloc-fill',
			'free-fill',
			'show-mismatched-frees',
			'callgrind-out-file',
			'dump-line',
			'dump-instr',
			'compress-strings',
		],
		...[
			'compress-pos',
			'combine-dumps',
			'dump-every-bb',
			'dump-before',
			'dump-after',
			'zero-before',
			'instr-atstart',
			'collect-atstart',
		],
		...[
			'toggle-collect',
			'collect-jumps',
			'collect-systime',
			'collect-bus',
			'cache-sim',
			'branch-sim',
			'cachegrind-out-file',
			'separate-threads',
		],
		...[
			'separate-callers',
			'simulate-wb',
			'simulate-hwpref',
			'cacheuse',
			'massif-out-file',
			'heap',
			'heap-admin',
			'stacks',
			'pages-as-heap',
		],
		...[
			'depth',
			'alloc-fn',
			'ignore-fn',
			'threshold',
			'peak-inaccuracy',
			'time-unit',
			'detailed-freq',
			'max-snapshots',
			'free-is-write',
		],
		...[
			'history-level',
			'conflict-cache-size',
			'check-stack-refs',
			'ignore-thread-creation',
			'smc-check',
			'read-inline-info',
			'read-var-info',
		],
		...[
			'vgdb-poll',
			'vgdb-shadow-registers',
			'vgdb-prefix',
			'run-libc-freeres',
			'run-cxx-freeres',
			'sim-hints',
			'scheduling-quantum',
			'fair-sched',
		],
		...[
			'kernel-variant',
			'merge-recursive-frames',
			'num-transtab-sectors',
			'avg-transtab-entry-size',
			'aspace-minaddr',
			'valgrind-stacksize',
		],
		...[
			'show-emwarns',
			'require-text-symbol',
			'soname-synonyms',
			'progress-interval',
			'trace-malloc',
			'trace-syscalls',
			'trace-signals',
			'I1',
			'D1',
			'LL',
		],
	];
	return names.filter((name) => name.length > 1).map((name) => `${name}:s`);
}

const perfTables: Readonly<Record<string, Wrapper>> = {
	stat: {
		names: ['perf stat'],
		options: `
			T|transaction e|event=s filter=s i|no-inherit p|pid=s t|tid=s a|all-cpus g|group scale v|verbose r|repeat=s
			table n|null d|detailed S|sync B|big-num C|cpu=s A|no-aggr x|field-separator=s G|cgroup=s o|output=s append
			log-fd=s pre=s post=s I|interval-print=s interval-count=s timeout=s per-socket per-core per-thread per-die
			per-node D|delay=s M|metrics=s topdown no-merge metric-only j|json-output summary quiet  smi-cost
			all-kernel all-user
		`,
		scripts: ['--pre', '--post'],
	},
	record: {
		names: ['perf record'],
		options: `
			e|event=s filter=s exclude-perf p|pid=s t|tid=s r|realtime=s no-buffering R|raw-samples a|all-cpus C|cpu=s
			c|count=s o|output=s i|no-inherit F|freq=s strict-freq m|mmap-pages=s group g call-graph=s v|verbose q|quiet
			s|stat d|data phys-addr T|timestamp P|period sample-cpu n|no-samples N|no-buildid-cache B|no-buildid
			G|cgroup=s D|delay=s I|intr-regs:s user-regs:s running-time k|clockid=s S|snapshot:s switch-events
			switch-output:s switch-max-files=s all-kernel all-user u|uid=s b|branch-any j|branch-filter=s weight
			transaction per-thread namespaces proc-map-timeout=s tail-synthesize overwrite z|compression-level:s
			vmlinux=s clang-path=s clang-opt=s dry-run affinity=s max-size=s num-thread-synthesize=s off-cpu threads:s
			synth=s control=s
		`,
		gaps: { '--clang-path': '`--clang-path` names a program' },
	},
	trace: {
		names: ['perf trace'],
		options: `
			e|event=s expr=s a|all-cpus p|pid=s t|tid=s C|cpu=s o|output=s s|summary S|with-summary T|time v|verbose
			duration=s f|force F|pf=s call-graph=s u|uid=s i|input=s m|mmap-pages=s D|delay=s max-events=s failure
			no-inherit kernel-syscall-graph max-stack=s G|cgroup=s filter=s comm errno-summary libtraceevent_print
		`,
	},
	mem: {
		names: ['perf mem'],
		options: `
			t|type=s D|dump-raw-samples x|field-separator=s C|cpu=s U|hide-unresolved p|phys-data i|input=s f|force
			K|all-kernel e|event=s
		`,
		operands: 1,
	},
	lock: { names: ['perf lock'], options: 'i|input=s o|output=s v|verbose q|quiet f|force', operands: 1 },
};
const perfGrammars = new Map(
	Object.entries(perfTables).map(([name, table]) => [name, { table, grammar: wrapperGrammar(table) }]),
);

const perf: Program = {
	names: ['perf'],
	read(argv, around) {
		const [, first] = argv;
		const name = first && isStatic(first) ? first.value : undefined;
		const known = name === undefined ? undefined : perfGrammars.get(name);
		if (known && name !== undefined)
			return readWrapper(known.table, known.grammar, argv, around, 2, { as: ['perf', name] });
		const isReport =
			/^(?:report|annotate|list|diff|evlist|buildid-(?:list|cache)|archive|data|config|version|help|--version|--help)$/.test(
				name ?? '',
			);
		return { subcommands: name === undefined || name.startsWith('-') ? [] : [name], mayRunArguments: !isReport };
	},
};

const hyperfineGrammar = makeGrammar({
	options: `
		w|warmup=s m|min-runs=s M|max-runs=s r|runs=s s|setup=s reference=s p|prepare=s C|conclude=s c|cleanup=s
		P|parameter-scan=s{3} D|parameter-step-size=s L|parameter-list=s{2} S|shell=s N i|ignore-failure:s style=s
		sort=s u|time-unit=s export-asciidoc=s export-csv=s export-json=s export-markdown=s export-orgmode=s
		show-output output=s input=s n|command-name=s reference-name=s h|help V|version
	`,
	abbreviations: false,
});
/** Every operand is a command line of its own. */
const hyperfine: Program = {
	names: ['hyperfine'],
	read(argv, around) {
		const options = readOptions(argv, hyperfineGrammar);
		const base = readingOf(options);
		if (options.gap) return { ...base, gaps: [options.gap], mayRunArguments: true };
		const texts = [
			...valuesOf(options, '--setup', '--prepare', '--conclude', '--cleanup', '--reference'),
			...options.operands,
		];
		const plain = hasOption(options, '-N') || valuesOf(options, '--shell').some((word) => word.value === 'none');
		const launches: Launch[] = texts.map((text) => (plain ? splitLaunch(text) : scriptLaunch(text)));
		const shells = valuesOf(options, '--shell').filter((word) => !['none', 'default'].includes(word.value ?? ''));
		launches.unshift(...shells.map((text) => splitLaunch(text)));
		return { ...base, launches, ...(around.isOpenEnded && { gaps: [fromInput] }) };
	},
};

/** `rr record program`, `uftrace record program`; without a sub-command uftrace records too. */
const recordTable: Wrapper = {
	names: ['rr'],
	options: `
		n|no-syscall-buffer h|chaos o|output-trace-dir=s c|num-cpu-ticks=s w|wait a|ignore-error
	`,
};
const recordGrammar = wrapperGrammar(recordTable);
const rr: Program = {
	names: ['rr'],
	read(argv, around) {
		if (argv[1]?.value !== 'record') return { mayRunArguments: true };
		return readWrapper(recordTable, recordGrammar, argv, around, 2, { as: ['rr', 'record'] });
	},
};

/** entr runs its arguments for the files named on its input; `-s` hands the first to a shell, `/_` is the changed file. */
const entrTable: Wrapper = { names: ['entr'], options: 'a c d n p r s x z' };
const entrGrammar = wrapperGrammar(entrTable);
const entr: Program = {
	names: ['entr'],
	read(argv, around) {
		const options = readOptions(argv, entrGrammar);
		const base = readingOf(options);
		if (options.gap) return { ...base, gaps: [options.gap], mayRunArguments: true };
		const [text] = options.operands;
		if (hasOption(options, '-s') && text) return { ...base, launches: [scriptLaunch(text, { placeholder: '/_' })] };
		return merged(base, launchTail(argv, options.rest, around, { placeholder: '/_' }));
	},
};

export const tracerPrograms: readonly Program[] = [...tables.map(wrapper), perf, hyperfine, rr, entr].flatMap(apart);
