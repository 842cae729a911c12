// The runner: the first program in a sandbox. It starts one program as its spec says, reaps, and reports how it ended.
//
//     runner SPEC STATUS_DESCRIPTOR [SOCKET]
//
// As process 1 of its namespace it outlives TERM and HUP, so that its program gets the chance to answer them; when it ends,
// the system ends everything that is left. With SOCKET, stdio and signals come from a trap. Where there is no namespace, the first
// process stays in its group, to be signalled and killed there, and a second one, out of reach, sees to it that nothing is left.
#include "protocol.h"
#include "sys.h"
#include "confine.h"

enum { STATUS = 3 }; // the status descriptor, once it is in its place

static void report(const void *bytes, size count) { write_all(STATUS, bytes, count); }

// Who hears of a failure beside the kernel: our own stderr, and once there is a trap, its stderr and the trap itself.
static struct { int error_output, trap; } audience = {2, -1};

// Says why, and ends.
__attribute__((noreturn)) static void fail(const char *what, const char *detail, const char *why) {
	static char line[1024];
	const char *const parts[] = {"trapgate: ", what, detail, why};
	u32 length = 0;
	for (size i = 0; i < sizeof parts / sizeof *parts; i++)
		for (const char *at = parts[i]; *at != '\0' && length < sizeof line - 1; at++) line[length++] = *at;
	u8 head[5] = {'F'};
	memcpy(head + 1, &length, sizeof length);
	report(head, sizeof head);
	report(line, length);
	line[length++] = '\n';
	write_all(audience.error_output, line, length);
	const u8 ending[2] = {'X', EXIT_NOT_STARTED};
	if (audience.trap >= 0) send_all(audience.trap, ending, sizeof ending);
	leave(EXIT_NOT_STARTED);
}

static const char *describe(long error) {
	switch (error < 0 ? -error : error) {
	case ENOENT: return ": no such file or directory";
	case EACCES: return ": permission denied";
	case ENOEXEC: return ": the system can't execute this kind of file";
	case E2BIG: return ": its arguments and environment are too large";
	case ENOTDIR: return ": not a directory";
	case ENOMEM: return ": out of memory";
	case EAGAIN: return ": no more processes are allowed";
	case ETXTBSY: return ": the file is being written";
	case ELOOP: return ": too many symbolic links";
	case ENOSYS: return ": this system has no such means";
	case EOPNOTSUPP: return ": the means of this system do not reach so far";
	default: return ": the system refused";
	}
}

// ---- the spec

struct limit { u32 resource, zero; u64 value; };

struct spec {
	u32 flags, umask, limit_count;
	struct limit limits[SPEC_MAX_LIMITS];
	struct confinement confinement;
	char *cwd, *program;
	char **argv, **env;
};

struct cursor { const u8 *at, *end; };

static void *allocate(size bytes) {
	long address = SYSCALL(mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (address < 0 && address > -4096) fail("out of memory", "", "");
	return (void *)address;
}

static struct cursor read_file(const char *path) {
	int fd = (int)SYSCALL(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) fail("can't read its spec ", path, describe(fd));
	// One byte more than allowed shows that there is more.
	u8 *bytes = allocate(MESSAGE_MAX_BYTES + 1);
	size length = 0;
	while (length <= MESSAGE_MAX_BYTES) {
		long got = SYSCALL(read, fd, bytes + length, MESSAGE_MAX_BYTES + 1 - length);
		if (got == -EINTR) continue;
		if (got < 0) fail("can't read its spec ", path, describe(got));
		if (got == 0) break;
		length += (size)got;
	}
	SYSCALL(close, fd);
	if (length > MESSAGE_MAX_BYTES) fail("its spec is too large", "", "");
	return (struct cursor){bytes, bytes + length};
}

__attribute__((noreturn)) static void malformed(void) { fail("its spec is malformed", "", ""); }

static void take(struct cursor *from, void *to, size count) {
	if ((size)(from->end - from->at) < count) malformed();
	memcpy(to, from->at, count);
	from->at += count;
}

static u32 take_u32(struct cursor *from) {
	u32 value;
	take(from, &value, sizeof value);
	return value;
}

// So many bytes of the spec itself.
static const u8 *take_bytes(struct cursor *from, u32 count) {
	const u8 *bytes = from->at;
	if ((size)(from->end - from->at) < count) malformed();
	from->at += count;
	return bytes;
}

static void take_confinement(struct cursor *from, u32 flags, struct confinement *into) {
	into->has_landlock = (flags & SPEC_LANDLOCK) != 0;
	into->is_without_tcp = (flags & SPEC_NO_TCP) != 0;
	if (into->is_without_tcp && !into->has_landlock) malformed();
	if (into->has_landlock) {
		into->rule_count = take_u32(from);
		if (into->rule_count > SPEC_MAX_RULES) malformed();
		into->rules = allocate((into->rule_count + 1UL) * sizeof *into->rules);
		for (u32 i = 0; i < into->rule_count; i++) {
			struct rule *rule = &into->rules[i];
			take(from, &rule->access, sizeof rule->access);
			rule->length = take_u32(from);
			if (rule->length == 0 || rule->length > 4095) malformed();
			rule->path = take_bytes(from, rule->length);
			for (u32 at = 0; at < rule->length; at++) if (rule->path[at] == '\0') malformed();
		}
	}
	if ((flags & SPEC_SECCOMP) != 0) {
		into->filter_bytes = take_u32(from);
		if (into->filter_bytes == 0 || into->filter_bytes > SPEC_MAX_FILTER_BYTES || into->filter_bytes % 8 != 0) malformed();
		into->filter = take_bytes(from, into->filter_bytes);
	}
}

static char *take_text(struct cursor *from) {
	const u8 *text = from->at;
	while (from->at < from->end && *from->at != '\0') from->at++;
	if (from->at == from->end) malformed();
	from->at++;
	return (char *)text;
}

static char **take_texts(struct cursor *from, u32 count) {
	char **texts = allocate((count + 1UL) * sizeof *texts);
	for (u32 i = 0; i < count; i++) texts[i] = take_text(from);
	return texts;
}

static struct spec *read_spec(const char *path) {
	static struct spec spec;
	struct cursor from = read_file(path);
	char magic[4];
	take(&from, magic, sizeof magic);
	for (size i = 0; i < sizeof magic; i++) if (magic[i] != SPEC_MAGIC[i]) malformed();
	spec.flags = take_u32(&from);
	if ((spec.flags & ~(u32)SPEC_FLAGS) != 0) malformed();
	spec.umask = take_u32(&from);
	spec.limit_count = take_u32(&from);
	if (spec.limit_count > SPEC_MAX_LIMITS) malformed();
	for (u32 i = 0; i < spec.limit_count; i++) {
		take(&from, &spec.limits[i], sizeof spec.limits[i]);
		if (spec.limits[i].resource >= LIMIT_COUNT || spec.limits[i].zero != 0) malformed();
	}
	take_confinement(&from, spec.flags, &spec.confinement);
	u32 argc = take_u32(&from), envc = take_u32(&from);
	// Each text has a NUL at least.
	if (argc == 0 || argc > MESSAGE_MAX_BYTES || envc > MESSAGE_MAX_BYTES) malformed();
	spec.cwd = take_text(&from);
	char *program = (spec.flags & SPEC_PROGRAM) != 0 ? take_text(&from) : NULL;
	spec.argv = take_texts(&from, argc);
	spec.program = program != NULL ? program : spec.argv[0];
	spec.env = take_texts(&from, envc);
	if (from.at != from.end) malformed();
	return &spec;
}

// ---- what comes from a trap

struct trap {
	int connection; // -1: there is none
	u32 descriptors;
	u64 ignored; // signals, for its program, too
	int fds[PASSED_DESCRIPTORS]; // in ascending order of the bits
};

// Binds, says so, takes one connection, and leaves nothing behind.
static int accept_trap(const char *path, struct timespec *patience) {
	struct sockaddr_un address;
	if (!unix_address(&address, path)) fail("the path of its socket is too long", "", "");
	int listener = (int)SYSCALL(socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0) fail("no socket for its trap", "", describe(listener));
	long bound = SYSCALL(bind, listener, &address, sizeof address);
	if (bound >= 0) bound = SYSCALL(listen, listener, 1);
	if (bound < 0) fail("can't listen for its trap at ", path, describe(bound));
	report("R", 1);
	long accepted = -EAGAIN;
	while (accepted == -EAGAIN || accepted == -EINTR) {
		if (!wait_for(listener, POLLIN, patience)) fail("its trap did not come", "", "");
		accepted = SYSCALL(accept4, listener, NULL, NULL, SOCK_CLOEXEC);
	}
	SYSCALL(unlinkat, AT_FDCWD, path, 0);
	SYSCALL(close, listener);
	if (accepted < 0) fail("can't take the connection of its trap", "", describe(accepted));
	return (int)accepted;
}

static struct trap receive_trap(const char *path) {
	struct timespec patience = {HAND_OVER_SECONDS, 0};
	struct trap trap = {.connection = accept_trap(path, &patience)};
	struct { struct cmsghdr header; int fds[PASSED_DESCRIPTORS]; } control;
	memset(&control, 0, sizeof control);
	struct hand_over said = {0, 0};
	struct iovec part = {&said, sizeof said};
	struct msghdr message = {.parts = &part, .part_count = 1, .control = &control, .control_length = sizeof control};
	if (!wait_for(trap.connection, POLLIN, &patience)) fail("its trap said nothing", "", "");
	long got;
	do got = SYSCALL(recvmsg, trap.connection, &message, MSG_CMSG_CLOEXEC);
	while (got == -EINTR);

	trap.descriptors = said.descriptors;
	trap.ignored = said.ignored;
	u32 expected = 0, received = 0;
	for (int fd = 0; fd < 32; fd++) expected += trap.descriptors >> fd & 1;
	if (message.control_length >= sizeof control.header && control.header.level == SOL_SOCKET && control.header.type == SCM_RIGHTS)
		received = (u32)((control.header.length - sizeof control.header) / sizeof(int));
	if (got != sizeof said || (message.flags & MSG_CTRUNC) != 0 || expected > PASSED_DESCRIPTORS ||
		trap.descriptors >> PASSED_DESCRIPTORS != 0 || received != expected)
		fail("its trap did not hand over its descriptors", "", "");
	// Out of the way of the numbers that they are to have.
	for (u32 i = 0; i < received; i++) {
		trap.fds[i] = (int)SYSCALL(fcntl, control.fds[i], F_DUPFD_CLOEXEC, 64);
		if (trap.fds[i] < 0) fail("no room for the descriptors of its trap", "", "");
		SYSCALL(close, control.fds[i]);
	}
	audience.trap = trap.connection;
	// Descriptors 0 and 1, where there are any, come before it.
	audience.error_output = trap.descriptors >> 2 & 1 ? trap.fds[(trap.descriptors & 1) + (trap.descriptors >> 1 & 1)] : -1;
	return trap;
}

// False when the trap is gone, or talks nonsense.
static bool take_signal(int connection, int program) {
	u8 message[2];
	struct timespec patience = {1, 0};
	long got = SYSCALL(read, connection, message, sizeof message);
	if (got == -EINTR) return true;
	if (got == 1 && (!wait_for(connection, POLLIN, &patience) || SYSCALL(read, connection, message + 1, 1) != 1)) return false;
	if (got <= 0 || message[0] != 'S' || message[1] < 1 || message[1] > SIGNAL_MAX) return false;
	int signal = message[1];
	switch (signal) {
	// What a terminal sends goes to everybody in front of it.
	case SIGINT: case SIGQUIT: case SIGWINCH: case SIGCONT: SYSCALL(kill, -program, signal); break;
	// Its group is an orphan, for which the system ignores the gentle kind.
	case SIGTSTP: SYSCALL(kill, -program, SIGSTOP); break;
	default: SYSCALL(kill, program, signal);
	}
	return true;
}

// ---- the program

// Why a child could not become the program. The words are where they were before the fork.
struct trouble { long error; const char *what; };

__attribute__((noreturn)) static void give_up(int trouble, const char *what, long error) {
	struct trouble message = {error, what};
	SYSCALL(write, trouble, &message, sizeof message);
	leave(EXIT_NOT_STARTED);
}

// `group`: to be in; 0: one of its own; -1: as it is.
__attribute__((noreturn)) static void become(const struct spec *spec, const struct trap *trap, int group, int trouble) {
	if (group >= 0) SYSCALL(setpgid, 0, group);
	if (trap->connection >= 0) {
		for (int fd = 0, next = 0; fd < PASSED_DESCRIPTORS; fd++) {
			if (trap->descriptors >> fd & 1) SYSCALL(dup3, trap->fds[next++], fd, 0);
			else SYSCALL(close, fd);
		}
	}
	for (u32 i = 0; i < spec->limit_count; i++) {
		const struct limit *wanted = &spec->limits[i];
		struct rlimit limit;
		long done = SYSCALL(prlimit64, 0, wanted->resource, NULL, &limit);
		if (wanted->value < limit.hard) limit.hard = wanted->value;
		limit.soft = limit.hard;
		if (done >= 0) done = SYSCALL(prlimit64, 0, wanted->resource, &limit, NULL);
		if (done < 0) give_up(trouble, "can't limit ", done);
	}
	if (spec->umask != (u32)SPEC_KEEP_UMASK) SYSCALL(umask, spec->umask);
	for (int signal = 1; signal <= SIGNAL_MAX; signal++)
		set_handler(signal, trap->ignored & signal_bit(signal) ? SIG_IGN : SIG_DFL);
	u64 none = 0;
	SYSCALL(rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
	long confined = confine(&spec->confinement);
	// Where no namespace ends with us. After it has given up its rights: that takes this back.
	if (spec->confinement.has_landlock) SYSCALL(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (confined < 0) give_up(trouble, "can't confine ", confined);
	give_up(trouble, "can't start ", SYSCALL(execve, spec->program, spec->argv, spec->env));
}

// Its process number. Fails unless the program has really been executed.
static int launch(const struct spec *spec, const struct trap *trap, int group) {
	int ends[2];
	long piped = SYSCALL(pipe2, ends, O_CLOEXEC);
	if (piped < 0) fail("no pipe", "", describe(piped));
	// Above everything that the program inherits.
	int trouble = (int)SYSCALL(fcntl, ends[1], F_DUPFD_CLOEXEC, 64);
	if (trouble < 0) fail("too few descriptors are allowed", "", "");
	SYSCALL(close, ends[1]);
	int program = (int)SYSCALL(clone, SIGCHLD, 0, 0, 0, 0);
	if (program < 0) fail("can't start ", spec->program, describe(program));
	if (program == 0) become(spec, trap, group, trouble);
	if (group == 0) SYSCALL(setpgid, program, program);
	SYSCALL(close, trouble);
	struct trouble message;
	if (read_all(ends[0], &message, sizeof message)) fail(message.what, spec->program, describe(message.error));
	SYSCALL(close, ends[0]);
	return program;
}

// Whoever waits for the end of a pipe waits for the program, not for its runner.
static void let_go(const struct trap *trap) {
	int null = (int)SYSCALL(openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++) {
		if (null >= 0) SYSCALL(dup3, null, fd, 0);
		else SYSCALL(close, fd);
	}
	if (trap->connection < 0) return;
	for (int fd = 0, next = 0; fd < PASSED_DESCRIPTORS; fd++)
		if (trap->descriptors >> fd & 1) SYSCALL(close, trap->fds[next++]);
}

// ---- its end

struct reaped { bool has_children, has_ended; int status; u32 others; };

// Whatever has ended. A bridge is no such child: it was made without SIGCHLD, and wait4 passes over it.
static struct reaped reap(int program) {
	struct reaped reaped = {false, false, 0, 0};
	for (;;) {
		int status = 0;
		long child = SYSCALL(wait4, -1, &status, WNOHANG, NULL);
		if (child == -EINTR) continue;
		reaped.has_children = child == 0;
		if (child <= 0) return reaped;
		if (child == program) {
			reaped.has_ended = true;
			reaped.status = status;
		} else reaped.others++;
	}
}

static void drain(int signals) {
	struct signalfd_siginfo info;
	while (SYSCALL(read, signals, &info, sizeof info) == sizeof info) continue;
}

static const int none_left = -1;

// The wait status of the program; `none_left` when the process before us is gone, and it was killed. `lifeline` may be -1.
static int wait_for_end(int program, int commands, int signals, int lifeline) {
	struct pollfd watched[3] = {{signals, POLLIN, 0}, {commands, POLLIN, 0}, {lifeline, POLLIN, 0}};
	struct timespec patience = {TERM_SECONDS, 0};
	bool is_told_to_leave = false;
	for (;;) {
		struct reaped reaped = reap(program);
		if (reaped.has_ended) return reaped.status;
		long ready = SYSCALL(ppoll, watched, 3, is_told_to_leave ? &patience : NULL, NULL, 0);
		if (ready == 0) {
			SYSCALL(kill, program, SIGKILL);
			is_told_to_leave = false;
		}
		if (ready <= 0) continue;
		if (watched[2].revents != 0) {
			SYSCALL(kill, program, SIGKILL);
			return none_left;
		}
		if (watched[0].revents != 0) drain(signals);
		if (watched[1].revents != 0 && !take_signal(commands, program)) {
			watched[1].fd = -1;
			// A stopped program hears TERM only when it goes on.
			SYSCALL(kill, program, SIGTERM);
			SYSCALL(kill, -program, SIGCONT);
			is_told_to_leave = true;
		}
	}
}

// Kills what is left. As process 1 that is everybody; otherwise (no namespace of its own) its children, who include the orphans.
static void sweep(void) {
	if (SYSCALL(getpid, 0) == 1) {
		SYSCALL(kill, -1, SIGKILL);
		return;
	}
	char list[4096];
	int fd = (int)SYSCALL(openat, AT_FDCWD, "/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	long got = fd < 0 ? 0 : SYSCALL(read, fd, list, sizeof list);
	if (fd >= 0) SYSCALL(close, fd);
	int child = 0;
	for (long i = 0; i < got; i++) {
		if (list[i] >= '0' && list[i] <= '9') {
			child = child * 10 + (list[i] - '0');
		} else {
			if (child > 1) SYSCALL(kill, child, SIGKILL);
			child = 0;
		}
	}
}

// Ends everything. Who starts another before it dies sends us a signal with every one that ends, so that we are as fast; what dies
// slowly is waited for. How many there were.
static u32 end_all(int signals) {
	struct timespec patience = {SWEEP_SECONDS, 0};
	u32 ended = 0;
	for (int round = 0; round < 1 << 20 && patience.seconds >= 0; round++) {
		struct reaped reaped = reap(0);
		ended += reaped.others;
		if (!reaped.has_children) break;
		sweep();
		struct timespec moment = {0, 10 * 1000 * 1000};
		if (wait_for(signals, POLLIN, &moment)) drain(signals);
		else if ((patience.nanoseconds -= 10 * 1000 * 1000) < 0) {
			patience.seconds--;
			patience.nanoseconds += 1000 * 1000 * 1000;
		}
	}
	return ended;
}

// `cmd > >(tee log)`: what the program started may have a word to write. How many had to be killed after that.
static u32 wind_up(int signals) {
	struct timespec grace = {0, GRACE_NANOSECONDS};
	while (reap(0).has_children) {
		if (!wait_for(signals, POLLIN, &grace)) break;
		drain(signals);
	}
	return end_all(signals);
}

static int watch_children(void) {
	u64 child_signal = signal_bit(SIGCHLD);
	int signals = (int)SYSCALL(signalfd4, -1, &child_signal, sizeof child_signal, O_CLOEXEC | O_NONBLOCK);
	if (signals < 0) fail("no descriptor for signals", "", describe(signals));
	return signals;
}

// Only the child returns, with a descriptor that ends with its parent. The parent goes when the kernel goes, or its group is killed; the
// child is in another, and no signal of what runs inside reaches it. Whoever it leaves over comes to the parent.
static int stand_guard(void) {
	// Without the list of its children nothing could be ended for certain.
	int list = (int)SYSCALL(openat, AT_FDCWD, "/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	if (list < 0) fail("/proc does not tell of its children", "", describe(list));
	SYSCALL(close, list);
	SYSCALL(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	SYSCALL(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	int ends[2];
	long piped = SYSCALL(pipe2, ends, O_CLOEXEC);
	if (piped < 0) fail("no pipe", "", describe(piped));
	int warden = (int)SYSCALL(clone, SIGCHLD, 0, 0, 0, 0);
	if (warden < 0) fail("can't start its warden", "", describe(warden));
	if (warden == 0) {
		SYSCALL(close, ends[1]);
		SYSCALL(setpgid, 0, 0);
		return ends[0];
	}
	const struct trap none = {.connection = -1};
	let_go(&none);
	SYSCALL(close, STATUS);
	SYSCALL(close, ends[0]);
	int status = 0;
	long ended;
	do ended = SYSCALL(wait4, warden, &status, 0, NULL);
	while (ended == -EINTR);
	end_all(watch_children());
	leave((status & 0x7f) != 0 ? EXIT_NOT_STARTED : status >> 8 & 0xff);
}

// What is in there would tell our processes from others by a mark that they must not bear.
static void wipe(char **env) {
	for (; *env != NULL; env++) memset(*env, 0, length_of(*env));
}

__attribute__((used, noreturn)) void start(u64 *stack) {
	u64 argc = stack[0];
	char **argv = (char **)(stack + 1);
	// Nobody of the same user reads its descriptors in /proc: through the status pipe an ending could be forged.
	SYSCALL(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	u64 every = ~0UL;
	SYSCALL(rt_sigprocmask, SIG_SETMASK, &every, NULL, sizeof every);
	wipe(argv + argc + 1);

	int status = argc == 3 || argc == 4 ? (int)parse_number(argv[2], 1 << 20) : -1;
	// What bwrap or the kernel left open (a folder of the host, say) must not reach the program.
	long moved = status < 3 ? -1 : status == STATUS ? SYSCALL(fcntl, STATUS, F_SETFD, FD_CLOEXEC) : SYSCALL(dup3, status, STATUS, O_CLOEXEC);
	if (moved >= 0) moved = SYSCALL(close_range, STATUS + 1, ~0U, 0);
	if (moved < 0) {
		static const char usage[] = "trapgate: usage: runner SPEC STATUS_DESCRIPTOR [SOCKET]\n";
		write_all(2, usage, sizeof usage - 1);
		leave(EXIT_NOT_STARTED);
	}
	for (int fd = 0; fd < 3; fd++) if (!is_open(fd)) SYSCALL(openat, AT_FDCWD, "/dev/null", O_RDWR);

	const struct spec *spec = read_spec(argv[1]);
	if (((spec->flags & SPEC_FROM_TRAP) != 0) != (argc == 4)) malformed();
	long entered = SYSCALL(chdir, spec->cwd);
	if (entered < 0) fail("can't enter ", spec->cwd, describe(entered));
	bool is_alone = spec->confinement.has_landlock && SYSCALL(getpid, 0) != 1;
	int group = is_alone ? (int)SYSCALL(getpgid, 0) : -1;
	int lifeline = is_alone ? stand_guard() : -1;
	if (SYSCALL(getpid, 0) != 1) SYSCALL(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

	struct trap trap = {.connection = -1};
	if (argc == 4) trap = receive_trap(argv[3]);
	bool is_signalled = (spec->flags & SPEC_SIGNALS) != 0;
	if (trap.connection >= 0 || is_signalled) group = 0;
	int signals = watch_children();
	int program = launch(spec, &trap, group);
	let_go(&trap);

	int ending = wait_for_end(program, is_signalled ? STATUS : trap.connection, signals, lifeline);
	if (ending == none_left) {
		end_all(signals);
		leave(EXIT_NOT_STARTED);
	}
	u32 left_behind = wind_up(signals);
	u8 signal = ending & 0x7f;
	u8 message[6] = {signal != 0 ? 'K' : 'X', signal != 0 ? signal : (u8)(ending >> 8)};
	memcpy(message + 2, &left_behind, sizeof left_behind);
	if (trap.connection >= 0) send_all(trap.connection, message, 2);
	report(message, sizeof message);
	leave(signal != 0 ? 128 + signal : message[1]);
}
