// Does this rule apply? Every condition is a named test with three answers; the rule's lean says where doubt falls.
import type { Json } from '../abi/json.ts';
import type { DriverAsk, Target } from '../abi/syscall.ts';
import { type ArgumentPath, leavesOf, parseArgument } from './arguments.ts';
import { sameJson } from './compare.ts';
import { compileValueTest, literalValue } from './compile-values.ts';
import type { Condition } from './condition.ts';
import type { Look } from './look.ts';
import type { Notes } from './notes.ts';
import { isRole, type Role, roleOfName } from './roles.ts';
import type { Match, ValueTest } from './rule.ts';
import { sqlRemark } from './sql.ts';
import { textGlobTruth } from './text-glob.ts';
import { allOf, anyOf, holds, type Lean, type Truth, truthOf } from './truth.ts';
import { isFileUrl } from './uri.ts';
import { uriGlobTruth } from './url-glob.ts';
import type { StatementCheck, ValueCheck } from './values.ts';
import { expandText } from './variables.ts';

/** The checks of a rule's own roles, so that its exceptions can see which values made it match. */
export type RoleChecks = ReadonlyMap<Role, ValueCheck>;

/** Compiles the members of a match but those about commands; all must hold. `triggers` is given for exceptions. */
export function compileMatch(source: Match, lean: Lean, notes: Notes, triggers?: RoleChecks): Condition[] {
	const match = expandNames(source, notes);
	return [
		...compileSubject(match, lean),
		...(match.from === undefined ? [] : [compileFrom(match.from)]),
		...(match.effect === undefined ? [] : [compileEffect(match.effect)]),
		...Object.entries(match.args ?? {}).map(([key, test]) => compileArgument(key, test, lean, notes, triggers)),
	];
}

export function roleChecks(match: Match, lean: Lean, notes: Notes): RoleChecks {
	const checks = Object.entries(match.args ?? {}).filter(([key]) => isRole(key));
	return new Map(checks.map(([key, test]) => [key as Role, compileValueTest(key, test, lean, notes)]));
}

const subjectKeys = ['tool', 'resource', 'prompt', 'method', 'driver_asks'] as const satisfies readonly (keyof Match)[];
const patternKeys = ['tool', 'resource', 'prompt', 'method', 'from'] as const satisfies readonly (keyof Match)[];

export function hasSubject(match: Match): boolean {
	return subjectKeys.some((key) => match[key] !== undefined);
}

/** Can the match be about targets of this kind at all? */
export function concernsKind(match: Match, kind: Target['kind']): boolean {
	if (!hasSubject(match) || match[kind] !== undefined) return true;
	return match.method !== undefined && (kind === 'resource' || kind === 'prompt');
}

/** The first condition that does not hold, or undefined when all do. */
export function firstFailure(conditions: readonly Condition[], look: Look, lean: Lean): string | undefined {
	for (const condition of conditions) if (!holds(condition.test(look), lean)) return condition.name;
	return undefined;
}

/** The match with every variable in its names and patterns put in; what it says about arguments and commands stays. */
export function expandNames(match: Match, notes: Notes): Match {
	const expanded: Partial<Record<(typeof patternKeys)[number], readonly string[]>> = {};
	for (const key of patternKeys) {
		const patterns = match[key];
		if (patterns === undefined) continue;
		expanded[key] = patterns.flatMap((text) => expandText(text, notes.variables, notes.unknown, literalValue(notes)));
	}
	for (const pattern of expanded.tool ?? []) checkToolGlob(pattern, notes);
	if (expanded.method?.some((pattern) => pattern.startsWith('tools/'))) {
		notes.report('P102', '`method` is never about tools', 'match `tool: "*"` for every tool');
	}
	return { ...match, ...expanded };
}

/**
 * What kind of thing the rule is about. A match that names none is about everything; `method` beside `resource` or
 * `prompt` says what is done with it.
 */
function compileSubject(match: Match, lean: Lean): Condition[] {
	if (!hasSubject(match)) return [];
	const { tool, resource, prompt, method, driver_asks } = match;
	const test = ({ target, senses }: Look): Truth => {
		switch (target.kind) {
			case 'tool':
				return tool === undefined ? 'no' : textGlobTruth(tool, `${target.driver}/${target.tool}`);
			case 'resource': {
				if (resource === undefined) return methodAlone(match, target.method);
				const forms = isFileUrl(target.uri) ? senses.resolve(target.uri) : undefined;
				const truth = uriGlobTruth(resource, target.uri, forms && [forms.lexical, forms.real]);
				return method === undefined ? truth : allOf([truth, textGlobTruth(method, target.method)], (one) => one);
			}
			case 'prompt': {
				if (prompt === undefined) return methodAlone(match, target.method);
				const truth = promptTruth(prompt, target, lean);
				return method === undefined ? truth : allOf([truth, textGlobTruth(method, target.method)], (one) => one);
			}
			case 'method':
				return methodAlone(match, target.method);
			case 'driver_asks':
				return driver_asks === undefined ? 'no' : truthOf((driver_asks as readonly DriverAsk[]).includes(target.asks));
			default:
				return target satisfies never;
		}
	};
	const name = subjectKeys.find((key) => match[key] !== undefined) ?? 'tool';
	return [{ name, reads: 'target', isOfName: true, test }];
}

/** `method: "resources/*"`, without a word about which. */
function methodAlone({ method, resource, prompt }: Match, asked: string): Truth {
	const isOther = resource !== undefined || prompt !== undefined;
	return method === undefined || isOther ? 'no' : textGlobTruth(method, asked);
}

/** Whoever writes `github/*` as for a tool means to restrict these prompts too. */
function promptTruth(
	patterns: readonly string[],
	{ driver, prompt }: { driver: string; prompt: string },
	lean: Lean,
): Truth {
	const bare = textGlobTruth(patterns, prompt);
	return bare !== 'no' || lean === 'grant' ? bare : textGlobTruth(patterns, `${driver}/${prompt}`);
}

function checkToolGlob(pattern: string, notes: Notes): void {
	if (!/[/*]/.test(pattern)) {
		notes.report(
			'P501',
			`\`${pattern}\` names no tool`,
			`tools are named driver/tool: write \`*/${pattern}\` for any driver's`,
		);
	} else if (/^!|\{[^}]*,[^}]*\}/.test(pattern)) {
		notes.report(
			'P501',
			`\`${pattern}\` holds \`!\` or braces, which are literal in tool names`,
			'write a list of globs, or use `except`',
		);
	}
}

function compileFrom(from: readonly string[]): Condition {
	return { name: 'from', reads: 'target', isOfName: true, test: ({ target }) => textGlobTruth(from, target.driver) };
}

/** Effects belong to tools. Until a person has confirmed what a tool does, it writes; one that only read may do either once it has changed. */
function compileEffect(effect: 'read' | 'write'): Condition {
	return {
		name: 'effect',
		reads: 'target',
		test(look) {
			if (look.target.kind === 'tool' && look.isChanged && look.effect === 'read') return 'unsure';
			return truthOf(look.target.kind === 'tool' && (look.effect ?? 'write') === effect);
		},
	};
}

function compileArgument(key: string, test: ValueTest, lean: Lean, notes: Notes, triggers?: RoleChecks): Condition {
	const check = compileValueTest(key, test, lean, notes);
	const name = `args.${key}`;
	const path = parseArgument(key);
	const role = roleOfName(path.at(-1) ?? '');
	const trigger = isRole(key) ? triggers?.get(key) : undefined;
	const judge = isRole(key)
		? (look: Look) => judgeRole(check, key, lean, look, trigger)
		: (look: Look) => judgeArgument(check, path, role, lean, look);
	const { statements, needs: texts } = check;
	if (texts !== undefined && lean === 'catch' && !isRole(key) && path.length === 1)
		return { name, reads: 'args', needs: { parameter: path, ofName: role, texts }, test: judge };
	if (statements === undefined) return { name, reads: 'args', test: judge };
	const remark = (look: Look) => remarkOn(statements, isRole(key) ? look.role(key) : textsAt(path, look), look);
	return { name, reads: 'args', test: judge, remark };
}

/** The texts that a condition on one argument looks at. */
function textsAt(path: ArgumentPath, look: Look): { readonly value: Json }[] | undefined {
	return leavesOf([...look.argument(path, true)], '', mostLeaves);
}

/** Why the SQL of a call is refused: the first of the texts that gives reason to, in words. */
function remarkOn(check: StatementCheck, values: readonly { readonly value: Json }[] = [], look: Look) {
	for (const { value } of values) {
		const remark = typeof value === 'string' ? sqlRemark(look.sql().read(value, check.parse), check.named) : undefined;
		if (remark !== undefined) return remark;
	}
	return undefined;
}

/**
 * INVARIANT: a restriction matches if any value does; what opens or excepts needs every one. For an exception, values
 * that only look like the role count as soon as they are what made the rule match (`trigger`).
 */
function judgeRole(check: ValueCheck, role: Role, lean: Lean, look: Look, trigger: ValueCheck | undefined): Truth {
	const all = look.role(role);
	if (all === undefined) return 'unsure';
	const confirmed = all.filter((value) => value.confirmed);
	if (check.present !== undefined) {
		const isThere = (lean === 'catch' ? all : confirmed).length > 0;
		if (isThere !== check.present) return 'no';
		if (!check.present) return 'yes';
	}
	const test = ({ value }: { value: Json }) => check.test(value, role, look);
	if (lean === 'catch') return anyOf(all, test);
	if (confirmed.length === 0) return 'no';
	const triggering =
		trigger === undefined
			? []
			: all.filter(({ confirmed, value }) => !confirmed && trigger.test(value, role, look) !== 'no');
	return allOf([...confirmed, ...triggering], test);
}

/** More values than this below one argument are not looked at one by one. */
const mostLeaves = 100_000;

/** `ofName` is the role that the parameter's name gives it. */
function judgeArgument(check: ValueCheck, path: ArgumentPath, ofName: Role | undefined, lean: Lean, look: Look): Truth {
	if (check.present === undefined) {
		const only = look.onlyArgument(path, lean === 'catch');
		if (only !== undefined) return judgeValue(check, only, path, look.roleOf(path, ofName), lean, look);
	}
	const found = look.argument(path, lean === 'catch');
	if (check.present !== undefined) {
		const isThere = found.some((value) => value !== null);
		const isNull = !isThere && found.length > 0;
		if (!check.present) return isThere ? 'no' : isNull ? 'unsure' : 'yes';
		if (!isThere) return isNull ? 'unsure' : 'no';
	}
	const role = look.roleOf(path, ofName);
	if (found.length === 0) return judgeAbsent(check, path, role, look);
	return quantify(lean)(found, (value) => judgeValue(check, value, path, role, lean, look));
}

function judgeValue(
	check: ValueCheck,
	value: Json,
	path: ArgumentPath,
	role: Role | undefined,
	lean: Lean,
	look: Look,
): Truth {
	if (typeof value !== 'object' || value === null || isWhole(check, value)) return check.test(value, role, look);
	// An object where a plain value is expected proves nothing, but may hold what is to be caught.
	if (lean === 'grant' && !Array.isArray(value)) return 'unsure';
	const leaves = leavesOf(value, path.at(-1) ?? '', mostLeaves);
	if (leaves === undefined) return 'unsure';
	if (leaves.length === 0) return lean === 'catch' ? 'no' : 'unsure';
	return quantify(lean)(leaves, (leaf) => check.test(leaf.value, role, look));
}

/** How many of several values must hold: one to restrict, every one to open. */
function quantify(lean: Lean): typeof anyOf {
	return lean === 'catch' ? anyOf : allOf;
}

/** Does the check speak of arrays or objects as a whole? */
function isWhole({ named }: ValueCheck, value: Json): boolean {
	return named.some((meant) => sameJson(meant, value));
}

/**
 * Nothing that is absent `is` anything; but what the server then takes is its own affair, so `not` and `outside` can't
 * be told, and a default that the tool announces counts as far as it goes.
 */
function judgeAbsent(check: ValueCheck, path: ArgumentPath, role: Role | undefined, look: Look): Truth {
	if (check.present === true) return 'no';
	const announced = look.defaultOf(path);
	if (announced !== undefined) return check.test(announced, role, look) === 'no' ? 'no' : 'unsure';
	return check.isPositive ? 'no' : 'unsure';
}
