// The kernel's answer to a call that nobody makes: the same policy and self-protection, no drivers, no log.
import { join } from 'node:path';
import type { Decision } from '../abi/decision.ts';
import { deepFreeze, type JsonObject } from '../abi/json.ts';
import { errorText } from '../abi/problem.ts';
import type { Target } from '../abi/syscall.ts';
import { type Considered, explain } from '../policy/explain.ts';
import type { DriverConfig } from './config.ts';
import { cwdOf } from './drivers.ts';
import { errored } from './gather.ts';
import { resolvePath } from './paths.ts';
import { makeProtection } from './protect.ts';
import type { LoadOptions, Revision } from './revision.ts';
import type { StateDirectories } from './state.ts';

export interface Question {
	readonly target: Target;
	readonly agent: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
}

export interface Answer {
	readonly decision: Decision;
	/** Every rule that was looked at; empty when the kernel's own protection answered first. */
	readonly considered: readonly Considered[];
}

export interface QuestionOptions {
	readonly revision: Revision;
	readonly load: LoadOptions;
	readonly directories: StateDirectories;
}

/** Returns a function that answers as the door would, except that no tool definition is known. It never throws. */
export function makeAnswer({ revision, load, directories }: QuestionOptions): (question: Question) => Answer {
	const { config, set } = revision;
	const around = { ...load, workspace: config.workspace, directory: config.directory };
	const protection = makeProtection({
		workspace: config.workspace,
		home: load.home,
		governed: () => governedPaths({ revision, load, directories }),
		resolvePath,
	});
	return ({ target, agent, at }) => {
		deepFreeze(target as unknown as JsonObject);
		try {
			const driver = config.drivers.find(({ name }) => name === target.driver);
			const cwd = driver === undefined ? (config.workspace ?? config.directory) : cwdOf(driver, around);
			const guarded = protection.check(target, cwd);
			if (guarded !== undefined) return { decision: guarded, considered: [] };
			const commandsAt = target.kind === 'tool' ? commandPointers(driver, target.driver, target.tool) : [];
			const request = { target, agent, at, env: load.env, cwd, commandsAt, driverHasAllowedTool: true };
			return explain(set, request, { resolvePath });
		} catch (error) {
			return { decision: errored(target, errorText(error)), considered: [] };
		}
	};
}

/** JSON Pointers of the arguments that carry shell text. A built-in shell that is not configured is judged as one all the same. */
function commandPointers(driver: DriverConfig | undefined, name: string, tool: string): readonly string[] {
	if (driver === undefined ? name === 'shell' : driver.kind === 'shell') {
		return tool === 'run' ? ['/command', '/stdin'] : [];
	}
	const pointer = driver?.kind !== 'shell' && Object.hasOwn(driver?.commands ?? {}, tool) ? driver?.commands[tool] : undefined;
	return pointer === undefined ? [] : [pointer];
}

/** What governs the agent, beside what lies in workspace and home: the root file, policies, log and state. */
function governedPaths({ revision, load, directories }: QuestionOptions): readonly string[] {
	return [
		load.file,
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
