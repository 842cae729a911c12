// What kept a rule from matching a call: the first clause that failed, what was seen there, and what it asks for.
import type { Command } from '../abi/command.ts';
import { type Json, member } from '../abi/json.ts';
import type { Place } from '../abi/problem.ts';
import type { Path } from '../text/places.ts';
import { parseArgument } from './arguments.ts';
import { compileCel } from './cel.ts';
import { exceptWords, valueText, waiverWords, wantedBy } from './clause-words.ts';
import { commandName, commandsIn, lifts, liftsCall } from './command-hits.ts';
import { isUnsure } from './command-pattern.ts';
import { commandTruth } from './command-test.ts';
import { type CompiledRule, type Lifting, liftingParts, watchesCommands, whyNot } from './compiled.ts';
import type { Look } from './look.ts';
import { isRole } from './roles.ts';
import { placeInRule } from './rule-place.ts';
import { matchesTextGlob } from './text-glob.ts';
import { momentText } from './when.ts';

export interface Miss {
	/** `args.path`, `facts.force`, `command`, `when.time`, `except`, `waiver`. */
	readonly clause: string;
	/** What stood there: nothing, one value or several; undefined where it can't be shown. */
	readonly seen?: readonly Json[];
	/** What the clause asks for, or what the exception is about, in words. */
	readonly wanted?: string;
	/** Why it may hold and does not count: what lets something happen must be certain. */
	readonly doubt?: string;
	/** Where the clause stands; the rule's text is read again for it. */
	readonly where: () => Place;
	/**
	 * How near the rule came: `lifted` by an exception; kept out by a `clause` after the kind of call; about `another-command`
	 * of the same program; about something `else`.
	 */
	readonly nearness: 'lifted' | 'clause' | 'another-command' | 'else';
}

/** Of the call as it was asked; undefined when the rule matches, or is about another kind of call. */
export function missOf(compiled: CompiledRule, look: Look): Miss | undefined {
	const failed = whyNot(compiled, look);
	if (failed === undefined || aboutWhat.has(failed)) return undefined;
	if (failed === 'command' && !look.carriesCommand) return undefined;
	if (watchesCommands(compiled, look)) return missOfCommand(compiled, look);
	if (failed === 'except' || failed === 'waiver') {
		const lifting = liftingParts(compiled, look, 'call', compiled.lean).find(
			({ part }) => part.command === undefined || liftsCall(part.command, look, compiled.lean),
		);
		if (lifting !== undefined) return lifted(compiled, lifting, undefined);
	}
	return { ...clauseOf(compiled, failed), ...seenAt(failed, compiled, look), nearness: 'clause' };
}

/** Clauses that say what kind of call a rule is about. */
const aboutWhat: ReadonlySet<string> = new Set(['tool', 'resource', 'prompt', 'method', 'driver_asks', 'from']);

const rank = { else: 0, 'another-command': 1, clause: 2, lifted: 3 } as const satisfies Record<
	Miss['nearness'],
	number
>;

/** Of several misses the nearest, and those that are as near in the order given. */
export function byNearness(one: Miss, other: Miss): number {
	return rank[other.nearness] - rank[one.nearness];
}

/** The rule is about commands, and the call carries some: the one that came nearest tells. */
function missOfCommand(compiled: CompiledRule, look: Look): Miss {
	const { command: test, lean } = compiled;
	let best: Miss = {
		...clauseOf(compiled, 'command'),
		seen: [...commandsIn(look)].map(([, , command]) => commandName(command)),
		nearness: 'else',
	};
	if (test === undefined) return best;
	const lifting = liftingParts(compiled, look, 'call', lean);
	for (const [site, , command] of commandsIn(look)) {
		const { truth, failed } = commandTruth(test, command, site);
		const lift =
			failed === undefined ? lifting.find(({ part }) => lifts(part.command, command, site, lean)) : undefined;
		const clause = failed ?? 'command';
		const nearness = lift === undefined ? nearnessOf(clause, compiled, command) : 'lifted';
		// Thousands of commands may be as far off as the first.
		if (rank[nearness] <= rank[best.nearness]) continue;
		best =
			lift === undefined
				? {
						...clauseOf(compiled, clause),
						seen: seenOfCommand(clause, command),
						...(truth === 'unsure' ? { doubt: untold } : {}),
						nearness,
					}
				: lifted(compiled, lift, command);
	}
	return best;
}

function nearnessOf(failed: string, { command: test }: CompiledRule, command: Command): Miss['nearness'] {
	// Any command mentions something or nothing.
	if (failed === 'mentions' && !command.mayRunArguments) return 'else';
	if (failed !== 'command') return 'clause';
	const programs = test?.patterns?.flatMap((pattern) => pattern.program) ?? [];
	return programs.some((glob) => glob !== '*' && matchesTextGlob(glob, command.program)) ? 'another-command' : 'else';
}

function lifted({ rule, except }: CompiledRule, lifting: Lifting, command: Command | undefined): Miss {
	const seen = command === undefined ? {} : { seen: [commandName(command)] };
	const about = { clause: lifting.name, ...seen, nearness: 'lifted' } as const;
	if (lifting.name === 'waiver') {
		const { waiver } = lifting.part;
		return { ...about, wanted: waiverWords(waiver), where: () => waiver.where };
	}
	const index = except.indexOf(lifting.part);
	const source = rule.except[index];
	return {
		...about,
		...(source === undefined ? {} : { wanted: exceptWords(source) }),
		where: () => placeInRule(rule, [['except', index], ['except']]),
	};
}

function clauseOf({ rule }: CompiledRule, clause: string): Pick<Miss, 'clause' | 'wanted' | 'where'> {
	const wanted = wantedBy(rule, clause);
	return { clause, ...(wanted && { wanted }), where: () => placeInRule(rule, [pathOf(clause)], 'key') };
}

/** `args.a.b` is the parameter `a.b` of `args`. */
function pathOf(clause: string): Path {
	const [, group, name] = /^(args|facts|when\.env|when)\.(.+)$/s.exec(clause) ?? [];
	if (group === undefined || name === undefined) return ['match', clause];
	return group.startsWith('when') ? [...group.split('.'), name] : ['match', group, name];
}

const untold = 'nobody can tell whether it is what the rule asks for';

function seenAt(clause: string, compiled: CompiledRule, look: Look): Pick<Miss, 'seen' | 'doubt'> {
	const { lean, conditions, rule } = compiled;
	const isUnsure = conditions.find(({ name }) => name === clause)?.test(look) === 'unsure';
	const doubt = isUnsure ? { doubt: untold } : {};
	if (clause.startsWith('args.')) {
		const name = clause.slice('args.'.length);
		if (!isRole(name)) return { seen: look.argument(parseArgument(name), lean === 'catch'), ...doubt };
		const values = look.role(name);
		if (values === undefined) return doubt;
		const confirmed = values.filter((one) => one.confirmed);
		const counted = lean === 'grant' && confirmed.length > 0 ? confirmed : values;
		const isUnconfirmed = lean === 'grant' && confirmed.length === 0 && values.length > 0;
		return {
			seen: counted.map(({ value }) => value),
			...(isUnconfirmed ? { doubt: 'no person has confirmed what that parameter means' } : doubt),
		};
	}
	switch (clause) {
		case 'effect':
			return { seen: [look.effect ?? 'write'] };
		case 'when.agent':
			return { seen: [look.agent] };
		case 'when.time':
			return { seen: [momentText(look.at, rule.when?.time?.zone ?? 'UTC')] };
		case 'when.cel':
			return { seen: celSeen(rule.when?.cel ?? '', look), ...doubt };
		default:
			// The value of a variable may be a secret.
			return {};
	}
}

/** `args.amount = 5`: what the condition looks at, as far as it is there. */
function celSeen(text: string, look: Look): readonly string[] {
	const cel = compileCel(text);
	if (cel.kind === 'fault') return [];
	const { agent, target, args } = look;
	const tool = target.kind === 'tool' ? `${target.driver}/${target.tool}` : '';
	const known: Json = { args, agent, driver: target.driver, tool };
	const shown = cel.reads.flatMap(({ path }) => {
		const value = path.reduce<Json | undefined>(member, known);
		return value === undefined ? [] : [`${path.join('.')} = ${valueText(value)}`];
	});
	return [...new Set(shown)];
}

function seenOfCommand(member: string, command: Command): readonly Json[] {
	if (member.startsWith('facts.')) {
		const name = member.slice('facts.'.length);
		const fact = Object.hasOwn(command.facts, name) ? command.facts[name] : undefined;
		if (isUnsure(command, name)) return ['not known'];
		return typeof fact === 'object' ? fact : fact === undefined ? [] : [fact];
	}
	switch (member) {
		case 'flags':
			return command.flags;
		case 'under':
			return command.under.map(({ command: words }) => words.join(' '));
		case 'mentions':
			return command.argv.slice(1).filter((word) => word !== null);
		default:
			return [commandName(command)];
	}
}
