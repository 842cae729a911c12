// What the answer must be, worked out slowly: every rule is tried, nothing is looked up, remembered or left out.
import type { Decision, Mode, Ports, Request } from '../../src/abi/decision.ts';
import { type CommandRefusal, commandRefusals, coversAll } from '../../src/policy/command.ts';
import { liftsCall } from '../../src/policy/command-hits.ts';
import type { PolicySet } from '../../src/policy/compile.ts';
import { applies, type CompiledRule, opens, opensCommands, type Part } from '../../src/policy/compiled.ts';
import { type Look, lookAt, sensesOf } from '../../src/policy/look.ts';
import { settle } from '../../src/policy/settle.ts';
import { holds, type Lean, opposite } from '../../src/policy/truth.ts';
import { defaultFor } from '../../src/policy/unruled.ts';

/** An answer, and the rules of its own kind that took part, in id order. */
export interface Answer extends Pick<Decision, 'verdict' | 'mode' | 'acted'> {
	readonly rules: readonly string[];
}

const ranks: Readonly<Record<Mode, number>> = { observe: 0, warn: 1, enforce: 2 };

export function answerSlowly(set: PolicySet, request: Request, ports: Ports): Answer {
	for (const mode of ['enforce', 'warn', 'observe'] as const) {
		const { verdict, rules, isChanged } = answerIn(mode, set, request, ports);
		if (verdict === 'allowed' && mode !== set.mode) continue;
		const stands = verdict === 'allowed' || (verdict === 'contained' && !isChanged);
		return { verdict, mode, acted: mode === 'enforce' || stands, rules };
	}
	throw new Error(`no mode ${set.mode}`);
}

function answerIn(
	mode: Mode,
	set: PolicySet,
	request: Request,
	ports: Ports,
): Pick<Answer, 'verdict' | 'rules'> & { isChanged: boolean } {
	const { target } = request;
	const senses = sensesOf(request, ports);
	const inForce = set.rules.filter((rule) => {
		const { action, mode: own } = rule;
		if (request.isTrap === true && !isAboutCommands(rule) && !['hide', 'deny', 'allow'].includes(action.kind))
			return false;
		return action.kind === 'allow' || ranks[own] >= ranks[mode];
	});
	const of = (...kinds: readonly string[]) => inForce.filter(({ action }) => kinds.includes(action.kind));

	const asked = lookAt(target, request, senses);
	const changes = of('pin', 'narrow', 'rewrite', 'rewrite-command');
	const settled = target.kind === 'tool' ? settle(changes, asked) : undefined;
	const isSame = settled === undefined || settled.args === asked.args;
	const final = isSame ? asked : asked.withArgs(settled.args);
	const say = (verdict: Answer['verdict'], rules: readonly CompiledRule[]) => ({
		verdict,
		rules: rules.map(({ id }) => id),
		isChanged: (settled?.changes ?? []).length > 0,
	});
	const matching = (kind: string) => of(kind).filter((rule) => matches(rule, asked) || matches(rule, final));

	const defaultsAct = ranks[set.mode] >= ranks[mode];
	const fallback = defaultsAct ? defaultFor(set.defaults, request) : 'allow';
	const hidden = of('hide').filter((rule) => matches(rule, asked));
	const isReachable = fallback !== 'deny' || of('allow', 'ask').some((rule) => opens(rule, asked, 'list'));
	const isListed = target.kind === 'tool' || target.kind === 'resource' || target.kind === 'prompt';
	if (hidden.length > 0 || (!isReachable && isListed)) return say('hidden', hidden);
	if (matching('hide').length > 0) return say('hidden', matching('hide'));

	const opening = of('allow', 'ask').filter(isAboutCommands);
	const refusals: readonly CommandRefusal[] = commandRefusals(
		{ asked, final },
		{
			restricting: of('hide', 'deny', 'ask', 'pin', 'narrow', 'rewrite', 'rewrite-command').filter(isAboutCommands),
			opening,
			defaults: set.defaults,
			defaultsAct,
			isContained: request.isContained === true,
			isTrap: request.isTrap === true,
		},
	);
	const refusing = [...(settled?.refusals ?? []), ...refusals.filter(({ verdict }) => verdict === 'denied')];
	const denying = [...matching('deny'), ...refusing.flatMap(({ rules }) => rules.filter(isDeny))];
	if (denying.length + refusing.length > 0) return say('denied', denying);

	const isCovered = coversAll(
		final,
		opening.filter(({ match }) => match.tool !== undefined),
	);
	const allowing = of('allow').filter((rule) =>
		isAboutCommands(rule) ? isCovered && opensCommands(rule, final).length > 0 : matches(rule, final),
	);
	const asking = matching('ask');
	const isAskedFor = asking.some((rule) => !isAboutCommands(rule) && opens(rule, final));
	const isOpen = allowing.length > 0 || isCovered || isAskedFor;
	if (!isOpen && fallback === 'deny') return say('denied', []);
	const isAskedByDefault = fallback === 'ask' && allowing.length === 0 && !isCovered;
	const isQuestioned = refusals.some(({ verdict }) => verdict === 'asked');
	if (asking.length > 0 || isQuestioned || isAskedByDefault) return say('asked', asking);
	if (refusals.length > 0) return say('contained', allowing);
	return say((settled?.changes ?? []).length > 0 ? 'rewritten' : 'allowed', allowing);
}

function isDeny({ action }: CompiledRule): boolean {
	return action.kind === 'deny';
}

function isAboutCommands({ command }: CompiledRule): boolean {
	return command !== undefined;
}

function matches(rule: CompiledRule, look: Look): boolean {
	// Which commands a rule is about is another question, with tables of its own.
	if (isAboutCommands(rule)) return applies(rule, look);
	const { lean, conditions, except, waivers } = rule;
	const lifting = [...except, ...waivers.filter(({ until }) => look.at < until)];
	return everyHolds({ conditions }, look, lean) && !lifting.some((part) => lifts(part, look, lean));
}

function lifts(part: Part, look: Look, lean: Lean): boolean {
	const isCommandLifted = part.command === undefined || liftsCall(part.command, look, lean);
	return everyHolds(part, look, opposite(lean)) && isCommandLifted;
}

function everyHolds({ conditions }: Pick<Part, 'conditions'>, look: Look, lean: Lean): boolean {
	return conditions.every((condition) => holds(condition.test(look), lean));
}
