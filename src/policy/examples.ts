// Runs the `examples` of policies: each file alone (P402), then all together (P404).
import { type DriverName, parseDriverName, type RuleId } from '../abi/names.ts';
import type { Problem } from '../abi/problem.ts';
import { quote } from '../text/words.ts';
import { compile } from './compile.ts';
import { type Assumptions, type ExamplesContext, type Failure, judgeExample } from './judge-example.ts';
import type { Example, Policy, Rule } from './rule.ts';
import { isLiteral } from './text-glob.ts';

export interface ExamplesReport {
	readonly problems: readonly Problem[];
	readonly total: number;
	readonly heldAlone: number;
	readonly heldMerged: number;
	/** Rules that had a part in what came out of an example, alone or merged. */
	readonly exercised: ReadonlySet<RuleId>;
}

/**
 * Judges every example. Alone, a file has its own defaults. A command is judged as if a rule allowed the shell itself.
 * An example that fails alone is an error; one that differs when merged is a note, unless it is looser: then it is an
 * error too.
 */
export function checkExamples(policies: readonly Policy[], context: ExamplesContext): ExamplesReport {
	const merged = compile(policies, context).set;
	const problems: Problem[] = [];
	const exercised = new Set<RuleId>();
	const count = { total: 0, heldAlone: 0, heldMerged: 0 };
	for (const policy of policies) {
		const examples = policy.rules.flatMap((rule) => rule.examples.map((example) => ({ rule, example })));
		if (examples.length === 0) continue;
		const { set } = compile([policy], { ...context, mode: 'enforce', defaults: openDefaults([policy]) });
		for (const { rule, example } of examples) {
			count.total += 1;
			const assumed = assumptionsOf(rule);
			const isOpen = !opensTools(policy);
			const alone = set === undefined ? undefined : judgeExample(set, example, assumed, context);
			const together =
				merged === undefined ? undefined : judgeExample(merged, example, { ...assumed, isOpen }, context);
			for (const id of [...(alone?.took ?? []), ...(together?.took ?? [])]) exercised.add(id);
			if (alone !== undefined && alone.failure === undefined) count.heldAlone += 1;
			if (together !== undefined && together.failure === undefined) count.heldMerged += 1;
			if (alone?.failure !== undefined) problems.push(failedAlone(rule, example, alone.failure));
			else if (together?.failure !== undefined) problems.push(failedMerged(rule, example, together.failure));
		}
	}
	return { problems, ...count, exercised };
}

/** Files that allow nothing only restrict what others allow, so they are judged as if those did, also where nobody does. */
export function openDefaults(policies: readonly Policy[]): Policy['defaults'] {
	return policies.some(opensTools) ? {} : { tool: 'allow' };
}

function opensTools({ rules, defaults }: Policy): boolean {
	return defaults.tool !== undefined || rules.some(({ action }) => action.kind === 'allow');
}

/** A resource or prompt example happens at the driver its rule names, else at some driver. */
export function assumptionsOf({ lists, match: { from = [] } }: Rule): Assumptions {
	const named = from.find(isLiteral);
	const driver = (named === undefined ? undefined : parseDriverName(named)) ?? ('example' as DriverName);
	return { lists, driver, isOpen: false };
}

function failedAlone(rule: Rule, example: Example, failure: Failure): Problem {
	return {
		code: 'P402',
		severity: 'error',
		message: `example of \`${rule.id}\` does not hold`,
		where: example.where,
		help: `the file says \`${said(example)}\`; the policy gives \`${failure.found}\`${byRules(failure)}`,
	};
}

function failedMerged(rule: Rule, example: Example, failure: Failure): Problem {
	const before = clause(said(example));
	const after = clause(failure.found);
	return {
		code: 'P404',
		severity: failure.isLooser ? 'error' : 'note',
		message: `${subjectOf(example)} ${before} in ${rule.where.file}, but ${after} when all policies are combined${byRules(failure)}`,
		where: example.where,
		help: failure.isLooser
			? 'no policy should open what another one closes: make the rule that does narrower'
			: 'if that is meant, say it in a *.test.yaml file, which speaks of all policies together',
	};
}

/** `is: denied` within a sentence. */
function clause(outcome: string): string {
	const [, verb = '', value = ''] = /^(\w+): (.*)$/s.exec(outcome) ?? ['', '', outcome];
	const text: unknown = verb === 'becomes' && value.startsWith('"') ? JSON.parse(value) : value;
	return `${verb} ${verb === 'becomes' ? quote(String(text)) : value}`.trim();
}

/** The call that an example is about, in backticks; of a result, whose it is. */
export function subjectOf({ run, call, resource, prompt, args, result, tokens }: Example): string {
	const shown = args === undefined || Object.keys(args).length === 0 ? '' : ` ${JSON.stringify(args)}`;
	const asked = quote(`${run ?? call ?? resource ?? prompt ?? ''}${shown}`);
	return (result ?? tokens) === undefined ? asked : `the result of ${asked}`;
}

/** What the author says, as it would be written. */
export function said({ is, becomes }: Example): string {
	return becomes === undefined ? `is: ${is ?? 'allowed'}` : `becomes: ${JSON.stringify(becomes)}`;
}

export function byRules({ rules }: Failure): string {
	return rules.length === 0 ? '' : ` (rule: ${rules.join(', ')})`;
}
