// Sandboxes without namespaces: commands behave, gated programs don't run, and nothing of what is outside can be changed or reached.
import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { untilGone } from '../support/processes.ts';
import { compilerTrouble, landlockTrouble } from '../support/ring.ts';
import { attacks, becomeNobody, code, proof, sources } from './support/attacks.ts';
import { type Ask, approved, Lab, type Ran, refused } from './support/launching.ts';

const isRoot = process.getuid?.() === 0;
/**
 * They say that something could be done which is nothing here: the home can grow, there is no such folder to remove from, and an ordinary
 * user can't give up what he might be given, which `no_new_privs` sees to.
 */
const without = new Set([
	'files without end',
	'a stub in the PATH',
	'what bubblewrap may have left: descriptors and capabilities',
]);

describe.runIf(landlockTrouble() === undefined).each(isRoot ? ['root', 'an ordinary user'] : ['an ordinary user'])(
	'without namespaces, as %s',
	(who) => {
		let lab: Lab;
		let outside: string;
		const run = (command: string, ask: Ask = {}): Promise<Ran> => lab.run(command, { backend: 'landlock', ...ask });
		beforeAll(() => {
			if (isRoot && who !== 'root') becomeNobody();
			lab = new Lab();
			outside = realpathSync(mkdtempSync(join(tmpdir(), 'alone-')));
			for (const [name, text] of Object.entries(sources)) writeFileSync(join(lab.workspace, name), text);
			writeFileSync(join(lab.workspace, 'x.pl'), 'print "PWN","ED ",6*7,"\\n"\n');
		});
		afterAll(() => {
			lab.close();
			rmSync(outside, { recursive: true, force: true });
		});

		test('a command has its input, output, exit code and signal', async () => {
			const ran = await run('cat; echo err >&2; exit 3', { stdin: 'in\n' });
			expect(ran).toMatchObject({ stdout: 'in\n', stderr: 'err\n', requests: [] });
			expect(ran.last).toEqual({ is: 'ended', code: 3, signal: undefined, leftBehind: 0 });
			expect((await run('kill -KILL $$')).last).toMatchObject({ code: undefined, signal: 9 });
		});

		test('it works in its workspace, in a private home and a folder for temporary files that lives on', async () => {
			const { stdout } = await run(
				'echo a > a && mv a b && cat b && rm b; echo h > ~/h && cat ~/h; echo t > "$TMPDIR/t"; printf "#!/bin/sh\\necho ran\\n" > s; chmod +x s; ./s; rm s',
			);
			expect(stdout).toBe('a\nh\nran\n');
			expect((await run('cat "$TMPDIR/t"; cat ~/h; rm "$TMPDIR/t"')).stdout).toBe('t\n');
		});

		describe('a gated program', () => {
			test('nothing is gated: the proof is given', async () => {
				const gates = { gatedAs: () => undefined, names: [], revision: 'none' };
				expect((await run(`perl -e ${code}`, { gates })).stdout).toContain(proof);
				const built = await run('for at in l m p k; do gcc -w -o $at $at.c -ldl && echo $at; done', { gates });
				if (compilerTrouble() === undefined) expect(built.stdout, built.stderr).toBe('l\nm\np\nk\n');
			});

			test.each(attacks.filter(({ name }) => !without.has(name)))(
				'is not run by $name ($number)',
				async ({ command }) => {
					expect((await run(command, { answer: () => refused })).stdout).not.toContain(proof);
				},
			);

			test('by its path is refused by the system, and nobody is asked', async () => {
				const ran = await run('/usr/bin/perl -e 1; echo $?; head -c 1 /usr/bin/perl | wc -c');
				expect(ran.stdout).toBe('126\n0\n');
				expect(ran.requests).toEqual([]);
			});

			test('by its name asks, under the names that a stub has elsewhere', async () => {
				const ran = await run('X=1 perl -e 1 "a b"; echo $?', { answer: () => refused });
				expect(ran).toMatchObject({ stdout: '126\n', stderr: 'BLOCKED by a test\n' });
				expect(ran.requests).toMatchObject([
					{
						path: '/gate/bin/perl',
						file: '/gate/bin/perl',
						argv: ['/gate/bin/perl', '-e', '1', 'a b'],
						env: { X: '1' },
					},
				]);
				expect(ran.requests[0]?.cwd).toBe(lab.workspace);
			});

			test.each([
				['its output and exit code', `perl -e 'print "out"; print STDERR "err"; exit 7'; echo $?`, 'out7\n', 'err'],
				['its input', `echo in | perl -e 'print <STDIN>'`, 'in\n', ''],
				['input that nobody closes', `sleep 1 | perl -e 'print "no wait\n"'`, 'no wait\n', ''],
				['no input', `perl -e 'print defined(<STDIN>) ? "some" : "none"' <&-`, 'none', ''],
				['its signal', `perl -e 'kill "USR1", $$'; echo $?`, '138\n', ''],
				[
					'a signal to it',
					`timeout 1 perl -e '$SIG{TERM} = sub { print "told\n"; exit 5 }; sleep 60'; echo $?`,
					'told\n124\n',
					'',
				],
				['a reader that goes away', `perl -e 'while (1) { print "y\n" or exit }' | head -1`, 'y\n', ''],
				['one in a pipe of others', `seq 3 | perl -ne 'print $_ * 2, "\n"' | sort -r`, '6\n4\n2\n', ''],
				['children of its own', `perl -e 'system("echo below"); exit 3'; echo $?`, 'below\n3\n', ''],
				[
					'much of it',
					`perl -e 'print "x" x 1000000' | wc -c; head -c 1000000 /dev/zero | perl -e 'local $/; print length <STDIN>'`,
					'1000000\n1000000',
					'',
				],
			])('that is approved has %s', async (_, command, stdout, stderr) => {
				const ran = await run(command);
				expect(ran.stdout).toBe(stdout);
				expect(ran.stderr).toContain(stderr);
				expect(ran.last).toMatchObject({ is: 'ended' });
			});

			test('that the system has not is missing', async () => {
				const ran = await run('absent; echo $?');
				expect(ran.stdout).toBe('127\n');
				expect(ran.ends).toMatchObject([{ failed: expect.stringContaining('is not installed') }]);
			});

			test('without descriptors left to ask anybody with does not run, and says why', async () => {
				const ran = await run('(ulimit -n 3; exec perl -e "print 1"); echo " $?"');
				expect([ran.stdout, ran.stderr]).toEqual([' 126\n', expect.stringContaining('`ulimit -n` leaves it no')]);
			});

			test('that is approved ends with the command', async () => {
				const mark = `TRAPGATE_ALONE=${outside}`;
				await run(`${mark} perl -e 'sleep 600' & sleep 0.5`);
				await untilGone(mark);
			});

			test('a copy of the shim stands for nothing', async () => {
				const ran = await run(
					`cp "$(type -P perl)" own; ./own -e 1; echo $?; mkdir -p bin; cp own bin/perl; bin/perl -e 1; echo $?; rm -rf own bin`,
				);
				expect(ran.stdout).toBe('126\n126\n');
				expect(ran.requests).toEqual([]);
			});

			test('what is forged in its name gets no more than an execution would, and ends nothing else', async () => {
				const calls = '$(dirname "$(dirname "$(type -P perl)")")/calls';
				const ran = await run(
					`cd ${calls}; echo x > x.q; ln -s /etc/passwd l; mkfifo ${'a'.repeat(32)}.q ${'a'.repeat(32)}.p; mkfifo ${'b'.repeat(32)}.a ${'b'.repeat(32)}.q
					ls; (exec 3<> ${'b'.repeat(32)}.a 4<> ${'b'.repeat(32)}.q; sleep 0.2; printf 'rubbish that is long enough to be read as a header%0200d' 0 >&4); sleep 0.2; perl -e 'print "still there"'`,
				);
				expect(ran.stdout).toBe('still there');
				expect(ran.requests).toHaveLength(1);
			});
		});

		describe('nothing outside', () => {
			test('can be read, written or listed', async () => {
				writeFileSync(join(outside, 'file'), 'as it was');
				const ran = await run(
					`cat ${outside}/file; echo x > ${outside}/file; echo x > ${outside}/new; rm -f ${outside}/file; ln ${outside}/file h; truncate -s 0 ${outside}/file; mv ${outside}/file m; ls ${outside}
					cat /etc/shadow; ls /root /home /var /run /tmp /; cat /proc/${process.pid}/environ; readlink /proc/${process.pid}/fd/0; readlink /proc/${process.pid}/cwd; : > /dev/shm/x; echo end`,
				);
				expect(ran.stdout).toBe('end\n');
				expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('as it was');
			});

			test('is left to it by whoever started it: descriptors, or rights of root', async () => {
				const ran = await run(
					`ls /proc/self/fd | wc -l; grep -E '^Cap(Eff|Prm|Inh|Amb)' /proc/self/status | grep -v ':.0*$'; grep NoNewPrivs /proc/self/status`,
				);
				expect(ran.stdout).toBe('4\nNoNewPrivs:\t1\n');
			});

			test('can be signalled, or limited', async () => {
				const ran = await run(
					`kill -0 ${process.pid} && echo signalled; kill -0 $PPID && echo signalled; kill -9 -1; prlimit --pid ${process.pid} --nofile=10 && echo limited; renice -n 19 -p ${process.pid} && echo limited; echo end`,
				);
				expect(ran.stdout).toBe('end\n');
			});

			test.runIf(compilerTrouble() === undefined)('can be reached by a socket', async () => {
				const socket = join(outside, 'service');
				const server = createServer((one) => one.on('error', () => undefined).end('PWNED'));
				await new Promise<void>((resolve) => server.listen(socket, resolve));
				const tcp = createServer((one) => one.on('error', () => undefined).end('PWNED'));
				await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
				const address = tcp.address();
				const port = typeof address === 'object' ? address?.port : 0;
				writeFileSync(join(lab.workspace, 'n.c'), sockets(socket));
				const script = `gcc -w -o n n.c && ./n; (exec 3<> /dev/tcp/127.0.0.1/${port} && cat <&3) 2>/dev/null; echo end`;
				try {
					expect((await run(script)).stdout).toBe('end\n');
					// With the network as it is there are TCP and UDP, and still no way to a service by its path.
					const open = await run(script, { confinement: { network: 'all' } });
					expect(open.stdout, open.stderr).toBe('family 2\nfamily 2\nfamily 10\nfamily 10\nPWNEDend\n');
					expect(spawnSync(join(lab.workspace, 'n'), { encoding: 'utf8' }).stdout).toContain('family 1\n');
				} finally {
					server.close();
					tcp.close();
				}
			});
		});

		describe('what is guarded', () => {
			const place = (name: string) => join(lab.workspace, name);
			const names = ['guarded.yaml', 'sub/config', 'sub/hooks', 'absent.json', 'sub/absent/deep'];
			const confinement = () => ({ guarded: names.map(place) });
			beforeAll(() => {
				mkdirSync(place('sub/hooks'), { recursive: true });
				mkdirSync(place('free'), { recursive: true });
				for (const name of ['guarded.yaml', 'sub/config', 'sub/hooks/one']) writeFileSync(place(name), 'as it was');
				writeFileSync(place('beside'), 'old');
			});

			test('can be read, and not changed, replaced, removed, made or renamed in any way', async () => {
				const ran = await run(
					`cat guarded.yaml sub/config sub/hooks/one; echo
					echo x > free/mine; mkdir free/folder; mkfifo free/pipe
					for at in guarded.yaml sub/config sub/hooks/one; do
						echo x > $at; echo x >> $at; truncate -s 0 $at; rm -f $at; mv $at free/y; mv free/mine $at; cp -f free/mine $at; ln -sf free/mine $at; ln $at free/link; dd if=free/mine of=$at status=none
						sed -i s/a/b/ $at
					done
					for at in absent.json sub/absent sub/absent/deep; do echo x > $at; mkdir -p $at; ln -s free $at; mv free/mine $at; mv free/folder $at; mv free/pipe $at; mknod $at p; done
					mv sub other; mv free/folder sub; rm -rf sub; mv sub/hooks free/h; rmdir sub/hooks; cd ..; mv ${lab.workspace} ${lab.workspace}2; mv ${lab.workspace} "$TMPDIR"`,
					{ confinement: confinement() },
				);
				expect(ran.stdout).toBe('as it wasas it wasas it was\n');
				for (const name of ['guarded.yaml', 'sub/config', 'sub/hooks/one'])
					expect(readFileSync(place(name), 'utf8'), name).toBe('as it was');
				for (const name of ['absent.json', 'sub/absent', 'other']) expect(existsSync(place(name)), name).toBe(false);
			});

			test('costs what lies beside it, as it is written: a file there can be changed, and none be made', async () => {
				const ran = await run('echo new > beside; cat beside; echo x > more; echo y > free/more && cat free/more', {
					confinement: confinement(),
				});
				expect(ran.stdout).toBe('new\ny\n');
				expect(existsSync(place('more'))).toBe(false);
			});
		});

		describe('what a command starts', () => {
			const mark = () => `TRAPGATE_ALONE_LEFT=${outside}`;

			test('is ended with it, however it hides, and counted', async () => {
				const { last } = await run(
					`export ${mark()}; sleep 600 & setsid sleep 600 & (setsid nohup sleep 600 >/dev/null 2>&1 &) ; sleep 0.2; disown -a`,
				);
				expect(last).toEqual({ is: 'ended', code: 0, signal: undefined, leftBehind: 3 });
				await untilGone(mark());
			});

			test('is ended where it starts another before it ends, without end', async () => {
				const chain = `f() { (exec setsid bash -c "$1" bash "$1") & }; f "$1"; exit`;
				await run(`export ${mark()}; bash -c '${chain}' bash '${chain}'; sleep 0.3`);
				await untilGone(mark());
			});

			test('is ended when its runner is killed', async () => {
				await run(`export ${mark()}; setsid sleep 600 & sleep 600`, {
					started: (child: ChildProcess) => {
						setTimeout(() => child.kill('SIGKILL'), 300);
					},
				});
				await untilGone(mark());
			});
		});

		test('`exec: strict` keeps what is written from being executed by its path', async () => {
			const ran = await run(
				'cp /usr/bin/true own; ./own; echo $?; cd "$TMPDIR"; cp /usr/bin/true own; ./own; echo $?; ~/x',
				{
					confinement: { exec: 'strict' },
				},
			);
			expect(ran.stdout).toBe('126\n126\n');
		});

		test('what is concealed can not be read or listed, and is not in the way of the rest', async () => {
			mkdirSync(join(lab.workspace, 'hidden'), { recursive: true });
			writeFileSync(join(lab.workspace, 'hidden/key'), 'secret');
			writeFileSync(join(lab.workspace, 'plain'), 'plain');
			const confinement = { concealed: [join(lab.workspace, 'hidden')] };
			const ran = await run('cat hidden/key; ls hidden; ls; mv hidden other; cat plain', { confinement });
			expect(ran.stdout).toBe('plain');
		});

		test('an approved program gets no more than the command had, but for itself', async () => {
			const answer = () =>
				approved({
					argv: [
						'perl',
						'-e',
						'print -r "/usr/bin/perl" ? "own" : "not"; system("cat", "/etc/shadow"); system("perl", "-e", "print 1")',
					],
				} as never);
			const ran = await run('perl', { answer });
			expect(ran.stdout).toBe('own1');
		});
	},
);

/** Tries every kind of socket that leads somewhere, and tells which could be had. */
const sockets = (path: string) => `
	#include <sys/socket.h>
	#include <sys/un.h>
	#include <sys/ipc.h>
	#include <sys/shm.h>
	#include <stdio.h>
	#include <string.h>
	#include <unistd.h>
	int main() {
		int families[] = {1, 2, 10, 40, 17}, types[] = {1, 2};
		for (int f = 0; f < 5; f++) for (int t = 0; t < 2; t++) if (socket(families[f], types[t], 0) >= 0) { printf("family %d\\n", families[f]); fflush(stdout); }
		int pair[2]; struct sockaddr_un to = {.sun_family = AF_UNIX}; strcpy(to.sun_path, "${path}");
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) puts("no pair");
		if (connect(pair[0], (struct sockaddr *)&to, sizeof to) == 0) puts("connected");
		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0) puts("datagrams");
		if (shmget(IPC_PRIVATE, 4096, 0600) >= 0) puts("shared memory");
	}`;
