// Puts the two records of a call together, as people read them.
import type { Json } from '../abi/json.ts';
import type { AuditRecord, CompletedRecord, DecidedRecord, ErrorFields, ResultFields } from './record.ts';

/** A call from decision to end. `seq`, `time`, `prev` and `hash` are those of its `decided` record. */
export interface CallView extends Omit<DecidedRecord, 'event'> {
	readonly event: 'call';
	readonly result?: ResultFields;
	readonly error?: ErrorFields;
	/** Of an execution inside a sandbox: the arguments of what started it, outermost first, as far as they stand in what is read. */
	readonly lineage?: readonly Json[];
	/** Set when no end of it is recorded. */
	readonly interrupted?: true;
}

/**
 * Calls come when their end does, everything else at once; `endsHere` says that no more records come, so that what is
 * still under way is given as interrupted.
 */
export async function* mergeCalls(
	records: AsyncIterable<AuditRecord>,
	endsHere: boolean,
): AsyncGenerator<AuditRecord | CallView, void, undefined> {
	const begun = new Map<string, DecidedRecord>();
	for await (const record of records) {
		if (record.event === 'decided') {
			if (record.final === true) yield { ...viewOf(record), ...lineageOf(record, begun) };
			else begun.set(`${record.run} ${record.id}`, record);
		} else if (record.event === 'completed') {
			const name = `${record.run} ${record.id}`;
			const decided = begun.get(name);
			// Its `decided` lies before the part that is read.
			if (decided === undefined) continue;
			begun.delete(name);
			yield { ...viewOf(decided, record), ...lineageOf(decided, begun) };
		} else {
			yield record;
		}
	}
	if (!endsHere) return;
	for (const decided of begun.values()) yield { ...viewOf(decided), ...lineageOf(decided, begun), interrupted: true };
}

/** What started it has not ended before it, so its record is still at hand. */
function lineageOf(record: DecidedRecord, begun: ReadonlyMap<string, DecidedRecord>): Pick<CallView, 'lineage'> {
	const lineage: Json[] = [];
	for (let { parent } = record; parent !== undefined && lineage.length < mostAncestors; ) {
		const above = begun.get(`${record.run} ${parent}`);
		if (above === undefined) break;
		lineage.unshift(above.args?.value ?? above.tool ?? above.driver);
		parent = above.parent;
	}
	return record.parent === undefined ? {} : { lineage };
}

const mostAncestors = 16;

function viewOf(decided: DecidedRecord, completed?: CompletedRecord): CallView {
	const { result, error, told_agent, ms } = completed ?? {};
	return {
		...decided,
		event: 'call',
		...(result === undefined ? {} : { result }),
		...(error === undefined ? {} : { error }),
		...(told_agent === undefined ? {} : { told_agent }),
		...(ms === undefined ? {} : { ms: { ...decided.ms, ...ms } }),
	};
}
