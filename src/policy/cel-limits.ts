// What bounds a condition in CEL: how large it may be, and how much it may do before it counts as an error.

export const celLimits = {
	/** Of the condition's own text, in UTF-16 units. */
	textLength: 4000,
	/** Nodes of its tree, and how deep they may stand. */
	nodes: 1000,
	depth: 240,
	/** `all` within `all`, and no further: each level multiplies. */
	loopDepth: 2,
	/** Items that a loop goes through, or that an operator makes. */
	listLength: 1000,
	/** A longer text can be measured and compared, nothing else. */
	functionTextLength: 100_000,
	patternLength: 500,
	/** Instructions of a compiled pattern: counted repetition multiplies them. */
	patternSize: 250,
	/**
	 * Steps of one evaluation: a node, some characters looked at, an instruction of a pattern on some characters. A
	 * million take some tens of milliseconds.
	 */
	steps: 1_000_000,
} as const;
