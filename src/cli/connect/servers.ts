// The servers that a client starts beside Trapgate, and the settings of every level that it obeys.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../abi/json.ts';
import type { Folders, OtherServer } from './clients.ts';
import { readJsonText } from './json-editor.ts';
import { valueAt } from './parts.ts';
import { textOf } from './plan.ts';
import { readTomlText } from './toml-editor.ts';

/** A file of settings that was read. */
export interface Level {
	readonly path: string;
	readonly value: unknown;
	/** Set by whoever manages the machine: nothing that a user writes is stronger. */
	readonly isManaged: boolean;
}

export interface Levels {
	readonly levels: readonly Level[];
	/** Files that are there and can't be read. */
	readonly unread: readonly string[];
}

/** Where an administrator's files are; tests have their own. */
export const managedFolders = { claude: '/etc/claude-code', codex: '/etc/codex' } as const;

/** Claude Code's settings: its lists of denied tools add up over all of them. */
export function claudeLevels({ cwd, claude }: Folders, managed: string = managedFolders.claude): Levels {
	return readLevels(
		[
			[join(managed, 'managed-settings.json'), true],
			[join(cwd, '.claude/settings.local.json'), false],
			[join(cwd, '.claude/settings.json'), false],
			[join(claude, 'settings.json'), false],
		],
		readJsonText,
	);
}

/** Codex's, the strongest first. */
export function codexLevels({ cwd, codex }: Folders, managed: string = managedFolders.codex): Levels {
	return readLevels(
		[
			[join(managed, 'requirements.toml'), true],
			[join(managed, 'managed_config.toml'), true],
			[join(codex, 'managed_config.toml'), true],
			[join(cwd, '.codex/config.toml'), false],
			[join(codex, 'config.toml'), false],
			[join(managed, 'config.toml'), false],
		],
		readTomlText,
	);
}

function readLevels(
	files: readonly (readonly [path: string, isManaged: boolean])[],
	read: (text: string) => unknown,
): Levels {
	const levels: Level[] = [];
	const unread: string[] = [];
	for (const [path, isManaged] of files) {
		try {
			const text = textOf(path);
			if (text !== undefined) levels.push({ path, value: read(text), isManaged });
		} catch {
			unread.push(path);
		}
	}
	return { levels, unread };
}

/** All of Claude Code's servers but ours. */
export function claudeServers(folders: Folders): {
	readonly others: readonly OtherServer[];
	readonly isOurs: boolean;
	readonly unread: readonly string[];
} {
	const { levels, unread } = readLevels(
		[
			[join(folders.cwd, '.mcp.json'), false],
			[claudeStateFile(folders), false],
		],
		readJsonText,
	);
	const all = levels.flatMap(({ path, value }) => {
		const inProject = path.endsWith('.mcp.json');
		const scope = inProject ? ('project' as const) : ('user' as const);
		return [
			...serversIn(valueAt(value, ['mcpServers'])).map(([name, entry]) => ({ name, entry, scope, where: path })),
			...serversIn(inProject ? undefined : valueAt(value, ['projects', folders.cwd, 'mcpServers'])).map(
				([name, entry]) => ({
					...{ name, entry, scope },
					where: `${path}, of this project`,
				}),
			),
		];
	});
	return {
		others: all.filter(({ name, entry }) => !isOurs(name, entry)),
		isOurs: all.some(({ name, entry }) => isOurs(name, entry)),
		unread,
	};
}

/** What Claude Code remembers, servers included. */
export function claudeStateFile({ home, claude }: Folders): string {
	const beside = join(claude, '.claude.json');
	return claude === join(home, '.claude') || !existsSync(beside) ? join(home, '.claude.json') : beside;
}

/** All of Codex's servers but ours; a project's file counts where Codex trusts it, and may. */
export function codexServers({ levels }: Levels): {
	readonly others: readonly OtherServer[];
	readonly isOurs: boolean;
} {
	const all = levels.flatMap(({ path, value, isManaged }) =>
		serversIn(valueAt(value, ['mcp_servers'])).map(([name, entry]) => ({
			name,
			entry,
			scope: 'user' as const,
			where: path,
			isManaged,
		})),
	);
	const isOn = ({ entry }: OtherServer) => (entry as JsonObject)['enabled'] !== false;
	return {
		others: all.filter((one) => !isOurs(one.name, one.entry) && isOn(one)),
		isOurs: all.some((one) => isOurs(one.name, one.entry) && isOn(one)),
	};
}

function serversIn(value: unknown): readonly (readonly [string, JsonObject])[] {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
	return Object.entries(value).filter((pair): pair is [string, JsonObject] => isJsonObject(pair[1]));
}

/** What may stand before the program that an entry starts. */
const launchers: ReadonlySet<string> = new Set([
	...['env', 'npx', 'bunx', 'npm', 'pnpm', 'yarn', 'bun', 'exec', 'dlx', 'x', 'nice', 'nohup'],
]);

/**
 * Does an entry start us? Its name says nothing, nor does a word further back that another program is given: a project
 * could bring a server that is taken for us. Over HTTP there is nothing but the name.
 */
function isOurs(name: string, { command, args, url }: JsonObject): boolean {
	if (command === undefined && url !== undefined) return name === 'trapgate';
	const words = [command, ...(Array.isArray(args) ? args : [])].map((word) => (typeof word === 'string' ? word : ''));
	const at = words.findIndex((word) => !isLauncher(fileName(word)) && !/^-|^\w+=/.test(word));
	const program = words[at] ?? '';
	const isProgram = /^trapgate(?:@[\w.-]+)?$/.test(fileName(program)) || /[/\\]cli[/\\]main\.[jt]s$/.test(program);
	return isProgram && words.includes('run', at);
}

function isLauncher(name: string): boolean {
	return launchers.has(name) || /^node(?:js)?[\d.-]*(?:\.exe)?$/.test(name);
}

function fileName(path: string): string {
	return path.split(/[/\\]/).at(-1) ?? '';
}
