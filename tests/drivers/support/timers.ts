// Timers that fire when a test says so.
import type { RemoteDeps } from '../../../src/drivers/remote.ts';

export function manualTimers() {
	let waiting: { readonly task: () => void; readonly afterMs: number }[] = [];
	const deps = {
		schedule: (task: () => void, afterMs: number) => {
			const timer = { task, afterMs };
			waiting.push(timer);
			return () => {
				waiting = waiting.filter((one) => one !== timer);
			};
		},
	} satisfies RemoteDeps;
	return {
		deps,
		/** How long each timer would wait. */
		pending: () => waiting.map(({ afterMs }) => afterMs),
		/** Fires every timer that waits. */
		fire() {
			const due = waiting;
			waiting = [];
			for (const { task } of due) task();
		},
	};
}
