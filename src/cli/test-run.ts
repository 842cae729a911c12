// One run of `trapgate test`: every example and every case, and what was looked at on the way.
import type { RuleId } from '../abi/names.ts';
import type { Problem } from '../abi/problem.ts';
import { loadOptions } from '../kernel/load-options.ts';
import type { SourceFile } from '../kernel/sources.ts';
import { stateDirectories } from '../kernel/state.ts';
import { checkCases } from '../policy/cases.ts';
import { checkExamples } from '../policy/examples.ts';
import type { Policy, Rule } from '../policy/rule.ts';
import type { CommandInput } from './command.ts';
import type { Seen } from './seen-files.ts';
import { type FoundSuite, Matters } from './suites.ts';
import { planTests, type TestPlan } from './test-plan.ts';

export interface TestRun {
	/** False: a policy or a test file can't be loaded. */
	readonly loads: boolean;
	/** What is wrong, and notes on examples that differ when merged. */
	readonly problems: readonly Problem[];
	readonly sources: readonly SourceFile[];
	readonly examples: { readonly total: number; readonly heldAlone: number; readonly heldMerged: number };
	readonly cases: { readonly total: number; readonly held: number };
	/** The rules that were to be tested. */
	readonly rules: readonly Rule[];
	readonly exercised: ReadonlySet<RuleId>;
	readonly seen: Seen;
}

/** Runs everything the words ask for. Nothing is started, and nothing is written. */
export function runTests(input: CommandInput, now: number): TestRun {
	const { around, global } = input;
	const surroundings = { file: global.config, cwd: around.cwd, env: around.env };
	const load = loadOptions(surroundings, stateDirectories(around.env));
	const plan = planTests(input, load, now);
	const { base } = plan;
	const matters = new Matters(base, load, now);
	const examples = examplesOf(plan);
	const verdicts = plan.suites.map((found) => verdictOn(found, matters));
	const sources = new Map(
		[...(base?.sources ?? []), ...verdicts.flatMap((verdict) => verdict.sources)].map((source) => [
			source.path,
			source,
		]),
	);
	const tested = base?.loads === true ? base.policies : verdicts.flatMap(({ policies }) => policies);
	const sum = (count: (verdict: Verdict) => number) => verdicts.reduce((total, verdict) => total + count(verdict), 0);
	return {
		loads: base?.loads !== false && verdicts.every(({ loads }) => loads),
		problems: unique([
			...errorsOf(base?.problems ?? []),
			...examples.problems,
			...verdicts.flatMap((verdict) => verdict.problems),
		]),
		sources: [...sources.values()],
		examples: { total: examples.total, heldAlone: examples.heldAlone, heldMerged: examples.heldMerged },
		cases: { total: sum(({ total }) => total), held: sum(({ held }) => held) },
		rules: rulesOf(tested),
		exercised: new Set([...examples.exercised, ...verdicts.flatMap((verdict) => [...verdict.exercised])]),
		seen: {
			files: new Map(
				[...plan.paths, ...matters.asked, ...sources.keys()].map((path) => [path, sources.get(path)?.text]),
			),
			folders: plan.folders,
		},
	};
}

/** Rules that no test exercises, in the order of their ids. */
export function unexercised({ rules, exercised }: TestRun): readonly Rule[] {
	return rules.filter(({ id }) => !exercised.has(id)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** How many of the rules a test exercises, in percent; all, where there are none. */
export function coverageOf(run: TestRun): number {
	const { length } = run.rules;
	return length === 0 ? 100 : ((length - unexercised(run).length) / length) * 100;
}

function examplesOf({ base, hasExamples }: TestPlan): ReturnType<typeof checkExamples> {
	if (base?.loads === true && hasExamples) return checkExamples(base.policies, base.context);
	return { problems: [], total: 0, heldAlone: 0, heldMerged: 0, exercised: new Set() };
}

interface Verdict {
	readonly loads: boolean;
	readonly problems: readonly Problem[];
	readonly total: number;
	readonly held: number;
	readonly exercised: ReadonlySet<RuleId>;
	readonly policies: readonly Policy[];
	readonly sources: readonly SourceFile[];
}

function verdictOn({ path, source, suite, problems }: FoundSuite, matters: Matters): Verdict {
	const own = source === undefined ? [] : [source];
	const lost = { loads: false, held: 0, exercised: new Set<RuleId>(), policies: [], sources: own };
	if (suite === undefined) return { ...lost, problems: errorsOf(problems), total: 0 };
	const matter = matters.of({ path, suite });
	if (!('context' in matter)) return { ...lost, problems: errorsOf(matter), total: suite.cases.length };
	const report = checkCases(suite, matter.policies, matter.context, matter.known);
	const sources = [...own, ...matter.sources];
	return { ...report, problems: errorsOf(report.problems), policies: matter.policies, sources };
}

/** Warnings are for `check`. */
function errorsOf(problems: readonly Problem[]): readonly Problem[] {
	return problems.filter(({ severity }) => severity === 'error');
}

/** Policies that several test files name are loaded more than once, and so are their mistakes. */
function unique(problems: readonly Problem[]): readonly Problem[] {
	return [...new Map(problems.map((problem) => [JSON.stringify([problem.message, problem.where]), problem])).values()];
}

function rulesOf(policies: readonly Policy[]): readonly Rule[] {
	const rules = policies.flatMap((policy) => policy.rules);
	return [...new Map(rules.map((rule) => [`${rule.where.file}:${rule.where.line}:${rule.id}`, rule])).values()];
}
