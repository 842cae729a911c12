// Everything `check` looks at: does it load, likely mistakes, and whether the examples hold.
import { join, resolve } from 'node:path';
import type { DriverName } from '../abi/names.ts';
import type { Problem } from '../abi/problem.ts';
import type { KernelConfig } from '../kernel/config.ts';
import { commandPointers } from '../kernel/governed.ts';
import { misnamedCommands } from '../kernel/lock/commands.ts';
import type { Lock } from '../kernel/lock/lock.ts';
import { ports, vocabulary } from '../kernel/ports.ts';
import type { LoadOptions } from '../kernel/revision.ts';
import { liesIn, readSource, type SourceFile } from '../kernel/sources.ts';
import { checkRewrites } from '../policy/check-rewrites.ts';
import { type CompileContext, compile } from '../policy/compile.ts';
import { checkExamples } from '../policy/examples.ts';
import { lint } from '../policy/lint.ts';
import { loadPolicy } from '../policy/load.ts';
import type { Policy } from '../policy/rule.ts';
import type { Setting } from './setting.ts';

export interface Inspection {
	/** False: the kernel would not boot with it. */
	readonly loads: boolean;
	readonly problems: readonly Problem[];
	readonly sources: readonly SourceFile[];
	readonly rules: number;
	readonly layers: number;
	readonly examples: {
		readonly total: number;
		readonly heldAlone: number;
		readonly heldMerged: number;
	};
}

/** The root file and everything it names. */
export function inspectSetting({ load, loaded }: Setting, now: number): Inspection {
	const { revision, problems, sources } = loaded;
	if (revision === undefined) return broken(problems, sources);
	const { config } = revision;
	const context = { ...places(load), workspace: config.workspace, mode: config.mode, defaults: config.defaults };
	// The root file's defaults are the kernel's; a likely mistake can depend on them.
	const policies = revision.policies.map((policy) =>
		policy.name === config.own.name && policy.file === config.own.file
			? { ...policy, defaults: config.defaults }
			: policy,
	);
	const cwd = config.workspace ?? config.directory;
	const { lock } = revision;
	const [root] = sources;
	const misnamed = root === undefined ? [] : misnamedCommands(config, lock, root);
	return judge(policies, [...problems, ...misnamed], sources, { context, config, lock, cwd, now });
}

/** Policy files on their own, as if a root file named them all. */
export function inspectFiles(files: readonly string[], load: LoadOptions, now: number): Inspection {
	const problems: Problem[] = [];
	const sources: SourceFile[] = [];
	const policies: Policy[] = [];
	for (const file of new Set(files.map((name) => resolve(load.cwd, name)))) {
		const source = readSource(file, 'run', load.cwd);
		if ('code' in source) {
			problems.push(source);
			continue;
		}
		sources.push(source);
		const loaded = loadPolicy(source);
		problems.push(...loaded.problems);
		if (loaded.policy !== undefined) policies.push(loaded.policy);
	}
	if (problems.some(({ severity }) => severity === 'error')) return broken(problems, sources);
	const context: CompileContext = { ...places(load), workspace: load.cwd, mode: 'enforce', defaults: {} };
	const compiled = compile(policies, context);
	if (compiled.set === undefined) return broken([...problems, ...compiled.problems], sources);
	return judge(policies, [...problems, ...compiled.problems], sources, {
		context,
		config: undefined,
		lock: undefined,
		cwd: load.cwd,
		now,
	});
}

interface Circumstances {
	readonly context: CompileContext;
	readonly config: KernelConfig | undefined;
	/** Undefined for files on their own: they may be used with any. */
	readonly lock: Lock | undefined;
	readonly cwd: string;
	readonly now: number;
}

function judge(
	policies: readonly Policy[],
	problems: readonly Problem[],
	sources: readonly SourceFile[],
	{ context, config, lock, cwd, now }: Circumstances,
): Inspection {
	const drivers = config?.drivers ?? [];
	const commands = drivers.flatMap(({ name, kind, commands: named }) => [
		...(kind === 'shell' ? [{ tool: `${name}/run`, argument: '/command' }] : []),
		...Object.entries(named).map(([tool, argument]) => ({ tool: `${name}/${tool}`, argument })),
	]);
	const shell = drivers.find(({ kind }) => kind === 'shell')?.name;
	const examples = {
		...withTmpApart(context),
		ports,
		at: now,
		cwd,
		...(shell === undefined ? {} : { shell }),
		...(lock === undefined
			? {}
			: { toolFacts: (driver: DriverName, tool: string) => lock.rememberedTool(driver, tool) }),
		commandsAt: (driver: DriverName, tool: string) =>
			commandPointers(
				drivers.find(({ name }) => name === driver),
				driver,
				tool,
			),
	};
	const known = lock?.known(drivers.map(({ name }) => name));
	const mistakes = lint(policies, { now, commands, vocabulary, ...(known && { known }) });
	const { problems: unheld, total, heldAlone, heldMerged } = checkExamples(policies, examples);
	return {
		loads: true,
		problems: [
			...problems.filter((problem) => !mistakes.some((mistake) => isSameCause(problem, mistake))),
			...mistakes,
			...checkRewrites(policies, examples),
			...unheld,
		],
		sources,
		rules: policies.reduce((sum, { rules }) => sum + rules.length, 0),
		layers: new Set(sources.map(({ layer }) => layer)).size,
		examples: { total, heldAlone, heldMerged },
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

/** A driver that `drivers:` does not name has no tools in the lock either; the finding that shows the word says more. */
function isSameCause(problem: Problem, mistake: Problem): boolean {
	const [one, other] = [problem.where, mistake.where];
	if (problem.code !== 'P201' || mistake.code !== 'P201' || one === undefined || other === undefined) return false;
	const isWithin = one.column >= other.column && one.column < other.column + other.length;
	return one.file === other.file && one.line === other.line && isWithin;
}

function broken(problems: readonly Problem[], sources: readonly SourceFile[]): Inspection {
	return {
		loads: false,
		problems,
		sources,
		rules: 0,
		layers: 0,
		examples: { total: 0, heldAlone: 0, heldMerged: 0 },
	};
}

function places({ tmp, home, env, sqlParser }: LoadOptions): Omit<CompileContext, 'workspace' | 'mode' | 'defaults'> {
	return { tmp, home, env, sqlParser };
}
