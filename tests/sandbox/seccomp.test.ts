// The filter of system calls, interpreted for both architectures, and tried for real under bubblewrap.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, test } from 'vitest';
import { type SeccompArchitecture, seccompProgram } from '../../src/sandbox/seccomp.ts';
import { compilerTrouble, ringTrouble } from '../support/ring.ts';

const architectures = ['x64', 'arm64'] as const;
const audit = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;

/** What the kernel would do, by our own reading of linux/filter.h; throws where it would refuse to load the program. */
function interpret(program: Buffer, number: number, args: readonly bigint[], abi: number): string {
	const data = Buffer.alloc(64);
	data.writeUInt32LE(number >>> 0, 0);
	data.writeUInt32LE(abi, 4);
	for (const [index, arg] of args.entries()) data.writeBigUInt64LE(BigInt.asUintN(64, arg), 16 + index * 8);
	let accumulator = 0;
	for (let at = 0; at < program.length / 8; at++) {
		const code = program.readUInt16LE(at * 8);
		const [ifTrue, ifFalse] = [program[at * 8 + 2] ?? 0, program[at * 8 + 3] ?? 0];
		const value = program.readUInt32LE(at * 8 + 4);
		const branch = (holds: boolean) => {
			at += holds ? ifTrue : ifFalse;
		};
		if (code === 0x20) accumulator = data.readUInt32LE(value);
		else if (code === 0x15) branch(accumulator === value);
		else if (code === 0x25) branch(accumulator > value);
		else if (code === 0x35) branch(accumulator >= value);
		else if (code === 0x45) branch((accumulator & value) !== 0);
		else if (code === 0x06) {
			if (value === 0x7fff0000) return 'allow';
			if (value === 0x80000000) return 'kill';
			if (value >>> 16 === 5) return `errno ${value & 0xffff}`;
			throw new Error(`action ${value.toString(16)}`);
		} else throw new Error(`code ${code}`);
	}
	throw new Error('it runs out of the program');
}

interface Row {
	readonly call: string;
	readonly x64?: number;
	readonly arm64?: number;
	readonly args?: readonly (number | bigint)[];
	readonly expected: string;
}

const EPERM = 'errno 1';
const rows: readonly Row[] = [
	...[
		['mount', 165, 40],
		['umount2', 166, 39],
		['pivot_root', 155, 41],
		['chroot', 161, 51],
		['setns', 308, 268],
		['unshare', 272, 97],
		['ptrace', 101, 117],
		['process_vm_readv', 310, 270],
		['process_vm_writev', 311, 271],
		['pidfd_getfd', 438, 438],
		['kcmp', 312, 272],
		['bpf', 321, 280],
		['perf_event_open', 298, 241],
		['io_uring_setup', 425, 425],
		['io_uring_enter', 426, 426],
		['io_uring_register', 427, 427],
		['keyctl', 250, 219],
		['add_key', 248, 217],
		['request_key', 249, 218],
		['userfaultfd', 323, 282],
		['open_by_handle_at', 304, 265],
		['name_to_handle_at', 303, 264],
		['kexec_load', 246, 104],
		['kexec_file_load', 320, 294],
		['init_module', 175, 105],
		['finit_module', 313, 273],
		['delete_module', 176, 106],
		['move_mount', 429, 429],
		['open_tree', 428, 428],
		['open_tree_attr', 467, 467],
		['fsopen', 430, 430],
		['fsconfig', 431, 431],
		['fsmount', 432, 432],
		['fspick', 433, 433],
		['mount_setattr', 442, 442],
		['quotactl', 179, 60],
		['quotactl_fd', 443, 443],
		['acct', 163, 89],
		['swapon', 167, 224],
		['swapoff', 168, 225],
		['reboot', 169, 142],
		['memfd_secret', 447, 447],
		['syslog', 103, 116],
		['lookup_dcookie', 212, 18],
	].map(([call, x64, arm64]) => ({ call, x64, arm64, expected: EPERM }) as Row),
	...[
		['modify_ldt', 154],
		['uselib', 134],
		['iopl', 172],
		['ioperm', 173],
	].map(([call, x64]) => ({ call, x64, expected: EPERM }) as Row),
	{ call: 'clone3', x64: 435, arm64: 435, expected: 'errno 38' },
	...[0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000].map((flag) => ({
		...{ call: 'clone', x64: 56, arm64: 220, args: [flag | 17], expected: EPERM },
	})),
	{ call: 'clone', x64: 56, arm64: 220, args: [17], expected: 'allow' },
	// What a thread is made with, and what vfork is.
	{ call: 'clone', x64: 56, arm64: 220, args: [0x3d0f00], expected: 'allow' },
	{ call: 'clone', x64: 56, arm64: 220, args: [0x4111], expected: 'allow' },
	// The kernel reads the low half only, and so do we.
	{ call: 'clone', x64: 56, arm64: 220, args: [0xffffffff00000011n], expected: 'allow' },
	{ call: 'clone', x64: 56, arm64: 220, args: [0x1_10000011n], expected: EPERM },
	{ call: 'memfd_create', x64: 319, arm64: 279, args: [1, 0], expected: 'errno 13' },
	{ call: 'memfd_create', x64: 319, arm64: 279, args: [8, 0x13], expected: 'errno 13' },
	{ call: 'memfd_create', x64: 319, arm64: 279, args: [0, 0x9], expected: 'allow' },
	{ call: 'execveat', x64: 322, arm64: 281, args: [3, 0, 0, 0, 0x1000], expected: EPERM },
	{ call: 'execveat', x64: 322, arm64: 281, args: [3, 0, 0, 0, 0x1100], expected: EPERM },
	{ call: 'execveat', x64: 322, arm64: 281, args: [3, 0, 0, 0, 0x100], expected: 'allow' },
	...[0x5412, 0x541c, 0x5423].flatMap((request) => [
		{ call: 'ioctl', x64: 16, arm64: 29, args: [0, request], expected: EPERM },
		{ call: 'ioctl', x64: 16, arm64: 29, args: [0, 0x7_0000_0000n + BigInt(request)], expected: EPERM },
	]),
	{ call: 'ioctl', x64: 16, arm64: 29, args: [0x5412, 0x5401], expected: 'allow' },
	...[1, 2, 10].map((family) => ({ call: 'socket', x64: 41, arm64: 198, args: [family, 1, 6], expected: 'allow' })),
	{ call: 'socket', x64: 41, arm64: 198, args: [16, 3, 0], expected: 'allow' },
	...[1, 2, 4, 9, 15, 16].map((kind) => ({
		...{ call: 'socket', x64: 41, arm64: 198, args: [16, 3, kind], expected: 'errno 93' },
	})),
	...[0, 3, 9, 17, 29, 31, 38, 40, 44, 45].map((family) => ({
		...{ call: 'socket', x64: 41, arm64: 198, args: [family, 3, 0], expected: 'errno 97' },
	})),
	...[
		{ call: 'chmod', x64: 90, args: [0, 0o4755] },
		{ call: 'fchmod', x64: 91, arm64: 52, args: [999, 0o4000] },
		{ call: 'fchmodat', x64: 268, arm64: 53, args: [0, 0, 0o6711] },
		{ call: 'fchmodat2', x64: 452, arm64: 452, args: [0, 0, 0o4755, 0] },
		{ call: 'mknod', x64: 133, args: [0, 0o104755] },
		{ call: 'mknodat', x64: 259, arm64: 33, args: [0, 0, 0o104755] },
		{ call: 'creat', x64: 85, args: [0, 0o4755] },
		{ call: 'open', x64: 2, args: [0, 0o101, 0o4755] },
		{ call: 'openat', x64: 257, arm64: 56, args: [0, 0, 0o100, 0o4000] },
		{ call: 'openat', x64: 257, arm64: 56, args: [0, 0, 0o2000_0002, 0o4700] },
	].map((row) => ({ ...row, expected: EPERM })),
	...[
		{ call: 'chmod', x64: 90, args: [0o4000, 0o1777] },
		{ call: 'fchmod', x64: 91, arm64: 52, args: [999, 0o2775] },
		{ call: 'fchmodat', x64: 268, arm64: 53, args: [0o4000, 0o4000, 0o755] },
		{ call: 'openat', x64: 257, arm64: 56, args: [0, 0, 0o2, 0o4755] },
		{ call: 'openat', x64: 257, arm64: 56, args: [0, 0, 0o101, 0o666] },
		{ call: 'open', x64: 2, args: [0, 0, 0o4755] },
	].map((row) => ({ ...row, expected: 'allow' })),
	{ call: 'openat2', x64: 437, arm64: 437, expected: 'errno 38' },
	{ call: 'execve', x64: 59, arm64: 221, expected: 'allow' },
	{ call: 'openat', x64: 257, arm64: 56, expected: 'allow' },
	{ call: 'socketpair', x64: 53, arm64: 199, args: [1], expected: 'allow' },
	{ call: 'file_setattr', x64: 469, arm64: 469, expected: 'allow' },
	{ call: 'one that is not there yet', x64: 470, arm64: 470, expected: 'errno 38' },
	{ call: 'one that is never there', x64: 0x3fffffff, arm64: 0x7fffffff, expected: 'errno 38' },
	{ call: 'x32 getpid', x64: 0x40000027, expected: 'kill' },
	{ call: 'x32 execve', x64: 0x40000208, expected: 'kill' },
	{ call: 'minus one', x64: -1, expected: 'kill' },
];

describe.each(architectures)('for %s', (architecture) => {
	const program = seccompProgram(architecture);
	const judge = (number: number, args: readonly (number | bigint)[] = [], abi: number = audit[architecture]) =>
		interpret(program, number, args.map(BigInt), abi);

	test('each call of the table is answered as it says', () => {
		const own = rows.filter((row) => row[architecture] !== undefined);
		expect(own.length).toBeGreaterThan(80);
		for (const { call, args, expected, ...numbers } of own) {
			expect(judge(numbers[architecture] ?? 0, args), `${call} ${args ?? ''}`).toBe(expected);
		}
	});

	test('any other ABI ends the process', () => {
		for (const abi of [0x40000003, 0x40000028, 0xc0000015, audit[architecture === 'x64' ? 'arm64' : 'x64'], 0])
			for (const number of [0, 39, 59, 221]) expect(judge(number, [], abi)).toBe('kill');
	});

	test('every other call goes through, whatever its arguments', () => {
		const special = new Set(rows.map((row) => row[architecture]));
		for (let number = 0; number < 470; number++) {
			if (special.has(number)) continue;
			for (const argument of [0n, 0xffffffffffffffffn])
				expect(judge(number, Array(6).fill(argument)), `${number}`).toBe('allow');
		}
	});

	test('no path runs out of the program, and it fits where the kernel puts it', () => {
		expect(program.length % 8).toBe(0);
		expect(program.length / 8).toBeLessThan(4096);
		for (let at = 0; at < program.length / 8; at++) {
			const target = at + 1 + Math.max(program[at * 8 + 2] ?? 0, program[at * 8 + 3] ?? 0);
			if (program.readUInt16LE(at * 8) !== 6) expect(target).toBeLessThan(program.length / 8);
		}
		expect(program.readUInt16LE(program.length - 8)).toBe(6);
	});

	test('the numbers are those of the headers of the system', () => {
		const headers = {
			x64: ['/usr/include/x86_64-linux-gnu/asm/unistd_64.h'],
			arm64: ['/usr/aarch64-linux-gnu/include/asm-generic/unistd.h', '/usr/include/asm-generic/unistd.h'],
		}[architecture];
		const header = headers.find(existsSync);
		if (header === undefined) return expect(compilerTrouble(), 'headers come with the compiler').toBeDefined();
		const numbers = new Map(
			[...readFileSync(header, 'utf8').matchAll(/#define __NR(?:3264)?_(\w+)\s+(\d+)/g)].map(([, name, number]) => [
				name,
				Number(number),
			]),
		);
		const known = rows.filter((row) => row[architecture] !== undefined && numbers.has(row.call));
		expect(known.length).toBeGreaterThan(70);
		for (const row of known) expect(row[architecture], row.call).toBe(numbers.get(row.call));
	});
});

const trouble = ringTrouble();

describe.runIf(trouble === undefined)(`under bubblewrap ${trouble ?? ''}`, () => {
	const folder = mkdtempSync(join(tmpdir(), 'trapgate-seccomp-'));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	const filter = join(folder, 'filter');
	writeFileSync(filter, seccompProgram(process.arch as SeccompArchitecture));

	const confined = (argv: readonly string[], isFiltered = true) =>
		spawnSync('bwrap', ['--unshare-user', '--dev-bind', '/', '/', ...(isFiltered ? ['--seccomp', '3'] : []), ...argv], {
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'pipe', isFiltered ? openSync(filter, 'r') : 'ignore'],
		});
	/** The error number of one call with arguments as Perl spells them; 0 where it succeeds. */
	const attempt = (number: number, args: readonly (number | string)[], isFiltered = true) => {
		const script = `my $r = syscall(${[number, ...args].join(', ')}); print $r < 0 ? $! + 0 : 0`;
		return confined(['perl', '-e', script], isFiltered).stdout;
	};

	// A call with arguments that nobody could use fails anyhow, but with another number.
	const tried = rows.filter(
		(row) => row.expected.startsWith('errno') && row[process.arch as SeccompArchitecture] !== undefined,
	);

	test('every refusal of the table is what a program meets', () => {
		expect(tried.length).toBeGreaterThan(60);
		const script = tried
			.map(
				(row) =>
					`print syscall(${[row[process.arch as SeccompArchitecture], ...(row.args ?? [])].join(', ')}) < 0 ? $! + 0 : 0, "\\n";`,
			)
			.join('\n');
		const met = confined(['perl', '-e', script]).stdout.trim().split('\n');
		expect(tried.map(({ call, args = [] }, index) => `${call} ${args}: errno ${met[index]}`)).toEqual(
			tried.map(({ call, args = [], expected }) => `${call} ${args}: ${expected}`),
		);
	});

	test('and without the filter it would not be', () => {
		const memfd = process.arch === 'x64' ? 319 : 279;
		expect(attempt(memfd, ['my $n = "x"', 0], false)).toBe('0');
		expect(attempt(memfd, ['my $n = "x"', 0])).toBe('13');
		expect(attempt(memfd, ['my $n = "x"', 8])).toBe('0');
		const socket = process.arch === 'x64' ? 41 : 198;
		expect(attempt(socket, [16, 3, 4], false)).toBe('0');
		expect(attempt(socket, [16, 3, 4])).toBe('93');
		expect(attempt(socket, [16, 3, 0])).toBe('0');
		expect(attempt(process.arch === 'x64' ? 272 : 97, [0], false)).toBe('0');
	});

	test('what an agent uses works', () => {
		expect(confined(['unshare', '--user', 'true']).status).not.toBe(0);
		expect(confined(['unshare', '--user', 'true'], false).status).toBe(0);
		const script = 'set -e; echo a | cat; (echo b) & wait; ls / >/dev/null; git --version >/dev/null 2>&1 || true';
		expect(confined(['bash', '--norc', '-c', script])).toMatchObject({ status: 0, stdout: 'a\nb\n' });
		const node = `const { Worker } = require('worker_threads'); new Worker('process.stdout.write("thread")', { eval: true })`;
		expect(confined([process.execPath, '-e', node])).toMatchObject({ status: 0, stdout: 'thread' });
	});

	const compiler = compilerTrouble();
	test.runIf(compiler === undefined && process.arch === 'x64')(
		`32-bit and x32 calls end the process ${compiler ?? ''}`,
		() => {
			const source = join(folder, 'abi.c');
			writeFileSync(
				source,
				`#include <unistd.h>
			#include <sys/syscall.h>
			int main(int argc, char **argv) {
				long result;
				if (argc == 2) return syscall(0x40000000 + SYS_getpid) == -2;
				__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
				return result == -2;
			}`,
			);
			const program = join(folder, 'abi');
			expect(spawnSync('gcc', ['-o', program, source], { encoding: 'utf8' })).toMatchObject({ status: 0 });
			// A kernel may be built without them: then the processor's answer is a fault. bwrap reports a signal as a shell does.
			const isKnown = confined([program], false).status === 0;
			expect(confined([program]).status).toBe(128 + (isKnown ? 31 : 11));
			expect(confined([program, 'x32']).status).toBe(128 + 31);
		},
	);
});
