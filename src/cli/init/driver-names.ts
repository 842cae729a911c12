// Gives every server the name of a driver, and where a pack is written for a server, the name that the pack knows.
import { quote } from '../../text/words.ts';
import type { ClientServer } from './client-file.ts';

export interface NamedServer {
	/** 1 to 20 of the characters a-z 0-9 -; no two are equal. */
	readonly driver: string;
	readonly server: ClientServer;
}

export interface NamedServers {
	readonly servers: readonly NamedServer[];
	/** Who is called differently from now on, and why. */
	readonly notes: readonly string[];
}

/** Packs go by the names of drivers: a server under another name would stand beside its rules. */
const wellKnown: readonly (readonly [driver: string, pack: string, programs: RegExp])[] = [
	['filesystem', 'workspace-files', /server-filesystem\b/],
	['github', 'github-read-only', /\b(?:server-github|github-mcp-server)\b|\bapi\.githubcopilot\.com\/mcp/],
	['postgres', 'postgres-read-only', /\b(?:server-postgres|postgres-mcp|bytebase\/dbhub)\b|^postgres(?:ql)?:\/\//m],
	['deploy', 'deploy-hours', /(?!)/],
];

/** The pack that is written for a driver of this name, and allows its tools itself. */
export function packOfDriver(driver: string): string | undefined {
	return wellKnown.find(([name]) => name === driver)?.[1];
}

/** `taken` are names that drivers of our own have. */
export function nameServers(servers: readonly ClientServer[], taken: readonly string[]): NamedServers {
	const notes: string[] = [];
	const names = new Map<ClientServer, string>();
	const used = new Set(taken);
	const give = (server: ClientServer, name: string) => {
		names.set(server, name);
		used.add(name);
	};
	// Whoever is called so already comes first.
	for (const server of servers) if (!used.has(server.name) && isDriverName(server.name)) give(server, server.name);
	for (const [driver, pack, programs] of wellKnown) {
		for (const server of servers) {
			const given = names.get(server);
			if (given === driver || !programs.test(wordsOf(server))) continue;
			if (used.has(driver)) {
				notes.push(`pack:${pack} is about the driver ${quote(driver)} only, not about ${quote(server.name)}`);
				continue;
			}
			if (given !== undefined) used.delete(given);
			give(server, driver);
			notes.push(`${quote(server.name)} is called ${quote(driver)} here, the name that pack:${pack} is about`);
		}
	}
	for (const server of servers) {
		if (names.has(server)) continue;
		const name = freeName(server.name, used);
		give(server, name);
		notes.push(`${quote(server.name)} is called ${quote(name)} here${whyAnother(server.name, taken)}`);
	}
	return { servers: servers.map((server) => ({ driver: names.get(server) ?? '', server })), notes };
}

function wordsOf(server: ClientServer): string {
	return server.kind === 'http' ? server.url : [server.command, ...server.args].join('\n');
}

function whyAnother(name: string, taken: readonly string[]): string {
	if (taken.includes(name)) return ': the built-in shell has that name';
	return isDriverName(name) ? ': the name was taken' : ': a driver name has 1 to 20 of the characters a-z 0-9 -';
}

function isDriverName(text: string): boolean {
	return /^[a-z0-9][a-z0-9-]{0,19}$/.test(text);
}

function freeName(text: string, used: ReadonlySet<string>): string {
	const plain = text
		.normalize('NFKD')
		.toLowerCase()
		.slice(0, 200)
		.replace(/[^a-z0-9]+/g, '-')
		.replace(/^-+/, '')
		.slice(0, 20)
		.replace(/-+$/, '');
	const base = plain === '' ? 'server' : plain;
	for (let more = 1; ; more++) {
		const end = more === 1 ? '' : `-${more}`;
		const name = `${base.slice(0, 20 - end.length).replace(/-+$/, '')}${end}`;
		if (!used.has(name)) return name;
	}
}
