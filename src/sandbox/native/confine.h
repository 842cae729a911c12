// What the runner takes away from its program where there are no namespaces: rights on files, TCP, and system calls.

// A text that a spec holds, without NUL.
struct rule { u64 access; const u8 *path; u32 length; };

struct confinement {
	bool has_landlock, is_without_tcp;
	u32 rule_count;
	struct rule *rules;
	u32 filter_bytes; // 0: no filter
	const u8 *filter;
};

// Every right on files that the least version of Landlock knows, by linux/landlock.h: execute, read, write, remove, make, link and rename
// between folders, truncate, ioctl on devices. What is newer is not asked for.
static const u64 file_rights = (1UL << 16) - 1;

// Those of them that a file can have which is no folder: execute, write, read, truncate, ioctl.
static const u64 plain_file_rights = 1UL << 0 | 1UL << 1 | 1UL << 2 | 1UL << 14 | 1UL << 15;

// A link that was put there since the rules were made would give what it leads to. The path is absolute.
static int open_without_links(char *path) {
	const struct open_how how = {O_PATH | O_CLOEXEC, 0, RESOLVE_NO_SYMLINKS};
	int fd = (int)SYSCALL(openat2, AT_FDCWD, path, &how, sizeof how);
	if (fd != -ENOSYS) return fd;
	// A filter of system calls around us does not know it: name by name. One that is a link, at the end, is opened itself: it gives nothing.
	fd = (int)SYSCALL(openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC);
	for (char *at = path; fd >= 0 && *at != '\0';) {
		while (*at == '/') at++;
		if (*at == '\0') break;
		char *end = at;
		while (*end != '\0' && *end != '/') end++;
		bool is_last = *end == '\0';
		*end = '\0';
		int next = (int)SYSCALL(openat, fd, at, O_PATH | O_NOFOLLOW | O_CLOEXEC | (is_last ? 0 : O_DIRECTORY));
		SYSCALL(close, fd);
		fd = next;
		at = is_last ? end : end + 1;
	}
	return fd;
}

// 0, or a negative error.
static long allow_below(int ruleset, const struct rule *rule, u64 handled) {
	char path[4096];
	memcpy(path, rule->path, rule->length);
	path[rule->length] = '\0';
	int fd = open_without_links(path);
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP) return 0;
	if (fd < 0) return fd;
	struct landlock_path_beneath_attr attribute = {rule->access & handled, fd};
	long done = 0;
	if (attribute.access != 0) done = SYSCALL(landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attribute, 0);
	if (done == -EINVAL && (attribute.access & ~plain_file_rights) != 0) {
		// No folder.
		attribute.access &= plain_file_rights;
		done = attribute.access == 0 ? 0 : SYSCALL(landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attribute, 0);
	}
	SYSCALL(close, fd);
	return done;
}

static long restrict_files(const struct confinement *confinement) {
	long version = SYSCALL(landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 0) return version;
	if (version < LEAST_LANDLOCK) return -EOPNOTSUPP;
	struct landlock_ruleset_attr attribute = {
		.handled_fs = file_rights,
		.handled_net = confinement->is_without_tcp ? 3 : 0, // bind and connect
		.scoped = 3, // abstract sockets and processes outside
	};
	int ruleset = (int)SYSCALL(landlock_create_ruleset, &attribute, sizeof attribute, 0);
	if (ruleset < 0) return ruleset;
	long done = 0;
	for (u32 i = 0; done >= 0 && i < confinement->rule_count; i++)
		done = allow_below(ruleset, &confinement->rules[i], attribute.handled_fs);
	if (done >= 0) done = SYSCALL(landlock_restrict_self, ruleset, 0);
	SYSCALL(close, ruleset);
	return done;
}

// As root it would have them all, and no namespace takes their meaning away.
static long drop_capabilities(void) {
	// Without the right to do so there is none to drop.
	for (int capability = 0; capability <= LAST_CAPABILITY; capability++) SYSCALL(prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
	SYSCALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	struct { u32 version; int process; } header = {CAPABILITY_VERSION_3, 0};
	const u32 none[6] = {0};
	return SYSCALL(capset, &header, none);
}

// 0, or a negative error: then nothing may be executed.
static long confine(const struct confinement *confinement) {
	if (!confinement->has_landlock && confinement->filter_bytes == 0) return 0;
	long done = SYSCALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (done >= 0 && confinement->has_landlock) done = restrict_files(confinement);
	if (done >= 0 && confinement->has_landlock) done = drop_capabilities();
	if (done >= 0 && confinement->filter_bytes > 0) {
		struct sock_fprog program = {(u16)(confinement->filter_bytes / 8), confinement->filter};
		done = SYSCALL(seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	}
	return done;
}
