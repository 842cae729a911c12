// Driver: the port a device implements. The kernel knows drivers only by this.
import type { CancelSignal } from './cancel.ts';
import type { JsonObject, RawJson } from './json.ts';
import type { DriverName } from './names.ts';
import type { Permit } from './permit.ts';
import type { Trapped } from './sandbox.ts';

/** What the kernel tells a driver about the client it serves (the params of MCP `initialize`). */
export interface Hello {
	readonly protocolVersion: string;
	readonly capabilities: JsonObject;
	readonly clientInfo: JsonObject;
	/** Whether the client itself speaks MCP 2026-07-28, so that a server of both eras had better, too; default no. */
	readonly isModern?: boolean;
}

/** What a driver answered to `initialize`: the whole result, unknown members included. */
export interface Introduction {
	readonly protocolVersion: string;
	readonly capabilities: JsonObject;
	readonly serverInfo: JsonObject;
	readonly instructions?: string;
	readonly result: JsonObject;
}

/** The answer to one request. Bytes that nobody asks about stay as the driver sent them. */
export interface Reply {
	/** False: a JSON-RPC error object. */
	readonly ok: boolean;
	/** The `result`, or the `error` object. */
	readonly body: RawJson;
	/** Envelope members beyond `jsonrpc`, `id`, `result` and `error`. */
	readonly extra: JsonObject;
}

/** A message without an answer, in either direction. */
export interface Note {
	readonly method: string;
	readonly params: JsonObject | undefined;
	readonly extra: JsonObject;
}

/** What one call may do while it runs. */
export interface Exchange {
	/** Aborted when the client cancels or goes away; the driver tells its server, and settles the call with an error reply. */
	readonly signal: CancelSignal;
	/** Progress of this call, with the client's own progress token put back. */
	progress(note: Note): void;
	/** Puts a question of the server to the client that this call is for; absent: to whom {@link DriverHost.request} finds. */
	readonly ask?: DriverHost['request'];
	/** Answers for gated programs that what this call runs in a sandbox executes; absent: they are refused. */
	readonly trapped?: Trapped | undefined;
}

export type ListKind = 'tools' | 'prompts' | 'resources' | 'resourceTemplates';

/** Why a driver's tools are absent, for the log and `doctor`. */
export interface DriverTrouble {
	readonly code: 'D101' | 'D102' | 'D103' | 'D104' | 'D105' | 'D107' | 'D108';
	readonly message: string;
}

/** What a driver may say to the kernel without being asked. */
export interface DriverHost {
	/**
	 * A request of the server to the client: sampling, elicitation, roots, or a vendor's own. `ping` never gets here.
	 * `key` is the server's own name for the question, where it has one.
	 */
	request(
		method: string,
		params: JsonObject | undefined,
		extra: JsonObject,
		signal: CancelSignal,
		key?: string,
	): Promise<Reply>;
	/** Any notification except progress and cancellation, which the driver has already matched to their requests. */
	note(note: Note): void;
	/** The server ended or can't be used. `retryInMs` is set when the driver will restart it by itself. */
	down(trouble: DriverTrouble, retryInMs: number | undefined): void;
	/** The server is back after `down`, and introduced itself anew. */
	up(introduction: Introduction): void;
	/** One line for the diagnostic log (the server's stderr, a skipped line of junk). */
	log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
}

/**
 * INVARIANT: `call` acts only on a spent permit, and never rejects for what the server did: a dead, hanging or
 * garbled server is an error reply. It rejects only when the permit is not genuine.
 */
export interface Driver {
	readonly name: DriverName;
	/** Starts the server and introduces the client. Throws TrapgateError with a D code when it can't be used. Once only. */
	open(host: DriverHost, hello: Hello): Promise<Introduction>;
	/** Every entry of a list, all pages followed (at most 1,000 pages, a repeated cursor ends it with D103). */
	list(kind: ListKind): Promise<readonly JsonObject[]>;
	/**
	 * Whether a list that was read is still what the server has: it said for how long it is, or tells of every change.
	 * Undefined or absent: what the server declares in its capabilities is all that is known.
	 */
	isCurrent?(kind: ListKind): boolean | undefined;
	call(permit: Permit, exchange: Exchange): Promise<Reply>;
	/** Passes a client's notification on. */
	notify(note: Note): void;
	/** Ends the server with everything it started. Never throws; resolves when nothing of it is left. */
	close(): Promise<void>;
}
