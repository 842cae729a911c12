// What may run freely under a launcher, kept for as long as nothing changes that the answer depends on.
import type { PolicySet } from '../policy/compile.ts';

export interface FreeProgramsOptions {
	/** The revision in force: whatever is asked is judged by it. */
	readonly inForce: () => { readonly set: PolicySet };
	/** Milliseconds since the epoch. */
	readonly now: () => number;
}

/** Who asks under what, from where: whatever `decide` gets to know of it. */
export type Question = readonly (string | undefined)[];

export interface Answer {
	readonly free: readonly string[];
	/** The policy could not be evaluated, or not in time: the next one who asks may hear otherwise. */
	readonly isFailure: boolean;
}

/** So many questions are remembered; directories in them are for the agent to make up. */
const most = 500;

/** INVARIANT: one set of gates only, for the answer depends on what is gated. */
export class FreePrograms {
	readonly #options: FreeProgramsOptions;
	#revision: { readonly set: PolicySet } | undefined;
	#second: number | undefined;
	readonly #known = new Map<string, readonly string[]>();

	constructor(options: FreeProgramsOptions) {
		this.#options = options;
	}

	under(question: Question, ask: () => Answer): readonly string[] {
		const revision = this.#options.inForce();
		// Rules about the time of day are as exact as a second.
		const second = readsClock(revision.set) ? Math.floor(this.#options.now() / 1000) : undefined;
		if (revision !== this.#revision || second !== this.#second) this.#known.clear();
		this.#revision = revision;
		this.#second = second;
		const key = JSON.stringify(question);
		const known = this.#known.get(key);
		if (known !== undefined) return known;
		const { free, isFailure } = ask();
		if (isFailure) return free;
		if (this.#known.size >= most) this.#known.clear();
		this.#known.set(key, free);
		return free;
	}
}

/** Could a rule say otherwise at another moment? */
function readsClock({ rules }: PolicySet): boolean {
	return rules.some(
		({ conditions, except, waivers }) =>
			waivers.length > 0 ||
			[{ conditions }, ...except].some((part) => part.conditions.some(({ name }) => clocked.includes(name))),
	);
}

const clocked: readonly string[] = ['when.time', 'when.cel'];
