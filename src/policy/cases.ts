// Runs the cases of a test file against the policies it is about, all of them together.
import { type DriverName, ownDriver, type RuleId } from '../abi/names.ts';
import type { Problem } from '../abi/problem.ts';
import { suggest } from '../text/suggest.ts';
import { quote } from '../text/words.ts';
import { compile } from './compile.ts';
import { byRules, said, subjectOf } from './examples.ts';
import { type Assumptions, type ExamplesContext, type Judged, judgeExample } from './judge-example.ts';
import { type KnownTools, missingTool } from './lint-names.ts';
import type { Policy } from './rule.ts';
import type { Case, Suite } from './suite.ts';

export interface CasesReport {
	/** False: the policies do not go together, and no case was judged. */
	readonly loads: boolean;
	readonly problems: readonly Problem[];
	readonly total: number;
	readonly held: number;
	/** Rules that had a part in what came out of a case. */
	readonly exercised: ReadonlySet<RuleId>;
}

/**
 * Judges every case as the kernel would judge the call; a command as if a rule allowed the shell itself. With `known`, a call
 * of a tool that does not exist is an error: `is: hidden` would hold of any slip.
 */
export function checkCases(
	suite: Suite,
	policies: readonly Policy[],
	context: ExamplesContext,
	known?: KnownTools,
): CasesReport {
	const total = suite.cases.length;
	const { set, problems: broken } = compile(policies, context);
	if (set === undefined) return { loads: false, problems: broken, total, held: 0, exercised: new Set() };
	const ids = policies.flatMap(({ rules }) => rules.map(({ id }) => id));
	const problems: Problem[] = [];
	const exercised = new Set<RuleId>();
	let held = 0;
	for (const one of suite.cases) {
		const judged = judgeExample(set, one, assumptionsOf(suite, one), context);
		for (const id of judged.took) exercised.add(id);
		const strange = [...unknownRules(one, ids), ...(known === undefined ? [] : unknownTool(one, known))];
		const found = strange.length > 0 ? strange : failuresOf(one, judged);
		if (found.length === 0) held += 1;
		problems.push(...found);
	}
	return { loads: true, problems, total, held, exercised };
}

/** The kernel's own ids are not listed anywhere: one that never has a part fails its case. */
function unknownRules({ because }: Case, ids: readonly string[]): Problem[] {
	return because
		.filter(({ id }) => !ids.includes(id) && !id.startsWith('kernel/'))
		.map(({ id, where }): Problem => {
			const near = suggest(id, ids);
			const help =
				near === undefined ? 'trapgate check names the files; their rules have ids' : `did you mean ${quote(near)}?`;
			return { code: 'P206', severity: 'error', message: `no rule has the id ${quote(id)}`, where, help };
		});
}

function unknownTool({ call, lock, where }: Case, known: KnownTools): Problem[] {
	const missing = call === undefined || lock === 'new' ? undefined : missingTool(call, known);
	if (missing === undefined || call?.startsWith(`${ownDriver}/`)) return [];
	return [{ code: 'P201', severity: 'error', message: `there is no tool ${quote(call ?? '')}`, where, ...missing }];
}

function assumptionsOf({ lists }: Suite, { from }: Case): Assumptions {
	return { lists, driver: from ?? ('example' as DriverName), isOpen: false };
}

function failuresOf(one: Case, { failure, took }: Judged): Problem[] {
	const missing = one.because.filter(({ id }) => !took.includes(id as RuleId));
	const base = { code: 'P402', severity: 'error', message: `${titleOf(one)} does not hold` } as const;
	if (failure !== undefined) {
		const help = `the file says \`${said(one)}\`; the policies give \`${failure.found}\`${byRules(failure)}`;
		return [{ ...base, where: one.where, help }];
	}
	const parts =
		took.length === 0 ? 'no rule has' : `${took.map(quote).join(', ')} ${took.length === 1 ? 'has' : 'have'}`;
	return missing.slice(0, 1).map(({ id, where }) => ({
		...base,
		where,
		label: 'has no part in it',
		help: `${parts} a part in what comes out; ${quote(id)} has none`,
	}));
}

function titleOf(one: Case): string {
	return `case ${one.name === undefined ? subjectOf(one) : quote(one.name)}`;
}
