// Reads the servers out of a client's own configuration: `mcpServers`, or `servers` as VS Code writes them.
import { basename } from 'node:path';
import { isJsonObject, type Json, type JsonObject, member } from '../../abi/json.ts';
import { TrapgateError } from '../../abi/problem.ts';
import type { ServerAddress } from '../../kernel/config.ts';
import { readSource } from '../../kernel/sources.ts';
import { lineStartsOf, spanPlace } from '../../text/places.ts';
import { quote } from '../../text/words.ts';
import { readJson } from '../../wire/json.ts';

/** A server as a client knows it, with the variables of trapgate.yaml in place of the client's. */
export type ClientServer = {
	/** As the client calls it: any text. */
	readonly name: string;
	readonly isDisabled: boolean;
} & ServerAddress;

export interface ClientFile {
	readonly servers: readonly ClientServer[];
	/** What was left out, and why. */
	readonly notes: readonly string[];
}

/** Throws C103 for a file that can't be read, is no JSON, or names no server. `cwd` is for relative paths and messages. */
export function readClientFile(path: string, cwd: string): ClientFile {
	const source = readSource(path, 'run', cwd);
	if ('code' in source) throw new TrapgateError('C103', source.message);
	const { file, text } = source;
	if (/\.toml$/i.test(basename(path)))
		throw new TrapgateError('C103', `\`${file}\` is TOML, and only JSON is read`, {
			help: 'copy its servers below `drivers:` by hand, or into a JSON file as { "mcpServers": { … } }',
		});
	const plain = withoutComments(text);
	const read = readJson(plain);
	if (!read.ok) {
		// Only the place: the line itself may hold a token.
		const { line, column } = spanPlace({ file, text, lineStarts: lineStartsOf(text) }, read.offset, read.offset);
		throw new TrapgateError(
			'C103',
			`\`${file}\` is no JSON that has one reading: ${read.reason}, at ${line}:${column}`,
		);
	}
	const found = serversIn(read.value);
	if (found === undefined || Object.keys(found).length === 0)
		throw new TrapgateError('C103', `\`${file}\` names no MCP server`, {
			help: 'it should hold { "mcpServers": { "name": { "command": … } } }, or `servers` as in VS Code',
		});
	return takeServers(found);
}

/** VS Code and others allow comments and a comma before a bracket. What is taken out leaves blanks: places stay true. */
export function withoutComments(text: string): string {
	const blank = (found: string) => found.replace(/[^\n]/g, ' ');
	const bare = text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (found) =>
		found.startsWith('/') ? blank(found) : found,
	);
	return bare.replace(/"(?:[^"\\\n]|\\.)*"|,(?=[ \t\r\n]{0,1000}[}\]])/g, (found) => (found === ',' ? ' ' : found));
}

function serversIn(value: Json): JsonObject | undefined {
	for (const place of [value, member(value, 'mcp')]) {
		for (const key of ['mcpServers', 'servers']) {
			const found = member(place, key);
			if (isJsonObject(found)) return found;
		}
	}
	return undefined;
}

function takeServers(found: JsonObject): ClientFile {
	const notes: string[] = [];
	const servers = Object.entries(found).flatMap(([name, entry]): readonly ClientServer[] => {
		const server = isJsonObject(entry) ? serverOf(name, entry, notes) : 'it is no object';
		if (typeof server !== 'string') return [server];
		notes.push(`${quote(name)} was left out: ${server}`);
		return [];
	});
	return { servers, notes };
}

const known = new Set([
	...['type', 'command', 'args', 'env', 'cwd', 'url', 'serverUrl', 'httpUrl', 'headers', 'disabled', 'enabled'],
	// What only the client itself has a use for.
	...['name', 'description'],
]);

/** The server, or why it can't be one of ours. */
function serverOf(name: string, entry: JsonObject, notes: string[]): ClientServer | string {
	if (isTrapgate(name, entry)) return 'it is trapgate itself';
	const isDisabled = entry['disabled'] === true || entry['enabled'] === false;
	const url = entry['httpUrl'] ?? entry['url'] ?? entry['serverUrl'];
	const others = Object.keys(entry).filter((key) => !known.has(key));
	if (others.length > 0) notes.push(`of ${quote(name)}, ${others.map(quote).join(', ')} was not taken over`);
	if (typeof entry['command'] === 'string' && entry['command'] !== '') {
		const args = textsOf(entry['args'] ?? []);
		const env = textMap(entry['env'] ?? {});
		const { cwd } = entry;
		if (args === undefined) return '`args` is no list of texts';
		if (env === undefined) return '`env` is no mapping of texts';
		return {
			name,
			isDisabled,
			kind: 'stdio',
			command: translate(entry['command']),
			args,
			env,
			cwd: typeof cwd === 'string' && cwd !== '' ? translate(cwd) : undefined,
		};
	}
	if (typeof url !== 'string') return 'it has neither a `command` nor a `url`';
	if (entry['type'] === 'sse') return 'the older HTTP+SSE transport is not built';
	const endpoint = translate(url);
	if (!endpoint.includes('${env:') && !isWebAddress(endpoint)) return '`url` is no http or https address';
	const headers = textMap(entry['headers'] ?? {});
	if (headers === undefined) return '`headers` is no mapping of texts';
	return { name, isDisabled, kind: 'http', url: endpoint, headers };
}

/** A kernel that starts itself would never end. */
export function isTrapgate(name: string, entry: JsonObject): boolean {
	const words = [entry['command'], ...(Array.isArray(entry['args']) ? entry['args'] : [])];
	const isProgram = (word: unknown) => typeof word === 'string' && /(?:^|[/\\])trapgate(?:@[\w.-]+)?$/.test(word);
	const isMain = (word: unknown) => typeof word === 'string' && /[/\\]cli[/\\]main\.[jt]s$/.test(word);
	return name === 'trapgate' || words.some(isProgram) || (words.some(isMain) && words.includes('run'));
}

function isWebAddress(text: string): boolean {
	return /^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text);
}

function textsOf(value: Json): readonly string[] | undefined {
	if (!Array.isArray(value)) return undefined;
	const texts = (value as readonly Json[]).map(textOf);
	return texts.every((text) => text !== undefined) ? texts.map(translate) : undefined;
}

function textMap(value: Json): Readonly<Record<string, string>> | undefined {
	if (!isJsonObject(value)) return undefined;
	const entries = Object.entries(value).filter(([, one]) => one !== null);
	if (entries.some(([key, one]) => !/^[\w.-]{1,200}$/.test(key) || textOf(one) === undefined)) return undefined;
	return Object.fromEntries(entries.map(([key, one]) => [key, translate(textOf(one) ?? '')]));
}

function textOf(value: Json): string | undefined {
	return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
		? String(value)
		: undefined;
}

const ownVariables: Readonly<Record<string, string>> = {
	workspaceFolder: '${workspace}',
	workspaceRoot: '${workspace}',
	userHome: '${home}',
};

/** The clients' spellings of variables in ours: `${workspaceFolder}`, `${input:token}`, `${TOKEN}`, `${TOKEN:-default}`. */
function translate(text: string): string {
	return text.replace(/\$\{([^{}]*)\}/g, (whole, inner: string) => {
		const own = Object.hasOwn(ownVariables, inner) ? ownVariables[inner] : undefined;
		if (own !== undefined) return own;
		const [, input] = /^input:(.+)$/s.exec(inner) ?? [];
		if (input !== undefined) return `\${env:${variableName(input)}}`;
		const isBare = /^[A-Za-z_]\w*(?::-.*)?$/s.test(inner) && !['workspace', 'home', 'tmp'].includes(inner);
		return isBare ? `\${env:${inner}}` : whole;
	});
}

/** A name that a shell can export. */
export function variableName(text: string): string {
	const name = text
		.replace(/[^A-Za-z0-9]+/g, '_')
		.replace(/^_+|_+$/g, '')
		.toUpperCase()
		.slice(0, 100);
	return /^[A-Z]/.test(name) ? name : `VALUE_${name}`.replace(/_$/, '');
}
