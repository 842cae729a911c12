// Which processes of a test still live, by a mark in their environment or command line.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Processes whose environment or command line contains `mark`, zombies aside. */
export function processesWith(mark: string): { pid: number; command: string }[] {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
		.flatMap((name) => {
			try {
				const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
				const isMarked = command.includes(mark) || readFileSync(`/proc/${name}/environ`, 'utf8').includes(mark);
				return isMarked && command !== '' ? [{ pid: Number(name), command }] : [];
			} catch {
				// It ended while we looked.
				return [];
			}
		});
}

/** Resolves when `done` says so; throws with `what` after a generous minute. */
export async function until(done: () => boolean, what: () => string): Promise<void> {
	for (const deadline = performance.now() + 60_000; !done(); await setTimeout(20)) {
		if (performance.now() > deadline) throw new Error(`gave up waiting: ${what()}`);
	}
}

/** Resolves when nothing with this mark is left. */
export function untilGone(mark: string): Promise<void> {
	return until(
		() => processesWith(mark).length === 0,
		() => JSON.stringify(processesWith(mark)),
	);
}
