// Runs commands in a ring of its own, where `perl` is gated: it is on every Debian-like system.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, realpathSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Confinement, Gates, Trapped, TrapRequest, TrapVerdict } from '../../../src/abi/sandbox.ts';
import { Ring } from '../../../src/sandbox/ring.ts';
import { type Launch, type Prepared, prepare } from '../../../src/sandbox/run.ts';
import { followStatus, type Status } from '../../../src/sandbox/status.ts';

export const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: homedir(), LANG: 'C.UTF-8' };

/** Where bubblewrap is; the tests of this folder need it. */
export const bwrap = '/usr/bin/bwrap';

export const perlGates: Gates = {
	gatedAs: (name) => (/^perl[\d.]*$/.test(name) ? 'perl' : name === 'absent' ? 'absent' : undefined),
	names: ['perl', 'absent'],
	revision: 'perl',
};

export function confinementOf(workspace: string, changes: Partial<Confinement> = {}): Confinement {
	return {
		read: [],
		write: [workspace],
		network: 'none',
		exec: 'open',
		roExec: [],
		limits: { processes: 256, memoryBytes: 4 * 2 ** 30, fileBytes: 2 ** 28, openFiles: 1024, tmpBytes: 2 ** 26 },
		guarded: [],
		concealed: [],
		...changes,
	};
}

export interface Ran {
	readonly stdout: string;
	readonly stderr: string;
	readonly last: Awaited<Status['last']>;
	readonly requests: readonly TrapRequest[];
	/** How approved programs ended. */
	readonly ends: readonly unknown[];
}

export interface Ask {
	readonly stdin?: string;
	readonly env?: Readonly<Record<string, string>>;
	readonly cwd?: string;
	readonly confinement?: Partial<Confinement>;
	readonly gates?: Gates;
	/** Default: bubblewrap. */
	readonly backend?: Launch['backend'];
	readonly caches?: string;
	readonly mostApproved?: number;
	/** Default: approved as it is, and nothing below it. */
	readonly answer?: (request: TrapRequest) => TrapVerdict | Promise<TrapVerdict>;
	/** Gets the process when it has started. */
	readonly started?: (child: ChildProcess, prepared: Prepared) => void;
}

export class Lab {
	readonly workspace = realpathSync(mkdtempSync(join(tmpdir(), 'ring-lab-')));
	readonly tmp = mkdtempSync(join(tmpdir(), 'ring-tmp-'));
	readonly warned: string[] = [];
	readonly ring: Ring;
	readonly caches: string;

	constructor({ searchPath = env.PATH }: { readonly searchPath?: string } = {}) {
		this.ring = new Ring({ tmp: tmpdir(), searchPath, warn: (text) => this.warned.push(text) });
		this.caches = this.ring.newCaches();
		this.ring.use(bwrap, { disableUserns: true, size: true });
	}

	close(): void {
		this.ring.close();
		for (const folder of [this.workspace, this.tmp]) rmSync(folder, { recursive: true, force: true });
	}

	async run(command: string, ask: Ask = {}): Promise<Ran> {
		const requests: TrapRequest[] = [];
		const ends: unknown[] = [];
		const { answer = approved, gates = perlGates, cwd = this.workspace } = ask;
		const trapped: Trapped = async (request) => {
			requests.push(request);
			const verdict = await answer(request);
			if (verdict.kind === 'refused') return verdict;
			return { ...verdict, trapped, ended: async (end) => void ends.push(end) };
		};
		const prepared = await prepare(this.ring, {
			argv: ['/bin/bash', '--noprofile', '--norc', '-c', command],
			cwd,
			env: { ...env, ...ask.env },
			confinement: confinementOf(this.workspace, ask.confinement),
			backend: ask.backend ?? 'bwrap',
			gates,
			tmp: this.tmp,
			caches: ask.caches ?? this.caches,
			...(ask.mostApproved === undefined ? {} : { mostApproved: ask.mostApproved }),
			trapped,
		});
		try {
			const child = start(prepared);
			ask.started?.(child, prepared);
			child.stdin?.end(ask.stdin ?? '');
			const status = followStatus(
				(child.stdio as unknown as readonly Readable[])[4 + prepared.files.length] as Readable,
			);
			const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr), closed(child)]);
			return { stdout, stderr, last: await status.last, requests, ends };
		} finally {
			await prepared.close();
		}
	}
}

/** As it was executed; what it starts traps again, but for the program itself. */
export function approved({ argv }: TrapRequest): TrapVerdict {
	return {
		kind: 'run',
		argv,
		lifted: ['perl'],
		trapped: async () => refused,
		ended: async () => undefined,
	};
}

export const refused: TrapVerdict = { kind: 'refused', message: 'BLOCKED by a test' };

export function start({ file, args, files }: Prepared): ChildProcess {
	const descriptors = files.map((path) => openSync(path, 'r'));
	const child = spawn(file, [...args], {
		stdio: ['pipe', 'pipe', 'pipe', 'ignore', ...descriptors, 'pipe'],
		env: {},
		cwd: '/',
	});
	for (const descriptor of descriptors) closeSync(descriptor);
	child.stdin?.on('error', () => undefined);
	return child;
}

async function textOf(stream: Readable | null): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks).toString('utf8');
}

export function closed(child: ChildProcess): Promise<void> {
	return new Promise((resolve) => child.once('close', () => resolve()));
}
