// The trap reports an execution as it was, and refuses wherever anything is strange. A Node server plays the kernel.
import { spawn } from 'node:child_process';
import { copyFileSync, linkSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
	buildNatives,
	type Ended,
	ending,
	type FakeKernel,
	fakeKernel,
	launch,
	type Natives,
	numbers,
	type Request,
	redirection,
	refusal,
	type Spec,
} from '../support/natives.ts';
import { until } from '../support/processes.ts';
import { compilerTrouble, crossTrouble } from '../support/ring.ts';

const trouble = compilerTrouble();

describe.runIf(trouble === undefined)(`the trap ${trouble ?? ''}`, () => {
	let natives: Natives;
	let kernel: FakeKernel;
	let python: string;
	beforeAll(() => {
		natives = buildNatives();
		mkdirSync(join(natives.folder, 'bin'));
		python = join(natives.folder, 'bin/python3');
		copyFileSync(natives.trap, python);
	});
	afterAll(() => natives.remove());
	afterEach(() => kernel?.close());

	const serve = async (answer: (request: Request, socket: Socket) => void) => {
		kernel = await fakeKernel(natives, answer);
	};
	const refuse = (request: Request, socket: Socket) =>
		socket.end(refusal(126, `refused ${request.argv.at(-1) ?? 'it'}\n`));
	const run = (args: readonly string[], options: Parameters<typeof spawn>[2] = {}): Promise<Ended> =>
		ending(spawn(python, args, { env: {}, ...options }));
	const bash = (script: string, options: Parameters<typeof spawn>[2] = {}): Promise<Ended> =>
		ending(spawn('/bin/bash', ['--norc', '-c', script, 'bash', python], { env: {}, ...options }));
	const only = (): Request => {
		expect(kernel.requests).toHaveLength(1);
		return kernel.requests[0] as Request;
	};

	describe('reports', () => {
		test('what was executed, by which path, with which arguments, environment and directory', async () => {
			await serve(refuse);
			symlinkSync('bin/python3', join(natives.folder, 'py'));
			const done = await ending(
				spawn('./py', ['-c', 'print(1)\n', ''], { argv0: 'own name', cwd: natives.folder, env: { A: '1', EMPTY: '' } }),
			);
			expect(done).toEqual({ code: 126, signal: null, stdout: '', stderr: 'refused \n' });
			const request = only();
			expect(request).toMatchObject({ magic: 'TGE1', execfn: './py', exe: python, cwd: natives.folder });
			expect(request.argv).toEqual(['own name', '-c', 'print(1)\n', '']);
			expect(request.env).toEqual(['A=1', 'EMPTY=']);
		});

		test('bytes that are no text', async () => {
			await serve(refuse);
			await bash(`A=$'\\xff\\xfe' "$1" $'a\\x80b'`);
			expect(only().argv).toEqual([python, 'a\x80b']);
			expect(only().env).toContain('A=\xff\xfe');
		});

		test('umask and limits', async () => {
			await serve(refuse);
			await bash('umask 027; ulimit -S -n 99; ulimit -S -c 0; ulimit -S -t unlimited; exec "$1"');
			expect(only().umask).toBe(0o27);
			expect(only().limits[7]).toBe(99n);
			expect(only().limits[4]).toBe(0n);
			expect(only().limits[0]).toBe(0xffffffffffffffffn);
		});

		test('the descriptors it was started with, and none of its own', async () => {
			await serve(refuse);
			await bash('exec 0<&- 1>&- 3</dev/null 7>/dev/null 15>/dev/null 16>/dev/null; exec "$1"');
			expect(only().descriptors).toBe((1 << 2) | (1 << 3) | (1 << 7) | (1 << 15));
		});

		test('with every descriptor closed, and says nothing then', async () => {
			await serve(refuse);
			expect(await bash('exec 0<&- 1>&- 2>&-; exec "$1"')).toMatchObject({ code: 126, stdout: '', stderr: '' });
			expect(only().descriptors).toBe(0);
		});

		test('with as few descriptors as a program can live with', async () => {
			await serve(refuse);
			expect(await bash('ulimit -n 20; exec "$1" x')).toMatchObject({ code: 126, stderr: 'refused x\n' });
		});

		test('120 KB in one argument and twenty thousand variables, on a small stack', async () => {
			await serve(refuse);
			const env = Object.fromEntries(
				Array.from({ length: 20_000 }, (_, index) => [`VARIABLE_${index}`, 'x'.repeat(20)]),
			);
			expect(await run(['a'.repeat(120_000), 'end'], { env })).toMatchObject({ code: 126, stderr: 'refused end\n' });
			expect(only().argv[1]).toBe('a'.repeat(120_000));
			expect(only().env.toSorted()).toEqual(
				Object.entries(env)
					.map(([name, value]) => `${name}=${value}`)
					.toSorted(),
			);
			const small = await bash('ulimit -s 16; exec "$1" "$(printf "%01000d")"');
			expect(small.code).toBe(126);
		});

		test('an execution without any argument, not even a name', async () => {
			await serve(refuse);
			const number = process.arch === 'x64' ? 59 : 221;
			const script = `my $p = $ARGV[0]; syscall(${number}, $p, 0, 0); die $!`;
			const done = await ending(spawn('perl', ['-e', script, python], { env: {} }));
			expect(done.code).toBe(126);
			// Newer kernels put an empty name there.
			expect(only().argv.join('')).toBe('');
			expect(only().execfn).toBe(python);
		});

		test('whatever its environment says to a loader', async () => {
			await serve(refuse);
			const env = { LD_PRELOAD: '/nonexistent.so', LD_AUDIT: '/nonexistent.so', GLIBC_TUNABLES: 'x', BASH_ENV: '/x' };
			expect(await run(['x'], { env })).toMatchObject({ code: 126, stderr: 'refused x\n' });
		});
	});

	describe('refuses', () => {
		const line = expect.stringMatching(/^trapgate: [^\n]+\n$/);
		const refused = { code: 126, signal: null, stdout: '', stderr: line };

		test('when no kernel listens', async () => {
			kernel?.close();
			expect(await run([])).toEqual(refused);
		});

		test.each([
			['nothing', Buffer.alloc(0)],
			['half a head', Buffer.from('D\x05')],
			['an unknown kind', Buffer.concat([Buffer.from('Z'), numbers(1), Buffer.of(0)])],
			['an empty body', Buffer.concat([Buffer.from('D'), numbers(0)])],
			['a body that ends early', Buffer.concat([Buffer.from('D'), numbers(10), Buffer.from('\x7eabc')])],
			['an endless body', Buffer.concat([Buffer.from('D'), numbers(0xffffffff), Buffer.alloc(100_000, 65)])],
			['a path elsewhere', redirection('/etc/socket')],
			['a path that climbs', () => redirection(`${natives.folder}/../etc/socket`)],
			['a path with a NUL', () => redirection(`${natives.folder}/x\0y`)],
			['a path that is too long', () => redirection(`${natives.folder}/${'x'.repeat(200)}`)],
			['a path where nobody listens', () => redirection(`${natives.folder}/nobody`)],
			['noise', Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919 + 13) % 251))],
		] as const)('when the kernel answers %s', async (_what, bytes) => {
			await serve((_request, socket) => socket.end(typeof bytes === 'function' ? bytes() : bytes));
			expect(await run(['-c', 'x'])).toEqual(refused);
		});

		test('when the kernel closes before it has read', async () => {
			const server = (await import('node:net')).createServer((socket) => socket.destroy());
			await new Promise<void>((resolve) => server.listen(join(natives.folder, 'trap.sock'), resolve));
			expect(await run(['a'.repeat(100_000)])).toEqual(refused);
			server.close();
		});

		test('what is too large for a request', async () => {
			await serve(refuse);
			const args = Array.from({ length: 40 }, () => 'a'.repeat(100_000));
			// The stack decides how much can be given to an execution at all.
			const done = await ending(
				spawn(
					'/bin/bash',
					[
						'--norc',
						'-c',
						`ulimit -s unlimited 2>/dev/null || ulimit -s 65536; a=$(printf '%0100000d'); exec "$1" ${args.map(() => '"$a"').join(' ')}`,
						'bash',
						python,
					],
					{ env: {} },
				),
			);
			expect(done).toEqual(refused);
			expect(kernel.requests).toEqual([]);
		});

		test('in a directory that is gone', async () => {
			await serve(refuse);
			expect(
				await bash(`mkdir ${natives.folder}/gone && cd ${natives.folder}/gone && rmdir ../gone && exec "$1"`),
			).toEqual(refused);
			expect(kernel.requests).toEqual([]);
		});

		test('with the code and the words of the kernel, however slowly they come', async () => {
			await serve(async (_request, socket) => {
				for (const byte of refusal(77, 'not\nhere: \xfc\n')) {
					socket.write(Buffer.of(byte));
					await setTimeout(2);
				}
			});
			expect(await run([])).toEqual({ code: 77, signal: null, stdout: '', stderr: 'not\nhere: \xfc\n' });
		});

		test('with 126 where the kernel says 0, and where nobody reads its words', async () => {
			await serve((_request, socket) => socket.end(refusal(0, 'no\n')));
			expect(await run([])).toMatchObject({ code: 126, stderr: 'no\n' });
			expect(await bash('("$1"; echo "$?" >&3) 3>&1 2> >(exec 0<&-; exec sleep 0)')).toMatchObject({ stdout: '126\n' });
		});
	});

	describe('lets a signal end it while the kernel thinks', () => {
		test('TERM', async () => {
			await serve(() => child.kill('SIGTERM'));
			const child = spawn(python, [], { env: {} });
			expect(await ending(child)).toMatchObject({ code: null, signal: 'SIGTERM' });
		});
	});

	describe('with a runner', () => {
		let turn = 0;
		/** Approves everything: runs `argv` in its place. */
		const approve = (argv: readonly string[], more: Partial<Spec> = {}) => {
			const runners: ReturnType<typeof launch>[] = [];
			const answer = async (_request: Request, socket: Socket) => {
				const path = join(natives.folder, `s${turn++}`);
				const runner = launch(natives, { flags: 1, argv, env: ['PATH=/usr/bin:/bin'], ...more }, path, `s${turn}`);
				runners.push(runner);
				await runner.spoke;
				socket.end(redirection(path));
			};
			return { answer, runners };
		};

		test('input, output and code are those of the program', async () => {
			await serve(approve(['/bin/sh', '-c', 'read line; echo "out $line"; echo err >&2; exit 7']).answer);
			const child = spawn(python, [], { env: {} });
			child.stdin.end('one\ntwo\n');
			expect(await ending(child)).toEqual({ code: 7, signal: null, stdout: 'out one\n', stderr: 'err\n' });
		});

		test('it takes a line of a pipe and leaves the rest', async () => {
			await serve(approve(['/bin/sh', '-c', 'read line; echo "program $line"']).answer);
			const done = await bash('printf "a\\nb\\nc\\n" | { read x; echo "shell $x"; "$1"; read x; echo "shell $x"; }');
			expect(done.stdout).toBe('shell a\nprogram b\nshell c\n');
		});

		test('descriptors up to 15 arrive under their numbers, and what was closed is closed', async () => {
			await serve(
				approve(['/bin/bash', '--norc', '-c', 'cd /proc/self/fd; echo *; echo three >&3; echo fifteen >&15; cat <&9'])
					.answer,
			);
			const done = await bash(
				'echo nine > $(dirname "$1")/nine; exec 3>&1 9<$(dirname "$1")/nine 15>&1 16>&1 0<&-; exec "$1"',
			);
			const [list, ...rest] = done.stdout.split('\n');
			// bash itself holds 255 for a script only; the last but one is the folder that `*` opened.
			expect(list?.split(' ').filter((fd) => ['1', '2', '3', '9', '15'].includes(fd))).toEqual([
				'1',
				'15',
				'2',
				'3',
				'9',
			]);
			expect(list?.split(' ')).toHaveLength(6);
			expect(rest).toEqual(['three', 'fifteen', 'nine', '']);
		});

		test('the program may end by a signal, and so does the trap', async () => {
			await serve(approve(['/bin/sh', '-c', 'kill -SEGV $$']).answer);
			expect(await run([])).toMatchObject({ code: null, signal: 'SIGSEGV' });
			kernel.close();
			await serve(approve(['/bin/sh', '-c', 'kill -KILL $$']).answer);
			expect(await run([])).toMatchObject({ code: null, signal: 'SIGKILL' });
		});

		test('what its caller ignores the program ignores, too, until it thinks otherwise', async () => {
			await serve(approve(['/bin/sh', '-c', 'kill -HUP $$; echo alive; kill -USR1 $$; echo no']).answer);
			expect((await bash('trap \'\' HUP; exec "$1"')).stdout).toBe('alive\n');
		});

		/** Runs the program in Perl, which answers signals at once, and sends the trap one when it is ready. */
		const signalled = async (program: string, signal: NodeJS.Signals) => {
			const { answer, runners } = approve(['/usr/bin/perl', '-e', `$| = 1; ${program}`]);
			await serve(answer);
			const child = spawn(python, [], { env: {} });
			child.stdout.once('data', () => child.kill(signal));
			return { done: await ending(child), status: await runners[0]?.status };
		};
		const forever = 'print "ready\n"; sleep 1 while 1;';

		test.each(['TERM', 'HUP', 'INT', 'USR1', 'ALRM', 'QUIT', 'PIPE'])(
			'%s reaches the program, which answers in its way',
			async (name) => {
				const program = `$SIG{${name}} = sub { print "got\n"; exit 5 }; ${forever}`;
				const { done } = await signalled(program, `SIG${name}` as NodeJS.Signals);
				expect(done).toMatchObject({ code: 5, signal: null, stdout: 'ready\ngot\n' });
			},
		);

		test.each([
			['TERM', 'for the program alone', 'ready\nparent\n'],
			['INT', 'for its children, too', 'ready\nchild\nparent\n'],
		])('%s is %s', async (name, _whom, stdout) => {
			const program = `
				my $child;
				$SIG{${name}} = sub { kill USR1 => $child; waitpid $child, 0; print "parent\n"; exit };
				if (!($child = fork)) {
					my $told;
					$SIG{${name}} = sub { print "child\n" };
					$SIG{USR1} = sub { $told = 1 };
					print "ready\n";
					until ($told) { select undef, undef, undef, 0.01 }
					exit;
				}
				sleep 1 while 1;`;
			expect((await signalled(program, `SIG${name}` as NodeJS.Signals)).done.stdout).toBe(stdout);
		});

		test('TSTP stops both, and CONT lets both go on', async () => {
			const { answer, runners } = approve(['/usr/bin/perl', '-e', `$| = 1; ${forever}`]);
			await serve(answer);
			// A group of its own in our session, so that the system does stop it.
			const child = spawn(python, [], { env: {} });
			await new Promise((resolve) => child.stdout.once('data', resolve));
			const stateOf = (pid: number | undefined) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];
			const [program] = readFileSync(
				`/proc/${runners[0]?.child.pid}/task/${runners[0]?.child.pid}/children`,
				'utf8',
			).split(' ');
			const both = () => `${stateOf(child.pid)}${stateOf(Number(program))}`;
			child.kill('SIGTSTP');
			await until(() => both() === 'TT' || both() === 'SS', both);
			child.kill('SIGCONT');
			await until(() => both() === 'SS', both);
			child.kill('SIGTERM');
			expect(await ending(child)).toMatchObject({ signal: 'SIGTERM' });
		});

		test('what the caller ignores does not reach the program', async () => {
			await serve(approve(['/bin/sh', '-c', 'echo ready; read line; echo "$line"']).answer);
			const child = spawn('/bin/bash', ['--norc', '-c', `trap '' HUP; exec "$1"`, 'bash', python], { env: {} });
			child.stdout.once('data', () => {
				child.kill('SIGHUP');
				child.stdin.end('still here\n');
			});
			expect(await ending(child)).toMatchObject({ code: 0, stdout: 'ready\nstill here\n' });
		});

		test('nor does what it blocks', async () => {
			await serve(approve(['/bin/sh', '-c', 'echo ready; read line; echo "$line"']).answer);
			const block = 'sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGUSR1)); exec @ARGV';
			const child = spawn('perl', ['-MPOSIX', '-e', block, python], { env: {} });
			child.stdout.once('data', () => {
				child.kill('SIGUSR1');
				child.stdin.end('still here\n');
			});
			expect(await ending(child)).toMatchObject({ code: 0, stdout: 'ready\nstill here\n' });
		});

		test('when the trap is killed, so is the program: TERM first', async () => {
			const program = `$SIG{TERM} = sub { print STDERR "term\n"; exit 3 }; ${forever}`;
			const { done, status } = await signalled(program, 'SIGKILL');
			expect(done).toMatchObject({ signal: 'SIGKILL', stderr: 'term\n' });
			expect(status).toEqual(Buffer.from('RX\x03\0\0\0\0'));
		});

		test('when the trap is killed and the program does not care, KILL follows', async () => {
			const { status } = await signalled(`$SIG{TERM} = 'IGNORE'; ${forever}`, 'SIGKILL');
			expect(status).toEqual(Buffer.from('RK\x09\0\0\0\0'));
		});

		test('when the runner is killed, the trap says so', async () => {
			const { answer, runners } = approve(['/bin/sh', '-c', 'echo ready; exec sleep 5']);
			await serve(answer);
			const child = spawn(python, [], { env: {} });
			child.stdout.once('data', () => runners[0]?.child.kill('SIGKILL'));
			expect(await ending(child)).toMatchObject({
				code: 125,
				stderr: 'trapgate: the sandbox of this program has ended\n',
			});
		});

		test('what cannot be started is said on its stderr', async () => {
			const { answer, runners } = approve(['/nonexistent/program']);
			await serve(answer);
			const message = "trapgate: can't start /nonexistent/program: no such file or directory";
			expect(await run([])).toMatchObject({ code: 125, stderr: `${message}\n` });
			expect((await runners[0]?.status)?.toString('latin1')).toContain(message);
		});

		test('the socket is gone once it was used', async () => {
			const { answer } = approve(['/bin/sh', '-c', `ls ${natives.folder}`]);
			await serve(answer);
			expect((await run([])).stdout.split('\n').filter((name) => /^s\d+$/.test(name))).toEqual([]);
		});
	});

	test('a copy of it and a link to it are traps', async () => {
		await serve(refuse);
		linkSync(python, join(natives.folder, 'linked'));
		const done = await ending(spawn(join(natives.folder, 'linked'), ['x'], { env: {} }));
		expect(done).toMatchObject({ code: 126, stderr: 'refused x\n' });
	});
});

const crossTroubleHere = process.arch === 'x64' ? crossTrouble() : undefined;

describe.runIf(trouble === undefined && crossTroubleHere === undefined && process.arch === 'x64')(
	`the trap for arm64, emulated ${crossTroubleHere ?? ''}`,
	() => {
		test('reports and refuses', async () => {
			const natives = buildNatives('arm64');
			const kernel = await fakeKernel(natives, (_request, socket) => socket.end(refusal(99, 'no\n')));
			const args = [natives.trap, 'a', 'b'];
			const done = await ending(spawn('qemu-aarch64-static', args, { env: { A: '1' }, cwd: natives.folder }));
			expect(done).toEqual({ code: 99, signal: null, stdout: '', stderr: 'no\n' });
			expect(kernel.requests[0]).toMatchObject({ magic: 'TGE1', cwd: natives.folder, argv: args, descriptors: 7 });
			expect(kernel.requests[0]?.env).toContain('A=1');
			kernel.close();
			natives.remove();
		});
	},
);
