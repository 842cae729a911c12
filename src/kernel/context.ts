// What surrounds one call: whose it is, what it is called, and the ways back to the client.
import type { Exchange, Reply } from '../abi/driver.ts';
import type { JsonObject } from '../abi/json.ts';
import type { ResultRules } from '../policy/results.ts';
import type { Elicit } from './approve.ts';
import type { Bank, BankListener } from './bank.ts';

export interface CallContext {
	readonly bank: Bank;
	readonly listener: BankListener;
	readonly exchange: Exchange;
	/** The name the client used: a wire name, a URI, a method. */
	readonly name: string;
	/** Where the driver resolves relative paths; absolute. */
	readonly cwd: string;
	/** The tool or prompt as its driver listed it. */
	readonly definition: JsonObject | undefined;
	/** The same as its driver lists it by now: it may have changed while a person was thinking. */
	readonly definitionNow: () => Promise<JsonObject | undefined>;
	/** Revision of the table the call was resolved in. */
	readonly toolsRevision: string | undefined;
	/** JSON Pointers of arguments that carry shell text. */
	readonly commandsAt: readonly string[];
	/** For resources and prompts: may this caller use a tool of the same driver? */
	readonly driverHasAllowedTool: boolean;
	/** The answer for a name that does not exist; a hidden one gets the very same. */
	readonly unknown: Reply;
	readonly elicit: Elicit | undefined;
	/** Set for an execution inside a sandbox: the call, or the execution, that started it. The tool runs already. */
	readonly parent?: string | undefined;
	/** W3C trace context of the request, when the client sent one. */
	readonly traceparent: string | undefined;
	/** For a request about a call of before (a task's result): the rules about what that call gives back. */
	readonly followsUp?: (() => ResultRules) | undefined;
	/** Takes the rules about what this call gives back, for requests that follow it up. */
	readonly ran?: ((rules: () => ResultRules) => void) | undefined;
	/** Counts refusals of one kind within the session: returns how often this fingerprint was refused, this time included. */
	readonly countRefusal: (fingerprint: string) => number;
}

/** What it takes to judge a call, to ask about it and to record it; nothing to run it with. */
export interface JudgedContext
	extends Pick<
		CallContext,
		| 'name'
		| 'cwd'
		| 'definition'
		| 'definitionNow'
		| 'toolsRevision'
		| 'commandsAt'
		| 'driverHasAllowedTool'
		| 'unknown'
		| 'elicit'
		| 'parent'
		| 'countRefusal'
	> {
	readonly exchange: Pick<Exchange, 'signal'>;
}
