// What compiling one rule needs to know, and where it writes down what is wrong with it.
import { errorText, type Place, type Problem, type ProblemCode } from '../abi/problem.ts';
import type { PathGlobSettings } from './path-glob.ts';
import type { ParseSql } from './sql-parser.ts';
import type { OnUnknown, Variables } from './variables.ts';

export interface Notes {
	readonly variables: Variables;
	readonly paths: PathGlobSettings;
	report(code: ProblemCode, message: string, help?: string): void;
	/** A variable that stands for nothing. */
	readonly unknown: OnUnknown;
	/** The parser of SQL; undefined, and reported, when there is none. */
	sqlParser(): ParseSql | undefined;
}

/** Notes on something that stands at `where`; each problem is written down once. */
export function notesOn(
	where: Place,
	variables: Variables,
	paths: PathGlobSettings,
	problems: Problem[],
	subject: string,
	sqlParser: () => ParseSql = noParser,
): Notes {
	const seen = new Set<string>();
	const report: Notes['report'] = (code, message, help) => {
		if (seen.has(message)) return;
		seen.add(message);
		const full = `${message} (in ${subject})`;
		problems.push({ code, severity: 'error', message: full, where, ...(help === undefined ? {} : { help }) });
	};
	return {
		variables,
		paths,
		report,
		sqlParser() {
			try {
				return sqlParser();
			} catch (error) {
				report('K105', `this rule reads SQL, and that is not possible here: ${errorText(error)}`, noParserHelp);
				return undefined;
			}
		},
		unknown: (name, why) => report('P203', `\`\${${name}}\`: ${why}`),
	};
}

const noParserHelp = 'install Trapgate again, with its package `libpg-query`';

function noParser(): never {
	throw new Error('no SQL parser is at hand');
}
