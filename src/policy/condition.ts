// One thing a rule asks about a call.
import type { Look } from './look.ts';
import type { Truth } from './truth.ts';

export interface Condition {
	/** What `explain` calls it: `tool`, `args.path`, `when.time`. */
	readonly name: string;
	/** `args` and `command` are unknown while tools are being listed. */
	readonly reads: 'target' | 'args' | 'command';
	test(look: Look): Truth;
}
