// Rules about tools and parameters that nobody has: held against the tools that a person accepted.
import type { ToolFacts } from '../abi/decision.ts';
import type { JsonObject } from '../abi/json.ts';
import type { Problem } from '../abi/problem.ts';
import type { Path } from '../text/places.ts';
import { suggest } from '../text/suggest.ts';
import { quote } from '../text/words.ts';
import { argumentPointer, parseArgument } from './arguments.ts';
import { compileCel } from './cel.ts';
import { isRole, type Role, roleOfName, roleOfSchema } from './roles.ts';
import type { Match, Policy, Rule, ValueTest } from './rule.ts';
import { placeInRule } from './rule-place.ts';
import { isLiteral, matchesTextGlob } from './text-glob.ts';
import { declares, inputSchema, parameterSchema, parametersOf } from './tool-schema.ts';

/** A tool of trapgate.lock. */
export interface KnownTool extends ToolFacts {
	/** `driver/tool`. */
	readonly name: string;
}

export interface KnownTools {
	readonly tools: readonly KnownTool[];
	/** Drivers of which nothing was recorded: nobody knows what they have. */
	readonly unrecorded: readonly string[];
}

/** P201, P202. Of a pack, which is written for many projects, they are notes, and one for each rule is enough. */
export function lintNames(policy: Policy, rule: Rule, known: KnownTools, others: readonly Rule[]): Problem[] {
	const isPack = policy.isPack === true;
	const unknown = [...partsOf(rule)].flatMap(({ part, at }) => unknownTools(rule, part, at, known));
	const patterns = rule.match.tool ?? [];
	if (isPack) {
		const isLost = patterns.length > 0 && !patterns.some((pattern) => couldMatch(pattern, known));
		return isLost ? unknown.slice(0, 1).map(asNote) : [];
	}
	const matched = toolsOf(rule.match, known);
	const parameters =
		matched === undefined ? [] : [...unknownParameters(rule, matched), ...halfLooks(rule, matched, others)];
	return [...unknown, ...parameters];
}

interface RulePart {
	readonly part: Match;
	readonly at: readonly Path[];
}

/** Where the rule names tools and arguments; an exception that stands alone is no list. */
function* partsOf({ match, except }: Rule): Generator<RulePart> {
	yield { part: match, at: [['match']] };
	for (const [index, part] of except.entries()) yield { part, at: [['except', index], ['except']] };
}

function unknownTools(rule: Rule, { tool = [] }: Match, at: readonly Path[], known: KnownTools): Problem[] {
	return tool.flatMap((pattern, index): Problem[] => {
		const missing = missingTool(pattern, known);
		if (missing === undefined) return [];
		return [
			{
				code: 'P201',
				severity: 'error',
				message: `no tool matches ${quote(pattern)}`,
				where: placeInRule(
					rule,
					at.flatMap((path) => [
						[...path, 'tool', index],
						[...path, 'tool'],
					]),
				),
				...missing,
			},
		];
	});
}

/** What to say of a pattern that no tool of the lock matches; undefined where one does, or may. */
export function missingTool(pattern: string, known: KnownTools): Required<Pick<Problem, 'label' | 'help'>> | undefined {
	if (couldMatch(pattern, known)) return undefined;
	const near = nearTool(pattern, known);
	const count = known.tools.length;
	return {
		label: `matches 0 of ${count} ${count === 1 ? 'tool' : 'tools'} in trapgate.lock`,
		help: near === undefined ? 'run: trapgate tools --all' : `did you mean ${quote(near)}?`,
	};
}

/** Also when nobody can tell: a variable, a driver of which nothing was recorded, or a lock without a tool. */
function couldMatch(pattern: string, { tools, unrecorded }: KnownTools): boolean {
	if (pattern.includes('${') || tools.length === 0) return true;
	const text = pattern.normalize('NFC');
	// Without a slash (`*`, `*_issue`) it is about the tools of any driver.
	const driver = text.includes('/') ? text.slice(0, text.indexOf('/')) : '*';
	return (
		tools.some(({ name }) => matchesTextGlob(text, name.normalize('NFC'))) ||
		unrecorded.some((name) => matchesTextGlob(driver, name))
	);
}

function nearTool(pattern: string, known: KnownTools): string | undefined {
	const names = known.tools.map(({ name }) => name);
	const [driver = '', ...rest] = pattern.split('/');
	const tool = rest.join('/');
	const drivers = [...new Set([...names.map((name) => name.slice(0, name.indexOf('/'))), ...known.unrecorded])];
	const nearDriver = drivers.includes(driver) || !isLiteral(driver) ? driver : suggest(driver, drivers);
	const own = names.flatMap((name) =>
		matchesTextGlob(`${nearDriver}/*`, name) ? [name.slice(name.indexOf('/') + 1)] : [],
	);
	const nearOwn = isLiteral(tool) && !own.includes(tool) ? suggest(tool, own) : tool;
	const near = nearDriver === undefined || nearOwn === undefined ? undefined : `${nearDriver}/${nearOwn}`;
	if (near !== undefined && near !== pattern && couldMatch(near, known)) return near;
	return isLiteral(pattern) ? suggest(pattern, names) : undefined;
}

/** The tools that a match is about; undefined where that can't be told, or where it is about more than tools. */
function toolsOf({ tool, from }: Match, { tools, unrecorded }: KnownTools): readonly KnownTool[] | undefined {
	if (tool === undefined || [...tool, ...(from ?? [])].some((pattern) => pattern.includes('${'))) return undefined;
	const isAbout = (name: string) => {
		const driver = name.slice(0, name.indexOf('/'));
		return (
			tool.some((one) => matchesTextGlob(one, name)) && (from?.some((one) => matchesTextGlob(one, driver)) ?? true)
		);
	};
	const mayBeMore = unrecorded.some((driver) =>
		tool.some((one) => matchesTextGlob(one.replace(/\/.*$/s, '/*'), `${driver}/x`)),
	);
	const found = tools.filter(({ name }) => isAbout(name));
	return mayBeMore || found.length === 0 ? undefined : found;
}

interface NamedParameter {
	readonly name: string;
	readonly at: readonly Path[];
	/** What naming it is for, as the end of a sentence. */
	readonly label: string;
}

function* parametersNamed(rule: Rule): Generator<NamedParameter> {
	for (const { part, at } of partsOf(rule)) {
		for (const name of Object.keys(part.args ?? {})) {
			if (!isRole(name))
				yield { name, at: at.map((path) => [...path, 'args', name]), label: 'never there to be compared' };
		}
	}
	const { action, when } = rule;
	const cel = when?.cel === undefined ? undefined : compileCel(when.cel);
	for (const { path } of cel?.kind === 'cel' ? cel.reads : []) {
		const [root, name] = path;
		if (root === 'args' && name !== undefined) yield { name, at: [['when', 'cel']], label: `reads \`args.${name}\`` };
	}
	if (action.kind === 'pin' || action.kind === 'narrow' || action.kind === 'rewrite') {
		for (const name of Object.keys(action.params))
			yield { name, at: [['then', action.kind, 'params', name]], label: 'nothing is changed' };
	}
}

function unknownParameters(rule: Rule, tools: readonly KnownTool[]): Problem[] {
	return [...parametersNamed(rule)].flatMap(({ name, at, label }): Problem[] => {
		if (tools.some((tool) => mayHave(tool, name))) return [];
		const names = [...new Set(tools.flatMap(({ definition }) => parameterNames(definition)))];
		const isPointer = name.startsWith('/');
		const near = suggest(name, isPointer ? names : names.filter((one) => !one.startsWith('/')));
		const [first] = tools;
		const whose =
			tools.length === 1
				? `${quote(first?.name ?? '')} has`
				: `none of the ${tools.length} tools that this rule matches has`;
		const listed = names.filter((one) => !one.startsWith('/')).slice(0, mostNames);
		const help =
			near !== undefined
				? `did you mean ${quote(near)}?`
				: listed.length === 0
					? 'they have no parameters'
					: `parameters: ${listed.join(', ')}`;
		return [
			{
				code: 'P202',
				severity: 'error',
				message: tools.length === 1 ? `${whose} no parameter ${quote(name)}` : `${whose} a parameter ${quote(name)}`,
				where: placeInRule(rule, at, 'key'),
				label,
				help,
			},
		];
	});
}

const mostNames = 12;

/** An index in a pointer is no name of a parameter. */
function mayHave({ definition }: KnownTool, name: string): boolean {
	const schema = inputSchema(definition);
	const path = parseArgument(name);
	return [path, path.filter((segment) => !/^\d+$/.test(segment))].some((one) => declares(schema, one) !== 'no');
}

/** Top-level ones by name, and all by pointer; with a bound, since a schema may have no end. */
function parameterNames(definition: JsonObject): string[] {
	return parametersOf(inputSchema(definition)).flatMap(({ path }) =>
		path.length === 1 ? [path[0] ?? '', argumentPointer(path)] : [argumentPointer(path)],
	);
}

const roleWords: Readonly<Record<Role, string>> = { any_path: 'paths', any_url: 'addresses', any_sql: 'SQL' };

/** P202: one parameter named where the tool has several of that kind, and nobody looks at the others. */
function halfLooks(rule: Rule, tools: readonly KnownTool[], others: readonly Rule[]): Problem[] {
	if (!isRestriction(rule)) return [];
	const { args = {} } = rule.match;
	return Object.entries(args).flatMap(([name, test]): Problem[] => {
		if (isRole(name) || !looksAtRole(test)) return [];
		for (const tool of tools) {
			const role = roleIn(tool, parseArgument(name));
			if (role === undefined) continue;
			const alike = parametersOf(inputSchema(tool.definition)).filter(({ path }) => roleIn(tool, path) === role);
			const unseen = alike.filter(({ path }) => ![rule, ...others].some((one) => looksAt(one, tool.name, path, role)));
			if (alike.length < 2 || unseen.length === 0) continue;
			const left = unseen.map(({ path }) => quote(path.length === 1 ? (path[0] ?? '') : argumentPointer(path)));
			return [
				{
					code: 'P202',
					severity: 'warning',
					message: `${quote(tool.name)} has ${alike.length} parameters that are ${roleWords[role]}, and rule ${quote(rule.id)} looks at ${quote(name)} alone`,
					where: placeInRule(rule, [['match', 'args', name]], 'key'),
					label: `nobody looks at ${left.slice(0, 3).join(', ')}`,
					help: `for all of them write \`${role}\``,
				},
			];
		}
		return [];
	});
}

function isRestriction({ action }: Rule): boolean {
	return action.kind === 'deny' || action.kind === 'ask';
}

/** A condition on where a path or an address leads, or on what SQL does; any other may well be about one parameter. */
function looksAtRole({ inside, outside, glob, statement_other_than }: ValueTest): boolean {
	return [inside, outside, glob, statement_other_than].some((one) => one !== undefined);
}

function looksAt({ match, action }: Rule, tool: string, path: readonly string[], role: Role): boolean {
	if (action.kind === 'allow' || !(match.tool ?? ['*']).some((pattern) => matchesTextGlob(pattern, tool))) return false;
	const names = Object.keys(match.args ?? {});
	return names.some(
		(name) => name === role || (!isRole(name) && argumentPointer(parseArgument(name)) === argumentPointer(path)),
	);
}

function roleIn({ definition, roles }: KnownTool, path: readonly string[]): Role | undefined {
	const pointer = argumentPointer(path);
	if (roles !== undefined) return Object.hasOwn(roles, pointer) ? roles[pointer] : undefined;
	return roleOfName(path.at(-1) ?? '') ?? roleOfSchema(parameterSchema(inputSchema(definition), path));
}

function asNote(problem: Problem): Problem {
	return { ...problem, severity: 'note' };
}
