// Ways to run a gated program that a sandbox has to know of, and the programs that try them.
import process from 'node:process';

/** What only a real perl prints. */
export const proof = 'PWNED 42';
export const code = `'print "PWN","ED ",6*7,"\\n"'`;

export interface Attack {
	readonly name: string;
	readonly command: string;
	/** Of the attack table of the ring's design. */
	readonly number: string;
	/** Closed before anything is executed, so that there is nothing to ask about. */
	readonly isSilent?: true;
}

export const attacks: readonly Attack[] = [
	{ number: '1', name: 'an absolute path', command: `/usr/bin/perl -e ${code}` },
	{ number: '2', name: 'an empty environment', command: `env -i perl -e ${code}; env -i /usr/bin/perl -e ${code}` },
	{
		number: '2',
		name: 'another name for itself',
		command: `(exec -a ls /usr/bin/perl -e ${code}); command -p perl -e ${code}`,
	},
	{
		number: '3',
		name: 'other spellings of the path',
		command: `for at in //usr//bin/./perl /usr/bin/../bin/perl /proc/self/root/usr/bin/perl /bin/perl; do $at -e ${code}; done; cd /usr/bin; ./perl -e ${code}`,
	},
	{
		number: '4',
		name: 'a symbolic link',
		command: `ln -s /usr/bin/perl tool; ./tool -e ${code}; ln -s /usr/bin d; d/perl -e ${code}`,
	},
	{ number: '5', name: 'a hard link', command: `ln /usr/bin/perl hard; ./hard -e ${code}`, isSilent: true },
	{
		number: '6-7',
		name: 'copies, which are copies of the trap',
		command: `cp /usr/bin/perl a; dd if=/usr/bin/perl of=b status=none; cat /usr/bin/perl > c; tar -C /usr/bin -cf - perl | tar -xf -; chmod +x a b c
			for at in a b c perl; do ./$at -e ${code}; done`,
	},
	{
		number: '8',
		name: 'the loader',
		command: `for at in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do test -x $at && $at /usr/bin/perl -e ${code}; done; true`,
	},
	{
		number: '54',
		name: 'its second name',
		command: `/usr/bin/perl5.*.* -e ${code}; for at in /usr/bin/perl5*; do $at -e ${code}; done; for at in /usr/bin/perl5*; do cp $at own; ./own -e ${code}; done`,
	},
	{
		number: '9',
		name: 'make',
		command: `printf 'all:\\n\\t@/usr/bin/perl x.pl\\n' > Makefile; echo ${code.replaceAll("'", '')} > x.pl; make`,
	},
	{
		number: '10',
		name: 'node',
		command: `node -e 'const c=require("child_process");for(const s of [false,true])try{console.log(String(c.execSync("/usr/bin/perl x.pl",{shell:s?"/bin/bash":undefined})))}catch{}'`,
	},
	{
		number: '11',
		name: 'programs that start others',
		command: `echo | xargs /usr/bin/perl x.pl; find x.pl -exec /usr/bin/perl {} ';'; awk 'BEGIN{system("/usr/bin/perl x.pl")}'
			git -c alias.x='!/usr/bin/perl x.pl' x; tar -cf /dev/null --checkpoint=1 --checkpoint-action=exec='/usr/bin/perl x.pl' x.pl; timeout 5 nice setsid -w perl x.pl`,
	},
	{
		number: '12',
		name: 'the first line of a script',
		command: `for at in /usr/bin/perl '/usr/bin/env perl'; do printf '#!%s\\nprint "PWN","ED ",6*7,"\\\\n"\\n' "$at" > s; chmod +x s; ./s; done`,
	},
	{
		number: '21-26',
		name: 'namespaces and mounts',
		command: `umount /usr/bin/perl; unshare -Urm umount -l /usr/bin/perl; unshare -Ur true && echo PWNED 42; mount --bind /usr /tmp; chroot / true && echo PWNED 42
			nsenter -t 1 -m true && echo PWNED 42; mkdir o u w; mount -t overlay -o lowerdir=/usr/bin,upperdir=u,workdir=w o o; o/perl -e ${code}`,
		isSilent: true,
	},
	{
		number: '26',
		name: 'the root of others',
		command: `/proc/1/root/usr/bin/perl -e ${code}; ls /proc/*/root/usr/bin/perl; true`,
		isSilent: true,
	},
	{
		number: '27',
		name: 'a program that another user gets our rights from',
		command: `cp /usr/bin/env own; chmod 4755 own; chmod u+s own; install -m 4755 own two; node -e 'require("fs").writeFileSync("three", "", { mode: 0o4755 })'; find . -perm -4000 | grep . && echo PWNED 42; chmod 2755 . && echo end`,
		isSilent: true,
	},
	{
		number: '27',
		name: 'another user',
		command: `sudo -n perl -e ${code}; su -c perl; pkexec perl; newgrp root < /dev/null; test "$(id -u)" = "$UID"`,
		isSilent: true,
	},
	{
		number: '29',
		name: 'devices',
		command: 'ls /dev/vda /dev/sda /dev/nvme0n1 /dev/mem; cat /proc/kcore | head -c 1 | wc -c',
		isSilent: true,
	},
	{ number: '36', name: 'closed descriptors', command: `perl -e ${code} <&- >&- 2>&-; test $? = 126` },
	{
		number: '41',
		name: 'taking the trap away',
		command: `rm -f /usr/bin/perl /gate/runner /run/gate/trap.sock; mv /usr/bin/perl /usr/bin/p; : > /usr/bin/perl; mount -o remount,rw /; touch /run/gate/x && echo PWNED 42; perl -e ${code}`,
	},
	{
		number: '41',
		name: 'a stub in the PATH',
		command: `PATH=/usr/bin:/bin; hash -r; perl -e ${code}; cp /gate/bin/absent own; ./own; rm -f /gate/bin/absent && echo PWNED 42; absent`,
	},
	{
		number: '13',
		name: 'scripts that come with it',
		command: `for at in prove pod2text cpan perldoc pl2pm; do type -P $at > /dev/null && echo 'PWNED 42' | $at -T x.pl; done; prove x.pl; true`,
	},
	{
		number: '14-15, 68, 70',
		name: 'a file in memory',
		command: `gcc -w -o m m.c && ./m; echo $?`,
		isSilent: true,
	},
	{
		number: '16-20',
		name: 'its library, linked, loaded or compiled into another program',
		command: `for at in /usr/lib/*/libperl.so* /usr/lib/libperl.so* /usr/lib/*/libperl.a; do test -e $at && test "$(head -c 1 $at | wc -c)" != 0 && echo PWNED 42; done
			gcc -w -o l l.c -ldl && ./l; echo | gcc -w -x c - -o e -l:libperl.so.5.36 2>/dev/null && echo PWNED 42; true`,
		isSilent: true,
	},
	{
		number: '28',
		name: 'a service of the host',
		command: `find / -xdev -type s 2>/dev/null | grep -v ^/run/gate/ && echo PWNED 42; find /run /home /var /tmp -type s 2>/dev/null | grep -v ^/run/gate/trap.sock && echo PWNED 42
			systemd-run --user perl x.pl; echo "perl $PWD/x.pl" | at now; crontab -l; docker ps && echo PWNED 42; true`,
		isSilent: true,
	},
	{
		number: '30',
		name: 'the memory of others',
		command: `gcc -w -o p p.c && ./p; head -c 1 /proc/1/mem && echo PWNED 42; ls -l /proc/1/fd /proc/1/exe 2>&1 | grep -q -- '->' && echo PWNED 42; true`,
		isSilent: true,
	},
	{
		number: '31-34',
		name: 'sockets of other kinds, the network, io_uring, the terminal',
		command: `gcc -w -o k k.c && ./k; (exec 3<> /dev/tcp/127.0.0.1/22) 2>/dev/null && echo PWNED 42; true`,
		isSilent: true,
	},
	{
		number: '35',
		name: 'a library that the trap would load',
		command: `echo 'int puts(const char*);__attribute__((constructor)) void f(){puts("PWN" "ED 42");}' | gcc -w -shared -fPIC -x c - -o f.so
			LD_PRELOAD=$PWD/f.so exec -a perl /usr/bin/perl -e 1`,
	},
	{
		number: '36',
		name: 'a trap with a small stack, a long argument and many of them',
		command: `ulimit -s 64; perl -e ${code}; ulimit -n 4; perl -e ${code}; perl -e ${code} $(seq 8000); perl -e ${code} "$(head -c 120000 /dev/zero | tr '\\0' x)"; test $? = 126 || echo PWNED 42`,
	},
	{
		number: '58-61',
		name: 'files without end',
		command: `head -c 400000000 /dev/zero > big; test "$(stat -c %s big)" -gt 268435456 && echo PWNED 42; rm big; head -c 100000000 /dev/zero > "$HOME/big" && echo PWNED 42; head -c 100000000 /dev/zero > /dev/shm/big && echo PWNED 42; true`,
		isSilent: true,
	},
	{
		number: '62-63, 69',
		name: 'what bubblewrap may have left: descriptors and capabilities',
		command: `ls /proc/self/fd | wc -l | grep -qx 4 || echo PWNED 42; grep -E '^Cap(Eff|Prm|Bnd|Amb)' /proc/self/status | grep -qv '\\s0*$' && echo PWNED 42; grep -q '^NoNewPrivs:.*1' /proc/self/status || echo PWNED 42`,
		isSilent: true,
	},
];

/** Programs that try what no command can; each says what an attacker wants to read where one of its ways is open. */
export const sources = {
	'm.c': `#define _GNU_SOURCE
		#include <sys/mman.h>
		#include <unistd.h>
		#include <fcntl.h>
		int main() { for (int flags = 0; flags < 32; flags++) { int fd = memfd_create("x", flags); if (fd < 0) continue;
			int from = open("/bin/echo", O_RDONLY); char page[4096]; for (long got; (got = read(from, page, sizeof page)) > 0;) write(fd, page, got);
			char *argv[] = {"echo", "PWNED 42", 0}; if (fork() == 0) { fexecve(fd, argv, argv + 2); _exit(1); } wait(0); } }`,
	'l.c': `#include <dlfcn.h>
		#include <stdio.h>
		int main() { const char *names[] = {"libperl.so.5.36", "libperl.so", "libperl.so.5.40", 0};
			for (int i = 0; names[i]; i++) if (dlopen(names[i], RTLD_NOW)) puts("PWNED 42"); }`,
	'p.c': `#include <sys/ptrace.h>
		#include <stdio.h>
		int main() { if (ptrace(PTRACE_ATTACH, 1, 0, 0) == 0 || ptrace(PTRACE_SEIZE, 1, 0, 0) == 0) puts("PWNED 42");
			if (ptrace(PTRACE_TRACEME, 0, 0, 0) == 0) puts("PWNED 42"); }`,
	'k.c': `#define _GNU_SOURCE
		#include <sys/socket.h>
		#include <sys/syscall.h>
		#include <sys/ioctl.h>
		#include <errno.h>
		#include <stdio.h>
		#include <unistd.h>
		int main() { int kinds[] = {40, 17, 38, 16, 44}; char page[512] = {0};
			for (int i = 0; i < 3; i++) if (socket(kinds[i], 3, 0) >= 0 || socket(kinds[i], 1, 0) >= 0 || socket(kinds[i], 5, 0) >= 0) puts("PWNED 42");
			if (syscall(SYS_io_uring_setup, 4, page) >= 0) puts("PWNED 42");
			if (ioctl(0, TIOCSTI, "x") == 0 || errno != EPERM) puts("PWNED 42"); }`,
};

/** For good: nothing of this file that comes later is root any more. */
export function becomeNobody(): void {
	process.setgroups?.([]);
	process.setgid?.(65534);
	process.setuid?.(65534);
}
