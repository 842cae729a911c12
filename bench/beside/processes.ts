// What a process has started, as /proc tells it.
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';

/** Of the counters of processor time, on every Linux. */
const tickMs = 10;

/** Resident megabytes of a process and all that it started, but for the driver, which belongs to nobody who is measured. */
export function residentMb(client: { readonly pid: number; readonly mark: string }, driver: string): number {
	const parents = new Map(pids().map((pid) => [pid, Number(/^PPid:\s+(\d+)/m.exec(read(pid, 'status'))?.[1])]));
	const isBelow = (pid: number): boolean => {
		const parent = parents.get(pid);
		return pid === client.pid || (parent !== undefined && parent > 1 && isBelow(parent));
	};
	return (
		[...parents.keys()]
			.filter((pid) => isBelow(pid) || isMarked(pid, client.mark))
			// The driver's file may also stand among the arguments of who starts it.
			.filter((pid) => read(pid, 'cmdline').split('\0')[1] !== driver)
			.reduce((sum, pid) => sum + Number(/^VmRSS:\s+(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0) / 1024, 0)
	);
}

/** Milliseconds of processor time so far: of everything on this machine, and of us and all that we started and that has ended. */
export function processorTimes(): { readonly allMs: number; readonly oursMs: number } {
	const [user = 0, nice = 0, system = 0, , , interrupts = 0, soft = 0] =
		/^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]?.split(' ').map(Number) ?? [];
	const own = read(process.pid, 'stat');
	// After the name, which may hold anything: user and system time, then those of children that were waited for.
	const ours = own
		.slice(own.lastIndexOf(')') + 2)
		.split(' ')
		.slice(11, 15)
		.map(Number);
	return {
		allMs: (user + nice + system + interrupts + soft) * tickMs,
		oursMs: ours.reduce((sum, ticks) => sum + ticks, 0) * tickMs,
	};
}

/** Ends what a client left behind: some leave a daemon. */
export function endMarked(mark: string): void {
	for (const pid of pids()) {
		if (!isMarked(pid, mark)) continue;
		try {
			process.kill(pid, 'SIGKILL');
		} catch {
			// It ended by itself.
		}
	}
}

function isMarked(pid: number, mark: string): boolean {
	return read(pid, 'environ').includes(mark);
}

function pids(): readonly number[] {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number);
}

function read(pid: number, file: string): string {
	try {
		return readFileSync(`/proc/${pid}/${file}`, 'utf8');
	} catch {
		// It has ended, or is another's.
		return '';
	}
}
