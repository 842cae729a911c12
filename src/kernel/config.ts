// trapgate.yaml → a configuration the kernel can boot from, or every mistake in it at its place.
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Mode } from '../abi/decision.ts';
import type { DriverName } from '../abi/names.ts';
import type { Place, Problem } from '../abi/problem.ts';
import type { Confinement, ConfinementLimits } from '../abi/sandbox.ts';
import type { Protocol } from '../drivers/era.ts';
import { readPolicy } from '../policy/load.ts';
import { policyHints } from '../policy/load-hints.ts';
import type { Defaults, Policy } from '../policy/rule.ts';
import { keyPlace, place, type YamlDocument } from '../text/places.ts';
import { shape } from '../text/shape.ts';
import { readYaml } from '../text/yaml.ts';
import type { AskChannel } from './approve.ts';
import { type ConfigFile, configSchema } from './config-schema.ts';
import { type HttpConfig, httpOf } from './http-config.ts';
import type { DriverSandboxFile } from './sandbox-schema.ts';
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
	/** Absent: none, unless a rule demands one. */
	readonly sandbox?: SandboxConfig;
} & (
	| (ServerAddress & { readonly protocol: Protocol })
	| {
			readonly kind: 'shell';
			readonly env: Readonly<Record<string, string>>;
			readonly timeoutMs: number | undefined;
			readonly maxTimeoutMs: number | undefined;
			readonly maxOutputBytes: number | undefined;
	  }
);

/** What a driver's processes may see and use, as it is written: variables are not filled in. */
export interface SandboxConfig {
	readonly backend: 'bwrap' | 'landlock' | 'none';
	/** Somebody wrote it down: where it can't hold, the driver is absent. */
	readonly isDemanded: boolean;
	/** Undefined where nobody says. */
	readonly read: readonly string[] | undefined;
	readonly write: readonly string[] | undefined;
	readonly network: Confinement['network'];
	readonly exec: Confinement['exec'];
	readonly roExec: readonly string[];
	readonly limits: ConfinementLimits;
}

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
	readonly http: HttpConfig;
	readonly telemetry: { readonly traces: boolean };
	/** How long a client waits for slow drivers at its start. */
	readonly startTimeoutMs: number;
	/** Where each driver's `sandbox:` stands. */
	readonly sandboxesAt: ReadonlyMap<DriverName, Place>;
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
	const { audit = {} } = file;
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
		telemetry: { traces: file.telemetry?.traces ?? false },
		http: httpOf(file.http, (path) => absolute(path, directory)),
		startTimeoutMs: file.startTimeoutMs ?? 10_000,
		sandboxesAt: new Map(
			Object.entries(file.drivers ?? {})
				.filter(([, driver]) => 'sandbox' in driver)
				.map(([name]) => [name as DriverName, keyPlace(document, ['drivers', name, 'sandbox'])]),
		),
		own,
	};
}

function driverOf(name: DriverName, driver: NonNullable<ConfigFile['drivers']>[string]): DriverConfig {
	if ('builtin' in driver) {
		const { env = {}, timeoutMs, maxTimeoutMs, maxOutputBytes } = driver;
		const sandbox = sandboxOf(driver.sandbox);
		return { name, kind: 'shell', commands: {}, shared: false, sandbox, env, timeoutMs, maxTimeoutMs, maxOutputBytes };
	}
	const { protocol = 'auto' } = driver;
	const common = { name, commands: driver.commands ?? {}, shared: driver.shared ?? false, protocol };
	if ('url' in driver) return { ...common, kind: 'http', url: driver.url, headers: driver.headers ?? {} };
	const { command, args = [], env = {}, cwd } = driver;
	const sandbox = driver.sandbox === undefined ? {} : { sandbox: sandboxOf(driver.sandbox) };
	return { ...common, ...sandbox, kind: 'stdio', command, args, env, cwd };
}

const mebibyte = 1024 * 1024;

/** What is not written has its default; that nothing is written at all demands nothing. */
export function sandboxOf(written: DriverSandboxFile | undefined): SandboxConfig {
	const { backend = 'bwrap', read, write, network = 'all', exec = 'open', ro_exec = [], limits = {} } = written ?? {};
	const { processes = 256, memory_mb = 4096, file_mb = 1024, open_files = 4096, cpu_seconds, tmp_mb = 512 } = limits;
	return {
		backend,
		isDemanded: written !== undefined && backend !== 'none',
		read,
		write,
		network: typeof network === 'string' ? network : { hosts: network },
		exec,
		roExec: ro_exec,
		limits: {
			processes,
			memoryBytes: memory_mb * mebibyte,
			fileBytes: file_mb * mebibyte,
			openFiles: open_files,
			...(cpu_seconds === undefined ? {} : { cpuSeconds: cpu_seconds }),
			tmpBytes: tmp_mb * mebibyte,
		},
	};
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
