// Examples that show what a policy makes of one call: written, read back, and judged before anybody sees them.
import type { Decision } from '../abi/decision.ts';
import { deepFreeze, ExactNumber, isJsonObject, type Json, type JsonObject } from '../abi/json.ts';
import type { RuleId } from '../abi/names.ts';
import type { Answer, Question } from '../kernel/question.ts';
import { parseArgument, removeArgument, setArgument } from '../policy/arguments.ts';
import { assumptionsOf, checkExamples } from '../policy/examples.ts';
import { type ExamplesContext, requestOf } from '../policy/judge-example.ts';
import { loadPolicy } from '../policy/load.ts';
import type { Example, Policy, Rule } from '../policy/rule.ts';
import { escapeInvisible } from '../text/characters.ts';
import { quoted } from '../text/scalar-text.ts';
import { writeJson } from '../wire/json.ts';
import type { Asked } from './batch.ts';
import { nearMisses } from './considered.ts';
import type { Setting } from './setting.ts';
import { trialOfRoot } from './trial.ts';

export interface Suggestion {
	readonly rule: Rule;
	/** The rule has a part in what comes out, or came near to one. */
	readonly part: 'decides' | 'near';
	/** One entry of `examples:`, which holds alone and merged; absent where none was found. */
	readonly entry?: string;
}

export interface Explained {
	readonly question: Question & { readonly target: Asked };
	readonly answer: Answer;
	/** The question was a shell command. */
	readonly isRun: boolean;
	/** Members that the person gave: they belong to the example. */
	readonly isAgentGiven: boolean;
	readonly isTimeGiven: boolean;
	/** The branch that is checked out where the call would run. */
	readonly branch: string | undefined;
}

const mostNear = 5;

/** One for each rule that has a part in the decision, then for those that nearly had: that they leave the call alone. */
export function suggestExamples(setting: Setting, explained: Explained): readonly Suggestion[] {
	const { question, answer } = explained;
	const trial = trialOfRoot(setting, question.at);
	if (!trial.loads) return [];
	const { policies, context } = trial;
	const rules = new Map(policies.flatMap((policy) => policy.rules.map((rule) => [rule.id, rule] as const)));
	const { because, changes, limits = [] } = answer.decision;
	const deciding = [...because.map(({ id }) => id), ...changes.map(({ rule }) => rule)].filter((id) => rules.has(id));
	const limiting = new Map(limits.map(({ rule, calls }) => [rule.id, calls]));
	const near = nearMisses(answer.considered)
		.filter(([, { nearness }]) => nearness === 'lifted' || nearness === 'clause')
		.slice(0, mostNear);
	const asked = [...new Set([...deciding, ...limiting.keys()])];
	const wanted = [
		...asked.map((id) => ({ id, part: 'decides' as const })),
		...near.map(([{ rule }]) => ({ id: rule.id, part: 'near' as const })),
	];
	const drafts = wanted.map(({ id, part }) => {
		const outcome =
			part === 'near'
				? { is: 'unchanged' }
				: limiting.has(id) && !deciding.includes(id)
					? { nth: (limiting.get(id) ?? 0) + 1, is: 'denied' }
					: outcomeOf(answer.decision, explained);
		return { id, part, texts: outcome === undefined ? [] : draftsOf(explained, outcome) };
	});
	// A branch is written only where the outcome depends on it.
	const found = new Map<RuleId, string>();
	for (const variant of [0, 1]) {
		const open = drafts.flatMap(({ id, texts }) => {
			const text = texts[variant];
			return text === undefined || found.has(id) ? [] : [[id, text] as const];
		});
		const entries = new Map(open);
		for (const id of holding(entries, policies, context, question.target)) {
			const entry = entries.get(id);
			if (entry !== undefined) found.set(id, entry);
		}
	}
	return wanted.flatMap(({ id, part }): Suggestion[] => {
		const rule = rules.get(id);
		const entry = found.get(id);
		if (rule === undefined || (part === 'near' && entry === undefined)) return [];
		return [{ rule, part, ...(entry === undefined ? {} : { entry }) }];
	});
}

/** The rules whose example, read back from its text, means this call and holds alone and merged. */
function holding(
	texts: ReadonlyMap<RuleId, string>,
	policies: readonly Policy[],
	context: ExamplesContext,
	target: Asked,
): RuleId[] {
	const examples = new Map<RuleId, Example>();
	for (const [id, text] of texts) {
		const rule = policies.flatMap(({ rules }) => rules).find((one) => one.id === id);
		const example = readBack(text, id);
		if (rule !== undefined && example !== undefined && means(example, rule, context, target)) examples.set(id, example);
	}
	const trying = policies.map((policy) => ({
		...policy,
		rules: policy.rules.map((rule) => {
			const example = examples.get(rule.id);
			return { ...rule, examples: example === undefined ? [] : [example] };
		}),
	}));
	const broken = new Set(checkExamples(trying, context).problems.map(({ where }) => where?.file));
	return [...examples.keys()].filter((id) => !broken.has(fileFor(id)));
}

/** What the text says as part of a policy file; undefined when it does not load. */
function readBack(text: string, id: RuleId): Example | undefined {
	const rule = `  - id: a\n    match: { tool: x/y }\n    then: allow\n    examples:\n      - ${text}\n`;
	const file = fileFor(id);
	return loadPolicy({ file, text: `version: 1\nname: a\nrules:\n${rule}`, layer: 'run' }).policy?.rules[0]?.examples[0];
}

function fileFor(id: RuleId): string {
	return `example of ${id}`;
}

/** `\${workspace}` in a text stands for something in an example, and not in a call. */
function means(example: Example, rule: Rule, context: ExamplesContext, target: Asked): boolean {
	const request = requestOf(example, assumptionsOf(rule), context);
	if (typeof request === 'string' || request.target.kind !== 'tool') return false;
	const { driver, tool, args } = request.target;
	return driver === target.driver && tool === target.tool && writeJson(args) === writeJson(target.args);
}

/** What the author would say of the decision; undefined where no word is for it. */
function outcomeOf(decision: Decision, { isRun, question }: Explained): JsonObject | undefined {
	const { verdict, changes } = decision;
	const args = decision.acted ? (decision.final as Asked).args : changed(question.target.args, decision);
	switch (verdict) {
		case 'allowed':
			return { is: 'unchanged' };
		case 'rewritten':
			if (!isRun) return { becomes: args };
			return changes.some(({ path }) => path === '/command') ? { becomes: args['command'] ?? '' } : { is: 'unchanged' };
		case 'denied':
		case 'asked':
		case 'hidden':
			return { is: verdict };
		case 'contained':
		case 'errored':
			return undefined;
		default:
			return verdict satisfies never;
	}
}

/** The arguments as they would be under enforcement; where a mode only watches, the call runs as it was asked. */
function changed(args: JsonObject, { changes }: Decision): JsonObject {
	return changes.reduce((all, { path, to }) => {
		const at = parseArgument(path);
		return to === undefined ? removeArgument(all, at) : (setArgument(all, at, to) ?? all);
	}, args);
}

/** Without the branch, then with it. */
function draftsOf({ question, answer, isRun, ...given }: Explained, outcome: JsonObject): readonly string[] {
	const { target, agent, at } = question;
	const isTimed = answer.considered.some(
		({ rule: { when } }) => when?.time !== undefined || /\bnow\b/.test(when?.cel ?? ''),
	);
	const { command } = target.args;
	const asked: JsonObject =
		isRun && typeof command === 'string'
			? { run: command }
			: {
					call: `${target.driver}/${target.tool}`,
					...(Object.keys(target.args).length === 0 ? {} : { args: target.args }),
				};
	const around: JsonObject = {
		...(given.isAgentGiven ? { agent } : {}),
		...(given.isTimeGiven || isTimed ? { at: new Date(at).toISOString() } : {}),
	};
	const write = (members: JsonObject) => flow(deepFreeze({ ...asked, ...around, ...members, ...outcome }));
	return [write({}), ...(given.branch === undefined ? [] : [write({ branch: given.branch })])];
}

/** A value as YAML on one line. */
function flow(value: Json): string {
	if (typeof value === 'string') return isPlain(value) ? value : escapeInvisible(quoted(value));
	if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
	if (!isJsonObject(value)) return value instanceof ExactNumber ? value.source : JSON.stringify(value);
	const members = Object.entries(value).map(([key, one]) => `${flow(key)}: ${flow(one)}`);
	return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** Words that YAML takes for text, and for nothing else. */
function isPlain(text: string): boolean {
	return (
		/^[A-Za-z_./][\w./@%+=-]*(?: [\w./@%+=-]+)*$/.test(text) &&
		!/^(?:true|false|null|yes|no|on|off|y|n|\.inf|\.nan)$/i.test(text)
	);
}
