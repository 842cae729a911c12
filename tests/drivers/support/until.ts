// Waits for a condition, never for a time.
import { setTimeout } from 'node:timers/promises';

/** Resolves with the first answer that is neither undefined nor false. Throws, saying what was waited for, after `deadlineMs`. */
export async function until<T>(
	what: string,
	look: () => T | Promise<T>,
	deadlineMs = 15_000,
): Promise<Exclude<NonNullable<T>, false>> {
	const end = Date.now() + deadlineMs;
	for (;;) {
		const answer = await look();
		if (answer !== undefined && answer !== null && answer !== false) return answer as Exclude<NonNullable<T>, false>;
		if (Date.now() > end) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`);
		await setTimeout(10);
	}
}
