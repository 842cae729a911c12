// Runs one small program in a sandbox that may do next to nothing, to see what comes of it.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Confinement, Gates, Trapped } from '../abi/sandbox.ts';
import { nothing } from './probe.ts';
import type { Ring } from './ring.ts';
import { type Launch, prepare } from './run.ts';

export interface Attempt {
	readonly backend: Launch['backend'];
	readonly argv: readonly string[];
	readonly gates: Gates;
	/** Default: it may write nothing. */
	readonly confinement?: Confinement;
	readonly trapped: Trapped;
}

export interface Attempted {
	/** Undefined when it had to be ended. */
	readonly code: number | undefined;
	readonly stdout: Uint8Array;
	readonly stderr: string;
}

const longestMs = 10_000;

/** Rejects when the sandbox can't be made. */
export async function attempt(ring: Ring, { confinement = nothing, ...one }: Attempt): Promise<Attempted> {
	const [tmp, caches] = [ring.newDirectory(), ring.newCaches()];
	const env = { PATH: '/usr/bin:/bin' };
	const launch = { ...one, confinement, cwd: '/', env, tmp, caches };
	const prepared = await prepare(ring, launch);
	try {
		const descriptors = prepared.files.map((path) => openSync(path, 'r'));
		const child = spawn(prepared.file, [...prepared.args], {
			cwd: '/',
			env: {},
			stdio: ['ignore', 'pipe', 'pipe', 'ignore', ...descriptors, 'pipe'],
			timeout: longestMs,
			killSignal: 'SIGKILL',
		});
		for (const descriptor of descriptors) closeSync(descriptor);
		const said: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
		child.stdout?.on('data', (chunk: Buffer) => said.stdout.push(chunk));
		child.stderr?.on('data', (chunk: Buffer) => said.stderr.push(chunk));
		const code = await new Promise<number | undefined>((resolve, reject) => {
			child.once('error', reject);
			child.once('close', (status) => resolve(status ?? undefined));
		});
		return { code, stdout: Buffer.concat(said.stdout), stderr: Buffer.concat(said.stderr).toString('utf8') };
	} finally {
		await prepared.close();
		for (const path of [tmp, caches]) ring.dropDirectory(path);
	}
}
