// Conditions on what is known about a command: `force: true`, `to_branch: main`, `deletes: { outside: … }`.
import type { Command, Fact } from '../abi/command.ts';
import type { Json } from '../abi/json.ts';
import { isUnsure } from './command-pattern.ts';
import { scalarText } from './compare.ts';
import { compileRoots, literalValue } from './compile-values.ts';
import type { Notes } from './notes.ts';
import { compilePathGlob, escapePathGlob, type PathGlob } from './path-glob.ts';
import { closedFolder, isPattern, type Openness, overlapTruth } from './path-overlap.ts';
import { isInside, judgePath, matchesGlobs } from './paths.ts';
import type { Resolver } from './resolver.ts';
import type { FactTest } from './rule.ts';
import { matchesTextGlob } from './text-glob.ts';
import { agree, allOf, anyOf, type Lean, negate, type Truth, truthOf } from './truth.ts';
import { expandText, expandValues } from './variables.ts';

export interface FactCheck {
	readonly name: string;
	/** Each must hold. */
	readonly tests: readonly FactMember[];
}

type FactMember =
	/** One of these: texts are globs, of paths where the fact is about paths. */
	| { readonly kind: 'any' | 'none'; readonly values: readonly Json[]; readonly globs: readonly Glob[] }
	| { readonly kind: 'inside' | 'outside'; readonly roots: readonly string[] };

interface Glob {
	readonly text: string;
	/** Set for facts about paths. */
	readonly path: PathGlob | undefined;
}

/** Resolves a path as the command would: against each directory it may start in. */
export type Places = readonly Resolver[];

/** Facts that are paths, relative to where the text starts. */
const pathFacts: readonly string[] = ['reads', 'writes', 'deletes', 'paths'];

export function compileFacts(
	facts: Readonly<Record<string, FactTest>> | undefined,
	lean: Lean,
	notes: Notes,
): FactCheck[] {
	return Object.entries(facts ?? {}).map(([name, test]) => ({ name, tests: compileTests(name, test, lean, notes) }));
}

function compileTests(
	name: string,
	{ is, not, glob, inside, outside }: FactTest,
	lean: Lean,
	notes: Notes,
): FactMember[] {
	const isPath = pathFacts.includes(name);
	if (!isPath && (inside !== undefined || outside !== undefined)) {
		const known = pathFacts.map((fact) => `\`${fact}\``).join(', ');
		notes.report(
			'P102',
			`\`inside\` and \`outside\` are about paths, and the fact \`${name}\` is none`,
			`these are: ${known}`,
		);
	}
	const values = (kind: 'any' | 'none', given: readonly Json[]): FactMember => {
		const texts = given.filter((value) => typeof value === 'string');
		return {
			kind,
			values: expandValues(
				given.filter((value) => typeof value !== 'string'),
				notes.variables,
				notes.unknown,
			),
			globs: texts.flatMap((text) => compileGlobs(text, isPath, lean, notes)),
		};
	};
	return [
		...(is === undefined ? [] : [values('any', is)]),
		...(glob === undefined ? [] : [values('any', glob)]),
		...(not === undefined ? [] : [values('none', not)]),
		...(inside === undefined ? [] : [{ kind: 'inside' as const, roots: compileRoots(inside, notes) }]),
		...(outside === undefined ? [] : [{ kind: 'outside' as const, roots: compileRoots(outside, notes) }]),
	];
}

function compileGlobs(source: string, isPath: boolean, lean: Lean, notes: Notes): Glob[] {
	const quote = isPath ? escapePathGlob : literalValue(notes);
	return expandText(source, notes.variables, notes.unknown, quote).flatMap((text): Glob[] => {
		if (!isPath) return [{ text, path: undefined }];
		const path = compilePathGlob(text, lean, notes.paths);
		if (!('error' in path)) return [{ text, path }];
		notes.report('P501', `glob \`${text}\` ${path.error}`);
		return [];
	});
}

/**
 * A list catches when one of its entries does; it grants only when it has entries and all of them do, of those that made
 * the rule match where `triggers` says so. What a command may be beside what it says is never certain.
 */
export function factTruth(
	check: FactCheck,
	command: Command,
	places: Places,
	lean: Lean,
	triggers: readonly FactCheck[] = [],
): Truth {
	const { name, tests } = check;
	const fact: Fact | undefined = Object.hasOwn(command.facts, name) ? command.facts[name] : undefined;
	const isPath = pathFacts.includes(name);
	const openness = opennessOf(command, name, isPath ? fact : undefined);
	if (openness === undefined) return 'unsure';
	if (!Array.isArray(fact) && !(isPath && fact === undefined)) {
		// What is not there does not hold: `force: false` is true of a push without force.
		return testsTruth(tests, { name, value: (fact as boolean | string | undefined) ?? false, places, openness, lean });
	}
	const test = (one: FactCheck) => (value: string) => testsTruth(one.tests, { name, value, places, openness, lean });
	const entries = (fact ?? []) as readonly string[];
	if (lean === 'catch') return anyOf(entries, test(check));
	const trigger = triggers.find((one) => one.name === name);
	const counted = trigger === undefined ? entries : entries.filter((entry) => test(trigger)(entry) !== 'no');
	return counted.length === 0 ? 'no' : allOf(counted, test(check));
}

/**
 * How to take the entries of a fact; undefined when it may hold more than them. A path of which a part is unknown stands
 * there with a `*` for that part: then the entries are all there is.
 */
function opennessOf(command: Command, name: string, paths: Fact | undefined): Openness | undefined {
	if (!isUnsure(command, name)) return 'shell';
	const { unsure, isOpenEnded } = command;
	if (isOpenEnded || unsure.includes('*') || unsure.includes('flags') || !Array.isArray(paths)) return undefined;
	return paths.some((path) => path.includes('*')) ? 'unknown' : undefined;
}

/** One value of a fact, and what it takes to judge it. */
interface Entry {
	readonly name: string;
	readonly value: boolean | string;
	readonly places: Places;
	readonly openness: Openness;
	readonly lean: Lean;
}

function testsTruth(tests: readonly FactMember[], entry: Entry): Truth {
	return allOf(tests, (member) => memberTruth(member, entry));
}

function memberTruth(member: FactMember, entry: Entry): Truth {
	switch (member.kind) {
		case 'any':
			return anyTruth(member, entry);
		case 'none':
			return negate(anyTruth(member, entry));
		case 'inside':
			return insideTruth(member.roots, entry);
		case 'outside':
			// A folder above a root is outside of it; what lets something happen must look at what is below, too.
			return negate(insideTruth(member.roots, entry.lean === 'grant' ? entry : { ...entry, name: '' }));
		default:
			return member satisfies never;
	}
}

function anyTruth({ values, globs }: FactMember & { kind: 'any' | 'none' }, entry: Entry): Truth {
	const { value: fact, openness } = entry;
	const isValue = values.some((value) =>
		typeof fact === 'boolean' ? value === fact : typeof value !== 'boolean' && scalarText(value) === fact,
	);
	if (isValue) return 'yes';
	return anyOf(globs, ({ text, path }) => {
		if (typeof fact === 'boolean') return 'no';
		if (path === undefined) return truthOf(matchesTextGlob(text, fact));
		if (!isPattern(fact)) {
			return onPath(fact, entry, (form, resolver) => {
				const truth = matchesGlobs(form, [path], resolver);
				const mayReach = standsForAll(entry.name) && path.anchor !== undefined && isAbove(form, path.anchor);
				return truth === 'no' && mayReach ? 'unsure' : truth;
			});
		}
		if (openness === 'unknown') return overlapTruth(path.whole, fact, openness);
		return belowFolder(fact, entry, (pattern) => overlapTruth(path.whole, pattern, openness));
	});
}

function insideTruth(roots: readonly string[], entry: Entry): Truth {
	const { name, value, openness } = entry;
	if (typeof value === 'boolean') return 'no';
	if (!isPattern(value)) {
		return onPath(value, entry, (form, resolver) => {
			const truth = isInside(form, roots, resolver);
			return truth === 'no' && standsForAll(name) && roots.some((root) => isAbove(form, root)) ? 'unsure' : truth;
		});
	}
	if (openness === 'unknown') return 'unsure';
	return belowFolder(value, entry, (pattern, folder, resolver) => {
		const truth = isInside(folder, roots, resolver);
		if (truth !== 'no') return truth;
		// A pattern may lead down into a root, or name a folder above it.
		const reached = roots.flatMap((root) => [`${root}/**`, ...(standsForAll(name) ? foldersAbove(root) : [])]);
		return anyOf(reached, (one) => (overlapTruth(one, pattern, openness) === 'no' ? 'no' : 'unsure'));
	});
}

/** Asks about a pattern of the shell with the folder before it resolved. */
function belowFolder(
	value: string,
	entry: Entry,
	test: (pattern: string, folder: string, resolver: Resolver) => Truth,
): Truth {
	const folder = closedFolder(value);
	const rest = value.slice(folder.length).replace(/^\//, '');
	return onPath(folder, entry, (form, resolver) => test(`${form === '/' ? '' : form}/${rest}`, form, resolver));
}

function onPath(path: string, { places }: Entry, test: (form: string, resolver: Resolver) => Truth): Truth {
	// The folder that a text starts in is called by no name.
	return agree(places, (resolver) => judgePath(path === '' ? '.' : path, resolver, (form) => test(form, resolver)));
}

/** Whoever deletes or reads a folder does so with what is below it, too. */
function standsForAll(fact: string): boolean {
	return fact === 'deletes' || fact === 'reads';
}

/** `/a/b/c` → `/a/b`, `/a`. */
function foldersAbove(path: string): string[] {
	const segments = path.split('/');
	return segments.slice(2).map((_, index) => segments.slice(0, index + 2).join('/'));
}

function isAbove(path: string, below: string): boolean {
	return path === '/' || below.startsWith(`${path}/`);
}
