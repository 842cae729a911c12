// Which arguments are paths, URLs or SQL: by the tool's schema and by name, and, in doubt, by what they look like.
import type { ArgumentRole } from '../abi/decision.ts';
import { type JsonObject, stringMember } from '../abi/json.ts';
import { type ArgumentPath, argumentPointer, foldKey, type Leaf, leavesOf } from './arguments.ts';
import { normalisePath } from './paths.ts';
import { looksLikeSql } from './sql-look.ts';
import { declares, parameterSchema } from './tool-schema.ts';
import { isFileUrl, looksLikeUrl } from './uri.ts';

export const roles = ['any_path', 'any_url', 'any_sql'] as const satisfies readonly ArgumentRole[];

export type Role = ArgumentRole;

export function isRole(key: string): key is Role {
	return (roles as readonly string[]).includes(key);
}

/** A value that plays a role, or may. */
export interface RoleValue {
	readonly value: string;
	/**
	 * True when a person confirmed it, or, where nobody looked, when the schema or the parameter's name says so; what only
	 * looks like it is good enough for restrictions alone.
	 */
	readonly confirmed: boolean;
}

const pathWords = new Set(
	'path paths pathname filepath filepaths file files filename filenames directory directories dir dirs folder folders cwd root roots source src destination dest workdir'.split(
		' ',
	),
);
const urlWords = new Set('url urls uri uris href hrefs endpoint endpoints webhook'.split(' '));
/** What may follow the word `sql` in a name; `sqlQuery` and `SQL_TEXT` are SQL, `sql_dialect` is not. */
const sqlForms = new Set('query queries statement statements text string script command code'.split(' '));
/** Many a server calls its SQL so, and many a server something else. */
const vagueSqlWords = new Set('query queries statement statements stmt'.split(' '));
const pathFormats = new Set(['path', 'file', 'file-path', 'directory', 'directory-path']);
const urlFormats = new Set(['uri', 'url', 'uri-reference', 'iri', 'iri-reference']);

/** The role that a parameter of this name has, by its last word: `filePath`, `old_path`, `base-url`, `raw_sql`. */
export function roleOfName(name: string): Role | undefined {
	const words = wordsOf(name);
	const last = words.at(-1) ?? '';
	if (pathWords.has(last)) return 'any_path';
	if (urlWords.has(last)) return 'any_url';
	return isSqlName(last, words.at(-2)) ? 'any_sql' : undefined;
}

function isSqlName(last: string, before: string | undefined): boolean {
	if (last === 'sql' || (before === 'sql' && sqlForms.has(last))) return true;
	return last.startsWith('sql') && sqlForms.has(last.slice('sql'.length));
}

function wordsOf(name: string): string[] {
	const words = name.split(/[^\p{L}\p{N}]+|(?<=[\p{Ll}\p{N}])(?=\p{Lu})/u);
	return words.filter((word) => word !== '').map(foldKey);
}

export function roleOfSchema(node: JsonObject | undefined): Role | undefined {
	const said = (key: string) => stringMember(node, key) ?? stringMember(node?.['items'], key);
	const format = said('format');
	if (format === 'sql' || said('contentMediaType') === 'application/sql') return 'any_sql';
	if (format === undefined) return undefined;
	if (pathFormats.has(format)) return 'any_path';
	return urlFormats.has(format) ? 'any_url' : undefined;
}

/** More values than this in one call are not looked at one by one; then nothing is certain. */
const mostValues = 10_000;

/** What is known about the parameters of a tool: its own schema, and the roles that a person confirmed. */
export interface ParameterFacts {
	readonly schema: JsonObject | undefined;
	/** By JSON Pointer, array indices left out. */
	readonly confirmed: Readonly<Record<string, Role>> | undefined;
	/** They confirmed it of another definition: nothing is certain any more. */
	readonly isChanged: boolean;
}

/** The values with `role`, or undefined when there are too many to look at. */
export function roleValues(args: JsonObject, role: Role, facts: ParameterFacts): RoleValue[] | undefined {
	const leaves = leavesOf(args, '', mostValues);
	return leaves?.flatMap((leaf) => {
		const certainty = judgeLeaf(leaf, role, facts);
		return certainty === undefined ? [] : [{ value: leaf.value as string, confirmed: certainty === 'confirmed' }];
	});
}

/** The role that a person gave the parameter. */
export function confirmedRole(confirmed: ParameterFacts['confirmed'], path: ArgumentPath): Role | undefined {
	const pointer = argumentPointer(path);
	return confirmed !== undefined && Object.hasOwn(confirmed, pointer) ? confirmed[pointer] : undefined;
}

function judgeLeaf(
	leaf: Leaf,
	role: Role,
	{ schema, confirmed, isChanged }: ParameterFacts,
): 'confirmed' | 'possible' | undefined {
	const { value } = leaf;
	if (typeof value !== 'string') return undefined;
	const said = leaf.isKey ? undefined : confirmedRole(confirmed, leaf.path);
	if (said === role || (role === 'any_path' && said === 'any_url' && isFileUrl(value)))
		return isChanged ? 'possible' : 'confirmed';
	// Name and schema each may say it: a driver that calls its path a URL gets around no rule.
	const named = leaf.isKey ? [] : [roleOfName(leaf.key), roleOfSchema(parameterSchema(schema, leaf.path))];
	const isNamed = named.includes(role) || (role === 'any_path' && named.includes('any_url') && isFileUrl(value));
	// Whoever invents a parameter must not thereby satisfy a rule about the real ones; and once a person has looked at a
	// tool, what nobody confirmed is a guess.
	if (isNamed) return confirmed !== undefined || declares(schema, leaf.path) === 'no' ? 'possible' : 'confirmed';
	return couldBe(role, leaf, value) ? 'possible' : undefined;
}

function couldBe(role: Role, leaf: Leaf, value: string): boolean {
	switch (role) {
		case 'any_path':
			return couldBePath(value);
		case 'any_url':
			return looksLikeUrl(value);
		case 'any_sql':
			return (!leaf.isKey && vagueSqlWords.has(wordsOf(leaf.key).at(-1) ?? '')) || looksLikeSql(value);
		default:
			return role satisfies never;
	}
}

const longestPath = 4096;

/**
 * Absolute, `~`, `./`, `../`, `file:`, or a slash anywhere. Text of several lines, or longer than any path, is content;
 * but only once its `.` and `..` are gone, since a server may do the same before it opens anything.
 */
function couldBePath(text: string): boolean {
	const plain = text.trim();
	if (plain === '') return false;
	if (!isShortLine(plain) && !(canShrink.test(plain) && isShortLine(normalisePath(plain)))) return false;
	return plain.startsWith('~') || plain === '.' || plain === '..' || plain.includes('/') || isFileUrl(plain);
}

function isShortLine(text: string): boolean {
	return text.length <= longestPath && !/[\n\r]/.test(text);
}

/** Holds a `.`, a `..` or an empty segment. */
const canShrink = /\/\.{0,2}(?:\/|$)/;
