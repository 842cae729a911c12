// Reaper: starts every process of the kernel, and sees to it that none of them outlives it.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import { errorText, TrapgateError } from '../abi/problem.ts';
import type { Environment } from './environment.ts';
import { cookieName, ProcessTable, startTimeOf } from './process-table.ts';
import { type Exit, ProcessTree } from './process-tree.ts';
import { Watcher } from './watcher.ts';
import { gateScript, sandboxGateScript } from './watcher-script.ts';

export interface Program {
	/** Absolute path. */
	readonly file: string;
	readonly args: readonly string[];
	/** An existing directory. */
	readonly cwd: string;
	/** The whole environment; see `environment.ts`. */
	readonly env: Readonly<Record<string, string>>;
	/** `none` is /dev/null. */
	readonly stdin: 'pipe' | 'none';
	/** It is a sandbox: it gets these files as descriptors from 4 on, and tells on the one after them how what runs in it ended. */
	readonly sandbox?: { readonly files: readonly string[] };
}

export interface ReaperOptions {
	/** One line for the log. */
	readonly warn: (text: string) => void;
	/** The kernel's own environment: PATH for the watcher, and the cookie of the kernel above this one, if any. */
	readonly env?: Environment;
	/** That many random bytes; default from node:crypto. */
	readonly random?: (bytes: number) => Buffer;
	/** Milliseconds, from any beginning; default the monotonic clock. */
	readonly now?: () => number;
}

/** A reaper whose watcher runs. Throws D101 when it can't be started. */
export async function startReaper(options: ReaperOptions): Promise<Reaper> {
	const reaper = new Reaper(options);
	await reaper.ready();
	return reaper;
}

/**
 * One a kernel. Every program runs in a session and group of its own, known to a watcher process before it starts, so
 * it ends with the kernel however that ends. Killed at the very same moment, kernel and watcher could leave orphans.
 */
export class Reaper {
	readonly #options: Required<ReaperOptions>;
	readonly #kernel: string;
	readonly #table: ProcessTable;
	readonly #watcher: Watcher;
	readonly #trees = new Set<ProcessTree>();
	#closing: Promise<void> | undefined;

	constructor(options: ReaperOptions) {
		this.#options = { env: {}, random: randomBytes, now: () => performance.now(), ...options };
		this.#kernel = `${this.#options.random(16).toString('hex')}-`;
		this.#table = new ProcessTable(this.#kernel);
		this.#watcher = new Watcher({ ...this.#options, cookie: this.#kernel });
	}

	/** Resolves when the watcher runs. Throws D101 when it can't be started. */
	async ready(): Promise<void> {
		try {
			await this.#watcher.ready();
		} catch (error) {
			throw new TrapgateError('D101', `the watcher process can't be started: ${errorText(error)}`, { cause: error });
		}
	}

	/** Starts a program. Resolves when it is registered and let go. Throws D101 when it can't be. */
	async start(program: Program): Promise<ProcessTree> {
		await this.ready();
		if (this.#closing !== undefined) throw cannotStart(program, 'the kernel is closing');
		const cookie = this.#options.random(16).toString('hex');
		// Under another kernel both cookies are carried, so that either can find the process.
		const above = this.#options.env[cookieName];
		const value = `${above === undefined ? '' : `${above}:`}${this.#kernel}${cookie}`;
		const script = program.sandbox === undefined ? gateScript : sandboxGateScript;
		const files = (program.sandbox?.files ?? []).map((path) => openSync(path, 'r'));
		const status = program.sandbox === undefined ? [] : (['pipe'] as const);
		let child: ChildProcess;
		try {
			child = spawn('/bin/sh', ['-c', script, 'trapgate-gate', program.file, ...program.args], {
				cwd: program.cwd,
				env: { ...program.env, [cookieName]: value },
				detached: true,
				stdio: [program.stdin === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe', ...files, ...status],
			});
		} catch (error) {
			throw cannotStart(program, errorText(error), error);
		} finally {
			for (const file of files) closeSync(file);
		}
		// Some failures are thrown, others are told later; there is no process in either case.
		const failed = new Promise<Error>((resolve) => child.once('error', resolve));
		child.on('error', () => undefined);
		const exit = new Promise<Exit>((resolve) => {
			child.once('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
		});
		const gate = child.stdio[3] as Duplex | null | undefined;
		const said = (child.stdio as readonly unknown[])[4 + files.length] as Readable | undefined;
		const { pid, stdin, stdout, stderr } = child;
		if (pid === undefined || stdout === null || stderr === null || gate === null || gate === undefined) {
			const error = await failed;
			throw cannotStart(program, errorText(error), error);
		}
		// A program that is gone, or doesn't read, is for those who use its streams to notice; here it must not throw.
		for (const stream of [stdin, stdout, stderr, gate, said]) stream?.on('error', () => undefined);

		const registration = { group: pid, startTime: startTimeOf(pid) };
		const tree = new ProcessTree(
			{ pid, cookie, stdin: stdin ?? undefined, stdout, stderr, status: said, exit },
			{
				table: this.#table,
				now: this.#options.now,
				gone: (ended, survivors) => {
					this.#trees.delete(ended);
					if (survivors === 0) this.#watcher.remove(registration);
					else this.#options.warn(`${survivors} processes that ${program.file} started could not be ended`);
				},
			},
		);
		this.#trees.add(tree);
		try {
			await this.#watcher.add(registration);
		} catch (error) {
			await tree.end(0);
			throw cannotStart(program, `the watcher process can't be started: ${errorText(error)}`, error);
		}
		gate.end('\n');
		return tree;
	}

	/** Ends everything that was started and the watcher. Resolves when nothing is left. Idempotent. */
	close(): Promise<void> {
		this.#closing ??= Promise.resolve().then(async () => {
			await Promise.all([...this.#trees].map((tree) => tree.end(closeGraceMs)));
			await this.#watcher.close();
		});
		return this.#closing;
	}

	/** The watcher's pid, for tests that kill it. */
	watcherPid(): Promise<number | undefined> {
		return this.#watcher.pid();
	}
}

const closeGraceMs = 1000;

function cannotStart(program: Program, why: string, cause?: unknown): TrapgateError {
	return new TrapgateError('D101', `\`${program.file}\` can't be started: ${why}`, { cause });
}
