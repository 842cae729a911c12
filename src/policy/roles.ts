// Which arguments are paths and which are URLs: by the tool's schema and by name, and, in doubt, by what they look like.
import { type JsonObject, stringMember } from '../abi/json.ts';
import { foldKey, type Leaf, leavesOf } from './arguments.ts';
import { normalisePath } from './paths.ts';
import { declares, parameterSchema } from './tool-schema.ts';
import { isFileUrl, looksLikeUrl } from './uri.ts';

export type Role = 'any_path' | 'any_url' | 'any_sql';

export function isRole(key: string): key is Role {
	return key === 'any_path' || key === 'any_url' || key === 'any_sql';
}

/** A value that plays a role, or may. */
export interface RoleValue {
	readonly value: string;
	/** True when the schema or the parameter's name says so; what only looks like it is good enough for restrictions alone. */
	readonly confirmed: boolean;
}

const pathWords = new Set(
	'path paths pathname filepath filepaths file files filename filenames directory directories dir dirs folder folders cwd root roots source src destination dest workdir'.split(
		' ',
	),
);
const urlWords = new Set('url urls uri uris href hrefs endpoint endpoints webhook'.split(' '));
const pathFormats = new Set(['path', 'file', 'file-path', 'directory', 'directory-path']);
const urlFormats = new Set(['uri', 'url', 'uri-reference', 'iri', 'iri-reference']);

/** The role that a parameter of this name has, by its last word: `filePath`, `old_path`, `base-url`. */
export function roleOfName(name: string): Role | undefined {
	const words = name.split(/[^\p{L}\p{N}]+|(?<=[\p{Ll}\p{N}])(?=\p{Lu})/u).filter((word) => word !== '');
	const last = foldKey(words.at(-1) ?? '');
	if (pathWords.has(last)) return 'any_path';
	return urlWords.has(last) ? 'any_url' : undefined;
}

export function roleOfSchema(node: JsonObject | undefined): Role | undefined {
	const items = node?.['items'];
	const format = stringMember(node, 'format') ?? stringMember(items, 'format');
	if (format === undefined) return undefined;
	if (pathFormats.has(format)) return 'any_path';
	return urlFormats.has(format) ? 'any_url' : undefined;
}

/** More values than this in one call are not looked at one by one; then nothing is certain. */
const mostValues = 10_000;

/** The values with `role`, or undefined when there are too many to look at. */
export function roleValues(args: JsonObject, role: Role, schema: JsonObject | undefined): RoleValue[] | undefined {
	const leaves = leavesOf(args, '', mostValues);
	return leaves?.flatMap((leaf) => {
		const certainty = judgeLeaf(leaf, role, schema);
		return certainty === undefined ? [] : [{ value: leaf.value as string, confirmed: certainty === 'confirmed' }];
	});
}

function judgeLeaf(leaf: Leaf, role: Role, schema: JsonObject | undefined): 'confirmed' | 'possible' | undefined {
	const { value } = leaf;
	if (typeof value !== 'string') return undefined;
	// Name and schema each may say it: a driver that calls its path a URL gets around no rule.
	const named = leaf.isKey ? [] : [roleOfName(leaf.key), roleOfSchema(parameterSchema(schema, leaf.path))];
	const isNamed = named.includes(role) || (role === 'any_path' && named.includes('any_url') && isFileUrl(value));
	// Whoever invents a parameter must not thereby satisfy a rule about the real ones.
	if (isNamed) return declares(schema, leaf.path) === 'no' ? 'possible' : 'confirmed';
	const couldBe = role === 'any_path' ? couldBePath(value) : looksLikeUrl(value);
	return couldBe ? 'possible' : undefined;
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
