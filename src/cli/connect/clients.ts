// The clients that can be connected: which files say what they start, and what must stand there.
import { join } from 'node:path';
import type { DriverConfig } from '../../kernel/config.ts';
import { homeDirectory } from '../../kernel/state.ts';
import { argumentsFor, type KernelCommand } from '../clients.ts';
import { usageError } from '../flags.ts';
import { jsonEditor } from './json-editor.ts';
import type { Editor, Part, Value } from './parts.ts';
import { tomlEditor } from './toml-editor.ts';

export const clientIds = ['claude-code', 'codex'] as const;
export type ClientId = (typeof clientIds)[number];

/** A file of the client, and what shall stand in it. */
export interface Target {
	readonly path: string;
	readonly editor: Editor;
	readonly parts: readonly Part[];
}

/** How the client reaches Trapgate. */
export type Route =
	| { readonly kind: 'stdio'; readonly command: KernelCommand }
	/** The key stays in a variable of the client's environment. */
	| { readonly kind: 'http'; readonly url: string; readonly variable: string };

export interface Wish {
	readonly route: Route;
	/** True: its own shell and file tools stay open. */
	readonly keepsBuiltin: boolean;
	/** Its other servers that Trapgate has as drivers, so that it need not start them. */
	readonly fronted: readonly OtherServer[];
}

export interface OtherServer {
	readonly name: string;
	/** As the client's own user would say where it stands. */
	readonly where: string;
	/** Whether the project's own file names it, or one of the user's. */
	readonly scope: 'project' | 'user';
	readonly entry: unknown;
}

export interface Folders {
	readonly cwd: string;
	readonly home: string;
	readonly claude: string;
	readonly codex: string;
}

/** Where the clients keep their files; both may be told otherwise by a variable. */
export function foldersOf(cwd: string, env: NodeJS.ProcessEnv): Folders {
	const home = homeDirectory(env);
	return {
		...{ cwd, home },
		claude: env['CLAUDE_CONFIG_DIR'] || join(home, '.claude'),
		codex: env['CODEX_HOME'] || join(home, '.codex'),
	};
}

/** Throws C101. */
export function readClientId(command: string, word: string | undefined): ClientId {
	const found = clientIds.find((id) => id === word);
	if (found === undefined)
		throw usageError(
			command,
			`nobody can ${command} the client \`${word ?? ''}\``,
			`one of ${clientIds.join(', ')}; for the others: trapgate doctor --client NAME`,
		);
	return found;
}

export const clientNames = { 'claude-code': 'Claude Code', codex: 'Codex' } as const satisfies Record<ClientId, string>;

/** Claude Code's tools that run programs or touch files without a server; a denied name is not offered to the model. */
export const claudeOwnTools = [
	...['Bash', 'BashOutput', 'KillShell', 'Monitor', 'PowerShell', 'REPL'],
	...['Read', 'Edit', 'MultiEdit', 'Write', 'NotebookEdit', 'Glob', 'Grep', 'LS', 'LSP'],
	...['EnterWorktree', 'ExitWorktree', 'Workflow'],
] as const;

/** Codex's settings that take its own shell, its image reader and the right of its patches to write. */
export const codexClosing: readonly { readonly path: readonly string[]; readonly value: Value }[] = [
	{ path: ['sandbox_mode'], value: 'read-only' },
	{ path: ['features', 'shell_tool'], value: false },
	{ path: ['features', 'view_image'], value: false },
];

/** The files in the order in which they are written: what closes comes first, so that a break leaves less open, not more. */
export function targetsOf(client: ClientId, wish: Wish, folders: Folders): readonly Target[] {
	return client === 'claude-code' ? claudeTargets(wish, folders) : codexTargets(wish, folders);
}

/** The files that `targetsOf` names, whatever is wished. */
export function filesOf(client: ClientId, { cwd, codex }: Folders): readonly string[] {
	return client === 'claude-code'
		? [join(cwd, '.claude/settings.local.json'), join(cwd, '.mcp.json')]
		: [join(codex, 'config.toml')];
}

function claudeTargets({ route, keepsBuiltin, fronted }: Wish, folders: Folders): readonly Target[] {
	const [settings = '', servers = ''] = filesOf('claude-code', folders);
	const entry: Value =
		route.kind === 'stdio'
			? { type: 'stdio', command: route.command.node, args: argumentsFor(route.command, 'claude-code') }
			: { type: 'http', url: route.url, headers: { Authorization: `Bearer \${${route.variable}}` } };
	const add = (path: readonly string[], values: readonly string[]) =>
		// Each comes in as the first, so the last one first.
		values.toReversed().map((value): Part => ({ kind: 'add', path, value }));
	const closed = [
		...(keepsBuiltin ? [] : claudeOwnTools),
		...fronted.filter(({ scope }) => scope === 'user').map(({ name }) => `mcp__${name}`),
	];
	const disabled = fronted.filter(({ scope }) => scope === 'project').map(({ name }) => name);
	return [
		{
			path: settings,
			editor: jsonEditor,
			parts: [
				...add(['enabledMcpjsonServers'], ['trapgate']),
				...add(['disabledMcpjsonServers'], disabled),
				...add(['permissions', 'deny'], closed),
			],
		},
		{
			path: servers,
			editor: jsonEditor,
			parts: [{ kind: 'set', path: ['mcpServers', 'trapgate'], value: entry }],
		},
	];
}

function codexTargets({ route, keepsBuiltin, fronted }: Wish, folders: Folders): readonly Target[] {
	const [path = ''] = filesOf('codex', folders);
	const own: Readonly<Record<string, Value>> =
		route.kind === 'stdio'
			? { command: route.command.node, args: argumentsFor(route.command, 'codex') }
			: { url: route.url, bearer_token_env_var: route.variable };
	// Without `required` Codex begins while Trapgate still starts, and goes on without it. Without the approval it refuses
	// every call where nobody sits; here it is Trapgate that judges, and asks.
	const entry = { ...own, required: true, startup_timeout_sec: 60, default_tools_approval_mode: 'approve' };
	const set = (path: readonly string[], value: Value): Part => ({ kind: 'set', path, value });
	return [
		{
			path,
			editor: tomlEditor,
			parts: [
				...(keepsBuiltin ? [] : codexClosing.map((one) => set(one.path, one.value))),
				...fronted.map(({ name }) => set(['mcp_servers', name, 'enabled'], false)),
				set(['mcp_servers', 'trapgate'], entry),
			],
		},
	];
}

/** True where a driver of ours is the same server: by its name, and by what it starts or where it is. */
export function isFronted({ name, entry }: OtherServer, drivers: readonly DriverConfig[]): boolean {
	const one = entry as Readonly<Record<string, unknown>>;
	return drivers.some((driver) => {
		if (driver.name !== name) return false;
		if (driver.kind === 'stdio') return one['command'] === driver.command;
		return (
			driver.kind === 'http' &&
			typeof one['url'] === 'string' &&
			(one['url'] === driver.url || driver.url.includes('${'))
		);
	});
}
