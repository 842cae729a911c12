// Finds rewrites whose own result they would rewrite again (P403), by trying them on examples and on the plainest command they match.
import type { JsonObject } from '../abi/json.ts';
import type { Problem } from '../abi/problem.ts';
import { parseCommandPattern } from './command-pattern.ts';
import { compile } from './compile.ts';
import type { CompiledRule } from './compiled.ts';
import { assumptionsOf } from './examples.ts';
import { type ExamplesContext, requestOf } from './judge-example.ts';
import { type Look, lookAt, sensesOf } from './look.ts';
import { failsToCure } from './rewrite.ts';
import type { Example, Policy, Rule } from './rule.ts';
import { rewrittenOnce } from './settle.ts';

/** One problem a rule, for the first call that it never settles. Such calls are refused while the kernel runs. */
export function checkRewrites(policies: readonly Policy[], context: ExamplesContext): Problem[] {
	const alone = policies.flatMap((policy) => {
		if (!policy.rules.some(isRewriting)) return [];
		return rewritesOf([policy], context).flatMap((rule) => unsettled(rule, context));
	});
	const together = rewritesOf(policies, context).filter(
		({ rule }) => !alone.some(({ where }) => where === rule.actionWhere),
	);
	// Each is tried with each; nobody writes so many by hand.
	const isFew = together.length > 1 && together.length <= mostTogether;
	return [...alone, ...(isFew ? unsettledTogether(together, context) : [])];
}

const mostTogether = 200;

function rewritesOf(policies: readonly Policy[], context: ExamplesContext): readonly CompiledRule[] {
	const { set } = compile(policies, { ...context, mode: 'enforce', defaults: {} });
	return (set?.rules ?? []).filter(({ rule }) => isRewriting(rule));
}

/** Rules that undo one another: what the first makes of a call comes back to it by way of the others. */
function unsettledTogether(rules: readonly CompiledRule[], context: ExamplesContext): Problem[] {
	const reported = new Set<CompiledRule>();
	return rules.flatMap((first): Problem[] => {
		if (reported.has(first)) return [];
		const round = tried(first)
			.map((example) => roundOf(first, example, rules, context))
			.find(isThere);
		if (round === undefined) return [];
		for (const rule of round.rules) reported.add(rule);
		const others = round.rules.slice(1).map(({ id }) => `\`${id}\``);
		return [
			{
				code: 'P403',
				severity: 'error',
				message: `rewrite in \`${first.id}\` never settles`,
				where: first.rule.actionWhere,
				label: `its output is rewritten by ${others.join(' and ')}, whose output it matches again`,
				help: `${round.texts.map((text) => `\`${text}\``).join(' -> ')}; narrow one of these rules`,
			},
		];
	});
}

interface Round {
	/** `first` and those that follow, each once. */
	readonly rules: readonly CompiledRule[];
	readonly texts: readonly string[];
}

/** Undefined where the example comes to rest before `first` would change it again. */
function roundOf(
	first: CompiledRule,
	example: Example,
	rules: readonly CompiledRule[],
	context: ExamplesContext,
): Round | undefined {
	const asked = lookAtExample(first, example, context);
	if (asked === undefined) return undefined;
	const round = [first];
	const texts = [textOf(asked.args, example)];
	let look = rewrittenOnce(first, asked);
	while (look !== undefined) {
		texts.push(textOf(look.args, example));
		const now = look;
		if (round.length > 1 && rewrittenOnce(first, now) !== undefined) return { rules: round, texts };
		const next = rules.find((rule) => !round.includes(rule) && rewrittenOnce(rule, now) !== undefined);
		if (next === undefined) return undefined;
		round.push(next);
		look = rewrittenOnce(next, now);
	}
	return undefined;
}

function isThere<T>(value: T | undefined): value is T {
	return value !== undefined;
}

function tried({ rule }: CompiledRule): readonly Example[] {
	return [...rule.examples, ...plainExamples(rule)];
}

function isRewriting({ action }: Rule): boolean {
	return action.kind === 'rewrite' || action.kind === 'rewrite-command';
}

function unsettled(compiled: CompiledRule, context: ExamplesContext): Problem[] {
	const { rule } = compiled;
	for (const example of tried(compiled)) {
		const pass = firstPass(compiled, example, context);
		if (pass === undefined) continue;
		return [
			{
				code: 'P403',
				severity: 'error',
				message: `rewrite in \`${rule.id}\` never settles`,
				where: rule.actionWhere,
				label: 'its output matches its own `match`',
				help: `first pass: \`${pass.from}\` -> \`${pass.to}\`; narrow \`match\` so the result no longer matches`,
			},
		];
	}
	return [];
}

/** What the first pass makes of the example, where the rule would not leave it alone afterwards. */
function firstPass(
	rule: CompiledRule,
	example: Example,
	context: ExamplesContext,
): { readonly from: string; readonly to: string } | undefined {
	const asked = lookAtExample(rule, example, context);
	if (asked === undefined) return undefined;
	const once = rewrittenOnce(rule, asked);
	if (once === undefined) return undefined;
	const isLeftAlone = !failsToCure(rule, once) && rewrittenOnce(rule, once) === undefined;
	return isLeftAlone ? undefined : { from: textOf(asked.args, example), to: textOf(once.args, example) };
}

/** The call of an example; undefined for what is no call of a tool. */
function lookAtExample({ rule }: CompiledRule, example: Example, context: ExamplesContext): Look | undefined {
	const request = requestOf(example, assumptionsOf(rule), context);
	if (typeof request === 'string' || request.target.kind !== 'tool') return undefined;
	return lookAt(request.target, request, sensesOf(request, { ...context.ports, branchOf: () => example.branch }));
}

function textOf(args: JsonObject, { run }: Example): string {
	const { command } = args;
	return run !== undefined && typeof command === 'string' ? command : JSON.stringify(args);
}

const mostPlain = 8;

/** Each matched command as somebody would type it who knows only the pattern. Facts can't be made up, so then there is none. */
function plainExamples({ match: { command = [], flags = [], facts }, where }: Rule): readonly Example[] {
	if (facts !== undefined) return [];
	const [flag] = flags;
	const suffix = flag === undefined || /[*?]/.test(flag) ? '' : ` ${flag}`;
	return command
		.filter((pattern) => !pattern.includes('$'))
		.flatMap(plainCommands)
		.slice(0, mostPlain)
		.map((plain) => ({ run: `${plain}${suffix}`, where }));
}

/** `pip {install,uninstall}` → `pip install`, `pip uninstall`; a wildcard stands for one character. */
function plainCommands(text: string): readonly string[] {
	const pattern = parseCommandPattern(text);
	if ('error' in pattern) return [];
	const [programs = [], ...words] = [pattern.program, ...pattern.words].map((choices) =>
		choices.slice(0, mostPlain).map((choice) => choice.replace(/[*?]/g, '1')),
	);
	return words.reduce<readonly string[]>(
		(starts, choices) => starts.flatMap((start) => choices.map((choice) => `${start} ${choice}`)).slice(0, mostPlain),
		programs,
	);
}
