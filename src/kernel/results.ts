// What becomes of everything a driver says before a client gets it: the result rules are looked up and applied.
import type { Decision } from '../abi/decision.ts';
import type { Note, Reply } from '../abi/driver.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../abi/json.ts';
import type { DriverName } from '../abi/names.ts';
import { errorText } from '../abi/problem.ts';
import { type Syscall, type Target, targetOf } from '../abi/syscall.ts';
import type { TruncatedFields } from '../audit/record.ts';
import type { PolicySet } from '../policy/compile.ts';
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
	const { revisions, now, env } = options;
	const world: World = { options, log, set: () => revisions.current().set };
	return {
		around: (driver, agent) =>
			new DriverHandling(world, driver, () => resultRulesAround(world.set(), { driver, agent, at: now(), env })),
		on: (call) => new CallHandling(world, call),
	};
}

interface World {
	readonly options: GatherOptions;
	readonly log: Pick<Log, 'error'>;
	/** The one in force now. */
	readonly set: () => PolicySet;
}

/** Every call has one of these, and most need nothing of it: so it has methods, and no functions of its own. */
class DriverHandling implements Handling {
	protected readonly world: World;
	readonly #driver: DriverName;
	readonly rules: () => ResultRules;

	constructor(world: World, driver: DriverName, rules: () => ResultRules) {
		this.world = world;
		this.#driver = driver;
		this.rules = rules;
	}

	protected redaction(): JsonRedaction {
		return { rules: this.rules().redact, meter: meterOf(this.world.options.elapsed) };
	}

	pass<Value extends Json>(value: Value, what: string): Value | undefined {
		return this.#attempt(what, (how) => clean(value, how).value);
	}

	note({ method, params, extra }: Note): Note | undefined {
		const passed = this.pass({ method, params: params ?? null, extra }, 'a notification');
		if (passed === undefined) return undefined;
		const { params: left } = passed;
		return { ...passed, params: left === null ? undefined : this.noteParams(left, params) };
	}

	/** Of a note that belongs to no call, everything is the driver's own, whatever it calls it. */
	protected noteParams(left: JsonObject, _given: JsonObject | undefined): JsonObject {
		return left;
	}

	texts(texts: readonly string[], what = 'a line of its log'): readonly string[] | undefined {
		return this.#attempt(what, (how) => redactTexts(texts, how.rules, how.meter).texts);
	}

	#attempt<T>(what: string, act: (redaction: JsonRedaction) => T): T | undefined {
		try {
			return act(this.redaction());
		} catch (error) {
			const why = errorText(error);
			this.world.log.error({ driver: this.#driver }, `${what} was withheld: a redaction could not be done: ${why}`);
			return undefined;
		}
	}
}

class CallHandling extends DriverHandling implements CallResults {
	readonly #call: JudgedCall;

	constructor(world: World, call: JudgedCall) {
		super(world, call.asked.driver, () => joinRules(this.#ofCall(), call.context.followsUp?.()));
		this.#call = call;
	}

	/** No rule, no question: most policies say nothing about results. */
	#ofCall(): ResultRules {
		if (this.world.set().results.length === 0) return noRules;
		return this.#rulesOn(targetOf(this.#call.asked), this.#call.decision.final);
	}

	#rulesOn(of: Target, final: Target): ResultRules {
		const { asked, context } = this.#call;
		const { options, set } = this.world;
		return resultRulesOn(set(), requestOf(options, asked.caller, context, of), final, options.ports);
	}

	protected override redaction(): JsonRedaction {
		const { driver } = this.#call.asked;
		const plain = super.redaction();
		if (!hasRulesOnResources(this.world.set(), driver)) return plain;
		// What a result holds of a resource obeys the rules about that resource, too.
		const rulesOn = (uri: string) => {
			const resource: Target = { kind: 'resource', driver, uri, method: 'resources/read' };
			return this.#rulesOn(resource, resource).redact;
		};
		return { ...plain, rulesOn };
	}

	protected override noteParams(left: JsonObject, given: JsonObject | undefined): JsonObject {
		return withToken(left, given);
	}

	reply(reply: Reply): Finished {
		const { asked, context } = this.#call;
		try {
			// No rule, no look: the bytes of most answers are never parsed.
			if (this.world.set().results.length === 0) return { reply, redacted: 0 };
			return redacted(reply, this.redaction(), context.definition);
		} catch (error) {
			const why = errorText(error);
			return { reply: withheldResult(targetOf(asked), why), redacted: 0, error: why };
		}
	}
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
