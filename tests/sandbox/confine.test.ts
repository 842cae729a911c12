// Without namespaces, the runner takes rights on files, TCP and system calls away from its program.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SeccompArchitecture, seccompProgram } from '../../src/sandbox/seccomp.ts';
import { buildNatives, encodeSpec, launch, type Natives, numbers, type Spec } from '../support/natives.ts';
import { untilGone } from '../support/processes.ts';
import { compilerTrouble } from '../support/ring.ts';

const trouble = compilerTrouble();
/** The version of its Landlock that the kernel tells of; without it, an error. */
const hasLandlock = spawnSync('perl', ['-e', 'exit(syscall(444, 0, 0, 1) >= 1 ? 0 : 1)']).status === 0;

const [execute, write, read, list] = [1, 2, 4, 8];
const readOnly = execute | read | list;
const everything = 0xffff;
const system = ['/usr', '/bin', '/lib', '/lib64', '/etc/ld.so.cache'].map((path) => [readOnly, path] as const);
const flag = { landlock: 2, seccomp: 4, noTcp: 8 };

describe.runIf(trouble === undefined)(`a program that is confined by its runner ${trouble ?? ''}`, () => {
	let natives: Natives;
	let folder: string;
	beforeAll(() => {
		natives = buildNatives();
		folder = join(natives.folder, 'w');
		mkdirSync(folder);
		mkdirSync(join(natives.folder, 'other'));
		writeFileSync(join(natives.folder, 'other/secret'), 'secret\n');
		writeFileSync(join(folder, 'script'), '#!/bin/sh\necho ran\n');
		chmodSync(join(folder, 'script'), 0o755);
	});
	afterAll(() => natives.remove());

	const run = async (spec: Spec | Buffer) => {
		const { child, ended, status } = launch(natives, spec);
		child.stdin?.end();
		return { ...(await ended), status: await status };
	};
	const sh = (script: string, more: Partial<Spec> = {}) =>
		run({
			flags: flag.landlock,
			rules: [...system, [everything, folder], [read | write, '/dev/null']],
			argv: ['/bin/sh', '-c', script],
			env: ['PATH=/usr/bin:/bin'],
			cwd: folder,
			...more,
		});

	describe.runIf(hasLandlock)('by Landlock', () => {
		test('reads and writes where a rule lets it, and nowhere else', async () => {
			const script = `echo a > a; cat a; echo b >> a; mv a b; cat b > /dev/null; ./script
				cat ../other/secret; echo x > ../other/new; ls ..; cat /etc/passwd; ls /; mkdir /tmp/x; rm -rf ../other; mv b ../other/b`;
			const done = await sh(script);
			expect(done.stdout).toBe('a\nran\n');
			expect(done.stderr.match(/Permission denied/g)).toHaveLength(8);
			expect(readFileSync(join(natives.folder, 'other/secret'), 'utf8')).toBe('secret\n');
		});

		test('executes only where a rule lets it, not even through a link', async () => {
			const rules = [...system, [everything & ~execute, folder] as const];
			expect(await sh('./script; ln -s /usr/bin/id id; ./id >/dev/null && echo id', { rules })).toMatchObject({
				stdout: '',
				stderr: expect.stringMatching(/script: Permission denied\n/),
			});
		});

		test('a rule for a file gives that file', async () => {
			const rules = [
				...system,
				[everything, folder] as const,
				[everything, join(natives.folder, 'other/secret')] as const,
			];
			const done = await sh('cat ../other/secret; ls ../other', { rules });
			expect(done.stdout).toBe('secret\n');
			expect(done.stderr).toContain('Permission denied');
		});

		test('a path that is not there gives nothing, and is no failure', async () => {
			const rules = [...system, [everything, '/nonexistent/x'] as const, [everything, '/etc/passwd/x'] as const];
			expect(await sh('echo ok', { rules, cwd: '/' })).toMatchObject({ code: 0, stdout: 'ok\n' });
		});

		test('nothing at all, where there are no rules', async () => {
			expect(await run({ flags: flag.landlock, rules: [], argv: ['/bin/true'] })).toMatchObject({
				code: 125,
				stderr: "trapgate: can't start /bin/true: permission denied\n",
			});
		});

		test('its children are confined alike, and gain no rights', async () => {
			const done = await sh(`setsid sh -c '(cat ../other/secret) & wait'; grep NoNewPrivs /proc/self/status`, {
				rules: [...system, [everything, folder], [read | list, '/proc']],
			});
			expect(done.stdout).toBe('NoNewPrivs:\t1\n');
		});

		test('reaches no TCP port where the spec says so', async () => {
			// Who connects may be gone before it has read.
			const server = createServer((socket) => socket.on('error', () => undefined).end('x'));
			await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
			const address = server.address();
			const port = typeof address === 'object' ? address?.port : 0;
			const script = `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new("127.0.0.1:${port}") ? "in" : "out"; print IO::Socket::INET->new(Listen => 1) ? "in" : "out"'`;
			expect((await sh(script)).stdout).toBe('inin');
			expect((await sh(script, { flags: flag.landlock | flag.noTcp })).stdout).toBe('outout');
			server.close();
		});

		test('can not end its runner, and ends with it', async () => {
			expect(await sh('kill -9 $PPID || echo no')).toMatchObject({ code: 0, stdout: 'no\n' });
			const mark = `TRAPGATE_CONFINED=${natives.folder}`;
			const { child, ended, status } = launch(natives, {
				flags: flag.landlock,
				rules: system,
				argv: ['/bin/sh', '-c', 'echo ready; exec sleep 600'],
				env: [mark, 'PATH=/usr/bin:/bin'],
			});
			child.stdout?.once('data', () => child.kill('SIGKILL'));
			expect((await ended).signal).toBe('SIGKILL');
			await status;
			await untilGone(mark);
		});

		test('ends with whoever started its runner, and so does all that it left', async () => {
			const mark = `TRAPGATE_CONFINED_2=${natives.folder}`;
			const path = join(natives.folder, 'orphan.spec');
			const argv = ['/bin/sh', '-c', 'setsid sleep 600 & (setsid sleep 600 &) ; echo ready; sleep 600'];
			writeFileSync(path, encodeSpec({ flags: flag.landlock, rules: system, argv, env: [mark, 'PATH=/usr/bin:/bin'] }));
			const parent = spawn('/bin/sh', ['-c', '"$0" "$1" 3 3>/dev/null & wait', natives.runner, path], {
				stdio: ['ignore', 'pipe', 'ignore'],
			});
			await new Promise((resolve) => parent.stdout.once('data', resolve));
			parent.kill('SIGKILL');
			await untilGone(mark);
		});

		test('a rule that leads through a link gives nothing', async () => {
			symlinkSync(join(natives.folder, 'other'), join(folder, 'link'));
			const rules = [
				...system,
				[everything, join(folder, 'link')] as const,
				[everything, `${folder}/link/secret`] as const,
			];
			expect((await sh('cat ../other/secret', { rules })).stdout).toBe('');
		});
	});

	test.runIf(!hasLandlock)('without Landlock it is not started', async () => {
		expect(await sh('echo ran')).toMatchObject({ code: 125, stdout: '' });
	});

	test('by a filter of system calls', async () => {
		const filter = seccompProgram(process.arch as SeccompArchitecture);
		const spec = { flags: flag.seccomp, filter, argv: ['/usr/bin/unshare', '--user', '/bin/echo', 'ran'] };
		expect(await run(spec)).toMatchObject({
			code: 1,
			stdout: '',
			stderr: expect.stringContaining('Operation not permitted'),
		});
		expect(await run({ ...spec, flags: 0, filter: undefined })).toMatchObject({ code: 0, stdout: 'ran\n' });
	});

	test('a filter that the kernel does not take is no filter to start with', async () => {
		expect(await run({ flags: flag.seccomp, filter: Buffer.alloc(8), argv: ['/bin/true'] })).toMatchObject({
			code: 125,
			stderr: expect.stringContaining("trapgate: can't confine /bin/true"),
		});
	});

	const whole = {
		flags: flag.landlock | flag.seccomp,
		rules: [[1, '/usr']] as const,
		filter: Buffer.alloc(16),
		argv: ['/bin/true'],
	};
	const bytes = encodeSpec(whole);
	test.each([
		...Array.from(
			{ length: bytes.length - 16 },
			(_, length) => [`its first ${length + 16} bytes`, bytes.subarray(0, length + 16)] as const,
		),
		['TCP taken away without files', encodeSpec({ flags: flag.noTcp, argv: ['/bin/true'] })],
		['rules without their flag', encodeSpec({ rules: [[1, '/usr']], argv: ['/bin/true'] })],
		['a filter without its flag', encodeSpec({ filter: Buffer.alloc(8), argv: ['/bin/true'] })],
		['a flag without rules', encodeSpec({ flags: flag.landlock, argv: ['/bin/true'] })],
		['an empty path', encodeSpec({ flags: flag.landlock, rules: [[1, '']], argv: ['/bin/true'] })],
		['a path with a NUL', encodeSpec({ flags: flag.landlock, rules: [[1, '/usr\0/x']], argv: ['/bin/true'] })],
		[
			'a path that is too long',
			encodeSpec({ flags: flag.landlock, rules: [[1, `/${'x'.repeat(4095)}`]], argv: ['/bin/true'] }),
		],
		[
			'too many rules',
			encodeSpec({ flags: flag.landlock, rules: Array(32_769).fill([1, '/usr']), argv: ['/bin/true'] }),
		],
		['an empty filter', encodeSpec({ flags: flag.seccomp, filter: Buffer.alloc(0), argv: ['/bin/true'] })],
		['a filter of nine bytes', encodeSpec({ flags: flag.seccomp, filter: Buffer.alloc(9), argv: ['/bin/true'] })],
		[
			'a filter that is too long',
			encodeSpec({ flags: flag.seccomp, filter: Buffer.alloc(8 * 4097), argv: ['/bin/true'] }),
		],
		['four billion rules', Buffer.concat([Buffer.from('TGS1'), numbers(2, 0xffffffff, 0, 0xffffffff)])],
	] as const)('a spec of %s is malformed', async (_what, spec) => {
		expect(await run(spec)).toMatchObject({ code: 125, stdout: '', stderr: 'trapgate: its spec is malformed\n' });
	});
});
