// Conditions on values: `is`, `not`, `glob`, `inside`, `outside`, `matches`, the bounds and `statement_other_than`, on one value.
import type { ExactNumber, Json } from '../abi/json.ts';
import { compares, isValue, type Meant, meant, scalarText } from './compare.ts';
import type { Look } from './look.ts';
import type { PathGlob } from './path-glob.ts';
import { formsIn, isInside, isOutside, judgePlaces, matchesGlobs } from './paths.ts';
import { type Regex, regexTruth } from './regex.ts';
import type { Role } from './roles.ts';
import { otherStatement } from './sql.ts';
import type { SqlKind } from './sql-kinds.ts';
import type { ParseSql } from './sql-parser.ts';
import { agree, allOf, type Lean, negate, type Truth } from './truth.ts';
import { readUrl } from './uri.ts';
import { type UrlGlob, urlGlobTruth } from './url-glob.ts';

/** A glob as its own text says it is meant: `://` makes it a URL's, a leading `/`, `~`, `./` or `**` a path's. */
export interface ValueGlob {
	readonly text: (value: string) => Truth;
	/** What stands in every plain text that it matches as text; see {@link textIn}. */
	readonly holds: string | undefined;
	/** Undefined when it is no valid path glob. */
	readonly path: PathGlob | undefined;
	readonly url: UrlGlob;
	readonly meant: 'any_path' | 'any_url' | 'text';
}

/** What an author says about a value, with patterns compiled and variables put in. */
export interface ValueConditions {
	readonly is?: readonly Json[];
	readonly not?: readonly Json[];
	readonly glob?: readonly ValueGlob[];
	/** Absolute. */
	readonly inside?: readonly string[];
	readonly outside?: readonly string[];
	readonly matches?: readonly Regex[];
	readonly bounds: readonly { readonly bound: number | ExactNumber; readonly test: (order: number) => boolean }[];
	readonly present?: boolean;
	readonly statements?: StatementCheck;
}

/** SQL with a statement of a kind that is not named. */
export interface StatementCheck {
	readonly named: ReadonlySet<SqlKind>;
	readonly parse: ParseSql;
	readonly lean: Lean;
}

/** Of a value that plays `role`. */
type ValueTester = (value: Json, role: Role | undefined, look: Look) => Truth;

/** The conditions, ready to be tried on many values. */
export interface ValueCheck {
	/** What `is` and `not` name: an array or object among it is compared as a whole. */
	readonly named: readonly Json[];
	readonly present: boolean | undefined;
	/** Nothing but what a value *is* could make the check hold: then an absent parameter does not. */
	readonly isPositive: boolean;
	readonly statements: StatementCheck | undefined;
	/** A plain text that plays no role passes only if one of these stands in it; undefined where more than that decides. */
	readonly needs: readonly string[] | undefined;
	/** Does every member hold for the value? `present` is not looked at here. */
	readonly test: ValueTester;
}

export function makeCheck(conditions: ValueConditions): ValueCheck {
	const { is = [], not = [], outside, present, statements } = conditions;
	const tests = [...testsOf(conditions)];
	return {
		named: [...is, ...not],
		present,
		isPositive: conditions.not === undefined && outside === undefined && statements === undefined,
		statements,
		needs: present === undefined && tests.length === 1 ? textsIn(conditions.glob) : undefined,
		test: allOfThem(tests),
	};
}

function textsIn(globs: readonly ValueGlob[] | undefined): readonly string[] | undefined {
	if (globs === undefined) return undefined;
	const texts = globs.flatMap(({ meant, holds }) => (meant === 'text' && holds !== undefined ? [holds] : []));
	return texts.length === globs.length ? texts : undefined;
}

function allOfThem(tests: readonly ValueTester[]): ValueTester {
	const [only, ...others] = tests;
	if (only !== undefined && others.length === 0) return only;
	return (value, role, look) => allOf(tests, (test) => test(value, role, look));
}

function* testsOf(conditions: ValueConditions): Generator<ValueTester> {
	const { is, not, glob, inside, outside, matches, bounds, statements } = conditions;
	if (is !== undefined) yield isAnyOf(is);
	if (not !== undefined) {
		const isNamed = isAnyOf(not);
		yield (value, role, look) => (value === null ? 'unsure' : negate(isNamed(value, role, look)));
	}
	if (glob !== undefined) {
		// A function made here, for texts too, would cost more than the look.
		yield (value, role, look) =>
			typeof value === 'string' ? globTruth(glob, value, role, look) : globsOnOther(glob, value, role, look);
	}
	if (inside !== undefined) {
		yield (value, _, look) => onPath(value, look, (form) => isInside(form, inside, look.senses));
	}
	if (outside !== undefined) {
		yield (value, _, look) => onPath(value, look, (form) => isOutside(form, outside, look.senses));
	}
	if (matches !== undefined) yield (value, role, look) => onText(value, (text) => regexOn(matches, text, role, look));
	for (const { bound, test } of bounds) yield (value) => compares(value, bound, test);
	if (statements !== undefined) yield (value, _, look) => statementTruth(value, statements, look);
}

/** Text conditions on a number or a boolean are never certain: a server may or may not read it as text. */
function onText(value: Json, test: (text: string) => Truth): Truth {
	if (typeof value === 'string') return test(value);
	const text = scalarText(value);
	if (text === undefined) return value === null ? 'no' : 'unsure';
	return test(text) === 'no' ? 'no' : 'unsure';
}

/** A number or a boolean is no SQL; null may stand for whatever the server does without it. */
function statementTruth(value: Json, { named, parse, lean }: StatementCheck, look: Look): Truth {
	if (typeof value === 'string') return otherStatement(look.sql().read(value, parse), named, lean);
	return value === null ? 'unsure' : 'no';
}

function onPath(value: Json, look: Look, test: (form: string) => Truth): Truth {
	return typeof value === 'string' ? judgePlaces(look.places(value), test) : 'unsure';
}

function isAnyOf(values: readonly Json[]): ValueTester {
	const all: readonly Meant[] = values.map(meant);
	const texts = values.filter((value) => typeof value === 'string');
	const mayBeSpelled = texts.some((text) => looksLikePath(text) || looksLikeUrl(text));
	return (value, role, look) => {
		let direct: Truth = 'no';
		for (const one of all) {
			const truth = isValue(value, one);
			if (truth === 'yes') return 'yes';
			if (truth === 'unsure') direct = 'unsure';
		}
		if (typeof value !== 'string' || (role === undefined && !mayBeSpelled)) return direct;
		return texts.some((text) => spellsSame(value, text, role, look)) ? 'unsure' : direct;
	};
}

/** `/etc//passwd` for `/etc/passwd`, `HTTP://acme.com` for `http://acme.com/`. */
function spellsSame(value: string, meant: string, role: Role | undefined, look: Look): boolean {
	if (role === 'any_path' || looksLikePath(meant)) {
		const wanted = look.senses.resolve(meant);
		const forms = look.senses.resolve(value.trim());
		// A path that can't be resolved could be any.
		if (forms === undefined) return role === 'any_path';
		if (wanted === undefined) return false;
		return [wanted.lexical, wanted.real].some((path) => formsIn(forms).includes(path));
	}
	if (role === 'any_url' || looksLikeUrl(meant)) {
		const url = readUrl(value);
		return url === undefined ? role === 'any_url' : url.href === readUrl(meant)?.href;
	}
	return false;
}

function looksLikePath(text: string): boolean {
	return text.startsWith('/') || text.startsWith('~');
}

function looksLikeUrl(text: string): boolean {
	return text.includes('://');
}

function regexOn(patterns: readonly Regex[], text: string, role: Role | undefined, look: Look): Truth {
	const direct = regexTruth(patterns, text);
	if (role === 'any_path') {
		return agree([direct, judgePlaces(look.places(text), (form) => regexTruth(patterns, form))], (truth) => truth);
	}
	const url = role === 'any_url' ? readUrl(text) : undefined;
	return url === undefined ? direct : agree([direct, regexTruth(patterns, url.href)], (truth) => truth);
}

function globsOnOther(globs: readonly ValueGlob[], value: Json, role: Role | undefined, look: Look): Truth {
	return onText(value, (text) => globTruth(globs, text, role, look));
}

function globTruth(globs: readonly ValueGlob[], text: string, role: Role | undefined, look: Look): Truth {
	let result: Truth = 'no';
	for (const glob of globs) {
		const truth = oneGlobTruth(glob, text, role, look);
		if (truth === 'yes') return 'yes';
		if (truth === 'unsure') result = 'unsure';
	}
	return result;
}

function oneGlobTruth(glob: ValueGlob, text: string, role: Role | undefined, look: Look): Truth {
	if (glob.meant !== 'text') return globTruthAs(glob, glob.meant, text, look);
	const asText = glob.text(text);
	if (role === undefined || role === 'any_sql') return asText;
	// A pattern such as `web*` on a parameter named `source`: text or path, the author did not say.
	const asRole = globTruthAs(glob, role, text, look);
	return asRole === 'no' && asText !== 'no' ? 'unsure' : asRole;
}

function globTruthAs(glob: ValueGlob, role: Exclude<Role, 'any_sql'>, text: string, look: Look): Truth {
	if (role === 'any_url') return urlGlobTruth([glob.url], text);
	const { path } = glob;
	return path === undefined ? 'no' : judgePlaces(look.places(text), (form) => matchesGlobs(form, [path], look.senses));
}
