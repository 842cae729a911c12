// What an SQL text would do: the kinds of statement in it, or why nobody can be certain.
import { errorText } from '../abi/problem.ts';
import { showable } from '../text/characters.ts';
import { quote } from '../text/words.ts';
import { kindsIn, type SqlKind } from './sql-kinds.ts';
import type { ParsedSql, ParseSql } from './sql-parser.ts';
import { longestSql, scanSql } from './sql-scan.ts';
import { type Lean, type Truth, truthOf } from './truth.ts';

/** The kinds of statement in a text, or why it can't be read with certainty. */
export type SqlReading = { readonly kinds: ReadonlySet<SqlKind> } | { readonly doubt: string };

export function readSql(text: string, parse: ParseSql): SqlReading {
	// First what costs little: the parser is not asked about a text that could hold it up for seconds.
	const scan = scanSql(text);
	if ('doubt' in scan) return scan;
	const parsed = attempt(() => parse(text));
	if ('error' in parsed) return { doubt: `PostgreSQL would not take it (${inShort(parsed.error)})` };
	if (scan.statements !== undefined && scan.statements !== parsed.statements.length) {
		return { doubt: 'its statements can not be told apart for certain' };
	}
	const kinds = kindsIn(parsed.statements);
	return kinds === undefined ? { doubt: 'it holds a statement of an unknown kind' } : { kinds };
}

/** Is a statement of another kind than these? What opens or excepts something needs that of every one. */
export function otherStatement(reading: SqlReading, named: ReadonlySet<SqlKind>, lean: Lean): Truth {
	if ('doubt' in reading) return 'unsure';
	const kinds = [...reading.kinds];
	const isOther = (kind: SqlKind) => !named.has(kind);
	return truthOf(lean === 'catch' ? kinds.some(isOther) : kinds.length > 0 && kinds.every(isOther));
}

/** What an agent should hear about a text with other statements than these; undefined when it has none. */
export function sqlRemark(reading: SqlReading, named: ReadonlySet<SqlKind>): string | undefined {
	if ('doubt' in reading) return `The SQL can not be read for certain: ${reading.doubt}.`;
	const others = [...reading.kinds].filter((kind) => !named.has(kind)).sort();
	if (others.length === 0) return undefined;
	const acts = others.includes('call') ? ' (a procedure, or a function that does more than read)' : '';
	return `The SQL holds ${others.map((kind) => `\`${kind}\``).join(', ')}${acts}.`;
}

/** Reads for one decision: each text once, and no more than a caller can wait for. */
export interface SqlReader {
	read(text: string, parse: ParseSql): SqlReading;
}

/** What one decision reads at most, and what a text counts at least: a thousand short ones are as much work as a long one. */
const mostSql = 4 * longestSql;
const leastCost = 256;

export function sqlReader(): SqlReader {
	const known = new Map<string, SqlReading>();
	let left = mostSql;
	return {
		read(text, parse) {
			const before = known.get(text);
			if (before !== undefined) return before;
			left -= Math.max(text.length, leastCost);
			const reading = left < 0 ? { doubt: 'there is more of it in one call than is read' } : readSql(text, parse);
			known.set(text, reading);
			return reading;
		},
	};
}

/** The message names the word it stumbled over, which may be a whole literal: of that nothing is repeated. */
function inShort(message: string): string {
	const [whole, what = message, near = ''] = /^(.*?) at or near "(.*)"$/s.exec(message) ?? [message];
	return quote(showable(/^[\w.,;:()=*-]{0,30}$/.test(near) ? whole : what)).slice(1, -1);
}

function attempt(parse: () => ParsedSql): ParsedSql {
	try {
		return parse();
	} catch (error) {
		return { error: `its parser gave up: ${errorText(error)}` };
	}
}
