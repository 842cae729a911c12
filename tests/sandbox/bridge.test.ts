// The bridge relays a port to a unix socket, and the runner behind it, as process 1, does not notice that it is there.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEgress } from '../../src/sandbox/egress.ts';
import { buildNatives, collect, encodeSpec, ending, type Natives, numbers } from '../support/natives.ts';
import { untilGone } from '../support/processes.ts';
import { compilerTrouble, ringTrouble } from '../support/ring.ts';

const trouble = compilerTrouble() ?? ringTrouble();

describe.runIf(trouble === undefined)(`the bridge ${trouble ?? ''}`, () => {
	let natives: Natives;
	let turn = 0;
	const servers: Server[] = [];
	beforeAll(() => {
		natives = buildNatives();
	});
	afterAll(() => {
		for (const server of servers) server.close();
		natives.remove();
	});

	const serve = async (answer: (socket: Socket) => void): Promise<string> => {
		const path = join(natives.folder, `p${turn++}`);
		const server = createServer({ allowHalfOpen: true }, (socket) => answer(socket.on('error', () => {})));
		servers.push(server);
		await new Promise<void>((resolve) => server.listen(path, resolve));
		return path;
	};

	/** `bwrap … bridge SOCKET PORT -- runner SPEC 5`, as the ring starts a command that may reach hosts. */
	const run = async (proxy: string, argv: readonly string[], isBridged = true) => {
		const spec = join(natives.folder, `${turn++}.spec`);
		writeFileSync(spec, encodeSpec({ argv, env: ['PATH=/usr/bin:/bin'] }));
		const runner = [natives.runner, spec, '5'];
		const view = [
			'--unshare-user',
			'--unshare-pid',
			'--unshare-net',
			'--as-pid-1',
			'--ro-bind',
			'/',
			'/',
			'--dev',
			'/dev',
		];
		const command = isBridged ? [natives.bridge, proxy, '3128', '--', ...runner] : runner;
		const child = spawn('bwrap', [...view, '--proc', '/proc', '--die-with-parent', '--', ...command], {
			stdio: ['ignore', 'pipe', 'pipe', 'ignore', 'ignore', 'pipe'],
			env: {},
		});
		const status = collect((child.stdio as readonly unknown[])[5] as Parameters<typeof collect>[0]);
		return { ...(await ending(child)), status: await status };
	};
	const perl = (script: string) => [
		'/usr/bin/perl',
		'-MIO::Socket::INET',
		'-e',
		`$| = 1; sub dial { IO::Socket::INET->new(PeerAddr => "127.0.0.1:3128") or die "no: $!" } ${script}`,
	];
	const exited = (code: number, left = 0) => Buffer.concat([Buffer.of(88, code), numbers(left)]);

	test('bytes go both ways, and each end for itself', async () => {
		const path = await serve((socket) => {
			let got = '';
			socket.on('data', (bytes) => {
				got += bytes;
			});
			socket.on('end', () => socket.end(`got ${got}`));
		});
		const done = await run(path, perl('my $s = dial; print $s "hello"; shutdown $s, 1; print <$s>;'));
		expect(done).toMatchObject({ code: 0, stdout: 'got hello', stderr: '', status: exited(0) });
	});

	test('three megabytes each way at once arrive whole', async () => {
		const path = await serve((socket) => socket.pipe(socket));
		const script = `my $s = dial; my $n = 3_000_000;
			if (!fork) { for (1 .. 300) { print $s chr(97 + $_ % 26) x 10_000 } shutdown $s, 1; exit }
			my $t = ""; while (sysread $s, my $c, 65536) { $t .= $c }
			my $e = join "", map { chr(97 + $_ % 26) x 10_000 } 1 .. 300; print length $t, $t eq $e ? " same" : " other"; wait;`;
		expect(await run(path, perl(script))).toMatchObject({ stdout: '3000000 same', status: exited(0) });
	});

	test('a hundred connections at once are served, sixty-four at a time', async () => {
		// Nobody is answered until sixty-four have asked, and a moment later no one more has.
		const waiting: (() => void)[] = [];
		let atOnce = 0;
		const path = await serve((socket) => {
			socket.once('data', (bytes) => {
				if (atOnce > 0) return void socket.end(bytes);
				waiting.push(() => void socket.end(bytes));
				if (waiting.length !== 64) return;
				setTimeout(() => {
					atOnce = waiting.length;
					for (const answer of waiting) answer();
				}, 200);
			});
		});
		const script =
			'my @s = map { dial } 1 .. 100; print {$s[$_]} "$_;" for 0 .. 99; for my $s (@s) { print <$s>; close $s }';
		const done = await run(path, perl(script));
		expect(done.stdout).toBe(Array.from({ length: 100 }, (_, index) => `${index};`).join(''));
		expect(atOnce).toBe(64);
	});

	test('a client or a server that breaks off ends the other side', async () => {
		const closed: Promise<void>[] = [];
		const path = await serve((socket) => {
			closed.push(new Promise((resolve) => socket.once('close', () => resolve())));
			socket
				.on('data', (bytes) => (bytes.toString().includes('break') ? socket.destroy() : undefined))
				.on('end', () => socket.end());
		});
		const script = `use Socket; my $s = dial; print $s "break"; print "ended" if !sysread $s, my $c, 1;
			my $t = dial; setsockopt $t, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0); print $t "x"; close $t; sleep 1;`;
		expect((await run(path, perl(script))).stdout).toBe('ended');
		expect(closed).toHaveLength(2);
		await Promise.all(closed);
	});

	test('without a proxy a connection is closed, and others are still taken', async () => {
		const done = await run(
			join(natives.folder, 'nobody'),
			perl('for (1 .. 3) { my $s = dial; print sysread($s, my $c, 1) // "reset", ";" }'),
		);
		expect(done.stdout).toMatch(/^((0|reset);){3}$/);
	});

	test('it does no work while nothing happens, not even for a client that has gone', async () => {
		const path = await serve(() => {});
		const script = `my $s = dial; print $s "x"; shutdown $s, 1; my $t = dial; print $t "x"; select undef, undef, undef, 0.6;
			open my $f, "<", "/proc/2/stat"; my @f = split / /, (split /\\) /, <$f>)[1]; print $f[11] + $f[12], " ticks";`;
		const done = await run(path, perl(script));
		expect(done.stdout).toMatch(/^[0-9] ticks$/);
	});

	test('the runner reports and ends as if it were not there, at once', async () => {
		const path = await serve(() => {});
		const times = async (isBridged: boolean) => {
			const took: number[] = [];
			for (let index = 0; index < 6; index++) {
				const before = performance.now();
				expect((await run(path, ['/bin/true'], isBridged)).status).toEqual(exited(0));
				took.push(performance.now() - before);
			}
			return Math.min(...took);
		};
		// One that waited for the bridge as for a child left behind would take 300 ms longer.
		expect((await times(true)) - (await times(false))).toBeLessThan(250);
		const left = await run(path, [
			'/bin/sh',
			'-c',
			'exec >/dev/null 2>&1; sleep 600 & setsid sleep 600 & (sleep 600 &); exit 4',
		]);
		expect(left).toMatchObject({ code: 4, status: exited(4, 3) });
	});

	test('as process 1, the runner counts and ends what is left', async () => {
		const left = await run(
			'',
			['/bin/sh', '-c', 'exec >/dev/null 2>&1; sleep 600 & setsid sleep 600 & (sleep 600 &); exit 4'],
			false,
		);
		expect(left).toMatchObject({ code: 4, status: exited(4, 3) });
		const killed = await run('', ['/bin/sh', '-c', 'kill -9 $$'], false);
		expect(killed).toMatchObject({ code: 137, status: Buffer.concat([Buffer.of(75, 9), numbers(0)]) });
	});

	test('it holds none of the descriptors of the program', async () => {
		const path = await serve(() => {});
		const script =
			'opendir my $d, "/proc/2/fd" or die; print join " ", map { readlink "/proc/2/fd/$_" } sort grep /\\d/, readdir $d;';
		expect((await run(path, perl(script))).stdout).toMatch(/^\/dev\/null \/dev\/null \/dev\/null socket:\[\d+\]/);
	});

	test('with the proxy of the kernel, listed hosts are reached and others are not', async () => {
		const web = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.0 200 OK\r\n\r\nhello\n'));
		servers.push(web);
		await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', () => resolve()));
		const address = web.address();
		const port = typeof address === 'object' ? address?.port : 0;
		const path = join(natives.folder, 'egress');
		const refused: string[] = [];
		const egress = await openEgress({
			socket: path,
			hosts: [`127.0.0.1:${port}`],
			refused: (host) => refused.push(host),
		});
		const script = `for my $h ("127.0.0.1:${port}", "127.0.0.1:1") { my $s = dial; print $s "GET http://$h/ HTTP/1.1\\r\\nHost: $h\\r\\nConnection: close\\r\\n\\r\\n"; print <$s> }
			print IO::Socket::INET->new(PeerAddr => "127.0.0.1:${port}") ? "direct" : "no way round";`;
		const { stdout } = await run(path, perl(script));
		expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n.*hello\n.*HTTP\/1\.1 403 Forbidden\r\n.*no way round$/s);
		expect(refused).toEqual(['127.0.0.1:1']);
		await egress.close();
	});

	test.each([
		[[]],
		[['x', '3128', '--']],
		[['x', '3128', '--as', '/bin/true']],
		[['x', '0', '--', '/bin/true']],
		[['x', '65536', '--', '/bin/true']],
		[['x', '3128', '/bin/true', 'x']],
		[['x', '31x', '--', '/bin/true']],
	])('with arguments %j it says how it is used', async (args) => {
		const done = await ending(spawn(natives.bridge, args, { env: {} }));
		expect(done).toMatchObject({ code: 125, stderr: expect.stringMatching(/^trapgate: bridge: usage: [^\n]+\n$/) });
	});

	test('where the port is taken, or the program is not there, it says so', async () => {
		const taken = createServer(() => {});
		servers.push(taken);
		await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()));
		const address = taken.address();
		const port = String(typeof address === 'object' ? address?.port : 0);
		const busy = await ending(spawn(natives.bridge, ['x', port, '--', '/bin/true'], { env: {} }));
		expect(busy).toMatchObject({ code: 125, stderr: "trapgate: bridge: can't listen on the port\n" });
		const view = ['--unshare-user', '--unshare-pid', '--unshare-net', '--as-pid-1', '--ro-bind', '/', '/', '--'];
		const missing = await ending(
			spawn('bwrap', [...view, natives.bridge, 'x', '3128', '--', '/nonexistent'], { env: {} }),
		);
		expect(missing).toMatchObject({ code: 125, stderr: "trapgate: bridge: can't execute the program\n" });
	});

	test('nothing is left of it when the sandbox ends', async () => {
		await untilGone(natives.folder);
	});
});
