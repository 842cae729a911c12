// Judges one call against the rules that act in one mode: changes first, then both forms; the strictest wins.
import type { Decision, Mode, Ports, Request, RuleRef, Verdict } from '../abi/decision.ts';
import { deepFreeze, type JsonObject } from '../abi/json.ts';
import type { Target } from '../abi/syscall.ts';
import { joinAskTerms } from './ask.ts';
import { type CommandRefusal, commandRefusals, coversAll, unallowedCommand } from './command.ts';
import type { PolicySet } from './compile.ts';
import { applies, type CompiledRule, hitsOf, isKind, opens, opensCommands, type RuleOf, ruleRef } from './compiled.ts';
import { isAtLeast } from './defaults.ts';
import { type Look, lookAt, sensesOf } from './look.ts';
import { type Refusal, settle } from './settle.ts';
import { defaultFor } from './unruled.ts';

/** What would be done with a call, were every rule of at least `mode` in force. */
export type Judgement = Omit<Decision, 'acted' | 'mode' | 'error'>;

/** A call in both its forms. */
interface Forms {
	readonly asked: Look;
	readonly final: Look;
}

export function judge(set: PolicySet, request: Request, ports: Ports, mode: Mode): Judgement {
	const { target } = request;
	const senses = sensesOf(request, ports);
	const lookWith = (args: JsonObject) => lookAt(withArguments(target, args), request, senses);
	const asked = lookAt(target, request, senses);
	const rules = sortOut(set.index.candidates(target), mode);
	// What is closed without an allow rule obeys the mode of the whole set.
	const defaultsAct = isAtLeast(set.mode, mode);
	const fallback = defaultsAct ? defaultFor(set.defaults, request) : 'allow';

	const isReachable = fallback !== 'deny' || [...rules.allow, ...rules.ask].some((rule) => opens(rule, asked, 'list'));
	const hiddenAsked = rules.hide.filter((rule) => applies(rule, asked));
	const isUnseen = hiddenAsked.length > 0 || (!isReachable && existsByRule(target));
	const refs = hiddenAsked.map((rule) => ruleRef(rule, 'asked', asked));
	const unseen = isUnseen ? stopped('hidden', refs, hiddenAsked, target) : undefined;
	// What does not exist can't err either: the answer must not tell it from an unknown name. Where hiding is not acted
	// on the call goes through, so everything else is still looked at: an error refuses it all the same.
	if (unseen !== undefined && mode === 'enforce') return unseen;

	const settled = target.kind === 'tool' ? settle(rules.change, asked, lookWith) : unchanged(asked.args);
	const final = settled.args === asked.args ? asked : lookWith(deepFreeze(settled.args));
	const forms = { asked, final };
	const result = { final: final.target, changes: settled.changes };

	const hiding = rules.hide.filter((rule) => appliesToEither(rule, forms));
	const denying = rules.deny.filter((rule) => appliesToEither(rule, forms));
	const asking = rules.ask.filter((rule) => appliesToEither(rule, forms));
	const opening = [...rules.allow, ...rules.ask].filter(isAboutCommands);
	const restricting = [...rules.hide, ...rules.deny, ...rules.ask, ...rules.change].filter(isAboutCommands);
	const commands = commandRefusals(forms, { restricting, opening, defaults: set.defaults, defaultsAct });
	// Rules about commands let a call happen together: each command needs one of them. A tool they open by naming it.
	const naming = opening.filter(({ match }) => match.tool !== undefined);
	const isCovered = coversAll(final, naming);
	const allowing = rules.allow.filter((rule) => {
		return isAboutCommands(rule) ? isCovered && opensCommands(rule, final).length > 0 : applies(rule, final);
	});
	if (unseen !== undefined) return unseen;
	if (hiding.length > 0)
		return { ...stopped('hidden', refsOf(hiding, forms), hiding, target), changes: settled.changes };

	const refusals = [...settled.refusals, ...commands.filter(({ verdict }) => verdict === 'denied')];
	if (denying.length + refusals.length > 0) {
		const refusing = refusals.flatMap((refusal) => refusal.rules);
		const because = [
			...refsOf(unique([...denying, ...refusing]), forms),
			...kernelRefs(commands, 'denied'),
			...refsOf(unique(asking), forms),
		];
		const denied = stopped('denied', because, denying, target, refusals[0]);
		return { ...withDoubts(denied, denying[0], forms), ...result };
	}

	const isOpen =
		allowing.length > 0 || isCovered || asking.some((rule) => !isAboutCommands(rule) && opens(rule, final));
	if (!isOpen && fallback === 'deny') {
		const reason = (naming.length === 0 ? undefined : unallowedCommand(final, naming)) ?? unallowed(target);
		return { verdict: 'denied', because: [], reason, ...result };
	}

	const standing = refsOf(unique([...settled.changers, ...allowing]), forms);
	const [question] = commands;
	const isAsked =
		asking.length > 0 || question !== undefined || (allowing.length === 0 && !isCovered && fallback === 'ask');
	if (isAsked) {
		const because = unique([...asking, ...commands.flatMap(({ rules: about }) => about)]);
		const said = withDoubts({ ...explained('asked', asking, question), because: [] }, asking[0], forms);
		return {
			...said,
			...result,
			because: [...refsOf(because, forms), ...kernelRefs(commands, 'asked'), ...standing],
			ask: joinAskTerms(asking),
		};
	}
	const verdict = settled.changes.length > 0 ? 'rewritten' : 'allowed';
	return { ...explained(verdict, settled.changers), because: standing, ...result };
}

/** What refused or asked without a rule behind it. */
function kernelRefs(refusals: readonly CommandRefusal[], verdict: CommandRefusal['verdict']): RuleRef[] {
	const ids = new Set(refusals.flatMap((refusal) => (refusal.verdict === verdict ? (refusal.by ?? []) : [])));
	return [...ids].map((id) => ({ id, effect: verdict === 'denied' ? 'deny' : 'ask', matched: 'both' }));
}

function isAboutCommands({ command }: CompiledRule): boolean {
	return command !== undefined;
}

/** Says so when a rule about commands or SQL matched only because nobody can tell. */
function withDoubts<J extends Pick<Judgement, 'reason'>>(
	judgement: J,
	rule: CompiledRule | undefined,
	forms: Forms,
): J {
	const note = rule === undefined ? undefined : (commandDoubt(rule, forms) ?? sqlDoubt(rule, forms));
	if (note === undefined) return judgement;
	return { ...judgement, reason: judgement.reason === undefined ? note : `${judgement.reason} ${note}` };
}

function commandDoubt(rule: CompiledRule, { asked, final }: Forms): string | undefined {
	if (rule.command === undefined) return undefined;
	const hits = [asked, final].flatMap((look) => hitsOf(rule, look).hits);
	const [first] = hits;
	if (first === undefined || hits.some(({ doubts }) => doubts.length === 0)) return undefined;
	const what = first.doubts.map((name) => `\`${name.replace(/^facts\./, '')}\``).join(' and ');
	return `Of \`${first.command.program}\` the text does not tell ${what}, so it counts as if it did.`;
}

function sqlDoubt({ conditions }: CompiledRule, { asked, final }: Forms): string | undefined {
	const isUnsure = (look: Look) => conditions.some(({ readsSql, test }) => readsSql && test(look) === 'unsure');
	const doubt = [asked, final].find(isUnsure)?.sql.doubt();
	return doubt === undefined ? undefined : `The SQL can not be read for certain: ${doubt}.`;
}

interface Sorted {
	readonly hide: CompiledRule[];
	readonly deny: CompiledRule[];
	readonly ask: RuleOf<'ask'>[];
	readonly allow: CompiledRule[];
	/** Pins, bounds and rewrites. */
	readonly change: CompiledRule[];
}

/** The rules in force in `mode`, by what they do, each list in id order. An allow rule opens in any mode. */
function sortOut(candidates: readonly CompiledRule[], mode: Mode): Sorted {
	const sorted: Sorted = { hide: [], deny: [], ask: [], allow: [], change: [] };
	for (const rule of candidates) {
		const { kind } = rule.action;
		if (kind === 'allow') sorted.allow.push(rule);
		else if (!isAtLeast(rule.mode, mode)) continue;
		else if (kind === 'hide' || kind === 'deny') sorted[kind].push(rule);
		else if (isAsk(rule)) sorted.ask.push(rule);
		else if (kind in changing) sorted.change.push(rule);
	}
	return sorted;
}

const isAsk = isKind('ask');
/** Actions that change arguments; those that are not named here take no part in judging a call. */
const changing = { pin: true, narrow: true, rewrite: true, 'rewrite-command': true };

/** Tools, resources and prompts that nothing opens do not exist; a method or a driver's request is merely refused. */
function existsByRule({ kind }: Target): boolean {
	return kind === 'tool' || kind === 'resource' || kind === 'prompt';
}

function appliesToEither(rule: CompiledRule, { asked, final }: Forms): boolean {
	return applies(rule, asked) || (final !== asked && applies(rule, final));
}

function refsOf(rules: readonly CompiledRule[], { asked, final }: Forms): RuleRef[] {
	return rules.map((rule) => {
		if (final === asked) return ruleRef(rule, 'both', asked);
		const [before, after] = [applies(rule, asked), applies(rule, final)];
		return ruleRef(rule, before === after ? 'both' : before ? 'asked' : 'final', before ? asked : final);
	});
}

function stopped(
	verdict: 'hidden' | 'denied',
	because: readonly RuleRef[],
	rules: readonly CompiledRule[],
	target: Target,
	refusal?: Refusal,
): Judgement {
	return { ...explained(verdict, rules, refusal), because, final: target, changes: [] };
}

/** The words of the first rule; where none has any, those of what else refused. */
function explained<V extends Verdict>(verdict: V, rules: readonly CompiledRule[], refusal?: Refusal) {
	const [first] = rules;
	const reason = first === undefined ? refusal?.reason : first.reason;
	const instead = first === undefined ? (refusal?.instead ?? refusal?.rules[0]?.instead) : first.instead;
	return { verdict, ...(reason === undefined ? {} : { reason }), ...(instead === undefined ? {} : { instead }) };
}

function unallowed(target: Target): string {
	switch (target.kind) {
		case 'tool':
			return 'No rule allows this tool with these arguments.';
		case 'resource':
			return 'No rule allows this resource.';
		case 'prompt':
			return 'No rule allows this prompt with these arguments.';
		case 'method':
			return `No rule allows the method \`${target.method}\`.`;
		case 'driver_asks':
			return `No rule allows this driver to ask for ${target.asks}.`;
		default:
			return target satisfies never;
	}
}

function unchanged(args: JsonObject) {
	return { args, changes: [], changers: [], refusals: [] };
}

function withArguments(target: Target, args: JsonObject): Target {
	return target.kind === 'tool' ? Object.freeze({ ...target, args }) : target;
}

function unique(rules: readonly CompiledRule[]): CompiledRule[] {
	return [...new Set(rules)];
}
