// The trap: what is executed where a gated program used to be. It reports the execution to the kernel and does what it is told.
//
// It holds no authority: whatever runs inside could send the same request. What it must be is dependable. It ignores its
// environment, survives closed descriptors and any number of arguments, and where anything is strange it refuses: one line, 126.
#include "protocol.h"
#include "sys.h"
#include "caller.h"

static bool tell(int to, const void *bytes, size count) { return send_all(to, bytes, count); }

// The runner's socket lies below our folder, whoever answered.
static bool is_runner_path(const struct verdict *verdict) {
	const char *path = (const char *)verdict->body;
	if (length_of(path) != verdict->length || !starts_with(path, TRAP_FOLDER)) return false;
	for (; *path != '\0'; path++) if (starts_with(path, "/..")) return false;
	return true;
}

// As a job in the background ignores an interrupt, and what `nohup` starts a hang-up. The program may think otherwise,
// so they are forwarded all the same: while a signal is blocked the system keeps it even where it is ignored.
static u64 ignored_signals(void) {
	u64 ignored = 0;
	for (int signal = 1; signal <= SIGNAL_MAX; signal++) {
		struct sigaction present = {SIG_DFL, 0, 0, 0};
		SYSCALL(rt_sigaction, signal, NULL, &present, sizeof present.mask);
		if (present.handler == SIG_IGN) ignored |= signal_bit(signal);
	}
	return ignored;
}

static bool hand_over(int runner, u32 descriptors, u64 ignored) {
	struct { struct cmsghdr header; int fds[PASSED_DESCRIPTORS]; } control = {{0, SOL_SOCKET, SCM_RIGHTS}, {0}};
	u32 count = 0;
	for (int fd = 0; fd < PASSED_DESCRIPTORS; fd++) if (descriptors >> fd & 1) control.fds[count++] = fd;
	control.header.length = sizeof control.header + count * sizeof(int);
	struct hand_over said = {descriptors, ignored};
	struct iovec part = {&said, sizeof said};
	struct msghdr message = {.parts = &part, .part_count = 1};
	if (count > 0) {
		message.control = &control;
		message.control_length = control.header.length;
	}
	if (SYSCALL(sendmsg, runner, &message, MSG_NOSIGNAL) != sizeof said) return false;
	// Whoever waits for the end of a pipe waits for the program, not for us. Standard error stays, for a last word.
	for (int fd = 0; fd < PASSED_DESCRIPTORS; fd++) if (fd != 2 && descriptors >> fd & 1) SYSCALL(close, fd);
	return true;
}

__attribute__((noreturn)) static void stand_in(int runner, int signals) {
	struct pollfd watched[2] = {{runner, POLLIN, 0}, {signals, POLLIN, 0}};
	for (;;) {
		long ready = SYSCALL(ppoll, watched, 2, NULL, NULL, 0);
		if (ready == -EINTR) continue;
		if (ready < 0) break;
		if (watched[1].revents != 0) forward(runner, signals);
		if (watched[0].revents == 0) continue;
		u8 ending[2];
		if (!read_all(runner, ending, sizeof ending)) break;
		if (ending[0] == 'X') leave(ending[1]);
		if (ending[0] == 'K') end_by(ending[1]);
		break;
	}
	refuse("the sandbox of this program has ended", EXIT_NOT_STARTED);
}

__attribute__((used, noreturn)) void start(u64 *stack) {
	u32 descriptors = open_descriptors();
	struct start start = read_start(stack);
	struct place *place = read_place(&start);

	int kernel = out_of_the_way(connect_to(TRAP_SOCKET, 0));
	if (kernel < 0) refuse("the policy kernel can't be reached; refusing to run this program", EXIT_REFUSED);
	// Where the kernel stops listening half-way it may still have said why.
	send_request(kernel, &start, place->exe, place->cwd, descriptors);
	const struct verdict *verdict = read_verdict(kernel);
	if (verdict->kind == 'D') be_refused(verdict);

	if (!is_runner_path(verdict)) refuse("no verdict from the kernel; refusing to run this program", EXIT_REFUSED);
	int runner = out_of_the_way(connect_to((const char *)verdict->body, 0));
	if (runner < 0) refuse("the sandbox for this program can't be reached", EXIT_REFUSED);
	u64 forwarded = forwarded_signals(), ignored = ignored_signals();
	SYSCALL(rt_sigprocmask, SIG_BLOCK, &forwarded, NULL, sizeof forwarded);
	int signals = out_of_the_way((int)SYSCALL(signalfd4, -1, &forwarded, sizeof forwarded, O_CLOEXEC));
	if (signals < 0 || !hand_over(runner, descriptors, ignored)) refuse("its descriptors can't be handed over", EXIT_REFUSED);
	stand_in(runner, signals);
}
