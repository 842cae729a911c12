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

// Every right on files that a version of Landlock knows, by linux/landlock.h. What is newer is not asked for.
static u64 file_rights(long version) {
	u64 rights = (1UL << 13) - 1; // 1: execute, read, write, remove, make
	if (version >= 2) rights |= 1UL << 13; // link and rename between folders
	if (version >= 3) rights |= 1UL << 14; // truncate
	if (version >= 5) rights |= 1UL << 15; // ioctl on devices
	return rights;
}

// Those of them that a file can have which is no folder: execute, write, read, truncate, ioctl.
static const u64 plain_file_rights = 1UL << 0 | 1UL << 1 | 1UL << 2 | 1UL << 14 | 1UL << 15;

// 0, or a negative error.
static long allow_below(int ruleset, const struct rule *rule, u64 handled) {
	char path[4096];
	memcpy(path, rule->path, rule->length);
	path[rule->length] = '\0';
	int fd = (int)SYSCALL(openat, AT_FDCWD, path, O_PATH | O_CLOEXEC);
	if (fd == -ENOENT || fd == -ENOTDIR) return 0;
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
	if (confinement->is_without_tcp && version < 4) return -EOPNOTSUPP;
	struct landlock_ruleset_attr attribute = {
		.handled_fs = file_rights(version),
		.handled_net = confinement->is_without_tcp ? 3 : 0, // bind and connect
		.scoped = version >= 6 ? 3 : 0, // abstract sockets and processes outside
	};
	size known = version >= 6 ? 24 : version >= 4 ? 16 : 8;
	int ruleset = (int)SYSCALL(landlock_create_ruleset, &attribute, known, 0);
	if (ruleset < 0) return ruleset;
	long done = 0;
	for (u32 i = 0; done >= 0 && i < confinement->rule_count; i++)
		done = allow_below(ruleset, &confinement->rules[i], attribute.handled_fs);
	if (done >= 0) done = SYSCALL(landlock_restrict_self, ruleset, 0);
	SYSCALL(close, ruleset);
	return done;
}

// 0, or a negative error: then nothing may be executed.
static long confine(const struct confinement *confinement) {
	if (!confinement->has_landlock && confinement->filter_bytes == 0) return 0;
	long done = SYSCALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (done >= 0 && confinement->has_landlock) done = restrict_files(confinement);
	if (done >= 0 && confinement->filter_bytes > 0) {
		struct sock_fprog program = {(u16)(confinement->filter_bytes / 8), confinement->filter};
		done = SYSCALL(seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	}
	return done;
}
