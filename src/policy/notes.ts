// What compiling one rule needs to know, and where it writes down what is wrong with it.
import { errorText, type Place, type Problem, type ProblemCode } from '../abi/problem.ts';
import { suggest } from '../text/suggest.ts';
import type { Cels } from './cel-condition.ts';
import type { PathGlobSettings } from './path-glob.ts';
import type { ParseSql } from './sql-parser.ts';
import type { OnUnknown, Variables } from './variables.ts';

export interface Notes {
	readonly variables: Variables;
	readonly paths: PathGlobSettings;
	/** Conditions of the whole compilation. */
	readonly cels: Cels;
	report(code: ProblemCode, message: string, help?: string): void;
	/** A variable that stands for nothing. */
	readonly unknown: OnUnknown;
	/** The parser of SQL; undefined, and reported, when there is none. */
	sqlParser(): ParseSql | undefined;
}

/** Says where a word is written, or where the whole is. */
export type PlaceOf = (word: string | undefined) => Place;

/** Notes on something; each problem is written down once, at the first of the author's words that its message quotes. */
export function notesOn(
	placeOf: PlaceOf,
	variables: Variables,
	paths: PathGlobSettings,
	problems: Problem[],
	subject: string,
	cels: Cels,
	sqlParser: () => ParseSql = noParser,
): Notes {
	const seen = new Set<string>();
	const report: Notes['report'] = (code, message, help) => {
		if (seen.has(message)) return;
		seen.add(message);
		const full = `${message} (in ${subject})`;
		const where = placeOf(/`([^`]*)`/.exec(message)?.[1]);
		problems.push({ code, severity: 'error', message: full, where, ...(help === undefined ? {} : { help }) });
	};
	return {
		variables,
		paths,
		cels,
		report,
		sqlParser() {
			try {
				return sqlParser();
			} catch (error) {
				report('K105', `this rule reads SQL, and that is not possible here: ${errorText(error)}`, noParserHelp);
				return undefined;
			}
		},
		unknown: (name, why) => report('P203', `\`\${${name}}\`: ${why}`, definition(name, variables)),
	};
}

/** What to type so that a variable stands for something. */
function definition(name: string, { lists }: Variables): string {
	if (name === 'workspace') return 'add to trapgate.yaml: workspace: .';
	if (name.startsWith('env:')) return `set ${name.slice(4)} where Trapgate runs`;
	const known = [...Object.keys(lists).map((list) => `lists.${list}`), 'workspace', 'tmp', 'home'];
	const near = suggest(name, known) ?? suggest(`lists.${name}`, known);
	if (near !== undefined) return `did you mean \`\${${near}}\`?`;
	return name.startsWith('lists.')
		? `add: lists: { ${name.slice('lists.'.length)}: [ … ] }`
		: 'variables are: workspace, tmp, home, env:NAME, lists.NAME';
}

const noParserHelp = 'install Trapgate again, with its package `libpg-query`';

function noParser(): never {
	throw new Error('no SQL parser is at hand');
}
