// What may stand at a key, in plain words.
import type { SchemaNode } from './json-schema.ts';
import { anchorOf, code } from './markdown.ts';

export type Parts = Readonly<Record<string, SchemaNode>>;

/** `text, or a list of them`; parts that have keys of their own are links to their sections. */
export function valueWords(node: SchemaNode, parts: Parts): string {
	const { $ref, anyOf, type, const: only, enum: words, items, prefixItems, additionalProperties } = node;
	if ($ref !== undefined) return partWords(partOf($ref, parts), parts);
	if (anyOf !== undefined) return joined([...new Set(anyOf.map((option) => valueWords(option, parts)))]);
	if (only !== undefined) return code(String(only));
	if (words !== undefined) return either(words.map((word) => code(String(word))));
	if (isTypes(type)) return typesWords(type, node, parts);
	switch (type) {
		case 'string':
			return 'text';
		case 'boolean':
			return '`true` or `false`';
		case 'integer':
		case 'number':
			return numberWords(node);
		case 'array':
			if (prefixItems !== undefined) return 'a list of words';
			return items === undefined ? 'a list' : `a list: ${valueWords(items, parts)}`;
		case 'object':
			return typeof additionalProperties === 'object'
				? `a mapping of names: ${valueWords(additionalProperties, parts)}`
				: 'a mapping';
		case undefined:
			return 'any value';
		default:
			throw new Error(`no words for the type ${String(type)}`);
	}
}

const plainTypes = ['string', 'number', 'boolean', 'null'];

function isTypes(type: SchemaNode['type']): type is readonly string[] {
	return Array.isArray(type);
}

function typesWords(types: readonly string[], node: SchemaNode, parts: Parts): string {
	const isPlain = plainTypes.every((type) => types.includes(type));
	const others = types.filter((type) => !isPlain || !plainTypes.includes(type));
	return joined([...(isPlain ? ['a plain value'] : []), ...others.map((type) => valueWords({ ...node, type }, parts))]);
}

export function partOf(reference: string, parts: Parts): SchemaNode {
	const part = parts[reference.replace('#/$defs/', '')];
	if (part === undefined) throw new Error(`${reference} leads nowhere`);
	return part;
}

function partWords(part: SchemaNode, parts: Parts): string {
	if (part.properties === undefined) return valueWords(part, parts);
	const { title = '' } = part;
	return `[${title.charAt(0).toLowerCase()}${title.slice(1)}](#${anchorOf(title)})`;
}

function joined(options: readonly string[]): string {
	const [one, many] = options;
	if (options.length === 2 && many === `a list: ${one}`) return `${one}, or a list of such`;
	return options.join('; or ');
}

function numberWords({ type, minimum, exclusiveMinimum, maximum }: SchemaNode): string {
	const noun = type === 'integer' ? 'a whole number' : 'a number';
	// zod bounds whole numbers by what a double holds exactly; that is no limit of ours.
	const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
	const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
	if (exclusiveMinimum !== undefined)
		return `${noun} above ${exclusiveMinimum}${most === undefined ? '' : `, at most ${most}`}`;
	if (least !== undefined && most !== undefined) return `${noun} from ${least} to ${most}`;
	if (least !== undefined) return `${noun}, at least ${least}`;
	return most === undefined ? noun : `${noun}, at most ${most}`;
}

function either(words: readonly string[]): string {
	const last = words.at(-1) ?? '';
	return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
