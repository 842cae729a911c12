// Cluster and machine tools that run programs somewhere else: kubectl, lxc, vagrant, development shells.

import { hasOption, lastValue, makeGrammar, readOptions, valuesOf } from '../options.ts';
import type { Around, Program, ProgramGap, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { attached, firstKnown, isStatic, literal } from '../word-parts.ts';
import { apart } from './apart.ts';
import { fileReading } from './code-program.ts';
import { fromVariables, launchTail, merged, scriptLaunch } from './launching.ts';
import { readingOf, readWrapper, type Wrapper, wrapperGrammar } from './wrapper.ts';

const elsewhere = { elsewhere: true } as const;

const kubectlGrammar = makeGrammar({
	onUnknown: 'flag',
	abbreviations: false,
	options: `
		n|namespace=s context=s cluster=s user=s kubeconfig=s s|server=s token=s as=s as-group=s as-uid=s cache-dir=s
		certificate-authority=s client-certificate=s client-key=s request-timeout=s tls-server-name=s password=s
		username=s profile=s profile-output=s v=s vmodule=s log-flush-frequency=s insecure-skip-tls-verify
		match-server-version c|container=s i|stdin t|tty q|quiet f|filename=s pod-running-timeout=s l|selector=s
		o|output=s k|kustomize=s image=s image-pull-policy=s restart=s labels=s env=s port=s overrides=s
		override-type=s annotations=s rm command attach expose dry-run:s target=s copy-to=s replace same-node
		share-processes set-image=s custom=s from-file=s from-env-file=s from-literal=s all A|all-namespaces field-selector=s template=s since=s since-time=s
		tail=s timeout=s grace-period=s cascade:s for=s p=s patch=s type=s replicas=s field-manager=s subresource=s
		sort-by=s L|label-columns=s force w|watch wait:s R|recursive previous show-labels h|help
	`,
});

const kubectl: Program = {
	names: ['kubectl', 'oc', 'k3s-kubectl', 'microk8s.kubectl', 'minikube-kubectl'],
	read(argv, around) {
		const program = argv[0]?.value?.split('/').at(-1) ?? 'kubectl';
		const options = readOptions(argv, kubectlGrammar);
		const verb = options.operands.find(isStatic)?.value;
		const facts = kubectlFacts(options);
		const given = valuesOf(options, '--from-file', '--from-env-file').map(afterKey);
		const base = merged(
			readingOf(options),
			{ facts, subcommands: verb === undefined ? [] : [verb] },
			fileReading('reads', given, around),
		);
		const editor = fromVariables(around, ['KUBE_EDITOR', 'EDITOR', 'KUBECTL_EXTERNAL_DIFF']);
		const asks = verb === 'edit' || verb === 'diff' ? editor : {};
		if (verb === undefined || !['exec', 'run', 'debug', 'rsh'].includes(verb)) {
			const isDynamic = verb === undefined && options.operands.length > 0;
			// A sub-command that it does not have is a plug-in: a program `kubectl-name`.
			return merged(
				base,
				asks,
				isDynamic
					? { unsure: ['subcommands'], mayRunArguments: true }
					: { mayRunArguments: !known.has(verb ?? 'help') },
			);
		}
		const terms = { ...elsewhere, as: [program, verb] };
		const at = argv.findIndex((word) => word.value === '--');
		if (at >= 0) return merged(base, launchTail(argv, at + 1, around, terms));
		// Without `--` the words behind the pod are the program, an old spelling.
		if (options.gap) return { ...base, gaps: [options.gap], mayRunArguments: true };
		if (verb !== 'exec' && verb !== 'rsh') return base;
		const third = options.at[2];
		return third === undefined ? base : merged(base, launchTail(argv, third, around, terms));
	},
};

/** `key=path`, or a path alone. */
function afterKey(word: Word): Word {
	const equals = firstKnown(word).indexOf('=');
	return equals < 0 ? word : attached(word, equals + 1);
}

function kubectlFacts(options: ReturnType<typeof readOptions>): Record<string, string | boolean> {
	const facts: Record<string, string | boolean> = {};
	for (const name of ['namespace', 'context', 'image']) {
		const value = lastValue(options, `--${name}`)?.value;
		if (value !== undefined) facts[name] = value;
	}
	return facts;
}

const known: ReadonlySet<string> = new Set([
	...[
		'annotate',
		'api-resources',
		'api-versions',
		'apply',
		'attach',
		'auth',
		'autoscale',
		'certificate',
		'cluster-info',
		'completion',
		'config',
	],
	...[
		'cordon',
		'cp',
		'create',
		'delete',
		'describe',
		'diff',
		'drain',
		'edit',
		'events',
		'explain',
		'expose',
		'get',
		'help',
		'kustomize',
		'label',
		'logs',
	],
	...[
		'options',
		'patch',
		'plugin',
		'port-forward',
		'proxy',
		'replace',
		'rollout',
		'scale',
		'set',
		'taint',
		'top',
		'uncordon',
		'version',
		'wait',
	],
	...[
		'login',
		'logout',
		'project',
		'projects',
		'status',
		'new-app',
		'new-project',
		'start-build',
		'adm',
		'whoami',
		'process',
		'tag',
		'import-image',
	],
]);

/** A tool whose one sub-command starts a program behind so many operands. */
interface Tool {
	readonly names: readonly string[];
	readonly verbs: Readonly<Record<string, Wrapper>>;
	/** Global options that take a value. */
	readonly valued?: readonly string[];
	/** Where there are dashes, the program is what stands behind them. */
	readonly isBehindDashes?: boolean;
	/** Any other sub-command treats its arguments as data. Default true. */
	readonly isInert?: boolean;
}

const lxcExec: Wrapper = {
	names: ['exec'],
	options: `
		cwd=s n|disable-stdin env=s t|force-interactive T|force-noninteractive group=s mode=s user=s project=s q|quiet
		v|verbose debug force-local h|help
	`,
	operands: 1,
	elsewhere: true,
};
const plain = (options: readonly string[], more: Partial<Wrapper> = {}): Wrapper => ({
	names: ['run'],
	options,
	elsewhere: true,
	...more,
});

const tools: readonly Tool[] = [
	{ names: ['lxc', 'incus'], verbs: { exec: { ...lxcExec, options: lxcExec.options } }, valued: ['--project'] },
	{
		names: ['crictl'],
		verbs: {
			exec: plain(
				['i|interactive', 't|tty', 's|sync', 'timeout=s', 'e', 'q', 'x=s', 'tls', 'transport=s', 'ignore-errors'],
				{ operands: 1 },
			),
		},
		valued: ['-c', '--config', '-r', '--runtime-endpoint', '-i', '--image-endpoint', '-t', '--timeout'],
	},
	{ names: ['ctr'], verbs: {}, isInert: false },
	{
		names: ['runc', 'crun'],
		verbs: {
			exec: plain(
				[
					'console-socket=s',
					'cwd=s',
					'e|env=s',
					't|tty',
					'u|user=s',
					'g|additional-gids=s',
					'p|process=s',
					'd|detach',
					'pid-file=s',
					'process-label=s',
					'apparmor=s',
					'no-new-privs',
					'c|cap=s',
					'preserve-fds=s',
					'cgroup=s',
					'ignore-paused',
				],
				{ operands: 1 },
			),
		},
		valued: ['--root', '--log', '--log-format'],
		isInert: false,
	},
	{
		names: ['distrobox'],
		isBehindDashes: true,
		verbs: {
			enter: plain(
				[
					'n|name=s',
					'e|exec',
					'T|no-tty',
					'nw|no-workdir',
					'a|additional-flags=s',
					'r|root',
					'd|dry-run',
					'v|verbose',
					'h|help',
				],
				{ operands: 0 },
			),
		},
		isInert: false,
	},
	{
		names: ['limactl', 'colima', 'lima'],
		verbs: {
			shell: plain(['shell=s', 'workdir=s', 'debug', 'tty:s', 'preserve-env', 'start'], { operands: 1 }),
			ssh: plain(['l|layer', 'p|profile=s']),
		},
		isInert: false,
	},
	{
		names: ['apptainer', 'singularity'],
		verbs: {
			exec: plain(
				[
					'B|bind=s',
					'c|contain',
					'C|containall',
					'e|cleanenv',
					'H|home=s',
					'n|net',
					'network=s',
					'nv',
					'rocm',
					'o|overlay=s',
					'p|pid',
					'i|ipc',
					'pwd=s',
					'cwd=s',
					'S|scratch=s',
					's|shell=s',
					'u|userns',
					'uts',
					'W|workdir=s',
					'w|writable',
					'writable-tmpfs',
					'f|fakeroot',
					'env=s',
					'env-file=s',
					'app=s',
					'no-home',
					'no-mount=s',
					'no-privs',
					'keep-privs',
					'mount=s',
					'hostname=s',
					'security=s',
				],
				{ operands: 1 },
			),
		},
		isInert: false,
	},
	{ names: ['flatpak'], verbs: { run: plain([], { operands: 0 }) }, isInert: false },
	{
		names: ['snap'],
		verbs: { run: plain(['shell', 'gdb', 'strace:s', 'trace-exec', 'hook=s', 'r=s'], { operands: 0 }) },
	},
	{
		names: [
			'docker-machine',
			'multipass',
			'orb',
			'orbctl',
			'fly',
			'flyctl',
			'heroku',
			'gcloud',
			'az',
			'adb',
			'fastboot',
			'salt',
			'ansible',
			'pulumi',
			'eb',
		],
		verbs: {},
		isInert: false,
	},
];

function tool(one: Tool): Program {
	const verbs = new Map(
		Object.entries(one.verbs).map(([verb, table]) => [verb, { table, grammar: wrapperGrammar(table) }]),
	);
	return { names: one.names, read: (argv, around) => readTool(one, verbs, argv, around) };
}

type Verbs = ReadonlyMap<string, { readonly table: Wrapper; readonly grammar: ReturnType<typeof wrapperGrammar> }>;

function readTool(one: Tool, verbs: Verbs, argv: readonly Word[], around: Around): Reading {
	let at = 1;
	while (at < argv.length && /^-/.test(argv[at]?.value ?? ''))
		at += one.valued?.includes(argv[at]?.value ?? '') ? 2 : 1;
	const word = argv[at];
	if (word && !isStatic(word)) return { gaps: [subcommandGap], mayRunArguments: true };
	const verb = word?.value ?? '';
	const found = verbs.get(verb);
	if (!found) return { subcommands: verb === '' ? [] : [verb], mayRunArguments: one.isInert === false };
	const as = [argv[0]?.value?.split('/').at(-1) ?? '', verb];
	const dashes = argv.findIndex((word, index) => index > at && word.value === '--');
	if (one.isBehindDashes && dashes > 0)
		return merged({ subcommands: [verb] }, launchTail(argv, dashes + 1, around, { ...elsewhere, as }));
	return readWrapper(found.table, found.grammar, argv, around, at + 1, { as });
}
const flakeGap: ProgramGap = { kind: 'program', detail: 'which program a flake runs stands in the flake' };
const subcommandGap: ProgramGap = { kind: 'arguments', detail: 'the sub-command is known only at run time' };

const vagrantGrammar = makeGrammar({
	options: `
		c|command=s p|plain t|tty:s h|help machine-readable v|version debug color no-color no-tty
	`,
	onUnknown: 'flag',
});
const vagrant: Program = {
	names: ['vagrant'],
	read(argv, around) {
		const options = readOptions(argv, vagrantGrammar);
		const verb = options.operands[0]?.value;
		const base = merged(readingOf(options), { subcommands: verb === undefined ? [] : [verb] });
		if (verb === 'ssh' || verb === 'winrm') {
			const launches = valuesOf(options, '--command').map((text) =>
				scriptLaunch(text, { ...elsewhere, as: ['vagrant', verb] }),
			);
			// What stands behind dashes are arguments of ssh: its options, then the command.
			const dashes = argv.findIndex((word) => word.value === '--');
			const behind = dashes < 0 ? [] : argv.slice(dashes + 1);
			const ssh = behind.length > 0 ? readAsSsh(behind, around) : {};
			return merged(base, { launches, gaps: options.gap && !launches.length ? [options.gap] : [] }, ssh);
		}
		return base;
	},
};

function readAsSsh(words: readonly Word[], around: Around): Reading {
	return {
		launches: [
			{
				kind: 'argv',
				argv: [literal('ssh'), literal('vagrant'), ...words],
				isVirtual: true,
				...(around.isOpenEnded && { isOpenEnded: true }),
				...elsewhere,
				as: ['vagrant', 'ssh'],
			},
		],
	};
}

const nixGrammar = makeGrammar({
	onUnknown: 'flag',
	options: `
		run|command=s p|packages I=s A|attr=s arg=s{2} argstr=s{2} E|expr pure impure i=s keep=s exclude=s
		j|max-jobs=s option=s{2} cores=s
	`,
});
const nixShell: Program = {
	names: ['nix-shell'],
	read(argv) {
		const options = readOptions(argv, nixGrammar);
		const terms = hasOption(options, '--pure') ? elsewhere : {};
		const launches = valuesOf(options, '--run').map((text) => scriptLaunch(text, terms));
		const interpreter: readonly ProgramGap[] = hasOption(options, '-i')
			? [{ kind: 'file', detail: '`nix-shell -i` runs an interpreter on a file' }]
			: [];
		const gaps = [...interpreter, ...(options.gap ? [options.gap] : [])];
		const input = launches.length === 0 && interpreter.length === 0 ? [{ kind: 'input' as const, ...terms }] : [];
		return merged(readingOf(options), { launches: [...launches, ...input], gaps });
	},
};

/** `nix develop -c program …`, `nix shell pkg -c program …`; `nix run` builds and runs what a flake says. */
const nix: Program = {
	names: ['nix'],
	read(argv, around) {
		const verb = argv[1]?.value;
		const at = argv.findIndex((word) => word.value === '-c' || word.value === '--command');
		const base: Reading = { subcommands: verb === undefined ? [] : [verb] };
		if (verb === 'run') return { ...base, gaps: [flakeGap], mayRunArguments: true };
		if ((verb === 'develop' || verb === 'shell' || verb === 'env') && at > 0) {
			return merged(base, launchTail(argv, at + 1, around, { as: ['nix', verb] }));
		}
		return argv.some((word) => word.splits) ? { ...base, gaps: [subcommandGap], mayRunArguments: true } : base;
	},
};

export const clusterPrograms: readonly Program[] = [kubectl, ...tools.map(tool), vagrant, nixShell, nix].flatMap(apart);
