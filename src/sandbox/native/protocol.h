// How the programs of the ring talk with the kernel and with each other. This is the one place where it is written down.
//
// All numbers are little endian. Texts are bytes that end in NUL: no encoding is assumed.
//
// A spec: what the runner is to start. A file that the kernel writes, at most 3 MiB.
//
//     "TGS1"  u32 flags  u32 umask (0xffffffff: leave it)
//     u32 limitCount  { u32 resource, u32 zero, u64 value } * limitCount      soft and hard become min(value, present hard)
//     with SPEC_LANDLOCK: u32 ruleCount  { u64 access, u32 length, path (no NUL) } * ruleCount
//     with SPEC_SECCOMP:  u32 length  struct sock_filter[length / 8]
//     u32 argc  u32 envc   texts: cwd  [with SPEC_PROGRAM: program]  argv[argc]  env[envc]
//
// Without SPEC_PROGRAM the program is argv[0]. With it argv[0] is only what the program is called: it may be a path that others can
// put another file at. The two in the middle are for a machine without namespaces, where the runner does what bwrap does elsewhere. All rights that the
// kernel's Landlock knows are taken away but for those (LANDLOCK_ACCESS_FS_…) that a rule gives below its path; a path that is not
// there, or leads through a link, gives none. SPEC_NO_TCP takes TCP away, too. What the kernel can't take away is a failure, not a gap.
//
// Status: runner -> kernel, on the descriptor named in its arguments.
//
//     'R'                             it listens for the trap (only with a socket path)
//     'X' u8 code    u32 leftBehind   the program has ended; so many processes were left and have been killed
//     'K' u8 signal  u32 leftBehind   a signal has ended it
//     'F' u32 length  message         it could not be started; the runner exits with 125
//
// A request: trap -> kernel, on TRAP_SOCKET. At most 3 MiB, and 5 seconds for all of it.
//
//     "TGE1"  u32 length (of the texts)  u32 argc  u32 envc  u32 umask  u32 descriptors
//     u64 limits[16] (soft, by number of the resource; all ones: none)
//     texts: execfn  exe  cwd  argv[argc]  env[envc]
//
// The verdict: kernel -> trap. The end of the connection, or anything else, is a refusal.
//
//     'D' u32 length  u8 code  message    printed as it is on stderr; the trap exits with `code`, or with 126 where that is 0
//     'R' u32 length  path                the runner's socket, below TRAP_FOLDER
//
// The hand-over: trap -> runner, on that socket. The runner takes one connection, and waits ten seconds for it.
//
//     u32 descriptors   bit n: descriptor n was open when the trap started; with it SCM_RIGHTS, in ascending order
//     u64 ignored       bit n: signal n + 1 was ignored when the trap started, and so it is for the program
//     'S' u8 signal     as often as it likes
//
// and back, once: 'X' u8 code | 'K' u8 signal. A trap that goes away takes its program with it: TERM, two seconds, KILL.
//
// Without namespaces a shim takes the trap's place, and talks with the kernel alone. It makes two pipes with names in FOLDER/calls,
// NAME.q to ask and NAME.a to be answered, and has the latter open when the name of the former appears. NAME is 32 digits in base 16.
//
//     'H'                         kernel -> shim: both are open
//     a request, and the verdict: as above; the path of 'R' means nothing
//
// and after 'R', kernel -> shim:
//
//     'O' u32 length bytes        to its descriptor 1; 'P': to 2. At most 4096 bytes at once
//     'C'                         a piece of input is wanted
//     'X' u8 code | 'K' u8 signal the last word
//
// and shim -> kernel:
//
//     'I' u32 length bytes        what was read from descriptor 0, once for each 'C'; 'E': there is no more
//     'Q' u8 descriptor           nobody reads what is written there
//     'S' u8 signal               as often as it likes
//
// With SPEC_SIGNALS the same 'S' goes from the kernel to the runner, on the status descriptor; its end is that of the trap.

#define SPEC_MAGIC "TGS1"
#define REQUEST_MAGIC "TGE1"

enum {
	MESSAGE_MAX_BYTES = 3 * 1024 * 1024,
	SPEC_MAX_LIMITS = 16,
	SPEC_MAX_RULES = 32768,
	SPEC_MAX_FILTER_BYTES = 4096 * 8,
	// Descriptors that go from the trap to the program, counted from 0.
	PASSED_DESCRIPTORS = 16,
	LIMIT_COUNT = 16,

	SPEC_FROM_TRAP = 1 << 0, // take stdio from a trap
	SPEC_LANDLOCK = 1 << 1,
	SPEC_SECCOMP = 1 << 2,
	SPEC_NO_TCP = 1 << 3, // with SPEC_LANDLOCK
	SPEC_PROGRAM = 1 << 4,
	SPEC_SIGNALS = 1 << 5, // signals for the program come on the status descriptor
	SPEC_FLAGS = SPEC_FROM_TRAP | SPEC_LANDLOCK | SPEC_SECCOMP | SPEC_NO_TCP | SPEC_PROGRAM | SPEC_SIGNALS,
	SPEC_KEEP_UMASK = -1,

	EXIT_NOT_STARTED = 125,
	EXIT_REFUSED = 126,

	HAND_OVER_SECONDS = 10,
	TERM_SECONDS = 2,
	GRACE_NANOSECONDS = 300 * 1000 * 1000,
	SHIM_NAME_BYTES = 16,
	// Where it is not process 1, the runner has so long to end what is left, each time that it has to wait.
	SWEEP_SECONDS = 5,
	LEAST_LANDLOCK = 6, // the first that keeps signals inside
};

// Tests build the trap with a folder of their own.
#ifndef TRAP_FOLDER
#define TRAP_FOLDER "/run/gate/"
#endif
#define TRAP_SOCKET TRAP_FOLDER "trap.sock"
