// The filter of system calls that everything in a sandbox runs under, as the classic BPF that the kernel and `bwrap --seccomp` take.

/**
 * A second wall behind the namespaces: what a confined program has no need of, and what could undo the view of its files.
 * Numbers are judged, and whole words of 32 bits of arguments; nothing behind a pointer can be. Returns an array of
 * `struct sock_filter` (linux/filter.h). What the filter was not written for (a newer call) is answered as a kernel would that
 * has not got it either; another ABI of the same machine (32 bit, x32), whose numbers mean other calls, ends the process.
 */
export function seccompProgram(architecture: SeccompArchitecture, alone?: Alone): Buffer {
	const { audit, lastKnown, calls } = tables[architecture];
	const numbersOf = (names: readonly string[]) => names.flatMap((name) => calls[name] ?? []);
	const one = (name: string) => numbersOf([name]);
	const instructions = [
		load(architectureOffset),
		...[jump('equal', audit, 1, 0), end(killProcess)],
		load(numberOffset),
		...(architecture === 'x64' ? [jump('atLeast', x32Bit, 0, 1), end(killProcess)] : []),
		...[jump('above', lastKnown, 0, 1), end(fail(errno.ENOSYS))],
		...when(numbersOf(refused), [end(fail(errno.EPERM))]),
		// Its flags lie behind a pointer; told that it does not exist, libraries take clone.
		...when(one('clone3'), [end(fail(errno.ENOSYS))]),
		...when(one('clone'), refuseIf(0, 'hasAny', [namespaceFlags], errno.EPERM)),
		// A file in memory must be one that can't be executed. The answer is that of `vm.memfd_noexec=2`.
		...when(one('memfd_create'), refuseUnless(1, 'hasAny', [MFD_NOEXEC_SEAL], errno.EACCES)),
		...when(one('execveat'), refuseIf(4, 'hasAny', [AT_EMPTY_PATH], errno.EPERM)),
		// What a file with that bit does, it does with the rights of the account that we run under, whoever runs it outside.
		...when(numbersOf(['chmod', 'fchmod', 'mknod', 'creat']), refuseIf(1, 'hasAny', [S_ISUID], errno.EPERM)),
		...when(numbersOf(['fchmodat', 'fchmodat2', 'mknodat']), refuseIf(2, 'hasAny', [S_ISUID], errno.EPERM)),
		...when(one('open'), refuseCreation(1, S_ISUID)),
		...when(one('openat'), refuseCreation(2, S_ISUID)),
		// Its mode lies behind a pointer.
		...when(one('openat2'), [end(fail(errno.ENOSYS))]),
		...when(one('ioctl'), refuseIf(1, 'equal', terminalInjections, errno.EPERM)),
		// A network namespace does not hold AF_VSOCK; the rest is what no tool of an agent needs.
		...when(one('socket'), refuseUnless(0, 'equal', familiesFor(alone), errno.EAFNOSUPPORT)),
		...when(one('socket'), [
			...[load(argumentOffset(0)), jump('equal', families.NETLINK, 0, 3)],
			...[load(argumentOffset(2)), jump('equal', NETLINK_ROUTE, 1, 0), end(fail(errno.EPROTONOSUPPORT))],
			load(numberOffset),
		]),
		...(alone === undefined ? [] : withoutNamespaces(numbersOf)),
		end(allow),
	];
	return Buffer.concat(instructions.map(encode));
}

export type SeccompArchitecture = 'x64' | 'arm64';

/** Where no namespaces are: what those would keep apart, the filter has to refuse. */
export interface Alone {
	readonly network: 'none' | 'all';
}

/**
 * A socket of the file system leads to services that act for us (Docker, D-Bus), whatever files may be opened; and Landlock
 * judges TCP by ports alone, and nothing else of the network at all.
 */
function familiesFor(alone: Alone | undefined): readonly number[] {
	const { UNIX, INET, INET6, NETLINK } = families;
	if (alone === undefined) return [UNIX, INET, INET6, NETLINK];
	return alone.network === 'all' ? [INET, INET6, NETLINK] : [NETLINK];
}

function withoutNamespaces(numbersOf: (names: readonly string[]) => readonly number[]): readonly Instruction[] {
	return [
		// One of a pair of datagram sockets can send to any other that has a path. Streams are bound to each other.
		...when(numbersOf(['socketpair']), refuseIf(1, 'hasAny', [SOCK_DGRAM], errno.EPROTONOSUPPORT)),
		...when(numbersOf(sharedMemory), [end(fail(errno.EPERM))]),
		// Limits and precedence of other processes, such as the kernel's own.
		...when(numbersOf(['prlimit64']), refuseUnless(0, 'equal', [0], errno.EPERM)),
		...when(numbersOf(['setpriority', 'ioprio_set']), [
			...refuseUnless(0, 'equal', [0, 1], errno.EPERM),
			...refuseUnless(1, 'equal', [0], errno.EPERM),
		]),
	];
}

/** System V and POSIX: by numbers and names that all processes of an account share. */
const sharedMemory: readonly string[] = [
	...['shmget', 'shmat', 'shmctl', 'semget', 'semop', 'semtimedop', 'semctl', 'msgget', 'msgsnd', 'msgrcv', 'msgctl'],
	...['mq_open', 'mq_unlink'],
];

/** Refused with EPERM, whatever the arguments. */
const refused: readonly string[] = [
	// What could change the view.
	...['mount', 'umount2', 'pivot_root', 'chroot', 'setns', 'unshare', 'move_mount', 'open_tree', 'open_tree_attr'],
	...['fsopen', 'fsconfig', 'fsmount', 'fspick', 'mount_setattr', 'open_by_handle_at', 'name_to_handle_at'],
	// Hands in other processes.
	...['ptrace', 'process_vm_readv', 'process_vm_writev', 'pidfd_getfd', 'kcmp'],
	// Ways round a filter of calls, and large doors into the kernel.
	...['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'bpf', 'perf_event_open', 'userfaultfd', 'memfd_secret'],
	// Key rings have no namespace.
	...['keyctl', 'add_key', 'request_key'],
	// The machine's, for which one would need rights that nothing inside has.
	...['kexec_load', 'kexec_file_load', 'init_module', 'finit_module', 'delete_module', 'reboot', 'swapon', 'swapoff'],
	...['acct', 'quotactl', 'quotactl_fd', 'syslog', 'lookup_dcookie', 'iopl', 'ioperm', 'modify_ldt', 'uselib'],
];

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const namespaceFlags = 0x7e02_0000;
const MFD_NOEXEC_SEAL = 0x0008;
const AT_EMPTY_PATH = 0x1000;
const S_ISUID = 0o4000;
/** O_CREAT, and the bit of O_TMPFILE that is its own: without them a call has no mode, and anything may stand in its place. */
const creation = 0o100 | 0o2000_0000;
/** TIOCSTI, TIOCLINUX, TIOCSETD: typing into somebody else's terminal. */
const terminalInjections = [0x5412, 0x541c, 0x5423];
const families = { UNIX: 1, INET: 2, INET6: 10, NETLINK: 16 } as const;
const NETLINK_ROUTE = 0;
/** Its bit is in SOCK_RAW as well, which a socket of the file system takes for the same. */
const SOCK_DGRAM = 2;
const errno = { EPERM: 1, EACCES: 13, ENOSYS: 38, EPROTONOSUPPORT: 93, EAFNOSUPPORT: 97 } as const;

interface Table {
	/** AUDIT_ARCH_… of linux/audit.h. */
	readonly audit: number;
	/** The highest number that was looked at when this was written (Linux 6.18). */
	readonly lastKnown: number;
	readonly calls: Readonly<Record<string, number>>;
}

/** Since 424 a call has one number everywhere. */
const everywhere = {
	...{
		io_uring_setup: 425,
		io_uring_enter: 426,
		io_uring_register: 427,
		open_tree: 428,
		move_mount: 429,
		openat2: 437,
	},
	...{ fsopen: 430, fsconfig: 431, fsmount: 432, fspick: 433, clone3: 435, pidfd_getfd: 438, mount_setattr: 442 },
	...{ quotactl_fd: 443, memfd_secret: 447, fchmodat2: 452, open_tree_attr: 467 },
};

const tables: Readonly<Record<SeccompArchitecture, Table>> = {
	x64: {
		audit: 0xc000_003e,
		lastKnown: 469,
		calls: {
			...everywhere,
			...{ open: 2, creat: 85, chmod: 90, fchmod: 91, mknod: 133, openat: 257, mknodat: 259, fchmodat: 268 },
			...{ shmget: 29, shmat: 30, shmctl: 31, socketpair: 53, semget: 64, semop: 65, semctl: 66, msgget: 68 },
			...{ msgsnd: 69, msgrcv: 70, msgctl: 71, setpriority: 141, semtimedop: 220, mq_open: 240, mq_unlink: 241 },
			...{ ioprio_set: 251, prlimit64: 302 },
			...{ ioctl: 16, socket: 41, clone: 56, ptrace: 101, syslog: 103, uselib: 134, modify_ldt: 154, pivot_root: 155 },
			...{ chroot: 161, acct: 163, mount: 165, umount2: 166, swapon: 167, swapoff: 168, reboot: 169, iopl: 172 },
			...{ ioperm: 173, init_module: 175, delete_module: 176, quotactl: 179, lookup_dcookie: 212, kexec_load: 246 },
			...{ add_key: 248, request_key: 249, keyctl: 250, unshare: 272, perf_event_open: 298, name_to_handle_at: 303 },
			...{ open_by_handle_at: 304, setns: 308, process_vm_readv: 310, process_vm_writev: 311, kcmp: 312 },
			...{ finit_module: 313, memfd_create: 319, kexec_file_load: 320, bpf: 321, execveat: 322, userfaultfd: 323 },
		},
	},
	arm64: {
		audit: 0xc000_00b7,
		lastKnown: 469,
		calls: {
			...everywhere,
			...{ mknodat: 33, fchmod: 52, fchmodat: 53, openat: 56 },
			...{ ioprio_set: 30, setpriority: 140, mq_open: 180, mq_unlink: 181, msgget: 186, msgctl: 187, msgrcv: 188 },
			...{ msgsnd: 189, semget: 190, semctl: 191, semtimedop: 192, semop: 193, shmget: 194, shmctl: 195, shmat: 196 },
			...{ socketpair: 199, prlimit64: 261 },
			...{ lookup_dcookie: 18, ioctl: 29, umount2: 39, mount: 40, pivot_root: 41, chroot: 51, quotactl: 60, acct: 89 },
			...{ unshare: 97, kexec_load: 104, init_module: 105, delete_module: 106, syslog: 116, ptrace: 117, reboot: 142 },
			...{ socket: 198, add_key: 217, request_key: 218, keyctl: 219, clone: 220, swapon: 224, swapoff: 225 },
			...{ perf_event_open: 241, name_to_handle_at: 264, open_by_handle_at: 265, setns: 268, process_vm_readv: 270 },
			...{ process_vm_writev: 271, kcmp: 272, finit_module: 273, memfd_create: 279, bpf: 280, execveat: 281 },
			...{ userfaultfd: 282, kexec_file_load: 294 },
		},
	},
};

// ---- instructions, and the layout of `struct seccomp_data`

interface Instruction {
	readonly code: number;
	/** How many instructions are left out where the test holds, and where it does not. */
	readonly ifTrue: number;
	readonly ifFalse: number;
	readonly value: number;
}

const numberOffset = 0;
const architectureOffset = 4;
/** The low half: the kernel looks at no more of the arguments that are judged here. */
const argumentOffset = (index: number) => 16 + index * 8;
const x32Bit = 0x4000_0000;

const allow = 0x7fff_0000;
const killProcess = 0x8000_0000;
const fail = (error: number) => 0x0005_0000 | error;

const tests = { equal: 0x15, above: 0x25, atLeast: 0x35, hasAny: 0x45 } as const;
type Test = keyof typeof tests;

const load = (offset: number): Instruction => ({ code: 0x20, ifTrue: 0, ifFalse: 0, value: offset });
const end = (action: number): Instruction => ({ code: 0x06, ifTrue: 0, ifFalse: 0, value: action });
const jump = (test: Test, value: number, ifTrue: number, ifFalse: number): Instruction => ({
	code: tests[test],
	ifTrue,
	ifFalse,
	value,
});

/** `body` for these calls only. It returns, or has the number loaded again at its end. */
function when(numbers: readonly number[], body: readonly Instruction[]): readonly Instruction[] {
	const after = (index: number) => numbers.length - 1 - index;
	const chain = numbers.map((number, index) =>
		jump('equal', number, after(index), after(index) === 0 ? body.length : 0),
	);
	return numbers.length === 0 ? [] : [...chain, ...body];
}

function refuseIf(argument: number, test: Test, values: readonly number[], error: number): readonly Instruction[] {
	const after = (index: number) => values.length - 1 - index;
	const chain = values.map((value, index) => jump(test, value, after(index), after(index) === 0 ? 1 : 0));
	return [load(argumentOffset(argument)), ...chain, end(fail(error)), load(numberOffset)];
}

/** Where a file is made, and its mode (the argument after the flags) has the bit. */
function refuseCreation(flags: number, bit: number): readonly Instruction[] {
	return [
		...[load(argumentOffset(flags)), jump('hasAny', creation, 0, 3)],
		...[load(argumentOffset(flags + 1)), jump('hasAny', bit, 0, 1), end(fail(errno.EPERM))],
		load(numberOffset),
	];
}

function refuseUnless(argument: number, test: Test, values: readonly number[], error: number): readonly Instruction[] {
	const chain = values.map((value, index) => jump(test, value, values.length - index, 0));
	return [load(argumentOffset(argument)), ...chain, end(fail(error)), load(numberOffset)];
}

function encode({ code, ifTrue, ifFalse, value }: Instruction): Buffer {
	const bytes = Buffer.alloc(8);
	bytes.writeUInt16LE(code, 0);
	// Throws where a jump is too far for a byte.
	bytes.writeUInt8(ifTrue, 2);
	bytes.writeUInt8(ifFalse, 3);
	bytes.writeUInt32LE(value >>> 0, 4);
	return bytes;
}
