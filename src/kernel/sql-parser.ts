// Fetches PostgreSQL's parser from the installation, the first time that a rule needs it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { makeSqlParser, type ParseSql } from '../policy/sql-parser.ts';

/** Two megabytes, compiled in some twenty milliseconds, that most configurations never need. Throws when it can't be had. */
export function sqlParserOnDemand(): () => ParseSql {
	let parser: ParseSql | undefined;
	return () => {
		parser ??= makeSqlParser(readFileSync(createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm')));
		return parser;
	};
}
