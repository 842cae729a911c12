// What a test file says once it is parsed: cases, and which policies they are about.
import type { DriverName } from '../abi/names.ts';
import type { Place } from '../abi/problem.ts';
import type { Defaults, Example, Policy } from './rule.ts';

/** An example that belongs to no rule. */
export interface Case extends Example {
	readonly name?: string;
	readonly from?: DriverName;
	/** Rules that must have a part in what comes out. */
	readonly because: readonly { readonly id: string; readonly where: Place }[];
}

export interface Suite {
	readonly file: string;
	/** As written; undefined for everything the root file names. */
	readonly policies?: readonly { readonly text: string; readonly where: Place }[];
	/** As written. */
	readonly workspace?: string;
	readonly defaults?: Defaults;
	readonly lists: Policy['lists'];
	readonly cases: readonly Case[];
}
