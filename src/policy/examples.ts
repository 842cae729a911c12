// Runs the `examples` of policies: each file alone (P402), then all together (P404).
import type { Decision, Ports, Request, Verdict } from '../abi/decision.ts';
import type { Json, JsonObject } from '../abi/json.ts';
import { type DriverName, parseDriverName, parseToolName } from '../abi/names.ts';
import type { Problem } from '../abi/problem.ts';
import type { Target } from '../abi/syscall.ts';
import { sameJson } from './compare.ts';
import { type CompileContext, compile, type PolicySet } from './compile.ts';
import { decide } from './decide.ts';
import type { Example, Policy, Rule } from './rule.ts';
import { isLiteral } from './text-glob.ts';
import { expandJson } from './variables.ts';

export interface ExamplesContext extends CompileContext {
	readonly ports: Ports;
	/** When examples happen that say no `at`. */
	readonly at: number;
	/** Where relative paths of examples lead. */
	readonly cwd: string;
	/** Which arguments of a tool carry shell text. */
	readonly commandsAt?: (driver: DriverName, tool: string) => readonly string[];
	/** The built-in shell as the configuration calls it; `shell` unless told. */
	readonly shell?: DriverName;
}

export interface ExamplesReport {
	readonly problems: readonly Problem[];
	readonly total: number;
	readonly heldAlone: number;
	readonly heldMerged: number;
}

/**
 * Judges every example. Alone, a file has its own defaults. A command is judged as if a rule allowed the shell itself.
 * An example that fails alone is an error; one that differs when merged is a note, unless it is looser: then it is an
 * error too.
 */
export function checkExamples(policies: readonly Policy[], context: ExamplesContext): ExamplesReport {
	const merged = compile(policies, context).set;
	const problems: Problem[] = [];
	const count = { total: 0, heldAlone: 0, heldMerged: 0 };
	for (const policy of policies) {
		const examples = policy.rules.flatMap((rule) => rule.examples.map((example) => ({ rule, example })));
		if (examples.length === 0) continue;
		const { set } = compile([policy], { ...context, mode: 'enforce', defaults: aloneDefaults(policy) });
		for (const { rule, example } of examples) {
			count.total += 1;
			const alone = set === undefined ? undefined : failureOf(set, rule, example, context);
			if (alone === undefined && set !== undefined) count.heldAlone += 1;
			else if (alone !== undefined) problems.push(failedAlone(rule, example, alone));
			const isAssumedOpen = !opensTools(policy);
			const together =
				merged === undefined ? undefined : failureOf(merged, rule, example, { ...context, isAssumedOpen });
			if (together === undefined && merged !== undefined) count.heldMerged += 1;
			else if (together !== undefined && alone === undefined) problems.push(failedMerged(rule, example, together));
		}
	}
	return { problems, ...count };
}

/** A file that allows nothing only restricts what others allow, so it is judged as if they did, also where nobody does. */
function aloneDefaults(policy: Policy): Policy['defaults'] {
	return opensTools(policy) ? {} : { tool: 'allow' };
}

function opensTools({ rules, defaults }: Policy): boolean {
	return defaults.tool !== undefined || rules.some(({ action }) => action.kind === 'allow');
}

interface Failure {
	readonly found: string;
	readonly rules: readonly string[];
	readonly isLooser: boolean;
}

/** What a judged example may take for granted. */
interface Judging extends ExamplesContext {
	/** A tool that only the default closes is judged as if a rule allowed it. */
	readonly isAssumedOpen?: boolean;
}

function failureOf(set: PolicySet, rule: Rule, example: Example, context: Judging): Failure | undefined {
	const request = requestOf(rule, example, context);
	if (typeof request === 'string') return { found: request, rules: [], isLooser: false };
	const decision = decideExample(set, request, example, context);
	const wanted = example.becomes === undefined ? undefined : expand(example.becomes, rule, context);
	if (isAsSaid(decision, example, wanted)) return undefined;
	const isChanged = decision.changes.length > 0;
	return {
		found: isChangedBy(decision, example)
			? `becomes: ${JSON.stringify(outcomeOf(decision, example))}`
			: `is: ${decision.verdict === 'rewritten' ? 'allowed' : decision.verdict}`,
		rules: decision.because.map(({ id }) => id),
		isLooser: strictness[decision.verdict] < expectedStrictness(example) || (wanted !== undefined && !isChanged),
	};
}

/** The branch is what the example says, and unknown where it says none: no example may depend on where it is checked. */
function decideExample(
	set: PolicySet,
	request: Request,
	{ run, branch, nth = 1 }: Example,
	{ ports, isAssumedOpen = false }: Judging,
): Decision {
	const own: Ports = { ...ports, branchOf: () => branch };
	const decision = decide(set, request, own);
	const isClosed = decision.verdict === 'hidden' && decision.because.length === 0;
	const judged =
		(run !== undefined || isAssumedOpen) && isClosed
			? decide({ ...set, defaults: { ...set.defaults, tool: 'allow' } }, request, own)
			: decision;
	return countedAs(judged, nth);
}

/** The decision about the nth such call, when all before it happened in the same period. */
function countedAs(decision: Decision, nth: number): Decision {
	const spent = decision.limits?.find(({ calls, mode }) => mode === 'enforce' && nth > calls);
	return spent === undefined
		? decision
		: { ...decision, verdict: 'denied', acted: true, because: [spent.rule, ...decision.because] };
}

function isChangedBy({ verdict, changes }: Decision, { run }: Example): boolean {
	return verdict === 'rewritten' && (run === undefined || changes.some(({ path }) => path === '/command'));
}

/** The arguments of a call; of a command its text alone, whatever else the policy fills in. */
function outcomeOf({ final }: Decision, { run }: Example): Json {
	return run === undefined ? argumentsIn(final) : (commandIn(final) ?? null);
}

function commandIn(target: Target): Json | undefined {
	return target.kind === 'tool' ? target.args['command'] : undefined;
}

function isAsSaid(decision: Decision, example: Example, wanted: Json | undefined): boolean {
	const passes = decision.verdict === 'allowed' || decision.verdict === 'rewritten';
	if (wanted !== undefined) {
		const runs = passes || decision.verdict === 'asked';
		return (
			runs &&
			sameJson(outcomeOf(decision, example), wanted) &&
			(example.is === undefined || meets(decision, example.is, example))
		);
	}
	return meets(decision, example.is ?? 'allowed', example);
}

function meets(decision: Decision, is: NonNullable<Example['is']>, example: Example): boolean {
	const { verdict } = decision;
	switch (is) {
		case 'allowed':
			return verdict === 'allowed' || verdict === 'rewritten';
		case 'unchanged':
			return verdict === 'allowed' || (verdict === 'rewritten' && !isChangedBy(decision, example));
		case 'denied':
		case 'asked':
		case 'hidden':
			return verdict === is;
		default:
			return is satisfies never;
	}
}

const strictness: Readonly<Record<Verdict, number>> = {
	allowed: 0,
	rewritten: 0,
	asked: 1,
	contained: 2,
	denied: 3,
	hidden: 4,
	errored: 4,
};

function expectedStrictness({ is }: Example): number {
	return is === undefined || is === 'unchanged' ? 0 : strictness[is];
}

/** The question an example puts, or why it puts none. */
function requestOf(rule: Rule, example: Example, context: ExamplesContext): Request | string {
	const target = targetOf(rule, example, context);
	if (typeof target === 'string') return target;
	return {
		target,
		agent: example.agent ?? 'example',
		at: example.at === undefined ? context.at : Date.parse(example.at),
		env: example.env ?? {},
		cwd: context.cwd,
		...carrying(target, example, context),
		driverHasAllowedTool: true,
	};
}

/** Where the commands of the call stand. */
function carrying(
	target: Target,
	{ run }: Example,
	{ commandsAt, shell }: ExamplesContext,
): Pick<Request, 'commandsAt' | 'isBuiltinShell'> {
	if (run !== undefined) return { commandsAt: ['/command'], isBuiltinShell: true };
	if (target.kind !== 'tool') return {};
	return {
		commandsAt: commandsAt?.(target.driver, target.tool) ?? [],
		isBuiltinShell: target.driver === (shell ?? plainShell) && target.tool === 'run',
	};
}

const plainShell = 'shell' as DriverName;

function targetOf(rule: Rule, example: Example, context: ExamplesContext): Target | string {
	const text = (source: string) => expand(source, rule, context) as string;
	const args = (expand((example.args ?? {}) as JsonObject, rule, context) ?? {}) as JsonObject;
	if (example.call !== undefined) {
		const name = parseToolName(example.call);
		return name === undefined ? `\`${example.call}\` is no driver/tool` : { kind: 'tool', ...name, args };
	}
	if (example.run !== undefined) {
		return { kind: 'tool', driver: context.shell ?? plainShell, tool: 'run', args: { command: text(example.run) } };
	}
	const driver = driverOf(rule);
	if (example.resource !== undefined) {
		return { kind: 'resource', driver, uri: text(example.resource), method: 'resources/read' };
	}
	if (example.prompt !== undefined) {
		return { kind: 'prompt', driver, prompt: text(example.prompt), args, method: 'prompts/get' };
	}
	return 'the example names nothing to judge';
}

/** A resource or prompt example happens at the driver its rule names, else at some driver. */
function driverOf({ match: { from = [] } }: Rule): DriverName {
	const named = from.find(isLiteral);
	return (named === undefined ? undefined : parseDriverName(named)) ?? ('example' as DriverName);
}

function expand(value: Json, rule: Rule, { workspace, tmp, home, env }: ExamplesContext): Json {
	// A variable that stands for nothing is reported where rules are compiled; here it stays as it is written.
	const variables = { workspace, tmp, home, env, lists: rule.lists };
	let isUnknown = false;
	const expanded = expandJson(value, variables, () => {
		isUnknown = true;
	});
	return isUnknown ? value : expanded;
}

function argumentsIn(target: Target): Json {
	return target.kind === 'tool' || target.kind === 'prompt' ? target.args : {};
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
	return {
		code: 'P404',
		severity: failure.isLooser ? 'error' : 'note',
		message: `example of \`${rule.id}\` ${failure.isLooser ? 'is looser' : 'differs'} when all policies are merged`,
		where: example.where,
		help: `alone it is \`${said(example)}\`; merged it gives \`${failure.found}\`${byRules(failure)}`,
	};
}

function said({ is, becomes }: Example): string {
	return becomes === undefined ? `is: ${is ?? 'allowed'}` : `becomes: ${JSON.stringify(becomes)}`;
}

function byRules({ rules }: Failure): string {
	return rules.length === 0 ? '' : ` (rule: ${rules.join(', ')})`;
}
