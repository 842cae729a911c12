// Judges one call against the rules that act in one mode: changes first, then both forms; the strictest wins.
import type { AskTerms, Decision, Mode, Request, RuleRef, Verdict } from '../abi/decision.ts';
import { deepFreeze, type JsonObject } from '../abi/json.ts';
import type { Target } from '../abi/syscall.ts';
import { joinAskTerms } from './ask.ts';
import { type CommandRefusal, commandRefusals, coversAll, unallowedCommand } from './command.ts';
import type { PolicySet } from './compile.ts';
import { applies, type CompiledRule, hitsOf, opens, opensCommands, ruleRef } from './compiled.ts';
import { isAtLeast } from './defaults.ts';
import type { Look } from './look.ts';
import { isAboutCommands, type Plan } from './plan.ts';
import { type Refusal, settle } from './settle.ts';
import { defaultFor } from './unruled.ts';

/** What would be done with a call, were every rule of at least `mode` in force. */
export interface Judgement extends Words, Pick<Decision, 'verdict' | 'because' | 'final' | 'changes'> {
	/** How a person is asked, when one is. */
	readonly ask: AskTerms | undefined;
}

/** What the agent is told beside the verdict. */
interface Words {
	readonly reason: string | undefined;
	readonly instead: string | undefined;
}

/** A call in both its forms. */
interface Forms {
	readonly asked: Look;
	readonly final: Look;
}

/** `asked` is the call of the request; `rules` are those in force in `mode`. */
export function judge(set: PolicySet, request: Request, asked: Look, rules: Plan, mode: Mode): Judgement {
	const { target } = request;
	// What is closed without an allow rule obeys the mode of the whole set.
	const defaultsAct = isAtLeast(set.mode, mode);
	const fallback = defaultsAct ? defaultFor(set.defaults, request) : 'allow';

	const isReachable =
		fallback !== 'deny' || rules.isReachable || isListed(rules.allow, asked) || isListed(rules.ask, asked);
	const { sieves } = rules;
	const hiddenAsked = matching(sieves.hide.candidates(asked), asked);
	const isUnseen = hiddenAsked.length > 0 || (!isReachable && existsByRule(target));
	const unseen = isUnseen
		? hidden(
				hiddenAsked.map((rule) => ruleRef(rule, 'asked', asked)),
				hiddenAsked,
				target,
			)
		: undefined;
	// What does not exist can't err either: the answer must not tell it from an unknown name. Where hiding is not acted
	// on the call goes through, so everything else is still looked at: an error refuses it all the same.
	if (unseen !== undefined && mode === 'enforce') return unseen;

	const settled =
		target.kind === 'tool' && rules.change.length > 0 ? settle(rules.change, asked) : unchanged(asked.args);
	const final = settled.args === asked.args ? asked : asked.withArgs(deepFreeze(settled.args));
	const forms = { asked, final };
	const { changes } = settled;
	const answer = (verdict: Verdict, because: readonly RuleRef[], { reason, instead }: Words, ask?: AskTerms) => {
		return { verdict, because, reason, instead, final: final.target, changes, ask };
	};

	const hiding = final === asked ? hiddenAsked : matching(rules.hide, asked, final);
	// A call that is changed may be caught in either form.
	const isOne = final === asked;
	const denying = matching(isOne ? sieves.deny.candidates(asked) : rules.deny, asked, final);
	const asking = matching(isOne ? sieves.ask.candidates(asked) : rules.ask, asked, final);
	const opening = rules.openingCommands;
	const restricting = rules.restrictingCommands;
	const commands = commandRefusals(forms, {
		restricting,
		opening,
		defaults: set.defaults,
		defaultsAct,
		isContained: request.isContained === true,
		isTrap: request.isTrap === true,
	});
	// Rules about commands let a call happen together: each command needs one of them. A tool they open by naming it.
	const naming = rules.openingTools;
	const refusals = joined(settled.refusals, withVerdict(commands, 'denied'));
	const isDenied = denying.length + refusals.length > 0;
	// Nothing that allows the call changes a refusal that acts. One that does not act lets the call through, so what
	// allows it is looked at all the same: an error refuses it.
	const isSettled = isDenied && mode === 'enforce';
	const isCovered = !isSettled && final.carriesCommand && coversAll(final, naming);
	const allowing = isSettled ? none : isCovered ? coveringRules(rules, final) : matching(rules.allowCalls, final);
	if (unseen !== undefined) return unseen;
	if (hiding.length > 0) return { ...hidden(refsOf(hiding, forms), hiding, target), changes };

	if (isDenied) {
		const refused = refsOf(unique(denying, rulesBehind(refusals)), forms);
		const because = joined(joined(refused, kernelRefs(commands, 'denied')), refsOf(asking, forms));
		return answer('denied', because, withDoubts(wordsOf(denying, refusals[0]), denying[0], forms));
	}

	const isOpen =
		allowing.length > 0 || isCovered || asking.some((rule) => !isAboutCommands(rule) && opens(rule, final));
	if (!isOpen && fallback === 'deny') {
		const reason = (naming.length === 0 ? undefined : unallowedCommand(final, naming)) ?? unallowed(target);
		return answer('denied', [], { reason, instead: undefined });
	}

	const { changers } = settled;
	// Where commands are closed, what lets each of them run has a part in it.
	const isClosed = defaultsAct && set.defaults.command !== 'allow' && final.carriesCommand;
	const clearing = isClosed
		? opening.filter((rule) => rule.action.kind === 'allow' && opensCommands(rule, final).length > 0)
		: none;
	const standing = refsOf(unique(changers, joined(allowing, clearing)), forms);
	const questions = withVerdict(commands, 'asked');
	const [question] = questions;
	const isAsked =
		asking.length > 0 || question !== undefined || (allowing.length === 0 && !isCovered && fallback === 'ask');
	if (isAsked) {
		const because = unique(asking, rulesBehind(questions));
		const refs = [...refsOf(because, forms), ...kernelRefs(commands, 'asked'), ...standing];
		const words = withDoubts(wordsOf(asking, question), asking[0], forms);
		return answer('asked', refs, words, joinAskTerms(asking));
	}
	const [containing] = commands;
	if (containing !== undefined) {
		const rules = unique(rulesBehind(commands), unique(changers, joined(allowing, clearing)));
		const refs = joined(kernelRefs(commands, 'contained'), refsOf(rules, forms));
		return answer('contained', refs, { reason: containing.reason, instead: undefined });
	}
	return answer(changes.length > 0 ? 'rewritten' : 'allowed', standing, wordsOf(changers));
}

function rulesBehind(refusals: readonly Refusal[]): readonly CompiledRule[] {
	return refusals.length === 0 ? none : [...new Set(refusals.flatMap(({ rules }) => rules))];
}

function withVerdict(
	refusals: readonly CommandRefusal[],
	wanted: CommandRefusal['verdict'],
): readonly CommandRefusal[] {
	return refusals.length === 0 ? refusals : refusals.filter(({ verdict }) => verdict === wanted);
}

const effects = { denied: 'deny', asked: 'ask', contained: 'contain' } as const;

/** What refused or asked without a rule behind it. */
function kernelRefs(refusals: readonly CommandRefusal[], verdict: CommandRefusal['verdict']): readonly RuleRef[] {
	if (refusals.length === 0) return none;
	const ids = new Set(refusals.flatMap((refusal) => (refusal.verdict === verdict ? (refusal.by ?? []) : [])));
	return [...ids].map((id) => ({ id, effect: effects[verdict], matched: 'both' }));
}

/** Says so when a rule about commands matched only because nobody can tell, and what a rule about SQL has found. */
function withDoubts(words: Words, rule: CompiledRule | undefined, forms: Forms): Words {
	const note = rule === undefined ? undefined : (commandDoubt(rule, forms) ?? remarkOn(rule, forms));
	if (note === undefined) return words;
	return { reason: words.reason === undefined ? note : `${words.reason} ${note}`, instead: words.instead };
}

function commandDoubt(rule: CompiledRule, { asked, final }: Forms): string | undefined {
	if (rule.command === undefined) return undefined;
	const hits = [asked, final].flatMap((look) => hitsOf(rule, look).hits);
	const [first] = hits;
	if (first === undefined || hits.some(({ doubts }) => doubts.length === 0)) return undefined;
	const what = first.doubts.map((name) => `\`${name.replace(/^facts\./, '')}\``).join(' and ');
	return `Of \`${first.command.program}\` the text does not tell ${what}, so it counts as if it did.`;
}

function remarkOn({ conditions }: CompiledRule, { asked, final }: Forms): string | undefined {
	for (const { remark } of conditions) {
		const said = remark?.(asked) ?? remark?.(final);
		if (said !== undefined) return said;
	}
	return undefined;
}

/** Tools, resources and prompts that nothing opens do not exist; a method or a driver's request is merely refused. */
function existsByRule({ kind }: Target): boolean {
	return kind === 'tool' || kind === 'resource' || kind === 'prompt';
}

/** What allows a call whose every command is one that rules let run. */
function coveringRules({ allow }: Plan, final: Look): readonly CompiledRule[] {
	return allow.filter((rule) => (isAboutCommands(rule) ? opensCommands(rule, final).length > 0 : applies(rule, final)));
}

/** Does one of the rules open what is called, before anything is known about the arguments? */
function isListed(rules: readonly CompiledRule[], asked: Look): boolean {
	return rules.some((rule) => opens(rule, asked, 'list'));
}

/** The rules that apply to one of the forms. */
function matching<Rule extends CompiledRule>(rules: readonly Rule[], form: Look, other = form): readonly Rule[] {
	let found: Rule[] | undefined;
	for (const rule of rules) {
		if (!applies(rule, form) && (other === form || !applies(rule, other))) continue;
		found ??= [];
		found.push(rule);
	}
	return found ?? none;
}

function refsOf(rules: readonly CompiledRule[], { asked, final }: Forms): readonly RuleRef[] {
	if (rules.length === 0) return none;
	return rules.map((rule) => {
		if (final === asked) return ruleRef(rule, 'both', asked);
		const [before, after] = [applies(rule, asked), applies(rule, final)];
		return ruleRef(rule, before === after ? 'both' : before ? 'asked' : 'final', before ? asked : final);
	});
}

function hidden(because: readonly RuleRef[], rules: readonly CompiledRule[], target: Target): Judgement {
	const { reason, instead } = wordsOf(rules);
	return { verdict: 'hidden', because, reason, instead, final: target, changes: [], ask: undefined };
}

/** The words of the first rule; where none has any, those of what else refused. */
function wordsOf([first]: readonly CompiledRule[], refusal?: Refusal): Words {
	if (first !== undefined) return { reason: first.reason, instead: first.instead };
	return { reason: refusal?.reason, instead: refusal?.instead ?? refusal?.rules[0]?.instead };
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
	return { args, changes: none, changers: none, refusals: none };
}

const none: readonly never[] = [];

function joined<T>(some: readonly T[], others: readonly T[]): readonly T[] {
	return others.length === 0 ? some : some.length === 0 ? others : [...some, ...others];
}

/** Both, each rule once; in neither list does one stand twice. */
function unique(some: readonly CompiledRule[], others: readonly CompiledRule[]): readonly CompiledRule[] {
	return others.length === 0 ? some : some.length === 0 ? others : [...new Set([...some, ...others])];
}
