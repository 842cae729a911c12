// docs/reference/policy.md: every key an author can write, from the same schemas that files are checked against.
import { stringify } from 'yaml';
import { jsonSchemaOf, type SchemaNode } from './json-schema.ts';
import { anchorOf, block, code, table } from './markdown.ts';
import type { FileKind } from './schemas.ts';
import { type Parts, partOf, valueWords } from './value-words.ts';

const opening = `# The policy language: every key

This page is generated from the schemas that files are checked against (\`npm run generate\`); a mistake in it is a mistake
there. Editors show the same text: the first line of a file names its schema, and \`trapgate schema\` prints it.

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/trapgate/schema/policy.schema.json
\`\`\`

Files are YAML 1.2 without anchors, aliases, tags and merge keys. A key that is not on this page is an error, never ignored. What
each error means is on [errors.md](errors.md); what can be asked of a command is on [facts.md](../facts.md).

- **Plain values** are text, numbers, \`true\`, \`false\` and \`null\`. Text that looks like another of them needs quotes.
- **Patterns.** In names (tools, drivers, agents, prompts, methods) \`*\` is any run of characters, \`/\` included, and \`?\` is one. In
  paths \`*\` stays within one folder and \`**\` crosses. In commands \`{a,b}\` is either word. Regular expressions are RE2: linear
  time, no look-around, no back-references.
- **Variables.** \`\${workspace}\`, \`\${tmp}\`, \`\${home}\`, \`\${env:NAME}\`, and \`\${lists.name}\` for a list of the file.
- **Relative paths** in rules are relative to the workspace; those in trapgate.yaml to the file itself.
`;

export function policyPage(kinds: readonly FileKind[]): string {
	const seen = new Set<string>();
	const sections = kinds.flatMap((kind) => {
		const schema = jsonSchemaOf(kind);
		const parts = schema.$defs ?? {};
		return [
			section(schema, parts, '##'),
			...partsBelow(schema, parts, seen).map((part) => section(part, parts, '###')),
		];
	});
	const contents = kinds.map(({ title }) => `[${title}](#${anchorOf(title)})`).join(' · ');
	return [opening, `${contents}\n`, sections.join('\n')].join('\n');
}

/** The parts with keys that a schema leads to, in the order an author meets them, each once on the page. */
function partsBelow(node: SchemaNode, parts: Parts, seen: Set<string>): SchemaNode[] {
	return referencesOf(node).flatMap((reference) => {
		if (seen.has(reference)) return [];
		seen.add(reference);
		const part = partOf(reference, parts);
		return [...(part.properties === undefined ? [] : [part]), ...partsBelow(part, parts, seen)];
	});
}

function referencesOf(node: SchemaNode): string[] {
	const { $ref, properties = {}, items, prefixItems = [], anyOf = [], additionalProperties } = node;
	const others = typeof additionalProperties === 'object' ? [additionalProperties] : [];
	const children = [...Object.values(properties), ...(items ? [items] : []), ...prefixItems, ...anyOf, ...others];
	return [...($ref === undefined ? [] : [$ref]), ...children.flatMap(referencesOf)];
}

function section(
	{ title = '', description, examples, properties = {}, required = [] }: SchemaNode,
	parts: Parts,
	level: string,
) {
	const rows = Object.entries(properties).map(([key, node]) => rowOf(key, node, required.includes(key), parts));
	const shown = (examples ?? []).map((example) => block('yaml', stringify(example, { lineWidth: 0 })));
	return [
		`${level} ${title}\n`,
		...(description === undefined ? [] : [`${description}\n`]),
		...shown.map((example) => `${example}\n`),
		`${table(['key', 'value', 'what it says', 'for example'], rows)}\n`,
	].join('\n');
}

function rowOf(key: string, node: SchemaNode, isRequired: boolean, parts: Parts): readonly string[] {
	const { description, default: fallback, examples = [] } = node;
	if (description === undefined || examples.length === 0) {
		throw new Error(
			`\`${node.title}\` has no description or no example: add .describe('…') or .meta(about('…', example))`,
		);
	}
	const said = fallback === undefined ? description : `${description} Without it: ${code(plain(fallback))}.`;
	return [
		isRequired ? `**${code(key)}**, required` : code(key),
		valueWords(node, parts),
		said,
		examples.map((example) => code(inline(key, example))).join(', '),
	];
}

function inline(key: string, example: unknown): string {
	return `${key}: ${flow(example)}`;
}

/** Flow style as the policies here are written: `{ a: [b, c] }`. */
function flow(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
	if (typeof value === 'object' && value !== null) {
		return `{ ${Object.entries(value)
			.map(([key, item]) => `${scalar(key)}: ${flow(item)}`)
			.join(', ')} }`;
	}
	return scalar(value);
}

/** Quoted where flow style needs it. */
function scalar(value: unknown): string {
	return stringify([value], { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 })
		.trim()
		.slice(1, -1);
}

function plain(value: unknown): string {
	return typeof value === 'string' ? value : JSON.stringify(value);
}
