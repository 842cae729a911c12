// Builds the programs of the ring for a test, and plays the kernel for them.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface Natives {
	/** Where the trap looks for `trap.sock`; short, as the path of a socket must be. */
	readonly folder: string;
	readonly trap: string;
	readonly runner: string;
	readonly bridge: string;
	remove(): void;
}

/** The programs as the compiler here builds them; the trap looks into the folder they are in. */
export function buildNatives(architecture: string = process.arch): Natives {
	const folder = mkdtempSync('/tmp/trapgate-n-');
	const script = fileURLToPath(new URL('../../scripts/native.mjs', import.meta.url));
	const args = [script, '--into', folder, '--arch', architecture, '--trap-folder', `${folder}/`];
	const done = spawnSync(process.execPath, args, { encoding: 'utf8' });
	if (done.status !== 0) throw new Error(done.stderr);
	const path = (name: string) => join(folder, `${name}-${architecture}`);
	return {
		folder,
		trap: path('trap'),
		runner: path('runner'),
		bridge: path('bridge'),
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}

export interface Spec {
	readonly flags?: number;
	readonly umask?: number;
	readonly limits?: readonly (readonly [resource: number, value: bigint])[];
	/** What is allowed below a path, by the numbers of linux/landlock.h; needs flag 2. */
	readonly rules?: readonly (readonly [access: number, path: string])[];
	/** Needs flag 4. */
	readonly filter?: Buffer;
	readonly cwd?: string;
	readonly argv: readonly (string | Buffer)[];
	readonly env?: readonly string[];
}

export function encodeSpec(spec: Spec): Buffer {
	const { flags = 0, umask = 0xffffffff, limits = [], rules, filter, cwd = '/', argv, env = [] } = spec;
	const wide = (value: bigint) => {
		const bytes = Buffer.alloc(8);
		bytes.writeBigUInt64LE(value);
		return bytes;
	};
	return Buffer.concat([
		Buffer.from('TGS1'),
		numbers(flags, umask, limits.length),
		...limits.flatMap(([resource, value]) => [numbers(resource, 0), wide(value)]),
		...(rules === undefined ? [] : [numbers(rules.length)]),
		...(rules ?? []).flatMap(([access, path]) => [
			...[wide(BigInt(access)), numbers(Buffer.byteLength(path)), Buffer.from(path)],
		]),
		...(filter === undefined ? [] : [numbers(filter.length), filter]),
		numbers(argv.length, env.length),
		...[cwd, ...argv, ...env].flatMap((text) => [Buffer.from(text), Buffer.of(0)]),
	]);
}

export function numbers(...values: readonly number[]): Buffer {
	const bytes = Buffer.alloc(values.length * 4);
	for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, index * 4);
	return bytes;
}

export interface Ended {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** Everything a child says, and how it ends. */
export async function ending(child: ChildProcess): Promise<Ended> {
	const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
	const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
		child.once('error', reject);
		child.once('close', (...how) => resolve(how));
	});
	return { code, signal, stdout: (await stdout).toString(), stderr: (await stderr).toString() };
}

export async function collect(stream: Readable | null | undefined): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
}

export interface Launched {
	readonly child: ChildProcess;
	readonly ended: Promise<Ended>;
	/** What the runner reports; whole when it has ended. */
	readonly status: Promise<Buffer>;
	/** Resolves at the first byte of the status. */
	readonly spoke: Promise<void>;
}

/** Starts a runner on a spec, with its status on descriptor 5, as bwrap does. */
export function launch(natives: Natives, spec: Spec | Buffer, socket?: string, name = 'a'): Launched {
	const path = join(natives.folder, `${name}.spec`);
	writeFileSync(path, Buffer.isBuffer(spec) ? spec : encodeSpec(spec));
	const child = spawn(natives.runner, [path, '5', ...(socket === undefined ? [] : [socket])], {
		stdio: ['pipe', 'pipe', 'pipe', 'ignore', 'ignore', 'pipe'],
		env: {},
	});
	const pipe = (child.stdio as readonly unknown[])[5] as Readable;
	const spoke = new Promise<void>((resolve) => pipe.once('readable', resolve));
	return { child, ended: ending(child), status: collect(pipe), spoke };
}

/** A request of a trap, taken apart. Texts are latin1, so that every byte can be told. */
export interface Request {
	readonly magic: string;
	readonly umask: number;
	readonly descriptors: number;
	readonly limits: readonly bigint[];
	readonly execfn: string;
	readonly exe: string;
	readonly cwd: string;
	readonly argv: readonly string[];
	readonly env: readonly string[];
}

export const headBytes = 24 + 16 * 8;

export function parseRequest(bytes: Buffer): Request {
	const [length = 0, argc = 0, envc = 0, umask = 0, descriptors = 0] = [4, 8, 12, 16, 20].map((at) =>
		bytes.readUInt32LE(at),
	);
	if (bytes.length !== headBytes + length) throw new Error(`${bytes.length} bytes, and ${length} were announced`);
	const texts = bytes.subarray(headBytes).toString('latin1').split('\0');
	if (texts.pop() !== '' || texts.length !== 3 + argc + envc) throw new Error(`${texts.length} texts`);
	const [execfn = '', exe = '', cwd = ''] = texts;
	return {
		magic: bytes.toString('latin1', 0, 4),
		umask,
		descriptors,
		limits: Array.from({ length: 16 }, (_, index) => bytes.readBigUInt64LE(24 + index * 8)),
		execfn,
		exe,
		cwd,
		argv: texts.slice(3, 3 + argc),
		env: texts.slice(3 + argc),
	};
}

export interface FakeKernel {
	readonly requests: Request[];
	close(): void;
}

/** Listens where the trap looks, and lets `answer` answer each request once it is whole. */
export async function fakeKernel(
	natives: Natives,
	answer: (request: Request, socket: Socket) => void,
): Promise<FakeKernel> {
	const requests: Request[] = [];
	const server: Server = createServer((socket) => {
		let received = Buffer.alloc(0);
		socket.on('error', () => {});
		socket.on('data', (chunk: Buffer) => {
			received = Buffer.concat([received, chunk]);
			if (received.length < headBytes || received.length < headBytes + received.readUInt32LE(4)) return;
			const request = parseRequest(received);
			requests.push(request);
			answer(request, socket);
		});
	});
	await new Promise<void>((resolve) => server.listen(join(natives.folder, 'trap.sock'), resolve));
	return { requests, close: () => void server.close() };
}

export const refusal = (code: number, message: string): Buffer =>
	Buffer.concat([Buffer.from('D'), numbers(1 + Buffer.byteLength(message)), Buffer.of(code), Buffer.from(message)]);

export const redirection = (path: string): Buffer =>
	Buffer.concat([Buffer.from('R'), numbers(Buffer.byteLength(path)), Buffer.from(path)]);
