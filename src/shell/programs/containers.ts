// Container engines: what they run inside a container, and with which image, mounts and privileges.

import {
	type CompiledGrammar,
	hasOption,
	lastValue,
	makeGrammar,
	type Options,
	readOptions,
	valuesOf,
} from '../options.ts';
import type { Around, Program, Reading } from '../program.ts';
import type { Word } from '../word.ts';
import { firstKnown, isStatic, literal } from '../word-parts.ts';
import { apart } from './apart.ts';
import { fileReading } from './code-program.ts';
import { launchTail, merged } from './launching.ts';
import { readingOf } from './wrapper.ts';

const elsewhere = { elsewhere: true } as const;

const globalGrammar = makeGrammar({
	stopAtOperand: true,
	abbreviations: false,
	options: `
		D|debug v|version h|help config=s c|context=s H|host=s l|log-level=s tls tlscacert=s tlscert=s tlskey=s
		tlsverify connection=s url=s identity=s r|remote root=s runroot=s runtime=s storage-driver=s storage-opt=s
		cgroup-manager=s conmon=s events-backend=s hooks-dir=s module=s namespace|n=s a|address=s syslog
		network-cmd-path=s network-config-dir=s noout out=s ssh=s tmpdir=s transient-store volumepath=s data-root=s
		snapshotter=s cni-path=s cgroup-manager-opt=s debug-full insecure-registry experimental
	`,
});

/** Options of `run`, `create` and `exec` that take a value, long ones first; all others are flags. */
const runGrammar = makeGrammar({
	stopAtOperand: true,
	abbreviations: false,
	options: `
		d|detach i|interactive t|tty P|publish-all q|quiet rm:s privileged:s init:s read-only:s no-healthcheck
		oom-kill-disable sig-proxy:s disable-content-trust:s help use-api-socket replace rmi no-hosts no-hostname
		env-host http-proxy:s passwd:s systemd:s tls-verify:s latest all-rw rootfs:s add-host=s annotation=s arch=s
		a|attach=s authfile=s blkio-weight=s blkio-weight-device=s cap-add=s cap-drop=s cgroup-conf=s cgroup-parent=s
		cgroupns=s cgroups=s chrootdirs=s cidfile=s conmon-pidfile=s cpu-period=s cpu-quota=s cpu-rt-period=s
		cpu-rt-runtime=s c|cpu-shares=s cpus=s cpuset-cpus=s cpuset-mems=s decryption-key=s detach-keys=s device=s
		device-cgroup-rule=s device-read-bps=s device-read-iops=s device-write-bps=s device-write-iops=s dns=s
		dns-opt|dns-option=s dns-search=s domainname=s entrypoint=s e|env=s env-file=s env-merge=s expose=s gidmap=s
		gpus=s group-add=s group-entry=s health-cmd=s health-interval=s health-on-failure=s health-retries=s
		health-start-interval=s health-start-period=s health-timeout=s health-startup-cmd=s h|hostname=s hostuser=s
		image-volume=s init-path=s ip=s ip6=s ipc=s isolation=s kernel-memory=s l|label=s label-file=s link=s
		link-local-ip=s log-driver=s log-opt=s mac-address=s m|memory=s memory-reservation=s memory-swap=s
		memory-swappiness=s mount=s name=s network|net=s network-alias|net-alias=s oom-score-adj=s os=s passwd-entry=s
		personality=s pid=s pidfile=s pids-limit=s platform=s pod=s pod-id-file=s preserve-fds=s preserve-fd=s
		p|publish=s pull=s rdt-class=s requires=s restart=s retry=s retry-delay=s runtime=s sdnotify=s
		seccomp-policy=s secret=s security-opt=s shm-size=s shm-size-systemd=s stop-signal=s stop-timeout=s
		storage-opt=s subgidname=s subuidname=s sysctl=s timeout=s tmpfs=s tz=s uidmap=s ulimit=s umask=s unsetenv=s
		unsetenv-all u|user=s userns=s uts=s variant=s v|volume=s volume-driver=s volumes-from=s w|workdir=s cwd=s
		interactive-only cidfile-only
	`,
});

const composeGlobal = makeGrammar({
	stopAtOperand: true,
	abbreviations: false,
	options: `
		f|file=s p|project-name=s profile=s env-file=s project-directory=s workdir=s parallel=s ansi=s progress=s
		compatibility dry-run all-resources verbose no-ansi log-level=s D|debug v|version h|help insecure-registry=s
		in-pod=s pod-args=s podman-path=s podman-args=s podman-run-args=s H|host=s c|context=s tls tlsverify
	`,
});
const composeRun = makeGrammar({
	stopAtOperand: true,
	abbreviations: false,
	options: `
		b|build cap-add=s cap-drop=s d|detach entrypoint=s e|env=s env-from-file=s i|interactive:s l|label=s name=s
		T|no-TTY|no-tty no-deps p|publish=s pull=s q|quiet quiet-build quiet-pull remove-orphans rm P|service-ports
		t|tty use-aliases u|user=s v|volume=s w|workdir=s index=s privileged dry-run help
	`,
});
/** Sub-commands that start nothing but what lies in an image or a file. */
const dataGrammar = makeGrammar({
	options: 'f|file=s t|tag=s a|all force q|quiet d|detach v|volumes build',
	onUnknown: 'flag',
});

const groups: ReadonlySet<string> = new Set([
	'container',
	'image',
	'volume',
	'network',
	'system',
	'builder',
	'buildx',
	'context',
	'pod',
	'machine',
	'secret',
	'manifest',
	'plugin',
	'node',
	'service',
	'stack',
	'swarm',
	'config',
	'trust',
	'checkpoint',
	'generate',
	'play',
	'kube',
	'farm',
	'quadlet',
	'scout',
	'model',
	'mcp',
	'desktop',
]);

const engines: Program = {
	names: ['docker', 'nerdctl', 'finch', 'lima-nerdctl'],
	read: (argv, around) => readEngine(argv, around),
};
const podman: Program = { names: ['podman', 'podman-remote'], read: (argv, around) => readEngine(argv, around) };
const compose: Program = {
	names: ['docker-compose', 'podman-compose'],
	read: (argv, around) => readCompose(argv, 1, around, [], argv[0]?.value?.split('/').at(-1) ?? 'docker-compose'),
};

function readEngine(argv: readonly Word[], around: Around): Reading {
	const program = argv[0]?.value?.split('/').at(-1) ?? 'docker';
	const options = readOptions(argv, globalGrammar);
	const base = readingOf(options);
	if (options.gap) return blind(base, options);
	const settings: Reading = hasOption(options, '--conmon', '--hooks-dir', '--runtime', '--network-cmd-path')
		? { gaps: [{ kind: 'file', detail: 'a global option names a program of the engine' }] }
		: {};
	const names = subcommandWords(argv, options.rest);
	const [verb, second] = names;
	if (verb === undefined) return merged(base, settings, dynamic(argv[options.rest]));
	if (verb === 'compose')
		return merged(base, settings, readCompose(argv, options.rest + 1, around, ['compose'], program));
	const verbs = groups.has(verb) ? [verb, ...(second === undefined ? [] : [second])] : [verb];
	const from = options.rest + verbs.length;
	const last = verbs.at(-1) ?? '';
	const isContainer = verb === 'container' || !groups.has(verb);
	if (isContainer && ['exec', 'run', 'create'].includes(last)) {
		return merged(
			base,
			settings,
			{ subcommands: verbs },
			readRun(argv, from, around, runGrammar, last, [program, ...verbs]),
		);
	}
	const data = readOptions(argv, dataGrammar, from);
	const made =
		/^(?:secret|config)$/.test(verb) && last === 'create' ? fileReading('reads', data.operands.slice(1), around) : {};
	const copied = isContainer && last === 'cp' ? copyReading(data.operands, around) : {};
	return merged(base, settings, readingOf(data), { subcommands: verbs }, copied, made, secretReading(argv, around));
}

function readRun(
	argv: readonly Word[],
	from: number,
	around: Around,
	grammar: CompiledGrammar,
	verb: string,
	as: readonly string[],
): Reading {
	const options = readOptions(argv, grammar, from);
	const base = merged(readingOf(options), { facts: factsOf(options, verb) }, filesOf(options, around));
	if (options.gap) return blind(base, options);
	const target = argv[options.rest];
	if (target?.splits)
		return {
			...base,
			gaps: [{ kind: 'arguments', detail: 'the image or container may be several words' }],
			mayRunArguments: true,
		};
	const terms = { ...elsewhere, as };
	const entry = lastValue(options, '--entrypoint');
	const rest = options.rest + 1;
	const health = valuesOf(options, '--health-cmd', '--health-startup-cmd').map((text) => ({
		kind: 'script' as const,
		words: [text],
		...terms,
	}));
	const started = { launches: health };
	if (entry && entry.value !== '')
		return merged(base, started, launchTail([...argv.slice(0, rest), entry, ...argv.slice(rest)], rest, around, terms));
	return merged(base, started, target ? launchTail(argv, rest, around, terms) : {});
}

/** Files of this machine whose content the container gets to see: lists of variables, mounts, secrets. */
function filesOf(options: Options, around: Around): Reading {
	const lists = valuesOf(options, '--env-file', '--env-from-file', '--label-file');
	const mounted = valuesOf(options, '--volume').flatMap((word) => hostPath(word) ?? []);
	const bound = valuesOf(options, '--mount').flatMap(
		(word) => /(?:^|,)(?:source|src)=([^,]+)/.exec(word.value ?? '')?.[1] ?? [],
	);
	return fileReading(
		'reads',
		[...lists, ...mounted, ...bound.filter((path) => /[./~]/.test(path)).map(literal)],
		around,
	);
}

/** `./a:/b:ro`: what stands before the colon is a path if it looks like one, else the name of a volume. */
function hostPath(word: Word): Word | undefined {
	if (word.value === undefined)
		return /^[./~]/.test(firstKnown(word)) || firstKnown(word) === '' ? withoutTarget(word) : undefined;
	const [host = '', target] = word.value.split(':');
	return target !== undefined && /^[./~]/.test(host) ? literal(host) : undefined;
}

/** `"$PWD/x:/y"` up to the colon. */
function withoutTarget(word: Word): Word {
	const pieces: (string | null)[] = [];
	for (const piece of word.pieces) {
		const colon = piece?.indexOf(':') ?? -1;
		pieces.push(piece === null || colon < 0 ? piece : piece.slice(0, colon));
		if (colon >= 0) break;
	}
	return { ...word, pieces: pieces.filter((piece) => piece !== '') };
}

/** `build --secret id=a,src=path`. */
function secretReading(argv: readonly Word[], around: Around): Reading {
	const paths = argv.flatMap((word, at) => {
		const isValue = argv[at - 1]?.value === '--secret' || firstKnown(word).startsWith('--secret=');
		return isValue ? (/(?:^|,|=)(?:src|source)=([^,]+)/.exec(word.value ?? '')?.[1] ?? []) : [];
	});
	return fileReading('reads', paths.map(literal), around);
}

/** `cp a container:b`, and the other way round. */
function copyReading(operands: readonly Word[], around: Around): Reading {
	const [from, to] = operands;
	const isThere = (word: Word) => /^[\w.-]+:/.test(firstKnown(word));
	if (!from || !to) return {};
	return isThere(from) ? fileReading('writes', [to], around) : fileReading('reads', [from], around);
}

/** `image`, `privileged`, `mounts`, and which container. */
function factsOf(options: Options, verb: string): Record<string, string | boolean | readonly string[]> {
	const target = options.operands[0];
	const mounts = valuesOf(options, '--volume', '--mount').flatMap((word) => word.value ?? []);
	const name = target && isStatic(target) ? { [verb === 'exec' ? 'container' : 'image']: target.value } : {};
	return {
		...name,
		...(hasOption(options, '--privileged') && { privileged: true }),
		...(mounts.length > 0 && { mounts }),
	};
}

function readCompose(
	argv: readonly Word[],
	from: number,
	around: Around,
	before: readonly string[],
	program: string,
): Reading {
	const options = readOptions(argv, composeGlobal, from);
	const base = merged(readingOf(options), fileReading('reads', valuesOf(options, '--env-file'), around));
	if (options.gap) return blind(base, options);
	const [verb] = subcommandWords(argv, options.rest);
	if (verb === undefined) return merged(base, dynamic(argv[options.rest]));
	const subcommands = [...before, verb];
	if (verb === 'exec' || verb === 'run') {
		const run = readRun(argv, options.rest + 1, around, composeRun, 'exec', [program, ...subcommands]);
		return merged(base, { subcommands }, run);
	}
	return merged(base, { subcommands }, readingOf(readOptions(argv, dataGrammar, options.rest + 1)));
}

/** Up to two known words from here on: a sub-command and its own. */
function subcommandWords(argv: readonly Word[], from: number): readonly string[] {
	const names: string[] = [];
	for (const word of argv.slice(from, from + 2)) {
		if (!isStatic(word) || word.value.startsWith('-')) break;
		names.push(word.value);
	}
	return names;
}

function dynamic(word: Word | undefined): Reading {
	if (!word || isStatic(word)) return {};
	return {
		unsure: ['subcommands'],
		gaps: [{ kind: 'arguments', detail: 'the sub-command is known only at run time' }],
		mayRunArguments: true,
	};
}

function blind(base: Reading, options: Options): Reading {
	return { ...base, ...(options.gap && { gaps: [options.gap] }), mayRunArguments: true };
}

export const containerPrograms: readonly Program[] = [engines, podman, compose].flatMap(apart);
