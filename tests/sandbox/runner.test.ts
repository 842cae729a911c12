// The runner starts one program as its spec says, reaps, and reports how it ended.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildNatives, encodeSpec, ending, launch, type Natives, numbers, type Spec } from '../support/natives.ts';
import { processesWith, untilGone } from '../support/processes.ts';
import { compilerTrouble } from '../support/ring.ts';

const trouble = compilerTrouble();

describe.runIf(trouble === undefined)(`the runner ${trouble ?? ''}`, () => {
	let natives: Natives;
	beforeAll(() => {
		natives = buildNatives();
	});
	afterAll(() => natives.remove());

	/** Its whole life. */
	const run = async (spec: Spec | Buffer, input = '') => {
		const { child, ended, status } = launch(natives, spec);
		child.stdin?.on('error', () => {});
		child.stdin?.end(input);
		return { ...(await ended), status: await status };
	};
	const sh = (script: string, more: Partial<Spec> = {}) => run({ argv: ['/bin/sh', '-c', script], ...more });
	const exited = (code: number, left = 0) => Buffer.concat([Buffer.of(88, code), numbers(left)]);
	const killed = (signal: number, left = 0) => Buffer.concat([Buffer.of(75, signal), numbers(left)]);

	describe('starts a program', () => {
		test('with its arguments, environment and directory, byte by byte', async () => {
			const odd = Buffer.from([0x61, 0xff, 0xfe, 0x0a]);
			const done = await run({
				argv: ['/bin/sh', '-c', 'pwd; printf "%s|" "$0" "$@"; env', 'name', odd, ''],
				env: ['A=1', 'B=', 'NO_EQUALS'],
				cwd: '/usr/bin',
			});
			expect(done.stdout).toContain(`/usr/bin\nname|${odd}||`);
			expect(done.stdout.split('||')[1]?.split('\n').toSorted()).toEqual(['', 'A=1', 'B=', 'PWD=/usr/bin']);
			expect(done.status).toEqual(exited(0));
		});

		test('with its input', async () => {
			expect((await run({ argv: ['/bin/cat'] }, 'in\n')).stdout).toBe('in\n');
		});

		test('with umask and limits, soft and hard, never above what there was', async () => {
			const script = 'umask; ulimit -S -n; ulimit -H -n; ulimit -S -f; ulimit -H -c';
			const done = await sh(script, {
				umask: 0o37,
				limits: [
					[7, 99n],
					[1, 1n << 20n],
					[4, 0n],
				],
			});
			expect(done.stdout).toBe('0037\n99\n99\n2048\n0\n');
			const few = spawnSync(
				'/bin/bash',
				['--norc', '-c', `ulimit -n 200; ${natives.runner} ${join(natives.folder, 'a.spec')} 5 5>/dev/null`],
				{ encoding: 'utf8' },
			);
			expect(few.stdout).toBe('0037\n99\n99\n2048\n0\n');
			writeFileSync(
				join(natives.folder, 'b.spec'),
				encodeSpec({ argv: ['/bin/sh', '-c', 'ulimit -n; ulimit -H -n'], limits: [[7, 4096n]] }),
			);
			const capped = spawnSync(
				'/bin/bash',
				['--norc', '-c', `ulimit -n 200; ${natives.runner} ${join(natives.folder, 'b.spec')} 5 5>/dev/null`],
				{ encoding: 'utf8' },
			);
			expect(capped.stdout).toBe('200\n200\n');
		});

		test('with every signal at its default and none blocked, whatever was ignored before', async () => {
			const path = join(natives.folder, 'signals.spec');
			writeFileSync(path, encodeSpec({ argv: ['/bin/grep', '-E', '^Sig(Blk|Ign)', '/proc/self/status'] }));
			const script = `trap '' HUP TERM PIPE; exec ${natives.runner} ${path} 5 5>/dev/null`;
			const done = spawnSync('/bin/bash', ['--norc', '-c', script], { encoding: 'utf8' });
			expect(done.stdout).toBe('SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
		});

		test('with no descriptor but 0, 1 and 2, whatever was left open', async () => {
			const folder = openSync('/', 'r');
			const path = join(natives.folder, 'open.spec');
			writeFileSync(path, encodeSpec({ argv: ['/bin/ls', '/proc/self/fd'] }));
			const child = spawn(natives.runner, [path, '5'], {
				stdio: ['pipe', 'pipe', 'pipe', folder, folder, 'pipe', folder, folder],
			});
			expect((await ending(child)).stdout).toBe('0\n1\n2\n3\n');
		});

		test('with something at 0, 1 and 2 where they were closed', async () => {
			const path = join(natives.folder, 'closed.spec');
			const list = join(natives.folder, 'list');
			writeFileSync(path, encodeSpec({ argv: ['/bin/sh', '-c', `readlink /proc/self/fd/0 > ${list}`] }));
			spawnSync('/bin/sh', ['-c', `exec ${natives.runner} ${path} 5 5>/dev/null 0<&- 1>&- 2>&-`]);
			expect(readFileSync(list, 'utf8')).toBe('/dev/null\n');
		});

		test('out of reach: its program can not open the descriptors of the runner in /proc', async () => {
			chmodSync(natives.folder, 0o755);
			const path = join(natives.folder, 'proc.spec');
			const script = 'readlink /proc/self/fd/1; readlink /proc/$PPID/fd/3 || echo closed';
			writeFileSync(path, encodeSpec({ argv: ['/bin/sh', '-c', script], env: ['PATH=/usr/bin:/bin'] }));
			// Root may open anything.
			const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
			const child = spawn(natives.runner, [path, '5'], {
				stdio: ['pipe', 'pipe', 'pipe', 'ignore', 'ignore', 'pipe'],
				...nobody,
			});
			expect((await ending(child)).stdout).toMatch(/^\S+\nclosed\n$/);
		});
	});

	describe('reports', () => {
		test.each([0, 1, 125, 255])('the code %i', async (code) => {
			expect(await sh(`exit ${code}`)).toMatchObject({ code, status: exited(code) });
		});

		test.each([9, 11, 15])('the signal %i', async (signal) => {
			expect(await sh(`kill -${signal} $$`)).toMatchObject({ code: 128 + signal, status: killed(signal) });
		});

		test('what was left behind and had to be killed', async () => {
			const mark = `TRAPGATE_LEFT=${natives.folder}`;
			// A child, one with a session of its own, and an orphan.
			const script = 'exec >/dev/null 2>&1; sleep 600 & setsid sleep 600 & (sleep 600 &); exit 4';
			const done = await sh(script, { env: [mark, 'PATH=/usr/bin:/bin'] });
			expect(done).toMatchObject({ code: 4, status: exited(4, 3) });
			await untilGone(mark);
		});

		test('nothing of what ended by itself a moment later, and its output arrives', async () => {
			const script = 'exec /bin/bash --norc -c "echo late > >(sleep 0.1; cat)"';
			expect(await sh(script, { env: ['PATH=/usr/bin:/bin'] })).toMatchObject({ stdout: 'late\n', status: exited(0) });
		});

		test('at once where nothing is left', async () => {
			const times: number[] = [];
			for (let index = 0; index < 8; index++) {
				const before = performance.now();
				await sh('exit 0');
				times.push(performance.now() - before);
			}
			// One that waited for the grace took longer than it.
			expect(Math.min(...times)).toBeLessThan(300);
		});

		test('after TERM and HUP, which are not for it', async () => {
			const { child, ended, status } = launch(natives, { argv: ['/bin/sh', '-c', 'echo ready; read line; exit 6'] });
			await new Promise((resolve) => child.stdout?.once('data', resolve));
			for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGTSTP'] as const)
				child.kill(signal);
			await setTimeout(50);
			child.stdin?.end('go\n');
			expect((await ended).code).toBe(6);
			expect(await status).toEqual(exited(6));
		});

		test('even when nobody listens any more', async () => {
			const { child, ended, status } = launch(natives, { argv: ['/bin/sh', '-c', 'read line; exit 6'] });
			status.catch(() => {});
			(child.stdio as readonly unknown[] as { destroy(): void }[])[5]?.destroy();
			child.stdin?.end('go\n');
			expect((await ended).code).toBe(6);
		});

		test('the end of a pipe is seen when the program lets go of it', async () => {
			const { child, ended } = launch(natives, {
				argv: ['/bin/sh', '-c', 'exec 1>&- 2>&-; read line; exit 3'],
			});
			await new Promise((resolve) => child.stdout?.resume().once('end', resolve));
			child.stdin?.end('go\n');
			expect((await ended).code).toBe(3);
		});
	});

	describe('says why it could not start', () => {
		const failed = (message: string) => {
			const line = `trapgate: ${message}`;
			return {
				code: 125,
				stdout: '',
				stderr: `${line}\n`,
				status: Buffer.concat([Buffer.from('F'), numbers(Buffer.byteLength(line)), Buffer.from(line)]),
			};
		};

		test.each([
			[
				'a program that is not there',
				{ argv: ['/nonexistent'] },
				"can't start /nonexistent: no such file or directory",
			],
			['a name without a folder', { argv: ['sh'] }, "can't start sh: no such file or directory"],
			['a folder', { argv: ['/usr'] }, "can't start /usr: permission denied"],
			['a file that is no program', { argv: ['/etc/passwd'] }, "can't start /etc/passwd: permission denied"],
			[
				'a directory that is not there',
				{ argv: ['/bin/true'], cwd: '/nonexistent' },
				"can't enter /nonexistent: no such file or directory",
			],
			[
				'a directory that is a file',
				{ argv: ['/bin/true'], cwd: '/etc/passwd' },
				"can't enter /etc/passwd: not a directory",
			],
			[
				'an argument that is too large',
				{ argv: ['/bin/true', 'a'.repeat(140_000)] },
				"can't start /bin/true: its arguments and environment are too large",
			],
		] as const)('%s', async (_what, spec, message) => {
			expect(await run(spec)).toMatchObject(failed(message));
		});

		test('a link in a circle', async () => {
			const loop = join(natives.folder, 'loop');
			symlinkSync(loop, loop);
			expect(await run({ argv: [loop] })).toMatchObject(failed(`can't start ${loop}: too many symbolic links`));
		});

		const good = encodeSpec({ argv: ['/bin/true', 'a'], env: ['A=1'], limits: [[7, 99n]] });
		const patched = (at: number, value: number) => {
			const bytes = Buffer.from(good);
			bytes.writeUInt32LE(value, at);
			return bytes;
		};
		test.each([
			['no bytes', Buffer.alloc(0)],
			...Array.from(
				{ length: good.length - 1 },
				(_, length) => [`its first ${length + 1} bytes`, good.subarray(0, length + 1)] as const,
			),
			['a byte too many', Buffer.concat([good, Buffer.of(0)])],
			['other magic', Buffer.concat([Buffer.from('TGS2'), good.subarray(4)])],
			['an unknown flag', patched(4, 1 << 30)],
			['stdio from a trap, and no socket', patched(4, 1)],
			['four billion limits', patched(12, 0xffffffff)],
			['a limit that does not exist', patched(16, 16)],
			['a limit with something where nothing is', patched(20, 1)],
			['no arguments', patched(32, 0)],
			['four billion arguments', patched(32, 0xffffffff)],
			['four billion variables', patched(36, 0xffffffff)],
			['three million arguments', patched(32, 3_000_000)],
		] as const)('a spec of %s', async (_what, bytes) => {
			expect(await run(bytes)).toMatchObject(failed('its spec is malformed'));
		});

		test('a spec that is too large, and the largest there may be', async () => {
			const rest = 3 * 1024 * 1024 - encodeSpec({ argv: ['/bin/true', ''] }).length;
			const large = encodeSpec({ argv: ['/bin/true', 'a'.repeat(rest)] });
			expect(await run(large)).toMatchObject(
				failed("can't start /bin/true: its arguments and environment are too large"),
			);
			expect(await run(Buffer.concat([large, Buffer.of(0)]))).toMatchObject(failed('its spec is too large'));
		});

		test('a spec that is not there, or a folder', () => {
			for (const path of [join(natives.folder, 'none'), natives.folder]) {
				const done = spawnSync('/bin/sh', ['-c', `exec ${natives.runner} ${path} 5 5>/dev/null`], { encoding: 'utf8' });
				expect(done.status).toBe(125);
				expect(done.stderr).toMatch(/^trapgate: can't read its spec [^\n]+\n$/);
			}
		});

		test.each([
			[],
			['x'],
			['x', ''],
			['x', '0'],
			['x', '2'],
			['x', '-5'],
			['x', '5x'],
			['x', '77'],
			['x', '99999999999999999999'],
			['x', '5', 'y', 'z'],
		])('arguments %j %j %j %j', (...args) => {
			const done = spawnSync(
				'/bin/sh',
				['-c', 'exec "$0" "$@" 5>/dev/null', natives.runner, ...args.filter((arg) => arg !== undefined)],
				{ encoding: 'utf8' },
			);
			expect(done.status).toBe(125);
			expect(done.stderr).toBe('trapgate: usage: runner SPEC STATUS_DESCRIPTOR [SOCKET]\n');
		});
	});

	describe('with a trap that is none', () => {
		const listening = async (argv: readonly string[] = ['/bin/true']) => {
			const socket = join(natives.folder, 'r');
			const runner = launch(natives, { flags: 1, argv }, socket);
			await runner.spoke;
			return { socket, ...runner };
		};

		test.each([
			['that closes at once', Buffer.alloc(0)],
			['that sends half a number', Buffer.of(7, 0)],
			['that announces descriptors it does not send', numbers(7, 0, 0)],
			['that announces more than there can be', numbers(0x10000, 0, 0)],
			['that announces all', numbers(0xffffffff, 0, 0)],
		])('%s', async (_what, bytes) => {
			const { socket, ended, status } = await listening();
			createConnection(socket).end(bytes);
			expect((await ended).code).toBe(125);
			expect((await status).toString('latin1')).toMatch(
				/^RF.{4}trapgate: its trap did not hand over its descriptors$/s,
			);
		});

		test('that has no descriptors at all, and sends nonsense: its program is ended', async () => {
			const { socket, ended, status } = await listening(['/bin/sleep', '600']);
			const trap = createConnection(socket);
			trap.write(numbers(0, 0, 0));
			await setTimeout(50);
			trap.write('Z\x0f');
			expect((await ended).code).toBe(143);
			expect(await status).toEqual(Buffer.concat([Buffer.from('R'), killed(15)]));
			trap.destroy();
		});

		test('that sends a signal in two pieces', async () => {
			const { socket, ended } = await listening(['/bin/sleep', '600']);
			const trap = createConnection(socket);
			trap.write(numbers(0, 0, 0));
			await setTimeout(50);
			trap.write('S');
			await setTimeout(50);
			trap.write(Buffer.of(12));
			expect((await ended).code).toBe(128 + 12);
			trap.destroy();
		});

		test('where the folder of its socket is missing', async () => {
			const { ended, status } = launch(natives, { flags: 1, argv: ['/bin/true'] }, '/nonexistent/r');
			expect((await ended).code).toBe(125);
			expect((await status).toString('latin1')).toContain("can't listen for its trap at /nonexistent/r: no such file");
		});

		test('and a spec without one, or a path that is too long', async () => {
			const plain = launch(natives, { argv: ['/bin/true'] }, join(natives.folder, 'r2'));
			expect((await plain.ended).stderr).toBe('trapgate: its spec is malformed\n');
			const long = launch(natives, { flags: 1, argv: ['/bin/true'] }, `/${'x'.repeat(200)}`);
			expect((await long.ended).stderr).toBe('trapgate: the path of its socket is too long\n');
		});
	});

	test('nothing of these tests is left', () => {
		expect(processesWith(natives.folder)).toEqual([]);
	});
});
