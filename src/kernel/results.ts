// What becomes of everything a driver says before a client gets it: the result rules are looked up and applied.
import type { Decision } from '../abi/decision.ts';
import type { Note, Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import { errorText } from '../abi/problem.ts';
import { type Syscall, type Target, targetOf } from '../abi/syscall.ts';
import type { TruncatedFields } from '../audit/record.ts';
import { fitsAlike } from '../policy/output-schema.ts';
import { type Meter, RedactionFailure, redactTexts } from '../policy/redact.ts';
import { type JsonRedaction, redactJson } from '../policy/redact-json.ts';
import {
	hasRulesOnResources,
	joinRules,
	type ResultRules,
	resultRulesAround,
	resultRulesOn,
} from '../policy/results.ts';
import { rawOf } from '../wire/json.ts';
import type { CallContext } from './context.ts';
import { type GatherOptions, requestOf } from './gather.ts';
import type { Log } from './log.ts';
import { structureWithheld, withheldResult } from './refusal.ts';

/** An answer to which every result rule was applied. */
export interface Finished {
	readonly reply: Reply;
	/** How many places were taken out. */
	readonly redacted: number;
	/** Set when it was too long for a rule. */
	readonly truncated?: TruncatedFields;
	/** What to tell the agent beside what is left, in a block of its own. */
	readonly notice?: string;
	/** Why the answer was withheld: a rule could not be applied to it. */
	readonly error?: string;
}

/** A call that may have run, and how. */
export interface JudgedCall {
	readonly asked: Syscall;
	readonly decision: Pick<Decision, 'final'>;
	readonly context: Pick<CallContext, 'cwd' | 'definition' | 'commandsAt' | 'driverHasAllowedTool' | 'followsUp'>;
}

export interface Results {
	/** By the rules about what comes back of this call, as they are when it comes. */
	on(call: JudgedCall): CallResults;
	/** By the rules that could be about anything this driver says; without an agent, to nobody in particular. */
	around(driver: DriverName, agent: string | undefined): Handling;
}

/** Takes out what rules say. Undefined where that can't be done, which the log then says: nothing may be passed on. */
export interface Handling {
	/** As they are now. Throws when one can't be judged. */
	rules(): ResultRules;
	/** `what` names it for the log. */
	pass<Value extends Json>(value: Value, what: string): Value | undefined;
	note(note: Note): Note | undefined;
	/** Texts that are read one after the other; without another name, of its log. */
	texts(texts: readonly string[], what?: string): readonly string[] | undefined;
}

export interface CallResults extends Handling {
	/** Never throws: an answer that can't be looked at is withheld. */
	reply(reply: Reply): Finished;
}

const noRules: ResultRules = { redact: [], truncate: [] };

/** What takes longer to search is not passed on. */
const longestSearchMs = 2_000;

export function makeResults(options: GatherOptions, log: Pick<Log, 'error'>): Results {
	const { revisions, ports, now, env, elapsed } = options;
	const currentSet = () => revisions.current().set;

	function handling(
		driver: DriverName,
		rules: () => ResultRules,
		call?: { readonly rulesOn: (uri: string) => ResultRules },
	): Handling & {
		redaction(): JsonRedaction;
	} {
		const redaction = (): JsonRedaction => ({
			rules: rules().redact,
			meter: meterOf(elapsed),
			// What a result holds of a resource obeys the rules about that resource, too.
			...(call !== undefined && hasRulesOnResources(currentSet(), driver)
				? { rulesOn: (uri: string) => call.rulesOn(uri).redact }
				: {}),
		});
		const attempt = <T>(what: string, act: (redaction: JsonRedaction) => T): T | undefined => {
			try {
				return act(redaction());
			} catch (error) {
				log.error({ driver }, `${what} was withheld: a redaction could not be done: ${errorText(error)}`);
				return undefined;
			}
		};
		const pass: Handling['pass'] = (value, what) => attempt(what, (how) => clean(value, how).value);
		return {
			rules,
			redaction,
			pass,
			note({ method, params, extra }) {
				const passed = pass({ method, params: params ?? null, extra }, 'a notification');
				if (passed === undefined) return undefined;
				if (passed.params === null) return { ...passed, params: undefined };
				// Of a note that belongs to no call, everything is the driver's own, whatever it calls it.
				return call === undefined
					? { ...passed, params: passed.params }
					: { ...passed, params: withToken(passed.params, params) };
			},
			texts: (texts, what = 'a line of its log') =>
				attempt(what, (how) => redactTexts(texts, how.rules, how.meter).texts),
		};
	}

	return {
		around: (driver, agent) =>
			handling(driver, () => resultRulesAround(currentSet(), { driver, agent, at: now(), env })),
		on({ asked, decision, context }) {
			const { driver } = asked;
			const target = targetOf(asked);
			const rulesOn = (of: Target, final: Target) =>
				resultRulesOn(currentSet(), requestOf(options, asked.caller, context, of), final, ports);
			// No rule, no question: most policies say nothing about results.
			const ofCall = () => (currentSet().results.length === 0 ? noRules : rulesOn(target, decision.final));
			const own = handling(driver, () => joinRules(ofCall(), context.followsUp?.()), {
				rulesOn: (uri) => {
					const resource: Target = { kind: 'resource', driver, uri, method: 'resources/read' };
					return rulesOn(resource, resource);
				},
			});
			return {
				...own,
				reply(reply) {
					try {
						// No rule, no look: the bytes of most answers are never parsed.
						if (currentSet().results.length === 0) return { reply, redacted: 0 };
						return redacted(reply, own.redaction(), context.definition);
					} catch (error) {
						const why = errorText(error);
						return { reply: withheldResult(target, why), redacted: 0, error: why };
					}
				},
			};
		},
	};
}

/** The token is the client's own, by which it knows its request. */
function withToken(params: JsonObject, given: JsonObject | undefined): JsonObject {
	const token = member(given, 'progressToken');
	return token === undefined || params['progressToken'] === token ? params : { ...params, progressToken: token };
}

function redacted(reply: Reply, redaction: JsonRedaction, definition: JsonObject | undefined): Finished {
	if (isIdle(redaction)) return { reply, redacted: 0 };
	const before = reply.body.value();
	const body = clean(before, redaction);
	const extra = clean(reply.extra, redaction);
	const count = body.count + extra.count;
	if (count === 0) return { reply, redacted: 0 };
	const changed: Reply = { ...reply, body: rawOf(body.value), extra: extra.value };
	const isBroken = reply.ok && isStructureBroken(before, body.value, definition);
	return { ...(isBroken ? withoutStructure(changed) : { reply: changed }), redacted: count };
}

/** A structured result must fit the tool's schema: one of which nobody can say that it does is not sent. */
function isStructureBroken(before: Json, after: Json, definition: JsonObject | undefined): boolean {
	const schema = member(definition, 'outputSchema');
	const [was, is] = [before, after].map((body) => member(body, 'structuredContent'));
	if (was === undefined || is === undefined || was === is || !isJsonObject(schema)) return false;
	return !fitsAlike(schema, was, is);
}

/** A client that was promised a structure takes only an error without one. */
function withoutStructure(reply: Reply): Pick<Finished, 'reply' | 'notice'> {
	const { structuredContent: _, ...rest } = reply.body.value() as JsonObject;
	return { reply: { ...reply, body: rawOf({ ...rest, isError: true }) }, notice: structureWithheld };
}

function clean<Value extends Json>(
	value: Value,
	redaction: JsonRedaction,
): { readonly value: Value; readonly count: number } {
	if (isIdle(redaction)) return { value, count: 0 };
	// A text stays a text, an object an object.
	return redactJson(value, redaction) as { readonly value: Value; readonly count: number };
}

function isIdle({ rules, rulesOn }: JsonRedaction): boolean {
	return rules.length === 0 && rulesOn === undefined;
}

function meterOf(elapsed: () => number): Meter {
	const started = elapsed();
	return () => {
		if (elapsed() - started <= longestSearchMs) return;
		throw new RedactionFailure(`looking for secrets took longer than ${longestSearchMs / 1000} s`);
	};
}
