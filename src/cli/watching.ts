// Runs something again whenever another run would see something else.
import { changedPaths, fingerprint, type Seen, seeAgain } from './seen-files.ts';

export interface Watching<Run extends { readonly seen: Seen }> {
	/** One run; `changed` are the paths that made it necessary, none for the first. */
	readonly run: (changed: readonly string[]) => Promise<Run>;
	/** Resolves when it is time to look again, or when `signal` aborts. */
	readonly pause: () => Promise<void>;
	readonly signal: AbortSignal;
}

/** An edit is taken up when it has been still for one look; who never rests is not waited for any longer than this. */
const mostLooks = 20;

/**
 * Resolves with the last run once `signal` aborts. What a run has read is compared with what there is, so an edit that
 * falls into the run itself is not missed.
 */
export async function keepRunning<Run extends { readonly seen: Seen }>({
	run,
	pause,
	signal,
}: Watching<Run>): Promise<Run> {
	let last = await run([]);
	while (!signal.aborted) {
		let now = seeAgain(last.seen);
		if (fingerprint(now) === fingerprint(last.seen)) {
			await pause();
			continue;
		}
		for (let looks = 0; looks < mostLooks && !signal.aborted; looks++) {
			const before = fingerprint(now);
			await pause();
			now = seeAgain(last.seen);
			if (fingerprint(now) === before) break;
		}
		const changed = changedPaths(last.seen, now);
		if (changed.length > 0 && !signal.aborted) last = await run(changed);
	}
	return last;
}
