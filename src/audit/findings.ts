// What `audit verify` found, collected and bounded.
import { errorText, type Problem } from '../abi/problem.ts';

export type FindingKind =
	/** A record's content is not what its hash says, or a copied checkpoint's. */
	| 'edited'
	/** A line that is no record. */
	| 'not_a_record'
	/** A record that does not continue the one before it. */
	| 'broken_link'
	/** Numbers are left out. */
	| 'missing_records'
	/** A record stands where another should: moved, doubled or put in. */
	| 'out_of_order'
	/** A whole run is gone. */
	| 'missing_run'
	/** The end of a run is gone. */
	| 'cut_off'
	| 'bad_signature'
	| 'unknown_key'
	/** Lines of the copied checkpoints were changed or taken out. */
	| 'copies_changed'
	/** A file that holds another run's records, or stands in another day's directory. */
	| 'wrong_place'
	/** A last line that is not whole: the writer was stopped, or the power. */
	| 'torn'
	/** A record of a call that does not fit the others of that call. */
	| 'unmatched'
	| 'unreadable';

export interface Finding extends Problem {
	readonly kind: FindingKind;
	readonly run?: string;
	readonly seq?: number;
}

export interface About {
	readonly file?: string;
	readonly line?: number;
	readonly run?: string;
	readonly seq?: number;
}

/** A hostile log may be nothing but findings; the first ones tell enough. */
const maxFindings = 1_000;

export class Findings {
	readonly list: Finding[] = [];
	leftOut = 0;
	hasErrors = false;

	add(kind: FindingKind, severity: 'error' | 'warning', message: string, about: About = {}): void {
		this.hasErrors ||= severity === 'error';
		if (this.list.length >= maxFindings) {
			this.leftOut += 1;
			return;
		}
		const { file, line = 1, run, seq } = about;
		this.list.push({
			code: 'A103',
			severity,
			kind,
			message,
			...(file === undefined ? {} : { where: { file, line, column: 1, length: 1 } }),
			...(run === undefined ? {} : { run }),
			...(seq === undefined ? {} : { seq }),
		});
	}

	/** A file that is not there is no finding of its own; whoever misses it says so. */
	unreadable(file: string, thrown: unknown): void {
		if ((thrown as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return;
		this.add('unreadable', 'error', `it can't be read: ${errorText(thrown)}`, { file });
	}
}
