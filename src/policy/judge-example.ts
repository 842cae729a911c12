// Judges one example: a call, and what its author says that a set of policies makes of it.
import type { Decision, Ports, Request, ToolFacts, Verdict } from '../abi/decision.ts';
import type { Json, JsonObject } from '../abi/json.ts';
import { type DriverName, parseToolName, type RuleId } from '../abi/names.ts';
import type { Target } from '../abi/syscall.ts';
import { sameJson } from './compare.ts';
import type { CompileContext, PolicySet } from './compile.ts';
import { decide } from './decide.ts';
import { judgeLength, judgeResult } from './judge-result.ts';
import type { Example, Policy } from './rule.ts';
import { expandJson } from './variables.ts';

export interface ExamplesContext extends CompileContext {
	readonly ports: Ports;
	/** When examples happen that say no `at`. */
	readonly at: number;
	/** Where relative paths of examples lead. */
	readonly cwd: string;
	/** Which arguments of a tool carry shell text. */
	readonly commandsAt?: (driver: DriverName, tool: string) => readonly string[];
	/** What trapgate.lock says of a tool; undefined where it says nothing. */
	readonly toolFacts?: (driver: DriverName, tool: string) => ToolFacts | undefined;
	/** The built-in shell as the configuration calls it; `shell` unless told. */
	readonly shell?: DriverName;
}

/** What an example may take for granted. */
export interface Assumptions {
	/** What `${lists.name}` in it means. */
	readonly lists: Policy['lists'];
	/** Where a resource is read and a prompt is fetched. */
	readonly driver: DriverName;
	/** A tool that only the default closes is judged as if a rule allowed it; for commands that holds anyway. */
	readonly isOpen: boolean;
}

export interface Judged {
	/** Absent when it holds. */
	readonly failure?: Failure;
	/** The rules that had a part in what comes out. */
	readonly took: readonly RuleId[];
}

/** What came out instead. */
export interface Failure {
	/** As it would be written: `is: denied`. */
	readonly found: string;
	readonly rules: readonly string[];
	readonly isLooser: boolean;
}

export function judgeExample(set: PolicySet, example: Example, assumed: Assumptions, context: ExamplesContext): Judged {
	const request = requestOf(example, assumed, context);
	if (typeof request === 'string') return { failure: { found: request, rules: [], isLooser: false }, took: [] };
	const decision = decideExample(set, request, example, context.ports, assumed);
	const { result, tokens, becomes } = example;
	const { final } = decision;
	if (result !== undefined) return judgeResult(set, { request, final, result, becomes }, context.ports);
	if (tokens !== undefined) return judgeLength(set, { request, final, tokens, becomes }, context.ports);
	const wanted = example.becomes === undefined ? undefined : expand(example.becomes, assumed, context);
	const rules = decision.because.map(({ id }) => id);
	const took = [...new Set([...rules, ...decision.changes.map(({ rule }) => rule)])];
	if (isAsSaid(decision, example, wanted)) return { took };
	const isChanged = decision.changes.length > 0;
	const found = isChangedBy(decision, example)
		? `becomes: ${JSON.stringify(outcomeOf(decision, example))}`
		: `is: ${decision.verdict === 'rewritten' ? 'allowed' : decision.verdict}`;
	const isLooser = strictness[decision.verdict] < expectedStrictness(example) || (wanted !== undefined && !isChanged);
	return { failure: { found, rules, isLooser }, took };
}

/** The branch is what the example says, and unknown where it says none: no example may depend on where it is checked. */
function decideExample(
	set: PolicySet,
	request: Request,
	{ run, branch, nth = 1 }: Example,
	ports: Ports,
	{ isOpen }: Assumptions,
): Decision {
	const own: Ports = { ...ports, branchOf: () => branch };
	const decision = decide(set, request, own);
	const isClosed = decision.verdict === 'hidden' && decision.because.length === 0;
	const judged =
		(run !== undefined || isOpen) && isClosed
			? decide({ ...set, defaults: { ...set.defaults, tool: 'allow' } }, request, own)
			: decision;
	return countedAs(judged, nth);
}

/** The decision about the nth such call, when all before it happened in the same period. */
function countedAs(decision: Decision, nth: number): Decision {
	const spent = decision.limits?.find(({ calls }) => nth > calls);
	return spent === undefined
		? decision
		: { ...decision, verdict: 'denied', acted: spent.mode === 'enforce', because: [spent.rule, ...decision.because] };
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
export function requestOf(example: Example, assumed: Assumptions, context: ExamplesContext): Request | string {
	const target = targetOf(example, assumed, context);
	if (typeof target === 'string') return target;
	return {
		target,
		agent: example.agent ?? 'example',
		at: example.at === undefined ? context.at : Date.parse(example.at),
		env: example.env ?? {},
		cwd: context.cwd,
		...carrying(target, example, context),
		...factsFor(target, example, context),
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

/** What is known of the tool, by trapgate.lock and by the example; nothing is compared unless the example says so. */
function factsFor(
	target: Target,
	{ effect, lock }: Example,
	{ toolFacts }: ExamplesContext,
): Pick<Request, 'tool' | 'lock'> {
	const known = target.kind === 'tool' ? toolFacts?.(target.driver, target.tool) : undefined;
	const tool = effect === undefined ? known : { definition: {}, ...known, effect };
	return { ...(tool === undefined ? {} : { tool }), ...(lock === undefined ? {} : { lock }) };
}

const plainShell = 'shell' as DriverName;

function targetOf(example: Example, assumed: Assumptions, context: ExamplesContext): Target | string {
	const text = (source: string) => expand(source, assumed, context) as string;
	const args = (expand((example.args ?? {}) as JsonObject, assumed, context) ?? {}) as JsonObject;
	if (example.call !== undefined) {
		const name = parseToolName(example.call);
		return name === undefined ? `\`${example.call}\` is no driver/tool` : { kind: 'tool', ...name, args };
	}
	if (example.run !== undefined) {
		return { kind: 'tool', driver: context.shell ?? plainShell, tool: 'run', args: { command: text(example.run) } };
	}
	const { driver } = assumed;
	if (example.resource !== undefined) {
		return { kind: 'resource', driver, uri: text(example.resource), method: 'resources/read' };
	}
	if (example.prompt !== undefined) {
		return { kind: 'prompt', driver, prompt: text(example.prompt), args, method: 'prompts/get' };
	}
	return 'the example names nothing to judge';
}

function expand(value: Json, { lists }: Assumptions, { workspace, tmp, home, env }: ExamplesContext): Json {
	// A variable that stands for nothing is reported where rules are compiled; here it stays as it is written.
	const variables = { workspace, tmp, home, env, lists };
	let isUnknown = false;
	const expanded = expandJson(value, variables, () => {
		isUnknown = true;
	});
	return isUnknown ? value : expanded;
}

function argumentsIn(target: Target): Json {
	return target.kind === 'tool' || target.kind === 'prompt' ? target.args : {};
}
