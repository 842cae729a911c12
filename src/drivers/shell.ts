// The built-in shell: a driver without a server, whose one tool runs commands in the workspace.

import { access, constants, realpath, stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import type { CancelSignal } from '../abi/cancel.ts';
import type { Driver, Exchange, Hello, Introduction, ListKind, Reply } from '../abi/driver.ts';
import { member } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import { errorText, TrapgateError } from '../abi/problem.ts';
import type { Trapped } from '../abi/sandbox.ts';
import type { Syscall } from '../abi/syscall.ts';
import type { Prepared } from '../sandbox/run.ts';
import { errorReply } from '../wire/message.ts';
import { childEnvironment, type Environment } from './environment.ts';
import type { ProcessSandbox } from './process-sandbox.ts';
import type { Reaper } from './reaper.ts';
import { refusedReply, runReply } from './shell-result.ts';
import { bash, bashArguments, runCommand } from './shell-run.ts';
import { readRunArguments, runTool, type ShellLimits } from './shell-tool.ts';
import { spendPermit } from './spend-permit.ts';

export interface ShellConfig {
	readonly name: DriverName;
	/** Absolute path; commands run in it or below. */
	readonly workspace: string;
	/** Variables for the commands, beside the allow-list. */
	readonly env?: Readonly<Record<string, string>>;
	/** How long a command may run that names no timeout; default 2 minutes. */
	readonly timeoutMs?: number | undefined;
	/** The longest timeout a command may name; default 10 minutes. */
	readonly maxTimeoutMs?: number | undefined;
	/** How much of stdout and stderr together is kept; default 1 MiB. */
	readonly maxOutputBytes?: number | undefined;
}

export interface ShellDeps {
	readonly reaper: Reaper;
	/** The kernel's own environment, of which commands get the allow-list. */
	readonly env: Environment;
	/** Where its commands run; absent: as the kernel does, unconfined. */
	readonly sandbox?: ProcessSandbox | undefined;
	/** Milliseconds, from any beginning; default the monotonic clock. */
	readonly now?: () => number;
}

export function shellDriver(config: ShellConfig, deps: ShellDeps): Driver {
	return new ShellDriver(config, deps);
}

interface Opened {
	readonly workspace: string;
	readonly env: Readonly<Record<string, string>>;
}

class ShellDriver implements Driver {
	readonly name: DriverName;
	readonly #config: ShellConfig;
	readonly #deps: ShellDeps;
	readonly #limits: ShellLimits;
	readonly #running = new Map<AbortController, Promise<Reply>>();
	#isClosed = false;
	#opened: Opened | undefined;

	constructor(config: ShellConfig, deps: ShellDeps) {
		this.name = config.name;
		this.#config = config;
		this.#deps = deps;
		const maxTimeoutMs = config.maxTimeoutMs ?? 10 * 60_000;
		this.#limits = {
			maxTimeoutMs,
			timeoutMs: Math.min(config.timeoutMs ?? 2 * 60_000, maxTimeoutMs),
			maxOutputBytes: config.maxOutputBytes ?? 1024 * 1024,
		};
	}

	async open(_: unknown, hello: Hello): Promise<Introduction> {
		if (this.#opened !== undefined) throw new TrapgateError('D101', 'the shell was opened before');
		const workspace = await this.#findWorkspace();
		await access('/bin/bash', constants.X_OK).catch((cause) => {
			throw new TrapgateError('D101', '`/bin/bash` is not there or not executable', { cause });
		});
		// PATH and the rest are fixed here: what the kernel's environment says later changes nothing.
		this.#opened = { workspace, env: Object.freeze(childEnvironment(this.#deps.env, this.#config.env)) };
		const { protocolVersion } = hello;
		const capabilities = { tools: {} };
		const serverInfo = { name: 'trapgate-shell', version: '1' };
		return { protocolVersion, capabilities, serverInfo, result: { protocolVersion, capabilities, serverInfo } };
	}

	async list(kind: ListKind) {
		return kind === 'tools' ? [runTool(this.#limits)] : [];
	}

	async call(permit: unknown, exchange: Exchange): Promise<Reply> {
		const call = spendPermit(permit, this.name);
		if (this.#opened === undefined || this.#isClosed) return errorReply(-32000, 'the shell is not open');
		const stop = new AbortController();
		const cancel = () => stop.abort();
		exchange.signal.addEventListener('abort', cancel);
		if (exchange.signal.aborted) cancel();
		const run = this.#call(call, this.#opened, stop.signal, exchange.trapped);
		this.#running.set(stop, run);
		try {
			return await run;
		} finally {
			this.#running.delete(stop);
			exchange.signal.removeEventListener('abort', cancel);
		}
	}

	notify(): void {
		// A shell has no use for what clients announce.
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		for (const stop of this.#running.keys()) stop.abort();
		await Promise.allSettled(this.#running.values());
		await this.#deps.sandbox?.close();
	}

	async #call(
		{ method, params }: Syscall,
		opened: Opened,
		signal: CancelSignal,
		trapped: Trapped | undefined,
	): Promise<Reply> {
		if (method !== 'tools/call') return errorReply(-32601, `the shell has no method ${method}`);
		const tool = member(params, 'name');
		if (tool !== 'run') return errorReply(-32602, `unknown tool: ${String(tool)}`);
		const asked = readRunArguments(member(params, 'arguments'), this.#limits);
		if (typeof asked === 'string') return refusedReply(asked);
		const cwd = await resolveInside(opened.workspace, asked.cwd ?? '.');
		if (cwd.is === 'refused') return refusedReply(cwd.why);
		if (signal.aborted) return refusedReply('it was cancelled before it started');
		const { command: text, stdin, timeoutMs } = asked;
		const { maxOutputBytes } = this.#limits;
		const now = this.#deps.now ?? (() => performance.now());
		const { env } = opened;
		let sandbox: Prepared | undefined;
		try {
			const argv = [bash, ...bashArguments(text)];
			sandbox = await this.#deps.sandbox?.prepare({ argv, cwd: cwd.path, env, trapped });
			const command = { text, sandbox, stdin, timeoutMs, cwd: cwd.path, env, maxOutputBytes, signal };
			return runReply(await runCommand(this.#deps.reaper, command, now), asked, this.#limits);
		} catch (error) {
			return refusedReply(errorText(error));
		} finally {
			await sandbox?.close();
		}
	}

	async #findWorkspace(): Promise<string> {
		const { workspace } = this.#config;
		try {
			const path = await realpath(workspace);
			if ((await stat(path)).isDirectory()) return path;
		} catch (cause) {
			throw new TrapgateError('D101', `the workspace \`${workspace}\` can't be used: ${errorText(cause)}`, { cause });
		}
		throw new TrapgateError('D101', `the workspace \`${workspace}\` is not a directory`);
	}
}

/**
 * The directory with its symlinks resolved, if it is in the workspace. Somebody may put a symlink in its place
 * before bash starts there; only the runtime ring, which shows nothing outside of the workspace, stops that.
 */
async function resolveInside(
	workspace: string,
	cwd: string,
): Promise<{ is: 'inside'; path: string } | { is: 'refused'; why: string }> {
	const refuse = (why: string) => ({ is: 'refused', why: `\`cwd\` ${JSON.stringify(cwd)} ${why}` }) as const;
	let path: string;
	try {
		path = await realpath(resolve(workspace, cwd));
		if (!(await stat(path)).isDirectory()) return refuse('is not a directory');
	} catch (error) {
		return refuse(`can't be used (${(error as NodeJS.ErrnoException).code ?? errorText(error)})`);
	}
	const below = relative(workspace, path);
	if (below === '..' || below.startsWith(`..${sep}`)) return refuse('is outside of the workspace');
	return { is: 'inside', path };
}
