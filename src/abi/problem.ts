// What went wrong, in a form a person, a machine and an agent can each read.

/** The closed list of codes. P: policy and configuration; D: drivers; W: wire; A: audit; K: kernel; C: command line. */
export type ProblemCode =
	// P0: the YAML itself
	| 'P001' // a key appears twice
	| 'P002' // not valid YAML
	| 'P003' // YAML feature refused: anchor, alias, tag, merge key, several documents, too deep, too large
	| 'P004' // an invisible or control character in an id, a glob or a pattern
	// P1: the shape
	| 'P101' // unknown key
	| 'P102' // invalid value
	| 'P103' // a required key is missing
	| 'P104' // two rules share an id
	| 'P105' // unsupported version
	// P2: names that refer to nothing
	| 'P201' // no such tool
	| 'P202' // no such parameter
	| 'P203' // no such list or variable
	| 'P204' // no such fact
	| 'P205' // a policy file can't be read, or a pack does not exist
	| 'P206' // no such rule
	// P3: likely mistakes, reported by `check`, which do not stop loading
	| 'P302' // a refusal without `instead`
	| 'P303' // a rule that can never take effect
	| 'P304' // a regex over command text
	| 'P305' // hide depends on arguments
	| 'P306' // a refusal without `reason`
	| 'P307' // an ended waiver
	| 'P308' // allow or ask on everything
	| 'P309' // `ask` where no channel is configured
	| 'P310' // a rule needs a ring that does not hold here
	| 'P311' // a lock rule where there is no lock
	| 'P312' // a deny that is held against the text of a command only
	// P4: what rules do together
	| 'P401' // pins that differ
	| 'P402' // an example does not hold
	| 'P403' // a rewrite never settles
	| 'P404' // an example differs when merged
	// P5: patterns
	| 'P501' // a glob or regex that is not valid here
	| 'P502' // a condition in CEL that can't be used
	// D: drivers
	| 'D101' // did not start
	| 'D102' // did not answer in time
	| 'D103' // answered something that is not MCP
	| 'D104' // ended while it was needed
	| 'D105' // speaks no revision we know
	| 'D106' // called without a permit
	| 'D107' // refused the connection or the credentials
	| 'D108' // can't be confined as it must be
	// W: wire
	| 'W101' // not JSON, or JSON with two readings
	| 'W102' // not a JSON-RPC message
	| 'W103' // over a size or depth limit
	// A: audit
	| 'A101' // a record could not be written
	| 'A102' // the audit directory can't be used
	| 'A103' // the chain is broken
	// K: kernel
	| 'K101' // two tools claim one wire name
	| 'K102' // the project's policy is not trusted
	| 'K103' // too many driver processes
	| 'K104' // an address that is not allowed to listen on
	| 'K105' // a configuration the kernel can't boot from
	| 'K106' // a permit was refused
	| 'K107' // keys of callers that can't be used
	// C: command line
	| 'C101' // usage
	| 'C102' // needs a person at a terminal
	| 'C103' // a file can't be read
	| 'C104' // an error of our own that nobody foresaw
	| 'C105' // a file can't be written
	| 'C106'; // a client's file that can't be edited

export interface Place {
	readonly file: string;
	/** 1-based. */
	readonly line: number;
	/** 1-based, in UTF-16 units. */
	readonly column: number;
	/** Length of the underlined span on that line, at least 1. */
	readonly length: number;
}

export interface Problem {
	readonly code: ProblemCode;
	readonly severity: 'error' | 'warning' | 'note';
	/** One plain sentence, lower case, no final period, the user's own words in backticks. */
	readonly message: string;
	readonly where?: Place;
	/** What stands under the underlined span. */
	readonly label?: string;
	/** The exact thing to type or change. */
	readonly help?: string;
	readonly note?: string;
}

/** A broken world: thrown, with a code, never used for an expected outcome. */
export class TrapgateError extends Error {
	override readonly name = 'TrapgateError';
	readonly code: ProblemCode;
	readonly problems: readonly Problem[];

	constructor(
		code: ProblemCode,
		message: string,
		options: { cause?: unknown; help?: string; problems?: readonly Problem[] } = {},
	) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause });
		this.code = code;
		this.problems = options.problems ?? [
			{ code, severity: 'error', message, ...(options.help === undefined ? {} : { help: options.help }) },
		];
	}
}

/** The text of anything that was thrown. */
export function errorText(thrown: unknown): string {
	return thrown instanceof Error ? thrown.message : String(thrown);
}
