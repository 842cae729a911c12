// THE door: every request of a client to a driver goes through here, and nothing else can make a driver act.
import type { Decision } from '../abi/decision.ts';
import type { Exchange, Note, Reply } from '../abi/driver.ts';
import type { JsonObject } from '../abi/json.ts';
import { ownDriver } from '../abi/names.ts';
import type { Permit } from '../abi/permit.ts';
import { errorText } from '../abi/problem.ts';
import type { Trapped } from '../abi/sandbox.ts';
import { type Syscall, targetOf } from '../abi/syscall.ts';
import { goesThrough } from '../policy/decide.ts';
import { writeJson } from '../wire/json.ts';
import { type Approval, type Approver, plainTerms } from './approve.ts';
import { withTarget } from './call.ts';
import type { CallContext, JudgedContext } from './context.ts';
import type { Judge } from './gather.ts';
import type { Journal } from './journal.ts';
import type { Counted, Limits } from './limits.ts';
import { answerRefused, noticeOf, ranUnrecorded, unrecorded, withheldResult, withNotice } from './refusal.ts';
import type { CallResults, Finished, Results } from './results.ts';
import { screen } from './screen.ts';
import type { Truncate } from './truncation.ts';

export interface Door {
	readonly judge: Judge;
	readonly approver: Approver;
	readonly journal: Journal;
	readonly limits: Limits;
	readonly results: Results;
	readonly truncate: Truncate;
	/** Answers for what a call executes in its sandbox; absent where no driver has one. */
	readonly trapped?: (parent: Syscall, context: CallContext, approval?: Approval) => Trapped | undefined;
	/** INVARIANT: only the door holds this. */
	readonly grant: (call: Syscall) => Permit;
}

/** What judging and recording take; no driver acts through this. */
export interface JudgingDoor extends Pick<Door, 'judge' | 'approver'> {
	readonly journal: Pick<Journal, 'revision' | 'clock' | 'decided' | 'asking' | 'trapEnded'>;
}

/**
 * Judges one call, records the decision, lets the driver act on exactly what was judged, records the outcome, and
 * returns what the client gets. Never rejects: whatever goes wrong is a refusal.
 */
export async function syscall(door: Door, asked: Syscall, context: CallContext): Promise<Reply> {
	const began = door.journal.clock();
	const judged = door.judge(asked, context);
	if (!goesThrough(judged)) return refuse(door, asked, judged, context);
	const { decision, giveBack } = isLimited(judged)
		? await door.limits.count(judged, asked.caller.agent)
		: uncounted(judged);
	const policyMs = door.journal.clock() - began;
	if (!goesThrough(decision)) return refuse(door, asked, decision, context);

	let approval: Approval | undefined;
	if (decision.verdict === 'asked' && decision.acted) {
		const consent = await askPerson(door, asked, decision, context);
		if ('refused' in consent) {
			await giveBack();
			return consent.refused;
		}
		approval = consent.approval;
	}

	// A limit that only watches does not take the effect of what acts.
	const call = withTarget(asked, judged.acted ? judged.final : targetOf(asked));
	let since: number;
	try {
		({ at: since } = await door.journal.decided({ asked, decision, context, final: false, approval, policyMs }));
	} catch (error) {
		await giveBack();
		return unrecorded(targetOf(asked), errorText(error));
	}

	const results = door.results.on({ asked, decision: judged, context });
	context.ran?.(results.rules);
	const progress = (note: Note) => {
		const passed = results.note(note);
		if (passed !== undefined) context.exchange.progress(passed);
	};
	const exchange: Exchange = {
		signal: context.exchange.signal,
		progress,
		ask: (method, params, extra, signal, key) =>
			context.listener.request(call.driver, { method, params, extra, signal, key }),
		trapped: door.trapped?.(call, context, approval),
	};
	const reply = await context.bank.call(call.driver, door.grant(call), exchange, context.listener);
	const notice = (isWhole: boolean) => noticeOf(decision, targetOf(asked), context.name, isWhole);
	const finished = finish(door, { asked, call, context, results, reply, notice: notice(true) });

	try {
		await door.journal.completed({ call, finished, context, since });
	} catch (error) {
		return ranUnrecorded(targetOf(asked), errorText(error));
	}
	if (finished.error !== undefined) return finished.reply;
	const ours = notice(finished.truncated === undefined);
	if (ours === undefined && finished.notice === undefined) return finished.reply;
	const notices = [ours, finished.notice];
	return notices.reduceRight<Reply>(
		(shown, text) => (text === undefined ? shown : withNotice(shown, text, context.definition)),
		finished.reply,
	);
}

function isLimited({ limits }: Decision): boolean {
	return limits !== undefined && limits.length > 0;
}

function uncounted(decision: Decision): Counted {
	return { decision, giveBack: nothingCounted };
}

const nothingCounted = async () => undefined;

interface Ran {
	readonly asked: Syscall;
	readonly call: Syscall;
	readonly context: CallContext;
	readonly results: CallResults;
	readonly reply: Reply;
	readonly notice: string | undefined;
}

/**
 * Redacted, screened, then shortened: what is kept to be read later is what the agent could have read at once. Never
 * throws: an answer that can't be handled is withheld.
 */
function finish(door: Door, { asked, call, context, results, reply, notice }: Ran): Finished {
	const finished = results.reply(reply);
	try {
		// What the kernel itself says is no driver's to screen, nor its pages to be cut again.
		if (asked.driver === ownDriver || finished.error !== undefined) return finished;
		const shown = screen(finished.reply, call, (target) => door.judge(withTarget(call, target), context));
		const { definition } = context;
		const { truncate: rules } = results.rules();
		if (rules.length === 0) return shown === finished.reply ? finished : { ...finished, reply: shown };
		const notices = [notice, finished.notice].filter((text) => text !== undefined);
		return { ...finished, ...door.truncate({ reply: shown, asked, rules, definition, notices }) };
	} catch (error) {
		const why = errorText(error);
		return { reply: withheldResult(targetOf(asked), why), redacted: finished.redacted, error: why };
	}
}

/** Records a refusal, and returns what the client gets. */
export async function refuse(
	door: Pick<JudgingDoor, 'journal'>,
	asked: Syscall,
	decision: Decision,
	context: JudgedContext,
	approval?: Approval,
): Promise<Reply> {
	const target = targetOf(asked);
	try {
		const { repeat } = await door.journal.decided({ asked, decision, context, final: true, approval });
		return answerRefused(decision, target, context, { repeat, approval });
	} catch (error) {
		return decision.verdict === 'hidden' ? context.unknown : unrecorded(target, errorText(error));
	}
}

/** Asks, then decides again: the policy may have changed while a person was thinking, and the stricter answer wins. */
export async function askPerson(
	door: JudgingDoor,
	asked: Syscall,
	decision: Decision,
	context: JudgedContext,
): Promise<{ refused: Reply } | { approval: Approval }> {
	try {
		const approval = await door.approver.ask({
			caller: asked.caller,
			decision,
			terms: decision.ask ?? plainTerms,
			name: context.name,
			cwd: context.cwd,
			definition: context.definition,
			revision: door.journal.revision(),
			elicit: context.elicit,
			signal: context.exchange.signal,
			asking: (boundTo) => door.journal.asking({ asked, decision, boundTo, parent: context.parent }),
		});
		if (approval.outcome !== 'approved') return { refused: await refuse(door, asked, decision, context, approval) };
		const definition = await context.definitionNow();
		const now = door.judge(asked, { ...context, definition });
		if (!goesThrough(now)) return { refused: await refuse(door, asked, now, context) };
		const reason = !sameCall(now, decision)
			? 'The policy changed while approval was being asked for, and the call would run in another form.'
			: !sameDefinition(definition, context.definition)
				? 'What the driver says of this tool changed while approval was being asked for.'
				: undefined;
		if (reason === undefined) return { approval };
		const changed: Decision = { ...now, verdict: 'denied', acted: true, reason, instead: 'make the call again' };
		return { refused: await refuse(door, asked, changed, context) };
	} catch (error) {
		return { refused: unrecorded(targetOf(asked), errorText(error)) };
	}
}

function sameCall(one: Decision, other: Decision): boolean {
	return JSON.stringify(one.final) === JSON.stringify(other.final);
}

function sameDefinition(one: JsonObject | undefined, other: JsonObject | undefined): boolean {
	return one === other || (one !== undefined && other !== undefined && writeJson(one) === writeJson(other));
}
