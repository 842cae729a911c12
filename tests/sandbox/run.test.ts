// Commands in the ring behave as outside, and what they execute traps.
import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Confinement, TrapRequest } from '../../src/abi/sandbox.ts';
import { approved, env, Lab, refused } from './support/launching.ts';

let lab: Lab;
beforeAll(() => {
	lab = new Lab();
});
afterAll(() => lab.close());

const say = (text: string) => `perl -e 'print "${text}"'`;

describe('a command', () => {
	test('runs with its own output, input and exit code', async () => {
		const ran = await lab.run('cat; echo err >&2; exit 3', { stdin: 'in\n' });
		expect(ran).toMatchObject({ stdout: 'in\n', stderr: 'err\n', requests: [] });
		expect(ran.last).toEqual({ is: 'ended', code: 3, signal: undefined, leftBehind: 0 });
	});

	test('tells which signal ended it', async () => {
		expect((await lab.run('kill -KILL $$')).last).toMatchObject({ code: undefined, signal: 9 });
	});

	test('whose output goes on for a moment after it has ended loses none of it', async () => {
		expect((await lab.run('echo text > >(sleep 0.1; cat)')).stdout).toBe('text\n');
	});

	test('takes what it leaves behind with it, and says how much that was', async () => {
		const { last } = await lab.run('sleep 600 & setsid sleep 600 & disown -a');
		expect(last).toEqual({ is: 'ended', code: 0, signal: undefined, leftBehind: 2 });
	});

	test('sees its workspace and the system, and nothing of others', async () => {
		const { stdout } = await lab.run(
			'pwd; find /home /root /var/lib -mindepth 1 ! -type d 2>/dev/null | wc -l; ls /etc/shadow /etc/ssh; test -w /usr',
		);
		expect(stdout).toBe(`${lab.workspace}\n0\n`);
	});

	test('whose directory is not in the view does not run', async () => {
		const { last } = await lab.run('true', { cwd: '/var/lib' });
		expect(last).toMatchObject({ is: 'failed' });
	});

	test('keeps what it writes to the workspace and to /tmp', async () => {
		await lab.run('echo one > kept; echo two > /tmp/kept');
		expect(readFileSync(join(lab.workspace, 'kept'), 'utf8')).toBe('one\n');
		expect((await lab.run('cat /tmp/kept')).stdout).toBe('two\n');
	});

	test('has no network', async () => {
		expect((await lab.run('cat < /dev/tcp/127.0.0.1/22; ls /sys/class/net')).last).not.toMatchObject({ code: 0 });
	});
});

describe('a gated program', () => {
	test.each([
		['by its name', 'perl -e 1'],
		['by its path', '/usr/bin/perl -e 1'],
		['by a path with dots', '//usr//bin/./perl -e 1'],
		['by a link', 'ln -sf /usr/bin/perl any; ./any -e 1'],
		['by a child of a child', 'bash -c \'env nice sh -c "exec perl -e 1"\''],
		['by a Makefile', "printf 'all:\\n\\t@perl -e 1\\n' > Makefile; make -s"],
		['by a script', "printf '#!/usr/bin/perl\\n1' > s; chmod +x s; ./s"],
		['by a script through env', "printf '#!/usr/bin/env perl\\n1' > t; chmod +x t; ./t"],
		['by node', 'node -e \'require("node:child_process").execFileSync("perl", ["-e", "1"])\''],
		['by find', 'find . -maxdepth 0 -exec perl -e 1 \\;'],
		['by xargs', 'echo 1 | xargs perl -e'],
		['with another name', 'exec -a ls perl -e 1'],
		['with no environment', 'env -i /usr/bin/perl -e 1'],
		[
			'through the loader',
			'/lib64/ld-linux-x86-64.so.2 /usr/bin/perl -e 1 || /lib/ld-linux-aarch64.so.1 /usr/bin/perl -e 1',
		],
		['that the system has not', 'absent'],
	])('traps: %s', async (_, command) => {
		const { requests, stderr } = await lab.run(command, { answer: () => refused });
		expect(requests.length, stderr).toBeGreaterThan(0);
		expect(stderr).toContain('BLOCKED by a test');
	});

	test('that is refused ends with 126, and the script goes on', async () => {
		const { stdout, stderr, requests } = await lab.run('perl -e 1; echo $?', { answer: () => refused });
		expect(stdout).toBe('126\n');
		expect(stderr).toBe('BLOCKED by a test\n');
		expect(requests).toMatchObject([
			{ path: '/usr/bin/perl', argv: ['/usr/bin/perl', '-e', '1'], cwd: lab.workspace, depth: 1 },
		]);
	});

	test('without descriptors left to ask anybody with does not run, and says why', async () => {
		const { stdout, stderr } = await lab.run(
			'(ulimit -n 3; exec perl -e "print 1"); echo " $?"; (ulimit -n 20; exec perl -e "print 1")',
		);
		expect([stdout, stderr]).toEqual([' 126\n1', expect.stringContaining('`ulimit -n` leaves it no descriptors')]);
	});

	test('can be read by nobody: a copy is a copy of the trap', async () => {
		const { stdout, stderr, requests } = await lab.run(
			'cp /usr/bin/perl copy; chmod +x copy; head -c 4 copy | od -c | head -1; stat -c %s copy; ./copy -e 1; echo $?; ln /usr/bin/perl link',
		);
		expect(stdout).toMatch(/^0000000 177 +E +L +F\n\d{4}\n126\n$/);
		expect(stderr).toContain('is a copy of what stands in for a gated program');
		expect(stderr).toContain('Invalid cross-device link');
		expect(requests).toMatchObject([{ file: `${lab.workspace}/copy`, isCopy: true }]);
	});
});

describe('an approved program', () => {
	const flows: readonly (readonly [string, string, string])[] = [
		['its output', say('x'), 'x'],
		['its exit code', "perl -e 'exit 7'; echo $?", '7\n'],
		['its input', "echo in | perl -pe ''", 'in\n'],
		[
			'a loop that reads the input it shares',
			`printf 'a\\nb\\nc\\n' | while read l; do perl -e 'print "$ARGV[0]."' $l; done`,
			'a.b.c.',
		],
		['the offset of a file that it shares', `(echo a; ${say('b\\n')}; echo c) > out; cat out`, 'a\nb\nc\n'],
		['a here-document', "perl - <<'E'\nprint 42\nE", '42'],
		['a reader that goes early', `perl -e 'print "x\\n" for 1..100000' | head -1`, 'x\n'],
		['a time-out', "timeout 1 perl -e 'sleep 60'; echo $?", '124\n'],
		[
			'a signal that it handles',
			`perl -e '$SIG{TERM} = sub { exit 5 }; sleep 60' & sleep 1; kill $!; wait $!; echo $?`,
			'5\n',
		],
		['a signal that ends it', "perl -e 'kill 9, $$'; echo $?", '137\n'],
		['an interrupt', "perl -e '$SIG{INT} = sub { exit 6 }; sleep 60' & sleep 1; kill -INT $!; wait $!; echo $?", '6\n'],
		['descriptors beyond the first three', `echo three > f3; perl -e 'open F, "<&=7"; print <F>' 7< f3`, 'three\n'],
		[
			'a descriptor that is closed',
			`perl -e 'print defined fileno(STDIN) ? -t STDIN || eof(STDIN) ? "no" : "yes" : "none"' <&-`,
			'no',
		],
		['the umask', 'umask 027; perl -e \'printf "%o", umask\'', '27'],
		['a limit that was lowered', 'ulimit -n 50; perl -e \'print `bash -c "ulimit -n"`\'', '50\n'],
		['its directory', "mkdir -p sub; cd sub; perl -MCwd -e 'print getcwd() =~ m{/sub$} ? 1 : 0'", '1'],
		['what was written to /tmp just before', `echo 'print 4' > /tmp/p.pl; cd /tmp; perl p.pl`, '4'],
		['its variables', "FOO=bar perl -e 'print $ENV{FOO}'", 'bar'],
		['no variables that steer it', "PERL5OPT=-Mnone perl -e 'print 1'", '1'],
		['a job server', 'printf \'all: a b\\na b:\\n\\t+@perl -e "print 1"\\n\' > Makefile; make -s -j2', '11'],
		['arguments that are no text', "perl -e 'print length $ARGV[0]' $'\\xff\\xfe\\x01'", '3'],
		['an argument of a hundred kilobytes', "perl -e 'print length $ARGV[0]' $(printf '%0100000d' 0)", '100000'],
		['the path of a script', 'printf \'#!/usr/bin/perl\\nprint "$0 @ARGV"\' > s; chmod +x s; ./s a b', './s a b'],
		['many at once', `for i in $(seq 24); do perl -e 'print 1' & done; wait`, '1'.repeat(24)],
		['a substitution within one', 'perl -e "print $(perl -e \'print 3\')"', '3'],
	];
	test.each(flows)('has %s', async (_, command, stdout) => {
		const ran = await lab.run(command);
		expect(ran.stdout, ran.stderr).toBe(stdout);
		expect(ran.requests.length).toBeGreaterThan(0);
		expect(ran.ends).toHaveLength(ran.requests.length);
	});

	test('is followed by what it starts, one level deeper', async () => {
		const { requests, stdout } = await lab.run(`perl -e 'system("perl", "-e", "print 1")'`, {
			answer: (request) => ({ ...approved(request), lifted: request.depth < 3 ? [] : ['perl'] }) as never,
		});
		expect(requests.map(({ depth }) => depth)).toEqual([1, 2, 3]);
		expect(stdout).toBe('1');
	});

	test('that never gets further than its own trap ends at the eighth, and whoever judges hears of the ninth', async () => {
		const { requests, ends, stdout, stderr } = await lab.run('perl -e 1; echo $?', {
			answer: (request) => ({ ...approved(request), lifted: [] }) as never,
		});
		expect(requests.map(({ depth }) => depth)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
		expect(ends).toContainEqual({ failed: 'more than 8 approved programs within one another' });
		expect(stdout).toBe('126\n');
		expect(stderr).toContain('within one another');
	});

	test('may be another one, found by its name', async () => {
		const { stdout } = await lab.run('perl x y', {
			answer: (request) => ({ ...approved(request), argv: ['echo', 'instead of', ...request.argv.slice(1)] }) as never,
		});
		expect(stdout).toBe('instead of x y\n');
	});

	test('is found where no process inside sees it, by the name that leads to it', async () => {
		const hidden = realpathSync(mkdtempSync(join(tmpdir(), 'hidden-')));
		writeFileSync(join(hidden, 'absent'), '#!/bin/sh\necho "real $1"\n', { mode: 0o755 });
		const other = new Lab({ searchPath: `${hidden}:${env.PATH}` });
		try {
			const answer = (request: TrapRequest) => ({ ...approved(request), lifted: ['absent'] }) as never;
			const { stdout, requests } = await other.run('absent x', { answer, env: { PATH: `${hidden}:${env.PATH}` } });
			expect([stdout, requests.length]).toEqual(['real x\n', 1]);
		} finally {
			other.close();
			rmSync(hidden, { recursive: true });
		}
	});

	test('that is not there is said not to be', async () => {
		const { stderr, ends } = await lab.run('perl x', {
			answer: (request) => ({ ...approved(request), argv: ['no-such-program'] }) as never,
		});
		expect(stderr).toContain('`no-such-program` is not installed');
		expect(ends).toMatchObject([{ failed: expect.stringContaining('not installed') }]);
	});

	test('ends with the command that executed it', async () => {
		const { ends } = await lab.run("perl -e 'sleep 600' & sleep 1");
		expect(ends).toHaveLength(1);
	});

	test('ends when the command is killed', async () => {
		const { ends } = await lab.run("perl -e 'sleep 600'", {
			started: (child) => setTimeout(() => child.kill('SIGKILL'), 1_500),
		});
		expect(ends).toHaveLength(1);
	});
});

describe('what was judged is what runs', () => {
	test('where somebody puts another program at the path before it starts', async () => {
		writeFileSync(join(lab.workspace, 'other'), '#!/bin/bash\necho RAN another; perl -e \'print "RAN perl"\'\n', {
			mode: 0o755,
		});
		symlinkSync('/usr/bin/perl', join(lab.tmp, 'perl'));
		const { stdout, requests } = await lab.run(`/tmp/perl -e 'print "the judged one"'`, {
			answer(request) {
				rmSync(join(lab.tmp, 'perl'));
				symlinkSync(join(lab.workspace, 'other'), join(lab.tmp, 'perl'));
				return approved(request);
			},
		});
		rmSync(join(lab.tmp, 'perl'));
		expect(requests.map(({ argv }) => argv[0])).toEqual(['/tmp/perl']);
		expect(stdout).toBe('the judged one');
	});

	test('where a request is forged in the name of a program of one’s own', async () => {
		writeFileSync(join(lab.workspace, 'own'), '#!/bin/bash\nexit 7\n', { mode: 0o755 });
		const at = '/tmp/forged/perl';
		writeFileSync(
			join(lab.workspace, 'forge.mjs'),
			`import { connect } from 'node:net';
			const texts = ['${at}', '/usr/bin/perl', '${lab.workspace}', '${at}', '-e', 'exit 5'].map((text) => text + '\\0').join('');
			const head = Buffer.alloc(152, 0xff); head.write('TGE1');
			[texts.length, 3, 0, 0, 7].forEach((value, at) => head.writeUInt32LE(value, 4 + 4 * at));
			const socket = connect('/run/gate/trap.sock', () => socket.write(Buffer.concat([head, Buffer.from(texts)])));
			let said = '';
			socket.on('data', (part) => { said += part.subarray(5); });
			socket.on('end', () => {
				const trap = connect(said, () => trap.write(Buffer.alloc(12)));
				trap.on('data', () => undefined);
				trap.on('error', () => undefined);
			});`,
		);
		const { requests, ends } = await lab.run(`mkdir -p /tmp/forged; cp own ${at}; node forge.mjs`);
		expect(requests.map(({ argv }) => argv)).toEqual([[at, '-e', 'exit 5']]);
		expect(ends).toEqual([{ code: 5, signal: undefined }]);
	});

	test('and with a program that processes inside could have written, nothing else gets out of the trap', async () => {
		writeFileSync(
			join(lab.workspace, 'perl'),
			`#!/bin/bash\necho RAN own; /usr/bin/perl -e 'print "RAN perl"'; perl -e 'print "RAN perl"'; for at in /usr/bin/perl5*; do $at -e 'print "RAN perl"'; done\n`,
			{ mode: 0o755 },
		);
		const { stdout, requests } = await lab.run('./perl --version; PATH=$PWD:$PATH; perl --version', {
			answer: (request) => (request.argv.includes('--version') ? approved(request) : refused),
		});
		rmSync(join(lab.workspace, 'perl'));
		expect(requests.length).toBeGreaterThanOrEqual(2);
		expect(stdout).toBe('RAN own\nRAN own\n');
	});

	test.each<Partial<Confinement>>([{ network: 'none' }, { network: { hosts: ['example.com'] } }])(
		'which keeps the name that it was executed by: %j',
		async (confinement) => {
			symlinkSync('/usr/bin/perl', join(lab.workspace, 'perl5'));
			const show = `'open my $f, "<", "/proc/self/cmdline"; print readlink("/proc/self/exe"), <$f>'`;
			const { stdout } = await lab.run(`./perl5 -e ${show} | tr '\\0' ' '`, { confinement });
			rmSync(join(lab.workspace, 'perl5'));
			expect(stdout).toMatch(/^\/usr\/bin\/perl[\d.]*\.\/perl5 -e /);
		},
	);
});

describe('a verdict', () => {
	test('that fails is a refusal', async () => {
		const { stderr, stdout } = await lab.run('perl -e 1; echo $?', {
			answer: () => {
				throw new Error('the policy is on fire');
			},
		});
		expect(stderr).toContain('the policy is on fire; refused');
		expect(stdout).toBe('126\n');
	});

	test('that never comes is a refusal', async () => {
		const { stderr } = await lab.run('perl -e 1', { answer: () => new Promise(() => undefined) });
		expect(stderr).toContain('no verdict in time');
	});
});

test('what inside would forge is worth no more than executing it', async () => {
	writeFileSync(
		join(lab.workspace, 'forge.mjs'),
		`import { connect } from 'node:net';
		const texts = ['/bin/bash', '/bin/bash', '/w', 'bash', '-c', 'id'].map((text) => text + '\\0').join('');
		const head = Buffer.alloc(152, 0xff); head.write('TGE1');
		[texts.length, 3, 0, 0, 7].forEach((value, at) => head.writeUInt32LE(value, 4 + 4 * at));
		const socket = connect('/run/gate/trap.sock', () => socket.write(Buffer.concat([head, Buffer.from(texts)])));
		socket.on('data', (said) => process.stdout.write(said.subarray(6)));`,
	);
	const { stdout, requests } = await lab.run('node forge.mjs');
	expect(stdout).toContain('/bin/bash is a copy of what stands in for a gated program; refused');
	expect(requests).toMatchObject([{ file: '/bin/bash', isCopy: true }]);
});

test('nothing of it is left when it is closed', async () => {
	const own = new Lab();
	await own.run(say('x'));
	expect(readdirSync(own.ring.directory).filter((name) => /^\d+$/.test(name))).toHaveLength(1);
	const { directory } = own.ring;
	own.close();
	expect(existsSync(directory)).toBe(false);
	expect(statSync('/usr/bin/perl').size).toBeGreaterThan(100_000);
	expect(env.PATH).not.toContain('gate');
});

describe('with a list of hosts', () => {
	test('what is on it is reached through the proxy, and nothing else in any way', async () => {
		const server = createServer((_, response) => response.end('hello'));
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.address() as AddressInfo;
		const ask = `
			const { request } = require('node:http');
			const get = (host) => new Promise((resolve) => request({ host: '127.0.0.1', port: 3128, path: 'http://' + host + '/', headers: { host } },
				(answer) => { let text = ''; answer.on('data', (part) => { text += part; }); answer.on('end', () => resolve(answer.statusCode + ' ' + text)); }).on('error', (error) => resolve(error.code)).end());
			get('127.0.0.1:${port}').then((text) => { console.log(text); return get('127.0.0.1:9'); }).then((text) => console.log(text.slice(0, 3)));`;
		writeFileSync(join(lab.workspace, 'ask.cjs'), ask);
		const network = { hosts: [`127.0.0.1:${port}`] };
		const { stdout, stderr } = await lab.run(
			`node ask.cjs; (exec 9<> /dev/tcp/127.0.0.1/${port}) 2>/dev/null || echo none`,
			{
				confinement: { network },
			},
		);
		server.close();
		expect(stdout, stderr).toBe('200 hello\n403\nnone\n');
		expect(lab.warned).toEqual([expect.stringContaining('127.0.0.1:9')]);
	});
});

test('with `exec: strict` nothing runs that could have been written, and what was approved still does', async () => {
	const { stdout, stderr, requests } = await lab.run(
		`cp /bin/true own; ./own; echo $?; cp /bin/true /tmp/own; /tmp/own; echo $?; perl -e 'print "approved\\n"'`,
		{ confinement: { exec: 'strict' } },
	);
	expect(stdout, stderr).toBe('126\n126\napproved\n');
	expect(requests).toHaveLength(1);
});

test('with `exec: strict` what an approved program writes to its exchange is not executed by those who executed it', async () => {
	const leave = `use File::Copy; copy("/bin/echo", "/run/gx/own"); chmod 0755, "/run/gx/own"; print "left\\n"; close STDOUT; <STDIN>`;
	const { stdout } = await lab.run(
		`mkfifo end; (perl -e '${leave}' < end | (read left; echo $left; for at in /run/gate/x*/own; do test -e $at && echo SEEN; $at RAN; done; echo > end)) 3<> end`,
		{ confinement: { exec: 'strict' } },
	);
	rmSync(join(lab.workspace, 'end'));
	expect(stdout).toBe('left\nSEEN\n');
});

test('more programs are approved where it is no call that may have only so many', async () => {
	const twice = 'perl -e 1; echo $?; perl -e 1; echo $?';
	expect((await lab.run(twice, { mostApproved: 1 })).stdout).toBe('0\n126\n');
	expect((await lab.run(twice, { mostApproved: Number.POSITIVE_INFINITY })).stdout).toBe('0\n0\n');
});
