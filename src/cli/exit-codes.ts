// Exit codes: what a script may rely on.

export const exitCodes = {
	/** Fine, including "rewritten". */
	fine: 0,
	/** Findings, failed examples. */
	findings: 1,
	/** The command line itself was wrong. */
	usage: 2,
	/** The policy can't load. */
	policy: 3,
	/** A server or client problem. */
	connection: 4,
	/** The log's integrity. */
	integrity: 5,
	/** Needs a person at a terminal. */
	person: 6,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
