// Policies in, one set out: variables put in, patterns compiled, rules indexed; every mistake is reported, none is guessed at.
import type { Mode } from '../abi/decision.ts';
import type { Place, Problem } from '../abi/problem.ts';
import { suggest } from '../text/suggest.ts';
import type { Cels } from './cel-condition.ts';
import { compileCommandTest } from './command-test.ts';
import { compileAction } from './compile-action.ts';
import { type CompiledRule, type CompiledWaiver, effectOf, type Part } from './compiled.ts';
import type { Condition } from './condition.ts';
import { highestMode, joinDefaults, type SetDefaults } from './defaults.ts';
import type { Look } from './look.ts';
import { compileMatch, expandNames, hasSubject, roleChecks } from './match.ts';
import { isProtocolMethod } from './methods.ts';
import { type Notes, notesOn } from './notes.ts';
import { findPinConflicts } from './pin.ts';
import { Prospects } from './plan.ts';
import { isAboutResults } from './results.ts';
import type { Defaults, Except, Policy, Rule, Waiver } from './rule.ts';
import { indexRules, type RuleIndex } from './rule-index.ts';
import { placeOfWord } from './rule-place.ts';
import type { ParseSql } from './sql-parser.ts';
import { type Lean, opposite, type Truth, truthOf } from './truth.ts';
import { compileWhen } from './when.ts';

export interface CompileContext {
	/** What `${workspace}` means; absolute. Paths inside rules that are relative are relative to it. */
	readonly workspace: string | undefined;
	readonly tmp: string;
	readonly home: string;
	/** What `${env:NAME}` means. */
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The mode of the whole set: the root file's, raised by `--mode`. */
	readonly mode: Mode;
	/** The root file's. */
	readonly defaults: Defaults;
	/** The file system does not tell upper from lower case (macOS): restrictions on paths ignore it too. */
	readonly ignoreCase?: boolean;
	/** Fetches the parser of SQL, and throws where there is none; asked only when a rule reads SQL. */
	readonly sqlParser?: (() => ParseSql) | undefined;
}

/** Everything `decide` needs; immutable, as far as anybody can tell. */
export interface PolicySet {
	readonly mode: Mode;
	readonly defaults: SetDefaults;
	/** In id order. */
	readonly rules: readonly CompiledRule[];
	readonly index: RuleIndex;
	/** What was found in the index before; owned by the set. */
	readonly prospects: Prospects;
	/** Some rule limits how often something happens. */
	readonly hasLimits: boolean;
	/** Some rule demands that what a driver says of itself was accepted. */
	readonly hasLocks: boolean;
	/** The rules about what drivers answer, in id order. */
	readonly results: readonly CompiledRule[];
}

export interface Compiled {
	/** Absent when any problem is an error. */
	readonly set?: PolicySet;
	readonly problems: readonly Problem[];
}

export function compile(policies: readonly Policy[], context: CompileContext): Compiled {
	const problems: Problem[] = [];
	const all = policies.flatMap((policy) => policy.rules.map((rule) => ({ policy, rule })));
	problems.push(...findDuplicates(all.map(({ rule }) => rule)));
	const waivers = policies.flatMap((policy) => policy.waivers.map((waiver) => ({ waiver, policy })));
	problems.push(
		...findIdleWaivers(
			waivers.map(({ waiver }) => waiver),
			all.map(({ rule }) => rule),
		),
	);
	const compiling: Compiling = { ...context, cels: new Map() };
	const rules = all
		.map(({ policy, rule }) => {
			const own = waivers.filter(({ waiver }) => lifts(waiver, rule));
			return compileRule(rule, policy, own, compiling, problems);
		})
		.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
	problems.push(...findPinConflicts(rules));
	if (problems.some(({ severity }) => severity === 'error')) return { problems };
	const defaults = joinDefaults([context.defaults, ...policies.map((policy) => policy.defaults)]);
	const hasLimits = rules.some(({ action }) => action.kind === 'limit');
	const hasLocks = rules.some(({ action }) => action.kind === 'lock');
	const results = rules.filter(isAboutResults);
	const index = indexRules(rules);
	const prospects = new Prospects(index);
	return { set: { mode: context.mode, defaults, rules, index, prospects, hasLimits, hasLocks, results }, problems };
}

/** What the rules of one compilation share. */
interface Compiling extends CompileContext {
	readonly cels: Cels;
}

interface OwnedWaiver {
	readonly waiver: Waiver;
	readonly policy: Policy;
}

function compileRule(
	rule: Rule,
	policy: Policy,
	waivers: readonly OwnedWaiver[],
	context: Compiling,
	problems: Problem[],
): CompiledRule {
	const notes = notesFor(rule, rule.lists, context, problems, `rule \`${rule.id}\``);
	const lean: Lean = rule.action.kind === 'allow' ? 'grant' : 'catch';
	const checks = roleChecks(rule.match, lean, notes);
	const text = (said: string | undefined) => (said === undefined ? undefined : expandSaid(said, notes));
	const [reason, instead] = [text(rule.reason), text(rule.instead)];
	// `python` also means `python3`, where that restricts; a rewrite takes names as they are, each needs other words.
	const family = lean === 'catch' && rule.action.kind !== 'rewrite-command';
	const command = compileCommandTest(rule.match, { lean, family }, notes);
	const part = (source: Except, own: Notes): Part => {
		const lifted = compileCommandTest(source, { lean: opposite(lean), family: lean === 'grant' }, own, command?.facts);
		return {
			conditions: compileMatch(source, opposite(lean), own, checks),
			...(lifted === undefined ? {} : { command: lifted }),
		};
	};
	const action = compileAction(rule, notes);
	return {
		lean,
		conditions: [...compileMatch(rule.match, lean, notes), ...mustBeNamed(rule), ...compileWhen(rule.when, notes)],
		command,
		except: rule.except.map((except) => part(except, notes)),
		waivers: waivers.map(({ waiver, policy: { lists } }): CompiledWaiver => {
			const own = notesFor(waiver, { ...rule.lists, ...lists }, context, problems, `waiver of \`${rule.id}\``);
			return { until: waiver.until, waiver, ...part(waiver.match, own) };
		}),
		id: rule.id,
		rule,
		ref: Object.freeze({ id: rule.id, effect: effectOf(action), where: rule.where, matched: 'both' }),
		match: expandNames(rule.match, notes),
		action,
		mode: highestMode(context.mode, policy.mode, rule.mode),
		reason,
		instead,
	};
}

/**
 * Two things open only to a rule that names them: a vendor's method (nobody knows what it does), and what a driver
 * asks of the client.
 */
function mustBeNamed({ action, match }: Rule): Condition[] {
	if (action.kind !== 'allow' || hasSubject(match)) return [];
	const test = ({ target }: Look): Truth => {
		if (target.kind === 'method') return truthOf(isProtocolMethod(target.method));
		return truthOf(target.kind !== 'driver_asks' || match.from !== undefined);
	};
	return [{ name: 'method', reads: 'target', test }];
}

/** INVARIANT: a layer may lift only its own rules. */
function lifts(waiver: Waiver, rule: Rule): boolean {
	return waiver.rule === rule.id && waiver.layer === rule.layer;
}

function findDuplicates(rules: readonly Rule[]): Problem[] {
	const first = new Map<string, Rule>();
	return rules.flatMap((rule): Problem[] => {
		const other = first.get(rule.id);
		first.set(rule.id, other ?? rule);
		if (other === undefined) return [];
		return [
			{
				code: 'P104',
				severity: 'error',
				message: `two rules share the id \`${rule.id}\``,
				where: rule.where,
				note: `the other one is at ${other.where.file}:${other.where.line}`,
				help: 'rename one; rules of all policies share one space of ids',
			},
		];
	});
}

function findIdleWaivers(waivers: readonly Waiver[], rules: readonly Rule[]): Problem[] {
	return waivers.flatMap((waiver): Problem[] => {
		if (rules.some((rule) => lifts(waiver, rule))) return [];
		const other = rules.find((rule) => rule.id === waiver.rule);
		const message =
			other === undefined
				? `no rule has the id \`${waiver.rule}\``
				: `the waiver of \`${waiver.rule}\` has no effect: a ${waiver.layer} file can't lift a rule of the ${other.layer} layer`;
		const near =
			other === undefined
				? suggest(
						waiver.rule,
						rules.map(({ id }) => id),
					)
				: undefined;
		return [
			{
				code: 'P303',
				severity: 'warning',
				message,
				where: waiver.where,
				...(near === undefined ? {} : { help: `did you mean \`${near}\`?` }),
			},
		];
	});
}

function notesFor(
	about: Rule | Waiver,
	lists: Rule['lists'],
	context: Compiling,
	problems: Problem[],
	subject: string,
): Notes {
	const { workspace, tmp, home, env, ignoreCase = false, cels, sqlParser } = context;
	return notesOn(
		(word) => placeOf(about, word, problems.length),
		{ workspace, tmp, home, env, lists },
		{ home, base: workspace, ignoreCase },
		problems,
		subject,
		cels,
		sqlParser,
	);
}

/** A file of thousands of mistakes is not searched for each. */
const mostSearches = 100;

function placeOf(about: Rule | Waiver, word: string | undefined, found: number): Place {
	const isRule = 'source' in about && word !== undefined && found < mostSearches;
	return (isRule ? placeOfWord(about, word) : undefined) ?? about.where;
}

/** What an agent is told may name the workspace; any other `${…}` in it is the author's own text. */
function expandSaid(text: string, { variables }: Notes): string {
	const { workspace = '${workspace}', tmp, home } = variables;
	return text.replaceAll('${workspace}', workspace).replaceAll('${tmp}', tmp).replaceAll('${home}', home);
}
