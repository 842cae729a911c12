// Gathers what the policy needs to know about a call, and asks it.
import type { Decision, Ports, Request } from '../abi/decision.ts';
import { deepFreeze, type JsonObject } from '../abi/json.ts';
import { type DriverName, toolName } from '../abi/names.ts';
import { errorText } from '../abi/problem.ts';
import { type Caller, type Syscall, type Target, targetOf } from '../abi/syscall.ts';
import { decide, errored } from '../policy/decide.ts';
import type { CallContext } from './context.ts';
import type { Lock } from './lock/lock.ts';
import type { Protection } from './protect.ts';
import type { Revisions } from './revisions.ts';
import { absentTool, ringDemand } from './ring-demands.ts';

/** Answers for one call; never throws. */
export type Judge = (
	call: Pick<Syscall, 'caller' | 'driver' | 'method' | 'params'>,
	context: Pick<CallContext, 'cwd' | 'definition' | 'commandsAt' | 'driverHasAllowedTool' | 'parent'>,
) => Decision;

/** Answers for one request of a driver to the client; never throws. */
export type JudgeAsk = (target: Target & { kind: 'driver_asks' }, caller: Caller, cwd: string) => Decision;

/** A verdict that takes longer than this is no verdict. */
const longestVerdictMs = 2_000;

export interface GatherOptions {
	readonly revisions: Pick<Revisions, 'current'>;
	readonly ports: Ports;
	readonly protection: Protection;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** Is this the kernel's own shell driver? */
	readonly isShell: (driver: DriverName) => boolean;
	/** Is one of its tools declared to carry commands? */
	readonly runsCommands: (driver: DriverName) => boolean;
	/** Do its processes run in the runtime ring? */
	readonly isContained: (driver: DriverName) => boolean;
	readonly now: () => number;
	/** A monotonic clock in milliseconds. */
	readonly elapsed: () => number;
}

export function makeJudge(options: GatherOptions): Judge {
	return (call, context) => judgeTarget(options, targetOf(call), call.caller, context);
}

export function makeJudgeAsk(options: GatherOptions): JudgeAsk {
	return (target, caller, cwd) => {
		const context = { cwd, definition: undefined, commandsAt: [], driverHasAllowedTool: true };
		return judgeTarget(options, target, caller, context);
	};
}

type Surroundings = Parameters<Judge>[1];

function judgeTarget(options: GatherOptions, target: Target, caller: Caller, context: Surroundings): Decision {
	deepFreeze(target as unknown as JsonObject);
	const started = options.elapsed();
	try {
		// What a driver asks of the client names nothing of ours that it could reach.
		const guarded = target.kind === 'driver_asks' ? undefined : options.protection.check(...namedBy(target, context));
		const revision = options.revisions.current();
		const demand =
			target.kind === 'tool' && context.parent === undefined
				? ringDemand(revision, toolName(target.driver, target.tool), options.isShell(target.driver))
				: undefined;
		if (demand !== undefined) return absentTool(target, demand);
		const decided = decide(revision.set, requestOf(options, caller, context, target), options.ports);
		// A refusal for its arguments would tell that a hidden tool exists.
		const isUnseen = decided.verdict === 'hidden' && decided.acted;
		const decision = guarded === undefined || isUnseen ? decided : guarded;
		const tookMs = options.elapsed() - started;
		return tookMs > longestVerdictMs ? errored(target, `the verdict took ${Math.round(tookMs)} ms`) : decision;
	} catch (error) {
		// decide promises not to throw; if it does all the same, the answer is no.
		return errored(target, errorText(error));
	}
}

/** What names files, and from where. Of an execution the directory is where it stands, and names nothing. */
function namedBy(target: Target, { cwd, parent }: Surroundings): [Target, string] {
	if (parent === undefined || target.kind !== 'tool') return [target, cwd];
	const { cwd: own, ...args } = target.args;
	return [{ ...target, args }, typeof own === 'string' ? own : cwd];
}

/** The question as the policy is asked it. */
export function requestOf(options: GatherOptions, caller: Caller, context: Surroundings, target: Target): Request {
	return {
		target,
		agent: caller.agent,
		at: options.now(),
		env: options.env,
		cwd: context.cwd,
		commandsAt: context.commandsAt,
		isBuiltinShell: options.isShell(target.driver),
		driverHasAllowedTool: context.driverHasAllowedTool,
		driverRunsCommands: options.runsCommands(target.driver),
		isContained: context.parent !== undefined || options.isContained(target.driver),
		isTrap: context.parent !== undefined,
		...listedAs(options.revisions.current().lock, target, context.definition),
	};
}

/** What is known of the tool or prompt that the call names: what its driver lists, and what a person accepted of it. */
function listedAs(lock: Lock, target: Target, definition: JsonObject | undefined): Pick<Request, 'tool' | 'lock'> {
	if (target.kind === 'prompt') {
		return { lock: definition === undefined ? 'new' : lock.stateOf('prompt', target.driver, definition) };
	}
	if (target.kind !== 'tool') return {};
	if (definition === undefined) return { lock: 'new' };
	const { lock: state, ...tool } = lock.knowledgeOf(target.driver, definition);
	return { tool, lock: state };
}
