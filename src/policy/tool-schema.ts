// What a tool's own inputSchema says about one parameter.
import { isJsonObject, type Json, type JsonObject, member } from '../abi/json.ts';
import type { ArgumentPath } from './arguments.ts';

/** `unknown`: the schema is absent, or says it in a way that is not read here (`$ref`, `allOf`, patterns). */
export type Declared = 'yes' | 'no' | 'unknown';

export function inputSchema(definition: JsonObject | undefined): JsonObject | undefined {
	const schema = member(definition, 'inputSchema');
	return isJsonObject(schema) ? schema : undefined;
}

/** The sub-schema of the parameter at `path`, array items looked through. */
export function parameterSchema(schema: JsonObject | undefined, path: ArgumentPath): JsonObject | undefined {
	let node: Json | undefined = schema;
	for (const segment of path) {
		node = member(member(itemsOf(node), 'properties'), segment);
		if (node === undefined) return undefined;
	}
	return isJsonObject(node) ? node : undefined;
}

export function declares(schema: JsonObject | undefined, path: ArgumentPath): Declared {
	let node: Json | undefined = schema;
	for (const segment of path) {
		node = itemsOf(node);
		if (!isJsonObject(node)) return 'unknown';
		const next = member(member(node, 'properties'), segment);
		if (next === undefined) return isOpen(node) ? 'unknown' : 'no';
		node = next;
	}
	return 'yes';
}

export function isRequired(schema: JsonObject | undefined, path: ArgumentPath): boolean {
	const parent = path.length > 1 ? parameterSchema(schema, path.slice(0, -1)) : schema;
	const required = member(parent, 'required');
	return Array.isArray(required) && required.includes(path.at(-1) ?? '');
}

const elsewhere = ['$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'if', 'patternProperties', 'dependentSchemas'];

/** May the object have parameters that `properties` does not name? */
function isOpen(node: JsonObject): boolean {
	if (elsewhere.some((key) => Object.hasOwn(node, key))) return true;
	return !Object.hasOwn(node, 'properties') && member(node, 'additionalProperties') !== false;
}

function itemsOf(node: Json | undefined): Json | undefined {
	const items = member(node, 'items');
	return items !== undefined && member(node, 'properties') === undefined ? items : node;
}

export interface Parameter {
	readonly path: ArgumentPath;
	readonly schema: JsonObject;
}

/** A schema may have no end; what is deeper or more than this, no person would look at. */
const deepest = 6;
const mostParameters = 2000;

/** Every parameter that a schema declares, outer ones first, array items looked through. */
export function parametersOf(schema: JsonObject | undefined): readonly Parameter[] {
	const found: Parameter[] = [];
	let level: { path: ArgumentPath; node: Json | undefined }[] = [{ path: [], node: schema }];
	for (let depth = 0; depth < deepest; depth++) {
		const next: typeof level = [];
		for (const { path, node } of level) {
			const properties = member(itemsOf(node), 'properties');
			if (!isJsonObject(properties)) continue;
			for (const [name, child] of Object.entries(properties)) {
				if (!isJsonObject(child)) continue;
				if (found.length >= mostParameters) return found;
				found.push({ path: [...path, name], schema: child });
				next.push({ path: [...path, name], node: child });
			}
		}
		level = next;
	}
	return found;
}
