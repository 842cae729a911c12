// What trap and shim have in common: they report their own execution to the kernel, and stand in for what runs in their place.

// True when all of it went out; each has a way of its own.
static bool tell(int to, const void *bytes, size count);

__attribute__((noreturn)) static void refuse(const char *why, int code) {
	// A reader that went away must not turn the refusal into a signal.
	set_handler(SIGPIPE, SIG_IGN);
	write_all(2, "trapgate: ", 10);
	write_all(2, why, length_of(why));
	write_all(2, "\n", 1);
	leave(code);
}

// Below 16 lies what the program is to inherit, and a descriptor that is closed there must look closed.
static int out_of_the_way(int fd) {
	long moved = fd;
	if (fd >= 0) {
		moved = SYSCALL(fcntl, fd, F_DUPFD_CLOEXEC, 64);
		if (moved < 0) moved = SYSCALL(fcntl, fd, F_DUPFD_CLOEXEC, PASSED_DESCRIPTORS);
		SYSCALL(close, fd);
	}
	// Nobody would guess it from what fails then.
	if (moved == -EMFILE || (fd >= 0 && moved < 0))
		refuse("`ulimit -n` leaves it no descriptors to ask the policy kernel with; refusing to run this program: allow 64", EXIT_REFUSED);
	return (int)moved;
}

static u32 open_descriptors(void) {
	u32 map = 0;
	for (int fd = 0; fd < PASSED_DESCRIPTORS; fd++) if (is_open(fd)) map |= 1U << fd;
	return map;
}

struct start {
	u64 argc, envc;
	char **argv, **env;
	const char *execfn;
};

static struct start read_start(u64 *stack) {
	struct start start = {.argc = stack[0], .argv = (char **)(stack + 1)};
	start.env = start.argv + start.argc + 1;
	while (start.env[start.envc] != NULL) start.envc++;
	for (u64 *entry = (u64 *)(start.env + start.envc + 1); entry[0] != 0; entry += 2)
		if (entry[0] == AT_EXECFN) start.execfn = (const char *)entry[1];
	return start;
}

// Where it was executed, and as which file.
struct place { char exe[4096], cwd[4096]; };

static struct place *read_place(const struct start *start) {
	static struct place place;
	if (start->execfn == NULL) refuse("the system does not say what was executed; refusing", EXIT_REFUSED);
	long length = SYSCALL(readlinkat, AT_FDCWD, "/proc/self/exe", place.exe, sizeof place.exe);
	if (length <= 0 || length >= (long)sizeof place.exe) refuse("/proc does not say what was executed; refusing", EXIT_REFUSED);
	if (SYSCALL(getcwd, place.cwd, sizeof place.cwd) <= 0 || place.cwd[0] != '/')
		refuse("its working directory has no name here; refusing", EXIT_REFUSED);
	return &place;
}

// Many small texts become few sends.
struct sender { int kernel; size used; bool failed; u8 bytes[16384]; };

static void flush(struct sender *sender) {
	if (!sender->failed && !tell(sender->kernel, sender->bytes, sender->used)) sender->failed = true;
	sender->used = 0;
}

static void put(struct sender *sender, const void *bytes, size count) {
	for (const u8 *at = bytes; count > 0; count--) {
		if (sender->used == sizeof sender->bytes) flush(sender);
		sender->bytes[sender->used++] = *at++;
	}
}

static void put_text(struct sender *sender, const char *text) { put(sender, text, length_of(text) + 1); }

struct request {
	char magic[4];
	u32 length, argc, envc, umask, descriptors;
	u64 limits[LIMIT_COUNT];
};

static bool send_request(int kernel, const struct start *start, const char *exe, const char *cwd, u32 descriptors) {
	static struct request request = {.magic = REQUEST_MAGIC};
	u64 length = length_of(start->execfn) + length_of(exe) + length_of(cwd) + 3;
	for (u64 i = 0; i < start->argc; i++) length += length_of(start->argv[i]) + 1;
	for (u64 i = 0; i < start->envc; i++) length += length_of(start->env[i]) + 1;
	if (length > MESSAGE_MAX_BYTES - sizeof request) refuse("its arguments and environment are too large; refusing", EXIT_REFUSED);
	request.length = (u32)length;
	request.argc = (u32)start->argc;
	request.envc = (u32)start->envc;
	request.umask = (u32)SYSCALL(umask, 0);
	SYSCALL(umask, request.umask);
	request.descriptors = descriptors;
	for (int resource = 0; resource < LIMIT_COUNT; resource++) {
		struct rlimit limit = {~0UL, ~0UL};
		SYSCALL(prlimit64, 0, resource, NULL, &limit);
		request.limits[resource] = limit.soft;
	}

	static struct sender sender;
	sender.kernel = kernel;
	put(&sender, &request, sizeof request);
	put_text(&sender, start->execfn);
	put_text(&sender, exe);
	put_text(&sender, cwd);
	for (u64 i = 0; i < start->argc; i++) put_text(&sender, start->argv[i]);
	for (u64 i = 0; i < start->envc; i++) put_text(&sender, start->env[i]);
	flush(&sender);
	return !sender.failed;
}

struct verdict { u8 kind; u32 length; u8 body[65536 + 1]; };

// Refuses unless it is one of the two, whole; the body ends in NUL.
static struct verdict *read_verdict(int kernel) {
	static struct verdict verdict;
	bool is_whole = read_all(kernel, &verdict.kind, 1) && read_all(kernel, &verdict.length, sizeof verdict.length) &&
		verdict.length >= 1 && verdict.length < sizeof verdict.body && read_all(kernel, verdict.body, verdict.length);
	if (!is_whole || (verdict.kind != 'D' && verdict.kind != 'R'))
		refuse("no verdict from the kernel; refusing to run this program", EXIT_REFUSED);
	verdict.body[verdict.length] = '\0';
	return &verdict;
}

__attribute__((noreturn)) static void be_refused(const struct verdict *verdict) {
	set_handler(SIGPIPE, SIG_IGN);
	write_all(2, verdict->body + 1, verdict->length - 1);
	leave(verdict->body[0] != 0 ? verdict->body[0] : EXIT_REFUSED);
}

// What is sent to the program, signal by signal. What the caller blocks stays so; faults are our own; children
// are not ours to report; and a background job that touches its terminal is stopped here as it would be there.
static u64 forwarded_signals(void) {
	u64 blocked = 0;
	SYSCALL(rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof blocked);
	u64 forwarded = ~blocked;
	const u8 own[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGKILL, SIGSEGV, SIGCHLD, SIGSTOP, SIGTTIN, SIGTTOU, SIGSYS};
	for (size i = 0; i < sizeof own; i++) forwarded &= ~signal_bit(own[i]);
	return forwarded;
}

__attribute__((noreturn)) static void end_by(int signal) {
	if (signal >= 1 && signal <= SIGNAL_MAX && signal != SIGCONT && signal != SIGSTOP) {
		// The program may have left a core; ours says nothing.
		struct rlimit none = {0, 0};
		SYSCALL(prlimit64, 0, RLIMIT_CORE, &none, NULL);
		u64 mask = signal_bit(signal);
		set_handler(signal, SIG_DFL);
		SYSCALL(kill, SYSCALL(getpid, 0), signal);
		SYSCALL(rt_sigprocmask, SIG_UNBLOCK, &mask, NULL, sizeof mask);
	}
	leave(128 + (signal & 127));
}

static void send_signal(int runner, u8 signal) {
	u8 message[2] = {'S', signal};
	tell(runner, message, sizeof message);
}

static void forward(int runner, int signals) {
	struct signalfd_siginfo info;
	if (SYSCALL(read, signals, &info, sizeof info) != sizeof info) return;
	send_signal(runner, (u8)info.signal);
	if (info.signal != SIGTSTP) return;
	// Ctrl-Z: the program has been stopped; so are we, where the system would stop it, and when we go on, so does it.
	u64 mask = signal_bit(SIGTSTP);
	SYSCALL(kill, SYSCALL(getpid, 0), SIGTSTP);
	SYSCALL(rt_sigprocmask, SIG_UNBLOCK, &mask, NULL, sizeof mask);
	SYSCALL(rt_sigprocmask, SIG_BLOCK, &mask, NULL, sizeof mask);
	send_signal(runner, SIGCONT);
}
