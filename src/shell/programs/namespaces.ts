// Wrappers that give a program another root, other namespaces or a sandbox.

import { hasOption, readOptions } from '../options.ts';
import type { Program } from '../program.ts';
import { isStatic } from '../word-parts.ts';
import { apart } from './apart.ts';
import { launchTail, merged } from './launching.ts';
import { readingOf, readWrapper, type Wrapper, wrapper, wrapperGrammar } from './wrapper.ts';

const about = ['h|help', 'V|version'];

const tables: readonly Wrapper[] = [
	{
		names: ['chroot', 'gchroot'],
		options: 'groups=s userspec=s skip-chdir u=s g=s G=s n help version',
		operands: 1,
		elsewhere: true,
		startsShell: true,
	},
	{
		names: ['unshare'],
		options: [
			...['m|mount:s', 'u|uts:s', 'i|ipc:s', 'n|net:s', 'p|pid:s', 'U|user:s', 'C|cgroup:s', 'T|time:s', 'f|fork'],
			...[
				'r|map-root-user',
				'c|map-current-user',
				'map-auto',
				'map-subids',
				'map-user=s',
				'map-group=s',
				'map-users=s',
				'map-groups=s',
			],
			...[
				'owner=s',
				'kill-child:s',
				'mount-proc:s',
				'mount-binfmt:s',
				'propagation=s',
				'setgroups=s',
				'R|root=s',
				'w|wd=s',
			],
			...['l|load-interp=s', 'S|setuid=s', 'G|setgid=s', 'monotonic=s', 'boottime=s', 'forward-signals', ...about],
		],
		elsewhere: ['--root', '--setuid'],
		directory: ['--wd'],
		startsShell: true,
	},
	{
		names: ['nsenter'],
		options: [
			...[
				'a|all',
				't|target=s',
				'm|mount:s',
				'u|uts:s',
				'i|ipc:s',
				'n|net:s',
				'N|net-socket=s',
				'p|pid:s',
				'C|cgroup:s',
				'U|user:s',
			],
			...[
				'T|time:s',
				'S|setuid:s',
				'G|setgid:s',
				'preserve-credentials',
				'r|root:s',
				'w|wd:s',
				'W|wdns=s',
				'e|env',
				'F|no-fork',
			],
			...['c|join-cgroup', 'Z|follow-context', 'keep-caps', 'user-parent', ...about],
		],
		elsewhere: true,
		startsShell: true,
	},
	{
		names: ['bwrap', 'bubblewrap'],
		abbreviations: false,
		options: `
			help version args=s argv0=s level-prefix unshare-all share-net unshare-user unshare-user-try unshare-ipc
			unshare-pid unshare-net unshare-uts unshare-cgroup unshare-cgroup-try userns=s userns2=s disable-userns
			assert-userns-disabled pidns=s uid=s gid=s hostname=s chdir=s clearenv setenv=s{2} unsetenv=s lock-file=s
			sync-fd=s bind=s{2} bind-try=s{2} dev-bind=s{2} dev-bind-try=s{2} ro-bind=s{2} ro-bind-try=s{2} bind-fd=s{2}
			ro-bind-fd=s{2} remount-ro=s overlay-src=s overlay=s{3} tmp-overlay=s ro-overlay=s exec-label=s file-label=s
			proc=s dev=s tmpfs=s mqueue=s dir=s file=s{2} bind-data=s{2} ro-bind-data=s{2} symlink=s{2} seccomp=s
			add-seccomp-fd=s block-fd=s userns-block-fd=s info-fd=s json-status-fd=s new-session die-with-parent
			as-pid-1 cap-add=s cap-drop=s perms=s size=s chmod=s{2}
		`,
		elsewhere: true,
		gaps: { '--args': '`--args` reads arguments from a file descriptor' },
	},
	{
		names: ['schroot', 'dchroot'],
		options: `
			h|help a|all c|chroot=s d|directory=s u|user=s p|preserve-environment s|shell=s l|list i|info config
			location b|begin-session r|run-session e|end-session recover-session f|force n|session-name=s q|quiet
			v|verbose V|version all-chroots all-sessions all-source-chroots exclude-aliases automatic-session o|option=s
			debug=s
		`,
		elsewhere: true,
		startsShell: true,
	},
	{
		names: ['proot'],
		options: `
			-rootfs=s -bind=s -mount=s -qemu=s -pwd=s -cwd=s -kill-on-exit -verbose=s -version -help -kernel-release=s
			-root-id -change-id=s r=s b=s m=s q=s w=s v=s V h k=s 0 i=s R=s S=s p=s n l
		`,
		elsewhere: true,
		startsShell: true,
		commands: ['-q', '-qemu'],
	},
	{ names: ['arch-chroot'], options: 'h N u=s S r', operands: 1, elsewhere: true, startsShell: true },
	{
		names: ['systemd-nspawn'],
		options: `
			q|quiet P|pipe console=s D|directory=s template=s x|ephemeral i|image=s image-policy=s oci-bundle=s
			read-only volatile:s root-hash=s verity-data=s pivot-root=s a|as-pid2 b|boot chdir=s E|setenv=s u|user=s
			kill-signal=s notify-ready=s suppress-sync=s M|machine=s hostname=s uuid=s S|slice=s property=s register=s
			keep-unit private-users:s private-users-ownership=s U private-network network-interface=s network-macvlan=s
			network-ipvlan=s n|network-veth network-veth-extra=s network-bridge=s network-zone=s
			network-namespace-path=s p|port=s capability=s drop-capability=s ambient-capability=s no-new-privileges=s
			system-call-filter=s Z|selinux-context=s L|selinux-apifs-context=s rlimit=s oom-score-adjust=s
			cpu-affinity=s personality=s resolv-conf=s timezone=s link-journal=s j bind=s bind-ro=s inaccessible=s
			tmpfs=s overlay=s overlay-ro=s bind-user=s settings=s no-pager set-credential=s load-credential=s help
			version
		`,
		elsewhere: true,
		startsShell: true,
	},
	{
		names: ['newns', 'landrun', 'sandbox-exec'],
		options: `
			f=s n=s p=s D=s rw=s ro=s rox=s rwx=s best-effort log-level=s env=s unrestricted-network bind-tcp=s
			connect-tcp=s
		`,
	},
	{
		names: ['rootlesskit', 'lxc-usernsexec'],
		options: `
			m=s net=s port-driver=s copy-up=s disable-host-loopback pidns cgroupns ipcns utsns propagation=s state-dir=s
			publish=s p=s mtu=s cidr=s debug
		`,
		elsewhere: true,
		startsShell: true,
	},
	{ names: ['chrootuid'], options: [], operands: 2, elsewhere: true },
	{
		names: ['minijail0'],
		options: `
			u=s g=s C=s P=s b=s k=s c=s S=s e:s m:s M:s f=s F=s T=s Q=s R=s B=s V=s t:s i I j K:s l L n N p r s U v w y
			Y z d D a=s h
		`,
		elsewhere: true,
	},
];

const firejailTable: Wrapper = { names: ['firejail'], options: [], elsewhere: true, startsShell: true };

/** Its options are long ones with `=`; unknown ones take no separate word. Only the short ones are a closed set. */
const firejail: Program = {
	names: ['firejail'],
	read(argv, around) {
		const at = argv.findIndex(
			(word, index) => index > 0 && !(isStatic(word) && /^-[-a-z?]/.test(word.value) && word.value !== '--'),
		);
		const from = at < 0 ? argv.length : argv[at]?.value === '--' ? at + 1 : at;
		const blind = argv.slice(0, from + 1).some((word) => word.splits);
		const short = argv.slice(1, from).find((word) => /^-c$/.test(word.value ?? ''));
		if (blind || short)
			return {
				gaps: [{ kind: 'arguments', detail: 'where the options of firejail end is not known' }],
				mayRunArguments: true,
			};
		const flags = argv.slice(1, from).flatMap((word) => word.value?.replace(/=.*/s, '') ?? []);
		return merged({ flags }, launchTail(argv, from, around, { elsewhere: firejailTable.elsewhere === true }));
	},
};

/** `ip netns exec NAME program`, `ip vrf exec NAME program`, `ip -all netns exec program`; the rest of `ip` is data. */
const ipGrammar = wrapperGrammar({
	names: ['ip'],
	abbreviations: false,
	options: `
		-V -Version -h -human -human-readable -s -stats -statistics -d -details -r -resolve -iec -4 -6 -B -D -M -0 -I
		-l=s -loops=s -f=s -family=s -o -oneline -t -ts -timestamp -tshort -a -all -c -color -br -brief -j -json -p
		-pretty -echo -N -Numeric -n=s -netns=s -b=s -batch=s -force -rc=s -rcvbuf=s
	`,
});
const ip: Program = {
	names: ['ip'],
	read(argv, around) {
		const options = readOptions(argv, ipGrammar);
		const base = readingOf(options);
		const [object, verb] = options.operands;
		const isExec =
			/^(?:n|ne|net|netn|netns|v|vr|vrf)$/.test(object?.value ?? '') && /^e(?:x(?:e(?:c)?)?)?$/.test(verb?.value ?? '');
		if (hasOption(options, '-b', '-batch'))
			return { ...base, gaps: [{ kind: 'file', detail: '`ip -batch` reads commands from a file' }] };
		if (!isExec) {
			const blind = options.gap && argv.some((word) => word.value === 'exec' || word.value === undefined);
			return {
				...base,
				subcommands: subcommandOf(object?.value),
				...(blind && options.gap && { gaps: [options.gap], mayRunArguments: true }),
			};
		}
		const from = options.rest + (hasOption(options, '-a', '-all') ? 2 : 3);
		const own = argv.slice(options.rest, from);
		if (options.gap || own.some((word) => word.splits)) {
			const gap =
				options.gap ?? ({ kind: 'arguments', detail: 'the name of the namespace may be several words' } as const);
			return { ...base, gaps: [gap], mayRunArguments: true };
		}
		const as = ['ip', object?.value ?? 'netns', 'exec'];
		return merged(base, { subcommands: as.slice(1) }, launchTail(argv, from, around, { as }));
	},
};

function subcommandOf(name: string | undefined): readonly string[] {
	return name === undefined ? [] : [name];
}

const toolTables: readonly Wrapper[] = [
	{
		names: ['toolbox'],
		options: 'c|container=s d|distro=s r|release=s preserve-fds=s y|assumeyes',
		elsewhere: true,
	},
	{
		names: ['flatpak-spawn'],
		options: `
			v|verbose clear-env watch-bus env=s forward-fd=s latest-version no-network sandbox sandbox-expose=s
			sandbox-expose-ro=s host directory=s share-pids unset-env=s env-fd=s app-path=s usr-path=s
		`,
		elsewhere: true,
	},
];
const [toolboxTable, flatpakSpawn] = toolTables as readonly [Wrapper, Wrapper];
const toolboxGrammar = wrapperGrammar(toolboxTable);
const toolbox: Program = {
	names: ['toolbox'],
	read(argv, around) {
		const at = argv.findIndex((word) => word.value === 'run');
		if (at < 0)
			return argv.some((word) => word.splits)
				? { gaps: [{ kind: 'arguments', detail: 'the sub-command is not known' }] }
				: {};
		return readWrapper(toolboxTable, toolboxGrammar, argv, around, at + 1, { as: ['toolbox', 'run'] });
	},
};

export const namespacePrograms: readonly Program[] = [
	...tables.map(wrapper),
	firejail,
	ip,
	toolbox,
	wrapper(flatpakSpawn),
].flatMap(apart);
