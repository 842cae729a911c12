// Which processes there are, read from /proc, and which of them carry our cookie.
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';

/** The environment variable by which everything a tree starts is found, whatever group or session it moves to. */
export const cookieName = 'TRAPGATE_TREE';

/** One process that lives (no zombie, no kernel thread). */
export interface ProcessEntry {
	readonly pid: number;
	/** Its process group. */
	readonly group: number;
	/** In clock ticks since boot. With the pid it names a process for good, while a pid alone is used again. */
	readonly startTime: string;
	/** The tree it belongs to, by its cookie; undefined for strangers. */
	readonly tree: string | undefined;
}

/** How often one sweep goes round at most. */
const maxRounds = 200;

export class ProcessTable {
	readonly #prefix: Buffer;
	/** Processes whose environment stayed empty when we looked again: they cleared it, so there is nothing to wait for. */
	#bare: ReadonlySet<string> = new Set();
	#running: Promise<unknown> = Promise.resolve();
	#next: Promise<readonly ProcessEntry[]> | undefined;

	/** `prefix` begins every cookie of this kernel; the tree's own part follows it, up to the end of the variable. */
	constructor(prefix: string) {
		this.#prefix = Buffer.from(prefix);
	}

	/**
	 * Looks at every process. Those who ask while a look is under way share the next one, because the one under way
	 * may have passed by what they look for. Empty where there is no /proc.
	 */
	look(): Promise<readonly ProcessEntry[]> {
		this.#next ??= this.#running.then(() => {
			this.#next = undefined;
			const look = this.#sweep(() => false, 4);
			this.#running = look.catch(() => undefined);
			return look;
		});
		return this.#next;
	}

	/** Kills every member at the moment it is seen. Resolves with those it killed. */
	async kill(isMember: (entry: ProcessEntry) => boolean): Promise<readonly ProcessEntry[]> {
		const entries = await this.#sweep((entry) => {
			if (isMember(entry)) signalProcess(entry, 'SIGKILL');
			return isMember(entry);
		}, 20);
		return entries.filter(isMember);
	}

	/** True where there is no /proc (macOS): process groups are all there is to go by. */
	get isBlind(): boolean {
		return startTimeOf(process.pid) === '';
	}

	/**
	 * Goes through all processes, then again and again through the new ones, until `quietRounds` rounds in a row
	 * brought nothing. A process that forks and exits all the time has another pid before one round is over: it is
	 * found because the newest are read first, and because each further round takes microseconds.
	 * `visit` says whether the process must be looked at again.
	 */
	async #sweep(visit: (entry: ProcessEntry) => boolean, quietRounds: number): Promise<readonly ProcessEntry[]> {
		const found = new Map<string, ProcessEntry>();
		const done = new Set<number>();
		const bare = new Set<string>();
		let patience = 6;
		let quiet = 0;
		for (let round = 0; quiet < quietRounds && round < maxRounds; round += 1) {
			let isUnclear = false;
			quiet += 1;
			for (const [index, pid] of pids().reverse().entries()) {
				if (done.has(pid)) continue;
				const entry = this.#read(pid);
				// In the middle of execve(2) a process has no environment yet; looking away then would be a way out.
				if (entry?.bare && patience > 0 && !this.#bare.has(nameOf(entry))) {
					isUnclear = true;
					continue;
				}
				if (entry?.bare) bare.add(nameOf(entry));
				if (entry !== undefined) found.set(nameOf(entry), entry);
				if (entry !== undefined && visit(entry)) quiet = 0;
				else done.add(pid);
				// In slices: a machine with thousands of processes must not hold up everybody's calls.
				if (round === 0 && index % 128 === 127) await setImmediate();
			}
			if (isUnclear) {
				patience -= 1;
				quiet = 0;
				await setTimeout(1);
			}
		}
		this.#bare = bare;
		return [...found.values()];
	}

	#read(pid: number): (ProcessEntry & { readonly bare: boolean }) | undefined {
		const status = readStatus(pid);
		if (status === undefined || status.state === 'Z' || status.state === 'X' || !status.hasMemory) return undefined;
		const environment = readBytes(`/proc/${pid}/environ`);
		const { group, startTime } = status;
		return { pid, group, startTime, tree: this.#treeIn(environment), bare: environment?.length === 0 };
	}

	#treeIn(environment: Buffer | undefined): string | undefined {
		const start = environment?.indexOf(this.#prefix) ?? -1;
		if (environment === undefined || start < 0) return undefined;
		const end = environment.indexOf(0, start);
		return environment.toString('latin1', start + this.#prefix.length, end < 0 ? environment.length : end);
	}
}

/** When that process started, in clock ticks since boot; '' when it is gone or there is no /proc. */
export function startTimeOf(pid: number): string {
	return readStatus(pid)?.startTime ?? '';
}

/** Sends a signal to a process that was found, unless its pid belongs to somebody else by now. */
export function signalProcess(entry: ProcessEntry, signal: NodeJS.Signals): void {
	if (startTimeOf(entry.pid) !== entry.startTime) return;
	trySignal(entry.pid, signal);
}

/** False when nobody was there to get the signal. Signal 0 only asks. A negative pid means a group. */
export function trySignal(pid: number, signal: NodeJS.Signals | 0): boolean {
	try {
		process.kill(pid, signal);
		return true;
	} catch (error) {
		// EPERM: somebody is there whom we may not signal (it changed its user).
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}

const nameOf = (entry: ProcessEntry) => `${entry.pid} ${entry.startTime}`;

interface Status {
	readonly state: string;
	readonly group: number;
	readonly startTime: string;
	/** Kernel threads have none. */
	readonly hasMemory: boolean;
}

/** Fields of proc_pid_stat(5). The program's name, second field, may itself contain brackets, spaces and line breaks. */
function readStatus(pid: number): Status | undefined {
	const text = readBytes(`/proc/${pid}/stat`)?.toString('latin1');
	const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
	const [state, , group] = fields ?? [];
	const startTime = fields?.[19];
	if (state === undefined || group === undefined || startTime === undefined) return undefined;
	return { state, group: Number(group), startTime, hasMemory: fields?.[20] !== '0' };
}

function pids(): number[] {
	try {
		return readdirSync('/proc')
			.filter((name) => /^\d+$/.test(name))
			.map(Number);
	} catch {
		// No /proc here; see `isBlind`.
		return [];
	}
}

/** Undefined when the process is gone or is not ours to look into. */
function readBytes(file: string): Buffer | undefined {
	let fd: number | undefined;
	try {
		fd = openSync(file, 'r');
		// Files of /proc have no size; most of these fit into the first piece.
		let bytes = Buffer.allocUnsafe(firstBytes);
		let length = 0;
		for (let count = -1; count !== 0; length += count) {
			if (length === bytes.length) bytes = Buffer.concat([bytes], length * 2);
			count = readSync(fd, bytes, length, bytes.length - length, null);
		}
		return bytes.subarray(0, length);
	} catch {
		return undefined;
	} finally {
		if (fd !== undefined) closeSync(fd);
	}
}

/** Small enough to come from Node's buffer pool. */
const firstBytes = 4000;
