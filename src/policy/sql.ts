// What an SQL text would do: the kinds of statement in it, or why nobody can be certain.
import { errorText } from '../abi/problem.ts';
import { kindsIn, type SqlKind } from './sql-kinds.ts';
import type { ParsedSql, ParseSql } from './sql-parser.ts';
import { longestSql, scanSql } from './sql-scan.ts';
import { type Truth, truthOf } from './truth.ts';

/** The kinds of statement in a text, or why it can't be read with certainty. */
export type SqlReading = { readonly kinds: ReadonlySet<SqlKind> } | { readonly doubt: string };

export function readSql(text: string, parse: ParseSql): SqlReading {
	// First what costs little: the parser is not asked about a text that could hold it up for seconds.
	const scan = scanSql(text);
	if ('doubt' in scan) return scan;
	const parsed = attempt(() => parse(text));
	if ('error' in parsed) return { doubt: `PostgreSQL would not take it (${parsed.error})` };
	if (scan.statements !== undefined && scan.statements !== parsed.statements.length) {
		return { doubt: 'its statements can not be told apart for certain' };
	}
	const kinds = kindsIn(parsed.statements);
	return kinds === undefined ? { doubt: 'it holds a statement of an unknown kind' } : { kinds };
}

/** Is any statement of another kind than these? */
export function otherStatement(reading: SqlReading, named: ReadonlySet<SqlKind>): Truth {
	if ('doubt' in reading) return 'unsure';
	return truthOf([...reading.kinds].some((kind) => !named.has(kind)));
}

export type ReadSql = (text: string, parse: ParseSql) => SqlReading;

/** What one decision reads at most, and what a text counts at least: a thousand short ones are as much work as a long one. */
const mostSql = 4 * longestSql;
const leastCost = 256;

/** Reads for one decision: each text once, and no more than a caller can wait for. */
export function sqlReader(): ReadSql {
	const known = new Map<string, SqlReading>();
	let left = mostSql;
	return (text, parse) => {
		const before = known.get(text);
		if (before !== undefined) return before;
		left -= Math.max(text.length, leastCost);
		const reading = left < 0 ? { doubt: 'there is more of it in one call than is read' } : readSql(text, parse);
		known.set(text, reading);
		return reading;
	};
}

function attempt(parse: () => ParsedSql): ParsedSql {
	try {
		return parse();
	} catch (error) {
		return { error: `its parser gave up: ${errorText(error)}` };
	}
}
