// Whether an agent in a connected client can still act without meeting a rule, in plain words.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientId, claudeOwnTools, clientNames, codexClosing, type Folders, type OtherServer } from './clients.ts';
import { valueAt } from './parts.ts';
import { claudeLevels, claudeServers, codexLevels, codexServers, type Levels, managedFolders } from './servers.ts';

export interface ClientHealth {
	readonly client: string;
	/** Its own configuration names us. */
	readonly connected: boolean;
	/** Empty: none is known. Absent where it is not connected. */
	readonly waysAround?: readonly string[];
}

/** Of the clients that are set up for this user or in this folder. */
export function lookAtClients(
	folders: Folders,
	managed: Readonly<Record<'claude' | 'codex', string>> = managedFolders,
): readonly ClientHealth[] {
	return [claudeHealth(folders, managed.claude), codexHealth(folders, managed.codex)].filter(
		(one) => one !== undefined,
	);
}

export function healthOf(client: ClientId, folders: Folders): ClientHealth | undefined {
	return client === 'claude-code'
		? claudeHealth(folders, managedFolders.claude)
		: codexHealth(folders, managedFolders.codex);
}

function claudeHealth(folders: Folders, managed: string): ClientHealth | undefined {
	const client = clientNames['claude-code'];
	const { others, isOurs, unread } = claudeServers(folders);
	const settings = claudeLevels(folders, managed);
	if (!isOurs)
		return settings.levels.length > 0 || others.length > 0 || existsSync(folders.claude)
			? { client, connected: false }
			: undefined;
	const denied = (value: unknown) => textsAt(value, ['permissions', 'deny']);
	const isManagedOnly = settings.levels.some(
		({ isManaged, value }) => isManaged && valueAt(value, ['allowManagedPermissionRulesOnly']) === true,
	);
	const counted = settings.levels.filter(({ isManaged }) => isManaged || !isManagedOnly);
	const closed = new Set(counted.flatMap(({ value }) => denied(value)).map((rule) => rule.replace(/\(\*{0,2}\)$/, '')));
	const isClosed = (name: string) => closed.has(name) || closed.has('*');
	const off = new Set(settings.levels.flatMap(({ value }) => textsAt(value, ['disabledMcpjsonServers'])));
	const open = claudeOwnTools.filter((name) => !isClosed(name));
	const beside = others.filter(
		({ name, scope }) => !isClosed(`mcp__${name}`) && !(scope === 'project' && off.has(name)),
	);
	return {
		client,
		connected: true,
		waysAround: [
			...unreadable([...settings.unread, ...unread]),
			...(isManagedOnly && open.length > 0
				? [
						'the administrator’s settings let only their own rules count (allowManagedPermissionRulesOnly), so ours close nothing',
					]
				: []),
			...(open.length === 0 ? [] : [`its own tools are open: ${open.join(', ')}; trapgate connect claude-code`]),
			...besides(beside, 'claude-code'),
			...plugins(settings),
			...(off.has('trapgate') ? ['a setting switches Trapgate off: `disabledMcpjsonServers` names trapgate'] : []),
			...settings.levels.flatMap(({ path, value }) =>
				textsAt(value, ['deniedMcpServers']).length > 0 || namesUs(valueAt(value, ['deniedMcpServers']))
					? [`${path} denies servers (deniedMcpServers); see that trapgate is none of them`]
					: [],
			),
			...(existsSync(join(managed, 'managed-mcp.json'))
				? [
						`${join(managed, 'managed-mcp.json')} says which servers run, and no other does, ours included, unless it is named there`,
					]
				: []),
		],
	};
}

/** Plugins bring servers of their own; the strongest level that names one decides. */
function plugins({ levels }: Levels): readonly string[] {
	const all = levels.flatMap(({ path, value }) =>
		Object.entries((valueAt(value, ['enabledPlugins']) as object | null | undefined) ?? {}).map(
			([name, isOn]: [string, unknown]) => ({ name, isOn, path }),
		),
	);
	return all
		.filter((one, at) => one.isOn !== false && all.findIndex(({ name }) => name === one.name) === at)
		.map(
			({ name, path }) =>
				`the plugin ${JSON.stringify(name)} (${path}) may start servers and hooks of its own, which nobody looked at`,
		);
}

function namesUs(value: unknown): boolean {
	return Array.isArray(value) && value.some((one) => valueAt(one, ['serverName']) === 'trapgate');
}

function codexHealth(folders: Folders, managed: string): ClientHealth | undefined {
	const client = clientNames.codex;
	const all = codexLevels(folders, managed);
	const { others, isOurs } = codexServers(all);
	if (!isOurs) return all.levels.length > 0 || existsSync(folders.codex) ? { client, connected: false } : undefined;
	return {
		client,
		connected: true,
		waysAround: [
			...unreadable(all.unread),
			...codexClosing.flatMap(({ path, value }) => openSetting(all, path, value)),
			...profiles(all),
			...besides(others, 'codex'),
		],
	};
}

const closes: Readonly<Record<string, string>> = {
	sandbox_mode: 'its patches may write files',
	shell_tool: 'its own shell is open',
	view_image: 'it reads image files itself',
};

/** The strongest level that says something decides. */
function openSetting({ levels }: Levels, path: readonly string[], wanted: unknown): readonly string[] {
	const name = path.join('.');
	const what = closes[path.at(-1) ?? ''] ?? name;
	const decides = levels.find(({ value }) => valueAt(value, path) !== undefined);
	if (decides === undefined) return [`${what}: nothing sets ${name}; trapgate connect codex`];
	const found = valueAt(decides.value, path);
	return found === wanted
		? []
		: [`${what}: ${decides.path} sets ${name} to ${JSON.stringify(found)}, and it is the strongest that does`];
}

function profiles({ levels }: Levels): readonly string[] {
	return levels.flatMap(({ path, value }) =>
		Object.entries((valueAt(value, ['profiles']) as object | undefined) ?? {}).flatMap(([name, profile]) =>
			codexClosing.some((one) => ![undefined, one.value].includes(valueAt(profile, one.path) as never))
				? [`the profile ${name} in ${path} opens what is closed: codex --profile ${name}`]
				: [],
		),
	);
}

function unreadable(paths: readonly string[]): readonly string[] {
	return paths.map((path) => `${path} can't be read, so nobody knows what it opens`);
}

function besides(servers: readonly OtherServer[], client: ClientId): readonly string[] {
	return servers.map(
		({ name, where }) =>
			`the server ${JSON.stringify(name)} (${where}) runs beside Trapgate: make it a driver in trapgate.yaml, then trapgate connect ${client}; or remove it`,
	);
}

function textsAt(value: unknown, path: readonly string[]): readonly string[] {
	const found = valueAt(value, path);
	return Array.isArray(found) ? found.filter((one): one is string => typeof one === 'string') : [];
}
