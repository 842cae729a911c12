// One thing a rule asks about a call.
import type { Look } from './look.ts';
import type { Truth } from './truth.ts';

export interface Condition {
	/** What `explain` calls it: `tool`, `args.path`, `when.time`. */
	readonly name: string;
	/** `args` are unknown while tools are being listed. */
	readonly reads: 'target' | 'args';
	/** Of a tool, its answer depends on the names of driver and tool alone. */
	readonly isOfName?: boolean;
	test(look: Look): Truth;
	/** What the agent should know beside the rule's own reason, where the test does not say no. */
	remark?(look: Look): string | undefined;
}
