// Linux without a C library, for x86_64 and aarch64: the system calls that the programs of the ring use, and a few words around them.
//
// No libc means: nothing reads LD_PRELOAD or any other variable, nothing is initialised, and a start costs as little as it can.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef unsigned long size;
typedef _Bool bool;

#define NULL ((void *)0)
#define true 1
#define false 0

#if defined(__x86_64__)

enum {
	NR_read = 0, NR_write = 1, NR_close = 3, NR_mmap = 9, NR_rt_sigaction = 13, NR_rt_sigprocmask = 14, NR_getpid = 39,
	NR_socket = 41, NR_connect = 42, NR_sendto = 44, NR_sendmsg = 46, NR_recvmsg = 47, NR_shutdown = 48, NR_bind = 49,
	NR_listen = 50, NR_setsockopt = 54, NR_clone = 56, NR_execve = 59, NR_wait4 = 61, NR_kill = 62, NR_fcntl = 72,
	NR_getcwd = 79, NR_chdir = 80, NR_umask = 95, NR_setpgid = 109, NR_prctl = 157, NR_exit_group = 231, NR_openat = 257,
	NR_unlinkat = 263, NR_readlinkat = 267, NR_ppoll = 271, NR_accept4 = 288, NR_signalfd4 = 289, NR_dup3 = 292,
	NR_pipe2 = 293, NR_prlimit64 = 302, NR_seccomp = 317, NR_close_range = 436, NR_landlock_create_ruleset = 444,
	NR_landlock_add_rule = 445, NR_landlock_restrict_self = 446, NR_getpgid = 121, NR_capset = 126, NR_mknodat = 259,
	NR_renameat2 = 316, NR_openat2 = 437, NR_getrandom = 318,
};

enum { O_DIRECTORY = 0200000, O_NOFOLLOW = 0400000 };

static inline long syscall6(long number, long a, long b, long c, long d, long e, long f) {
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
		: "=a"(result)
		: "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		: "rcx", "r11", "memory");
	return result;
}

__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n");

#elif defined(__aarch64__)

enum {
	NR_getcwd = 17, NR_dup3 = 24, NR_fcntl = 25, NR_unlinkat = 35, NR_chdir = 49, NR_openat = 56, NR_close = 57,
	NR_pipe2 = 59, NR_read = 63, NR_write = 64, NR_ppoll = 73, NR_signalfd4 = 74, NR_readlinkat = 78, NR_exit_group = 94,
	NR_kill = 129, NR_rt_sigaction = 134, NR_rt_sigprocmask = 135, NR_setpgid = 154, NR_umask = 166, NR_prctl = 167,
	NR_getpid = 172, NR_socket = 198, NR_bind = 200, NR_listen = 201, NR_connect = 203, NR_sendto = 206,
	NR_setsockopt = 208, NR_shutdown = 210, NR_sendmsg = 211, NR_recvmsg = 212, NR_clone = 220, NR_execve = 221,
	NR_mmap = 222, NR_accept4 = 242, NR_wait4 = 260, NR_prlimit64 = 261, NR_seccomp = 277, NR_close_range = 436,
	NR_landlock_create_ruleset = 444, NR_landlock_add_rule = 445, NR_landlock_restrict_self = 446, NR_mknodat = 33,
	NR_capset = 91, NR_getpgid = 155, NR_renameat2 = 276, NR_openat2 = 437, NR_getrandom = 278,
};

enum { O_DIRECTORY = 040000, O_NOFOLLOW = 0100000 };

static inline long syscall6(long number, long a, long b, long c, long d, long e, long f) {
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0"
		: "+r"(x0)
		: "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
		: "memory");
	return x0;
}

__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x0, sp\n\tand sp, x0, #-16\n\tbl start\n");

#else
#error "no system call numbers for this architecture"
#endif

#define SYSCALL(name, ...) SYSCALL_PADDED(NR_##name, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define SYSCALL_PADDED(number, a, b, c, d, e, f, ...) \
	syscall6(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

enum {
	ENOENT = 2, EINTR = 4, E2BIG = 7, ENOEXEC = 8, ECHILD = 10, EAGAIN = 11, ENOMEM = 12, EACCES = 13, ENOTDIR = 20,
	EINVAL = 22, EMFILE = 24, ETXTBSY = 26, ENOSYS = 38, ELOOP = 40, EOPNOTSUPP = 95,

	AT_FDCWD = -100, O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_NONBLOCK = 04000, O_CLOEXEC = 02000000, O_PATH = 010000000, RESOLVE_NO_SYMLINKS = 4,
	F_GETFD = 1, F_SETFD = 2, F_SETFL = 4, S_IFIFO = 0010000, FD_CLOEXEC = 1, F_DUPFD_CLOEXEC = 1030,
	PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 2, MAP_ANONYMOUS = 32,

	AF_UNIX = 1, AF_INET = 2, SOCK_STREAM = 1, SOCK_CLOEXEC = O_CLOEXEC, SOCK_NONBLOCK = O_NONBLOCK,
	SOL_SOCKET = 1, SO_REUSEADDR = 2, SCM_RIGHTS = 1, SHUT_WR = 1,
	MSG_NOSIGNAL = 0x4000, MSG_CTRUNC = 8, MSG_CMSG_CLOEXEC = 0x40000000,
	POLLIN = 1, POLLOUT = 4, POLLERR = 8,

	SIG_DFL = 0, SIG_IGN = 1, SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_SETMASK = 2, SIGNAL_MAX = 64,
	SIGINT = 2, SIGQUIT = 3, SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGKILL = 9, SIGSEGV = 11, SIGPIPE = 13,
	SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19, SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22, SIGWINCH = 28,
	SIGSYS = 31,

	WNOHANG = 1, RLIMIT_CORE = 4, PR_SET_PDEATHSIG = 1, PR_SET_DUMPABLE = 4, PR_SET_CHILD_SUBREAPER = 36, PR_SET_NO_NEW_PRIVS = 38,
	PR_CAPBSET_DROP = 24, PR_CAP_AMBIENT = 47, PR_CAP_AMBIENT_CLEAR_ALL = 4, CAPABILITY_VERSION_3 = 0x20080522, LAST_CAPABILITY = 63,
	SECCOMP_SET_MODE_FILTER = 1, LANDLOCK_CREATE_RULESET_VERSION = 1, LANDLOCK_RULE_PATH_BENEATH = 1,
	AT_EXECFN = 31,
};

struct timespec { long seconds, nanoseconds; };
struct pollfd { int fd; short events, revents; };
struct rlimit { u64 soft, hard; };
struct sockaddr_un { u16 family; char path[108]; };
struct sockaddr_in { u16 family, port; u32 address; u8 zero[8]; };
struct open_how { u64 flags, mode, resolve; };
struct iovec { void *base; size length; };
struct msghdr {
	void *name; u32 name_length; u32 pad0;
	struct iovec *parts; size part_count;
	void *control; size control_length;
	int flags; u32 pad1;
};
struct cmsghdr { size length; int level, type; };
struct sigaction { size handler, flags, restorer; u64 mask; };
struct sock_fprog { u16 count; const void *filter; };
struct landlock_ruleset_attr { u64 handled_fs, handled_net, scoped; };
struct __attribute__((packed)) landlock_path_beneath_attr { u64 access; int parent; };
struct signalfd_siginfo { u32 signal; u8 rest[124]; };

static inline u64 signal_bit(int signal) { return 1UL << (signal - 1); }

// The compiler calls these two on its own account.
void *memset(void *to, int byte, size count) {
	for (u8 *at = to; count > 0; count--) *at++ = (u8)byte;
	return to;
}

void *memcpy(void *to, const void *from, size count) {
	const u8 *source = from;
	for (u8 *at = to; count > 0; count--) *at++ = *source++;
	return to;
}

static inline size length_of(const char *text) {
	size length = 0;
	while (text[length] != '\0') length++;
	return length;
}

static inline bool starts_with(const char *text, const char *prefix) {
	while (*prefix != '\0') if (*text++ != *prefix++) return false;
	return true;
}

// A decimal number up to `limit`, or -1.
static inline long parse_number(const char *text, long limit) {
	long value = 0;
	if (*text == '\0') return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9') return -1;
		value = value * 10 + (*text - '0');
		if (value > limit) return -1;
	}
	return value;
}

__attribute__((noreturn)) static inline void leave(int code) {
	for (;;) SYSCALL(exit_group, code);
}

// What a trap hands over, beside its descriptors; see protocol.h.
struct __attribute__((packed)) hand_over { u32 descriptors; u64 ignored; };

static inline void set_handler(int signal, size handler) {
	struct sigaction action = {handler, 0, 0, 0};
	SYSCALL(rt_sigaction, signal, &action, NULL, sizeof action.mask);
}

static inline bool is_open(int fd) { return SYSCALL(fcntl, fd, F_GETFD) >= 0; }

// Waits for one descriptor; false when `patience` (which shrinks; NULL: endless) is over.
static inline bool wait_for(int fd, short events, struct timespec *patience) {
	struct pollfd watched = {fd, events, 0};
	for (;;) {
		long ready = SYSCALL(ppoll, &watched, 1, patience, NULL, 0);
		if (ready != -EINTR) return ready > 0;
	}
}

// True when all of it went out. A full pipe that never blocks is waited for a second at most.
static inline bool write_all(int fd, const void *bytes, size count) {
	const u8 *at = bytes;
	while (count > 0) {
		long written = SYSCALL(write, fd, at, count);
		if (written == -EINTR) continue;
		if (written == -EAGAIN) {
			struct timespec patience = {1, 0};
			if (!wait_for(fd, POLLOUT, &patience)) return false;
			continue;
		}
		if (written <= 0) return false;
		at += written;
		count -= (size)written;
	}
	return true;
}

// The same for a socket, without SIGPIPE.
static inline bool send_all(int fd, const void *bytes, size count) {
	const u8 *at = bytes;
	while (count > 0) {
		long sent = SYSCALL(sendto, fd, at, count, MSG_NOSIGNAL, NULL, 0);
		if (sent == -EINTR) continue;
		if (sent <= 0) return false;
		at += sent;
		count -= (size)sent;
	}
	return true;
}

// True when all of it came in.
static inline bool read_all(int fd, void *bytes, size count) {
	u8 *at = bytes;
	while (count > 0) {
		long got = SYSCALL(read, fd, at, count);
		if (got == -EINTR) continue;
		if (got <= 0) return false;
		at += got;
		count -= (size)got;
	}
	return true;
}

// False when the path is too long for an address.
static inline bool unix_address(struct sockaddr_un *address, const char *path) {
	size length = length_of(path);
	if (length == 0 || length >= sizeof address->path) return false;
	memset(address, 0, sizeof *address);
	address->family = AF_UNIX;
	memcpy(address->path, path, length);
	return true;
}

// A connected socket that no exec inherits, or a negative number.
static inline int connect_to(const char *path, int flags) {
	struct sockaddr_un address;
	if (!unix_address(&address, path)) return -1;
	int fd = (int)SYSCALL(socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (fd < 0) return fd;
	long connected;
	do connected = SYSCALL(connect, fd, &address, sizeof address);
	while (connected == -EINTR);
	if (connected >= 0) return fd;
	SYSCALL(close, fd);
	return (int)connected;
}
