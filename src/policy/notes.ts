// What compiling one rule needs to know, and where it writes down what is wrong with it.
import type { Place, Problem, ProblemCode } from '../abi/problem.ts';
import type { PathGlobSettings } from './path-glob.ts';
import type { OnUnknown, Variables } from './variables.ts';

export interface Notes {
	readonly variables: Variables;
	readonly paths: PathGlobSettings;
	report(code: ProblemCode, message: string, help?: string): void;
	/** A variable that stands for nothing. */
	readonly unknown: OnUnknown;
}

/** Notes on something that stands at `where`; each problem is written down once. */
export function notesOn(
	where: Place,
	variables: Variables,
	paths: PathGlobSettings,
	problems: Problem[],
	subject: string,
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
		unknown: (name, why) => report('P203', `\`\${${name}}\`: ${why}`),
	};
}
