// Why a decision is what it is: the decision itself, and every rule that was considered with what kept it out.
import type { Command, Gap } from '../abi/command.ts';
import type { Decision, Mode, Ports, Request } from '../abi/decision.ts';
import type { RuleId } from '../abi/names.ts';
import type { PolicySet } from './compile.ts';
import { type CompiledRule, doubtsOf, hitsOf, whyNot } from './compiled.ts';
import { decide } from './decide.ts';
import { argumentsOf, type Look, lookAt, sensesOf } from './look.ts';
import { type Miss, missOf } from './near.ts';
import type { Rule } from './rule.ts';

export interface Considered {
	readonly rule: Rule;
	readonly matched: boolean;
	/** `tool`, `args.path`, `when.agent`, `except`, `waiver`; of the call as asked. */
	readonly firstFailed?: string;
	/** The mode it is in force in, or watches in. */
	readonly mode: Mode;
	/** What kept it out, looked up when somebody asks; undefined where that can't be told. */
	readonly miss?: () => Miss | undefined;
	/** Why conditions of the rule had no answer for the call; each counted as the rule's action has it. */
	readonly doubts?: readonly string[];
}

/** What was read in one argument that carries a command. */
export interface SeenText {
	readonly form: 'asked' | 'final';
	/** JSON Pointer of the argument. */
	readonly argument: string;
	readonly commands: readonly { readonly command: Command; readonly rules: readonly RuleId[] }[];
	readonly gaps: readonly Gap[];
}

export interface Explanation {
	readonly decision: Decision;
	/** Every rule that could concern such a call, in id order. */
	readonly considered: readonly Considered[];
	/** Empty where no argument carries a command. */
	readonly seen: readonly SeenText[];
}

/** Asks {@link decide} and lists what it looked at; there is no second engine. */
export function explain(set: PolicySet, request: Request, ports: Ports): Explanation {
	const decision = decide(set, request, ports);
	const senses = sensesOf(request, ports);
	const asked = lookAt(request.target, request, senses);
	const { final } = decision;
	const isChanged = argumentsOf(final) !== argumentsOf(request.target);
	const forms = isChanged ? [asked, lookAt(final, request, senses)] : [asked];
	const considered = set.index.candidates(request.target).map((compiled): Considered => {
		const failures = forms.map((form) => attempt(() => whyNot(compiled, form)));
		const [firstFailed] = failures;
		const matched = failures.includes(undefined);
		const isOpen = matched || firstFailed === 'when.cel';
		const doubts = isOpen ? forms.flatMap((form) => attempt(() => doubtsOf(compiled, form))) : [];
		return {
			rule: compiled.rule,
			mode: compiled.mode,
			matched,
			...(firstFailed === undefined || matched ? {} : { firstFailed, miss: () => missIn(compiled, asked) }),
			...(doubts.length === 0 ? {} : { doubts: [...new Set(doubts)] }),
		};
	});
	const seen = forms.flatMap((form, index) =>
		seenIn(form, index === 0 ? 'asked' : 'final', set.index.candidates(request.target)),
	);
	return { decision, considered, seen };
}

function seenIn(look: Look, form: SeenText['form'], rules: readonly CompiledRule[]): SeenText[] {
	const sites = attempt(() => look.sites().sites);
	if (typeof sites !== 'object') return [];
	const about = rules.filter((rule) => rule.command !== undefined && attempt(() => whyNot(rule, look)) === undefined);
	return sites.map(({ pointer, analysis: { commands, gaps } }) => ({
		form,
		argument: pointer,
		gaps,
		commands: commands.map((command) => ({
			command,
			rules: about.filter((rule) => hitsOf(rule, look).hits.some((hit) => hit.command === command)).map(({ id }) => id),
		})),
	}));
}

function missIn(compiled: CompiledRule, look: Look): Miss | undefined {
	const miss = attempt(() => missOf(compiled, look));
	return miss === 'error' ? undefined : miss;
}

/** A condition that throws has made the decision `errored` already; the explanation goes on. */
function attempt<T>(question: () => T): T | 'error' {
	try {
		return question();
	} catch {
		return 'error';
	}
}
