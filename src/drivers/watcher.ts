// Watcher: the one small process that outlives the kernel, to end what the kernel started.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { errorText } from '../abi/problem.ts';
import { defaultPath, type Environment } from './environment.ts';
import { watcherScript } from './watcher-script.ts';
import { within } from './within.ts';

/** A process group that was started. */
export interface Registration {
	readonly group: number;
	readonly startTime: string;
}

/** A watcher that ends sooner than this is not replaced in the same instant. */
const shortLifeMs = 1000;
const breathMs = 200;
/** A watcher that is let go finds nothing left, but may first look twice. */
const patienceMs = 3000;

export interface WatcherOptions {
	/** What every cookie of this kernel's trees begins with. */
	readonly cookie: string;
	readonly env: Environment;
	/** Milliseconds, from any beginning. */
	readonly now: () => number;
	readonly warn: (text: string) => void;
}

export class Watcher {
	readonly #options: WatcherOptions;
	readonly #registered = new Set<Registration>();
	#current: Promise<ChildProcess> | undefined;
	#closed = false;

	constructor(options: WatcherOptions) {
		this.#options = options;
	}

	/** Resolves when a watcher runs. Rejects when none can be started. */
	async ready(): Promise<void> {
		await this.#running();
	}

	/** Resolves when a watcher knows of this group: from then on it ends with the kernel. */
	async add(registration: Registration): Promise<void> {
		this.#registered.add(registration);
		for (;;) {
			const watcher = await this.#running();
			if (await tell(watcher, line('+', registration))) return;
			await end(watcher);
		}
	}

	/** Forgets a group of which nothing is left, so that its number may be used by others. */
	remove(registration: Registration): void {
		if (!this.#registered.delete(registration)) return;
		void this.#current?.then(
			(watcher) => tell(watcher, line('-', registration)),
			() => undefined,
		);
	}

	/** The pid, for tests that kill it. */
	async pid(): Promise<number | undefined> {
		return (await this.#current)?.pid;
	}

	/** Lets the watcher go; it ends at once when nothing is left to end. Resolves when it has. */
	async close(): Promise<void> {
		this.#closed = true;
		const watcher = await this.#current?.catch(() => undefined);
		if (watcher === undefined || hasEnded(watcher)) return;
		const ended = new Promise<true>((resolve) => watcher.once('exit', () => resolve(true)));
		watcher.ref();
		watcher.stdin?.end();
		// One that was stopped can't hear that it may go. Nothing is left for it to do.
		if ((await within(ended, patienceMs)) === undefined) await end(watcher);
	}

	#running(): Promise<ChildProcess> {
		if (this.#closed) return Promise.reject(new Error('the watcher was closed'));
		this.#current ??= this.#start();
		return this.#current;
	}

	async #start(): Promise<ChildProcess> {
		const { cookie, env, now, warn } = this.#options;
		const path = `/usr/bin:/bin:${env['PATH'] ?? defaultPath}`;
		// A session of its own: what ends the kernel's terminal or group must not end the watcher.
		const watcher = spawn('/bin/sh', ['-c', watcherScript, 'trapgate-watcher', cookie], {
			detached: true,
			cwd: '/',
			env: { PATH: path },
			stdio: ['pipe', 'ignore', 'ignore'],
		});
		const startedAt = now();
		watcher.stdin?.on('error', () => undefined);
		try {
			await new Promise((resolve, reject) => watcher.once('spawn', resolve).once('error', reject));
		} catch (error) {
			this.#current = undefined;
			throw error;
		}
		watcher.on('error', (error) => warn(`the watcher process: ${errorText(error)}`));
		watcher.once('exit', () => void this.#replace(now() - startedAt));
		watcher.unref();
		(watcher.stdin as (Writable & { unref?(): void }) | null)?.unref?.();
		if (this.#registered.size > 0) await tell(watcher, [...this.#registered].map((known) => line('+', known)).join(''));
		return watcher;
	}

	/** Somebody killed the watcher. Until a new one knows everything, a kernel that is killed too could leave orphans. */
	async #replace(livedMs: number): Promise<void> {
		const { warn } = this.#options;
		this.#current = undefined;
		if (this.#closed) return;
		warn('the watcher process was ended; starting another one');
		try {
			if (livedMs < shortLifeMs) await setTimeout(breathMs, undefined, { ref: false });
			if (!this.#closed) await this.#running();
		} catch (error) {
			warn(`the watcher process can't be started: ${errorText(error)}; no driver or command starts until it can`);
		}
	}
}

function line(verb: '+' | '-', { group, startTime }: Registration): string {
	return `${verb} ${group} ${startTime}\n`;
}

/** False when the watcher was gone before it took the text. */
function tell(watcher: ChildProcess, text: string): Promise<boolean> {
	const { stdin } = watcher;
	if (stdin === null || stdin.destroyed || hasEnded(watcher)) return Promise.resolve(false);
	return new Promise((resolve) => {
		stdin.write(text, (error) => resolve(error === undefined || error === null));
	});
}

/** Ends a watcher that can't hear us; resolves when it is gone. */
async function end(watcher: ChildProcess): Promise<void> {
	if (hasEnded(watcher)) return;
	const ended = new Promise((resolve) => watcher.once('exit', resolve));
	watcher.kill('SIGKILL');
	await ended;
}

function hasEnded(watcher: ChildProcess): boolean {
	return watcher.exitCode !== null || watcher.signalCode !== null;
}
