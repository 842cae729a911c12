// Starts the built kernel as its users do: a process of its own, with a configuration file and private state.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import { stringify } from 'yaml';

/** The built command line. `npm test` builds before it tests. */
export const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** The entry point of an MCP server that is installed from npm. */
export function serverEntry(name: 'filesystem' | 'everything' | 'memory'): string {
	return fileURLToPath(
		new URL(`../../node_modules/@modelcontextprotocol/server-${name}/dist/index.js`, import.meta.url),
	);
}

/** A directory with a root file, a workspace beside it, and state nobody else uses. */
export interface Site {
	readonly directory: string;
	readonly workspace: string;
	readonly config: string;
	readonly audit: string;
	readonly env: Record<string, string>;
	/** Replaces the root file. */
	configure(config: object): void;
	/** Every record of the log, in order, over all runs. */
	records(): Record<string, unknown>[];
	remove(): void;
}

export function makeSite(config: object, auditDirectory?: string): Site {
	const directory = realpathSync(mkdtempSync(join(tmpdir(), 'trapgate-site-')));
	const workspace = join(directory, 'work');
	const audit = auditDirectory ?? join(directory, 'audit');
	mkdirSync(workspace);
	const site: Site = {
		directory,
		workspace,
		config: join(directory, 'trapgate.yaml'),
		audit,
		env: {
			PATH: process.env['PATH'] ?? '',
			HOME: directory,
			XDG_STATE_HOME: join(directory, 'state'),
			XDG_CONFIG_HOME: join(directory, 'config'),
		},
		configure: (next) => writeFileSync(site.config, stringify({ version: 1, audit: { directory: audit }, ...next })),
		records: () =>
			readdirSync(audit, { recursive: true, encoding: 'utf8' })
				.filter((name) => /\d{4}-\d\d-\d\d\/.*\.jsonl$/.test(name))
				.sort()
				.flatMap((name) => readFileSync(join(audit, name), 'utf8').split('\n').filter(Boolean))
				.map((line) => JSON.parse(line) as Record<string, unknown>),
		remove: () => rmSync(directory, { recursive: true, force: true }),
	};
	site.configure(config);
	return site;
}

/** The arguments that start the kernel on this site. */
export function runArguments(site: Site, ...more: string[]): string[] {
	return [main, 'run', '--config', site.config, ...more];
}

/** The SDK's client, connected to any stdio server. */
export async function connect(
	command: readonly string[],
	options: {
		env?: Record<string, string>;
		cwd?: string;
		capabilities?: ClientCapabilities;
		prepare?: (client: Client) => void;
	} = {},
): Promise<Client> {
	const [program = '', ...args] = command;
	const client = new Client({ name: 'test', version: '1' }, { capabilities: options.capabilities ?? {} });
	options.prepare?.(client);
	const transport = new StdioClientTransport({
		command: program,
		args: [...args],
		stderr: process.env['TRAPGATE_TEST_STDERR'] === undefined ? 'ignore' : 'inherit',
		...(options.env === undefined ? {} : { env: options.env }),
		...(options.cwd === undefined ? {} : { cwd: options.cwd }),
	});
	await client.connect(transport);
	return client;
}

/** The SDK's client, connected through the kernel. */
export function connectThrough(
	site: Site,
	options: Parameters<typeof connect>[1] & { args?: string[] } = {},
): Promise<Client> {
	return connect([process.execPath, ...runArguments(site, ...(options.args ?? []))], { ...options, env: site.env });
}
