// Policies that loaded together, and the circumstances in which their examples happen.
import { join, resolve } from 'node:path';
import type { Problem } from '../abi/problem.ts';
import type { KernelConfig } from '../kernel/config.ts';
import { commandPointers } from '../kernel/governed.ts';
import type { Lock } from '../kernel/lock/lock.ts';
import { ports } from '../kernel/ports.ts';
import type { LoadOptions } from '../kernel/revision.ts';
import { liesIn, readSource, type SourceFile } from '../kernel/sources.ts';
import { type CompileContext, compile } from '../policy/compile.ts';
import type { ExamplesContext } from '../policy/judge-example.ts';
import { loadPolicy } from '../policy/load.ts';
import type { Policy } from '../policy/rule.ts';
import type { Setting } from './setting.ts';

export type Trial = {
	/** From loading; of a trial that loads only warnings and notes. */
	readonly problems: readonly Problem[];
	readonly sources: readonly SourceFile[];
} & (
	| { readonly loads: false }
	| {
			readonly loads: true;
			readonly policies: readonly Policy[];
			readonly context: ExamplesContext;
			/** Absent where no root file is looked at. */
			readonly config: KernelConfig | undefined;
			/** Absent for files on their own: they may be used with any. */
			readonly lock: Lock | undefined;
	  }
);

/** The root file and everything it names. */
export function trialOfRoot({ load, loaded }: Setting, now: number): Trial {
	const { revision, problems, sources } = loaded;
	if (revision === undefined) return { loads: false, problems, sources };
	const { config, lock } = revision;
	const { workspace, defaults } = config;
	// The root file's defaults are the kernel's; a likely mistake can depend on them.
	const policies = revision.policies.map((policy) =>
		policy.name === config.own.name && policy.file === config.own.file ? { ...policy, defaults } : policy,
	);
	// Examples say what the policy decides, and that is the same while it only watches.
	const context = { ...placesOf(load), workspace, mode: 'enforce', defaults } as const;
	return { loads: true, policies, context: contextOf(context, now, { config, lock }), config, lock, problems, sources };
}

/** Policy files on their own, as if a root file named them all. */
export function trialOfFiles(files: readonly string[], load: LoadOptions, now: number): Trial {
	const paths = [...new Set(files.map((name) => resolve(load.cwd, name)))];
	return trialOf(
		paths.map((path) => readSource(path, 'run', load.cwd)),
		load,
		{ now },
	);
}

export interface Setup {
	readonly now: number;
	/** Absolute; the working directory unless told. */
	readonly workspace?: string | undefined;
	/** Lists that stand in for those of a root file. */
	readonly lists?: Policy['lists'] | undefined;
}

/** Files that were read, as if a root file named them all. */
export function trialOf(
	read: readonly (SourceFile | Problem)[],
	load: LoadOptions,
	{ now, workspace = load.cwd, lists }: Setup,
): Trial {
	const problems: Problem[] = [];
	const sources: SourceFile[] = [];
	const policies: Policy[] = [];
	for (const source of read) {
		if ('code' in source) {
			problems.push(source);
			continue;
		}
		sources.push(source);
		const loaded = loadPolicy({ ...source, ...(lists && { lists }) });
		problems.push(...loaded.problems);
		if (loaded.policy !== undefined) policies.push(loaded.policy);
	}
	if (problems.some(({ severity }) => severity === 'error')) return { loads: false, problems, sources };
	const context: CompileContext = { ...placesOf(load), workspace, mode: 'enforce', defaults: {} };
	const { set, problems: found } = compile(policies, context);
	const all = [...problems, ...found];
	if (set === undefined) return { loads: false, problems: all, sources };
	return {
		loads: true,
		policies,
		context: contextOf(context, now),
		config: undefined,
		lock: undefined,
		problems: all,
		sources,
	};
}

function contextOf(
	context: CompileContext,
	now: number,
	{ config, lock }: { readonly config?: KernelConfig; readonly lock?: Lock } = {},
): ExamplesContext {
	const drivers = config?.drivers ?? [];
	const shell = drivers.find(({ kind }) => kind === 'shell')?.name;
	return {
		...withTmpApart(context),
		ports,
		at: now,
		cwd: context.workspace ?? config?.directory ?? '/',
		...(shell === undefined ? {} : { shell }),
		...(lock === undefined ? {} : { toolFacts: (driver, tool) => lock.rememberedTool(driver, tool) }),
		commandsAt: (driver, tool) =>
			commandPointers(
				drivers.find(({ name }) => name === driver),
				driver,
				tool,
			),
	};
}

/**
 * Examples speak of what lies beside the workspace. In a project that itself lies in the temporary directory, as on
 * build machines, all of that would count as `${tmp}`; there the examples get a temporary directory of their own.
 */
function withTmpApart(context: CompileContext): CompileContext {
	const { workspace, tmp } = context;
	return workspace !== undefined && liesIn(workspace, tmp)
		? { ...context, tmp: join(tmp, 'trapgate-examples') }
		: context;
}

/** The same circumstances, with another workspace. */
export function inWorkspace(context: ExamplesContext, workspace: string): ExamplesContext {
	return { ...context, ...withTmpApart({ ...context, workspace }), cwd: workspace };
}

function placesOf({ tmp, home, env, sqlParser }: LoadOptions): Omit<CompileContext, 'workspace' | 'mode' | 'defaults'> {
	return { tmp, home, env, sqlParser };
}
