// Where the kernel keeps what governs it, and which arguments carry shell text: the same for every way of asking.
import { join } from 'node:path';
import type { Decision } from '../abi/decision.ts';
import { ownDriver, parseToolName, type ToolName } from '../abi/names.ts';
import type { Target } from '../abi/syscall.ts';
import type { PolicySet } from '../policy/compile.ts';
import type { CompiledRule } from '../policy/compiled.ts';
import type { Rule } from '../policy/rule.ts';
import { textGlobTruth } from '../policy/text-glob.ts';
import type { DriverConfig } from './config.ts';
import { lockPath } from './lock/path.ts';
import type { LoadOptions, Revision } from './revision.ts';
import type { StateDirectories } from './state.ts';

export interface Governed {
	readonly revision: Revision;
	readonly load: LoadOptions;
	readonly directories: StateDirectories;
}

/** JSON Pointers of the arguments that carry shell text. A built-in shell that is not configured is judged as one all the same. */
export function commandPointers(driver: DriverConfig | undefined, name: string, tool: string): readonly string[] {
	if (isBuiltinShell(driver, name)) {
		return tool === 'run' ? ['/command'] : [];
	}
	const pointer = driver !== undefined && Object.hasOwn(driver.commands, tool) ? driver.commands[tool] : undefined;
	return pointer === undefined ? [] : [pointer];
}

/** Is this the kernel's own shell? It is bash, and says itself where it starts and what it reads. */
export function isBuiltinShell(driver: Pick<DriverConfig, 'kind'> | undefined, name: string): boolean {
	return driver === undefined ? name === 'shell' : driver.kind === 'shell';
}

/** The rules that must hold in the runtime ring (rulings, 23). This version has no such ring, so what they are about is absent. */
export interface RingDemands {
	/** The first with `ring: runtime`: it is about everything the built-in shell starts. */
	readonly shell: Rule | undefined;
	/** Those that sandbox tools. */
	readonly sandboxes: readonly CompiledRule[];
}

export function ringDemands({ rules }: PolicySet): RingDemands {
	return {
		shell: rules.find(({ rule }) => rule.ring === 'runtime')?.rule,
		sandboxes: rules.filter(({ action }) => action.kind === 'sandbox'),
	};
}

/** The rule for whose sake this tool is absent; whoever is meant by its `when` and `except`, since nobody can be let in. */
export function ringDemand({ demands }: Pick<Revision, 'demands'>, tool: ToolName, isShell: boolean): Rule | undefined {
	if (isShell && demands.shell !== undefined) return demands.shell;
	const driver = parseToolName(tool)?.driver ?? '';
	// The kernel starts nothing to answer for itself.
	if (driver === ownDriver) return undefined;
	const isAbout = ({ match: { tool: tools, from } }: CompiledRule) =>
		(tools === undefined || textGlobTruth(tools, tool) !== 'no') &&
		(from === undefined || textGlobTruth(from, driver) !== 'no');
	return demands.sandboxes.find(isAbout)?.rule;
}

/** The refusal of a tool that is absent for want of a ring: as if it were not there. */
export function absentTool(target: Target, rule: Rule): Decision {
	return {
		verdict: 'hidden',
		acted: true,
		mode: 'enforce',
		because: [{ id: rule.id, effect: rule.action.kind, where: rule.where, matched: 'asked' }],
		reason: `Rule ${rule.id} must hold in the runtime ring, which this version does not have, so the tool is absent.`,
		final: target,
		changes: [],
	};
}

/** What governs the agent, beside what lies in workspace and home: the root file, the lock, policies, log and state. */
export function governedPaths({ revision, load, directories }: Governed): readonly string[] {
	return [
		load.file,
		lockPath(load.file),
		...revision.sources.map((source) => source.path),
		auditDirectoryOf(revision.config.audit.directory, directories),
		directories.state,
		directories.user,
		directories.organisation,
	];
}

/** Where the log stands: what the file says, or below the state directory. */
export function auditDirectoryOf(configured: string | undefined, directories: StateDirectories): string {
	return configured ?? join(directories.state, 'audit');
}

/** The file with the key that signs checkpoints. */
export function auditKeyFile(directories: StateDirectories): string {
	return join(directories.state, 'audit.key');
}
