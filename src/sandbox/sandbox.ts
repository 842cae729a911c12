// One sandbox: its directory, its listener, and the approved programs that run beside it.
import type { ChildProcess } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { execa } from 'execa';
import { errorText } from '../abi/problem.ts';
import type { TrapExit, Trapped, TrapRequest, TrapVerdict } from '../abi/sandbox.ts';
import { asSeen, behindStub, prepareAlone } from './alone.ts';
import { bwrapArguments } from './bwrap.ts';
import type { Calls } from './calls.ts';
import { approvedFile, coveredProgram, executedAs, isFoundByName, type Place, stubFolder } from './commands.ts';
import type { Found, Stub } from './discover.ts';
import { openEgress } from './egress.ts';
import { approvalFrame, refusalFrame, type Spec, specFile, type TrapFrame } from './frames.ts';
import { inheritedEnvironment } from './inherited.ts';
import { limitsOf, lower } from './limits.ts';
import { planView } from './profile.ts';
import { Relay } from './relay.ts';
import type { Ring } from './ring.ts';
import type { Launch, Prepared } from './run.ts';
import type { Slots } from './slots.ts';
import { followStatus, type Status } from './status.ts';
import { launchCommand } from './strict.ts';
import { refusedCode, Trapd, type Unread, type WaitingTrap } from './trapd.ts';

/** What all sandboxes of one launch share. */
export interface Shared {
	readonly ring: Ring;
	readonly launch: Launch;
	/** In paths of the host where there are no namespaces. */
	readonly found: Found;
	/** What gated names lead to, where there are no namespaces. */
	readonly called: readonly Stub[];
	readonly slots: Slots;
	readonly unread: Unread;
}

export interface Level {
	/** 0 for what the driver starts. */
	readonly depth: number;
	/** Canonical names of the programs that don't trap. */
	readonly lifted: readonly string[];
	/** The one file that does not trap, where that is all that may. */
	readonly own?: string | undefined;
	readonly trapped: Trapped;
}

/** Descriptors of bubblewrap; the reaper has 3, and the status comes after all files. */
const [firstFd, seccompFd, statusFd] = [4, 4, 5];
const proxyPort = 3128;
const deepest = 8;
/** A verdict that takes longer is none, unless a person is asked. */
const longestVerdictMs = 2_000;
/** How long a program may live whose trap is gone: its runner asks it to end, and insists after two seconds. */
const graceMs = 3_000;
/** How a program ends that could not be started, or is not there: as a shell says it. */
const [failedCode, missingCode] = [125, 127];

export class Sandbox {
	readonly #shared: Shared;
	readonly #level: Level;
	readonly #directory: string;
	readonly #running = new Set<Promise<void>>();
	readonly #stop = new AbortController();
	#trapd: Trapd | Calls | undefined;
	#egress: Awaited<ReturnType<typeof openEgress>> | undefined;
	#letGo: () => Promise<void> = async () => undefined;
	readonly #stages: string[] = [];
	#exchanges = 0;
	#closing: Promise<void> | undefined;

	constructor(shared: Shared, level: Level) {
		this.#shared = shared;
		this.#level = level;
		this.#directory = shared.ring.newDirectory();
		// Each approved program that runs waits for it.
		setMaxListeners(0, this.#stop.signal);
	}

	/** Makes everything ready. With `exchange` (a host directory) the program takes its descriptors from a trap. */
	async prepare(spec: Spec, exchange?: string): Promise<Prepared> {
		const { ring, launch, found } = this.#shared;
		const { confinement } = launch;
		const serving = { onTrap: (trap: WaitingTrap) => this.#take(trap), unread: this.#shared.unread };
		if (launch.backend === 'landlock') {
			const { file, args, listener } = prepareAlone(this.#shared, this.#level, this.#directory, spec, serving);
			this.#trapd = listener;
			return { file, args, files: [], close: () => this.close() };
		}
		this.#trapd = await Trapd.listen({ ...serving, path: join(this.#directory, 'trap.sock') });
		const isProxied = typeof confinement.network === 'object';
		if (isProxied) await this.#openEgress(confinement.network.hosts);
		const view = planView({
			confinement,
			found,
			lifted: new Set(this.#level.lifted),
			own: this.#level.own,
			session: {
				gate: this.#directory,
				tmp: launch.tmp,
				caches: launch.caches,
				...(confinement.exec === 'strict' ? { stage: this.#newStage() } : {}),
				...(exchange === undefined ? {} : { exchange }),
			},
			natives: ring.natives,
			system: ring.system,
			egress: isProxied,
		});
		const path = { PATH: `${stubFolder}:${spec.env['PATH'] ?? ''}` };
		const whole = { ...spec, env: { ...spec.env, ...path, ...view.environment } };
		const file = specFile(isProxied ? throughBridge(whole) : whole);
		writeFileSync(join(this.#directory, 'run.spec'), file, { mode: 0o600 });
		this.#letGo = await ring.holdPlaceholders(view.placeholders);
		const { bwrap } = ring;
		const runner = ['/gate/runner', '/run/gate/run.spec', String(statusFd)];
		const socket = exchange === undefined ? [] : ['/run/gx/s'];
		const command = [...bwrapArguments(view, { ...bwrap.features, seccompFd }), '--', ...runner, ...socket];
		const [program, ...args] = launchCommand(view, [bwrap.path, ...command]);
		return { file: program, args, files: [ring.seccomp], close: () => this.close() };
	}

	/** Ends what was approved, and takes everything away. Never throws. */
	close(): Promise<void> {
		this.#closing ??= (async () => {
			this.#stop.abort();
			this.#trapd?.close();
			await Promise.allSettled([...this.#running, this.#egress?.close()]);
			await this.#letGo();
			for (const path of [this.#directory, ...this.#stages]) this.#shared.ring.dropDirectory(path);
		})();
		return this.#closing;
	}

	#newStage(): string {
		const stage = this.#shared.ring.newDirectory();
		this.#stages.push(stage);
		return stage;
	}

	async #openEgress(hosts: readonly string[]): Promise<void> {
		this.#egress = await openEgress({
			socket: join(this.#directory, 'egress.sock'),
			hosts,
			refused: (host) => this.#shared.ring.warn(`a sandboxed program asked for ${host}, which is not in its list`),
		});
	}

	#take(trap: WaitingTrap): void {
		const running = this.#answer(trap).catch((error: unknown) => {
			trap.answer(refusalFrame(`trapgate: ${errorText(error)}; refused`, refusedCode));
		});
		this.#running.add(running);
		void running.finally(() => this.#running.delete(running));
	}

	async #answer(trap: WaitingTrap): Promise<void> {
		const { slots, launch } = this.#shared;
		const frame = this.#seen(trap.frame);
		const found = this.#found;
		const depth = this.#level.depth + 1;
		const refuse = (why: string, code = refusedCode) => trap.answer(refusalFrame(why, code));
		const program = coveredProgram(frame.file, found);
		const { path, file, cwd, env } = frame;
		const isCopy = program === undefined;
		const first = isCopy ? file : executedAs(frame, program, launch.gates);
		const argv = [first, ...frame.argv.slice(1)];
		const place = this.#placeWhere([]);
		const isFound = !isCopy && isFoundByName(path, { file, place, confinement: launch.confinement });
		const request: TrapRequest = {
			...{ path, file, argv, cwd, env, depth },
			...(isCopy ? { isCopy } : {}),
			...(isFound ? { isFound } : {}),
		};
		const verdict = await verdictOn(request, this.#level.trapped, trap.signal);
		if (verdict.kind === 'refused') return refuse(verdict.message);
		// Whoever judges has been asked all the same, so that the log has it.
		const never = isCopy
			? `${file} is a copy of what stands in for a gated program`
			: depth > deepest
				? `more than ${deepest} approved programs within one another`
				: undefined;
		if (never !== undefined) {
			await verdict.ended({ failed: never });
			return refuse(`trapgate: ${never}; refused`);
		}

		const release = await slots.take(depth);
		try {
			if (release === undefined) {
				await verdict.ended({ failed: 'too many approved programs in one call' });
				return refuse('trapgate: this call has had as many approved programs as one call may have; refused');
			}
			const isGone = trap.signal.aborted || this.#stop.signal.aborted;
			const exit = isGone ? notStarted('it was gone') : await this.#run(trap, first, verdict);
			await verdict.ended(exit);
			if ('failed' in exit) refuse(`trapgate: ${exit.failed}`, exit.code);
		} finally {
			release?.();
		}
	}

	/** Where there are no namespaces nothing but a shim can be executed for a gated program. */
	get #found(): Found {
		const { launch, found, called } = this.#shared;
		return launch.backend === 'landlock' ? { ...found, files: [], stubs: called } : found;
	}

	#placeWhere(lifted: readonly string[]): Place {
		const { launch } = this.#shared;
		const tmp = launch.backend === 'landlock' ? launch.tmp : '/tmp';
		return { found: this.#found, lifted: new Set(lifted), searchPath: launch.env['PATH'] ?? '', tmp };
	}

	#seen(frame: TrapFrame): TrapFrame {
		return this.#shared.launch.backend === 'landlock' ? asSeen(frame, this.#directory) : frame;
	}

	/** Runs the approved program with the trap's descriptors. Returns how it ended, or why it could not be started. */
	async #run(trap: WaitingTrap, asked: string, verdict: TrapVerdict & { kind: 'run' }): Promise<TrapExit | NotStarted> {
		const { ring, launch, called } = this.#shared;
		const frame = this.#seen(trap.frame);
		const isAlone = launch.backend === 'landlock';
		const { argv, lifted, trapped } = verdict;
		const [name = ''] = argv;
		const place = this.#placeWhere(lifted);
		const { file } = frame;
		const program = approvedFile(name, { asked, file, place, confinement: launch.confinement });
		// With mounts a stub is the program itself, where that is lifted.
		const path = isAlone ? behindStub(program?.path, called) : program?.path;
		if (program === undefined || path === undefined) return notStarted(`\`${name}\` is not installed`, missingCode);
		const { writable: own } = program;
		const depth = this.#level.depth + 1;
		// What processes inside may have written themselves is trusted with nothing: it runs as if it had another name.
		const inner = new Sandbox(this.#shared, { depth, lifted: own === undefined ? lifted : [], own, trapped });
		const spec: Spec = {
			fromTrap: !isAlone,
			umask: frame.umask,
			limits: lower(limitsOf(launch.confinement.limits, ring.othersCounted(launch.backend)), frame.limits),
			cwd: frame.cwd,
			program: path,
			argv: [name.includes('/') && program.path === path ? name : path, ...argv.slice(1)],
			env: inheritedEnvironment(frame.env, launch.env),
		};
		if (isAlone) {
			try {
				return await this.#follow(trap, await inner.prepare({ ...spec, isSignalled: true }), undefined);
			} finally {
				await inner.close();
			}
		}
		const exchange = join(this.#directory, `x${++this.#exchanges}`);
		mkdirSync(exchange, { mode: 0o700 });
		try {
			return await this.#follow(trap, await inner.prepare(spec, exchange), `/run/gate/x${this.#exchanges}/s`);
		} finally {
			await inner.close();
			this.#shared.ring.dropDirectory(exchange);
		}
	}

	#relay(trap: WaitingTrap, child: Pick<ChildProcess, 'stdin' | 'stdout' | 'stderr'>, signals: Duplex): Relay {
		const { stdin, stdout, stderr } = child;
		if (stdin === null || stdout === null || stderr === null) throw new TypeError('a program without streams');
		trap.stream.write(approvalFrame('-'));
		return new Relay(trap.stream, { stdin, stdout, stderr, signals });
	}

	/** With the socket that the trap hands its descriptors to; without one everything is carried between the two. */
	async #follow(trap: WaitingTrap, prepared: Prepared, socket: string | undefined): Promise<TrapExit | NotStarted> {
		const descriptors = prepared.files.map((path) => openSync(path, 'r'));
		const child = execa(prepared.file, prepared.args, {
			cwd: '/',
			env: {},
			extendEnv: false,
			buffer: false,
			reject: false,
			cleanup: false,
			// Its types take numbers in the first three places only; it passes them on anywhere.
			stdio: [
				...(socket === undefined ? (['pipe', 'pipe'] as const) : (['ignore', 'ignore'] as const)),
				...(['pipe', 'ignore'] as const),
				...(descriptors as unknown as readonly 'ignore'[]),
				'pipe',
			],
		});
		for (const descriptor of descriptors) closeSync(descriptor);
		const said: Buffer[] = [];
		const control = child.stdio[firstFd + prepared.files.length] as Duplex;
		const status = followStatus(control);
		const relay = socket === undefined ? this.#relay(trap, child, control) : undefined;
		if (relay === undefined)
			child.stderr?.on('data', (chunk: Buffer) => {
				if (said.length < 16) said.push(chunk);
			});
		let timer: NodeJS.Timeout | undefined;
		const kill = () => child.kill('SIGKILL');
		const leave = () => {
			timer = setTimeout(kill, graceMs);
		};
		trap.signal.addEventListener('abort', leave, { once: true });
		this.#stop.signal.addEventListener('abort', kill, { once: true });
		try {
			if (socket !== undefined && (await status.listening)) trap.answer(approvalFrame(socket));
			const last = await status.last;
			await child;
			await relay?.end(exitOf(last));
			if (last?.is === 'ended') return { code: last.code, signal: last.signal };
			if (last?.is === 'failed') return notStarted(last.message);
			const words = Buffer.concat(said).toString('utf8').trim();
			return notStarted(`the sandbox ended early${words === '' ? '' : `: ${words}`}`);
		} finally {
			clearTimeout(timer);
			trap.signal.removeEventListener('abort', leave);
			this.#stop.signal.removeEventListener('abort', kill);
		}
	}
}

/** What its stand-in is told, which has been told already that it was approved. */
function exitOf(last: Awaited<Status['last']>): TrapExit {
	if (last?.is === 'ended') return { code: last.code, signal: last.signal };
	return { code: failedCode, signal: undefined };
}

/** Whatever goes wrong is a refusal, and so is silence. */
async function verdictOn(request: TrapRequest, trapped: Trapped, signal: AbortSignal): Promise<TrapVerdict> {
	let timer: NodeJS.Timeout | undefined;
	let isLate = false;
	const late = new Promise<TrapVerdict>((resolve) => {
		timer = setTimeout(() => {
			isLate = true;
			resolve({ kind: 'refused', message: 'trapgate: there was no verdict in time; refused' });
		}, longestVerdictMs);
	});
	const verdict = trapped(request, { signal, asksPerson: () => clearTimeout(timer) });
	// An approval that nobody waits for any more ends as one that could not be carried out.
	void verdict
		.then((said) => (isLate && said.kind === 'run' ? said.ended({ failed: 'the verdict came too late' }) : undefined))
		.catch(() => undefined);
	try {
		return await Promise.race([verdict, late]);
	} finally {
		clearTimeout(timer);
	}
}

/** Inside there is a proxy on the loopback device, and no other way out. */
function throughBridge({ program, ...spec }: Spec): Spec {
	const words = program === undefined ? ['--'] : ['--as', program];
	const proxy = `http://127.0.0.1:${proxyPort}`;
	return {
		...spec,
		argv: ['/gate/bridge', '/run/gate/egress.sock', String(proxyPort), ...words, ...spec.argv],
		env: {
			...spec.env,
			HTTP_PROXY: proxy,
			HTTPS_PROXY: proxy,
			ALL_PROXY: proxy,
			http_proxy: proxy,
			https_proxy: proxy,
			all_proxy: proxy,
		},
	};
}

interface NotStarted {
	readonly failed: string;
	/** What the trap exits with. */
	readonly code: number;
}

function notStarted(failed: string, code = failedCode): NotStarted {
	return { failed, code };
}
