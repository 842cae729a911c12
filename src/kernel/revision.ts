// Revisions of the policy: loaded whole or not at all, replaced while the kernel runs, never by something broken.
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { Mode } from '../abi/decision.ts';
import type { Problem } from '../abi/problem.ts';
import type { PolicySet } from '../policy/compile.ts';
import { compile } from '../policy/compile.ts';
import { loadPolicy } from '../policy/load.ts';
import { plainReplacement } from '../policy/load-then.ts';
import type { Action, Policy, Rule } from '../policy/rule.ts';
import type { ParseSql } from '../policy/sql-parser.ts';
import { suggest } from '../text/suggest.ts';
import { type KernelConfig, loadConfig } from './config.ts';
import { loadLock, readLockFile } from './lock/file.ts';
import { emptyLock, type Lock } from './lock/lock.ts';
import { lockPath } from './lock/path.ts';
import { damaged } from './lock/schema.ts';
import { noRings, type Rings, ringFor } from './ring.ts';
import { type RingDemands, ringDemands } from './ring-demands.ts';
import {
	layerFiles,
	liesIn,
	packNames,
	policyPath,
	readEntry,
	readRoot,
	readSource,
	type SourceFile,
	type SourceRoots,
} from './sources.ts';
import { hashFiles } from './trust.ts';

/** Everything the kernel is governed by at one moment. */
export interface Revision {
	/** `sha256:` over every file that took part. */
	readonly id: string;
	readonly set: PolicySet;
	readonly config: KernelConfig;
	readonly policies: readonly Policy[];
	/** What a person accepted of the drivers; an edit of it waits for trust like every other. */
	readonly lock: Lock;
	/** What needs the runtime ring where that does not hold. */
	readonly demands: RingDemands;
	readonly sources: readonly SourceFile[];
	/** `sha256:` over the files of the project layer; undefined when there are none. */
	readonly projectHash: string | undefined;
	/** True when project files were edited since they were trusted: only what tightens is in force. */
	readonly pending: boolean;
	/** Warnings and notes; a revision has no errors. */
	readonly problems: readonly Problem[];
}

export interface LoadOptions {
	/** The root file. */
	readonly file: string;
	readonly roots: SourceRoots;
	/** For names in messages. */
	readonly cwd: string;
	readonly home: string;
	readonly tmp: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** `--mode`: it may only raise. */
	readonly mode?: Mode | undefined;
	/** A person has trusted this root file before: it stays a project's, whatever it says of its workspace now. */
	readonly rootWasTrusted?: boolean;
	/** Fetches the parser of SQL when a rule needs it; without it such a rule does not load. */
	readonly sqlParser?: (() => ParseSql) | undefined;
	/** Where the runtime ring holds, by what holds it; absent where nobody has tried. */
	readonly rings?: Rings | undefined;
}

export interface Loaded {
	readonly revision: Revision | undefined;
	readonly problems: readonly Problem[];
	/** Also when it did not load, so that problems can show the line. */
	readonly sources: readonly SourceFile[];
}

/** Reads and compiles everything. Problems of severity `error` mean that there is no revision. */
export function loadRevision(options: LoadOptions): Loaded {
	return judgeRead(options, readRevision(options));
}

/** What the files say, each for itself: nothing of it depends on where the runtime ring holds. */
export type ReadRevision =
	| { readonly is: 'read'; readonly parts: Parts }
	| { readonly is: 'refused'; readonly problems: readonly Problem[]; readonly sources: readonly SourceFile[] };

/** Compiles what was read, for the machine as `options` have it. */
export function judgeRead(options: LoadOptions, read: ReadRevision): Loaded {
	if (read.is === 'read') return finish(options, read.parts);
	return { revision: undefined, problems: read.problems, sources: read.sources };
}

export function readRevision(options: LoadOptions): ReadRevision {
	const root = readRoot(options.file, 'run', options.cwd);
	if ('code' in root) return { is: 'refused', problems: [root], sources: [] };
	const { config, problems: configProblems } = loadConfig(root);
	if (config === undefined) return { is: 'refused', problems: configProblems, sources: [root] };

	const isProject = (path: string) => config.workspace !== undefined && liesIn(path, config.workspace);
	// An edit that moves or drops `workspace` must not thereby take the file out of what needs trust.
	const rootLayer = options.rootWasTrusted === true || isProject(root.path) ? 'project' : 'run';
	const problems: Problem[] = [...configProblems];
	const sources: SourceFile[] = [{ ...root, layer: rootLayer }];
	const policies: Policy[] = [];

	const take = (source: SourceFile | Problem, isPack = false): void => {
		if ('code' in source) {
			problems.push(source);
			return;
		}
		sources.push(source);
		const loaded = loadPolicy({ ...source, name: nameOf(source.path), lists: config.own.lists });
		problems.push(...loaded.problems);
		if (loaded.policy !== undefined) policies.push(isPack ? { ...loaded.policy, isPack } : loaded.policy);
	};
	for (const path of layerFiles(options.roots.organisation)) take(readSource(path, 'organisation', options.cwd));
	for (const path of layerFiles(options.roots.user)) {
		if (path !== root.path) take(readSource(path, 'user', options.cwd));
	}
	for (const entry of config.policies) {
		const path = policyPath(entry.text, config.directory, options.roots);
		if (path === undefined) problems.push(noSuchPack(entry, options.roots));
		else
			take(
				readEntry(path, entry.text, isProject(path) ? 'project' : rootLayer, options.cwd),
				entry.text.startsWith('pack:'),
			);
	}
	policies.push({
		...config.own,
		layer: rootLayer,
		rules: config.own.rules.map((rule) => ({ ...rule, layer: rootLayer })),
		waivers: config.own.waivers.map((waiver) => ({ ...waiver, layer: rootLayer })),
	});

	const lockFile = readLockFile(lockPath(root.path), 'run', options.cwd);
	let lock: Lock | undefined = emptyLock();
	if (lockFile !== undefined && 'code' in lockFile) {
		problems.push({ ...lockFile, help: damaged });
	} else if (lockFile !== undefined) {
		sources.push({ ...lockFile, layer: isProject(lockFile.path) ? 'project' : rootLayer });
		const read = loadLock(lockFile);
		problems.push(...read.problems);
		lock = read.lock;
	}

	if (lock === undefined || problems.some((problem) => problem.severity === 'error'))
		return { is: 'refused', problems, sources };
	return { is: 'read', parts: { config, policies, sources, problems, lock, pending: false } };
}

/**
 * What an untrusted edit of project files may do at once: everything that was in force stays in force, and rules that
 * can only tighten are added (rulings, 1).
 */
export function tightened(options: LoadOptions, trusted: Revision, edited: Revision): Loaded {
	const isKept = (rule: Rule) =>
		trusted.policies.some((policy) => policy.rules.some((held) => held.source === rule.source));
	const additions = edited.policies
		.filter((policy) => policy.layer === 'project')
		.map((policy) => ({
			...policy,
			name: `${policy.name} (edited)`,
			waivers: [],
			defaults: {},
			rules: policy.rules.filter((rule) => onlyTightens(rule) && !isKept(rule)).map(asEdited),
		}))
		.filter((policy) => policy.rules.length > 0);
	return finish(options, {
		config: trusted.config,
		policies: [...trusted.policies, ...additions],
		sources: edited.sources,
		problems: [],
		// What the edited lock accepts, no person has; and what it takes away, a rule may have been read against.
		lock: trusted.lock,
		pending: true,
	});
}

function onlyTightens({ action }: Rule): boolean {
	// Not `ask`: it opens what no rule allows, as far as asking.
	return ['hide', 'deny', 'narrow', 'limit', 'lock', 'redact'].includes(action.kind);
}

/** The edited form stands beside the trusted one, which stays in force; two rules can't share an id. */
function asEdited(rule: Rule): Rule {
	return { ...rule, id: `${rule.id}.edited` as Rule['id'], action: withPlainMark(rule.action) };
}

/** Nothing is found within a mark: one that spells a guess would keep that secret from the trusted rules. */
function withPlainMark(action: Action): Action {
	if (action.kind !== 'redact') return action;
	return { kind: 'redact', redaction: { ...action.redaction, replace: plainReplacement } };
}

type Parts = Pick<Revision, 'config' | 'policies' | 'sources' | 'problems' | 'lock' | 'pending'>;

function finish(options: LoadOptions, { config, policies, sources, problems, lock, pending }: Parts): Loaded {
	const { set, problems: found } = compile(policies, {
		workspace: config.workspace,
		tmp: options.tmp,
		home: options.home,
		env: options.env,
		mode: strictest(config.mode, options.mode),
		defaults: config.defaults,
		sqlParser: options.sqlParser,
	});
	const demands = set === undefined ? undefined : ringDemands(set, config.drivers, options.rings);
	const all = [
		...problems,
		...found,
		...unaskable(config, policies),
		...(demands === undefined ? [] : ringless(demands)),
		...unconfinable(config, options.rings),
		...lockless(lock, policies, options),
	];
	if (set === undefined || demands === undefined || all.some((problem) => problem.severity === 'error')) {
		return { revision: undefined, problems: all, sources };
	}
	const project = sources.filter((source) => source.layer === 'project');
	const id = `sha256:${createHash('sha256')
		.update(JSON.stringify([strictest(config.mode, options.mode), pending, hashFiles(sources)]))
		.digest('hex')}`;
	return {
		revision: {
			id,
			set,
			config: { ...config, mode: strictest(config.mode, options.mode) },
			policies,
			lock,
			demands,
			sources,
			projectHash: project.length === 0 ? undefined : hashFiles(project),
			pending,
			problems: all,
		},
		problems: all,
		sources,
	};
}

/** An `ask` that nobody can be asked by refuses every time; the author should hear of it before the agent does. */
function unaskable(config: KernelConfig, policies: readonly Policy[]): Problem[] {
	if (config.ask.channels.length > 0) return [];
	const first = policies.flatMap((policy) => policy.rules).find((rule) => rule.action.kind === 'ask');
	if (first === undefined) return [];
	return [
		{
			code: 'P309',
			severity: 'warning',
			message: `rule \`${first.id}\` asks a person, and no channel to ask through is listed`,
			where: first.actionWhere,
			label: 'refused every time, as `no_channel`',
			help: 'add to trapgate.yaml: ask: { channels: [elicitation] }',
		},
	];
}

/** Without a lock nothing has been accepted, and what a lock rule matches is hidden; nobody should have to guess why. */
function lockless(lock: Lock, policies: readonly Policy[], { file }: LoadOptions): Problem[] {
	const first = policies.flatMap((policy) => policy.rules).find((rule) => rule.action.kind === 'lock');
	if (lock.isPresent || first === undefined) return [];
	return [
		{
			code: 'P311',
			severity: 'warning',
			message: `rule \`${first.id}\` locks tools, and there is no \`${lockPath(file)}\``,
			where: first.actionWhere,
			label: 'nobody has accepted any tool yet, so those it matches are hidden',
			help: 'look at what the drivers list and accept it: trapgate lock',
		},
	];
}

/** What needs the runtime ring is absent where that does not hold; the author of the rule must hear why. */
function ringless({ unmet }: RingDemands): Problem[] {
	return unmet.map(({ rule, ring, isShell }): Problem => {
		const withoutRing = isShell
			? 'without `ring: runtime` the rule holds for calls, and the shell is there'
			: 'without this rule they are there, and run unconfined';
		return {
			code: 'P310',
			severity: 'warning',
			message: `rule \`${rule.id}\` must hold in the runtime ring, which does not hold here: ${ring.why}`,
			where: rule.where,
			label: isShell ? 'so the built-in shell is absent' : 'so the tools it matches are absent',
			note: withoutRing,
			help: ring.hint,
		};
	});
}

/** A driver that asks for a sandbox does not start without it. */
function unconfinable({ drivers, sandboxesAt }: KernelConfig, rings: Rings = noRings): Problem[] {
	return drivers.flatMap((driver): Problem[] => {
		const ring = ringFor(driver, rings);
		const where = sandboxesAt.get(driver.name);
		if (driver.sandbox?.isDemanded !== true || ring.is !== 'absent' || where === undefined) return [];
		return [
			{
				code: 'P310',
				severity: 'warning',
				message: `the \`sandbox:\` of driver \`${driver.name}\` does not hold here: ${ring.why}`,
				where,
				label: 'so the driver does not start',
				note: 'with `sandbox: { backend: none }` it starts, and runs unconfined',
				help: ring.hint,
			},
		];
	});
}

/** What a file is called that gives itself no name: its folder for a pack, its own name otherwise. */
function nameOf(path: string): string {
	const name = basename(path).replace(/\.ya?ml$/, '');
	return name === 'policy' ? basename(dirname(path)) : name;
}

const strictness: Record<Mode, number> = { observe: 0, warn: 1, enforce: 2 };

/** `--mode` may only raise what the file says. */
function strictest(file: Mode, flag: Mode | undefined): Mode {
	return flag !== undefined && strictness[flag] > strictness[file] ? flag : file;
}

/** A `pack:` entry that leads nowhere. */
export function noSuchPack(entry: KernelConfig['policies'][number], roots: SourceRoots): Problem {
	const name = entry.text.slice('pack:'.length);
	const near = suggest(name, packNames(roots));
	return {
		code: 'P205',
		severity: 'error',
		message: `there is no pack \`${name}\``,
		where: entry.where,
		help: near === undefined ? `packs: ${packNames(roots).join(', ')}` : `did you mean \`pack:${near}\`?`,
	};
}
