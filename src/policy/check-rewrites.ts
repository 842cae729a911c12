// Finds rewrites whose own result they would rewrite again (P403), by trying them on examples and on the plainest command they match.
import type { JsonObject } from '../abi/json.ts';
import type { Problem } from '../abi/problem.ts';
import { parseCommandPattern } from './command-pattern.ts';
import { compile } from './compile.ts';
import type { CompiledRule } from './compiled.ts';
import { assumptionsOf } from './examples.ts';
import { type ExamplesContext, requestOf } from './judge-example.ts';
import { lookAt, sensesOf } from './look.ts';
import { failsToCure } from './rewrite.ts';
import type { Example, Policy, Rule } from './rule.ts';
import { rewrittenOnce } from './settle.ts';

/** One problem a rule, for the first call that it never settles. Such calls are refused while the kernel runs. */
export function checkRewrites(policies: readonly Policy[], context: ExamplesContext): Problem[] {
	return policies.flatMap((policy) => {
		if (!policy.rules.some(isRewriting)) return [];
		const { set } = compile([policy], { ...context, mode: 'enforce', defaults: {} });
		return (set?.rules ?? []).filter(({ rule }) => isRewriting(rule)).flatMap((rule) => unsettled(rule, context));
	});
}

function isRewriting({ action }: Rule): boolean {
	return action.kind === 'rewrite' || action.kind === 'rewrite-command';
}

function unsettled(compiled: CompiledRule, context: ExamplesContext): Problem[] {
	const { rule } = compiled;
	for (const example of [...rule.examples, ...plainExamples(rule)]) {
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
	const request = requestOf(example, assumptionsOf(rule.rule), context);
	if (typeof request === 'string' || request.target.kind !== 'tool') return undefined;
	const { target } = request;
	const senses = sensesOf(request, { ...context.ports, branchOf: () => example.branch });
	const lookWith = (args: JsonObject) => lookAt({ ...target, args }, request, senses);
	const asked = lookWith(target.args);
	const once = rewrittenOnce(rule, asked, lookWith);
	if (once === undefined) return undefined;
	const isLeftAlone = !failsToCure(rule, once) && rewrittenOnce(rule, once, lookWith) === undefined;
	return isLeftAlone ? undefined : { from: textOf(target.args, example), to: textOf(once.args, example) };
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
