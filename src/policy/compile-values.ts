// Turns the conditions an author wrote about a value into ones that can be checked.
import type { Json } from '../abi/json.ts';
import { isNumber } from './compare.ts';
import type { Notes } from './notes.ts';
import { compilePathGlob, escapePathGlob } from './path-glob.ts';
import { absolutePath } from './paths.ts';
import { compileRegex, type Regex } from './regex.ts';
import { isRole, type Role, roleOfName } from './roles.ts';
import type { ValueTest } from './rule.ts';
import { compileTextGlob, textIn } from './text-glob.ts';
import type { Lean } from './truth.ts';
import { parseUrlGlob } from './url-glob.ts';
import { makeCheck, type ValueCheck, type ValueConditions, type ValueGlob } from './values.ts';
import { expandText, expandValues, type Quote } from './variables.ts';

export function compileValueTest(key: string, test: ValueTest, lean: Lean, notes: Notes): ValueCheck {
	const { variables, unknown } = notes;
	const role = isRole(key) ? key : roleOfName(key.split('/').at(-1) ?? key);
	const values = (list: readonly Json[]) => expandValues(list, variables, unknown);
	return makeCheck({
		...(test.is === undefined ? {} : { is: values(test.is) }),
		...(test.not === undefined ? {} : { not: values(test.not) }),
		...(test.glob === undefined ? {} : { glob: test.glob.flatMap((text) => compileGlob(text, role, lean, notes)) }),
		...(test.inside === undefined ? {} : { inside: compileRoots(test.inside, notes) }),
		...(test.outside === undefined ? {} : { outside: compileRoots(test.outside, notes) }),
		...(test.matches === undefined ? {} : { matches: test.matches.flatMap((source) => compilePattern(source, notes)) }),
		...(test.present === undefined ? {} : { present: test.present }),
		...compileStatements(test, lean, notes),
		bounds: compileBounds(test, notes),
	});
}

export function compilePattern(source: string, notes: Notes): Regex[] {
	return expandText(source, notes.variables, notes.unknown, escapeRegex).flatMap((text) => {
		const regex = compileRegex(text);
		if (!('error' in regex)) return [regex];
		notes.report(
			'P501',
			`\`${text}\` is not a valid pattern: ${regex.error}`,
			'patterns are RE2: no look-around, no back-references',
		);
		return [];
	});
}

function compileStatements(test: ValueTest, lean: Lean, notes: Notes): Pick<ValueConditions, 'statements'> {
	const { statement_other_than: named } = test;
	const parse = named && notes.sqlParser();
	return parse === undefined ? {} : { statements: { named: new Set(named), parse, lean } };
}

function compileGlob(source: string, role: Role | undefined, lean: Lean, notes: Notes): ValueGlob[] {
	// SQL is text, whatever it begins with.
	const meaning = role === 'any_sql' ? () => undefined : meaningOf;
	const kind = meaning(source) ?? role;
	const quote = kind === 'any_path' ? escapePathGlob : literalValue(notes);
	return expandText(source, notes.variables, notes.unknown, quote).flatMap((text): ValueGlob[] => {
		// Only the tool's schema may tell what the parameter is, so every reading is kept at hand.
		const path = compilePathGlob(text, lean, notes.paths);
		const isBroken = 'error' in path;
		if (isBroken && (meaning(text) ?? kind) === 'any_path') {
			notes.report('P501', `glob \`${text}\` ${path.error}`);
			return [];
		}
		return [
			{
				text: compileTextGlob(text),
				holds: textIn(text),
				meant: meaning(text) ?? 'text',
				url: parseUrlGlob(text),
				path: isBroken ? undefined : path,
			},
		];
	});
}

/** What the text of a glob says it is about; undefined when it could be any text. */
function meaningOf(glob: string): Exclude<Role, 'any_sql'> | undefined {
	if (/^\$\{(?:workspace|tmp|home)\}/.test(glob)) return 'any_path';
	if (/^[a-z*?][a-z0-9+.*?-]*:\/\//i.test(glob)) return 'any_url';
	return /^(?:\/|~|\.\/|\*\*)/.test(glob) ? 'any_path' : undefined;
}

export function compileRoots(texts: readonly string[], notes: Notes): string[] {
	return texts
		.flatMap((text) => expandText(text, notes.variables, notes.unknown))
		.flatMap((text) => {
			const path = absolutePath(text, notes.paths.home, notes.paths.base);
			if (path === undefined)
				notes.report('P203', `\`${text}\` is relative, and there is no workspace it could be relative to`);
			return path === undefined ? [] : [path];
		});
}

function compileBounds(test: ValueTest, notes: Notes): ValueConditions['bounds'] {
	const members = [
		['min', (order: number) => order >= 0],
		['max', (order: number) => order <= 0],
		['above', (order: number) => order > 0],
		['below', (order: number) => order < 0],
	] as const;
	return members.flatMap(([name, holds]) => {
		const bound = test[name];
		if (bound === undefined) return [];
		if (isNumber(bound)) return [{ bound, test: holds }];
		notes.report('P102', `\`${name}\` needs a number`);
		return [];
	});
}

/** A variable inside a text glob stands for itself; one that holds a wildcard would silently widen the rule. */
export function literalValue(notes: Notes): Quote {
	return (value) => {
		if (/[*?]/.test(value)) notes.report('P501', `\`${value}\` holds a wildcard and stands inside a glob`);
		return value;
	};
}

function escapeRegex(value: string): string {
	return value.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
