// A program that does nothing but note under which name and with which arguments it was executed.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static char record[1 << 16];
static size_t used;

static void put(const char *text) {
	size_t length = strlen(text) + 1;
	if (used + length > sizeof record) length = sizeof record - used;
	memcpy(record + used, text, length);
	used += length;
}

int main(int count, char **words) {
	// The file that was executed, not argv[0]: `exec -a` can say anything there.
	const char *file = (const char *)getauxval(AT_EXECFN);
	const char *slash = file ? strrchr(file, '/') : 0;
	const char *name = slash ? slash + 1 : file ? file : words[0];
	char header[16];
	snprintf(header, sizeof header, "%d", count > 0 ? count : 1);
	put(header);
	put(name);
	for (int at = 1; at < count; at++) put(words[at]);
	// One write, so that records of programs that run side by side don't mix.
	int log = open(LOG, O_WRONLY | O_APPEND | O_CREAT, 0666);
	if (log >= 0) {
		if (write(log, record, used) < 0) return 99;
		close(log);
	}
	if (!strcmp(name, "producer")) puts("python3 fromproducer");
	if (!strcmp(name, "uv") && count > 2 && !strcmp(words[1], "run")) execvp(words[2], words + 2);
	return 0;
}
