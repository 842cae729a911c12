// trapgate.yaml → a configuration the kernel can boot from, or every mistake in it at its place.
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Mode } from '../abi/decision.ts';
import { type DriverName, parseDriverName } from '../abi/names.ts';
import type { Problem } from '../abi/problem.ts';
import type { Defaults, Policy } from '../policy/rule.ts';
import { loadPolicyDocument, rootPolicyShape } from '../policy/load.ts';
import { parseShape } from '../text/shape.ts';
import { keyPlace, place, readYaml } from '../text/yaml.ts';
import type { AskChannel } from './approve.ts';
import type { Prefix } from './syscall-table.ts';

/** How one driver is loaded. Variables in it are not yet filled in: a missing one fails that driver only. */
export type DriverConfig = {
	readonly name: DriverName;
	/** Tools that carry shell text: tool name → JSON Pointer of the argument. */
	readonly commands: Readonly<Record<string, string>>;
	/** One process for all principals. */
	readonly shared: boolean;
} & (
	| {
			readonly kind: 'stdio';
			readonly command: string;
			readonly args: readonly string[];
			readonly env: Readonly<Record<string, string>>;
			readonly cwd: string | undefined;
	  }
	| { readonly kind: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
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
	readonly policies: readonly { readonly text: string; readonly path: readonly (string | number)[] }[];
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
