// The kernel's answer to a call that nobody makes: the same policy and self-protection, no drivers, no log.
import type { Decision, Request } from '../abi/decision.ts';
import { deepFreeze, type JsonObject } from '../abi/json.ts';
import { ownDriver, toolName } from '../abi/names.ts';
import { errorText } from '../abi/problem.ts';
import type { Target } from '../abi/syscall.ts';
import type { PolicySet } from '../policy/compile.ts';
import { errored } from '../policy/decide.ts';
import { type Considered, explain, type SeenText } from '../policy/explain.ts';
import { cwdOf } from './drivers.ts';
import { commandPointers, type Governed, governedByCurrent, isBuiltinShell } from './governed.ts';
import type { Lock } from './lock/lock.ts';
import { existsAt, resolvePath } from './paths.ts';
import { ports } from './ports.ts';
import { makeProtection } from './protect.ts';
import { noRings } from './ring.ts';
import { absentTool, ringDemand } from './ring-demands.ts';
import { isConfined } from './sandbox-rules.ts';

export interface Question {
	readonly target: Target;
	readonly agent: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
	/** Judge the command rules as if a rule allowed the shell itself, as examples do (rulings, 17). */
	readonly assumeAllowed?: boolean;
}

export interface Answer {
	readonly decision: Decision;
	/** Every rule that was looked at; empty when the kernel's own protection answered first. */
	readonly considered: readonly Considered[];
	/** The commands that were read in the arguments, of the call as asked and as it would run. */
	readonly seen: readonly SeenText[];
	/** No rule allows the tool; the answer is what it would be if one did. */
	readonly assumed?: boolean;
	/** Where the driver would resolve relative paths; absolute. */
	readonly cwd: string;
}

/** Returns a function that answers as the door would, of tools as they were accepted; what was not is unknown. It never throws. */
export function makeAnswer({ revision, load, directories }: Governed): (question: Question) => Answer {
	const { config, set } = revision;
	const around = { ...load, workspace: config.workspace, directory: config.directory };
	const protection = makeProtection({
		workspace: config.workspace,
		home: load.home,
		governed: governedByCurrent(() => revision, { load, directories }),
		resolvePath,
		exists: existsAt,
		elapsed: () => 0,
	});
	const opened: PolicySet = { ...set, defaults: { ...set.defaults, tool: 'allow' } };
	return ({ target, agent, at, assumeAllowed = false }) => {
		deepFreeze(target as unknown as JsonObject);
		let cwd = config.workspace ?? config.directory;
		try {
			const driver = config.drivers.find(({ name }) => name === target.driver);
			if (driver !== undefined) cwd = cwdOf(driver, around);
			const isShell = isBuiltinShell(driver, target.driver);
			const guarded = protection.check(target, cwd);
			if (guarded !== undefined) return { decision: guarded, considered: [], seen: [], cwd };
			const demand =
				target.kind === 'tool' ? ringDemand(revision, toolName(target.driver, target.tool), isShell) : undefined;
			if (demand !== undefined) return { decision: absentTool(target, demand), considered: [], seen: [], cwd };
			const commandsAt = target.kind === 'tool' ? commandPointers(driver, target.driver, target.tool) : [];
			const request = {
				target,
				agent,
				at,
				env: load.env,
				cwd,
				commandsAt,
				isBuiltinShell: isShell,
				driverHasAllowedTool: true,
				isContained: driver !== undefined && isConfined(driver, set.rules, load.rings ?? noRings),
				driverRunsCommands: driver !== undefined && Object.keys(driver.commands).length > 0,
				...remembered(revision.lock, target),
			};
			const answer = explain(set, request, ports);
			// A name that nobody answers to is unknown to the door, whatever rules say of it and in every mode.
			const isNobody = target.kind === 'tool' && driver === undefined && target.driver !== ownDriver;
			if (isNobody && config.drivers.length > 0 && !assumeAllowed)
				return { ...answer, decision: unknownTool(target), cwd };
			// Only the default is assumed away: a rule that hides the shell keeps it hidden.
			const isClosed = answer.decision.verdict === 'hidden' && answer.decision.because.length === 0;
			return assumeAllowed && isClosed
				? { ...explain(opened, request, ports), assumed: true, cwd }
				: { ...answer, cwd };
		} catch (error) {
			return { decision: errored(target, errorText(error)), considered: [], seen: [], cwd };
		}
	};
}

function unknownTool(target: Target): Decision {
	return { verdict: 'hidden', acted: true, mode: 'enforce', because: [], final: target, changes: [] };
}

/** No driver is asked, so everything is taken to be as it was accepted. */
function remembered(lock: Lock, target: Target): Pick<Request, 'tool' | 'lock'> {
	if (target.kind === 'prompt') {
		return { lock: lock.entry('prompt', target.driver, target.prompt) === undefined ? 'new' : 'accepted' };
	}
	const tool = target.kind === 'tool' ? lock.rememberedTool(target.driver, target.tool) : undefined;
	return tool === undefined ? { lock: 'new' } : { tool, lock: 'accepted' };
}
