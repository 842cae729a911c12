// Asking a person: consent is for one exact call, and silence is not consent.

import { createHash } from 'node:crypto';
import type { CancelSignal } from '../abi/cancel.ts';
import type { AskTerms, Decision } from '../abi/decision.ts';
import type { JsonObject } from '../abi/json.ts';
import type { Caller } from '../abi/syscall.ts';
import { writeJson } from '../wire/json.ts';
import { callText } from './refusal.ts';

/** Channels a person may be asked through; one counts only if the operator lists it. */
export type AskChannel = 'elicitation' | 'terminal' | 'desktop';

export interface Approval {
	readonly outcome: 'approved' | 'declined' | 'unanswered' | 'no_channel';
	readonly channel: 'elicitation' | 'remembered' | null;
	readonly waitedMs: number;
	/** `sha256:` of everything the consent is bound to. */
	readonly boundTo: string;
}

/** Shows a form to the person behind the client. Undefined when this client shows none. */
export type Elicit = (
	message: string,
	timeoutMs: number,
	signal: CancelSignal,
) => Promise<'accept' | 'decline' | 'cancel' | 'unanswered'>;

export interface Question {
	readonly caller: Caller;
	readonly decision: Decision;
	readonly terms: AskTerms;
	readonly name: string;
	readonly cwd: string;
	/** What the driver says the tool is; a changed definition ends a remembered consent. */
	readonly definition: JsonObject | undefined;
	readonly revision: string;
	readonly elicit: Elicit | undefined;
	readonly signal: CancelSignal;
	/** Called once, before a person is asked, so that a crash leaves evidence. Throws when it can't be recorded. */
	readonly asking: (boundTo: string) => Promise<void>;
}

/** Where the default asks, and no rule says how. */
export const plainTerms: AskTerms = Object.freeze({ show: [], timeoutMs: 300_000, remember: 'no' });

const longestMemoryMs = 60 * 60 * 1000;

/** Remembers consent while the kernel runs, at most an hour. */
export class Approver {
	readonly #remembered = new Map<string, number>();
	readonly #channels: () => readonly AskChannel[];
	readonly #now: () => number;

	constructor(channels: () => readonly AskChannel[], now: () => number) {
		this.#channels = channels;
		this.#now = now;
	}

	/** Resolves with what came of it. Other calls keep flowing meanwhile. */
	async ask(question: Question): Promise<Approval> {
		const boundTo = bindingOf(question);
		const expires = this.#remembered.get(boundTo);
		if (expires !== undefined && expires > this.#now()) {
			return { outcome: 'approved', channel: 'remembered', waitedMs: 0, boundTo };
		}
		if (question.elicit === undefined || !this.#channels().includes('elicitation')) {
			return { outcome: 'no_channel', channel: null, waitedMs: 0, boundTo };
		}
		await question.asking(boundTo);
		const started = this.#now();
		const answer = await question.elicit(questionText(question), question.terms.timeoutMs, question.signal);
		const waitedMs = this.#now() - started;
		// Only an explicit answer of a person is one: a dismissed form is silence.
		const outcome = answer === 'accept' ? 'approved' : answer === 'decline' ? 'declined' : 'unanswered';
		if (outcome === 'approved' && question.terms.remember === 'exact-call') {
			this.#remembered.set(boundTo, this.#now() + longestMemoryMs);
		}
		return { outcome, channel: 'elicitation', waitedMs, boundTo };
	}
}

/** What consent is bound to: caller, driver, tool definition, final call, working directory and policy revision. */
function bindingOf({ caller, decision, cwd, definition, revision }: Question): string {
	const { final } = decision;
	const bound = writeJson([
		caller.principal,
		caller.agent,
		caller.session,
		revision,
		cwd,
		definition ?? null,
		final as unknown as JsonObject,
	]);
	return `sha256:${createHash('sha256').update(bound).digest('hex')}`;
}

/** What a person is shown. */
export function questionText({
	caller,
	decision,
	terms,
	name,
	cwd,
}: Pick<Question, 'decision' | 'terms' | 'name' | 'cwd'> & { readonly caller: Pick<Caller, 'agent'> }): string {
	const rule = decision.because.find((ref) => ref.effect === 'ask') ?? decision.because[0];
	const wanted = new Set(terms.show.length === 0 ? ['agent', 'cwd'] : terms.show);
	return [
		terms.prompt ?? 'Run this?',
		// Shown in full: a person can't consent to a tail that was cut off.
		`  ${callText(decision.final, name, Number.POSITIVE_INFINITY)}`,
		...(wanted.has('agent') ? [`agent: ${caller.agent}`] : []),
		...(wanted.has('cwd') ? [`in:    ${cwd}`] : []),
		`rule:  ${rule?.id ?? 'default'}${decision.reason === undefined ? '' : ` — ${decision.reason}`}`,
	].join('\n');
}
