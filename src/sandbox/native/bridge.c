// The bridge: the one way out of a sandbox without a network. It relays 127.0.0.1:PORT to the kernel's proxy, a unix socket.
//
//     bridge SOCKET PORT -- PROGRAM ARGUMENTS...
//
// It listens, leaves a child behind that relays, and becomes PROGRAM, so that whoever started it sees that program only.
#include "protocol.h"
#include "sys.h"

enum { MAX_CONNECTIONS = 64, BUFFER_BYTES = 16384 };

__attribute__((noreturn)) static void fail(const char *why) {
	write_all(2, "trapgate: bridge: ", 18);
	write_all(2, why, length_of(why));
	write_all(2, "\n", 1);
	leave(EXIT_NOT_STARTED);
}

// Bytes on their way from one socket to the other.
struct flow { u32 start, end; bool is_ended, is_shut; u8 bytes[BUFFER_BYTES]; };

// flows[0] leaves fds[0], flows[1] leaves fds[1]. fds[0] is -1 where there is no connection.
struct connection { int fds[2]; struct flow flows[2]; };

static int listen_on(long port) {
	struct sockaddr_in address = {AF_INET, (u16)(port << 8 | port >> 8), 0x0100007f, {0}};
	int fd = (int)SYSCALL(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;
	if (fd < 0) fail("no socket");
	SYSCALL(setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (SYSCALL(bind, fd, &address, sizeof address) < 0 || SYSCALL(listen, fd, MAX_CONNECTIONS) < 0) fail("can't listen on the port");
	return fd;
}

static void hang_up(struct connection *connection) {
	SYSCALL(close, connection->fds[0]);
	SYSCALL(close, connection->fds[1]);
	connection->fds[0] = -1;
}

static void welcome(struct connection *connection, int listener, const char *proxy) {
	int client = (int)SYSCALL(accept4, listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (client < 0) {
		// Out of descriptors, perhaps: the caller is still there, and is not to be asked for without a pause.
		struct timespec pause = {0, 100 * 1000 * 1000};
		SYSCALL(ppoll, NULL, 0, &pause, NULL, 0);
		return;
	}
	int upstream = connect_to(proxy, SOCK_NONBLOCK);
	if (upstream < 0) {
		SYSCALL(close, client);
		return;
	}
	connection->fds[0] = client;
	connection->fds[1] = upstream;
	for (int i = 0; i < 2; i++) {
		struct flow *flow = &connection->flows[i];
		flow->start = flow->end = 0;
		flow->is_ended = flow->is_shut = false;
	}
}

// Moves what can be moved now. False when the connection is broken.
static bool pump(struct flow *flow, int from, int to, bool is_readable, bool is_writable) {
	if (is_readable && !flow->is_ended && flow->start == flow->end) {
		long got = SYSCALL(read, from, flow->bytes, sizeof flow->bytes);
		if (got < 0 && got != -EAGAIN && got != -EINTR) return false;
		if (got == 0) flow->is_ended = true;
		if (got > 0) {
			flow->start = 0;
			flow->end = (u32)got;
			// Most often there is room at once.
			is_writable = true;
		}
	}
	if (is_writable && flow->start < flow->end) {
		long sent = SYSCALL(sendto, to, flow->bytes + flow->start, flow->end - flow->start, MSG_NOSIGNAL, NULL, 0);
		if (sent < 0 && sent != -EAGAIN && sent != -EINTR) return false;
		if (sent > 0) flow->start += (u32)sent;
	}
	if (flow->is_ended && flow->start == flow->end && !flow->is_shut) {
		SYSCALL(shutdown, to, SHUT_WR);
		flow->is_shut = true;
	}
	return true;
}

// What `fds[side]` is waited for: to give when its own flow is empty, to take when the other's is not.
static struct pollfd interest(const struct connection *connection, int side) {
	const struct flow *out = &connection->flows[side], *in = &connection->flows[1 - side];
	short events = 0;
	if (!out->is_ended && out->start == out->end) events |= POLLIN;
	if (in->start < in->end) events |= POLLOUT;
	// A socket that is waited for nothing would still be reported, again and again, when its peer hangs up.
	return (struct pollfd){connection->fds[0] < 0 || events == 0 ? -1 : connection->fds[side], events, 0};
}

__attribute__((noreturn)) static void relay(int listener, const char *proxy) {
	static struct connection connections[MAX_CONNECTIONS];
	static struct pollfd watched[2 * MAX_CONNECTIONS + 1];
	for (int i = 0; i < MAX_CONNECTIONS; i++) connections[i].fds[0] = -1;
	for (;;) {
		struct connection *vacant = NULL;
		for (int i = 0; i < MAX_CONNECTIONS; i++) {
			if (connections[i].fds[0] < 0) vacant = &connections[i];
			for (int side = 0; side < 2; side++) watched[2 * i + side] = interest(&connections[i], side);
		}
		// With no place left, who calls waits in the queue of the system.
		struct pollfd *door = &watched[2 * MAX_CONNECTIONS];
		*door = (struct pollfd){vacant == NULL ? -1 : listener, POLLIN, 0};
		if (SYSCALL(ppoll, watched, 2 * MAX_CONNECTIONS + 1, NULL, NULL, 0) < 0) continue;
		for (int i = 0; i < MAX_CONNECTIONS; i++) {
			struct connection *connection = &connections[i];
			bool is_whole = connection->fds[0] >= 0;
			for (int side = 0; is_whole && side < 2; side++) {
				int events = watched[2 * i + side].revents, others = watched[2 * i + 1 - side].revents;
				is_whole = (events & POLLERR) == 0 &&
					pump(&connection->flows[side], connection->fds[side], connection->fds[1 - side], (events & ~POLLOUT) != 0, (others & ~POLLIN) != 0);
			}
			bool is_over = connection->flows[0].is_shut && connection->flows[1].is_shut;
			if (connection->fds[0] >= 0 && (!is_whole || is_over)) hang_up(connection);
		}
		if (door->revents != 0) welcome(vacant, listener, proxy);
	}
}

__attribute__((used, noreturn)) void start(u64 *stack) {
	u64 argc = stack[0];
	char **argv = (char **)(stack + 1), **env = argv + argc + 1;
	long port = argc >= 5 ? parse_number(argv[2], 65535) : -1;
	bool is_plain = port >= 1 && length_of(argv[3]) == 2 && starts_with(argv[3], "--");
	// The program goes by another name than the path of its file.
	bool is_named = port >= 1 && argc >= 6 && length_of(argv[3]) == 4 && starts_with(argv[3], "--as");
	if (!is_plain && !is_named) fail("usage: bridge SOCKET PORT -- PROGRAM ARGUMENTS..., or --as PROGRAM NAME ARGUMENTS...");
	int listener = listen_on(port);
	// Without SIGCHLD: the program waits for its own children, and must not meet one that it did not start.
	long child = SYSCALL(clone, 0, 0, 0, 0, 0);
	if (child < 0) fail("can't start its child");
	if (child > 0) {
		SYSCALL(execve, argv[4], argv + (is_named ? 5 : 4), env);
		fail("can't execute the program");
	}
	// A signal for the program's group is none of its business, and no pipe of the program's may stay open in here.
	SYSCALL(setpgid, 0, 0);
	if (listener != 3) SYSCALL(dup3, listener, 3, O_CLOEXEC);
	SYSCALL(close_range, 4, ~0U, 0);
	int null = (int)SYSCALL(openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++) {
		if (null >= 0) SYSCALL(dup3, null, fd, 0);
		else SYSCALL(close, fd);
	}
	relay(3, argv[1]);
}
