// How much one analysis may cost. Beyond any of these the answer is a gap.

export const limits = {
	/** UTF-16 units of the whole input. */
	inputLength: 32_768,
	/** Here-documents: the parser takes quadratic time for many of them on one line. */
	heredocs: 256,
	/** Nodes of the syntax trees, all layers together. */
	nodes: 20_000,
	/** Commands, words and loop passes that are looked at, all layers together. */
	steps: 50_000,
	/** Commands reported. */
	commands: 4_000,
	/** Words that one brace expansion makes. */
	braceAlternatives: 64,
	/** Values that one variable or word may have. */
	choices: 16,
	/** Scripts in scripts: `sh -c "sh -c …"`. */
	scriptDepth: 12,
	/** Programs that launch programs: `env nice env …`. */
	launcherDepth: 24,
	/** Syntax nodes inside each other, scripts and calls of functions included. */
	nesting: 300,
	/** UTF-16 units of everything that is computed: values of variables, texts of nested scripts. */
	derivedText: 1_048_576,
} as const;
