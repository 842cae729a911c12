// One thing a rule asks about a call.
import type { ArgumentPath } from './arguments.ts';
import type { Look } from './look.ts';
import type { Role } from './roles.ts';
import type { Truth } from './truth.ts';

/** A parameter whose value, or a text that must stand in it, decides. See {@link Sieve}. */
export interface Needs {
	readonly parameter: ArgumentPath;
	/** The role that its name gives it. */
	readonly ofName: Role | undefined;
	/** One of these. */
	readonly texts: readonly string[];
}

export interface Condition {
	/** What `explain` calls it: `tool`, `args.path`, `when.time`. */
	readonly name: string;
	/** `moment`: who asks and when; `target`: of what, too. `args` are unknown while tools are being listed. */
	readonly reads: 'moment' | 'target' | 'args';
	/** Of a tool, its answer depends on the names of driver and tool alone. */
	readonly isOfName?: boolean;
	/** Given by one that is not even unsure of what lacks this, where doubt counts against the call. */
	readonly needs?: Needs;
	test(look: Look): Truth;
	/** What the agent should know beside the rule's own reason, where the test does not say no. */
	remark?(look: Look): string | undefined;
	/** Why the test is unsure of a call, in words; undefined when it is not. */
	doubt?(look: Look): string | undefined;
}
