// Likely mistakes in policies that load. Findings of `check`: they never stop loading.
import type { Vocabulary } from '../abi/command.ts';
import type { Problem } from '../abi/problem.ts';
import { quote } from '../text/words.ts';
import { compileCel } from './cel.ts';
import { covers, coversMatch } from './lint-cover.ts';
import { lintFacts } from './lint-facts.ts';
import { type KnownTools, lintNames } from './lint-names.ts';
import type { Match, Policy, Rule } from './rule.ts';
import { placeOfWord } from './rule-place.ts';
import { globsOverlap, isLiteral, matchesTextGlob } from './text-glob.ts';
import { lastDay } from './time.ts';

export interface LintOptions {
	/** Milliseconds since the epoch; a waiver that ended before is reported. */
	readonly now: number;
	/** Arguments that carry shell text, by tool: `{ tool: 'ssh/exec', argument: '/command' }`. */
	readonly commands?: readonly CommandArgument[];
	/** A driver is configured that could run in the runtime ring. */
	readonly couldTrap?: boolean;
	/** The tools that a person accepted; without them no name of a tool or parameter is looked up. */
	readonly known?: KnownTools;
	/** What can be said of commands; without it no fact is looked up. */
	readonly vocabulary?: Vocabulary;
}

export interface CommandArgument {
	readonly tool: string;
	/** JSON Pointer. */
	readonly argument: string;
}

const shellCommand: CommandArgument = { tool: 'shell/run', argument: '/command' };

/** Finds likely mistakes in policies that are used together, file by file in the order given. */
export function lint(
	policies: readonly Policy[],
	{ now, commands = [], known, vocabulary, couldTrap }: LintOptions,
): Problem[] {
	// The strictest default holds, and without any it is deny.
	const said = policies.flatMap(({ defaults }) => defaults.tool ?? []);
	const isToolDenied = said.length === 0 || said.includes('deny');
	const stronger = strongerRules(policies);
	const all = policies.flatMap((policy) => policy.rules);
	return policies.flatMap((policy) => [
		...policy.rules.flatMap((rule) => [
			...lintRefusal(rule),
			...lintShadowed(rule, stronger),
			...lintExceptions(rule),
			...lintCommandText(rule, [shellCommand, ...commands]),
			...lintCommandPatterns(rule),
			...lintHide(rule),
			...lintReading(rule, known),
			...(known === undefined ? [] : lintNames(policy, rule, known, all)),
			...(vocabulary === undefined ? [] : lintFacts(policy, rule, vocabulary)),
			...(isToolDenied ? lintEverything(rule) : []),
		]),
		...(couldTrap === true ? lintTextOnly(policy) : []),
		...lintWaivers(policy, now),
	]);
}

/** P302, P306: an agent that is refused needs a way forward, and a person a reason. */
function lintRefusal({ action, id, instead, reason, actionWhere }: Rule): Problem[] {
	if (action.kind !== 'deny' && action.kind !== 'hide') return [];
	const verb = action.kind === 'deny' ? 'denies' : 'hides';
	const found: Problem[] = [];
	if (instead === undefined) {
		found.push({
			code: 'P302',
			severity: 'error',
			message: `rule ${quote(id)} ${verb} without \`instead\``,
			where: actionWhere,
			label: 'an agent with no alternative retries or works around',
			help: 'add: instead: <command or tool to use>   (write `instead: stop and ask the user` if there is none)',
		});
	}
	if (reason === undefined) {
		found.push({
			code: 'P306',
			severity: 'warning',
			message: `rule ${quote(id)} ${verb} without \`reason\``,
			where: actionWhere,
			help: 'add: reason: <why, in one sentence>',
		});
	}
	return found;
}

/** P312: a deny about a part of a program is held against texts, unless it says more. One note a file; packs have decided. */
function lintTextOnly({ rules, isPack }: Policy): Problem[] {
	const found = rules.filter(({ action, match, ring }) => {
		const isNarrow = match.flags !== undefined || match.facts !== undefined || match.command?.some(hasSubcommand);
		return action.kind === 'deny' && match.command !== undefined && ring === undefined && isNarrow === true;
	});
	const [first, ...others] = found;
	if (first === undefined || isPack === true) return [];
	const more = others.length === 0 ? '' : ` (and so ${others.length === 1 ? 'does' : 'do'} ${listed(others)})`;
	return [
		{
			code: 'P312',
			severity: 'note',
			message: `rule ${quote(first.id)} holds for the text of a command, not for what a script or a Makefile runs${more}`,
			where: first.matchWhere ?? first.where,
			help: 'add `ring: runtime` to have every execution of that program judged, at some milliseconds each; a rule about a whole program needs no such word',
		},
	];
}

function hasSubcommand(pattern: string): boolean {
	return /\s/.test(pattern.trim());
}

const mostListed = 5;

function listed(rules: readonly Rule[]): string {
	const names = rules.slice(0, mostListed).map(({ id }) => quote(id));
	const rest = rules.length - names.length;
	return `${names.join(', ')}${rest === 0 ? '' : ` and ${rest} more`}`;
}

/** Denies and hides that are enforced, by the driver whose tools they name: most rules need to look at few. */
interface StrongerRules {
	readonly byDriver: ReadonlyMap<string, readonly Rule[]>;
	readonly others: readonly Rule[];
}

function strongerRules(policies: readonly Policy[]): StrongerRules {
	const byDriver = new Map<string, Rule[]>();
	const others: Rule[] = [];
	for (const { rules, mode } of policies) {
		for (const rule of rules) {
			const isStrong = rule.action.kind === 'deny' || rule.action.kind === 'hide';
			// A rule that only watches beats nothing.
			if (!isStrong || (rule.mode ?? mode ?? 'enforce') !== 'enforce') continue;
			const drivers = new Set(rule.match.tool?.map(driverOf) ?? [undefined]);
			for (const driver of drivers) {
				const named = driver === undefined ? others : (byDriver.get(driver) ?? []);
				named.push(rule);
				if (driver !== undefined) byDriver.set(driver, named);
			}
		}
	}
	return { byDriver, others };
}

/** The driver a tool pattern names, if it names one. */
function driverOf(pattern: string): string | undefined {
	const slash = pattern.indexOf('/');
	const driver = pattern.slice(0, slash);
	return slash > 0 && isLiteral(driver) ? driver : undefined;
}

/** P303: a deny on the same calls always wins. */
function lintShadowed(rule: Rule, { byDriver, others }: StrongerRules): Problem[] {
	const { kind } = rule.action;
	// One refusal beside another is what layers are for; a lock and a sandbox are about what the tool is.
	if (kind === 'deny' || kind === 'hide' || kind === 'lock' || kind === 'sandbox') return [];
	const near = byDriver.get(driverOf(rule.match.tool?.[0] ?? '') ?? '') ?? [];
	const stronger = near.find((other) => covers(other, rule)) ?? others.find((other) => covers(other, rule));
	if (stronger === undefined) return [];
	const verb = stronger.action.kind === 'deny' ? 'denies' : 'hides';
	const opens = kind === 'allow' || kind === 'ask';
	return [
		{
			code: 'P303',
			severity: 'warning',
			message: `rule ${quote(rule.id)} can never take effect`,
			where: rule.actionWhere,
			label: opens
				? `${quote(stronger.id)} ${verb} the same calls, and ${stronger.action.kind} wins over ${kind}`
				: `${quote(stronger.id)} ${verb} the same calls, so none is left to ${kind.replace('-command', '')}`,
			help: opens
				? `add an \`except:\` to ${quote(stronger.id)} instead`
				: `delete it, or add an \`except:\` to ${quote(stronger.id)}`,
		},
	];
}

/** P303: an exception that takes everything away leaves no rule, and one that is about other tools takes nothing. */
function lintExceptions(rule: Rule): Problem[] {
	const { id, match, except, where, matchWhere } = rule;
	if (except.some((part) => part.under === undefined && coversMatch(part, match))) {
		return [
			{
				code: 'P303',
				severity: 'warning',
				message: `rule ${quote(id)} can never take effect`,
				where: matchWhere ?? where,
				label: 'its exception exempts everything that it matches',
				help: 'narrow `except`, or delete the rule',
			},
		];
	}
	return except.flatMap((part): Problem[] => {
		const idle = (part.tool ?? []).filter(
			(glob) => match.tool !== undefined && !match.tool.some((own) => mayMeet(own, glob)),
		);
		const [first] = idle;
		if (first === undefined || idle.length < (part.tool?.length ?? 0)) return [];
		return [
			{
				code: 'P303',
				severity: 'warning',
				message: `an exception of rule ${quote(id)} exempts nothing`,
				where: placeOfWord(rule, first) ?? where,
				label: 'no tool that the rule matches',
				help: `name tools that ${match.tool?.map(quote).join(' or ')} matches`,
			},
		];
	});
}

function mayMeet(one: string, other: string): boolean {
	return /\$\{/.test(one + other) || globsOverlap(one, other);
}

/** P303: what a person has not confirmed writes, so what is about tools that only read may be about none. */
function lintReading({ action, id, match, matchWhere, where }: Rule, known: KnownTools | undefined): Problem[] {
	if (match.effect !== 'read') return [];
	// Without a lock an allow rule opens nothing, which its author notices; a restriction nobody misses.
	if (known === undefined && action.kind === 'allow') return [];
	if (known?.tools.some(({ name, effect }) => effect === 'read' && isAbout(match, name))) return [];
	return [
		{
			code: 'P303',
			severity: 'warning',
			message: `rule ${quote(id)} can never take effect`,
			where: matchWhere ?? where,
			label: 'of no tool that it matches has a person confirmed that it only reads',
			help: 'confirm what the tools do: trapgate lock --review   (or name the tools instead)',
		},
	];
}

/** Is the match about this tool, as far as names go? A variable may stand for anything. */
function isAbout({ tool, from }: Match, name: string): boolean {
	const driver = name.slice(0, name.indexOf('/'));
	const fits = (patterns: readonly string[] | undefined, text: string) =>
		patterns?.some((pattern) => pattern.includes('${') || matchesTextGlob(pattern, text)) ?? true;
	return fits(tool, name) && fits(from, driver);
}

/** P304: shell text has more spellings than any regex or glob. */
function lintCommandText(
	{ match, except, when, matchWhere, where }: Rule,
	commands: readonly CommandArgument[],
): Problem[] {
	const tools = match.tool ?? [];
	const reached = commands.filter(({ tool }) => tools.some((pattern) => matchesTextGlob(pattern, tool)));
	const names = new Set(reached.flatMap(({ argument }) => [argument, argument.slice(1)]));
	const hasRegex = (part: Match) =>
		Object.entries(part.args ?? {}).some(
			([name, test]) => names.has(name) && (test.matches ?? test.glob?.some((glob) => !isLiteral(glob))),
		);
	const isCel = readsArguments(when?.cel, names);
	if (!isCel && ![match, ...except].some(hasRegex)) return [];
	return [
		{
			code: 'P304',
			severity: 'warning',
			message: `${isCel ? 'a condition' : 'a pattern'} judges the text of a command`,
			where: matchWhere ?? where,
			label: 'quotes, variables and wrappers spell one command in endless ways',
			help: 'match what the command does: `match: { command: …, facts: { … } }`',
		},
	];
}

/** P304: `command` takes programs and sub-commands, so a regex there names a program that nobody has. */
function lintCommandPatterns(rule: Rule): Problem[] {
	return [rule.match, ...rule.except].flatMap(({ command = [] }) =>
		command.filter(looksLikeRegex).map(
			(pattern): Problem => ({
				code: 'P304',
				severity: 'warning',
				message: `${quote(pattern)} looks like a regular expression, and \`command\` takes none`,
				where: placeOfWord(rule, pattern) ?? rule.matchWhere ?? rule.where,
				label: 'a program with its sub-commands, where `*` is any run of characters',
				help: 'match what the command does: `match: { command: git push, flags: --force }`, or `facts: { … }`',
			}),
		),
	);
}

/** `python3.*` and `python3.*-dbg` are globs, and `/usr/bin/git` is a path. */
function looksLikeRegex(pattern: string): boolean {
	return (
		/^(?:regex:|\^|\/.*\/$)|^\.[*+]|(?<!\d)\.\*[^\s,}]|\.\+|\[[^\]]+\]|[^{]\$$/.test(pattern) ||
		/^\S+ \S*\.\*$/.test(pattern)
	);
}

/** P305: whether a tool exists is decided before there is a call. */
function lintHide({ action, match, except, when, id, actionWhere }: Rule): Problem[] {
	if (action.kind !== 'hide') return [];
	const [depends] = [
		...[match, ...except].flatMap((part) => conditionsOnCalls.filter((key) => part[key] !== undefined)),
		...(readsArguments(when?.cel) ? ['when.cel'] : []),
	];
	if (depends === undefined) return [];
	return [
		{
			code: 'P305',
			severity: 'error',
			message: `rule ${quote(id)} hides depending on ${quote(depends)}`,
			where: actionWhere,
			label: 'a tool is listed before anybody gives it arguments',
			help: 'write `then: deny`',
		},
	];
}

/** Does the condition read arguments, or one of these? */
function readsArguments(text: string | undefined, names?: ReadonlySet<string>): boolean {
	const cel = text === undefined ? undefined : compileCel(text);
	if (cel?.kind !== 'cel') return false;
	return cel.reads.some(({ path: [root, name] }) => {
		return root === 'args' && (names === undefined || (name !== undefined && names.has(name)));
	});
}

const conditionsOnCalls = ['args', 'command', 'flags', 'facts', 'mentions'] as const;

/** P308: what opens everything opens what a driver adds tomorrow, too. */
function lintEverything({ action, match, when, id, actionWhere }: Rule): Problem[] {
	if ((action.kind !== 'allow' && action.kind !== 'ask') || !holdsForAll(when)) return [];
	const isEverything = match.tool?.some((pattern) => /^\*+(?:\/\*+)?$/.test(pattern)) ?? false;
	if (!isEverything || Object.keys(match).length > 1) return [];
	return [
		{
			code: 'P308',
			severity: 'warning',
			message: `rule ${quote(id)} ${action.kind === 'allow' ? 'allows' : 'asks about'} every tool`,
			where: actionWhere,
			label: 'tools that a driver adds later are included',
			help: 'name the drivers: `match: { tool: ["github/*", …] }`, or write `defaults: { tool: allow }` if it is meant',
		},
	];
}

/** `agent: "*"` is everybody. */
function holdsForAll(when: Rule['when']): boolean {
	const { agent = ['*'], ...others } = when ?? {};
	return agent.some((pattern) => /^\*+$/.test(pattern)) && Object.keys(others).length === 0;
}

/** P305 for waivers of a hide, P307 for those that have ended. */
function lintWaivers({ waivers, rules }: Policy, now: number): Problem[] {
	return waivers.flatMap((waiver): Problem[] => {
		const rule = rules.find(({ id }) => id === waiver.rule);
		const depends = conditionsOnCalls.find((key) => waiver.match[key] !== undefined);
		const found: Problem[] = [];
		if (rule?.action.kind === 'hide' && depends !== undefined) {
			found.push({
				code: 'P305',
				severity: 'error',
				message: `the waiver of ${quote(waiver.rule)} depends on ${quote(depends)}`,
				where: waiver.where,
				label: 'this rule hides, and a tool is listed before anybody gives it arguments',
				help: 'waive it by `tool` only',
			});
		}
		if (waiver.until <= now) {
			found.push({
				code: 'P307',
				severity: 'warning',
				message: `the waiver of ${quote(waiver.rule)} has ended`,
				where: waiver.where,
				label: `it ended on ${lastDay(waiver.until)}, and the rule holds again`,
				help: 'delete it, or have it approved with a new date',
			});
		}
		return found;
	});
}
