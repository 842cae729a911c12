// The JSON Schema of a kind of file, as editors read it: titles and examples on every key, parts by their names.
import { z } from 'zod';
import type { FileKind } from './schemas.ts';

/** What this project's schemas are made of: https://json-schema.org/draft/2020-12. */
export interface SchemaNode {
	readonly $ref?: string;
	readonly title?: string;
	readonly description?: string;
	readonly default?: unknown;
	readonly examples?: readonly unknown[];
	readonly type?: string | readonly string[];
	readonly const?: unknown;
	readonly enum?: readonly unknown[];
	readonly minimum?: number;
	readonly exclusiveMinimum?: number;
	readonly maximum?: number;
	readonly properties?: Readonly<Record<string, SchemaNode>>;
	readonly required?: readonly string[];
	readonly additionalProperties?: boolean | SchemaNode;
	readonly propertyNames?: SchemaNode;
	readonly items?: SchemaNode;
	readonly prefixItems?: readonly SchemaNode[];
	readonly anyOf?: readonly SchemaNode[];
	readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

type Parts = Readonly<Record<string, SchemaNode>>;

/** Throws when a mapping has no name of its own: its keys would have no section on the reference page. */
export function jsonSchemaOf({ name, title, schema }: FileKind): SchemaNode {
	const { $defs: parts = {}, ...root } = z.toJSONSchema(schema, { io: 'input' }) as SchemaNode;
	return {
		...finish(root, parts, name, name),
		title,
		$defs: Object.fromEntries(Object.entries(parts).map(([id, part]) => [id, finish(part, parts, id, id)])),
	};
}

/** `owner` names the mapping whose keys stand here; `undefined` below something that has no name. */
function finish(node: SchemaNode, parts: Parts, owner: string | undefined, path: string): SchemaNode {
	const { properties, items, prefixItems, anyOf, additionalProperties: others, propertyNames, ...plain } = merged(node);
	if (properties !== undefined && owner === undefined) {
		throw new Error(`${path}: a mapping with keys needs a name: .meta({ id: '…', title: '…' })`);
	}
	const inside = (child: SchemaNode) => finish(child, parts, undefined, path);
	return {
		...plain,
		...(properties && { properties: finishKeys(properties, parts, owner ?? path) }),
		// That names are text goes without saying.
		...(propertyNames && Object.keys(propertyNames).length > 1 && { propertyNames }),
		...(others !== undefined && { additionalProperties: typeof others === 'boolean' ? others : inside(others) }),
		...(prefixItems && { prefixItems: prefixItems.map(inside) }),
		...(items && { items: inside(items) }),
		...(anyOf && { anyOf: anyOf.map(inside) }),
	};
}

/** Words of JSON Schema that say nothing about values of other types. */
const typedWords: readonly string[] = [
	...['type', 'description', 'minLength', 'maxLength', 'pattern', 'minItems', 'items', 'minimum', 'maximum'],
	...['propertyNames', 'additionalProperties'],
];

/** `anyOf` text and a list of texts is one schema of two types: editors then show one description, and one mistake once. */
function merged(node: SchemaNode): SchemaNode {
	const { anyOf = [], ...rest } = node;
	const types = anyOf.flatMap(({ type = [] }) => type);
	const isPlain = anyOf.every((option) => Object.keys(option).every((word) => typedWords.includes(word)));
	if (anyOf.length === 0 || !isPlain || new Set(types).size < types.length || types.length < anyOf.length) return node;
	const words = anyOf.map(({ type: _, description: __, ...words }) => words);
	return { ...rest, type: types, ...Object.assign({}, ...words) };
}

function finishKeys(properties: Parts, parts: Parts, owner: string): Record<string, SchemaNode> {
	return Object.fromEntries(
		Object.entries(properties).map(([key, child]) => {
			const path = `${owner}.${key}`;
			// What a part says of itself holds for a key that says nothing more.
			const part = parts[child.$ref?.replace('#/$defs/', '') ?? ''] ?? {};
			const { title = path, description = part.description, default: fallback, examples, ...rest } = child;
			const shown = examples ?? plainExamples(child) ?? part.examples;
			const head = {
				title,
				...(description !== undefined && { description }),
				...(fallback !== undefined && { default: fallback }),
				...(shown !== undefined && { examples: shown }),
			};
			return [key, { ...head, ...finish(rest, parts, undefined, path) }];
		}),
	);
}

/** Where every value is a word of its own, one of them is example enough. */
function plainExamples({ const: only, enum: words, type }: SchemaNode): readonly unknown[] | undefined {
	if (only !== undefined) return [only];
	if (words !== undefined) return words.slice(0, 1);
	return type === 'boolean' ? [true] : undefined;
}

/** The text of a schema file: what is short stands on one line, so that a change to it is a change of that line. */
export function schemaText(node: SchemaNode): string {
	return `${write({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...node }, '')}\n`;
}

const widestLine = 110;

/** Words of a schema that hold values of the author's, no further schema. */
const valueWords: readonly string[] = ['examples', 'default', 'enum', 'required', 'type', 'const'];

function write(value: unknown, indent: string, isValue = false): string {
	if (typeof value !== 'object' || value === null) return JSON.stringify(value);
	const line = isValue ? oneLine(value) : '';
	if (isValue && line.length <= widestLine) return line;
	const deeper = `${indent}\t`;
	if (Array.isArray(value)) {
		return `[\n${value.map((item) => deeper + write(item, deeper, isValue)).join(',\n')}\n${indent}]`;
	}
	const members = Object.entries(value).map(
		([key, item]) => `${deeper}${JSON.stringify(key)}: ${write(item, deeper, isValue || isValueAt(key, item))}`,
	);
	return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`;
}

/** A key of a policy may be called `type` or `default`, too; its schema has a title. */
function isValueAt(key: string, item: unknown): boolean {
	return valueWords.includes(key) && !(typeof item === 'object' && item !== null && 'title' in item);
}

function oneLine(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
	if (typeof value !== 'object' || value === null) return JSON.stringify(value);
	const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${oneLine(item)}`);
	return `{ ${members.join(', ')} }`;
}
