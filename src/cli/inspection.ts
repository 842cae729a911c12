// Everything `check` looks at: does it load, likely mistakes, and whether the examples hold.
import type { Problem } from '../abi/problem.ts';
import { misnamedCommands } from '../kernel/lock/commands.ts';
import { vocabulary } from '../kernel/ports.ts';
import type { SourceFile } from '../kernel/sources.ts';
import { checkRewrites } from '../policy/check-rewrites.ts';
import { checkExamples } from '../policy/examples.ts';
import { lint } from '../policy/lint.ts';
import type { Trial } from './trial.ts';

export interface Inspection {
	/** False: the kernel would not boot with it. */
	readonly loads: boolean;
	readonly problems: readonly Problem[];
	readonly sources: readonly SourceFile[];
	readonly rules: number;
	readonly layers: number;
	readonly examples: {
		readonly total: number;
		readonly heldAlone: number;
		readonly heldMerged: number;
	};
}

export function inspect(trial: Trial, now: number): Inspection {
	const { problems, sources } = trial;
	const nothing = { total: 0, heldAlone: 0, heldMerged: 0 };
	if (!trial.loads) return { loads: false, problems, sources, rules: 0, layers: 0, examples: nothing };
	const { policies, context, config, lock } = trial;
	const commands = (config?.drivers ?? []).flatMap(({ name, kind, commands: named }) => [
		...(kind === 'shell' ? [{ tool: `${name}/run`, argument: '/command' }] : []),
		...Object.entries(named).map(([tool, argument]) => ({ tool: `${name}/${tool}`, argument })),
	]);
	const known = lock?.known((config?.drivers ?? []).map(({ name }) => name));
	const couldTrap = (config?.drivers ?? []).some(({ sandbox }) => sandbox !== undefined && sandbox.backend !== 'none');
	const mistakes = lint(policies, { now, commands, vocabulary, couldTrap, ...(known && { known }) });
	const { problems: unheld, total, heldAlone, heldMerged } = checkExamples(policies, context);
	return {
		loads: true,
		problems: [
			...[...problems, ...misnamed(trial)].filter((problem) => !mistakes.some((one) => isSameCause(problem, one))),
			...mistakes,
			...checkRewrites(policies, context),
			...unheld,
		],
		sources,
		rules: policies.reduce((sum, { rules }) => sum + rules.length, 0),
		layers: new Set(sources.map(({ layer }) => layer)).size,
		examples: { total, heldAlone, heldMerged },
	};
}

/** What `commands:` of drivers name and the lock does not have. */
function misnamed(trial: Trial): readonly Problem[] {
	const [root] = trial.sources;
	if (!trial.loads || trial.config === undefined || trial.lock === undefined || root === undefined) return [];
	return misnamedCommands(trial.config, trial.lock, root);
}

/** A driver that `drivers:` does not name has no tools in the lock either; the finding that shows the word says more. */
function isSameCause(problem: Problem, mistake: Problem): boolean {
	const [one, other] = [problem.where, mistake.where];
	if (problem.code !== 'P201' || mistake.code !== 'P201' || one === undefined || other === undefined) return false;
	const isWithin = one.column >= other.column && one.column < other.column + other.length;
	return one.file === other.file && one.line === other.line && isWithin;
}
