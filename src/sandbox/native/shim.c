// The shim: what PATH leads to under the name of a gated program where there are no mounts. It reports the execution to the kernel,
// and carries bytes and signals between its own descriptors and the program that runs in its place, which is no relative of it.
//
// Its file lies in `bin` of the folder of its sandbox, and beside that are the pipes by which it talks. It has no socket: the filter of
// system calls refuses them, and a pipe with a name can be reached only by who may reach that folder.
#include "protocol.h"
#include "sys.h"
#include "caller.h"

enum { MOST_AT_ONCE = 4096 };

// A pipe, or a file: SIGPIPE is blocked by the time that anything is said.
static bool tell(int to, const void *bytes, size count) { return write_all(to, bytes, count); }

// The folder of its sandbox, where its own file is FOLDER/bin/NAME.
static u32 folder_of(const char *exe) {
	u32 last = 0, before = 0;
	for (u32 at = 0; exe[at] != '\0'; at++) if (exe[at] == '/') {
		before = last;
		last = at;
	}
	if (last - before != 4 || !starts_with(exe + before, "/bin/")) refuse("this copy of it stands for no program; refusing", EXIT_REFUSED);
	return before;
}

static const char *path_in(const char *exe, u32 folder, const char *name, const char *ending) {
	static char path[4096 + 64];
	u32 length = folder;
	memcpy(path, exe, folder);
	for (; *name != '\0'; name++) path[length++] = *name;
	for (; *ending != '\0'; ending++) path[length++] = *ending;
	path[length] = '\0';
	return path;
}

static int open_pipe(const char *path, int flags) { return out_of_the_way((int)SYSCALL(openat, AT_FDCWD, path, flags | O_CLOEXEC)); }

struct line { int questions, answers; };

__attribute__((noreturn)) static void find_nobody(void) { refuse("the policy kernel can't be reached; refusing to run this program", EXIT_REFUSED); }

// Makes two pipes, and waits until the kernel, which watches the folder, has opened both.
static struct line call_kernel(const char *exe) {
	u32 folder = folder_of(exe);
	char name[8 + 2 * SHIM_NAME_BYTES] = "/calls/";
	u8 random[SHIM_NAME_BYTES];
	if (SYSCALL(getrandom, random, sizeof random, 0) != sizeof random) find_nobody();
	for (u32 i = 0; i < 2 * sizeof random; i++) name[7 + i] = "0123456789abcdef"[random[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];

	// Without the mask of whoever started us.
	u32 mask = (u32)SYSCALL(umask, 0);
	char unready[4096 + 64];
	memcpy(unready, path_in(exe, folder, name, ".p"), sizeof unready);
	long made = SYSCALL(mknodat, AT_FDCWD, unready, S_IFIFO | 0600, 0);
	if (made >= 0) made = SYSCALL(mknodat, AT_FDCWD, path_in(exe, folder, name, ".a"), S_IFIFO | 0600, 0);
	SYSCALL(umask, mask);
	struct line line = {.answers = open_pipe(path_in(exe, folder, name, ".a"), O_RDONLY | O_NONBLOCK)};
	// Somebody holds its other end until the kernel does: a pipe without one can't be opened, or looks closed.
	int both = open_pipe(unready, O_RDWR | O_NONBLOCK);
	line.questions = open_pipe(unready, O_WRONLY | O_NONBLOCK);
	if (made < 0 || line.answers < 0 || line.questions < 0) find_nobody();
	if (SYSCALL(renameat2, AT_FDCWD, unready, AT_FDCWD, path_in(exe, folder, name, ".q"), 0) < 0) find_nobody();
	struct timespec patience = {HAND_OVER_SECONDS, 0};
	u8 word = 0;
	if (!wait_for(line.answers, POLLIN, &patience) || SYSCALL(read, line.answers, &word, 1) != 1 || word != 'H') find_nobody();
	SYSCALL(close, both);
	SYSCALL(fcntl, line.answers, F_SETFL, 0);
	SYSCALL(fcntl, line.questions, F_SETFL, 0);
	return line;
}

// What is on its way to the program: asked for piece by piece, so that a signal is never stuck behind it.
struct input { bool is_wanted, has_ended; };

static void end_input(struct input *input, int kernel) {
	if (!input->has_ended) tell(kernel, "E", 1);
	input->has_ended = true;
}

static void pass_input(struct input *input, int kernel) {
	static u8 frame[5 + MOST_AT_ONCE];
	long got = SYSCALL(read, 0, frame + 5, MOST_AT_ONCE);
	if (got == -EINTR || got == -EAGAIN) return;
	if (got <= 0) return end_input(input, kernel);
	frame[0] = 'I';
	u32 length = (u32)got;
	memcpy(frame + 1, &length, sizeof length);
	tell(kernel, frame, 5 + (size)got);
	input->is_wanted = false;
}

// To a descriptor of ours, and signals go on meanwhile: who reads may take its time.
static void pass_output(int to, const u8 *bytes, u32 count, struct line *line, int signals) {
	while (count > 0) {
		struct pollfd watched[2] = {{to, POLLOUT, 0}, {signals, POLLIN, 0}};
		long ready = SYSCALL(ppoll, watched, 2, NULL, NULL, 0);
		if (ready == -EINTR) continue;
		if (ready > 0 && watched[1].revents != 0) forward(line->questions, signals);
		if (ready > 0 && watched[0].revents == 0) continue;
		long written = SYSCALL(write, to, bytes, count);
		if (written == -EINTR || written == -EAGAIN) continue;
		if (written <= 0) {
			// Nobody reads any more: the program is to learn it as it would have here.
			const u8 closed[2] = {'Q', (u8)to};
			tell(line->questions, closed, sizeof closed);
			return;
		}
		bytes += written;
		count -= (u32)written;
	}
}

// False when the kernel is gone, or talks nonsense.
static bool take_answer(struct line *line, struct input *input, int signals) {
	static u8 bytes[MOST_AT_ONCE];
	u8 kind, number;
	u32 count;
	if (!read_all(line->answers, &kind, 1)) return false;
	switch (kind) {
	case 'C': input->is_wanted = true; return true;
	case 'O': case 'P':
		if (!read_all(line->answers, &count, sizeof count) || count > sizeof bytes || !read_all(line->answers, bytes, count)) return false;
		pass_output(kind == 'O' ? 1 : 2, bytes, count, line, signals);
		return true;
	case 'X': case 'K':
		if (!read_all(line->answers, &number, 1)) return false;
		if (kind == 'X') leave(number);
		end_by(number);
	default: return false;
	}
}

__attribute__((noreturn)) static void stand_in(struct line *line, int signals, bool has_input) {
	struct input input = {false, false};
	if (!has_input) end_input(&input, line->questions);
	for (;;) {
		struct pollfd watched[3] = {
			{line->answers, POLLIN, 0}, {signals, POLLIN, 0}, {input.is_wanted && !input.has_ended ? 0 : -1, POLLIN, 0}};
		long ready = SYSCALL(ppoll, watched, 3, NULL, NULL, 0);
		if (ready == -EINTR) continue;
		if (ready < 0) break;
		if (watched[1].revents != 0) forward(line->questions, signals);
		if (watched[0].revents != 0) {
			if (!take_answer(line, &input, signals)) break;
		} else if (watched[2].revents != 0) pass_input(&input, line->questions);
	}
	refuse("the sandbox of this program has ended", EXIT_NOT_STARTED);
}

__attribute__((used, noreturn)) void start(u64 *stack) {
	u32 descriptors = open_descriptors();
	struct start start = read_start(stack);
	struct place *place = read_place(&start);
	u64 broken_pipe = signal_bit(SIGPIPE), forwarded = forwarded_signals() & ~broken_pipe;
	SYSCALL(rt_sigprocmask, SIG_BLOCK, &broken_pipe, NULL, sizeof broken_pipe);
	struct line line = call_kernel(place->exe);
	send_request(line.questions, &start, place->exe, place->cwd, descriptors);
	const struct verdict *verdict = read_verdict(line.answers);
	if (verdict->kind == 'D') be_refused(verdict);

	SYSCALL(rt_sigprocmask, SIG_BLOCK, &forwarded, NULL, sizeof forwarded);
	int signals = out_of_the_way((int)SYSCALL(signalfd4, -1, &forwarded, sizeof forwarded, O_CLOEXEC));
	if (signals < 0) refuse("there is no descriptor for its signals", EXIT_REFUSED);
	stand_in(&line, signals, (descriptors & 1) != 0);
}
