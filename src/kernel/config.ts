// trapgate.yaml → a configuration the kernel can boot from, or every mistake in it at its place.
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Mode } from '../abi/decision.ts';
import type { DriverName } from '../abi/names.ts';
import type { Place, Problem } from '../abi/problem.ts';
import { readPolicy } from '../policy/load.ts';
import { policyHints } from '../policy/load-hints.ts';
import type { Defaults, Policy } from '../policy/rule.ts';
import { place, type YamlDocument } from '../text/places.ts';
import { shape } from '../text/shape.ts';
import { readYaml } from '../text/yaml.ts';
import type { AskChannel } from './approve.ts';
import { type ConfigFile, configSchema } from './config-schema.ts';
import type { SourceFile } from './sources.ts';
import type { Prefix } from './syscall-table.ts';
import { unknownDrivers } from './unknown-drivers.ts';

/** A server as clients' own files name it, too: a program to start, or an endpoint. */
export type ServerAddress =
	| {
			readonly kind: 'stdio';
			readonly command: string;
			readonly args: readonly string[];
			readonly env: Readonly<Record<string, string>>;
			readonly cwd: string | undefined;
	  }
	| { readonly kind: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> };

/** How one driver is loaded. Variables in it are not yet filled in: a missing one fails that driver only. */
export type DriverConfig = {
	readonly name: DriverName;
	/** Tools that carry commands: tool name → JSON Pointer of the argument, shell text or an argv. */
	readonly commands: Readonly<Record<string, string>>;
	/** One process for all principals. */
	readonly shared: boolean;
} & (
	| ServerAddress
	| {
			readonly kind: 'shell';
			readonly env: Readonly<Record<string, string>>;
			readonly timeoutMs: number | undefined;
			readonly maxTimeoutMs: number | undefined;
			readonly maxOutputBytes: number | undefined;
	  }
);

export type DetailLevel = 'metadata' | 'hash' | 'redacted' | 'full';

export interface KernelConfig {
	/** Absolute path of the root file. */
	readonly file: string;
	readonly directory: string;
	readonly mode: Mode;
	/** Absolute; undefined when the file declares none. */
	readonly workspace: string | undefined;
	readonly prefix: Prefix;
	readonly drivers: readonly DriverConfig[];
	readonly defaults: Defaults;
	/** `pack:name` or paths, as written. */
	readonly policies: readonly { readonly text: string; readonly where: Place }[];
	readonly audit: {
		readonly directory: string | undefined;
		readonly durability: 'written' | 'fsync';
		readonly detail: DetailLevel;
		readonly tools: readonly { readonly glob: string; readonly detail: DetailLevel }[];
	};
	readonly ask: { readonly channels: readonly AskChannel[] };
	readonly http: {
		readonly maxProcesses: number;
		readonly idleMs: number;
		readonly allowedHosts: readonly string[];
		readonly allowedOrigins: readonly string[];
	};
	/** How long a client waits for slow drivers at its start. */
	readonly startTimeoutMs: number;
	/** The rules, lists and waivers that stand in the root file itself. */
	readonly own: Policy;
}

export interface LoadedConfig {
	readonly config?: KernelConfig;
	readonly problems: readonly Problem[];
}

/** Reads the root file. Problems of severity `error` mean that there is no configuration. */
export function loadConfig(source: SourceFile): LoadedConfig {
	const read = readYaml(source.text, source.file);
	if (!read.ok) return { problems: read.problems };
	const { document } = read;
	const shaped = shape(document, configSchema, policyHints);
	if (!shaped.ok) return { problems: shaped.problems };
	const file = shaped.value;
	const { layer } = source;
	const { policy, problems } = readPolicy(document, bodyOf(file), { layer, name: file.name ?? 'trapgate.yaml' });
	if (policy === undefined) return { problems };
	const directory = dirname(source.path);
	return {
		config: configOf(document, file, source.path, directory, policy),
		problems: [...channelProblems(document, file), ...unknownDrivers(Object.keys(file.drivers ?? {}), policy.rules)],
	};
}

/** The policy in the root file; its mode and defaults are the kernel's, not one file's among several. */
function bodyOf({ rules, lists, waivers }: ConfigFile) {
	return { rules, lists, waivers };
}

function configOf(
	document: YamlDocument,
	file: ConfigFile,
	path: string,
	directory: string,
	own: Policy,
): KernelConfig {
	const { audit = {}, http = {} } = file;
	return {
		file: path,
		directory,
		mode: file.mode ?? 'enforce',
		workspace: file.workspace === undefined ? undefined : absolute(file.workspace, directory),
		prefix: file.prefix ?? 'always',
		drivers: Object.entries(file.drivers ?? {})
			.filter(([, driver]) => driver.disabled !== true)
			.map(([name, driver]) => driverOf(name as DriverName, driver)),
		defaults: (file.defaults ?? {}) as Defaults,
		policies: (file.policies ?? []).map((text, index) => ({ text, where: place(document, ['policies', index]) })),
		audit: {
			directory: audit.directory === undefined ? undefined : absolute(audit.directory, directory),
			durability: audit.durability ?? 'written',
			detail: audit.detail ?? 'redacted',
			tools: Object.entries(audit.tools ?? {}).map(([glob, detail]) => ({ glob, detail })),
		},
		ask: { channels: file.ask?.channels ?? [] },
		http: {
			maxProcesses: http.maxProcesses ?? 64,
			idleMs: (http.idleMinutes ?? 5) * 60_000,
			allowedHosts: http.allowedHosts ?? [],
			allowedOrigins: http.allowedOrigins ?? [],
		},
		startTimeoutMs: file.startTimeoutMs ?? 10_000,
		own,
	};
}

function driverOf(name: DriverName, driver: NonNullable<ConfigFile['drivers']>[string]): DriverConfig {
	if ('builtin' in driver) {
		const { env = {}, timeoutMs, maxTimeoutMs, maxOutputBytes } = driver;
		return { name, kind: 'shell', commands: {}, shared: false, env, timeoutMs, maxTimeoutMs, maxOutputBytes };
	}
	const common = { name, commands: driver.commands ?? {}, shared: driver.shared ?? false };
	if ('url' in driver) return { ...common, kind: 'http', url: driver.url, headers: driver.headers ?? {} };
	const { command, args = [], env = {}, cwd } = driver;
	return { ...common, kind: 'stdio', command, args, env, cwd };
}

/** Listed channels that this version can't use: nobody would be asked, and the author should know before that matters. */
function channelProblems(document: YamlDocument, file: ConfigFile): Problem[] {
	return (file.ask?.channels ?? []).flatMap((channel, index) =>
		channel === 'elicitation'
			? []
			: [
					{
						code: 'P309' as const,
						severity: 'warning' as const,
						message: `the channel \`${channel}\` does not exist in this version, so nobody is asked through it`,
						where: place(document, ['ask', 'channels', index]),
						help: 'add `elicitation`',
					},
				],
	);
}

function absolute(path: string, directory: string): string {
	if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1));
	return isAbsolute(path) ? path : resolve(directory, path);
}
