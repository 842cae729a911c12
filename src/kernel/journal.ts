// The journal: turns what happened in the kernel into audit entries. No record, no action.
import type { Decision } from '../abi/decision.ts';
import type { Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, member } from '../abi/json.ts';
import type { Problem } from '../abi/problem.ts';
import type { TrapExit } from '../abi/sandbox.ts';
import { type Caller, type Syscall, type Target, targetOf } from '../abi/syscall.ts';
import { tokensIn } from '../abi/tokens.ts';
import { fingerprintOf } from '../audit/detail.ts';
import type { AuditLog } from '../audit/log.ts';
import {
	type AgentFields,
	type AuditEntry,
	type CallFields,
	type DetailLevel,
	type EntryArgs,
	type ResultFields,
	targetFields,
	traceIdOf,
} from '../audit/record.ts';
import type { Approval } from './approve.ts';
import type { CallContext, JudgedContext } from './context.ts';
import type { Observer } from './observer.ts';
import { noticeOf } from './refusal.ts';
import type { Finished } from './results.ts';
import type { Revisions } from './revisions.ts';
import { exitCodeOf } from './trap-exit.ts';

export interface JournalOptions {
	readonly audit: AuditLog;
	readonly revisions: Revisions;
	/** How much of this target's arguments is kept. */
	readonly detailOf: (target: Target) => DetailLevel;
	/** A monotonic clock in milliseconds. */
	readonly elapsed: () => number;
	readonly newId: () => string;
	/** Told what was recorded; absent: nobody is. */
	readonly observer?: Required<Observer> | undefined;
}

interface Decided {
	readonly asked: Syscall;
	readonly decision: Decision;
	readonly context: JudgedContext;
	/** True for a refusal: nothing follows. */
	readonly final: boolean;
	readonly approval?: Approval | undefined;
	/** How long the verdict took. */
	readonly policyMs?: number;
}

/** Every method resolves when the record is as durable as the configuration asks, and throws A101 otherwise. */
export class Journal {
	readonly #options: JournalOptions;
	readonly #agents = new WeakMap<Caller, AgentFields>();
	#failedAt: number | undefined;

	constructor(options: JournalOptions) {
		this.#options = options;
	}

	/** Could a record be written lately? While none can, no call runs. It is forgotten, so that somebody tries again. */
	get isWriting(): boolean {
		return this.#failedAt === undefined || this.#options.elapsed() - this.#failedAt > 30_000;
	}

	/** The policy revision in force. */
	revision(): string {
		return this.#options.revisions.current().id;
	}

	/** Milliseconds, from any beginning. */
	clock(): number {
		return this.#options.elapsed();
	}

	/**
	 * Returns how often this kind of call was refused in the session, this time included (0 when it was not refused), and
	 * when the record stood, by {@link Journal.clock}.
	 */
	async decided({
		asked,
		decision,
		context,
		final,
		approval,
		policyMs,
	}: Decided): Promise<{ repeat: number; at: number }> {
		const target = targetOf(asked);
		const { driver, tool, resource, prompt, target: named } = targetFields(target);
		const about = { driver, method: asked.method, tool, resource, prompt, target: named };
		const rules = ruleIdsOf(decision);
		const command = decision.because[0]?.command;
		const args = this.#argumentsOf(target);
		const repeat = final ? context.countRefusal(fingerprintOf({ ...about, rules, command, args })) : 0;
		const { changes, error } = decision;
		// Member by member: copying objects into each other takes longer than writing the record.
		await this.#append({
			event: 'decided',
			id: asked.id,
			parent: context.parent,
			trace_id: traceIdOf(asked.params),
			agent: this.#agentOf(asked.caller),
			policy_rev: this.revision(),
			tools_rev: context.toolsRevision,
			mode: decision.mode,
			method: asked.method,
			driver,
			tool,
			resource,
			prompt,
			target: named,
			decision: decision.verdict,
			acted: decision.acted,
			final: final ? true : undefined,
			rules,
			command,
			args,
			repeat: final ? repeat : undefined,
			changed: changes.length === 0 ? undefined : changes,
			// An approved execution says nothing: what it prints is what the program prints.
			told_agent: final || (context.parent === undefined && noticeOf(decision, target, context.name) !== undefined),
			approval: approval === undefined ? undefined : approvalFields(approval),
			reason: decision.reason,
			instead: decision.instead,
			error: error === undefined ? undefined : { type: 'policy_error', message: error, effect: 'denied' },
			ms: policyMs === undefined ? undefined : { policy: rounded(policyMs) },
		});
		this.#options.observer?.decided(context, { asked, decision, final, revision: this.revision(), policyMs });
		return { repeat, at: this.#options.elapsed() };
	}

	/** `since` is when the decision was recorded. */
	async completed({
		call,
		finished,
		context,
		since,
	}: {
		call: Syscall;
		finished: Finished;
		context: CallContext;
		since: number;
	}): Promise<void> {
		const driverMs = this.#options.elapsed() - since;
		const result = resultOf(finished);
		const { error, truncated } = finished;
		await this.#append({
			event: 'completed',
			id: call.id,
			result,
			told_agent: truncated === undefined ? undefined : true,
			error: error === undefined ? undefined : { type: 'policy_error', message: error, effect: 'withheld' },
			ms: { driver: rounded(driverMs) },
		});
		this.#options.observer?.completed(context, { finished, isError: result.is_error, driverMs });
	}

	/** An execution that was let run has ended, or could not be started. */
	async trapEnded(about: { id: string; exit: TrapExit | { failed: string }; since: number }): Promise<void> {
		const { id, exit, since } = about;
		const code = 'failed' in exit ? 125 : exitCodeOf(exit);
		await this.#append({
			event: 'completed',
			id,
			result: { is_error: code !== 0, exit: code },
			error: 'failed' in exit ? { type: 'not_started', message: exit.failed, effect: 'not_run' } : undefined,
			ms: { driver: rounded(this.#options.elapsed() - since) },
		});
	}

	/** Before a person is asked, so that a crash leaves evidence. */
	async asking(about: {
		asked: Syscall;
		decision: Decision;
		boundTo: string;
		parent?: string | undefined;
	}): Promise<void> {
		const target = targetOf(about.asked);
		await this.#append({
			...this.#callFields(about.asked, target, about.decision, about.parent),
			event: 'ask',
			rules: ruleIdsOf(about.decision),
			command: about.decision.because[0]?.command,
			args: this.#argumentsOf(target),
			approval: { channel: 'elicitation', bound_to: about.boundTo },
			reason: about.decision.reason,
		});
	}

	/** A name that no driver has; the same record as for a hidden one, but for the rule. */
	async unknown({
		caller,
		kind,
		name,
	}: {
		caller: Caller;
		kind: 'tool' | 'prompt' | 'resource';
		name: string;
	}): Promise<void> {
		const methods = { tool: 'tools/call', prompt: 'prompts/get', resource: 'resources/read' };
		await this.#append({
			...this.#common(caller, methods[kind]),
			id: this.#options.newId(),
			driver: '',
			[kind]: name,
			mode: this.#options.revisions.current().config.mode,
			event: 'decided',
			decision: 'hidden',
			acted: true,
			final: true,
			rules: [],
			told_agent: false,
			reason: 'nothing of that name exists for this caller',
		});
		this.#options.observer?.unknown(kind, 'hidden');
	}

	/** A client's notification to a driver. */
	async note({
		call,
		decision,
	}: {
		call: Pick<Syscall, 'caller' | 'driver' | 'method' | 'params'>;
		decision: Decision;
	}): Promise<void> {
		const asked: Syscall = { ...call, id: this.#options.newId() as Syscall['id'], extra: {} };
		const target = targetOf(asked);
		await this.#append({
			...this.#callFields(asked, target, decision),
			event: 'decided',
			decision: decision.verdict,
			acted: decision.acted,
			final: true,
			rules: ruleIdsOf(decision),
			args: this.#argumentsOf(target),
			told_agent: false,
		});
	}

	/** What a driver asked of the client, and whether it was passed on. */
	async driverAsk(about: {
		target: Target;
		method: string;
		caller: Caller;
		decision: Decision;
		passed: boolean;
	}): Promise<void> {
		const { target, decision } = about;
		await this.#append({
			...this.#common(about.caller, about.method),
			...targetFields(target),
			id: this.#options.newId(),
			mode: decision.mode,
			event: 'decided',
			// A follow-up on a task passes although nothing of its kind would; see ask-client.
			decision: about.passed && decision.verdict === 'denied' && decision.acted ? 'allowed' : decision.verdict,
			approval:
				decision.verdict === 'asked'
					? { channel: 'elicitation', outcome: about.passed ? 'approved' : 'declined' }
					: undefined,
			acted: decision.acted,
			final: true,
			rules: ruleIdsOf(decision),
			args: this.#argumentsOf(target),
			told_agent: false,
			reason: decision.reason,
		});
	}

	async reload(entry: { accepted: boolean; from: string; problems: readonly Problem[] }): Promise<void> {
		await this.#append({
			event: 'reload',
			accepted: entry.accepted,
			policy_rev: this.revision(),
			from_rev: entry.from,
			...(entry.problems.length === 0 ? {} : { problems: entry.problems }),
		});
		this.#options.observer?.reloaded(entry.accepted);
	}

	async driver(entry: { driver: string; state: 'up' | 'down'; reason?: string }): Promise<void> {
		await this.#append({ event: 'driver', ...entry });
		this.#options.observer?.driver(entry.driver, entry.state);
	}

	async #append(entry: AuditEntry): Promise<void> {
		try {
			await this.#options.audit.append(entry);
			this.#failedAt = undefined;
		} catch (error) {
			this.#failedAt = this.#options.elapsed();
			this.#options.observer?.unwritten();
			throw error;
		}
	}

	#callFields(asked: Syscall, target: Target, decision: Decision, parent?: string): CallFields {
		return {
			...this.#common(asked.caller, asked.method),
			...targetFields(target),
			id: asked.id,
			parent,
			mode: decision.mode,
			trace_id: traceIdOf(asked.params),
		};
	}

	#argumentsOf(target: Target): EntryArgs | undefined {
		const value = valuesOf(target);
		return value === undefined ? undefined : { level: this.#options.detailOf(target), value };
	}

	/** The same object for every call of a connection. */
	#agentOf(caller: Caller): AgentFields {
		const known = this.#agents.get(caller);
		if (known !== undefined) return known;
		const { agent: id, client, key } = caller;
		const agent = Object.freeze({ id, ...(key === undefined ? {} : { key }), ...client });
		this.#agents.set(caller, agent);
		return agent;
	}

	#common(caller: Caller, method: string) {
		return {
			agent: this.#agentOf(caller),
			policy_rev: this.revision(),
			method,
		};
	}
}

/** The rules that took part; the command that the record names is the one that the first, the strictest, is about. */
function ruleIdsOf({ because }: Decision): readonly string[] {
	return because.map(({ id }) => id);
}

function valuesOf(target: Target): Json | undefined {
	switch (target.kind) {
		case 'tool':
		case 'prompt':
			return target.args;
		case 'method':
		case 'driver_asks':
			return target.params;
		case 'resource':
			return undefined;
		default:
			return target satisfies never;
	}
}

function approvalFields({ outcome, channel, waitedMs, boundTo }: Approval) {
	return { channel: channel ?? 'none', outcome, waited_ms: Math.round(waitedMs), bound_to: boundTo };
}

function resultOf({ reply, redacted, truncated }: Finished): ResultFields {
	return {
		bytes: Buffer.byteLength(reply.body.text),
		exit: exitOf(reply),
		is_error: !reply.ok || saysError(reply),
		redacted,
		tokens: tokensIn(reply.body.text.length),
		truncated,
	};
}

function saysError(reply: Reply): boolean {
	return reply.body.text.includes('isError') && member(reply.body.value(), 'isError') === true;
}

function exitOf(reply: Reply): number | undefined {
	if (!reply.ok || !reply.body.text.includes('"exitCode"')) return undefined;
	const structured = member(reply.body.value(), 'structuredContent');
	const exit = isJsonObject(structured) ? structured['exitCode'] : undefined;
	return typeof exit === 'number' ? exit : undefined;
}

function rounded(ms: number): number {
	return Math.round(ms * 1000) / 1000;
}
