// Which parameters of a tool an HTTP server of MCP 2026-07-28 wants to see in headers, too (`x-mcp-header`).
import { isJsonObject, type Json, type JsonObject, member, stringMember } from '../abi/json.ts';
import type { MirroredParameter } from '../wire/mirrored-headers.ts';

/** More would not fit what servers take as headers. */
const maxParameters = 64;
const types: readonly (string | undefined)[] = ['string', 'integer', 'boolean'];
/** Their values are names with a schema each. */
const maps: readonly string[] = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'];
/** Their values are data. */
const data: readonly string[] = ['default', 'const', 'enum', 'examples'];

interface Node {
	readonly schema: Json;
	readonly path: readonly string[];
	/** Only `properties` led here. */
	readonly isReachable: boolean;
}

/** Throws an Error that says why when the schema marks what can't be mirrored: such a tool must not be offered. */
export function mirroredParameters(tool: JsonObject): readonly MirroredParameter[] {
	const found: MirroredParameter[] = [];
	const seen = new Set<string>();
	const left: Node[] = [{ schema: member(tool, 'inputSchema') ?? null, path: [], isReachable: true }];
	for (let node = left.pop(); node !== undefined; node = left.pop()) {
		const { schema, path, isReachable } = node;
		if (Array.isArray(schema)) left.push(...schema.map((item: Json) => ({ schema: item, path, isReachable: false })));
		if (!isJsonObject(schema)) continue;
		const header = member(schema, 'x-mcp-header');
		if (header !== undefined) {
			const place = `/${path.join('/')}`;
			if (!isReachable || path.length === 0) throw new Error(`x-mcp-header stands where no argument is (${place})`);
			if (typeof header !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(header))
				throw new Error(`the x-mcp-header of ${place} is no name of a header`);
			if (!types.includes(stringMember(schema, 'type')))
				throw new Error(`x-mcp-header of ${place}, which is no string, integer or boolean`);
			if (seen.has(header.toLowerCase())) throw new Error(`the x-mcp-header ${header} stands there twice`);
			if (seen.size === maxParameters) throw new Error(`more than ${maxParameters} parameters with an x-mcp-header`);
			seen.add(header.toLowerCase());
			found.push({ header, path });
		}
		for (const [key, below] of Object.entries(schema)) left.push(...belowOf(key, below, node));
	}
	return found;
}

function belowOf(key: string, below: Json, { path, isReachable }: Node): Node[] {
	if (data.includes(key)) return [];
	if (!maps.includes(key) || !isJsonObject(below)) return [{ schema: below, path: [...path, key], isReachable: false }];
	return Object.entries(below).map(([name, schema]) => ({
		schema,
		path: [...path, name],
		isReachable: isReachable && key === 'properties',
	}));
}

/** What is known of the tools of one server. */
export class MirroredTools {
	readonly #byTool = new Map<string, readonly MirroredParameter[]>();

	of(tool: string): readonly MirroredParameter[] {
		return this.#byTool.get(tool) ?? [];
	}

	/** Learns a whole list; what can't be called is left out of it, and `warn` hears why. */
	learn(tools: readonly JsonObject[], warn: (text: string) => void): readonly JsonObject[] {
		this.#byTool.clear();
		return tools.filter((tool) => {
			const name = stringMember(tool, 'name') ?? '';
			try {
				const parameters = mirroredParameters(tool);
				if (parameters.length > 0) this.#byTool.set(name, parameters);
				return true;
			} catch (error) {
				warn(`its tool ${JSON.stringify(name).slice(0, 100)} is left out: ${(error as Error).message}`);
				return false;
			}
		});
	}
}
