// One thing a rule asks about a call.
import type { Look } from './look.ts';
import type { Truth } from './truth.ts';

export interface Condition {
	/** What `explain` calls it: `tool`, `args.path`, `when.time`. */
	readonly name: string;
	/** `moment`: who asks and when; `target`: of what, too. `args` are unknown while tools are being listed. */
	readonly reads: 'moment' | 'target' | 'args';
	/** Of a tool, its answer depends on the names of driver and tool alone. */
	readonly isOfName?: boolean;
	test(look: Look): Truth;
	/** What the agent should know beside the rule's own reason, where the test does not say no. */
	remark?(look: Look): string | undefined;
	/** Why the test is unsure of a call, in words; undefined when it is not. */
	doubt?(look: Look): string | undefined;
}
