// Does a structured result still fit the tool's output schema when texts in it were replaced?
import { isJsonObject, type Json, type JsonObject, member } from '../abi/json.ts';

/** References within a schema are followed this far; a schema may contain itself. */
const deepest = 64;
/** Of so many schemas at one place, nobody can tell in time. */
const mostSchemas = 1000;

/**
 * True when the schema can't tell the two apart: wherever they differ, it says nothing about what a text contains. Then
 * the second fits whenever the first did. Nothing is validated: a server's patterns are not run, and doubt is false.
 */
export function fitsAlike(schema: JsonObject, before: Json, after: Json): boolean {
	const schemas = applying([schema], schema);
	return schemas !== undefined && isAlike({ schemas, root: schema }, before, after);
}

/** True when an object that fits the schema fits it with one more member, a text of that name. Doubt is false. */
export function takesMember(schema: JsonObject, name: string): boolean {
	const schemas = applying([schema], schema);
	return schemas?.every((one) => isOpenFor(one, name)) ?? false;
}

function isOpenFor(schema: Json, name: string): boolean {
	if (!isJsonObject(schema)) return true;
	const counts = (keyword: string) => member(schema, keyword) !== undefined;
	return (
		!closingKeywords.some(counts) &&
		(member(schema, 'additionalProperties') ?? true) === true &&
		!Object.hasOwn(objectOf(member(schema, 'properties')), name)
	);
}

const closingKeywords = [
	...['const', 'enum', '$dynamicRef', '$recursiveRef', 'patternProperties', 'propertyNames', 'maxProperties'],
	...['unevaluatedProperties', 'dependentSchemas', 'dependencies', 'dependentRequired'],
];

interface Here {
	/** Every schema that has a say here. */
	readonly schemas: readonly Json[];
	readonly root: JsonObject;
}

function isAlike({ schemas, root }: Here, before: Json, after: Json): boolean {
	if (before === after) return true;
	if (schemas.some((schema) => hasAny(schema, wholeKeywords))) return false;
	const below = (children: readonly Json[]) => {
		const found = applying(children, root);
		return found === undefined ? undefined : { schemas: found, root };
	};
	if (Array.isArray(before) && Array.isArray(after)) {
		if (schemas.some((schema) => hasAny(schema, listKeywords))) return false;
		return before.every((item: Json, index) => {
			const there = below(schemas.flatMap((schema) => itemSchemas(schema, index)));
			return item === after[index] || (there !== undefined && isAlike(there, item, after[index] as Json));
		});
	}
	if (isJsonObject(before) && isJsonObject(after)) {
		const names = Object.keys(before);
		const isRenamed = names.some((name) => !Object.hasOwn(after, name));
		if (isRenamed && !schemas.every((schema) => takesAnyName(schema, names))) return false;
		return names.every((name) => {
			const changed = member(after, name);
			if (changed === undefined || changed === before[name]) return true;
			const there = below(schemas.flatMap((schema) => memberSchemas(schema, name)));
			return there !== undefined && isAlike(there, before[name] as Json, changed);
		});
	}
	// A text for a text; anything else is another type.
	if (typeof before !== 'string' || typeof after !== 'string')
		return schemas.every((schema) => !hasAny(schema, ['type']));
	return !schemas.some((schema) => hasAny(schema, textKeywords));
}

/** These compare the whole value, or refer to what can't be followed. */
const wholeKeywords = ['const', 'enum', '$dynamicRef', '$recursiveRef'];
const listKeywords = ['uniqueItems'];
const textKeywords = [
	...['pattern', 'format', 'minLength', 'maxLength'],
	...['contentEncoding', 'contentMediaType', 'contentSchema', 'formatMinimum', 'formatMaximum'],
];

function hasAny(schema: Json, keywords: readonly string[]): boolean {
	return keywords.some((keyword) => (member(schema, keyword) ?? false) !== false);
}

/** The schemas with those that they bring along at the same place; undefined when there are too many, or one is elsewhere. */
function applying(schemas: readonly Json[], root: JsonObject): readonly Json[] | undefined {
	const found = new Set<Json>();
	const queue = schemas.map((schema) => ({ schema, depth: 0 }));
	for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
		const { schema, depth } = next;
		if (!isJsonObject(schema) || found.has(schema)) continue;
		if (depth > deepest || found.size >= mostSchemas) return undefined;
		found.add(schema);
		const reference = member(schema, '$ref');
		const target = reference === undefined ? undefined : pointedAt(reference, root);
		if (reference !== undefined && target === undefined) return undefined;
		const lists = ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => listOf(member(schema, keyword)));
		const single = ['not', 'if', 'then', 'else'].flatMap((keyword) => member(schema, keyword) ?? []);
		const dependent = Object.values(objectOf(member(schema, 'dependentSchemas')));
		const older = Object.values(objectOf(member(schema, 'dependencies')));
		for (const inner of [...lists, ...single, ...dependent, ...older, ...(target === undefined ? [] : [target])]) {
			queue.push({ schema: inner, depth: depth + 1 });
		}
	}
	return [...found];
}

/** What a reference within the same document leads to. */
function pointedAt(reference: Json, root: JsonObject): Json | undefined {
	if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) return undefined;
	let place: Json | undefined = root;
	for (const step of reference.slice(1).split('/').slice(1)) {
		const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
		// An id in between changes what references mean.
		if (place !== root && typeof member(place, '$id') === 'string') return undefined;
		place = Array.isArray(place) ? (place[Number(name)] as Json | undefined) : member(place, name);
	}
	return place;
}

function itemSchemas(schema: Json, index: number): Json[] {
	const items = member(schema, 'items');
	const first = listOf(Array.isArray(items) ? items : member(schema, 'prefixItems'));
	const others = [
		Array.isArray(items) ? undefined : items,
		member(schema, 'additionalItems'),
		member(schema, 'contains'),
	];
	const own = first[index];
	return [...(own === undefined ? [] : [own]), ...others, member(schema, 'unevaluatedItems')].flatMap(
		(one) => one ?? [],
	);
}

function memberSchemas(schema: Json, name: string): Json[] {
	const own = member(objectOf(member(schema, 'properties')), name);
	const others = [own, member(schema, 'additionalProperties'), member(schema, 'unevaluatedProperties')];
	// Which patterns match is not tried: each of them may have a say.
	return [...others.flatMap((one) => one ?? []), ...Object.values(objectOf(member(schema, 'patternProperties')))];
}

/** True when the schema treats all names of this object alike. */
function takesAnyName(schema: Json, names: readonly string[]): boolean {
	if (
		hasAny(schema, ['patternProperties', 'propertyNames', 'required', 'unevaluatedProperties', 'dependentRequired'])
	) {
		return false;
	}
	if (hasAny(schema, ['dependentSchemas', 'dependencies'])) return false;
	const named = Object.keys(objectOf(member(schema, 'properties')));
	const others = member(schema, 'additionalProperties') ?? true;
	const isOpen =
		others === true || (isJsonObject(others) && Object.keys(others).every((key) => plainKeywords.includes(key)));
	return isOpen && !named.some((name) => names.includes(name));
}

const plainKeywords = ['type', 'title', 'description'];

function listOf(value: Json | undefined): readonly Json[] {
	return Array.isArray(value) ? value : [];
}

function objectOf(value: Json | undefined): JsonObject {
	return isJsonObject(value) ? value : {};
}
